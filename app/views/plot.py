"""What the plots share: colours from the theme, a size of text from the application's font."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QFont, QFontMetricsF
from PySide6.QtWidgets import QWidget

from app.theme import Theme


class SparseLogAxis(pg.AxisItem):
    """An axis whose numbers, when it is logarithmic, never overlap: fewer where it is short."""

    def logTickStrings(self, values: list[float], scale: float, spacing: float | None) -> list[str]:
        """Return the numbers of ticks at powers of ten, and of those between if there is room."""
        texts = super().logTickStrings(values, scale, spacing)
        low, high = self.range
        decade = self.height() / max(high - low, 1e-9)
        line = QFontMetricsF(self.style["tickFont"] or QFont()).height()
        if decade * math.log10(10 / 9) > line:
            return texts
        kept = (1, 2, 5) if decade * math.log10(2) > 1.2 * line else (1,)
        return [
            text if round(10 ** (value % 1.0)) in (*kept, 10 * kept[0]) else ""
            for text, value in zip(texts, values, strict=True)
        ]


class ThemedPlot(pg.PlotWidget):
    """A plot without menu and frame; subclasses colour their curves in ``set_theme``."""

    def __init__(self, bottom: str, left: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, enableMenu=False, axisItems={"left": SparseLogAxis("left")})
        self._axis_labels = {"bottom": bottom, "left": left}
        self._theme: Theme | None = None
        self.setFrameShape(self.Shape.NoFrame)
        self.hideButtons()
        self.getPlotItem().layout.setContentsMargins(1, 6, 1, 1)  # for half of a number at the top
        for name in self._axis_labels:
            self.getAxis(name).enableAutoSIPrefix(False)
        self.getAxis("bottom").setStyle(
            textFillLimits=[(0, 0.6), (2, 0.45), (4, 0.3), (6, 0.15)]  # room between numbers
        )

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        return QSize(60, 36)  # so that a small window is possible at all

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours for background and axes."""
        self._theme = theme
        self.setBackground(theme.base)
        for name, label in self._axis_labels.items():
            axis = self.getAxis(name)
            axis.setPen(theme.border)
            axis.setTextPen(theme.muted)
            axis.setLabel(
                label, **{"color": theme.muted.name(), "font-size": f"{self._point_size()}pt"}
            )
            axis.setTickFont(self._tick_font())

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and getattr(self, "_theme", None) is not None:
            self.set_theme(self._theme)

    def _point_size(self) -> float:
        return max(7.0, self.font().pointSizeF() * 0.95)

    def _tick_font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(self._point_size() * 0.9)
        return font
