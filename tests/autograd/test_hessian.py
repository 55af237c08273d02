"""The Hessian over a tape is that of calculus, of nested gradients and of differences."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Scalar, Tensor, grad
from autograd.hessian import LIMIT, hessian, hessian_products
from autograd.tape import Tape
from tests.autograd.curved import XS, YS, close, line_tape, network_tape, root_and_decay, somewhere
from tests.autograd.programs import EXAMPLES, SMOOTH, programs

COLUMNS = st.lists(st.floats(-3, 3), min_size=1, max_size=3, unique=True)

UNARY = {
    name: getattr(Tensor, name)
    for name in ("neg", "sin", "cos", "tanh", "exp", "log", "sqrt", "abs", "relu", "sigmoid")
}
BINARY = {
    name: getattr(Tensor, name)
    for name in ("add", "sub", "mul", "div", "pow", "maximum", "minimum")
}


def line_hessian(xs):
    return 2 / len(xs) * np.array([[(xs * xs).sum(), xs.sum()], [xs.sum(), len(xs)]])


def nested(loss, leaves):
    """Return the Hessian by differentiating the graph of the gradient."""
    return np.array([[entry.data for entry in grad(row, leaves)] for row in grad(loss, leaves)])


def central_differences(tape, at, step=1e-5):
    rows = []
    for direction in np.eye(len(at)):
        ahead, behind = (tape.evaluate(at + sign * step * direction)[1] for sign in (1, -1))
        rows.append((ahead - behind) / (2 * step))
    return np.array(rows)


@pytest.mark.parametrize("samples", [1, 2, 5, 1000])
@pytest.mark.parametrize("at", [(0.0, 0.0), (0.5, 0.25), (-30.0, 7.0)])
def test_the_hessian_of_the_lines_squared_error_is_that_of_calculus(samples, at):
    xs = np.random.default_rng(samples).normal(size=samples)
    assert hessian(line_tape(xs, 2 * xs), at) == close(line_hessian(xs))  # also on the line itself


def test_a_loss_written_as_a_loop_has_the_same_hessian():
    m, c = Scalar(0.5, True), Scalar(0.25, True)
    loss = Scalar(0)
    for x, y in zip(XS, YS, strict=True):
        loss += (y - (m * x + c)) ** 2
    assert hessian(Tape.fold(loss / len(XS)), [0.5, 0.25]) == close(line_hessian(XS))


@pytest.mark.parametrize("function", UNARY.values(), ids=UNARY)
def test_every_operation_on_one_operand(function):
    def term(a, b, x):
        return function(2.5 + Tensor.sin(a * x + b) * Tensor.cos(b)) * b

    check_against_nested(term, [0.4, 0.7])


@pytest.mark.parametrize("function", BINARY.values(), ids=BINARY)
def test_every_operation_on_two_operands(function):
    def term(a, b, x):
        return function(1.6 + Tensor.sin(a * x + b), 1.5 + Tensor.cos(b * x) * a) ** 2

    check_against_nested(term, [0.4, 0.7])


@pytest.mark.parametrize("function", UNARY.values(), ids=UNARY)
@pytest.mark.parametrize("a", [-1.3, 0.0, 0.8])
def test_every_operation_also_where_it_is_kinked_or_undefined(function, a):
    leaf = Scalar(a)
    loss = function(leaf) * 2 + leaf
    expected = nested(loss, [leaf])
    actual = hessian(Tape.fold(loss, [leaf]), [a])
    assert actual == pytest.approx(expected, nan_ok=True)


def check_against_nested(term, at):
    parameters, x, total = [Scalar(0) for _ in at], Scalar(0), Scalar(0)
    tape = Tape.record(Tensor.tanh(total / 5), parameters, {x: XS}, {total: term(*parameters, x)})
    leaves = [Scalar(number) for number in at]
    loss = Tensor.tanh(sum((term(*leaves, x) for x in XS), Scalar(0)) / 5)
    expected = nested(loss, leaves)
    assert hessian(tape, at) == close(expected)
    assert hessian(tape, at, limit=1) == close(expected)


@given(programs(steps=SMOOTH, max_steps=5), COLUMNS)
@EXAMPLES
def test_random_expressions_agree_with_nested_gradients(program, column):
    def term(parameters, x):
        return program.over_tensors(*parameters) * x + sum(parameters, Scalar(0))

    parameters, leaves = ([Scalar(number, True) for number in program.at] for _ in range(2))
    x, total = Scalar(0), Scalar(0)
    columns = {x: np.array(column)}
    tape = Tape.record(Tensor.sin(total), parameters, columns, {total: term(parameters, x)})
    loss = Tensor.sin(sum((term(leaves, x) for x in column), Scalar(0)))
    expected = nested(loss, leaves)
    actual = hessian(tape, program.at)
    assert actual == close(expected, 1e-10)
    assert hessian(Tape.fold(loss, leaves), program.at) == close(expected, 1e-10)
    assert hessian(tape, program.at, limit=1) == close(actual, 1e-10)
    assert hessian(tape, program.at, [0]) == close(actual[:1, :1], 1e-10)


@pytest.mark.parametrize("finish", [lambda mean, _: mean, root_and_decay])
def test_a_network_agrees_with_differences_of_its_gradient(finish):
    tape = network_tape(finish=finish)
    at = somewhere(13)
    assert hessian(tape, at) == close(central_differences(tape, at), 1e-8)


def test_a_loss_that_is_no_sum_over_samples_agrees_with_nested_gradients():
    at = somewhere(4)
    w, b, v, c = leaves = [Scalar(number, True) for number in at]
    xs = np.linspace(-2, 2, 9)
    errors = [(np.sin(2 * x) - (c + v * Tensor.tanh(w * x + b))) ** 2 for x in xs]
    loss = root_and_decay(sum(errors, Scalar(0)) / 9, leaves)
    tape = network_tape(hidden=1, finish=root_and_decay)
    assert hessian(tape, at) == close(nested(loss, leaves))


@pytest.mark.parametrize("samples", [1, 7, 41])
@pytest.mark.parametrize("limit", [1, 5_000, 20_000, 100_000])
def test_blocks_of_directions_and_samples_make_no_difference(limit, samples):
    tape = network_tape(samples=samples, finish=root_and_decay)
    at = somewhere(13)
    assert hessian(tape, at, limit=limit) == close(hessian(tape, at, limit=10**9), 1e-13)


@pytest.mark.parametrize("limit", [1, LIMIT])
@pytest.mark.parametrize("chosen", [[0], [12], [1, 12], [7, 3], [5, 0, 9], [], range(13)])
def test_of_chosen_parameters_it_is_their_rows_and_columns(chosen, limit):
    tape, at = network_tape(finish=root_and_decay), somewhere(13)
    expected = hessian(tape, at)[np.ix_(list(chosen), list(chosen))]
    actual = hessian(tape, at, chosen, limit=limit)
    assert actual.shape == (len(chosen), len(chosen))
    assert actual == close(expected, 1e-13)


def test_of_a_chosen_parameter_that_is_not_used_with_others_nothing_else_is_asked():
    a, b = Scalar(0.0, True), Scalar(1.0, True)
    tape = Tape.fold(Tensor.sqrt(a) + b * b, [a, b])
    assert hessian(tape, [0.0, 1.0], [1]).tolist() == [[2.0]]


@pytest.mark.parametrize("limit", [1, LIMIT])
@pytest.mark.parametrize("count", [0, 1, 3, 20])
def test_its_products_with_directions_are_those_of_the_matrix(count, limit):
    tape, at = network_tape(finish=root_and_decay), somewhere(13)
    directions = np.random.default_rng(1).normal(size=(count, 13))
    products = hessian_products(tape, at, directions, limit=limit)
    assert products == close(directions @ hessian(tape, at), 1e-13)


def test_memory_is_bounded_whatever_the_number_of_samples():
    tracemalloc.start()
    try:
        hessian(network_tape(samples=20_000), somewhere(13), limit=4_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * 4_000_000


def test_a_hessian_is_symmetric_to_the_last_bit():
    matrix = hessian(network_tape(finish=root_and_decay), somewhere(13))
    assert (matrix == matrix.T).all()


def test_a_parameter_without_curvature_has_a_row_of_zeros():
    m, unused, linear, x, total = (Scalar(0) for _ in range(5))
    loss = total / 5 + 3 * linear + 0 * unused
    tape = Tape.record(loss, [linear, m, unused], {x: XS}, {total: (m * x) ** 2})
    curvature = 2 * (XS * XS).mean()
    expected = np.diag([0, curvature, 0])
    assert hessian(tape, [1.0, 2.0, 3.0]) == close(expected)


def test_a_sum_may_be_of_what_does_not_differ_between_samples():
    m, x, total, other = (Scalar(0) for _ in range(4))
    sums = {total: m * m * m, other: m * x}
    tape = Tape.record(total * other, [m], {x: YS}, sums)
    expected = 12 * 2.0**2 * 5 * YS.sum()  # of 5 m³ · m Σx
    for limit in (LIMIT, 1):
        assert hessian(tape, [2.0], limit=limit) == close([[expected]])


def test_losses_without_samples():
    a, b = Scalar(0.3, True), Scalar(0.7, True)
    tape = Tape.fold(a * a * b + Tensor.exp(b))
    assert hessian(tape, [0.3, 0.7]) == close([[1.4, 0.6], [0.6, math.exp(0.7)]])
    assert hessian(Tape.fold(a), [5.0]).tolist() == [[0.0]]
    assert hessian(Tape.fold(a * 2, []), []).shape == (0, 0)


def test_the_number_of_parameters_must_be_right():
    with pytest.raises(ValueError, match="zip"):
        hessian(line_tape(), [1.0])


def test_where_curvature_is_not_finite_it_is_not_made_up_elsewhere():
    a, b = Scalar(0.0, True), Scalar(1.0, True)
    matrix = hessian(Tape.fold(Tensor.sqrt(a) + Tensor.log(a) + b * b, [a, b]), [0.0, 1.0])
    assert not math.isfinite(matrix[0, 0])
    assert matrix[:, 1].tolist() == [0, 2]
    overflow = hessian(Tape.fold(Tensor.exp(a) * b, [a, b]), [1000.0, 1.0])
    assert overflow.tolist() == [[math.inf, math.inf], [math.inf, 0.0]]


def test_a_sigmoid_far_out_is_flat():
    a = Scalar(0.0, True)
    for at in (-1000.0, 1000.0):
        assert hessian(Tape.fold(Tensor.sigmoid(a), [a]), [at]).tolist() == [[0.0]]
