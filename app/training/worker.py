"""The worker thread: a QThread that runs the training loop and passes its messages on."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QThread, Signal

from app.study.experiment import Experiment
from app.training.loop import Frame, TrainingLoop
from app.training.mailbox import Mailbox
from app.training.trainer import Trainer


class Worker(QThread):
    """Owns the training loop; what it does is documented there.

    Attributes:
        loop: takes the commands.
        mailbox: holds the newest frame.
    """

    reported = Signal(object)
    """A message of the loop, received in the thread of whoever connects."""

    def __init__(
        self,
        parent: QObject | None = None,
        make_trainer: Callable[[Experiment], Trainer] = Trainer,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("training worker")
        self.mailbox: Mailbox[Frame] = Mailbox()
        self.loop = TrainingLoop(self.reported.emit, self.mailbox, make_trainer)

    def run(self) -> None:
        """Run the loop until it is closed."""
        self.loop.run()

    def close(self, seconds: float = 5.0) -> bool:
        """End the thread and wait for it; return whether it ended in time."""
        self.loop.close()
        return self.wait(int(seconds * 1000))
