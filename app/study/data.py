"""The samples that a recipe makes, and the parameters that an experiment starts from."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.study.experiment import Data, Initial, InitialParameters

Column = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Samples:
    """An experiment's data: ``x``, ``y`` and the true line at ``x``, each of shape (samples,)."""

    x: Column
    y: Column
    truth: Column

    def __len__(self) -> int:
        return len(self.x)


def make_samples(recipe: Data) -> Samples:
    """Return the samples of a recipe: x evenly spaced, y = M·x + C + σ·(a standard normal)."""
    x = np.linspace(recipe.x_from, recipe.x_to, recipe.samples)
    truth = recipe.slope * x + recipe.intercept
    noise = np.random.default_rng(recipe.noise_seed).standard_normal(recipe.samples)
    return Samples(x, truth + recipe.noise * noise if recipe.noise else truth, truth)


def initial_parameters(initial: Initial) -> tuple[float, float]:
    """Return m and c before the first epoch; random ones are uniform in [0, 1), m drawn first."""
    if initial.source is InitialParameters.VALUES:
        return initial.m, initial.c
    generator = random.Random(initial.seed)  # noqa: S311  the notebook's own generator
    return generator.random(), generator.random()


def draw_line(generator: random.Random) -> tuple[int, int]:
    """Return a whole slope in −10…10 and intercept in −20…20, drawn as the notebook does."""
    return generator.randint(-10, 10), generator.randint(-20, 20)
