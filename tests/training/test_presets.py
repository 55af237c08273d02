"""Every preset shows what its sentence says."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from app.study.architecture import Activation, Loss
from app.study.data import make_samples
from app.study.experiment import Experiment
from app.study.hyperparameters import Optimizer, Schedule
from app.study.presets import find_preset, presets
from app.training.snapshot import Probe
from app.training.testing import tape_of_test
from app.training.trainer import Trainer

PRESETS = {preset.key: preset for preset in presets()}


@cache
def trained(key: str, **changes: object) -> Trainer:
    """Return a preset's run at its end, with some settings changed."""
    experiment = find_preset(key).experiment
    for name, value in changes.items():
        experiment = experiment.with_value(name, value)
    return run(experiment)


def run(experiment: Experiment) -> Trainer:
    trainer = Trainer(experiment)
    assert trainer.start()
    trainer.advance(experiment.training.epochs)
    assert trainer.notice == ""
    return trainer


def started(key: str, **values: float) -> Trainer:
    """Return a preset's run from other initial values."""
    return run(find_preset(key).experiment.starting_from(values))


def last(trainer: Trainer) -> float:
    """Return the last loss of a run that was trained to its end."""
    assert trainer.finished
    return trainer.history.loss(trainer.history.last_epoch)


def end(trainer: Trainer) -> list[float]:
    return trainer.history.parameters(trainer.history.last_epoch).tolist()


def path(trainer: Trainer, parameter: int) -> np.ndarray:
    history = trainer.history
    return np.array([history.parameters(epoch)[parameter] for epoch in range(len(history))])


def about(key: str) -> str:
    return PRESETS[key].about


def least_squares(key: str) -> tuple[float, float, float]:
    """Return slope, intercept and mean square of a line through a preset's data."""
    samples = make_samples(PRESETS[key].experiment.data).train
    (slope, intercept), squares, *_ = np.polyfit(samples.x, samples.y, 1, full=True)
    return float(slope), float(intercept), float(squares[0]) / len(samples)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_every_preset_starts_with_a_finite_loss_and_trains_natively(preset):
    training = replace(preset.experiment.training, epochs=3)
    trainer = run(replace(preset.experiment, training=training))
    assert np.isfinite(trainer.history.loss(0))
    assert trainer.history.last_epoch == 3


# -- steps on a line -------------------------------------------------------------------------


def test_the_notebooks_m_ends_jumping_to_and_fro_around_2():
    m, c = path(trained("notebook"), 0), path(trained("notebook"), 1)
    assert np.diff(c[100:200]) == pytest.approx(np.full(99, -0.041))
    assert ((m[-100:-1] - 2) * (m[-99:] - 2) < 0).all()


def test_steps_that_are_too_small_leave_c_where_it_was():
    m, c = end(trained("small-steps"))
    start = trained("small-steps").history.parameters(0)[1]
    assert m == pytest.approx(2, abs=0.01)
    assert abs(c - start) < 0.4 < abs(-9 - start) / 20
    assert last(trained("small-steps")) > 1e9 * last(trained("once-per-parameter"))
    rates = [
        PRESETS[key].experiment.value("learning_rate")
        for key in ("small-steps", "once-per-parameter")
    ]
    assert rates[1] == pytest.approx(500 * rates[0])


def test_a_learning_rate_that_is_too_large_overshoots_further_each_time():
    trainer = trained("diverging")
    assert trainer.divergence.epoch == 597
    away = path(trainer, 0)[:300] - 2
    assert away[1:] / away[:-1] == pytest.approx(np.full(299, 1 - 0.01 * 280))
    assert trained("diverging", learning_rate=0.0071).divergence is None
    assert last(trained("diverging", learning_rate=0.0071)) < 1e-6


def test_clipping_rescues_what_would_diverge():
    trainer = trained("clipping")
    assert last(trainer) < 0.01
    m = path(trainer, 0)
    assert ((m[-100:-1] - 2) * (m[-99:] - 2) < 0).all()
    gone = trained("clipping", clipping=False)
    assert gone.divergence.epoch == trained("diverging").divergence.epoch


