"""Every operation's gradient against closed forms, dual numbers and numeric derivatives."""

import math

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

import autograd
from autograd import BinaryOperator, Scalar, Tensor, UnaryOperator
from autograd.check import check_gradients
from tests.autograd.dual import Functions, slopes
from tests.autograd.programs import EXAMPLES, SMOOTH, STEPS, programs

EVERYWHERE = [-30.0, -2.5, -1.0, -0.3, 0.1, 1.0, 2.5, 30.0]
POSITIVE = [0.15, 0.5, 1.0, 2.5, 30.0, 1e6]
UNARY = {
    "neg": (lambda _: -1.0, EVERYWHERE),
    "sin": (lambda x: math.sin(x + math.pi / 2), EVERYWHERE),
    "cos": (lambda x: math.cos(x + math.pi / 2), EVERYWHERE),
    "tanh": (lambda x: 4 / (math.exp(x) + math.exp(-x)) ** 2, EVERYWHERE),
    "exp": (lambda x: math.e**x, EVERYWHERE),
    "log": (lambda x: x**-1.0, POSITIVE),
    "sqrt": (lambda x: 0.5 * x**-0.5, POSITIVE),
    "abs": (lambda x: x / abs(x), EVERYWHERE),
    "relu": (lambda x: 1.0 if x > 0 else 0.0, EVERYWHERE),
    "sigmoid": (lambda x: 1 / (math.exp(x / 2) + math.exp(-x / 2)) ** 2, EVERYWHERE),
}
PAIRS = [(-2.5, 0.5), (3.0, -4.0), (0.1, 30.0), (-1.0, -1e3), (1e-3, 2.0), (7.0, 7.5)]
BASES = [(0.5, 3.0), (2.0, -1.5), (1.0, 0.25), (30.0, 0.0), (3.0, 1.0), (1.5, 20.0), (0.7, -8.0)]
BINARY = {
    "add": (lambda *_: (1.0, 1.0), PAIRS),
    "sub": (lambda *_: (1.0, -1.0), PAIRS),
    "mul": (lambda a, b: (b, a), PAIRS),
    "div": (lambda a, b: (1 / b, -a / (b * b)), PAIRS),
    "pow": (lambda a, b: (b * a ** (b - 1), a**b * math.log(a)), BASES),
    "maximum": (lambda a, b: (float(a > b), float(a < b)), PAIRS),
    "minimum": (lambda a, b: (float(a < b), float(a > b)), PAIRS),
}
UNARY_CASES = [(name, x) for name, (_, points) in UNARY.items() for x in points]
BINARY_CASES = [(name, a, b) for name, (_, points) in BINARY.items() for a, b in points]


def gradients(function, *at):
    leaves = [Scalar(number, require_grad=True) for number in at]
    function(*leaves).backward()
    return [leaf.grad for leaf in leaves]


def operators():
    classes = [item for item in vars(autograd).values() if isinstance(item, type)]
    return [cls for cls in classes if cls.__base__ in (UnaryOperator, BinaryOperator)]


def close(expected):
    # tanh' and σ' are differences from 1, exact to 1e-16 but not in their last digits.
    return pytest.approx(expected, rel=1e-13, abs=1e-15)


@pytest.mark.parametrize(("name", "x"), UNARY_CASES)
def test_a_unary_gradient_is_its_closed_form(name, x):
    assert gradients(getattr(Tensor, name), x) == close([UNARY[name][0](x)])


@pytest.mark.parametrize(("name", "a", "b"), BINARY_CASES)
def test_both_binary_gradients_are_their_closed_forms(name, a, b):
    assert gradients(getattr(Tensor, name), a, b) == close(list(BINARY[name][0](a, b)))


@pytest.mark.parametrize(("name", "a", "b"), BINARY_CASES)
def test_a_binary_gradient_does_not_need_the_other_operands(name, a, b):
    function = getattr(Tensor, name)
    first, second = BINARY[name][0](a, b)
    assert gradients(lambda x: function(x, b), a) == close([first])
    assert gradients(lambda x: function(a, x), b) == close([second])


@pytest.mark.parametrize(("name", "x"), UNARY_CASES)
def test_a_unary_gradient_and_value_are_the_dual_numbers(name, x):
    (dual,) = slopes(lambda f, x: getattr(f, name)(x), [x])
    assert getattr(Tensor, name)(x).data == pytest.approx(dual.value, rel=1e-15)
    assert gradients(getattr(Tensor, name), x) == close([dual.slope])


@pytest.mark.parametrize(("name", "a", "b"), BINARY_CASES)
def test_binary_gradients_and_values_are_the_dual_numbers(name, a, b):
    duals = slopes(lambda f, a, b: getattr(f, name)(a, b), [a, b])
    assert getattr(Tensor, name)(a, b).data == pytest.approx(duals[0].value, rel=1e-15)
    assert gradients(getattr(Tensor, name), a, b) == close([dual.slope for dual in duals])


@pytest.mark.parametrize(("name", "x"), UNARY_CASES)
def test_a_unary_gradient_is_the_numeric_derivative(name, x):
    check_gradients(getattr(Tensor, name), [x])


@pytest.mark.parametrize(("name", "a", "b"), BINARY_CASES)
def test_binary_gradients_are_the_numeric_derivatives(name, a, b):
    check_gradients(getattr(Tensor, name), [a, b])


@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_a_gradient_is_multiplied_by_what_comes_from_above(name):
    function = getattr(Tensor, name)
    at = [0.3] if name in UNARY else [0.3, 0.6]
    once = gradients(function, *at)
    assert any(once)
    assert gradients(lambda *x: function(*x) * -3.0, *at) == close([-3.0 * g for g in once])


