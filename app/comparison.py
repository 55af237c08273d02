"""The runs beside the one that is looked at: drawn in its views, and in a table."""

from __future__ import annotations

import time
from functools import lru_cache

from PySide6.QtCore import QObject, QTimer

from app.appearance import Appearance
from app.study.experiment import Problem
from app.training.run import Run
from app.training.session import Session
from app.training.snapshot import Probe
from app.training.testing import TestLoss, tape_of_test
from app.training.walk import Walk
from app.views.fit_view import FitView
from app.views.landscape.view import LandscapeView
from app.views.loss_view import LossView
from app.views.runs.view import RunsView

READABLE = 0.2
"""Seconds between two looks at the test losses of all runs while they train."""


class Comparison(QObject):
    """Draws the visible runs beside the present one, and the loss on the test samples.

    At the newest epoch every run is drawn at its own newest; at an epoch that is past, all
    of them at that one, as far as they have come.

    Attributes:
        table: the table of the runs.
    """

    def __init__(
        self,
        session: Session,
        walk: Walk,
        appearance: Appearance,
        views: tuple[FitView, LossView, LandscapeView],
    ) -> None:
        super().__init__(session)
        self._session, self._walk, self._appearance = session, walk, appearance
        self._fit, self._loss, self._landscape = views
        self.table = RunsView()
        self._test: TestLoss | None = None  # of the present run
        self._test_losses: dict[int, float] = {}
        self._due = 0.0  # when the test losses are looked at again
        self._more = QTimer(self, singleShot=True, interval=0)
        self._more.timeout.connect(self.show_losses)
        session.runs_changed.connect(self.show_table)

    # -- the table --------------------------------------------------------------------------

    def show_table(self) -> None:
        """Show the runs in the table."""
        now = time.monotonic()
        if now >= self._due or not self._session.running:
            self._due = now + READABLE
            self._test_losses = {
                run.number: loss
                for run in self._session.runs
                if (loss := _test_loss(run)) is not None
            }
        self.table.show_runs(self._session.runs, self._session.current.number, self._test_losses)

    # -- beside the present run -------------------------------------------------------------

    def show_run(self, probe: Probe) -> None:
        """Prepare for another present run."""
        self._more.stop()
        self._test = _test_loss_of(probe.problem)

    def show_losses(self) -> None:
        """Draw the loss curves of the other runs, and the test loss of the present one."""
        session, view = self._session, self._loss
        view.show_other_runs(self._others(), session.current.name)
        if self._test is None or session.history is None or session.epoch < 0:
            view.show_test(None, None)
            return
        view.show_test(*self._test.curve(session.history, session.epoch))
        if not self._test.done and not session.running:
            self._more.start()

    def show_fits(self) -> None:
        """Draw the fitted curves of the other runs with the same model."""
        present, theme = self._session.experiment, self._appearance.theme
        frozen = present.problem.frozen
        shown = []
        for run in self._others():
            alike = run.experiment.model.predicts_like(present.model)
            if alike and run.experiment.problem.frozen == frozen:
                parameters = run.history.parameters(self._epoch_of(run)) if run.history else None
                shown.append((run.name, theme.run(run.colour), parameters))
        self._fit.show_other_runs(shown)

    def show_paths(self) -> None:
        """Draw the paths of the other runs with the same parameters."""
        names, theme = self._session.experiment.parameters, self._appearance.theme
        self._landscape.show_other_runs(
            [
                (run.name, theme.run(run.colour), run.history, self._epoch_of(run))
                for run in self._others()
                if run.history is not None and run.experiment.parameters == names
            ]
        )

    def _others(self) -> list[Run]:
        """Return the runs that are to be drawn beside the present one and have epochs."""
        session = self._session
        return [
            run
            for run in session.runs
            if run is not session.current and run.visible and run.history and run.epoch >= 0
        ]

    def _epoch_of(self, run: Run) -> int:
        """Return the epoch at which a run is compared with what is looked at."""
        looked_at = self._walk.epoch
        past = 0 <= looked_at < self._session.epoch
        return min(looked_at, run.epoch) if past else run.epoch


def _test_loss(run: Run) -> float | None:
    """Return the newest test loss of a run; None without epochs or test samples."""
    if run.history is None or run.epoch < 0 or not run.experiment.data.test_share:
        return None
    test = _test_loss_of(run.experiment.problem)
    return None if test is None else test.at(run.history.parameters(run.epoch))


@lru_cache(maxsize=8)
def _test_loss_of(problem: Problem) -> TestLoss | None:
    """Return what computes the test loss of a problem; None if no samples are kept for it."""
    tape = tape_of_test(problem)
    return None if tape is None else TestLoss(tape)
