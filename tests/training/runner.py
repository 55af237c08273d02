"""A session with several runs, and all that it tells."""

from __future__ import annotations

from collections.abc import Callable

from app.study.experiment import Experiment
from app.training.loop import State
from app.training.run import Run
from app.training.session import Session
from tests.training.bench import PATIENCE

TIMEOUT = int(PATIENCE * 1000)


class Runner:
    """Commands a real session, and waits for what its runs do.

    Attributes:
        session: the session.
        told: the names of its signals, and what came with them, in order.
    """

    def __init__(self, qtbot, *make_trainer: Callable[[Experiment], object]) -> None:
        self._qtbot = qtbot
        self.session = session = Session(None, *make_trainer)
        self.told: list[object] = []
        for name in ("run_reset", "run_selected", "runs_changed", "frame_arrived"):
            getattr(session, name).connect(lambda name=name: self.told.append(name))
        session.state_changed.connect(self.told.append)
        session.diverged.connect(lambda sentence: self.told.append(("diverged", sentence)))
        session.failed.connect(lambda *report: self.told.append(("failed", *report)))

    def begin(self, experiment: Experiment, epochs: int = 0, keep: bool = False) -> Run:
        """Start a run, train so many epochs, and return it."""
        self.session.start(experiment, keep)
        run = self.session.current
        self.wait_for_epoch(run, 0)
        if epochs:
            self.session.step(epochs)
            self.wait_for_epoch(run, epochs)
        return run

    def wait(self, condition: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(condition, timeout=TIMEOUT)

    def wait_for_epoch(self, run: Run, epoch: int) -> None:
        """Wait until a run rests at an epoch."""
        self.wait(lambda: run.epoch == epoch and not run.running)

    def wait_for(self, state: State, *runs: Run) -> None:
        """Wait until these runs, or the current one, are in a state."""
        self.wait(lambda: all(run.state is state for run in runs or [self.session.current]))

    def count(self, signal: str) -> int:
        """Return how often a signal was emitted."""
        return self.told.count(signal)
