"""Numbers in the little room that a node has."""

from __future__ import annotations

from autograd.digits import digits


def short(number: float, width: int = 7) -> str:
    """Return a number in at most so many characters, as far as that can be.

    It has four significant digits if they fit, at least two, and otherwise an exponent.
    """
    for significant in (4, 3, 2):
        text = digits(number, significant)
        if len(text) <= width and "e" not in text:
            return text
    for significant in (3, 2, 1):
        text = digits(number, significant, exponent=True)
        if len(text) <= width:
            break
    return text
