"""The loss landscape: losses, minimum, range, path, and the steps of an update."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.study.data import make_samples
from app.study.experiment import Data, Experiment, Problem
from app.study.hyperparameters import ClipBy, Optimizer, Training, UpdateRule
from app.training.engine import choose_engine
from app.training.epoch_trace import NOTHING_REPLACED, WhatIf
from app.training.landscape import (
    Box,
    Slice,
    Survey,
    follow,
    losses_of,
    path_epochs,
    steps_of,
    with_columns,
)
from app.training.minimum import Search
from app.training.moment import Moment
from app.training.snapshot import Probe
from app.training.trainer import Trainer
from app.training.update import update_rule
from autograd import Exponent, Scalar, Sine
from autograd.optimizers import State
from autograd.tape import Tape
from tests.training.bench import ENGINES, choose_graph
from tests.training.moments import START, moments_of_line

FOREVER = 1e9
X = np.linspace(-3.0, 3.0, 41)


def box(*ranges: tuple[float, float]) -> Box:
    low, high = np.array(ranges, dtype=float).T
    return Box(low, high)


def tape_of(model, y: np.ndarray, count: int, part=lambda residual: residual**2) -> Tape:
    """Return the tape of a model's mean loss over X."""
    parameters = [Scalar(0.0, require_grad=True, name=name) for name in "abcd"[:count]]
    x, target, total = Scalar(0.0), Scalar(0.0), Scalar(0.0)
    term = part(target - model(*parameters, x))
    return Tape.record(total / len(X), parameters, {x: X, target: y}, {total: term})


def searched(tape: Tape, start, chosen=None) -> Search:
    chosen = chosen or tuple(range(len(start)))
    surface = Slice(tape, start, chosen)
    search = Search(surface, np.array(start, dtype=float)[list(chosen)])
    assert search.advance(FOREVER)
    return search


# -- losses ----------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
@pytest.mark.parametrize("samples", [1, 7, 1000])
def test_the_grid_has_the_losses_of_the_define_by_run_engine(engine, samples):
    problem = Problem(Data(samples=samples, noise=2.0))
    chosen = engine(problem)
    survey = Survey(
        Slice(chosen.tape, START, (0, 1), chosen.engine), box((-5, 5), (-20, 20)), resolution=32
    )
    assert survey.advance(FOREVER)
    m, c = survey.box.ticks(32)
    oracle = choose_graph(problem).engine
    for row, column in np.random.default_rng(0).integers(0, 32, (10, 2)):
        loss, _ = oracle.evaluate(np.array([m[column], c[row]]))
        assert survey.losses[row, column] == pytest.approx(loss, rel=1e-12)


def test_numpy_computes_the_losses_of_a_tape_with_work_outside_the_samples():
    weight, shift, x, total = (Scalar(0.0) for _ in range(4))
    loss = total / 41 + Exponent(weight) * shift
    columns, sums = {x: X}, {total: Sine(weight * x) * Exponent(weight)}
    tape = Tape.record(loss, [weight, shift], columns, sums)
    points = np.random.default_rng(1).normal(size=(300, 2))
    expected = [tape.evaluate(point)[0] for point in points]
    assert losses_of(tape, points) == pytest.approx(expected, rel=1e-12)


def test_a_sum_over_samples_of_what_they_share_counts_every_sample():
    weight, x, one, other = (Scalar(0.0) for _ in range(4))
    tape = Tape.record(one + other, [weight], {x: X}, {one: x * weight, other: weight * weight})
    assert losses_of(tape, np.array([[3.0]])) == pytest.approx([tape.evaluate([3.0])[0]])


def test_the_cells_middles_are_where_losses_are_computed():
    assert [list(each) for each in box((0, 4), (10, 12)).ticks(2)] == [[1, 3], [10.5, 11.5]]


def test_a_grid_grows_bit_by_bit_and_comes_out_the_same():
    chosen = choose_engine(Problem(Data(samples=50)))
    area = box((-1, 3), (-10, 2))
    whole = Survey(Slice(chosen.tape, START, (0, 1), chosen.engine), area, 16)
    parts = Survey(Slice(chosen.tape, START, (0, 1), chosen.engine), area, 16)
    parts.surface.speed = 1.0  # at first nothing is known of the engine's
    assert whole.advance(FOREVER)
    rounds = 1
    while not parts.advance(1e-9):
        rounds += 1
        parts.surface.speed = 1.0
    assert rounds == 256
    assert np.array_equal(parts.losses, whole.losses)


