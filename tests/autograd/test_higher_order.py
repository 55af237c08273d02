"""grad() returns gradients as tensors, to be differentiated again."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Scalar, StaleGraphError, Tensor, UnaryOperator, grad
from autograd.check import check_gradients
from autograd.gradient import TENSORS
from autograd.rules import Rule
from tests.autograd.dual import slopes
from tests.autograd.programs import EXAMPLES, SMOOTH, programs

POINTS = [-1.7, -0.4, 0.3, 1.0, 2.2]


def derivatives(function, at, order):
    """Return the 1st, 2nd … derivative of ``function``."""
    x = Scalar(at)
    y = function(x)
    values = []
    for _ in range(order):
        (y,) = grad(y, [x])
        values.append(y.data)
    return values


def hessian(function, *at):
    xs = [Scalar(number) for number in at]
    return [[entry.data for entry in grad(row, xs)] for row in grad(function(*xs), xs)]


def close(expected):
    return pytest.approx(expected, rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("x", [*POINTS, 0.0])
def test_three_derivatives_of_a_polynomial(x):
    values = derivatives(lambda x: 2 * x**4 - 3 * x**3 + x * x - 5 * x + 7, x, 4)
    assert values == close(
        [8 * x**3 - 9 * x**2 + 2 * x - 5, 24 * x**2 - 18 * x + 2, 48 * x - 18, 48]
    )


@pytest.mark.parametrize("x", POINTS)
def test_three_derivatives_of_the_sine(x):
    assert derivatives(Tensor.sin, x, 3) == close([math.cos(x), -math.sin(x), -math.cos(x)])


@pytest.mark.parametrize("x", POINTS)
def test_three_derivatives_of_the_hyperbolic_tangent(x):
    t = math.tanh(x)
    expected = [1 - t**2, -2 * t * (1 - t**2), (6 * t**2 - 2) * (1 - t**2)]
    assert derivatives(Tensor.tanh, x, 3) == close(expected)


@pytest.mark.parametrize("x", POINTS)
def test_three_derivatives_of_the_sigmoid(x):
    s = 1 / (1 + math.exp(-x))
    d = s * (1 - s)
    assert derivatives(Tensor.sigmoid, x, 3) == close([d, d * (1 - 2 * s), d * (1 - 6 * d)])


@pytest.mark.parametrize("x", POINTS)
def test_three_derivatives_of_the_exponential_function(x):
    assert derivatives(Tensor.exp, x, 3) == close([math.exp(x)] * 3)


@pytest.mark.parametrize("x", [0.3, 1.0, 2.2])
@pytest.mark.parametrize("p", [2.5, -1.0, 0.5, 3.0])
def test_three_derivatives_of_a_power(x, p):
    expected = [
        p * x ** (p - 1),
        p * (p - 1) * x ** (p - 2),
        p * (p - 1) * (p - 2) * x ** (p - 3),
    ]
    assert derivatives(lambda x: x**p, x, 3) == close(expected)


@pytest.mark.parametrize("x", [0.3, 1.0, 2.2])
def test_three_derivatives_of_the_logarithm_and_the_square_root(x):
    assert derivatives(Tensor.log, x, 3) == close([1 / x, -1 / x**2, 2 / x**3])
    root = [0.5 * x**-0.5, -0.25 * x**-1.5, 0.375 * x**-2.5]
    assert derivatives(Tensor.sqrt, x, 3) == close(root)


@pytest.mark.parametrize("x", POINTS)
def test_three_derivatives_of_the_reciprocal(x):
    assert derivatives(lambda x: 1 / x, x, 3) == close([-1 / x**2, 2 / x**3, -6 / x**4])


@pytest.mark.parametrize("function", [Tensor.abs, Tensor.relu])
@pytest.mark.parametrize("x", [-2.0, 0.0, 2.0])
def test_a_piecewise_linear_function_has_second_derivative_zero(function, x):
    assert derivatives(function, x, 2)[1] == 0


@pytest.mark.parametrize(("a", "b"), [(1.0, 2.0), (2.0, 1.0), (1.0, 1.0)])
def test_maximum_and_minimum_have_first_derivatives_one_half_or_zero_and_no_second(a, b):
    share = 0.5 if a == b else float(a > b)
    for function, first in ((Tensor.maximum, share), (Tensor.minimum, 1 - share)):
        xs = [Scalar(a), Scalar(b)]
        gradient = grad(function(*xs), xs)
        assert [g.data for g in gradient] == [first, 1 - first]
        assert [g.data for g in grad(gradient[0], xs)] == [0, 0]


@pytest.mark.parametrize(("x", "y"), [(0.7, -0.4), (2.0, 1.5), (-1.1, 0.3)])
def test_the_hessian_of_a_function_of_two_variables(x, y):
    s, c = math.sin(x * y), math.cos(x * y)
    expected = [
        [2 * y**3 - y * y * s, 6 * x * y * y + c - x * y * s],
        [6 * x * y * y + c - x * y * s, 6 * x * x * y - x * x * s],
    ]
    actual = hessian(lambda x, y: x**2 * y**3 + Tensor.sin(x * y), x, y)
    assert actual[0] == close(expected[0])
    assert actual[1] == close(expected[1])


@pytest.mark.parametrize(("x", "p"), [(2.0, 3.0), (0.5, -1.5), (2.0, 1.0), (2.0, 0.0), (3.0, 0.0)])
def test_the_hessian_of_a_power_in_base_and_exponent(x, p):
    log = math.log(x)
    mixed = x ** (p - 1) * (1 + p * log)
    actual = hessian(lambda x, p: x**p, x, p)
    assert actual[0] == close([p * (p - 1) * x ** (p - 2), mixed])
    assert actual[1] == close([mixed, x**p * log * log])


def test_the_hessian_of_the_lines_squared_error():
    xs, ys = [-2.0, -1.0, 0.5, 3.0], [1.0, -1.0, 2.0, 4.0]

    def loss(m, c):
        total = 0
        for x, y in zip(xs, ys, strict=True):
            total += (y - ((m * x) + c)) ** 2
        return total / len(xs)

    n = len(xs)
    expected = [
        [2 / n * sum(x * x for x in xs), 2 / n * sum(xs)],
        [2 / n * sum(xs), 2 / n * n],
    ]
    for at in ((0.5, 0.25), (2.0, -9.0)):  # the same everywhere: the loss is quadratic
        actual = hessian(loss, *at)
        assert actual[0] == close(expected[0])
        assert actual[1] == close(expected[1])


def test_inputs_may_be_intermediate_nodes():
    x = Scalar(0.5)
    middle = x * x
    output = Tensor.sin(middle) * x
    by_middle, by_x = grad(output, [middle, x])
    assert by_middle.data == close(math.cos(0.25) * 0.5)
    assert by_x.data == close(math.cos(0.25) * 2 * 0.5 * 0.5 + math.sin(0.25))


def test_the_derivative_by_the_output_itself_is_one():
    output = Scalar(2) * 3
    assert [g.data for g in grad(output, [output])] == [1]


def test_an_input_that_the_output_does_not_depend_on_has_gradient_zero():
    x, other = Scalar(2), Scalar(3)
    by_x, by_other = grad(x * x, [x, other])
    assert by_x.data == 4
    assert by_other.data == 0
    assert [g.data for g in grad(by_other, [x])] == [0]


def test_one_input_may_be_asked_for_twice():
    x = Scalar(2)
    assert [g.data for g in grad(x * x, [x, x])] == [4, 4]


def test_nothing_is_stored_and_nothing_is_forgotten():
    x, y = Scalar(2, require_grad=True), Scalar(3, require_grad=True)
    middle = x * y
    output = Tensor.sin(middle)
    grad(grad(output, [x])[0], [y])
    assert not any(node.has_grad for node in output.nodes())
    output.backward()
    before = [node.grad for node in output.nodes()]
    grad(output, [x, y])
    assert [node.grad for node in output.nodes()] == before


def test_inputs_need_not_require_a_gradient():
    x, other = Scalar(2), Scalar(-1, require_grad=True)
    assert [g.data for g in grad(x * 3 + other**2, [x])] == [3]


def test_what_does_not_lead_to_an_input_is_not_walked_through():
    read_over = []

    class Watched(UnaryOperator):
        rule = Rule(
            name="watched",
            symbol="w",
            value=lambda _, a: a,
            derivatives=(lambda n, *_: read_over.append(n) or 1.0,),
        )

    x, other = Scalar(2), Scalar(3)
    output = x * 3 + Watched(other)
    grad(output, [x])
    assert TENSORS not in read_over
    grad(output, [other])
    assert TENSORS in read_over


def test_a_returned_gradient_can_be_backpropagated():
    x = Scalar(2, require_grad=True)
    (by_x,) = grad(x**3, [x])
    assert by_x.data == 12
    by_x.backward()
    assert x.grad == 12  # 6x


def test_a_gradient_penalty_has_the_gradient_that_calculus_says():
    x = Scalar(0.6, require_grad=True)
    y = Tensor.sin(x)
    (slope,) = grad(y, [x])
    (y + slope**2).backward()
    assert x.grad == close(math.cos(0.6) - 2 * math.cos(0.6) * math.sin(0.6))


def test_shared_nodes_are_passed_once():
    x = y = Scalar(1)
    for _ in range(40):
        y = y + y
    assert grad(y, [x])[0].data == 2**40


def test_a_graph_of_three_thousand_additions_is_no_problem():
    x = y = Scalar(1)
    for _ in range(3_000):
        y = y + x * x
    (by_x,) = grad(y, [x])
    assert by_x.data == 1 + 2 * 3_000
    assert grad(by_x, [x])[0].data == 2 * 3_000


def test_a_stale_graph_is_refused_as_in_backward():
    x = Scalar(1, name="x")
    y = Tensor.exp(x) * x
    x.data = 2.0
    with pytest.raises(StaleGraphError, match="x changed"):
        grad(y, [x])


@given(programs())
@EXAMPLES
def test_grad_agrees_with_backward_on_random_graphs(program):
    output, leaves = program.build()
    gradients = grad(output, leaves)
    output.backward()
    duals = slopes(program, program.at)
    for leaf, gradient, dual in zip(leaves, gradients, duals, strict=True):
        assert abs(gradient.data - leaf.grad) <= 1e-13 * dual.bound + 1e-300


@given(st.data())
@EXAMPLES
def test_second_derivatives_of_random_smooth_graphs_agree_with_numeric_ones(data):
    program = data.draw(programs(steps=SMOOTH, max_steps=4))
    index = data.draw(st.integers(0, len(program.at) - 1))

    def derivative(*leaves):
        return grad(program.over_tensors(*leaves), leaves)[index]

    check_gradients(derivative, program.at)
