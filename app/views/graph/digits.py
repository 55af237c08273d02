"""Numbers in the little room that a node has."""

from __future__ import annotations


def short(number: float, width: int = 7) -> str:
    """Return a number in at most so many characters, with a minus sign that can be seen.

    It has four significant digits if they fit, at least two, and otherwise an exponent.
    """
    for form in (".4g", ".3g", ".2g"):
        text = f"{number:{form}}"
        if len(text) <= width and "e" not in text:
            break
    else:
        for form in (".2e", ".1e", ".0e"):
            mantissa, exponent = f"{number:{form}}".split("e")
            text = f"{mantissa}e{int(exponent)}"
            if len(text) <= width:
                break
    return text.replace("-", "−")
