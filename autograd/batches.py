"""Mini-batches: the order in which an epoch visits the samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Orders = npt.NDArray[np.int64]

_BLOCK = 65_536
"""About how many numbers are drawn at a time; a generator's start costs as much as thousands."""

_STREAM = 1
"""Sets these generators apart from others with the same seed, such as that of the noise."""


@dataclass(frozen=True, slots=True)
class Shuffle:
    """A new random order of the samples for every epoch, the same for the same seed.

    Any epoch's order can be drawn without those before it: epochs are drawn in blocks, and
    each block has a generator of its own, seeded with ``seed`` and the block's number.
    """

    seed: int
    samples: int

    def orders(self, first: int, epochs: int) -> Orders:
        """Return permutations of 0…samples − 1 for so many epochs, of shape (epochs, samples)."""
        length = max(1, _BLOCK // self.samples)
        blocks = range(first // length, -(-(first + epochs) // length))
        drawn = [self._block(number, length) for number in blocks]
        start = first - blocks.start * length
        return np.concatenate(drawn)[start : start + epochs] if drawn else self._none()

    def _block(self, number: int, length: int) -> Orders:
        generator = np.random.default_rng((self.seed, number, _STREAM))
        rows = np.tile(np.arange(self.samples, dtype=np.int64), (length, 1))
        return generator.permuted(rows, axis=1)

    def _none(self) -> Orders:
        return np.empty((0, self.samples), dtype=np.int64)
