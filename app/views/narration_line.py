"""One step told in a sentence, large enough to be read on a projector."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QFont,
    QFontMetrics,
    QFontMetricsF,
    QResizeEvent,
    QTextLayout,
)
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget

SENTENCE_SCALE, HEADLINE_SCALE = 1.15, 0.9
"""The sizes of the texts, relative to the window's."""

LINES = 3
"""How many lines of the sentence there is room for: always, and at most."""


class NarrationLine(QFrame):
    """Says what a step does: a headline, and a sentence with the numbers.

    There is always room for ``LINES`` lines of the sentence, so that nothing jumps from step to
    step; what a longer one has beyond them is in the tool tip.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("narration")
        self._sentence = ""
        self._headline_label = _label("narration_headline", "Step")
        self._headline_label.setProperty("role", "muted")
        self._sentence_label = _label("narration_sentence", "What the step does")
        self._sentence_label.setWordWrap(True)
        self._sentence_label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 4, 10, 5)
        layout.setSpacing(1)
        layout.addWidget(self._headline_label)
        layout.addWidget(self._sentence_label)
        layout.addStretch(1)
        self._resize_to_text()

    def say(self, headline: str, sentence: str) -> None:
        """Show a step's headline and sentence, plain text; a screen reader reads both."""
        if (headline, sentence) == (self._headline_label.text(), self._sentence):
            return  # a screen reader need not hear it again
        self._sentence = sentence
        self._headline_label.setText(headline)
        self._show_sentence()
        spoken = ". ".join(part for part in (headline, sentence) if part)
        self.setAccessibleDescription(spoken)
        if spoken:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, spoken))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._show_sentence()

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._resize_to_text()

    def _resize_to_text(self) -> None:
        """Scale the texts from the window's font, and reserve the height that they need."""
        for label, scale in (
            (self._headline_label, HEADLINE_SCALE),
            (self._sentence_label, SENTENCE_SCALE),
        ):
            font = QFont(self.font())
            font.setPointSizeF(self.font().pointSizeF() * scale)
            label.setFont(font)
        self._show_sentence()

    def _show_sentence(self) -> None:
        """Show the sentence, or as much of it as there is room for."""
        label = self._sentence_label
        margins = self.layout().contentsMargins()
        width = self.contentsRect().width() - margins.left() - margins.right()
        begins = line_begins(self._sentence, label.font(), width)
        label.setFixedHeight(math.ceil(LINES * QFontMetricsF(label.font()).lineSpacing()) + 2)
        fits = len(begins) <= LINES
        last = 0 if fits else begins[LINES - 1]
        rest = self._sentence if fits else cut(self._sentence[last:], label.fontMetrics(), width)
        label.setText(self._sentence[:last] + rest)
        label.setToolTip("" if fits else self._sentence)


def line_begins(text: str, font: QFont, width: int) -> list[int]:
    """Return where the lines begin in a text that is broken at a width in pixels."""
    layout = QTextLayout(text, font)
    layout.beginLayout()
    begins = []
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        begins.append(line.textStart())
    layout.endLayout()
    return begins


def cut(text: str, metrics: QFontMetrics, width: int) -> str:
    """Return the words that fit into a line, and "…": half a number would be another number."""
    words = text.split(" ")
    while len(words) > 1 and metrics.horizontalAdvance(" ".join(words) + " …") > width:
        words.pop()
    return " ".join(words) + " …"


def _label(name: str, accessible: str) -> QLabel:
    label = QLabel(objectName=name, textFormat=Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    label.setAccessibleName(accessible)
    return label
