"""An arrow for a step: a shaft and a head of a fixed size, with a dark outline."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.views.landscape.colours import OUTLINE

HEAD = 4.0
"""Pixels by which the head is longer than twice the shaft's width."""

FARTHEST = 4000.0
"""Pixels of the longest shaft; its end is out of sight long before."""

SHORT, LONG = 0.12, 0.3
"""Lengths of a step that is drawn longer than it is, and of one that has become so.

They are shares of the plot's width or height, whichever is shorter.
"""

TIMES = tuple(n * 10**power for power in range(4) for n in (1, 2, 5))
"""How many times as long a step may be drawn; one that stays too short is not drawn."""


def times_as_long(raw: float, taken: float) -> int | None:
    """Return how many times as long both steps are drawn to be seen; None: not at all.

    Where the raw step is far longer than the step taken, because it is clipped, it may lead
    out of sight. Lengths are shares of the plot; that of a step that is not known is nan.
    """
    longest = max((each for each in (raw, taken) if math.isfinite(each)), default=0.0)
    if taken * TIMES[-1] >= SHORT and taken < longest / 50:
        longest = taken
    if longest >= SHORT or longest == 0.0:
        return 1
    return next((times for times in TIMES if SHORT <= times * longest <= LONG), None)


def shorter(times: int) -> int:
    """Return the next smaller number of times that a step may be drawn as long, 1 at least."""
    return max((each for each in TIMES if each < times), default=1)


class StepArrow(pg.GraphicsObject):
    """Draws a step from a point, however the axes are stretched."""

    def __init__(self, colour: QColor, width: float, *, dashed: bool) -> None:
        super().__init__()
        self._colour = colour
        self._head = HEAD + 2 * width
        self._pen = QPen(colour, width)
        self._pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if dashed:
            self._pen.setDashPattern([1.6, 0.8])
        self._outline = QPen(OUTLINE, width + 2.0)
        self.start = self.end = np.full(2, np.nan)

    def show_step(self, start: np.ndarray, end: np.ndarray) -> None:
        """Draw from one place to another, in the plot's coordinates; not at all with a nan."""
        self.start, self.end = start, end
        self.prepareGeometryChange()
        self.update()

    @property
    def shown(self) -> bool:
        """Whether there is an arrow."""
        return bool(np.isfinite(self.start).all() and np.isfinite(self.end).all())

    def boundingRect(self) -> QRectF:  # noqa: N802, D102  Qt's
        return self.viewRect() if self.getViewBox() is not None else QRectF()

    def viewTransformChanged(self) -> None:  # noqa: N802, D102  pyqtgraph's
        super().viewTransformChanged()
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, *_: object) -> None:
        """Draw the arrow in pixels."""
        if not self.shown:
            return
        transform = painter.worldTransform()
        start, end = (transform.map(QPointF(*map(float, each))) for each in (self.start, self.end))
        dx, dy = end.x() - start.x(), end.y() - start.y()
        length = math.hypot(dx, dy)
        if not 1.0 <= length < math.inf:
            return
        along = QPointF(dx / length, dy / length)
        end = start + along * min(length, FARTHEST)
        head = min(self._head, length)
        neck = end - along * head
        aside = QPointF(-along.y(), along.x()) * (0.5 * head)
        triangle = QPolygonF([end, neck + aside, neck - aside])
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._outline)
        painter.drawLine(start, neck)
        painter.setPen(QPen(OUTLINE, 2.5))
        painter.setBrush(self._colour)
        painter.drawPolygon(triangle)
        painter.setPen(self._pen)
        painter.drawLine(start, neck)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawPolygon(triangle)
        painter.restore()
