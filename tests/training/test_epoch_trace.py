"""The trace of an epoch is what training does: it leads from a recorded epoch to the next."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.study.architecture import Loss, Model, ModelKind, Reduction
from app.study.data import make_samples
from app.study.experiment import Data, Experiment, Problem
from app.study.hyperparameters import ClipBy, Optimizer, Schedule, Training, UpdateRule
from app.training import epoch_trace as epoch_trace_module
from app.training.course import Course
from app.training.epoch_trace import NOTHING_REPLACED, EpochTrace, Pass, Place, WhatIf
from app.training.history import History
from app.training.snapshot import Probe
from app.training.trainer import Trainer
from app.training.update import update_rule
from autograd.optimizers import State
from autograd.trace import Backward, FoldedTrace, Forward, Seed, Stage, UnfoldedTrace, Update
from tests.training.bench import ENGINES, choose_graph

DATA = Data(true=(("m", 0.7), ("c", -0.3)), x_from=-2, x_to=2, samples=7, noise=0.2)
SAMPLES = make_samples(DATA).train
GENTLE = Training(learning_rate=0.02, update_rule=UpdateRule.ONCE_PER_PARAMETER, clipping=False)
BATCHED = replace(GENTLE, batches=True, batch_size=3)
PARAMETERS = (0.4, 0.9)


def trained(training: Training, epochs: int, choose=choose_graph) -> Trainer:
    """Return a trainer that has made so many epochs."""
    trainer = Trainer(Experiment(DATA, training=training), choose)
    trainer.start()
    while trainer.history.last_epoch < epochs:
        assert trainer.advance(epochs - trainer.history.last_epoch)
    return trainer


def trace_at(
    history: History, course: Course, epoch: int, training: Training | None = None, **options
) -> EpochTrace:
    """Return the trace of a recorded epoch."""
    training = training or course.settings(epoch)
    state = course.state_before(epoch, history.state(epoch), training)
    return EpochTrace(Probe(Problem(DATA)), epoch, state, training, **options)


def passes(trace: EpochTrace) -> list[Pass]:
    return [trace.pass_of(number) for number in range(trace.passes)]


def trace_of(training: Training, *, epoch: int = 0, **options) -> EpochTrace:
    state = State.start(PARAMETERS, update_rule(training).optimizer)
    return EpochTrace(Probe(Problem(DATA)), epoch, state, training, **options)


# -- it is the training ----------------------------------------------------------------------

trainings = st.builds(
    Training,
    optimizer=st.sampled_from(Optimizer),
    learning_rate=st.floats(1e-3, 0.05),
    schedule=st.sampled_from(Schedule),
    step_every=st.just(3),
    epochs=st.just(100),
    clipping=st.booleans(),
    clip_by=st.sampled_from(ClipBy),
    clip_bound=st.floats(0.05, 2.0),
    update_rule=st.sampled_from(UpdateRule),
    batches=st.booleans(),
    batch_size=st.integers(1, 9),
)


@pytest.mark.parametrize("engine", ENGINES)
@settings(deadline=None, max_examples=40)
@given(trainings, st.integers(0, 7), st.booleans())
def test_the_last_state_is_where_the_next_epoch_begins(engine, training, epoch, folded):
    trainer = trained(training, epoch + 1, ENGINES[engine])
    trace = trace_at(trainer.history, trainer.course, epoch, folded=folded)
    made, expected = passes(trace)[-1].change.after, trainer.history.state(epoch + 1)
    close = {"rtol": 1e-12, "atol": 1e-15} if engine == "native code" else {"rtol": 0, "atol": 0}
    np.testing.assert_allclose(made.parameters, expected.parameters, **close)
    np.testing.assert_allclose(made.slots, expected.slots, **close)
    assert made.count == expected.count


@pytest.mark.parametrize("training", [GENTLE, BATCHED], ids=["all samples", "mini-batches"])
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "model",
    [
        Model(reduction=Reduction.SUM, weight_decay=0.2),
        Model(formula="a*exp(b*x)", weight_decay=0.2),
        Model(ModelKind.NETWORK, units=2),
        Model(loss=Loss.HUBER, reduction=Reduction.SUM),
    ],
    ids=["sum, decay", "formula, decay", "network", "Huber, sum"],
)
def test_of_any_model_the_last_state_is_where_the_next_epoch_begins(model, engine, training):
    experiment = Experiment(DATA, training=training, model=model)
    trainer = Trainer(experiment, ENGINES[engine])
    trainer.start()
    trainer.advance(3)
    trace = EpochTrace(Probe(experiment.problem), 2, trainer.history.state(2), training)
    made, expected = passes(trace)[-1].change.after, trainer.history.parameters(3)
    np.testing.assert_allclose(made.parameters, expected, rtol=1e-12)


def test_it_is_exact_also_where_the_history_keeps_keyframes_only():
    trainer = Trainer(Experiment(DATA, training=replace(GENTLE, optimizer=Optimizer.ADAM)))
    trainer.history = History(2, trainer.course.compute_again, kept=1, keyframes=3000)
    trainer.start()
    while trainer.history.last_epoch < 300:
        trainer.advance(min(30, 300 - trainer.history.last_epoch))
    for epoch in (0, 1, 77, 150, 299):
        made = passes(trace_at(trainer.history, trainer.course, epoch))[-1].change.after
        expected = trainer.history.parameters(epoch + 1)
        np.testing.assert_allclose(made.parameters, expected, rtol=1e-12)
        assert made.count == epoch + 1


def test_a_pass_begins_where_the_one_before_ended():
    trace = trace_of(replace(BATCHED, optimizer=Optimizer.ADAM))
    made = passes(trace)
    assert made[0].evaluation.parameters.tolist() == list(PARAMETERS)
    for before, after in pairwise(made):
        assert after.evaluation.parameters.tolist() == before.change.after.parameters.tolist()
        assert after.change.before.tolist() == before.change.after.parameters.tolist()
        assert after.change.after.count == before.change.after.count + 1


def test_without_batches_there_is_one_pass_of_all_samples():
    (only,) = passes(trace_of(GENTLE))
    assert (only.number, only.count) == (0, 1)
    assert only.probe.chosen is None
    x, y = SAMPLES.x, SAMPLES.y
    rest = y - (0.4 * x + 0.9)
    gradient = [np.mean(-2 * x * rest), np.mean(-2 * rest)]
    assert only.change.gradient == pytest.approx(gradient, rel=1e-12)
    assert only.evaluation.loss == pytest.approx(np.mean(rest**2), rel=1e-12)
    assert only.change.after.parameters == pytest.approx(PARAMETERS - 0.02 * np.array(gradient))


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 100])
def test_batches_go_through_all_samples_once_the_last_as_large_as_is_left(size):
    trace = trace_of(replace(BATCHED, batch_size=size), epoch=4)
    made = passes(trace)
    assert trace.passes == len(made) == math.ceil(7 / size)
    assert [each.number for each in made] == list(range(len(made)))
    assert {each.count for each in made} == {len(made)}
    sizes = [each.probe.tape.samples for each in made]
    assert sizes[:-1] == [size] * (len(made) - 1)
    chosen = np.concatenate([each.probe.chosen for each in made])
    assert sorted(chosen.tolist()) == list(range(7))
    for each in made:
        assert each.probe.samples.x.tolist() == SAMPLES.x[each.probe.chosen].tolist()


def test_every_epoch_has_its_own_order_and_the_same_again():
    def order(epoch: int) -> list[int]:
        made = passes(trace_of(BATCHED, epoch=epoch))
        return np.concatenate([each.probe.chosen for each in made]).tolist()

    orders = [order(epoch) for epoch in range(20)]
    assert orders == [order(epoch) for epoch in range(20)]
    assert len({tuple(each) for each in orders}) > 15


# -- settings --------------------------------------------------------------------------------


def test_adam_remembers_the_gradients_before():
    training = replace(GENTLE, optimizer=Optimizer.ADAM, decay1=0.9, decay2=0.99)
    trainer = trained(training, 12)
    first = second = np.zeros(2)
    for epoch in range(12):
        (only,) = passes(trace_at(trainer.history, trainer.course, epoch))
        gradient = only.change.gradient
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        bias = 1 - np.array([0.9, 0.99]) ** (epoch + 1)
        direction = first / bias[0] / (np.sqrt(second / bias[1]) + 1e-8)
        assert only.change.direction == pytest.approx(direction, rel=1e-6)
        after = trainer.history.parameters(epoch) - 0.02 * direction
        assert trainer.history.parameters(epoch + 1) == pytest.approx(after, rel=1e-6)


@pytest.mark.parametrize("clip_by", ClipBy)
def test_clipping_is_seen_in_the_change(clip_by):
    training = replace(GENTLE, clipping=True, clip_by=clip_by, clip_bound=0.25)
    (only,) = passes(trace_of(training))
    gradient, clipped = only.change.gradient, only.change.clipped
    assert np.linalg.norm(gradient) > 0.25
    if clip_by is ClipBy.VALUE:
        assert clipped.tolist() == np.clip(gradient, -0.25, 0.25).tolist()
    else:
        assert clipped == pytest.approx(0.25 * gradient / np.linalg.norm(gradient))
    assert only.change.after.parameters == pytest.approx(PARAMETERS - 0.02 * clipped)


def test_once_per_use_steps_as_often_as_the_batch_has_samples():
    training = replace(BATCHED, update_rule=UpdateRule.ONCE_PER_USE)
    assert [each.change.times.tolist() for each in passes(trace_of(training))] == [
        [3, 3],
        [3, 3],
        [1, 1],
    ]


def test_the_schedule_is_that_of_the_epoch():
    training = replace(GENTLE, schedule=Schedule.STEP, step_every=10, step_factor=0.5)
    rates = [
        trace_of(training, epoch=epoch).pass_of(0).change.learning_rate for epoch in (0, 9, 10, 25)
    ]
    assert rates == [0.02, 0.02, 0.01, 0.005]


# -- the steps -------------------------------------------------------------------------------


@pytest.mark.parametrize("folded", [True, False])
@pytest.mark.parametrize("training", [GENTLE, BATCHED, replace(BATCHED, batch_size=1)])
def test_every_step_is_in_one_pass_and_is_found_again(training, folded):
    trace = trace_of(training, folded=folded)
    places = [trace.locate(index) for index in range(len(trace))]
    assert places == [
        Place(number, index)
        for number in range(trace.passes)
        for index in range(len(trace.trace(number)))
    ]
    assert [trace.index(place) for place in places] == list(range(len(trace)))


@pytest.mark.parametrize("folded", [True, False])
@pytest.mark.parametrize("training", [GENTLE, BATCHED])
def test_each_pass_goes_forward_backward_and_updates(training, folded):
    trace = trace_of(training, folded=folded)
    kinds = {Stage.FORWARD: Forward, Stage.BACKWARD: Seed | Backward, Stage.UPDATE: Update}
    before = None
    for index in range(len(trace)):
        place = trace.locate(index)
        steps = trace.trace(place.number)
        stage = steps.stage(place.index)
        assert isinstance(steps[place.index], kinds[stage])
        if (place.number, stage) != before:
            assert trace.first_of(place.number, stage) == index
        before = (place.number, stage)
    assert before == (trace.passes - 1, Stage.UPDATE)


def test_folded_a_step_is_about_all_samples_and_unfolded_about_one():
    folded, unfolded = (trace_of(GENTLE, folded=each) for each in (True, False))
    assert isinstance(folded.trace(0), FoldedTrace)
    assert isinstance(unfolded.trace(0), UnfoldedTrace)
    assert len(folded) == 6 + 1 + 7 + 2  # operations, the seed, edges to m, c and between, updates
    assert len(unfolded) == (7 * 5 + 1) + 1 + (1 + 2 * 7 - 1 + 7 * 5) + 2


@pytest.mark.parametrize("training", [GENTLE, BATCHED])
def test_folded_and_unfolded_end_in_the_same_update(training):
    folded, unfolded = (passes(trace_of(training, folded=each)) for each in (True, False))
    for one, other in zip(folded, unfolded, strict=True):
        assert one.change.gradient.tolist() == other.change.gradient.tolist()
        assert one.change.after.parameters.tolist() == other.change.after.parameters.tolist()


@pytest.fixture
def computed(monkeypatch) -> list[int]:
    """How many samples each evaluation of a pass was of, one entry for each."""
    found: list[int] = []

    class Counted(epoch_trace_module.Evaluation):
        def __init__(self, tape, *arguments):
            found.append(tape.samples)
            super().__init__(tape, *arguments)

    monkeypatch.setattr(epoch_trace_module, "Evaluation", Counted)
    return found


def test_a_pass_that_is_not_looked_at_is_not_computed(computed):
    trace = trace_of(replace(BATCHED, batch_size=2))
    assert computed == []

    def walk_through(number: int) -> int:
        """Look at every step of a pass; return how often something was computed for it."""
        before = len(computed)
        for index in range(trace.first_of(number, Stage.FORWARD), len(trace)):
            if trace.locate(index).number == number:
                trace.trace(number)
        return len(computed) - before

    assert walk_through(0) == 1
    assert walk_through(1) == 1
    assert walk_through(2) == 1
    assert walk_through(0) == 1
    assert walk_through(3) == 1


@pytest.mark.parametrize("folded", [True, False])
def test_how_many_steps_there_are_is_known_without_computing_them(computed, folded):
    trace = trace_of(replace(BATCHED, batch_size=2), folded=folded)
    length = len(trace)
    assert not computed
    assert length == sum(len(trace.trace(number)) for number in range(trace.passes))


# -- what if ---------------------------------------------------------------------------------


def test_another_parameter_is_where_the_epoch_begins_and_the_history_keeps_its_own():
    trainer = trained(replace(GENTLE, optimizer=Optimizer.MOMENTUM), 3)
    what_if = NOTHING_REPLACED.with_parameter(1, -5.0)
    run = trace_at(trainer.history, trainer.course, 2).pass_of(0)
    asked = trace_at(trainer.history, trainer.course, 2, what_if=what_if).pass_of(0)
    slope = trainer.history.parameters(2)[0]
    assert asked.evaluation.parameters.tolist() == [slope, -5.0]
    assert run.evaluation.parameters[0] == slope
    assert trainer.history.parameters(2)[1] == run.evaluation.parameters[1] != -5.0
    rest = SAMPLES.y - (slope * SAMPLES.x - 5.0)
    assert asked.evaluation.loss == pytest.approx(np.mean(rest**2))
    remembered = trainer.history.state(2).slots[0]
    assert asked.change.direction - asked.change.gradient == pytest.approx(0.9 * remembered)


def test_a_number_of_the_data_is_replaced_for_its_sample_alone():
    probe = Probe(Problem(DATA))
    what_if = NOTHING_REPLACED.with_data(probe.y, 4, 100.0)
    (asked,) = passes(trace_of(GENTLE, what_if=what_if))
    y = SAMPLES.y.copy()
    y[4] = 100.0
    assert asked.evaluation.values[probe.y].tolist() == y.tolist()
    assert probe.tape.columns[probe.y].tolist() == SAMPLES.y.tolist()


def test_in_batches_it_is_replaced_where_the_sample_comes_up():
    probe = Probe(Problem(DATA))
    what_if = NOTHING_REPLACED.with_data(probe.x, 4, 100.0)
    for each in passes(trace_of(BATCHED, what_if=what_if)):
        x = SAMPLES.x[each.probe.chosen]
        x[each.probe.chosen == 4] = 100.0
        assert each.evaluation.values[probe.x].tolist() == x.tolist()


def test_what_was_asked_before_stays_asked():
    first = NOTHING_REPLACED.with_parameter(0, 1.0)
    both = first.with_parameter(1, 2.0).with_data(3, 0, 5.0).with_data(3, 1, 6.0)
    assert both == WhatIf({0: 1.0, 1: 2.0}, {(3, 0): 5.0, (3, 1): 6.0})
    assert both.with_parameter(0, 7.0).parameters[0] == 7.0
    assert first == WhatIf({0: 1.0}, {})
    assert WhatIf({}, {}) == NOTHING_REPLACED
