"""The gradient before and after clipping, as arrows in the plane or as pairs of bars."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import Theme
from app.views.inspector.clipping import Clip
from app.views.inspector.wording import show
from autograd.optimizers import Clipping, norm

LOG_NOTE = "lengths on a log scale"

MOST_BARS = 6
"""Parameters whose bars are drawn, those with the largest gradients."""


class ClipPicture(QWidget):
    """Two parameters: both gradients as arrows, and the limit. Else: bars of the largest few."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("clip_picture")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._theme: Theme | None = None
        self._clip: Clip | None = None
        self._names: Sequence[str] = ()

    def show_clip(self, clip: Clip, names: Sequence[str]) -> None:
        """Show how a gradient was clipped; ``names`` are those of its parts, such as "∂L/∂m"."""
        self._clip, self._names = clip, names
        parts = zip(names, clip.raw, clip.clipped, strict=True)
        said = "; ".join(
            f"{name}: {show(float(raw))} → {show(float(clipped))}"
            for name, raw, clipped in list(parts)[:MOST_BARS]
        )
        self.setAccessibleName("Gradient before and after clipping")
        self.setAccessibleDescription(said)
        self.setToolTip(said)
        self.updateGeometry()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:  # noqa: D102  Qt's
        line = self.fontMetrics().height()
        if len(self._names) == 2:
            return QSize(200, 14 * line)
        return QSize(200, 4 * line + 2 * min(len(self._names), MOST_BARS) * (line + 2))

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, D102  Qt's
        if self._theme is None or self._clip is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if len(self._names) == 2:
            self._paint_plane(painter, self._clip, self._theme)
        else:
            self._paint_bars(painter, self._clip, self._theme)
        painter.end()

    # -- two parameters ---------------------------------------------------------------------

    def _paint_plane(self, painter: QPainter, clip: Clip, theme: Theme) -> None:
        metrics = self.fontMetrics()
        top = self._paint_legend(painter, clip, theme) + 4
        side = min(self.width() - 8.0, self.height() - top - 4)
        centre, half = QPointF(self.width() / 2, top + side / 2), side / 2

        def at(x: float, y: float) -> QPointF:
            return centre + QPointF(half * x, -half * y)

        painter.setPen(QPen(theme.border, 1))
        painter.drawLine(at(-1, 0), at(1, 0))
        painter.drawLine(at(0, -1), at(0, 1))
        painter.setPen(theme.muted)
        across, up = self._names
        end = min(at(1, 0).x() + 4, self.width() - metrics.horizontalAdvance(across))
        painter.drawText(QPointF(end, centre.y() - 3), across)
        painter.drawText(at(0, 1) + QPointF(4, metrics.ascent() - 3), up)
        painter.setPen(QPen(theme.accent, 1, Qt.PenStyle.DashLine))
        painter.drawPolygon(QPolygonF([at(*each) for each in clip.boundary()]))
        for vector, colour, width in self._vectors(clip, theme):
            _arrow(painter, centre, at(*clip.point(*map(float, vector))), colour, width)

    def _paint_legend(self, painter: QPainter, clip: Clip, theme: Theme) -> float:
        """Draw what is what; return where the legend ends."""
        metrics = self.fontMetrics()
        line = metrics.height()
        limit = "each" if clip.kind is Clipping.VALUE else "the length"
        (raw, grey, thin), (clipped, blue, thick) = self._vectors(clip, theme)
        entries = [
            (QPen(grey, thin), f"gradient, length {show(float(norm(raw)))}"),
            (QPen(blue, thick), f"clipped, length {show(float(norm(clipped)))}"),
            (QPen(blue, 1, Qt.PenStyle.DashLine), f"limit of {limit}: {show(clip.bound)}"),
        ]
        for row, (pen, text) in enumerate(entries):
            middle = row * line + line / 2
            painter.setPen(pen)
            painter.drawLine(QPointF(2, middle), QPointF(20, middle))
            painter.setPen(theme.text)
            painter.drawText(QPointF(26, row * line + metrics.ascent()), text)
        if clip.is_logarithmic:
            painter.setPen(theme.muted)
            painter.drawText(QPointF(26, 3 * line + metrics.ascent()), LOG_NOTE)
        return 4 * line

    @staticmethod
    def _vectors(clip: Clip, theme: Theme) -> list[tuple[np.ndarray, QColor, float]]:
        return [(clip.raw, theme.muted, 1.6), (clip.clipped, theme.accent, 3.0)]

    # -- one parameter, or many -------------------------------------------------------------

    def _paint_bars(self, painter: QPainter, clip: Clip, theme: Theme) -> None:
        metrics = self.fontMetrics()
        line = metrics.height() + 2
        below = self._paint_legend(painter, clip, theme)
        shown = np.argsort(-np.abs(np.nan_to_num(clip.raw)), kind="stable")[:MOST_BARS]
        label = max(metrics.horizontalAdvance(self._names[each]) for each in shown) + 6
        figure = metrics.horizontalAdvance("−0.00000e−00") + 4
        area = self.width() - label - figure
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for row, parameter in enumerate(shown):
            for part, (vector, colour, _) in enumerate(self._vectors(clip, theme)):
                top = below + (2 * row + part) * line
                number = float(vector[parameter])
                length = area / 2 * clip.radius(abs(number))
                middle = label + area / 2
                left = middle if number > 0 else middle - length
                painter.fillRect(QRectF(left, top + 2, length, line - 6), colour)
                painter.setPen(theme.text)
                painter.drawText(QRectF(0, top, self.width() - 2, line), right, show(number))
                if part == 0:
                    painter.drawText(QPointF(0, top + metrics.ascent()), self._names[parameter])


def _arrow(painter: QPainter, start: QPointF, end: QPointF, colour: QColor, width: float) -> None:
    """Draw an arrow with a head, if there is any length to it."""
    along = end - start
    length = math.hypot(along.x(), along.y())
    if length < 1:
        return
    along /= length
    head = min(4 + 2 * width, length)
    back = end - along * head
    across = QPointF(-along.y(), along.x()) * head * 0.5
    painter.setPen(QPen(colour, width))
    painter.drawLine(start, back)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([end, back + across, back - across]))
    painter.setBrush(Qt.BrushStyle.NoBrush)