def test_momentum_overshoots_and_comes_back_but_arrives_before_plain_descent():
    m, c = path(trained("momentum"), 0), path(trained("momentum"), 1)
    away = m - 2
    turns = np.flatnonzero(np.diff(np.sign(np.diff(away))))
    swings = np.abs(away[turns + 1])
    assert away[0] < -1 < 1 < away.max()  # past 2 by as much as it was below at first
    assert len(swings) > 10
    assert (np.diff(swings[:10]) < 0).all()
    assert c[-1] == pytest.approx(-9, abs=0.01)
    plain = trained("momentum", optimizer=Optimizer.GRADIENT_DESCENT)
    assert (path(plain, 0) < 2.0001).all()
    assert abs(end(plain)[1] - c[0]) < abs(-9 - c[0]) / 3
    smaller = path(trained("momentum", momentum=0.5), 0) - 2
    assert 0 < smaller.max() < away.max() / 4


def test_in_a_narrow_valley_descent_creeps_and_adam_arrives():
    slope, intercept, least = least_squares("ill-conditioned")
    (_, start), (_, c) = (
        trained("ill-conditioned").history.parameters(0),
        end(trained("ill-conditioned")),
    )
    assert c - start == pytest.approx(0.05, abs=0.005)
    assert intercept - start == pytest.approx(21, abs=1)
    adam = trained("ill-conditioned", optimizer=Optimizer.ADAM, learning_rate=0.1)
    assert end(adam)[1] == pytest.approx(intercept, abs=1)
    assert end(adam)[0] == pytest.approx(slope, abs=0.01)
    assert last(trained("ill-conditioned")) > 2 * last(adam)
    assert last(adam) < 1.02 * least
    assert trained("ill-conditioned", learning_rate=0.0001).divergence.epoch < 1000


# -- noise -----------------------------------------------------------------------------------


def test_mini_batches_jump_around_the_minimum_and_a_cosine_brings_them_to_rest():
    *_, least = least_squares("mini-batches")
    assert f"its minimum, {least:.2f}," in about("mini-batches")
    constant = trained("mini-batches").history.losses[-200:]
    assert constant.min() < least + 0.01
    assert constant.max() > least + 20
    resting = trained("mini-batches", schedule=Schedule.COSINE).history.losses[-20:]
    assert resting.max() < least + 0.01


def test_outliers_lift_the_line_of_a_squared_loss_and_not_that_of_an_absolute_one():
    experiment = PRESETS["outliers"].experiment
    samples = make_samples(experiment.data).all
    assert np.count_nonzero(samples.y - samples.truth > 20) == 6
    slope, intercept = end(trained("outliers"))
    assert (slope, intercept) == pytest.approx(least_squares("outliers")[:2], abs=1e-3)
    robust_slope, robust_intercept = end(trained("outliers", loss=Loss.ABSOLUTE))
    assert intercept - 2 == pytest.approx(4, abs=0.5)
    assert robust_intercept == pytest.approx(2, abs=0.4)
    assert robust_slope == pytest.approx(1, abs=0.05)
    assert abs(robust_slope - 1) < abs(slope - 1)


# -- curves ----------------------------------------------------------------------------------


def test_the_kink_moves_to_its_place_unless_it_starts_beyond_all_points():
    m, c, k, d = end(trained("kink"))
    assert (m, c, k, d) == pytest.approx((-0.5, 1.0, 2.0, 1.0), abs=0.2)
    assert trained("kink").history.parameters(0)[3] == -1
    dead = started("kink", d=7.0)
    assert end(dead)[2:] == [0.5, 7.0]
    assert last(dead) > 20 * last(trained("kink"))


def test_the_exponent_of_a_power_law_is_found_where_x_is_positive():
    assert end(trained("power-law")) == pytest.approx([0.7, 1.8], abs=0.05)
    divergence = trained("power-law", x_from=-1.0).divergence
    assert divergence.epoch == 0
    assert "x^p became nan" in divergence.sentence


def test_the_exponential_explodes_unless_gradients_are_clipped():
    trainer = trained("exploding")
    losses, k = trainer.history.losses, path(trainer, 1)
    assert trainer.divergence.epoch == 3
    assert losses[1] < losses[0] / 4
    assert losses[2] > 100 * losses[0]
    assert abs(k[-1]) * 4 > 710  # exp of more is infinite
    clipped = trained("exploding", clipping=True)
    assert last(clipped) < losses[0] / 50
    assert end(clipped)[1] == pytest.approx(0.7, abs=0.15)


