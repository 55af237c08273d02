"""The model that is trained, written with tensors as the notebook writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.study.data import Column, Samples
from autograd import Scalar, Tensor
from autograd.tape import Tape

PARAMETERS = ("m", "c")
"""The names of the model's parameters, in the order in which they are stored."""


def predict(parameters: Sequence[Tensor], x: Tensor) -> Tensor:
    """Return ŷ = m·x + c."""
    m, c = parameters
    return (m * x) + c


def sample_loss(prediction: Tensor, y: Tensor) -> Tensor:
    """Return one sample's part of the loss, (y − ŷ)²; the loss is its mean over the samples."""
    return (y - prediction) ** 2


@dataclass(frozen=True, slots=True)
class RecordedLoss:
    """The loss of some samples on a tape.

    Attributes:
        tape: the loss.
        x, y: the places of the data columns.
        prediction: the place of ŷ.
        names: what the model calls some places.
    """

    tape: Tape
    x: int
    y: int
    prediction: int
    names: Mapping[int, str]


def record_loss(samples: Samples) -> RecordedLoss:
    """Return the loss of the samples: the mean of their parts."""
    parameters = [Scalar(0.0, require_grad=True, name=name) for name in PARAMETERS]
    x, y, total = Scalar(0.0, name="x"), Scalar(0.0, name="y"), Scalar(0.0)
    prediction = predict(parameters, x)
    term = sample_loss(prediction, y)
    rest = next(node for node in term.nodes() if prediction in node.operands)
    loss = total / len(samples)
    tape = Tape.record(loss, parameters, {x: samples.x, y: samples.y}, {total: term})
    names = {prediction: "ŷ", rest: "residual", term: "squared"}
    return RecordedLoss(
        tape=tape,
        x=tape.place(x),
        y=tape.place(y),
        prediction=tape.place(prediction),
        names={tape.place(node): name for node, name in names.items()},
    )


class Curve:
    """The model's prediction along x, for any parameters.

    Attributes:
        x: where it is computed, of shape (points,).
    """

    def __init__(self, x: Column) -> None:
        self.x = x
        leaf, total = Scalar(0.0), Scalar(0.0)
        leaves = [Scalar(0.0) for _ in PARAMETERS]
        prediction = predict(leaves, leaf)
        self._tape = Tape.record(total, leaves, {leaf: x}, {total: prediction})
        self._place = self._tape.place(prediction)

    def at(self, parameters: Sequence[float] | Column) -> Column:
        """Return ŷ at every x, of shape (points,)."""
        values: Column = self._tape.forward(parameters)[self._place]
        return values
