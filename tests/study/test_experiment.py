"""Experiments are frozen, complete and checked, and files hold all of them."""

import contextlib
import json
from dataclasses import FrozenInstanceError, fields
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.study.experiment import Data, Experiment, Initial, InitialParameters, applies, check
from app.study.hyperparameters import (
    ClipBy,
    Optimizer,
    Schedule,
    Training,
    UpdateRule,
)
from app.study.setting import SettingError, settings_of
from tests.study.strategies import EXAMPLES, experiments, values

OTHER = Experiment(
    training=Training(
        optimizer=Optimizer.ADAM,
        momentum=0.5,
        decay=0.6,
        decay1=0.7,
        decay2=0.8,
        learning_rate=0.5,
        schedule=Schedule.STEP,
        step_every=3,
        step_factor=0.25,
        epochs=7,
        clipping=False,
        clip_by=ClipBy.NORM,
        clip_bound=3.0,
        update_rule=UpdateRule.ONCE_PER_PARAMETER,
        batches=True,
        batch_size=4,
        batch_seed=5,
    )
)
"""An experiment whose every training setting is another than the default."""

NAMES = [name for _, group in Experiment().groups() for name in settings_of(group)]


def problem(plain):
    with pytest.raises(SettingError) as caught:
        Experiment.from_dict(plain)
    return str(caught.value)


