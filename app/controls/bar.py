"""What the bars above the views share: their actions, their buttons, and how they fold."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QToolButton, QWidget

GAP, ROW_GAP = 18, 4
"""Pixels between two parts: side by side, and one below the other."""


class FoldingBar(QWidget):
    """Shows its parts in one row, or one below the other where one row is too narrow."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(GAP)

    def add_part(self, part: QWidget, stretch: int = 0) -> None:
        """Add a part at the right, or below."""
        self._rows.addWidget(part, stretch)

    def fold(self) -> None:
        """Put the parts below each other if they have no room side by side."""
        folded = self._width_of_one_row() > self.width()
        if folded != self._folded:
            direction = QBoxLayout.Direction
            self._rows.setDirection(direction.TopToBottom if folded else direction.LeftToRight)
            self._rows.setSpacing(ROW_GAP if folded else GAP)
            self.updateGeometry()

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        sizes = self._sizes()
        heights = [size.height() for size in sizes]
        height = sum(heights) + ROW_GAP * (len(sizes) - 1) if self._folded else max(heights)
        return QSize(max(size.width() for size in sizes), height)

    def sizeHint(self) -> QSize:  # noqa: D102  Qt's
        return self.minimumSizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        self.fold()

    @property
    def _folded(self) -> bool:
        return self._rows.direction() is QBoxLayout.Direction.TopToBottom

    def _sizes(self) -> list[QSize]:
        return [self._rows.itemAt(index).minimumSize() for index in range(self._rows.count())]

    def _width_of_one_row(self) -> int:
        sizes = self._sizes()
        return sum(size.width() for size in sizes) + GAP * (len(sizes) - 1)


def action_button(action: QAction, size: int, with_text: bool = False) -> QToolButton:
    """Return a button for an action, with an icon of that many pixels."""
    button = QToolButton(objectName=action.objectName().removesuffix("_action"))
    button.setDefaultAction(action)
    button.setIconSize(QSize(size, size))
    button.setAutoRaise(True)
    button.setAccessibleName(action.text().replace("&", ""))
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    if with_text:
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return button
