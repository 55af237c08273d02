"""Optimizers, against closed forms, the papers' own forms and PyTorch's figures; clipping."""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.arithmetic import NUMPY, Arithmetic
from autograd.optimizers import (
    AdaGrad,
    Adam,
    Clipping,
    GradientDescent,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
    State,
    UpdateRule,
    clip_factor,
    clip_value,
    norm,
)
from tests.autograd.updates import OPTIMIZERS, every_clipping, every_optimizer

INF, NAN = math.inf, math.nan
ADAPTIVE = (AdaGrad(), RMSProp(), Adam())

each_adaptive = pytest.mark.parametrize("optimizer", ADAPTIVE, ids=lambda o: type(o).__name__)

numbers = st.floats(-1e3, 1e3)
gradients = st.lists(numbers, min_size=1, max_size=12)
anything = st.floats(width=64)


def step_once(rule, parameters, gradient, learning_rate=1.0, uses=None):
    """The state after one update from the start."""
    state = State.start(parameters, rule.optimizer)
    uses = np.ones(len(parameters)) if uses is None else np.array(uses, dtype=float)
    return rule.step(state, np.array(gradient, dtype=float), learning_rate, uses)


def follow(optimizer, gradients, learning_rate=1.0, start=0.0, **rule):
    """One parameter's value after each of the gradients."""
    rule = UpdateRule(optimizer, **rule)
    state, values = State.start([start], optimizer), []
    for gradient in gradients:
        state = rule.step(state, np.array([gradient]), learning_rate, np.ones(1))
        values.append(float(state.parameters[0]))
    return np.array(values)


def bits(values):
    """What tells floats apart: the sign of a zero too, but not one nan from another."""
    return [b"nan" if value != value else struct.pack("<d", value) for value in values]


# The step itself


def test_a_step_goes_against_the_gradient():
    rule = UpdateRule()
    after = step_once(rule, [3.0, 3.0], [8.0, -8.0], 0.25)
    assert after.parameters.tolist() == [1.0, 5.0]
    clipped = replace(rule, clipping=Clipping.VALUE, bound=2.0)
    assert step_once(clipped, [3.0, 3.0], [8.0, -8.0], 0.25).parameters.tolist() == [2.5, 3.5]


def test_by_default_a_gradient_is_neither_clipped_nor_used_twice():
    after = step_once(UpdateRule(), [1.0, 1.0], [1e300, 0.1], 0.1, uses=[7, 7])
    assert after.parameters.tolist() == [1.0 - 0.1 * 1e300, 1.0 - 0.1 * 0.1]


@every_optimizer
@pytest.mark.parametrize("parameters", [0, 1, 5])
def test_an_optimizer_starts_with_nothing_but_zeros(optimizer, parameters):
    state = State.start([1.5] * parameters, optimizer)
    assert state.parameters.tolist() == [1.5] * parameters
    assert state.slots.shape == (optimizer.slots, parameters)
    assert not state.slots.any()
    assert state.count == 0


@pytest.mark.parametrize(
    ("optimizer", "slots"), list(zip(OPTIMIZERS, (0, 1, 1, 1, 1, 2), strict=True)), ids=str
)
def test_the_slots_are_as_many_as_the_method_has_memories(optimizer, slots):
    assert optimizer.slots == slots


def test_the_start_is_a_copy_of_its_own_of_floats():
    given_values = np.array([1, 2])
    state = State.start(given_values, Adam())
    given_values[0] = 9
    assert state.parameters.dtype == np.float64
    assert state.parameters.tolist() == [1.0, 2.0]
    floats = np.array([1.0, 2.0])
    assert not np.shares_memory(State.start(floats, Adam()).parameters, floats)


