"""Where the cells of a heat map and the labels beside them lie, in whole pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from PySide6.QtCore import QPointF, QRectF

from app.training.sweep import Cell

GAP = 6
"""Pixels between two labels side by side, at least."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells that fill an area.

    Attributes:
        area: the area.
        rows, columns: how many there are.
        rising: whether the first row is the lowest, as along an axis of numbers.
        lefts, tops: where columns begin from the left, and rows from the top; then the end.
    """

    area: QRectF
    rows: int
    columns: int
    rising: bool
    lefts: tuple[float, ...]
    tops: tuple[float, ...]

    @classmethod
    def of(cls, area: QRectF, rows: int, columns: int, *, rising: bool) -> Grid:
        """Return the cells of an area."""
        lefts = _edges(area.left(), area.width(), columns)
        return cls(area, rows, columns, rising, lefts, _edges(area.top(), area.height(), rows))

    def rect(self, cell: Cell) -> QRectF:
        """Return a cell's rectangle."""
        row, column = cell
        place = self.rows - 1 - row if self.rising else row
        left, top = self.lefts[column], self.tops[place]
        return QRectF(left, top, self.lefts[column + 1] - left, self.tops[place + 1] - top)

    def at(self, point: QPointF) -> Cell | None:
        """Return the cell at a point; None outside."""
        if not self.area.contains(point):
            return None
        across = (point.x() - self.area.left()) / self.area.width()
        down = (point.y() - self.area.top()) / self.area.height()
        column = min(int(across * self.columns), self.columns - 1)
        place = min(int(down * self.rows), self.rows - 1)
        return (self.rows - 1 - place if self.rising else place), column

    def moved(self, cell: Cell, right: int, up: int) -> Cell:
        """Return the cell so many columns to the right and rows up, within the map."""
        row, column = cell
        row += up if self.rising else -up
        return (
            min(max(row, 0), self.rows - 1),
            min(max(column + right, 0), self.columns - 1),
        )

    @property
    def smallest(self) -> float:
        """The shorter side of a cell, about."""
        return min(self.area.width() / self.columns, self.area.height() / self.rows)


def _edges(start: float, length: float, count: int) -> tuple[float, ...]:
    """Return where so many parts of a length begin, and where the last ends."""
    return tuple(start + round(place * length / count) for place in range(count + 1))


def roundness(text: str) -> int:
    """Return how many digits a label has that are not mere zeros: 1 for 0.001, 3 for 2.15e−5."""
    return len(text.partition("e")[0].replace(".", "").strip("−0"))


def thinned(
    lengths: Sequence[int], pitch: float, costs: Sequence[int], room: float = inf
) -> list[int]:
    """Return which labels to show, the same number apart, so that none touches another.

    Where only few can be shown they are those of the roundest numbers.

    Args:
        lengths: of the labels, along the axis.
        pitch: from the middle of one place to that of the next.
        costs: of the labels; labels that cost less are preferred.
        room: the length of the axis and of what may be drawn over beyond its end.
    """
    count, found = len(lengths), []
    for step in range(1, count + 1):
        if found and step > 2 * found[0][1]:
            break
        for first in range(step):
            chosen = list(range(first, count, step))
            if _fit(chosen, lengths, pitch, step, room):
                mean = sum(costs[each] for each in chosen) / len(chosen)
                found.append((mean, step, chosen))
        if found and found[0][1] == 1:
            break
    return min(found)[2] if found else []


def _fit(
    chosen: Sequence[int], lengths: Sequence[int], pitch: float, step: int, room: float
) -> bool:
    """Whether labels at their places leave a gap between any two, and lie within the room."""
    apart = all(
        (lengths[one] + lengths[other]) / 2 + GAP <= step * pitch for one, other in pairwise(chosen)
    )
    last = (chosen[-1] + 0.5) * pitch + lengths[chosen[-1]] / 2
    return apart and last <= room
