"""One rule, read over floats, arrays and source text, is one and the same."""

import math

import numpy as np
import pytest

import autograd
from autograd import BinaryOperator, Scalar, Tensor, UnaryOperator, rules
from autograd.arithmetic import NUMPY, evaluate_ieee, silent
from autograd.gradient import TENSORS
from autograd.rules import Rule
from autograd.source import SOURCE, Source, compile_propagate, compile_value, lift

OPERATORS = {
    cls.rule.name: cls
    for cls in vars(autograd).values()
    if isinstance(cls, type) and issubclass(cls, UnaryOperator | BinaryOperator)
    if cls not in (UnaryOperator, BinaryOperator)
}
NUMBERS = [
    -math.inf, -1e300, -745.0, -3.0, -1.0, -0.3, -5e-324, -0.0, 0.0, 5e-324, 1e-300, 0.3, 1.0,
    2.0, 3.0, 40.0, 709.0, 1e300, math.inf, math.nan,
]  # fmt: skip
every_rule = pytest.mark.parametrize(
    "rule", [cls.rule for cls in OPERATORS.values()], ids=[*OPERATORS]
)


def arity(rule):
    return len(rule.derivatives)


def columns(rule):
    """Return every number, or every pair of them, as arrays of the operands."""
    return [grid.ravel() for grid in np.meshgrid(*[np.array(NUMBERS)] * arity(rule))]


def assert_same(actual, expected):
    # Mathematical functions of two libraries may differ in the last digits.
    assert len(actual) == len(expected) > 0
    np.testing.assert_allclose(actual, expected, rtol=1e-14, atol=1e-323, equal_nan=True)


@every_rule
def test_values_over_arrays_are_the_compiled_ones(rule):
    operands = columns(rule)
    with silent():
        over_arrays = np.broadcast_to(rule.value(NUMPY, *operands), operands[0].shape)
    assert_same(
        over_arrays, [OPERATORS[rule.name](*row).data for row in zip(*operands, strict=True)]
    )


@every_rule
def test_derivatives_over_arrays_are_the_compiled_ones(rule):
    operands = columns(rule)
    values, gradients = [], []
    for row in zip(*operands, strict=True):
        leaves = [Scalar(number, require_grad=True) for number in row]
        output = OPERATORS[rule.name](*leaves)
        output.backward()
        values.append(output.data)
        gradients.append([leaf.grad for leaf in leaves])
    for derivative, compiled in zip(rule.derivatives, zip(*gradients, strict=True), strict=True):
        with silent():
            over_arrays = derivative(NUMPY, np.array(values), *operands)
        assert_same(np.broadcast_to(over_arrays, operands[0].shape), compiled)


@every_rule
def test_derivatives_over_tensors_are_the_compiled_ones(rule):
    for row in zip(*columns(rule), strict=True):
        leaves = [Scalar(number, require_grad=True) for number in row]
        output = OPERATORS[rule.name](*leaves)
        output.backward()
        over_tensors = [Tensor.scalar(d(TENSORS, output, *leaves)) for d in rule.derivatives]
        assert_same([d.data for d in over_tensors], [leaf.grad for leaf in leaves])


def test_every_rule_but_the_sum_over_samples_belongs_to_exactly_one_operator():
    written = [rule for rule in vars(rules).values() if isinstance(rule, Rule)]
    written.remove(rules.SUM)
    used = [cls.rule for cls in OPERATORS.values()]
    assert len(written) == len(used) == 17
    assert set(map(id, written)) == set(map(id, used))


@every_rule
def test_a_rule_has_a_derivative_for_every_operand_and_is_named(rule):
    base = UnaryOperator if arity(rule) == 1 else BinaryOperator
    assert issubclass(OPERATORS[rule.name], base)
    assert rule.name == rule.name.lower() != ""
    assert rule.symbol


def test_silent_yields_infinities_without_a_warning():
    with silent():
        assert np.float64(1) / np.float64(0) == math.inf


def test_evaluate_ieee_returns_a_plain_float():
    value = evaluate_ieee(rules.DIVIDE.value, 1, 0)
    assert type(value) is float
    assert value == math.inf
    assert math.isnan(evaluate_ieee(rules.LOGARITHM.value, -1.0))


# Source text.