@every_optimizer
@every_clipping
@pytest.mark.parametrize("once_per_use", [False, True])
@pytest.mark.parametrize("parameters", [0, 1, 5])
def test_a_step_keeps_shapes_counts_and_leaves_its_arguments(
    optimizer, clipping, once_per_use, parameters
):
    rule = UpdateRule(optimizer, clipping, 1.0, once_per_use)
    state, gradient = State.start([1.5] * parameters, optimizer), np.full(parameters, 3.0)
    uses = np.full(parameters, 2.0)
    for count in range(1, 4):
        before = state.parameters.copy(), state.slots.copy(), state.count
        after = rule.step(state, gradient, 0.1, uses)
        assert after.parameters.shape == (parameters,)
        assert after.slots.shape == (optimizer.slots, parameters)
        assert after.parameters.dtype == after.slots.dtype == np.float64
        assert after.count == count
        assert state.parameters.tolist() == before[0].tolist()
        assert state.slots.tolist() == before[1].tolist()
        assert state.count == before[2]
        state = after
    assert gradient.tolist() == [3.0] * parameters
    assert uses.tolist() == [2.0] * parameters


@given(
    st.sampled_from(OPTIMIZERS),
    st.lists(st.tuples(anything, anything, anything), min_size=1, max_size=6),
)
def test_each_parameter_is_moved_as_if_it_were_alone(optimizer, values):
    parameters, *sequence = map(np.array, zip(*values, strict=True))
    rule = UpdateRule(optimizer, Clipping.VALUE, 2.0)
    state = State.start(parameters, optimizer)
    for gradient in sequence:
        state = rule.step(state, gradient, 0.1, np.ones(len(values)))
    alone = [follow(optimizer, g, 0.1, x, clipping=Clipping.VALUE, bound=2.0) for x, *g in values]
    assert bits(state.parameters) == bits([trajectory[-1] for trajectory in alone])


@every_optimizer
def test_no_gradient_is_no_step(optimizer):
    assert follow(optimizer, [0.0] * 5, 0.1, start=3.0).tolist() == [3.0] * 5


@given(gradients, numbers)
def test_gradient_descent_is_what_it_has_always_been(sequence, start):
    value, expected = start, []
    for gradient in sequence:
        value -= 0.1 * gradient
        expected.append(value)
    assert bits(follow(GradientDescent(), sequence, 0.1, start)) == bits(expected)


# Once per use, as the notebook does


def test_equal_steps_are_subtracted_one_after_another():
    value = 0.2950141610814745
    for _ in range(41):
        value -= 0.001
    rule = UpdateRule(clipping=Clipping.VALUE, bound=1.0, once_per_use=True)
    stepped = step_once(rule, [0.2950141610814745], [300.0], 0.001, uses=[41]).parameters[0]
    assert stepped == value
    assert stepped != 0.2950141610814745 - 41 * 0.001


@given(
    st.lists(st.tuples(anything, anything, st.integers(0, 200)), max_size=6),
    st.floats(0, 1e3),
)
def test_once_per_use_is_pythons_loop_digit_for_digit(cases, learning_rate):
    expected = []
    for start, gradient, uses in cases:
        value = start
        for _ in range(uses):
            value -= learning_rate * gradient
        expected.append(value)
    parameters, gradient, uses = zip(*cases, strict=True) if cases else ((), (), ())
    rule = UpdateRule(once_per_use=True)
    after = step_once(rule, parameters, gradient, learning_rate, uses)
    assert bits(after.parameters) == bits(expected)


def test_no_use_is_no_step_however_steep():
    rule = UpdateRule(once_per_use=True)
    assert step_once(rule, [3.0, 3.0], [8.0, NAN], 0.25, [0, 0]).parameters.tolist() == [3.0, 3.0]


@every_optimizer
def test_once_per_use_is_still_one_update_to_remember(optimizer):
    state = once = State.start([1.0, 1.0], optimizer)
    for gradient in ([3.0, -2.0], [0.5, 4.0]):
        arguments = np.array(gradient), 0.125, np.array([5.0, 1.0])
        before = state.parameters
        state = UpdateRule(optimizer, once_per_use=True).step(state, *arguments)
        once = UpdateRule(optimizer).step(replace(once, parameters=before), *arguments)
        assert state.slots.tolist() == once.slots.tolist()
        assert state.count == once.count
        moved, moved_once = state.parameters - before, once.parameters - before
        assert moved == pytest.approx(moved_once * [5.0, 1.0], rel=1e-13)


