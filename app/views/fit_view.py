"""The fit dock: the formula with its numbers, the plot, and the inference table as a tab."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.study.data import Samples
from app.study.experiment import Data
from app.theme import Theme
from app.training.moment import Moment, Probe
from app.views.fit_plot import FitPlot, ShownSamples
from app.views.fit_table import FitTable
from autograd.digits import digits

DIGITS = 5
"""Significant digits of the formula."""


class FitView(QWidget):
    """Shows how well the line fits, as a picture and as numbers."""

    sample_asked = Signal(int)
    """A sample was clicked on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("fit_view")
        self._probe: Probe | None = None
        self._moment: Moment | None = None
        self._prediction = np.empty(0)
        self._truth = ""
        self._theme: Theme | None = None
        self.plot = FitPlot()
        self.plot.sample_clicked.connect(self.sample_asked)
        self.table = FitTable()
        self._formula = QLabel(
            objectName="formula", textFormat=Qt.TextFormat.RichText, wordWrap=True
        )
        self._formula.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._formula.setAccessibleName("Fitted formula")
        self._residuals = QCheckBox("Resid&uals", objectName="residuals", checked=True)
        self._residuals.setToolTip("Draw a line from every point to the fitted line.")
        self._residuals.toggled.connect(
            lambda on: self.plot.show_residuals(on, self._prediction if self._moment else None)
        )
        self._tabs = QTabWidget(objectName="fit_tabs")
        self._tabs.addTab(self.plot, "Plot")
        self._tabs.addTab(self._make_table_page(), "Table")
        self._tabs.setTabToolTip(1, "Every sample's prediction, as the notebook's last cell prints")
        self._tabs.currentChanged.connect(self._show)
        self._tabs.setCornerWidget(self._residuals)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 0, 6, 6)
        layout.setSpacing(2)
        layout.addWidget(self._formula)
        layout.addWidget(self._tabs, 1)

    def show_data(self, probe: Probe, recipe: Data) -> None:
        """Show other data."""
        self._probe = probe
        self._moment = None
        self._truth = formula("y", (recipe.slope, recipe.intercept))
        if recipe.noise:
            self._truth += f" + noise, σ = {digits(recipe.noise, DIGITS)}"
        self.plot.show_samples(probe.samples)

    def show_moment(self, moment: Moment) -> None:
        """Show the fit at a moment."""
        self._moment = moment
        self._show()

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        self.plot.set_theme(theme)
        self._show_formula()

    def _show(self) -> None:
        """Draw what is visible of the present moment."""
        self._residuals.setEnabled(self._tabs.currentWidget() is self.plot)
        if self._probe is None or self._moment is None:
            return
        shown = self._shown(self._moment, self._probe)
        self._prediction = shown.prediction
        self._show_formula()
        if self._tabs.currentWidget() is self.plot:
            self.plot.show_fit(self._moment.parameters, shown)
        else:
            self.table.show_prediction(Samples(shown.x, shown.y, shown.y), self._prediction)

    def _shown(self, moment: Moment, probe: Probe) -> ShownSamples:
        """Return all samples as they are at a moment, and what its line says of them."""
        sample = moment.sample
        if moment.probe.chosen is not None:
            sample = int(moment.probe.chosen[sample])
        replaced = moment.what_if.columns(probe)
        values = moment.evaluation.values
        unchanged = np.array_equal(moment.parameters, moment.evaluation.parameters)
        if moment.probe is not probe or not unchanged:
            values = probe.tape.forward(moment.parameters, replaced)
        return ShownSamples(values[probe.x], values[probe.y], values[probe.prediction], sample)

    def _show_formula(self) -> None:
        if self._moment is None or self._theme is None:
            return
        fitted = formula("ŷ", self._moment.parameters)
        fit, muted = self._theme.fit.name(), self._theme.muted.name()
        self._formula.setText(
            f"<span style='color:{fit}'>fitted <b>{fitted}</b></span> &nbsp;&nbsp; "
            f"<span style='color:{muted}'>true {self._truth}</span>"
        )
        self._formula.setAccessibleDescription(f"fitted {fitted}, true {self._truth}")

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
        layout.addWidget(self.table, 1)
        return page


def formula(name: str, parameters: tuple[float, float] | np.ndarray) -> str:
    """Return the line with its numbers, such as "ŷ = 1.994·x − 9"."""
    slope, intercept = (float(value) for value in parameters)
    sign = "−" if intercept < 0 else "+"
    return f"{name} = {digits(slope, DIGITS)}·x {sign} {digits(abs(intercept), DIGITS)}"
