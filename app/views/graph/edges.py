"""Drawing the edges: which of perhaps a million can be seen, and these in few painter calls."""

from __future__ import annotations

import numpy as np
from pyqtgraph.Qt import internals
from PySide6.QtCore import QLineF
from PySide6.QtGui import QPainter, QPen

from app.theme import Theme
from app.views.graph.camera import Camera
from app.views.graph.colours import mix
from app.views.graph.painting import DOT_SCALE, TEXT_SCALE, visible_nodes
from app.views.graph.scene import Scene
from app.views.graph.unfolded_layout import PITCH_X, PITCH_Y

MOST_EDGES = 12_000
"""Edges drawn at once; of more, evenly chosen ones stand for all."""

MOST_FAN = 300
"""Edges drawn of those that fan out from the parameters, beside those to readable nodes."""

SMOOTH_EDGES = 150
"""Up to so many edges are drawn smoothly, at ten times the cost of others."""


class Edges:
    """The edges of a graph of straight lines, sorted by how they are found and drawn.

    Most are short and can be seen only if one of their nodes is near the view. A few are
    long (the chain from column to column, the last sum to the loss) and are always
    considered. Those from a parameter to every sample fan out over the whole graph: drawn
    fully they would hide what they cross, and of many a few hundred show the same.
    """

    def __init__(self, scene: Scene) -> None:
        sources, targets = scene.sources, scene.targets
        self._scene = scene
        fans_out = sources < len(scene.probe.tape.parameters)
        long = (np.abs(scene.x[sources] - scene.x[targets]) > 2 * PITCH_X) | (
            np.abs(scene.y[sources] - scene.y[targets]) > 4 * PITCH_Y
        )
        self._fan = np.flatnonzero(fans_out)
        self._some_of_fan = self._fan[:: max(1, len(self._fan) // MOST_FAN)]
        self._long = np.flatnonzero(long & ~fans_out)
        self._short = np.flatnonzero(~long & ~fans_out)

    def draw(
        self, painter: QPainter, camera: Camera, size: tuple[float, float], theme: Theme
    ) -> None:
        """Draw what crosses a view of that size, with arrowheads where they can be seen."""
        readable = camera.scale >= TEXT_SCALE
        near = self._near_view(camera, size)
        sources, targets = self._scene.sources, self._scene.targets
        short = self._short[near[sources[self._short]] | near[targets[self._short]]]
        short = short[:: max(1, -(-len(short) // MOST_EDGES))]
        fan = self._some_of_fan if camera.scale >= DOT_SCALE else self._fan[:0]
        used = self._fan[near[targets[self._fan]]] if readable else self._fan[:0]
        for edges, strength in ((fan, 0.25), (self._long, 0.6), (used, 0.6), (short, 1.0)):
            lines = _crossing(self._lines(edges, camera), size)
            # Mixed with the background instead of translucent: that takes a fifth of the time.
            colour = mix(theme.base, theme.edge, strength * min(1.0, 0.12 + 2 * camera.scale))
            pen = QPen(colour, 1.3 if readable else 1.0)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(lines) <= SMOOTH_EDGES)
            _draw_lines(painter, lines, pen)
            if readable:
                _draw_lines(painter, _arrowheads(lines, camera.scale), pen)

    def near(self, camera: Camera, size: tuple[float, float]) -> np.ndarray:
        """Return the numbers of the short edges in view and of others to nodes in view."""
        targets = self._scene.targets
        seen = np.zeros(len(self._scene), dtype=bool)
        seen[visible_nodes(self._scene, camera, *size)] = True
        return np.flatnonzero(seen[targets])

    def _near_view(self, camera: Camera, size: tuple[float, float]) -> np.ndarray:
        """Return for every node whether it is in view or a short edge's length away."""
        width, height = size
        margin_x, margin_y = 2 * PITCH_X * camera.scale, 4 * PITCH_Y * camera.scale
        moved = Camera(camera.scale, camera.dx + margin_x, camera.dy + margin_y)
        near = np.zeros(len(self._scene), dtype=bool)
        near[visible_nodes(self._scene, moved, width + 2 * margin_x, height + 2 * margin_y)] = True
        return near

    def _lines(self, edges: np.ndarray, camera: Camera) -> np.ndarray:
        """Return x1, y1, x2, y2 in pixels, of shape (edges, 4)."""
        lines = self._scene.lines(edges)
        return camera.scale * lines + [camera.dx, camera.dy, camera.dx, camera.dy]


def _crossing(lines: np.ndarray, size: tuple[float, float]) -> np.ndarray:
    """Return the lines whose bounding box meets the view."""
    width, height = size
    x1, y1, x2, y2 = lines.T
    return lines[
        (np.maximum(x1, x2) > 0)
        & (np.minimum(x1, x2) < width)
        & (np.maximum(y1, y2) > 0)
        & (np.minimum(y1, y2) < height)
    ]


def _draw_lines(painter: QPainter, lines: np.ndarray, pen: QPen) -> None:
    """Draw lines given as x1, y1, x2, y2, in one call."""
    if len(lines):
        batch = internals.PrimitiveArray(QLineF, 4)
        batch.resize(len(lines))
        batch.ndarray()[:] = lines
        painter.setPen(pen)
        painter.drawLines(*batch.drawargs())


def _arrowheads(lines: np.ndarray, scale: float) -> np.ndarray:
    """Return two short strokes at the end of every line."""
    direction = lines[:, 2:] - lines[:, :2]
    length = np.maximum(np.hypot(direction[:, 0], direction[:, 1]), 1e-9)
    unit = direction / length[:, None] * 8 * scale
    side = np.column_stack([-unit[:, 1], unit[:, 0]]) * 0.5
    tips = lines[:, 2:]
    return np.concatenate(
        [np.hstack([tips, tips - unit + side]), np.hstack([tips, tips - unit - side])]
    )
