"""The runs as the window sees them: commands in, frames and messages out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.study.experiment import Experiment
from app.study.hyperparameters import Training
from app.training.branch import branch
from app.training.course import Course
from app.training.history import History
from app.training.loop import Frame, Message, State, TrainingLoop
from app.training.run import Run, RunList, RunListError, first_name
from app.training.trainer import Trainer
from app.training.worker import Worker, close_all

FRAME_INTERVAL = 16
"""Milliseconds between looks into the mailboxes: 60 frames a second."""


class Session(QObject):
    """Owns the runs, their workers and the frame timer; knows which run is the current one.

    What is asked for and told without a run's number is about the current run. Runs trained
    at once, each in its own thread, are of use where they are compared, so the runs of a race
    play, pause, step and reset together when that is asked of one of them; settings are
    changed for one alone. A run that is not current goes on as it was.

    All views are drawn from one timer, which ticks only while training runs: no epoch makes
    a signal of its own, and an idle window costs nothing.
    """

    run_reset = Signal()
    """A new run began as the current one; its history is not there yet."""
    run_selected = Signal()
    """Another run is current, which was there before or branched off: all is its own now.

    ``frame_arrived`` follows if it has a history, and what ``state_changed`` and the signals
    of divergence and failure tell of it.
    """
    runs_changed = Signal()
    """The list, a name, colour, visibility, setting or state in it is new; at most at every
    tick of the frame timer, epochs of runs that are not current."""
    training_changed = Signal()
    """The training settings are other ones."""
    frame_arrived = Signal()
    """``history`` and ``epoch`` are new."""
    state_changed = Signal(object)
    """``state`` is now this State, or ``running`` is new."""
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
        self._make_trainer = make_trainer
        self._begun = itertools.count(1)  # beginnings of runs, which messages are told apart by
        self._list = RunList()
        self._workers: dict[int, Worker] = {}
        self._epochs_per_second = math.inf
        self._closed = False
        self._timer = QTimer(self, interval=FRAME_INTERVAL, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._take_frames)

    # -- the current run --------------------------------------------------------------------

    @property
    def current(self) -> Run:
        """The run that is looked at, and that commands are for."""
        return self._list.current

    @property
    def experiment(self) -> Experiment:
        """What is being trained."""
        return self._list.current.experiment

    @property
    def history(self) -> History | None:
        """The history; None until its epoch 0 is known."""
        return self._list.current.history

    @property
    def course(self) -> Course | None:
        """Which settings are, and were, in force; None until epoch 0 is known."""
        return self._list.current.course

    @property
    def epoch(self) -> int:
        """The newest epoch shown; −1 until there is one."""
        return self._list.current.epoch

    @property
    def state(self) -> State:
        """What training is doing, by the last message."""
        return self._list.current.state

    @property
    def notice(self) -> str:
        """A sentence if training is slower than it could be, else ""."""
        return self._list.current.notice

    @property
    def recorded(self) -> int:
        """How many updates would be lost by starting anew."""
        return self._list.current.recorded

    @property
    def running(self) -> bool:
        """Whether training goes on by itself, in a race: of any of its runs."""
        return any(run.running for run in self._list.together())

    def start(self, experiment: Experiment, keep: bool = False) -> None:
        """Begin a new run of an experiment, paused at epoch 0.

        It takes the place of the current run, or with ``keep`` is added to the list.

        Raises:
            RunListError: the list has no room for another run.
        """
        run = self.current
        if keep and run.begun:
            self._list.check_room()
            run = self._list.current = self._list.add(experiment)
        else:
            run.experiment, run.name, run.race = experiment, first_name(run.number), None
        self._begin([run])

    def reset(self) -> None:
        """Begin the run again, from the same initial values; in a race, all of its runs."""
        self._begin(self._list.together())

    def change(self, experiment: Experiment) -> None:
        """Go on with other training settings; data and initial parameters stay as they are."""
        run = self.current
        run.experiment = experiment
        if run.number in self._workers:
            self._workers[run.number].loop.change(experiment.training)
        self.training_changed.emit()
        self.runs_changed.emit()

    def play(self) -> None:
        """Train until paused, finished or diverged."""
        for loop in self._loops():
            loop.play()

    def pause(self) -> None:
        """Stop training."""
        for loop in self._loops():
            loop.pause()

    def step(self, epochs: int = 1) -> None:
        """Pause, and train one epoch, or so many."""
        for loop in self._loops():
            loop.step(epochs)

    def set_speed(self, epochs_per_second: float = math.inf) -> None:
        """Train at most so many epochs a second, each of the runs."""
        self._epochs_per_second = epochs_per_second
        for worker in self._workers.values():
            worker.loop.set_speed(epochs_per_second)

    def close(self) -> bool:
        """End all workers and wait for them; return whether they ended in time."""
        self._closed = True
        for run in self.runs:
            run.begun = -1  # messages that are on their way are of no run any more
        self._timer.stop()
        return close_all(self.findChildren(Worker))  # those that were retired, too

    # -- the list of runs -------------------------------------------------------------------

    @property
    def runs(self) -> tuple[Run, ...]:
        """All runs, in the order in which they were made."""
        return tuple(self._list.runs)

    @property
    def room(self) -> int:
        """How many more runs the list can have."""
        return self._list.room

    def branch(self, epoch: int, training: Training) -> Run:
        """Make a run that shares epochs 0…epoch with the current one; it becomes the current.

        It is paused at that epoch, and goes on from there with these settings.

        Raises:
            RunListError: the list has no room for it, or there is no such epoch.
        """
        self._list.check_room()
        parent = self.current
        if parent.history is None or parent.course is None or not 0 <= epoch <= parent.epoch:
            raise RunListError(f"“{parent.name}” has no epoch {epoch:,} to branch off from.")
        past = branch(parent.history, parent.course, epoch, training)
        run = self._list.add(replace(parent.experiment, training=training))
        run.begin(self._worker(run).loop.reset(run.experiment, past))
        run.history, run.course, run.epoch = past.history, past.course, epoch
        run.notice, run.parent, run.branched_at = parent.notice, parent.number, epoch
        self._look_at(run)
        return run

    def race(self, trainings: Sequence[tuple[str, Training]]) -> None:
        """Train the current experiment from its start with several settings at once.

        Each is a new run with the name given; the first becomes the current one.

        Raises:
            RunListError: the list has no room for so many runs.
        """
        if not trainings:
            return
        self._list.check_room(len(trainings))
        experiment = self.experiment
        runs = [
            self._list.add(replace(experiment, training=training), name)
            for name, training in trainings
        ]
        for run in runs:
            run.race = runs[0].number
        self._list.current = runs[0]
        self._begin(runs)
        self.play()

    def select(self, number: int) -> None:
        """Make a run the current one."""
        run = self._list.find(number)
        if run is not self.current:
            self._look_at(run)

    def rename(self, number: int, name: str) -> None:
        """Give a run another name; an empty one gives it the name that it had at first."""
        self._list.find(number).name = name.strip() or first_name(number)
        self.runs_changed.emit()

    def show(self, number: int, visible: bool = True) -> None:
        """Draw a run beside the others, or do not."""
        self._list.find(number).visible = visible
        self.runs_changed.emit()

    def delete(self, number: int) -> None:
        """Take a run out of the list; if it trains, that is given up.

        In place of the current run its neighbour becomes the current one.

        Raises:
            RunListError: it is the only run.
        """
        run, was_current = self._list.find(number), self.current
        was_running = self.running
        self._list.remove(run)
        if number in self._workers:
            self._workers.pop(number).retire()
        if run is was_current:
            self._look_at(self.current)
        else:
            self._show_states(was_running)

    # -- workers ----------------------------------------------------------------------------

    def _worker(self, run: Run) -> Worker:
        """Return what trains a run, in a thread of its own."""
        worker = self._workers.get(run.number)
        if worker is None:
            worker = self._workers[run.number] = Worker(self, self._make_trainer, self._begun)
            worker.reported.connect(self._receive)
            worker.loop.set_speed(self._epochs_per_second)
            if not self._closed:
                worker.start()
        return worker

    def _loops(self) -> list[TrainingLoop]:
        """Return the loops that a command is for."""
        workers = (self._workers.get(run.number) for run in self._list.together())
        return [worker.loop for worker in workers if worker is not None]

    def _begin(self, runs: Sequence[Run]) -> None:
        """Begin runs, of which one is the current, at their epoch 0."""
        for run in runs:
            self._list.forget_branches_of(run)
            run.begin(self._worker(run).loop.reset(run.experiment))
        self._run_timer()
        self.state_changed.emit(self.state)
        self.run_reset.emit()
        self.runs_changed.emit()

    def _look_at(self, run: Run) -> None:
        """Make a run the current one, and tell all of it."""
        self._take_frame(run)
        self._list.current = run
        self._run_timer()
        self.run_selected.emit()
        self.runs_changed.emit()
        if run.history is not None:
            self.frame_arrived.emit()
        self.state_changed.emit(self.state)
        self._say_what_happened()

    # -- messages and frames ----------------------------------------------------------------

    def _receive(self, message: Message) -> None:
        """Take a message; one of a run that is gone or began anew meanwhile is dropped."""
        run = next((run for run in self.runs if run.begun == message.run), None)
        if run is None:
            return
        if self._take_frame(run) and run is self.current:
            self.frame_arrived.emit()
        was_running = self.running
        run.hear(message)
        self._show_states(was_running, of_current=run is self.current)

    def _show_states(self, was_running: bool, of_current: bool = False) -> None:
        """Tell that a run's state is another one, or that a run is gone."""
        self._run_timer()
        if of_current or self.running is not was_running:
            self.state_changed.emit(self.state)
        self.runs_changed.emit()
        if of_current:
            self._say_what_happened()

    def _say_what_happened(self) -> None:
        """Say what ended the current run, if it did not end as it should."""
        run = self.current
        if run.state is State.DIVERGED:
            self.diverged.emit(run.sentence)
        elif run.state is State.FAILED:
            self.failed.emit(run.sentence, run.details)

    def _run_timer(self) -> None:
        """Let the timer tick while any run trains."""
        if not any(run.running for run in self.runs):
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()

    def _take_frames(self) -> None:
        """Take the newest epochs of all runs."""
        arrived = [run for run in self.runs if self._take_frame(run)]
        if self.current in arrived:
            self.frame_arrived.emit()
        if any(run is not self.current for run in arrived):
            self.runs_changed.emit()

    def _take_frame(self, run: Run) -> bool:
        """Take the newest epoch of a run; return whether there is one."""
        worker = self._workers.get(run.number)
        frame: Frame | None = None if worker is None else worker.mailbox.take()
        if frame is None or frame.run != run.begun:
            return False
        run.take(frame)
        return True


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
