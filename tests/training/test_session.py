"""The session, as the window sees it: commands in, signals and frames out."""

import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt, QTimer

from app.study.presets import find_preset
from app.training.engine import choose_engine
from app.training.history import History
from app.training.loop import Diverged, Failed, Finished, Frame, Paused, Started, State
from app.training.session import Session
from app.training.trainer import Trainer
from app.training.worker import Worker
from tests.training.bench import FOREVER, PATIENCE, Faulty, Held, choose_graph, small

TIMEOUT = int(PATIENCE * 1000)


class Signals:
    """Collects what a session emits."""

    def __init__(self, session):
        self.resets, self.frames, self.states, self.diverged, self.failed = [], [], [], [], []
        session.run_reset.connect(lambda: self.resets.append(session.history))
        session.frame_arrived.connect(lambda: self.frames.append(session.epoch))
        session.state_changed.connect(self.states.append)
        session.diverged.connect(self.diverged.append)
        session.failed.connect(lambda *report: self.failed.append(report))


@pytest.fixture
def make(qapp):  # noqa: ARG001  there has to be one
    """Makes sessions, and closes them."""
    sessions = []

    def make_session(*args):
        session = Session(None, *args)
        sessions.append(session)
        return session

    yield make_session
    assert all(session.close() for session in sessions)


@pytest.fixture
def session(make):
    return make()


def worker(session):
    return session.findChild(Worker)


def ticking(session):
    return session.findChild(QTimer).isActive()


def begin(qtbot, session, experiment):
    """Start an experiment and wait for its epoch 0."""
    with qtbot.waitSignal(session.frame_arrived, timeout=TIMEOUT):
        session.start(experiment)
    assert session.epoch == 0


def wait_for(qtbot, session, state, act):
    """Act, and wait until the session is in a state."""
    with qtbot.waitSignal(
        session.state_changed, timeout=TIMEOUT, check_params_cb=lambda new: new is state
    ):
        act()
    assert session.state is state


# -- frames and states -----------------------------------------------------------------------


def test_a_new_session_has_no_history_and_does_nothing(session):
    assert session.history is None
    assert (session.epoch, session.recorded) == (-1, 0)
    assert not session.running
    assert not ticking(session)


def test_start_shows_epoch_0_and_stands_still(qtbot, session):
    signals = Signals(session)
    begin(qtbot, session, small())
    assert session.experiment == small()
    assert len(session.history) == 1
    assert signals.resets == [None]  # the old history is gone before views are told
    assert set(signals.states) == {State.PAUSED}
    assert session.recorded == 0
    assert not ticking(session)


def test_frames_arrive_one_after_another_while_training_runs(qtbot, session):
    begin(qtbot, session, FOREVER)
    signals = Signals(session)
    wait_for(qtbot, session, State.RUNNING, session.play)
    assert session.running
    assert ticking(session)
    qtbot.waitUntil(lambda: len(signals.frames) >= 5, timeout=TIMEOUT)
    assert signals.frames == sorted(signals.frames)
    assert session.epoch == signals.frames[-1] <= session.history.last_epoch
    assert session.recorded >= session.epoch


def test_the_frame_timer_stops_with_training(qtbot, session):
    begin(qtbot, session, FOREVER)
    wait_for(qtbot, session, State.RUNNING, session.play)
    wait_for(qtbot, session, State.PAUSED, session.pause)
    assert not session.running
    assert not ticking(session)
    assert session.epoch == session.history.last_epoch  # the newest epoch is shown


def test_the_last_epoch_is_shown_when_the_run_is_finished(qtbot, session):
    begin(qtbot, session, small(epochs=40))
    wait_for(qtbot, session, State.FINISHED, session.play)
    assert session.epoch == session.history.last_epoch == session.recorded == 40
    assert not ticking(session)


def test_step_shows_the_next_epoch(qtbot, session):
    begin(qtbot, session, small())
    for epoch in (1, 2):
        wait_for(qtbot, session, State.PAUSED, session.step)
        assert session.epoch == epoch
    wait_for(qtbot, session, State.PAUSED, lambda: session.step(5))
    assert session.epoch == 7


