"""Any text is a formula or is refused with a sentence; a formula means what Python's does.

To fuzz: pytest -n 0 --hypothesis-profile=long tests/study/test_formula_random.py
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import reduce

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.study.formula import (
    Call,
    Formula,
    FormulaError,
    Name,
    Negative,
    Number,
    Operation,
    Part,
    Purpose,
    parse,
)
from app.study.formula.build import build, value
from app.study.formula.tree import DEPTH, LENGTH, PARAMETERS, PARTS
from autograd import Scalar

EXAMPLES = settings(
    deadline=None,
    max_examples=max(300, settings().max_examples),
    suppress_health_check=[HealthCheck.too_slow],
)

SECONDS = 1
"""Of the processor, for any text; a thousandth of it is usual."""

FUNCTIONS = {
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "relu": lambda a: np.where(a < 0, 0.0, a),
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "max": lambda *numbers: reduce(lambda a, b: np.where((b < a) | np.isnan(a), a, b), numbers),
    "min": lambda *numbers: reduce(lambda a, b: np.where((a < b) | np.isnan(a), a, b), numbers),
}
"""Of zeros of either sign the last is the larger, and the smaller."""

OPERATORS = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "**": np.power,
}
TYPED = {
    "*": ("*", " * ", "·", " × "),
    "-": ("-", " − ", " -\t"),
    "/": ("/", "÷"),
    "pi": ("pi", "π"),
    "+": ("+", "\n+ "),
}
FRAGMENTS = (
    *"+-*/()=,.^<'\"[]{}!|%@#:;_\\²⁻³·×−÷√½πŷθ \n\0",
    *("**", "//", "==", "x", "y", "yhat", "a", "b", "w_1", "α1", "e", "pi", "2", "0.5", "1e5"),
    *("1e999", "1e-999", "0,5", "1_000", "0x1", "2j", "sin", "max", "sin(", "max(", "relu(", "("),
    *("lambda", "if", "for x in", "True", "None", "__import__", "y =", "a.b", "x²", "**2", "…"),
)


@dataclass(frozen=True)
class Written:
    """A formula as a person types it, and as Python computes it for NumPy's numbers."""

    typed: str
    python: str


@st.composite
def signs(draw: st.DrawFn, sign: str) -> Written:
    return Written(draw(st.sampled_from(TYPED.get(sign, (sign, f" {sign} ")))), sign)


def joined(*pieces: Written | str) -> Written:
    both = [piece if isinstance(piece, Written) else Written(piece, piece) for piece in pieces]
    return Written("".join(each.typed for each in both), "".join(each.python for each in both))


def spelled(number: float | int) -> Written:
    return Written(repr(number), f"number({number!r})")


@st.composite
def compounds(draw: st.DrawFn, inner: st.SearchStrategy[Written]) -> Written:
    """Something made of formulas; without parentheses around them precedence decides."""
    kind = draw(st.sampled_from(["operation", "operation", "parentheses", "minus", "plus", "call"]))
    operand = draw(inner)
    if kind == "operation":
        sign = draw(signs(draw(st.sampled_from(sorted(OPERATORS)))))
        return joined(operand, sign, draw(inner))
    if kind == "parentheses":
        return joined("(", operand, " )")
    if kind == "minus":
        return joined(draw(signs("-")), operand)
    if kind == "plus":
        return joined("+", operand)
    function = draw(st.sampled_from(sorted(FUNCTIONS)))
    if function not in ("max", "min"):
        return joined(function, "(", operand, ")")
    rest = draw(st.lists(inner, min_size=1, max_size=3))
    return joined(function, "( ", operand, *(joined(",", each) for each in rest), ")")


names = st.sampled_from(["a", "b", "w_1", "x", "e", "pi", "θ"])
numbers = st.one_of(
    st.integers(0, 10),
    st.sampled_from([0.5, 2.0, 1e-3, 1e300]),
    st.floats(0, allow_infinity=False, allow_nan=False),
)
atoms = st.one_of(names.flatmap(signs), numbers.map(spelled))
formulas = st.recursive(atoms, compounds, max_leaves=20)
floats = st.floats(-10, 10) | st.sampled_from([0.0, -1.0, 1e200])


def read(text: str) -> Formula:
    """Return a true curve; skip what is merely too large."""
    assume(len(text) <= LENGTH)
    return parse(text, Purpose.TRUTH)


def shape(part: Part) -> tuple[object, ...]:
    """What a part is, wherever it stands."""
    match part:
        case Number(value=number):
            return ("number", number)
        case Name(name=name):
            return ("name", name)
        case Operation(operator=sign):
            return (sign, *map(shape, part.parts))
        case Call(function=function):
            return (function, *map(shape, part.parts))
    return ("minus", *map(shape, part.parts))


