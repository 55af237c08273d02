"""Training an experiment epoch by epoch on the engine, in whatever thread calls it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from app.study.data import initial_parameters, make_samples
from app.study.experiment import Experiment, Training, UpdateRule
from app.study.model import PARAMETERS, predict, sample_loss
from app.training.history import History
from autograd import Scalar, Tensor
from autograd.optimizers import GradientDescent

BLOCK = 1000
"""Samples per graph. Larger losses are built and differentiated in blocks of so many."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """The epoch at which the loss was no longer finite, and a sentence about it."""

    epoch: int
    sentence: str


class Trainer:
    """Advances one run of an experiment and records its history.

    The loss and the gradient of the newest epoch are always known: ``advance`` makes the
    update, then evaluates. So the history is complete at any time, a change of the training
    settings applies from the next update on, and a loss that is not finite is seen at once.

    Attributes:
        history: parameters and loss at every epoch so far.
        divergence: set when the loss is no longer finite; the run cannot go on.
    """

    def __init__(self, experiment: Experiment) -> None:
        """Prepare the run; ``start`` evaluates epoch 0."""
        samples = make_samples(experiment.data)
        self.history = History(len(PARAMETERS))
        self.divergence: Divergence | None = None
        self._parameters = [
            Scalar(value, require_grad=True, name=name)
            for name, value in zip(PARAMETERS, initial_parameters(experiment.initial), strict=True)
        ]
        self._data = [
            (Scalar(x), Scalar(y))
            for x, y in zip(samples.x.tolist(), samples.y.tolist(), strict=True)
        ]
        self._training = experiment.training

    @property
    def finished(self) -> bool:
        """Whether the chosen number of epochs is reached."""
        return self.history.last_epoch >= self._training.epochs

    def change(self, training: Training) -> None:
        """Use other training settings from the next update on."""
        self._training = training

    def start(self, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Evaluate epoch 0; return False if it was cancelled before it was recorded."""
        return self._evaluate([parameter.data for parameter in self._parameters], cancelled)

    def advance(self, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Make one update and evaluate the epoch it leads to.

        ``cancelled`` is asked now and then; once it says True the epoch is given up, nothing
        of it is recorded, and False is returned.
        """
        before = [parameter.data for parameter in self._parameters]
        gradients = [parameter.grad for parameter in self._parameters]
        rule = GradientDescent(
            self._training.learning_rate,
            self._training.clip_bound if self._training.clipping else None,
        )
        # Every sample uses m once and c once, so a parameter has as many uses as samples.
        once_per_use = self._training.update_rule is UpdateRule.ONCE_PER_USE
        times = len(self._data) if once_per_use else 1
        after = [
            rule.step(value, gradient, times)
            for value, gradient in zip(before, gradients, strict=True)
        ]
        if self._evaluate(after, cancelled):
            return True
        for parameter, value, gradient in zip(self._parameters, before, gradients, strict=True):
            parameter.data, parameter.grad = value, gradient
        return False

    def _evaluate(self, values: list[float], cancelled: Callable[[], bool]) -> bool:
        """Compute loss and gradients at ``values`` and record them, unless cancelled.

        The loss is the notebook's chain of additions, divided by the number of samples.
        The chain is cut into blocks: each goes on from the sum so far, and its backward pass
        starts with the gradient that the division passes down, so loss and gradients are
        those of the whole graph to the last digit. A hundred thousand samples then neither
        fill the memory nor keep the thread from answering.
        """
        for parameter, value in zip(self._parameters, values, strict=True):
            parameter.data = value
            parameter.zero_grad()
        total = Scalar(0.0, require_grad=True)
        (total / len(self._data)).backward()
        upstream = total.grad
        for start in range(0, len(self._data), BLOCK):
            if cancelled():
                return False
            block: Tensor = Scalar(total.data)
            for x, y in self._data[start : start + BLOCK]:
                block += sample_loss(predict(self._parameters, x), y)
            block.backward(upstream)
            total.data = block.data
        loss = (total / len(self._data)).data
        self.history.append(values, loss)
        if not math.isfinite(loss):
            self.divergence = self._explain(loss)
        return True

    def _explain(self, loss: float) -> Divergence:
        """Say what happened, at which epoch, and what to try."""
        epoch = self.history.last_epoch
        became = "infinite" if math.isinf(loss) else "not a number (nan)"
        training = self._training
        advice = f"Reset and try a learning rate below {training.learning_rate:g}"
        if training.update_rule is UpdateRule.ONCE_PER_USE:
            advice += ", or the update “once per parameter”"
        if not training.clipping:
            advice += ", or clip the gradients"
        if epoch == 0:
            advice = "Choose initial parameters and data that are closer together"
        return Divergence(
            epoch,
            f"The loss became {became} at epoch {epoch:,}: its numbers grew beyond what a "
            f"floating-point number can hold. All epochs up to here are kept. {advice}.",
        )