def test_playing_twice_starts_once(qtbot, session):
    begin(qtbot, session, small(epochs=40))
    signals = Signals(session)

    def play_twice():
        session.play()
        session.play()

    wait_for(qtbot, session, State.FINISHED, play_twice)
    wait_for(qtbot, session, State.FINISHED, session.step)
    assert signals.states[:2] == [State.RUNNING, State.FINISHED]
    assert set(signals.states[1:]) == {State.FINISHED}


def test_other_training_settings_go_on_with_the_run(qtbot, session):
    begin(qtbot, session, small(epochs=3))
    wait_for(qtbot, session, State.FINISHED, session.play)
    history, longer = session.history, small(epochs=5)
    wait_for(qtbot, session, State.PAUSED, lambda: session.change(longer))
    assert session.experiment == longer
    wait_for(qtbot, session, State.FINISHED, session.play)
    assert session.history is history
    assert session.epoch == 5


def test_a_limited_speed_is_passed_on_and_infinity_lifts_it(qtbot, session):
    begin(qtbot, session, small(epochs=3))
    session.set_speed(0.001)  # the second epoch is due after a quarter of an hour
    wait_for(qtbot, session, State.RUNNING, session.play)
    qtbot.waitUntil(lambda: session.epoch == 1, timeout=TIMEOUT)
    wait_for(qtbot, session, State.FINISHED, session.set_speed)
    assert session.epoch == 3


def slow(recipe):
    return replace(choose_graph(recipe), notice="It is slow.")


def test_a_notice_of_the_trainer_is_known_with_the_first_frame(qtbot, make):
    session = make(lambda experiment: Trainer(experiment, slow))
    assert session.notice == ""
    begin(qtbot, session, small())
    assert session.notice == "It is slow."


def test_a_run_that_is_not_slow_has_no_notice_of_the_run_before(qtbot, make):
    choices = iter([slow, choose_engine])
    session = make(lambda experiment: Trainer(experiment, next(choices)))
    begin(qtbot, session, small())
    begin(qtbot, session, small())
    assert session.notice == ""


# -- reset, and messages of an old run -------------------------------------------------------


def test_reset_begins_the_present_experiment_again(qtbot, session):
    begin(qtbot, session, small(epochs=3))
    wait_for(qtbot, session, State.FINISHED, session.play)
    old = session.history
    with qtbot.waitSignals([session.run_reset, session.frame_arrived], timeout=TIMEOUT):
        session.reset()
        assert session.history is None
        assert (session.epoch, session.state) == (-1, State.PAUSED)
    assert session.history is not old
    assert (len(session.history), len(old)) == (1, 4)


def test_reset_while_running_stands_still_at_the_new_epoch_0(qtbot, session):
    begin(qtbot, session, FOREVER)
    wait_for(qtbot, session, State.RUNNING, session.play)
    qtbot.waitUntil(lambda: session.epoch > 0, timeout=TIMEOUT)
    signals = Signals(session)
    session.reset()
    assert not ticking(session)
    qtbot.waitUntil(lambda: session.history is not None, timeout=TIMEOUT)
    assert signals.frames == [0]
    assert set(signals.states) == {State.PAUSED}
    wait_for(qtbot, session, State.PAUSED, session.step)
    assert session.epoch == 1


def test_messages_and_frames_of_an_old_run_are_dropped(qtbot, session):
    begin(qtbot, session, small())
    begin(qtbot, session, small())
    signals, history = Signals(session), session.history
    for message in (
        Started(1),
        Paused(1, 99),
        Finished(1, 99),
        Diverged(1, 99, "Too far."),
        Failed(1, "Broken.", ""),
    ):
        worker(session).reported.emit(message)
    assert signals.states == signals.diverged == signals.failed == []
    worker(session).mailbox.put(Frame(1, History(2), 99))
    worker(session).reported.emit(Paused(2, 0))  # which makes the session look for a frame
    assert session.history is history
    assert signals.frames == []


def test_the_end_of_an_old_run_that_is_on_its_way_at_reset_is_dropped(qtbot, session):
    begin(qtbot, session, small(epochs=1))
    said = threading.Event()
    worker(session).reported.connect(lambda _: said.set(), Qt.ConnectionType.DirectConnection)
    session.step()
    assert said.wait(PATIENCE)  # the end of the run is in this thread's queue of events
    signals = Signals(session)
    session.reset()
    qtbot.waitUntil(lambda: session.history is not None, timeout=TIMEOUT)
    assert set(signals.states) == {State.PAUSED}
    assert signals.frames == [0]


