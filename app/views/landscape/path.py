"""The path of a run: its parameters at some epochs, whatever they cost to look up."""

from __future__ import annotations

import numpy as np

from app.training.history import History
from app.training.landscape import path_epochs

MOST = 400
"""Epochs remembered beyond those that the history keeps one by one."""


class Path:
    """The parameters at epochs that draw a run's path.

    What the history keeps is read from it. What it would have to train again is not: of
    those epochs only the ones that were looked at are remembered.
    """

    def __init__(self) -> None:
        self._seen: dict[int, np.ndarray] = {}

    def points(
        self, history: History, newest: int, epoch: int, parameters: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the epochs, and the parameters of shape (epochs, parameters).

        ``epoch`` is the epoch looked at; with its parameters, if they are known, it is among
        them.
        """
        kept = min(history.kept - 1, newest)
        epochs = path_epochs(kept).tolist()
        if epoch > kept:
            if parameters is not None:
                self._see(epoch, parameters)
        elif epoch not in epochs:
            epochs = sorted([*epochs, epoch])
        rows = [history.parameters(each) for each in epochs]
        seen = sorted(each for each in self._seen if kept < each <= newest)
        rows += [self._seen[each] for each in seen]
        return np.array([*epochs, *seen]), np.array(rows)

    def _see(self, epoch: int, parameters: np.ndarray) -> None:
        self._seen[epoch] = np.array(parameters)
        if len(self._seen) > MOST:
            for each in sorted(self._seen)[1:-1:2]:
                del self._seen[each]
