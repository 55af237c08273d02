"""Drawing many nodes with few, large painter calls.

Only what is in view is drawn, and only as much of it as can be seen at the present scale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pyqtgraph.Qt import internals
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen

from app.theme import Theme
from app.views.graph.camera import Camera
from app.views.graph.colours import bin_colours, mix, muted_text_colour, text_colour
from app.views.graph.scene import Scene

TEXT_SCALE = 0.5
"""Below this scale text could not be read and is left out, and arrowheads with it."""

DOT_SCALE = 0.05
"""Below this scale nodes are a few pixels and are drawn as dots in an image."""

FAINT = 0.5
"""How much of the background is mixed into what steps back behind what is looked at."""


class Brushes:
    """The theme's colours as the drawing needs them: per bin, and faint versions after these."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        full = bin_colours(theme)
        self.bins = len(full)
        self.fills = full + [mix(each, theme.base, FAINT) for each in full]
        faint = [mix(theme.text, theme.base, 0.35)] * len(full)
        self.texts = [text_colour(fill) for fill in full] + faint
        self.muted_texts = [muted_text_colour(fill) for fill in full] + faint
        self.pixels = np.array([fill.rgba() for fill in self.fills], dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class VisibleNodes:
    """The nodes in view, and where they are drawn.

    Attributes:
        nodes: their numbers, of shape (n,).
        bins: the bin of each one's colour, of shape (n,).
        boxes: left, top, width and height in pixels, of shape (n, 4).
        scale: the camera's scale.
    """

    nodes: np.ndarray
    bins: np.ndarray
    boxes: np.ndarray
    scale: float


def visible_nodes(scene: Scene, camera: Camera, width: float, height: float) -> np.ndarray:
    """Return the nodes of which some part is within a view of that many pixels."""
    left, top = camera.to_layout(QPointF(0, 0))
    right, bottom = camera.to_layout(QPointF(width, height))
    half_width, half_height = scene.node_width / 2, scene.node_height / 2
    inside = (
        (scene.x > left - half_width)
        & (scene.x < right + half_width)
        & (scene.y > top - half_height)
        & (scene.y < bottom + half_height)
    )
    return np.flatnonzero(inside)


def place_nodes(scene: Scene, nodes: np.ndarray, bins: np.ndarray, camera: Camera) -> VisibleNodes:
    """Return where nodes with these bins are drawn."""
    boxes = np.empty((len(nodes), 4))
    boxes[:, 0] = camera.scale * (scene.x[nodes] - scene.node_width / 2) + camera.dx
    boxes[:, 1] = camera.scale * (scene.y[nodes] - scene.node_height / 2) + camera.dy
    boxes[:, 2:] = camera.scale * scene.node_width, camera.scale * scene.node_height
    return VisibleNodes(nodes, bins, boxes, camera.scale)


def draw_nodes(painter: QPainter, visible: VisibleNodes, brushes: Brushes) -> None:
    """Draw nodes as rectangles filled by the bin of their colour, a batch for each bin."""
    readable = visible.scale >= TEXT_SCALE
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, readable)
    painter.setPen(QPen(brushes.theme.edge, 1.0) if readable else QPen(Qt.PenStyle.NoPen))
    order = np.argsort(visible.bins, kind="stable")
    cuts = np.flatnonzero(np.diff(visible.bins[order])) + 1
    for group in np.split(order, cuts):
        if not len(group):
            continue
        painter.setBrush(brushes.fills[visible.bins[group[0]]])
        if readable:
            radius = 6 * visible.scale
            for box in visible.boxes[group].tolist():
                painter.drawRoundedRect(QRectF(*box), radius, radius)
        else:
            batch = internals.PrimitiveArray(QRectF, 4)
            batch.resize(len(group))
            batch.ndarray()[:] = visible.boxes[group]
            painter.drawRects(*batch.drawargs())


def draw_texts(
    painter: QPainter,
    visible: VisibleNodes,
    brushes: Brushes,
    texts: Callable[[int], tuple[str, str, str]],
    font: QFont,
) -> None:
    """Write title, value and gradient on every node, one below the other."""
    scale = visible.scale
    bold, plain = QFont(font), QFont(font)
    plain.setPixelSize(max(4, round(15 * scale)))
    bold.setPixelSize(max(4, round(14 * scale)))
    bold.setBold(True)
    begin = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    end = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    margin = 6 * scale
    written = []
    for node, each, (left, top, width, height) in zip(
        visible.nodes.tolist(), visible.bins.tolist(), visible.boxes.tolist(), strict=True
    ):
        line = (height - 4 * scale) / 3
        box = QRectF(left + margin, top + 2 * scale, width - 2 * margin, line)
        written.append((brushes.texts[each], texts(node), box))
    painter.setFont(bold)
    for colour, (title, _, _), box in written:
        painter.setPen(colour)
        painter.drawText(box, begin, title)
    painter.setFont(plain)
    for colour, (_, value, gradient), box in written:
        painter.setPen(colour)
        painter.drawText(box.translated(0, box.height()), end, value)
        painter.drawText(box.translated(0, 2 * box.height()), end, gradient)