def column(number: float) -> np.ndarray:
    """One number, whose ** is NumPy's power (a single float64's is another's)."""
    return np.array([number], dtype=np.float64)


def same(one: float, other: float) -> bool:
    return bool(np.isclose(one, other, rtol=1e-12, atol=0, equal_nan=True))


@EXAMPLES
@given(formulas, floats, floats, floats)
def test_a_formula_comes_to_what_python_computes(written, a, w_1, x):
    values = {"a": a, "b": -a, "w_1": w_1, "x": x, "θ": 0.3}
    known = {
        name: column(number) for name, number in {**values, "e": math.e, "pi": math.pi}.items()
    }
    with np.errstate(all="ignore"):
        expected = eval(written.python.replace("\n", " "), FUNCTIONS | known | {"number": column})  # noqa: S307
    assert same(value(read(written.typed), values), expected[0])


@EXAMPLES
@given(formulas)
def test_the_characters_of_a_part_read_alone_are_that_part(written):
    formula = read(written.typed)
    for part in formula.root.walk():
        alone = read(written.typed[part.start : part.end])
        assert shape(alone.root) == shape(part)


@EXAMPLES
@given(formulas)
def test_operands_lie_in_their_part_one_after_another(written):
    for part in read(written.typed).root.walk():
        edges = [part.start]
        for operand in part.parts:
            edges += [operand.start, operand.end]
        edges.append(part.end)
        assert edges == sorted(edges)


@EXAMPLES
@given(formulas, floats, floats)
def test_every_part_is_built_and_computes_its_operation(written, a, x):
    formula = read(written.typed)
    leaves = {name: Scalar(a, name=name) for name in ("a", "b", "w_1", "θ")}
    made = build(formula, leaves | {"x": Scalar(x, name="x")})
    assert set(made) == set(formula.root.walk())
    for part in formula.root.walk():
        inputs = [column(made[operand].data) for operand in part.parts]
        with np.errstate(all="ignore"):
            match part:
                case Operation(operator=sign):
                    (expected,) = OPERATORS[sign](*inputs)
                case Call(function=function):
                    (expected,) = FUNCTIONS[function](*inputs)
                case Negative(operand=Number(value=number)):
                    expected = -number
                case Negative():
                    (expected,) = -inputs[0]
                case _:
                    continue
        assert same(made[part].data, expected)


def check_refusal(text: str, error: FormulaError) -> None:
    assert 0 <= error.start < error.end <= max(len(text), 1)
    sentence = str(error)
    assert sentence.endswith(".")
    assert sentence[0] in "“" or sentence[0].isupper()
    assert "{" not in sentence or "{" in text
    assert len(sentence) < 250


def check_any(text: str, purpose: Purpose) -> None:
    """Read a text: it is a formula within its bounds, or is refused as a person would wish."""
    start = time.process_time()
    try:
        formula = parse(text, purpose)
    except FormulaError as error:
        check_refusal(text, error)
    else:
        parts = list(formula.root.walk())
        assert len(parts) <= PARTS
        assert len(formula.names) == len(set(formula.names)) <= PARAMETERS
        assert not {"x", "y", "yhat", "pi", "e"} & set(formula.names)
        given_names = {"x": 1.0, "y": 1.0, "yhat": 1.0} | dict.fromkeys(formula.names, 0.5)
        assert isinstance(value(formula, given_names), float)
    assert time.process_time() - start < SECONDS


@EXAMPLES
@given(st.text(), st.sampled_from(Purpose))
def test_any_text_is_a_formula_or_is_refused_with_a_sentence_and_a_place(text, purpose):
    check_any(text, purpose)


@EXAMPLES
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join), st.sampled_from(Purpose))
def test_fragments_of_formulas_in_any_order_do_too(text, purpose):
    check_any(text, purpose)


@EXAMPLES
@given(formulas, st.data())
def test_a_formula_with_a_slip_of_the_finger_does_too(written, data):
    text = written.typed
    place = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 3))
    typed = data.draw(st.sampled_from(["", *FRAGMENTS]) | st.text(max_size=2))
    check_any(text[:place] + typed + text[place + length :], data.draw(st.sampled_from(Purpose)))


@EXAMPLES
@given(
    st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=3).map("".join),
    st.lists(st.sampled_from(FRAGMENTS), max_size=3).map("".join),
    st.lists(st.sampled_from(FRAGMENTS), max_size=3).map("".join),
    st.integers(1, 2 * DEPTH) | st.integers(1, 10 * LENGTH),
)
def test_the_same_again_and_again_does_too(before, middle, after, times):
    check_any(before * times + middle + after * times, Purpose.TRUTH)
