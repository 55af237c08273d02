"""The rules as mathematical text: right when evaluated, and as a person would write it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import BinaryOperator, UnaryOperator, rules
from autograd.arithmetic import NUMPY, Arithmetic, silent
from autograd.check import numeric_derivative
from autograd.formula import derivative_text, enclose, number_text, value_text
from autograd.rules import Rule
from tests.autograd.programs import EXAMPLES

OPERATORS = {
    cls.rule: cls
    for cls in vars(autograd).values()
    if isinstance(cls, type) and issubclass(cls, UnaryOperator | BinaryOperator)
    if cls not in (UnaryOperator, BinaryOperator)
}
RULES = list(OPERATORS)
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
OPENING_BAR = r"(?<![^ (−√^])\|"
BETWEEN_CASES = ", (else |(?=[^,]* where ))"
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def python(text):
    """Return a formula as Python: with ~ for the root, and a call of ``number`` for a number."""
    assert "-" not in text
    text = re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: f"**{found[0].translate(SUPERSCRIPTS)}", text)
    while re.search(OPENING_BAR, text):
        text = re.sub(OPENING_BAR, "abs(", text)
    text = text.replace("|", ")")
    text = re.sub(r"(?<![\w.])\d+(\.\d+)?", lambda found: f"number('{found[0]}')", text)
    if " where " in text:
        text = (
            re.sub(BETWEEN_CASES, " else ", text).replace(" where ", " if ").replace(" = ", " == ")
        )
    return text.translate(str.maketrans({"−": "-", "·": "*", "^": "**", "√": "~", "∞": "inf"}))


def evaluate(text, names):
    with silent():
        return eval(python(text), {}, names)  # noqa: S307  the text is a formula of our own


FLOATS = {name: getattr(np, name) for name in ("sin", "cos", "log", "inf", "nan")} | {
    "number": np.float64
}


def at(*operands, y):
    """Return the names that a derivative of these operands is evaluated with."""
    named = zip("ab", operands, strict=False)
    return FLOATS | {name: np.float64(operand) for name, operand in named} | {"y": np.float64(y)}


# Derivatives are right.

PAIRS = [(0.7, 1.3), (2.5, -0.6), (1.2, 2.0), (-0.8, 0.4), (0.4, 3.0), (-1.5, -2.5)]


@every_rule
def test_a_derivatives_text_is_the_numeric_derivative(rule):
    operator = OPERATORS[rule]
    arity = len(rule.derivatives)
    compared = 0
    for index in range(arity):
        text = derivative_text(rule, index, "y", ["a", "b"][:arity])
        for pair in PAIRS:
            point = pair[:arity]
            numeric = numeric_derivative(operator, point, index)
            actual = evaluate(text, at(*point, y=operator(*point).data))
            if math.isfinite(numeric.value):
                assert actual == pytest.approx(numeric.value, rel=1e-6, abs=1e-6), (text, point)
                compared += 1
    assert compared >= 3 * arity


GRID = [-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0]


@every_rule
@pytest.mark.parametrize("constant", ["none", "first", "second"])
def test_a_derivatives_text_follows_the_rules_conventions_everywhere(rule, constant):
    arity = len(rule.derivatives)
    for index in range(arity):
        for a in GRID:
            for b in GRID if arity == 2 else GRID[:1]:
                point = (a, b)[:arity]
                operands = ["a", "b"][:arity]
                if constant != "none":
                    operands[(constant == "second") % arity] = point[(constant == "second") % arity]
                text = derivative_text(rule, index, "y", operands)
                with silent():
                    y = rule.value(NUMPY, *map(np.float64, point))
                    expected = rule.derivatives[index](NUMPY, y, *map(np.float64, point))
                actual = evaluate(text, at(*point, y=y))
                np.testing.assert_allclose(actual, expected, rtol=1e-14, err_msg=text)


def test_the_derivative_of_a_sum_is_1_for_every_term():
    assert derivative_text(rules.SUM, 0, "sum", ["term"]) == "1"


# Derivatives read as a person writes them.


def log_of(base):
    return f"0 where {base} = 0, else L · log({base})"


@pytest.mark.parametrize(
    ("rule", "operands", "texts"),
    [
        (rules.ADD, ["a", "b"], ["1", "1"]),
        (rules.SUBTRACT, ["y", "ŷ"], ["1", "−1"]),
        (rules.MULTIPLY, ["m", "x"], ["x", "m"]),
        (rules.MULTIPLY, ["a + b", -2.0], ["−2", "a + b"]),
        (rules.DIVIDE, ["sum", 41], ["1 / 41", "−L / 41"]),
        (rules.DIVIDE, ["a", "b + c"], ["1 / (b + c)", "−L / (b + c)"]),
        (rules.DIVIDE, ["a", 1.0], ["1", "−L"]),
        (rules.DIVIDE, ["a", -2.0], ["1 / (−2)", "−L / (−2)"]),
        (rules.POWER, ["residual", 2.0], ["2 · residual", log_of("residual")]),
        (rules.POWER, ["a + b", 3.0], ["3 · (a + b)²", log_of("a + b")]),
        (rules.POWER, ["a", 1.0], ["1", log_of("a")]),
        (rules.POWER, ["a", 0.0], ["0", "L · log(a)"]),
        (rules.POWER, ["a", -1.0], ["−a⁻²", "L · log(a)"]),
        (rules.POWER, ["a", 2.5], ["2.5 · a^1.5", log_of("a")]),
        (rules.POWER, ["a", 0.5], ["0.5 · a^(−0.5)", log_of("a")]),
        (rules.POWER, [2.0, "b"], ["0 where b = 0, else b · 2^(b − 1)", "L · log(2)"]),
        (rules.POWER, [1.0, "b"], ["b", "0"]),
        (rules.POWER, ["a", "b"], ["0 where b = 0, else b · a^(b − 1)",
                                   "0 where a = 0 and 0 < b, else L · log(a)"]),
        (rules.MAXIMUM, ["a", "b"], ["1 where b < a, 0 where a < b, else 0.5",
                                     "1 where a < b, 0 where b < a, else 0.5"]),
        (rules.MAXIMUM, ["a", "a"], ["0.5", "0.5"]),
        (rules.MINIMUM, ["a", 0.0], ["1 where a < 0, 0 where 0 < a, else 0.5",
                                     "1 where 0 < a, 0 where a < 0, else 0.5"]),
        (rules.NEGATE, ["a"], ["−1"]),
        (rules.SINE, ["w · x"], ["cos(w · x)"]),
        (rules.COSINE, ["a"], ["−sin(a)"]),
        (rules.TANH, ["a"], ["1 − L²"]),
        (rules.EXPONENT, ["a"], ["L"]),
        (rules.LOGARITHM, ["a"], ["nan where a < 0, else 1 / a"]),
        (rules.LOGARITHM, [2.0], ["1 / 2"]),
        (rules.SQUARE_ROOT, ["a"], ["0.5 / L"]),
        (rules.ABSOLUTE, ["a − b"], ["1 where 0 < a − b, −1 where a − b < 0, else 0"]),
        (rules.ABSOLUTE, [-3.0], ["−1"]),
        (rules.RELU, ["a"], ["1 where 0 < a, else 0"]),
        (rules.RELU, [0.0], ["0"]),
        (rules.SIGMOID, ["a"], ["L · (1 − L)"]),
    ],
)  # fmt: skip
def test_a_derivative_reads_as_a_person_writes_it(rule, operands, texts):
    indices = range(len(operands))
    assert [derivative_text(rule, index, "L", operands) for index in indices] == texts


def test_a_result_that_is_a_formula_stands_in_parentheses_where_it_must():
    assert derivative_text(rules.TANH, 0, "tanh(a)", ["a"]) == "1 − tanh(a)²"
    assert derivative_text(rules.SIGMOID, 0, "a + b", ["c"]) == "(a + b) · (1 − (a + b))"
    assert derivative_text(rules.DIVIDE, 1, "a / b", ["a", "b"]) == "−(a / b) / b"
    assert derivative_text(rules.DIVIDE, 1, "−a", ["c", "b"]) == "a / b"


def text_of(value):
    return value_text(Rule("made up", "?", value, ()), ["a"])


def test_conditions_within_conditions_are_one_list_of_cases():
    def value(n, a):
        return n.select(n.less(abs(a), 1.0), n.select(n.less(a, 0.0), 2.0, 1.0), 0.0)

    assert text_of(value) == "2 where |a| < 1 and a < 0, 1 where |a| < 1, else 0"
    known = Rule("made up", "?", value, (lambda n, _y, a: value(n, a),))
    assert derivative_text(known, 0, "y", [0.5]) == "1"


def test_cases_of_one_value_are_one_only_if_one_condition_is_part_of_the_other():
    apart = text_of(lambda n, a: n.select(n.less(a, -1.0), 0.0, n.select(n.less(1.0, a), 0.0, a)))
    assert apart == "0 where a < −1, 0 where 1 < a, else a"
    part = text_of(lambda n, a: n.select(n.less(a, 0.0), n.select(n.less(a, -1.0), 0.0, 0.0), a))
    assert part == "0 where a < 0, else a"


def test_an_operation_on_cases_is_written_case_by_case():
    product = text_of(lambda n, a: n.select(n.less(a, 0.0), 0.0, a) * a)
    assert product == "0 where a < 0, else a²"
    square = text_of(lambda n, a: n.pow(n.select(n.less(a, 0.0), 1.0, a), 2.0))
    assert square == "1 where a < 0, else a²"


# Values read as a person writes them.


@pytest.mark.parametrize(
    ("rule", "operands", "text"),
    [
        (rules.ADD, ["m · x", "c"], "m · x + c"), (rules.ADD, ["a", "b − c"], "a + b − c"),
        (rules.ADD, ["a", "−b + c"], "a + (−b + c)"), (rules.ADD, ["a", -3.0], "a − 3"),
        (rules.ADD, [2.0, 3.0], "2 + 3"), (rules.ADD, ["x", 0.0], "x + 0"),
        (rules.ADD, ["Σ a", "b"], "(Σ a) + b"), (rules.SUBTRACT, ["y", "ŷ"], "y − ŷ"),
        (rules.SUBTRACT, ["a", "b + c"], "a − (b + c)"),
        (rules.SUBTRACT, ["a", "b − c"], "a − (b − c)"), (rules.SUBTRACT, ["a", -3.0], "a + 3"),
        (rules.SUBTRACT, ["a", "b · c"], "a − b · c"), (rules.MULTIPLY, ["m", "x"], "m · x"),
        (rules.MULTIPLY, ["a + b", "c − d"], "(a + b) · (c − d)"),
        (rules.MULTIPLY, ["a · b", "c · d"], "a · b · c · d"),
        (rules.MULTIPLY, ["a / b", "c"], "(a / b) · c"),
        (rules.MULTIPLY, ["x", -2.0], "x · (−2)"), (rules.MULTIPLY, [-2.0, "x"], "−2 · x"),
        (rules.MULTIPLY, ["x", "x"], "x · x"), (rules.MULTIPLY, ["x", 1.0], "x · 1"),
        (rules.MULTIPLY, ["x", 0.1], "x · 0.1"),
        (rules.MULTIPLY, ["|a − b|", "(a + b)²"], "|a − b| · (a + b)²"),
        (rules.MULTIPLY, ["||a| − b|", "|c| + |d|"], "||a| − b| · (|c| + |d|)"),
        (rules.MULTIPLY, ["a^|b| + c", "d"], "(a^|b| + c) · d"),
        (rules.DIVIDE, ["Σ", 41.0], "Σ / 41"),
        (rules.DIVIDE, ["Σ squared", 41], "(Σ squared) / 41"),
        (rules.DIVIDE, ["a · b", "c · d"], "a · b / (c · d)"),
        (rules.DIVIDE, ["a / b", "c"], "(a / b) / c"),
        (rules.POWER, ["residual", 2.0], "residual²"), (rules.POWER, ["y − ŷ", 2.0], "(y − ŷ)²"),
        (rules.POWER, ["a²", 3.0], "(a²)³"), (rules.POWER, ["sin(a + b)", 2.0], "sin(a + b)²"),
        (rules.POWER, ["a", -12.0], "a⁻¹²"), (rules.POWER, ["a", 100.0], "a^100"),
        (rules.POWER, ["a", 0.5], "a^0.5"), (rules.POWER, ["a", "b"], "a^b"),
        (rules.POWER, ["a", "b + 1"], "a^(b + 1)"), (rules.POWER, ["a", "b²"], "a^(b²)"),
        (rules.POWER, [-2.0, "b"], "(−2)^b"), (rules.MAXIMUM, ["a + b", 0.0], "max(a + b, 0)"),
        (rules.MINIMUM, ["a", "b"], "min(a, b)"), (rules.NEGATE, ["a"], "−a"),
        (rules.NEGATE, ["a + b"], "−(a + b)"), (rules.NEGATE, ["a · b"], "−a · b"),
        (rules.SINE, ["a"], "sin(a)"), (rules.COSINE, ["a + b"], "cos(a + b)"),
        (rules.TANH, ["w · x + b"], "tanh(w · x + b)"), (rules.EXPONENT, ["−a"], "exp(−a)"),
        (rules.LOGARITHM, ["a"], "log(a)"), (rules.SQUARE_ROOT, ["a"], "√a"),
        (rules.SQUARE_ROOT, ["a + b"], "√(a + b)"), (rules.SQUARE_ROOT, ["a²"], "√(a²)"),
        (rules.ABSOLUTE, ["a + b"], "|a + b|"), (rules.RELU, ["a"], "relu(a)"),
        (rules.SIGMOID, ["a"], "σ(a)"), (rules.SUM, ["term"], "Σ term"),
        (rules.SUM, ["a · b"], "Σ a · b"), (rules.SUM, ["a + b"], "Σ (a + b)"),
        (rules.SUM, ["−a"], "Σ (−a)"), (rules.SUM, ["a / b"], "Σ (a / b)"),
    ],
)  # fmt: skip
def test_a_value_reads_as_a_person_writes_it(rule, operands, text):
    assert value_text(rule, operands) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (2.0, "2"), (-41.0, "−41"), (1234567.0, "1234567"), (-0.0, "0"), (0.1 + 0.2, "0.3"),
        (1 / 3, "0.333333"), (1e10, "1e10"), (1e-7, "1e−7"), (-2.5e300, "−2.5e300"),
        (math.inf, "∞"), (-math.inf, "−∞"), (math.nan, "nan"),
    ],
)  # fmt: skip
def test_a_number_is_short_and_its_minus_typographic(number, text):
    assert number_text(number) == text


def test_words_numbers_and_calls_are_enclosed_in_nothing():
    assert [enclose(text) for text in ("ŷ", "41", "sin(a + b)", "|a − b|")] == [
        "ŷ", "41", "sin(a + b)", "|a − b|"
    ]  # fmt: skip
    assert [enclose(text) for text in ("a · b", "a²", "−2", "a^b", "√a", "my x")] == [
        "(a · b)", "(a²)", "(−2)", "(a^b)", "(√a)", "(my x)"
    ]  # fmt: skip


# Nested expressions: their text means what they compute. It is evaluated modulo a prime, where
# the laws of arithmetic hold without rounding, with functions that tell all arguments apart.

PRIME = 2**61 - 1


@dataclass(frozen=True, order=True)
class Residue:
    """A number modulo a prime; 1/0 is 0."""

    value: int

    @classmethod
    def of(cls, number):
        """Return a number, such as 3, −0.5 or "0.5"."""
        exact = Fraction(number)
        return cls(exact.numerator) / cls(exact.denominator)

    def __add__(self, other):
        return Residue((self.value + other.value) % PRIME)

    def __mul__(self, other):
        return Residue(self.value * other.value % PRIME)

    def __neg__(self):
        return Residue(-self.value % PRIME)

    def __sub__(self, other):
        return self + -other

    def __truediv__(self, other):
        return self * Residue(pow(other.value, PRIME - 2, PRIME))

    def __pow__(self, other):
        exponent = other.value if other.value < 100 else other.value - PRIME
        if 0 <= exponent < 100:
            return Residue(pow(self.value, exponent, PRIME))
        if exponent > -100:
            return Residue.of(1) / Residue(pow(self.value, -exponent, PRIME))
        return stand_in("power")(self, other)

    def __invert__(self):
        return stand_in("√")(self)

    def __abs__(self):
        return stand_in("|·|")(self)


def stand_in(name):
    """Return a function that gives different residues other residues."""

    def function(*arguments):
        result = Residue(crc32(name.encode()))
        for argument in arguments:
            mixed = result * Residue.of(31) + argument
            result = mixed * mixed * mixed + Residue.of(7)
        return result

    return function


RESIDUES = Arithmetic(
    **{name: stand_in(name) for name in ("sin", "cos", "tanh", "exp", "log")},
    sqrt=lambda a: ~a,
    pow=lambda a, b: a**b,
    less=None,
    equal=None,
    select=None,
)
CALLED = {
    rule: stand_in(rule.symbol)
    for rule in (rules.MAXIMUM, rules.MINIMUM, rules.RELU, rules.SIGMOID)
}
NAMES = {
    "number": Residue.of,
    "inf": Residue.of(PRIME - 1),
    "nan": Residue.of(12345),
    **{name: stand_in(name) for name in ("sin", "cos", "tanh", "exp", "log")},
    **{rule.symbol: function for rule, function in CALLED.items()},
    **{name: Residue(crc32(name.encode()) ** 2 % PRIME) for name in "abcy"},
}


@dataclass(frozen=True)
class Nested:
    """An expression: the text it has been given, and its value."""

    text: str | float
    value: Residue


def write(rule, operands):
    texts = [each.text for each in operands]
    values = [each.value for each in operands]
    value = CALLED[rule](*values) if rule in CALLED else rule.value(RESIDUES, *values)
    return Nested(value_text(rule, texts), value)


def operations(operands):
    return st.sampled_from(RULES).flatmap(
        lambda rule: st.builds(write, st.just(rule), st.tuples(*[operands] * len(rule.derivatives)))
    )


leaves = st.sampled_from("abc").map(lambda name: Nested(name, NAMES[name])) | st.sampled_from(
    [-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 41.0]
).map(lambda number: Nested(number, Residue.of(number)))
expressions = operations(st.recursive(leaves, operations, max_leaves=12))


@given(expressions)
@EXAMPLES
def test_the_text_of_nested_operations_means_what_they_compute(expression):
    assert evaluate(expression.text, NAMES) == expression.value


@given(st.sampled_from(RULES), st.tuples(expressions, expressions))
@EXAMPLES
def test_the_text_of_a_derivative_means_the_same_for_operands_that_are_formulas(rule, both):
    arity = len(rule.derivatives)
    names = NAMES | {name: each.value for name, each in zip("ab", both, strict=True)}
    for index in range(arity):
        text = derivative_text(rule, index, "y", [each.text for each in both[:arity]])
        short = derivative_text(rule, index, "y", ["a", "b"][:arity])
        assert evaluate(text, NAMES) == evaluate(short, names), text
