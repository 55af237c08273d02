"""The pace of training, on a clock that goes only when the loop waits or trains."""

import math
import queue
from collections import deque
from types import SimpleNamespace

import numpy as np
import pytest

from app.training import loop as loop_module
from app.training.loop import CHUNK, TrainingLoop
from app.training.mailbox import Mailbox
from app.training.trainer import Trainer
from tests.training.bench import FOREVER, small


class Stage:
    """A loop whose clock, command queue and trainer are a test's own.

    Waiting for a command moves the clock instead of passing time, an epoch costs ``cost``
    seconds of it, and ``at`` holds what a person does when.
    """

    def __init__(self, monkeypatch):
        self.now = 0.0
        self.cost = 0.0
        self.at = deque()
        self.epochs = []
        self.asked = []
        self.changes = []
        self.messages = []
        fake_time = SimpleNamespace(monotonic=lambda: self.now)
        fake_queue = SimpleNamespace(SimpleQueue=lambda: Commands(self), Empty=queue.Empty)
        monkeypatch.setattr(loop_module, "time", fake_time)
        monkeypatch.setattr(loop_module, "queue", fake_queue)
        self.mailbox = Mailbox()
        self.loop = TrainingLoop(self.messages.append, self.mailbox, self.make_trainer)

    def make_trainer(self, experiment):
        stage = self

        class TimedTrainer(Trainer):
            def change(self, training):
                stage.changes.append(stage.now)
                super().change(training)

            def epochs_within(self, seconds):
                return max(1, int(seconds / stage.cost)) if stage.cost else 1_000_000

            def advance(self, epochs=1, _cancelled=None):
                stage.asked.append(epochs)
                for _ in range(epochs):
                    stage.now += stage.cost
                    stage.epochs.append(stage.now)
                self.history.extend(np.zeros((epochs, 2)), np.ones(epochs))
                return epochs

        return TimedTrainer(experiment)

    def play(self, speed, until, at=(), experiment=FOREVER):
        """Play at a speed until a time; return when each epoch was trained."""
        self.at.extend([*at, (until, self.loop.close)])
        self.loop.reset(experiment)
        self.loop.set_speed(speed)
        self.loop.play()
        self.loop.run()
        return self.epochs


class Commands:
    """A queue of commands on the stage's clock."""

    def __init__(self, stage):
        self._stage = stage
        self._waiting = deque()

    def put(self, command):
        self._waiting.append(command)

    def empty(self):
        self._act()
        return not self._waiting

    def get(self, timeout=None):
        self._act()
        if not self._waiting:
            stage = self._stage
            end = math.inf if timeout is None else stage.now + timeout
            stage.now = min(end, stage.at[0][0])
            self._act()
        if not self._waiting:
            raise queue.Empty
        return self._waiting.popleft()

    def _act(self):
        """Do what a person does by now."""
        while self._stage.at and self._stage.at[0][0] <= self._stage.now:
            self._stage.at.popleft()[1]()


@pytest.fixture
def stage(monkeypatch):
    return Stage(monkeypatch)


@pytest.mark.parametrize("speed", [1.0, 5.0, 20.0, 200.0, 1000.0])
def test_epochs_come_at_the_chosen_speed_from_the_moment_of_play(stage, speed):
    epochs = stage.play(speed, until=10.0)
    assert epochs == pytest.approx([number / speed for number in range(len(epochs))])
    assert len(epochs) == pytest.approx(10 * speed, abs=1)


def test_an_epoch_that_takes_time_does_not_slow_the_pace(stage):
    stage.cost = 0.04
    epochs = stage.play(10.0, until=10.0)
    assert epochs == pytest.approx([0.04 + number / 10 for number in range(len(epochs))])


def test_at_no_limit_epochs_follow_each_other_without_a_gap(stage):
    stage.cost = 0.25
    assert stage.play(math.inf, until=5.0) == [0.25 * number for number in range(1, 21)]


def test_commands_are_looked_at_between_chunks_even_at_no_limit(stage):
    stage.cost = CHUNK / 10
    epochs = stage.play(math.inf, until=1.0)
    assert epochs[-1] <= 1.0 + stage.cost


@pytest.mark.parametrize("stepping", [False, True])
def test_at_no_limit_the_newest_frame_is_at_most_a_chunk_old(stage, stepping):
    stage.cost = CHUNK / 10
    behind = []

    def look():
        behind.append(len(stage.epochs) - stage.mailbox.take().epoch)

    at = [(number / 50, look) for number in range(1, 50)]
    if stepping:
        at.insert(0, (0.0, lambda: stage.loop.step(1_000_000)))
    stage.play(math.inf, until=1.0, at=at)
    assert len(behind) == 49
    assert max(behind) <= 11


def test_a_speed_that_cannot_be_reached_is_not_caught_up_with_later(stage):
    stage.cost = 0.5
    faster = [(20.0, lambda: setattr(stage, "cost", 0.0))]
    epochs = stage.play(100.0, until=30.0, at=faster)
    slow = [moment for moment in epochs if moment < 20.0]
    assert slow == [0.5 * number for number in range(1, 40)]
    for start in (20.0, 22.0, 25.0):
        within_a_second = [moment for moment in epochs if start <= moment < start + 1]
        assert len(within_a_second) == pytest.approx(100, abs=12)


