"""A small picture of the whole graph in a corner, with a frame around what is in view."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from app.views.graph.camera import Camera
from app.views.graph.colours import NONE
from app.views.graph.dots import Dots
from app.views.graph.painting import DOT_SCALE, Brushes, draw_nodes, place_nodes
from app.views.graph.scene import Scene

WIDTH, HEIGHT = 150, 96
"""Its size in pixels, at most."""

SHARE = 0.25
"""How much of the canvas's width and height it may take."""

MARGIN = 6

NEARLY_ALL = 0.85
"""Where more of the graph than this is in view, there is nothing to look up."""


LOWEST = 160
"""A canvas that is less high has no room for it."""


class Minimap(QWidget):
    """Shows where in the graph one is; a click or a drag goes elsewhere."""

    place_chosen = Signal(float, float)
    """The place of the layout that was clicked on."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setObjectName("graph_minimap")
        self.setAccessibleName("Overview of the graph")
        self.setToolTip("The whole graph; click to go there.")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.hide()
        self._scene: Scene | None = None
        self._bins: np.ndarray | None = None
        self._brushes: Brushes | None = None
        self._view = QRectF()
        self._overview: tuple[object, QPixmap] | None = None

    def show_scene(self, scene: Scene) -> None:
        """Show another graph."""
        self._scene, self._overview, self._bins = scene, None, None

    def show_bins(self, bins: np.ndarray) -> None:
        """Use other colours for the nodes."""
        self._bins = bins
        if self.isVisible():
            self.redraw()

    def redraw(self) -> None:
        """Draw the graph anew, where its nodes are now."""
        self._overview = None
        self.update()

    def set_brushes(self, brushes: Brushes) -> None:
        """Use the theme's colours."""
        self._brushes, self._overview = brushes, None

    def show_view(self, camera: Camera, size: QSize) -> None:
        """Show what a camera has in view; hidden where that is everything."""
        if self._scene is None:
            return
        left, top = camera.to_layout(QPointF(0, 0))
        right, bottom = camera.to_layout(QPointF(size.width(), size.height()))
        self._view = QRectF(QPointF(left, top), QPointF(right, bottom))
        whole = QRectF(*self._scene.bounds)
        seen = self._view & whole
        share = seen.width() * seen.height() / (whole.width() * whole.height())
        self.setVisible(share < NEARLY_ALL and size.height() >= LOWEST)
        self.update()

    def find_room(self, kept_free: QRectF | None = None) -> None:
        """Stand in the canvas's lower right corner, or in the left one where that is kept free."""
        canvas = self.parentWidget()
        width = min(WIDTH, round(SHARE * canvas.width()))
        height = min(HEIGHT, round(SHARE * canvas.height()))
        top, right = canvas.height() - height - MARGIN, canvas.width() - width - MARGIN
        box = QRect(right, top, width, height)
        if kept_free is not None and kept_free.intersects(QRectF(box)):
            box.moveLeft(MARGIN)
        if box != self.geometry():
            self.setGeometry(box)
            self._overview = None

    @property
    def _camera(self) -> Camera:
        """The camera that shows everything."""
        assert self._scene is not None  # noqa: S101
        left, top, width, height = self._scene.bounds
        scale = min((self.width() - 6) / width, (self.height() - 6) / height)
        middle = QPointF(self.width() / 2, self.height() / 2)
        return Camera.placing(scale, left + width / 2, top + height / 2, middle)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, D102  Qt's
        if self._scene is None or self._brushes is None:
            return
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture())
        theme, camera = self._brushes.theme, self._camera
        view = QRectF(
            camera.to_pixel(self._view.left(), self._view.top()),
            camera.to_pixel(self._view.right(), self._view.bottom()),
        )
        painter.setPen(QPen(theme.accent, 2))
        painter.drawRect(view & QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()

    def _picture(self) -> QPixmap:
        """Return the whole graph, drawn anew when graph, colours or size have changed."""
        assert self._scene is not None  # noqa: S101
        assert self._brushes is not None  # noqa: S101
        if self._overview is None or self._overview[0] != self.size():
            picture = QPixmap(self.size())
            theme = self._brushes.theme
            picture.fill(theme.window)
            painter = QPainter(picture)
            scene, camera = self._scene, self._camera
            bins = np.zeros(len(scene), dtype=np.intp) if self._bins is None else self._bins
            if camera.scale < DOT_SCALE:
                dots = Dots(scene, camera, (self.width(), self.height()))
                pixels = self._brushes.pixels.copy()
                pixels[NONE] = theme.edge.rgba()  # what has no colour yet must be seen, too
                dots.draw(painter, bins, pixels)
            else:
                visible = place_nodes(scene, np.arange(len(scene)), bins, camera)
                draw_nodes(painter, visible, self._brushes)
            painter.setPen(theme.border)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            painter.end()
            self._overview = (self.size(), picture)
        return self._overview[1]

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        self._choose(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(event.position())

    def _choose(self, at: QPointF) -> None:
        if self._scene is not None:
            self.place_chosen.emit(*self._camera.to_layout(at))
