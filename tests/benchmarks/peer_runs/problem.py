"""What is trained: a straight line, or a small network; and what a candidate hands back."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]


class MissingError(Exception):
    """A candidate cannot run here; the text says why."""


class Trained(NamedTuple):
    """What a run yields.

    Attributes:
        losses: each epoch's, before its step; numbers or arrays, one after another.
        weights: after the last step, in the problem's order, in arrays of any shape.
        history: every epoch's parameters, in whatever form the candidate keeps them.
    """

    losses: Any
    weights: Any
    history: Any


class Candidate(NamedTuple):
    """A way to train.

    Attributes:
        train: trains from the start for as many epochs.
        note: what to know of it: a version, a time to compile.
    """

    train: Callable[[int], Trained]
    note: str


@dataclass(frozen=True, eq=False)
class Problem:
    """Samples, a function with parameters, and how to fit it.

    Attributes:
        name: what the table calls it.
        x: the samples' inputs.
        y: what the function should yield.
        learning_rate: the factor on the gradient.
        weights: the parameters before the first epoch, in arrays.
    """

    name: str
    x: Vector
    y: Vector
    learning_rate: float
    weights: list[Vector]

    @cached_property
    def start(self) -> Vector:
        """The parameters before the first epoch, in a row."""
        return in_a_row(self.weights)

    def outputs(self, weights: Sequence[Any], x: Any, tanh: Callable[[Any], Any]) -> Any:
        """Return the function of all samples at once, over arrays."""
        raise NotImplementedError

    def output(self, parameters: Sequence[Any], x: Any, tanh: Callable[[Any], Any]) -> Any:
        """Return the function of one sample, over numbers of any kind."""
        raise NotImplementedError

    def loss(self, parameters: Sequence[Any], tanh: Callable[[Any], Any]) -> Any:
        """Return the mean squared error, over numbers of any kind, added up sample by sample."""
        samples = zip(self.x.tolist(), self.y.tolist(), strict=True)
        errors = ((y - self.output(parameters, x, tanh)) ** 2 for x, y in samples)
        return reduce(operator.add, errors) / len(self.x)


class Line(Problem):
    """y ≈ m · x + c, on samples of a line."""

    def __init__(self, samples: int) -> None:
        x = np.linspace(-20.0, 20.0, samples)
        weights = [np.array(0.764340511813275), np.array(0.2950141610814745)]
        super().__init__(f"line, {samples:,} samples", x, 2 * x - 9, 0.001, weights)

    def outputs(self, weights: Sequence[Any], x: Any, tanh: Callable[[Any], Any]) -> Any:
        return self.output(weights, x, tanh)

    def output(self, parameters: Sequence[Any], x: Any, tanh: Callable[[Any], Any]) -> Any:  # noqa: ARG002
        m, c = parameters
        return m * x + c


class Network(Problem):
    """A network with an input, two layers of tanh units and an output, on samples of a sine.

    Its parameters are, in this order: w1[j], b1[j], w2[i, j] from unit i to unit j, b2[j],
    w3[j], b3.
    """

    UNITS = 16

    def __init__(self, samples: int) -> None:
        n, random = self.UNITS, np.random.default_rng(0)
        weights = [
            random.normal(size=shape) / np.sqrt(inputs)
            for shape, inputs in (((n,), 1), ((n,), 1), ((n, n), n), ((n,), n), ((n,), n), ((), n))
        ]
        x = np.linspace(-1.0, 1.0, samples)
        name = f"1-{n}-{n}-1 network, {samples:,} samples"
        super().__init__(name, x, np.sin(3 * x), 0.01, [np.asarray(each) for each in weights])

    def outputs(self, weights: Sequence[Any], x: Any, tanh: Callable[[Any], Any]) -> Any:
        w1, b1, w2, b2, w3, b3 = weights
        first = tanh(x[:, None] * w1 + b1)
        return tanh(first @ w2 + b2) @ w3 + b3

    def output(self, parameters: Sequence[Any], x: Any, tanh: Callable[[Any], Any]) -> Any:
        n = self.UNITS
        given = iter(parameters)
        w1, b1 = ([next(given) for _ in range(n)] for _ in range(2))
        w2 = [[next(given) for _ in range(n)] for _ in range(n)]
        b2, w3 = ([next(given) for _ in range(n)] for _ in range(2))
        first = [tanh(w * x + b) for w, b in zip(w1, b1, strict=True)]
        second = [
            tanh(_dot(row, first) + b) for row, b in zip(zip(*w2, strict=True), b2, strict=True)
        ]
        return _dot(w3, second) + next(given)


def _dot(weights: Sequence[Any], values: Sequence[Any]) -> Any:
    return reduce(operator.add, map(operator.mul, weights, values))


def in_a_row(weights: Any) -> Vector:
    """Return numbers, or arrays of any shape and library, as one row."""
    return np.concatenate([np.ravel(np.asarray(each, dtype=float)) for each in weights])
