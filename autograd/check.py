"""Gradients checked against a numeric derivative that knows nothing of the rules' derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autograd.tensor import Scalar, Tensor

Function = Callable[..., Tensor]


class GradientMismatchError(AssertionError):
    """A gradient differs from the numeric derivative by more than the tolerance."""


@dataclass(frozen=True, slots=True)
class Derivative:
    """A numeric derivative and an estimate of its absolute error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class GradientCheck:
    """One gradient beside its numeric derivative: both of ∂f/∂(argument ``index``)."""

    index: int
    gradient: float
    numeric: Derivative

    @property
    def difference(self) -> float:
        """|gradient − numeric derivative|; 0 if both are the same infinity or both nan."""
        if self.gradient == self.numeric.value:
            return 0.0
        if math.isnan(self.gradient) and math.isnan(self.numeric.value):
            return 0.0
        return abs(self.gradient - self.numeric.value)

    def agrees(self, tolerance: float = 1e-7, least: float = 1.0) -> bool:
        """Return whether both are the same but for a tolerance and the numeric one's error.

        The tolerance is relative to the derivative or, below ``least``, to that.
        """
        scale = max(least, abs(self.numeric.value))
        return self.difference <= tolerance * scale + 10 * self.numeric.error


def derivative(f: Callable[[float], float], at: float, step: float = 0.1) -> Derivative:
    """Return f'(at) by central differences extrapolated to a step of 0.

    Central differences at steps h, h/2, h/4 … have errors in even powers of h; Neville's
    scheme eliminates one power after another (C. Ridders, *Accurate computation of F'(x)
    and F'(x) F''(x)*, Advances in Engineering Software 4, 1982). The entry of the table
    that changed least is returned, with that change as its error. Nothing but values of
    ``f`` is used. Where ``f`` is not finite on both sides, the value is nan.

    Args:
        f: a function of one number.
        at: where.
        step: the first and largest step, relative to ``at`` or, below 1, absolute.
    """

    def difference(h: float) -> float:
        below, above = at - h, at + h
        return (f(above) - f(below)) / (above - below)

    h = step * max(1.0, abs(at))
    best = Derivative(math.nan, math.inf)
    previous = [difference(h)]
    for _ in range(12):
        h /= 2
        row = [difference(h)]
        for order, coarser in enumerate(previous, start=1):
            row.append(row[-1] + (row[-1] - coarser) / (4.0**order - 1))
            error = max(abs(row[-1] - row[-2]), abs(row[-1] - coarser))
            if error < best.error:
                best = Derivative(row[-1], error)
        previous = row
    return best


def numeric_derivative(
    f: Function, at: Sequence[float], index: int, step: float = 0.1
) -> Derivative:
    """Return ∂f/∂(argument ``index``) at a point, as :func:`derivative` finds it."""

    def along(number: float) -> float:
        return _value(f, [*at[:index], number, *at[index + 1 :]])

    return derivative(along, at[index], step)


def check_gradients(
    f: Function, at: Sequence[float], tolerance: float = 1e-7
) -> list[GradientCheck]:
    """Compare the gradients of ``f`` at a point with its numeric derivatives.

    Args:
        f: takes as many tensors as ``at`` has numbers, and returns a tensor.
        at: the point.
        tolerance: the largest difference allowed, relative to the gradient or, below 1,
            absolute; the numeric derivative's own error estimate is allowed on top.

    Raises:
        GradientMismatchError: a gradient is off, or one of both is nan and the other not.
    """
    leaves = [Scalar(number, require_grad=True) for number in at]
    f(*leaves).backward()
    point = [leaf.data for leaf in leaves]
    checks = [
        GradientCheck(index, float(leaf.grad), numeric_derivative(f, point, index))
        for index, leaf in enumerate(leaves)
    ]
    for check in checks:
        if not check.agrees(tolerance):
            raise GradientMismatchError(
                f"∂f/∂(argument {check.index}) at {tuple(point)} is {check.gradient!r}, but "
                f"numerically {check.numeric.value!r} ± {check.numeric.error:.1e}"
            )
    return checks


def _value(f: Function, at: Sequence[float]) -> float:
    return f(*(Scalar(number) for number in at)).data
