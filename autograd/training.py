"""Training on any way to evaluate a loss: update, evaluate, record, epoch after epoch."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from autograd.batches import Orders
from autograd.optimizers import State, UpdateRule, Vector
from autograd.tape import total_uses


@dataclass(frozen=True, slots=True)
class MiniBatches:
    """How epochs are cut into mini-batches.

    Attributes:
        size: samples in a batch; the last of an epoch may be smaller.
        orders: the order in which each epoch visits the samples, of shape (epochs, samples).
    """

    size: int
    orders: Orders

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"a mini-batch has at least 1 sample, not {self.size}")


@dataclass(frozen=True, slots=True)
class Run:
    """What training some epochs yields.

    Attributes:
        losses: the loss of all samples after each epoch, of shape (epochs,). Training ends
            early with a loss that is not finite, which is then the last.
        parameters: the parameters after each epoch, of shape (epochs, parameters).
        state: what training goes on from.
        gradient: the gradient after the last epoch, of shape (parameters,).
    """

    losses: Vector
    parameters: Vector
    state: State
    gradient: Vector


Evaluate = Callable[[Vector, npt.NDArray[np.int64] | None], tuple[float, Vector]]
"""loss, gradient = evaluate(parameters, samples): of these samples, by number; None: of all.

A batch may stand for all samples: what is summed over n of N is then multiplied with N / n.
"""


def train(
    evaluate: Evaluate,
    state: State,
    learning_rates: Vector,
    rule: UpdateRule,
    uses: tuple[tuple[int, int], ...],
    samples: int,
    batches: MiniBatches | None = None,
    gradient: Vector | None = None,
) -> Run:
    """Train as many epochs as there are learning rates, by calling ``evaluate``.

    ``uses`` is explained at :attr:`autograd.tape.Tape.uses`. ``gradient`` is the gradient at
    ``state``, if it is known.
    """
    losses: list[float] = []
    rows: list[Vector] = []
    if gradient is None:
        gradient = evaluate(state.parameters, None)[1]
    for epoch, rate in enumerate(learning_rates.tolist()):
        if batches is None:
            state = rule.step(state, gradient, rate, total_uses(uses, samples))
        else:
            for first in range(0, samples, batches.size):
                chosen = batches.orders[epoch, first : first + batches.size]
                _, gradient = evaluate(state.parameters, chosen)
                state = rule.step(state, gradient, rate, total_uses(uses, len(chosen)))
        loss, gradient = evaluate(state.parameters, None)
        losses.append(loss)
        rows.append(state.parameters)
        if not math.isfinite(loss):
            break
    shape = (len(rows), len(state.parameters))
    return Run(np.array(losses), np.array(rows).reshape(shape), state, gradient)
