"""What differs between experiments is told as their controls show it, in short or in a table."""

import math

import pytest

from app.study.architecture import Loss, Model, ModelKind
from app.study.difference import NO_EFFECT, differences, in_words, named_after
from app.study.experiment import Data, Experiment, Initial
from app.study.hyperparameters import Optimizer, Schedule, Training
from app.study.points import Points
from app.study.recipe import DataSource, NoiseKind
from app.study.start import Start, given

BASE = Experiment()
ADAM = BASE.with_value("optimizer", Optimizer.ADAM)
NETWORK = BASE.with_value("kind", ModelKind.NETWORK)
POINTS = Points([0.0, 1.0], [2.0, 3.0])


def table(*experiments):
    return {each.label: each.values for each in differences(experiments)}


# -- a name ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "name"),
    [
        (BASE, ""),
        (ADAM, "Adam"),
        (BASE.with_value("learning_rate", 0.1), "learning rate 0.1"),
        (BASE.with_value("clipping", False), "clip gradients off"),
        (BASE.with_value("start.m", 5), "initial m 5"),
        (BASE.with_value("start.m", Start(frozen=True)), "initial m 0 … 1, frozen"),
        (BASE.with_value("true.c", 1.5), "true c 1.5"),
        (BASE.with_value("formula", "a*x"), "ŷ a*x"),
        (BASE.with_value("weight_decay", 0.25), "weight decay λ 0.25"),
        (BASE.with_value("batches", True), "mini-batches on"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_run_is_named_after_what_differs(other, name):
    assert named_after(BASE, other) == name


def test_what_has_no_effect_is_not_named():
    assert named_after(BASE, BASE.with_value("momentum", 0.5)) == ""
    assert named_after(BASE, BASE.with_value("noise_seed", 5)) == ""
    momentum = BASE.with_value("optimizer", Optimizer.MOMENTUM)
    assert named_after(momentum, momentum.with_value("momentum", 0.5)) == "momentum 0.5"


def test_of_many_differences_the_rest_is_counted():
    other = Experiment(
        Data(samples=7, noise=1.0, x_from=-5.0), training=Training(learning_rate=0.1, epochs=9)
    )
    assert named_after(BASE, other) == "x from −5, samples 7, 3 more"


def test_names_follow_the_order_of_the_controls():
    other = Experiment(
        Data(samples=7), model=Model(loss=Loss.ABSOLUTE), training=Training(epochs=9)
    )
    assert named_after(BASE, other) == "loss absolute, |y − ŷ|, samples 7, epochs 9"


# -- a table ---------------------------------------------------------------------------------


def test_the_same_experiments_differ_in_nothing():
    assert differences([]) == differences([BASE]) == differences([BASE, Experiment()]) == []


def test_settings_that_differ_are_columns_and_the_others_are_none():
    faster = BASE.with_value("learning_rate", 0.1)
    assert table(BASE, faster, faster) == {"Learning rate": ("0.001", "0.1", "0.1")}
    (column,) = differences([BASE, faster])
    assert column.ranks == (0.001, 0.1)
    assert column.help.startswith("How far one step goes")


def test_where_a_setting_has_no_effect_there_is_a_dash_that_is_sorted_last():
    other = ADAM.with_value("decay1", 0.5)
    columns = {each.label: each for each in differences([BASE, ADAM, other])}
    assert {*columns} == {"Optimizer", "Decay β₁"}
    assert columns["Decay β₁"].values == (NO_EFFECT, "0.9", "0.5")
    assert columns["Decay β₁"].ranks == (math.inf, 0.9, 0.5)
    assert columns["Optimizer"].values == ("gradient descent", "Adam", "Adam")
    assert columns["Optimizer"].ranks == (0.0, 5.0, 5.0)


def test_parameters_of_different_models_are_columns_where_they_differ():
    sine = BASE.with_value("formula", "m*sin(x) + c").with_value("start.m", 2)
    assert table(BASE, sine) == {
        "ŷ": ("m*x + c", "m*sin(x) + c"),
        "Initial m": ("0.764340511813275", "2"),
    }
    assert "Initial w1_1" not in table(BASE, NETWORK)  # it has a value in one of them only


def test_starts_are_sorted_as_they_are_written_and_flags_off_first():
    runs = [BASE.with_value("start.m", start) for start in (given(7.0), Start(), given(2.0))]
    (column,) = differences(runs)
    assert column.values == ("7", "0 … 1", "2")
    assert column.ranks == (2.0, 0.0, 1.0)
    (column,) = differences([BASE, BASE.with_value("clipping", False)][::-1])[:1]
    assert (column.values, column.ranks) == (("off", "on"), (0.0, 1.0))


def test_columns_are_in_the_order_of_the_controls():
    other = Experiment(
        Data(noise=1.0), Initial((("m", given(1.0)),)), Training(epochs=3), Model(formula="m*x")
    )
    labels = [each.label for each in differences([BASE, other])]
    assert labels == ["ŷ", "Noise σ", "Initial m", "Epochs"]


# -- words -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "on"),
        (False, "off"),
        (-1234.5, "−1234.5"),
        (100_000, "100,000"),
        (Optimizer.RMSPROP, "RMSProp"),
        (Schedule.COSINE, "cosine"),
        (NoiseKind.OUTLIERS, "normal, with outliers"),
        (Start(low=-1.0, frozen=True), "−1 … 1, frozen"),
        ("a*x", "a*x"),
        (None, "none"),
        (POINTS, "2 points"),
    ],
    ids=str,
)
def test_a_value_is_told_as_its_control_shows_it(value, words):
    assert in_words(value) == words


def test_points_are_told_by_how_many_they_are():
    own = Experiment(Data(source=DataSource.POINTS, points=POINTS))
    other = Experiment(Data(source=DataSource.POINTS, points=Points([1.0], [1.0])))
    assert table(own, other)["Points"] == ("2 points", "1 points")
