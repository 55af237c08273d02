"""A change says how an update came about: the gradient, clipped, a direction, and the step."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.optimizers import (
    AdaGrad,
    Adam,
    Clipping,
    GradientDescent,
    Momentum,
    Nesterov,
    RMSProp,
    State,
    UpdateRule,
)
from tests.autograd.programs import EXAMPLES
from tests.autograd.updates import every_clipping, every_optimizer

NUMBERS = st.floats(-1e6, 1e6)
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS, st.integers(0, 50)), min_size=1, max_size=4)

once_per_use = pytest.mark.parametrize("once_per_use", [False, True])


def some_state(optimizer, parameters=(1.5, -2.5, 0.25)):
    """Return a state after a few updates, so that the optimizer remembers something."""
    state = State.start(parameters, optimizer)
    for gradient in ([1.0, -2.0, 0.5], [0.3, 0.7, -0.9]):
        state = UpdateRule(optimizer).step(state, np.array(gradient), 0.1, np.ones(3))
    return state


@every_optimizer
@every_clipping
@once_per_use
def test_a_change_ends_where_the_step_does(optimizer, clipping, once_per_use):
    rule = UpdateRule(optimizer, clipping, 0.7, once_per_use)
    state, gradient = some_state(optimizer), np.array([3.0, -0.2, 0.6])
    uses = np.array([3.0, 1.0, 0.0])
    change = rule.change(state, gradient, 0.3, uses)
    after = rule.step(state, gradient, 0.3, uses)
    assert change.after.parameters.tolist() == after.parameters.tolist()
    assert change.after.slots.tolist() == after.slots.tolist()
    assert change.after.count == after.count == state.count + 1
    assert change.before.tolist() == state.parameters.tolist()
    assert change.gradient.tolist() == [3.0, -0.2, 0.6]
    assert change.learning_rate == 0.3
    for numbers in (change.before, change.gradient, change.clipped, change.direction, change.times):
        assert np.shape(numbers) == (3,)


@EXAMPLES
@given(PAIRS, st.floats(0, 2))
def test_the_direction_is_subtracted_as_many_times_as_it_says(cases, learning_rate):
    parameters, gradient, uses = (np.array(each, dtype=float) for each in zip(*cases, strict=True))
    for once_per_use in (False, True):
        rule = UpdateRule(once_per_use=once_per_use)
        state = State.start(parameters, rule.optimizer)
        change = rule.change(state, gradient, learning_rate, uses)
        assert change.times.tolist() == (uses.tolist() if once_per_use else [1.0] * len(uses))
        for index, before in enumerate(parameters.tolist()):
            after = before
            for _ in range(int(change.times[index])):
                after -= learning_rate * float(change.direction[index])
            assert change.after.parameters[index] == after


@EXAMPLES
@given(PAIRS, st.floats(0.01, 10))
def test_the_clipped_gradient_is_the_limited_one(cases, bound):
    gradient = np.array([each for _, each, _ in cases])
    uses = np.ones(len(cases))

    def clipped(clipping):
        rule = UpdateRule(clipping=clipping, bound=bound)
        state = State.start(np.zeros(len(cases)), rule.optimizer)
        change = rule.change(state, gradient, 1.0, uses)
        assert change.gradient.tolist() == gradient.tolist()
        assert change.direction.tolist() == change.clipped.tolist()
        return change.clipped.tolist()

    assert clipped(Clipping.NONE) == gradient.tolist()
    assert clipped(Clipping.VALUE) == [min(max(each, -bound), bound) for each in gradient.tolist()]
    length = math.sqrt(sum(Fraction(each) ** 2 for each in gradient.tolist()))
    factor = min(1.0, bound / length) if length else 1.0
    by_norm = clipped(Clipping.NORM)
    assert by_norm == pytest.approx((gradient * factor).tolist(), rel=1e-9, abs=1e-300)


def test_the_direction_is_what_the_optimizer_makes_of_the_clipped_gradient():
    gradient, ones = np.array([4.0, -0.5, 0.0]), np.ones(3)
    clipped = [1.0, -0.5, 0.0]

    def direction(optimizer):
        rule = UpdateRule(optimizer, Clipping.VALUE, 1.0)
        state = State(np.zeros(3), np.full((optimizer.slots, 3), 0.25), 1)
        change = rule.change(state, gradient, 0.1, ones)
        assert change.clipped.tolist() == clipped
        return change.direction.tolist()

    assert direction(GradientDescent()) == clipped
    velocities = [0.9 * 0.25 + each for each in clipped]
    assert direction(Momentum(0.9)) == pytest.approx(velocities)
    assert direction(Nesterov(0.9)) == pytest.approx(
        [each + 0.9 * velocity for each, velocity in zip(clipped, velocities, strict=True)]
    )
    assert direction(AdaGrad()) == pytest.approx(
        [each / math.sqrt(0.25 + each**2) for each in clipped]
    )
    assert direction(RMSProp(0.5)) == pytest.approx(
        [each / math.sqrt(0.125 + 0.5 * each**2) for each in clipped]
    )
    mean = [(0.9 * 0.25 + 0.1 * each) / (1 - 0.9**2) for each in clipped]
    square = [(0.999 * 0.25 + 0.001 * each**2) / (1 - 0.999**2) for each in clipped]
    assert direction(Adam()) == pytest.approx(
        [each / math.sqrt(other) for each, other in zip(mean, square, strict=True)]
    )


@every_optimizer
def test_changes_follow_each_other(optimizer):
    rule = UpdateRule(optimizer)
    state = State.start([1.0, -1.0], optimizer)
    for count in range(1, 4):
        gradient = 2.0 * state.parameters
        change = rule.change(state, gradient, 0.1, np.ones(2))
        assert change.before.tolist() == state.parameters.tolist()
        assert change.after.count == count
        expected = change.before - 0.1 * change.direction
        assert change.after.parameters.tolist() == expected.tolist()
        state = change.after


@every_optimizer
@every_clipping
@once_per_use
def test_a_change_leaves_the_state_and_the_gradient_as_they_were(optimizer, clipping, once_per_use):
    rule = UpdateRule(optimizer, clipping, 0.1, once_per_use)
    state, gradient = some_state(optimizer), np.array([3.0, -0.2, 0.6])
    parameters, slots = state.parameters.copy(), state.slots.copy()
    rule.change(state, gradient, 0.3, np.full(3, 2.0))
    assert state.parameters.tolist() == parameters.tolist()
    assert state.slots.tolist() == slots.tolist()
    assert gradient.tolist() == [3.0, -0.2, 0.6]


@every_optimizer
@every_clipping
@once_per_use
@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan, 1e308])
def test_numbers_that_overflow_neither_raise_nor_warn(optimizer, clipping, once_per_use, number):
    rule = UpdateRule(optimizer, clipping, 1.0, once_per_use)
    state = State.start([1.0, 1e308, 0.0], optimizer)
    change = rule.change(state, np.array([number, -number, 0.5]), 1e3, np.full(3, 5.0))
    assert change.gradient[2] == 0.5
    assert change.after.count == 1
    if np.isnan(number):
        assert np.isnan([change.clipped[0], change.direction[0], change.after.parameters[0]]).all()


def test_no_parameters_are_no_change():
    rule = UpdateRule()
    change = rule.change(State.start([], rule.optimizer), np.array([]), 0.1, np.array([]))
    assert change.after.parameters.tolist() == change.direction.tolist() == []
