"""The model that is trained and its loss, written with tensors as the notebook writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.study.architecture import Activation, Layer, Loss, Model, Reduction, read_loss
from app.study.data import Column, Samples
from app.study.experiment import Problem
from app.study.formula import Formula
from app.study.formula.build import build
from autograd import Scalar, Tensor
from autograd.tape import Tape

Leaves = Mapping[str, Tensor]
Span = tuple[int, int]

_ACTIVATIONS = {
    Activation.TANH: Tensor.tanh,
    Activation.RELU: Tensor.relu,
    Activation.SIGMOID: Tensor.sigmoid,
}


@dataclass(frozen=True, slots=True)
class Prediction:
    """A model's prediction for one sample.

    Attributes:
        node: ŷ.
        parts: what each part of the model's formula became, by its place in the text.
        names: what some of the nodes are called.
    """

    node: Tensor
    parts: Mapping[Span, Tensor]
    names: Mapping[Tensor, str]


def predict(model: Model, leaves: Leaves, x: Tensor) -> Prediction:
    """Return ŷ, from tensors for all parameters by name."""
    formula = model.expression
    if formula is not None:
        return _formula_prediction(formula, leaves, x)
    names: dict[Tensor, str] = {}
    values = [x]
    *hidden, last = model.network
    for layer in hidden:
        values = [
            _ACTIVATIONS[model.activation](total) for total in _weighted(layer, leaves, values)
        ]
        names |= {node: f"h{layer.number}_{unit}" for unit, node in enumerate(values, 1)}
    return Prediction(_weighted(last, leaves, values)[0], {}, names)


def _formula_prediction(formula: Formula, leaves: Leaves, x: Tensor) -> Prediction:
    made = build(formula, {**leaves, "x": x})
    parts = {(part.start, part.end): node for part, node in made.items()}
    node = made[formula.root]
    return Prediction(node if formula.uses("x") else _with(node, x), parts, {})


def _with(node: Tensor, column: Tensor) -> Tensor:
    """Return what a formula made, as a number of each sample's, with a column it does not use."""
    return node + Scalar(0.0) * column


def _weighted(layer: Layer, leaves: Leaves, values: Sequence[Tensor]) -> list[Tensor]:
    """Return, for each unit of a layer, the sum b + w₁·h₁ + w₂·h₂ + …, made in this order."""
    totals = []
    for unit in range(layer.units):
        total = leaves[layer.bias(unit)]
        for source, value in enumerate(values):
            total = total + leaves[layer.weight(unit, source)] * value
        totals.append(total)
    return totals


def sample_loss(model: Model, prediction: Tensor, y: Tensor) -> tuple[Tensor, dict[Tensor, str]]:
    """Return one sample's loss, and what its nodes are called."""
    if model.loss is Loss.FORMULA:
        formula = read_loss(model.loss_formula)
        term = build(formula, {"y": y, "yhat": prediction})[formula.root]
        return term if formula.uses("y") else _with(term, y), {}
    residual = y - prediction
    if model.loss is Loss.SQUARED:
        term = residual**2
        return term, {residual: "residual", term: "squared"}
    absolute = abs(residual)
    if model.loss is Loss.ABSOLUTE:
        return absolute, {residual: "residual", absolute: "absolute"}
    # Huber's loss: half the square of what is within δ, and δ times what is beyond.
    within = Tensor.minimum(absolute, Scalar(model.huber_delta, name="δ"))
    beyond = absolute - within
    term = within**2 / 2.0 + beyond * model.huber_delta
    return term, {residual: "residual", within: "within δ", beyond: "beyond δ", term: "Huber"}


def whole_loss(model: Model, total: Tensor, count: int, trained: Sequence[Tensor]) -> Tensor:
    """Return the loss from the sum of so many samples' losses, and the trained parameters.

    Weight decay λ adds λ/2 times the sum of the parameters' squares, whose gradient, λ times
    the parameter, draws each of them towards 0.
    """
    loss = total / count if model.reduction is Reduction.MEAN else total
    if not model.weight_decay:
        return loss
    first, *others = (parameter**2 for parameter in trained)
    squares = first
    for each in others:
        squares = squares + each
    return loss + squares * Scalar(model.weight_decay / 2, name="λ/2")


@dataclass(frozen=True, slots=True)
class RecordedLoss:
    """The loss of some samples on a tape.

    Attributes:
        tape: the loss.
        x, y: the places of the data columns.
        prediction: the place of ŷ.
        names: what the model calls some places.
        frozen: the places of the parameters that are not trained.
        parts: the place of each part of the model's formula, by where it stands in the text.
    """

    tape: Tape
    x: int
    y: int
    prediction: int
    names: Mapping[int, str]
    frozen: frozenset[int]
    parts: Mapping[Span, int]


def make_leaves(problem: Problem) -> dict[str, Tensor]:
    """Return a leaf for each parameter, by name; frozen ones are constants."""
    frozen = dict(problem.frozen)
    return {
        name: Scalar(frozen.get(name, 0.0), require_grad=name not in frozen, name=name)
        for name in problem.model.parameters
    }


def record_loss(problem: Problem, samples: Samples) -> RecordedLoss:
    """Return the loss of the samples: the mean, or sum, of their parts."""
    leaves = make_leaves(problem)
    x, y, total = Scalar(0.0, name="x"), Scalar(0.0, name="y"), Scalar(0.0)
    prediction = predict(problem.model, leaves, x)
    term, names = sample_loss(problem.model, prediction.node, y)
    trained = [leaves[name] for name in problem.parameters]
    loss = whole_loss(problem.model, total, len(samples), trained)
    tape = Tape.record(loss, trained, {x: samples.x, y: samples.y}, {total: term})
    names = {**names, **prediction.names, prediction.node: "ŷ"}
    return RecordedLoss(
        tape=tape,
        x=tape.place(x),
        y=tape.place(y),
        prediction=tape.place(prediction.node),
        names={tape.place(node): name for node, name in names.items()},
        frozen=frozenset(tape.place(leaves[name]) for name, _ in problem.frozen),
        parts={span: tape.place(node) for span, node in prediction.parts.items()},
    )


class Curve:
    """The model's prediction along x, for any parameters.

    Attributes:
        x: where it is computed, of shape (points,).
    """

    def __init__(self, problem: Problem, x: Column) -> None:
        self.x = x
        leaf, total = Scalar(0.0), Scalar(0.0)
        leaves = make_leaves(problem)
        prediction = predict(problem.model, leaves, leaf).node
        trained = [leaves[name] for name in problem.parameters]
        self._tape = Tape.record(total, trained, {leaf: x}, {total: prediction})
        self._place = self._tape.place(prediction)

    def at(self, parameters: Sequence[float] | Column) -> Column:
        """Return ŷ at every x, of shape (points,)."""
        values: Column = self._tape.forward(parameters)[self._place]
        return values
