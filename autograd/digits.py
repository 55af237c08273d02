"""Numbers as people read them: few digits, a true minus sign, an exponent without zeros."""

from __future__ import annotations


def digits(number: float, significant: int, *, exponent: bool = False) -> str:
    """Return a number with so many significant digits: −14.05, 3.2e−7, inf, nan; −0 is 0.

    With ``exponent`` it has one whatever its size.
    """
    form = f".{significant - 1}e" if exponent else f".{significant}g"
    return _typographic(f"{float(number) + 0.0:{form}}")


def all_digits(number: float) -> str:
    """Return a number with as many digits as tell it from every other: −0.1, 1e−7, 41.0."""
    return _typographic(repr(float(number)))


def _typographic(text: str) -> str:
    """Return Python's text of a number as it is written: −3.2e−7 for "-3.20e-07"."""
    mantissa, e, power = text.partition("e")
    if e:
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        text = f"{mantissa}e{int(power)}"
    return text.replace("-", "−")
