"""Numbers in the cells of a table, and what is wrong with a cell that holds none."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from app.study.points import LARGEST

LONGEST_SHOWN = 30
"""Characters of a cell that are shown."""

_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([.,' \u00a0\u202f]\d{3})+([.,]\d*)?")
"""Groups of three digits, of whatever country."""


class CellError(ValueError):
    """A cell that is no finite number; the text says why, after the cell itself."""


def read_numbers(cells: Sequence[str], decimal: str) -> npt.NDArray[np.float64] | None:
    """Return the numbers in a column's cells, or None where one has to look at each of them."""
    joined = "\n".join(cells)
    if "_" in joined:
        return None  # which Python would take for no more than a pause between digits
    if "−" in joined:
        cells = [cell.replace("−", "-") for cell in cells]
    if decimal == ",":
        if "." in joined:
            return None
        cells = [cell.replace(",", ".") for cell in cells]
    try:
        numbers = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None
    return numbers if (np.abs(numbers) <= LARGEST).all() else None


def read_number(cell: str, decimal: str) -> float:
    """Return the finite number in a cell.

    Raises:
        CellError: it holds none.
    """
    text = cell.strip().replace("−", "-")
    if not text:
        raise CellError("is empty")
    try:
        number = _parse(text, decimal)
    except ValueError:
        raise CellError(_reason(text, decimal)) from None
    if abs(number) > LARGEST and any(sign.isdigit() for sign in text):
        raise CellError("is too large")
    if not math.isfinite(number):
        raise CellError("is not finite")
    return number


def is_number(cell: str, decimal: str, *, finite: bool = True) -> bool:
    """Return whether a cell holds a finite number, or any number."""
    try:
        number = _parse(cell.replace("−", "-"), decimal)
    except ValueError:
        return False
    return not finite or math.isfinite(number)


def visible(cell: str) -> str:
    """Return the beginning of a cell, without signs that cannot be shown."""
    text = cell.strip()
    start = "".join(sign if sign.isprintable() else "�" for sign in text[:LONGEST_SHOWN])
    return f"{start}…" if len(text) > LONGEST_SHOWN else start


def _parse(text: str, decimal: str) -> float:
    if "_" in text or (decimal == "," and "." in text):
        raise ValueError
    return float(text.replace(",", ".") if decimal == "," else text)


def _reason(text: str, decimal: str) -> str:
    """Return why a text is no number."""
    if _THOUSANDS.fullmatch(text):
        return "has separators between thousands; write it without"
    other = "." if decimal == "," else ","
    try:
        _parse(text, other)
    except ValueError:
        pass
    else:
        sign, wanted = ("point", "comma") if decimal == "," else ("comma", "point")
        return f"has a decimal {sign}, where a decimal {wanted} is expected"
    return "is no number"
