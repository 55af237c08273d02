"""An experiment at one epoch: every node's value and gradient, from the recorded parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.study.data import Samples, make_samples
from app.study.experiment import Data
from app.study.model import PARAMETERS, predict, sample_loss
from autograd import Scalar
from autograd.arithmetic import silent
from autograd.tape import Tape, sum_in_order

Column = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every value and gradient of the loss's graph at one epoch.

    The loss is ``(0 + term₁ + term₂ + …) / samples``. ``values`` and ``gradients`` hold, for
    every place on the model's tape, one number per sample; the last place is the term.

    Attributes:
        epoch: the epoch whose parameters these are.
        parameters: of shape (parameters,).
        values: per place on the tape, of shape (samples,).
        gradients: the same; None for what needs no gradient. A parameter's holds each
            sample's contribution.
        sums: the running sums of the terms, of shape (samples,).
        term_gradient: the gradient of every term and of every running sum: 1 / samples.
        parameter_gradients: the contributions of all samples, summed in order.
        loss: the mean of the terms.
    """

    epoch: int
    parameters: Column
    values: list[Column]
    gradients: list[Column | None]
    sums: Column
    term_gradient: float
    parameter_gradients: Column
    loss: float


class Probe:
    """Computes snapshots of an experiment's loss, for the same data at any parameters.

    Attributes:
        samples: the data.
        tape: one sample's term of the loss, recorded with the model's own code.
        prediction: the place of ŷ on the tape.
    """

    def __init__(self, recipe: Data) -> None:
        self.recipe = recipe
        self.samples: Samples = make_samples(recipe)
        parameters = [Scalar(0.0, require_grad=True, name=name) for name in PARAMETERS]
        x, y = Scalar(0.0, name="x"), Scalar(0.0, name="y")
        prediction = predict(parameters, x)
        self.tape = Tape(
            sample_loss(prediction, y), parameters, {x: self.samples.x, y: self.samples.y}
        )
        self.prediction = self.tape.place(prediction)

    def snapshot(self, epoch: int, parameters: Sequence[float] | Column) -> Snapshot:
        """Return the snapshot at an epoch with these parameters."""
        numbers = [float(value) for value in parameters]
        count = self.tape.samples
        values = self.tape.forward(numbers)
        gradients = self.tape.backward(values, 1.0 / count)
        sums = sum_in_order(values[-1])
        contributions = [gradients[place] for place in self.tape.parameters]
        with silent():
            return Snapshot(
                epoch=epoch,
                parameters=np.array(numbers),
                values=values,
                gradients=gradients,
                sums=sums,
                term_gradient=1.0 / count,
                parameter_gradients=np.array(
                    [0.0 if each is None else sum_in_order(each)[-1] for each in contributions]
                ),
                loss=float(sums[-1] / count),
            )


def line(parameters: Sequence[float] | Column, x: Column) -> Column:
    """Return the model's prediction at each x."""
    leaf = Scalar(0.0)
    leaves = [Scalar(0.0) for _ in PARAMETERS]
    tape = Tape(predict(leaves, leaf), leaves, {leaf: x})
    return tape.forward([float(value) for value in parameters])[-1]