# Closed forms


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("gradient", [2.0, -1e-5])
def test_momentum_under_a_constant_gradient_is_a_geometric_sum(momentum, gradient):
    t = np.arange(1, 301)
    velocity = gradient * (1 - momentum**t) / (1 - momentum)
    moved = -0.1 * np.cumsum(velocity)
    assert follow(Momentum(momentum), [gradient] * 300, 0.1) == pytest.approx(moved, rel=1e-11)
    ahead = gradient + momentum * velocity
    moved = -0.1 * np.cumsum(ahead)
    assert follow(Nesterov(momentum), [gradient] * 300, 0.1) == pytest.approx(moved, rel=1e-11)


@given(gradients, st.floats(0, 1), numbers)
def test_momentum_is_polyaks_heavy_ball(sequence, momentum, start):
    before, value, expected = start, start, []
    for gradient in sequence:
        before, value = value, value - 0.1 * gradient + momentum * (value - before)
        expected.append(value)
    values = follow(Momentum(momentum), sequence, 0.1, start)
    assert values == pytest.approx(expected, rel=1e-10, abs=1e-9)


@pytest.mark.parametrize("optimizer", [Momentum(0.0), Nesterov(0.0)], ids=str)
@given(sequence=gradients)
def test_without_momentum_it_is_gradient_descent(optimizer, sequence):
    plain = follow(GradientDescent(), sequence, 0.1, 1.0)
    assert follow(optimizer, sequence, 0.1, 1.0).tolist() == plain.tolist()


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9, 0.99])
def test_nesterov_looks_ahead_as_sutskever_et_al_do(momentum):
    """Sutskever et al., 2013, equations 3 and 4, on (x − 1)²/2 · curvature.

    Theirs evaluates the gradient ahead, at θ + μv; ours keeps that point as the parameter.
    """
    learning_rate, curvatures = 0.1, np.array([0.5, 3.0, 12.0])
    theta, v = np.array([4.0, -2.0, 1.5]), np.zeros(3)
    rule = UpdateRule(Nesterov(momentum))
    state = State.start(theta, rule.optimizer)
    for _ in range(100):
        v = momentum * v - learning_rate * curvatures * (theta + momentum * v - 1)
        theta = theta + v
        state = rule.step(state, curvatures * (state.parameters - 1), learning_rate, np.ones(3))
        assert state.parameters == pytest.approx(theta + momentum * v, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("gradient", [2.0, -2.0, 1e-5, 1e5])
def test_adagrad_under_a_constant_gradient_slows_as_one_over_the_root_of_t(gradient):
    roots = np.sqrt(np.arange(1, 301))
    moved = -0.1 * math.copysign(1, gradient) * np.cumsum(1 / roots)
    assert follow(AdaGrad(0.0), [gradient] * 300, 0.1) == pytest.approx(moved, rel=1e-13)
    moved = -0.1 * np.cumsum(gradient / (abs(gradient) * roots + 0.25))
    assert follow(AdaGrad(0.25), [gradient] * 300, 0.1) == pytest.approx(moved, rel=1e-13)


@given(gradients)
def test_adagrad_divides_by_the_length_of_all_gradients_so_far(sequence):
    lengths = [math.hypot(*sequence[: t + 1]) for t in range(len(sequence))]
    moved = -0.1 * np.cumsum(np.array(sequence) / (np.array(lengths) + 0.5))
    assert follow(AdaGrad(0.5), sequence, 0.1) == pytest.approx(moved, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.99])
