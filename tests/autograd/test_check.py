"""The gradient check: accurate where the gradient is right, loud where it is wrong."""

import math

import pytest

from autograd import BinaryOperator, Scalar, Tensor, UnaryOperator
from autograd.check import (
    Derivative,
    GradientCheck,
    GradientMismatchError,
    check_gradients,
    derivative,
    numeric_derivative,
)
from autograd.rules import Rule


class SineAtTheOutput(UnaryOperator):
    """The sine with the notebook's derivative."""

    rule = Rule("sine", "sin", lambda n, a: n.sin(a), (lambda n, y, _a: n.cos(y),))


class QuotientWithAWrongSign(BinaryOperator):
    rule = Rule(
        "quotient",
        "÷",
        lambda _n, a, b: a / b,
        (lambda _n, _y, _a, b: 1.0 / b, lambda _n, y, _a, b: y / b),
    )


class SlightlyWrong(UnaryOperator):
    rule = Rule("square", "²", lambda _n, a: a * a, (lambda _n, _y, a: 2.000001 * a,))


class Undefined(UnaryOperator):
    rule = Rule("square", "²", lambda _n, a: a * a, (lambda _n, _y, a: math.nan * a,))


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (Tensor.sin, 0.7, math.cos(0.7)),
        (Tensor.exp, 2.0, math.exp(2.0)),
        (Tensor.exp, -20.0, math.exp(-20.0)),
        (Tensor.log, 0.5, 2.0),
        (Tensor.sqrt, 1e6, 0.5e-3),
        (Tensor.tanh, 0.0, 1.0),
        (lambda x: x**3 - 2 * x, 10.0, 298.0),
        (lambda x: x * 5 + 1, 1e9, 5.0),
        (lambda x: 0 * x, 3.0, 0.0),
    ],
)
def test_the_numeric_derivative_is_accurate_and_knows_how_accurate(function, at, expected):
    derivative = numeric_derivative(function, [at], 0)
    scale = max(1.0, abs(expected))
    assert abs(derivative.value - expected) <= 1e-9 * scale
    assert abs(derivative.value - expected) <= 10 * derivative.error + 1e-13 * scale
    assert derivative.error <= 1e-8 * scale


def test_the_numeric_derivative_is_of_the_argument_asked_for():
    at = [2.0, 3.0, 5.0]
    values = [numeric_derivative(lambda a, b, c: a * b + c * 4, at, i).value for i in range(3)]
    assert values == pytest.approx([3, 2, 4])
    assert at == [2.0, 3.0, 5.0]


def test_a_jump_has_a_large_error_estimate():
    def jump(x):
        return Scalar(float(x.data > 0))

    assert numeric_derivative(jump, [0.0], 0).error > 1


def test_a_smaller_first_step_stays_inside_a_narrow_domain():
    assert math.isnan(numeric_derivative(Tensor.log, [1e-6], 0).value)
    derivative = numeric_derivative(Tensor.log, [1e-6], 0, step=1e-7)
    assert derivative.value == pytest.approx(1e6, rel=1e-9)


@pytest.mark.parametrize(
    ("function", "at"),
    [(Tensor.log, -1.0), (Tensor.log, 0.0), (Tensor.sqrt, 0.0), (Tensor.exp, 1000.0)],
)
def test_where_the_function_is_not_finite_on_both_sides_the_derivative_is_nan(function, at):
    derivative = numeric_derivative(function, [at], 0)
    assert math.isnan(derivative.value)
    assert derivative.error == math.inf


# At 709.757 exp overflows one step to the right, at all steps but the smallest.
AT_THE_EDGE = 709.757


def test_at_the_edge_of_the_finite_no_infinity_is_taken_for_a_derivative():
    assert not math.isinf(numeric_derivative(Tensor.exp, [AT_THE_EDGE], 0).value)


def test_at_the_edge_of_the_finite_a_wrong_gradient_does_not_pass():
    class WrongExponent(UnaryOperator):
        rule = Rule("exponent", "exp", lambda n, a: n.exp(a), (lambda _n, _y, a: 0.0 * a,))

    with pytest.raises(GradientMismatchError):
        check_gradients(WrongExponent, [AT_THE_EDGE])


def test_right_gradients_are_returned_beside_their_numeric_derivatives():
    checks = check_gradients(lambda a, b: a * b + Tensor.sin(a), [0.5, 3.0])
    assert [check.index for check in checks] == [0, 1]
    assert [check.gradient for check in checks] == [3 + math.cos(0.5), 0.5]
    for check in checks:
        assert check.numeric.value == pytest.approx(check.gradient, rel=1e-9)
        assert check.difference == abs(check.gradient - check.numeric.value)


