"""What the experiment panel shows of the run: present parameters, stability, lit parts."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer

from app.controls.experiment_panel import ExperimentPanel
from app.training.session import Session
from app.training.snapshot import Probe
from app.training.stability import UNKNOWN, stability
from app.training.walk import Walk
from app.views.graph.view import GraphView

LONG = 0.03
"""Seconds for the curvature above which it is not computed at every move of the cursor."""

REST = 200
"""Milliseconds after which the cursor has come to rest."""

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
        self._seconds = 0.0  # that the curvature took last
        self._known: object = None  # what is shown was computed from
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._rest.timeout.connect(lambda: self._show_stability(at_rest=True))
        session.training_changed.connect(self._take_training)
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

    def _take_training(self) -> None:
        """Follow other settings, for which another learning rate may be stable."""
        self._show_stability()

    def _show_stability(self, *, at_rest: bool = False) -> None:
        """Show how large the learning rate may be at the epoch looked at.

        Where that takes long, it waits until the cursor has come to rest.
        """
        walk, probe, session = self._walk, self._probe, self._session
        if probe is None or session.history is None or walk.epoch < 0:
            self._panel.show_stability(UNKNOWN)
            self._known = None
            return
        parameters = session.history.parameters(walk.epoch)
        known = (probe, parameters.tobytes(), walk.epoch, session.experiment.training)
        if known == self._known:
            return
        if self._seconds > LONG and not at_rest and not session.running:
            self._rest.start()  # not at every epoch that a person drags the timeline over
            return
        self._rest.stop()
        start = time.monotonic()
        found = stability(probe.tape, parameters, walk.epoch, session.experiment.training)
        self._panel.show_stability(found)
        self._known, now = known, time.monotonic()
        self._seconds = now - start
        self._stability_due = now + max(STABILITY_INTERVAL, 20 * self._seconds)

    # -- the formula and the graph ----------------------------------------------------------

    def _light_nodes(self, span: tuple[int, int] | None) -> None:
        """Light the nodes of a part of the formula that is pointed at."""
        place = None if self._probe is None or span is None else self._probe.parts.get(span)
        self._graph.light(() if place is None else (place,))

    def _light_parts(self, place: int | None) -> None:
        """Light the parts of the formula that a node pointed at was made from."""
        parts = {} if self._probe is None else self._probe.parts
        self._panel.light_parts([span for span, each in parts.items() if each == place])
