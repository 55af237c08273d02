"""The worker thread: a QThread that runs the training loop and passes its messages on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

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
        numbers: Iterator[int] | None = None,
    ) -> None:
        """``numbers`` are those of the loop's runs, if several loops share them."""
        super().__init__(parent)
        self.setObjectName("training worker")
        self.mailbox: Mailbox[Frame] = Mailbox()
        self.loop = TrainingLoop(self.reported.emit, self.mailbox, make_trainer, numbers)

    def run(self) -> None:
        """Run the loop until it is closed."""
        self.loop.run()

    def close(self, seconds: float = 5.0) -> bool:
        """End the thread and wait for it; return whether it ended in time."""
        return close_all([self], seconds)

    def retire(self) -> None:
        """End the thread without waiting for it; once it has ended the worker is gone."""
        self.finished.connect(self.deleteLater)
        self.loop.close()


def close_all(workers: Iterable[Worker], seconds: float = 5.0) -> bool:
    """End threads and wait for all of them; return whether they ended in time."""
    workers = list(workers)
    for worker in workers:
        worker.loop.close()
    end = time.monotonic() + seconds
    ended = [worker.wait(max(0, int(1000 * (end - time.monotonic())))) for worker in workers]
    return all(ended)
