"""Stepping by itself, at a pace."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from autograd.trace import Stage


class Playback(QObject):
    """Steps at a pace until paused; a subclass says what a step is.

    Attributes:
        looped: the stage that playing repeats; None for none.
    """

    played = Signal(bool)
    """Playing began or ended."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.looped: Stage | None = None
        self._timer = QTimer(self, interval=1000)
        self._timer.timeout.connect(self._play_step)

    @property
    def playing(self) -> bool:
        """Whether it steps by itself."""
        return self._timer.isActive()

    def set_pace(self, steps_per_second: float) -> None:
        """Play so many steps a second."""
        self._timer.setInterval(max(1, round(1000 / steps_per_second)))

    def loop(self, stage: Stage | None) -> None:
        """Let playing repeat a stage, or none."""
        self.looped = stage

    def play(self) -> None:
        """Step by itself from now on."""
        if self._ready() and not self.playing:
            self._timer.start()
            self.played.emit(True)
            self._play_step()

    def pause(self) -> None:
        """Stop stepping by itself."""
        if self.playing:
            self._timer.stop()
            self.played.emit(False)

    def _ready(self) -> bool:
        """Return whether there is anything to step through."""
        raise NotImplementedError

    def _play_step(self) -> None:
        """Do the next step."""
        raise NotImplementedError
