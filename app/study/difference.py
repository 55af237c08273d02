"""What differs between experiments: as the columns of a table, and as the short name of a run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from app.study.experiment import Experiment, applies
from app.study.hyperparameters import Optimizer
from app.study.setting import Choice, Named, Setting, settings_of, show
from app.study.start import Start

NO_EFFECT = "–"
"""What stands for the value of a setting that has no effect with the others."""

MOST_NAMED = 3
"""Differences that a run is named after at most."""

_Key = tuple[int, int, str]
"""Which setting: the place of its group, its own place in it, and the parameter, if it has one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that is not the same in all of some experiments.

    Attributes:
        label: what its control is labelled with.
        help: what it means.
        values: its value in each experiment, as its control shows it; "–" where it has no
            effect.
        ranks: numbers in whose order the values are sorted; inf where it has no effect.
    """

    label: str
    help: str
    values: tuple[str, ...]
    ranks: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A setting of an experiment, its value, and whether that has an effect."""

    setting: Setting
    value: Any
    effective: bool


def differences(experiments: Sequence[Experiment]) -> list[Difference]:
    """Return the settings that differ, in the order of the controls.

    One that has no effect in some of the experiments differs if it does among the others.
    """
    rows = [
        {key: entry for key, entry in _entries(experiment) if entry.effective}
        for experiment in experiments
    ]
    settings = {key: entry.setting for row in rows for key, entry in row.items()}
    found = []
    for key in sorted(settings, key=lambda key: key[:2]):
        values = [row[key].value for row in rows if key in row]
        if any(value != values[0] for value in values[1:]):
            cells = [row[key].value if key in row else _NOTHING for row in rows]
            found.append(
                Difference(
                    title_of(settings[key]),
                    settings[key].help,
                    tuple(NO_EFFECT if each is _NOTHING else in_words(each) for each in cells),
                    _ranks(cells),
                )
            )
    return found


def named_after(base: Experiment, other: Experiment) -> str:
    """Return a short name of a run by what differs from another's: "Adam", "learning rate 0.1".

    It is "" if nothing differs that has an effect.
    """
    before = dict(_entries(base))
    parts = [
        in_short(entry.setting, entry.value)
        for key, entry in _entries(other)
        if entry.effective and key in before and before[key].value != entry.value
    ]
    if len(parts) > MOST_NAMED:
        parts[MOST_NAMED - 1 :] = [f"{len(parts) - MOST_NAMED + 1} more"]
    return ", ".join(parts)


def in_short(setting: Setting, value: Any) -> str:
    """Return a setting with its value, as in a name: "learning rate 0.1"; an optimizer alone."""
    if isinstance(setting, Choice) and setting.options is Optimizer:
        return in_words(value)
    title = title_of(setting)
    if title[1:2].islower() or title[1:2] == "-":
        title = title[0].lower() + title[1:]
    return f"{title} {in_words(value)}"


def in_words(value: Any) -> str:
    """Return a setting's value as its control shows it."""
    match value:
        case bool():
            return "on" if value else "off"
        case Enum():
            return str(getattr(value, "label", value.value))
        case int() | float():
            return show(value)
        case Start():
            return f"{value.text}, frozen" if value.frozen else value.text
        case str():
            return value
        case None:
            return "none"
        case _:
            return f"{len(value):,} points"


def title_of(setting: Setting) -> str:
    """Return a setting's label as the title of a column: "ŷ" for "ŷ ="."""
    return setting.label.removesuffix("=").rstrip()


def _entries(experiment: Experiment) -> Iterator[tuple[_Key, _Entry]]:
    """Yield all settings; of those that hold one for each parameter, each parameter's."""
    effective = applies(experiment)
    for place, (_, group) in enumerate(experiment.groups()):
        for index, (name, setting) in enumerate(settings_of(group).items()):
            applied = effective.get(name, True)
            if not isinstance(setting, Named):
                yield (place, index, ""), _Entry(setting, getattr(group, name), applied)
                continue
            for parameter, value in _by_parameter(experiment, name):
                of_one = replace(setting.each, label=f"{setting.each.label} {parameter}")
                yield (place, index, parameter), _Entry(of_one, value, applied)


def _by_parameter(experiment: Experiment, name: str) -> Iterator[tuple[str, Any]]:
    """Yield the names of the parameters that a setting is about, and what it is for each."""
    if name == "starts":
        yield from experiment.starts().items()
    else:
        yield from ((each, experiment.value(f"{name}.{each}")) for each in experiment.true_names)


_NOTHING = object()


def _ranks(values: Sequence[Any]) -> tuple[float, ...]:
    """Return numbers in whose order values of a setting are sorted; numbers are their own."""
    words = sorted({in_words(value) for value in values if value is not _NOTHING})
    ranks = []
    for value in values:
        match value:
            case Enum():
                ranks.append(float(list(type(value)).index(value)))
            case int() | float():
                ranks.append(float(value))
            case _ if value is _NOTHING:
                ranks.append(math.inf)
            case _:
                ranks.append(float(words.index(in_words(value))))
    return tuple(ranks)
