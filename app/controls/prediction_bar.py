"""The prediction bar: asks for a number before a step shows it, and says whether it was right."""

from __future__ import annotations

from enum import Enum, auto
from html import escape

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QTextDocumentFragment
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from app.style_property import set_style_property
from app.theme import Theme, icon_pixmap

RESTING = "Step on (→): before each backward step you are asked."
SIGNS = {"−": "negative", "0": "zero", "+": "positive"}
"""The answers where only the sign is asked for."""

_TYPED_SIGNS = {"-": "−", "−": "−", "0": "0", "+": "+"}
_LINES = 2  # of text that there is always room for
_LONGEST_LINE = "“−3.1,4” is no number. Write it like "  # of a message in two lines
_LONGEST_NUMBER = "−0.000000000000"
_MARK = 18  # pixels a side
_PADDING = 10  # pixels above and below a problem, together


class _State(Enum):
    RESTING = auto()
    ASKING = auto()
    JUDGED = auto()


class PredictionBar(QFrame):
    """Asks a question, takes an answer, and says whether it was right.

    It takes the keyboard's focus when it asks, and gives it back when it rests or disappears.
    Its height is the same in every state.
    """

    answered = Signal(str)
    """What was typed; with only the sign asked for, one of ``SIGNS``."""
    revealed = Signal()
    """The answer shall be shown, and not be counted."""
    continued = Signal()
    """The verdict was read: on to the step."""
    sign_only_toggled = Signal(bool)
    """A person wants to be asked for signs only, or for numbers again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("prediction_bar")
        self._theme: Theme | None = None
        self._state = _State.RESTING
        self._right: bool | None = None
        self._verdict = self._score = self._problem = ""
        self._came_from: QWidget | None = None
        self._question = _wrapping("prediction_question", "Question")
        self._message = _wrapping("prediction_message", "Score or verdict")
        self._message.setTextFormat(Qt.TextFormat.RichText)
        self._answers = QStackedWidget()
        self._answers.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._answers.addWidget(self._make_number())
        self._answers.addWidget(self._make_signs())
        self._asking = self._make_asking()
        self._judged = self._make_judged()
        self._below = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._below.setSpacing(8)
        for part in (self._asking, self._judged):
            self._below.addWidget(part, 0, Qt.AlignmentFlag.AlignLeft)
        self._below.addWidget(self._message, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 4, 10, 4)
        layout.setSpacing(4)
        layout.addWidget(self._question)
        layout.addLayout(self._below)
        layout.addStretch(1)
        self.rest()

    @property
    def judged(self) -> bool:
        """Whether a verdict is shown, and nothing is left to be done but to go on."""
        return self._state is _State.JUDGED

    # -- what it is told --------------------------------------------------------------------

    def ask(self, question: str, sign_only: bool) -> None:
        """Ask a question, a plain text, and take the keyboard's focus."""
        self._remember_focus()
        self._sign_only.setChecked(sign_only)
        self._field.setText("")
        self._show_state(_State.ASKING, question)
        (self._signs["0"] if sign_only else self._field).setFocus()

    def refuse(self, problem: str) -> None:
        """Say why an answer cannot be used; it can be corrected."""
        self._show_message(problem)
        self._field.selectAll()

    def show_verdict(self, right: bool | None, sentence: str) -> None:
        """Say whether the answer was right, and why; None if it was shown instead."""
        self._right = right
        judgement = {True: "<b>Right.</b> ", False: "<b>Wrong.</b> ", None: ""}[right]
        self._verdict = judgement + escape(sentence)
        spoken = QTextDocumentFragment.fromHtml(self._verdict).toPlainText()
        self._go_on.setAccessibleDescription(spoken)
        self._show_mark()
        self._show_state(_State.JUDGED, self._question.text())
        self._go_on.setFocus()

    def show_score(self, score: str) -> None:
        """Show the score so far."""
        self._score = score
        self._show_message(self._problem)

    def rest(self) -> None:
        """Ask nothing now, and give the focus back."""
        self._return_focus()
        self._field.setText("")
        self._show_state(_State.RESTING, RESTING)

    def set_theme(self, theme: Theme) -> None:
        """Draw the mark in the theme's colours."""
        self._theme = theme
        self._show_mark()
        self._show_message(self._problem)

    # -- what a person does -----------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102  Qt's
        asking = self._state is _State.ASKING
        if asking and self._sign_only.isChecked() and event.text() in _TYPED_SIGNS:
            self.answered.emit(_TYPED_SIGNS[event.text()])
        elif event.key() == Qt.Key.Key_Escape and self._field.text():
            self._field.setText("")
            self._show_message()
        else:
            super().keyPressEvent(event)

    def setVisible(self, visible: bool) -> None:  # noqa: D102, N802  Qt's
        if not visible:
            self.rest()  # before Qt passes the focus on to whatever comes next
        super().setVisible(visible)

    def _answer(self) -> None:
        if self._field.text().strip():
            self.answered.emit(self._field.text().strip())

    def _remember_focus(self) -> None:
        focused = QApplication.focusWidget()
        if focused is not None and not self.isAncestorOf(focused):
            self._came_from = focused

    def _return_focus(self) -> None:
        focused, before = QApplication.focusWidget(), self._came_from
        self._came_from = None
        if focused is None or not self.isAncestorOf(focused):
            return
        if before is not None and isValid(before) and before.isVisible():
            before.setFocus()
        else:
            focused.clearFocus()

    # -- what it shows ----------------------------------------------------------------------

    def _show_state(self, state: _State, text: str) -> None:
        """Show the question, and the controls that a state has."""
        self._state = state
        self._question.setText(text)
        self._field.setAccessibleDescription(text)
        set_style_property(self._question, "role", "muted" if state is _State.RESTING else "")
        for part in (self._answers, self._show_me):
            part.setEnabled(state is not _State.RESTING)
        self._show_answers()
        self._judged.setVisible(state is _State.JUDGED)
        self._asking.setVisible(state is not _State.JUDGED)
        self._show_message()

    def _show_answers(self) -> None:
        self._answers.setCurrentIndex(self._sign_only.isChecked())
        self._answer_button.setEnabled(bool(self._field.text().strip()))

    def _show_message(self, problem: str = "") -> None:
        """Show a problem; without one, the verdict if there is one, and the score."""
        self._problem = problem
        verdict = self._verdict if self._state is _State.JUDGED else ""
        muted = "" if self._theme is None else self._theme.muted.name()
        score = self._score and f"<span style='color:{muted}'>{escape(self._score)}</span>"
        texts = (escape(problem),) if problem else (verdict, score)
        self._message.setText(" &nbsp; ".join(text for text in texts if text))
        set_style_property(self._message, "role", "problem" if problem else "")
        set_style_property(self._field, "invalid", bool(problem))
        self._reserve_lines()

    def _show_mark(self) -> None:
        """Draw a check or a cross; nothing where nothing was answered."""
        self._mark.clear()
        if self._theme is not None and self._right is not None:
            name = "check" if self._right else "cross"
            colour = self._theme.accent if self._right else self._theme.negative
            self._mark.setPixmap(icon_pixmap(name, colour, _MARK))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._reserve_lines()

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._reserve_lines()

    def _reserve_lines(self) -> None:
        """Reserve the height of two lines for each text, or of more if it needs more."""
        metrics = self.fontMetrics()
        lines = _LINES * metrics.lineSpacing()
        self._field.setMinimumWidth(metrics.horizontalAdvance(_LONGEST_NUMBER))
        self._fold()
        self.layout().activate()
        for label, reserved in ((self._question, lines), (self._message, lines + _PADDING)):
            needed = label.heightForWidth(label.width()) if self.isVisible() else 0
            label.setMinimumHeight(max(needed, reserved))

    def _fold(self) -> None:
        """Put the message below the controls where it has no room beside them.

        The controls of a question decide in every state, so that nothing jumps.
        """
        beside = self.fontMetrics().horizontalAdvance(_LONGEST_LINE)
        needed = self._asking.minimumSizeHint().width() + self._below.spacing() + beside
        margins = self.layout().contentsMargins()
        folded = needed > self.width() - margins.left() - margins.right()
        direction = QBoxLayout.Direction
        self._below.setDirection(direction.TopToBottom if folded else direction.LeftToRight)

    # -- making the parts -------------------------------------------------------------------

    def _make_number(self) -> QWidget:
        self._field = QLineEdit(objectName="prediction", placeholderText="your prediction")
        self._field.setAccessibleName("Your prediction")
        self._field.setToolTip("A number; Enter answers.")
        self._answer_button = _button("answer", "Answer", "Answer with this number (Enter)")
        self._field.returnPressed.connect(self._answer)
        self._field.textChanged.connect(self._show_answers)
        self._field.textEdited.connect(lambda _: self._show_message())
        self._answer_button.clicked.connect(self._answer)
        return _row(self._field, self._answer_button)

    def _make_signs(self) -> QWidget:
        self._signs = {
            sign: _button(f"answer_{meaning}", sign, f"It is {meaning} (key {sign})")
            for sign, meaning in SIGNS.items()
        }
        for sign, button in self._signs.items():
            button.setAutoDefault(False)  # Enter must not answer by accident
            button.setMinimumWidth(40)
            button.setAccessibleName(SIGNS[sign])
            button.clicked.connect(lambda _, sign=sign: self.answered.emit(sign))
        return _row(*self._signs.values())

    def _make_asking(self) -> QWidget:
        self._show_me = _button("show_me", "Show &me", "Show the answer; it does not count")
        self._show_me.clicked.connect(self.revealed)
        self._sign_only = QCheckBox("only the s&ign", objectName="sign_only")
        self._sign_only.setToolTip("Be asked only whether it is negative, zero or positive.")
        self._sign_only.clicked.connect(self.sign_only_toggled)
        self._sign_only.toggled.connect(self._show_answers)
        return _row(self._answers, self._show_me, self._sign_only)

    def _make_judged(self) -> QWidget:
        self._mark = QLabel(objectName="verdict_mark")
        self._mark.setFixedSize(_MARK, _MARK)
        self._go_on = _button("go_on", "&Go on", "On to the step (Enter)")
        self._go_on.clicked.connect(self.continued)
        return _row(self._go_on, self._mark)


def _wrapping(name: str, accessible: str) -> QLabel:
    """Return a label for plain text that is as wide as there is room."""
    label = QLabel(objectName=name, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    label.setAccessibleName(accessible)
    return label


def _button(name: str, text: str, what: str) -> QPushButton:
    """Return a button that Enter presses, too."""
    button = QPushButton(text, objectName=name, toolTip=what, autoDefault=True)
    button.setAccessibleName(text.replace("&", ""))
    return button


def _row(*parts: QWidget) -> QWidget:
    """Return the parts side by side."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    for part in parts:
        layout.addWidget(part)
    return row
