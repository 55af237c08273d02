"""A label in one line that ends with an ellipsis where there is no room for all of its text."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStyleOption, QWidget

LEAST = 4
"""Characters that there is always room for."""


class ElidedLabel(QLabel):
    """Shows plain text, as much of it as there is room for; the rest is told by a tool tip."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._help = ""

    def set_help(self, text: str) -> None:
        """Say in a tool tip what this is, besides the text itself where that is cut short."""
        self._help = text

    def event(self, event: QEvent) -> bool:
        """Tell all of the text where the mouse rests, if it is cut short."""
        if event.type() is QEvent.Type.ToolTip:
            parts = (self.text() if self._elided() != self.text() else "", self._help)
            self.setToolTip("".join(f"<p>{part}</p>" for part in parts if part))
        return super().event(event)

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        width = LEAST * self.fontMetrics().averageCharWidth()
        return QSize(width, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, D102  Qt's
        option = QStyleOption()
        option.initFrom(self)
        painter = QPainter(self)
        self.style().drawItemText(
            painter,
            self.contentsRect(),
            int(self.alignment()),
            option.palette,
            self.isEnabled(),
            self._elided(),
            self.foregroundRole(),
        )
        painter.end()

    def _elided(self) -> str:
        width = self.contentsRect().width()
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, width)
