"""How the inspector writes numbers, links and rows: as rich text."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape

from app.training.selection import SelectedEdge, SelectedNode, Selection

NONE = "–"
"""What stands for a number that is not known yet, or that there is none of."""

SHORT = 16
"""How many characters are never spread over two lines."""

DIGITS = 5
"""Significant digits that are shown."""


def show(number: float | None) -> str:
    """Return a number with few digits: −14.05, 3.2e−7, inf, nan; "–" for none."""
    if number is None:
        return NONE
    if math.isfinite(number) and number == int(number) and abs(number) < 10**DIGITS:
        return str(int(number)).replace("-", "−")
    mantissa, _, exponent = f"{number:.{DIGITS}g}".partition("e")
    if exponent:
        mantissa += f"e{int(exponent)}"
    return mantissa.replace("-", "−")


def rough(number: float) -> str:
    """Return the size of a small number: 3e−13, 0, inf."""
    return f"{number:.0e}".replace("-", "−") if number else "0"


def spell(number: float | None) -> str:
    """Return a number with all its digits, for a tool tip."""
    return NONE if number is None else repr(float(number))


def percent(part: float, whole: float) -> str:
    """Return a share such as "3 %"; "–" where there is none."""
    share = 100 * part / whole if whole else math.nan
    if not math.isfinite(share):
        return NONE
    text = f"{share:.2g} %" if abs(share) < 10 else f"{share:.0f} %"
    return text.replace("-", "−")


def link(selection: Selection, text: str) -> str:
    """Return a text as a link to a node or an edge."""
    match selection:
        case SelectedNode(place):
            address = f"node:{place}"
        case SelectedEdge(place, index):
            address = f"edge:{place}:{index}"
    return f"<a href='{address}'>{escape(text)}</a>"


def selection_of(address: str) -> Selection:
    """Return what a link leads to."""
    kind, *numbers = address.split(":")
    return SelectedNode(*map(int, numbers)) if kind == "node" else SelectedEdge(*map(int, numbers))


def rows(lines: Iterable[tuple[str, str]]) -> str:
    """Return lines of rich text, each with a part at the left and one at the right edge."""
    text = "".join(
        f"<tr><td>{left}</td><td align='right' style='padding-left: 8px'>{right}</td></tr>"
        for left, right in lines
    )
    return f"<table width='100%' cellspacing='0' cellpadding='1'>{text}</table>"


def unbroken(text: str) -> str:
    """Return a text as rich text that, if it is short, stays in one line."""
    return escape(text.replace(" ", "\N{NO-BREAK SPACE}") if len(text) <= SHORT else text)


def large(text: str) -> str:
    """Return a text as rich text in large bold letters, which no style sheet can take away."""
    return f"<big><b>{escape(text)}</b></big>"


def strong(text: str) -> str:
    """Return a text in bold."""
    return f"<b>{text}</b>"
