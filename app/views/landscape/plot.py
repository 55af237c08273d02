"""The picture of a landscape: colours, contour lines, path, steps, minimum, or a curve."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from app.theme import Theme
from app.training.landscape import Box, Survey
from app.views.landscape.arrow import StepArrow
from app.views.landscape.colours import OUTLINE, PATH, RAW, TAKEN, Scale, picture
from app.views.landscape.contours import contours
from app.views.plot import ThemedPlot

NOWHERE = np.full(2, np.nan)
"""Where nothing is drawn."""


class SmoothImage(pg.ImageItem):
    """A picture without visible cells."""

    def paint(self, painter: QPainter, *args: object) -> None:
        """Draw the picture, blending from cell to cell."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        super().paint(painter, *args)


class LandscapePlot(ThemedPlot):
    """Draws a landscape over two parameters, or over one as a curve.

    Places are of shape (2,): both parameters, or the parameter and the height of its loss.
    """

    clicked = Signal(object)
    """A place was clicked on: its coordinates, of shape (2,)."""
    double_clicked = Signal(object)
    """A place was clicked on twice."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", "", parent)
        self.setObjectName("landscape_plot")
        self.setAccessibleName("Loss landscape")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._picture = SmoothImage(axisOrder="row-major")
        self._contours = pg.PlotCurveItem(connect="pairs", antialias=True)
        self._curve = pg.PlotCurveItem(connect="finite", antialias=True)
        self._later = pg.PlotCurveItem(connect="finite", antialias=True)
        self._path = pg.PlotCurveItem(connect="finite", antialias=True)
        self._epochs = pg.ScatterPlotItem(size=4, pxMode=True)
        self._minimum = pg.ScatterPlotItem(size=13, pxMode=True, symbol="x")
        self._raw = StepArrow(RAW, 4.0, dashed=True)
        self._taken = StepArrow(TAKEN, 2.0, dashed=False)
        self._present = pg.ScatterPlotItem(size=10, pxMode=True)
        self._asked = pg.ScatterPlotItem(size=15, pxMode=True, symbol="+")
        for item in (
            self._picture,
            self._contours,
            self._curve,
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
        self._picture.clear()
        for item in (self._contours, self._curve):
            item.setData([], [])
        self.show_path(np.empty((0, 2)), 0)
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
        for item, colour, width in ((self._present, PATH, 2), (self._minimum, PATH, 1)):
            item.setBrush(pg.mkBrush(colour))
            item.setPen(pg.mkPen(OUTLINE, width=width))
        self._asked.setBrush(pg.mkBrush(theme.accent))
        self._asked.setPen(pg.mkPen(PATH, width=1))
        if self._shown is not None:
            self.show_losses(*self._shown)

    def _click(self, event: MouseClickEvent) -> None:
        box = self.getViewBox()
        inside = box.sceneBoundingRect().contains(event.scenePos())
        if event.button() is not Qt.MouseButton.LeftButton or not inside:
            return
        event.accept()
        at = box.mapSceneToView(event.scenePos())
        place = np.array([at.x(), at.y()])
        (self.double_clicked if event.double() else self.clicked).emit(place)
