"""The test loss as a second, dashed curve."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from app.theme import Theme
from app.views.loss_others import Height
from app.views.plot import ThemedPlot


class TestCurve:
    """Draws the losses at some epochs as a dashed line.

    Attributes:
        item: the curve.
        epochs, losses: what it shows, of the same shape (epochs,).
    """

    def __init__(self, plot: ThemedPlot) -> None:
        self.item = pg.PlotCurveItem(connect="finite")
        self.epochs, self.losses = np.empty(0), np.empty(0)
        self._plot = plot
        self._drawn: object = None
        plot.addItem(self.item, ignoreBounds=True)

    def show(self, epochs: np.ndarray, losses: np.ndarray) -> None:
        """Take other losses."""
        self.epochs, self.losses, self._drawn = epochs, losses, None

    def draw(self, height: Height, *, log: bool) -> None:
        """Draw what is in view; dashes far outside it would take their time."""
        (left, right), _ = self._plot.getViewBox().viewRange()
        if (left, right, log) == self._drawn:
            return
        self._drawn = left, right, log
        heights = height(self.losses)
        inside = (self.epochs > left) & (self.epochs < right)
        ends = np.clip([left, right], self.epochs[0], self.epochs[-1])
        if ends[1] < left or ends[0] > right:
            self.item.setData([], [])
            return
        at = np.concatenate([ends[:1], self.epochs[inside], ends[1:]])
        self.item.setData(at, np.interp(at, self.epochs, heights))

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self.item.setPen(pg.mkPen(theme.loss, width=1, style=Qt.PenStyle.DashLine))
