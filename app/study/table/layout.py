"""How a table is written as text, found out by trying."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from app.study.table.cells import is_number
from app.study.table.rows import Row, first_rows


class Delimiter(Enum):
    """What stands between the cells of a row; the value is what the csv module takes."""

    TAB = "\t"
    SEMICOLON = ";"
    COMMA = ","
    PIPE = "|"
    SPACES = " "
    NONE = "\x1f"

    @property
    def label(self) -> str:
        """What it is called."""
        return _LABELS[self]


_LABELS = {
    Delimiter.TAB: "tab",
    Delimiter.SEMICOLON: "semicolon  ;",
    Delimiter.COMMA: "comma  ,",
    Delimiter.PIPE: "pipe  |",
    Delimiter.SPACES: "spaces",
    Delimiter.NONE: "none: one column",
}


class DecimalSign(Enum):
    """What stands before the decimals of a number."""

    POINT = "."
    COMMA = ","

    @property
    def label(self) -> str:
        """What it is called."""
        return "point  3.14" if self is DecimalSign.POINT else "comma  3,14"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is written.

    Attributes:
        delimiter: what stands between cells.
        decimal: what stands before decimals.
        header: whether there is a row with the names of the columns.
    """

    delimiter: Delimiter
    decimal: DecimalSign
    header: bool


def find_layout(text: str) -> Layout:
    """Return the layout in which the beginning of a text makes most sense.

    That is one in which the rows are of one width and most of their cells are numbers; of
    several, the first in the order of :class:`Delimiter`, with a decimal point.
    """
    best, best_score = Layout(Delimiter.COMMA, DecimalSign.POINT, header=False), 0.0
    for delimiter in Delimiter:
        rows = first_rows(text, delimiter.value)
        for decimal in DecimalSign:
            start = find_header(rows, decimal)
            header = bool(rows) and _names_columns(rows[start])
            layout = Layout(delimiter, decimal, header)
            score = _score(rows, start, layout)
            if score > best_score:
                best, best_score = layout, score
    return best


def find_header(rows: Sequence[Row], decimal: DecimalSign) -> int:
    """Return at which row column names stand if there are any.

    Of the rows above the first with a number it is the one with most texts: a title has one.
    """
    texts = []
    for row in rows:
        if any(is_number(cell, decimal.value) for cell in row.cells):
            break
        texts.append(sum(_is_text(cell) for cell in row.cells))
    return texts.index(max(texts)) if texts else 0


def find_width(rows: Sequence[Row]) -> int:
    """Return how many columns most of the rows have; an empty last cell may be one or none."""
    filled = Counter(map(filled_width, rows))
    possible = Counter(width for row in rows for width in {len(row.cells), filled_width(row)} - {0})
    return max(possible, key=lambda width: (possible[width], filled[width], width), default=0)


def filled_width(row: Row) -> int:
    """Return the width of a row without one empty cell at its end, as a last delimiter makes."""
    cells = row.cells
    return len(cells) - (len(cells) > 1 and not cells[-1].strip())


def _names_columns(row: Row) -> bool:
    """Return whether a row has text and no number."""
    filled = [cell for cell in row.cells if cell.strip()]
    return bool(filled) and all(map(_is_text, filled))


def _is_text(cell: str) -> bool:
    """Return whether a cell is filled, and no number with either decimal sign."""
    return bool(cell.strip()) and not any(
        is_number(cell, decimal.value, finite=False) for decimal in DecimalSign
    )


def _score(rows: Sequence[Row], start: int, layout: Layout) -> float:
    """Return how much sense a layout makes of some rows, from 0 to 1."""
    body = [row for index, row in enumerate(rows) if index != start or not layout.header]
    width = find_width(body)
    cells = [cell for row in body for cell in row.cells if cell.strip()]
    alone = layout.delimiter is Delimiter.NONE
    if not cells or (width < 2) is not alone:
        return 0.0
    fitting = sum(width in (len(row.cells), filled_width(row)) for row in body) / len(body)
    numbers = sum(is_number(cell, layout.decimal.value) for cell in cells) / len(cells)
    score = fitting * (numbers + 0.001)  # without numbers, at least in columns
    if layout.header and width not in (len(rows[start].cells), filled_width(rows[start])):
        score *= 0.25  # names of other columns than there are
    if alone:
        score *= 0.3  # a few ragged rows are no reason to take several columns for one
    return score
