"""The samples that a recipe makes, for training and for testing."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from app.study.architecture import Model
from app.study.formula.build import value
from app.study.points import Points
from app.study.recipe import Data, DataSource, NoiseKind, Spacing, true_curve, true_values

Column = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Some of an experiment's data, each of shape (samples,).

    Attributes:
        x, y: the points.
        truth: the true curve at ``x``; nan where none is known.
    """

    x: Column
    y: Column
    truth: Column

    def __len__(self) -> int:
        return len(self.x)

    def chosen(self, which: npt.NDArray[np.generic]) -> Samples:
        """Return some of the samples, by a mask or by their numbers."""
        return Samples(self.x[which], self.y[which], self.truth[which])


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """An experiment's data.

    Attributes:
        all: all samples, as they were made or given.
        tested: which of them are kept for testing, of shape (samples,).
    """

    all: Samples
    tested: npt.NDArray[np.bool_]

    @property
    def train(self) -> Samples:
        """The samples that are trained on."""
        return self.all.chosen(~self.tested) if self.tested.any() else self.all

    @property
    def test(self) -> Samples:
        """The samples that are not."""
        return self.all.chosen(self.tested)


@lru_cache(maxsize=4)
def make_samples(recipe: Data, model: Model | None = None) -> Split:
    """Return the samples of a recipe; what was made last is kept.

    Args:
        recipe: what to make.
        model: whose formula is the true curve's, if the recipe says so.
    """
    everything = _points(recipe) or _drawn(recipe, Model() if model is None else model)
    return Split(everything, _tested(recipe, len(everything)))


def _points(recipe: Data) -> Samples | None:
    """Return a person's own points, if the data are such."""
    if recipe.source is not DataSource.POINTS or recipe.points is None:
        return None
    points = recipe.points
    return Samples(points.x, points.y, np.full(len(points), np.nan))


def _drawn(recipe: Data, model: Model) -> Samples:
    """Return samples of the true curve, with noise."""
    x = _places(recipe)
    formula = true_curve(recipe, model.expression)
    if formula is None:
        return Samples(x, np.full_like(x, np.nan), np.full_like(x, np.nan))
    truth = value(formula, {**dict(true_values(recipe, formula)), "x": x})
    return Samples(x, truth + _noise(recipe) if _is_noisy(recipe) else truth, truth)


def _places(recipe: Data) -> Column:
    """Return every sample's x, from left to right."""
    if recipe.spacing is Spacing.EVEN:
        return np.linspace(recipe.x_from, recipe.x_to, recipe.samples)
    generator = np.random.default_rng([recipe.noise_seed, 1])
    if recipe.spacing is Spacing.RANDOM:
        return np.sort(generator.uniform(recipe.x_from, recipe.x_to, recipe.samples))
    middle, width = (recipe.x_from + recipe.x_to) / 2, recipe.x_to - recipe.x_from
    return np.sort(generator.normal(middle, width / 4, recipe.samples))


def _is_noisy(recipe: Data) -> bool:
    return recipe.noise > 0 or recipe.noise_kind is NoiseKind.OUTLIERS


def _noise(recipe: Data) -> Column:
    """Return what every sample's y departs from the true curve."""
    generator = np.random.default_rng(recipe.noise_seed)
    if recipe.noise_kind is NoiseKind.UNIFORM:  # of deviation σ
        bound = np.sqrt(3.0) * recipe.noise
        return generator.uniform(-bound, bound, recipe.samples)
    noise: Column = recipe.noise * generator.standard_normal(recipe.samples)
    if recipe.noise_kind is NoiseKind.OUTLIERS:
        count = round(recipe.outliers * recipe.samples)
        far = generator.choice(recipe.samples, count, replace=False)
        noise[far] += recipe.outlier_size
    return noise


def _tested(recipe: Data, count: int) -> npt.NDArray[np.bool_]:
    """Return which samples are kept for testing; one at least stays for training."""
    tested = np.zeros(count, dtype=bool)
    kept = min(round(recipe.test_share * count), count - 1)
    if kept:
        generator = np.random.default_rng([recipe.noise_seed, 2])
        tested[generator.choice(count, kept, replace=False)] = True
    return tested


def as_points(recipe: Data, model: Model) -> Points:
    """Return all samples of a recipe as points of a person's own."""
    samples = make_samples(recipe, model).all
    return Points(samples.x, samples.y)


def draw_line(generator: random.Random) -> tuple[int, int]:
    """Return a whole slope in −10…10 and intercept in −20…20, drawn as the notebook does."""
    return generator.randint(-10, 10), generator.randint(-20, 20)
