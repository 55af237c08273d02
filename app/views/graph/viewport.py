"""A view of a scene through a camera: fitted, zoomed, panned, moved to a node."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.views.graph.camera import Camera
from app.views.graph.scene import Box, Scene

ZOOM_STEP = 1.25
SMALLEST_START = 0.6
"""The unfolded view opens no smaller than this, so that its text can be read."""

SMALLEST_FIT = 0.63
"""Below this scale the text of the folded graph could not be read: it opens at its left part."""

LARGEST_FIT = 1.7
"""A small graph is not blown up more than this to fill a large view."""

PAGE = 0.7
"""How much of the view's height a page is: what follows it can be seen, too."""

LARGEST_SCALE, SMALLEST_SCALE = 4.0, 1e-4


class Viewport(QWidget):
    """Owns the camera. Until a person moves it, it stays where reading begins."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._camera = Camera(1.0, 0.0, 0.0)
        self._moved = False  # whether a person chose the camera
        self._page: tuple[float, float, float] | None = None  # left, top, scale

    @property
    def scene(self) -> Scene | None:
        """What is looked at."""
        raise NotImplementedError

    @property
    def camera(self) -> Camera:
        """Where the viewer is."""
        return self._camera

    def fit(self) -> None:
        """Show the whole graph."""
        if self.scene is not None:
            self._moved = True
            self._frame(self.scene.bounds, LARGEST_FIT)

    def show_start(self) -> None:
        """Show where reading begins: the whole folded graph, or the first samples."""
        scene = self.scene
        if scene is None:
            return
        enlarged = self.fontMetrics().height() / 15
        if scene.detailed:
            self._frame(scene.bounds, LARGEST_FIT)
            if self._camera.scale < SMALLEST_FIT:
                middle = QPointF(8.0, self.height() / 2)
                row = self._row_of_loss(scene, SMALLEST_FIT)
                self.set_camera(Camera.placing(SMALLEST_FIT, scene.bounds[0], row, middle))
        else:
            left, top, width, height = scene.start
            fitting = min(self.width() / width, self.height() / height)
            scale = min(enlarged, max(SMALLEST_START * enlarged, fitting))
            self.set_camera(Camera(scale, -left * scale, -top * scale))
        self._moved = False

    def _row_of_loss(self, scene: Scene, scale: float) -> float:
        """Return what to look at in the middle of the height: the row that ends with the loss.

        Where the graph ends above or below, that is as much of it as can be seen.
        """
        _, top, _, height = scene.bounds
        _, loss_top, _, loss_height = scene.box(len(scene) - 1)
        half = self.height() / 2 / scale
        if 2 * half >= height:
            return top + height / 2
        return min(max(loss_top + loss_height / 2, top + half), top + height - half)

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom by a factor, keeping a pixel's content (without one, the centre's) in place."""
        at = QPointF(self.rect().center()) if at is None else at
        target = min(max(self._camera.scale * factor, SMALLEST_SCALE), LARGEST_SCALE)
        self._moved = True
        self.set_camera(self._camera.zoomed(target / self._camera.scale, at))

    def pan(self, dx: float, dy: float) -> None:
        """Move the content by so many pixels."""
        if not (dx or dy):
            return
        camera = self._camera
        self._moved = True
        self.set_camera(Camera(camera.scale, camera.dx + dx, camera.dy + dy))

    def center_on(self, x: float, y: float) -> None:
        """Show a place of the layout in the middle."""
        middle = QPointF(self.rect().center())
        self._moved = True
        self.set_camera(Camera.placing(self._camera.scale, x, y, middle))

    def show_node(self, node: int, others: Sequence[int] = ()) -> None:
        """Bring a node into view, large enough to be read, and others with it that have room."""
        if self._camera.scale < SMALLEST_START and self.scene is not None:
            place = (float(self.scene.x[node]), float(self.scene.y[node]))
            middle = QPointF(self.rect().center())
            self._moved = True
            self.set_camera(Camera.placing(SMALLEST_START, *place, middle))
        view, box = QRectF(self.rect()).adjusted(4, 4, -4, -4), self.node_rectangle(node)
        if view.contains(box) and all(view.contains(self.node_rectangle(each)) for each in others):
            return
        room = view.adjusted(20, 20, -20, -20)
        for each in others:
            both = box | self.node_rectangle(each)
            if both.width() <= room.width() and both.height() <= room.height():
                box = both
        self.pan(*_shift(box, view, room))

    def show_page(self, around: Box, box: Box) -> None:
        """Show the page that a sample's nodes are on, and there one of them, or a shared one.

        The graph is cut into pages, so that the same step is always seen at the same place,
        whichever way one came. A page is left alone until another is called for.
        """
        scene, scale = self.scene, self._camera.scale
        if scene is None:
            return
        height = PAGE * self.height() / scale
        first = scene.bounds[1] - 10
        top = first + height * math.floor((around[1] - first) / height)
        left = around[0] - scene.node_width
        width = self.width() / scale
        if box[0] + box[2] > left + width:
            left = box[0] + box[2] + 10 - width
        left = min(left, box[0] - 20)
        if not around[1] - height < box[1] < around[1] + height:  # a shared node elsewhere
            top = box[1] - height / 2
        page = (left, top, scale)
        if page != self._page:
            self._page, self._moved = page, True
            self.set_camera(Camera(scale, -scale * left, -scale * top))

    def _within_sight(self, camera: Camera) -> Camera:
        """Return a camera that has at least the edge of the scene in view."""
        if self.scene is None:
            return camera
        box, edge = camera.rectangle(self.scene.bounds), 60.0
        dx = max(edge - box.right(), 0.0) + min(self.width() - edge - box.left(), 0.0)
        dy = max(edge - box.bottom(), 0.0) + min(self.height() - edge - box.top(), 0.0)
        return Camera(camera.scale, camera.dx + dx, camera.dy + dy) if dx or dy else camera

    def node_at(self, at: QPointF) -> int | None:
        """Return the node at a pixel, or None."""
        return None if self.scene is None else self.scene.node_at(*self._camera.to_layout(at))

    def node_rectangle(self, node: int) -> QRectF:
        """Return where a node is drawn, in pixels."""
        assert self.scene is not None  # noqa: S101
        return self._camera.rectangle(self.scene.box(node))

    def value_rectangle(self, node: int) -> QRectF:
        """Return where a node's value is written, in pixels."""
        assert self.scene is not None  # noqa: S101
        box = self.node_rectangle(node)
        top, bottom = (0.41, 0.6) if self.scene.detailed else (0.33, 0.66)
        return box.adjusted(0, top * box.height(), 0, (bottom - 1) * box.height())

    def _frame(self, box: Box, largest: float) -> None:
        left, top, width, height = box
        margin = 8
        scale = min(
            (self.width() - 2 * margin) / width, (self.height() - 2 * margin) / height, largest
        )
        scale = max(scale, SMALLEST_SCALE)
        middle = QPointF(self.rect().center())
        self.set_camera(Camera.placing(scale, left + width / 2, top + height / 2, middle))

    def set_camera(self, camera: Camera) -> None:
        """Look from elsewhere, but never so far away that nothing of the scene is in view."""
        self._camera = self._within_sight(camera)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        if not self._moved:
            self.show_start()
        else:
            self.set_camera(self._camera)

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and not self._moved:
            self.show_start()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: D102  Qt's
        self.zoom(ZOOM_STEP ** (event.angleDelta().y() / 120), event.position())
        event.accept()


def _shift(box: QRectF, view: QRectF, room: QRectF) -> tuple[float, float]:
    """Return by how many pixels to move a box into view: no further than needed sideways."""
    dx = max(room.left() - box.left(), 0.0) if box.left() < view.left() else 0.0
    if box.right() > view.right():
        dx = min(room.right() - box.right(), 0.0)
    dy = 0.0
    if box.bottom() > view.bottom():
        dy = room.bottom() - box.bottom()
    if box.top() + dy < view.top():
        dy = room.top() - box.top()
    far = abs(dy) > view.height() / 2  # another sample: with what is around it
    return dx, view.center().y() - box.center().y() if far else dy
