"""The log: every step that was shown, as a line that can be read again and copied."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QShowEvent,
    QTextCursor,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

KEPT = 5000
"""How many steps are kept; the oldest go first."""


class StepLog(QWidget):
    """Keeps the last steps that were shown, the newest at the bottom.

    It stays at the newest, unless one has scrolled up to read.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("step_log")
        self._lines = _Lines()
        self._count = QLabel(objectName="step_log_count")
        self._count.setProperty("role", "muted")
        self._copy = _button("step_log_copy", "Copy", "Copy what is selected, or all steps.")
        self._clear = _button("step_log_clear", "Clear", "Forget all steps.")
        self._copy.clicked.connect(self._lines.copy_lines)
        self._clear.clicked.connect(self.clear)
        footer = QHBoxLayout()
        for widget in (self._copy, self._clear):
            footer.addWidget(widget)
        footer.addWidget(self._count, 1)
        self._count.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(1)  # it stands behind the inspector, which needs less
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 0, 6, 6)
        layout.setSpacing(4)
        layout.addWidget(self._lines, 1)
        layout.addLayout(footer)
        self._show_count()

    def add(self, headline: str, sentence: str, back: bool = False) -> None:
        """Append a step; ``back`` if one went back to it."""
        self._lines.append(f"back to: {headline}" if back else headline, sentence)
        self._show_count()

    def clear(self) -> None:
        """Forget all steps."""
        self._lines.clear()
        self._show_count()

    def _show_count(self) -> None:
        """Show how many steps there are, and whether the oldest are no longer among them."""
        count = self._lines.count
        self._count.setText(
            f"the last {KEPT:,} steps" if count == KEPT else f"{count:,} step{'s' * (count != 1)}"
        )
        for button in (self._copy, self._clear):
            button.setEnabled(count > 0)


class _Lines(QPlainTextEdit):
    """The lines of the log: text that can be read, selected and copied, not written."""

    def __init__(self) -> None:
        super().__init__(readOnly=True, undoRedoEnabled=False, objectName="step_log_lines")
        self.setAccessibleName("Steps that were shown, the newest last")
        self.setToolTip("Every step that was shown; Ctrl+C copies what is selected, or all.")
        self.setPlaceholderText("Step on (→): every step that is shown is kept here.")
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setTabChangesFocus(True)
        self.setMaximumBlockCount(KEPT)
        self._follows = True
        self.verticalScrollBar().valueChanged.connect(self._take_scroll)

    @property
    def count(self) -> int:
        """How many lines there are."""
        return 0 if self.document().isEmpty() else self.blockCount()

    def append(self, headline: str, sentence: str) -> None:
        """Append a line, and show it if the newest line is what one looks at."""
        follows = self._follows
        self.appendHtml(f"<b>{escape(headline)}</b>&nbsp; {escape(sentence)}")
        if follows:
            self._show_newest()

    def copy_lines(self) -> None:
        """Copy what is selected, or all."""
        selected = self.textCursor().selection().toPlainText()
        QGuiApplication.clipboard().setText(selected or self.toPlainText())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_lines()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        came_by_key = event.reason() in (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
        )
        if came_by_key and self._follows and not self.textCursor().hasSelection():
            self.moveCursor(QTextCursor.MoveOperation.End)  # the arrows read from the newest

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._follows:
            self._show_newest()

    def resizeEvent(self, event: QResizeEvent) -> None:
        follows = self._follows
        super().resizeEvent(event)
        if follows:
            self._show_newest()

    def _show_newest(self) -> None:
        self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())
        self._follows = True

    def _take_scroll(self, value: int) -> None:
        self._follows = value == self.verticalScrollBar().maximum()


def _button(name: str, text: str, what: str) -> QPushButton:
    button = QPushButton(text, objectName=name, toolTip=what)
    button.setAccessibleName(f"{text} the steps")
    return button
