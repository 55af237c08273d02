"""The legend of the loss curve: which curve is which run's."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pyqtgraph as pg
from pyqtgraph.graphicsItems.LegendItem import ItemSample
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from app.theme import Theme
from app.views.plot import ThemedPlot

SHARE = 0.4
"""Which share of the plot's height the legend may cover."""

LEAST_LINES = 7
"""Lines of text that a plot must be high for a legend not to hide what it explains."""

LINE = 1.4
"""Height of an entry, in lines of text."""

LONGEST = 30
"""Characters of a name."""

Entry = tuple[pg.PlotCurveItem, str]


class LossLegend:
    """Names the curves in a corner of the plot, as many as there is room for."""

    def __init__(self, plot: ThemedPlot) -> None:
        self._plot = plot
        self._legend = _Legend()
        self._legend.setParentItem(plot.getViewBox())
        plot.getPlotItem().legend = self._legend
        self._more = pg.PlotCurveItem(pen=None)
        self._entries: list[Entry] = []
        self._shown: list[Entry] = []

    def show(self, entries: Sequence[Entry]) -> None:
        """Name these curves; the first is the present run's."""
        self._entries = list(entries)
        self.fit()

    def fit(self) -> None:
        """Show as many entries as there is room for, and say how many there are more."""
        line, height = max(1, self._plot.fontMetrics().height()), self._plot.height()
        room = int(SHARE * height / (LINE * line))
        lines = room if room >= 2 and height >= LEAST_LINES * line else 0
        shown = self._entries[:lines]
        if 0 < lines < len(self._entries):
            shown[-1] = self._more, f"and {len(self._entries) - lines + 1} more"
        if shown != self._shown:
            self._shown = shown
            self._legend.clear()
            for place, (item, name) in enumerate(shown):
                short = escape(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…")
                self._legend.addItem(item, f"<b>{short}</b>" if place == 0 else short)
        self._legend.setVisible(bool(shown))

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours, and text of the plot's size."""
        backing = QColor(theme.base)
        backing.setAlphaF(0.8)
        self._legend.setBrush(pg.mkBrush(backing))
        self._legend.setLabelTextColor(theme.text)
        self._legend.setLabelTextSize(f"{max(7.0, 0.9 * self._plot.font().pointSizeF())}pt")
        self._shown = []
        self.fit()


class _Legend(pg.LegendItem):
    """A legend whose lines are no further apart than text is."""

    def __init__(self) -> None:
        super().__init__(offset=(-4, 4), horSpacing=8, verSpacing=0, sampleType=_Sample)
        self.layout.setContentsMargins(6, 2, 6, 2)

    def updateSize(self) -> None:  # noqa: N802  pyqtgraph's
        self.layout.invalidate()
        self.resize(self.layout.effectiveSizeHint(Qt.SizeHint.PreferredSize))


class _Sample(ItemSample):
    """A piece of a curve that takes no click: whether a run is shown is chosen in their list."""

    def __init__(self, item: pg.PlotCurveItem) -> None:
        super().__init__(item)
        self.setFixedHeight(6)

    def boundingRect(self) -> QRectF:  # noqa: N802  Qt's
        return QRectF(0, 0, self.width(), self.height())

    def paint(self, painter: QPainter, *_: object) -> None:
        pen = pg.mkPen(self.item.opts["pen"])
        pen.setWidth(2)
        painter.setPen(pen)
        middle = self.height() / 2
        painter.drawLine(QPointF(0, middle), QPointF(self.width(), middle))

    def mouseClickEvent(self, event: MouseClickEvent) -> None:
        event.ignore()
