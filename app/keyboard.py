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

_OWN_KEYS = (QAbstractButton, QComboBox, QAbstractItemView, QTabBar)


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
        if isinstance(old, _OWN_KEYS):
            old.removeEventFilter(self)
        if isinstance(new, _OWN_KEYS):
            new.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: ARG002, D102  Qt's
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.modifiers() == Qt.KeyboardModifier.NoModifier
            and event.text()
            and event.text().isprintable()
        ):
            event.accept()
            return True
        return False