@pytest.mark.parametrize("name", BINARY)
def test_a_node_that_is_both_operands_gets_both_gradients(name):
    function = getattr(Tensor, name)
    assert gradients(lambda x: function(x, x), 0.7) == close([sum(gradients(function, 0.7, 0.7))])


# Awkward points: far out, where a careless formula overflows or loses all digits.


def test_a_quotients_gradient_survives_where_the_square_would_not():
    assert gradients(Tensor.div, 3e-200, 2e-200) == close([0.5e200, -0.75e200])
    assert gradients(Tensor.div, 3e200, 2e200) == close([0.5e-200, -0.75e-200])
    assert gradients(Tensor.div, 3e200, 2e200)[1] != 0


def test_saturated_functions_have_gradient_zero_and_no_nan():
    for x in (-1000.0, 1000.0):
        assert gradients(Tensor.sigmoid, x) == [0]
        assert gradients(Tensor.tanh, x) == [0]
    assert gradients(Tensor.exp, -1000.0) == [0]


def test_a_negative_base_with_an_integer_exponent_has_a_gradient():
    assert gradients(lambda x: x**3, -2.0) == [12]
    assert gradients(lambda x: x**2, -2.0) == [-4]
    assert gradients(lambda x: x**-1, -2.0) == [-0.25]


# Conventions, where mathematics leaves a choice.


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_relu_and_absolute_value_have_derivative_zero_at_zero(zero):
    assert gradients(Tensor.relu, zero) == [0]
    assert gradients(Tensor.abs, zero) == [0]


@pytest.mark.parametrize("tie", [-2.0, 0.0, 5.0])
def test_a_tie_gives_each_operand_half(tie):
    assert gradients(Tensor.maximum, tie, tie) == [0.5, 0.5]
    assert gradients(Tensor.minimum, tie, tie) == [0.5, 0.5]


@pytest.mark.parametrize("x", [-2.0, -0.0, 0.0, 5e-324, 3.0, math.inf, -math.inf, math.nan])
def test_x_to_the_zero_is_one_with_derivative_zero_everywhere(x):
    assert (Scalar(x) ** 0).data == 1
    assert gradients(lambda x: x**0, x) == [0]


@pytest.mark.parametrize(
    ("p", "derivative"),
    [(3, 0.0), (2, 0.0), (1.5, 0.0), (1, 1.0), (0.5, math.inf), (1e-3, math.inf), (-1, -math.inf)],
)
def test_the_derivative_of_a_power_at_zero_is_its_limit(p, derivative):
    assert gradients(lambda x: x**p, 0.0) == [derivative]


def test_a_negative_power_of_zero_is_infinite():
    assert (Scalar(0) ** -0.5).data == math.inf
    assert (Scalar(0) ** -2).data == math.inf


@pytest.mark.parametrize("p", [0.25, 1.0, 2.0, 7.5])
def test_the_exponents_derivative_at_base_zero_is_its_limit(p):
    assert gradients(lambda p: Scalar(0) ** p, p) == [0]


@pytest.mark.parametrize(("x", "p"), [(-2.0, 2.0), (-2.0, 0.5), (-1e-9, 1.0), (-3.0, 0.0)])
def test_the_exponents_derivative_is_undefined_for_a_negative_base(x, p):
    (derivative,) = gradients(lambda p: Scalar(x) ** p, p)
    assert math.isnan(derivative)


# Whole graphs, with nodes that are used several times.


@given(programs())
@EXAMPLES
def test_random_graphs_agree_with_dual_numbers(program):
    output, leaves = program.build()
    output.backward()
    for leaf, dual in zip(leaves, slopes(program, program.at), strict=True):
        assert output.data == dual.value
        assert abs(leaf.grad - dual.slope) <= 1e-13 * dual.bound + 1e-300


@given(programs(steps=SMOOTH, max_steps=6))
@EXAMPLES
def test_random_smooth_graphs_agree_with_numeric_derivatives(program):
    check_gradients(program.over_tensors, program.at)


def test_the_random_graphs_are_made_of_every_operation_and_share_them():
    leaves = Scalar(0.5), Scalar(0.7)
    nodes = [node for step in STEPS.values() for node in step(Tensor, *leaves).nodes()]
    assert {type(node) for node in nodes if node.operands} == set(operators())
    find(programs(), has_a_shared_operation)


def has_a_shared_operation(program):
    output, _ = program.build()
    used = [operand for node in output.nodes() for operand in node.operands if operand.operands]
    return len(used) > len(set(used))


@given(st.floats(0.5, 2), st.floats(-1, 1))
@EXAMPLES
def test_a_formula_with_everything_in_it_agrees_with_dual_numbers(x, y):
    def formula(f, x, y):
        inner = f.mul(f.log(x), f.sin(y))
        outer = f.div(f.pow(x, inner), f.sqrt(f.add(x, f.exp(inner))))
        return f.sub(f.maximum(outer, f.tanh(inner)), f.minimum(f.sigmoid(y), f.relu(outer)))

    duals = slopes(formula, [x, y])
    expected = [dual.slope for dual in duals]
    assert gradients(lambda x, y: formula(Tensor, x, y), x, y) == pytest.approx(
        expected, rel=1e-11, abs=1e-12
    )


def test_the_cases_above_cover_every_operation():
    assert set(UNARY) | set(BINARY) == {n for n in vars(Functions) if not n.startswith("_")}
    assert len(UNARY) == sum(cls.__base__ is UnaryOperator for cls in operators())
    assert len(BINARY) == sum(cls.__base__ is BinaryOperator for cls in operators())