@pytest.mark.parametrize("gradient", [2.0, -1e-5])
def test_rmsprop_under_a_constant_gradient(decay, gradient):
    roots = abs(gradient) * np.sqrt(1 - decay ** np.arange(1, 301))
    moved = -0.1 * np.cumsum(gradient / (roots + 1e-3))
    assert follow(RMSProp(decay, 1e-3), [gradient] * 300, 0.1) == pytest.approx(moved, rel=1e-12)


@given(gradients, st.floats(0, 0.999))
def test_rmsprops_mean_square_is_a_sum_with_geometric_weights(sequence, decay):
    moved, value = [], 0.0
    for t, gradient in enumerate(sequence):
        ages = np.arange(t, -1, -1)
        square = (1 - decay) * np.sum(decay**ages * np.square(sequence[: t + 1]))
        value -= 0.1 * gradient / (math.sqrt(square) + 0.5)
        moved.append(value)
    values = follow(RMSProp(decay, 0.5), sequence, 0.1)
    assert values == pytest.approx(moved, rel=1e-11, abs=1e-11)


@pytest.mark.parametrize("optimizer", [Adam(), Adam(0.5, 0.75), Adam(0.0, 0.0, 1e-3)], ids=str)
@pytest.mark.parametrize("gradient", [2.0, -2.0, 1e-8, 1e-5, 1e5])
def test_adam_takes_equal_steps_under_a_constant_gradient(optimizer, gradient):
    step = -0.1 * gradient / (abs(gradient) + optimizer.epsilon)
    values = follow(optimizer, [gradient] * 300, 0.1)
    assert values[0] == pytest.approx(step, rel=1e-12)
    assert values == pytest.approx(step * np.arange(1, 301), rel=1e-11)


@given(gradients, st.floats(0, 0.99), st.floats(0, 0.999))
def test_adams_corrected_means_are_weighted_averages(sequence, decay1, decay2):
    moved, value = [], 0.0
    for t in range(len(sequence)):
        ages, past = np.arange(t, -1, -1), np.array(sequence[: t + 1])
        mean = np.average(past, weights=decay1**ages)
        square = np.average(past**2, weights=decay2**ages)
        value -= 0.1 * mean / (math.sqrt(square) + 0.5)
        moved.append(value)
    values = follow(Adam(decay1, decay2, 0.5), sequence, 0.1)
    assert values == pytest.approx(moved, rel=1e-10, abs=1e-10)


@each_adaptive
@given(sequence=gradients, scale=st.sampled_from([2.0**-20, 0.25, 8.0, 2.0**20]))
def test_without_epsilon_the_gradients_scale_does_not_matter(optimizer, sequence, scale):
    optimizer = replace(optimizer, epsilon=0.0)
    sequence = [gradient or 1.0 for gradient in sequence if not 0 < abs(gradient) < 1e-100]
    scaled = follow(optimizer, [scale * gradient for gradient in sequence], 0.1)
    assert scaled.tolist() == follow(optimizer, sequence, 0.1).tolist()


# PyTorch's figures

SEQUENCE = ((0.5, 1e-9), (-1.25, -3e-9), (2.0, 2e-8), (0.0, 0.0), (-0.75, 5e-10), (3.0, -1e-8))
"""Gradients for two parameters; those of the second are so small that epsilon matters."""

