"""Training on the define-by-run engine: a graph of the loss is built for every epoch.

This is how the notebook trains, digit for digit. It is what native code is compared with,
and what trains where there is no native code.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from app.study.data import Samples
from app.study.experiment import Problem
from app.study.model import predict, sample_loss, whole_loss
from autograd import Scalar, Tensor
from autograd.optimizers import State, UpdateRule, Vector
from autograd.tape import Tape
from autograd.training import MiniBatches, Run, train

BLOCK = 1000
"""Samples per graph. Larger losses are built and differentiated in blocks of so many."""


class CancelledError(Exception):
    """An epoch was given up."""


class GraphEngine:
    """Trains by building the loss's graph and walking it back."""

    def __init__(self, problem: Problem, samples: Samples, tape: Tape) -> None:
        self._problem = problem
        self._uses = tape.uses
        self._data = [
            (Scalar(x), Scalar(y))
            for x, y in zip(samples.x.tolist(), samples.y.tolist(), strict=True)
        ]
        self._asked = threading.local()  # who trains, and who looks into the past meanwhile

    def train(
        self,
        state: State,
        learning_rates: Vector,
        rule: UpdateRule,
        batches: MiniBatches | None = None,
        gradient: Vector | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Run:
        """Train as many epochs as there are learning rates; see :func:`autograd.training.train`.

        Raises:
            CancelledError: ``cancelled``, asked now and then, said True.
        """
        self._asked.cancelled = cancelled
        count = len(self._data)
        return train(
            self._evaluate, state, learning_rates, rule, self._uses, count, batches, gradient
        )

    def evaluate(
        self, parameters: Vector, cancelled: Callable[[], bool] = lambda: False
    ) -> tuple[float, Vector]:
        """Return the loss of all samples and its gradient.

        Raises:
            CancelledError: ``cancelled``, asked now and then, said True.
        """
        self._asked.cancelled = cancelled
        return self._evaluate(parameters, None)

    def _evaluate(
        self, values: Vector, chosen: npt.NDArray[np.int64] | None
    ) -> tuple[float, Vector]:
        """Compute loss and gradient of all samples, or of a batch of them.

        The loss is the notebook's chain of additions, divided by the number of samples.
        The chain is cut into blocks: each goes on from the sum so far, and its backward pass
        starts with the gradient that the division passes down, so loss and gradients are
        those of the whole graph to the last digit, or with weight decay but for rounding. A
        hundred thousand samples then neither fill the memory nor keep the thread from answering.
        """
        data = self._data if chosen is None else [self._data[each] for each in chosen.tolist()]
        model, names = self._problem.model, self._problem.parameters
        trained = dict(zip(names, values.tolist(), strict=True))
        parameters = {name: Scalar(trained[name], require_grad=True, name=name) for name in names}
        leaves = {name: Scalar(value, name=name) for name, value in self._problem.frozen}
        leaves |= parameters
        total = Scalar(0.0, require_grad=True)
        trained_leaves = list(parameters.values())
        whole_loss(model, total, len(data), trained_leaves).backward()
        upstream = total.grad
        for start in range(0, len(data), BLOCK):
            if self._asked.cancelled():
                raise CancelledError
            block: Tensor = Scalar(total.data)
            for x, y in data[start : start + BLOCK]:
                block += sample_loss(model, predict(model, leaves, x).node, y)[0]
            block.backward(upstream)
            total.data = block.data
        loss = whole_loss(model, total, len(data), trained_leaves).data
        return loss, np.array([parameters[name].grad for name in names], dtype=float)
