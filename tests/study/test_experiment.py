"""Experiments are frozen, complete and checked, and files hold all of them."""

from dataclasses import FrozenInstanceError, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.study.architecture import Loss, Model, ModelKind, Reduction
from app.study.experiment import Experiment, applies, check
from app.study.hyperparameters import (
    ClipBy,
    Optimizer,
    Schedule,
    Training,
    UpdateRule,
)
from app.study.points import Points
from app.study.recipe import Data, DataSource, NoiseKind, Spacing, Truth
from app.study.setting import settings_of
from app.study.start import Initial, Start
from app.study.start import given as given_start
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

POINTS = Points([0.0, 1.0], [2.0, 3.0])
NAMES = [name for _, group in Experiment().groups() for name in settings_of(group)]


def test_the_defaults_are_the_notebooks_own_run():
    assert Experiment() == Experiment(
        Data(
            source=DataSource.RECIPE,
            truth=Truth.OWN,
            true=(("m", 2.0), ("c", -9.0)),
            x_from=-20,
            x_to=20,
            samples=41,
            spacing=Spacing.EVEN,
            noise_kind=NoiseKind.NORMAL,
            noise=0,
            noise_seed=0,
            test_share=0,
            points=None,
        ),
        Initial(
            (("m", given_start(0.764340511813275)), ("c", given_start(0.2950141610814745))), seed=0
        ),
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
        Model(
            kind=ModelKind.FORMULA,
            formula="m*x + c",
            loss=Loss.SQUARED,
            reduction=Reduction.MEAN,
            weight_decay=0,
        ),
    )


def test_the_defaults_are_valid():
    check(Experiment())


def test_an_experiment_is_frozen():
    experiment = Experiment()
    for part in (experiment, *(group for _, group in experiment.groups())):
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


def in_order(each: object) -> str:
    """Return a name of a case that is the same in every process."""
    return str(sorted(each) if isinstance(each, set) else each)


@pytest.mark.parametrize(
    ("options", "labels"),
    [
        (UpdateRule, ["once per use, as the notebook", "once per parameter"]),
        (ModelKind, ["a formula", "a small network"]),
        (Loss, ["squared, (y − ŷ)²", "absolute, |y − ŷ|", "Huber", "a formula"]),
        (Reduction, ["mean over samples", "sum over samples"]),
        (DataSource, ["a true curve, with noise", "own points"]),
        (Truth, ["the model's own", "another formula"]),
        (Spacing, ["even", "random, uniform", "random, normal"]),
        (NoiseKind, ["normal", "uniform", "normal, with outliers"]),
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


@pytest.mark.parametrize("name", ["colour", "m", "true.", "start.", "data.samples"])
def test_a_setting_that_does_not_exist_is_a_key_error(name):
    with pytest.raises(KeyError, match=name):
        Experiment().value(name)
    with pytest.raises(KeyError, match=name):
        Experiment().with_value(name, 3)


def test_a_single_parameters_true_value_is_a_setting_too():
    experiment = Experiment().with_value("true.c", 7.0).with_value("true.b", 3.0)
    assert experiment.data.true == (("m", 2.0), ("c", 7.0), ("b", 3.0))
    assert [experiment.value(f"true.{name}") for name in "mcba"] == [2.0, 7.0, 3.0, 1.0]


def test_a_single_parameters_start_is_a_setting_too():
    frozen = Start(frozen=True)
    experiment = Experiment().with_value("start.m", frozen).with_value("start.b", 3)
    assert experiment.value("start.m") == frozen
    assert experiment.value("start.b") == given_start(3.0)
    assert experiment.value("start.a") == Start()
    assert experiment.with_value("start.m", 2).value("start.m") == given_start(2.0, frozen=True)
    assert experiment.value("start.c") == Experiment().value("start.c")


def test_the_names_of_the_true_curves_parameters_are_its_formulas():
    sine = Experiment(model=Model(formula="a*sin(b*x)"))
    assert sine.true_names == ("a", "b")
    other = sine.with_value("truth", Truth.OTHER).with_value("truth_formula", "k*x + d")
    assert other.true_names == ("k", "d")
    assert Experiment(model=Model(ModelKind.NETWORK)).true_names == ()
    assert Experiment(Data(source=DataSource.POINTS, points=POINTS)).true_names == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("true.m", 3.0),
        ("noise_seed", 1),
        ("samples", 7),
        ("start.m", 0.5),
        ("seed", 3),
        ("formula", "m*x"),
        ("weight_decay", 0.1),
        ("test_share", 0.2),
    ],
)
def test_other_data_or_another_start_needs_a_new_run(name, value):
    assert Experiment().starts_anew(Experiment().with_value(name, value))


