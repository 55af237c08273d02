"""A loss that cannot be computed from the start is told: which operation, which samples, why."""

from __future__ import annotations

import pytest

from app.study.experiment import Experiment
from app.study.recipe import Truth
from app.training.not_computable import why_not_computable
from app.training.trainer import Trainer


def started(formula, **values):
    """Return an experiment with a model and data of a line, and its start."""
    experiment = Experiment().with_value("formula", formula).with_value("truth", Truth.OTHER)
    experiment = experiment.with_value("truth_formula", "2*x - 9")
    for name, value in values.items():
        experiment = experiment.with_value(name.replace("__", "."), value)
    return experiment, experiment.initial_parameters()


@pytest.mark.parametrize(
    ("formula", "beginning", "why"),
    [
        (
            "m*log(x) + c",
            "log(x) cannot be computed for 21 of 41 samples, x from −20 to 0",
            "no power",
        ),
        (
            "m*log(-1 - x**2)",
            "log(−1 − x²) cannot be computed for any of the 41 samples",
            "no power",
        ),
        (
            "log(-1 - m**2) + x",
            "log(−1 − m²) cannot be computed for any of the 41 samples",
            "no power",
        ),
        ("m/(x - 3) + c", "m / (x − 3) cannot be computed for 1 of 41 samples, at x = 3", "by 0"),
        ("m*sqrt(x - 18.5)", "√(x − 18.5) cannot be computed for 39 of 41 samples", "negative"),
        ("m*x**0.5", "x^0.5 cannot be computed for 20 of 41 samples, x from −20 to −1", "power"),
    ],
)
def test_the_operation_the_samples_and_the_reason_are_told(formula, beginning, why):
    experiment, parameters = started(formula)
    sentence = why_not_computable(experiment.problem, parameters)
    assert sentence.startswith(beginning)
    assert why in sentence


def test_of_a_single_sample_it_is_said_so():
    experiment, parameters = started("m*log(x)", samples=1, x_from=-3.0, x_to=3.0)
    sentence = why_not_computable(experiment.problem, parameters)
    assert sentence.startswith("log(x) cannot be computed for the only sample.")


def test_where_all_is_finite_there_is_nothing_to_tell():
    experiment, parameters = started("m*x + c")
    assert why_not_computable(experiment.problem, parameters) == ""


@pytest.mark.parametrize(("formula", "became"), [("m*log(x)", "nan"), ("m/x", "infinite")])
def test_the_trainer_says_it_at_epoch_0(formula, became):
    experiment, _ = started(formula)
    trainer = Trainer(experiment)
    assert trainer.start()
    assert trainer.divergence is not None
    assert trainer.divergence.epoch == 0
    assert became in trainer.divergence.sentence
    assert why_not_computable(experiment.problem, experiment.initial_parameters()) in (
        trainer.divergence.sentence
    )
