"""What a formula is made of: numbers, names, operations and calls, each at its place in a text.

Every part knows which characters it was read from, so that a part that is pointed at, its
nodes in the graph and the mark under an error are all the same place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from app.study.setting import SettingError

Operator = Literal["+", "-", "*", "/", "**"]

LENGTH = 1000
"""The most characters of a formula."""

PARTS = 300
"""The most numbers, names, signs and functions of a formula."""

DEPTH = 100
"""How deep a formula may be nested: operations in operations, and parentheses in parentheses."""

PARAMETERS = 40
"""The most parameters of a formula."""

NAME_LENGTH = 30
"""The most characters of a name."""

FUNCTIONS = ("sin", "cos", "tanh", "exp", "log", "sqrt", "abs", "relu", "sigmoid")
"""The functions of one number."""

EXTREMES = ("max", "min")
"""The functions of two numbers or more."""

CONSTANTS = ("pi", "e")
"""The names that are numbers, whatever the formula is for."""

VARIABLES = ("x", "y", "yhat")
"""The names that are never parameters; a formula may use those that its purpose knows."""


class FormulaError(SettingError):
    """A text that is no formula; its own text is a sentence for the person who typed it.

    Attributes:
        start, end: the offending characters, text[start:end]; of an empty text (0, 1).
    """

    def __init__(self, sentence: str, start: int, end: int) -> None:
        super().__init__(sentence)
        self.start = start
        self.end = end


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a formula, read from the characters text[start:end].

    Parentheses around it do not belong to it, nor does a unary plus. Every part is itself
    alone: two parts are never equal, and a dict may hold something for each.
    """

    start: int
    end: int

    @property
    def parts(self) -> tuple[Part, ...]:
        """The operands, in the order of the text."""
        return ()

    def walk(self) -> Iterator[Part]:
        """Yield all parts from here down, operands first and in the order of the text."""
        for part in self.parts:
            yield from part.walk()
        yield self


@dataclass(frozen=True, eq=False)
class Number(Part):
    """A number as it was typed, never negative."""

    value: float


@dataclass(frozen=True, eq=False)
class Name(Part):
    """A parameter, or one of "x", "y", "yhat", "pi" and "e", however that was typed."""

    name: str


@dataclass(frozen=True, eq=False)
class Negative(Part):
    """A minus sign and what follows it."""

    operand: Part

    @property
    def parts(self) -> tuple[Part, ...]:  # noqa: D102
        return (self.operand,)


@dataclass(frozen=True, eq=False)
class Operation(Part):
    """Two parts with a sign between them."""

    operator: Operator
    left: Part
    right: Part

    @property
    def parts(self) -> tuple[Part, ...]:  # noqa: D102
        return (self.left, self.right)


@dataclass(frozen=True, eq=False)
class Call(Part):
    """One of FUNCTIONS with its argument, or one of EXTREMES with two arguments or more."""

    function: str
    arguments: tuple[Part, ...]

    @property
    def parts(self) -> tuple[Part, ...]:  # noqa: D102
        return self.arguments


@dataclass(frozen=True)
class Formula:
    """A formula that was read without an error; formulas of the same text are equal.

    Attributes:
        text: as it was typed.
        root: the whole.
        names: the parameters, in the order in which they first appear.
    """

    text: str
    root: Part = field(compare=False, repr=False)
    names: tuple[str, ...]

    def uses(self, name: str) -> bool:
        """Return whether a name, of a parameter or another, is anywhere in the formula."""
        return any(isinstance(part, Name) and part.name == name for part in self.root.walk())