# Made with PyTorch 2.13.0+cpu: p = torch.tensor([0.0, 0.0], dtype=torch.float64,
# requires_grad=True); optimizer = torch.optim.…([p], lr=0.1, …), all else PyTorch's default;
# then for each gradient of SEQUENCE: p.grad = torch.tensor(gradient, dtype=torch.float64);
# optimizer.step(); p.tolist().
PYTORCH: dict[str, tuple[Optimizer, tuple[tuple[float, float], ...]]] = {
    "SGD()": (
        GradientDescent(),
        (
            (-0.05, -1.0000000000000002e-10),
            (0.07500000000000001, 2e-10),
            (-0.125, -1.8000000000000002e-09),
            (-0.125, -1.8000000000000002e-09),
            (-0.049999999999999996, -1.8500000000000002e-09),
            (-0.35000000000000003, -8.500000000000002e-10),
        ),
    ),
    "SGD(momentum=0.9)": (
        Momentum(),
        (
            (-0.05, -1.0000000000000002e-10),
            (0.030000000000000006, 1.0999999999999997e-10),
            (-0.09799999999999998, -1.7010000000000002e-09),
            (-0.21319999999999997, -3.3309000000000006e-09),
            (-0.24187999999999996, -4.847810000000001e-09),
            (-0.567692, -5.213029000000002e-09),
        ),
    ),
    "SGD(momentum=0.5)": (
        Momentum(0.5),
        (
            (-0.05, -1.0000000000000002e-10),
            (0.05, 1.5e-10),
            (-0.1, -1.725e-09),
            (-0.17500000000000002, -2.6625e-09),
            (-0.1375, -3.18125e-09),
            (-0.41875, -2.4406249999999997e-09),
        ),
    ),
    "SGD(momentum=0.9, nesterov=True)": (
        Nesterov(),
        (
            (-0.095, -1.9000000000000002e-10),
            (0.10200000000000001, 2.9899999999999995e-10),
            (-0.21319999999999997, -3.3309e-09),
            (-0.31688, -4.797810000000001e-09),
            (-0.267692, -6.213029000000001e-09),
            (-0.8609228, -5.541726100000001e-09),
        ),
    ),
    "SGD(momentum=0.5, nesterov=True)": (
        Nesterov(0.5),
        (
            (-0.07500000000000001, -1.5000000000000002e-10),
            (0.1, 2.75e-10),
            (-0.17500000000000002, -2.6625000000000003e-09),
            (-0.21250000000000002, -3.1312500000000003e-09),
            (-0.11875000000000002, -3.4406250000000004e-09),
            (-0.5593750000000001, -2.0703125000000004e-09),
        ),
    ),
    "Adagrad()": (
        AdaGrad(),
        (
            (-0.09999999998, -0.09090909090909091),
            (-0.007152330898370626, 0.0010511991860556041),
            (-0.09010846647336379, -0.0972363528582215),
            (-0.09010846647336379, -0.0972363528582215),
            (-0.060404040185240024, -0.09969279653759566),
            (-0.13691324575088942, -0.05561801996940612),
        ),
    ),
    "Adagrad(eps=0.25)": (
        AdaGrad(0.25),
        (
            (-0.06666666666666667, -3.999999984e-10),
            (0.01163984774644948, 7.999999864210674e-10),
            (-0.06352233278392405, -7.19999936562837e-09),
            (-0.06352233278392405, -7.19999936562837e-09),
            (-0.03649410029373966, -7.399999349424668e-09),
            (-0.10841762914937128, -3.399999710844059e-09),
        ),
    ),
    "RMSprop()": (
        RMSProp(),
        (
            (-0.9999998000000395, -0.009900990099009903),
            (-0.07088218625185039, 0.019179852825314748),
            (-0.9019174448875179, -0.14714620197335113),
            (-0.9019174448875179, -0.14714620197335113),
            (-0.601656505384366, -0.15131114987474686),
            (-1.371729434513433, -0.06955509172316805),
        ),
    ),
    "RMSprop(alpha=0.75, eps=0.25)": (
        RMSProp(0.75, 0.25),
        (
            (-0.1, -3.999999992000001e-10),
            (0.03714594258871587, 7.999999933060023e-10),
            (-0.10546234298743995, -7.199999683782258e-09),
            (-0.10546234298743995, -7.199999683782258e-09),
            (-0.042552160180256024, -7.39999967772436e-09),
            (-0.19580393096232335, -3.3999998096691828e-09),
        ),
    ),
    "Adam()": (
        Adam(),
        (
            (-0.09999999800000003, -0.00909090909090909),
            (-0.055778472086104564, -5.8409850158281165e-05),
            (-0.08970033488096173, -0.030859538480814318),
            (-0.11748706077050218, -0.05440774813294279),
            (-0.12368991573183154, -0.07384421887586175),
            (-0.1671020589821024, -0.07789919209865993),
        ),
    ),
    "Adam(betas=(0.5, 0.75), eps=0.25)": (
        Adam(0.5, 0.75, 0.25),
        (
            (-0.06666666666666667, -3.999999984e-10),
            (-0.013333333333333336, 2.666666619723003e-10),
            (-0.061877861557488624, -4.019047396229005e-09),
            (-0.08932924007615103, -6.019047311670863e-09),
            (-0.07476400950951186, -7.090015016461995e-09),
            (-0.14172721104129266, -5.585253166446868e-09),
        ),
    ),
}


