"""Gradient descent, with and without clipping, in the notebook's rounding."""

import math

import pytest

from autograd.optimizers import GradientDescent, clip


@pytest.mark.parametrize(
    ("gradient", "clipped"),
    [(0.5, 0.5), (-0.5, -0.5), (2.0, 1.0), (-2.0, -1.0), (1.0, 1.0), (math.inf, 1.0), (0.0, 0.0)],
)
def test_a_gradient_is_limited_on_both_sides(gradient, clipped):
    assert clip(gradient, 1) == clipped


@pytest.mark.parametrize("gradient", [-1e300, 0.0, 7.0, math.inf])
def test_without_a_bound_nothing_is_clipped(gradient):
    assert clip(gradient, None) == gradient


def test_a_nan_stays_nan():
    assert math.isnan(clip(math.nan, 1))
    assert math.isnan(GradientDescent(0.1, 1).step(2.0, math.nan))


def test_a_step_goes_against_the_gradient():
    assert GradientDescent(0.25).step(3.0, 8.0) == 1.0
    assert GradientDescent(0.25).step(3.0, -8.0) == 5.0
    assert GradientDescent(0.25, clip_bound=2).step(3.0, 8.0) == 2.5


def test_no_step_leaves_the_value():
    assert GradientDescent(0.25).step(3.0, 8.0, times=0) == 3.0


def test_equal_steps_are_subtracted_one_after_another():
    value = 0.2950141610814745
    for _ in range(41):
        value -= 0.001
    stepped = GradientDescent(0.001, clip_bound=1).step(0.2950141610814745, 300.0, times=41)
    assert stepped == value
    assert stepped != 0.2950141610814745 - 41 * 0.001
