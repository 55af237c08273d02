"""A window that comes back as it was left: size, place, docks."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QByteArray, QEvent, QSettings, QSize, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow

LAYOUT_VERSION = 4
"""Of the docks: a state of other docks than there are now is not restored."""


class RestoredWindow(QMainWindow):
    """Keeps its size, place and docks in the settings, and its size when docks would change it."""

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self._settings = settings
        self._restored_size: QSize | None = None
        self.has_old_layout = False  # whether the docks are where they were the last time

    def restore_window(self) -> None:
        """Bring back size, place and docks of the last time; whatever cannot be used is not."""
        geometry = self._settings.value("window/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
            self._restored_size = self.size()
        state = self._settings.value("window/state")
        if isinstance(state, QByteArray):
            self.has_old_layout = self.restoreState(state, LAYOUT_VERSION)

    def keep_checked(self, action: QAction, key: str) -> None:
        """Bring back whether an action is checked, and keep it from now on."""
        action.setChecked(bool(self._settings.value(key, action.isChecked(), bool)))
        action.toggled.connect(lambda on: self._settings.setValue(key, on))

    def keep_size(self, size: QSize | None = None, then: Callable[[], None] = lambda: None) -> None:
        """Go back to a size, the present one if None, after docks have made the window larger."""
        wanted = size or self.size()

        def settle() -> None:
            QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
            self.resize(wanted)
            QTimer.singleShot(0, self, then)  # once the docks have settled in that size

        QTimer.singleShot(0, self, settle)

    def settle_restored_size(self, share_out: Callable[[], None]) -> None:
        """Go back to the size of the last time, after the docks were filled.

        Where there was no last time, ``share_out`` gives the docks their parts of the window.
        """
        self.keep_size(self._restored_size, (lambda: None) if self.has_old_layout else share_out)
        self._restored_size = None

    def showEvent(self, event: QShowEvent) -> None:  # noqa: D102  Qt's
        self.keep_size(self._restored_size)
        super().showEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: D102  Qt's
        self._settings.setValue("window/geometry", self.saveGeometry())
        self._settings.setValue("window/state", self.saveState(LAYOUT_VERSION))
        super().closeEvent(event)
