"""Learning-rate schedules, against closed forms and PyTorch's figures."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.schedules import Constant, Cosine, Step

schedules = st.one_of(
    st.just(Constant()),
    st.builds(Step, every=st.integers(1, 50), factor=st.floats(0, 1)),
    st.builds(Cosine, length=st.integers(1, 200)),
)
each_schedule = pytest.mark.parametrize(
    "schedule", [Constant(), Step(3, 0.5), Cosine(7)], ids=lambda s: type(s).__name__
)


def test_constant_is_one_throughout():
    assert Constant().factors(0, 3).tolist() == [1.0, 1.0, 1.0]
    assert Constant().factors(10**6, 2).tolist() == [1.0, 1.0]


def test_a_step_comes_after_every_so_many_epochs():
    half = Step(3, 0.5).factors(0, 10)
    assert half.tolist() == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]
    assert Step(1, 0.5).factors(0, 4).tolist() == [1, 0.5, 0.25, 0.125]
    assert Step(1000, 0.1).factors(999, 2).tolist() == [1, 0.1]
    assert Step(5, 1.0).factors(0, 20).tolist() == [1.0] * 20
    assert Step(2, 0.0).factors(0, 5).tolist() == [1, 1, 0, 0, 0]


@given(st.integers(1, 20), st.floats(0.1, 1))
def test_steps_multiply(every, factor):
    expected = [float(Fraction(factor) ** (epoch // every)) for epoch in range(100)]
    assert Step(every, factor).factors(0, 100) == pytest.approx(expected, rel=1e-13)


def test_steps_fade_to_nothing():
    assert Step(1, 0.5).factors(1074, 3).tolist() == [2.0**-1074, 0.0, 0.0]


def test_the_cosine_starts_at_one_and_ends_at_zero():
    factors = Cosine(8).factors(0, 9)
    assert factors[0] == 1.0
    assert factors[4] == pytest.approx(0.5, rel=1e-15)
    assert factors[8] == 0.0


@given(st.integers(1, 300))
def test_the_cosine_is_a_squared_one_of_half_the_angle(length):
    factors = Cosine(length).factors(0, length + 1)
    expected = [math.cos(math.pi * epoch / (2 * length)) ** 2 for epoch in range(length + 1)]
    assert factors == pytest.approx(expected, abs=1e-15)
    assert (np.diff(factors) < 0).all()
    assert factors + factors[::-1] == pytest.approx(np.ones(length + 1), rel=1e-15)


@given(st.integers(1, 300), st.integers(0, 10**9))
def test_beyond_its_length_the_cosine_stays_zero(length, beyond):
    assert Cosine(length).factors(length + beyond, 4).tolist() == [0.0] * 4


# Made with PyTorch 2.13.0+cpu: for a parameter p of dtype float64, optimizer =
# torch.optim.SGD([p], lr=1.0); scheduler = torch.optim.lr_scheduler.…; nine times:
# optimizer.param_groups[0]["lr"], then optimizer.step(); scheduler.step().
@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        pytest.param(
            Step(3, 0.3),
            [1.0, 1.0, 1.0, 0.3, 0.3, 0.3, 0.09, 0.09, 0.09],
            id="StepLR(optimizer, step_size=3, gamma=0.3)",
        ),
        pytest.param(
            Cosine(8),
            [
                1.0,
                0.9619397662556434,
                0.8535533905932737,
                0.6913417161825449,
                0.5,
                0.30865828381745514,
                0.14644660940672627,
                0.03806023374435664,
                0.0,
            ],
            id="CosineAnnealingLR(optimizer, T_max=8)",
        ),
    ],
)
def test_the_factors_are_pytorchs(schedule, expected):
    assert schedule.factors(0, 9) == pytest.approx(expected, rel=1e-14, abs=1e-15)


@given(schedules, st.integers(0, 400), st.integers(0, 100))
def test_a_window_is_a_part_of_the_whole(schedule, first, epochs):
    whole = schedule.factors(0, first + epochs)
    assert schedule.factors(first, epochs).tolist() == whole[first:].tolist()


@each_schedule
@pytest.mark.parametrize("epochs", [0, 1, 12])
def test_there_is_a_float_for_every_epoch(schedule, epochs):
    factors = schedule.factors(5, epochs)
    assert factors.shape == (epochs,)
    assert factors.dtype == np.float64


@given(schedules, st.integers(0, 10**6))
def test_a_factor_only_ever_lowers_the_learning_rate(schedule, first):
    factors = schedule.factors(first, 50)
    assert ((factors >= 0) & (factors <= 1)).all()
    assert (np.diff(factors) <= 0).all()
