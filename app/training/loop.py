"""What the worker thread does: the states of training, the commands, the messages.

Commands come from any thread, return at once and wait in a queue. :meth:`TrainingLoop.run`
takes them up in the worker's thread between chunks of work; the state belongs to that
thread alone.

============  ==============================================================================
state         what a command does in it
============  ==============================================================================
``PAUSED``    play → RUNNING (Started); step → one epoch, or so many, then Paused; pause: amid
              these Paused, else nothing.
``RUNNING``   pause → PAUSED (Paused); step → one epoch more, then PAUSED (Paused); play:
              nothing. At the chosen number of epochs → FINISHED (Finished).
``FINISHED``  play, step: Finished again; pause: nothing; change to more epochs → PAUSED
              (Paused).
``DIVERGED``  the loss is not finite, from RUNNING or by a step. play, step: Diverged again;
              pause: nothing.
``FAILED``    an error ended the run. play, step: the run starts anew, where it branched off
              if it did; pause: nothing.
``CLOSED``    the thread ends; no command has an effect.
============  ==============================================================================

In every state but CLOSED: reset → PAUSED with a new run (Paused when its epoch 0 is known;
a run that branches off from another has epochs, so Finished or Diverged if they call for it);
change and set_speed apply from the next epoch on; close → CLOSED; an error → FAILED
(Failed). A message carries the number of the run it is about, so that a receiver can drop
one of a run that was reset meanwhile. New epochs are no messages: the newest is in the
mailbox, as a :class:`Frame`, before any message about it is sent.
"""

from __future__ import annotations

import itertools
import math
import os
import queue
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

from app.study.experiment import Experiment
from app.study.hyperparameters import Training
from app.training.branch import Branch
from app.training.course import Course
from app.training.history import History
from app.training.mailbox import Mailbox
from app.training.trainer import Trainer

CHUNK = 0.008
"""Seconds of training between looks at the commands."""

LAG = 0.1
"""Seconds of missed epochs that are made up for; where speed is too high, the rest are not."""

TURN = 0.25
"""Seconds that a loop waits at most for its turn, where more loops train than there are cores."""

_CORES = threading.Semaphore(max(1, os.cpu_count() or 1))

SLOWEST = 0.01
"""Epochs a second that can be asked for at least."""


class State(Enum):
    """What training is doing; see the table above."""

    PAUSED = auto()
    RUNNING = auto()
    FINISHED = auto()
    DIVERGED = auto()
    FAILED = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True)
class Frame:
    """A run's history, and its newest epoch when the frame was made.

    ``course`` knows which settings were in force; ``notice`` is a sentence if training is
    slower than it could be, else "".
    """

    run: int
    history: History
    epoch: int
    course: Course | None = None
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """Training goes on by itself from now."""

    run: int


