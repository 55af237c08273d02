"""Doing something again and again, but not too often."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QObject, QTimer


class Throttle(QObject):
    """Does something when asked, at most once in an interval; what is asked last is done."""

    def __init__(self, interval: int, action: Callable[[], None], parent: QObject) -> None:
        """Prepare to do something at most every ``interval`` milliseconds."""
        super().__init__(parent)
        self._action = action
        self._interval = interval
        self._last = QElapsedTimer()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.do_now)

    def ask(self) -> None:
        """Do it now, or as soon as the interval is over."""
        if self._timer.isActive():
            return
        elapsed = self._last.elapsed() if self._last.isValid() else self._interval
        if elapsed >= self._interval:
            self.do_now()
        else:
            self._timer.start(self._interval - elapsed)

    def do_now(self) -> None:
        """Do it at once."""
        self._timer.stop()
        self._action()
        self._last.start()

    def catch_up(self) -> None:
        """Do at once what is still to be done, if anything is."""
        if self._timer.isActive():
            self.do_now()

    def drop(self) -> None:
        """Do not do what is still to be done."""
        self._timer.stop()
