"""The fit dock: the formula with its numbers, the plot, and the inference table as a tab."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QColor, QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.study.data import make_samples
from app.study.model import Curve
from app.theme import Theme
from app.training.moment import Moment, Probe
from app.views.elided_label import ElidedLabel
from app.views.fit_data import Fit, FitData
from app.views.fit_handles import Handles, handle_places
from app.views.fit_points import EditableFitPlot
from app.views.fit_table import FitTable
from app.views.fit_words import fitted_formula, quality, true_formula
from app.views.what_if import movable, moved, replaced_parameters
from autograd.arithmetic import silent
from autograd.tape import Column


class FitView(QWidget):
    """Shows how well the model fits, as a picture and as numbers.

    The fitted curve of a model with two parameters can be bent by handles, and the points can
    be edited. Points are numbered as in the ``Split`` of the data: within all of them.
    """

    sample_asked = Signal(int)
    """A sample that is trained on was clicked on; its number among those."""
    what_if_asked = Signal(object)
    """The curve or a point is being dragged: a WhatIf with the numbers it leads to."""
    start_asked = Signal(np.ndarray)
    """Training is to start from these parameters, of shape (parameters,)."""
    point_added = Signal(float, float)
    """A point shall be added at x, y, after all others."""
    point_moved = Signal(int, float, float)
    """A point was dragged from its place and let go at x, y."""
    point_removed = Signal(int)
    """A point shall be removed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("fit_view")
        self._probe: Probe | None = None
        self._moment: Moment | None = None
        self._data: FitData | None = None
        self._curve: Curve | None = None
        self._test_curve: Curve | None = None
        self._fit: Fit | None = None
        self._handles: Handles | None = None  # while one of them is dragged
        self._others: list[tuple[QColor, Column, Column]] = []  # parameters and curve of each
        self._truth = ""
        self._theme: Theme | None = None
        self._make_plot()
        self.table = FitTable()
        self._make_words()
        self._tabs = QTabWidget(objectName="fit_tabs")
        self._tabs.addTab(self.plot, "Plot")
        self._tabs.addTab(self._make_table_page(), "Table")
        self._tabs.setTabToolTip(1, "Every sample's prediction, as the notebook's last cell prints")
        self._tabs.currentChanged.connect(self._show)
        self._tabs.setCornerWidget(self._make_corner())
        below = QHBoxLayout()
        below.setSpacing(14)
        below.addWidget(self._true, 1)
        below.addWidget(self._quality)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 3)  # low windows have room for the graph too
        layout.setSpacing(2)
        layout.addWidget(self._formula)
        layout.addLayout(below)
        layout.addWidget(self._tabs, 1)

    # -- what is shown ----------------------------------------------------------------------

    def show_data(self, probe: Probe) -> None:
        """Show other data."""
        problem = probe.problem
        self._probe, self._moment, self._fit, self._handles = probe, None, None, None
        self._data = data = FitData.of(problem, make_samples(problem.data, problem.model))
        self._curve = probe.curve(data.x)
        self._test_curve = probe.curve(probe.test.x) if len(probe.test) else None
        self._truth = true_formula(problem)
        self._others = []
        self.plot.show_data(data)
        self.plot.show_other_curves([])

    def show_moment(self, moment: Moment) -> None:
        """Show the fit at a moment."""
        self._moment = moment
        self._show()

    def show_other_runs(self, runs: Sequence[tuple[str, QColor, Column | None]]) -> None:
        """Show the fitted curves of other runs of the same problem.

        Each has a name, a colour and its parameters; one without, or of a model with other
        parameters, is left out.
        """
        if self._probe is None or self._curve is None:
            return
        count = len(self._probe.tape.parameters)
        known = {parameters.tobytes(): y for _, parameters, y in self._others}
        self._others = []
        for _, colour, parameters in runs:
            if parameters is not None and len(parameters) == count:
                at = np.array(parameters, dtype=float)
                y = known.get(at.tobytes())
                self._others.append((colour, at, self._curve_at(at) if y is None else y))
        self.plot.show_other_curves([(colour, y) for colour, _, y in self._others])

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        self.plot.set_theme(theme)
        self._formula.setStyleSheet(f"color: {theme.fit.name()}; font-weight: bold")
        self._show_words()

    def _show(self) -> None:
        """Draw what is visible of the present moment."""
        in_plot = self._tabs.currentWidget() is self.plot
        self._residuals.setEnabled(in_plot)
        self.edit_action.setEnabled(in_plot and self._probe is not None)
        if self._probe is None or self._moment is None:
            return
        self._fit = fit = self._make_fit(self._moment, self._probe)
        self._show_words()
        if in_plot:
            self.plot.show_fit(fit)
            self._place_handles()
            return
        test = self._probe.test
        x, y = np.concatenate([fit.x, test.x]), np.concatenate([fit.y, test.y])
        prediction = np.concatenate([fit.prediction, fit.test])
        self.table.show_prediction(x, y, prediction, len(fit.x))

    def _make_fit(self, moment: Moment, probe: Probe) -> Fit:
        """Return all samples as they are at a moment, and what its curve says of them."""
        sample = moment.sample
        if moment.probe.chosen is not None:
            sample = int(moment.probe.chosen[sample])
        values = moment.evaluation.values
        unchanged = np.array_equal(moment.parameters, moment.evaluation.parameters)
        if moment.probe is not probe or not unchanged:
            replaced = moment.what_if.columns(probe)
            values = probe.tape.forward(moment.parameters, replaced)
        prediction = np.broadcast_to(values[probe.prediction], len(values[probe.x]))
        with silent():
            test = self._test_curve
            tested = np.empty(0) if test is None else test.at(moment.parameters)
        curve = self._curve_at(moment.parameters)
        return Fit(curve, values[probe.x], values[probe.y], prediction, tested, sample)

    def _curve_at(self, parameters: Column) -> Column:
        """Return ŷ where curves are drawn, of shape (points,)."""
        assert self._curve is not None  # noqa: S101  there are data
        with silent():
            y: Column = np.broadcast_to(self._curve.at(parameters), len(self._curve.x))
        return y

    def _show_words(self) -> None:
        """Say the fitted formula, the true one, and how good the fit is."""
        moment, probe, fit = self._moment, self._probe, self._fit
        if moment is None or probe is None or fit is None or self._theme is None:
            return
        fitted = f"fitted {fitted_formula(probe.problem, moment.parameters)}"
        true = f"true {self._truth}" if self._truth else ""
        for label, text in ((self._formula, fitted), (self._true, true)):
            label.setText(text)
            label.setAccessibleDescription(text)
        self._quality.setText(quality(fit, probe.test))
        self._start.setVisible(replaced_parameters(moment) is not None)

    # -- what is moved ----------------------------------------------------------------------

    def _place_handles(self) -> None:
        """Show the handles on the fitted curve of a model with two parameters."""
        moment, fit, data = self._moment, self._fit, self._data
        if moment is None or fit is None or data is None:
            return
        if self._handles is not None:
            self.plot.show_handles(self._handles.x, self._handles.y)
            return
        low, high = self.plot.getViewBox().viewRange()[1]
        two = len(moment.parameters) == 2 and movable(moment)
        x = handle_places(data.x, fit.curve, low, high) if two else None
        if x is None:
            self.plot.show_handles([], [])
        else:
            self.plot.show_handles(x, np.interp(x, data.x, fit.curve))

    def _bend(self, handle: int, y: float) -> None:
        """Ask what if the curve went through a handle's new place."""
        moment, probe = self._moment, self._probe
        if moment is None or probe is None:
            return
        if self._handles is None:
            x, _ = self.plot.handles
            self._handles = Handles(probe.curve, x, moment.parameters)
        if self._handles.move(handle, y):
            what_if = moved(moment, (0, 1), self._handles.parameters)
            if what_if is not None:
                self.what_if_asked.emit(what_if)

    def _let_go(self) -> None:
        self._handles = None
        self._place_handles()

    def _try_point(self, point: int, x: float, y: float) -> None:
        """Ask what if a point that is trained on were at another place."""
        moment, probe, data = self._moment, self._probe, self._data
        if moment is None or probe is None or data is None or data.split.tested[point]:
            return
        sample = int(np.count_nonzero(~data.split.tested[:point]))
        what_if = moment.what_if.with_data(probe.x, sample, x)
        self.what_if_asked.emit(what_if.with_data(probe.y, sample, y))

    def _ask_start(self) -> None:
        parameters = None if self._moment is None else replaced_parameters(self._moment)
        if parameters is not None:
            self.start_asked.emit(parameters)

    # -- the parts --------------------------------------------------------------------------

    def _make_plot(self) -> None:
        self.plot = plot = EditableFitPlot()
        plot.sample_clicked.connect(self.sample_asked)
        plot.handle_dragged.connect(self._bend)
        plot.handle_dropped.connect(self._let_go)
        plot.point_dragged.connect(self._try_point)
        for ours, its in (
            (self.point_added, plot.point_added),
            (self.point_moved, plot.point_moved),
            (self.point_removed, plot.point_removed),
        ):
            its.connect(ours)
        plot.left.connect(lambda: self.edit_action.setChecked(False))
        plot.getViewBox().sigRangeChanged.connect(self._place_handles)

    def _make_words(self) -> None:
        self._formula, self._true = ElidedLabel("fitted_formula"), ElidedLabel("true_formula")
        self._formula.setAccessibleName("Fitted formula")
        self._true.setAccessibleName("True formula")
        self._quality = ElidedLabel("fit_quality")
        self._quality.setAccessibleName("Quality of the fit")
        self._quality.set_help(
            "R² is the share of the spread of y that is predicted: 1 at best. RMSE is the root "
            "of the mean squared residual. Both of the data trained on, and of those kept for "
            "testing, if there are any."
        )
        for label in (self._true, self._quality):
            label.setProperty("role", "muted")

    def _make_corner(self) -> QWidget:
        self._residuals = QCheckBox("Resid&uals", objectName="residuals", checked=True)
        self._residuals.setToolTip("Draw a line from every point to the fitted curve.")
        self._residuals.toggled.connect(lambda on: self.plot.show_residuals(on, self._fit))
        self.edit_action = QAction("Edit points", self, checkable=True)
        self.edit_action.setShortcut(QKeySequence("E"))
        self.edit_action.setToolTip(
            "Click to add a point, drag one to move it, right click or Del to remove it; "
            "Esc ends editing (E)"
        )
        self.edit_action.toggled.connect(self.plot.set_editing)
        self.addAction(self.edit_action)
        self._edit = QCheckBox("Edit", objectName="edit_points")  # short: large text has room
        self._edit.setAccessibleName("Edit points")
        self._edit.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leads to the plot
        self._edit.setToolTip(self.edit_action.toolTip())
        self._edit.toggled.connect(self.edit_action.setChecked)
        self.edit_action.toggled.connect(self._edit.setChecked)
        self.edit_action.enabledChanged.connect(self._edit.setEnabled)
        self._start = QPushButton("Start from here", objectName="start_from_fit", visible=False)
        self._start.setToolTip("Start a run with the parameters that the curve was bent to.")
        self._start.clicked.connect(self._ask_start)
        corner = QWidget()
        row = QHBoxLayout(corner)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)  # each has a gap of its own
        for widget in (self._start, self._edit, self._residuals):
            row.addWidget(widget)
        return corner

    def _make_table_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        hint = QLabel("Click a title to sort. The residual is y − ŷ.", wordWrap=True)
        hint.setProperty("role", "muted")
        copy = QPushButton("&Copy", objectName="copy_table")
        copy.setToolTip("Copy the selected rows, or all of them, with full digits (Ctrl+C)")
        copy.clicked.connect(self.table.copy)
        row.addWidget(hint, 1)
        row.addWidget(copy)
        layout.addLayout(row)
        self.table.setMinimumHeight(1)  # else it would take room from the graph above the fit
        layout.addWidget(self.table, 1)
        return page