@pytest.mark.parametrize(("optimizer", "expected"), list(PYTORCH.values()), ids=list(PYTORCH))
def test_the_trajectory_is_pytorchs(optimizer, expected):
    rule = UpdateRule(optimizer)
    state = State.start([0.0, 0.0], optimizer)
    for gradient, after in zip(SEQUENCE, expected, strict=True):
        state = rule.step(state, np.array(gradient), 0.1, np.ones(2))
        assert state.parameters == pytest.approx(after, rel=1e-12, abs=1e-22)


# Clipping


@pytest.mark.parametrize(
    ("gradient", "clipped"),
    [
        (0.5, 0.5),
        (-0.5, -0.5),
        (2.0, 1.0),
        (-2.0, -1.0),
        (1.0, 1.0),
        (-1.0, -1.0),
        (1e300, 1.0),
        (INF, 1.0),
        (-INF, -1.0),
        (0.0, 0.0),
        (-0.0, -0.0),
        (NAN, NAN),
    ],
)
def test_a_gradient_is_limited_on_both_sides(gradient, clipped):
    assert bits([clip_value(NUMPY, gradient, 1.0)]) == bits([clipped])


@pytest.mark.parametrize("gradient", [-1e300, 0.0, 7.0, INF])
def test_without_clipping_nothing_is_clipped(gradient):
    assert step_once(UpdateRule(bound=1.0), [0.0], [gradient]).parameters.tolist() == [-gradient]


@given(st.lists(anything, max_size=8), st.floats(0, 1e300))
def test_limiting_by_value_is_pythons_min_and_max(gradient, bound):
    expected = [g if g != g else max(-bound, min(bound, g)) for g in gradient]
    assert clip_value(NUMPY, np.array(gradient), bound).tolist() == pytest.approx(
        expected, rel=0, abs=0, nan_ok=True
    )
    rule = UpdateRule(clipping=Clipping.VALUE, bound=bound)
    after = step_once(rule, [0.0] * len(gradient), gradient).parameters
    assert (-after).tolist() == pytest.approx(expected, rel=0, abs=0, nan_ok=True)


@given(st.lists(st.floats(-1e307, 1e307), max_size=12))
def test_the_norm_is_euclids_for_huge_and_tiny_gradients(gradient):
    assert norm(np.array(gradient)) == pytest.approx(math.hypot(*gradient), rel=1e-14, abs=1e-322)


@pytest.mark.parametrize(
    ("gradient", "expected"),
    [
        ([], 0.0),
        ([0.0, -0.0], 0.0),
        ([-7.0], 7.0),
        ([3.0, -4.0], 5.0),
        ([3e200, 4e200], 5e200),
        ([3e-200, -4e-200], 5e-200),
        ([3e-320, 4e-320], 5e-320),
        ([1e200, 1e-200], 1e200),
        ([1.7e308, 1.7e308], INF),
        ([1.0, -INF], INF),
        ([1.0, NAN], NAN),
        ([INF, NAN], INF),
    ],
)
def test_the_norm_overflows_only_if_it_is_too_large(gradient, expected):
    result = norm(np.array(gradient))
    assert isinstance(result, float)
    assert result == pytest.approx(expected, rel=1e-15, abs=1e-323, nan_ok=True)