def test_the_sine_ends_in_a_hollow_from_a_bad_start_and_fits_from_a_good_one():
    trainer = trained("local-minimum")
    a, b = end(trainer)
    assert last(trainer) == pytest.approx(2.04, abs=0.005)
    assert b == pytest.approx(2.7, abs=0.05)
    assert abs(a) < 0.25  # almost flat, where the data reach ±2
    snapshot = Probe(PRESETS["local-minimum"].experiment.problem).snapshot(0, (a, b))
    assert np.abs(snapshot.evaluation.gradient).max() < 1e-6
    good = started("local-minimum", b=1.2)
    assert end(good) == pytest.approx([2.0, 1.5])
    assert last(trainer) > 1e9 * last(good)


def test_a_saturated_tanh_has_no_gradient_to_speak_of():
    trainer = trained("saturated")
    losses = trainer.history.losses
    assert losses[-1] > 0.999 * losses[0]
    evaluation = Probe(PRESETS["saturated"].experiment.problem).snapshot(0, (0.5, 6.0)).evaluation
    assert np.abs(evaluation.gradient).max() < 1e-2
    moved = started("saturated", b=3.0).history
    assert moved.loss(100) < moved.loss(0) / 200


# -- networks --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_tiny_network_bends_into_a_sine_from_any_seed(seed):
    experiment = PRESETS["tiny-network"].experiment
    assert len(experiment.parameters) == 13
    trainer = trained("tiny-network", seed=seed)
    assert last(trainer) < 0.05**2  # the variance of the noise
    x = np.linspace(-3, 3, 50)
    curve = Probe(experiment.problem).curve(x).at(end(trainer))
    assert curve == pytest.approx(np.sin(x), abs=0.06)


def test_the_deeper_network_fits_what_the_tiny_one_cannot():
    experiment = PRESETS["network"].experiment
    assert len(experiment.parameters) == 97
    truth = make_samples(replace(experiment.data, samples=400, noise=0.0), experiment.model).all.y
    assert np.count_nonzero(np.diff(np.sign(np.diff(truth)))) == 4
    assert last(trained("network")) < 0.1**2
    assert last(trained("network", layers=1, units=4)) > 5 * last(trained("network"))
    assert trained("network", activation=Activation.RELU).divergence is None


def on_test_data(trainer: Trainer, key: str) -> np.ndarray:
    """Return the loss of a preset's test samples at every 20th epoch of a run."""
    tape = tape_of_test(PRESETS[key].experiment.problem)
    history = trainer.history
    return np.array([tape.evaluate(history.parameters(e))[0] for e in range(0, len(history), 20)])


def test_the_overfitted_network_does_worse_and_worse_on_test_data():
    split = make_samples(
        PRESETS["overfitting"].experiment.data, PRESETS["overfitting"].experiment.model
    )
    assert (len(split.train), len(split.test)) == (12, 12)
    assert len(PRESETS["overfitting"].experiment.parameters) == 49
    losses, test = (
        trained("overfitting").history.losses,
        on_test_data(trained("overfitting"), "overfitting"),
    )
    assert losses[300] > losses[1000] > losses[2000] > losses[4000]
    assert 300 <= 20 * test.argmin() <= 500
    assert test[-1] == pytest.approx(5 * test.min(), rel=0.2)


def test_weight_decay_keeps_the_test_loss_low_and_the_parameters_small():
    free, held = PRESETS["overfitting"].experiment, PRESETS["weight-decay"].experiment
    assert replace(held, model=replace(held.model, weight_decay=0.0)) == free
    without, with_it = trained("overfitting"), trained("weight-decay")
    assert on_test_data(with_it, "weight-decay")[-1] < on_test_data(without, "overfitting")[-1] / 5
    assert on_test_data(with_it, "weight-decay")[-1] < on_test_data(without, "overfitting").min()
    assert np.linalg.norm(end(with_it)) < np.linalg.norm(end(without)) / 2
    x = np.linspace(-3.2, 3.2, 200)
    curves = [Probe(free.problem).curve(x).at(end(each)) for each in (without, with_it)]
    bends = [np.abs(np.diff(curve, 2)).sum() for curve in curves]
    assert bends[1] < bends[0] / 3
    flat = Probe(free.problem).curve(x).at(end(trained("weight-decay", weight_decay=1.0)))
    assert flat == pytest.approx(np.polyval(np.polyfit(x, flat, 1), x), abs=0.05)