def test_a_new_speed_applies_at_once(stage):
    def hurry():
        stage.loop.set_speed(10.0)

    epochs = stage.play(0.1, until=6.0, at=[(5.0, hurry)])
    assert epochs == pytest.approx([0.0, *(5 + number / 10 for number in range(len(epochs) - 1))])
    assert len(epochs) == pytest.approx(11, abs=1)


def test_a_lower_speed_applies_from_the_next_epoch(stage):
    stage.cost = 0.01
    epochs = stage.play(math.inf, until=5.0, at=[(1.0, lambda: stage.loop.set_speed(2.0))])
    assert len([moment for moment in epochs if moment > 1.05]) == pytest.approx(8, abs=1)


def test_pause_need_not_wait_for_the_next_epoch(stage):
    epochs = stage.play(0.1, until=30.0, at=[(4.0, stage.loop.pause)])
    assert epochs == [0.0]
    assert stage.messages[-1].epoch == 1


def test_no_epoch_is_owed_for_the_time_of_a_pause(stage):
    at = [(1.05, stage.loop.pause), (8.0, stage.loop.play)]
    epochs = stage.play(10.0, until=8.95, at=at)
    assert len([moment for moment in epochs if moment < 8]) == 11
    assert epochs[11:] == pytest.approx([8 + number / 10 for number in range(10)])


def test_a_step_does_not_wait_for_the_speed(stage):
    epochs = stage.play(0.1, until=30.0, at=[(4.0, stage.loop.step)])
    assert epochs == [0.0, 4.0]


def test_while_paused_the_loop_waits_and_trains_nothing(stage):
    epochs = stage.play(math.inf, until=100.0, at=[(0.0, stage.loop.pause)])
    assert epochs == []
    assert stage.now == 100.0


# -- many epochs at a time -------------------------------------------------------------------


@pytest.mark.parametrize("share", [1000, 33, 7, 2.5, 1, 0.3])
def test_at_no_limit_as_many_epochs_are_trained_at_a_time_as_a_chunk_has_room_for(stage, share):
    stage.cost = CHUNK / share
    stage.play(math.inf, until=1.0)
    assert set(stage.asked) == {max(1, int(CHUNK / 2 / stage.cost))}
    assert len(stage.epochs) == pytest.approx(1.0 / stage.cost, abs=share + 2)


@pytest.mark.parametrize("speed", [50.0, 1000.0, 7000.0])
def test_at_a_limited_speed_no_epoch_is_trained_before_it_is_due(stage, speed):
    stage.cost = 1 / 50_000
    epochs = stage.play(speed, until=1.0)
    began = np.repeat(np.array(epochs)[np.cumsum(stage.asked) - 1], stage.asked)
    began -= np.repeat(np.array(stage.asked) * stage.cost, stage.asked)
    assert (began >= np.arange(len(epochs)) / speed - 1e-9).all()
    assert len(epochs) == pytest.approx(speed, abs=2 + 0.01 * speed)


def test_what_a_fast_trainer_has_missed_is_made_up_for_at_once(stage):
    stage.cost = 1e-5

    def stall():
        stage.now += 0.05  # the thread did not get its turn

    epochs = stage.play(1000.0, until=0.5, at=[(0.2, stall)])
    assert len(epochs) == pytest.approx(500, abs=2)
    assert max(stage.asked) == pytest.approx(50, abs=2)


@pytest.mark.parametrize("many", [1, 7, 100, 12_345])
def test_a_step_trains_no_more_epochs_than_it_was_asked_for(stage, many):
    stage.cost = 1e-6
    at = [(0.0, stage.loop.pause), (1.0, lambda: stage.loop.step(many))]
    stage.play(math.inf, until=3.0, at=at)
    assert len(stage.epochs) == sum(stage.asked) == many
    assert stage.messages[-1].epoch == many


def test_two_steps_add_up(stage):
    stage.cost = 1e-6
    at = [(0.0, stage.loop.pause), *[(1.0, lambda: stage.loop.step(300))] * 2]
    stage.play(math.inf, until=3.0, at=at)
    assert len(stage.epochs) == 600


def test_a_change_comes_between_chunks_and_is_not_kept_waiting_longer(stage):
    stage.cost = CHUNK / 1000
    moments = [0.1234, 0.5, 0.70001]
    changed = small(10_000_000).training
    stage.play(math.inf, until=1.0, at=[(at, lambda: stage.loop.change(changed)) for at in moments])
    assert len(stage.changes) == 3
    for moment, applied in zip(moments, stage.changes, strict=True):
        assert moment <= applied <= moment + CHUNK


def test_a_pause_stops_within_a_chunk(stage):
    stage.cost = CHUNK / 1000
    epochs = stage.play(math.inf, until=1.0, at=[(0.5, stage.loop.pause)])
    assert 0.5 - CHUNK <= epochs[-1] <= 0.5 + CHUNK
    assert stage.messages[-1].epoch == len(epochs)
