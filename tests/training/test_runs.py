"""The runs of a session: kept side by side, selected, renamed and deleted."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import pytest
from PySide6.QtCore import QTimer

from app.study.experiment import Data
from app.study.hyperparameters import Optimizer, Training
from app.training.loop import State
from app.training.run import MOST_RUNS, RunListError
from app.training.worker import Worker
from tests.training.bench import DIVERGING, Faulty, small
from tests.training.bench import FOREVER as QUICK

FOREVER = replace(QUICK, data=Data(samples=5000))
"""Several runs at once, one begun after the other, must all still train at the end."""

ADAM = replace(small().training, optimizer=Optimizer.ADAM)


def workers(session):
    return session.findChildren(Worker)


def names(session):
    return [run.name for run in session.runs]


def fill(session):
    """Keep runs until there is no room for another."""
    while session.room:
        session.start(small(), keep=True)


# -- one run ---------------------------------------------------------------------------------


def test_a_new_session_has_one_run_and_no_thread(session):
    (run,) = session.runs
    assert run is session.current
    assert (run.number, run.name, run.colour, run.visible) == (1, "Run 1", 0, True)
    assert workers(session) == []


def test_the_session_tells_of_the_current_run(runner, session):
    run = runner.begin(small(), 3)
    assert session.experiment is run.experiment
    assert session.history is run.history
    assert session.course is run.course
    assert (session.epoch, session.state, session.notice) == (3, State.PAUSED, "")
    assert (session.recorded, run.recorded) == (3, 3)


def test_a_run_that_takes_the_place_of_another_keeps_its_number_and_colour_alone(runner, session):
    run = runner.begin(small(), 3)
    session.rename(run.number, "The best")
    runner.begin(small(epochs=20))
    assert session.runs == (run,)
    assert (run.number, run.name, run.colour, run.epoch) == (1, "Run 1", 0, 0)
    assert run.experiment == small(epochs=20)


def test_a_run_that_is_kept_stays_as_it_was(runner, session):
    first = runner.begin(small(), 3)
    history = first.history
    runner.told.clear()
    session.start(small(epochs=20), keep=True)
    assert runner.told == [State.PAUSED, "run_reset", "runs_changed"]
    second = session.current
    runner.wait_for_epoch(second, 0)
    assert session.runs == (first, second)
    assert (first.history, first.epoch, first.experiment) == (history, 3, small())
    assert (second.name, second.colour, second.experiment) == ("Run 2", 1, small(epochs=20))
    assert (second.parent, second.branched_at) == (None, None)


def test_before_anything_has_begun_there_is_nothing_to_keep(runner, session):
    runner.begin(small(), keep=True)
    assert names(session) == ["Run 1"]


def test_a_run_that_is_kept_goes_on_training(runner, session):
    first = runner.begin(FOREVER)
    session.play()
    runner.wait_for(State.RUNNING)
    runner.begin(small(), keep=True)
    assert not session.running
    epoch = first.epoch
    runner.wait(lambda: first.epoch > epoch)
    assert first.running
    assert session.epoch == 0
    assert session.history is not first.history


# -- selecting -------------------------------------------------------------------------------


def test_selecting_shows_all_of_the_other_run(runner, session):
    first = runner.begin(small(epochs=3))
    session.play()
    runner.wait_for(State.FINISHED)
    second = runner.begin(small(), 2, keep=True)
    runner.told.clear()
    session.select(first.number)
    assert runner.told == ["run_selected", "runs_changed", "frame_arrived", State.FINISHED]
    assert session.current is first
    assert (session.epoch, session.history) == (3, first.history)
    session.select(second.number)
    assert (session.epoch, session.state, session.experiment) == (2, State.PAUSED, small())


def test_selecting_the_current_run_tells_nothing(runner, session):
    run = runner.begin(small())
    runner.told.clear()
    session.select(run.number)
    assert runner.told == []


def test_commands_are_for_the_selected_run_alone(runner, session):
    first = runner.begin(small())
    second = runner.begin(small(), keep=True)
    session.select(first.number)
    session.step(3)
    runner.wait_for_epoch(first, 3)
    assert second.epoch == 0


def test_divergence_of_another_run_is_said_when_it_is_selected(runner, session):
    first = runner.begin(DIVERGING)
    session.set_speed(0.001)
    session.play()
    runner.wait_for(State.RUNNING)
    runner.begin(small(), keep=True)
    session.set_speed()
    runner.wait_for(State.DIVERGED, first)
    assert session.state is State.PAUSED
    assert not any(isinstance(each, tuple) for each in runner.told)
    session.select(first.number)
    assert runner.told[-2:] == [State.DIVERGED, ("diverged", first.sentence)]
    assert first.sentence.startswith("The loss became infinite at epoch ")


def test_an_error_in_another_run_is_said_when_it_is_selected(make):
    runner = make(Faulty(epoch=3))
    session = runner.session
    first = runner.begin(small())
    session.set_speed(0.001)
    session.play()
    runner.wait_for(State.RUNNING)
    runner.begin(small(), keep=True)
    session.set_speed()
    runner.wait_for(State.FAILED, first)
    assert not any(isinstance(each, tuple) for each in runner.told)
    session.select(first.number)
    assert runner.told[-1] == ("failed", first.sentence, first.details)
    assert first.details.startswith("Traceback")


def test_a_run_that_goes_on_has_nothing_to_say_any_more(make):
    faulty = Faulty(epoch=3)
    runner = make(faulty)
    run = runner.begin(small())
    runner.session.play()
    runner.wait_for(State.FAILED)
    faulty.repaired = True
    runner.session.play()
    runner.wait_for(State.FINISHED)
    assert (run.sentence, run.details) == ("", "")


def test_a_run_that_is_not_in_the_list_is_a_key_error(session):
    for act in (session.select, session.delete, session.show):
        with pytest.raises(KeyError):
            act(7)


# -- names, colours, visibility --------------------------------------------------------------


def test_a_run_is_called_as_a_person_says(runner, session):
    run = runner.begin(small())
    runner.told.clear()
    session.rename(run.number, "  With Adam ")
    assert run.name == "With Adam"
    session.rename(run.number, "  ")
    assert run.name == "Run 1"
    assert runner.told == ["runs_changed"] * 2


def test_a_run_is_hidden_and_shown(runner, session):
    run = runner.begin(small())
    runner.told.clear()
    for visible in (False, True):
        session.show(run.number, visible)
        assert run.visible is visible
    assert runner.told == ["runs_changed"] * 2


def test_a_colour_is_used_again_and_a_number_is_not(runner, session):
    for _ in range(3):
        runner.begin(small(), keep=True)
    session.delete(2)
    runner.begin(small(), keep=True)
    assert [(run.number, run.colour) for run in session.runs] == [(1, 0), (3, 2), (4, 1)]


# -- deleting --------------------------------------------------------------------------------


def test_the_last_run_cannot_be_deleted(runner, session):
    run = runner.begin(small())
    with pytest.raises(RunListError, match="The last run cannot be deleted"):
        session.delete(run.number)
    assert session.runs == (run,)


@pytest.mark.parametrize(("deleted", "current"), [(1, 2), (2, 3), (3, 2)])
def test_in_place_of_the_current_run_its_neighbour_is_current(runner, session, deleted, current):
    for _ in range(3):
        runner.begin(small(), keep=True)
    session.select(deleted)
    runner.told.clear()
    session.delete(deleted)
    assert session.current.number == current
    assert runner.told == ["run_selected", "runs_changed", "frame_arrived", State.PAUSED]


def test_another_run_is_deleted_without_the_current_ones_notice(runner, session):
    runner.begin(small(), 2)
    second = runner.begin(small(), keep=True)
    runner.told.clear()
    session.delete(1)
    assert session.runs == (second,)
    assert runner.told == ["runs_changed"]


@pytest.mark.parametrize("current", [True, False], ids=["current", "another"])
def test_a_run_that_trains_stops_when_it_is_deleted(qtbot, runner, session, current):
    rests = runner.begin(small())
    run = runner.begin(FOREVER, keep=True)
    session.play()
    runner.wait_for(State.RUNNING)
    if not current:
        session.select(rests.number)
    worker = workers(session)[1]
    with qtbot.waitSignal(worker.destroyed):
        session.delete(run.number)
    assert len(workers(session)) == 1
    assert not session.findChild(QTimer).isActive()
    runner.told.clear()
    session.step()
    runner.wait_for_epoch(rests, 1)


def test_the_epochs_of_a_deleted_run_are_let_go(qtbot, runner, session):
    runner.begin(small())
    run = runner.begin(small(), 3, keep=True)
    history, number = weakref.ref(run.history), run.number
    del run
    with qtbot.waitSignal(workers(session)[1].destroyed):
        session.delete(number)
    gc.collect()
    assert history() is None


# -- a full list -----------------------------------------------------------------------------


def branch_off(session):
    session.branch(0, ADAM)


def keep_another(session):
    session.start(small(), keep=True)


def race_of_one(session):
    session.race([("Adam", ADAM)])


@pytest.mark.parametrize("act", [branch_off, keep_another, race_of_one])
def test_a_full_list_takes_no_other_run_and_says_so(runner, session, act):
    runner.begin(small())
    fill(session)
    runs, current = session.runs, session.current
    assert len(runs) == MOST_RUNS
    with pytest.raises(RunListError, match=f"room for {MOST_RUNS} runs, 1 more would be"):
        act(session)
    assert (session.runs, session.current) == (runs, current)
    session.delete(runs[3].number)
    session.start(small(), keep=True)
    assert session.room == 0


def test_a_full_list_of_runs_trains_and_is_closed(runner, session):
    runner.begin(FOREVER)
    for _ in range(MOST_RUNS - 1):
        session.play()
        runner.begin(FOREVER, keep=True)
    session.play()
    runner.wait_for(State.RUNNING, *session.runs)
    assert session.close()
    assert [worker.isFinished() for worker in workers(session)] == [True] * MOST_RUNS


# -- frames, speed and the end ---------------------------------------------------------------


def test_epochs_of_other_runs_are_told_once_a_tick_at_most(runner, session):
    runs = []
    for _ in range(3):
        runs.append(runner.begin(FOREVER, keep=True))
        session.play()
        runner.wait_for(State.RUNNING)
    ticks = []
    session.findChild(QTimer).timeout.connect(lambda: ticks.append(1))
    runner.told.clear()
    epochs = [run.epoch for run in runs]
    runner.wait(
        lambda: (
            len(ticks) > 10
            and all(run.epoch > before for run, before in zip(runs, epochs, strict=True))
        )
    )
    assert 0 < runner.count("runs_changed") <= len(ticks)
    assert 0 < runner.count("frame_arrived") <= len(ticks)


def test_the_frame_timer_stops_with_the_last_run_that_trains(runner, session):
    timer = session.findChild(QTimer)
    first = runner.begin(FOREVER)
    session.play()
    runner.wait_for(State.RUNNING)
    runner.begin(small(epochs=3), keep=True)
    session.play()
    runner.wait_for(State.FINISHED)
    assert timer.isActive()
    session.select(first.number)
    session.pause()
    runner.wait_for(State.PAUSED)
    assert not timer.isActive()


def test_a_new_run_has_the_speed_that_was_chosen(runner, session):
    session.set_speed(0.001)
    run = runner.begin(small(epochs=3))
    session.play()
    runner.wait(lambda: run.epoch == 1)
    branch = session.branch(1, Training(epochs=3))
    session.play()
    runner.wait(lambda: branch.epoch == 2)
    assert (run.running, branch.running) == (True, True)
    session.set_speed()
    runner.wait_for(State.FINISHED, run, branch)


def test_runs_that_are_asked_for_after_close_start_no_thread(runner, session):
    runner.begin(small(), 3)
    assert session.close()
    session.branch(1, ADAM)
    session.start(small(), keep=True)
    session.race([("Adam", ADAM)])
    assert [worker.isRunning() for worker in workers(session)] == [False] * 4
