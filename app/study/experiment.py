"""An experiment: the recipe of its data, its initial parameters, its training settings.

It is frozen data; every picture is a function of an experiment and a place in its history.
The defaults are the notebook's own run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from app.study.hyperparameters import Training, training_applies
from app.study.setting import (
    SEED_LIMIT,
    Choice,
    Number,
    SettingError,
    declare,
    settings_of,
    show,
)


class InitialParameters(Enum):
    """Where the parameters start."""

    VALUES = "values"
    RANDOM = "random"

    @property
    def label(self) -> str:
        """The choice as a control names it."""
        return {
            InitialParameters.VALUES: "given values",
            InitialParameters.RANDOM: "random in 0…1",
        }[self]


@dataclass(frozen=True, slots=True)
class Data:
    """The recipe of the data: points on a line, with noise."""

    slope: float = declare(
        2.0,
        Number(
            label="True slope M",
            help="The slope of the line that the data come from; training does not see it.",
            minimum=-1e6,
            maximum=1e6,
        ),
    )
    intercept: float = declare(
        -9.0,
        Number(
            label="True intercept C",
            help="Where the line that the data come from crosses x = 0.",
            minimum=-1e6,
            maximum=1e6,
        ),
    )
    x_from: float = declare(
        -20.0,
        Number(label="x from", help="The first sample's x.", minimum=-1e6, maximum=1e6),
    )
    x_to: float = declare(
        20.0,
        Number(label="x to", help="The last sample's x.", minimum=-1e6, maximum=1e6),
    )
    samples: int = declare(
        41,
        Number(
            label="Samples",
            help="How many points, evenly spaced in x. Every sample adds eight nodes to the graph.",
            minimum=1,
            maximum=100_000,
            whole=True,
        ),
    )
    noise: float = declare(
        0.0,
        Number(
            label="Noise σ",
            help="The standard deviation of the normal noise added to every y; 0 for none.",
            minimum=0,
            maximum=1e6,
        ),
    )
    noise_seed: int = declare(
        0,
        Number(
            label="Noise seed",
            help="The same seed draws the same noise.",
            minimum=0,
            maximum=SEED_LIMIT,
            whole=True,
        ),
    )


@dataclass(frozen=True, slots=True)
class Initial:
    """The parameters before the first epoch."""

    source: InitialParameters = declare(
        InitialParameters.VALUES,
        Choice(
            label="Start from",
            help="Given values, or uniformly random numbers as the notebook draws them.",
            options=InitialParameters,
        ),
    )
    m: float = declare(
        0.764340511813275,
        Number(
            label="Initial m",
            help="The slope that training starts from.",
            minimum=-1e9,
            maximum=1e9,
        ),
    )
    c: float = declare(
        0.2950141610814745,
        Number(
            label="Initial c",
            help="The intercept that training starts from.",
            minimum=-1e9,
            maximum=1e9,
        ),
    )
    seed: int = declare(
        0,
        Number(
            label="Initial seed",
            help="The same seed draws the same initial parameters.",
            minimum=0,
            maximum=SEED_LIMIT,
            whole=True,
        ),
    )


@dataclass(frozen=True, slots=True)
class Experiment:
    """All that determines a run: the same experiment gives the same history."""

    data: Data = field(default_factory=Data)
    initial: Initial = field(default_factory=Initial)
    training: Training = field(default_factory=Training)

    def groups(self) -> Iterator[tuple[str, Data | Initial | Training]]:
        """Yield the parts by name, as files and the controls show them."""
        yield "data", self.data
        yield "initial", self.initial
        yield "training", self.training

    def with_value(self, name: str, value: Any) -> Experiment:
        """Return this experiment with one setting changed, by its field's name."""
        for group_name, group in self.groups():
            if name in settings_of(group):
                parts: dict[str, Any] = {group_name: _replace(group, {name: value})}
                return replace(self, **parts)
        raise KeyError(name)

    def value(self, name: str) -> Any:
        """Return the value of a setting by its field's name."""
        for _, group in self.groups():
            if name in settings_of(group):
                return getattr(group, name)
        raise KeyError(name)

    def starts_anew(self, other: Experiment) -> bool:
        """Whether going on with ``other`` needs a new run: its data or its start differ."""
        return self.data != other.data or self.initial != other.initial

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return the experiment as plain data, for a file."""
        return {
            group_name: {
                name: value.value if isinstance(value := getattr(group, name), Enum) else value
                for name in settings_of(group)
            }
            for group_name, group in self.groups()
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Experiment:
        """Return the experiment in plain data; what is left out has its default.

        Raises:
            SettingError: an unknown name, or a value that its setting cannot take.
        """
        groups: dict[str, Any] = {}
        known = [name for name, _ in cls().groups()]
        if unknown := sorted(set(plain) - {*known, "title", "about"}):
            raise SettingError(
                f"there is no group of settings “{unknown[0]}”; there are {', '.join(known)}."
            )
        for group_name, group in cls().groups():
            given = plain.get(group_name, {})
            if not isinstance(given, Mapping):
                raise SettingError(f"“{group_name}” must be a table of settings.")
            settings = settings_of(group)
            if unknown := sorted(set(given) - set(settings)):
                raise SettingError(
                    f"“{group_name}” has no setting “{unknown[0]}”; it has {', '.join(settings)}."
                )
            checked = {name: settings[name].check(value) for name, value in given.items()}
            groups[group_name] = _replace(group, checked)
        experiment = cls(**groups)
        check(experiment)
        return experiment


def _replace(group: Any, values: Mapping[str, Any]) -> Any:
    return replace(group, **values)


def check(experiment: Experiment) -> None:
    """Raise SettingError, with a sentence, if the experiment cannot be run.

    Raises:
        SettingError: a setting is out of its range, or settings contradict each other.
    """
    for _, group in experiment.groups():
        for name, setting in settings_of(group).items():
            setting.check(getattr(group, name))
    data = experiment.data
    if data.x_from >= data.x_to:
        raise SettingError(
            f"The range of x is empty: from {show(data.x_from)} to {show(data.x_to)}. "
            f"“x from” must be smaller than “x to”."
        )


def applies(experiment: Experiment) -> dict[str, bool]:
    """Return, for each setting that may have no effect, whether it has one with the others."""
    given = experiment.initial.source is InitialParameters.VALUES
    training = experiment.training
    return {
        "noise_seed": experiment.data.noise > 0,
        "m": given,
        "c": given,
        "seed": not given,
        **training_applies(training),
    }
