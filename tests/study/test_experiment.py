"""Experiments are frozen, complete and checked, and files hold all of them."""

import contextlib
import json
from dataclasses import FrozenInstanceError, fields
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.study.experiment import (
    Data,
    Experiment,
    Initial,
    InitialParameters,
    Training,
    UpdateRule,
    check,
)
from app.study.setting import SettingError, settings_of
from tests.study.strategies import EXAMPLES, experiments, values

NAMES = [name for _, group in Experiment().groups() for name in settings_of(group)]


def problem(plain):
    with pytest.raises(SettingError) as caught:
        Experiment.from_dict(plain)
    return str(caught.value)


def test_the_defaults_are_the_notebooks_own_run():
    assert Experiment() == Experiment(
        Data(slope=2, intercept=-9, x_from=-20, x_to=20, samples=41, noise=0, noise_seed=0),
        Initial(InitialParameters.VALUES, m=0.764340511813275, c=0.2950141610814745, seed=0),
        Training(0.001, 2000, clipping=True, clip_bound=1, update_rule=UpdateRule.ONCE_PER_USE),
    )


def test_the_defaults_are_valid():
    check(Experiment())


def test_an_experiment_is_frozen():
    experiment = Experiment()
    for part in (experiment, experiment.data, experiment.initial, experiment.training):
        with pytest.raises(FrozenInstanceError):
            setattr(part, fields(part)[0].name, 1)


def test_every_field_is_declared_with_a_label_and_help():
    for _, group in Experiment().groups():
        settings = settings_of(group)
        assert list(settings) == [field.name for field in fields(group)]
        assert all(setting.label and setting.help.endswith(".") for setting in settings.values())


def test_the_settings_have_names_and_labels_of_their_own():
    labels = [
        each.label for _, group in Experiment().groups() for each in settings_of(group).values()
    ]
    assert len(NAMES) == len(set(NAMES)) == len(set(labels))


def test_options_have_labels_for_the_controls():
    assert [rule.label for rule in UpdateRule] == [
        "once per use, as the notebook",
        "once per parameter",
    ]
    assert [source.label for source in InitialParameters] == ["given values", "random in 0…1"]


# -- one setting by its name -----------------------------------------------------------------


@given(st.data())
@EXAMPLES
def test_with_value_changes_one_setting_only(data):
    before = data.draw(experiments())
    name = data.draw(st.sampled_from(NAMES))
    setting = next(s[name] for _, g in before.groups() if name in (s := settings_of(g)))
    value = data.draw(values(setting))
    after = before.with_value(name, value)
    assert after.value(name) == value
    others = [other for other in NAMES if other != name]
    assert [after.value(other) for other in others] == [before.value(other) for other in others]


def test_a_setting_that_does_not_exist_is_a_key_error():
    with pytest.raises(KeyError, match="momentum"):
        Experiment().value("momentum")
    with pytest.raises(KeyError, match="momentum"):
        Experiment().with_value("momentum", 0.9)


@pytest.mark.parametrize(
    ("name", "value"),
    [("slope", 3.0), ("noise_seed", 1), ("samples", 7), ("m", 0.5), ("seed", 3)],
)
def test_other_data_or_another_start_needs_a_new_run(name, value):
    assert Experiment().starts_anew(Experiment().with_value(name, value))


@pytest.mark.parametrize("name", settings_of(Training))
def test_other_training_settings_go_on_with_the_run(name):
    other = Experiment(training=Training(0.5, 7, False, 3.0, UpdateRule.ONCE_PER_PARAMETER))
    assert not Experiment().starts_anew(Experiment().with_value(name, other.value(name)))
    assert not Experiment().starts_anew(Experiment())


# -- experiments as plain data ---------------------------------------------------------------


@given(experiments())
@EXAMPLES
def test_an_experiment_survives_plain_data_and_json(experiment):
    plain = experiment.to_dict()
    assert Experiment.from_dict(plain) == experiment
    assert Experiment.from_dict(json.loads(json.dumps(plain))) == experiment
    assert not any(isinstance(value, Enum) for group in plain.values() for value in group.values())


def test_what_is_left_out_has_its_default():
    assert Experiment.from_dict({}) == Experiment()
    assert Experiment.from_dict({"data": {"noise": 2}}) == Experiment(Data(noise=2.0))


def test_a_title_and_a_sentence_beside_the_settings_are_no_mistake():
    assert Experiment.from_dict({"title": "A", "about": "B"}) == Experiment()


def test_an_unknown_setting_is_named_with_those_that_exist():
    sentence = problem({"training": {"momentum": 0.9}})
    assert sentence.startswith("“training” has no setting “momentum”; it has learning_rate, epochs")


def test_an_unknown_group_is_named_with_those_that_exist():
    sentence = problem({"trainnig": {"epochs": 5}})
    assert all(name in sentence for name in ("trainnig", "data", "initial", "training"))


@pytest.mark.parametrize("group", [None, [], "fast", 3, True])
def test_a_group_must_be_a_table(group):
    assert problem({"training": group}) == "“training” must be a table of settings."


@pytest.mark.parametrize(
    ("plain", "sentence"),
    [
        ({"data": {"slope": "2"}}, "True slope M must be a number from −1,000,000 to 1,000,000; "),
        ({"data": {"samples": 2.5}}, "Samples must be a whole number from 1 to 100,000; it is 2.5"),
        ({"data": {"samples": True}}, "Samples must be a whole number from 1 to 100,000; “True”"),
        ({"data": {"noise": -1}}, "Noise σ must be a number from 0 to 1,000,000; it is −1."),
        (
            {"initial": {"source": "guess"}},
            "Start from must be “values” or “random”; it is “guess”",
        ),
        ({"training": {"learning_rate": 0}}, "Learning rate must be a number greater than 0 and "),
        ({"training": {"clipping": 1}}, "Clip gradients must be true or false; it is “1”."),
        ({"training": {"update_rule": None}}, "Update must be “once per use” or “once per parame"),
        (
            {"training": {"epochs": [5]}},
            "Epochs must be a whole number from 1 to 10,000,000; “[5]”",
        ),
    ],
)
def test_a_value_that_a_setting_cannot_take_is_told(plain, sentence):
    assert problem(plain).startswith(sentence)


@pytest.mark.parametrize(("low", "high"), [(3, 3), (5, -5), (20, 10)])
def test_an_empty_range_of_x_is_told(low, high):
    sentence = problem({"data": {"x_from": low, "x_to": high}})
    assert sentence.startswith("The range of x is empty: from ")
    assert "“x from” must be smaller than “x to”" in sentence


def test_check_finds_what_was_made_without_it():
    with pytest.raises(SettingError, match="Samples must be"):
        check(Experiment(Data(samples=0)))
    with pytest.raises(SettingError, match="The range of x is empty"):
        check(Experiment(Data(x_from=1, x_to=0)))


@given(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers()),
    st.sampled_from(NAMES),
)
@EXAMPLES
def test_whatever_a_file_gives_for_a_setting_is_taken_or_refused(value, name):
    group = next(key for key, group in Experiment().groups() if name in settings_of(group))
    with contextlib.suppress(SettingError):
        check(Experiment.from_dict({group: {name: value}}))
