"""What became of the rows of a table: points, or left out, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.study.points import Points
from app.study.table.rows import Row

TOLD = 1000
"""Rows left out that are told of one by one; the rest are counted."""


@dataclass(frozen=True, slots=True)
class WrongRow:
    """A row that gives no point.

    Attributes:
        line, last_line: where it stands in the text, from 1; the same if in one line.
        reason: what is wrong, without a full stop.
    """

    line: int
    last_line: int
    reason: str

    def __str__(self) -> str:
        """Return a sentence such as "Line 17: “abc” in column y is no number."."""
        if self.line == self.last_line:
            return f"Line {self.line:,}: {self.reason}."
        return f"Lines {self.line:,} to {self.last_line:,}: {self.reason}."


@dataclass(slots=True)
class Skipped:
    """The rows that give no point.

    Attributes:
        count: how many there are.
        first: the first of them, at most ``TOLD``.
        last_line: the line where the last one ends; 0 for none.
    """

    count: int = 0
    first: list[WrongRow] = field(default_factory=list)
    last_line: int = 0

    def add(self, row: Row, reason: str) -> None:
        """Add a row, below those before."""
        self.count += 1
        self.last_line = row.last_line
        if len(self.first) < TOLD:
            self.first.append(WrongRow(row.line, row.last_line, reason))

    def sentences(self) -> list[str]:
        """Return a sentence for each of the first rows, and one for the rest."""
        said = [str(each) for each in self.first]
        rest = self.count - len(self.first)
        if rest:
            said.append(f"And {counted(rest, 'more row')}, the last in line {self.last_line:,}.")
        return said


@dataclass(frozen=True, slots=True)
class Chosen:
    """Two columns of a table as points; every row is a point or left out.

    Attributes:
        points: the points in the order of the rows; None if there are none, or too many.
        rows: how many rows there are, without the one that names the columns.
        skipped: the rows that are left out.
        comments: how many comments there are, which are no rows.
        problem: a sentence if there are no points: what was found and what is needed.
    """

    points: Points | None
    rows: int
    skipped: Skipped
    comments: int
    problem: str = ""

    @property
    def summary(self) -> str:
        """What came of the rows, in a sentence, or the problem."""
        if self.points is None:
            return self.problem
        said = f"{counted(len(self.points), 'point')} from {counted(self.rows, 'row')}"
        if self.skipped.count:
            are = "is" if self.skipped.count == 1 else "are"
            said += f"; {counted(self.skipped.count, 'row')} {are} left out"
        if self.comments:
            are = "is" if self.comments == 1 else "are"
            said += f"; {counted(self.comments, 'comment line')} {are} passed over"
        return f"{said}."


def counted(count: int, what: str) -> str:
    """Return "1 point", "1,000 points"."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
