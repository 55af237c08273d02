"""A formula on a page: as large as there is room for, in several lines if need be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QPainter, QPainterPath

from app.controls.typeset.boxes import Box, row
from app.controls.typeset.face import Face, Glyphs, Style
from app.controls.typeset.writing import Term, Writer
from app.study.formula.tree import Formula, Part

LARGEST, SMALLEST = 1.4, 1.1
"""How many times as large as the text around it a formula is written."""

MARGIN = 5.0
"""Pixels around the formula, in which the frame of a lit part has room."""

STRUT = 1.15
"""How far a simple fraction reaches above and below the axis, in em."""


@dataclass
class Page:
    """A formula with everything at its place.

    Attributes:
        width, height: the size of the page in pixels.
        marks: what is drawn: letters or a shape, each with its place.
        areas: where each part is, outer parts first: a rectangle in each of its lines.
    """

    width: float = 0.0
    height: float = 0.0
    marks: list[tuple[float, float, Glyphs | QPainterPath]] = field(default_factory=list)
    areas: dict[Part, list[QRectF]] = field(default_factory=dict)

    def draw(self, painter: QPainter) -> None:
        """Draw the formula with the painter's pen, which has its colour."""
        for x, y, mark in self.marks:
            if isinstance(mark, Glyphs):
                painter.setFont(mark.font)
                painter.drawText(QPointF(x, y), mark.text)
            else:
                painter.fillPath(mark.translated(x, y), painter.pen().brush())

    def part_at(self, at: QPointF) -> Part | None:
        """Return the innermost part at a place.

        Between two factors, which touch, and a little above and below them is their product.
        """
        found = [
            part
            for part, areas in self.areas.items()
            if any(area.adjusted(*_reach(part, area)).contains(at) for area in areas)
        ]
        return found[-1] if found else None


def _reach(part: Part, area: QRectF) -> tuple[float, float, float, float]:
    """Return by how much the mouse reaches a part beyond its area, or within it."""
    if part.parts:
        return 0.0, -4.0, 0.0, 4.0
    side = min(1.5, area.width() / 5)
    return side, -1.0, -side, 1.0


def lay_out(formula: Formula, left: str, font: QFont, width: float) -> Page:
    """Return a formula on a page of that width, or on a wider one if it cannot be broken so.

    The page is never lower than one with a simple fraction, and a line's signs are at the same
    height on both: what is below stays where it is while one types.

    Args:
        formula: what to write.
        left: the name of what it is equal to; "" for none.
        font: the font of the text around it.
        width: the room there is, in pixels.
    """
    room = width - 2 * MARGIN
    text = _Text(formula, left, font, LARGEST)
    if text.width > room:
        text = _Text(formula, left, font, max(SMALLEST, LARGEST * room / text.width - 0.005))
    return text.on_page(room, STRUT * Face(font, LARGEST, Style.DISPLAY).em)


def smallest_height(font: QFont) -> float:
    """Return how high a page is at least."""
    return 2 * (STRUT * Face(font, LARGEST, Style.DISPLAY).em + MARGIN)


class _Text:
    """A formula's terms, written in a size.

    Attributes:
        width: how wide it is in one line.
    """

    def __init__(self, formula: Formula, left: str, font: QFont, scale: float) -> None:
        writer = Writer(font, scale, formula.text)
        self._face = writer.face(Style.DISPLAY)
        self._head = writer.equation(left)
        self._terms = writer.terms(formula.root)
        self._indent = row(self._face, self._head).width if self._head else self._face.em
        self.width = self._extent(self._terms, first=True)

    def on_page(self, room: float, strut: float) -> Page:
        """Return it on a page, broken before signs where it is wider than the room there is."""
        page = Page(areas={term.sum: [] for term in reversed(self._terms) if term.sum})
        y, bottom = MARGIN, 0.0
        for number, terms in enumerate(self._lines(room)):
            line, x = self._line(terms, first=not number), self._indent if number else 0.0
            above = self._face.axis + strut if not number else 0.35 * self._face.em
            y += max(above, line.ascent) if not number else bottom + above + line.ascent
            bottom = line.descent
            self._place(page, line, MARGIN + x, y, terms, first=not number)
            page.width = max(page.width, x + line.width + line.lean + 2 * MARGIN)
        page.height = max(y + bottom + MARGIN, 2 * (strut + MARGIN))
        return page

    def _line(self, terms: Sequence[Term], *, first: bool) -> Box:
        boxes = list(self._head) if first else []
        for term in terms:
            boxes += [term.box] if term.sign is None else [term.sign, term.box]
        return row(self._face, boxes)

    def _extent(self, terms: Sequence[Term], *, first: bool) -> float:
        line = self._line(terms, first=first)
        return line.width + line.lean + (0.0 if first else self._indent)

    def _lines(self, room: float) -> list[list[Term]]:
        """Return the terms line by line, in each as many as there is room for."""
        lines: list[list[Term]] = [[self._terms[0]]]
        for term in self._terms[1:]:
            if self._extent([*lines[-1], term], first=len(lines) == 1) <= room:
                lines[-1].append(term)
            else:
                lines.append([term])
        return lines

    def _place(
        self, page: Page, line: Box, x: float, y: float, terms: Sequence[Term], *, first: bool
    ) -> None:
        """Put a line on the page; a sum is what is on it up to its last term."""
        content = line.inner[len(self._head) if first else 0 :]
        ends = {id(box): dx + box.width + box.lean for dx, _, box in content}
        begin, here = content[0][0], {term.sum: ends[id(term.box)] for term in terms}
        passed = False
        for term in self._terms:
            passed = passed or term is terms[0]
            if passed and term.sum:
                end = here.get(term.sum, max(ends.values()))
                area = QRectF(x + begin, y - line.ascent, end - begin, line.ascent + line.descent)
                page.areas[term.sum].append(area)
        for left, baseline, box in line.walk(x, y):
            page.marks += [(left + dx, baseline + dy, mark) for dx, dy, mark in box.marks]
            if box.part is not None:
                page.areas[box.part] = [box.area(left, baseline)]
