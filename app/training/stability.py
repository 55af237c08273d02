"""How large a learning rate may be, at some place of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.study.hyperparameters import Optimizer, Training, UpdateRule
from app.training.update import learning_rates
from autograd.curvature import curvature, largest_stable_learning_rate
from autograd.tape import Column, Tape


@dataclass(frozen=True, slots=True)
class Stability:
    """The largest stable learning rate of plain gradient descent, and a sentence about it.

    Attributes:
        limit: 2 / λmax, as a setting of the learning rate; None where there is none.
        exceeded: whether the learning rate lies above it, and that matters.
        sentence: what to say of it.
    """

    limit: float | None
    exceeded: bool
    sentence: str


UNKNOWN = Stability(None, False, "")


def stability(
    tape: Tape, parameters: Sequence[float] | Column, epoch: int, training: Training
) -> Stability:
    """Return how large the learning rate may be with these parameters.

    Stepping a parameter once per use multiplies its learning rate by its uses, and thus the
    row of the Hessian: the eigenvalues are those of √uses · H · √uses.
    """
    formula, roots = "2/λ", None
    if training.update_rule is UpdateRule.ONCE_PER_USE:
        batch = training.batch_size if training.batches else tape.samples
        uses = tape.total_uses(min(batch, tape.samples))
        if uses.max(initial=1.0) == uses.min(initial=np.inf) > 1:
            formula = f"2/({uses[0]:g} λ)"
        roots = np.sqrt(uses)
    limit = largest_stable_learning_rate(curvature(tape, parameters, roots))
    now = float(learning_rates(training, epoch, 1)[0]) / training.learning_rate
    if limit is None:
        return Stability(None, False, "Here the loss curves nowhere upwards: no limit is known.")
    if not now > 0:
        return Stability(None, False, "Here the schedule has brought the learning rate to 0.")
    return _compare(limit / now, formula, training)


def _compare(limit: float, formula: str, training: Training) -> Stability:
    """Return what to say of a limit, for the setting of the learning rate."""
    special = ""
    if training.optimizer is not Optimizer.GRADIENT_DESCENT:
        special = " for plain gradient descent"
    elif training.batches:
        special = " for full batches"
    if training.learning_rate <= limit:
        return Stability(limit, False, f"Stable{special} up to {formula} = {limit:.3g} here.")
    above = f"Above {formula} = {limit:.3g}, the largest stable rate here"
    if special:
        return Stability(limit, False, f"{above}{special}.")
    if training.clipping:
        return Stability(limit, True, f"{above}: only clipping keeps the steps from growing.")
    return Stability(limit, True, f"{above}: every step overshoots, and further each time.")
