"""Each operation's value and its local derivatives, each written once.

A rule reads like the mathematics. Its functions take an arithmetic ``n`` first (see
:mod:`autograd.arithmetic`); ``a`` and ``b`` are the operands, ``y`` is the operation's own
value, which is often what a derivative is cheapest to write in. Because nothing here says
*what* is being added or multiplied, the same line computes a float, a column of samples,
or the graph of the derivative.

Conventions at the points where mathematics leaves a choice: relu'(0) = 0, |x|'(0) = 0, at
a tie maximum and minimum give each operand ½, ``x**0`` has derivative 0 everywhere, and
∂(x**p)/∂p is 0 at x = 0 < p (its limit) and nan for x < 0.
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """One operation of the engine.

    Attributes:
        name: what the operation is called, in lower case.
        symbol: how it is drawn in a graph.
        value: ``value(n, a)`` or ``value(n, a, b)``, the operation itself.
        derivatives: one function for each operand, ``derivative(n, y, a)`` or
            ``derivative(n, y, a, b)``: ∂y/∂operand, the local derivative.
    """

    name: str
    symbol: str
    value: Callable[..., Any]
    derivatives: tuple[Callable[..., Any], ...]


ADD = Rule(
    name="add",
    symbol="+",
    value=lambda n, a, b: a + b,
    derivatives=(lambda n, y, a, b: 1.0, lambda n, y, a, b: 1.0),
)

SUBTRACT = Rule(
    name="subtract",
    symbol="−",
    value=lambda n, a, b: a - b,
    derivatives=(lambda n, y, a, b: 1.0, lambda n, y, a, b: -1.0),
)

MULTIPLY = Rule(
    name="multiply",
    symbol="×",
    value=lambda n, a, b: a * b,
    derivatives=(lambda n, y, a, b: b, lambda n, y, a, b: a),
)

# −y/b is −a/b², and neither overflows nor underflows where b² alone would.
DIVIDE = Rule(
    name="divide",
    symbol="÷",
    value=lambda n, a, b: a / b,
    derivatives=(lambda n, y, a, b: 1.0 / b, lambda n, y, a, b: -y / b),
)

# ∂y/∂a = b · a^(b−1). At exponent 0 it is 0 · a⁻¹: 0 for every base, also where a⁻¹ is not
# finite, and yet its own derivative with respect to b is a⁻¹.
# ∂y/∂b = y · log a exists for a positive base only. At base 0 the product 0 · log 0 would
# be nan where the limit, for a positive exponent, is 0 = 0 · log 1.
POWER = Rule(
    name="power",
    symbol="^",
    value=lambda n, a, b: n.pow(a, b),
    derivatives=(
        lambda n, y, a, b: (
            b
            * n.select(
                n.equal(b, 0.0),
                n.select(n.less(abs(1.0 / a), math.inf), 1.0 / a, 1.0),
                n.pow(a, b - 1.0),
            )
        ),
        lambda n, y, a, b: (
            y * n.log(n.select(n.equal(a, 0.0), n.select(n.less(0.0, b), 1.0, a), a))
        ),
    ),
)

# a == a holds for every number but nan: a nan on either side comes out as nan.
MAXIMUM = Rule(
    name="maximum",
    symbol="max",
    value=lambda n, a, b: n.select(n.less(b, a), a, n.select(n.equal(a, a), b, a)),
    derivatives=(
        lambda n, y, a, b: n.select(n.less(b, a), 1.0, n.select(n.less(a, b), 0.0, 0.5)),
        lambda n, y, a, b: n.select(n.less(a, b), 1.0, n.select(n.less(b, a), 0.0, 0.5)),
    ),
)

MINIMUM = Rule(
    name="minimum",
    symbol="min",
    value=lambda n, a, b: n.select(n.less(a, b), a, n.select(n.equal(a, a), b, a)),
    derivatives=(
        lambda n, y, a, b: n.select(n.less(a, b), 1.0, n.select(n.less(b, a), 0.0, 0.5)),
        lambda n, y, a, b: n.select(n.less(b, a), 1.0, n.select(n.less(a, b), 0.0, 0.5)),
    ),
)

NEGATE = Rule(
    name="negate",
    symbol="−",
    value=lambda n, a: -a,
    derivatives=(lambda n, y, a: -1.0,),
)

SINE = Rule(
    name="sine",
    symbol="sin",
    value=lambda n, a: n.sin(a),
    derivatives=(lambda n, y, a: n.cos(a),),
)

COSINE = Rule(
    name="cosine",
    symbol="cos",
    value=lambda n, a: n.cos(a),
    derivatives=(lambda n, y, a: -n.sin(a),),
)

TANH = Rule(
    name="tanh",
    symbol="tanh",
    value=lambda n, a: n.tanh(a),
    derivatives=(lambda n, y, a: 1.0 - y * y,),
)

EXPONENT = Rule(
    name="exponent",
    symbol="exp",
    value=lambda n, a: n.exp(a),
    derivatives=(lambda n, y, a: y,),
)

# log is not defined below 0, and neither is its derivative, although 1/a would be.
LOGARITHM = Rule(
    name="logarithm",
    symbol="log",
    value=lambda n, a: n.log(a),
    derivatives=(lambda n, y, a: n.select(n.less(a, 0.0), math.nan, 1.0 / a),),
)

SQUARE_ROOT = Rule(
    name="square root",
    symbol="√",
    value=lambda n, a: n.sqrt(a),
    derivatives=(lambda n, y, a: 0.5 / y,),
)

# a · 0 where a is neither above nor below 0: 0 at 0, and nan for nan.
ABSOLUTE = Rule(
    name="absolute value",
    symbol="|·|",
    value=lambda n, a: abs(a),
    derivatives=(
        lambda n, y, a: n.select(n.less(0.0, a), 1.0, n.select(n.less(a, 0.0), -1.0, a * 0.0)),
    ),
)

# Asking for a < 0 rather than a > 0 lets a nan through, so that it is seen.
RELU = Rule(
    name="relu",
    symbol="relu",
    value=lambda n, a: n.select(n.less(a, 0.0), 0.0, a),
    derivatives=(
        lambda n, y, a: n.select(n.less(0.0, a), 1.0, n.select(n.less(a, 0.0), 0.0, a * 0.0)),
    ),
)

SIGMOID = Rule(
    name="sigmoid",
    symbol="σ",
    value=lambda n, a: 1.0 / (1.0 + n.exp(-a)),
    derivatives=(lambda n, y, a: y * (1.0 - y),),
)

# The one operation on any number of terms: a sample's own expression, over all samples.
SUM = Rule(
    name="sum",
    symbol="Σ",
    value=lambda n, *terms: reduce(operator.add, terms),
    derivatives=(lambda n, y, *terms: 1.0,),
)