def test_the_defaults_are_the_notebooks_own_run():
    assert Experiment() == Experiment(
        Data(slope=2, intercept=-9, x_from=-20, x_to=20, samples=41, noise=0, noise_seed=0),
        Initial(InitialParameters.VALUES, m=0.764340511813275, c=0.2950141610814745, seed=0),
        Training(
            optimizer=Optimizer.GRADIENT_DESCENT,
            learning_rate=0.001,
            schedule=Schedule.CONSTANT,
            epochs=2000,
            clipping=True,
            clip_by=ClipBy.VALUE,
            clip_bound=1,
            update_rule=UpdateRule.ONCE_PER_USE,
            batches=False,
        ),
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


@pytest.mark.parametrize(
    ("options", "labels"),
    [
        (UpdateRule, ["once per use, as the notebook", "once per parameter"]),
        (InitialParameters, ["given values", "random in 0…1"]),
        (
            Optimizer,
            ["gradient descent", "momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam"],
        ),
        (ClipBy, ["each value", "norm of all"]),
    ],
)
def test_options_have_labels_for_the_controls(options, labels):
    assert [option.label for option in options] == labels


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
    with pytest.raises(KeyError, match="layers"):
        Experiment().value("layers")
    with pytest.raises(KeyError, match="layers"):
        Experiment().with_value("layers", 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [("slope", 3.0), ("noise_seed", 1), ("samples", 7), ("m", 0.5), ("seed", 3)],
)
def test_other_data_or_another_start_needs_a_new_run(name, value):
    assert Experiment().starts_anew(Experiment().with_value(name, value))


@pytest.mark.parametrize("name", settings_of(Training))
def test_other_training_settings_go_on_with_the_run(name):
    other = OTHER.value(name)
    assert other != Experiment().value(name)
    assert not Experiment().starts_anew(Experiment().with_value(name, other))
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
    sentence = problem({"training": {"layers": 3}})
    assert sentence.startswith("“training” has no setting “layers”; it has optimizer, momentum, ")


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


# -- which settings have an effect -------------------------------------------------------------


def without_effect(experiment):
    return {name for name, has_one in applies(experiment).items() if not has_one}


ALWAYS = {"noise_seed", "seed"}
OPTIMIZERS = {"momentum", "decay", "decay1", "decay2"}
STEP = {"step_every", "step_factor"}
CLIP = {"clip_by", "clip_bound"}
BATCH = {"batch_size", "batch_seed"}


def test_of_the_notebooks_settings_these_have_no_effect():
    assert without_effect(Experiment()) == ALWAYS | OPTIMIZERS | STEP | BATCH


@pytest.mark.parametrize(
    ("training", "with_effect"),
    [
        ({"optimizer": Optimizer.MOMENTUM}, {"momentum"}),
        ({"optimizer": Optimizer.NESTEROV}, {"momentum"}),
        ({"optimizer": Optimizer.ADAGRAD}, set()),
        ({"optimizer": Optimizer.RMSPROP}, {"decay"}),
        ({"optimizer": Optimizer.ADAM}, {"decay1", "decay2"}),
        ({"schedule": Schedule.STEP}, STEP),
        ({"schedule": Schedule.COSINE}, set()),
        ({"batches": True}, BATCH),
        ({"clip_by": ClipBy.NORM}, set()),
    ],
    ids=lambda each: str(sorted(each) if isinstance(each, set) else each),
)
def test_a_choice_brings_the_settings_that_belong_to_it(training, with_effect):
    experiment = Experiment(training=Training(**training))
    assert without_effect(experiment) == (ALWAYS | OPTIMIZERS | STEP | BATCH) - with_effect


def test_without_clipping_its_settings_have_no_effect():
    experiment = Experiment(training=Training(clipping=False))
    assert without_effect(experiment) == ALWAYS | OPTIMIZERS | STEP | BATCH | CLIP


def test_noise_and_a_random_start_bring_their_seeds():
    experiment = Experiment(Data(noise=0.1), Initial(InitialParameters.RANDOM))
    assert without_effect(experiment) == {"m", "c"} | OPTIMIZERS | STEP | BATCH


@given(experiments())
@EXAMPLES
def test_whether_a_setting_has_an_effect_is_said_of_settings_that_exist(experiment):
    assert set(applies(experiment)) <= set(NAMES)
    assert all(type(has_one) is bool for has_one in applies(experiment).values())


# -- files of earlier versions ----------------------------------------------------------------


def test_a_file_of_the_first_version_trains_as_it_did():
    earlier = {
        "data": {"slope": 3.0, "samples": 5},
        "initial": {"source": "values", "m": 0.5, "c": 0.25, "seed": 0},
        "training": {
            "learning_rate": 0.005,
            "epochs": 300,
            "clipping": True,
            "clip_bound": 2.0,
            "update_rule": "once per use",
        },
    }
    training = Experiment.from_dict(earlier).training
    assert training == Training(learning_rate=0.005, epochs=300, clip_bound=2.0)
    assert training.optimizer is Optimizer.GRADIENT_DESCENT
    assert training.schedule is Schedule.CONSTANT
    assert training.clip_by is ClipBy.VALUE
    assert not training.batches


def test_every_training_setting_is_in_a_file_as_a_plain_value():
    assert Experiment.from_dict(json.loads(json.dumps(OTHER.to_dict()))) == OTHER
    plain = OTHER.to_dict()["training"]
    assert plain["optimizer"] == "adam"
    assert plain["schedule"] == "step"
    assert plain["clip_by"] == "norm"
    assert (plain["batches"], plain["batch_size"], plain["decay2"]) == (True, 4, 0.8)


@pytest.mark.parametrize(
    ("given_value", "sentence"),
    [
        ({"optimizer": "sgd"}, "Optimizer must be “gradient descent” or “momentum” or “nesterov”"),
        (
            {"schedule": "linear"},
            "Schedule must be “constant” or “step” or “cosine”; it is “linear",
        ),
        ({"clip_by": True}, "Clip by must be “value” or “norm”; it is “True”."),
        ({"momentum": 1}, "Momentum must be a number from 0 to 0.9999; it is 1."),
        ({"decay2": -0.1}, "Decay β₂ must be a number from 0 to 0.999999; it is −0.1."),
        ({"step_every": 0}, "Step every must be a whole number from 1 to 10,000,000; it is 0."),
        ({"step_factor": 0}, "Step factor must be a number greater than 0 and not above 1; it is"),
        ({"batches": 10}, "Mini-batches must be true or false; it is “10”."),
        ({"batch_size": 0}, "Batch size must be a whole number from 1 to 100,000; it is 0."),
        ({"batch_seed": 2**32}, "Batch seed must be a whole number from 0 to 4,294,967,295; "),
    ],
    ids=str,
)
def test_a_hyperparameter_that_cannot_be_is_told(given_value, sentence):
    assert problem({"training": given_value}).startswith(sentence)