@dataclass(frozen=True, slots=True)
class Paused:
    """Training stands still at an epoch: by pause, after a step, or after a reset."""

    run: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The chosen number of epochs is reached."""

    run: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Diverged:
    """The loss is no longer finite; the sentence says what happened and what to try."""

    run: int
    epoch: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Failed:
    """An error ended the run; the details are for a report."""

    run: int
    sentence: str
    details: str


Message = Started | Paused | Finished | Diverged | Failed


class TrainingLoop:
    """Runs trainers on request, in chunks, until closed."""

    def __init__(
        self,
        send: Callable[[Message], None],
        mailbox: Mailbox[Frame],
        make_trainer: Callable[[Experiment], Trainer] = Trainer,
        numbers: Iterator[int] | None = None,
    ) -> None:
        """Report to ``send``, which is called in the thread that calls ``run``.

        ``numbers`` are those of the runs, if several loops share them; else they are 1, 2, …
        """
        self._send = send
        self._mailbox = mailbox
        self._make_trainer = make_trainer
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._numbers = itertools.count(1) if numbers is None else numbers
        self._state = State.PAUSED
        self._run = 0  # the run that is trained
        self._experiment = Experiment()
        self._past: Branch | None = None  # what the run goes on from; None: its epoch 0
        self._trainer: Trainer | None = None
        self._steps = 0  # single epochs asked for
        self._seconds_per_epoch = 0.0
        self._due = 0.0  # when the next epoch is due, at a limited speed

    # -- commands, from any thread ----------------------------------------------------------

    def reset(self, experiment: Experiment, past: Branch | None = None) -> int:
        """Start a new run, at epoch 0 or where it branches off, paused; return its number."""
        run = next(self._numbers)
        self._commands.put(lambda: self._begin(run, experiment, past))
        return run

    def play(self) -> None:
        """Train until paused, finished or diverged."""
        self._commands.put(self._play)

    def pause(self) -> None:
        """Stop training; an epoch that is not done is given up."""
        self._commands.put(self._pause)

    def step(self, epochs: int = 1) -> None:
        """Train one epoch, or so many, and pause."""
        self._commands.put(lambda: self._step(epochs))

    def change(self, training: Training) -> None:
        """Use other training settings from the next epoch on."""
        self._commands.put(lambda: self._change(training))

    def set_speed(self, epochs_per_second: float) -> None:
        """Train at most so many epochs a second; infinity for as many as there can be."""
        self._commands.put(lambda: self._set_speed(epochs_per_second))

    def close(self) -> None:
        """End ``run``, after the present block of samples at the latest."""
        self._commands.put(self._close)

    @property
    def state(self) -> State:
        """What training is doing, as the worker's thread sees it."""
        return self._state

    # -- the worker's thread ----------------------------------------------------------------

    def run(self) -> None:
        """Carry out commands and train, until closed."""
        while self._state is not State.CLOSED:
            command = self._next_command()
            try:
                if command is None:
                    self._work_in_turn()
                else:
                    command()
            except Exception as error:  # whatever it is, the window has to say it
                self._fail(error)

    def _next_command(self) -> Callable[[], None] | None:
        """Return the next command; None when there is work to do first."""
        try:
            return self._commands.get(timeout=self._patience())
        except queue.Empty:
            return None

    def _patience(self) -> float | None:
        """Return for how many seconds to wait for a command before working; None: forever."""
        trainer = self._trainer
        if trainer is None:
            return None
        if self._steps or not len(trainer.history):
            return 0.0
        if self._state is State.RUNNING:
            return max(0.0, self._due - time.monotonic())
        return None

    def _interrupted(self) -> bool:
        return not self._commands.empty()

    def _work_in_turn(self) -> None:
        """Work when a processor core is free for it; after some time without one all the same."""
        free = _CORES.acquire(timeout=TURN)
        try:
            self._work()
        finally:
            if free:
                _CORES.release()

    def _work(self) -> None:
        """Evaluate epoch 0, or train a step or a chunk; then tell how things stand."""
        trainer = self._trainer
        if trainer is None:
            return
        if not len(trainer.history):
            if trainer.start(self._interrupted):
                self._publish(trainer)
                self._settle(trainer, rested=True)
        else:
            stepping = self._steps > 0
            self._train_chunk(trainer)
            self._publish(trainer)
            self._settle(trainer, rested=stepping and not self._steps)

    def _train_chunk(self, trainer: Trainer) -> None:
        """Train the epochs that were asked for or are due, for the length of a chunk at most."""
        end = time.monotonic() + CHUNK
        while not (trainer.finished or trainer.divergence):
            epochs = min(trainer.epochs_within(CHUNK / 2), self._allowed())
            done = trainer.advance(epochs, self._interrupted)
            now = time.monotonic()
            if self._steps:
                self._steps -= done
            else:
                self._due = max(self._due + done * self._seconds_per_epoch, now - LAG)
            if not done or now >= end or self._interrupted() or not self._allowed():
                return

    def _allowed(self) -> int:
        """Return how many epochs were asked for, or are due."""
        if self._steps:
            return self._steps
        if self._state is not State.RUNNING:
            return 0
        if not self._seconds_per_epoch:
            return 2**62
        return max(0, 1 + math.floor((time.monotonic() - self._due) / self._seconds_per_epoch))

    def _publish(self, trainer: Trainer) -> None:
        history = trainer.history
        self._mailbox.put(
            Frame(self._run, history, history.last_epoch, trainer.course, trainer.notice)
        )

    def _settle(self, trainer: Trainer, rested: bool) -> None:
        """Enter the state that the trainer's progress calls for, and say so.

        ``rested`` says that a step or epoch 0 is done and, unless training runs, there is
        nothing more to do.
        """
        epoch = trainer.history.last_epoch
        if trainer.divergence:
            self._steps = 0
            self._state = State.DIVERGED
            self._send(Diverged(self._run, trainer.divergence.epoch, trainer.divergence.sentence))
        elif trainer.finished:
            self._steps = 0
            self._state = State.FINISHED
            self._send(Finished(self._run, epoch))
        elif rested and self._state is not State.RUNNING:
            self._state = State.PAUSED
            self._send(Paused(self._run, epoch))

    def _begin(self, run: int, experiment: Experiment, past: Branch | None) -> None:
        self._run = run
        self._experiment = experiment
        self._past = past
        self._state = State.PAUSED
        self._steps = 0
        self._trainer = None  # should making one fail, the old run is over all the same
        trainer = self._make_trainer(experiment)
        if past is not None:
            trainer.go_on_from(past)
            self._publish(trainer)
            self._settle(trainer, rested=True)
        self._trainer = trainer

    def _begin_again(self) -> None:
        past, experiment = self._past, self._experiment
        again = None if past is None else past.again(experiment.training)
        self._begin(self._run, experiment, again)

    def _play(self) -> None:
        trainer = self._ready_trainer()
        if self._state is not State.RUNNING and trainer is not None:
            self._state = State.RUNNING
            self._due = time.monotonic()
            self._send(Started(self._run))

    def _step(self, epochs: int) -> None:
        if self._ready_trainer() is not None:
            self._state = State.PAUSED
            self._steps += epochs

    def _ready_trainer(self) -> Trainer | None:
        """Return the trainer if it can go on; else say why it cannot, and return None."""
        if self._state is State.FAILED:
            self._begin_again()
        trainer = self._trainer
        if trainer is None:
            return None
        if trainer.divergence or trainer.finished:
            self._settle(trainer, rested=True)
            return None
        return trainer

    def _pause(self) -> None:
        if self._state is State.RUNNING or self._steps:
            self._state = State.PAUSED
            self._steps = 0
            if self._trainer is not None and len(self._trainer.history):
                self._settle(self._trainer, rested=True)

    def _change(self, training: Training) -> None:
        self._experiment = replace(self._experiment, training=training)
        if self._trainer is not None:
            self._trainer.change(training)
            if self._state is State.FINISHED:
                self._settle(self._trainer, rested=True)

    def _set_speed(self, epochs_per_second: float) -> None:
        limited = max(epochs_per_second, SLOWEST)
        self._seconds_per_epoch = 0.0 if math.isinf(limited) else 1 / limited
        self._due = time.monotonic()

    def _close(self) -> None:
        self._state = State.CLOSED

    def _fail(self, error: Exception) -> None:
        if self._trainer is not None and len(self._trainer.history):
            self._publish(self._trainer)  # what was trained up to the error is shown
        self._trainer = None
        self._steps = 0
        self._state = State.FAILED
        self._send(
            Failed(
                self._run,
                f"Training stopped because of an error in the program "
                f"({type(error).__name__}: {error}). Press Play to start the run again.",
                "".join(traceback.format_exception(error)),
            )
        )
