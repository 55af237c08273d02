"""Boxes of a formula, and how they are put together: in a row, stacked, raised, under a root.

A box is placed by the left end of its baseline. All lengths are pixels; y grows downwards.
The proportions are those of TeX's Computer Modern.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath

from app.controls.typeset import signs
from app.controls.typeset.face import Face, Glyphs
from app.study.formula.tree import Part


class Edge(Enum):
    """What a box begins or ends with, on which the space beside it depends."""

    LETTER = auto()
    DIGIT = auto()
    WORD = auto()
    FUNCTION = auto()
    CALL = auto()
    OPEN = auto()
    CLOSE = auto()
    BAR = auto()
    TALL = auto()
    BINARY = auto()
    RELATION = auto()
    COMMA = auto()


_APART_BEFORE = (Edge.FUNCTION, Edge.TALL)
_APART_AFTER = (Edge.CALL, Edge.TALL)


@dataclass(frozen=True, slots=True)
class Box:
    """What is written of a part.

    Attributes:
        width: how far it advances.
        ascent, descent: how far it reaches above and below the baseline.
        first, last: what it begins and ends with.
        lean: how far the last letter leans out to the right.
        nucleus: the width before a subscript, where an exponent begins; 0.0 if there is none.
        marks: what is drawn: letters or a shape, each with its place.
        inner: the boxes it is made of, each with its place.
        part: the part of the formula that this is, if it is one.
    """

    width: float
    ascent: float
    descent: float
    first: Edge = Edge.LETTER
    last: Edge = Edge.LETTER
    lean: float = 0.0
    nucleus: float = 0.0
    marks: tuple[tuple[float, float, Glyphs | QPainterPath], ...] = ()
    inner: tuple[tuple[float, float, Box], ...] = ()
    part: Part | None = None

    def of(self, part: Part) -> Box:
        """Return the box as that of a part."""
        if self.part is None:
            return replace(self, part=part)
        return replace(self, marks=(), inner=((0.0, 0.0, self),), part=part)

    def area(self, x: float, y: float) -> QRectF:
        """Return the rectangle that it fills when it is placed there."""
        return QRectF(x, y - self.ascent, self.width + self.lean, self.ascent + self.descent)

    def walk(self, x: float, y: float) -> Iterator[tuple[float, float, Box]]:
        """Yield it and all boxes in it with their places, outer ones first."""
        yield x, y, self
        for dx, dy, box in self.inner:
            yield from box.walk(x + dx, y + dy)


def space(left: Edge, right: Edge, face: Face, *, in_line: bool) -> float:
    """Return the space between two neighbours in a row."""
    if right is Edge.COMMA or left is Edge.FUNCTION:
        return 0.0
    if Edge.BINARY in (left, right):
        return 4 / 18 * face.em if in_line else 0.0
    if Edge.RELATION in (left, right):
        return 5 / 18 * face.em
    if left is Edge.COMMA:
        return 5 / 18 * face.em if in_line else 3 / 18 * face.em
    return 3 / 18 * face.em if left in _APART_AFTER or right in _APART_BEFORE else 0.0


def letters(face: Face, text: str, edge: Edge = Edge.LETTER, *, italic: bool = False) -> Box:
    """Return letters as a box."""
    width, covered = face.measure(text, italic=italic)
    lean = max(0.0, covered.right() - width) if italic else 0.0
    back = max(0.0, -covered.left() - 0.05 * face.em) if italic else 0.0  # the foot of an f
    ascent, descent = max(0.0, -covered.top()), max(0.0, covered.bottom())
    marks = ((back, 0.0, face.glyphs(text, italic=italic)),)
    return Box(back + width, ascent, descent, edge, edge, lean, marks=marks)


def row(face: Face, boxes: Sequence[Box], *, in_line: bool = True) -> Box:
    """Return boxes one beside the other."""
    inner, x = [], 0.0
    for number, box in enumerate(boxes):
        if number:
            before = boxes[number - 1]
            x += before.lean + space(before.last, box.first, face, in_line=in_line)
        inner.append((x, 0.0, box))
        x += box.width
    return Box(
        x,
        max(box.ascent for box in boxes),
        max(box.descent for box in boxes),
        boxes[0].first,
        boxes[-1].last,
        boxes[-1].lean,
        inner=tuple(inner),
    )


def fraction(face: Face, above: Box, below: Box, *, display: bool) -> Box:
    """Return one box over another with a bar between them."""
    side, beyond = 0.1 * face.em, 0.06 * face.em
    upper, lower = above.width + above.lean, below.width + below.lean
    bar = max(upper, lower) + 2 * beyond
    half, gap = face.rule / 2, face.rule * (3 if display else 1.6)
    up = max((0.68 if display else 0.40) * face.em, face.axis + half + gap + above.descent)
    down = max((0.69 if display else 0.35) * face.em, below.ascent + gap + half - face.axis)
    return Box(
        bar + 2 * side,
        up + above.ascent,
        down + below.descent,
        Edge.TALL,
        Edge.TALL,
        marks=((side, -face.axis - half, signs.bar(bar, face.rule)),),
        inner=(
            (side + (bar - upper) / 2, -up, above),
            (side + (bar - lower) / 2, down, below),
        ),
    )


def raised(face: Face, base: Box, exponent: Box, small: Face) -> Box:
    """Return a box with an exponent."""
    up = max(
        0.4 * face.em,
        base.ascent - 0.39 * small.em,
        exponent.descent + face.x_height / 4,
    )
    begin = base.nucleus or base.width + base.lean
    end = begin + exponent.width + exponent.lean + 0.05 * face.em
    return Box(
        max(end, base.width),
        max(base.ascent, up + exponent.ascent),
        max(base.descent, exponent.descent - up),
        base.first,
        Edge.LETTER,
        inner=((0.0, 0.0, base), (begin, -up, exponent)),
    )


def lowered(face: Face, base: Box, subscript: Box) -> Box:
    """Return a box with a subscript."""
    down = max(0.16 * face.em, subscript.ascent - 0.8 * face.x_height)
    return Box(
        base.width + subscript.width + subscript.lean + 0.05 * face.em,
        max(base.ascent, subscript.ascent - down),
        max(base.descent, down + subscript.descent),
        base.first,
        nucleus=base.width + base.lean,
        inner=((0.0, 0.0, base), (base.width, down, subscript)),
    )


def hatted(face: Face, base: Box) -> Box:
    """Return a letter with a hat."""
    hat = signs.hat(face.em)
    bounds = hat.boundingRect()
    x = (base.width + base.lean - bounds.width()) / 2 + 0.06 * face.em
    y = -base.ascent - 0.06 * face.em
    mark = (x, y, hat)
    return replace(base, ascent=-y + bounds.height(), marks=(*base.marks, mark))


def enclosed(face: Face, inside: Box, *, bars: bool = False) -> Box:
    """Return a box in parentheses, or between bars, which are as tall as it."""
    reach = max(inside.ascent - face.axis, inside.descent + face.axis)
    height = max(2 * 0.9 * reach, 2 * reach - 0.5 * face.em)
    height = 0.96 * face.em if height < 1.3 * face.em else height
    left = signs.upright(height, face.em) if bars else signs.parenthesis(height, face.em)
    width = left.boundingRect().width()
    side = (0.11 if bars else 0.06) * face.em
    right = left if bars else signs.mirrored(left)
    begin = width + 2 * side
    end = begin + inside.width + inside.lean
    return Box(
        end + width + 2 * side,
        max(inside.ascent, height / 2 + face.axis),
        max(inside.descent, height / 2 - face.axis),
        Edge.BAR if bars else Edge.OPEN,
        Edge.BAR if bars else Edge.CLOSE,
        marks=((side, -face.axis, left), (end + side, -face.axis, right)),
        inner=((begin, 0.0, inside),),
    )


def root(face: Face, inside: Box, *, display: bool) -> Box:
    """Return a box under the sign of a square root."""
    gap = face.rule + face.x_height / (4 if display else 6)
    up = max(inside.ascent, 0.7 * face.x_height) + gap + face.rule
    down = max(inside.descent, 0.08 * face.em)
    sign = signs.root(up + down, face.em, face.rule)
    begin = sign.boundingRect().width()
    width = inside.width + inside.lean + 0.08 * face.em
    return Box(
        begin + width + 0.05 * face.em,
        up + 0.05 * face.em,
        down,
        Edge.TALL,
        Edge.TALL,
        marks=((0.0, down, sign), (begin - 1, -up, signs.bar(width + 1, face.rule))),
        inner=((begin + 0.04 * face.em, 0.0, inside),),
    )
