"""Dual numbers: a value, and how it moves as the inputs move in some directions.

Carried along with a value, its tangent gives directional derivatives without going back:
forward-mode differentiation (Wengert, "A simple automatic derivative evaluation program",
1964). Nothing is differentiated here: :func:`apply` takes an operation's value and its local
derivatives from its rule, read over NumPy, and what a dual number can do, its operators and
the functions of :data:`DUAL`, are such operations. So a rule can in turn be read over dual
numbers, and its derivatives' own derivatives follow.

A value is a number, or an array of shape (samples,). Its tangent has one row per direction:
shape (directions, samples), or (directions, 1) where all samples have the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd import rules
from autograd.arithmetic import NUMPY, Arithmetic
from autograd.rules import Rule

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Dual:
    """A value and its tangent.

    Attributes:
        value: a number, or an array of shape (samples,).
        tangent: its derivative in each direction, of shape (directions, samples or 1); None
            for a constant.
    """

    value: Any
    tangent: Array | None = None

    __array_ufunc__ = None  # lets np.float64(2) * dual reach __rmul__

    def __add__(self, other: float | Dual) -> Dual:
        return apply(rules.ADD, self, other)

    def __radd__(self, other: float) -> Dual:
        return apply(rules.ADD, other, self)

    def __sub__(self, other: float | Dual) -> Dual:
        return apply(rules.SUBTRACT, self, other)

    def __rsub__(self, other: float) -> Dual:
        return apply(rules.SUBTRACT, other, self)

    def __mul__(self, other: float | Dual) -> Dual:
        return apply(rules.MULTIPLY, self, other)

    def __rmul__(self, other: float) -> Dual:
        return apply(rules.MULTIPLY, other, self)

    def __truediv__(self, other: float | Dual) -> Dual:
        return apply(rules.DIVIDE, self, other)

    def __rtruediv__(self, other: float) -> Dual:
        return apply(rules.DIVIDE, other, self)

    def __neg__(self) -> Dual:
        return apply(rules.NEGATE, self)

    def __abs__(self) -> Dual:
        return apply(rules.ABSOLUTE, self)


def apply(rule: Rule, *operands: float | Dual) -> Dual:
    """Return an operation's value, and its tangent by the chain rule.

    A derivative that no tangent asks for is not computed: it need not exist, as that of a
    power by its constant exponent where the base is negative.
    """
    duals = [_lift(operand) for operand in operands]
    values = [dual.value for dual in duals]
    value = rule.value(NUMPY, *values)
    tangent: Array | None = None
    for dual, derivative in zip(duals, rule.derivatives, strict=True):
        if dual.tangent is not None:
            part = _scale(dual.tangent, derivative(NUMPY, value, *values))
            tangent = part if tangent is None else tangent + part
    return Dual(value, tangent)


def _lift(operand: float | Dual) -> Dual:
    return operand if isinstance(operand, Dual) else Dual(np.float64(operand))


def _scale(tangent: Array, derivative: Any) -> Array:
    """Return derivative × tangent; 0 where nothing moves, however steep it would be."""
    if isinstance(derivative, float) and derivative == 1.0:
        return tangent
    scaled: Array = derivative * tangent
    if math.isfinite(np.add.reduce(derivative, axis=None)):  # then each of them is
        return scaled
    return np.where(tangent == 0.0, 0.0, scaled)


def _select(condition: Any, yes: float | Dual, no: float | Dual) -> Dual:
    yes, no = _lift(yes), _lift(no)
    value = np.where(condition, yes.value, no.value)
    if yes.tangent is None and no.tangent is None:
        return Dual(value)
    tangents = (0.0 if dual.tangent is None else dual.tangent for dual in (yes, no))
    return Dual(value, np.where(condition, *tangents))


def _compare(relation: Callable[..., Any], a: float | Dual, b: float | Dual) -> Any:
    return relation(_lift(a).value, _lift(b).value)


DUAL = Arithmetic(
    sin=partial(apply, rules.SINE),
    cos=partial(apply, rules.COSINE),
    tanh=partial(apply, rules.TANH),
    exp=partial(apply, rules.EXPONENT),
    log=partial(apply, rules.LOGARITHM),
    sqrt=partial(apply, rules.SQUARE_ROOT),
    pow=partial(apply, rules.POWER),
    less=partial(_compare, NUMPY.less),
    equal=partial(_compare, NUMPY.equal),
    select=_select,
)
"""Dual numbers; a condition is decided by the values, and picks value and tangent."""
