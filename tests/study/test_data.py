"""The samples are the notebook's, or reproducible by seed."""

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.study.data import draw_line, make_samples
from app.study.recipe import Data, DataSource, Spacing, Truth
from tests.study.strategies import EXAMPLES, recipes

TRACE = json.loads(
    (Path(__file__).parents[1] / "data" / "notebook_trace.json").read_text(encoding="utf-8")
)
FLAT = (("m", 0.0), ("c", 0.0))
NOISY = Data(samples=20_000, noise=3.0, noise_seed=7)


def test_the_default_samples_are_the_notebooks_to_the_last_digit():
    samples = make_samples(Data()).all
    assert samples.x.tolist() == TRACE["X"]
    assert samples.y.tolist() == [2 * x - 9 for x in TRACE["X"]]
    assert len(samples) == 41


def test_without_noise_the_points_are_on_the_true_line():
    samples = make_samples(Data(true=(("m", 1.5), ("c", 4.0)))).all
    assert samples.y.tolist() == samples.truth.tolist() == [1.5 * x + 4 for x in TRACE["X"]]


def test_x_is_evenly_spaced_from_end_to_end():
    samples = make_samples(Data(x_from=-1.0, x_to=2.0, samples=7)).all
    assert samples.x.tolist() == [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0]


def test_a_single_sample_is_at_the_start():
    assert make_samples(Data(samples=1)).all.x.tolist() == [-20.0]


def test_noise_changes_y_alone():
    noisy, clean = make_samples(Data(noise=3.0)).all, make_samples(Data()).all
    assert noisy.x.tolist() == clean.x.tolist()
    assert noisy.truth.tolist() == clean.y.tolist()
    assert all(noisy.y != clean.y)


def test_the_same_seed_draws_the_same_noise_and_another_another():
    first, other = make_samples(NOISY).all, make_samples(replace(NOISY, noise_seed=8)).all
    make_samples.cache_clear()
    again = make_samples(NOISY).all
    assert first is not again
    assert first.y.tolist() == again.y.tolist() != other.y.tolist()


def test_the_noise_is_normal_with_the_chosen_deviation():
    samples = make_samples(NOISY).all
    noise = (samples.y - samples.truth) / 3.0
    assert np.mean(noise) == pytest.approx(0, abs=0.03)
    assert np.std(noise) == pytest.approx(1, abs=0.03)
    assert np.mean(np.abs(noise) < 1) == pytest.approx(0.6827, abs=0.02)


def test_the_noise_is_numpys_for_the_seed():
    drawn = np.random.default_rng(7).standard_normal(20_000)
    samples = make_samples(NOISY).all
    assert samples.y.tolist() == (samples.truth + 3.0 * drawn).tolist()


def test_twice_the_deviation_is_twice_the_noise():
    once, twice = (make_samples(Data(true=FLAT, noise=noise)).all.y for noise in (1.0, 2.0))
    assert twice.tolist() == (2 * once).tolist()


OF_THE_LINE = {"source": st.just(DataSource.RECIPE), "truth": st.just(Truth.OWN)}


@given(recipes(**OF_THE_LINE))
@EXAMPLES
def test_every_valid_recipe_gives_finite_samples_in_order(recipe):
    samples = make_samples(recipe).all
    assert samples.x.shape == samples.y.shape == samples.truth.shape == (recipe.samples,)
    assert np.isfinite(samples.y).all()
    assert (np.diff(samples.x) >= 0).all()
    if recipe.spacing is not Spacing.NORMAL:
        assert recipe.x_from <= samples.x[0]
        assert samples.x[-1] <= recipe.x_to
    if recipe.spacing is Spacing.EVEN:
        assert samples.x[0] == recipe.x_from
        assert recipe.samples == 1 or samples.x[-1] == recipe.x_to


def test_a_drawn_line_is_whole_and_in_the_notebooks_ranges():
    generator = random.Random(3)  # noqa: S311
    lines = [draw_line(generator) for _ in range(3000)]
    assert {slope for slope, _ in lines} == set(range(-10, 11))
    assert {intercept for _, intercept in lines} == set(range(-20, 21))


def test_a_line_is_drawn_with_the_slope_first():
    generator = random.Random(5)  # noqa: S311
    expected = (generator.randint(-10, 10), generator.randint(-20, 20))
    assert draw_line(random.Random(5)) == expected  # noqa: S311
