"""An experiment: its model, the recipe of its data, its initial parameters, its training.

It is frozen data; every picture is a function of an experiment and a place in its history.
The defaults are the notebook's own run.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.study.architecture import Loss, Model, ModelKind
from app.study.formula import FormulaError
from app.study.hyperparameters import Training, training_applies
from app.study.recipe import Data, DataSource, recipe_applies, true_curve
from app.study.setting import Setting, SettingError, brief, settings_of, show
from app.study.start import Initial, Source, Start

HEADINGS = ("title", "about", "order")
"""What a file may hold beside the settings."""

_PER_PARAMETER = {"true.": "true", "start.": "starts"}
"""Prefixes of the names of a single parameter's settings, and the settings that hold them."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What the loss is recorded from: all of an experiment but how it is trained.

    Attributes:
        data: the recipe of the data.
        model: what predicts, and what a prediction costs.
        frozen: names and values of the parameters that are not trained.
    """

    data: Data = field(default_factory=Data)
    model: Model = field(default_factory=Model)
    frozen: tuple[tuple[str, float], ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters that are trained, in the order in which they are stored."""
        frozen = dict(self.frozen)
        return tuple(name for name in self.model.parameters if name not in frozen)


@dataclass(frozen=True, slots=True)
class Experiment:
    """All that determines a run: the same experiment gives the same history."""

    data: Data = field(default_factory=Data)
    initial: Initial = field(default_factory=Initial)
    training: Training = field(default_factory=Training)
    model: Model = field(default_factory=Model)

    def groups(self) -> Iterator[tuple[str, Model | Data | Initial | Training]]:
        """Yield the parts by name, as files and the controls show them."""
        yield "model", self.model
        yield "data", self.data
        yield "initial", self.initial
        yield "training", self.training

    # -- single settings ----------------------------------------------------------------------

    def with_value(self, name: str, value: Any) -> Experiment:
        """Return this experiment with one setting changed, by its field's name.

        A single parameter's are called "true.m", of the true curve, and "start.m": a Start,
        or a number for a given value.
        """
        for group_name, group in self.groups():
            if name in settings_of(group):
                parts: dict[str, Any] = {group_name: _replace(group, {name: value})}
                return replace(self, **parts)
        field_name, parameter = _per_parameter(name)
        entries = dict(self.value(field_name))
        if field_name == "starts" and not isinstance(value, Start):
            value = replace(self.start(parameter), source=Source.VALUE, value=float(value))
        return self.with_value(field_name, tuple({**entries, parameter: value}.items()))

    def value(self, name: str) -> Any:
        """Return the value of a setting by its field's name, or a parameter's as above."""
        for _, group in self.groups():
            if name in settings_of(group):
                return getattr(group, name)
        field_name, parameter = _per_parameter(name)
        if field_name == "starts":
            return self.start(parameter)
        return dict(self.data.true).get(parameter, 1.0)

    # -- what follows from the settings -------------------------------------------------------

    @property
    def true_names(self) -> tuple[str, ...]:
        """The names of the true curve's parameters."""
        formula = true_curve(self.data, self.model.expression)
        return () if formula is None else formula.names

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters that are trained, in the order in which they are stored."""
        return tuple(name for name, start in self.starts().items() if not start.frozen)

    @property
    def problem(self) -> Problem:
        """What the loss is recorded from."""
        frozen = [name for name, start in self.starts().items() if start.frozen]
        values = self.initial_values() if frozen else {}
        return Problem(self.data, self.model, tuple((name, values[name]) for name in frozen))

    def start(self, name: str) -> Start:
        """Return where a parameter starts: as it was set, or else at random."""
        return self.starts((name,))[name]

    def starts(self, names: Sequence[str] | None = None) -> dict[str, Start]:
        """Return where the model's parameters start, or those with these names."""
        known = dict(self.initial.starts)
        names = self.model.parameters if names is None else names
        return {name: known.get(name) or self.model.usual_start(name) for name in names}

    def initial_values(self) -> dict[str, float]:
        """Return all parameters before the first epoch, frozen ones too, drawn in their order."""
        generator = random.Random(self.initial.seed)  # noqa: S311  the notebook's own generator
        return {name: _draw(start, generator) for name, start in self.starts().items()}

    def initial_parameters(self) -> tuple[float, ...]:
        """Return the trained parameters before the first epoch, in their order."""
        values = self.initial_values()
        return tuple(values[name] for name in self.parameters)

    def starting_from(self, values: Mapping[str, float]) -> Experiment:
        """Return this experiment with given initial values of some parameters."""
        changed = {
            name: replace(start, source=Source.VALUE, value=values[name])
            for name, start in self.starts(tuple(values)).items()
        }
        starts = tuple({**dict(self.initial.starts), **changed}.items())
        return replace(self, initial=replace(self.initial, starts=starts))

    def starts_anew(self, other: Experiment) -> bool:
        """Whether going on with ``other`` needs a new run: all but the training differ."""
        return replace(self, training=other.training) != other

    # -- plain data ---------------------------------------------------------------------------

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return the experiment as plain data, for a file."""
        return {
            group_name: {
                name: setting.plain(getattr(group, name))
                for name, setting in settings_of(group).items()
            }
            for group_name, group in self.groups()
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Experiment:
        """Return the experiment in plain data; what is left out has its default.

        Raises:
            SettingError: an unknown name, or a value that its setting cannot take.
        """
        plain = _as_of_today(plain)
        groups: dict[str, Any] = {}
        known = [name for name, _ in cls().groups()]
        if unknown := sorted(set(plain) - {*known, *HEADINGS}):
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
            checked = {name: _checked(settings[name], value) for name, value in given.items()}
            groups[group_name] = _replace(group, checked)
        experiment = cls(**groups)
        check(experiment)
        return experiment


def _checked(setting: Setting, value: Any) -> Any:
    """Return a setting's value in plain data; an error in a formula names the setting."""
    try:
        return setting.check(value)
    except FormulaError as error:
        raise SettingError(
            f"{setting.label.removesuffix(' =')} “{brief(value)}”: {error}"
        ) from None


