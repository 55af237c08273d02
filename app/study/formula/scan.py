"""Cuts a formula's text into numbers, names and signs; refuses what is none of them.

The signs of mathematics (×, ·, ÷, −, π, ŷ) are taken as well and spelled as Python does; a
raised number, as in x², is the sign ** and a number, both at the same place.
"""

from __future__ import annotations

import keyword
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from app.study.formula.tree import LENGTH, NAME_LENGTH, FormulaError


class Kind(Enum):
    """What a token is."""

    NUMBER = auto()
    NAME = auto()
    SIGN = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A number, a name or a sign in a text.

    Attributes:
        kind: which of them.
        typed: its characters, text[start:end].
        python: how Python spells it.
        start, end: where it is in the text.
    """

    kind: Kind
    typed: str
    python: str
    start: int
    end: int

    def is_sign(self, *signs: str) -> bool:
        """Return whether it is one of these signs."""
        return self.kind is Kind.SIGN and self.python in signs

    @property
    def shown(self) -> str:
        """Its characters for a sentence: the beginning, if there are many."""
        return _shortened(self.typed)

    @property
    def raised(self) -> bool:
        """Whether it is of a raised number, such as ²."""
        return self.typed[0] in _SUPERSCRIPTS


_NUMBER = re.compile(r"([0-9]+(_[0-9]+)*(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_SUPERSCRIPTS = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
_RAISED = re.compile(f"⁻?[{_SUPERSCRIPTS[1:]}]+")
_SIGN = re.compile(r"\*\*|/(?!/)|[-+*(),×·\u0387⋅∙−–÷∕]")
_OTHER = re.compile(r"//|[<>=!]=|.", re.DOTALL)

_LOWERED = str.maketrans(_SUPERSCRIPTS, "-0123456789")
_SPELLED = dict.fromkeys("×·\u0387⋅∙", "*") | dict.fromkeys("−–", "-") | dict.fromkeys("÷∕", "/")
_NAMES = {"π": "pi", "ŷ": "yhat"}

_COMPARE = (
    "“{}” has no place in a formula, which cannot compare: for a formula in pieces use max, min, "
    "abs or relu, such as relu(x - 1)."
)
_QUOTE = "A text in quotes is nothing to compute with: leave the quotes away."
_BRACKET = "“{}” groups nothing in a formula: use round parentheses, ( and )."
_WORD = "“{}” is a word of Python’s own and cannot be a name: choose another, such as {}1."

_REASONS = (
    dict.fromkeys(("<", ">", "<=", ">=", "==", "!="), _COMPARE)
    | dict.fromkeys("\"'`“”„‘’", _QUOTE)
    | dict.fromkeys("[]{}", _BRACKET)
    | {
        "=": "“{}” has no place in a formula: write only the right side of the equation.",
        "^": "“{}” is not the sign of a power here: write **, as in x**2.",
        "//": "“{}” is not a sign of a formula: write / to divide.",
        "%": "“{}” is not a sign of a formula: write 5 % as 0.05.",
        "|": "“{}” is not a sign of a formula: write an absolute value as abs(x).",
        "√": "“{}” is not a sign of a formula: write a square root as sqrt(x).",
        ".": "A point needs a digit beside it, as in 0.5: leave it away or complete the number.",
    }
)
_UNKNOWN = (
    "{} has no meaning in a formula: it is made of numbers, names, + - * / **, parentheses and "
    "functions such as sin(x)."
)

_WORDS = dict.fromkeys(("if", "else", "and", "or", "not", "is", "in"), _COMPARE) | {
    "True": "“{}” is no number: write 1.",
    "False": "“{}” is no number: write 0.",
}


def scan(text: str) -> tuple[Token, ...]:
    """Return the numbers, names and signs of a text, in order.

    Raises:
        FormulaError: the text is empty or too long, or something in it is none of them.
    """
    if not text.strip():
        sentence = "The formula is empty: write one, such as m*x + c."
        raise FormulaError(sentence, 0, max(len(text), 1))
    if len(text) > LENGTH:
        raise FormulaError(
            f"The formula has {len(text):,} characters and may have {LENGTH:,}: shorten it.",
            LENGTH,
            len(text),
        )
    return tuple(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        token = _number(text, position) or _sign(text, position) or _name(text, position)
        if token is not None:
            yield token
            position = token.end
        elif raised := _RAISED.match(text, position):
            yield from _raised(raised)
            position = raised.end()
        else:
            raise _refusal(text, position)


def _number(text: str, start: int) -> Token | None:
    found = _NUMBER.match(text, start)
    if found is None:
        return None
    return Token(Kind.NUMBER, found[0], _spelled(found[0], found), start, found.end())


def _raised(found: re.Match[str]) -> Iterator[Token]:
    start, end = found.span()
    lowered = found[0].translate(_LOWERED)
    yield Token(Kind.SIGN, found[0], "**", start, end)
    if lowered.startswith("-"):
        yield Token(Kind.SIGN, "⁻", "-", start, start + 1)
        start += 1
    digits = lowered.lstrip("-")
    yield Token(Kind.NUMBER, found.string[start:end], _spelled(digits, found), start, end)


def _spelled(digits: str, found: re.Match[str]) -> str:
    """Return a number as Python would write it, which is short, whatever was typed."""
    number = float(digits)
    typed = _shortened(found[0])
    if math.isinf(number):
        raise FormulaError(
            f"“{typed}” is too large a number: at most 1.7e308 can be computed with.",
            *found.span(),
        )
    if number == 0 and re.search("[1-9]", re.split("[eE]", digits)[0]):
        raise FormulaError(
            f"“{typed}” is too small a number to be told from 0: write 0, or at least 1e-300.",
            *found.span(),
        )
    return repr(number)


def _sign(text: str, start: int) -> Token | None:
    found = _SIGN.match(text, start)
    if found is None:
        return None
    return Token(Kind.SIGN, found[0], _SPELLED.get(found[0], found[0]), start, found.end())


def _name(text: str, start: int) -> Token | None:
    """Return the name at a place; Python takes names for the same that look alike (NFKC)."""
    end = start
    while end < len(text) and _continues_name(text[start:end], text[end]):
        end += 1
    if end == start:
        return None
    typed = text[start:end]
    name = unicodedata.normalize("NFKC", typed)
    if end - start > NAME_LENGTH:
        raise FormulaError(
            f"The name “{_shortened(typed)}” has {end - start} characters and may have "
            f"{NAME_LENGTH}: shorten it.",
            start,
            end,
        )
    if keyword.iskeyword(name):
        sentence = _WORDS.get(name, _WORD).format(typed, typed)
        raise FormulaError(sentence, start, end)
    return Token(Kind.NAME, typed, _NAMES.get(name, name), start, end)


def _continues_name(name: str, character: str) -> bool:
    if _RAISED.match(character) or _SIGN.match(character):  # Python takes · for a letter
        return False
    return unicodedata.normalize("NFKC", name[:1] + character).isidentifier()


def _refusal(text: str, start: int) -> FormulaError:
    """Return the error for what is neither a number nor a name nor a sign."""
    found = _OTHER.match(text, start)
    typed = found[0] if found and found[0] in _REASONS else text[start]
    if typed in _REASONS:
        sentence = _REASONS[typed].format(typed)
    else:
        visible = f"“{typed}”" if typed.isprintable() else f"The character U+{ord(typed):04X}"
        sentence = _UNKNOWN.format(visible)
    return FormulaError(sentence, start, start + len(typed))


def _shortened(typed: str) -> str:
    return typed if len(typed) <= NAME_LENGTH else f"{typed[:NAME_LENGTH]}…"
