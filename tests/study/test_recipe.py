"""Where samples lie, how they depart from the true curve, and which are kept for testing."""

from dataclasses import replace

import numpy as np
import pytest

from app.study.architecture import Model, ModelKind
from app.study.data import as_points, make_samples
from app.study.experiment import Experiment
from app.study.points import Points
from app.study.recipe import Data, DataSource, NoiseKind, Spacing, Truth, true_curve, true_values

FLAT = (("m", 0.0), ("c", 0.0))
MANY = Data(true=FLAT, samples=20_000, noise_seed=3)
OWN_POINTS = Data(source=DataSource.POINTS, points=Points([3.0, -1.0, 2.0], [1.0, 2.0, 3.0]))
OTHER = Data(truth=Truth.OTHER, truth_formula="2*x**2 - c", true=(("c", 5.0),))


def numbers(recipe, model=None):
    split = make_samples(recipe, model)
    return split.all.x.tolist(), split.all.y.tolist(), split.tested.tolist()


# -- the true curve --------------------------------------------------------------------------


def test_the_true_curve_is_the_models_own_with_its_true_values():
    model = Model(formula="a*sin(b*x) + d")
    data = Data(true=(("b", 3.0), ("a", 2.0)))
    samples = make_samples(data, model).all
    np.testing.assert_allclose(samples.truth, 2 * np.sin(3 * samples.x) + 1, rtol=1e-15)
    assert true_values(data, model.expression) == (("a", 2.0), ("b", 3.0), ("d", 1.0))


@pytest.mark.parametrize("model", [Model(), Model(ModelKind.NETWORK)], ids=["formula", "network"])
def test_the_true_curve_can_have_a_formula_that_the_model_has_not(model):
    samples = make_samples(OTHER, model).all
    np.testing.assert_allclose(samples.y, 2 * samples.x**2 - 5, rtol=1e-15)


def test_a_network_has_no_curve_of_its_own_so_the_other_formula_counts():
    samples = make_samples(Data(), Model(ModelKind.NETWORK)).all
    np.testing.assert_allclose(samples.y, np.sin(samples.x), rtol=1e-15)


def test_a_constant_is_a_curve_too():
    samples = make_samples(Data(truth=Truth.OTHER, truth_formula="7", samples=3)).all
    assert samples.truth.tolist() == [7.0, 7.0, 7.0]


def test_points_have_no_true_curve_and_keep_their_order():
    samples = make_samples(OWN_POINTS).all
    assert true_curve(OWN_POINTS, Model().expression) is None
    assert samples.x.tolist() == [3.0, -1.0, 2.0]
    assert samples.y.tolist() == [1.0, 2.0, 3.0]
    assert np.isnan(samples.truth).all()


def test_the_samples_of_a_recipe_can_be_had_as_points():
    recipe = replace(MANY, samples=5, noise=1.0)
    points, samples = as_points(recipe, Model()), make_samples(recipe).all
    own = make_samples(Data(source=DataSource.POINTS, points=points)).all
    assert (own.x.tolist(), own.y.tolist()) == (samples.x.tolist(), samples.y.tolist())


# -- along x ---------------------------------------------------------------------------------


def test_uniform_places_are_spread_evenly_over_the_range_and_no_further():
    x = make_samples(replace(MANY, spacing=Spacing.RANDOM, x_from=2.0, x_to=6.0)).all.x
    assert (np.diff(x) >= 0).all()
    assert 2 <= x[0] < 2.01
    assert 5.99 < x[-1] <= 6
    shares = np.histogram(x, 8, (2, 6))[0] / len(x)
    assert shares == pytest.approx([1 / 8] * 8, abs=0.01)


def test_normal_places_lie_around_the_middle_95_percent_of_them_within_the_range():
    x = make_samples(replace(MANY, spacing=Spacing.NORMAL, x_from=2.0, x_to=6.0)).all.x
    assert (np.diff(x) >= 0).all()
    assert x.mean() == pytest.approx(4, abs=0.03)
    assert x.std() == pytest.approx(1, abs=0.03)
    assert np.mean((x >= 2) & (x <= 6)) == pytest.approx(0.9545, abs=0.01)