@pytest.mark.parametrize("name", settings_of(Training))
def test_other_training_settings_go_on_with_the_run(name):
    other = OTHER.value(name)
    assert other != Experiment().value(name)
    assert not Experiment().starts_anew(Experiment().with_value(name, other))
    assert not Experiment().starts_anew(Experiment())


# -- which settings have an effect -------------------------------------------------------------


def without_effect(experiment):
    return {name for name, has_one in applies(experiment).items() if not has_one}


ALWAYS = {
    "layers", "units", "activation", "huber_delta", "loss_formula",
    "truth_formula", "outliers", "outlier_size", "noise_seed", "seed",
}  # fmt: skip
RECIPE = {"truth", "true", "x_from", "x_to", "samples", "spacing", "noise_kind", "noise"}
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
    ids=in_order,
)
def test_a_choice_brings_the_settings_that_belong_to_it(training, with_effect):
    experiment = Experiment(training=Training(**training))
    assert without_effect(experiment) == (ALWAYS | OPTIMIZERS | STEP | BATCH) - with_effect


def test_without_clipping_its_settings_have_no_effect():
    experiment = Experiment(training=Training(clipping=False))
    assert without_effect(experiment) == ALWAYS | OPTIMIZERS | STEP | BATCH | CLIP


def test_noise_and_a_random_start_bring_their_seeds():
    experiment = Experiment(Data(noise=0.1), Initial(()))
    seeds = {"noise_seed", "seed"}
    assert without_effect(experiment) == (ALWAYS - seeds) | OPTIMIZERS | STEP | BATCH


@pytest.mark.parametrize(
    ("changes", "gained", "lost"),
    [
        (
            {"kind": ModelKind.NETWORK},
            {"layers", "units", "activation", "truth_formula", "seed"},
            {"formula", "truth"},
        ),
        ({"loss": Loss.HUBER}, {"huber_delta"}, set()),
        ({"loss": Loss.FORMULA}, {"loss_formula"}, set()),
        ({"truth": Truth.OTHER}, {"truth_formula"}, set()),
        ({"spacing": Spacing.RANDOM}, {"noise_seed"}, set()),
        ({"noise_kind": NoiseKind.OUTLIERS}, {"noise_seed", "outliers", "outlier_size"}, set()),
        ({"test_share": 0.1}, {"noise_seed"}, set()),
        ({"source": DataSource.POINTS, "points": POINTS}, set(), RECIPE),
        (
            {"source": DataSource.POINTS, "points": POINTS, "noise": 1.0, "test_share": 0.5},
            {"noise_seed"},
            RECIPE,
        ),
    ],
    ids=in_order,
)
def test_a_choice_of_model_or_data_brings_and_takes_the_settings_that_belong_to_it(
    changes, gained, lost
):
    experiment = Experiment()
    for name, value in changes.items():
        experiment = experiment.with_value(name, value)
    usual = ALWAYS | OPTIMIZERS | STEP | BATCH
    assert without_effect(experiment) == (usual - gained) | lost


@given(experiments())
@EXAMPLES
def test_whether_a_setting_has_an_effect_is_said_of_settings_that_exist(experiment):
    assert set(applies(experiment)) <= set(NAMES)
    assert all(type(has_one) is bool for has_one in applies(experiment).values())
