"""A training loop in a thread of its own, and trainers that do as a test says."""

from __future__ import annotations

import itertools
import math
import queue
import threading
from collections.abc import Callable
from dataclasses import replace

from app.study.data import make_samples
from app.study.experiment import Data, Experiment, Problem
from app.study.hyperparameters import Training
from app.study.model import record_loss
from app.study.start import Initial, given
from app.training.engine import ChosenEngine, choose_engine
from app.training.graph_engine import GraphEngine
from app.training.loop import Frame, Message, Paused, Started, TrainingLoop
from app.training.mailbox import Mailbox
from app.training.trainer import Trainer

PATIENCE = 20.0
"""Seconds until a test gives up waiting for what should happen at once."""


def small(epochs: int = 10, **training: object) -> Experiment:
    """Return an experiment whose epochs take no time to speak of."""
    return Experiment(Data(samples=5), training=replace(Training(epochs=epochs), **training))


def starting_at(m: float, c: float) -> Initial:
    """Return the start of a line from given values."""
    return Initial((("m", given(m)), ("c", given(c))))


FOREVER = small(epochs=10_000_000)
"""An experiment that does not come to its end during a test."""

DIVERGING = small(epochs=1000, learning_rate=1e6, clipping=False)
"""An experiment whose loss is soon infinite."""


def choose_graph(problem: Problem) -> ChosenEngine:
    """Choose the define-by-run engine, as if there were no native code."""
    samples = make_samples(problem.data, problem.model).train
    tape = record_loss(problem, samples).tape
    return ChosenEngine(GraphEngine(problem, samples, tape), tape)


ENGINES = {"native code": choose_engine, "define by run": choose_graph}
"""How to choose either engine, by its name."""


class Bench:
    """Runs a loop in a plain thread and collects what it says."""

    def __init__(self, make_trainer: Callable[[Experiment], Trainer] = Trainer) -> None:
        self.messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.mailbox: Mailbox[Frame] = Mailbox()
        self.loop = TrainingLoop(self.messages.put, self.mailbox, make_trainer)
        self.thread = threading.Thread(target=self.loop.run, name="bench", daemon=True)
        self.thread.start()

    def next(self) -> Message:
        """Wait for the next message."""
        return self.messages.get(timeout=PATIENCE)

    def begin(self, experiment: Experiment) -> int:
        """Begin a run, wait for its epoch 0, and return its number."""
        run = self.loop.reset(experiment)
        assert self.next() == Paused(run, 0)
        return run

    def play(self, experiment: Experiment) -> int:
        """Begin a run, play, and return its number."""
        run = self.begin(experiment)
        self.loop.play()
        assert self.next() == Started(run)
        return run

    def close(self) -> list[Message]:
        """End the loop; return the messages that nobody waited for."""
        self.loop.close()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        rest = []
        while not self.messages.empty():
            rest.append(self.messages.get())
        return rest


class Script:
    """Makes trainers that do, amid chosen epochs, what a person would do just then.

    They train on the define-by-run engine, which looks up amid an epoch.
    """

    def __init__(self) -> None:
        self._acts: dict[int, Callable[[], object]] = {}

    def amid(self, epoch: int, act: Callable[[], object]) -> None:
        """Act once, when an epoch of that number is begun."""
        self._acts[epoch] = act

    def __call__(self, experiment: Experiment) -> Trainer:
        """Return a trainer that follows the script."""
        acts = self._acts

        class ScriptedTrainer(Trainer):
            def start(self, cancelled: Callable[[], bool] = lambda: False) -> bool:
                acts.pop(0, lambda: None)()
                return super().start(cancelled)

            def advance(
                self, epochs: int = 1, cancelled: Callable[[], bool] = lambda: False
            ) -> int:
                """Train up to the next act, or act and train one epoch."""
                following = self.history.last_epoch + 1
                act = min((epoch for epoch in acts if epoch >= following), default=math.inf)
                if act > following:
                    return super().advance(int(min(epochs, act - following)), cancelled)
                acts.pop(following)()
                return super().advance(1, cancelled)

        return ScriptedTrainer(experiment, choose_graph)


class Faulty:
    """Makes trainers with an error in them, until ``repaired``."""

    def __init__(self, making: bool = False, starting: bool = False, epoch: int = 0) -> None:
        self.making, self.starting, self.epoch = making, starting, epoch
        self.repaired = False

    def __call__(self, experiment: Experiment) -> Trainer:
        """Return a trainer, or raise the error."""
        faulty = self
        if self.making and not self.repaired:
            raise RuntimeError("no trainer today")

        class FaultyTrainer(Trainer):
            def start(self, cancelled: Callable[[], bool] = lambda: False) -> bool:
                if faulty.starting and not faulty.repaired:
                    raise RuntimeError("no start today")
                return super().start(cancelled)

            def advance(
                self, epochs: int = 1, cancelled: Callable[[], bool] = lambda: False
            ) -> int:
                before = faulty.epoch - 1 - self.history.last_epoch
                if before >= 0 and not faulty.repaired:
                    if not before:
                        raise ZeroDivisionError("no epoch today")
                    epochs = min(epochs, before)
                return super().advance(epochs, cancelled)

        return FaultyTrainer(experiment)


class Held:
    """Makes trainers that stop once amid epoch 0, at a later block, until a command waits."""

    def __init__(self) -> None:
        self.amid = threading.Event()
        self.made: list[Trainer] = []

    def __call__(self, experiment: Experiment) -> Trainer:
        """Return a trainer that sets ``amid`` while it is held."""
        amid = self.amid

        class HeldTrainer(Trainer):
            def start(self, cancelled: Callable[[], bool] = lambda: False) -> bool:
                asked = itertools.count()

                def ask() -> bool:
                    if next(asked) == 2 and not amid.is_set():
                        amid.set()
                        while not cancelled():
                            pass
                    return cancelled()

                return super().start(ask)

        self.made.append(HeldTrainer(experiment, choose_graph))
        return self.made[-1]
