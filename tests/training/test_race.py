"""A race: the same experiment with several settings, trained at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QTimer

from app.study.experiment import Data
from app.study.hyperparameters import Optimizer
from app.training.loop import State
from app.training.run import MOST_RUNS, RunListError
from app.training.trainer import Trainer
from tests.training.bench import FOREVER as QUICK
from tests.training.bench import small
from tests.training.runner import Runner

FOREVER = replace(QUICK, data=Data(samples=5000))
"""Several runs at once, one begun after the other, must all still train at the end."""


@pytest.fixture
def runner(qapp, qtbot):  # noqa: ARG001  there has to be one
    runner = Runner(qtbot)
    yield runner
    assert runner.session.close()


@pytest.fixture
def session(runner):
    return runner.session


def entrants(experiment, optimizers=tuple(Optimizer)):
    """Return the experiment's settings with each optimizer, by its name."""
    return [(each.label, replace(experiment.training, optimizer=each)) for each in optimizers]


def race(runner, experiment=FOREVER, optimizers=tuple(Optimizer)[:3]):
    """Begin an experiment and race it; return the runs of the race."""
    runner.begin(experiment)
    runner.session.race(entrants(experiment, optimizers))
    return runner.session.runs[1:]


def test_all_runs_of_a_race_train_at_once_from_the_same_start(runner, session):
    first = runner.begin(small(), 5)
    runner.told.clear()
    session.race(entrants(small()))
    assert runner.told == [State.PAUSED, "run_reset", "runs_changed"]
    runs = session.runs[1:]
    assert session.current is runs[0]
    assert [run.name for run in runs] == [each.label for each in Optimizer]
    assert [run.colour for run in runs] == [1, 2, 3, 4, 5, 6]
    runner.wait_for(State.FINISHED, *runs)
    assert first.epoch == 5
    for run, optimizer in zip(runs, Optimizer, strict=True):
        alone = Trainer(replace(small(), training=replace(small().training, optimizer=optimizer)))
        alone.start()
        alone.advance(10)
        assert run.experiment.training.optimizer is optimizer
        assert run.history.losses.tolist() == alone.history.losses.tolist()


def test_a_race_is_paused_and_goes_on_as_one(runner, session):
    runs = race(runner)
    runner.wait_for(State.RUNNING, *runs)
    session.pause()
    runner.wait_for(State.PAUSED, *runs)
    assert not session.running
    assert not session.findChild(QTimer).isActive()
    session.play()
    runner.wait_for(State.RUNNING, *runs)


def test_a_step_of_one_is_a_step_of_all(runner, session):
    runs = race(runner)
    session.pause()
    runner.wait(lambda: all(run.state is State.PAUSED and run.epoch >= 0 for run in runs))
    epochs = [run.epoch for run in runs]
    session.step(2)
    for run, epoch in zip(runs, epochs, strict=True):
        runner.wait_for_epoch(run, epoch + 2)


def test_a_race_that_is_reset_stands_at_the_start(runner, session):
    runs = race(runner)
    runner.wait(lambda: all(run.epoch > 0 for run in runs))
    runner.told.clear()
    session.reset()
    assert runner.told == [State.PAUSED, "run_reset", "runs_changed"]
    assert [run.history for run in runs] == [None] * 3
    for run in runs:
        runner.wait_for_epoch(run, 0)
    starts = [run.history.parameters(0).tolist() for run in runs]
    assert starts == [starts[0]] * 3


def test_the_runs_of_a_race_are_the_same_whichever_is_looked_at(runner, session):
    runs = race(runner)
    runner.wait_for(State.RUNNING, *runs)
    session.select(runs[2].number)
    assert session.running
    session.pause()
    runner.wait_for(State.PAUSED, *runs)


def test_settings_are_changed_for_one_run_of_a_race(runner, session):
    runs = race(runner)
    others = [run.experiment for run in runs[1:]]
    session.change(session.experiment.with_value("learning_rate", 0.5))
    assert runs[0].experiment.training.learning_rate == 0.5
    assert [run.experiment for run in runs[1:]] == others
    runner.wait(lambda: all(run.epoch > 0 for run in runs))
    assert len(runs[0].course.changes) in (1, 2)  # changed before its epoch 0, or after
    assert [len(run.course.changes) for run in runs[1:]] == [1, 1]


def test_a_run_outside_of_the_race_is_commanded_alone(runner, session):
    runs = race(runner)
    runner.wait_for(State.RUNNING, *runs)
    session.select(1)
    assert not session.running
    session.step()
    runner.wait_for_epoch(session.current, 1)
    assert all(run.running for run in runs)


def test_a_branch_of_a_race_is_no_part_of_it(runner, session):
    runs = race(runner)
    runner.wait(lambda: runs[0].epoch > 3)
    branch = session.branch(3, FOREVER.training)
    session.step()
    runner.wait_for_epoch(branch, 4)
    assert branch.race is None
    assert all(run.running for run in runs)


def test_an_experiment_in_place_of_a_run_of_the_race_is_no_part_of_it(runner, session):
    runs = race(runner)
    runner.wait_for(State.RUNNING, *runs)
    session.start(small())
    assert (session.current, session.running) == (runs[0], False)
    runner.wait_for_epoch(runs[0], 0)
    session.step()
    runner.wait_for_epoch(runs[0], 1)
    assert [run.running for run in runs] == [False, True, True]


def test_a_race_is_running_until_its_last_run_rests(runner, session):
    runner.begin(small(epochs=5))
    lasting = replace(FOREVER.training, optimizer=Optimizer.ADAM)
    session.race([("short", small(epochs=5).training), ("long", lasting)])
    short, long = session.runs[1:]
    runner.wait_for(State.FINISHED, short)
    runner.wait_for(State.RUNNING, long)
    assert session.running
    runner.told.clear()
    session.pause()
    runner.wait_for(State.PAUSED, long)
    assert not session.running
    assert State.FINISHED in runner.told  # the state of the current run, for what shows “running”


def test_deleting_the_last_run_of_a_race_that_trains_is_told(runner, session):
    runner.begin(small(epochs=5))
    session.race([("short", small(epochs=5).training), ("long", FOREVER.training)])
    short, long = session.runs[1:]
    runner.wait_for(State.FINISHED, short)
    runner.wait_for(State.RUNNING, long)
    runner.told.clear()
    session.delete(long.number)
    assert not session.running
    assert runner.told == [State.FINISHED, "runs_changed"]


def test_two_races_are_independent(runner, session):
    first = race(runner, optimizers=tuple(Optimizer)[:2])
    runner.wait_for(State.RUNNING, *first)
    session.race(entrants(FOREVER, tuple(Optimizer)[2:4]))
    second = session.runs[3:]
    runner.wait_for(State.RUNNING, *second)
    session.pause()
    runner.wait_for(State.PAUSED, *second)
    assert all(run.running for run in first)


def test_a_race_that_does_not_fit_is_not_begun(runner, session):
    runner.begin(small())
    wanted = [(str(number), small().training) for number in range(MOST_RUNS)]
    with pytest.raises(RunListError, match=f"{MOST_RUNS} more would be {MOST_RUNS + 1}"):
        session.race(wanted)
    assert len(session.runs) == 1
    session.race(wanted[1:])
    assert session.room == 0
    runner.wait_for(State.FINISHED, *session.runs[1:])


def test_a_race_of_none_is_none(runner, session):
    run = runner.begin(small())
    session.race([])
    assert session.runs == (run,)
