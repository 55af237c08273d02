"""The cursor: from step to step, over the borders of epochs, back, and away from it all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QTimer

from app.study.experiment import Data, Experiment
from app.study.hyperparameters import Optimizer, Training
from app.training.epoch_trace import NOTHING_REPLACED
from app.training.loop import State
from app.training.selection import SelectedEdge, SelectedNode, subject_of
from app.training.session import Session
from app.training.walk import Walk
from autograd.trace import Backward, Forward, Seed, Stage, Update
from tests.training.bench import DIVERGING, FOREVER, Faulty, small
from tests.training.walker import Walker, plain, shown

STEPS = 6 + 1 + 7 + 2
"""Of a folded epoch of one pass: operations, the seed, edges, updates."""

FORWARD, BACKWARD, UPDATE = 0, 6, 14
"""Where the stages begin."""

BATCHED = small(batches=True, batch_size=2, clipping=False)
"""Three passes an epoch."""


@pytest.fixture
def make(qtbot):
    """Makes walkers, and closes their sessions."""
    walkers = []

    def make_walker(*make_trainer):
        walkers.append(Walker(qtbot, *make_trainer))
        return walkers[-1]

    yield make_walker
    for walker in walkers:
        walker.walk.pause()
        assert walker.session.close()


@pytest.fixture
def walker(make) -> Walker:
    """A walker at epoch 0."""
    return make().begin(small())


# -- an epoch as a whole ---------------------------------------------------------------------


def test_before_there_is_an_epoch_there_is_nothing_to_see_or_to_do(make):
    walker = make()
    walk = walker.walk
    assert (walk.moment, walk.epoch, walk.step, walk.subject) == (None, -1, None, None)
    for act in (
        walk.forward, walk.back, walk.next_stage, walk.previous_stage, walk.next_epoch,
        walk.previous_epoch, walk.leave, walk.play, lambda: walk.go_to(3),
        lambda: walk.select_sample(1), walk.take_back,
    ):  # fmt: skip
        act()
    assert walk.place_in_trace == (0, 0)
    assert not walk.playing
    assert (walker.moves, walker.stepped, walker.played) == (0, [], [])


def test_a_run_begins_at_epoch_0_as_a_whole(walker):
    assert walker.place == (0, None)
    assert walker.at_newest
    assert walker.walk.place_in_trace == (0, 0)
    moment = walker.moment
    assert (moment.epoch, moment.entry, moment.stage) == (0, None, None)
    assert moment.parameters.tolist() == walker.session.history.parameters(0).tolist()
    assert moment.evaluation.loss == pytest.approx(walker.session.history.loss(0), rel=1e-12)


def test_it_follows_the_training(walker):
    walker.session.step(4)
    walker.wait(lambda: walker.session.epoch == 4)
    assert walker.place == (4, None)
    assert walker.at_newest
    assert walker.moment.parameters.tolist() == walker.session.history.parameters(4).tolist()


def test_the_moment_is_made_once_for_all_views(walker):
    assert walker.walk.moment is walker.walk.moment
    walker.forward()
    assert walker.walk.moment is walker.walk.moment


# -- steps -----------------------------------------------------------------------------------


def test_forward_does_one_step_of_the_epoch_after_another(walker):
    kinds = [Forward] * 6 + [Seed] + [Backward] * 7 + [Update] * 2
    for step, kind in enumerate(kinds):
        walker.forward()
        assert walker.place == (0, step)
        assert walker.walk.place_in_trace == (step + 1, STEPS)
        assert isinstance(walker.moment.entry, kind)
    assert [moment.index for moment in walker.stepped] == list(range(STEPS))
    assert walker.moves == 1 + STEPS  # the first for epoch 0


def test_past_the_last_step_the_next_epoch_is_trained_and_begun(walker):
    walker.forward(STEPS)
    updated = walker.moment.parameters
    assert walker.session.epoch == 0
    walker.forward()
    assert walker.place == (1, 0)
    assert walker.session.epoch == walker.session.history.last_epoch == 1
    assert walker.session.state is State.PAUSED
    assert walker.session.history.parameters(1) == pytest.approx(updated, rel=1e-12)
    assert walker.moment.change.before.tolist() == walker.session.history.parameters(1).tolist()
    walker.forward(STEPS)
    assert walker.place == (2, 0)


def test_before_the_first_step_comes_the_last_of_the_epoch_before(make):
    walker = make().begin(small(), 3)
    walker.forward()
    assert walker.place == (3, 0)
    walker.back()
    assert walker.place == (2, STEPS - 1)
    assert isinstance(walker.moment.entry, Update)
    after = walker.session.history.parameters(3)
    assert walker.moment.parameters == pytest.approx(after, rel=1e-12)
    walker.back(STEPS)
    assert walker.place == (1, STEPS - 1)


def test_back_from_an_epoch_as_a_whole_leads_to_its_last_step_before_the_update(make):
    walker = make().begin(small(), 2)
    complete = walker.moment
    walker.back()
    assert walker.place == (2, UPDATE - 1)
    for place in range(len(complete.probe.tape.instructions)):
        assert walker.moment.value(place) == complete.value(place)
        assert walker.moment.gradient(place) == complete.gradient(place)


def test_in_batches_every_pass_is_walked_through(make):
    walker = make().begin(BATCHED)
    chosen = []
    walker.forward(3 * STEPS)
    for moment in walker.stepped:
        if moment.index == 0:
            chosen += moment.probe.chosen.tolist()
    assert walker.place == (0, 3 * STEPS - 1)
    assert [moment.running.number for moment in walker.stepped] == np.repeat([0, 1, 2], 16).tolist()
    assert sorted(chosen) == [0, 1, 2, 3, 4]
    last = walker.moment.parameters
    walker.forward()
    assert walker.place == (1, 0)
    assert walker.session.history.parameters(1) == pytest.approx(last, rel=1e-12)


def test_the_very_first_step_says_so_and_stays(walker):
    walker.forward()
    walker.back()
    assert walker.place == (0, 0)
    assert walker.said[-1] == "This is the very first step of the run."
    walker.walk.previous_stage()
    assert walker.place == (0, 0)
    walker.walk.previous_epoch()
    assert walker.place == (0, 0)
    assert "epoch 0" in walker.said[-1]


def test_in_an_unfinished_run_one_walks_back_and_forward_without_training(make):
    walker = make().begin(small(epochs=100), 10)
    walker.walk.go_to(5)
    assert walker.place == (5, None)
    assert "epoch 5 of 10" in walker.said[-1]
    walker.forward(2)
    walker.back(2)
    assert walker.place == (4, STEPS - 1)
    walker.forward(1 + 3 * STEPS)
    assert walker.place == (8, 0)
    assert len(walker.session.history) == 11
    walker.walk.go_to(10)
    walker.forward(STEPS + 1)
    assert walker.place == (11, 0)
    assert len(walker.session.history) == 12


experiments = st.builds(
    small,
    optimizer=st.sampled_from(Optimizer),
    learning_rate=st.floats(1e-4, 0.02),
    clipping=st.booleans(),
    batches=st.booleans(),
    batch_size=st.integers(2, 5),
)


@settings(
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(experiments, st.booleans(), st.integers(0, 2), st.integers(1, 70))
def test_so_many_steps_forward_and_back_show_the_same_again(make, experiment, folded, first, steps):
    walker = make().begin(experiment, first)
    walker.walk.set_folded(folded)
    walker.walk.select_sample(0)
    walker.forward()
    there = [shown(walker.moment)]
    for _ in range(steps):
        walker.forward()
        there.append(shown(walker.moment))
    back = [shown(walker.moment)]
    for _ in range(steps):
        walker.back()
        back.append(shown(walker.moment))
    assert back == there[::-1]
    assert len(walker.session.history) == 1 + max(first, walker.session.epoch)


# -- stages and epochs -----------------------------------------------------------------------


def test_next_stage_goes_to_where_the_next_one_begins(walker):
    for place in [(0, FORWARD), (0, BACKWARD), (0, UPDATE), (1, FORWARD), (1, BACKWARD)]:
        before = walker.place
        walker.walk.next_stage()
        walker.wait(lambda before=before: walker.place != before)
        assert walker.place == place
    assert walker.session.epoch == 1


def test_previous_stage_goes_to_where_this_one_begins_and_then_the_one_before(walker):
    walker.forward(STEPS + 3)
    assert walker.place == (1, 2)
    expected = [(1, FORWARD), (0, STEPS - 1), (0, UPDATE), (0, BACKWARD), (0, FORWARD)]
    for place in expected:
        walker.walk.previous_stage()
        assert walker.place == place


def test_stages_of_batches_come_pass_by_pass(make):
    walker = make().begin(BATCHED)
    firsts = [16 * number + stage for number in range(3) for stage in (FORWARD, BACKWARD, UPDATE)]
    for step in firsts:
        walker.walk.next_stage()
        assert walker.place == (0, step)
    for step in firsts[-2::-1]:
        walker.walk.previous_stage()
        assert walker.place == (0, step)


def test_of_an_epoch_as_a_whole_the_stages_begin_at_the_first_or_the_last_pass(make):
    walker = make().begin(BATCHED, 1)
    walker.walk.previous_stage()
    assert walker.place == (1, 2 * STEPS + BACKWARD)
    walker.walk.leave()
    walker.walk.next_stage()
    assert walker.place == (1, FORWARD)


def test_next_and_previous_epoch_keep_to_steps_or_to_epochs_as_a_whole(walker):
    walk = walker.walk
    walk.next_epoch()
    walker.wait(lambda: walker.place == (1, None))
    walk.next_epoch()
    walker.wait(lambda: walker.place == (2, None))
    walk.previous_epoch()
    assert walker.place == (1, None)
    walker.forward(4)
    walk.next_epoch()
    assert walker.place == (2, 0)
    walk.next_epoch()
    walker.wait(lambda: walker.place == (3, 0))
    walker.forward(4)
    walk.previous_epoch()
    assert walker.place == (2, 0)
    assert len(walker.session.history) == 4


def test_go_to_stays_within_the_run(make):
    walker = make().begin(small(), 4)
    for asked, epoch in ((2, 2), (-3, 0), (99, 4)):
        walker.walk.go_to(asked)
        assert walker.place == (epoch, None)
    walker.walk.go_to(1, 5)
    assert walker.place == (1, 5)
    assert walker.stepped[-1].index == 5


# -- where training ends ---------------------------------------------------------------------


def test_at_the_end_of_the_training_the_last_step_stays_until_epochs_are_added(make):
    walker = make().begin(small(epochs=2), 2)
    walker.forward(STEPS)
    walker.walk.forward()
    walker.wait_for(State.FINISHED)
    assert walker.place == (2, STEPS - 1)
    walker.back()
    assert walker.place == (2, STEPS - 2)
    walker.session.change(small(epochs=3))
    walker.wait_for(State.PAUSED)
    assert walker.place == (2, STEPS - 2)
    walker.forward(2)
    assert walker.place == (3, 0)


def test_where_the_run_diverged_no_epoch_follows(make):
    walker = make().begin(DIVERGING)
    walker.train_to_the_end()
    last = walker.session.epoch
    assert walker.place == (last, None)
    assert not np.isfinite(walker.moment.evaluation.loss)
    walker.forward(STEPS)
    walker.walk.forward()
    walker.wait(lambda: not walker.session.running)
    assert walker.place == (last, STEPS - 1)
    walker.back(STEPS + 1)
    assert walker.place == (last - 1, STEPS - 2)


def test_an_error_in_training_ends_what_was_waited_for(make):
    walker = make(Faulty(epoch=1)).begin(small())
    walker.walk.go_to(0, STEPS - 1)
    walker.walk.set_pace(1000)
    walker.walk.play()
    walker.wait_for(State.FAILED)
    assert walker.place == (0, STEPS - 1)
    assert not walker.walk.playing


# -- folding and choosing --------------------------------------------------------------------


def told(walker: Walker) -> tuple[object, ...]:
    entry = walker.moment.entry
    return type(entry), entry.place, getattr(entry, "index", None)


@pytest.mark.parametrize("experiment", [small(), BATCHED], ids=["all samples", "batches"])
@pytest.mark.parametrize("sample", [0, 3])
def test_a_step_keeps_what_it_does_when_the_graph_is_folded_or_unfolded(make, experiment, sample):
    walker = make().begin(experiment, 1)
    walker.walk.select_sample(sample)
    steps = len(walker.walk._epoch_trace())
    for step in range(steps):
        walker.walk.go_to(1, step)
        walker.walk.select_sample(sample)
        kind, place, index = told(walker)
        chosen, passed = walker.moment.sample, walker.moment.running.number
        walker.walk.set_folded(False)
        sums = walker.moment.probe.tape.phases.sums
        is_sum = kind is Backward and place in sums  # unfolded the term is operand 1
        assert told(walker) == (kind, place, 1 if is_sum else index)
        assert walker.moment.entry.sample in (None, chosen)
        assert walker.moment.running.number == passed
        walker.walk.set_folded(True)
        assert walker.place == (1, step)


def test_folding_an_epoch_as_a_whole_keeps_it_whole(walker):
    for folded in (False, True, True):
        walker.walk.set_folded(folded)
        assert walker.place == (0, None)
        assert walker.walk.folded is folded
    assert walker.moves == 1 + 2  # the third changed nothing


def test_the_selected_sample_is_that_of_the_moment(walker):
    walker.walk.select_sample(4)
    assert walker.moment.sample == walker.walk.sample == 4
    for wrong in (-1, 5, 100):
        walker.walk.select_sample(wrong)
        assert walker.walk.sample == 4
    walker.forward()
    assert walker.moment.sample == 4


def test_unfolded_the_sample_follows_the_step(walker):
    walker.walk.set_folded(False)
    walker.walk.select_sample(3)
    walker.forward()
    assert (walker.moment.entry.sample, walker.walk.sample) == (0, 0)
    while walker.moment.stage is Stage.FORWARD:
        if walker.moment.entry.sample is not None:
            assert walker.walk.sample == walker.moment.sample == walker.moment.entry.sample
        walker.forward()
    assert walker.walk.sample == 4


def test_in_a_batch_the_sample_is_numbered_within_it_or_the_first(make):
    walker = make().begin(BATCHED)
    walker.walk.select_sample(3)
    for number in range(3):
        walker.walk.go_to(0, number * STEPS)
        moment = walker.moment
        chosen = moment.probe.chosen.tolist()
        assert moment.sample == (chosen.index(3) if 3 in chosen else 0)
    assert walker.walk.sample == 3


def test_what_a_step_is_about_is_the_subject_until_something_is_selected(walker):
    walk = walker.walk
    assert walk.subject is None
    walker.forward()
    assert walk.subject == subject_of(walker.moment.entry)
    walk.go_to(0, BACKWARD + 2)
    entry = walker.moment.entry
    assert walk.subject == SelectedEdge(entry.place, entry.index)
    walk.select(SelectedNode(2))
    assert walk.subject == walk.selection == SelectedNode(2)
    walker.forward()
    assert walk.subject == SelectedNode(2)
    walk.select(None)
    assert walk.subject == subject_of(walker.moment.entry)


def test_selecting_the_same_again_is_no_move(walker):
    walker.walk.select(SelectedNode(2))
    moves = walker.moves
    walker.walk.select(SelectedNode(2))
    assert walker.moves == moves


# -- what if ---------------------------------------------------------------------------------


def asked(walker: Walker):
    return walker.walk.what_if.with_parameter(0, 5.0)


def test_what_if_changes_the_numbers_and_taking_back_brings_them_back(make):
    walker = make().begin(small(), 2)
    before, loss = shown(walker.moment), walker.moment.evaluation.loss
    walker.walk.ask_what_if(asked(walker))
    assert walker.moment.what_if.parameters == {0: 5.0}
    assert walker.moment.parameters[0] == 5.0
    assert walker.moment.evaluation.loss != loss
    assert walker.said[-1].startswith("What if")
    assert not walker.at_newest
    walker.walk.take_back()
    assert shown(walker.moment) == before
    assert walker.said[-1] == ""
    assert walker.session.history.parameters(2)[0] != 5.0


@pytest.mark.parametrize("experiment", [small(), BATCHED], ids=["all samples", "batches"])
def test_what_if_holds_for_every_step_of_its_epoch_and_no_further(make, experiment):
    walker = make().begin(experiment, 3)
    walker.walk.go_to(2, 3)
    walker.walk.ask_what_if(asked(walker))
    assert walker.place == (2, 3)
    steps = walker.walk.place_in_trace[1]
    while walker.place != (2, steps - 1):
        assert walker.moment.what_if.parameters == {0: 5.0}
        walker.forward()
    assert walker.moment.parameters != pytest.approx(walker.session.history.parameters(3))
    walker.forward()
    assert walker.place == (3, 0)
    assert walker.walk.what_if == walker.moment.what_if == NOTHING_REPLACED
    before = walker.session.history.parameters(3).tolist()
    assert walker.moment.evaluation.parameters.tolist() == before


def test_what_if_data_are_asked_of_a_sample(walker):
    probe = walker.moment.probe
    walker.walk.ask_what_if(walker.walk.what_if.with_data(probe.x, 2, 1000.0))
    assert walker.moment.value(probe.x, 2) == 1000.0
    walker.forward()
    assert walker.moment.value(probe.x, 2) == 1000.0
    assert walker.moment.value(probe.x, 1) == float(probe.samples.x[1])


def test_leave_takes_back_one_thing_after_another(make):
    walker = make().begin(small(), 5)
    walk = walker.walk
    walk.go_to(2, 4)
    walk.select(SelectedNode(3))
    walk.ask_what_if(asked(walker))
    walk.leave()
    assert (walk.what_if, walk.selection, walker.place) == (
        NOTHING_REPLACED, SelectedNode(3), (2, 4),
    )  # fmt: skip
    walk.leave()
    assert (walk.selection, walker.place) == (None, (2, 4))
    walk.leave()
    assert walker.place == (5, None)
    assert walker.at_newest


# -- while training runs ---------------------------------------------------------------------


@pytest.fixture
def running(make) -> Walker:
    """A walker in a run that is being trained."""
    walker = make().begin(FOREVER)
    walker.session.play()
    walker.wait(lambda: walker.walk.epoch > 20)
    assert walker.at_newest
    return walker


def test_a_step_while_training_runs_pauses_it_and_stays(running):
    epoch = running.walk.epoch
    running.walk.forward()
    running.wait_for(State.PAUSED)
    assert running.walk.step == 0
    assert running.walk.epoch >= epoch
    running.forward(2)
    assert running.walk.step == 2


def test_going_to_an_epoch_while_training_runs_pauses_it_and_stays(running):
    running.walk.go_to(7)
    running.wait_for(State.PAUSED)
    assert running.place == (7, None)


def test_asking_what_if_while_training_runs_pauses_it_and_stays(running):
    running.walk.ask_what_if(asked(running))
    epoch = running.walk.epoch
    running.wait_for(State.PAUSED)
    assert running.walk.what_if.parameters == {0: 5.0}
    assert running.walk.epoch == epoch


def test_the_next_epoch_while_training_runs_is_one_to_come(running):
    epoch = running.walk.epoch
    running.walk.next_epoch()
    running.wait_for(State.PAUSED)
    assert running.walk.epoch > epoch
    assert running.walk.step is None


def test_playing_on_follows_the_training_again(make):
    walker = make().begin(FOREVER, 10)
    walker.walk.go_to(3, 4)
    walker.session.play()
    walker.wait(lambda: walker.walk.epoch > 12)
    assert walker.walk.step is None
    assert walker.at_newest


# -- another run, other settings -------------------------------------------------------------


def test_a_run_begun_anew_is_looked_at_from_its_epoch_0(make):
    walker = make().begin(small(), 3)
    walker.walk.select_sample(2)
    walker.walk.select(SelectedNode(4))
    walker.walk.go_to(1, 5)
    walker.walk.ask_what_if(asked(walker))
    walker.session.reset()
    assert walker.walk.moment is None
    walker.wait(lambda: walker.walk.epoch == 0)
    assert walker.place == (0, None)
    assert walker.walk.what_if == NOTHING_REPLACED
    assert walker.moment.parameters.tolist() == walker.session.history.parameters(0).tolist()
    assert (walker.walk.sample, walker.walk.selection) == (2, SelectedNode(4))  # the same graph
    walker.forward()
    assert walker.place == (0, 0)


def test_a_run_begun_anew_ends_playing_and_waiting_for_an_epoch(walker):
    walker.walk.go_to(0, STEPS - 1)
    walker.walk.set_pace(1000)
    walker.walk.play()
    walker.walk.next_epoch()
    walker.session.reset()
    assert not walker.walk.playing
    walker.wait(lambda: walker.walk.epoch == 0)
    walker.session.step(3)
    walker.wait(lambda: walker.session.epoch == 3)
    assert walker.place == (3, None)


def test_other_data_are_another_graph_with_nothing_selected(walker):
    walker.walk.select_sample(4)
    walker.walk.select(SelectedNode(4))
    walker.begin(Experiment(Data(samples=2), training=Training(epochs=5)))
    assert walker.walk.selection is None
    assert 0 <= walker.walk.sample < 2
    assert walker.moment.probe.tape.samples == 2


def test_settings_changed_at_the_newest_epoch_show_in_its_update_and_in_no_earlier_one(make):
    walker = make().begin(small(learning_rate=0.001, clipping=False), 2)
    walker.walk.go_to(2, STEPS - 1)
    changed = small(learning_rate=0.004, clipping=False)
    before = walker.moment.parameters.copy()
    walker.session.change(changed)
    assert walker.place == (2, STEPS - 1)
    assert walker.moment.entry.learning_rate == walker.walk.training.learning_rate == 0.004
    assert walker.moment.parameters.tolist() != before.tolist()
    expected = walker.moment.parameters
    walker.forward()
    assert walker.session.history.parameters(3) == pytest.approx(expected, rel=1e-12)
    walker.walk.go_to(1, STEPS - 1)
    assert walker.moment.entry.learning_rate == walker.walk.training.learning_rate == 0.001
    walker.walk.go_to(2, STEPS - 1)
    assert walker.moment.entry.learning_rate == 0.004


def test_another_optimizer_at_the_newest_epoch_begins_with_nothing_remembered(make):
    momentum = small(optimizer=Optimizer.MOMENTUM, clipping=False)
    walker = make().begin(momentum, 3)
    walker.walk.go_to(3, STEPS - 1)
    remembering = walker.moment.change
    assert remembering.direction.tolist() != remembering.gradient.tolist()
    nesterov = replace(momentum.training, optimizer=Optimizer.NESTEROV)
    walker.session.change(replace(momentum, training=nesterov))
    assert walker.moment.change.direction == pytest.approx(1.9 * walker.moment.change.gradient)
    after = walker.moment.change.after.parameters
    walker.forward()
    assert walker.session.history.parameters(4) == pytest.approx(after, rel=1e-12)


# -- asked before ----------------------------------------------------------------------------


def test_a_step_that_is_held_back_is_not_shown_until_it_is_done_unasked(walker):
    entries = []
    walker.walk.guard = lambda entry: bool(entries.append(entry))
    walker.walk.forward()
    assert walker.place == (0, None)
    assert isinstance(entries[0], Forward)
    walker.walk.forward(unasked=True)
    assert walker.place == (0, 0)
    assert plain(walker.moment.entry.value) == plain(entries[0].value)
    walker.walk.back()
    assert len(entries) == 1  # nobody is asked on the way back


# -- playing ---------------------------------------------------------------------------------


def pace_of(walk: Walk) -> int:
    """Return the milliseconds between two steps."""
    return walk.findChild(QTimer).interval()


def test_playing_goes_forward_step_by_step_over_the_border_of_epochs(walker):
    walker.walk.set_pace(1000)
    walker.walk.play()
    assert walker.place == (0, 0)  # the first at once
    walker.wait(lambda: walker.walk.epoch == 2)
    walker.walk.pause()
    assert walker.played == [True, False]
    places = [(moment.epoch, moment.index) for moment in walker.stepped]
    expected = [(epoch, index) for epoch in range(3) for index in range(STEPS)]
    assert places == expected[: len(places)]
    assert walker.session.state is State.PAUSED


def test_the_pace_can_be_chosen_and_a_very_high_one_is_one_millisecond(walker):
    for steps, milliseconds in ((0.5, 2000), (4, 250), (100, 10), (1e9, 1)):
        walker.walk.set_pace(steps)
        assert pace_of(walker.walk) == milliseconds


def test_playing_again_and_pausing_again_changes_nothing(walker):
    walker.walk.pause()
    walker.walk.play()
    walker.walk.play()
    assert walker.place == (0, 0)
    walker.walk.pause()
    walker.walk.pause()
    assert walker.played == [True, False]


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("experiment", [small(), BATCHED], ids=["all samples", "batches"])
def test_a_looped_stage_is_played_again_and_again(make, stage, experiment):
    walker = make().begin(experiment)
    indices = {
        Stage.FORWARD: range(BACKWARD),
        Stage.BACKWARD: range(BACKWARD, UPDATE),
        Stage.UPDATE: range(UPDATE, STEPS),
    }[stage]
    walker.walk.set_pace(1000)
    walker.walk.loop(stage)
    walker.walk.play()
    walker.wait(lambda: len(walker.stepped) > 2 * len(indices))
    walker.walk.pause()
    seen = [moment.index for moment in walker.stepped]
    assert seen == (list(indices) * 50)[: len(seen)]
    assert {moment.epoch for moment in walker.stepped} == {0}
    assert {moment.running.number for moment in walker.stepped} == {0}


def test_a_loop_that_is_ended_goes_on_into_the_next_stage(walker):
    walker.walk.set_pace(1000)
    walker.walk.loop(Stage.FORWARD)
    walker.walk.play()
    walker.wait(lambda: len(walker.stepped) > BACKWARD)
    walker.walk.loop(None)
    walker.wait(lambda: walker.moment.stage is Stage.BACKWARD)


def test_playing_ends_with_the_training(make):
    walker = make().begin(small(epochs=1), 1)
    walker.walk.set_pace(1000)
    walker.walk.play()
    walker.wait(lambda: not walker.walk.playing)
    assert walker.place == (1, STEPS - 1)
    assert walker.session.state is State.FINISHED
    assert walker.played == [True, False]


def test_asking_what_if_pauses_playing(walker):
    walker.walk.play()
    walker.walk.ask_what_if(asked(walker))
    assert not walker.walk.playing


def test_training_by_itself_ends_playing_through_the_steps(walker):
    walker.session.change(FOREVER)
    walker.walk.set_pace(1000)
    walker.walk.play()
    walker.session.play()
    walker.wait(lambda: walker.session.epoch > 20)
    assert not walker.walk.playing
    assert walker.at_newest


def test_a_walk_goes_with_its_session(qtbot):  # noqa: ARG001  there has to be an application
    session = Session()
    walk = Walk(session)
    assert walk.moment is None
    assert session.close()
