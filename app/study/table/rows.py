"""The rows of a text, split into cells by Python's csv module, with their line numbers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

SAMPLE = 50_000
"""Characters from the beginning of a text that its layout is found in."""

SAMPLE_ROWS = 500
"""Rows that it is found in at most."""

CHUNK = 200_000
"""Characters that are read between two looks at whether to go on."""

BATCH = 2_000
"""Rows that are handed on at once."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_BLANK = re.compile(r"^[ \t]+$", re.MULTILINE)

KeepOn = Callable[[float], bool]
"""Is told which share of a text has been read, and says whether to go on."""


class Cancelled(Exception):  # noqa: N818  nothing is wrong
    """Whoever asked for the rows needs them no more."""


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        line, last_line: where it stands, counted from 1; a quoted cell may hold line ends.
        cells: the texts of its cells; none where it could not be split.
        problem: why it could not, or "".
    """

    line: int
    last_line: int
    cells: list[str]
    problem: str = ""


class RowReader:
    """Reads the rows of a text, one time.

    Empty lines are no rows, nor are comments: lines that begin with "#".

    Attributes:
        comments: how many comments have been read so far.
    """

    def __init__(self, text: str, delimiter: str, keep_on: KeepOn | None = None) -> None:
        """Prepare to read; of spaces as a delimiter there may be any number."""
        self.comments = 0
        self._text = text
        self._delimiter = delimiter
        self._keep_on = keep_on
        self._line = ""

    def batches(self) -> Iterator[list[Row]]:
        """Yield the rows, at most ``BATCH`` at once.

        Raises:
            Cancelled: it was not to go on.
        """
        # Strict, else a quotation mark too many would take in rows, and nobody would know.
        reader = csv.reader(
            self._lines(), delimiter=self._delimiter, skipinitialspace=True, strict=True
        )
        rows: list[Row] = []
        line, ended = 0, False
        while not ended:
            try:
                for cells in reader:
                    if cells:
                        rows.append(Row(line + 1, reader.line_num, cells))
                    line = reader.line_num
                    if len(rows) >= BATCH:
                        yield rows
                        rows = []
                ended = True
            except csv.Error as error:  # after which the reader goes on with the next line
                rows.append(self._mend(line + 1, reader.line_num, str(error)))
                line = reader.line_num
        yield rows

    def _mend(self, line: int, last_line: int, error: str) -> Row:
        """Return the row that the reader stumbled over, as well as it can be read."""
        if "limit" in error:
            problem = f"has a cell of more than {csv.field_size_limit():,} characters"
        else:
            problem = "has a quotation mark too many"
            if line == last_line and "end of data" not in error:
                lenient = csv.reader([self._line], delimiter=self._delimiter, skipinitialspace=True)
                return Row(line, last_line, next(lenient))
        return Row(line, last_line, [], problem)

    def _lines(self) -> Iterator[str]:
        """Yield all lines; comments and lines of spaces are empty ones."""
        position = 0
        while position < len(self._text):
            if self._keep_on is not None and not self._keep_on(position / len(self._text)):
                raise Cancelled
            end = _LINE_END.search(self._text, position + CHUNK)
            chunk = self._text[position : end.end() if end else None]
            position += len(chunk)
            if "\r" in chunk:
                chunk = chunk.replace("\r\n", "\n").replace("\r", "\n")
            if "#" in chunk:
                chunk, comments = _COMMENT.subn("", chunk)
                self.comments += comments
            if " " in chunk or "\t" in chunk:
                chunk = _BLANK.sub("", chunk)
            for self._line in io.StringIO(chunk):
                yield self._line


def first_rows(text: str, delimiter: str) -> list[Row]:
    """Return the rows at the beginning of a text, from ``SAMPLE`` characters of whole lines."""
    sample = text[:SAMPLE]
    if len(text) > SAMPLE:
        ends = [end.start() for end in _LINE_END.finditer(sample)]
        sample = sample[: ends[-1]] if ends else sample
    return next(RowReader(sample, delimiter).batches())[:SAMPLE_ROWS]
