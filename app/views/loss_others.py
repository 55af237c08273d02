"""The loss curves of other runs, below the present one's."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import pyqtgraph as pg

from app.theme import Theme
from app.training.history import History
from app.views.plot import ThemedPlot

Height = Callable[[np.ndarray], np.ndarray]
"""Returns where losses are drawn on the present axis; nan for nowhere."""

RANGE_COLUMNS = 100
"""Columns into which a run is thinned to see which range of losses it needs."""


class OtherRun(Protocol):
    """What is drawn of a run.

    Attributes:
        name: what it is called.
        colour: which of the theme's colours it has.
        history: its losses; None until its epoch 0 is known.
        epoch: the newest epoch to show; −1 while there is none.
    """

    name: str
    colour: int
    history: History | None
    epoch: int


class OtherCurves:
    """Draws the curves, each again only where its run or the view is another than before.

    Attributes:
        entries: the curves with the names of their runs, for a legend.
    """

    def __init__(self, plot: ThemedPlot) -> None:
        self._plot = plot
        self._theme: Theme | None = None
        self._curves: list[_Curve] = []

    @property
    def entries(self) -> list[tuple[pg.PlotCurveItem, str]]:
        """The curves with the names of their runs."""
        return [(curve.item, curve.name) for curve in self._curves]

    def show(self, runs: Sequence[OtherRun]) -> None:
        """Take other runs, or the same ones with more epochs."""
        while len(self._curves) > len(runs):
            self._plot.removeItem(self._curves.pop().item)
        while len(self._curves) < len(runs):
            self._curves.append(_Curve())
            self._plot.addItem(self._curves[-1].item, ignoreBounds=True)
        for curve, run in zip(self._curves, runs, strict=True):
            curve.take(run)
            self._colour(curve)

    def draw(self, columns: int, height: Height, *, log: bool) -> None:
        """Draw the part of each curve that is in view, in about so many columns."""
        (left, right), _ = self._plot.getViewBox().viewRange()
        for curve in self._curves:
            curve.draw(left, right, columns, height, log)

    def range(self, height: Height, *, log: bool) -> tuple[int, list[float]]:
        """Return the newest epoch of all, and heights that shall be in view."""
        heights = [each for curve in self._curves for each in curve.range(height, log)]
        return max((curve.epoch for curve in self._curves), default=-1), heights

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        for curve in self._curves:
            self._colour(curve)

    def _colour(self, curve: _Curve) -> None:
        if self._theme is not None:
            curve.item.setPen(pg.mkPen(self._theme.run(curve.colour), width=1))


class _Curve:
    """One run's curve, and what it was drawn from last."""

    def __init__(self) -> None:
        self.item = pg.PlotCurveItem(connect="finite")
        self.item.setZValue(-1)
        self.name, self.colour, self.epoch = "", 0, -1
        self._history: History | None = None
        self._drawn: object = None
        self._ranged: object = None
        self._range: tuple[float, ...] = ()

    def take(self, run: OtherRun) -> None:
        """Take what is to be drawn from now on."""
        self.name, self.colour = run.name, run.colour
        if run.history is not self._history:
            self._history, self._drawn, self._ranged = run.history, None, None
        self.epoch = -1 if run.history is None else run.epoch

    def draw(self, left: float, right: float, columns: int, height: Height, log: bool) -> None:
        """Draw what is in view, unless it is drawn already."""
        key = (self.epoch, left, right, columns, log)
        if key == self._drawn:
            return
        self._drawn = key
        if self._history is None or self.epoch < 0:
            self.item.setData([], [])
            return
        start, stop = math.floor(left) - 1, min(math.ceil(right) + 2, self.epoch + 1)
        epochs, losses = self._history.thinned(start, stop, columns)
        self.item.setData(epochs, height(losses))

    def range(self, height: Height, log: bool) -> tuple[float, ...]:
        """Return the lowest height and the highest that must be in view.

        A run that diverges does not press the others flat: of what it rises above its start
        only a little is.
        """
        key = (self.epoch, log)
        if key != self._ranged:
            self._ranged = key
            self._range = self._find_range(height, log)
        return self._range

    def _find_range(self, height: Height, log: bool) -> tuple[float, ...]:
        if self._history is None or self.epoch < 0:
            return ()
        _, losses = self._history.thinned(0, self.epoch + 1, RANGE_COLUMNS)
        heights = height(losses)
        heights = heights[np.isfinite(heights)]
        if not len(heights):
            return ()
        first = float(heights[0])
        limit = first + 1.0 if log else first + abs(first)
        return float(min(heights.min(), limit)), float(min(heights.max(), limit))
