"""Forward-mode differentiation by dual numbers: a second opinion that shares no engine code.

``Functions`` has the names that ``Tensor`` has as classmethods, so that one and the same
formula can be read over either.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Dual:
    """A value, its slope along one input, and the sum of what the slope's terms amount to.

    ``bound`` is the slope with every term taken positive. However the terms are ordered,
    and however they cancel, rounding may shift the slope by a few 1e-16 of it.
    """

    value: float
    slope: float = 0.0
    bound: float = 0.0

    def chained(self, value: float, derivative: float, size: float | None = None) -> Dual:
        size = abs(derivative) if size is None else size
        return Dual(value, derivative * self.slope, size * self.bound)


def lift(operand: Dual | float) -> Dual:
    return operand if isinstance(operand, Dual) else Dual(float(operand))


def join(value: float, *parts: Dual) -> Dual:
    return Dual(value, sum(part.slope for part in parts), sum(part.bound for part in parts))


def sign(x: float) -> float:
    return float((x > 0) - (x < 0))


def exp(x: float) -> float:
    return math.exp(x) if x < 709 else math.inf


def unary(value, derivative, size=lambda _: None):
    """``size``: what the derivative's terms amount to, where it has several."""

    def function(x):
        x = lift(x)
        y = value(x.value)
        return x.chained(y, derivative(x.value), size(y))

    return staticmethod(function)


def binary(value, derivative1, derivative2):
    def function(x, y):
        x, y = lift(x), lift(y)
        a, b = x.value, y.value
        result = value(a, b)
        # A derivative that nothing asks for need not exist: log a, for a constant exponent.
        part1 = x.chained(result, derivative1(a, b)) if x.bound else Dual(result)
        part2 = y.chained(result, derivative2(a, b)) if y.bound else Dual(result)
        return join(result, part1, part2)

    return staticmethod(function)


class Functions:
    neg = unary(lambda x: -x, lambda _: -1.0)
    sin = unary(math.sin, math.cos)
    cos = unary(math.cos, lambda x: -math.sin(x))
    tanh = unary(
        math.tanh,
        lambda x: 4 * math.exp(-2 * abs(x)) / (1 + math.exp(-2 * abs(x))) ** 2,
        size=lambda y: 1 + y * y,
    )
    exp = unary(math.exp, math.exp)
    log = unary(math.log, lambda x: 1 / x)
    sqrt = unary(math.sqrt, lambda x: 1 / (2 * math.sqrt(x)))
    abs = unary(abs, sign)
    relu = unary(lambda x: max(x, 0.0), lambda x: float(x > 0))
    sigmoid = unary(
        lambda x: 1 / (1 + exp(-x)),
        lambda x: math.exp(-abs(x)) / (1 + math.exp(-abs(x))) ** 2,
        size=lambda y: y + y * y,
    )
    add = binary(lambda a, b: a + b, lambda *_: 1.0, lambda *_: 1.0)
    sub = binary(lambda a, b: a - b, lambda *_: 1.0, lambda *_: -1.0)
    mul = binary(lambda a, b: a * b, lambda _, b: b, lambda a, _: a)
    div = binary(lambda a, b: a / b, lambda _, b: 1 / b, lambda a, b: -a / b**2)
    pow = binary(math.pow, lambda a, b: b * a ** (b - 1), lambda a, b: a**b * math.log(a))
    maximum = binary(max, lambda a, b: (sign(a - b) + 1) / 2, lambda a, b: (sign(b - a) + 1) / 2)
    minimum = binary(min, lambda a, b: (sign(b - a) + 1) / 2, lambda a, b: (sign(a - b) + 1) / 2)


def slopes(function, at: Sequence[float]) -> list[Dual]:
    """Return ``function(Functions, *at)`` with its slope along each input in turn."""
    return [
        function(
            Functions,
            *(Dual(x, float(i == index), float(i == index)) for i, x in enumerate(at)),
        )
        for index in range(len(at))
    ]
