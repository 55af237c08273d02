"""Rules read over mathematical text: an operation and its local derivatives as a person writes.

The same reading as over Python source (:mod:`autograd.source`), for people: ``b * pow(a, b −
1.0)`` of ``residual`` and 2 becomes “2 · residual”. Parentheses stand only where they are
needed, numbers are folded, and a ``select`` whose condition is known is resolved; any other
becomes cases, “1 where 0 < a, else 0”. The text is the mathematics: nan and infinite operands,
which a rule has its own answers for, are not written out.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import partial

from autograd import rules
from autograd.arithmetic import Arithmetic, evaluate_ieee
from autograd.digits import digits
from autograd.rules import Rule

_CALLED = (rules.MAXIMUM, rules.MINIMUM, rules.RELU, rules.SIGMOID)
"""Operations whose name says more than what they are computed by."""

_FOLDED = (rules.ADD, rules.SUBTRACT, rules.MULTIPLY)
"""Operations on numbers that are written as their value."""

_SUPERSCRIPTS = str.maketrans("−0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def value_text(rule: Rule, operands: Sequence[str | float]) -> str:
    """Return the operation on these operands, such as “m · x”, with nothing left out or folded.

    Args:
        rule: the operation; of SUM the operand is one sample's term.
        operands: names, texts of this module, or numbers.
    """
    formulas = [_read(each if isinstance(each, str) else number_text(each)) for each in operands]
    if rule is rules.SUM:
        return f"{rule.symbol} {formulas[0].within(Binding.PRODUCT)}"
    if rule in _CALLED:
        return f"{rule.symbol}({', '.join(each.text for each in formulas)})"
    return _lift(rule.value(TEXT, *formulas)).text


def derivative_text(rule: Rule, index: int, result: str, operands: Sequence[str | float]) -> str:
    """Return the local derivative ∂result/∂operand, such as “2 · residual”, simplified.

    Args:
        rule: the operation.
        index: which operand it is differentiated with respect to; of SUM 0.
        result: what the operation's own value is called.
        operands: names, texts of this module, or numbers.
    """
    formulas = [_read(each) if isinstance(each, str) else _number(each) for each in operands]
    return _lift(rule.derivatives[index](TEXT, _read(result), *formulas)).text


def number_text(number: float) -> str:
    """Return a number as it stands in a formula, with six digits unless it is whole."""
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    whole = float(number).is_integer() and abs(number) < 1e10
    return digits(number, 10 if whole else 6)


def enclose(text: str) -> str:
    """Return a text in parentheses, unless it is a single word, number or call."""
    return f"({text})" if " " in _outside_brackets(text) else _read(text).within(Binding.ATOM)


class Binding(IntEnum):
    """What a text is made of at its top: how tightly it holds together, the loosest first."""

    CASES = 0
    SUMMATION = 1
    SUM = 2
    NEGATIVE = 3
    QUOTIENT = 4
    PRODUCT = 5
    POWER = 6
    ATOM = 7


def _lift(operand: Operand) -> Formula | Cases:
    return operand if isinstance(operand, Cases) else _formula(operand)


def _formula(operand: Formula | float) -> Formula:
    return operand if isinstance(operand, Formula) else _number(operand)


def _number(number: float) -> Formula:
    if number < 0:
        return _negate(_number(-number))
    return Formula(number_text(number), Binding.ATOM, float(number))


def _read(text: str) -> Formula:
    """Return the formula of a name or of a text of this module."""
    outer = _outside_brackets(text)
    if " where " in outer:
        return Formula(text, Binding.CASES)
    if outer.startswith(f"{rules.SUM.symbol} "):
        return Formula(text, Binding.SUMMATION)
    if " + " in outer or " − " in outer:
        return Formula(text, Binding.SUM)
    if outer.startswith("−"):
        return Formula(text, Binding.NEGATIVE, opposite=_read(text[1:]))
    if " / " in outer:
        return Formula(text, Binding.QUOTIENT)
    if " · " in outer:
        return Formula(text, Binding.PRODUCT)
    if re.search("[\\^√⁻⁰¹²³⁴⁵⁶⁷⁸⁹]", outer):
        return Formula(text, Binding.POWER)
    return Formula(text, Binding.ATOM)


def _outside_brackets(text: str) -> str:
    """Return what stands outside parentheses and the bars of absolute values."""
    if "(" not in text and "|" not in text:
        return text
    depth = 0
    outer = []
    before = " "
    for character in text:
        opens_bar = character == "|" and before in " (|√−^"
        if character == ")" or (character == "|" and not opens_bar):
            depth -= 1
        elif character == "(" or opens_bar:
            depth += 1
        elif depth == 0:
            outer.append(character)
        before = "(" if opens_bar else character if character != "|" else ")"
    return "".join(outer)


# -- operators and functions --------------------------------------------------------------------


def _add(a: Formula, b: Formula) -> Formula:
    if b.opposite is not None:
        return _subtract(a, b.opposite)
    if 0 in (a.number, b.number):
        return b if a.number == 0 else a
    right = f"({b.text})" if b.text.startswith("−") else b.within(Binding.SUM)
    text = Formula(f"{a.within(Binding.SUM)} + {right}", Binding.SUM)
    return _fold(rules.ADD, text, a, b)


def _subtract(a: Formula, b: Formula) -> Formula:
    if b.opposite is not None:
        return _add(a, b.opposite)
    if a.number == 0:
        return _negate(b)
    if b.number == 0:
        return a
    text = Formula(f"{a.within(Binding.SUM)} − {b.within(Binding.QUOTIENT)}", Binding.SUM)
    return _fold(rules.SUBTRACT, text, a, b)


def _multiply(a: Formula, b: Formula) -> Formula:
    if a is b and a.number is None:  # the same operand, not one that is written the same
        return _power(a, _number(2.0))
    if a.opposite is not None:
        return _negate(_multiply(a.opposite, b))
    if 0 in (a.number, b.number):
        return _number(0.0)
    if 1 in (a.number, b.number):
        return b if a.number == 1 else a
    if b.number == -1:
        return _negate(a)
    text = Formula(f"{a.within(Binding.PRODUCT)} · {b.within(Binding.PRODUCT)}", Binding.PRODUCT)
    return _fold(rules.MULTIPLY, text, a, b)


def _divide(a: Formula, b: Formula) -> Formula:
    if a.opposite is not None:
        return _negate(_divide(a.opposite, b))
    if b.number == 1:
        return a
    text = Formula(f"{a.within(Binding.PRODUCT)} / {b.within(Binding.POWER)}", Binding.QUOTIENT)
    return _fold(rules.DIVIDE, text, a, b)


def _negate(a: Formula) -> Formula:
    if a.opposite is not None or a.number == 0:
        return a.opposite or a
    number = None if a.number is None else -a.number
    return Formula(f"−{a.within(Binding.QUOTIENT)}", Binding.NEGATIVE, number, a)


def _absolute(a: Formula) -> Formula:
    if a.number is not None:
        return _negate(a) if a.number < 0 else a
    return Formula(f"|{a.text}|", Binding.ATOM)


def _power(a: Formula, b: Formula) -> Formula:
    if b.number == 0 or a.number == 1:
        return _number(1.0)
    if b.number == 1:
        return a
    base = a.within(Binding.ATOM)
    if re.fullmatch(r"−?\d\d?", b.text):
        text = f"{base}{b.text.translate(_SUPERSCRIPTS)}"
    else:
        text = f"{base}^{b.within(Binding.ATOM)}"
    return _fold(rules.POWER, Formula(text, Binding.POWER), a, b)


def _root(a: Formula) -> Formula:
    return _fold(rules.SQUARE_ROOT, Formula(f"√{a.within(Binding.ATOM)}", Binding.POWER), a)


def _call(rule: Rule, a: Formula) -> Formula:
    return _fold(rule, Formula(f"{rule.symbol}({a.text})", Binding.ATOM), a)


def _fold(rule: Rule, formula: Formula, *operands: Formula) -> Formula:
    """Return an operation's formula, or its value if that is known and easier to read.

    2.5 − 1 is; of what is not so short a number, such as 1 / 41, only a whole value is.
    """
    numbers = [each.number for each in operands if each.number is not None]
    if len(numbers) < len(operands):
        return formula
    number = evaluate_ieee(rule.value, *numbers)
    if number.is_integer() or (rule in _FOLDED and all(each.is_written for each in operands)):
        return _number(number)
    return replace(formula, number=number)


# -- cases --------------------------------------------------------------------------------------


def _apply(function: Callable[..., Formula], *operands: Operand) -> Formula | Cases:
    """Return a function of the operands, in each case if there are cases."""
    lifted = list(map(_lift, operands))
    split = next((each for each in lifted if isinstance(each, Cases)), None)
    if split is None:
        return function(*lifted)

    def branch(value: Formula, conditions: Conditions = ()) -> Formula | Cases:
        known = (value if each is split else _known_from(conditions, each) for each in lifted)
        return _apply(function, *known)

    return _cases(
        [(conditions, branch(value, conditions)) for conditions, value in split.cases],
        branch(split.otherwise),
    )


def _known_from(conditions: Conditions, operand: Formula | Cases) -> Formula | Cases:
    """Return the number that an operand is where the conditions hold, or the operand."""
    equal = (each for each in conditions if each.sign == "=" and each.left == operand)
    return next((each.right for each in equal if each.right.number is not None), operand)


def _cases(
    cases: Sequence[tuple[Conditions, Formula | Cases]], otherwise: Formula | Cases
) -> Formula | Cases:
    """Return the cases that make a difference, or the one value there is."""
    flat: list[tuple[Conditions, Formula]] = []
    for conditions, value in [*cases, ((), otherwise)]:
        nested = value if isinstance(value, Cases) else Cases((), value)
        flat += [(conditions + more, each) for more, each in nested.cases]
        flat.append((conditions, nested.otherwise))
    kept = flat[-1:]
    for conditions, value in reversed(flat[:-1]):
        next_conditions, next_value = kept[-1]
        if value != next_value or not set(next_conditions) <= set(conditions):
            kept.append((conditions, value))
    _, last = kept.pop(0)
    return Cases(tuple(reversed(kept)), last) if kept else last


def _compare(
    sign: str, holds: Callable[[float, float], bool], a: Formula | float, b: Formula | float
) -> Comparison | bool:
    left, right = _formula(a), _formula(b)
    if left.number is not None and right.number is not None:
        return holds(left.number, right.number)
    return holds(0.0, 0.0) if left == right else Comparison(left, sign, right)


def _select(condition: Comparison | bool, yes: Operand, no: Operand) -> Formula | Cases:
    if isinstance(condition, bool):
        return _lift(yes if condition else no)
    return _cases([((condition,), _lift(yes))], _lift(no))


# -- expressions --------------------------------------------------------------------------------


def _operator(function: Callable[..., Formula]) -> Callable[..., Formula | Cases]:
    return lambda *operands: _apply(function, *operands)


def _reflected(function: Callable[..., Formula]) -> Callable[..., Formula | Cases]:
    return lambda b, a: _apply(function, a, b)


class Expression:
    """What a rule computes with: its operators write longer text."""

    __slots__ = ()

    __add__ = _operator(_add)
    __sub__ = _operator(_subtract)
    __mul__ = _operator(_multiply)
    __truediv__ = _operator(_divide)
    __radd__ = _reflected(_add)
    __rsub__ = _reflected(_subtract)
    __rmul__ = _reflected(_multiply)
    __rtruediv__ = _reflected(_divide)
    __neg__ = _operator(_negate)
    __abs__ = _operator(_absolute)


@dataclass(frozen=True, slots=True)
class Formula(Expression):
    """A text without cases.

    Attributes:
        text: the text.
        binding: what it is made of.
        number: its value, if that is known.
        opposite: what it is the negative of, if it begins with a minus sign for all of it.
    """

    text: str
    binding: Binding
    number: float | None = None
    opposite: Formula | None = None

    def within(self, binding: Binding) -> str:
        """Return the text as a part of something, in parentheses if it is bound more loosely."""
        return self.text if self.binding >= binding else f"({self.text})"

    @property
    def is_written(self) -> bool:
        """Whether the text is its number."""
        return self.number is not None and self.text == number_text(self.number)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A condition that is not known."""

    left: Formula
    sign: str
    right: Formula

    @property
    def text(self) -> str:
        """It as text, such as “0 < a”."""
        return f"{self.left.within(Binding.SUM)} {self.sign} {self.right.within(Binding.SUM)}"


Conditions = tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Cases(Expression):
    """The value of the first case of which all conditions hold, or else another."""

    cases: tuple[tuple[Conditions, Formula], ...]
    otherwise: Formula

    @property
    def text(self) -> str:
        """It as text, such as “1 where 0 < a, else 0”."""
        cases = [
            f"{value.text} where {' and '.join(each.text for each in conditions)}, "
            for conditions, value in self.cases
        ]
        return f"{''.join(cases)}else {self.otherwise.text}"


Operand = Formula | Cases | float

TEXT = Arithmetic(
    sin=_operator(partial(_call, rules.SINE)),
    cos=_operator(partial(_call, rules.COSINE)),
    tanh=_operator(partial(_call, rules.TANH)),
    exp=_operator(partial(_call, rules.EXPONENT)),
    log=_operator(partial(_call, rules.LOGARITHM)),
    sqrt=_operator(_root),
    pow=_operator(_power),
    less=partial(_compare, "<", operator.lt),
    equal=partial(_compare, "=", operator.eq),
    select=_select,
)
"""Mathematical text."""
