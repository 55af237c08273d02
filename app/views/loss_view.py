"""The loss curve: every epoch of the run, with a crosshair that reads it out.

Beside it are the curves of other runs, and the loss of the samples kept for testing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.theme import Theme
from app.training.history import History
from app.views.loss_legend import LossLegend
from app.views.loss_others import OtherCurves, OtherRun
from app.views.loss_test_curve import TestCurve
from app.views.plot import ThemedPlot, nice_ceiling


class LossView(QWidget):
    """Plots the loss over the epochs.

    The axes follow the run in rare large steps, so that they can be read; after a person has
    panned or zoomed they stay until "Follow" is ticked again.
    """

    epoch_asked = Signal(int)
    """An epoch was clicked on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("loss_view")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._history = History(0)
        self._last_epoch = -1  # the newest epoch shown; −1 while there is none
        self._epochs = 1
        self._looked_at = -1
        self._cursor: int | None = None
        self.plot = ThemedPlot("epoch", "loss")
        self.plot.setObjectName("loss_plot")
        self.plot.setAccessibleName("Loss curve")
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._curve = pg.PlotCurveItem(connect="finite")
        self._newest = pg.ScatterPlotItem(size=8, pxMode=True)
        self._crosshair = pg.InfiniteLine(angle=90, movable=False)
        self._crosshair.setVisible(False)
        self._mark = pg.ScatterPlotItem(size=8, pxMode=True)
        for item in (self._crosshair, self._curve, self._newest, self._mark):
            self.plot.addItem(item, ignoreBounds=True)
        self._others = OtherCurves(self.plot)
        self._present = ""  # what the run is called among the others
        self._test: TestCurve | None = None
        self._legend: LossLegend | None = None  # both are made when there is need of them
        self._theme: Theme | None = None
        self._make_header()
        self.plot.getViewBox().sigRangeChangedManually.connect(
            lambda: self._follow.setChecked(False)
        )
        self.plot.getViewBox().sigXRangeChanged.connect(self._draw)
        self.plot.getViewBox().sigResized.connect(self._draw)
        self.plot.scene().sigMouseMoved.connect(self._point_at)
        self.plot.scene().sigMouseClicked.connect(self._choose)

    @property
    def own_keys(self) -> frozenset[Qt.Key]:
        """The keys that move the crosshair, while they go to the curve."""
        key = Qt.Key
        keys = {key.Key_Left, key.Key_Right, key.Key_Home, key.Key_End}
        return frozenset(keys if self._cursor is None else keys | {key.Key_Escape})

    def show_run(self, epochs: int) -> None:
        """Prepare for another run of so many epochs."""
        self._history = History(0)
        self._last_epoch = self._looked_at = -1
        self._epochs = epochs
        self._set_cursor(None)
        self._follow.setChecked(True)
        self._curve.setData([], [])
        self._newest.setData([], [])
        self.show_test(None, None)

    def show_epochs(self, epochs: int) -> None:
        """Take another number of epochs at which the run shall stop."""
        self._epochs = epochs

    def show_history(self, history: History, epoch: int, looked_at: int | None = None) -> None:
        """Show the loss at every epoch up to one, and mark which is looked at, if not that one."""
        self._history = history
        self._last_epoch = epoch
        self._looked_at = epoch if looked_at is None else looked_at
        if self._follow.isChecked():
            self._follow_run()
        self._draw()
        self._show_readout()

    def show_other_runs(self, runs: Sequence[OtherRun], present: str = "this run") -> None:
        """Show the curves of other runs, too; ``present`` is what a legend calls this one."""
        self._others.show(runs)
        self._present = present
        self._take_company()

    def show_test(self, epochs: np.ndarray | None, losses: np.ndarray | None) -> None:
        """Show the test loss at some epochs, both of shape (epochs,); None or none hides it."""
        if epochs is None or losses is None or not len(epochs):
            if self._test is None:
                return
            self.plot.removeItem(self._test.item)
            self._test = None
        else:
            if self._test is None:
                self._test = TestCurve(self.plot)
                if self._theme is not None:
                    self._test.set_theme(self._theme)
            self._test.show(epochs, losses)
        self._take_company()

    def _take_company(self) -> None:
        """Draw the other curves, name them, and bring them into view."""
        entries = self._others.entries
        if self._test is not None:
            entries.insert(0, (self._test.item, "test loss"))
        if entries:
            entries.insert(0, (self._curve, self._present or "loss"))
            if self._legend is None:
                self._legend = LossLegend(self.plot)
                self._colour_legend()
        if self._legend is not None:
            self._legend.show(entries)
        if self._follow.isChecked():
            self._follow_run()
        self._draw_company()

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        self.plot.set_theme(theme)
        self._others.set_theme(theme)
        if self._test is not None:
            self._test.set_theme(theme)
        self._colour_legend()
        self._curve.setPen(pg.mkPen(theme.loss, width=1))
        self._newest.setPen(None)
        self._newest.setBrush(pg.mkBrush(theme.loss))
        self._crosshair.setPen(pg.mkPen(theme.crosshair, width=1, style=Qt.PenStyle.DashLine))
        self._mark.setPen(pg.mkPen(theme.text, width=1.5))
        self._mark.setBrush(pg.mkBrush(theme.base))

    def _colour_legend(self) -> None:
        if self._legend is not None and self._theme is not None:
            self._legend.set_theme(self._theme)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        if self._legend is not None:
            self._legend.fit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and getattr(self, "_legend", None) is not None:
            self._colour_legend()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102  Qt's
        last = self._last_epoch
        at = self._looked_at if self._cursor is None else self._cursor
        match event.key():
            case Qt.Key.Key_Left if last >= 0:
                self._set_cursor(max(0, at - 1))
            case Qt.Key.Key_Right if last >= 0:
                self._set_cursor(min(last, at + 1))
            case Qt.Key.Key_Home if last >= 0:
                self._set_cursor(0)
            case Qt.Key.Key_End if last >= 0:
                self._set_cursor(last)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self._cursor is not None:
                self.epoch_asked.emit(self._cursor)
            case Qt.Key.Key_Escape:
                self._set_cursor(None)
            case _:
                super().keyPressEvent(event)

    # -- the parts --------------------------------------------------------------------------

    def _make_header(self) -> None:
        self._readout = QLabel(objectName="loss_readout", wordWrap=True)
        self._readout.setAccessibleName("Epoch and loss at the crosshair")
        self._readout.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._log = QCheckBox("&Log axis", objectName="log_axis", checked=True)
        self._log.setToolTip("Show the loss on a logarithmic axis.")
        self._log.toggled.connect(self._change_axis)
        self._follow = QCheckBox("Follo&w", objectName="follow", checked=True)
        self._follow.setToolTip("Keep the whole run in view; panning or zooming ends it.")
        self._follow.toggled.connect(lambda on: on and self._follow_run())
        row = QHBoxLayout()
        row.addWidget(self._log)
        row.addWidget(self._follow)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 2, 6, 6)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self._readout)
        layout.addWidget(self.plot, 1)
        self.plot.getAxis("left").setLogMode(y=True)
        self._show_readout()

    # -- drawing ----------------------------------------------------------------------------

    def _change_axis(self, log: bool) -> None:
        self.plot.getAxis("left").setLogMode(y=log)
        self._follow_run()
        self._draw()
        self._show_readout()

    def _height(self, losses: np.ndarray) -> np.ndarray:
        """Return where losses are drawn; what is not finite, or not on a log axis, is nan."""
        heights = np.where(np.isfinite(losses), losses, np.nan)
        if self._log.isChecked():
            with np.errstate(divide="ignore", invalid="ignore"):
                heights = np.log10(heights)
            heights[~np.isfinite(heights)] = np.nan
        return heights

    def _draw(self) -> None:
        """Draw the part of the curve that is in view."""
        if self._last_epoch < 0 or self.plot.width() < 10:
            return
        (left, right), _ = self.plot.getViewBox().viewRange()
        start = math.floor(left) - 1
        stop = min(math.ceil(right) + 2, self._last_epoch + 1)
        epochs, losses = self._history.thinned(start, stop, self._columns)
        self._curve.setData(epochs, self._height(losses))
        self._put(self._newest, self._looked_at)
        self._draw_company()

    def _draw_company(self) -> None:
        """Draw the curves of the other runs and the test loss, where they are other than before."""
        if self.plot.width() < 10:
            return
        log = self._log.isChecked()
        self._others.draw(self._columns, self._height, log=log)
        if self._test is not None:
            self._test.draw(self._height, log=log)

    @property
    def _columns(self) -> int:
        """How many columns of pixels a curve is drawn into."""
        return max(50, int(self.plot.getViewBox().width()))

    def _put(self, mark: pg.ScatterPlotItem, epoch: int) -> None:
        """Put a mark on the curve at an epoch; nowhere if its loss cannot be drawn."""
        height = self._height(np.array([self._history.loss(epoch)]))
        mark.setData([epoch], height) if np.isfinite(height[0]) else mark.setData([], [])

    def _follow_run(self) -> None:
        """Choose axes that hold all runs and rarely change."""
        last, others = self._others.range(self._height, log=self._log.isChecked())
        last = max(last, self._last_epoch)
        if last < 0:
            return
        right = max(last, min(nice_ceiling(max(20, last)), max(self._epochs, 20)))
        _, losses = self._history.thinned(0, self._last_epoch + 1, 500)
        test = np.empty(0) if self._test is None else self._test.losses
        heights = np.concatenate([self._height(losses), others, self._height(test)])
        heights = heights[np.isfinite(heights)]
        low, high = (heights.min(), heights.max()) if len(heights) else (0.0, 1.0)
        if self._log.isChecked():
            low, high = _half_decades(low, high)
        else:
            low, high = min(0.0, low), nice_ceiling(high, (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0))
        self.plot.setRange(xRange=(-0.02 * right, 1.02 * right), yRange=(low, high), padding=0.02)

    # -- the crosshair ----------------------------------------------------------------------

    def _point_at(self, position: QPointF) -> None:
        """Move the crosshair to the mouse."""
        box = self.plot.getViewBox()
        if self._last_epoch < 0 or not box.sceneBoundingRect().contains(position):
            self._set_cursor(None)
            return
        epoch = round(box.mapSceneToView(position).x())
        self._set_cursor(min(max(epoch, 0), self._last_epoch))

    def _choose(self, event: MouseClickEvent) -> None:
        """Ask for the epoch at the crosshair."""
        if event.button() is Qt.MouseButton.LeftButton and self._cursor is not None:
            self.epoch_asked.emit(self._cursor)

    def _set_cursor(self, epoch: int | None) -> None:
        self._cursor = epoch
        self._show_readout()

    def _show_readout(self) -> None:
        """Say epoch and loss at the crosshair, or at the newest epoch without one."""
        self._crosshair.setVisible(self._cursor is not None)
        if self._last_epoch < 0:
            self._readout.setText("epoch – · loss –")
            self._mark.setData([], [])
            return
        epoch = self._looked_at if self._cursor is None else self._cursor
        loss = self._history.loss(epoch)
        self._readout.setText(f"epoch <b>{epoch:,}</b> · loss <b>{loss:.10g}</b>")
        if self._cursor is None:
            self._mark.setData([], [])
        else:
            self._crosshair.setValue(epoch)
            self._put(self._mark, epoch)

    def leaveEvent(self, event: object) -> None:  # noqa: D102  Qt's
        super().leaveEvent(event)
        self._set_cursor(None)


def _half_decades(low: float, high: float) -> tuple[float, float]:
    """Return a range of log₁₀ that holds both and ends at half decades, at least one long."""
    low, high = math.floor(2 * low) / 2, math.ceil(2 * high) / 2
    return (low, high) if high - low >= 1 else (low - 0.5, high + 0.5)
