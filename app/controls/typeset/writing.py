"""Writing a formula's parts as boxes: with the fewest parentheses, fractions stacked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum, auto

from PySide6.QtGui import QFont

from app.controls.typeset.boxes import (
    Box,
    Edge,
    enclosed,
    fraction,
    hatted,
    letters,
    lowered,
    raised,
    root,
    row,
)
from app.controls.typeset.face import Face, Style
from app.study.formula.tree import Call, Name, Negative, Number, Operation, Part

MOST_RAISED = 16
"""Parts that the argument of exp may have to be written as an exponent of e."""

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "omicron": "ο", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "upsilon": "υ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
}  # fmt: skip
_GREEK |= {name.capitalize(): sign.upper() for name, sign in _GREEK.items()}

_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?")
_SUBSCRIPT = re.compile(r"(.+?)(?:_+([^_].*)|(\d+))")


class Level(IntEnum):
    """How firmly a part holds together as it is written."""

    SUM = auto()
    NEGATIVE = auto()
    PRODUCT = auto()
    FRACTION = auto()
    POWER = auto()
    ATOM = auto()


@dataclass(frozen=True)
class Term:
    """A term of a sum.

    Attributes:
        sign: what is written before it; None before the first.
        box: the term.
        sum: the operation that adds it; None for the first.
    """

    sign: Box | None
    box: Box
    sum: Part | None


class Writer:
    """Writes formulas in a font.

    Args:
        font: the font of the text around them.
        scale: how many times as large they are written.
        text: from which the parts were read.
    """

    def __init__(self, font: QFont, scale: float, text: str) -> None:
        self._faces = {style: Face(font, scale, style) for style in Style}
        self._text = text

    def face(self, style: Style) -> Face:
        """Return the letters of a style."""
        return self._faces[style]

    def terms(self, whole: Part) -> list[Term]:
        """Return the terms that a part is the sum of, itself alone if it is no sum."""
        if not isinstance(whole, Operation) or whole.operator not in ("+", "-"):
            return [Term(None, self.write(whole, Style.DISPLAY), None)]
        sign, right = self._signed_term(whole, Style.DISPLAY)
        return [*self.terms(whole.left), Term(sign, right, whole)]

    def equation(self, left: str) -> list[Box]:
        """Return the left side of an equation, and its sign; nothing without a left side."""
        if not left:
            return []
        face = self._faces[Style.DISPLAY]
        return [self._name(left, Style.DISPLAY), letters(face, "=", Edge.RELATION)]

    def write(self, part: Part, style: Style) -> Box:
        """Return a part as a box."""
        match part:
            case Number():
                box = self._number(part, style)
            case Name():
                box = self._name(part.name, style)
            case Negative():
                box = self._negative(part, style)
            case Operation():
                box = self._OPERATIONS[part.operator](self, part, style)
            case Call():
                box = self._call(part, style)
            case _:
                raise TypeError(f"{type(part).__name__} is no part of a formula")
        return box.of(part)

    # -- numbers and names ------------------------------------------------------------------

    def _number(self, number: Number, style: Style) -> Box:
        """Write a number as it was typed, 1e-3 as a power of ten."""
        face = self._faces[style]
        digits, exponent = self._digits(number)
        if not exponent:
            return letters(face, digits, Edge.DIGIT)
        small = self._faces[style.raised]
        power = letters(small, str(int(exponent)).replace("-", "−"))
        ten = raised(face, letters(face, "10", Edge.DIGIT), power, small)
        if digits == "1":
            return ten
        times = letters(face, "·", Edge.BINARY)
        return row(face, [letters(face, digits, Edge.DIGIT), times, ten], in_line=style.in_line)

    def _digits(self, number: Number) -> tuple[str, str]:
        """Return a number's digits, and its exponent or ""."""
        plain = repr(number.value).removesuffix(".0")  # a raised number is typed otherwise
        typed = _NUMBER.fullmatch(self._text[number.start : number.end])
        found = typed or _NUMBER.fullmatch(plain)
        if found is None:
            return plain, ""
        digits = found[1].rstrip(".")
        return f"0{digits}" if digits.startswith(".") else digits, found[2] or ""

    def _name(self, name: str, style: Style) -> Box:
        """Write a name: Greek ones as their letter, digits and what follows "_" lowered."""
        face = self._faces[style]
        if name == "yhat":
            return hatted(face, letters(face, "y", italic=True))
        parts = _SUBSCRIPT.fullmatch(name)
        if parts is None:
            return self._symbol(name, style)
        subscript = parts[2] or parts[3]
        sign = _GREEK.get(subscript, subscript.replace("_", ","))
        small = letters(self._faces[style.raised], sign, italic=len(sign) == 1 and sign.isalpha())
        return lowered(face, self._symbol(parts[1], style), small)

    def _symbol(self, name: str, style: Style) -> Box:
        sign = _GREEK.get(name, name)
        edge = Edge.LETTER if len(sign) == 1 else Edge.WORD
        italic = not (name in _GREEK and sign.isupper())
        return letters(self._faces[style], sign, edge, italic=italic)

    # -- operations -------------------------------------------------------------------------

    def _negative(self, part: Negative, style: Style) -> Box:
        face = self._faces[style]
        operand = self._guarded(part.operand, style, Level.PRODUCT)
        return row(face, [letters(face, "−"), operand], in_line=style.in_line)

    def _sum(self, part: Operation, style: Style) -> Box:
        left, (sign, right) = self.write(part.left, style), self._signed_term(part, style)
        return row(self._faces[style], [left, sign, right], in_line=style.in_line)

    def _signed_term(self, part: Operation, style: Style) -> tuple[Box, Box]:
        """Return the sign of a sum, and the term that follows it."""
        sign = letters(self._faces[style], part.operator.replace("-", "−"), Edge.BINARY)
        return sign, self._guarded(part.right, style, Level.PRODUCT)

    def _product(self, part: Operation, style: Style) -> Box:
        face = self._faces[style]
        left = self._factor(part.left, style)
        right = self._guarded(part.right, style, Level.FRACTION)
        boxes = [left, right]
        if _needs_sign(left.last, right.first):
            boxes.insert(1, letters(face, "·", Edge.BINARY))
        return row(face, boxes, in_line=style.in_line)

    def _quotient(self, part: Operation, style: Style) -> Box:
        """Write a fraction; in an exponent, where it would be too small, with a slash."""
        face = self._faces[style]
        if style.in_line:
            above = self.write(part.left, style.stacked)
            below = self.write(part.right, style.stacked)
            return fraction(face, above, below, display=style is Style.DISPLAY)
        left = self._guarded(part.left, style, Level.NEGATIVE, first=True)
        right = self._guarded(part.right, style, Level.POWER)
        return row(face, [left, letters(face, "/"), right], in_line=False)

    def _power(self, part: Operation, style: Style) -> Box:
        base = self._guarded(part.left, style, Level.ATOM)
        return self._raise(base, part.right, style)

    def _raise(self, base: Box, exponent: Part, style: Style) -> Box:
        small = style.raised
        box = self.write(exponent, small)
        return raised(self._faces[style], base, box, self._faces[small])

    _OPERATIONS: dict[str, Callable[[Writer, Operation, Style], Box]] = {  # noqa: RUF012
        "+": _sum,
        "-": _sum,
        "*": _product,
        "/": _quotient,
        "**": _power,
    }

    # -- functions --------------------------------------------------------------------------

    def _call(self, part: Call, style: Style) -> Box:
        face, first = self._faces[style], part.arguments[0]
        if part.function == "abs":
            return enclosed(face, self.write(first, style), bars=True)
        if part.function == "sqrt":
            return root(face, self.write(first, style), display=style is Style.DISPLAY)
        if _is_raised(part, style):
            return self._raise(letters(face, "e", italic=True), first, style)
        inside = []
        for argument in part.arguments:
            inside += [self.write(argument, style), letters(face, ",", Edge.COMMA)]
        name = letters(face, part.function, Edge.FUNCTION)
        arguments = enclosed(face, row(face, inside[:-1], in_line=style.in_line))
        return replace(row(face, [name, arguments]), last=Edge.CALL)

    # -- parentheses ------------------------------------------------------------------------

    def _factor(self, part: Part, style: Style) -> Box:
        """Write the left factor of a product."""
        box = self.write(part, style)
        if self._level(part, style) < Level.NEGATIVE or _ends_in_slash(part, style):
            return enclosed(self._faces[style], box)
        return box

    def _guarded(self, part: Part, style: Style, level: Level, *, first: bool = False) -> Box:
        """Write a part, in parentheses if it holds together less firmly than that.

        Only what comes first may begin with a minus sign.
        """
        box = self.write(part, style)
        if self._level(part, style) < level or (not first and self._is_signed(part, style)):
            return enclosed(self._faces[style], box)
        return box

    def _is_signed(self, part: Part, style: Style) -> bool:
        """Return whether a part begins with a minus sign as it is written."""
        if isinstance(part, Operation) and (
            part.operator == "*" or (part.operator == "/" and not style.in_line)
        ):
            bare = self._level(part.left, style) >= Level.NEGATIVE
            return (
                bare and not _ends_in_slash(part.left, style) and self._is_signed(part.left, style)
            )
        return isinstance(part, Negative)

    def _level(self, part: Part, style: Style) -> Level:
        match part:
            case Operation(operator="+" | "-"):
                return Level.SUM
            case Negative():
                return Level.NEGATIVE
            case Operation(operator="/") if style.in_line:
                return Level.FRACTION
            case Operation(operator="*" | "/"):
                return Level.PRODUCT
            case Number():
                digits, exponent = self._digits(part)
                if exponent:
                    return Level.POWER if digits == "1" else Level.PRODUCT
                return Level.ATOM
            case Call(function="abs") | Name():
                return Level.ATOM
        return Level.POWER


def _is_raised(part: Call, style: Style) -> bool:
    """Return whether a call is written as a power of e."""
    short = sum(1 for _ in part.walk()) <= MOST_RAISED
    return part.function == "exp" and style.in_line and short


def _ends_in_slash(part: Part, style: Style) -> bool:
    """Return whether a part is a quotient with a slash, after which a factor would be below it."""
    if isinstance(part, Negative):
        return _ends_in_slash(part.operand, style)
    return isinstance(part, Operation) and part.operator == "/" and not style.in_line


def _needs_sign(left: Edge, right: Edge) -> bool:
    """Return whether two factors would be read as something else without a sign between them."""
    return (
        right is Edge.DIGIT
        or Edge.WORD in (left, right)
        or (left is Edge.DIGIT and right is Edge.TALL)
        or (left is Edge.BAR and right is Edge.BAR)
    )
