"""The inspector's page, which scrolls, and shows when it is the keyboard that scrolls it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from app.theme import Theme


class Page(QWidget):
    """What is scrolled: framed in the theme's accent while its scroll area has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector_page")
        self._theme: Theme | None = None
        self.framed = False

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, D102  Qt's
        if self.framed and self._theme is not None:
            painter = QPainter(self)
            painter.setPen(self._theme.accent)
            painter.drawRect(self.rect().adjusted(1, 1, -2, -2))
            painter.end()


class PageScroll(QScrollArea):
    """Scrolls the page, also with the keyboard."""

    def __init__(self, page: Page, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector_scroll")
        self.setAccessibleName("Inspector")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setWidgetResizable(True)
        self.setWidget(page)
        self._page = page

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: D102  Qt's
        super().focusInEvent(event)
        self._frame(event.reason() is not Qt.FocusReason.MouseFocusReason)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: D102  Qt's
        super().focusOutEvent(event)
        self._frame(False)

    def _frame(self, framed: bool) -> None:
        self._page.framed = framed
        self._page.update()
