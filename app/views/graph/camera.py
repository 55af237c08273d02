"""Where the viewer of a graph is."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

from app.views.graph.scene import Box


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the viewer is: pixel = scale × layout + offset."""

    scale: float
    dx: float
    dy: float

    @classmethod
    def placing(cls, scale: float, x: float, y: float, pixel: QPointF) -> Camera:
        """Return the camera of a scale that shows a place of the layout at a pixel."""
        return cls(scale, pixel.x() - scale * x, pixel.y() - scale * y)

    def zoomed(self, factor: float, at: QPointF) -> Camera:
        """Return this camera with the scale multiplied, the point ``at`` staying where it is."""
        return Camera.placing(self.scale * factor, *self.to_layout(at), at)

    def to_layout(self, at: QPointF) -> tuple[float, float]:
        """Return the place in the layout that is seen at a pixel."""
        return (at.x() - self.dx) / self.scale, (at.y() - self.dy) / self.scale

    def to_pixel(self, x: float, y: float) -> QPointF:
        """Return the pixel at which a place in the layout is seen."""
        return QPointF(self.scale * x + self.dx, self.scale * y + self.dy)

    def rectangle(self, box: Box) -> QRectF:
        """Return where a rectangle of the layout is seen, in pixels."""
        left, top, width, height = box
        return QRectF(self.to_pixel(left, top), self.to_pixel(left + width, top + height))
