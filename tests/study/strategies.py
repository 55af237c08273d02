"""Valid settings and experiments, drawn from the settings' own declarations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from app.study.architecture import Model
from app.study.experiment import Data, Experiment, Initial, check
from app.study.hyperparameters import Training
from app.study.points import Points
from app.study.recipe import PointsSetting
from app.study.setting import Choice, Named, Number, Setting, SettingError, Text, settings_of
from app.study.start import Start, StartSetting

EXAMPLES = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])

NUMBERS = {
    name: setting
    for group in (Model, Data, Initial, Training, Start)
    for name, setting in settings_of(group).items()
    if isinstance(setting, Number)
} | {"true": settings_of(Data)["true"].each}

FORMULAS = {
    "ŷ =": ["m*x + c", "a*sin(b*x + c)", "a*x**p", "max(m*x, c)", "m*log(x)/c", "exp(-(x - c)**2)"],
    "True y =": ["sin(x)", "2", "m*x + c", "sqrt(x)", "a/x"],
    "Loss of a sample": ["(y - yhat)**2", "log(1 + exp(abs(y - yhat)))", "y/yhat"],
}
"""Some formulas, by the label of the setting that takes them."""

PARAMETERS = ["m", "c", "a", "b", "p", "w1_1", "b2"]

_PLACES = st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
POINTS = st.lists(_PLACES, min_size=1, max_size=5).map(
    lambda rows: Points(*zip(*rows, strict=True))
)


def values(setting: Setting) -> st.SearchStrategy[Any]:
    """Values that a setting takes."""
    match setting:
        case Choice():
            return st.sampled_from(setting.options)
        case Number(whole=True):
            return st.integers(int(setting.minimum), int(setting.maximum))
        case Number():
            return st.floats(setting.minimum, setting.maximum, exclude_min=setting.above)
        case Text():
            return st.sampled_from(FORMULAS[setting.label])
        case Named():
            entries = st.dictionaries(st.sampled_from(PARAMETERS), values(setting.each))
            return entries.map(lambda table: tuple(table.items()))
        case StartSetting():
            return _group(Start).map(lambda start: _in_order(start, "low", "high"))
        case PointsSetting():
            return POINTS
        case _:
            return st.booleans()


def _group(group: type, **given: st.SearchStrategy) -> st.SearchStrategy:
    drawn = {name: values(setting) for name, setting in settings_of(group).items()}
    return st.builds(group, **(drawn | given))


def _in_order(group: Any, low: str, high: str) -> Any:
    """Return the settings with the ends of a range in order and apart."""
    first, last = sorted((getattr(group, low), getattr(group, high)))
    return replace(group, **{low: first - (first == last), high: last})


def _valid(experiment: Experiment) -> bool:
    try:
        check(experiment)
    except SettingError:
        return False
    return True


def recipes(**given: st.SearchStrategy) -> st.SearchStrategy[Data]:
    """Valid recipes of the data, but for an end of x just below its range."""
    return _group(Data, **given).map(lambda data: _in_order(data, "x_from", "x_to"))


def experiments(**given: st.SearchStrategy) -> st.SearchStrategy[Experiment]:
    """Valid experiments; ``given`` narrows settings of the model or the data, by name."""
    of_data = {name: each for name, each in given.items() if name in settings_of(Data)}
    of_model = {name: each for name, each in given.items() if name not in of_data}
    return st.builds(
        Experiment,
        recipes(**of_data),
        _group(Initial),
        _group(Training),
        _group(Model, **of_model),
    ).filter(_valid)
