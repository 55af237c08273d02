"""Where the parameters start: given values or random ones, and which of them are frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from app.study.setting import (
    SEED_LIMIT,
    Choice,
    Flag,
    Named,
    Number,
    Setting,
    SettingError,
    declare,
    settings_of,
    show,
)


class Source(Enum):
    """Where a parameter's value before the first epoch comes from."""

    VALUE = "value"
    UNIFORM = "uniform"
    NORMAL = "normal"

    @property
    def label(self) -> str:
        """The choice as a control names it."""
        return {
            Source.VALUE: "given value",
            Source.UNIFORM: "random, uniform",
            Source.NORMAL: "random, normal",
        }[self]


def _number(label: str, text: str, minimum: float = -1e9) -> Number:
    return Number(label=label, help=text, minimum=minimum, maximum=1e9)


@dataclass(frozen=True, slots=True)
class Start:
    """Where one parameter starts, and whether it stays there."""

    source: Source = declare(
        Source.UNIFORM,
        Choice(
            label="Start from",
            help="A given value, or a random number that the seed decides on.",
            options=Source,
        ),
    )
    value: float = declare(0.0, _number("Initial", "The value that training starts from."))
    low: float = declare(0.0, _number("From", "The smallest value that can be drawn."))
    high: float = declare(1.0, _number("To", "No value as large as this is drawn."))
    mean: float = declare(0.0, _number("Mean", "The mean of the values that can be drawn."))
    deviation: float = declare(
        1.0, _number("Deviation", "The standard deviation of what is drawn.", 0.0)
    )
    frozen: bool = declare(
        False,
        Flag(label="Frozen", help="Whether it keeps its value: no gradient is taken."),
    )

    @property
    def text(self) -> str:
        """The start in a few characters: "0.5", "0 … 1" or "0 ± 1"."""
        return {
            Source.VALUE: show(self.value),
            Source.UNIFORM: f"{show(self.low)} … {show(self.high)}",
            Source.NORMAL: f"{show(self.mean)} ± {show(self.deviation)}",
        }[self.source]


def given(value: float, *, frozen: bool = False) -> Start:
    """Return the start from a given value."""
    return Start(Source.VALUE, value, frozen=frozen)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSetting(Setting):
    """A setting that is a parameter's start; a number stands for a given value."""

    def check(self, value: Any) -> Start:
        """Return the start, or raise SettingError."""
        if isinstance(value, Start):
            plain = {name: getattr(value, name) for name in settings_of(Start)}
        elif isinstance(value, Mapping):
            plain = dict(value)
        else:
            plain = {"source": Source.VALUE, "value": value}
        settings = settings_of(Start)
        if unknown := sorted(set(plain) - set(settings)):
            raise SettingError(
                f"{self.label} has no setting “{unknown[0]}”; it has {', '.join(settings)}."
            )
        start = Start(**{name: self._check(name, entry) for name, entry in plain.items()})
        if start.source is Source.UNIFORM and not start.low < start.high:
            raise SettingError(
                f"{self.label} is drawn from an empty range: from {show(start.low)} to "
                f"{show(start.high)}. The first must be smaller."
            )
        return start

    def _check(self, name: str, entry: Any) -> Any:
        """Return one of the start's settings, or raise SettingError, which names the parameter."""
        setting = settings_of(Start)[name]
        label = self.label if name == "value" else f"{self.label}: {setting.label}"
        return replace(setting, label=label).check(entry)

    def plain(self, value: Start) -> Any:
        """Return what differs from the default; of a given value that is not frozen, the value."""
        if value == given(value.value):
            return value.value
        default = Start()
        return {
            name: setting.plain(entry)
            for name, setting in settings_of(Start).items()
            if (entry := getattr(value, name)) != getattr(default, name)
        }


@dataclass(frozen=True, slots=True)
class Initial:
    """The parameters before the first epoch."""

    starts: tuple[tuple[str, Start], ...] = declare(
        (("m", given(0.764340511813275)), ("c", given(0.2950141610814745))),
        Named(
            label="Initial values",
            help="Where each parameter starts; one that is not named is drawn at random.",
            each=StartSetting(label="Initial", help="Where a parameter starts."),
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
