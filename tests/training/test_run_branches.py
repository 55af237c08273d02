"""Runs that branch off from others: what they share, how they go on, what remains."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.study.experiment import Data
from app.study.hyperparameters import Optimizer
from app.training.loop import State
from app.training.run import RunListError
from app.training.trainer import Trainer
from tests.training.bench import DIVERGING, Faulty, small
from tests.training.bench import FOREVER as QUICK

FOREVER = replace(QUICK, data=Data(samples=5000))
"""Several runs at once, one begun after the other, must all still train at the end."""

ADAM = replace(small().training, optimizer=Optimizer.ADAM)


def test_a_branch_is_there_at_once_with_its_epochs_and_settings(runner, session):
    parent = runner.begin(small(), 7)
    runner.told.clear()
    run = session.branch(4, ADAM)
    assert runner.told == ["run_selected", "runs_changed", "frame_arrived", State.PAUSED]
    assert run is session.current
    assert session.runs == (parent, run)
    assert (run.name, run.colour, run.parent, run.branched_at) == ("Run 2", 1, 1, 4)
    assert (session.epoch, len(session.history), session.state) == (4, 5, State.PAUSED)
    assert session.experiment == replace(small(), training=ADAM)
    assert (parent.epoch, parent.experiment) == (7, small())


def test_a_branch_goes_on_as_the_run_does_whose_settings_were_changed_there(runner, session):
    alone = Trainer(small())
    alone.start()
    alone.advance(4)
    alone.change(ADAM)
    alone.advance(6)
    parent = runner.begin(small(), 7)
    losses = parent.history.losses.tolist()
    run = session.branch(4, ADAM)
    session.play()
    runner.wait_for(State.FINISHED)
    assert run.history.losses.tolist() == alone.history.losses.tolist()
    assert run.course.changes == alone.course.changes
    assert parent.history.losses.tolist() == losses


def test_steps_and_changes_are_those_of_the_branch(runner, session):
    parent = runner.begin(small(), 7)
    run = session.branch(4, small().training)
    session.change(replace(small(), training=ADAM))
    session.step(2)
    runner.wait_for_epoch(run, 6)
    assert run.course.changes == ((0, small().training), (4, ADAM))
    assert parent.course.changes == ((0, small().training),)
    assert parent.epoch == 7


def test_a_parent_that_trains_goes_on_behind_its_branch(runner, session):
    parent = runner.begin(FOREVER)
    session.play()
    runner.wait(lambda: parent.epoch > 10)
    run = session.branch(5, FOREVER.training)
    runner.wait_for(State.PAUSED)
    runner.told.clear()
    epoch = parent.epoch
    runner.wait(lambda: parent.epoch > epoch)
    assert (run.epoch, session.running, parent.running) == (5, False, True)
    assert runner.count("runs_changed") > 0


def test_a_branch_at_the_last_of_its_epochs_is_finished(runner, session):
    runner.begin(small(), 7)
    session.branch(5, small(epochs=5).training)
    runner.wait_for(State.FINISHED)
    assert session.epoch == 5


def test_a_branch_after_the_last_finite_loss_says_so(runner, session):
    runner.begin(DIVERGING)
    session.play()
    runner.wait_for(State.DIVERGED)
    sentence = session.current.sentence
    runner.told.clear()
    session.branch(session.epoch, DIVERGING.training)
    runner.wait_for(State.DIVERGED)
    assert runner.told[-1] == ("diverged", sentence)


def test_a_branch_that_failed_begins_again_where_it_branched_off(make):
    faulty = Faulty(epoch=6)
    runner = make(faulty)
    session = runner.session
    parent = runner.begin(small(), 5)
    run = session.branch(3, ADAM)
    session.play()
    runner.wait_for(State.FAILED)
    assert run.epoch == 5
    old, faulty.repaired = run.history, True
    session.play()
    runner.wait_for(State.FINISHED)
    assert run.history is not old
    assert run.history.parameters(3).tolist() == parent.history.parameters(3).tolist()
    assert run.course.changes == ((0, small().training), (3, ADAM))


@pytest.mark.parametrize("epoch", [-1, 8, 1000])
def test_there_is_no_branch_where_there_is_no_epoch(runner, session, epoch):
    runner.begin(small(), 7)
    with pytest.raises(
        RunListError, match=rf"^“Run 1” has no epoch {epoch:,} to branch off from\.$"
    ):
        session.branch(epoch, ADAM)
    assert [run.name for run in session.runs] == ["Run 1"]


def test_there_is_no_branch_before_epoch_0_is_known(session):
    with pytest.raises(RunListError, match="has no epoch 0"):
        session.branch(0, ADAM)


def test_a_branch_that_is_reset_is_a_run_from_the_start(runner, session):
    parent = runner.begin(small(), 7)
    run = session.branch(4, ADAM)
    session.reset()
    runner.wait_for_epoch(run, 0)
    assert (run.parent, run.branched_at) == (None, None)
    assert run.history.parameters(0).tolist() == parent.history.parameters(0).tolist()
    assert run.course.changes == ((0, ADAM),)


def again(session, parent):
    session.select(parent.number)
    session.reset()


def another(session, parent):
    session.select(parent.number)
    session.start(small(epochs=99))


def gone(session, parent):
    session.delete(parent.number)


@pytest.mark.parametrize("leave", [again, another, gone])
def test_a_branch_whose_parents_epochs_are_gone_keeps_its_own(runner, session, leave):
    parent = runner.begin(small(), 7)
    run = session.branch(4, ADAM)
    losses = run.history.losses.tolist()
    leave(session, parent)
    assert (run.parent, run.branched_at) == (None, 4)
    session.select(run.number)
    session.step()
    runner.wait_for_epoch(run, 5)
    assert run.history.losses[:5].tolist() == losses
