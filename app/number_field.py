"""What all fields for a number have in common: a mark and a sentence on what is no number."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.study.setting import Number, SettingError
from app.style_property import set_style_property


class NumberField(QLineEdit):
    """A field that is marked while what was typed is not a number that can be taken.

    Attributes:
        problem: a sentence about what was typed, or "" when all is well.
    """

    problem_changed = Signal(str)
    """A sentence about what was typed, or "" when all is well."""

    def __init__(self, number: Number, parent: QWidget | None = None) -> None:
        """Make a field for a number that is described so."""
        super().__init__(parent)
        self._number = number
        self.problem = ""
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.textEdited.connect(self._check_typing)

    def _parse(self) -> float | None:
        """Return the number that was typed; None, with the field marked, if it is none."""
        try:
            return self._number.parse(self.text())
        except SettingError as error:
            self._show_problem(str(error))
            return None

    def _check_typing(self) -> None:
        """Clear the mark as soon as the text is right; do not complain before it is done."""
        if self.problem and self._parse() is not None:
            self._show_problem("")

    def _show_problem(self, problem: str) -> None:
        if problem == self.problem:
            return
        self.problem = problem
        set_style_property(self, "invalid", bool(problem))
        self.problem_changed.emit(problem)
