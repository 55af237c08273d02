"""The line that reads out a run of a sweep."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget


class SweepReadout(QLabel):
    """Says a sentence; it keeps the height that its longest one needed.

    Else what is below it would move away from the mouse that made it say something longer.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, objectName="sweep_readout", wordWrap=True)
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def say(self, sentence: str) -> None:
        """Say another sentence."""
        if sentence != self.text():
            self.setText(sentence)
            self._reserve()

    def limit(self, height: int) -> None:
        """Take no more height than so much, in whole lines; all is in the tool tip then."""
        height = height // self.fontMetrics().lineSpacing() * self.fontMetrics().lineSpacing()
        if height != self.maximumHeight():
            self.setMaximumHeight(height)
            self.setMinimumHeight(0)
            self._reserve()

    def _reserve(self) -> None:
        needed = self.heightForWidth(self.width())
        limit = self.maximumHeight()
        self.setMinimumHeight(min(max(self.minimumHeight(), needed), limit))
        self.setToolTip(self.text() if needed > limit else "")

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.setMinimumHeight(0)
            self._reserve()
