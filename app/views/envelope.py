"""A long series, thinned to what pixels can show, keeping each pixel's minimum and maximum."""

from __future__ import annotations

import numpy as np

FACTOR = 16
"""How many entries of one level make one of the next."""


class Envelope:
    """The minimum and maximum of a growing series over blocks of 16, 256, 4096, … entries.

    A curve of ten million points is drawn into a few hundred pixel columns. With the blocks
    at hand, a column's minimum and maximum come from a handful of them, so that the cost of
    a picture depends on its width alone, and appending costs a little more than once.
    Entries that are not finite are left out of their block; a block of nothing else is nan.
    """

    def __init__(self) -> None:
        self._lows: list[np.ndarray] = []
        self._highs: list[np.ndarray] = []
        self._filled: list[int] = []  # complete blocks per level
        self._series = np.empty(0)

    def update(self, series: np.ndarray) -> None:
        """Take a longer version of the series; what was in it before must be unchanged."""
        self._series = series
        lows = highs = series
        count = len(series)
        level = 0
        while count >= FACTOR:
            count //= FACTOR
            if level == len(self._filled):
                self._lows.append(np.empty(count))
                self._highs.append(np.empty(count))
                self._filled.append(0)
            done = self._filled[level]
            if count > done:
                self._reserve(level, count)
                self._lows[level][done:count] = _reduce(lows[done * FACTOR : count * FACTOR], min)
                self._highs[level][done:count] = _reduce(highs[done * FACTOR : count * FACTOR], max)
                self._filled[level] = count
            lows, highs = self._lows[level], self._highs[level]
            level += 1

    def thinned(self, start: int, stop: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
        """Return positions and values that draw ``series[start:stop]`` in so many columns.

        Where there are more entries than columns, each column gives its minimum and its
        maximum, at the same position.
        """
        start = max(0, start)
        stop = max(start, min(len(self._series), stop))
        if stop - start <= 2 * columns:
            return np.arange(start, stop), self._series[start:stop]
        level, width = -1, 1
        while level + 1 < len(self._filled) and width * FACTOR * columns <= stop - start:
            level += 1
            width *= FACTOR
        first, last = start // width, -(-stop // width)
        edges = np.linspace(first, last, columns + 1).astype(np.intp)[:-1]
        lows = np.fmin.reduceat(self._blocks(level, min, first, last), edges - first)
        highs = np.fmax.reduceat(self._blocks(level, max, first, last), edges - first)
        return np.repeat(edges * width, 2), np.column_stack([lows, highs]).ravel()

    def _blocks(self, level: int, which: object, first: int, last: int) -> np.ndarray:
        """Return a level's blocks from ``first`` to ``last``, the last perhaps incomplete."""
        if level < 0:
            return _finite(self._series[first:last])
        filled = self._filled[level]
        blocks = (self._lows if which is min else self._highs)[level][first : min(last, filled)]
        if last <= filled:
            return blocks
        rest = _finite(self._series[filled * FACTOR ** (level + 1) :])
        return np.append(blocks, (np.fmin if which is min else np.fmax).reduce(rest))

    def _reserve(self, level: int, count: int) -> None:
        """Make room for so many blocks."""
        if count > len(self._lows[level]):
            room = max(count, 2 * len(self._lows[level]))
            filled = self._filled[level]
            for arrays in (self._lows, self._highs):
                larger = np.empty(room)
                larger[:filled] = arrays[level][:filled]
                arrays[level] = larger


def _reduce(entries: np.ndarray, which: object) -> np.ndarray:
    """Return the minima or maxima of consecutive blocks, of their finite entries."""
    rows = _finite(entries).reshape(-1, FACTOR)
    return (np.fmin if which is min else np.fmax).reduce(rows, axis=1)


def _finite(entries: np.ndarray) -> np.ndarray:
    """Return the entries with nan in place of infinities."""
    return np.where(np.isfinite(entries), entries, np.nan)