def test_other_parameters_stay_as_they_are():
    tape = tape_of(lambda a, b, c, x: a * x * x + b * x + c, X**2, 3)
    surface = Slice(tape, [1.0, 2.0, 3.0], (2, 0))
    point = np.array([0.5, -0.25])
    assert surface.loss(point) == pytest.approx(tape.evaluate([-0.25, 2.0, 0.5])[0])


def test_a_replaced_number_of_the_data_counts_and_the_tape_itself_stays():
    probe = Probe(Problem(Data(samples=5)))
    what_if = NOTHING_REPLACED.with_data(probe.y, 2, 100.0)
    changed = with_columns(probe.tape, what_if.columns(probe))
    before = probe.tape.evaluate(START)[0]
    expected = probe.snapshot(0, START, what_if.columns(probe)).evaluation.loss
    assert losses_of(changed, np.array([START])) == pytest.approx([expected])
    assert probe.tape.evaluate(START)[0] == before != expected


# -- the minimum -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "recipe",
    [
        Data(noise=8.0),
        Data(noise=3.0, x_from=1000.0, x_to=1040.0),
        Data(noise=3.0, x_from=100_000.0, x_to=100_040.0),
        Data(noise=1.0, samples=1000, x_from=-1e-3, x_to=1e-3),
    ],
    ids=["notebook", "x far from 0", "x very far from 0", "x close to 0"],
)
def test_the_minimum_of_a_line_is_that_of_least_squares(recipe):
    samples = make_samples(recipe).train
    middle = samples.x.mean()
    slope, height = np.linalg.lstsq(
        np.column_stack([samples.x - middle, np.ones(len(samples))]), samples.y, rcond=None
    )[0]
    chosen = choose_engine(Problem(recipe))
    search = Search(Slice(chosen.tape, START, (0, 1), chosen.engine), np.array(START))
    assert search.advance(FOREVER)
    minimum = search.minimum
    assert minimum.exact
    assert minimum.at == pytest.approx([slope, height - slope * middle], rel=1e-5)
    residual = samples.y - slope * (samples.x - middle) - height
    assert minimum.loss == pytest.approx(np.mean(residual**2), rel=1e-6)


def test_a_valley_without_a_single_lowest_point_has_one_on_its_floor():
    minimum = searched(Probe(Problem(Data(x_from=3.0, x_to=3.0))).tape, START).minimum
    assert minimum.at @ [3.0, 1.0] == pytest.approx(2.0 * 3.0 - 9.0)
    assert minimum.loss == pytest.approx(0.0, abs=1e-20)


@pytest.mark.parametrize("start", [(0.5, 0.6), (0.1, 3.0), (-1.0, -2.0)])
def test_a_search_finds_the_minimum_of_a_sine(start):
    tape = tape_of(lambda a, b, x: a * Sine(b * x), 2.0 * np.sin(1.5 * X), 2)
    minimum = searched(tape, start).minimum
    assert np.abs(minimum.at) == pytest.approx([2.0, 1.5], rel=1e-6)
    assert not minimum.exact


def test_a_search_finds_the_minimum_of_absolute_values():
    y = 2.0 * X - 9.0 + np.random.default_rng(0).normal(size=len(X))
    tape = tape_of(lambda a, b, x: a * x + b, y, 2, abs)
    minimum = searched(tape, (0.0, 0.0)).minimum
    one, other = np.triu_indices(len(X), 1)  # the lowest line goes through two of the points
    slopes = (y[other] - y[one]) / (X[other] - X[one])
    lines = np.column_stack([slopes, y[one] - slopes * X[one]])
    assert minimum.loss == pytest.approx(losses_of(tape, lines).min(), rel=1e-3)
    assert not minimum.exact


def test_a_loss_that_falls_without_end_has_no_minimum():
    tape = tape_of(lambda a, b, x: Exponent(a * x * x + b), 0 * X, 2)
    assert searched(tape, (0.1, 0.1)).minimum is None


