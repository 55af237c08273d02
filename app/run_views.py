"""The views of a run in their docks: what each is shown, and when."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.appearance import Appearance
from app.bars import Bars
from app.comparison import Comparison
from app.controls.experiment_panel import ExperimentPanel
from app.docks import Docks
from app.run_panel import RunPanel
from app.run_timeline import RunTimeline
from app.stepping import Stepping
from app.study.experiment import Experiment
from app.training.engine import Engine
from app.training.selection import subject_of
from app.training.session import Session
from app.training.snapshot import Probe
from app.training.walk import Walk
from app.views.fit_view import FitView
from app.views.graph.view import GraphView
from app.views.inspector.view import InspectorView
from app.views.landscape.view import LandscapeView
from app.views.loss_view import LossView
from app.views.sweep.view import SweepView
from app.views.throttle import Throttle

OTHERS_INTERVAL = 60
"""Milliseconds between two pictures of the other runs."""


class RunViews(QObject):
    """Draws what the cursor looks at in the session's run, and the other runs beside it.

    Attributes:
        walk: the cursor.
        stepping: what moves it and tells of it.
        fit, graph, loss, landscape, inspector, runs, sweep: the views.
    """

    start_asked = Signal(object)
    """A run shall start from these parameters, of shape (parameters,)."""

    def __init__(
        self,
        docks: Docks,
        session: Session,
        bars: Bars,
        appearance: Appearance,
        panel: ExperimentPanel,
    ) -> None:
        """Fill the docks; ``panel`` is told what is known of the run."""
        super().__init__(session)
        self._docks, self._session, self._appearance = docks, session, appearance
        self._probe: Probe | None = None
        self.walk = Walk(session, self)
        self.stepping = Stepping(session, self.walk, bars.trace_bar)
        self.fit, self.graph, self.loss = FitView(), GraphView(), LossView()
        self.inspector, self.landscape, self.sweep = InspectorView(), LandscapeView(), SweepView()
        compared = (self.fit, self.loss, self.landscape)
        self._comparison = Comparison(session, self.walk, appearance, compared)
        self.runs = self._comparison.table
        self._timeline = RunTimeline(session, self.walk, bars.timeline)
        self._panel = RunPanel(session, self.walk, panel, self.graph)
        appearance.theme_changed.connect(self._show_theme)
        self._show_theme()  # before they take room: without icons buttons show their texts
        self._others = Throttle(OTHERS_INTERVAL, self._draw_other_runs, self)
        self._fill_docks()
        self._connect()

    def _fill_docks(self) -> None:
        for name, content in (
            ("fit", self.fit),
            ("graph", self._graph_with_narration()),
            ("loss_curve", self.loss),
            ("landscape", self.landscape),
            ("inspector", self.inspector),
            ("steps", self.stepping.log),
            ("runs", self.runs),
            ("sweep", self.sweep),
        ):
            self._docks.fill(name, content)

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
        walk, session = self.walk, self._session
        walk.moved.connect(self.show)
        session.runs_changed.connect(self._others.ask)
        session.training_changed.connect(lambda: self.sweep.show_experiment(session.experiment))
        for view in (self.graph, self.inspector):
            view.selection_asked.connect(walk.select)
            view.sample_asked.connect(walk.select_sample)
        for view in (self.graph, self.inspector, self.fit, self.landscape):
            view.what_if_asked.connect(walk.ask_what_if)
        for view in (self.fit, self.landscape):
            view.start_asked.connect(self.start_asked)
        self.graph.folding_asked.connect(walk.set_folded)
        self.graph.cancelled.connect(walk.take_back)
        self.graph.said.connect(lambda problem: walk.said.emit(problem or walk.sentence))
        self.fit.sample_asked.connect(walk.select_sample)
        self.loss.epoch_asked.connect(walk.go_to)

    def show_run(self, experiment: Experiment, *, keep_epoch: bool = False) -> None:
        """Show another run's data and an empty history; the same data keep the graph in place.

        With ``keep_epoch`` the epoch that is looked at stays the same, if the run has it.
        """
        problem = experiment.problem
        if self._probe is None or self._probe.problem != problem:
            self._probe = Probe(problem)
            self.fit.show_data(self._probe)
            self.graph.show_graph(self._probe)
        self.landscape.show_run(self._probe, self._engine)
        self.walk.show_run(self._probe, keep_epoch=keep_epoch)
        self.graph.show_run()
        self.inspector.show_moment(None, None)
        self.loss.show_run(experiment.training.epochs)
        self.sweep.show_experiment(experiment)
        self._comparison.show_run(self._probe)
        self._panel.show_run(self._probe)
        self._timeline.show()

    def _engine(self) -> Engine | None:
        """Return what trains the run; None while that is not known."""
        course = self._session.course
        return None if course is None else course.engine

    def show(self) -> None:
        """Draw what the cursor looks at in the views that can be seen."""
        walk, session = self.walk, self._session
        moment = walk.moment
        if moment is None or session.history is None:
            return
        self._timeline.show()
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
        self._others.ask()
        self._panel.show()

    def _draw_other_runs(self) -> None:
        """Draw the other runs in the views that can be seen."""
        for name, show in (
            ("loss_curve", self._comparison.show_losses),
            ("fit", self._comparison.show_fits),
            ("landscape", self._comparison.show_paths),
        ):
            if self._docks.is_visible(name):
                show()

    def _show_theme(self) -> None:
        theme = self._appearance.theme
        views = (self.fit, self.graph, self.loss, self.landscape, self.inspector)
        for view in (*views, self.runs, self.sweep, self.stepping.predictions):
            view.set_theme(theme)
        if self._probe is not None:
            self._others.ask()