def test_an_argument_that_is_not_used_has_gradient_zero():
    checks = check_gradients(lambda a, b: a * 2, [0.5, 3.0])  # noqa: ARG005
    assert checks[1].gradient == 0
    assert checks[1].difference == 0


@pytest.mark.parametrize("x", [-1.5, 0.3, 2.0])
def test_the_notebooks_derivative_of_the_sine_is_found_out(x):
    with pytest.raises(GradientMismatchError, match=r"∂f/∂\(argument 0\)"):
        check_gradients(SineAtTheOutput, [x])


def test_a_wrong_gradient_of_the_second_operand_alone_is_found_out():
    with pytest.raises(GradientMismatchError, match=r"∂f/∂\(argument 1\)"):
        check_gradients(QuotientWithAWrongSign, [3.0, 2.0])


def test_a_wrong_gradient_inside_a_formula_is_found_out():
    with pytest.raises(GradientMismatchError):
        check_gradients(lambda x: Tensor.exp(SineAtTheOutput(x * 2) + x), [0.4])


def test_a_mismatch_is_an_assertion_error_that_tells_both_numbers():
    with pytest.raises(AssertionError, match=r"at \(3\.0, 2\.0\) is 0\.75, but .*-0\.75"):
        check_gradients(QuotientWithAWrongSign, [3.0, 2.0])


def test_the_tolerance_decides_how_wrong_is_wrong():
    check_gradients(SlightlyWrong, [1.0], tolerance=1e-5)
    with pytest.raises(GradientMismatchError):
        check_gradients(SlightlyWrong, [1.0], tolerance=1e-8)


def test_the_tolerance_is_relative_to_large_gradients():
    check_gradients(SlightlyWrong, [1e6], tolerance=1e-5)
    with pytest.raises(GradientMismatchError):
        check_gradients(SlightlyWrong, [1e6], tolerance=1e-8)


def test_nan_beside_nan_is_right():
    (check,) = check_gradients(Tensor.log, [-1.0])
    assert math.isnan(check.gradient)
    assert math.isnan(check.numeric.value)
    assert check.difference == 0


def test_nan_beside_a_number_is_wrong():
    with pytest.raises(GradientMismatchError, match="nan"):
        check_gradients(Undefined, [1.0])


def test_a_number_beside_nan_is_wrong():
    with pytest.raises(GradientMismatchError, match="nan"):
        check_gradients(Tensor.exp, [1000.0])


def test_the_difference_of_equal_infinities_is_zero():
    infinite = Derivative(math.inf, 0.0)
    assert GradientCheck(0, math.inf, infinite).difference == 0
    assert GradientCheck(0, -math.inf, infinite).difference == math.inf
    assert GradientCheck(0, 1.0, infinite).difference == math.inf
    assert math.isnan(GradientCheck(0, math.nan, infinite).difference)


# -- the derivative of a plain function ------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (math.sin, 0.7, math.cos(0.7)),
        (math.exp, -20.0, math.exp(-20.0)),
        (lambda x: x**3 - 2 * x, 10.0, 298.0),
        (lambda x: 4.0, 3.0, 0.0),  # noqa: ARG005
    ],
)
def test_the_derivative_of_a_plain_function(function, at, expected):
    found = derivative(function, at)
    assert found.value == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert abs(found.value - expected) <= 10 * found.error + 1e-13 * max(1.0, abs(expected))


def test_it_is_computed_from_both_sides_no_farther_than_the_step():
    asked = []
    derivative(lambda x: asked.append(x) or x, 2.0, step=0.01)
    assert min(asked) == pytest.approx(1.98)
    assert max(asked) == pytest.approx(2.02)
    assert 2.0 not in asked


@pytest.mark.parametrize("at", [math.inf, -math.inf, math.nan])
def test_there_is_no_derivative_at_what_is_not_finite(at):
    found = derivative(lambda x: x, at)
    assert math.isnan(found.value)
    assert found.error == math.inf


def test_small_gradients_agree_absolutely_unless_asked_to_relatively():
    off = GradientCheck(0, 1.01e-9, Derivative(1e-9, 0.0))
    assert off.agrees()
    assert not off.agrees(least=0.0)
    assert GradientCheck(0, 1.01e-9, Derivative(1e-9, 1e-11)).agrees(least=0.0)
    assert GradientCheck(0, 0.0, Derivative(0.0, 0.0)).agrees(least=0.0)


@pytest.mark.parametrize(("gradient", "numeric"), [(math.nan, 1.0), (1.0, math.nan)])
def test_nan_agrees_with_no_number(gradient, numeric):
    assert not GradientCheck(0, gradient, Derivative(numeric, 0.0)).agrees()
