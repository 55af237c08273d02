"""The fit as a picture: the data, the curve they come from, the fitted one, the residuals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.theme import Theme
from app.views.fit_data import Fit, FitData
from app.views.grabbing import REACH, GrabbingPlot, Grip

MOST_POINTS = 4000
"""Points drawn at most; more would take longer to draw than a frame lasts, and only overlap."""

CLICK = 14
"""Pixels from a point within which a click selects it."""

HANDLES = (-2, -1)
"""What can be dragged: these two, or a point by its number."""


class FitPlot(GrabbingPlot):
    """Plots the samples and, at each moment, the curve as fitted so far.

    Two handles on the curve can be dragged up and down, where they are shown. Points are
    numbered as in the Split that is drawn: within all data, in their own order.
    """

    sample_clicked = Signal(int)
    """A sample that is trained on was clicked on; its number among those."""
    handle_dragged = Signal(int, float)
    """A handle, 0 or 1, is being dragged to a height."""
    handle_dropped = Signal()
    """A handle was let go."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("x", "y", parent)
        self.setObjectName("fit_plot")
        self.setAccessibleName("Fit")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # there is nothing to do with keys
        self.setAccessibleDescription("The data points, the true curve and the fitted curve.")
        self._data: FitData | None = None
        self._x = self._y = np.empty(0)  # of all samples, as they are drawn
        self._train = self._test = np.empty(0, dtype=np.intp)  # their numbers
        self._shown: tuple[np.ndarray, np.ndarray] | None = None  # of those trained on
        self._step = 1
        self._drawn = np.empty(0, dtype=np.intp)  # the numbers of those that are
        self._sample = 0
        self._limit = 1.0
        self._shows_all = False  # until a person pans or zooms
        self._legend = self.addLegend(offset=(10, 2), colCount=4, horSpacing=12, verSpacing=-4)
        self._residuals = pg.PlotCurveItem(connect="pairs")
        self._points, self._tested, self._selected, self._handles = (
            pg.ScatterPlotItem(size=size, pxMode=True) for size in (7, 8, 15, 13)
        )
        self._handles.setToolTip(
            "Drag it up or down to bend the fitted curve; the other handle stays where it is."
        )
        self._truth = pg.PlotCurveItem(antialias=True, connect="finite")
        self._fitted = pg.PlotCurveItem(antialias=True, connect="finite")
        self._others: list[pg.PlotCurveItem] = []
        for item in (
            self._residuals,
            self._points,
            self._tested,
            self._truth,
            self._fitted,
            self._selected,
            self._handles,
        ):
            self.addItem(item)
        self.scene().sigMouseClicked.connect(self._click)
        self.getViewBox().sigRangeChangedManually.connect(self._take_range)

    def _take_range(self) -> None:
        self._shows_all = False

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        if getattr(self, "_legend", None) is not None:
            self._make_room()

    def _make_room(self) -> None:
        """Leave out what a small plot has no room for: the legend must not hide the data."""
        lines = self.height() / self.fontMetrics().height()
        self._legend.setVisible(lines > 12)
        if self._shows_all and self._data is not None and not self.keeps_range:
            self._show_all()  # the legend takes another share of the height

    # -- what is drawn ----------------------------------------------------------------------

    @property
    def keeps_range(self) -> bool:
        """Whether the view stays where it is when other data are shown."""
        return False

    def show_data(self, data: FitData) -> None:
        """Show other data; the view moves to them."""
        split = data.split
        self._data, self._shown = data, None
        self._x, self._y = split.all.x, split.all.y
        self._train, self._test = np.flatnonzero(~split.tested), np.flatnonzero(split.tested)
        self._step = max(1, -(-len(self._x) // MOST_POINTS))
        self._sample = -1
        self._ring()
        self._handles.setData([], [])
        self._truth.setData([], [])
        self._draw_points()
        self._show_legend()
        if not (self.keeps_range and self._all_in_view()):
            self._show_all()
        if data.truth is not None:
            self._draw_curve(self._truth, data.truth)

    def show_fit(self, fit: Fit) -> None:
        """Show the curve as it is fitted, the samples, and which one is selected."""
        if self._data is None:
            return
        self._draw_curve(self._fitted, fit.curve)
        if not self.dragging:
            self._take_samples(fit)
        self._sample = fit.sample
        self._ring()
        if self._residuals.isVisible():
            self._show_residuals(fit)

    def show_handles(self, x: Sequence[float], y: Sequence[float]) -> None:
        """Show the handles at two places of the fitted curve, or none."""
        self._handles.setData(list(x), list(y))

    @property
    def handles(self) -> tuple[np.ndarray, np.ndarray]:
        """Where the handles are: x and y, each of shape (2,), or (0,) if there are none."""
        x, y = self._handles.getData()
        return np.asarray(x), np.asarray(y)

    def show_other_curves(self, curves: Sequence[tuple[QColor, np.ndarray]]) -> None:
        """Show the fitted curves of other runs, each of shape (points,), in their colours."""
        while len(self._others) < len(curves):
            item = pg.PlotCurveItem(antialias=True, connect="finite")
            self.addItem(item)
            item.stackBefore(self._truth)
            self._others.append(item)
        for item in self._others[len(curves) :]:
            item.setData([], [])
        for item, (colour, y) in zip(self._others, curves, strict=False):
            item.setPen(pg.mkPen(colour, width=1.5))
            self._draw_curve(item, y)

    def show_residuals(self, visible: bool, fit: Fit | None = None) -> None:
        """Show or hide the residuals."""
        self._residuals.setVisible(visible)
        if visible and fit is not None:
            self._show_residuals(fit)

    def _take_samples(self, fit: Fit) -> None:
        """Draw the samples where they are now, if a person has replaced any."""
        if self._shown is not None and self._shown[0] is fit.x and self._shown[1] is fit.y:
            return
        known, self._shown = self._shown, (fit.x, fit.y)
        here = self._x[self._train], self._y[self._train]
        if np.array_equal(here[0], fit.x) and np.array_equal(here[1], fit.y):
            return
        self._x, self._y = self._x.copy(), self._y.copy()
        self._x[self._train], self._y[self._train] = fit.x, fit.y
        self._draw_points()
        if known is not None and not self.keeps_range:
            self._show_all()

    def _draw_points(self) -> None:
        """Draw the points; of very many every few."""
        train, test = self._train[:: self._step], self._test[:: self._step]
        self._drawn = np.concatenate([train, test])
        for item, which in ((self._points, train), (self._tested, test)):
            finite = which[np.isfinite(self._y[which])]
            item.setData(self._x[finite], self._y[finite])
        self._points.setSize(7 if len(self._x) <= 200 else 4)
        self._tested.setSize(8 if len(self._x) <= 200 else 5)

    def _ringed(self) -> int | None:
        """Return the number of the point that has a ring around it."""
        return int(self._train[self._sample]) if 0 <= self._sample < len(self._train) else None

    def _ring(self) -> None:
        """Draw a ring around the selected point."""
        point = self._ringed()
        shown = point is not None and np.isfinite(self._y[point])
        self._selected.setData(*([self._x[point]], [self._y[point]]) if shown else ([], []))

    def _all_in_view(self) -> bool:
        (left, right), (low, high) = self.getViewBox().viewRange()
        x, y = self._x, self._y
        return bool(np.all((left <= x) & (x <= right) & (low <= y) & (y <= high)))

    def _show_all(self) -> None:
        """Choose axes that hold all samples, with room for the legend above them."""
        x, y = (each[np.isfinite(each)] for each in (self._x, self._y))
        low, high = (float(np.min(y)), float(np.max(y))) if len(y) else (0.0, 1.0)
        left, right = float(np.min(x)), float(np.max(x))
        height, width = high - low or 10.0, right - left or 1.0
        self._limit = 1e4 * (height + 1.0) + abs(low) + abs(high)
        self.setRange(
            xRange=(left - 0.03 * width, right + 0.03 * width),
            yRange=(low - 0.08 * height, high + self._room_above() * height),
            padding=0,
        )
        self._shows_all = True

    def _room_above(self) -> float:
        """Return how much room the legend needs above the data, as a share of their height."""
        if not self._legend.isVisible():
            return 0.08
        legend = self._legend.boundingRect().height() + 6
        return min(1.16 * legend / max(self.getViewBox().height() - legend, 1.0), 0.8)

    def _show_residuals(self, fit: Fit) -> None:
        every = slice(None, None, self._step)
        ends = np.column_stack([fit.y[every], self._drawable(fit.prediction[every])])
        finite = np.isfinite(ends).all(axis=1)
        self._residuals.setData(np.repeat(fit.x[every][finite], 2), ends[finite].ravel())

    def _draw_curve(self, item: pg.PlotCurveItem, y: np.ndarray) -> None:
        """Draw a curve, with gaps where it is not known."""
        known = self._data is not None and not np.isnan(y).all()
        item.setData(*(self._data.x, self._drawable(y)) if known else ([], []))

    def _drawable(self, y: np.ndarray) -> np.ndarray:
        """Limit numbers to what a painter can handle; a nan leaves a gap."""
        return np.clip(y, -self._limit, self._limit)

    # -- looks ------------------------------------------------------------------------------

    def _show_legend(self) -> None:
        """Name what is drawn."""
        data = self._data
        if data is None:
            return
        count, drawn = len(self._x), len(self._drawn)
        some = "" if self._step == 1 else f" ({drawn:,} of {count:,} drawn)"
        self._legend.clear()
        self._legend.addItem(self._residuals, "residuals")
        self._legend.addItem(self._points, f"data{some}")
        if len(self._test):
            self._legend.addItem(self._tested, "test data")
        if data.truth is not None:
            self._legend.addItem(self._truth, data.true_name)
        self._legend.addItem(self._fitted, data.fitted_name)
        self._colour_legend()

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        super().set_theme(theme)
        self._residuals.setPen(pg.mkPen(theme.residual, width=1))
        self._points.setPen(None)
        self._points.setBrush(pg.mkBrush(theme.data))
        self._tested.setPen(pg.mkPen(theme.data, width=1.5))
        self._tested.setBrush(pg.mkBrush(theme.base))
        self._selected.setBrush(None)
        self._selected.setPen(pg.mkPen(theme.accent, width=2.5))
        self._handles.setBrush(pg.mkBrush(theme.fit))
        self._handles.setPen(pg.mkPen(theme.base, width=2))
        self._truth.setPen(pg.mkPen(theme.truth, width=2, style=Qt.PenStyle.DashLine))
        self._fitted.setPen(pg.mkPen(theme.fit, width=2.5))
        backing = QColor(theme.base)
        backing.setAlphaF(0.85)
        self._legend.setBrush(pg.mkBrush(backing))
        self._make_room()
        self._colour_legend()

    def _colour_legend(self) -> None:
        if self._theme is None:
            return
        text = self._theme.text
        self._legend.setLabelTextColor(text)
        self._legend.setLabelTextSize(f"{self._point_size()}pt")
        for sample, label in self._legend.items:
            label.setText(label.text, color=text.name(), size=f"{self._point_size()}pt")
            sample.update()

    # -- the mouse --------------------------------------------------------------------------

    def grip_at(self, at: QPointF) -> Grip | None:  # noqa: D102  GrabbingPlot's
        x, y = self.handles
        aside = self.pixels_from(at, x, y)
        nearest = int(np.argmin(aside)) if len(aside) else 0
        if not len(aside) or aside[nearest] > REACH:
            return None
        place = np.array([x[nearest], y[nearest]])
        return Grip(HANDLES[nearest], place, Qt.CursorShape.SizeVerCursor)

    def drag(self, thing: int, place: np.ndarray) -> None:  # noqa: D102  GrabbingPlot's
        if thing in HANDLES:
            self.handle_dragged.emit(HANDLES.index(thing), float(place[1]))

    def drop(self, thing: int) -> None:  # noqa: D102  GrabbingPlot's
        if thing in HANDLES:
            self.handle_dropped.emit()

    def press(self, thing: int) -> None:  # noqa: D102  GrabbingPlot's
        if thing in HANDLES:
            x, y = self.handles
            which = HANDLES.index(thing)
            self._select_near(self.getViewBox().mapViewToScene(QPointF(x[which], y[which])))

    def _click(self, event: MouseClickEvent) -> None:
        """Select the sample at the mouse, if there is one within reach."""
        if event.button() is Qt.MouseButton.LeftButton and self._select_near(event.scenePos()):
            event.accept()

    def _select_near(self, scene: QPointF) -> bool:
        """Select the sample that is nearest, if it is within reach."""
        train = self._train
        aside = self.pixels_from(QPointF(self.mapFromScene(scene)), self._x[train], self._y[train])
        if not len(aside) or np.min(aside) > CLICK:
            return False
        self.sample_clicked.emit(int(np.argmin(aside)))
        return True
