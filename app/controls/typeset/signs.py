"""The signs of a formula that grow with what they hold, as shapes to be filled."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF
from PySide6.QtGui import QPainterPath, QPolygonF, QTransform


def bar(width: float, thickness: float) -> QPainterPath:
    """Return a bar from its upper left corner on."""
    path = QPainterPath()
    path.addRect(0, 0, width, thickness)
    return path


def upright(height: float, em: float) -> QPainterPath:
    """Return an upright bar, such as the sign of an absolute value, its middle at y = 0."""
    path = QPainterPath()
    path.addRect(0, -height / 2, max(1.0, 0.055 * em), height)
    return path


def parenthesis(height: float, em: float) -> QPainterPath:
    """Return an opening parenthesis, its middle at y = 0: a crescent, thick in the middle."""
    half, width = height / 2, 0.16 * em + 0.1 * height
    tip, thick = 0.035 * em, 0.085 * em
    turn = 0.4 * half
    path = QPainterPath(QPointF(width - tip, -half))
    _bulge(path, 0.0, width - tip, turn, half)
    path.lineTo(width, half)
    _bulge(path, thick, width, turn, -half)
    path.closeSubpath()
    return path


def _bulge(path: QPainterPath, middle: float, side: float, turn: float, end: float) -> None:
    """Bend from where a path is to (side, end), through x = middle half-way."""
    start = -end
    control = (middle - side / 4) * 4 / 3
    toward = turn if end > 0 else -turn
    path.cubicTo(control, start + toward, control, end - toward, side, end)


def mirrored(path: QPainterPath) -> QPainterPath:
    """Return a shape with left and right exchanged, at the same place."""
    bounds = path.boundingRect()
    flip = QTransform.fromTranslate(bounds.left() + bounds.right(), 0).scale(-1, 1)
    return flip.map(path)


def root(height: float, em: float, rule: float) -> QPainterPath:
    """Return the sign of a root, from its lowest point at y = 0 to the upper edge of its bar."""
    hook = min(0.5 * em, 0.55 * height)
    end = 0.78 * em
    thick = QLineF(0.2 * em, -hook, 0.45 * em, 0)
    thin = QLineF(end - 1.1 * rule, -height, 0.4 * em, 0)
    inner = thick.intersects(thin)[1]
    corners = [
        QPointF(0.03 * em, -hook + 0.1 * em),
        thick.p1(),
        inner,
        thin.p1(),
        QPointF(end, -height),
        QPointF(end, -height + rule),
        QPointF(0.43 * em, 0),
        QPointF(0.37 * em, 0),
        QPointF(0.15 * em, -hook + 0.08 * em),
        QPointF(0.05 * em, -hook + 0.14 * em),
    ]
    path = QPainterPath()
    path.addPolygon(QPolygonF(corners))
    path.closeSubpath()
    return path


def hat(em: float) -> QPainterPath:
    """Return a hat, its lower corners at y = 0."""
    points = ((0, 0), (0.16, -0.15), (0.2, -0.15), (0.36, 0), (0.3, 0), (0.18, -0.09), (0.06, 0))
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(x * em, y * em) for x, y in points]))
    path.closeSubpath()
    return path
