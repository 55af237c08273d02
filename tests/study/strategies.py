"""Valid settings and experiments, drawn from the settings' own declarations."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from app.study.experiment import Data, Experiment, Initial
from app.study.hyperparameters import Training
from app.study.setting import Choice, Number, Setting, settings_of

EXAMPLES = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])

NUMBERS = {
    name: setting
    for group in (Data, Initial, Training)
    for name, setting in settings_of(group).items()
    if isinstance(setting, Number)
}


def values(setting: Setting) -> st.SearchStrategy:
    """Values that a setting takes."""
    if isinstance(setting, Choice):
        return st.sampled_from(setting.options)
    if not isinstance(setting, Number):
        return st.booleans()
    if setting.whole:
        return st.integers(int(setting.minimum), int(setting.maximum))
    return st.floats(setting.minimum, setting.maximum, exclude_min=setting.above)


def _group(group: type, **given: st.SearchStrategy) -> st.SearchStrategy:
    drawn = {name: values(setting) for name, setting in settings_of(group).items()}
    return st.builds(group, **(drawn | given))


def experiments(**given: st.SearchStrategy) -> st.SearchStrategy[Experiment]:
    """Valid experiments; ``given`` narrows settings of the data, by name."""
    data = _group(Data, **given).filter(lambda recipe: recipe.x_from < recipe.x_to)
    return st.builds(Experiment, data, _group(Initial), _group(Training))
