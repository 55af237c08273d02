"""The sweep: says what is to be trained, trains it, and shows how it came out."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QSize, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.study.experiment import Experiment
from app.study.setting import SettingError
from app.style_property import set_style_property
from app.theme import Theme
from app.training.sweep import Cell, Sweep
from app.training.sweep_worker import SweepWorker
from app.views.sweep.form import SweepForm
from app.views.sweep.heat_map import HeatMap
from app.views.sweep.legend import HeatLegend
from app.views.sweep.readout import SweepReadout
from app.views.sweep.wording import (
    name_of,
    told,
    told_best,
    told_difference,
    told_end,
    told_progress,
)

INTERVAL = 100
"""Milliseconds between two looks at a sweep that goes on."""

WIDE = 1.2
"""Widths per height from which on the form stands beside the map, not above it."""

WITH_BAR, WITH_MARKS = 10, 14
"""Lines of text in whose height there is room for the legend: the colours; the marks, too."""

READ_OUT = 0.4
"""Share of the height that the readout has at most."""


class SweepView(QWidget):
    """Trains the runs of a sweep in threads of its own, and draws them as a heat map.

    The map of the last sweep stays until another is begun; where it is of other settings than
    the present experiment's, it says so. Nothing is done while no sweep goes on.
    """

    open_asked = Signal(object, str)
    """A run of the map shall be opened: its Experiment, and a short name for it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sweep_view")
        self._experiment = Experiment()
        self._sweep: Sweep | None = None  # whose outcomes are shown
        self._worker: SweepWorker | None = None  # while it goes on
        self._said = ""  # what became of the sweep
        self._theme: Theme | None = None
        self._timer = QTimer(self, interval=INTERVAL)
        self._timer.timeout.connect(self._show_progress)
        self._make_parts()
        self._lay_out()
        self._form.edited.connect(self._check_form)
        self._button.clicked.connect(self._start_or_cancel)
        self._map.cell_looked_at.connect(self._read_out)
        self._map.cell_chosen.connect(self._open)
        self._check_form()
        self._show_map()

    # -- what is shown ----------------------------------------------------------------------

    def show_experiment(self, experiment: Experiment) -> None:
        """Take over the present experiment, which is what the next sweep trains."""
        self._experiment = experiment
        self._form.show_experiment(experiment)
        self._show_present()

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        self._map.set_theme(theme)
        self._legend.show_map(self._map, theme)

    def close_worker(self) -> bool:
        """Give up the sweep that goes on and wait for its end; return whether that came in time."""
        self._timer.stop()
        return self._worker is None or self._worker.close()

    # -- the parts --------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self._form = SweepForm()
        self._form.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._problem = QLabel(objectName="sweep_problem", wordWrap=True)
        self._problem.setProperty("role", "problem")
        self._button = QPushButton(objectName="sweep_start")
        self._button.setToolTip("Train all runs of the sweep, or give up those that are left.")
        self._progress = QProgressBar(objectName="sweep_progress", maximum=1000)
        self._progress.setAccessibleName("Progress of the sweep")
        self._progress.hide()
        self._says = QLabel(objectName="sweep_says", wordWrap=True)
        self._says.hide()
        self._readout = SweepReadout()
        self._map = HeatMap()
        self._legend = HeatLegend()

    def _lay_out(self) -> None:
        asking, answer = QVBoxLayout(), QVBoxLayout()
        for each in (asking, answer):
            each.setSpacing(4)
        for widget in (self._form, self._problem, self._progress, self._button):
            asking.addWidget(widget)
        asking.addStretch(1)
        for widget in (self._says, self._readout):
            answer.addWidget(widget)
        answer.addWidget(self._map, 1)
        answer.addWidget(self._legend)
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(6, 4, 6, 6)
        self._layout.setSpacing(10)
        self._layout.addLayout(asking)
        self._layout.addLayout(answer, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and self.layout() is not None:
            self._arrange()

    def _arrange(self) -> None:
        """Put form and map side by side or one above the other; where it is low, say less."""
        wide = self.width() > WIDE * self.height()
        direction = QBoxLayout.Direction
        self._layout.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        lines = self.height() / self.fontMetrics().height()
        self._legend.show_parts(bar=lines > WITH_BAR, marks=lines > WITH_MARKS)
        self._readout.limit(round(READ_OUT * self.height()))

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        width = max(self._form.minimumSizeHint().width(), self._map.minimumSizeHint().width())
        return QSize(width + 12, 9 * self.fontMetrics().height())

    # -- the form ---------------------------------------------------------------------------

    def _check_form(self) -> None:
        """Say what the button does, or why nothing can be trained."""
        if self._worker is not None:
            ending = self._worker.sweep.cancelled
            self._button.setText("Cancelling …" if ending else "&Cancel")
            self._button.setEnabled(not ending)
            return
        problem, runs = "", 0
        try:
            runs = self._form.plan().runs
        except SettingError as error:
            problem = str(error)
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._button.setText(f"&Train {runs:,} runs" if runs else "&Train")
        self._button.setEnabled(not problem)

    # -- a sweep ----------------------------------------------------------------------------

    def _start_or_cancel(self) -> None:
        if self._worker is None:
            self._start()
        else:
            self._worker.sweep.cancel()
            self._check_form()

    def _start(self) -> None:
        """Begin the sweep that is asked for."""
        self._form.keep_rates()  # opening a run must not put other learning rates there
        self._sweep = Sweep(self._form.plan())
        self._said = ""
        self._map.show_plan(self._sweep.plan)
        self._worker = SweepWorker(self._sweep, self)
        self._worker.finished.connect(self._end)
        self._worker.start()
        self._timer.start()
        self._progress.show()
        self._check_form()
        self._show_progress()
        self._show_present()

    def _end(self) -> None:
        """Say what became of the sweep."""
        worker, self._worker = self._worker, None
        self._timer.stop()
        self._progress.hide()
        if worker is None or self._sweep is None:
            return
        self._said = told_end(self._sweep)
        if worker.error is not None:
            self._said = f"The sweep ended with an error: {worker.error!r}."
        set_style_property(self._says, "role", "problem" if worker.error else "muted")
        worker.deleteLater()
        self._show_progress()
        self._check_form()

    def _show_progress(self) -> None:
        """Show what has been trained meanwhile."""
        if self._sweep is None:
            return
        self._progress.setValue(int(1000 * self._sweep.share))
        self._progress.setFormat(told_progress(self._sweep))
        self._map.show_outcomes(self._sweep.outcomes, self._sweep.initial_loss)
        self._show_map()

    # -- the map ----------------------------------------------------------------------------

    def _show_present(self) -> None:
        """Mark the present experiment in the map."""
        plan = self._map.plan
        self._map.show_present(None if plan is None else plan.place_of(self._experiment))
        self._show_map()

    def _show_map(self) -> None:
        """Say what the map shows."""
        plan = self._map.plan
        for widget in (self._readout, self._legend):
            widget.setVisible(plan is not None)
        if plan is None or self._sweep is None:
            return
        if self._theme is not None:
            self._legend.show_map(self._map, self._theme)
        sentences = (self._said, self._sweep.notice, told_difference(plan, self._experiment))
        text = " ".join(each for each in sentences if each)
        self._says.setText(text)
        self._says.setVisible(bool(text))
        self._read_out()

    def _read_out(self) -> None:
        """Say how the run that is looked at came out, or which is the best."""
        plan, cell = self._map.plan, self._map.looked_at
        if plan is None or self._sweep is None:
            return
        if cell is None:
            self._readout.say(told_best(plan, self._map.best, len(self._sweep.outcomes)))
        else:
            self._readout.say(told(plan, cell, self._map.outcome(cell)))

    def _open(self, cell: Cell) -> None:
        """Ask for a run to be opened."""
        plan = self._map.plan
        if plan is not None:
            experiment = replace(plan.experiment, training=plan.training(cell))
            self.open_asked.emit(experiment, name_of(plan, cell))
