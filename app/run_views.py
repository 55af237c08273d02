"""The views of a run in their docks: what each is shown, and when."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.docks import Docks
from app.study.experiment import Experiment
from app.theme import Theme
from app.training.session import Session
from app.training.snapshot import Probe
from app.training.stability import UNKNOWN, Stability, stability
from app.views.fit_view import FitView
from app.views.graph.view import GraphView
from app.views.loss_view import LossView

STABILITY_INTERVAL = 0.25
"""Seconds between two looks at the curvature while training runs: words must be readable."""


class RunViews:
    """Draws the session's run: a snapshot of its newest epoch, and its history.

    Attributes:
        fit, graph, loss: the views.
    """

    def __init__(
        self, docks: Docks, session: Session, show_stability: Callable[[Stability], None]
    ) -> None:
        """Fill the docks; ``show_stability`` is told now and then what is known of it."""
        self.fit, self.graph, self.loss = FitView(), GraphView(), LossView()
        docks.fill("fit", self.fit)
        docks.fill("graph", self.graph)
        docks.fill("loss_curve", self.loss)
        self._docks = docks
        self._session = session
        self._probe: Probe | None = None
        self._show_stability = show_stability
        self._stability_due = 0.0
        session.training_changed.connect(self.show_stability)

    def show_run(self, experiment: Experiment) -> None:
        """Show a new run's data and an empty history; the same data keep the graph in place."""
        if self._probe is None or self._probe.recipe != experiment.data:
            self._probe = Probe(experiment.data)
            self.fit.show_data(self._probe, experiment.data)
            self.graph.show_graph(self._probe)
        self.graph.show_run()
        self.loss.show_run(experiment.training.epochs)

    def show_newest(self) -> None:
        """Draw the newest epoch in the views that can be seen."""
        session, probe = self._session, self._probe
        if probe is None or session.history is None:
            return
        snapshot = probe.snapshot(session.epoch, session.history.parameters(session.epoch))
        if self._docks.is_visible("fit"):
            self.fit.show_snapshot(snapshot)
        if self._docks.is_visible("graph"):
            self.graph.show_snapshot(snapshot)
        if self._docks.is_visible("loss_curve"):
            self.loss.show_history(session.history, session.epoch)
        if not session.running or time.monotonic() >= self._stability_due:
            self.show_stability()

    def show_stability(self) -> None:
        """Show how large the learning rate may be at the newest epoch."""
        session, probe = self._session, self._probe
        if probe is None or session.history is None or session.epoch < 0:
            self._show_stability(UNKNOWN)
            return
        start = time.monotonic()
        parameters = session.history.parameters(session.epoch)
        training = session.experiment.training
        self._show_stability(stability(probe.tape, parameters, session.epoch, training))
        now = time.monotonic()
        self._stability_due = now + max(STABILITY_INTERVAL, 20 * (now - start))

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        for view in (self.fit, self.graph, self.loss):
            view.set_theme(theme)
