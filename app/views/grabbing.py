"""A plot on which things can be dragged: what is grabbed, and where the mouse takes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent

from app.views.plot import ThemedPlot

REACH = 11
"""Pixels from the middle of a thing within which it can be grabbed."""

FIRM = 3
"""Pixels that the mouse moves at least until a press is no click."""


@dataclass(frozen=True, slots=True, eq=False)
class Grip:
    """Something that can be dragged.

    Attributes:
        thing: what the plot calls it.
        place: where it is, in the plot's coordinates, of shape (2,).
        cursor: how the mouse looks over it.
    """

    thing: int
    place: np.ndarray
    cursor: Qt.CursorShape = Qt.CursorShape.OpenHandCursor


class GrabbingPlot(ThemedPlot):
    """A plot that lets subclasses have some things dragged with the left mouse button.

    They say what is where in ``grip_at``, and are told by ``drag``, ``drop`` and ``press``.
    Elsewhere the mouse pans and zooms as in any plot.

    Attributes:
        cursor_elsewhere: how the mouse looks where there is nothing to grab; None: as ever.
    """

    cursor_elsewhere: Qt.CursorShape | None = None

    _grip: Grip | None = None
    _offset = np.zeros(2)  # from the mouse to the middle of what is grabbed
    _pressed = QPointF()
    _moved = False

    def grip_at(self, at: QPointF) -> Grip | None:  # noqa: ARG002
        """Return what can be grabbed at a pixel."""
        return None

    def drag(self, thing: int, place: np.ndarray) -> None:
        """Take a thing that is grabbed to a place."""

    def drop(self, thing: int) -> None:
        """Leave a thing where it was taken last."""

    def press(self, thing: int) -> None:
        """Take a click on a thing that could have been dragged."""

    @property
    def dragging(self) -> bool:
        """Whether something is being dragged: the view must not move under the mouse."""
        return self._grip is not None and self._moved

    def let_go(self) -> None:
        """Do not drag any longer: what was grabbed is no longer there."""
        self._grip = None
        self.viewport().unsetCursor()

    def place_at(self, at: QPointF) -> np.ndarray:
        """Return a pixel's place in the plot's coordinates, of shape (2,)."""
        place = self.getViewBox().mapSceneToView(self.mapToScene(at.toPoint()))
        return np.array([place.x(), place.y()])

    def pixels_from(self, at: QPointF, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return how far places are from a pixel, in pixels; infinite for a nan."""
        width, height = self.getViewBox().viewPixelSize()
        if not width or not height:
            return np.full(np.shape(x), np.inf)  # there is no room yet
        here = self.place_at(at)
        with np.errstate(all="ignore"):
            aside = np.hypot((x - here[0]) / width, (y - here[1]) / height)
        return np.nan_to_num(aside, nan=np.inf)

    def inside(self, at: QPointF) -> bool:
        """Return whether a pixel is between the axes."""
        scene = self.mapToScene(at.toPoint())
        return bool(self.getViewBox().sceneBoundingRect().contains(scene))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        left = event.button() is Qt.MouseButton.LeftButton and self.inside(event.position())
        self._grip = self.grip_at(event.position()) if left else None
        if self._grip is None:
            super().mousePressEvent(event)
            return
        self._pressed, self._moved = event.position(), False
        self._offset = self._grip.place - self.place_at(event.position())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        if self._grip is None:
            super().mouseMoveEvent(event)
            if event.buttons() == Qt.MouseButton.NoButton:
                self._show_cursor(event.position())
            return
        if (event.position() - self._pressed).manhattanLength() >= FIRM:
            self._moved = True
        if self._moved:
            self.viewport().setCursor(_held(self._grip.cursor))
            self.drag(self._grip.thing, self.place_at(event.position()) + self._offset)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        grip, moved = self._grip, self._moved
        if grip is None or event.button() is not Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
            return
        self._grip = None
        self._show_cursor(event.position())
        if moved:
            self.drop(grip.thing)
        else:
            self.press(grip.thing)
        event.accept()

    def _show_cursor(self, at: QPointF) -> None:
        inside = self.inside(at)
        grip = self.grip_at(at) if inside else None
        cursor = self.cursor_elsewhere if grip is None else grip.cursor
        if cursor is None or not inside:
            self.viewport().unsetCursor()
        else:
            self.viewport().setCursor(cursor)


def _held(cursor: Qt.CursorShape) -> Qt.CursorShape:
    """Return how the mouse looks while it drags."""
    open_hand = cursor is Qt.CursorShape.OpenHandCursor
    return Qt.CursorShape.ClosedHandCursor if open_hand else cursor
