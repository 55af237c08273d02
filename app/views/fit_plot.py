"""The fit: the data, the line they come from, the fitted line, the residuals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.study.data import Samples
from app.study.model import Curve
from app.theme import Theme
from app.views.plot import ThemedPlot

MOST_POINTS = 4000
"""Points drawn at most; more would take longer to draw than a frame lasts, and only overlap."""

REACH = 14
"""Pixels from a point within which a click selects it."""


@dataclass(frozen=True, slots=True)
class ShownSamples:
    """All samples as they are shown.

    Attributes:
        x, y: of shape (samples,).
        prediction: ŷ of each, of shape (samples,).
        sample: which one is selected.
    """

    x: np.ndarray
    y: np.ndarray
    prediction: np.ndarray
    sample: int


class FitPlot(ThemedPlot):
    """Plots the samples and, at each moment, the line as fitted so far."""

    sample_clicked = Signal(int)
    """A sample was clicked on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("x", "y", parent)
        self.setObjectName("fit_plot")
        self.setAccessibleName("Fit")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # there is nothing to do with keys
        self.setAccessibleDescription("The data points, the true line and the fitted line.")
        self._drawn = slice(None)
        self._x = self._y = np.empty(0)
        self._all_x = self._all_y = np.empty(0)
        self._curve = Curve(np.zeros(1))
        self._limit = 1.0
        self._legend = self.addLegend(offset=(10, 2), colCount=4, horSpacing=12, verSpacing=-4)
        self._residuals = pg.PlotCurveItem(connect="pairs")
        self._points = pg.ScatterPlotItem(size=7, pxMode=True)
        self._selected = pg.ScatterPlotItem(size=15, pxMode=True)
        self._truth = pg.PlotCurveItem(antialias=True)
        self._fitted = pg.PlotCurveItem(antialias=True)
        for item, name in (
            (self._residuals, "residuals"),
            (self._points, "data"),
            (self._truth, "true line"),
            (self._fitted, "fitted line"),
        ):
            self.addItem(item)
            self._legend.addItem(item, name)
        self.addItem(self._selected)
        self.scene().sigMouseClicked.connect(self._click)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        if getattr(self, "_legend", None) is not None:  # it must not hide what it explains
            self._legend.setVisible(self.height() > 12 * self.fontMetrics().height())

    def show_samples(self, samples: Samples) -> None:
        """Show other data; the view moves to them."""
        step = max(1, -(-len(samples) // MOST_POINTS))
        self._drawn = slice(None, None, step)
        self._all_x, self._all_y = samples.x, samples.y
        self._x, self._y = samples.x[self._drawn], samples.y[self._drawn]
        self._points.setData(self._x, self._y, size=7 if len(self._x) <= 200 else 4)
        name = "data" if step == 1 else f"data ({len(self._x):,} of {len(samples):,} drawn)"
        self._legend.getLabel(self._points).setText(name)
        ends = samples.x[[0, -1]]
        self._truth.setData(ends, samples.truth[[0, -1]])
        self._curve = Curve(np.linspace(ends[0], ends[-1], 101))
        self._show_all()

    def _show_all(self) -> None:
        """Choose axes that hold all samples, with room for the legend above them."""
        x, y = self._all_x, self._all_y
        low, high = float(np.min(y)), float(np.max(y))
        left, right = float(np.min(x)), float(np.max(x))
        height, width = high - low or 10.0, right - left or 1.0
        self._limit = 1e4 * (high - low + 1.0)
        self.setRange(
            xRange=(left - 0.03 * width, right + 0.03 * width),
            yRange=(low - 0.08 * height, high + 0.22 * height),
            padding=0,
        )

    def show_fit(self, parameters: np.ndarray, shown: ShownSamples) -> None:
        """Show the line with some parameters, the samples, and which one is selected."""
        self._fitted.setData(self._curve.x, self._drawable(self._curve.at(parameters)))
        if shown.x is not self._all_x or shown.y is not self._all_y:
            self._all_x, self._all_y = shown.x, shown.y
            self._x, self._y = shown.x[self._drawn], shown.y[self._drawn]
            self._points.setData(self._x, self._y)
            self._show_all()
        self._selected.setData([shown.x[shown.sample]], [shown.y[shown.sample]])
        if self._residuals.isVisible():
            self._show_residuals(shown.prediction)

    def show_residuals(self, visible: bool, prediction: np.ndarray | None = None) -> None:
        """Show or hide the residuals."""
        self._residuals.setVisible(visible)
        if visible and prediction is not None:
            self._show_residuals(prediction)

    def _click(self, event: MouseClickEvent) -> None:
        """Select the sample at the mouse, if there is one within reach."""
        if event.button() is not Qt.MouseButton.LeftButton or not len(self._all_x):
            return
        box = self.getViewBox()
        width, height = box.viewPixelSize()
        at = box.mapSceneToView(event.scenePos())
        with np.errstate(all="ignore"):
            aside = np.hypot((self._all_x - at.x()) / width, (self._all_y - at.y()) / height)
        nearest = int(np.argmin(np.nan_to_num(aside, nan=np.inf)))
        if aside[nearest] <= REACH:
            event.accept()
            self.sample_clicked.emit(nearest)

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        super().set_theme(theme)
        self._residuals.setPen(pg.mkPen(theme.residual, width=1))
        self._points.setPen(None)
        self._points.setBrush(pg.mkBrush(theme.data))
        self._selected.setBrush(None)
        self._selected.setPen(pg.mkPen(theme.accent, width=2.5))
        self._truth.setPen(pg.mkPen(theme.truth, width=2, style=Qt.PenStyle.DashLine))
        self._fitted.setPen(pg.mkPen(theme.fit, width=2.5))
        backing = QColor(theme.base)
        backing.setAlphaF(0.85)
        self._legend.setBrush(pg.mkBrush(backing))
        self._legend.setLabelTextColor(theme.text)
        self._legend.setLabelTextSize(f"{self._point_size()}pt")
        for sample, label in self._legend.items:
            label.setText(label.text, color=theme.text.name(), size=f"{self._point_size()}pt")
            sample.update()

    def _show_residuals(self, prediction: np.ndarray) -> None:
        ends = np.column_stack([self._y, self._drawable(prediction[self._drawn])])
        self._residuals.setData(np.repeat(self._x, 2), ends.ravel())

    def _drawable(self, y: np.ndarray) -> np.ndarray:
        """Limit numbers to what a painter can handle; a nan leaves a gap."""
        return np.clip(y, -self._limit, self._limit)
