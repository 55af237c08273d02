"""What the landscape's colours mean: losses on a logarithmic or linear scale, and a bar of it.

The colours are cividis (Nuñez, Anderton and Renslow, 2018): perceptually uniform, and alike for
people with and without colour blindness. They are the same in both themes, so what is drawn
over them has colours of its own, each with a dark outline.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.theme import Theme
from autograd.digits import digits

DECADES = 10
"""Decades of loss below the highest that are told apart: a grid may hit a loss of 0."""

LOWEST = 0.01
"""Share of the losses that have the first colour: towards a loss of 0 decades have no end."""

LINES = 12
"""Contour lines, about."""

OUTLINE = QColor(10, 16, 32)
PATH = QColor(255, 255, 255)
RAW = QColor(255, 160, 74)
TAKEN = QColor(116, 226, 255)


def outline_of(colour: QColor) -> QColor:
    """Return the colour around what is drawn in some colour: dark, or light around a dark one."""
    return OUTLINE if colour.lightnessF() > 0.4 else PATH


@dataclass(frozen=True, slots=True)
class Scale:
    """Losses as heights: the loss or its logarithm to base ten, from low to high.

    Attributes:
        log: whether heights are logarithms.
        low, high: the heights with the first and the last colour.
    """

    log: bool
    low: float
    high: float

    @classmethod
    def of(cls, losses: np.ndarray, *, log: bool) -> Scale:
        """Return the scale of some losses; linear where none is above 0."""
        finite = losses[np.isfinite(losses)]
        if log and (finite > 0).any():
            heights = np.log10(finite[finite > 0])
            high = float(heights.max())
            low = max(float(np.quantile(heights, LOWEST)), high - DECADES)
            return cls(True, low, max(high, low + 1e-9))
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        return cls(False, low, high if high > low else low + 1e-9 * (abs(low) + 1e-300))

    def heights(self, losses: np.ndarray) -> np.ndarray:
        """Return losses as heights; nan for what is not finite, the lowest for what is too low."""
        heights = np.where(np.isfinite(losses), losses, np.nan)
        if self.log:
            with np.errstate(divide="ignore", invalid="ignore"):
                heights = np.where(heights > 0, np.log10(heights), heights * 0.0 + self.low)
        return np.fmax(heights, self.low) + 0.0 * heights

    def loss(self, height: float) -> float:
        """Return the loss at a height."""
        return 10.0**height if self.log else height

    def levels(self) -> np.ndarray:
        """Return the heights of contour lines: round numbers apart."""
        span = (self.high - self.low) / LINES
        power = 10.0 ** np.floor(np.log10(span))
        step = next(each for each in (1, 2, 5, 10) if each * power >= span) * power
        first = np.floor(self.low / step) + 1
        count = int(np.clip(np.ceil(self.high / step) - first, 0, 3 * LINES))
        return (first + np.arange(count)) * step


@cache
def _table() -> np.ndarray:
    """Return the 256 colours, of shape (256, 3)."""
    return pg.colormap.get("cividis").getLookupTable(0.0, 1.0, 256, alpha=False)


def picture(losses: np.ndarray, scale: Scale, theme: Theme) -> np.ndarray:
    """Return losses as colours, of shape (rows, columns, 4)."""
    heights = scale.heights(losses)
    shares = (heights - scale.low) / (scale.high - scale.low)
    known = np.isfinite(shares)
    colours = np.full((*losses.shape, 4), 255, dtype=np.uint8)
    places = np.rint(255 * np.clip(np.where(known, shares, 0.0), 0.0, 1.0)).astype(np.intp)
    colours[..., :3] = _table()[places]
    colours[~known, :3] = theme.non_finite.getRgb()[:3]
    return colours


class ColourBar(QWidget):
    """The colours from the lowest to the highest loss shown, with both numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("loss_colours")
        self.setAccessibleName("Colours of the loss")
        self._texts = ("–", "–")
        table = np.ascontiguousarray(_table())
        self._image = QImage(table.data, 256, 1, 768, QImage.Format.Format_RGB888).copy()

    def show_scale(self, scale: Scale) -> None:
        """Show another scale."""
        low, high = (scale.loss(height) for height in (scale.low, scale.high))
        below = "≤ " if scale.log else ""
        self._texts = (f"loss {below}{digits(low, 3)}", digits(high, 3))
        kind = "logarithmic" if scale.log else "linear"
        text = f"Dark: {self._texts[0]}; bright: {self._texts[1]}; {kind} between them."
        self.setToolTip(text)
        self.setAccessibleDescription(text)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: D102  Qt's
        return QSize(120, self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102  Qt's
        painter = QPainter(self)
        metrics = self.fontMetrics()
        left, right = (metrics.horizontalAdvance(text) + 6 for text in self._texts)
        painter.setPen(self.palette().text().color())
        area = QRectF(self.rect())
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | middle, self._texts[0])
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | middle, self._texts[1])
        bar = area.adjusted(left, 3, -right, -3)
        if bar.width() > 0:
            painter.drawImage(bar, self._image)
        painter.end()
