"""The thread of a sweep: a QThread that runs it, and keeps the error that may end it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QThread

from app.training.sweep import Sweep


class SweepWorker(QThread):
    """Runs one sweep; ``finished`` is emitted when it is done, cancelled, or has failed.

    Attributes:
        sweep: holds the outcomes.
        error: what ended the sweep, if it was an error.
    """

    def __init__(self, sweep: Sweep, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sweep worker")
        self.sweep = sweep
        self.error: Exception | None = None

    def run(self) -> None:
        """Run the sweep."""
        try:
            self.sweep.run()
        except Exception as error:  # whatever it is, the window has to say it
            self.error = error

    def close(self, seconds: float = 5.0) -> bool:
        """Cancel the sweep and wait for the thread; return whether it ended in time."""
        self.sweep.cancel()
        return self.wait(int(seconds * 1000))
