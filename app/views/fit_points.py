"""Points drawn by a person: added by a click, moved by dragging, removed."""

from __future__ import annotations

import math

import numpy as np
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from app.views.fit_data import FitData
from app.views.fit_plot import FitPlot
from app.views.grabbing import REACH, Grip

_REMOVES = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
_KEYS = frozenset({*_REMOVES, Qt.Key.Key_Escape})


class EditableFitPlot(FitPlot):
    """A fit plot whose points can be edited while ``editing``.

    It changes nothing by itself but the picture of a point that is being dragged. The range
    in view stays as long as points are edited.

    Attributes:
        editing: whether the mouse edits points.
        own_keys: the keys that it takes then.
    """

    point_added = Signal(float, float)
    """A point shall be added at x, y, after all others."""
    point_dragged = Signal(int, float, float)
    """A point is being dragged: its number within all data, x, y."""
    point_moved = Signal(int, float, float)
    """A point was dragged to another place, and let go there."""
    point_removed = Signal(int)
    """A point shall be removed: its number within all data."""
    left = Signal()
    """Editing shall end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.editing = False
        self.own_keys: frozenset[Qt.Key] = frozenset()
        self._current: int | None = None  # the point edited last

    def set_editing(self, on: bool) -> None:
        """Let the mouse edit points, or select samples and drag handles as before."""
        self.editing, self._current = on, None
        self.let_go()
        self.own_keys = _KEYS if on else frozenset()
        self.cursor_elsewhere = Qt.CursorShape.CrossCursor if on else None
        self._handles.setVisible(not on)
        if on:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setFocus()
        else:
            self.clearFocus()
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    @property
    def keeps_range(self) -> bool:  # noqa: D102  FitPlot's
        return self.editing

    def show_data(self, data: FitData) -> None:
        """Show other data; while points are edited, the one edited last has the ring."""
        self.let_go()  # a point that is being dragged may not be there any more
        if self._current is not None and self._current >= len(data.split.all):
            self._current = None
        super().show_data(data)

    def _ringed(self) -> int | None:
        return super()._ringed() if self._current is None else self._current

    # -- mouse and keys ---------------------------------------------------------------------

    def grip_at(self, at: QPointF) -> Grip | None:  # noqa: D102  GrabbingPlot's
        if not self.editing:
            return super().grip_at(at)
        drawn = self._drawn
        aside = self.pixels_from(at, self._x[drawn], self._y[drawn])
        if not len(aside) or np.min(aside) > REACH:
            return None
        point = int(drawn[np.argmin(aside)])
        return Grip(point, np.array([self._x[point], self._y[point]]))

    def press(self, thing: int) -> None:  # noqa: D102  GrabbingPlot's
        if thing < 0:
            super().press(thing)
            return
        self._current = thing
        self._ring()
        place = int(np.searchsorted(self._train, thing))
        if place < len(self._train) and self._train[place] == thing:
            self.sample_clicked.emit(place)

    def drag(self, thing: int, place: np.ndarray) -> None:  # noqa: D102  GrabbingPlot's
        if thing < 0:
            super().drag(thing, place)
            return
        if self._current != thing:
            self.press(thing)
        self._move(thing, *self._rounded(place))

    def drop(self, thing: int) -> None:  # noqa: D102  GrabbingPlot's
        if thing < 0:
            super().drop(thing)
        else:
            self.point_moved.emit(thing, float(self._x[thing]), float(self._y[thing]))

    def _move(self, point: int, x: float, y: float) -> None:
        """Draw a point at another place, and tell of it."""
        if self._data is not None and self._x is self._data.split.all.x:
            self._x, self._y = self._x.copy(), self._y.copy()
        self._x[point], self._y[point] = x, y
        self._draw_points()
        self._ring()
        self.point_dragged.emit(point, x, y)

    def _rounded(self, place: np.ndarray) -> tuple[float, float]:
        """Return a place within the view, with no more digits than its pixel has."""
        box = self.getViewBox()
        found = []
        for value, (low, high), size in zip(
            place, box.viewRange(), box.viewPixelSize(), strict=True
        ):
            decimals = math.ceil(-math.log10(size)) if size > 0 else 15
            found.append(round(min(max(float(value), low), high), decimals) + 0.0)
        return found[0], found[1]

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        right = event.button() is Qt.MouseButton.RightButton
        grip = self.grip_at(event.position()) if self.editing and right else None
        if grip is None:
            super().mousePressEvent(event)
        else:
            self._remove(grip.thing)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102  Qt's
        point = self._ringed()
        if self.editing and event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif self.editing and event.key() in _REMOVES and point is not None:
            self._remove(point)
        else:
            super().keyPressEvent(event)

    def _remove(self, point: int) -> None:
        self.let_go()
        self._current = None
        self.point_removed.emit(point)

    def _click(self, event: MouseClickEvent) -> None:
        """Add a point at the mouse, where there is none."""
        if not self.editing:
            super()._click(event)
            return
        at = QPointF(self.mapFromScene(event.scenePos()))
        left = event.button() is Qt.MouseButton.LeftButton and not event.double()
        if left and self.inside(at) and self.grip_at(at) is None:
            event.accept()
            self._current = len(self._x)
            self.point_added.emit(*self._rounded(self.place_at(at)))
