"""The runs of a race: their names, and the settings that each is trained with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from app.study.difference import in_short
from app.study.hyperparameters import Optimizer, Training
from app.study.setting import SettingError
from app.training.sweep_axis import RATE_SETTING, SETTINGS

FEWEST = 2
"""Runs of a race."""

USUAL = 0.01
"""The learning rate that adaptive optimizers are usually given."""

Entrant = tuple[str, Training]


def suited_rate(optimizer: Optimizer, training: Training) -> float:
    """Return the learning rate with which an optimizer steps about as far as the present one.

    A velocity adds up 1 / (1 − β) steps, so it is given that much shorter ones. An adaptive
    optimizer's steps do not grow with the gradients; among themselves they take the same
    rate, and beside others the usual one.
    """
    if optimizer is training.optimizer:
        return training.learning_rate
    present, wanted = _kept(training.optimizer, training), _kept(optimizer, training)
    if present is None:
        return training.learning_rate if wanted is None else USUAL * wanted
    if wanted is None:
        return USUAL
    return float(f"{training.learning_rate * wanted / present:.2e}")


def _kept(optimizer: Optimizer, training: Training) -> float | None:
    """Return the share of the step that is this epoch's own; None if it is adaptive."""
    match optimizer:
        case Optimizer.GRADIENT_DESCENT:
            return 1.0
        case Optimizer.MOMENTUM | Optimizer.NESTEROV:
            return 1.0 - training.momentum
        case _:
            return None


def of_optimizers(
    training: Training, optimizers: Iterable[Optimizer], *, suited: bool
) -> list[Entrant]:
    """Return a run for each optimizer, with the present learning rate or one that suits it."""
    return [
        (
            in_short(SETTINGS["optimizer"], each),
            replace(
                training,
                optimizer=each,
                learning_rate=suited_rate(each, training) if suited else training.learning_rate,
            ),
        )
        for each in optimizers
    ]


def of_rates(training: Training, rates: Iterable[float]) -> list[Entrant]:
    """Return a run for each learning rate."""
    return [(in_short(RATE_SETTING, rate), replace(training, learning_rate=rate)) for rate in rates]


def read_rates(text: str) -> tuple[float, ...]:
    """Return the learning rates in a text, each once; spaces or commas part them.

    Raises:
        SettingError: one of them is none.
    """
    words = re.split(r"[\s,;]+", text)
    return tuple(dict.fromkeys(RATE_SETTING.parse(word) for word in words if word))


def check(entrants: int, room: int) -> None:
    """Raise SettingError, with a sentence, if there are too few runs or too many.

    Raises:
        SettingError: there are.
    """
    if room < FEWEST:
        raise SettingError(
            f"The list has room for {room} more runs, and a race needs {FEWEST}. Delete some "
            "that are not needed any more."
        )
    if entrants < FEWEST:
        raise SettingError(f"A race needs {FEWEST} runs or more; this one would have {entrants}.")
    if entrants > room:
        raise SettingError(
            f"These would be {entrants} runs, and the list has room for {room} more. "
            "Delete some that are not needed any more, or race fewer."
        )
