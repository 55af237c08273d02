"""Keeps single-key shortcuts from taking keys that the focused control needs itself."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QTabBar,
    QWidget,
)

_PRESSED_BY_SPACE = (QAbstractButton, QTabBar)
_SEARCHED_BY_TYPING = (QComboBox, QAbstractItemView)


class ControlKeys(QObject):
    """Lets a focused control keep its keys.

    Space plays and pauses, but on a focused check box or button it must press it, and in a
    list a letter must find an entry. A text field claims its keys by itself. Only the control
    with the focus is watched: a filter on all events would cost every one of them a call.
    """

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        application.focusChanged.connect(self._watch)

    def _watch(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None:
            old.removeEventFilter(self)
        if isinstance(new, (*_PRESSED_BY_SPACE, *_SEARCHED_BY_TYPING)):
            new.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: D102  Qt's
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.modifiers() == Qt.KeyboardModifier.NoModifier
            and event.text()
            and event.text().isprintable()
            and (event.key() == Qt.Key.Key_Space or isinstance(watched, _SEARCHED_BY_TYPING))
        ):
            event.accept()
            return True
        return False
