"""Rules read over Python source text, and compiled: the fastest way to apply them to floats.

Calling a rule with an arithmetic costs a Python call for every function it uses, and a
``select`` must evaluate both of its branches. Read over text once, the same rule is a
Python expression, ``b * pow(a, b - 1.0)``; compiled into the loop body of the backward
pass it costs no call at all. This is what lets an iterative engine that checks for stale
values keep up with a plain recursive one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autograd.arithmetic import Arithmetic, evaluate_ieee
from autograd.rules import Rule


@dataclass(frozen=True, slots=True)
class Source:
    """A Python expression; operators and functions of it are longer expressions."""

    text: str

    def __add__(self, other: Source | float) -> Source:
        return Source(f"({self.text} + {lift(other)})")

    def __sub__(self, other: Source | float) -> Source:
        return Source(f"({self.text} - {lift(other)})")

    def __mul__(self, other: Source | float) -> Source:
        return Source(f"({self.text} * {lift(other)})")

    def __truediv__(self, other: Source | float) -> Source:
        return Source(f"({self.text} / {lift(other)})")

    def __radd__(self, other: float) -> Source:
        return Source(f"({lift(other)} + {self.text})")

    def __rsub__(self, other: float) -> Source:
        return Source(f"({lift(other)} - {self.text})")

    def __rmul__(self, other: float) -> Source:
        return Source(f"({lift(other)} * {self.text})")

    def __rtruediv__(self, other: float) -> Source:
        return Source(f"({lift(other)} / {self.text})")

    def __neg__(self) -> Source:
        return Source(f"(-{self.text})")

    def __abs__(self) -> Source:
        return Source(f"abs({self.text})")


def lift(expression: Source | float) -> str:
    """Return the text of an expression or a number."""
    return expression.text if isinstance(expression, Source) else f"({expression!r})"


def _call(name: str) -> Callable[..., Source]:
    return lambda *operands: Source(f"{name}({', '.join(map(lift, operands))})")


SOURCE = Arithmetic(
    sin=_call("sin"),
    cos=_call("cos"),
    tanh=_call("tanh"),
    exp=_call("exp"),
    log=_call("log"),
    sqrt=_call("sqrt"),
    pow=_call("pow"),
    less=lambda a, b: Source(f"({lift(a)} < {lift(b)})"),
    equal=lambda a, b: Source(f"({lift(a)} == {lift(b)})"),
    select=lambda condition, yes, no: Source(f"({lift(yes)} if {condition.text} else {lift(no)})"),
)
"""Python source that computes with floats and :mod:`math`."""

_NAMES = {
    name: getattr(math, name)
    for name in ("sin", "cos", "tanh", "exp", "log", "sqrt", "pow", "inf", "nan")
}


def compile_value(rule: Rule) -> Callable[..., float]:
    """Return ``value(a)`` or ``value(a, b)`` of the rule, for floats; it raises as math does."""
    operands = _operand_names(rule)
    expression = lift(rule.value(SOURCE, *map(Source, operands)))
    value: Callable[..., float] = _run(f"value = lambda {', '.join(operands)}: {expression}", {})[
        "value"
    ]
    return value


_PROPAGATE = """
def propagate(node, upstream):
    y = node.data
    {load}
"""

_PROPAGATE_OPERAND = """
    operand = node.{operand}
    if operand.require_grad:
        try:
            contribution = upstream * {derivative}
        except (ArithmeticError, ValueError):
            contribution = upstream * evaluate_ieee(derivatives[{index}], y, {arguments})
        before = operand._grad
        operand._grad = contribution if before is None else before + contribution
"""


def compile_propagate(rule: Rule) -> Callable[[Any, float], None]:
    """Return ``propagate(node, upstream)``: one step of the backward pass, the chain rule.

    To the gradient of each operand that requires one it adds upstream × local derivative.
    """
    operands = _operand_names(rule)
    symbols = tuple(map(Source, operands))
    attributes = ("op",) if len(operands) == 1 else ("op1", "op2")
    load = "; ".join(
        f"{name} = node._input{attribute[2:]}"
        for name, attribute in zip(operands, attributes, strict=True)
    )
    text = _PROPAGATE.format(load=load) + "".join(
        _PROPAGATE_OPERAND.format(
            operand=attribute,
            derivative=lift(derivative(SOURCE, Source("y"), *symbols)),
            index=index,
            arguments=", ".join(operands),
        )
        for index, (attribute, derivative) in enumerate(
            zip(attributes, rule.derivatives, strict=True)
        )
    )
    names = {"evaluate_ieee": evaluate_ieee, "derivatives": rule.derivatives}
    propagate: Callable[[Any, float], None] = _run(text, names)["propagate"]
    return propagate


def _operand_names(rule: Rule) -> tuple[str, ...]:
    return ("a", "b")[: len(rule.derivatives)]


def _run(text: str, names: dict[str, Any]) -> dict[str, Any]:
    """Run source made from a rule of this package and return the names it defines."""
    namespace = _NAMES | names
    exec(text, namespace)  # noqa: S102  the text comes from rules.py alone
    return namespace
