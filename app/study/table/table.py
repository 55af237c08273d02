"""A table of numbers written as text, of which two columns become points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from app.study.points import MOST_POINTS, Points
from app.study.table.cells import CellError, is_number, read_number, read_numbers, visible
from app.study.table.chosen import Chosen, Skipped, counted
from app.study.table.layout import Layout, filled_width, find_header, find_layout, find_width
from app.study.table.rows import KeepOn, Row, RowReader, first_rows

ROW_NUMBER = -1
"""Chosen as the column of x: the number of the row, from 1."""

PREVIEWED = 100
"""Rows of the preview."""

LONGEST_NAME = 40
"""Characters of a column's name."""

Column = npt.NDArray[np.float64]


class Table:
    """A text in a layout.

    Only its beginning is read before columns are chosen, and no more is kept than the text.

    Attributes:
        text: all of it.
        layout: how it is written.
        columns: the names of the columns, no two the same.
        preview: the first rows below the names.
    """

    def __init__(self, text: str, layout: Layout | None = None) -> None:
        """Read the beginning of a text in a layout, or in the one that it seems to have."""
        self.text = text
        self.layout = layout or find_layout(text)
        self._decimal = self.layout.decimal.value
        rows = first_rows(text, self.layout.delimiter.value)
        start = find_header(rows, self.layout.decimal)
        self._names_line = rows[start].line if rows and self.layout.header else 0
        body = [row for row in rows if row.line > self._names_line]
        names = rows[start : start + 1] if self._names_line else []
        width = max([find_width(body or rows), *map(filled_width, names)])
        self.columns = _names(names[0].cells if names else [], max(width, 1 if rows else 0))
        self.preview = body[:PREVIEWED]

    def suggest(self) -> tuple[int, int]:
        """Return which columns are likely meant as x and y: the first two of numbers.

        If there is one only it is y; if there is no column at all, neither is one.
        """
        match [index for index in range(len(self.columns)) if self._holds_numbers(index)]:
            case [x, y, *_]:
                return x, y
            case [y]:
                return ROW_NUMBER, y
        return [(ROW_NUMBER, ROW_NUMBER), (ROW_NUMBER, 0), (0, 1)][min(len(self.columns), 2)]

    def name(self, column: int) -> str:
        """Return what a column, or ``ROW_NUMBER``, is called in a sentence."""
        if column == ROW_NUMBER:
            return "row number"
        name = self.columns[column]
        return name if name == _default_name(column) else f"column {name}"

    def choose(self, x: int, y: int, keep_on: KeepOn | None = None) -> Chosen:
        """Read the whole text, and return two columns of it as points.

        A row is left out if it has no finite number in one of them, or more filled cells than
        there are columns. ``keep_on`` is told from time to time which share has been read, and
        says whether to go on.

        Args:
            x: the index of a column, or ``ROW_NUMBER``.
            y: the index of a column.
            keep_on: see above.

        Raises:
            Cancelled: it was not to go on.
        """
        reader = RowReader(self.text, self.layout.delimiter.value, keep_on)
        skipped = Skipped()
        parts = [(np.empty(0), np.empty(0))]
        above = below = count = 0
        for batch in reader.batches():
            body = [row for row in batch if row.line > self._names_line]
            for row in batch[: len(batch) - len(body)]:
                if row.line < self._names_line:
                    above += 1
                    skipped.add(row, "stands above the names of the columns")
            parts.append(self._read(body, x, y, below, skipped))
            below += len(body)
            count += len(parts[-1][0])
            if count > MOST_POINTS:
                break
        rows = above + below
        problem = self._problem(rows, count, x, y)
        points = None if problem else Points(*map(np.concatenate, zip(*parts, strict=True)))
        return Chosen(points, rows, skipped, reader.comments, problem)

    def _read(
        self, rows: Sequence[Row], x: int, y: int, before: int, skipped: Skipped
    ) -> tuple[Column, Column]:
        """Return the points of some rows, ``before`` of which there were others."""
        columns = self._read_at_once(rows, x, y, before)
        if columns is not None:
            return columns
        points: list[tuple[float, float]] = []
        for number, row in enumerate(rows, before + 1):
            try:
                points.append(self._read_row(row, x, y, number))
            except CellError as error:
                skipped.add(row, str(error))
        xs, ys = np.array(points, dtype=np.float64).reshape(-1, 2).T
        return xs, ys

    def _read_at_once(
        self, rows: Sequence[Row], x: int, y: int, before: int
    ) -> tuple[Column, Column] | None:
        """Return the points of some rows, or None if one of them may be wrong."""
        widths = {len(row.cells) for row in rows}
        width = len(self.columns)
        if not rows or min(widths) <= max(x, y):
            return None
        if max(widths) > width and any(_filled(row.cells[width:]) for row in rows):
            return None
        ys = read_numbers([row.cells[y] for row in rows], self._decimal)
        if x == ROW_NUMBER or ys is None:
            xs: Column | None = np.arange(before + 1, before + len(rows) + 1, dtype=np.float64)
        else:
            xs = read_numbers([row.cells[x] for row in rows], self._decimal)
        return None if xs is None or ys is None else (xs, ys)

    def _read_row(self, row: Row, x: int, y: int, number: int) -> tuple[float, float]:
        """Return the point of a row, or raise CellError with what is wrong."""
        if row.problem:
            raise CellError(row.problem)
        if _filled(row.cells[len(self.columns) :]):
            raise CellError(
                f"has {counted(len(row.cells), 'cell')} instead of {len(self.columns):,}"
            )
        return (
            float(number) if x == ROW_NUMBER else self._read_cell(row, x),
            self._read_cell(row, y),
        )

    def _read_cell(self, row: Row, column: int) -> float:
        if column >= len(row.cells):
            raise CellError(f"has no cell for {self.name(column)}")
        cell = row.cells[column]
        try:
            return read_number(cell, self._decimal)
        except CellError as error:
            value = f"“{visible(cell)}” in " if cell.strip() else ""
            raise CellError(f"{value}{self.name(column)} {error}") from None

    def _holds_numbers(self, column: int) -> bool:
        """Return whether most filled cells of a column's beginning are numbers."""
        cells = [row.cells[column] for row in self.preview if len(row.cells) > column]
        filled = [cell for cell in cells if cell.strip()]
        return 2 * sum(is_number(cell, self._decimal) for cell in filled) >= len(filled) > 0

    def _problem(self, rows: int, count: int, x: int, y: int) -> str:
        """Return why so many points of so many rows are no points to take, or ""."""
        if count > MOST_POINTS:
            return (
                f"There are more than {MOST_POINTS:,} points, which is as many as can be taken. "
                f"Choose a shorter table."
            )
        if count:
            return ""
        if not rows:
            return "There is no row in it. A table has a row with two numbers for every point."
        where = self.name(y) if x == ROW_NUMBER else f"{self.name(x)} and in {self.name(y)}"
        return (
            f"No row has a number in {where}. Found: {counted(rows, 'row')}, "
            f"{counted(len(self.columns), 'column')}. "
            f"Choose other columns, or how the table is written."
        )


def _names(cells: Sequence[str], width: int) -> tuple[str, ...]:
    """Return names for so many columns, as the cells say, no two the same."""
    names: dict[str, int] = {}
    for column in range(width):
        text = cells[column] if column < len(cells) else ""
        visible = "".join(sign if sign.isprintable() else " " for sign in text)
        given = " ".join(visible.split())[:LONGEST_NAME] or _default_name(column)
        name = given
        while name in names:
            names[given] += 1
            name = f"{given} ({names[given]})"
        names[name] = 1
    return tuple(names)


def _default_name(column: int) -> str:
    return f"column {column + 1}"


def _filled(cells: Sequence[str]) -> bool:
    return any(cell.strip() for cell in cells)
