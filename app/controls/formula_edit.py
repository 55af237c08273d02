"""A field for a formula that marks what is wrong in it and says so in a sentence."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFont,
    QInputMethodEvent,
    QKeyEvent,
    QTextCharFormat,
    QTextFormat,
)
from PySide6.QtWidgets import QLineEdit, QWidget

from app.study.formula.tree import Formula, FormulaError
from app.study.setting import SettingError
from app.style_property import set_style_property
from app.theme import Theme

PAUSE = 900
"""Milliseconds without a key after which a formula is no longer taken for half-typed."""


class FormulaEdit(QLineEdit):
    """Edits a formula.

    What is typed counts once Enter is pressed or the field is left. What is no formula stays
    in the field with the offending part marked, and the formula before it stays in force;
    Escape brings that one back. There is no complaint while one types, only after a pause.

    Attributes:
        formula: what was typed last that is a formula, entered or not; the one in force while
            there is a problem.
        problem: a sentence about what was typed, or "" when all is well.
    """

    value_changed = Signal(str)
    """A new formula was entered: its text."""
    typed = Signal(object)
    """``formula`` is another, entered or not: the Formula."""
    problem_changed = Signal(str)
    """A sentence about what was typed, or "" when all is well."""

    def __init__(
        self, parse: Callable[[str], Formula], value: str, parent: QWidget | None = None
    ) -> None:
        """Make a field for what ``parse`` takes; it raises SettingError for all else."""
        super().__init__(parent)
        self._parse = parse
        self.problem = ""
        self._theme: Theme | None = None
        self._wrong: tuple[int, int] | None = None
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._check)
        font = QFont()
        font.setFamilies(["monospace"])
        font.setStyleHint(QFont.StyleHint.Monospace)
        self.setFont(font)
        self.setText(value)
        self.setCursorPosition(0)
        self.formula = self._good = parse(value)
        self.textEdited.connect(self._take_typing)

    def value(self) -> str:
        """Return the text of the formula in force."""
        return self._good.text

    def set_value(self, value: str) -> None:
        """Show a formula, in place of whatever was typed."""
        self._good = self._parse(value)
        if self.text() != value:
            self.setText(value)
            self.setCursorPosition(0)
        self._check()
        self.setModified(False)

    def commit(self) -> bool:
        """Take what was typed; return whether it is a formula."""
        self._type(" ".join(self.text().split()))  # a text that was pasted may have lines
        if not self._check():
            return False
        self.setModified(False)
        if self.formula != self._good:
            self._good = self.formula
            self.value_changed.emit(self._good.text)
        return not self.problem

    def refuse(self, value: str, problem: str) -> None:
        """Go back to the formula before, for a reason beyond this field; what was typed stays."""
        self._good = self._parse(value)
        self._show_formula(self._good)
        self._show_problem(problem, None)

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        self._show_mark()

    # -- typing -----------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102  Qt's
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                if not self.commit() and self._wrong is not None:
                    self.setCursorPosition(self._wrong[1])
            case Qt.Key.Key_Escape if self.text() != self.value():
                self._type(self.value())
                self._check()
                self.setModified(False)
            case _:
                super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: D102  Qt's
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self.commit()

    def _type(self, text: str) -> None:
        """Replace the text as a person would, who can undo it."""
        if text != self.text():
            self.selectAll()
            self.insert(text)

    def _take_typing(self) -> None:
        """Typeset what is typed if it is a formula; complain if one stops and it is none."""
        try:
            formula = self._parse(self.text())
        except SettingError:
            if self.problem:
                self._check()
            else:
                self._pause.start()
        else:
            self._pause.stop()
            self._show_formula(formula)
            self._show_problem("", None)

    def _check(self) -> bool:
        """Say what is wrong with the text, if anything is; return whether it is a formula."""
        self._pause.stop()
        try:
            formula = self._parse(self.text())
        except SettingError as error:
            place = (error.start, error.end) if isinstance(error, FormulaError) else None
            self._show_formula(self._good)
            self._show_problem(str(error), place)
            return False
        self._show_formula(formula)
        self._show_problem("", None)
        return True

    # -- showing ----------------------------------------------------------------------------

    def _show_formula(self, formula: Formula) -> None:
        if formula != self.formula:
            self.formula = formula
            self.typed.emit(formula)

    def _show_problem(self, problem: str, place: tuple[int, int] | None) -> None:
        self._wrong = place
        self._show_mark()
        if problem != self.problem:
            self.problem = problem
            set_style_property(self, "invalid", bool(problem))
            self.problem_changed.emit(problem)

    def _show_mark(self) -> None:
        """Mark the offending part, in the way in which an input method marks what it composes.

        That is the one way to format a part of a line: drawn by Qt it is under its letters
        wherever these are scrolled to.
        """
        attributes = []
        if self._wrong is not None and self._theme is not None:
            start, end = self._wrong
            attributes.append(
                QInputMethodEvent.Attribute(
                    QInputMethodEvent.AttributeType.TextFormat,
                    start - self.cursorPosition(),
                    end - start,
                    _mark(self._theme),
                )
            )
        QCoreApplication.sendEvent(self, QInputMethodEvent("", attributes))


def _mark(theme: Theme) -> QTextFormat:
    """Return how an offending part looks: a wave on a ground that is darker, or lighter."""
    mark = QTextCharFormat()
    mark.setBackground(theme.negative)
    mark.setForeground(theme.accent_text if theme.name == "dark" else theme.text)
    mark.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
    mark.setUnderlineColor(mark.foreground().color())
    return mark
