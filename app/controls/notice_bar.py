"""One line in the window that says how things stand, warns, or asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from app.style_property import set_style_property

Answer = tuple[str, Callable[[], None]]


class NoticeBar(QFrame):
    """Shows one sentence, and buttons for what can be done about it.

    It is always there, so that nothing below it jumps when there is something to say.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._label = QLabel(wordWrap=True, objectName="notice_text")
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self._label.setAccessibleName("Notice")
        self._buttons: list[QPushButton] = []
        self._question: tuple[str, Sequence[Answer]] | None = None
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(10, 3, 6, 3)
        self._layout.addWidget(self._label, 1)
        self.say("")

    @property
    def asks(self) -> bool:
        """Whether there are buttons to answer with."""
        return bool(self._buttons)

    @property
    def waits(self) -> bool:
        """Whether a question stands that has to be answered first."""
        return self._question is not None

    def ask(self, question: str, answers: Sequence[Answer]) -> None:
        """Ask something; it stands until it is answered, withdrawn or something else is asked."""
        self._question = question, answers
        self._show(question, "warning", [(text, self._answer(do)) for text, do in answers])

    def ask_again(self) -> None:
        """Show the question that stands, and nothing else."""
        if self._question is not None:
            self.ask(*self._question)

    def withdraw(self) -> None:
        """Let no question stand any more; what is shown stays until something else is said."""
        self._question = None

    def _answer(self, do: Callable[[], None]) -> Callable[[], None]:
        def answer() -> None:
            self.withdraw()
            do()

        return answer

    def say(self, sentence: str, kind: str = "status", answers: Sequence[Answer] = ()) -> None:
        """Show a sentence of kind "status", "warning" or "error", with a button per answer.

        While a question stands, the sentence is said before it.
        """
        if self._question is None:
            self._show(sentence, kind, answers)
            return
        question, choices = self._question
        self._show(
            f"{sentence} {question}".strip(),
            "warning",
            [(text, self._answer(do)) for text, do in choices],
        )

    def _show(self, sentence: str, kind: str, answers: Sequence[Answer]) -> None:
        self._label.setText(sentence)
        self._label.setAccessibleDescription(sentence)
        for button in self._buttons:
            self._layout.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = [self._make_button(*answer) for answer in answers]
        set_style_property(self, "kind", kind)
        self.resize_to_text()

    def resize_to_text(self) -> None:
        """Reserve the height of two lines in the present font, or of more if more are needed."""
        self._layout.activate()
        text = self._label.heightForWidth(self._label.width())
        two_lines = 2 * self.fontMetrics().lineSpacing()
        self.setFixedHeight(max(text, two_lines) + 10)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.resize_to_text()

    def _make_button(self, text: str, action: Callable[[], None]) -> QPushButton:
        name = text.replace("&", "")
        button = QPushButton(text, objectName=f"answer_{name.lower().replace(' ', '_')}")
        button.setAccessibleName(name)
        button.clicked.connect(action)
        self._layout.addWidget(button)
        return button
