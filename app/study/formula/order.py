"""Checks that numbers, names and signs stand in an order that makes a formula.

A text reads as an alternation: where a number, a name or “(” may stand no sign may, and the
other way round. Whatever breaks it is named with its neighbours, which says more to the
person who typed it than a parser's "invalid syntax".
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from app.study.formula.scan import Kind, Token
from app.study.formula.tree import DEPTH, EXTREMES, FUNCTIONS, PARTS, FormulaError

CALLABLE = (*FUNCTIONS, *EXTREMES)

_WRITTEN_HERE = {
    "ln": "log(…)",
    "log10": "log(…)/log(10)",
    "pow": "a**b",
    "tan": "sin(…)/cos(…)",
}
"""What to write for functions known from elsewhere."""


def check_order(tokens: Sequence[Token]) -> None:
    """Do nothing if the tokens make a formula that Python reads in the same way.

    Raises:
        FormulaError: something is missing, too much, or nested too deep.
    """
    counted = [token for token in tokens if not token.is_sign("(", ")", ",")]
    if len(counted) > PARTS:
        raise FormulaError(
            f"The formula has {len(counted)} numbers, names and signs and may have {PARTS}: "
            "shorten it.",
            counted[PARTS].start,
            tokens[-1].end,
        )
    _Reading(tokens).check()


@dataclass(slots=True)
class _Opened:
    """A parenthesis that is open, with the function before it and the commas in it."""

    token: Token
    function: Token | None
    commas: list[int]


class _Reading:
    """One pass from left to right."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._opened: list[_Opened] = []

    def check(self) -> None:
        operand_next = True
        for place, token in enumerate(self._tokens):
            if operand_next:
                operand_next = self._check_operand(place, token)
            else:
                operand_next = self._check_sign(place, token)
        last = self._tokens[-1]
        if operand_next:
            raise _error(f"After “{last.shown}” a number, a name or “(” is missing.", last)
        if self._opened:
            opened = self._opened[-1].token
            raise _error("This “(” is not closed: write “)” where it shall end.", opened)

    def _at(self, place: int) -> Token | None:
        return self._tokens[place] if 0 <= place < len(self._tokens) else None

    def _check_operand(self, place: int, token: Token) -> bool:
        """Check what stands where an operand begins; return whether one is still due."""
        before, after = self._at(place - 1), self._at(place + 1)
        if token.is_sign("("):
            called = before if before and before.kind is Kind.NAME else None
            self._opened.append(_Opened(token, called, []))
            if len(self._opened) > DEPTH:
                sentence = f"Parentheses may be nested {DEPTH} deep: leave some away."
                raise _error(sentence, token)
            return True
        if token.is_sign("+", "-"):
            return True
        if token.kind is Kind.SIGN:
            raise self._nothing_before(token, before)
        if token.kind is Kind.NAME and token.python in CALLABLE:
            if after is None or not after.is_sign("("):
                raise _no_parentheses(token, after)
            return True
        return False

    def _nothing_before(self, token: Token, before: Token | None) -> FormulaError:
        """Return the error for a sign that lacks what it stands behind."""
        if before is None:
            return _error(f"Before “{token.shown}” a number, a name or “(” is missing.", token)
        power = before.is_sign("*") and token.is_sign("*")
        return _error(
            f"Between “{before.shown}” and “{token.shown}” a number, a name or “(” is missing"
            f"{', or write ** without a space for a power' if power else ''}.",
            before,
            token,
        )

    def _check_sign(self, place: int, token: Token) -> bool:
        """Check what stands behind an operand; return whether another one is due."""
        before = self._tokens[place - 1]
        if token.kind is not Kind.SIGN or token.is_sign("("):
            raise self._no_sign(place)
        if token.is_sign(")"):
            self._close(token)
            return False
        if token.is_sign(","):
            self._separate(place)
        elif token.is_sign("**") and before.raised:
            raise _error(
                f"A power after “{before.shown}” could be meant in two ways: write parentheses, "
                f"as in (x{before.shown})**3.",
                before,
                token,
            )
        return True

    def _close(self, token: Token) -> None:
        if not self._opened:
            sentence = "This “)” closes nothing: leave it away, or write the “(” it belongs to."
            raise _error(sentence, token)
        opened = self._opened.pop()
        if opened.function is None:
            return
        name, count = opened.function.python, len(opened.commas) + 1
        if name in EXTREMES and count == 1:
            sentence = f"“{name}” takes two numbers or more, and here is one: write {name}(…, 0)."
            raise _error(sentence, opened.function, token)
        if name in FUNCTIONS and count > 1:
            point = any(self._splits_a_number(comma) for comma in opened.commas)
            advice = ": write a decimal number with a point, as in 0.5" if point else ""
            sentence = f"“{name}” takes one number, and here are {count}{advice}."
            raise _error(sentence, opened.function, token)

    def _separate(self, place: int) -> None:
        if self._opened and self._opened[-1].function:
            self._opened[-1].commas.append(place)
            return
        if self._splits_a_number(place):
            before, after = self._tokens[place - 1], self._tokens[place + 1]
            raise _error(
                f"A decimal number is written with a point: {before.shown}.{after.shown}, not "
                f"“{before.shown},{after.shown}”.",
                before,
                after,
            )
        sentence = "“,” has no place here: only max and min take several numbers, as in max(a, b)."
        raise _error(sentence, self._tokens[place])

    def _splits_a_number(self, place: int) -> bool:
        """Return whether a comma stands between digits without a space, as in 0,5."""
        before, after = self._at(place - 1), self._at(place + 1)
        return (
            before is not None
            and after is not None
            and before.typed.isdecimal()
            and after.typed.isdecimal()
            and before.end + 1 == after.start
        )

    def _no_sign(self, place: int) -> FormulaError:
        """Return the error for two operands without a sign between them."""
        before, token = self._tokens[place - 1], self._tokens[place]
        if before.kind is Kind.NAME and token.is_sign("("):
            return _no_function(before)
        touching = before.end == token.start and not before.raised
        numbers = before.kind is token.kind is Kind.NUMBER and not before.raised
        if numbers and touching:
            sentence = f"“{before.shown}{token.shown}” is no number: it has two decimal points."
            return _error(sentence, before, token)
        left, right = self._ending(place - 1), self._beginning(place)
        if before.kind is Kind.NUMBER and token.kind is Kind.NAME and touching:
            sentence = (
                f"“{before.shown}{token.shown}” needs a sign between the number and the name: "
                f"write {left}*{right}."
            )
        else:
            sentence = (
                f"Between “{before.shown}” and “{token.shown}” a sign is missing: "
                f"write {left}*{right} to multiply"
                f"{', or leave the space away if this is one number' if numbers else ''}."
            )
        return _error(sentence, before, token)

    def _ending(self, place: int) -> str:
        """Return the operand that ends at a place, in short."""
        token = self._tokens[place]
        if not token.raised:
            return "(…)" if token.is_sign(")") else token.shown
        while self._tokens[place].raised:
            place -= 1
        return self._ending(place) + self._tokens[place + 1].shown

    def _beginning(self, place: int) -> str:
        """Return the operand that begins at a place, in short."""
        token = self._tokens[place]
        if token.is_sign("("):
            return "(…)"
        return f"{token.shown}(…)" if token.python in CALLABLE else token.shown


def _no_parentheses(name: Token, after: Token | None) -> FormulaError:
    """Return the error for a function that is used like a name."""
    if after is not None and after.kind is not Kind.SIGN:
        written = f"{name.shown}({after.shown})"
    elif after is not None and after.raised:
        written = f"{name.shown}(…){after.shown}"
    else:
        written = f"{name.shown}(…)"
    return _error(f"“{name.shown}” is a function and needs parentheses: write {written}.", name)


def _no_function(name: Token) -> FormulaError:
    """Return the error for a name that is used like a function."""
    product = f"{name.shown}*(…)"
    near = difflib.get_close_matches(name.python.lower(), CALLABLE, n=1)
    if name.python in _WRITTEN_HERE:
        advice = f"write {_WRITTEN_HERE[name.python]}"
    elif near:
        advice = f"write {near[0]}(…), or {product} to multiply"
    elif len(name.typed) > 1:
        advice = f"write {product} to multiply; the functions are {', '.join(CALLABLE)}"
    else:
        advice = f"write {product} to multiply"
    return _error(f"“{name.shown}” is no function: {advice}.", name)


def _error(sentence: str, first: Token, last: Token | None = None) -> FormulaError:
    return FormulaError(sentence, first.start, (last or first).end)