@given(
    st.lists(st.floats(-1e307, 1e307), min_size=1, max_size=8),
    st.floats(1e-3, 1e3),
)
def test_limiting_the_norm_keeps_the_direction(gradient, bound):
    rule = UpdateRule(clipping=Clipping.NORM, bound=bound)
    clipped = -step_once(rule, [0.0] * len(gradient), gradient).parameters
    length = math.hypot(*gradient)
    if length <= bound * (1 - 1e-14):
        assert clipped.tolist() == gradient
    else:
        assert math.hypot(*clipped) == pytest.approx(bound, rel=1e-12)
        expected = [value / length * bound for value in gradient]
        assert clipped == pytest.approx(expected, rel=1e-12, abs=1e-300)


def test_a_norm_on_the_bound_is_left_alone():
    rule = UpdateRule(clipping=Clipping.NORM, bound=5.0)
    assert step_once(rule, [0.0, 0.0], [3.0, -4.0]).parameters.tolist() == [-3.0, 4.0]
    assert clip_factor(NUMPY, 5.0, 5.0) == 1.0
    assert clip_factor(NUMPY, 20.0, 5.0) == 0.25


def test_a_norm_of_zero_is_left_alone():
    rule = UpdateRule(clipping=Clipping.NORM, bound=5.0)
    assert step_once(rule, [1.0, 2.0], [0.0, -0.0]).parameters.tolist() == [1.0, 2.0]


@every_clipping
def test_a_bound_of_zero_lets_nothing_through_but_what_is_not_clipped(clipping):
    after = step_once(UpdateRule(clipping=clipping, bound=0.0), [1.0, 1.0], [3.0, 0.0])
    moved = clipping is Clipping.NONE
    assert after.parameters.tolist() == [-2.0 if moved else 1.0, 1.0]


@every_optimizer
def test_gradients_are_clipped_before_the_optimizer_sees_them(optimizer):
    steep, limited = [300.0, -0.5, -7.0, 0.25], [1.0, -0.5, -1.0, 0.25]
    expected = follow(optimizer, limited, 0.1).tolist()
    for clipping in (Clipping.VALUE, Clipping.NORM):  # which are the same for one parameter
        values = follow(optimizer, steep, 0.1, clipping=clipping, bound=1.0)
        assert values == pytest.approx(expected, rel=1e-14)


# What is not a number, and what is too large


@pytest.mark.parametrize(
    ("clipping", "gradient", "moved"),
    [
        (Clipping.NONE, [INF, 5.0, -7.0], [-INF, -5.0, 7.0]),
        (Clipping.NONE, [NAN, 5.0, -7.0], [NAN, -5.0, 7.0]),
        (Clipping.VALUE, [INF, 5.0, -7.0], [-1.0, -1.0, 1.0]),
        (Clipping.VALUE, [NAN, 5.0, -7.0], [NAN, -1.0, 1.0]),
        (Clipping.NORM, [INF, 5.0, -7.0], [NAN, 0.0, 0.0]),
        (Clipping.NORM, [3e200, 4e200, 5.0], [-0.6, -0.8, -1e-200]),
        # The norm itself is beyond the largest float: no step, as next to an infinite gradient.
        (Clipping.NORM, [1.7e308, 1.7e308, 5.0], [0.0, 0.0, 0.0]),
    ],
)
def test_gradient_descent_with_what_is_hardly_a_gradient(clipping, gradient, moved):
    rule = UpdateRule(clipping=clipping, bound=1.0)
    after = step_once(rule, [0.0] * 3, gradient).parameters
    assert after == pytest.approx(moved, rel=1e-15, abs=0, nan_ok=True)


@every_optimizer
@every_clipping
def test_a_nan_stays_nan(optimizer, clipping):
    assert np.isnan(follow(optimizer, [NAN], 0.1, 2.0, clipping=clipping)).all()
    assert np.isnan(step_once(UpdateRule(once_per_use=True), [2.0], [NAN], uses=[3]).parameters)


