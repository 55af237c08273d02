"""The running experiment as the window sees it: commands in, frames and messages out."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.study.experiment import Experiment
from app.training.course import Course
from app.training.history import History
from app.training.loop import Diverged, Failed, Finished, Frame, Message, Paused, Started, State
from app.training.trainer import Trainer
from app.training.worker import Worker

FRAME_INTERVAL = 16
"""Milliseconds between looks into the mailbox: 60 frames a second."""


class Session(QObject):
    """Owns the worker and the frame timer; knows the present run.

    All views are drawn from one timer, which ticks only while training runs: no epoch makes
    a signal of its own, and an idle window costs nothing.

    Attributes:
        experiment: what is being trained.
        history: the present run's history; None until its epoch 0 is known.
        course: which settings are, and were, in force; None until then.
        epoch: the newest epoch shown; −1 until there is one.
        state: what training is doing, by the last message.
        notice: a sentence if training is slower than it could be, else "".
    """

    run_reset = Signal()
    """A new run began; its history is not there yet."""
    training_changed = Signal()
    """The training settings are other ones."""
    frame_arrived = Signal()
    """``history`` and ``epoch`` are new."""
    state_changed = Signal(object)
    """``state`` is now this State."""
    diverged = Signal(str)
    """The loss is not finite; a sentence says where, why and what to try."""
    failed = Signal(str, str)
    """An error ended the run: a sentence, and details to copy."""

    def __init__(
        self,
        parent: QObject | None = None,
        make_trainer: Callable[[Experiment], Trainer] = Trainer,
    ) -> None:
        super().__init__(parent)
        self.experiment = Experiment()
        self.history: History | None = None
        self.course: Course | None = None
        self.epoch = -1
        self.state = State.PAUSED
        self.notice = ""
        self._run = 0
        self._worker = Worker(self, make_trainer)
        self._worker.reported.connect(self._receive)
        self._timer = QTimer(self, interval=FRAME_INTERVAL, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._take_frame)
        self._worker.start()

    @property
    def running(self) -> bool:
        """Whether training goes on by itself."""
        return self.state is State.RUNNING

    @property
    def recorded(self) -> int:
        """How many updates would be lost by starting anew."""
        return 0 if self.history is None else max(0, self.history.last_epoch)

    def start(self, experiment: Experiment) -> None:
        """Begin a new run of an experiment, paused at epoch 0."""
        self.experiment = experiment
        self._begin()

    def reset(self) -> None:
        """Begin the present experiment's run again."""
        self._begin()

    def _begin(self) -> None:
        self._run = self._worker.loop.reset(self.experiment)
        self.history = self.course = None
        self.epoch = -1
        self._enter(State.PAUSED)
        self.run_reset.emit()

    def change(self, experiment: Experiment) -> None:
        """Go on with other training settings; data and initial parameters stay as they are."""
        self.experiment = experiment
        self._worker.loop.change(experiment.training)
        self.training_changed.emit()

    def play(self) -> None:
        """Train until paused, finished or diverged."""
        self._worker.loop.play()

    def pause(self) -> None:
        """Stop training."""
        self._worker.loop.pause()

    def step(self, epochs: int = 1) -> None:
        """Pause, and train one epoch, or so many."""
        self._worker.loop.step(epochs)

    def set_speed(self, epochs_per_second: float = math.inf) -> None:
        """Train at most so many epochs a second."""
        self._worker.loop.set_speed(epochs_per_second)

    def close(self) -> bool:
        """End the worker and wait for it; return whether it ended in time."""
        self._run = -1  # messages that are on their way are of no run any more
        self._timer.stop()
        return self._worker.close()

    def _receive(self, message: Message) -> None:
        """Take a message of the present run; one of an earlier run is dropped."""
        if message.run != self._run:
            return
        self._take_frame()
        match message:
            case Started():
                self._enter(State.RUNNING)
            case Paused():
                self._enter(State.PAUSED)
            case Finished():
                self._enter(State.FINISHED)
            case Diverged(sentence=sentence):
                self._enter(State.DIVERGED)
                self.diverged.emit(sentence)
            case Failed(sentence=sentence, details=details):
                self._enter(State.FAILED)
                self.failed.emit(sentence, details)

    def _enter(self, state: State) -> None:
        if state is State.RUNNING:
            self._timer.start()
        else:
            self._timer.stop()
        self.state = state
        self.state_changed.emit(state)

    def _take_frame(self) -> None:
        frame: Frame | None = self._worker.mailbox.take()
        if frame is not None and frame.run == self._run:
            self.history, self.course = frame.history, frame.course
            self.epoch = frame.epoch
            self.notice = frame.notice
            self.frame_arrived.emit()


def describe(state: State, epoch: int, notice: str = "") -> str:
    """Return a sentence on what training is doing; "" for what has a sentence of its own.

    ``notice`` is said beside it.
    """
    sentence = _describe(state, epoch)
    return f"{sentence} {notice}".rstrip() if sentence else ""


def _describe(state: State, epoch: int) -> str:
    match state:
        case State.RUNNING:
            return "Training. All of the training settings can be changed meanwhile."
        case State.FINISHED:
            return (
                f"Finished after {epoch:,} epochs. Raise “Epochs” to go on, "
                f"or reset to start again."
            )
        case State.PAUSED if epoch > 0:
            return f"Paused at epoch {epoch:,}. Play goes on from here."
        case State.PAUSED:
            return "Ready. Press Play (Space) to train, or go one epoch at a time (N)."
        case _:
            return ""
