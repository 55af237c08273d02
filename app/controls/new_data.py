"""Other data of the same kind: a true curve with other values, and other noise."""

from __future__ import annotations

import random
from dataclasses import replace

from app.study.experiment import Experiment
from app.study.recipe import DataSource, NoiseKind, Spacing

LARGEST = 3.0
"""True values are drawn from so far on either side of 0, in steps of 0.01."""

SEEDS = 10_000
"""So many different seeds are drawn, all short enough to be read."""

TRIES = 30
"""How often values are drawn whose curve has numbers that are not finite."""


def is_line(experiment: Experiment) -> bool:
    """Return whether the true curve has the notebook's parameters."""
    return sorted(experiment.true_names) == ["c", "m"]


def can_draw(experiment: Experiment) -> bool:
    """Return whether there is anything in the data that can be drawn anew."""
    recipe = experiment.data.source is DataSource.RECIPE
    return recipe and (bool(experiment.true_names) or _is_random(experiment))


def draw_anew(experiment: Experiment, generator: random.Random) -> Experiment:
    """Return the experiment with other data; the line's are drawn as the notebook does."""
    # Imported here: NumPy comes with it, and the window is painted before that is loaded.
    from app.study.data import draw_line

    if is_line(experiment):
        slope, intercept = draw_line(generator)
        drawn = experiment.with_value("true.m", float(slope))
        return drawn.with_value("true.c", float(intercept))
    for _ in range(TRIES):
        drawn = _drawn(experiment, generator)
        if _is_finite(drawn):
            break
    return drawn


def _drawn(experiment: Experiment, generator: random.Random) -> Experiment:
    true = dict(experiment.data.true)
    steps = round(100 * LARGEST)
    for name in experiment.true_names:
        true[name] = generator.randint(1, steps) / 100 * generator.choice((-1, 1))
    data = replace(experiment.data, true=tuple(true.items()))
    if _is_random(experiment):
        data = replace(data, noise_seed=generator.randrange(SEEDS))
    return replace(experiment, data=data)


def _is_random(experiment: Experiment) -> bool:
    """Return whether a seed decides on the samples."""
    data = experiment.data
    noisy = data.noise > 0 or data.noise_kind is NoiseKind.OUTLIERS
    return noisy or data.spacing is not Spacing.EVEN


def _is_finite(experiment: Experiment) -> bool:
    """Return whether all samples are finite: log(a*x) has none where a is negative."""
    import numpy as np

    from app.study.data import make_samples

    return bool(np.isfinite(make_samples(experiment.data, experiment.model).all.y).all())
