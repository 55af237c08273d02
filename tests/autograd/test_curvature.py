"""The sharpest curvature of a loss, of few parameters and of many."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Scalar, Tensor
from autograd.curvature import (
    BLOCK,
    SMALL,
    TOLERANCE,
    curvature,
    krylov_matrix,
    largest_eigenvalue,
    largest_stable_learning_rate,
)
from autograd.hessian import hessian
from autograd.optimizers import Adam, State, UpdateRule
from autograd.training import train
from tests.autograd.curved import XS, YS, line_tape, network_tape, root_and_decay, somewhere


def within(expected):
    return pytest.approx(expected, rel=2 * TOLERANCE, abs=1e-300)


def found(matrix):
    """Return the largest eigenvalue of a matrix that is only multiplied with."""
    return largest_eigenvalue(krylov_matrix(lambda rows: rows @ matrix, len(matrix)))


def with_eigenvalues(values, seed=0):
    """Return a symmetric matrix with these eigenvalues."""
    random = np.random.default_rng([1, seed]).normal(size=(len(values), len(values)))
    vectors = np.linalg.qr(random)[0]
    return vectors * values @ vectors.T


def trained(tape, at, epochs):
    """Return the parameters after some epochs."""

    def evaluate(parameters, _):
        return tape.evaluate(parameters)

    rule = UpdateRule(Adam(0.9, 0.999))
    start = State.start(at, rule.optimizer)
    return train(evaluate, start, np.full(epochs, 0.01), rule, tape.uses, tape.samples).state


# Of a matrix that only multiplies.


@pytest.mark.parametrize("count", [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 321])
def test_the_largest_eigenvalue_is_found_by_multiplying(count):
    random = np.random.default_rng(count).normal(size=(count, count))
    matrix = random + random.T
    assert found(matrix) == within(np.linalg.eigvalsh(matrix)[-1])


@pytest.mark.parametrize(
    "values",
    [
        np.linspace(-5, 5, 200),
        np.linspace(4.99, 5, 200),
        np.r_[np.zeros(196), 1, 5, 5, 5],
        np.r_[np.full(100, -50.0), np.zeros(99), 5],
        np.r_[np.linspace(-1e-3, 1e-3, 190), 4.9 + 0.01 * np.arange(10)],
        np.full(200, 5.0),
        5 * 0.7 ** np.arange(200),
        1e200 * np.linspace(0, 1, 200),
    ],
    ids=["even", "close", "repeated", "small beside", "a few", "all the same", "falling", "large"],
)
def test_however_the_eigenvalues_lie_the_largest_is_found(values):
    assert found(with_eigenvalues(values)) == within(values.max())


@given(st.lists(st.floats(-10, 10), min_size=3 * BLOCK, max_size=60), st.integers(0, 99))
def test_of_any_eigenvalues_the_largest_is_found_and_never_a_larger_one(values, seed):
    matrix = with_eigenvalues(np.array(values), seed)
    rounding = 1e-12 * np.abs(values).max()
    largest = found(matrix)
    assert largest <= max(values) + rounding
    assert largest >= max(values) - 20 * TOLERANCE * abs(max(values)) - rounding


def test_it_takes_a_few_products_only():
    asked = []

    def multiply(rows):
        asked.append(len(rows))
        return rows @ matrix

    matrix = with_eigenvalues(np.r_[40.0, 30.0, 0.9 ** np.arange(319)])
    krylov_matrix(multiply, 321)
    assert sum(asked) <= 4 * BLOCK


# Of a loss.


@pytest.mark.parametrize("epochs", [0, 20, 300])
@pytest.mark.parametrize(("hidden", "samples"), [(32, 150), (107, 60)])
def test_a_networks_largest_eigenvalue_is_that_of_the_whole_hessian(hidden, samples, epochs):
    tape = network_tape(hidden, samples)
    count = len(tape.parameters)
    assert count * samples > SMALL
    at = trained(tape, somewhere(count) / np.sqrt(hidden), epochs).parameters
    expected = np.linalg.eigvalsh(hessian(tape, at))[-1]
    matrix = curvature(tape, at)
    assert len(matrix) < count / 2
    assert largest_eigenvalue(matrix) == within(expected)


@pytest.mark.parametrize("hidden", [4, 32])
def test_factors_multiply_rows_and_columns(hidden):
    tape = network_tape(hidden, 150, root_and_decay)
    count = len(tape.parameters)
    at, scales = somewhere(count), np.sqrt(np.arange(1, count + 1))
    expected = np.linalg.eigvalsh(hessian(tape, at) * np.outer(scales, scales))[-1]
    assert largest_eigenvalue(curvature(tape, at, scales)) == within(expected)


def test_of_few_parameters_it_is_the_hessian_itself():
    tape = network_tape(samples=5000)
    assert np.array_equal(curvature(tape, somewhere(13)), hessian(tape, somewhere(13)))


@pytest.mark.parametrize("hidden", [4, 32])
def test_where_a_loss_overflows_there_is_no_largest_stable_learning_rate(hidden):
    tape = network_tape(hidden, 150, lambda mean, _: Tensor.exp(mean))
    matrix = curvature(tape, np.full(len(tape.parameters), 1e3))
    assert math.isnan(largest_eigenvalue(matrix))
    assert largest_stable_learning_rate(matrix) is None


def test_a_loss_that_curves_downwards_in_all_of_many_directions_has_none_either():
    def hill(mean, parameters):
        return 0.0 * mean - sum((p * p for p in parameters), Scalar(0))

    tape = network_tape(32, 150, hill)
    matrix = curvature(tape, somewhere(97))
    assert largest_eigenvalue(matrix) == within(-2)
    assert largest_stable_learning_rate(matrix) is None


# Of a matrix that is there.


def test_the_largest_eigenvalue():
    assert largest_eigenvalue(np.diag([1.0, 5.0, -9.0])) == 5
    assert largest_eigenvalue(np.array([[2.0, 1.0], [1.0, 2.0]])) == pytest.approx(3)
    assert largest_eigenvalue(np.diag([-4.0, -1.0])) == -1


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_has_no_largest_eigenvalue_and_no_learning_rate(number):
    for matrix in (np.diag([1.0, number]), np.array([[number]])):
        assert math.isnan(largest_eigenvalue(matrix))
        assert largest_stable_learning_rate(matrix) is None


def test_no_parameters_have_no_largest_eigenvalue_and_no_learning_rate():
    assert math.isnan(largest_eigenvalue(np.empty((0, 0))))
    assert largest_stable_learning_rate(np.empty((0, 0))) is None


def test_where_no_direction_curves_upwards_there_is_no_largest_learning_rate():
    assert largest_stable_learning_rate(np.zeros((2, 2))) is None
    assert largest_stable_learning_rate(np.diag([-4.0, -1.0])) is None
    down = -np.outer([0.1, 0.7, 0.3], [0.1, 0.7, 0.3])  # its largest eigenvalue is 0, about
    assert largest_stable_learning_rate(down) is None
    assert largest_stable_learning_rate(np.diag([-4.0, 1e-3])) == 2000


def test_a_small_or_large_scale_does_not_matter():
    for scale in (1e-300, 1e-150, 1e150, 1e300):
        rate = largest_stable_learning_rate(scale * np.diag([1.0, 0.5]))
        assert rate == pytest.approx(2 / scale)


@pytest.mark.parametrize(("share", "stable"), [(0.99, True), (1.01, False)])
def test_gradient_descent_is_stable_up_to_the_largest_stable_learning_rate(share, stable):
    tape = line_tape()
    at = np.array([3.0, -2.0])
    rate = largest_stable_learning_rate(hessian(tape, at))
    best = np.polyfit(XS, YS, 1)
    before = np.abs(at - best).max()
    for _ in range(1000):
        at = at - share * rate * tape.evaluate(at)[1]
    after = np.abs(at - best).max()
    assert (after < 1e-6 * before) if stable else (after > 1e6 * before)
