"""What a setting is called, what it means and which values it takes, declared once.

The fields of an experiment carry such a declaration. Validation, the controls that edit
them and the files that hold them all read it, so that a new setting is one line.
"""

from __future__ import annotations

import dataclasses
import re
import reprlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

SEED_LIMIT = 2**32 - 1
"""The largest seed of a random generator."""

LONGEST = 60
"""Characters of a wrong value that a sentence repeats."""


class SettingError(ValueError):
    """A value that a setting cannot take; the text is a sentence for the person who gave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all settings have in common.

    Attributes:
        label: what the control is labelled with.
        help: what it means, in plain words.
    """

    label: str
    help: str

    def check(self, value: Any) -> Any:
        """Return the value, also one in plain data, as the setting holds it.

        Raises:
            SettingError: the setting cannot take the value.
        """
        raise NotImplementedError

    def plain(self, value: Any) -> Any:
        """Return a value as plain data, for a file."""
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Setting):
    """A setting that is a number.

    Attributes:
        minimum, maximum: the allowed range.
        above: whether the minimum itself is excluded.
        whole: whether it must be a whole number.
    """

    minimum: float
    maximum: float
    above: bool = False
    whole: bool = False

    @property
    def allowed(self) -> str:
        """The allowed values in words, such as "a whole number from 1 to 100,000"."""
        kind = "a whole number" if self.whole else "a number"
        if self.above:
            return f"{kind} greater than {show(self.minimum)} and not above {show(self.maximum)}"
        return f"{kind} from {show(self.minimum)} to {show(self.maximum)}"

    def check(self, value: Any) -> float | int:
        """Return the value as a float or an int, or raise SettingError."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SettingError(
                f"{self.label} must be {self.allowed}; “{brief(value)}” is no number."
            )
        low = value <= self.minimum if self.above else value < self.minimum
        in_range = not low and value <= self.maximum  # false for nan
        if not in_range or (self.whole and value != int(value)):
            raise SettingError(f"{self.label} must be {self.allowed}; it is {show(value)}.")
        return int(value) if self.whole else float(value)

    def parse(self, text: str) -> float | int:
        """Return the value that a person typed, or raise SettingError.

        A minus sign of either kind, surrounding spaces and a thousands separator are taken.
        """
        cleaned = text.strip().replace("−", "-").replace("\N{NARROW NO-BREAK SPACE}", "")
        if _THOUSANDS.fullmatch(cleaned):
            cleaned = cleaned.replace(",", "")
        try:
            value = float(cleaned)
        except ValueError:
            raise SettingError(
                f"{self.label} must be {self.allowed}; “{text.strip()}” is no number. "
                f"Write it like 0.001 or 1e-3."
            ) from None
        return self.check(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Setting):
    """A setting that is one of several options, the members of an enumeration."""

    options: type[Enum]

    def check(self, value: Any) -> Enum:
        """Return the option, given as a member or as its value, or raise SettingError."""
        try:
            return self.options(value)
        except ValueError:
            allowed = " or ".join(f"“{option.value}”" for option in self.options)
            raise SettingError(f"{self.label} must be {allowed}; it is “{brief(value)}”.") from None

    def plain(self, value: Enum) -> Any:
        """Return an option's value."""
        return value.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Setting):
    """A setting that is on or off."""

    def check(self, value: Any) -> bool:
        """Return the value, or raise SettingError."""
        if not isinstance(value, bool):
            raise SettingError(f"{self.label} must be true or false; it is “{brief(value)}”.")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Setting):
    """A setting that is typed as text, such as a formula.

    Attributes:
        read: reads the text, and raises SettingError if it cannot.
    """

    read: Callable[[str], object]

    def check(self, value: Any) -> str:
        """Return the text, or raise SettingError."""
        if not isinstance(value, str):
            raise SettingError(f"{self.label} must be a text; it is “{brief(value)}”.")
        self.read(value)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Setting):
    """A setting with an entry for each of some names: parameters.

    It is held as pairs of a name and an entry, and in plain data as an object.

    Attributes:
        each: what the entries are.
    """

    each: Setting

    def check(self, value: Any) -> tuple[tuple[str, Any], ...]:
        """Return the pairs, or raise SettingError."""
        if isinstance(value, tuple):
            value = dict(value)
        if not isinstance(value, Mapping):
            raise SettingError(
                f"{self.label} must be a table of parameters; it is “{brief(value)}”."
            )
        return tuple((str(name), self._check(name, entry)) for name, entry in value.items())

    def _check(self, name: str, entry: Any) -> Any:
        return dataclasses.replace(self.each, label=f"{self.each.label} {name}").check(entry)

    def plain(self, value: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
        """Return the entries by name."""
        return {name: self.each.plain(entry) for name, entry in value}


def declare(default: Any, setting: Setting) -> Any:
    """Return a dataclass field with a default that carries the declaration of its setting."""
    return dataclasses.field(default=default, metadata={"setting": setting})


def settings_of(group: Any) -> dict[str, Setting]:
    """Return the declarations of a dataclass (or an instance of one) by field name."""
    return {
        field.name: field.metadata["setting"]
        for field in dataclasses.fields(group)
        if "setting" in field.metadata
    }


def brief(value: object) -> str:
    """Return a value from a file for a sentence: of a long or deeply nested one the beginning."""
    text = value if isinstance(value, str) else reprlib.repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def show(value: float) -> str:
    """Return a number as a person would write it: 100,000; −9; 0.001; 1e+300."""
    if abs(value) < 1e15 and value == int(value):
        text = f"{int(value):,}"
    else:
        text = repr(value) if abs(value) <= sys.float_info.max else "inf" if value > 0 else "-inf"
        text = "nan" if value != value else text
    return text.replace("-", "−") if text.startswith("-") else text


_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?([eE][+-]?\d+)?")
"""Commas between groups of three digits; a lone decimal comma is none of them."""
