"""What the experiment panel shows of the run: present parameters, stability, lit parts."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject

from app.controls.experiment_panel import ExperimentPanel
from app.training.session import Session
from app.training.snapshot import Probe
from app.training.stability import UNKNOWN, stability
from app.training.walk import Walk
from app.views.graph.view import GraphView

STABILITY_INTERVAL = 0.25
"""Seconds between two looks at the curvature while training runs: words must be readable."""


class RunPanel(QObject):
    """Keeps the panel up to date with the cursor; links the formula's parts with the graph."""

    def __init__(
        self, session: Session, walk: Walk, panel: ExperimentPanel, graph: GraphView
    ) -> None:
        super().__init__(session)
        self._session, self._walk, self._panel, self._graph = session, walk, panel, graph
        self._probe: Probe | None = None
        self._stability_due = 0.0
        session.training_changed.connect(self._show_stability)
        panel.part_hovered.connect(self._light_nodes)
        graph.place_hovered.connect(self._light_parts)

    def show_run(self, probe: Probe) -> None:
        """Prepare for another run."""
        self._probe = probe
        self._panel.show_present(None)
        self._panel.light_parts(())

    def show(self) -> None:
        """Show the parameters at the cursor, and now and then how large a step may be."""
        moment, probe = self._walk.moment, self._probe
        if moment is None or probe is None:
            return
        values = map(float, moment.parameters)
        self._panel.show_present(dict(zip(probe.problem.parameters, values, strict=True)))
        if not self._session.running or time.monotonic() >= self._stability_due:
            self._show_stability()

    def _show_stability(self) -> None:
        """Show how large the learning rate may be at the epoch looked at."""
        walk, probe, session = self._walk, self._probe, self._session
        if probe is None or session.history is None or walk.epoch < 0:
            self._panel.show_stability(UNKNOWN)
            return
        start = time.monotonic()
        parameters = session.history.parameters(walk.epoch)
        training = session.experiment.training
        self._panel.show_stability(stability(probe.tape, parameters, walk.epoch, training))
        now = time.monotonic()
        self._stability_due = now + max(STABILITY_INTERVAL, 20 * (now - start))

    # -- the formula and the graph ----------------------------------------------------------

    def _light_nodes(self, span: tuple[int, int] | None) -> None:
        """Light the nodes of a part of the formula that is pointed at."""
        place = None if self._probe is None or span is None else self._probe.parts.get(span)
        self._graph.light(() if place is None else (place,))

    def _light_parts(self, place: int | None) -> None:
        """Light the parts of the formula that a node pointed at was made from."""
        parts = {} if self._probe is None else self._probe.parts
        self._panel.light_parts([span for span, each in parts.items() if each == place])
