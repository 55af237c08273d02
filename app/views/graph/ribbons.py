"""Drawing edges with what flows back over them: width is size, colour is sign."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from app.theme import Theme
from app.views.graph.camera import Camera
from app.views.graph.colours import mix
from app.views.graph.scene import Flows

MOST_RIBBONS = 250
"""Edges that are drawn with what flows over them; where there are more, lines have to do."""

REACH = 8.0
"""Pixels from an edge within which a click hits it."""

NARROWEST, WIDEST = 1.4, 7.0
"""Pixels of the smallest and the largest contribution, at scale 1."""

_T = np.linspace(0, 1, 17)[1:, None]
BERNSTEIN = np.hstack([(1 - _T) ** 3, 3 * _T * (1 - _T) ** 2, 3 * _T**2 * (1 - _T), _T**3])
"""What turns a cubic curve's four control points into sixteen points along it."""


@dataclass(frozen=True, slots=True)
class Ribbon:
    """An edge as it is drawn.

    Attributes:
        edge: its number.
        points: its points in pixels, of shape (points, 2).
        path: a smooth line through them.
        end, before_end: its last two points.
    """

    edge: int
    points: np.ndarray
    path: QPainterPath
    end: QPointF
    before_end: QPointF


def make_ribbon(edge: int, route: np.ndarray, camera: Camera) -> Ribbon:
    """Return an edge with these points of the layout, as a camera sees it."""
    points = camera.scale * route + [camera.dx, camera.dy]
    starts, ends = points[:-1], points[1:]
    bend = np.zeros_like(starts)
    bend[:, 0] = np.maximum((ends[:, 0] - starts[:, 0]) / 2, 0.0)
    controls = np.stack([starts, starts + bend, ends - bend, ends], axis=1)
    along = np.concatenate([points[:1], *(BERNSTEIN @ controls)])
    path = QPainterPath(QPointF(*points[0].tolist()))
    for _, (x1, y1), (x2, y2), (x, y) in controls.tolist():
        path.cubicTo(x1, y1, x2, y2, x, y)
    end, before_end = along[-1].tolist(), along[-2].tolist()
    return Ribbon(edge, along, path, QPointF(*end), QPointF(*before_end))


def hit(ribbons: list[Ribbon], at: QPointF) -> int | None:
    """Return the number of the edge that is nearest to a pixel, if one is within reach."""
    best, nearest = None, REACH
    for ribbon in ribbons:
        distance = _distance(ribbon.points, at.x(), at.y())
        if distance < nearest:
            best, nearest = ribbon.edge, distance
    return best


def visible_middle(ribbon: Ribbon, view: QRectF) -> QPointF | None:
    """Return the point of an edge that is in view and nearest to its middle; None if none is."""
    middle = len(ribbon.points) // 2
    for index in sorted(range(len(ribbon.points)), key=lambda index: abs(index - middle)):
        point = QPointF(*ribbon.points[index].tolist())
        if view.contains(point):
            return point
    return None


def _distance(points: np.ndarray, x: float, y: float) -> float:
    """Return how far a pixel is from a line through points."""
    starts, along = points[:-1], np.diff(points, axis=0)
    to = np.array([x, y]) - starts
    squares = np.maximum(np.sum(along * along, axis=1), 1e-9)
    share = np.clip(np.sum(to * along, axis=1) / squares, 0.0, 1.0)
    return float(np.min(np.hypot(*(to - share[:, None] * along).T)))


