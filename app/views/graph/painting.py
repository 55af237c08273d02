"""Drawing the nodes of a laid-out graph with few, large painter calls.

Only what is in view is drawn, and only as much of it as can be seen at the present scale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pyqtgraph.Qt import internals
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QImage, QPainter, QPen

from app.theme import Theme
from app.views.graph.colours import bin_colours, text_colour
from app.views.graph.layout import NODE_HEIGHT, NODE_WIDTH, Layout

TEXT_SCALE = 0.35
"""Below this scale text could not be read and is left out, and arrowheads with it."""

DOT_SCALE = 0.05
"""Below this scale nodes are a few pixels and are drawn as dots in an image."""


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the viewer is: pixel = scale × layout + offset."""

    scale: float
    dx: float
    dy: float

    def zoomed(self, factor: float, at: QPointF) -> Camera:
        """Return this camera with the scale multiplied, the point ``at`` staying where it is."""
        return Camera(
            self.scale * factor,
            at.x() - factor * (at.x() - self.dx),
            at.y() - factor * (at.y() - self.dy),
        )

    def to_layout(self, at: QPointF) -> tuple[float, float]:
        """Return the place in the layout that is seen at a pixel."""
        return (at.x() - self.dx) / self.scale, (at.y() - self.dy) / self.scale


class Brushes:
    """The theme's colours as the drawing needs them: per bin of gradient, fill and text."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.fills = bin_colours(theme)
        self.texts = [text_colour(fill) for fill in self.fills]
        self.pixels = np.array([fill.rgba() for fill in self.fills], dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class VisibleNodes:
    """The nodes in view, and where they are drawn.

    Attributes:
        nodes: their numbers, of shape (n,).
        bins: the bin of each one's gradient, of shape (n,).
        boxes: left, top, width and height in pixels, of shape (n, 4).
        scale: the camera's scale.
    """

    nodes: np.ndarray
    bins: np.ndarray
    boxes: np.ndarray
    scale: float


def visible_nodes(layout: Layout, camera: Camera, width: float, height: float) -> np.ndarray:
    """Return the nodes of which some part is within a view of that many pixels."""
    left, top = camera.to_layout(QPointF(0, 0))
    right, bottom = camera.to_layout(QPointF(width, height))
    half_width, half_height = NODE_WIDTH / 2, NODE_HEIGHT / 2
    inside = (
        (layout.x > left - half_width)
        & (layout.x < right + half_width)
        & (layout.y > top - half_height)
        & (layout.y < bottom + half_height)
    )
    return np.flatnonzero(inside)


def place_nodes(
    layout: Layout, nodes: np.ndarray, bins: np.ndarray, camera: Camera
) -> VisibleNodes:
    """Return where nodes with these bins are drawn."""
    boxes = np.empty((len(nodes), 4))
    boxes[:, 0] = camera.scale * (layout.x[nodes] - NODE_WIDTH / 2) + camera.dx
    boxes[:, 1] = camera.scale * (layout.y[nodes] - NODE_HEIGHT / 2) + camera.dy
    boxes[:, 2:] = camera.scale * NODE_WIDTH, camera.scale * NODE_HEIGHT
    return VisibleNodes(nodes, bins, boxes, camera.scale)


def draw_nodes(painter: QPainter, visible: VisibleNodes, brushes: Brushes) -> None:
    """Draw nodes as rectangles filled by the bin of their gradient, a batch for each bin."""
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


def draw_dots(
    painter: QPainter, visible: VisibleNodes, brushes: Brushes, size: tuple[int, int]
) -> None:
    """Draw nodes as dots of a few pixels, by writing their colours into an image."""
    width, height = size
    image = np.zeros((height, width), dtype=np.uint32)
    columns, rows = visible.boxes[:, :2].astype(np.intp).T
    colours = brushes.pixels[visible.bins]
    for right in range(max(1, round(NODE_WIDTH * visible.scale))):
        for down in range(max(1, round(NODE_HEIGHT * visible.scale))):
            x, y = columns + right, rows + down
            inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            image[y[inside], x[inside]] = colours[inside]
    picture = QImage(image.data, width, height, 4 * width, QImage.Format.Format_ARGB32)
    painter.drawImage(0, 0, picture)


def draw_texts(
    painter: QPainter,
    visible: VisibleNodes,
    brushes: Brushes,
    texts: Callable[[int], tuple[str, str, str]],
    font: QFont,
) -> None:
    """Write title, value and gradient on every node."""
    scale = visible.scale
    bold, plain = QFont(font), QFont(font)
    plain.setPixelSize(max(4, round(16 * scale)))
    bold.setPixelSize(max(4, round(17 * scale)))
    bold.setBold(True)
    margin, line = 6 * scale, NODE_HEIGHT * scale / 2 - 2 * scale
    begin = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    end = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    written = [
        (
            brushes.texts[each],
            texts(node),
            QRectF(left + margin, top + 2 * scale, width - 2 * margin, line),
        )
        for node, each, (left, top, width, _) in zip(
            visible.nodes.tolist(), visible.bins.tolist(), visible.boxes.tolist(), strict=True
        )
    ]
    painter.setFont(bold)
    for colour, (title, _, _), box in written:
        painter.setPen(colour)
        painter.drawText(box, begin, title)
    painter.setFont(plain)
    for colour, (_, value, gradient), box in written:
        painter.setPen(colour)
        painter.drawText(box, end, value)
        painter.drawText(box.translated(0, line), end, gradient)
