"""Drawing a hundred thousand nodes as dots of a few pixels: colours written into an image."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage, QPainter

from app.views.graph.camera import Camera
from app.views.graph.scene import Scene


class Dots:
    """Which pixels belong to which node, for a camera and a size of the view.

    It is found out once for a camera: other numbers change the colours only.

    Attributes:
        key: what it was made for.
    """

    def __init__(self, scene: Scene, camera: Camera, size: tuple[int, int]) -> None:
        self.key = (camera, size, id(scene.x))
        self._size = size
        width, height = size
        scale = camera.scale
        columns = (scale * (scene.x - scene.node_width / 2) + camera.dx).astype(np.intp)
        rows = (scale * (scene.y - scene.node_height / 2) + camera.dy).astype(np.intp)
        pixels, nodes = [], []
        for right in range(max(1, round(scale * scene.node_width))):
            for down in range(max(1, round(scale * scene.node_height))):
                x, y = columns + right, rows + down
                inside = np.flatnonzero((x >= 0) & (x < width) & (y >= 0) & (y < height))
                pixels.append(width * y[inside] + x[inside])
                nodes.append(inside)
        self._pixels, self._nodes = np.concatenate(pixels), np.concatenate(nodes)

    def draw(self, painter: QPainter, bins: np.ndarray, colours: np.ndarray) -> None:
        """Draw the nodes with these bins, each with its bin's colour."""
        width, height = self._size
        image = np.zeros(width * height, dtype=np.uint32)
        image[self._pixels] = colours[bins][self._nodes]
        opaque = QImage.Format.Format_ARGB32_Premultiplied
        painter.drawImage(0, 0, QImage(image.data, width, height, 4 * width, opaque))
