"""Keeps the window's shortcuts from taking keys that the focused control needs itself."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QTabBar,
    QTextEdit,
    QWidget,
)

from app.number_field import NumberField

Key = Qt.Key
_ARROWS = frozenset({Key.Key_Left, Key.Key_Right, Key.Key_Up, Key.Key_Down})
_PAGES = frozenset({Key.Key_PageUp, Key.Key_PageDown})
_MOVES = _ARROWS | _PAGES | {Key.Key_Home, Key.Key_End}
_SPACE = frozenset({Key.Key_Space})

_SEARCHED_BY_TYPING = (QComboBox, QAbstractItemView)
_SELECTED_BY_MOVING = (QAbstractItemView, QLineEdit, QPlainTextEdit, QTextEdit)
"""Where Shift and Ctrl belong to the keys that move."""

_KEYS: tuple[tuple[type[QWidget], frozenset[Qt.Key]], ...] = (
    (QAbstractButton, _SPACE),
    (QTabBar, _MOVES | _SPACE),
    (QAbstractSlider, _MOVES),
    (QAbstractSpinBox, _MOVES),
    (QComboBox, _MOVES | _SPACE),
    (QAbstractItemView, _MOVES | _SPACE),
    (QLineEdit, _ARROWS),
    (QPlainTextEdit, _MOVES),
    (QTextEdit, _MOVES),
    (QScrollArea, _PAGES),
)
"""The keys that each kind of control needs; what is typed, a text field claims by itself."""

_SELECTING = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


class ControlKeys(QObject):
    """Lets a focused control keep its keys.

    Space plays and pauses, but on a focused check box or button it must press it; an arrow
    makes a step, but moves a focused slider; in a list a letter must find an entry; and
    Escape takes back what was typed before it leaves anything else. A control of our own
    names the keys it needs in an attribute ``own_keys``. Only the control with the focus is
    watched: a filter on all events would cost every one of them a call.
    """

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        application.focusChanged.connect(self._watch)

    def _watch(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None:
            old.removeEventFilter(self)
        if new is not None and keys_of(new):
            new.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: D102  Qt's
        if event.type() is not QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        if isinstance(watched, QWidget) and _needs(watched, event):
            event.accept()
            return True
        if isinstance(watched, QLineEdit) and _is_left_to_the_window(watched, event):
            event.ignore()
            return True
        return False


def _needs(control: QWidget, event: QKeyEvent) -> bool:
    """Return whether a control itself does something with a key."""
    key, modifiers = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if modifiers:
        selects = isinstance(control, _SELECTED_BY_MOVING) and not modifiers & ~_SELECTING
        return selects and key in keys_of(control) & _MOVES
    if isinstance(control, QLineEdit) and key == Key.Key_Escape:
        return control.isModified()
    typed = bool(event.text()) and event.text().isprintable()
    return key in keys_of(control) or (typed and isinstance(control, _SEARCHED_BY_TYPING))


def _is_left_to_the_window(field: QLineEdit, event: QKeyEvent) -> bool:
    """Return whether a key is not for a field, which would take it by itself.

    Undo is about what is typed only while that counts for nothing yet; in a number no space
    has a meaning, so that it plays also where the number has just been entered.
    """
    undoes = event.matches(QKeySequence.StandardKey.Undo)
    redoes = event.matches(QKeySequence.StandardKey.Redo)
    if undoes or redoes:
        return not field.isModified()
    plain = not event.modifiers()
    return plain and event.key() == Key.Key_Space and isinstance(field, NumberField)


def keys_of(control: QWidget) -> frozenset[Qt.Key]:
    """Return the keys that a control needs when it has the focus."""
    own: frozenset[Qt.Key] = getattr(control, "own_keys", frozenset())
    return own.union(*(keys for kind, keys in _KEYS if isinstance(control, kind)))
