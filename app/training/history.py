"""The history of a run: its parameters and its loss at every epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class History:
    """Parameters and loss at every epoch of one run, from epoch 0, before the first update.

    One thread appends while others read: what a reader has seen never changes, because rows
    are written before the length that covers them, and arrays are replaced, not resized.
    """

    def __init__(self, parameters: int, capacity: int = 1024) -> None:
        self._parameters = np.empty((capacity, parameters))
        self._losses = np.empty(capacity)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def last_epoch(self) -> int:
        """The newest epoch recorded; −1 while there is none."""
        return self._length - 1

    @property
    def losses(self) -> Array:
        """The loss at every epoch so far, of shape (epochs + 1,)."""
        length = self._length  # before the array: a longer array has room for it too
        return self._losses[:length]

    def parameters(self, epoch: int) -> Array:
        """Return the parameters at an epoch, of shape (parameters,).

        Raises:
            IndexError: the epoch is not recorded.
        """
        self._check(epoch)
        row: Array = self._parameters[epoch]
        return row

    def loss(self, epoch: int) -> float:
        """Return the loss at an epoch.

        Raises:
            IndexError: the epoch is not recorded.
        """
        self._check(epoch)
        return float(self._losses[epoch])

    def append(self, parameters: Sequence[float], loss: float) -> None:
        """Record the next epoch."""
        if self._length == len(self._losses):
            self._parameters = _doubled(self._parameters)
            self._losses = _doubled(self._losses)
        self._parameters[self._length] = parameters
        self._losses[self._length] = loss
        self._length += 1

    def _check(self, epoch: int) -> None:
        if not 0 <= epoch < self._length:
            raise IndexError(f"epoch {epoch} is not among the {self._length} recorded")


def _doubled(array: Array) -> Array:
    """Return a copy with room for twice the rows."""
    larger = np.empty((2 * len(array), *array.shape[1:]))
    larger[: len(array)] = array
    return larger