@pytest.mark.parametrize("spacing", [Spacing.RANDOM, Spacing.NORMAL])
def test_the_seed_decides_on_the_places_and_the_noise_does_not(spacing):
    recipe = replace(MANY, samples=9, spacing=spacing)
    x, _, _ = numbers(recipe)
    make_samples.cache_clear()
    assert numbers(recipe)[0] == numbers(replace(recipe, noise=5.0))[0] == x
    assert numbers(replace(recipe, noise_seed=4))[0] != x


# -- noise -----------------------------------------------------------------------------------


def test_uniform_noise_has_the_chosen_deviation_and_a_bound():
    y = make_samples(replace(MANY, noise_kind=NoiseKind.UNIFORM, noise=2.0)).all.y
    bound = 2 * 3**0.5
    assert y.mean() == pytest.approx(0, abs=0.05)
    assert y.std() == pytest.approx(2, rel=0.01)
    assert 0.999 * bound < np.abs(y).max() <= bound
    assert np.histogram(y, 4, (-bound, bound))[0] / len(y) == pytest.approx([0.25] * 4, abs=0.01)


def test_outliers_are_so_many_and_so_far_beside_normal_noise():
    normal = make_samples(replace(MANY, noise=2.0)).all.y
    outliers = replace(MANY, noise_kind=NoiseKind.OUTLIERS, noise=2.0, outliers=0.05)
    departures = make_samples(replace(outliers, outlier_size=-40.0)).all.y - normal
    assert np.count_nonzero(departures) == 1000
    assert departures[departures != 0] == pytest.approx(np.full(1000, -40.0), rel=1e-12)


def test_without_other_noise_there_are_outliers_all_the_same():
    y = make_samples(Data(true=FLAT, noise_kind=NoiseKind.OUTLIERS)).all.y
    assert sorted(y.tolist()) == [0.0] * 37 + [30.0] * 4


@pytest.mark.parametrize("kind", [NoiseKind.UNIFORM, NoiseKind.OUTLIERS])
def test_the_seed_decides_on_the_noise(kind):
    recipe = replace(MANY, samples=50, noise=1.0, noise_kind=kind)
    _, y, _ = numbers(recipe)
    make_samples.cache_clear()
    assert numbers(recipe)[1] == y
    assert numbers(replace(recipe, noise_seed=4))[1] != y


# -- samples that are kept for testing -------------------------------------------------------


def test_without_a_test_share_all_is_trained_on():
    split = make_samples(Data())
    assert split.train is split.all
    assert len(split.test) == 0


@pytest.mark.parametrize(
    ("share", "count", "kept"),
    [(0.25, 40, 10), (0.9, 41, 37), (0.9, 1, 0), (0.9, 2, 1), (0.01, 9, 0)],
)
def test_a_share_is_kept_for_testing_and_one_sample_at_least_is_trained_on(share, count, kept):
    split = make_samples(Data(samples=count, test_share=share))
    assert len(split.test) == kept
    assert len(split.train) == count - kept


@pytest.mark.parametrize("recipe", [Data(noise=1.0), OWN_POINTS], ids=["recipe", "points"])
def test_training_and_test_samples_are_all_samples_in_their_order(recipe):
    split = make_samples(replace(recipe, test_share=0.4))
    for name in ("x", "y", "truth"):
        whole = getattr(split.all, name)
        np.testing.assert_array_equal(getattr(split.train, name), whole[~split.tested])
        np.testing.assert_array_equal(getattr(split.test, name), whole[split.tested])


def test_the_seed_decides_on_the_test_samples_which_are_drawn_from_everywhere():
    recipe = replace(MANY, noise=1.0, test_share=0.3)
    tested = make_samples(recipe).tested
    make_samples.cache_clear()
    assert make_samples(recipe).tested.tolist() == tested.tolist()
    assert make_samples(replace(recipe, noise_seed=4)).tested.tolist() != tested.tolist()
    shares = tested.reshape(10, -1).mean(axis=1)
    assert shares == pytest.approx([0.3] * 10, abs=0.04)


def test_the_test_samples_change_neither_places_nor_noise():
    recipe = replace(MANY, samples=30, spacing=Spacing.RANDOM, noise=1.0)
    assert numbers(replace(recipe, test_share=0.5))[:2] == numbers(recipe)[:2]


def test_only_what_is_trained_on_counts_in_the_experiments_problem():
    problem = Experiment(Data(test_share=0.5)).problem
    assert len(make_samples(problem.data, problem.model).train) == 21
