"""The picture of a landscape: colours, contour lines, path, steps, minimum, or a curve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import QWidget

from app.theme import Theme
from app.training.landscape import Box, Survey
from app.views.grabbing import REACH, GrabbingPlot, Grip
from app.views.landscape.arrow import StepArrow
from app.views.landscape.colours import OUTLINE, PATH, RAW, TAKEN, Scale, outline_of, picture
from app.views.landscape.contours import contours

NOWHERE = np.full(2, np.nan)
"""Where nothing is drawn."""

_DIRECTIONS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Down: (0.0, -1.0),
    Qt.Key.Key_Up: (0.0, 1.0),
}

NUDGE = 0.01
"""Share of the range in view by which an arrow key moves the present place."""


class SmoothImage(pg.ImageItem):
    """A picture without visible cells."""

    def paint(self, painter: QPainter, *args: object) -> None:
        """Draw the picture, blending from cell to cell."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        super().paint(painter, *args)


class LandscapePlot(GrabbingPlot):
    """Draws a landscape over two parameters, or over one as a curve.

    Places are of shape (2,): both parameters, or the parameter and the height of its loss. The
    present place can be dragged, or moved with the arrow keys when the plot has the focus; only
    Tab gives it that, so that after a click the arrows still make steps.

    Attributes:
        movable: whether the present place can be moved.
        own_keys: the keys that it takes.
    """

    own_keys = frozenset(_DIRECTIONS)

    clicked = Signal(object)
    """A place was clicked on: its coordinates, of shape (2,)."""
    double_clicked = Signal(object)
    """A place was clicked on twice."""
    dragged = Signal(object)
    """The present place is being dragged to coordinates, of shape (2,)."""
    dropped = Signal()
    """It was let go."""
    nudged = Signal(object)
    """The present place shall be moved by so much, of shape (2,)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", "", parent)
        self.setObjectName("landscape_plot")
        self.setAccessibleName("Loss landscape")
        self.setAccessibleDescription("The arrow keys move the present point.")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.movable = False
        self._picture = SmoothImage(axisOrder="row-major")
        self._contours = pg.PlotCurveItem(connect="pairs", antialias=True)
        self._curve = pg.PlotCurveItem(connect="finite", antialias=True)
        self._others: list[pg.PlotCurveItem] = []
        self._ends = pg.ScatterPlotItem(size=8, pxMode=True)
        self._later = pg.PlotCurveItem(connect="finite", antialias=True)
        self._path = pg.PlotCurveItem(connect="finite", antialias=True)
        self._epochs = pg.ScatterPlotItem(size=4, pxMode=True)
        self._minimum = pg.ScatterPlotItem(size=13, pxMode=True, symbol="x")
        self._raw = StepArrow(RAW, 4.0, dashed=True)
        self._taken = StepArrow(TAKEN, 2.0, dashed=False)
        self._present = pg.ScatterPlotItem(size=12, pxMode=True)
        self._present.setToolTip("Drag it to see what the loss, the graph and the fit would be.")
        self._asked = pg.ScatterPlotItem(size=15, pxMode=True, symbol="+")
        for item in (
            self._picture,
            self._contours,
            self._curve,
            self._ends,
            self._later,
            self._path,
            self._epochs,
            self._minimum,
            self._raw,
            self._taken,
            self._present,
            self._asked,
        ):
            self.addItem(item, ignoreBounds=True)
        self._shown: tuple[Survey, Scale] | None = None
        self.scene().sigMouseClicked.connect(self._click)

    # -- what is drawn ----------------------------------------------------------------------

    def set_axes(self, names: tuple[str, ...], *, log: bool) -> None:
        """Name the axes after one or two parameters; ``log`` is how a curve's losses stand."""
        curve = len(names) == 1
        self._axis_labels = {"bottom": names[0], "left": "loss" if curve else names[1]}
        self.getAxis("left").setLogMode(y=curve and log)
        if self._theme is not None:
            super().set_theme(self._theme)

    def show_losses(self, survey: Survey, scale: Scale) -> None:
        """Show the losses of a grid on a scale."""
        self._shown = survey, scale
        box, ticks = survey.box, survey.box.ticks(survey.resolution)
        heights = scale.heights(survey.losses)
        surface = len(ticks) == 2
        for item in (self._picture, self._contours):
            item.setVisible(surface)
        self._curve.setVisible(not surface)
        if not surface:
            self._curve.setData(ticks[0], heights)
            return
        if self._theme is not None:
            self._picture.setImage(picture(survey.losses, scale, self._theme), autoLevels=False)
        self._picture.setRect(QRectF(*box.low, *box.size))
        self._contours.setData(*contours(heights, *ticks, scale.levels()))

    def show_path(self, places: np.ndarray, until: int) -> None:
        """Show the path through places, of shape (places, 2); from one of them on it is faint."""
        self._path.setData(*places[: until + 1].T)
        self._later.setData(*places[until:].T)
        few = places[: until + 1] if until <= 30 else np.empty((0, 2))
        self._epochs.setData(*few.T)

    def show_other_paths(self, paths: Sequence[tuple[np.ndarray, QColor]]) -> None:
        """Show the paths of other runs through places, of shape (places, 2), in their colours."""
        while len(self._others) < len(paths):
            item = pg.PlotCurveItem(connect="finite", antialias=True)
            self.addItem(item, ignoreBounds=True)
            item.stackBefore(self._ends)
            self._others.append(item)
        for item in self._others[len(paths) :]:
            item.setData([], [])
        for item, (places, colour) in zip(self._others, paths, strict=False):
            item.setPen(pg.mkPen(colour, width=1.5))
            item.setShadowPen(pg.mkPen(outline_of(colour), width=3))
            item.setData(*places.T)
        self._ends.setData(
            [
                {"pos": places[-1], "brush": colour, "pen": pg.mkPen(outline_of(colour))}
                for places, colour in paths
                if len(places) and np.isfinite(places[-1]).all()
            ]
        )

    def show_steps(self, start: np.ndarray, raw: np.ndarray, taken: np.ndarray) -> None:
        """Show both steps from a place to places; NOWHERE for none."""
        self._raw.show_step(start, raw)
        self._taken.show_step(start, taken)

    def show_marks(
        self,
        present: np.ndarray = NOWHERE,
        minimum: np.ndarray = NOWHERE,
        asked: np.ndarray = NOWHERE,
    ) -> None:
        """Show the present place, the minimum, and the place that a person asks about."""
        for item, place in (
            (self._present, present),
            (self._minimum, minimum),
            (self._asked, asked),
        ):
            item.setData(*place[:, None]) if np.isfinite(place).all() else item.setData([], [])

    def clear_run(self) -> None:
        """Show nothing."""
        self._shown = None
        self.let_go()
        self._picture.clear()
        for item in (self._contours, self._curve):
            item.setData([], [])
        self.show_path(np.empty((0, 2)), 0)
        self.show_other_paths([])
        self.show_steps(NOWHERE, NOWHERE, NOWHERE)
        self.show_marks()

    # -- what is in view --------------------------------------------------------------------

    def box(self, chosen: int) -> Box:
        """Return the range in view of so many parameters."""
        low, high = np.array(self.getViewBox().viewRange(), dtype=float).T
        return Box(low[:chosen], high[:chosen])

    def show_box(self, box: Box, scale: Scale | None = None) -> None:
        """Bring a box into view; of a curve, with the heights of a scale."""
        heights = () if scale is None else (scale.low, scale.high)
        x, y = box.low[0], (heights or (box.low[-1], box.high[-1]))
        padding = 0.06 * (y[1] - y[0]) if heights else 0.0
        self.setRange(xRange=(x, box.high[0]), yRange=(y[0] - padding, y[1] + padding), padding=0)

    def share(self, step: np.ndarray) -> float:
        """Return a step's length as a share of the plot's width or height, the shorter one."""
        box = self.getViewBox()
        pixel = np.array(box.viewPixelSize())
        if not pixel.all():
            return 0.0  # there is no room yet
        pixels = np.hypot(*(step / pixel))
        return float(pixels / max(1.0, min(box.width(), box.height())))

    def holds(self, place: np.ndarray) -> bool:
        """Return whether a place of shape (2,) is in view; NOWHERE is nowhere else."""
        low, high = np.array(self.getViewBox().viewRange(), dtype=float).T
        return not np.any((place < low) | (place > high))

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours; those of the map and what is over it stay."""
        super().set_theme(theme)
        self._contours.setPen(pg.mkPen(QColor(255, 255, 255, 110), width=1))
        self._curve.setPen(pg.mkPen(theme.loss, width=2))
        faint = QColor(PATH)
        faint.setAlpha(110)
        self._later.setPen(pg.mkPen(faint, width=1))
        self._path.setPen(pg.mkPen(PATH, width=1.5))
        self._path.setShadowPen(pg.mkPen(OUTLINE, width=3.5))
        self._epochs.setPen(None)
        self._epochs.setBrush(pg.mkBrush(PATH))
        for item in (self._present, self._minimum):
            item.setBrush(pg.mkBrush(PATH))
        self._minimum.setPen(pg.mkPen(OUTLINE, width=1))
        self._show_focus()
        self._asked.setBrush(pg.mkBrush(theme.accent))
        self._asked.setPen(pg.mkPen(PATH, width=1))
        if self._shown is not None:
            self.show_losses(*self._shown)

    # -- mouse and keys ---------------------------------------------------------------------

    @property
    def present(self) -> np.ndarray:
        """The present place, of shape (2,); NOWHERE if it is not drawn."""
        x, y = self._present.getData()
        return np.array([x[0], y[0]]) if len(x) else NOWHERE

    def grip_at(self, at: QPointF) -> Grip | None:  # noqa: D102  GrabbingPlot's
        present = self.present
        near = self.pixels_from(at, *present[:, None])[0] <= REACH
        return Grip(0, present) if self.movable and near else None

    def drag(self, _thing: int, place: np.ndarray) -> None:  # noqa: D102  GrabbingPlot's
        self.dragged.emit(place)

    def drop(self, _thing: int) -> None:  # noqa: D102  GrabbingPlot's
        self.dropped.emit()

    def press(self, _thing: int) -> None:  # noqa: D102  GrabbingPlot's
        self.clicked.emit(self.present)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102  Qt's
        direction = _DIRECTIONS.get(Qt.Key(event.key()))
        if direction is None or not self.movable:
            super().keyPressEvent(event)
            return
        box = np.ptp(np.array(self.getViewBox().viewRange()), axis=1)
        self.nudged.emit(NUDGE * box * direction)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: D102  Qt's
        super().focusInEvent(event)
        self._show_focus()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: D102  Qt's
        super().focusOutEvent(event)
        self._show_focus()

    def _show_focus(self) -> None:
        """Mark the present place where the arrow keys move it."""
        focused = self.hasFocus() and self._theme is not None
        colour = self._theme.accent if focused else OUTLINE
        self._present.setPen(pg.mkPen(colour, width=4 if focused else 2))
        self._present.setSize(16 if focused else 12)

    def _click(self, event: MouseClickEvent) -> None:
        box = self.getViewBox()
        inside = box.sceneBoundingRect().contains(event.scenePos())
        if event.button() is not Qt.MouseButton.LeftButton or not inside:
            return
        event.accept()
        at = box.mapSceneToView(event.scenePos())
        place = np.array([at.x(), at.y()])
        (self.double_clicked if event.double() else self.clicked).emit(place)
