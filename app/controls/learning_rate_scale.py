"""A logarithmic scale for the learning rate, with a mark at the largest stable one."""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.theme import Theme

STEPS = 20
"""Steps of the arrow keys in a decade; with two significant digits, each still differs."""

KEYS = {Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1}
KEYS |= {Qt.Key.Key_PageUp: STEPS // 4, Qt.Key.Key_PageDown: -STEPS // 4}
KEYS |= {Qt.Key.Key_End: 1000 * STEPS, Qt.Key.Key_Home: -1000 * STEPS}
NOTCH = 120  # of a wheel, in Qt's unit


class LearningRateScale(QWidget):
    """Shows a learning rate on a logarithmic scale, and lets a person choose another.

    What lies beyond the largest stable learning rate is hatched. The wheel turns only a scale
    that has the focus, so that the panel around it can be scrolled over it.
    """

    value_changed = Signal(float)
    """A person chose another learning rate."""
    own_keys = frozenset(KEYS)
    """The keys that it needs, while it has the focus."""

    def __init__(
        self, minimum: float = 1e-6, maximum: float = 10.0, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._minimum, self._maximum = minimum, maximum
        self._lowest, self._highest = math.log10(minimum), math.log10(maximum)
        self._decades = range(math.ceil(self._lowest - 1e-9), math.floor(self._highest + 1e-9) + 1)
        self._value, self._limit = minimum, math.inf
        self._theme: Theme | None = None
        self._grip: tuple[float, float, float] | None = None
        self._turned = 0
        self.setObjectName("learning_rate_scale")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.MinimumExpanding, QSizePolicy.Policy.Fixed)
        self._describe()

    def value(self) -> float:
        """Return the learning rate in force, which may lie outside the scale."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show a learning rate; one outside the scale sits at its end."""
        self._value = value
        self._describe()

    def set_limit(self, limit: float | None) -> None:
        """Mark the largest stable learning rate; None: there is none, or it is unknown."""
        self._limit = limit if limit and 0 < limit < math.inf else math.inf
        self._describe()

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        self.update()

    def _describe(self) -> None:
        """Say in words what is shown, and paint it."""
        self.setAccessibleName(f"Learning rate, logarithmic scale: {_text(self._value)}")
        side = f"The learning rate is {'beyond' if self._value > self._limit else 'within'} it."
        limit = "" if self._limit == math.inf else f" {self._about_limit()} {side}"
        ends = f"From {_text(self._minimum)} to {_text(self._maximum)}."
        self.setAccessibleDescription(ends + limit)
        self.setToolTip(f"<p>Drag, click, or use arrow keys to choose a learning rate.{limit}</p>")
        self.update()

    def _about_limit(self) -> str:
        what = "Largest stable learning rate of plain gradient descent here"
        return f"{what}: {_text(self._limit)}, from the Hessian's λmax."

    def sizeHint(self) -> QSize:  # noqa: D102  Qt's
        return QSize(14 * self.fontInfo().pixelSize(), round(2.5 * self.fontMetrics().height()))

    minimumSizeHint = sizeHint

    def _radius(self) -> float:
        return 0.45 * self.fontMetrics().height()

    def _widest(self) -> int:
        """Return the width of the widest label."""
        labels = map(_label, self._decades)
        return max(map(self.fontMetrics().horizontalAdvance, labels), default=0)

    def _track(self) -> QRectF:
        """Return the track, with room at its ends for the handle and half a label."""
        height, side = self.fontMetrics().height(), max(self._widest() / 2, self._radius() + 4) + 1
        left, thickness = math.ceil(side) + 0.5, max(5, round(0.36 * height))
        top = round(0.8 * height - thickness / 2) + 0.5  # between pixels: its outline is sharp
        return QRectF(left, top, max(self.width() - 2 * left, 1), thickness)

    def _within(self, value: float) -> float:
        """Return the learning rate on the scale that is nearest to any number."""
        return min(value, self._maximum) if value > self._minimum else self._minimum

    def _x(self, value: float) -> float:
        """Return where a learning rate is."""
        place = math.log10(self._within(value)) - self._lowest
        return self._track().left() + place / (self._highest - self._lowest) * self._track().width()

    def _value_at(self, x: float) -> float:
        """Return the learning rate at a place, in two significant digits."""
        share = min(max((x - self._track().left()) / self._track().width(), 0.0), 1.0)
        return self._rounded(self._lowest + share * (self._highest - self._lowest))

    def _rounded(self, exponent: float) -> float:
        return self._within(float(f"{10**exponent:.1e}"))

    def _around_mark(self) -> QRectF:
        """Return where the mark is; nowhere, if the limit is not on the scale."""
        if self._limit != self._within(self._limit):
            return QRectF()
        return QRectF(self._x(self._limit) - self._radius(), 0, 2 * self._radius(), self.height())

    def event(self, event: QEvent) -> bool:
        """Say over the mark what it is."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            around = self._around_mark()
            if around.contains(QPointF(event.pos())):
                text = f"<p>{self._about_limit()}</p>"
                QToolTip.showText(event.globalPos(), text, self, around.toAlignedRect())
                return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        if event.button() is not Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        x, below = event.position().x(), event.position().y() - self._track().center().y()
        beside = x - self._x(self._value)
        if max(abs(beside), below) > self._radius():  # not on the handle
            beside = 0.0
            self._choose(self._value_at(x))
        self._grip = (x, beside, self._value)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        if self._grip and event.buttons() & Qt.MouseButton.LeftButton:
            pressed, beside, value = self._grip
            x = event.position().x()
            self._choose(value if x == pressed else self._value_at(x - beside))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: D102  Qt's
        if self.hasFocus():
            self._turned += event.angleDelta().y()
            notches = int(self._turned / NOTCH)
            self._turned -= notches * NOTCH
            self._step(notches)
        event.setAccepted(self.hasFocus())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102  Qt's
        alone = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if alone and event.key() in KEYS:
            self._step(KEYS[event.key()])
        else:
            super().keyPressEvent(event)

    def _step(self, steps: int) -> None:
        """Go so many steps, along values of which each power of ten is one."""
        place = round(STEPS * math.log10(self._within(self._value))) + steps
        value = self._rounded(min(max(place / STEPS, self._lowest), self._highest))
        if (value - self._value) * steps > 0:  # not back, from outside the scale
            self._choose(value)

    def _choose(self, value: float) -> None:
        if value != self._value:
            self.set_value(value)
            self.value_changed.emit(value)

    def paintEvent(self, event: QEvent) -> None:  # noqa: ARG002, D102  Qt's
        if self._theme is None:
            return
        theme, grey = self._theme, self._theme.edge
        if not self.isEnabled():
            theme = replace(theme, accent=grey, negative=grey, muted=grey, error=theme.zero)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for paint in (self._paint_labels, self._paint_track, self._paint_handle, self._paint_mark):
            paint(painter, theme)
        painter.end()

    def _paint_labels(self, painter: QPainter, theme: Theme) -> None:
        """Paint a tick at each decade, and labels at as many as have room for them."""
        track, metrics, widest = self._track(), self.fontMetrics(), self._widest()
        decade = track.width() / (self._highest - self._lowest)
        stride = math.ceil((widest + metrics.averageCharWidth()) / decade)
        for exponent in self._decades:
            labelled = exponent % stride == 0 and track.width() > 1
            x = math.floor(self._x(10.0**exponent)) + 0.5
            end = track.bottom() + (0.52 if labelled else 0.32) * metrics.height()
            painter.setPen(theme.edge)
            painter.drawLine(QPointF(x, track.bottom()), QPointF(x, end))
            if labelled:
                painter.setPen(theme.muted)
                box = QRectF(x - widest / 2 - 1, round(end), widest + 2, metrics.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, _label(exponent))

    def _paint_track(self, painter: QPainter, theme: Theme) -> None:
        """Paint the track, hatched where a learning rate is not stable."""
        track, line = self._track(), theme.edge
        for brush in (theme.zero, theme.error, QBrush(theme.negative, Qt.BrushStyle.BDiagPattern)):
            painter.setPen(line)
            painter.setBrush(brush)
            painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
            if self._limit >= self._maximum:
                break
            line = theme.negative
            painter.setClipRect(track.adjusted(self._x(self._limit) - track.left(), -1, 1, 1))
        painter.setClipping(False)

    def _paint_handle(self, painter: QPainter, theme: Theme) -> None:
        """Paint the handle, in the colour of problems where training is not stable."""
        centre, radius = QPointF(self._x(self._value), self._track().center().y()), self._radius()
        if self.hasFocus():
            painter.setBrush(theme.window)
            painter.setPen(QPen(theme.accent, 2))
            painter.drawEllipse(centre, radius + 3, radius + 3)
        painter.setBrush(theme.negative if self._value > self._limit else theme.accent)
        painter.setPen(QPen(theme.window, 1))
        painter.drawEllipse(centre, radius, radius)

    def _paint_mark(self, painter: QPainter, theme: Theme) -> None:
        """Paint a line across the track at the limit, below a triangle like a pin's head."""
        around, side = self._around_mark(), 0.23 * self.fontMetrics().height()
        if around:
            x = round(around.center().x())
            painter.setPen(QPen(theme.negative, 2))
            if abs(x - self._x(self._value)) > self._radius():  # beside the handle
                painter.drawLine(QPointF(x, side), QPointF(x, self._track().bottom() + 2))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.negative)
            painter.drawPolygon([QPointF(x - side, 0), QPointF(x + side, 0), QPointF(x, 2 * side)])


def _label(exponent: int) -> str:
    """Return a power of ten as briefly as one can type it: 1e-4, 0.01, 1."""
    return f"1e{exponent}" if abs(exponent) > 3 else f"{10.0**exponent:g}"


def _text(value: float) -> str:
    """Return a learning rate in three significant digits: 0.0071, 1e-6."""
    return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e+")