def test_a_loss_that_is_nowhere_finite_has_no_minimum():
    tape = tape_of(lambda a, b, x: a * x + b, np.full(len(X), np.nan), 2)
    search = searched(tape, (0.1, 0.1))
    assert search.minimum is None
    assert (search.scales > 0).all()


def test_the_minimum_over_one_parameter_leaves_the_other():
    samples = make_samples(Data(noise=2.0)).train
    minimum = searched(Probe(Problem(Data(noise=2.0))).tape, START, (0,)).minimum
    best = samples.x @ (samples.y - START[1]) / (samples.x @ samples.x)
    assert minimum.at == pytest.approx([best])


# -- the range -------------------------------------------------------------------------------


def test_the_range_holds_all_points_with_room_around_them():
    points = np.array([[0.0, 5.0], [2.0, -9.0], [1.0, 1.0]])
    shown = follow(points, np.ones(2))
    assert (shown.low < points.min(axis=0)).all()
    assert (points.max(axis=0) < shown.high).all()
    assert (shown.size < 1.5 * np.ptp(points, axis=0)).all()


def test_the_range_stays_while_points_remain_in_it_and_grows_when_they_leave():
    points = np.array([[0.0, 0.0], [10.0, 10.0]])
    shown = follow(points, np.ones(2))
    assert follow(points + 0.5, np.ones(2), shown) is shown
    assert follow(points + 5.0, np.ones(2), shown).high[0] > 15.0


def test_the_range_shrinks_when_the_points_have_become_much_closer():
    shown = follow(np.array([[0.0, 0.0], [100.0, 100.0]]), np.ones(2))
    assert follow(np.array([[50.0, 50.0], [51.0, 51.0]]), np.ones(2), shown).size.max() < 2.0


@pytest.mark.parametrize("point", [(1.0, 2.0), (0.0, 0.0), (1e9, -1e-9)])
def test_a_single_point_has_a_range_around_it(point):
    shown = follow(np.array([point]), np.array([0.1, 3.0]))
    assert (shown.low < point).all()
    assert (shown.high > point).all()


def test_a_side_along_which_nothing_moves_is_as_long_as_the_curvature_says():
    shown = follow(np.array([[0.0, 7.0], [1.0, 7.0]]), np.array([1.0, 100.0]))
    assert shown.size[1] > 5.0


def test_points_that_have_left_all_bounds_do_not_count():
    points = np.array([[0.0, 0.0], [1.0, 1.0], [np.inf, 0.0], [0.0, np.nan], [1e200, 2.0]])
    assert follow(points, np.ones(2)).size.max() < 2.0


# -- the path --------------------------------------------------------------------------------


@pytest.mark.parametrize("epoch", [0, 1, 99, 1_000, 123_456, 10_000_000])
def test_the_path_has_few_epochs_from_the_first_to_the_last(epoch):
    epochs = path_epochs(epoch)
    assert (epochs[0], epochs[-1]) == (0, epoch)
    assert (np.diff(epochs) > 0).all()
    assert len(epochs) <= 600


def test_the_path_shows_both_sides_of_a_run_that_jumps_to_and_fro():
    odd = path_epochs(1_000_000) % 2
    assert 0.4 < odd.mean() < 0.6


def test_the_path_so_far_stays_as_it_is_while_the_run_goes_on():
    earlier, later = set(path_epochs(5000).tolist()), set(path_epochs(5100).tolist())
    assert {each for each in earlier if each <= 4900} <= later


# -- the steps -------------------------------------------------------------------------------

PLAIN = Training(clipping=False, update_rule=UpdateRule.ONCE_PER_PARAMETER)
TRAININGS = {
    "notebook": Training(),
    "plain": PLAIN,
    "clipped by norm": replace(PLAIN, clipping=True, clip_by=ClipBy.NORM, clip_bound=0.5),
    "adam": replace(PLAIN, optimizer=Optimizer.ADAM, learning_rate=0.1),
    "momentum": replace(PLAIN, optimizer=Optimizer.MOMENTUM, learning_rate=1e-4),
}


def trained(training: Training, epochs: int, samples: int = 9) -> tuple[Trainer, Probe]:
    recipe = Data(samples=samples, noise=1.0)
    trainer = Trainer(Experiment(recipe, training=training))
    trainer.start()
    trainer.advance(epochs)
    return trainer, Probe(Problem(recipe))


