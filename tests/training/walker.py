"""A cursor in a real session's run, and what it shows at a place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import numpy as np

from app.study.experiment import Experiment
from app.training.epoch_trace import NOTHING_REPLACED
from app.training.loop import State
from app.training.moment import Moment
from app.training.session import Session
from app.training.snapshot import Probe
from app.training.walk import Walk
from tests.training.bench import PATIENCE

TIMEOUT = int(PATIENCE * 1000)


class Walker:
    """Walks through a session's run as the window lets one, and waits for what is trained.

    Attributes:
        session, walk: of the run.
        said: all sentences, the newest last.
        stepped: the moments of all steps that were shown.
        moves: how often the moment was another one.
    """

    def __init__(self, qtbot, *make_trainer: Callable[[Experiment], object]) -> None:
        self._qtbot = qtbot
        self.session = Session(None, *make_trainer)
        self.walk = Walk(self.session, self.session)
        self.said: list[str] = []
        self.stepped: list[Moment] = []
        self.played: list[bool] = []
        self.moves = 0
        self._probe: Probe | None = None
        self.session.run_reset.connect(self._show_run)
        self.walk.said.connect(self.said.append)
        self.walk.stepped.connect(self.stepped.append)
        self.walk.played.connect(self.played.append)
        self.walk.moved.connect(self._count)

    def _show_run(self) -> None:
        """Look at the new run; the same data keep their graph, as in the window."""
        problem = self.session.experiment.problem
        if self._probe is None or self._probe.problem != problem:
            self._probe = Probe(problem)
        self.walk.show_run(self._probe)

    def _count(self) -> None:
        self.moves += 1

    @property
    def at_newest(self) -> bool:
        """Whether the newest epoch is looked at as a whole, as the run has it."""
        walk = self.walk
        newest = walk.epoch == self.session.epoch and walk.step is None
        return newest and walk.what_if == NOTHING_REPLACED

    # -- the run ----------------------------------------------------------------------------

    def begin(self, experiment: Experiment, epochs: int = 0) -> Walker:
        """Start a run, train so many epochs, and return this."""
        self.session.start(experiment)
        self.wait(lambda: self.walk.epoch == 0)
        if epochs:
            self.session.step(epochs)
            self.wait(lambda: self.session.epoch == epochs and not self.session.running)
        return self

    def train_to_the_end(self) -> None:
        self.session.play()
        ends = (State.FINISHED, State.DIVERGED, State.FAILED)
        self.wait(lambda: self.session.state in ends)

    def wait(self, condition: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(condition, timeout=TIMEOUT)

    def wait_for(self, state: State) -> None:
        self.wait(lambda: self.session.state is state)

    # -- walking ----------------------------------------------------------------------------

    @property
    def place(self) -> tuple[int, int | None]:
        return self.walk.epoch, self.walk.step

    def forward(self, steps: int = 1) -> None:
        """Do steps, and wait for epochs that have to be trained for them."""
        for _ in range(steps):
            before = self.place
            self.walk.forward()
            self.wait(lambda before=before: self.place != before)

    def back(self, steps: int = 1) -> None:
        for _ in range(steps):
            self.walk.back()

    @property
    def moment(self) -> Moment:
        moment = self.walk.moment
        assert moment is not None
        return moment


def plain(number: object) -> object:
    """Return numbers as nested lists, of which the same have the same ``repr``."""
    if isinstance(number, list | tuple):
        return [plain(each) for each in number]
    return np.asarray(number).tolist()


def shown(moment: Moment) -> str:
    """Return all that a moment tells, to be compared."""
    told = [
        [plain(getattr(each, field.name)) for field in fields(each)]
        for each in (moment.progress, moment.entry)
        if each is not None
    ]
    where = [moment.epoch, moment.index, moment.stage, type(moment.entry).__name__]
    return repr([where, plain(moment.probe.chosen), told])
