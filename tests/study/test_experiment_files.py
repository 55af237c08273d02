"""Files hold all of an experiment, also those of earlier versions, and what is wrong is told."""

import contextlib
import json
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.study.architecture import Model
from app.study.experiment import Experiment, check
from app.study.hyperparameters import ClipBy, Optimizer, Schedule, Training
from app.study.recipe import Data, DataSource
from app.study.setting import SettingError, settings_of
from app.study.start import Initial, Start
from tests.study.strategies import EXAMPLES, experiments
from tests.study.test_experiment import NAMES, OTHER, POINTS


def problem(plain):
    with pytest.raises(SettingError) as caught:
        Experiment.from_dict(plain)
    return str(caught.value)


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
        ({"data": {"true": {"m": "2"}}}, "True m must be a number from −1,000,000 to 1,000,000; "),
        ({"data": {"true": [2, -9]}}, "True values must be a table of parameters; it is “[2, -9]”"),
        ({"data": {"slope": "2"}}, "True m must be a number from −1,000,000 to 1,000,000; “2”"),
        ({"data": {"intercept": None}}, "True c must be a number from −1,000,000 to 1,000,000; “N"),
        ({"initial": {"m": "2"}}, "Initial m must be a number from −1,000,000,000 to 1,000,000,0"),
        ({"model": {"formula": 3}}, "ŷ = must be a text; it is “3”."),
        ({"model": {"formula": "m*"}}, "ŷ “m*”: After “*” a number, a name or “(” is missing."),
        ({"model": {"layers": 5}}, "Hidden layers must be a whole number from 1 to 4; it is 5."),
        ({"model": {"units": 0}}, "Units must be a whole number from 1 to 32; it is 0."),
        ({"model": {"weight_decay": -1}}, "Weight decay λ must be a number from 0 to 1,000,000; "),
        ({"model": {"huber_delta": 0}}, "Huber δ must be a number greater than 0 and not above 1"),
        ({"data": {"test_share": 0.95}}, "Test share must be a number from 0 to 0.9; it is 0.95."),
        ({"data": {"points": [1, 2]}}, "Points must be an object with a list “x” and a list “y”."),
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


def test_points_that_are_missing_are_told():
    assert problem({"data": {"source": "points"}}).startswith("There are no points. Import a table")
    check(Experiment(Data(source=DataSource.POINTS, points=POINTS)))


def test_when_nothing_is_left_to_train_that_is_told():
    starts = {"m": {"frozen": True}, "c": {"frozen": True}}
    assert problem({"initial": {"starts": starts}}) == (
        "All parameters are frozen, so there is nothing to train. Unfreeze one of them."
    )
    assert Experiment.from_dict({"initial": {"starts": starts}, "model": {"formula": "m*x + b"}})


def test_check_finds_what_was_made_without_it():
    with pytest.raises(SettingError, match="Samples must be"):
        check(Experiment(Data(samples=0)))
    with pytest.raises(SettingError, match="The range of x is empty"):
        check(Experiment(Data(x_from=1, x_to=0)))
    with pytest.raises(SettingError, match="Initial m is drawn from an empty range"):
        check(Experiment().with_value("start.m", Start(low=2.0)))


@given(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers()),
    st.sampled_from(NAMES),
)
@EXAMPLES
def test_whatever_a_file_gives_for_a_setting_is_taken_or_refused(value, name):
    group = next(key for key, group in Experiment().groups() if name in settings_of(group))
    with contextlib.suppress(SettingError):
        check(Experiment.from_dict({group: {name: value}}))


OLD_NAMES = ["slope", "intercept", "source", "m", "c"]
SOME = st.none() | st.booleans() | st.floats() | st.text() | st.lists(st.floats(), max_size=2)
JSON = SOME | st.dictionaries(st.sampled_from([*OLD_NAMES, "value", "low", "x", "y"]), SOME)


@given(
    st.sampled_from([name for name, _ in Experiment().groups()]),
    st.dictionaries(st.sampled_from([*NAMES, *OLD_NAMES]), JSON, max_size=4),
)
@EXAMPLES
def test_whatever_a_file_gives_for_a_group_is_taken_or_refused(group, values):
    with contextlib.suppress(SettingError):
        check(Experiment.from_dict({group: values}))


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
    experiment = Experiment.from_dict(earlier)
    assert experiment.data == Data(true=(("m", 3.0), ("c", -9.0)), samples=5)
    assert experiment.initial_parameters() == (0.5, 0.25)
    assert experiment.model == Model()
    training = experiment.training
    assert training == Training(learning_rate=0.005, epochs=300, clip_bound=2.0)
    assert training.optimizer is Optimizer.GRADIENT_DESCENT
    assert training.schedule is Schedule.CONSTANT
    assert training.clip_by is ClipBy.VALUE
    assert not training.batches


@pytest.mark.parametrize(
    ("data", "true"),
    [
        ({"slope": 3}, {"m": 3.0, "c": -9.0}),
        ({"intercept": 0.5}, {"m": 2.0, "c": 0.5}),
        ({"slope": 1, "intercept": 4}, {"m": 1.0, "c": 4.0}),
        ({"samples": 5}, {"m": 2.0, "c": -9.0}),
    ],
    ids=str,
)
def test_a_slope_and_an_intercept_are_true_values_of_m_and_c(data, true):
    assert dict(Experiment.from_dict({"data": data}).data.true) == true


@pytest.mark.parametrize(
    ("initial", "expected"),
    [
        ({"m": 2}, (2.0, 0.2950141610814745)),
        ({"source": "values"}, Experiment().initial_parameters()),
        ({"source": "values", "c": 1}, (0.764340511813275, 1.0)),
        ({"source": "random", "m": 5, "c": 6, "seed": 3}, Experiment(initial=Initial((), 3))),
        ({"seed": 3}, Experiment().initial_parameters()),
    ],
    ids=str,
)
def test_an_m_and_a_c_to_start_from_are_starts(initial, expected):
    if isinstance(expected, Experiment):
        expected = expected.initial_parameters()
    experiment = Experiment.from_dict({"initial": initial})
    assert experiment.initial_parameters() == expected
    assert experiment.initial.seed == initial.get("seed", 0)


@pytest.mark.parametrize(
    ("plain", "sentence"),
    [
        ({"data": {"slope": 1, "true": {}}}, "“data” has no setting “slope”; it has source, "),
        ({"initial": {"m": 1, "starts": {}}}, "“initial” has no setting “m”; it has starts, seed."),
        ({"data": {"slope": 1, "true": 3}}, "“data” has no setting “slope”; it has source, "),
    ],
    ids=str,
)
def test_old_and_new_names_of_the_same_are_not_mixed(plain, sentence):
    assert problem(plain).startswith(sentence)


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