A, B = Source("a"), Source("b")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (A + B, "(a + b)"),
        (A - B, "(a - b)"),
        (A * B, "(a * b)"),
        (A / B, "(a / b)"),
        (A + 1.5, "(a + (1.5))"),
        (A - 1.5, "(a - (1.5))"),
        (A * -1.5, "(a * (-1.5))"),
        (A / 1.5, "(a / (1.5))"),
        (1.5 + A, "((1.5) + a)"),
        (1.5 - A, "((1.5) - a)"),
        (1.5 * A, "((1.5) * a)"),
        (1.5 / A, "((1.5) / a)"),
        (-A, "(-a)"),
        (abs(A), "abs(a)"),
        (A - (B - A), "(a - (b - a))"),
        (SOURCE.sin(A), "sin(a)"),
        (SOURCE.pow(A, B - 1.0), "pow(a, (b - (1.0)))"),
        (SOURCE.less(A, 0.0), "(a < (0.0))"),
        (SOURCE.equal(A, B), "(a == b)"),
        (SOURCE.select(SOURCE.less(A, B), A, 0.0), "(a if (a < b) else (0.0))"),
    ],
)
def test_operators_on_source_make_longer_source(expression, text):
    assert expression.text == text


def test_a_lifted_number_keeps_all_its_digits():
    assert lift(0.1 + 0.2) == "(0.30000000000000004)"
    assert lift(A) == "a"


@pytest.mark.parametrize(
    ("rule", "value", "derivatives"),
    [
        (rules.ADD, "(a + b)", ["(1.0)", "(1.0)"]),
        (rules.MULTIPLY, "(a * b)", ["b", "a"]),
        (rules.DIVIDE, "(a / b)", ["((1.0) / b)", "((-y) / b)"]),
        (rules.SINE, "sin(a)", ["cos(a)"]),
        (rules.TANH, "tanh(a)", ["((1.0) - (y * y))"]),
        (rules.EXPONENT, "exp(a)", ["y"]),
        (rules.LOGARITHM, "log(a)", ["((nan) if (a < (0.0)) else ((1.0) / a))"]),
    ],
)
def test_a_rule_reads_as_an_expression(rule, value, derivatives):
    operands = [A, B][: arity(rule)]
    assert lift(rule.value(SOURCE, *operands)) == value
    assert [lift(d(SOURCE, Source("y"), *operands)) for d in rule.derivatives] == derivatives


def test_a_compiled_value_computes_and_raises_as_math_does():
    assert compile_value(rules.POWER)(2.0, 10.0) == 1024.0
    assert compile_value(rules.SINE)(0.5) == math.sin(0.5)
    with pytest.raises(ZeroDivisionError):
        compile_value(rules.DIVIDE)(1.0, 0.0)
    with pytest.raises(ValueError, match="math domain error"):
        compile_value(rules.SINE)(math.inf)
    with pytest.raises(OverflowError):
        compile_value(rules.EXPONENT)(1000.0)


def test_a_compiled_value_may_use_infinities_and_nan():
    rule = Rule(
        name="infinite",
        symbol="∞",
        value=lambda n, a: n.select(n.less(a, 0.0), -math.inf, math.nan),
        derivatives=(lambda *_: 0.0,),
    )
    assert compile_value(rule)(-1.0) == -math.inf
    assert math.isnan(compile_value(rule)(1.0))


def test_a_compiled_propagate_adds_upstream_times_derivative_to_each_operand():
    a, b = Scalar(3, require_grad=True), Scalar(5, require_grad=True)
    product = a * b
    propagate = compile_propagate(rules.MULTIPLY)
    propagate(product, 2.0)
    assert (a.grad, b.grad) == (10, 6)
    propagate(product, 1.0)
    assert (a.grad, b.grad) == (15, 9)


def test_a_compiled_propagate_leaves_out_what_requires_no_gradient():
    a, b = Scalar(3), Scalar(5, require_grad=True)
    compile_propagate(rules.MULTIPLY)(a * b, 2.0)
    assert not a.has_grad
    assert b.grad == 6


def test_a_compiled_propagate_computes_with_the_inputs_of_when_the_node_was_made():
    a, b = Scalar(3, require_grad=True), Scalar(5, require_grad=True)
    product = a * b
    b.data = 100.0
    compile_propagate(rules.MULTIPLY)(product, 1.0)
    assert a.grad == 5


def test_a_compiled_propagate_turns_to_ieee_where_math_raises():
    x = Scalar(0, require_grad=True)
    compile_propagate(rules.SQUARE_ROOT)(Tensor.sqrt(x), 2.0)
    assert x.grad == math.inf
