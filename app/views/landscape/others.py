"""The paths of other runs, next to the one that is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtGui import QColor

from app.training.history import History
from app.training.landscape import path_epochs


@dataclass(slots=True, eq=False)
class OtherRun:
    """Another run that is drawn.

    Attributes:
        name: what a person calls it.
        colour: its colour.
        history: its parameters.
        epoch: up to which epoch it is drawn.
    """

    name: str
    colour: QColor
    history: History
    epoch: int
    _until: int = -1  # the epoch up to which the rows go
    _rows: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))

    @property
    def rows(self) -> np.ndarray:
        """The parameters along the path, of shape (epochs, parameters); looked up once."""
        until = min(self.epoch, self.history.last_epoch)
        if until != self._until:
            epochs = path_epochs(min(until, self.history.kept - 1)).tolist()
            if until >= self.history.kept:
                epochs.append(until)
            self._rows = np.array([self.history.parameters(each) for each in epochs])
            self._until = until
        return self._rows


def other_runs(
    runs: Sequence[tuple[str, QColor, History, int]], count: int, before: Sequence[OtherRun]
) -> list[OtherRun]:
    """Return those runs that have epochs, and so many parameters.

    What is known of those of before is kept.
    """
    known = {id(run.history): run for run in before}
    made = []
    for name, colour, history, epoch in runs:
        run = known.get(id(history)) or OtherRun(name, colour, history, epoch)
        run.name, run.colour, run.epoch = name, colour, epoch
        if run.rows.shape[1:] == (count,):
            made.append(run)
    return made