# -- divergence and errors -------------------------------------------------------------------


def test_divergence_comes_with_its_sentence_and_every_epoch_up_to_it(qtbot, session):
    begin(qtbot, session, find_preset("diverging").experiment)
    with qtbot.waitSignal(session.diverged, timeout=TIMEOUT) as caught:
        session.play()
    assert caught.args[0].startswith(f"The loss became infinite at epoch {session.epoch}: ")
    assert session.state is State.DIVERGED
    assert session.epoch == session.history.last_epoch
    assert not ticking(session)


def test_playing_after_divergence_says_it_again(qtbot, session):
    begin(qtbot, session, find_preset("diverging").experiment)
    sentences = []
    for _ in range(2):
        with qtbot.waitSignal(session.diverged, timeout=TIMEOUT) as caught:
            session.play()
        sentences += caught.args
    assert sentences[0] == sentences[1]


def test_an_error_comes_with_a_sentence_and_details(qtbot, make):
    session = make(Faulty(epoch=3))
    begin(qtbot, session, small())
    with qtbot.waitSignal(session.failed, timeout=TIMEOUT) as caught:
        session.play()
    sentence, details = caught.args
    assert "(ZeroDivisionError: no epoch today)" in sentence
    assert details.startswith("Traceback")
    assert session.state is State.FAILED
    assert not ticking(session)


def test_playing_after_an_error_starts_the_run_anew(qtbot, make):
    faulty = Faulty(epoch=3)
    session = make(faulty)
    begin(qtbot, session, small())
    wait_for(qtbot, session, State.FAILED, session.play)
    old, faulty.repaired = session.history, True
    wait_for(qtbot, session, State.FINISHED, session.play)
    assert session.history is not old
    assert session.epoch == 10


def test_an_error_in_making_the_trainer_is_told_and_leaves_no_history(qtbot, make):
    session = make(Faulty(making=True))
    with qtbot.waitSignal(session.failed, timeout=TIMEOUT):
        session.start(small())
    assert session.history is None
    assert session.state is State.FAILED


# -- close -----------------------------------------------------------------------------------


@pytest.mark.parametrize("playing", [True, False])
def test_close_ends_the_thread_and_the_timer(qtbot, session, playing):
    begin(qtbot, session, FOREVER)
    if playing:
        wait_for(qtbot, session, State.RUNNING, session.play)
    assert session.close()
    assert worker(session).isFinished()
    assert not ticking(session)


def test_close_before_any_experiment_and_once_more_is_fine(session):
    assert session.close()
    assert session.close()
    assert worker(session) is None  # a thread is made once there is something to train


def test_close_amid_a_huge_epoch_gives_it_up(qtbot, make):
    held = Held()
    session = make(held)
    session.start(small().with_value("samples", 100_000))
    qtbot.waitUntil(held.amid.is_set, timeout=TIMEOUT)
    assert session.close()
    assert worker(session).isFinished()
    assert len(held.made[0].history) == 0


def test_a_message_that_was_on_its_way_at_close_starts_nothing(qtbot, session):
    begin(qtbot, session, FOREVER)
    with qtbot.waitSignal(worker(session).finished, timeout=TIMEOUT):
        session.play()
        assert session.close()
    assert not ticking(session)


def test_commands_after_close_do_no_harm(qtbot, session):
    begin(qtbot, session, FOREVER)
    assert session.close()
    session.change(small(epochs=1))
    session.play()
    session.step()
    session.reset()
    assert not ticking(session)
    assert session.history is None


def test_a_worker_says_if_it_does_not_end_in_time(qapp):  # noqa: ARG001  there has to be one
    begun, released = threading.Event(), threading.Event()

    def make_trainer(experiment):
        begun.set()
        assert released.wait(PATIENCE)
        return Trainer(experiment)

    stuck = Worker(None, make_trainer)
    stuck.start()
    stuck.loop.reset(small())
    assert begun.wait(PATIENCE)
    assert not stuck.close(seconds=0.01)
    released.set()
    assert stuck.close(PATIENCE)
