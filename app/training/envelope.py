"""A long series, thinned to what pixels can show, keeping each pixel's minimum and maximum."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]
Read = Callable[[int, int], Array]
Reduce = np.ufunc

FACTOR = 16
"""How many entries of one level make one of the next."""


class Envelope:
    """The minimum and maximum of a growing series over blocks of 16, 256, 4096, … entries.

    A curve of ten million points is drawn into a few hundred pixel columns. With the blocks
    at hand, a column's minimum and maximum come from a handful of them, so that the cost of
    a picture depends on its width alone, and appending costs a little more than once.
    Entries that are not finite are left out of their block; a block of nothing else is nan.

    The series itself is not kept here: single entries are read from where it is. Another
    thread may read while one extends; it may see the newest entries early, in the last column.
    """

    def __init__(self) -> None:
        self._lows: list[Array] = []
        self._highs: list[Array] = []
        self._filled: list[int] = []  # complete blocks per level
        self._rest = np.empty(0)  # the entries that fill no block yet
        self._length = 0

    def branch(self, length: int, read: Read) -> Envelope:
        """Return an envelope of the first so many entries, to be extended on its own.

        Blocks are shared until either needs more room; the entries that fill none are read.
        """
        made = Envelope()
        complete = length // FACTOR
        made._rest = _finite(read(complete * FACTOR, length))
        for lows, highs in zip(self._lows, self._highs, strict=False):
            if made._filled and not complete:
                break
            made._lows.append(shared(lows, complete))
            made._highs.append(shared(highs, complete))
            made._filled.append(complete)
            complete //= FACTOR
        made._length = length
        return made

    def extend(self, entries: Array) -> None:
        """Take the next entries of the series."""
        series = _finite(np.concatenate([self._rest, entries]))
        end = len(series) // FACTOR * FACTOR
        self._append(0, series[:end], series[:end])
        self._rest = series[end:]
        for level in range(1, 64):
            complete = self._filled[level - 1] // FACTOR
            if not complete:
                break
            done = self._filled[level] if level < len(self._filled) else 0
            blocks = slice(done * FACTOR, complete * FACTOR)
            self._append(level, self._lows[level - 1][blocks], self._highs[level - 1][blocks])
        self._length += len(entries)

    def _append(self, level: int, lows: Array, highs: Array) -> None:
        """Add blocks to a level, from the minima and maxima of what they are made of."""
        if level == len(self._filled):
            self._lows.append(np.empty(0))
            self._highs.append(np.empty(0))
            self._filled.append(0)
        done = self._filled[level]
        count = done + len(lows) // FACTOR
        if count == done:
            return
        self._reserve(level, count)
        self._lows[level][done:count] = _reduce(lows, np.fmin)
        self._highs[level][done:count] = _reduce(highs, np.fmax)
        self._filled[level] = count

    def thinned(
        self, start: int, stop: int, columns: int, read: Read, affordable: bool = True
    ) -> tuple[Positions, Array]:
        """Return positions and values that draw ``series[start:stop]`` in so many columns.

        Where there are more entries than columns, each column gives its minimum and its
        maximum, at the same position. Single entries come from ``read(start, stop)``; unless
        that is affordable, blocks of them are drawn instead.
        """
        start = max(0, start)
        stop = max(start, min(self._length, stop))
        few = stop - start <= 2 * columns
        level, width = -1, 1
        levels = len(self._filled)
        while level + 1 < levels and width * FACTOR * columns <= stop - start:
            level += 1
            width *= FACTOR
        if level < 0 and levels and not affordable:
            level, width, few = 0, FACTOR, False
        if few:
            return np.arange(start, stop), read(start, stop)
        first, last = start // width, -(-stop // width)
        columns = min(columns, last - first)
        edges = np.linspace(first, last, columns + 1).astype(np.intp)[:-1]
        if level < 0:
            entries = _finite(read(first, last))
            lows = highs = entries
        else:
            lows = self._blocks(level, np.fmin, first, last)
            highs = self._blocks(level, np.fmax, first, last)
        low = np.fmin.reduceat(lows, edges - first)
        high = np.fmax.reduceat(highs, edges - first)
        return np.repeat(edges * width, 2), np.column_stack([low, high]).ravel()

    def _blocks(self, level: int, reduce: Reduce, first: int, last: int) -> Array:
        """Return a level's blocks from ``first`` to ``last``, the last perhaps incomplete."""
        filled = self._filled[level]  # before the array: a longer one has these blocks, too
        arrays = self._lows if reduce is np.fmin else self._highs
        blocks = arrays[level][first : min(last, filled)]
        if last <= filled:
            return blocks
        rest = self._rest if level == 0 else self._blocks_after(level - 1, reduce, filled)
        return np.append(blocks, reduce.reduce(rest, initial=np.nan))

    def _blocks_after(self, level: int, reduce: Reduce, blocks: int) -> Array:
        """Return a level's blocks that the next level has not taken in, and what is left."""
        filled = self._filled[level]
        arrays = self._lows if reduce is np.fmin else self._highs
        below = self._rest if level == 0 else self._blocks_after(level - 1, reduce, filled)
        return np.concatenate([arrays[level][blocks * FACTOR : filled], below])

    def _reserve(self, level: int, count: int) -> None:
        """Make room for so many blocks."""
        if count > len(self._lows[level]):
            room = max(count, 2 * len(self._lows[level]))
            filled = self._filled[level]
            for arrays in (self._lows, self._highs):
                larger = np.empty(room)
                larger[:filled] = arrays[level][:filled]
                arrays[level] = larger


def _reduce(entries: Array, reduce: Reduce) -> Array:
    """Return the minima or maxima of consecutive blocks."""
    reduced: Array = reduce.reduce(entries.reshape(-1, FACTOR), axis=1)
    return reduced


def shared(array: Array, rows: int) -> Array:
    """Return the first rows of an array that others write beyond, to be read only."""
    rows_alone = array[:rows]
    rows_alone.flags.writeable = False
    return rows_alone


def _finite(entries: Array) -> Array:
    """Return the entries with nan in place of infinities."""
    return np.where(np.isfinite(entries), entries, np.nan)
