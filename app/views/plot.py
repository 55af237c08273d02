"""What the plots share: colours from the theme, a size of text from the application's font."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from app.theme import Theme


class ThemedPlot(pg.PlotWidget):
    """A plot without menu and frame; subclasses colour their curves in ``set_theme``."""

    def __init__(self, bottom: str, left: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, enableMenu=False)
        self._axis_labels = {"bottom": bottom, "left": left}
        self._theme: Theme | None = None
        self.setFrameShape(self.Shape.NoFrame)
        self.hideButtons()
        for name in self._axis_labels:
            self.getAxis(name).enableAutoSIPrefix(False)
        self.getAxis("bottom").setStyle(
            textFillLimits=[(0, 0.6), (2, 0.45), (4, 0.3), (6, 0.15)]  # room between numbers
        )

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
