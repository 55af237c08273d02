"""R² and RMSE against NumPy's own and against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.training.fit_quality import fit_quality

NUMBERS = st.floats(-1e3, 1e3)


def test_a_perfect_fit_has_r2_of_1_and_no_error():
    y = np.array([1.0, 4.0, -2.0])
    assert fit_quality(y, y.copy()) == (1.0, 0.0)


def test_the_mean_has_r2_of_0_and_the_deviation_as_error():
    y = np.array([1.0, 2.0, 6.0])
    r2, rmse = fit_quality(y, np.full(3, 3.0))
    assert r2 == 0
    assert rmse == pytest.approx(np.std(y))


def test_worse_than_the_mean_is_negative():
    assert fit_quality(np.array([0.0, 2.0]), np.array([2.0, 0.0])) == (-3.0, 2.0)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=3, max_size=30))
def test_the_best_line_has_the_squared_correlation(pairs):
    x, y = np.array(pairs).T
    if np.ptp(x) < 1e-3 or np.ptp(y) < 1e-3:
        return
    slope, intercept = np.polyfit(x, y, 1)
    r2, rmse = fit_quality(y, slope * x + intercept)
    assert r2 == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2, abs=1e-6)
    residuals = y - (slope * x + intercept)
    assert rmse == pytest.approx(math.sqrt(np.vdot(residuals, residuals) / len(x)), abs=1e-12)


@pytest.mark.parametrize("value", [0.1, 5.0, -1e300])
def test_equal_targets_have_no_r2(value):
    r2, rmse = fit_quality(np.full(3, value), np.full(3, value))
    assert math.isnan(r2)
    assert rmse == 0


def test_without_samples_there_is_neither():
    assert all(map(math.isnan, fit_quality(np.empty(0), np.empty(0))))


@pytest.mark.parametrize("prediction", [1e300, math.inf])
def test_numbers_too_large_to_square_are_said_to_be_infinitely_wrong(prediction):
    r2, rmse = fit_quality(np.array([0.0, 1.0]), np.array([prediction, 0.0]))
    assert (r2, rmse) == (-math.inf, math.inf)


def test_a_prediction_that_is_no_number_makes_neither_a_number():
    assert all(map(math.isnan, fit_quality(np.array([0.0, 1.0]), np.array([math.nan, 0.0]))))
