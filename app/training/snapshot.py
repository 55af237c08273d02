"""An experiment at one epoch: every node's value and gradient, from the recorded parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.study.data import Samples, make_samples
from app.study.experiment import Data
from app.study.model import record_loss
from autograd.tape import sum_in_order

Column = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every value and gradient of the loss's graph at one epoch.

    The loss is ``(0 + term₁ + term₂ + …) / samples``. ``values`` and ``gradients`` hold, for
    every place on the tape that a term is computed from, one number per sample.

    Attributes:
        epoch: the epoch whose parameters these are.
        parameters: of shape (parameters,).
        values: by place on the tape, of shape (samples,).
        gradients: the same; None for what needs no gradient. A parameter's holds each
            sample's contribution.
        sums: the running sums of the terms, of shape (samples,).
        term_gradient: the gradient of every term and of every running sum: 1 / samples.
        parameter_gradients: the contributions of all samples, summed in order.
        loss: the mean of the terms.
    """

    epoch: int
    parameters: Column
    values: dict[int, Column]
    gradients: dict[int, Column | None]
    sums: Column
    term_gradient: float
    parameter_gradients: Column
    loss: float


class Probe:
    """Computes snapshots of an experiment's loss, for the same data at any parameters.

    Attributes:
        recipe: the recipe of the data.
        samples: the data.
        tape: the loss, recorded with the model's own code.
        expression: the places on the tape that a sample's term is computed from, the term
            last.
        prediction: the place of ŷ on the tape.
    """

    def __init__(self, recipe: Data) -> None:
        self.recipe = recipe
        self.samples: Samples = make_samples(recipe)
        recorded = record_loss(self.samples)
        self.tape = recorded.tape
        self.expression = recorded.expression
        self.prediction = recorded.prediction

    def snapshot(self, epoch: int, parameters: Sequence[float] | Column) -> Snapshot:
        """Return the snapshot at an epoch with these parameters."""
        numbers = np.array(parameters, dtype=float)
        values = self.tape.forward(numbers)
        found = self.tape.backward(values)
        gradients = {
            place: found.contributions.get(place, found.totals[place]) for place in self.expression
        }
        totals = [found.totals[place] for place in self.tape.parameters]
        return Snapshot(
            epoch=epoch,
            parameters=numbers,
            values={place: self._column(values[place]) for place in self.expression},
            gradients=gradients,
            sums=sum_in_order(values[self.expression[-1]]),
            term_gradient=1.0 / self.tape.samples,
            parameter_gradients=np.array([0.0 if each is None else each for each in totals]),
            loss=float(values[-1]),
        )

    def _column(self, value: Any) -> Column:
        """Return what a place holds for each sample, also where that is the same."""
        return np.broadcast_to(value, self.tape.samples)