@each_adaptive
@pytest.mark.parametrize("gradient", [1e200, -1e200])
def test_a_gradient_whose_square_overflows_is_no_step(optimizer, gradient):
    assert follow(optimizer, [gradient, gradient, 1.0], 0.1, start=2.0).tolist() == [2.0] * 3


@each_adaptive
def test_an_infinite_gradient_has_no_direction(optimizer):
    assert np.isnan(follow(optimizer, [INF], 0.1)).all()


@settings(max_examples=300)
@given(
    st.builds(
        UpdateRule,
        st.sampled_from(OPTIMIZERS),
        st.sampled_from(Clipping),
        bound=st.floats(0, 1e3),
        once_per_use=st.booleans(),
    ),
    st.lists(st.tuples(*[anything] * 4), min_size=1, max_size=5),
    anything,
)
def test_nothing_raises_or_warns(rule, values, learning_rate):
    parameters, *sequence = map(np.array, zip(*values, strict=True))
    state, uses = State.start(parameters, rule.optimizer), np.full(len(values), 3.0)
    for gradient in sequence:
        state = rule.step(state, gradient, learning_rate, uses)
    assert state.count == 3


# Another arithmetic


class Value:
    """A number that knows + − × / and, in its arithmetic, sqrt, pow and a choice; no more."""

    def __init__(self, number: float) -> None:
        self.number = number

    def _apply(self, function: Callable[[float, float], float], other: object) -> Value:
        number = other.number if isinstance(other, Value) else other
        assert type(number) is float
        return Value(function(self.number, number))

    def __add__(self, other):
        return self._apply(operator.add, other)

    def __radd__(self, other):
        return self._apply(lambda a, b: b + a, other)

    def __sub__(self, other):
        return self._apply(operator.sub, other)

    def __rsub__(self, other):
        return self._apply(lambda a, b: b - a, other)

    def __mul__(self, other):
        return self._apply(operator.mul, other)

    def __rmul__(self, other):
        return self._apply(lambda a, b: b * a, other)

    def __truediv__(self, other):
        return self._apply(operator.truediv, other)


def unneeded(*_):
    raise AssertionError


VALUES = Arithmetic(
    sin=unneeded,
    cos=unneeded,
    tanh=unneeded,
    exp=unneeded,
    log=unneeded,
    sqrt=lambda value: Value(math.sqrt(value.number)),
    pow=lambda base, exponent: Value(base**exponent.number),
    less=unneeded,
    equal=unneeded,
    select=unneeded,
)


@every_optimizer
def test_an_optimizer_can_be_read_over_any_arithmetic(optimizer):
    slots, value, values = [Value(0.0)] * optimizer.slots, 0.0, []
    for count, (gradient, _) in enumerate(SEQUENCE, 1):
        corrections = optimizer.corrections(VALUES, Value(float(count)))
        direction, slots = optimizer.direction(VALUES, Value(gradient), slots, corrections)
        assert len(slots) == optimizer.slots
        value -= 0.1 * direction.number
        values.append(value)
    expected = follow(optimizer, [gradient for gradient, _ in SEQUENCE], 0.1)
    assert values == pytest.approx(expected, rel=1e-14)


# What the methods are for


@pytest.mark.parametrize(
    ("optimizer", "learning_rate", "steps"),
    [
        (GradientDescent(), 0.18, 200),
        (Momentum(), 0.05, 400),
        (Nesterov(), 0.05, 300),
        (AdaGrad(), 1.0, 600),
        (Adam(), 0.05, 1500),
    ],
    ids=str,
)
def test_an_ill_conditioned_bowl_is_descended(optimizer, learning_rate, steps):
    curvatures, rule = np.array([0.3, 10.0]), UpdateRule(optimizer)
    state = State.start([4.0, -3.0], optimizer)
    for _ in range(steps):
        state = rule.step(state, curvatures * (state.parameters - 1), learning_rate, np.ones(2))
    assert state.parameters == pytest.approx([1.0, 1.0], abs=1e-4)
