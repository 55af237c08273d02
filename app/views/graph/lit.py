"""Nodes that are lit: which ones, and how they are drawn, with a ring; from afar as dots."""

from __future__ import annotations

import numpy as np
from pyqtgraph.Qt import internals
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.theme import Theme
from app.views.graph.colours import mix
from app.views.graph.painting import DOT_SCALE, TEXT_SCALE, VisibleNodes
from app.views.graph.scene import Scene

HALO = 5.0
"""How far from its node the ring around a lit one is, at scale 1."""

RING = 2.4
"""How thick the ring is, in pixels."""

SMALLEST_DOT = 3.0
"""Pixels that a lit node has at least, from however far away."""


class Lit:
    """Which places of the tape are lit.

    Attributes:
        places: the places.
    """

    def __init__(self, places: frozenset[int] = frozenset()) -> None:
        self.places = places
        self._found: tuple[Scene, np.ndarray] | None = None

    def nodes(self, scene: Scene) -> np.ndarray | None:
        """Return for every node of a scene whether it is lit; None if no place is."""
        if not self.places:
            return None
        if self._found is None or self._found[0] is not scene:
            self._found = (scene, scene.nodes_of(self.places))
        return self._found[1]


def draw_lit(painter: QPainter, nodes: VisibleNodes, theme: Theme) -> None:
    """Draw what is behind lit nodes: a ring at a distance; the smallest nodes it covers."""
    readable = nodes.scale >= TEXT_SCALE
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, readable)
    if readable:
        painter.setPen(QPen(theme.accent, RING))
        painter.setBrush(mix(theme.base, theme.accent, 0.15))
        gap = HALO * nodes.scale
        for box in nodes.boxes.tolist():
            around = QRectF(*box).adjusted(-gap, -gap, gap, gap)
            painter.drawRoundedRect(around, 2 * gap, 2 * gap)
    elif nodes.scale >= DOT_SCALE:
        gap = max(1.0, HALO * nodes.scale)
        _fill(painter, nodes.boxes, gap + 2, theme.accent)
        _fill(painter, nodes.boxes, gap, theme.base)
    else:
        wanting = np.maximum(0.0, (SMALLEST_DOT - nodes.boxes[:, 2:]) / 2)
        _fill(painter, nodes.boxes, wanting, theme.text)


def _fill(painter: QPainter, boxes: np.ndarray, around: float | np.ndarray, colour: QColor) -> None:
    """Fill boxes that are larger by some pixels on every side."""
    batch = internals.PrimitiveArray(QRectF, 4)
    batch.resize(len(boxes))
    batch.ndarray()[:, :2] = boxes[:, :2] - around
    batch.ndarray()[:, 2:] = boxes[:, 2:] + 2 * np.asarray(around)
    painter.setPen(QPen(Qt.PenStyle.NoPen))
    painter.setBrush(colour)
    painter.drawRects(*batch.drawargs())
