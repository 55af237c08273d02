"""A formula as a computation graph, and as a number or a column of numbers.

Both follow the rules of :mod:`autograd.rules`: the graph by the tensors that name them, the
numbers by reading the same rules over NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np

import autograd
from app.study.formula.tree import Call, Formula, Name, Negative, Number, Operation, Part
from autograd.arithmetic import NUMPY, silent
from autograd.tensor import Scalar, Tensor

_OPERATIONS: dict[str, type[Tensor]] = {
    "+": autograd.Add,
    "-": autograd.Subtract,
    "*": autograd.Multiply,
    "/": autograd.Divide,
    "**": autograd.Power,
    "sin": autograd.Sine,
    "cos": autograd.Cosine,
    "tanh": autograd.Tanh,
    "exp": autograd.Exponent,
    "log": autograd.Logarithm,
    "sqrt": autograd.SquareRoot,
    "abs": autograd.Absolute,
    "relu": autograd.Relu,
    "sigmoid": autograd.Sigmoid,
    "max": autograd.Maximum,
    "min": autograd.Minimum,
}

_CONSTANTS = {"pi": ("π", math.pi), "e": ("e", math.e)}


def build(formula: Formula, leaves: Mapping[str, Tensor]) -> dict[Part, Tensor]:
    """Return the tensor of every part; that of ``formula.root`` is the whole expression.

    A name is one leaf, however often it is used. A number is a leaf each time, and a minus
    sign before it belongs to it: the 2 of −2, too, is the leaf −2. Nothing else is computed
    beforehand.

    Args:
        formula: what to build.
        leaves: a tensor for each parameter and each of x, y and yhat that the formula uses.

    Raises:
        KeyError: a leaf is missing.
    """
    made: dict[Part, Tensor] = {}
    constants = {name: Scalar(number, name=sign) for name, (sign, number) in _CONSTANTS.items()}
    named = {**leaves, **constants}
    for part in formula.root.walk():
        if isinstance(part, Number):
            made[part] = Scalar(part.value)
        elif isinstance(part, Name):
            made[part] = named[part.name]
        elif isinstance(part, Negative) and isinstance(part.operand, Number):
            made[part] = made[part.operand] = Scalar(-part.operand.value)
        else:
            made[part] = _apply(_operation(part), [made[operand] for operand in part.parts])
    return made


def value(formula: Formula, values: Mapping[str, Any]) -> Any:
    """Return what a formula comes to, as IEEE 754 prescribes: inf and nan without a warning.

    Args:
        formula: what to compute.
        values: a number or an array for each parameter and each of x, y and yhat that the
            formula uses; they are broadcast against each other, also those that it does not.

    Returns:
        A float if all values are single numbers, else an array of the shape of them all.

    Raises:
        KeyError: a value is missing.
    """
    named: dict[str, Any] = {
        name: np.asarray(given, dtype=np.float64)[()] for name, given in values.items()
    }
    shape = np.broadcast_shapes(*(np.shape(given) for given in named.values()))
    named |= {name: np.float64(number) for name, (_, number) in _CONSTANTS.items()}
    with silent():
        result = np.array(np.broadcast_to(_value(formula.root, named), shape))
    return result if shape else float(result)


def _value(part: Part, named: Mapping[str, Any]) -> Any:
    if isinstance(part, Number):
        return np.float64(part.value)
    if isinstance(part, Name):
        return named[part.name]
    rule = _operation(part).rule
    operands = [_value(operand, named) for operand in part.parts]
    return _apply(lambda *inputs: rule.value(NUMPY, *inputs), operands)


def _operation(part: Part) -> type[Tensor]:
    if isinstance(part, Operation):
        return _OPERATIONS[part.operator]
    return _OPERATIONS[part.function] if isinstance(part, Call) else autograd.Negate


def _apply(operation: Callable[..., Any], operands: list[Any]) -> Any:
    """Return an operation's result; of more than two operands, those of the first and the next."""
    return reduce(operation, operands[2:], operation(*operands[:2]))