def _replace(group: Any, values: Mapping[str, Any]) -> Any:
    return replace(group, **values)


def _per_parameter(name: str) -> tuple[str, str]:
    """Return the setting that holds a single parameter's, and the parameter."""
    for prefix, field_name in _PER_PARAMETER.items():
        if name.startswith(prefix) and len(name) > len(prefix):
            return field_name, name.removeprefix(prefix)
    raise KeyError(name)


def _draw(start: Start, generator: random.Random) -> float:
    match start.source:
        case Source.VALUE:
            return start.value
        case Source.UNIFORM:
            return start.low + (start.high - start.low) * generator.random()
        case Source.NORMAL:
            return generator.gauss(start.mean, start.deviation)


def _as_of_today(plain: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return plain data with the line's settings as the first versions wrote them renamed.

    They knew one model: a true slope and intercept, and m and c to start from.
    """
    data, initial = plain.get("data"), plain.get("initial")
    today = dict(plain)
    if isinstance(data, Mapping) and "true" not in data:
        today["data"] = _data_of_today(data)
    if isinstance(initial, Mapping) and "starts" not in initial:
        today["initial"] = _initial_of_today(initial)
    return today


def _data_of_today(data: Mapping[str, Any]) -> Mapping[str, Any]:
    names = {"slope": "m", "intercept": "c"}
    if not any(old in data for old in names):
        return data
    rest = {name: value for name, value in data.items() if name not in names}
    true = {name: data[old] for old, name in names.items() if old in data}
    return {**rest, "true": dict(Data().true) | true}


def _initial_of_today(initial: Mapping[str, Any]) -> Mapping[str, Any]:
    if not any(name in initial for name in ("source", "m", "c")):
        return initial
    source = initial.get("source", "values")
    if source not in ("values", "random"):
        raise SettingError(f"Start from must be “values” or “random”; it is “{source}”.")
    rest = {name: value for name, value in initial.items() if name not in ("source", "m", "c")}
    if source == "random":
        return {**rest, "starts": {}}
    given = {name: initial.get(name, start.value) for name, start in Initial().starts}
    return {**rest, "starts": given}


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
    if data.source is DataSource.POINTS and data.points is None:
        raise SettingError(
            "There are no points. Import a table (File ▸ Import data), or take the data from "
            "a true curve."
        )
    if not experiment.parameters:
        raise SettingError(
            "All parameters are frozen, so there is nothing to train. Unfreeze one of them."
        )


def applies(experiment: Experiment) -> dict[str, bool]:
    """Return, for each setting that may have no effect, whether it has one with the others."""
    model = experiment.model
    network = model.kind is ModelKind.NETWORK
    return {
        "formula": not network,
        **dict.fromkeys(("layers", "units", "activation"), network),
        "huber_delta": model.loss is Loss.HUBER,
        "loss_formula": model.loss is Loss.FORMULA,
        **recipe_applies(experiment.data, network=network),
        "seed": any(each.source is not Source.VALUE for each in experiment.starts().values()),
        **training_applies(experiment.training),
    }