def widths(contributions: np.ndarray, limit: float) -> np.ndarray:
    """Return how wide edges are drawn, at scale 1: by the logarithm, over four decades."""
    with np.errstate(all="ignore"):
        decades = np.log10(np.abs(contributions) / limit) + 4
    share = np.clip(np.nan_to_num(decades / 4, nan=1.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
    return NARROWEST + (WIDEST - NARROWEST) * share


def draw_ribbons(
    painter: QPainter,
    ribbons: list[Ribbon],
    flows: Flows,
    limit: float,
    scale: float,
    theme: Theme,
    faint: np.ndarray,
    tinted: bool,
) -> None:
    """Draw edges; what has not flowed is a thin line, what is not looked at is faint.

    Colour is the sign where they are tinted.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    size = widths(flows.contribution, limit)
    order = np.argsort(flows.flowed, kind="stable")
    for number in order.tolist():
        ribbon = ribbons[number]
        colour, width = mix(theme.base, theme.edge, 0.7), NARROWEST
        if flows.flowed[number]:
            contribution = float(flows.contribution[number])
            colour = _sign_colour(contribution, theme) if tinted else theme.edge
            width = float(size[number])
        if faint[number]:
            colour = mix(colour, theme.base, 0.75)
        width = max(1.0, width * min(scale, 1.5))
        pen = QPen(colour, width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.strokePath(ribbon.path, pen)
        _draw_tip(painter, ribbon, colour, max(4.0, 5 * scale) + width * 0.6)


def _sign_colour(contribution: float, theme: Theme) -> QColor:
    if not math.isfinite(contribution):
        return theme.non_finite
    if contribution == 0:
        return mix(theme.base, theme.edge, 0.9)
    return theme.positive if contribution > 0 else theme.negative


def _draw_tip(painter: QPainter, ribbon: Ribbon, colour: QColor, size: float) -> None:
    """Draw the arrowhead: values flow this way, gradients the other."""
    _draw_arrow(painter, ribbon.end, ribbon.before_end, colour, size)


def draw_backward_tip(painter: QPainter, ribbon: Ribbon, colour: QColor, scale: float) -> None:
    """Draw an arrowhead at the other end: the gradient has just flowed back here."""
    start, after = ribbon.points[:2].tolist()
    _draw_arrow(painter, QPointF(*start), QPointF(*after), colour, max(9.0, 12 * scale))


def _draw_arrow(
    painter: QPainter, tip: QPointF, before: QPointF, colour: QColor, size: float
) -> None:
    along = tip - before
    along *= size / (math.hypot(along.x(), along.y()) or 1.0)
    side = QPointF(-along.y(), along.x()) * 0.55
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon([tip, tip - along + side, tip - along - side])
    painter.setBrush(Qt.BrushStyle.NoBrush)


def draw_halo(painter: QPainter, ribbon: Ribbon, theme: Theme, scale: float) -> None:
    """Draw a broad soft line below an edge that is looked at."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    pen = QPen(mix(theme.base, theme.accent, 0.45), 11 * min(max(scale, 0.6), 1.6))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.strokePath(ribbon.path, pen)


def draw_callout(
    painter: QPainter,
    lines: list[str],
    near: QPointF,
    theme: Theme,
    font: QFont,
    taken: list[QRectF],
    view: QRectF,
) -> QRectF:
    """Write lines in a box near a place, where it hides least of what is taken; return the box."""
    metrics = QFontMetricsF(font)
    width = max(metrics.horizontalAdvance(line) for line in lines) + 16
    height = metrics.height() * len(lines) + 8
    box = _free_place(near, width, height, taken, view)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(theme.accent, 1.5))
    if not box.adjusted(-4, -4, 4, 4).contains(near):
        painter.drawLine(near, _nearest_point(box, near))
    painter.setBrush(theme.raised)
    painter.drawRoundedRect(box, 5, 5)
    painter.setPen(theme.text)
    painter.setFont(font)
    for number, line in enumerate(lines):
        row = QRectF(box.left(), box.top() + 4 + number * metrics.height(), width, metrics.height())
        painter.drawText(row, Qt.AlignmentFlag.AlignCenter, line)
    return box


def _free_place(
    near: QPointF, width: float, height: float, taken: list[QRectF], view: QRectF
) -> QRectF:
    """Return the box of that size, around a place, that hides least; so does the line to it."""
    best, least = QRectF(), math.inf
    for down in (-1, 1, -2, 2, -3, 3, -4, 4, -5, 5, -6, 6, 0):
        for right in (0, -1, 1, -2, 2, -3, 3) if down else (-2, 2):
            centre = near + QPointF(right * width * 0.4, down * (height / 2 + 10))
            box = QRectF(centre.x() - width / 2, centre.y() - height / 2, width, height)
            box.moveLeft(min(max(box.left(), view.left() + 2), view.right() - width - 2))
            box.moveTop(min(max(box.top(), view.top() + 2), view.bottom() - height - 2))
            end = _nearest_point(box, near)
            crossed = sum(_crosses(near, end, each) for each in taken)
            overlap = sum(_area(box & each) for each in taken)
            hidden = sum(box.intersects(each) for each in taken)
            cost = overlap + 3_000 * (hidden + crossed) + 12 * (abs(down) + abs(right))
            if cost < least:
                best, least = box, cost
    return best


def _crosses(start: QPointF, end: QPointF, box: QRectF) -> bool:
    """Return whether a line goes through a box, but for its first and last few pixels."""
    shares = (0.2, 0.4, 0.6, 0.8)
    return any(box.contains(start + share * (end - start)) for share in shares)


def _area(box: QRectF) -> float:
    return max(0.0, box.width()) * max(0.0, box.height())


def _nearest_point(box: QRectF, to: QPointF) -> QPointF:
    return QPointF(
        min(max(to.x(), box.left()), box.right()), min(max(to.y(), box.top()), box.bottom())
    )
