"""The views of a run in their docks: what each is shown, and when."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.appearance import Appearance
from app.bars import Bars
from app.docks import Docks
from app.stepping import Stepping
from app.study.experiment import Experiment
from app.training.engine import choose_engine
from app.training.events import events
from app.training.loop import State
from app.training.selection import subject_of
from app.training.session import Session
from app.training.snapshot import Probe
from app.training.stability import UNKNOWN, Stability, stability
from app.training.walk import Walk
from app.views.fit_view import FitView
from app.views.graph.view import GraphView
from app.views.inspector.view import InspectorView
from app.views.landscape.view import LandscapeView
from app.views.loss_view import LossView

STABILITY_INTERVAL = 0.25
"""Seconds between two looks at the curvature while training runs: words must be readable."""


class RunViews(QObject):
    """Draws what the cursor looks at in the session's run.

    Attributes:
        walk: the cursor.
        stepping: what moves it and tells of it.
        fit, graph, loss, landscape, inspector: the views.
    """

    start_asked = Signal(object)
    """A run shall start from these parameters, of shape (parameters,)."""

    def __init__(
        self,
        docks: Docks,
        session: Session,
        bars: Bars,
        appearance: Appearance,
        show_stability: Callable[[Stability], None],
    ) -> None:
        """Fill the docks; ``show_stability`` is told now and then what is known of it."""
        super().__init__(session)
        self.walk = Walk(session, self)
        self.stepping = Stepping(session, self.walk, bars.trace_bar)
        self.fit, self.graph, self.loss = FitView(), GraphView(), LossView()
        self.inspector, self.landscape = InspectorView(), LandscapeView()
        self._appearance = appearance
        appearance.theme_changed.connect(self._show_theme)
        self._show_theme()  # before they take room: without icons buttons show their texts
        docks.fill("fit", self.fit)
        docks.fill("graph", self._graph_with_narration())
        docks.fill("loss_curve", self.loss)
        docks.fill("landscape", self.landscape)
        docks.fill("inspector", self.inspector)
        docks.fill("steps", self.stepping.log)
        self._docks = docks
        self._session = session
        self._timeline = bars.timeline
        self._changes: object = None  # the settings of which the timeline shows the changes
        self._probe: Probe | None = None
        self._show_stability = show_stability
        self._stability_due = 0.0
        self._connect()

    def _graph_with_narration(self) -> QWidget:
        """Return the graph with what is told of it below."""
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(2)
        layout.addWidget(self.graph, 1)
        layout.addWidget(self.stepping)
        return content

    def _connect(self) -> None:
        walk = self.walk
        walk.moved.connect(self.show)
        self._session.training_changed.connect(self.show_stability)
        for view in (self.graph, self.inspector):
            view.selection_asked.connect(walk.select)
            view.sample_asked.connect(walk.select_sample)
            view.what_if_asked.connect(walk.ask_what_if)
        self.graph.folding_asked.connect(walk.set_folded)
        self.graph.cancelled.connect(walk.take_back)
        self.graph.said.connect(lambda problem: walk.said.emit(problem or walk.sentence))
        self.fit.sample_asked.connect(walk.select_sample)
        self.loss.epoch_asked.connect(walk.go_to)
        self.landscape.start_asked.connect(self.start_asked)
        self._connect_timeline()

    def _connect_timeline(self) -> None:
        """Let the timeline move the cursor, and let it be when something else does."""
        walk, timeline = self.walk, self._timeline
        timeline.epoch_asked.connect(walk.go_to)
        timeline.played.connect(lambda playing: walk.pause() if playing else None)
        walk.stepped.connect(lambda _moment: timeline.stop())
        walk.played.connect(lambda playing: timeline.stop() if playing else None)
        self._session.training_changed.connect(self._show_timeline)
        self._session.state_changed.connect(self._take_state)

    def _take_state(self, state: State) -> None:
        if state is State.RUNNING:
            self._timeline.stop()
        self._show_timeline()

    def _show_timeline(self) -> None:
        """Show how far the run has come, where one looks, and what happened when."""
        session, timeline = self._session, self._timeline
        timeline.show_history(session.epoch, session.experiment.training.epochs, self.walk.epoch)
        course, history = session.course, session.history
        if course is None or history is None:
            timeline.show_events([])
        elif course.changes is not self._changes or not session.running:
            self._changes = course.changes
            timeline.show_events(events(course, history))

    def show_run(self, experiment: Experiment) -> None:
        """Show a new run's data and an empty history; the same data keep the graph in place."""
        problem = experiment.problem
        if self._probe is None or self._probe.problem != problem:
            self._probe = Probe(problem)
            self.fit.show_data(self._probe)
            self.graph.show_graph(self._probe)
        self.landscape.show_run(self._probe, lambda: choose_engine(problem).engine)
        self.walk.show_run(self._probe)
        self.graph.show_run()
        self.inspector.show_moment(None, None)
        self.loss.show_run(experiment.training.epochs)
        self._changes = None
        self._show_timeline()

    def show(self) -> None:
        """Draw what the cursor looks at in the views that can be seen."""
        walk, session = self.walk, self._session
        moment = walk.moment
        if moment is None or session.history is None:
            return
        self._show_timeline()
        if self._docks.is_visible("landscape"):
            self.landscape.show_moment(moment, session.history, walk.training, session.epoch)
        if self._docks.is_visible("fit"):
            self.fit.show_moment(moment)
        if self._docks.is_visible("graph"):
            step = None if moment.entry is None else subject_of(moment.entry)
            self.graph.show_moment(moment, walk.selection, step, folded=walk.folded)
        if self._docks.is_visible("inspector"):
            self.inspector.show_moment(moment, walk.subject)
        if self._docks.is_visible("loss_curve"):
            self.loss.show_history(session.history, session.epoch, walk.epoch)
        if not session.running or time.monotonic() >= self._stability_due:
            self.show_stability()

    def show_stability(self) -> None:
        """Show how large the learning rate may be at the epoch looked at."""
        walk, probe, session = self.walk, self._probe, self._session
        if probe is None or session.history is None or walk.epoch < 0:
            self._show_stability(UNKNOWN)
            return
        start = time.monotonic()
        parameters = session.history.parameters(walk.epoch)
        training = session.experiment.training
        self._show_stability(stability(probe.tape, parameters, walk.epoch, training))
        now = time.monotonic()
        self._stability_due = now + max(STABILITY_INTERVAL, 20 * (now - start))

    def _show_theme(self) -> None:
        views = (self.fit, self.graph, self.loss, self.landscape, self.inspector)
        for view in (*views, self.stepping.predictions):
            view.set_theme(self._appearance.theme)
