"""Experiments in files: the presets that come with the app, and a person's own.

A file is JSON: a title, a sentence on what to look for, of a preset its place among the
others, and the settings that differ from the defaults.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from app import RESOURCES
from app.study.experiment import HEADINGS, Experiment
from app.study.setting import SettingError

DEFAULT_PRESET = "notebook"
FILE_SUFFIX = ".chainrule"


class ExperimentFileError(Exception):
    """A file that holds no experiment; the text says which file, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Preset:
    """An experiment with a name.

    Attributes:
        key: the short name, as the command line takes it.
        title: the name that the window shows.
        about: a sentence on what to look for.
        experiment: the experiment itself.
        order: its place among the presets; those without one come last.
    """

    key: str
    title: str
    about: str
    experiment: Experiment
    order: float = math.inf


@cache
def presets() -> tuple[Preset, ...]:
    """Return the presets that come with the app, in a learner's order; they are read once."""
    found = [read_preset(path) for path in (RESOURCES / "presets").glob("*.json")]
    return tuple(sorted(found, key=lambda preset: (preset.order, preset.key)))


def read_preset(path: Path) -> Preset:
    """Return the experiment in a file.

    Raises:
        ExperimentFileError: the file cannot be read, or holds no valid experiment.
    """
    try:
        plain: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ExperimentFileError(
            f"{path} could not be read: {error.strerror or error}."
        ) from error
    except (ValueError, RecursionError) as error:
        raise ExperimentFileError(
            f"{path} holds no experiment: it is not JSON ({error}). "
            f"Choose a file that Chainrule saved."
        ) from error
    try:
        if not isinstance(plain, dict):
            raise SettingError("it must be an object with “data”, “initial” and “training”.")
        experiment = Experiment.from_dict(plain)
    except SettingError as error:
        raise ExperimentFileError(f"{path} holds no valid experiment: {error}") from error
    title, about, order = (plain.get(name) for name in HEADINGS)
    return Preset(
        key=path.stem,
        title=title if isinstance(title, str) else path.stem,
        about=about if isinstance(about, str) else "",
        experiment=experiment,
        order=order if isinstance(order, int) else math.inf,
    )


def write_experiment(path: Path, experiment: Experiment, title: str, about: str = "") -> None:
    """Write an experiment to a file that ``read_preset`` reads.

    Raises:
        ExperimentFileError: the file cannot be written.
    """
    text = json.dumps(
        {"title": title, "about": about, **experiment.to_dict()}, ensure_ascii=False, indent=2
    )
    try:
        content = (text + "\n").encode()  # before the file is opened, and emptied
        path.write_bytes(content)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ExperimentFileError(
            f"{path} could not be written: {reason}. Choose another place."
        ) from error


def find_preset(name: str) -> Preset:
    """Return a preset by its key or title, or the experiment in the file of that name.

    Raises:
        ExperimentFileError: there is neither.
    """
    known = presets()
    for preset in known:
        if name.casefold() in (preset.key.casefold(), preset.title.casefold()):
            return preset
    if _is_there(Path(name)):
        return read_preset(Path(name))
    raise ExperimentFileError(
        f"There is no preset and no file called “{name}”. "
        f"The presets are {', '.join(preset.key for preset in known)}."
    )


def _is_there(path: Path) -> bool:
    """Return whether there is such a file; a name that cannot be one names none."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