def moment_at(probe: Probe, trainer: Trainer, epoch: int, what_if=NOTHING_REPLACED) -> Moment:
    state = what_if.state(State(trainer.history.parameters(epoch), np.empty((0, 2))))
    snapshot = probe.snapshot(epoch, state.parameters, what_if.columns(probe))
    return Moment(epoch, probe, snapshot.evaluation, what_if=what_if)


@pytest.mark.parametrize("training", TRAININGS.values(), ids=TRAININGS)
def test_the_steps_at_the_newest_epoch_are_those_of_the_update_rule(training):
    trainer, probe = trained(training, 12)
    moment = moment_at(probe, trainer, 12)
    steps = steps_of(moment, trainer.history, training)
    state = trainer.history.state(12)
    gradient = probe.tape.evaluate(state.parameters)[1]
    after = update_rule(training).step(
        state, gradient, training.learning_rate, np.full(2, float(probe.tape.samples))
    )
    assert steps.before == pytest.approx(state.parameters, rel=1e-15)
    assert steps.raw == pytest.approx(-training.learning_rate * gradient, rel=1e-12)
    assert steps.before + steps.taken == pytest.approx(after.parameters, rel=1e-12)


def test_the_step_taken_at_a_past_epoch_is_what_the_run_did():
    trainer, probe = trained(TRAININGS["adam"], 30)
    history = trainer.history
    steps = steps_of(moment_at(probe, trainer, 7), history, TRAININGS["adam"])
    assert np.array_equal(steps.taken, history.parameters(8) - history.parameters(7))


def test_within_the_steps_they_are_those_of_the_update_that_is_shown():
    training = replace(Training(), batches=True, batch_size=2)
    *_, moment = moments_of_line(training)
    change = moment.change
    steps = steps_of(moment, trained(training, 3)[0].history, training)
    assert np.array_equal(steps.before, change.before)
    assert np.array_equal(steps.raw, -change.learning_rate * change.gradient)
    assert np.array_equal(steps.taken, change.after.parameters - change.before)


def test_with_mini_batches_the_step_of_an_epoch_leads_to_where_the_next_begins():
    training = replace(Training(), batches=True, batch_size=4)
    trainer, probe = trained(training, 5)
    engine = choose_engine(probe.problem).engine
    steps = steps_of(moment_at(probe, trainer, 5), trainer.history, training, engine)
    trainer.advance(1)
    assert steps.before + steps.taken == pytest.approx(trainer.history.parameters(6), rel=1e-14)


def test_a_slow_engine_is_not_asked_for_an_epoch_of_mini_batches():
    training = replace(Training(), batches=True, batch_size=4)
    trainer, probe = trained(training, 5)
    engine = choose_graph(probe.problem).engine
    steps = steps_of(moment_at(probe, trainer, 5), trainer.history, training, engine)
    assert steps.taken is None
    assert np.isfinite(steps.raw).all()


def test_what_if_moves_the_start_of_the_steps():
    trainer, probe = trained(PLAIN, 10)
    what_if = WhatIf({0: 7.0}, {})
    steps = steps_of(moment_at(probe, trainer, 3, what_if), trainer.history, PLAIN)
    gradient = probe.tape.evaluate([7.0, trainer.history.parameters(3)[1]])[1]
    assert steps.before[0] == 7.0
    assert steps.taken == pytest.approx(-PLAIN.learning_rate * gradient, rel=1e-9)


def test_what_another_optimizer_remembered_is_void():
    trainer, probe = trained(TRAININGS["adam"], 10)
    steps = steps_of(moment_at(probe, trainer, 10), trainer.history, PLAIN)
    assert steps.taken == pytest.approx(steps.raw, rel=1e-9)


def test_a_state_that_is_given_goes_before_the_history_s():
    training = TRAININGS["momentum"]
    trainer, probe = trained(training, 10)
    state = State.start(trainer.history.parameters(10), update_rule(training).optimizer)
    steps = steps_of(moment_at(probe, trainer, 10), trainer.history, training, state=state)
    assert steps.taken == pytest.approx(steps.raw, rel=1e-9)
