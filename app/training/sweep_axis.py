"""What a sweep can put on an axis: settings of training, and values for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise
from typing import Any

import numpy as np

from app.study.hyperparameters import Optimizer, Schedule, Training, training_applies
from app.study.setting import Number, Setting, SettingError, settings_of, show
from autograd.digits import digits

RATE = "learning_rate"

RATE_SETTING: Any = settings_of(Training)[RATE]

SETTINGS: dict[str, Setting] = {
    name: setting for name, setting in settings_of(Training).items() if name != RATE
}
"""The settings that can be swept together with the learning rate, by their fields' names."""

_PRESUPPOSED: dict[str, tuple[str, Any]] = {
    "momentum": ("optimizer", Optimizer.MOMENTUM),
    "decay": ("optimizer", Optimizer.RMSPROP),
    "decay1": ("optimizer", Optimizer.ADAM),
    "decay2": ("optimizer", Optimizer.ADAM),
    "step_every": ("schedule", Schedule.STEP),
    "step_factor": ("schedule", Schedule.STEP),
    "clip_by": ("clipping", True),
    "clip_bound": ("clipping", True),
    "batch_size": ("batches", True),
    "batch_seed": ("batches", True),
}
"""What each setting that may have no effect has one with."""


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers between two ends.

    Attributes:
        low, high: the ends.
        count: how many numbers there are, the ends among them.
        log: whether each is the same factor larger than the one before, not the same amount.
    """

    low: float
    high: float
    count: int
    log: bool

    def values(self, number: Number) -> tuple[float, ...]:
        """Return values of a setting, rising; whole ones may be fewer, as none comes twice.

        A single one is the low end.

        Between the ends they are rounded to as few digits as tell them apart, three at least,
        so that what is shown is what is used.

        Raises:
            SettingError: there is nothing between the ends, or no logarithm of them.
        """
        low, high = number.check(self.low), number.check(self.high)
        if self.count == 1:
            return (low,)
        if low >= high:
            raise SettingError(
                f"{number.label}: “from” must be smaller than “to”; "
                f"they are {show(low)} and {show(high)}."
            )
        if self.log and low <= 0:
            raise SettingError(
                f"{number.label}: logarithmic spacing must begin above 0, not at {show(low)}."
            )
        spaced = (np.geomspace if self.log else np.linspace)(low, high, self.count).tolist()
        if number.whole:
            return tuple(sorted({low, *map(round, spaced[1:-1]), high}))
        for significant in range(2, 17):
            inner = [float(f"{value:.{significant}e}") for value in spaced[1:-1]]
            values = (low, *inner, high)
            if all(one < next_ for one, next_ in pairwise(values)):
                return values
        return tuple(sorted({low, *spaced[1:-1], high}))


_SUGGESTED: dict[str, Callable[[Training], Range]] = {
    "momentum": lambda _: Range(0.0, 0.9, 10, log=False),
    "decay": lambda _: Range(0.9, 0.99, 10, log=False),
    "decay1": lambda _: Range(0.0, 0.9, 10, log=False),
    "decay2": lambda _: Range(0.99, 0.999, 10, log=False),
    "step_every": lambda _: Range(100, 1000, 10, log=False),
    "step_factor": lambda _: Range(0.1, 1.0, 10, log=False),
    "epochs": lambda now: Range(max(1, now.epochs // 10), max(2, now.epochs), 10, log=False),
    "clip_bound": lambda _: Range(0.1, 100.0, 10, log=True),
    "batch_size": lambda _: Range(1, 32, 6, log=True),
    "batch_seed": lambda _: Range(0, 9, 10, log=False),
}


def suggested(name: str, training: Training) -> Range:
    """Return a range to begin with for a setting that is a number."""
    return _SUGGESTED[name](training)


def suggested_rates(training: Training) -> Range:
    """Return a range of learning rates around the present one, which is among them."""
    rate = training.learning_rate
    low, high = (float(f"{rate * factor:.2e}") for factor in (0.01, 100.0))
    return Range(max(low, 1e-300), min(high, RATE_SETTING.maximum), 13, log=True)


def with_value(training: Training, name: str, value: Any) -> Training:
    """Return settings with one of them changed, and with what it has no effect without.

    Raises:
        SettingError: it cannot take the value.
    """
    changes = {name: SETTINGS[name].check(value)}
    if not training_applies(training).get(name, True):
        needed, needs = _PRESUPPOSED[name]
        changes[needed] = needs
    return replace(training, **changes)


def presupposed(training: Training, name: str) -> str:
    """Return a sentence on what :func:`with_value` changes besides; "" if there is nothing."""
    if training_applies(training).get(name, True):
        return ""
    needed, needs = _PRESUPPOSED[name]
    return (
        f"All runs have “{SETTINGS[needed].label}: {shown(needs)}”; "
        f"without it, “{SETTINGS[name].label}” has no effect."
    )


def shown(value: Any) -> str:
    """Return a setting's value as it is shown: an option's name, on or off, a number."""
    match value:
        case Enum():
            return str(getattr(value, "label", value.value))
        case bool():
            return "on" if value else "off"
        case _:
            return digits(value, 12)
