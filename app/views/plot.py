"""What the plots share: colours from the theme, a size of text from the application's font."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QFont, QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.theme import Theme
from autograd.digits import digits

Ticks = list[tuple[float, list[float]]]
"""Where an axis has ticks, the coarser ones first: their distance, and where they are."""

LEAST_LINES = 4
"""Lines of text that a plot must be high for numbers at its left axis."""

PART_OF_DECADE = 0.5
"""A logarithmic range, in decades, below which few powers of ten or their multiples lie in it."""


class SparseLogAxis(pg.AxisItem):
    """An axis whose numbers, when it is logarithmic, never overlap: fewer where it is short.

    A range that is only a small part of a decade has even steps.
    """

    def tickValues(self, minVal: float, maxVal: float, size: float) -> Ticks:  # noqa: N802, N803
        """Return where ticks are, the coarser ones first."""
        if not self.logMode or maxVal - minVal >= PART_OF_DECADE:
            return super().tickValues(minVal, maxVal, size)
        line = QFontMetricsF(self.style["tickFont"] or QFont()).height()
        low, high = 10.0**minVal, 10.0**maxVal
        step = nice_ceiling((high - low) * 2.5 * line / max(size, 1.0))
        first, last = math.ceil(low / step), math.floor(high / step)
        if not 0 < first <= last < first + 100:
            return super().tickValues(minVal, maxVal, size)
        return [(step, [math.log10(number * step) for number in range(first, last + 1)])]

    def logTickStrings(self, values: list[float], scale: float, spacing: float | None) -> list[str]:
        """Return the numbers of ticks at powers of ten, and of those between if there is room."""
        low, high = self.range
        if high - low < PART_OF_DECADE:
            return [digits(10.0**value, 6) for value in values]
        texts = super().logTickStrings(values, scale, spacing)
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

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        if getattr(self, "_axis_labels", None) is not None:  # pyqtgraph resizes before that
            self._fit_axes()

    def _fit_axes(self) -> None:
        """Leave out what a low plot has no room for."""
        lines = self.height() / self.fontMetrics().height()
        axis = self.getAxis("left")  # whose numbers would stand over each other
        axis.setStyle(showValues=lines > LEAST_LINES)
        axis.showLabel(lines > LEAST_LINES + 2)
        self.getAxis("bottom").showLabel(lines > 2 * LEAST_LINES)

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
        self._fit_axes()  # a label that is set is shown

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


def nice_ceiling(value: float, steps: tuple[float, ...] = (1.0, 2.0, 5.0)) -> float:
    """Return the smallest of some multiples of a power of ten that is not below the value."""
    if value <= 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((step * power for step in steps if step * power >= value), 10.0 * power)
