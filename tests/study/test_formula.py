"""A formula is read as it is meant, refused with a sentence at the right place, and built."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from app.study.formula import (
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
from app.study.formula.tree import DEPTH, LENGTH, NAME_LENGTH, PARAMETERS, PARTS
from app.study.setting import SettingError
from autograd import Absolute, Maximum, Negate, Power, Scalar, Sine, Tensor

AT = {"a": 1.3, "b": -0.7, "c": 0.4, "d": 2.1, "m": 0.9, "p": 1.7, "x": 0.6}
"""Values at which every formula below is smooth."""

# Each with the same, written in Python's math alone.
MODELS = {
    "m*x + c": lambda m, x, c, **_: m * x + c,
    "a*sin(b*x + c)": lambda a, b, c, x, **_: a * math.sin(b * x + c),
    "a*exp(-b*x) + c": lambda a, b, c, x, **_: a * math.exp(-b * x) + c,
    "a*tanh(b*(x - c)) + d": lambda a, b, c, d, x, **_: a * math.tanh(b * (x - c)) + d,
    "a*x**p": lambda a, p, x, **_: a * math.pow(x, p),
    "a/(b + x**2)": lambda a, b, x, **_: a / (b + x * x),
    "a*relu(x - b) + c*max(x, d, m)": lambda a, b, c, d, m, x, **_: (
        a * (x - b if x > b else 0) + c * (d if d > x and d > m else x if x > m else m)
    ),
    "abs(b)*min(x, a)": lambda a, b, x, **_: math.fabs(b) * (x if x < a else a),
    "sigmoid(a*x)*log(d) - sqrt(m)*cos(c)": lambda a, c, d, m, x, **_: (
        math.log(d) / (1 + math.exp(-a * x)) - math.sqrt(m) * math.cos(c)
    ),
    "a*pi + e**b - -2": lambda a, b, **_: a * math.pi + math.exp(b * 1) + 2,
}


def shape(part: Part) -> object:
    """A part as nested tuples, to compare."""
    if isinstance(part, Number):
        return part.value
    if isinstance(part, Name):
        return part.name
    inside = tuple(map(shape, part.parts))
    if isinstance(part, Negative):
        return ("negative", *inside)
    return (part.operator if isinstance(part, Operation) else part.function, *inside)


def read(text: str) -> object:
    return shape(parse(text, Purpose.TRUTH).root)


def refused(text: str, purpose: Purpose = Purpose.TRUTH) -> tuple[str, str]:
    """Return the sentence, and the characters that are marked."""
    with pytest.raises(FormulaError) as caught:
        parse(text, purpose)
    return str(caught.value), text[caught.value.start : caught.value.end]


def grown(text: str) -> tuple[Formula, dict[str, Tensor], dict[Part, Tensor]]:
    formula = parse(text)
    leaves = {name: Scalar(AT[name], True, name) for name in (*formula.names, "x")}
    return formula, leaves, build(formula, leaves)


@pytest.mark.parametrize("text", MODELS)
def test_the_issues_models_come_to_what_mathematics_says(text):
    formula, _, made = grown(text)
    expected = MODELS[text](**AT)
    assert made[formula.root].data == pytest.approx(expected, rel=1e-14)
    assert value(formula, AT) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("text", MODELS)
def test_the_built_expression_has_the_gradient_of_the_difference_quotient(text):
    formula, leaves, made = grown(text)
    made[formula.root].backward()
    for name in formula.names:
        above, below = ({**AT, name: AT[name] + step} for step in (1e-6, -1e-6))
        quotient = (MODELS[text](**above) - MODELS[text](**below)) / 2e-6
        assert leaves[name].grad == pytest.approx(quotient, rel=1e-6, abs=1e-8)


def test_parameters_come_in_the_order_in_which_they_first_appear():
    assert parse("b*x + a*sin(b) + pi*c + e").names == ("b", "a", "c")
    assert parse("(y - yhat)**2", Purpose.LOSS).names == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-x**2", ("negative", ("**", "x", 2.0))),
        ("2**-x", ("**", 2.0, ("negative", "x"))),
        ("a - b - c", ("-", ("-", "a", "b"), "c")),
        ("a**b**c", ("**", "a", ("**", "b", "c"))),
        ("a/b*c", ("*", ("/", "a", "b"), "c")),
        ("+(+a)", "a"),
        ("max(a, b, c)", ("max", "a", "b", "c")),
        ("\n a\t+ b ", ("+", "a", "b")),
        (".5 + 1. + 1e3 + 007 + 1_000", read(".5+1.0+1000+7.0+1000.0")),
    ],
)
def test_signs_bind_as_in_python(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("2·a × b ⋅ c", "2*a*b*c"),
        ("a − b – c", "a-b-c"),
        ("a ÷ b", "a/b"),
        ("π·x", "pi*x"),
        ("x² − x³", "x**2 - x**3"),
        ("-x²", "-x**2"),
        ("2 x²¹".replace(" ", "*"), "2*x**21"),
        ("x⁻¹⁰", "x**-10"),
        ("(a + b)²", "(a+b)**2"),
        ("sin(x)²", "sin(x)**2"),
        ("a**b²", "a**b**2"),
    ],
)
def test_the_signs_of_mathematics_are_read_as_pythons(text, python):
    assert read(text) == read(python)


def test_yhat_may_be_typed_with_its_hat():
    for typed in ("ŷ", "y\u0302", "yhat"):
        formula = parse(f"({typed} - y)²", Purpose.LOSS)
        assert formula.uses("yhat")


def test_the_place_of_a_part_refers_to_the_text_as_typed():
    text = "  (θ₁·x²)  − max( ŷ₂ , −π )"
    formula = parse(text)
    assert [text[part.start : part.end] for part in formula.root.walk()] == [
        *("θ₁", "x", "²", "x²", "θ₁·x²", "ŷ₂", "π", "−π", "max( ŷ₂ , −π )"),
        text.strip(),
    ]


def test_a_name_is_shown_as_it_was_typed_and_is_one_however_it_was_typed():
    assert parse("α1*x + w_1 + Größe + w₁").names == ("α1", "w_1", "Größe", "w₁")
    assert parse("ﬁ*x + fi + ﬁ").names == ("ﬁ",)
    assert {part.name for part in parse("w₁*w1").root.walk() if isinstance(part, Name)} == {"w₁"}
    assert parse("𝑎*𝑥").names == ("𝑎",)


def test_formulas_of_the_same_text_are_equal_and_their_parts_are_not():
    one, other = parse("m*x"), parse("m*x")
    assert one == other
    assert hash(one) == hash(other)
    assert one.root != other.root
    assert one != parse("m * x")


SENTENCES = [
    ("", "The formula is empty: write one, such as m*x + c.", ""),
    ("  ", "The formula is empty: write one, such as m*x + c.", "  "),
    ("2x", "“2x” needs a sign between the number and the name: write 2*x.", "2x"),
    ("a + 2sin(x)", "needs a sign between the number and the name: write 2*sin(…).", "2sin"),
    ("x y", "Between “x” and “y” a sign is missing: write x*y to multiply.", "x y"),
    ("a²x", "Between “²” and “x” a sign is missing: write a²*x to multiply.", "²x"),
    ("(a+b)⁻²x", "write (…)⁻²*x to multiply.", "²x"),
    ("(a)(b)", "Between “)” and “(” a sign is missing: write (…)*(…) to multiply.", ")("),
    ("1 000*a", "or leave the space away if this is one number.", "1 000"),
    ("1.5.2", "“1.5.2” is no number: it has two decimal points.", "1.5.2"),
    ("2j", "write 2*j.", "2j"),
    ("a(b + c)", "“a” is no function: write a*(…) to multiply.", "a"),
    ("sine(x)", "“sine” is no function: write sin(…), or sine*(…) to multiply.", "sine"),
    ("Exp(x)", "“Exp” is no function: write exp(…), or Exp*(…) to multiply.", "Exp"),
    ("ln(x)", "“ln” is no function: write log(…).", "ln"),
    ("tan(x)", "“tan” is no function: write sin(…)/cos(…).", "tan"),
    ("wave(x)", "the functions are sin, cos, tanh, exp, log, sqrt, abs, relu, sigmoid,", "wave"),
    ("__import__(os)", "“__import__” is no function", "__import__"),
    ("a + sin", "“sin” is a function and needs parentheses: write sin(…).", "sin"),
    ("sin x", "“sin” is a function and needs parentheses: write sin(x).", "sin"),
    ("sin²(x)", "“sin” is a function and needs parentheses: write sin(…)².", "sin"),
    ("sin(a, b)", "“sin” takes one number, and here are 2.", "sin(a, b)"),
    ("sin(0,5)", "are 2: write a decimal number with a point, as in 0.5.", "sin(0,5)"),
    ("a + max(x)", "“max” takes two numbers or more, and here is one: write max(…, 0).", "max(x)"),
    ("sin()", "Between “(” and “)” a number, a name or “(” is missing.", "()"),
    ("max(a,)", "Between “,” and “)” a number, a name or “(” is missing.", ",)"),
    ("max(*a)", "Between “(” and “*” a number, a name or “(” is missing.", "(*"),
    ("max(a, key=b)", "“=” has no place in a formula", "="),
    ("0,5*a", "A decimal number is written with a point: 0.5, not “0,5”.", "0,5"),
    ("(a, b)", "“,” has no place here: only max and min take several numbers", ","),
    ("y = m*x", "write only the right side of the equation.", "="),
    ("a + ", "After “+” a number, a name or “(” is missing.", "+"),
    ("*a", "Before “*” a number, a name or “(” is missing.", "*"),
    ("a * * 2", "or write ** without a space for a power.", "* *"),
    ("sin((a)", "This “(” is not closed: write “)” where it shall end.", "("),
    ("a + b)", "This “)” closes nothing", ")"),
    ("x²**3", "write parentheses, as in (x²)**3.", "²**"),
    ("a^2", "“^” is not the sign of a power here: write **, as in x**2.", "^"),
    ("a//2", "“//” is not a sign of a formula: write / to divide.", "//"),
    ("a % 2", "write 5 % as 0.05.", "%"),
    ("a @ b", "“@” has no meaning in a formula", "@"),
    ("|a|", "write an absolute value as abs(x).", "|"),
    ("√a", "write a square root as sqrt(x).", "√"),
    ("a <= b", "“<=” has no place in a formula, which cannot compare", "<="),
    ("a if x else b", "“if” has no place in a formula, which cannot compare", "if"),
    ("True*x", "“True” is no number: write 1.", "True"),
    ("lambda*x", "cannot be a name: choose another, such as lambda1.", "lambda"),
    ("a + 'text'", "A text in quotes is nothing to compute with: leave the quotes away.", "'"),
    ("a.real", "A point needs a digit beside it", "."),
    ("a[0]", "“[” groups nothing in a formula: use round parentheses, ( and ).", "["),
    ("{a}", "“{” groups nothing in a formula: use round parentheses, ( and ).", "{"),
    ("a\0", "The character U+0000 has no meaning in a formula", "\0"),
    ("a\ud800", "The character U+D800 has no meaning in a formula", "\ud800"),
    ("1e999*x", "“1e999” is too large a number", "1e999"),
    ("x⁹" + "⁹" * 400, "is too large a number", "⁹" * 401),
    ("9" * 900, "is too large a number", "9" * 900),
    ("1e-999*x", "“1e-999” is too small a number to be told from 0", "1e-999"),
]


@pytest.mark.parametrize(("text", "sentence", "marked"), SENTENCES)
def test_a_mistake_is_named_where_it_is(text, sentence, marked):
    said, where = refused(text)
    assert sentence in said
    assert where == marked


def test_an_error_of_a_formula_is_one_of_a_setting():
    assert issubclass(FormulaError, SettingError)


@pytest.mark.parametrize(
    ("purpose", "text", "sentence", "marked"),
    [
        (Purpose.MODEL, "m*y", "must not use y: it is what the model predicts.", "y"),
        (Purpose.MODEL, "m*ŷ", "must not use ŷ: it is what the model computes.", "ŷ"),
        (Purpose.MODEL, " 2*x + pi ", "The model has no parameter", "2*x + pi"),
        (Purpose.TRUTH, "m*y", "must not use y: it is what the curve gives.", "y"),
        (Purpose.LOSS, "(y - yhat)*x", "The loss must not use x", "x"),
        (Purpose.LOSS, "k*(y - yhat)", "“k” is not known here: a loss has no parameters", "k"),
        (Purpose.LOSS, "y**2", "The loss must use yhat, the prediction", "y**2"),
    ],
)
def test_a_purpose_has_its_own_rules(purpose, text, sentence, marked):
    said, where = refused(text, purpose)
    assert sentence in said
    assert where == marked


def test_a_model_need_not_use_x_and_a_true_curve_no_parameter():
    assert parse("c").names == ("c",)
    assert parse("2*x - 9", Purpose.TRUTH).names == ()
    assert parse("a*x", Purpose.TRUTH).names == ("a",)


def test_what_is_at_a_bound_is_taken_and_what_is_beyond_is_refused_there():
    def parameters(count: int) -> str:
        return " + ".join(f"w{index}" for index in range(count))

    parse("a" + " " * (LENGTH - 1))
    assert refused("a" + " " * LENGTH)[1] == " "
    parse("a" * NAME_LENGTH)
    assert refused("b + " + "a" * (NAME_LENGTH + 1))[1] == "a" * (NAME_LENGTH + 1)
    assert len(parse(parameters(PARAMETERS)).names) == PARAMETERS
    assert refused(parameters(PARAMETERS + 1), Purpose.MODEL)[1] == f"w{PARAMETERS}"
    parse("(" * DEPTH + "a" + ")" * DEPTH)
    assert refused("(" * (DEPTH + 1) + "a" + ")" * (DEPTH + 1))[0].startswith("Parentheses")
    assert refused("-" * DEPTH + "a")[1] == "a"
    parse("-" * (DEPTH - 1) + "a")
    assert "nested" in refused("a**" * DEPTH + "a")[0]
    terms = ", ".join("a" * (PARTS - 1))
    assert len(list(parse(f"max({terms})").root.walk())) == PARTS
    assert refused(f"max({terms}, bb)")[1] == "bb)"


def test_what_python_understands_beyond_formulas_is_refused_even_in_the_right_order(monkeypatch):
    monkeypatch.setattr("app.study.formula.reading.check_order", list)
    for text in ("(a, b)", "max(*a)", "max(**a)", "max(a, b)(c)", "f(a)", "()"):
        assert refused(text)[0] == "This is no part of a formula: write it in another way."


def test_a_name_is_one_leaf_and_a_number_one_each_time():
    formula, leaves, made = grown("m*x + m*2 + 2 + pi + pi")
    by_name: dict[str, set[Tensor]] = {}
    numbers = set()
    for part in formula.root.walk():
        if isinstance(part, Name):
            by_name.setdefault(part.name, set()).add(made[part])
        elif isinstance(part, Number):
            numbers.add(made[part])
    assert by_name["m"] == {leaves["m"]}
    assert [leaf.name for leaf in by_name["pi"]] == ["π"]
    assert len(numbers) == 2


def test_a_negative_number_is_one_leaf_and_other_minus_signs_are_operations():
    formula, _, made = grown("a + -2")
    negative = formula.root.parts[1]
    assert isinstance(made[negative], Scalar)
    assert made[negative].data == -2
    assert made[negative.parts[0]] is made[negative]
    formula, _, made = grown("-a")
    assert isinstance(made[formula.root], Negate)
    formula, _, made = grown("a*-2**2")
    assert made[formula.root].data == AT["a"] * -4


def test_nothing_else_is_computed_beforehand():
    formula, _, made = grown("a*x**2 + sin(2*pi)")
    power, sine = formula.root.parts[0].parts[1], formula.root.parts[1]
    assert isinstance(made[power], Power)
    assert isinstance(made[power].operands[1], Scalar)
    assert isinstance(made[sine], Sine)
    assert [operand.name for operand in made[sine].operands[0].operands] == [None, "π"]


def test_the_extremes_of_many_are_extremes_of_two():
    formula, leaves, made = grown("max(a, b, c)")
    outer = made[formula.root]
    assert isinstance(outer, Maximum)
    assert outer.operands[1] is leaves["c"]
    assert outer.operands[0].operands == (leaves["a"], leaves["b"])


def test_a_function_is_built_of_its_own_operation():
    formula, leaves, made = grown("abs(a)")
    assert isinstance(made[formula.root], Absolute)
    assert made[formula.root].operands == (leaves["a"],)


def test_a_leaf_that_is_missing_is_named():
    with pytest.raises(KeyError, match="c"):
        build(parse("m*x + c"), {"m": Scalar(1), "x": Scalar(1)})
    with pytest.raises(KeyError, match="c"):
        value(parse("m*x + c"), {"m": 1, "x": 2})


def test_a_column_gives_a_column_and_also_where_the_formula_does_not_use_it():
    x = np.array([1.0, 2.0, -3.0])
    line = value(parse("m*x + c"), {"m": 2, "c": 1.0, "x": x})
    assert line.tolist() == [3, 5, -5]
    constant = value(parse("c"), {"c": 4, "x": x})
    assert constant.tolist() == [4, 4, 4]
    constant[0] = 1
    assert constant.tolist() == [1, 4, 4]
    assert isinstance(value(parse("relu(c)"), {"c": 4, "x": 1}), float)


def test_a_result_is_an_array_of_its_own():
    x = np.array([1.0, 2.0])
    result = value(parse("x", Purpose.TRUTH), {"x": x})
    result[0] = 9
    assert x.tolist() == [1, 2]


def test_what_has_no_value_is_inf_or_nan_without_a_warning():
    x = np.array([-1.0, 0.0, 1000.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(value(parse("a*log(x)"), {"a": 1, "x": x})[0])
        assert value(parse("a/x"), {"a": 1, "x": x})[1] == math.inf
        assert value(parse("exp(a*x)"), {"a": 1, "x": x})[2] == math.inf
        assert value(parse("1/a"), {"a": 0}) == math.inf
        assert math.isnan(value(parse("a**0.5"), {"a": -1}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("(a*log(0))**0.5", math.inf), ("(-a*0)**0.5", 0.0), ("(2*a)**0.5", 2**0.5)],
)
def test_a_power_of_a_half_is_no_square_root(text, expected):
    """Of −∞ and of −0.0 they differ; found by fuzzing."""
    found = value(parse(text, Purpose.MODEL), {"a": 1.0, "x": 0.0})
    assert found == expected
    assert math.copysign(1.0, found) == 1.0
    column = value(parse(text, Purpose.MODEL), {"a": np.ones(3), "x": 0.0})
    assert column.tolist() == [expected] * 3
