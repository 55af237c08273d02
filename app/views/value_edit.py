"""A field for a value of the graph: typed, dragged, or stepped with the arrow keys."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.number_field import NumberField
from app.study.setting import Number
from autograd.digits import all_digits, digits

LIMIT = 1e9
"""The largest number that can be given, of either sign."""

DIGITS = 6
"""Significant digits that are shown while the number is not being edited."""

FINE = 0.1
"""How much of a step is made with Shift."""


class ValueEdit(NumberField):
    """Edits one number, live: every change is told at once.

    What is typed counts once Enter is pressed or the field is left. Dragged sideways, as is
    any label given to :meth:`drag_by`, and with the arrow keys, the number changes in steps
    of about a hundredth of its size, with Shift of a thousandth. Escape brings back the
    number of before. What is no number stays in the field, marked.
    """

    edited = Signal(float)
    """There is another number."""
    finished = Signal()
    """The number was accepted: Enter was pressed or the field was left."""
    cancelled = Signal()
    """Escape was pressed; the number of before has been told."""

    def __init__(
        self, name: str = "The value", parent: QWidget | None = None, *, pops_up: bool = False
    ) -> None:
        """Make a field for what is called so.

        ``pops_up``: it is there for one number only, so that Escape is for it alone.
        """
        super().__init__(_described(name), parent)
        self.setObjectName("value_edit")
        self._pops_up = pops_up
        self._value = self._before = math.nan
        self._dragged_from: tuple[float, float] | None = None  # where, and the number there
        self._dragging = False
        self.set_name(name)
        self.drag_by(self)
        self.setToolTip("Type a number, drag sideways, or press ↑ or ↓; with Shift finer.")

    # -- the number -------------------------------------------------------------------------

    @property
    def value(self) -> float:
        """The number in force."""
        return self._value

    def set_name(self, name: str) -> None:
        """Say what it is that is edited; what was typed of another number is forgotten."""
        if name != self.accessibleName():
            self.abandon()
            self.setAccessibleName(name)
            self._number = _described(name)

    def abandon(self) -> None:
        """Forget what is being typed or dragged; nothing is told."""
        self._dragged_from, self._dragging = None, False
        self.setModified(False)
        self._before = self._value
        self._show(self._value)

    def take(self, value: float) -> None:
        """Show a number, unless another is being typed or dragged."""
        if self._dragging or self.isModified():
            return
        if value != self._value:  # not what was told by this field: there is no way back from it
            self._before = value
            self._show(value)
        elif not self.hasFocus():
            self._before = value

    def drag_by(self, label: QWidget) -> None:
        """Let a label be dragged, too."""
        label.installEventFilter(self)
        label.setCursor(Qt.CursorShape.SizeHorCursor)

    def _show(self, value: float) -> None:
        self._value = value
        text = all_digits(value) if self.hasFocus() else digits(value, DIGITS)
        self.setText(text.removesuffix(".0"))
        self.setCursorPosition(0)
        self._show_problem("")

    def _change(self, value: float) -> None:
        """Take another number and tell it."""
        if value != self._value:
            self._show(value)
            self.edited.emit(value)

    def _commit(self) -> bool:
        """Take what was typed; return whether it is a number."""
        if not self.isModified():
            return True
        typed = self._parse()
        if typed is None:
            return False
        value = float(typed)
        self.setModified(False)
        self._change(value)
        self._show(value)
        return True

    def _go_back(self) -> bool:
        """Return to the number of before; return whether there was anything to take back."""
        changed = self.isModified() or self._dragging or self._value != self._before
        self._dragged_from, self._dragging = None, False
        self.setModified(False)
        if not math.isnan(self._before):
            self._change(self._before)
        self._show(self._value)
        return changed

    def _step(self, steps: float, start: float) -> None:
        """Go so many steps from a number; a step is a hundredth of the size it had before."""
        size = abs(self._before) if math.isfinite(self._before) and self._before else 1.0
        unit = 10.0 ** (math.floor(math.log10(max(size, 1e-6))) - 1)
        value = float(f"{start + steps * unit:.12g}")  # 0.3 rather than 0.30000000000000004
        if math.isfinite(value):
            self._change(min(max(value, -LIMIT), LIMIT))

    # -- typing -----------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:  # noqa: D102  Qt's
        escape = event.type() is QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape
        if escape and (self._pops_up or self.isModified() or self._value != self._before):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102  Qt's
        factor = FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                if self._commit():
                    self._before = self._value
                    self.selectAll()
                    self.finished.emit()
            case Qt.Key.Key_Escape:
                went_back = self._go_back()
                self.selectAll()
                event.setAccepted(went_back or self._pops_up)
                self.cancelled.emit()
            case Qt.Key.Key_Up | Qt.Key.Key_Down:
                if self._commit():
                    up = event.key() == Qt.Key.Key_Up
                    self._step(factor if up else -factor, self._value)
            case _:
                super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: D102  Qt's
        super().focusInEvent(event)
        if not self.isModified():
            self._before = self._value
            self._show(self._value)
            self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: D102  Qt's
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason and self._commit():
            self._before = self._value
            self._show(self._value)
            self.finished.emit()

    # -- dragging ---------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: D102  Qt's
        kinds = QEvent.Type
        if isinstance(event, QMouseEvent) and self.isEnabled() and not self.isReadOnly():
            x = event.globalPosition().x()
            if event.type() is kinds.MouseButtonPress and not self.isModified():
                if event.button() is Qt.MouseButton.LeftButton:
                    self._dragged_from = (x, self._value)
            elif event.type() is kinds.MouseMove and self._dragged_from is not None:
                return self._drag(x, event.modifiers())
            elif event.type() is kinds.MouseButtonRelease and self._dragged_from is not None:
                dragged, self._dragging, self._dragged_from = self._dragging, False, None
                return dragged
        return super().eventFilter(watched, event)

    def _drag(self, x: float, modifiers: Qt.KeyboardModifier) -> bool:
        """Follow the mouse; Shift takes effect from where it is pressed."""
        assert self._dragged_from is not None  # noqa: S101
        origin, start = self._dragged_from
        if not self._dragging and abs(x - origin) < QApplication.startDragDistance():
            return True
        self._dragging = True
        fine = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        self._step(round(x - origin) * (FINE if fine else 1.0), start)
        return True


def _described(name: str) -> Number:
    """Return what can be typed for what is called so."""
    return Number(label=name, help="", minimum=-LIMIT, maximum=LIMIT)
