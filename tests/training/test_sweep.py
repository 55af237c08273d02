"""A sweep: its plan, its runs against those of trainers, cancelling, errors."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from app.study.architecture import Model, ModelKind
from app.study.experiment import Data, Experiment
from app.study.hyperparameters import Optimizer, Schedule, Training, UpdateRule, training_applies
from app.study.setting import Choice, Number, SettingError
from app.training.engine import ChosenEngine, choose_engine
from app.training.sweep import MOST, Outcome, Sweep, SweepPlan
from app.training.sweep_axis import (
    RATE_SETTING,
    SETTINGS,
    Range,
    presupposed,
    shown,
    suggested,
    suggested_rates,
    with_value,
)
from app.training.trainer import Trainer
from tests.training.bench import choose_graph

PLAIN = Training(epochs=60, clipping=False, update_rule=UpdateRule.ONCE_PER_PARAMETER)
EXPERIMENT = Experiment(Data(samples=11, noise=2.0), training=PLAIN)
RATES = (1e-4, 1e-3, 7e-3, 0.5)


def outcomes(plan: SweepPlan, **options) -> dict[tuple[int, int], Outcome]:
    sweep = Sweep(plan, **options)
    sweep.run()
    return {outcome.cell: outcome for outcome in sweep.outcomes}


def trained(experiment: Experiment, training: Training, choose=choose_engine) -> Trainer:
    trainer = Trainer(replace(experiment, training=training), choose)
    trainer.start()
    trainer.advance(training.epochs)
    return trainer


def same(one: float, other: float) -> bool:
    return np.float64(one).tobytes() == np.float64(other).tobytes()


# -- what is on the axes -----------------------------------------------------------------------


def test_logarithmic_values_are_round_and_the_same_factor_apart():
    values = Range(1e-5, 0.1, 13, log=True).values(RATE_SETTING)
    assert values[:4] == (1e-5, 2.15e-5, 4.64e-5, 1e-4)
    assert values[-1] == 0.1
    np.testing.assert_allclose(np.diff(np.log10(values)), 1 / 3, atol=2e-3)


def test_linear_values_are_the_same_amount_apart():
    values = Range(0.0, 0.9, 10, log=False).values(SETTINGS["momentum"])
    assert values == (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def test_values_close_together_stay_apart_and_the_ends_are_what_was_given():
    values = Range(0.0012345, 0.0012346, 11, log=True).values(RATE_SETTING)
    assert (values[0], values[-1], len(set(values))) == (0.0012345, 0.0012346, 11)
    assert values == tuple(sorted(values))


def test_whole_values_come_once_each():
    values = Range(1, 8, 20, log=True).values(SETTINGS["batch_size"])
    assert values == (1, 2, 3, 4, 5, 6, 7, 8)
    assert all(isinstance(value, int) for value in values)


@pytest.mark.parametrize(
    ("range_", "said"),
    [
        (Range(0.9, 0.1, 5, log=False), "“from” must be smaller than “to”"),
        (Range(0.5, 0.5, 5, log=False), "“from” must be smaller than “to”"),
        (Range(0.0, 0.9, 5, log=True), "must begin above 0"),
        (Range(0.0, 2.0, 5, log=False), "Momentum must be"),
        (Range(math.nan, 0.5, 5, log=False), "Momentum must be"),
    ],
)
def test_a_range_that_cannot_be_is_refused_with_a_sentence(range_, said):
    with pytest.raises(SettingError, match=said):
        range_.values(SETTINGS["momentum"])


@pytest.mark.parametrize("name", [n for n, s in SETTINGS.items() if isinstance(s, Number)])
@pytest.mark.parametrize("epochs", [1, 2000])
def test_every_number_has_a_range_to_begin_with(name, epochs):
    values = suggested(name, Training(epochs=epochs)).values(SETTINGS[name])
    assert 2 <= len(values) <= 10


@pytest.mark.parametrize("rate", [1e-12, 0.001, 0.07, 1.0, 1e6])
def test_the_learning_rates_to_begin_with_hold_the_present_one(rate):
    range_ = suggested_rates(Training(learning_rate=rate))
    assert len(range_.values(RATE_SETTING)) == 13
    assert rate == 1e6 or rate in range_.values(RATE_SETTING)


@pytest.mark.parametrize("name", list(SETTINGS))
def test_every_setting_has_an_effect_once_it_is_swept(name):
    setting = SETTINGS[name]
    value = next(iter(setting.options)) if isinstance(setting, Choice) else True
    if isinstance(setting, Number):
        value = suggested(name, PLAIN).values(setting)[-1]
    swept = with_value(PLAIN, name, value)
    assert getattr(swept, name) == value
    assert training_applies(swept).get(name, True)


def test_what_a_setting_presupposes_is_set_and_said():
    assert with_value(PLAIN, "momentum", 0.5).optimizer is Optimizer.MOMENTUM
    assert presupposed(PLAIN, "momentum") == (
        "All runs have “Optimizer: momentum”; without it, “Momentum” has no effect."
    )
    assert with_value(PLAIN, "clip_bound", 2.0).clipping
    assert "“Clip gradients: on”" in presupposed(PLAIN, "clip_bound")


def test_what_a_setting_presupposes_stays_if_it_is_there():
    nesterov = replace(PLAIN, optimizer=Optimizer.NESTEROV)
    assert with_value(nesterov, "momentum", 0.5).optimizer is Optimizer.NESTEROV
    assert presupposed(nesterov, "momentum") == ""
    assert presupposed(PLAIN, "optimizer") == ""


def test_values_are_shown_as_words_and_numbers():
    shown_values = [shown(each) for each in (Optimizer.ADAM, Schedule.STEP, True, 41, 2.15e-5)]
    assert shown_values == ["Adam", "step", "on", "41", "2.15e−5"]


# -- the plan ----------------------------------------------------------------------------------


def test_a_plan_has_a_run_for_each_value_and_learning_rate():
    plan = SweepPlan(EXPERIMENT, RATES, "momentum", (0.0, 0.9))
    assert plan.runs == len(list(plan.cells())) == 8
    assert plan.training((1, 2)) == replace(
        PLAIN, learning_rate=7e-3, optimizer=Optimizer.MOMENTUM, momentum=0.9
    )


@pytest.mark.parametrize(
    ("rates", "values", "said"),
    [
        ((1e-3,), (0.5,), "from 2 to 2,500 runs; this one would have 1"),
        ((), (0.5,), "would have 0"),
        (tuple(np.linspace(1, 2, MOST + 1)), (0.5,), "would have 2,501"),
        ((1e-3, -1.0), (0.5,), "Learning rate must be"),
        ((1e-3, 1e-2), (7.0,), "Momentum must be"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_a_sentence(rates, values, said):
    with pytest.raises(SettingError, match=said):
        SweepPlan(EXPERIMENT, rates, "momentum", values)


def test_a_plan_knows_which_of_its_runs_an_experiment_is():
    plan = SweepPlan(EXPERIMENT, RATES, "optimizer", tuple(Optimizer))
    of_cell = replace(EXPERIMENT, training=plan.training((5, 3)))
    assert plan.place_of(of_cell) == (5, 3)
    assert plan.place_of(EXPERIMENT) == (0, 1)
    assert plan.place_of(EXPERIMENT.with_value("learning_rate", 0.3)) is None
    assert plan.place_of(EXPERIMENT.with_value("samples", 12)) is None


def test_an_experiment_fits_a_plan_if_its_sweep_would_come_out_the_same():
    plan = SweepPlan(EXPERIMENT, RATES, "momentum", (0.0, 0.9))
    assert plan.fits(EXPERIMENT.with_value("learning_rate", 0.3))
    assert plan.fits(EXPERIMENT.with_value("momentum", 0.3))
    assert plan.fits(EXPERIMENT.with_value("optimizer", Optimizer.MOMENTUM))
    assert not plan.fits(EXPERIMENT.with_value("optimizer", Optimizer.NESTEROV))
    assert not plan.fits(EXPERIMENT.with_value("epochs", 61))
    assert not plan.fits(EXPERIMENT.with_value("samples", 12))
    assert plan.place_of(EXPERIMENT) is None  # gradient descent is not momentum


# -- the runs ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(SETTINGS))
def test_each_run_ends_with_the_loss_of_a_trainer_to_the_last_bit(name):
    setting = SETTINGS[name]
    if isinstance(setting, Number):
        values = replace(suggested(name, PLAIN), count=3).values(setting)
    else:
        values = tuple(setting.options) if isinstance(setting, Choice) else (False, True)
    plan = SweepPlan(EXPERIMENT, RATES, name, values)
    found = outcomes(plan, threads=3)
    assert set(found) == set(plan.cells())
    for cell, outcome in found.items():
        trainer = trained(EXPERIMENT, plan.training(cell))
        history = trainer.history
        assert same(outcome.loss, history.loss(history.last_epoch)), cell
        finite = history.losses[np.isfinite(history.losses)]
        assert same(outcome.lowest, finite.min())
        epoch = trainer.divergence.epoch if trainer.divergence else None
        assert outcome.diverged == epoch


def test_a_run_in_many_chunks_is_the_same_to_the_last_bit(monkeypatch):
    plan = SweepPlan(EXPERIMENT, RATES, "optimizer", tuple(Optimizer))
    at_once = outcomes(plan)
    monkeypatch.setattr("app.training.sweep.CHUNK", 0.0)
    assert {c: (o.loss.hex(), o.lowest) for c, o in outcomes(plan).items()} == {
        c: (o.loss.hex(), o.lowest) for c, o in at_once.items()
    }


def test_a_diverged_run_stops_at_once_and_says_where():
    experiment = EXPERIMENT.with_value("epochs", 10_000_000)
    found = outcomes(SweepPlan(experiment, (0.5, 1.0), "clipping", (False,)))
    assert all(0 < outcome.diverged < 1000 for outcome in found.values())
    assert not any(math.isfinite(outcome.loss) for outcome in found.values())
    assert all(math.isfinite(outcome.lowest) for outcome in found.values())


def test_what_starts_beyond_all_numbers_has_diverged_at_epoch_0():
    plan = SweepPlan(EXPERIMENT, (1e-3, 1e-2), "clipping", (False,))
    far = Sweep(plan, choose_overflowing)
    far.run()
    assert [(each.diverged, each.loss) for each in far.outcomes] == [(0, math.inf)] * 2
    assert all(math.isnan(each.lowest) for each in far.outcomes)
    assert far.share == 1.0


class Overflowing:
    """An engine whose loss is infinite from the start."""

    def evaluate(self, parameters, cancelled):  # noqa: ARG002
        return math.inf, np.zeros_like(parameters)


def choose_overflowing(problem) -> ChosenEngine:
    return ChosenEngine(Overflowing(), choose_engine(problem).tape)


def test_the_define_by_run_engine_gives_the_same_as_its_trainer():
    experiment = EXPERIMENT.with_value("epochs", 5)
    plan = SweepPlan(experiment, (1e-3, 1e-2), "momentum", (0.0, 0.9))
    for cell, outcome in outcomes(plan, choose=choose_graph).items():
        history = trained(experiment, plan.training(cell), choose_graph).history
        assert same(outcome.loss, history.loss(5))


def test_a_sweep_of_a_network_ends_with_the_losses_of_trainers():
    model = Model(kind=ModelKind.NETWORK, layers=2, units=4)
    experiment = replace(EXPERIMENT.with_value("epochs", 20), model=model)
    plan = SweepPlan(experiment, (1e-3, 1e-2), "optimizer", (Optimizer.MOMENTUM, Optimizer.ADAM))
    for cell, outcome in outcomes(plan, threads=2).items():
        assert same(outcome.loss, trained(experiment, plan.training(cell)).history.loss(20))


def test_a_sweep_with_frozen_parameters_trains_the_others():
    start = EXPERIMENT.start("c")
    experiment = EXPERIMENT.with_value("start.c", replace(start, frozen=True))
    plan = SweepPlan(experiment, (1e-3, 1e-2), "momentum", (0.0,))
    for cell, outcome in outcomes(plan).items():
        assert same(outcome.loss, trained(experiment, plan.training(cell)).history.loss(60))


def test_a_sweep_that_trains_slowly_says_so():
    def choose(problem):
        return replace(choose_graph(problem), notice="It is slow.")

    sweep = Sweep(SweepPlan(EXPERIMENT.with_value("epochs", 1), RATES, "momentum", (0.5,)), choose)
    sweep.run()
    assert sweep.notice == "It is slow."
    assert len(sweep.outcomes) == 4


def test_a_sweep_that_is_done_has_done_all_of_its_share():
    sweep = Sweep(SweepPlan(EXPERIMENT, RATES, "epochs", (1, 7)))
    assert sweep.share == 0.0
    sweep.run()
    assert sweep.share == 1.0
    assert sweep.initial_loss == trained(EXPERIMENT, PLAIN).history.loss(0)
    assert not sweep.cancelled


# -- cancelling and errors ---------------------------------------------------------------------


@pytest.mark.parametrize("choose", [choose_engine, choose_graph])
def test_a_cancelled_sweep_ends_at_once_and_keeps_what_it_has(choose):
    short, long = 3, 10_000_000
    experiment = Experiment(Data(samples=500), training=replace(PLAIN, learning_rate=1e-6))
    plan = SweepPlan(experiment, (1e-7, 1e-6), "epochs", (short, long))
    sweep = Sweep(plan, choose)
    thread = threading.Thread(target=sweep.run)
    thread.start()
    deadline = time.monotonic() + 20
    while len(sweep.outcomes) < 2 and time.monotonic() < deadline:
        thread.join(0.001)
    start = time.perf_counter()
    sweep.cancel()
    thread.join(20)
    assert time.perf_counter() - start < 1.0  # alone on the machine it takes 0.03 s
    assert {outcome.cell for outcome in sweep.outcomes} == {(0, 0), (0, 1)}
    assert sweep.cancelled
    assert sweep.share < 1.0


def test_a_sweep_cancelled_before_it_begins_trains_nothing():
    sweep = Sweep(SweepPlan(EXPERIMENT, RATES, "momentum", (0.5,)))
    sweep.cancel()
    sweep.run()
    assert sweep.outcomes == []


def test_an_error_in_a_run_ends_the_sweep():
    class Broken:
        def evaluate(self, parameters, cancelled):  # noqa: ARG002
            return 1.0, np.zeros_like(parameters)

        def train(self, *_):
            raise ZeroDivisionError("broken")

    def choose(problem):
        return ChosenEngine(Broken(), choose_engine(problem).tape)

    sweep = Sweep(SweepPlan(EXPERIMENT, RATES, "momentum", (0.1, 0.5)), choose, threads=2)
    with pytest.raises(ZeroDivisionError, match="broken"):
        sweep.run()
    assert sweep.outcomes == []
