"""A part of the inspector: a caption and rich text that keeps the room it once took."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QTextDocumentFragment
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.theme import Theme
from app.views.inspector.wording import joined, selection_of


class SteadyText(QLabel):
    """Rich text whose room grows with what it says, but shrinks only when asked to.

    What lies below does not jump where a number loses a digit.
    """

    followed = Signal(object)
    """A link was followed: where to, a Selection."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, objectName=name, wordWrap=True)
        flags = Qt.TextInteractionFlag
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setTextInteractionFlags(flags.TextBrowserInteraction)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._room: dict[int, int] = {}
        self._text = self._style = ""
        self.linkActivated.connect(lambda address: self.followed.emit(selection_of(address)))

    def say(self, text: str) -> None:
        """Show a text."""
        if text != self._text:
            self._text = text
            self._render()
            if self.accessibleName():  # which is read out in place of the text
                plain = QTextDocumentFragment.fromHtml(text).toPlainText()
                self.setAccessibleDescription(plain)

    def forget(self) -> None:
        """Take no more room than the next text needs."""
        self._room.clear()

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._style = (
            f"<style>.muted {{ color: {theme.muted.name()}; }}"
            f" a {{ color: {theme.accent.name()}; }}</style>"
        )
        self._render()

    def heightForWidth(self, width: int) -> int:  # noqa: D102, N802  Qt's
        height = max(super().heightForWidth(width), self._room.get(width, 0))
        self._room[width] = height
        return height

    def _render(self) -> None:
        has_links = "<a " in self._text
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if has_links else Qt.FocusPolicy.NoFocus)
        self.setText(self._style + joined(self._text))


class Section(QWidget):
    """A caption with text below."""

    def __init__(self, name: str, caption: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{name}_section")
        self._caption = QLabel(caption)
        self._caption.setProperty("role", "title")
        self._caption.setWordWrap(True)
        self.text = SteadyText(name)
        self.text.setAccessibleName(caption)
        self._caption.setBuddy(self.text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        layout.addWidget(self._caption)
        layout.addWidget(self.text)

    def set_caption(self, caption: str) -> None:
        """Say something else above the text."""
        self._caption.setText(caption)
        self.text.setAccessibleName(caption)
