"""How the inspector writes numbers, links and rows: as rich text."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from app.training.selection import SelectedEdge, SelectedNode, Selection
from autograd.digits import all_digits, digits

NONE = "–"
"""What stands for a number that is not known yet, or that there is none of."""

SHORT = 16
"""How many characters are never spread over two lines."""

WORD_JOINER = "\N{WORD JOINER}"
"""What no line is broken at."""

DIGITS = 5
"""Significant digits that are shown."""


def show(number: float | None) -> str:
    """Return a number with few digits: −14.05, 3.2e−7, inf, nan; "–" for none."""
    return NONE if number is None else digits(number, DIGITS)


def brief(number: float | None) -> str:
    """Return a number with so few digits that two of them fit beside a long name."""
    return NONE if number is None else digits(number, 3)


def rough(number: float) -> str:
    """Return the size of a small number: 3e−13, 0, inf."""
    return digits(number, 1)


def spell(number: float | None) -> str:
    """Return a number with all its digits, for a tool tip."""
    return NONE if number is None else all_digits(number)


def percent(share: float) -> str:
    """Return a share of 1 such as "3 %", which stays in one line."""
    number = 100 * share
    text = digits(number, 2) if abs(number) < 10 else f"{number:.0f}"
    return f"{text}\N{NO-BREAK SPACE}%"


def joined(text: str) -> str:
    """Return a text in which no line ends within a fraction such as “∂L/∂c”."""
    return text.replace("/∂", f"/{WORD_JOINER}∂")


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
