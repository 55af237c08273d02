"""A field for a number that says in a sentence what is wrong with what was typed."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from app.number_field import NumberField
from app.study.setting import Number, SettingError


class NumberEdit(NumberField):
    """Edits one number setting.

    What is typed counts once Enter is pressed or the field is left. A number that the
    setting cannot take stays in the field, marked, and the value before it stays in force;
    Escape brings that value back. Arrow up and down step the last digit shown.
    """

    value_changed = Signal(object)
    """A new valid value was entered."""

    def __init__(self, setting: Number, value: float, parent: QWidget | None = None) -> None:
        super().__init__(setting, parent)
        self._value: float = value
        self.set_value(value)

    def value(self) -> float:
        """Return the value in force."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show a value, in place of whatever was typed."""
        self._value = value
        self.setText(_text(value))
        self.setCursorPosition(0)
        self._show_problem("")

    def commit(self) -> bool:
        """Take what was typed; return whether it is a value that the setting can take."""
        if self.text() == _text(self._value):
            self._show_problem("")
            return True
        value = self._parse()
        if value is None:
            return False
        changed = value != self._value
        self.set_value(value)
        if changed:
            self.value_changed.emit(value)
        return not self.problem

    def refuse(self, value: float, problem: str) -> None:
        """Go back to the value before, for a reason beyond this field; what was typed stays."""
        self._value = value
        self._show_problem(problem)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102  Qt's
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                if self.commit():
                    self.selectAll()
            case Qt.Key.Key_Escape if self.text() != _text(self._value):
                self.set_value(self._value)
                self.selectAll()
            case Qt.Key.Key_Up:
                self._step(1)
            case Qt.Key.Key_Down:
                self._step(-1)
            case _:
                super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: D102  Qt's
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self.commit()

    def _step(self, direction: int) -> None:
        """Change the last digit shown by one, within what the setting can take."""
        if not self.commit():
            return
        shown = Decimal(_text(self._value))
        unit = Decimal(1).scaleb(int(shown.as_tuple().exponent)) if shown % 1 else Decimal(1)
        stepped = float(shown + direction * unit)
        try:
            value = self._number.check(int(stepped) if self._number.whole else stepped)
        except SettingError:
            return
        self.set_value(value)
        self.value_changed.emit(value)


def _text(value: float) -> str:
    """Return a number as one types it: 41, -9, 0.001."""
    if isinstance(value, int) or (value == int(value) and abs(value) < 1e15):
        return str(int(value))
    return repr(float(value))
