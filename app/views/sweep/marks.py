"""The marks on a heat map: a diverged run, the best one, the present one, the one looked at.

What lies below a frame or a dot may have any colour, so each is drawn twice: broad in one
colour, and narrow in another.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from app.theme import Theme
from app.views.landscape.colours import OUTLINE, PATH

TINT = 0.25
"""How much of its colour a diverged run's cell has."""

SMALLEST_CROSS = 9
"""Pixels of a cell in which a cross can be told from a blot; smaller ones are hatched."""


def diverged_colour(theme: Theme) -> QColor:
    """Return the colour of a diverged run's cell: a tint of the one for what is not finite."""
    return _mixed(theme.non_finite, theme.base, TINT)


def draw_diverged(painter: QPainter, cell: QRectF, theme: Theme, *, small: bool) -> None:
    """Tint a cell and cross it out, or hatch it where a cross would be too small."""
    painter.fillRect(cell, diverged_colour(theme))
    if small:
        painter.fillRect(cell, QBrush(theme.non_finite, Qt.BrushStyle.BDiagPattern))
        return
    half = min(min(cell.width(), cell.height()) * 0.27, 6.0)
    middle = cell.center()
    painter.setPen(QPen(theme.non_finite, 2))
    for turn in (half, -half):
        step = QPointF(half, turn)
        painter.drawLine(middle - step, middle + step)


def draw_best(painter: QPainter, cell: QRectF) -> None:
    """Frame a cell on its inside."""
    inset = cell.adjusted(0.5, 0.5, -0.5, -0.5)
    for margin, colour in ((0, OUTLINE), (1, PATH), (2, PATH), (3, OUTLINE)):
        frame = inset.adjusted(margin, margin, -margin, -margin)
        if frame.width() > 1 and frame.height() > 1:
            _frame(painter, frame, QPen(colour, 1))


def draw_present(painter: QPainter, cell: QRectF) -> None:
    """Put a dot into the middle of a cell."""
    radius = min(4.5, max(1.5, min(cell.width(), cell.height()) * 0.28))
    painter.setPen(QPen(OUTLINE, 1.5))
    painter.setBrush(PATH)
    painter.drawEllipse(cell.center(), radius, radius)


def draw_looked_at(painter: QPainter, cell: QRectF, colour: QColor, casing: QColor) -> None:
    """Frame a cell on its outside."""
    frame = cell.adjusted(-1, -1, 1, 1)
    for width, each in ((5, casing), (2, colour)):
        _frame(painter, frame, QPen(each, width))


def _frame(painter: QPainter, frame: QRectF, pen: QPen) -> None:
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(frame)


def _mixed(one: QColor, other: QColor, share: float) -> QColor:
    """Return a mixture of two colours, with so much of the first."""
    pairs = zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)
    return QColor(*(round(share * a + (1 - share) * b) for a, b in pairs))
