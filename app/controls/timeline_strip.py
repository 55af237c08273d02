"""The strip of the timeline: a scale of epochs with the part trained, events and a cursor."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import (
    QEvent,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSignalBlocker,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QAccessible,
    QAccessibleValueChangeEvent,
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QToolTip, QWidget

from app.theme import Theme
from app.training.events import Event, Kind

Key = Qt.Key
REACH = 5
"""Pixels from an event, or an end of the range, within which the mouse means it."""

MOST_TOLD = 6
"""Events that are told at once."""

HELP = (
    "Click or drag to look at an epoch; drag with Shift to mark a range to loop over. "
    "Keys: ← →, Page ↑ ↓, Home and End; [ and ] mark where a range begins and ends, Esc ends it."
)


class TimelineStrip(QAbstractSlider):
    """Epochs from 0 to the number chosen, on a linear scale; a slider over those trained.

    Its value is the epoch looked at, or the one just asked for.
    """

    epoch_asked = Signal(int)
    """An epoch to look at; at most one in each turn of the event loop, the newest asked for."""
    touched = Signal()
    """A person has chosen an epoch."""
    own_keys = frozenset(
        {Key.Key_Left, Key.Key_Right, Key.Key_Up, Key.Key_Down, Key.Key_PageUp, Key.Key_PageDown}
        | {Key.Key_Home, Key.Key_End, Key.Key_BracketLeft, Key.Key_BracketRight}
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline_strip")
        self.setAccessibleName("Timeline")
        self.setAccessibleDescription(f"Every epoch of the run. {HELP}")
        self.setToolTip(HELP)
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._theme: Theme | None = None
        self._newest, self._last = -1, 1  # the newest epoch, and the end of the scale
        self._events: tuple[Event, ...] = ()
        self._marked: tuple[int, int] | None = None
        self._anchor: int | None = None  # the end of the range that stays, while one is dragged
        self._beside: float | None = None  # from the cursor to the mouse, while it is dragged
        self._pointed: int | None = None
        self._labels: list[tuple[QRect, str, float]] = []
        self._asking = QTimer(self, singleShot=True, interval=0)
        self._asking.timeout.connect(lambda: self.epoch_asked.emit(self.value()))
        self.valueChanged.connect(self._choose)  # by an aid for those who cannot see it

    # -- what is shown ----------------------------------------------------------------------

    @property
    def marked(self) -> tuple[int, int] | None:
        """First and last epoch of the marked range; None without one."""
        return self._marked

    @property
    def span(self) -> tuple[int, int]:
        """First and last epoch of the marked range, else of all that is trained."""
        return self._marked or (0, max(0, self._newest))

    @property
    def asking(self) -> bool:
        """Whether an epoch is about to be asked for."""
        return self._asking.isActive()

    def show_history(self, newest: int, epochs: int, looked_at: int) -> None:
        """Show how far the run is (−1: no epoch yet), up to which epoch it goes, and the cursor."""
        last, shown = max(1, newest, epochs), self._cursor_rect()
        if newest != self._newest:
            if newest < self.span[1]:
                self.mark(None)
            before, self._newest = self._newest, newest
            self._update_between(before, newest)
        with QSignalBlocker(self):
            self.setMaximum(max(0, newest))
            if not self.asking:
                self.setValue(looked_at)
        if last != self._last:
            self._last = last
            self._lay_out()
        else:
            self._update_cursor(shown)

    def show_events(self, events: Sequence[Event]) -> None:
        """Mark what happened in the run."""
        if tuple(events) != self._events:
            self._events = tuple(events)
            self.update()

    def mark(self, span: tuple[int, int] | None) -> None:
        """Mark a range of epochs, given in either order; None for none."""
        if span is not None:
            first, last = min(span), max(span)
            span = (max(0, first), min(last, self._newest))
        if span != self._marked:
            self._marked = span
            self.update()

    def ask(self, epoch: int) -> None:
        """Ask for an epoch; of those asked for in a turn of the event loop, only the last."""
        epoch = min(max(epoch, 0), self._newest)
        if epoch >= 0 and epoch != self.value():
            shown = self._cursor_rect()
            with QSignalBlocker(self):
                self.setValue(epoch)
            self._update_cursor(shown)
            self._asking.start()

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        self.update()

    # -- epochs and pixels ------------------------------------------------------------------

    def x_of(self, epoch: float) -> float:
        """Return where an epoch is, in pixels from the left."""
        track = self._track()
        return track.left() + epoch / self._last * track.width()

    def epoch_at(self, x: float) -> int:
        """Return the epoch, trained or not, that is nearest to a place."""
        track = self._track()
        share = min(max((x - track.left()) / track.width(), 0.0), 1.0)
        return round(share * self._last)

    def _nearest(self, x: float) -> int:
        """Return the epoch that the mouse means: an event's close by, or the nearest."""
        near = self._events_near(x)
        return near[0].epoch if near else self.epoch_at(x)

    def _events_near(self, x: float) -> list[Event]:
        """Return the events within reach of a place, the nearest first."""
        beside = [(abs(self.x_of(event.epoch) - x), event) for event in self._events]
        near = [each for each in beside if each[0] <= REACH]
        return [event for _, event in sorted(near, key=lambda each: each[0])]

    def _track(self) -> QRectF:
        height = self.fontMetrics().height()
        side, thickness = 0.5 * height, max(4, round(0.36 * height))
        top = round((self._rows() - thickness) / 2)
        return QRectF(side, top, max(1.0, self.width() - 2 * side), thickness)

    def _rows(self) -> int:
        """Return the height of the track's row; that of the numbers is below."""
        return round(0.9 * self.fontMetrics().height())

    def _box(self, epoch: int, around: int) -> QRect:
        """Return where an epoch's number stands below the track, within the strip."""
        metrics, text = self.fontMetrics(), f"{epoch:,}"
        width = metrics.horizontalAdvance(text) + around
        left = min(max(round(self.x_of(epoch) - width / 2), 0), max(0, self.width() - width))
        return QRect(left, self._rows(), width, metrics.height())

    def _cursor_rect(self) -> QRect:
        """Return what the cursor covers, with its number."""
        if self._newest < 0:
            return QRect()
        stem = QRect(math.floor(self.x_of(self.value())) - 3, 0, 7, self.height())
        return stem.united(self._box(self.value(), 10)).adjusted(-1, 0, 1, 0)

    def _lay_out(self) -> None:
        """Choose the numbers along the scale."""
        widest = self.fontMetrics().horizontalAdvance(f"{self._last:,}") + 24
        step = _nice_step(self._last * widest / self._track().width())
        self._labels = [
            (self._box(epoch, 2), f"{epoch:,}", self.x_of(epoch))
            for epoch in range(0, self._last + 1, step)
        ]
        self.update()

    def _update_cursor(self, shown: QRect) -> None:
        """Paint the cursor anew, and the numbers that it hid or hides, if it has moved."""
        rect = self._cursor_rect()
        if rect == shown:
            self.update(self._box(self.value(), 10))  # its number may be another
            return
        region = QRegion(shown).united(rect)
        for box, _, _ in self._labels:
            if box.intersects(shown) or box.intersects(rect):
                region = region.united(box)
        self.update(region)

    def _update_between(self, before: int, after: int) -> None:
        """Paint the part of the track between two epochs anew."""
        first, last = sorted((self.x_of(before), self.x_of(after)))
        self.update(QRect(math.floor(first) - 2, 0, math.ceil(last - first) + 4, self._rows()))

    def sizeHint(self) -> QSize:  # noqa: D102  Qt's
        height = self.fontMetrics().height()
        return QSize(10 * height, self._rows() + height)

    minimumSizeHint = sizeHint

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        self._lay_out()

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self.updateGeometry()
            self._lay_out()

    def sliderChange(self, change: QAbstractSlider.SliderChange) -> None:
        """Tell the value to those who cannot see it; Qt's own would paint the whole strip."""
        if change is QAbstractSlider.SliderChange.SliderValueChange and QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleValueChangeEvent(self, self.value()))

    # -- what a person does -----------------------------------------------------------------

    def _choose(self, epoch: int) -> None:
        """Ask for an epoch that a person has chosen."""
        self.touched.emit()
        self.ask(epoch)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        if event.button() is not Qt.MouseButton.LeftButton or self._newest < 0:
            event.ignore()
            return
        x, in_track = event.position().x(), event.position().y() < self._rows()
        stays = self._other_end(x) if in_track else None
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._anchor = min(self._nearest(x), self._newest)
            self.mark(None)
        elif stays is not None:
            self._anchor = stays
        elif not in_track and self._cursor_rect().contains(event.position().toPoint()):
            self._beside = x - self.x_of(self.value())
            self.touched.emit()
        else:
            self._beside = 0.0
            self._choose(self._nearest(x))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        x = event.position().x()
        if self._anchor is not None:
            self.mark((self._anchor, self.epoch_at(x)))
        elif self._beside is not None:
            self._choose(self.epoch_at(x - self._beside))
        self._point_at(x)
        self._tell(event.globalPosition().toPoint(), "")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002, D102  Qt's
        if self._anchor is not None and self._marked and self._marked[0] == self._marked[1]:
            self.mark(None)
        self._anchor = self._beside = None

    def _other_end(self, x: float) -> int | None:
        """Return the end of the range that stays when its other end is dragged from a place."""
        if self._marked is None:
            return None
        first, last = self._marked
        from_first, from_last = abs(self.x_of(first) - x), abs(self.x_of(last) - x)
        if min(from_first, from_last) > REACH:
            return None
        return last if from_first < from_last else first

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: D102  Qt's
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102  Qt's
        at, newest, tenth = self.value(), self._newest, max(1, self._newest // 10)
        targets = {Key.Key_Left: at - 1, Key.Key_Down: at - 1, Key.Key_PageUp: at - tenth}
        targets |= {Key.Key_Right: at + 1, Key.Key_Up: at + 1, Key.Key_PageDown: at + tenth}
        targets |= {Key.Key_Home: 0, Key.Key_End: newest}
        first, last = self.span
        alone = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if alone and event.key() in targets:
            self._choose(targets[Key(event.key())])
        elif event.text() == "[":
            self.mark((at, last if last > at else newest))
        elif event.text() == "]":
            self.mark((first if first < at else 0, at))
        elif event.key() == Key.Key_Escape and self._marked is not None:
            self.mark(None)
        else:
            event.ignore()

    # -- telling ----------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Say where the mouse rests what can be done there."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            self._point_at(event.pos().x())
            self._tell(event.globalPos(), f"<p>{HELP}</p>")
            return True
        return super().event(event)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().leaveEvent(event)
        self._point_at(None)

    def _point_at(self, x: float | None) -> None:
        """Mark the epoch under the mouse."""
        before, self._pointed = self._pointed, None if x is None else self._nearest(x)
        for epoch in {before, self._pointed} - {None}:
            self._update_between(epoch, epoch)

    def _tell(self, where: QPoint, more: str) -> None:
        """Say which epoch is under the mouse, what happened there, and more."""
        if self._pointed is None:
            return
        told = f"Epoch <b>{self._pointed:,}</b>"
        if self._pointed > self._newest:
            told += ", not trained yet"
        near = self._events_near(self.x_of(self._pointed))
        for event in near[:MOST_TOLD]:
            place = "" if event.epoch == self._pointed else f"epoch {event.epoch:,}: "
            told += f"<br>{place}{event.sentence}"
        if len(near) > MOST_TOLD:
            told += f"<br>and {len(near) - MOST_TOLD} more"
        QToolTip.showText(where, f"<p>{told}</p>{more}", self)

    # -- painting ---------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102  Qt's
        if self._theme is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_labels(painter, self._theme, event.region())
        self._paint_track(painter, self._theme)
        self._paint_range(painter, self._theme)
        self._paint_events(painter, self._theme, event.rect())
        self._paint_cursor(painter, self._theme)
        painter.end()

    def _paint_labels(self, painter: QPainter, theme: Theme, region: QRegion) -> None:
        """Paint the numbers that are to be painted and that the cursor's does not hide."""
        cursor, bottom = self._cursor_rect(), self._track().bottom()
        for box, text, x in self._labels:
            painter.setPen(theme.edge)
            x = math.floor(x) + 0.5
            painter.drawLine(QPointF(x, bottom), QPointF(x, self._rows()))
            if region.intersects(box) and not box.intersects(cursor):
                painter.setPen(theme.muted)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_track(self, painter: QPainter, theme: Theme) -> None:
        """Paint the scale, with the part filled that is trained."""
        track = self._track()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.zero)
        painter.drawRect(track)
        if self._newest > 0:
            painter.setBrush(_mixed(theme.accent, theme.zero))
            painter.drawRect(
                QRectF(track.topLeft(), QPointF(self.x_of(self._newest), track.bottom()))
            )
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.accent, 2) if self.hasFocus() else theme.edge)
        painter.drawRect(track)
        if self._pointed is not None:
            x = math.floor(self.x_of(self._pointed)) + 0.5
            painter.setPen(theme.crosshair)
            painter.drawLine(QPointF(x, 0), QPointF(x, self._rows()))

    def _paint_range(self, painter: QPainter, theme: Theme) -> None:
        """Paint brackets around the marked range, and what is in it stronger."""
        if self._marked is None:
            return
        track, bottom = self._track(), self._rows() - 1
        first, last = (math.floor(self.x_of(epoch)) + 0.5 for epoch in self._marked)
        painter.fillRect(
            QRectF(first, track.top() + 1, last - first, track.height() - 2), theme.accent
        )
        painter.setPen(QPen(theme.text, 2))
        for x, inwards in ((first, 4), (last, -4)):
            for y in (1, bottom):
                painter.drawLine(QPointF(x, y), QPointF(x + inwards, y))
            painter.drawLine(QPointF(x, 1), QPointF(x, bottom))

    def _paint_events(self, painter: QPainter, theme: Theme, rect: QRect) -> None:
        """Paint a diamond where settings changed, and a cross where the loss is not finite."""
        y, side = self._track().center().y(), round(0.28 * self.fontMetrics().height())
        painted = set()
        for event in self._events:
            x = math.floor(self.x_of(event.epoch)) + 0.5
            if (x, event.kind) in painted or not rect.left() - 9 <= x <= rect.right() + 9:
                continue
            painted.add((x, event.kind))
            if event.kind is Kind.NON_FINITE:
                for colour, width in ((theme.window, 5), (theme.non_finite, 2.5)):
                    painter.setPen(QPen(colour, width))
                    painter.drawLine(QPointF(x - side, y - side), QPointF(x + side, y + side))
                    painter.drawLine(QPointF(x - side, y + side), QPointF(x + side, y - side))
            else:
                painter.setPen(theme.window)
                painter.setBrush(theme.text)
                ends = ((0, -side - 1), (side + 1, 0), (0, side + 1), (-side - 1, 0))
                painter.drawPolygon([QPointF(x + right, y + down) for right, down in ends])

    def _paint_cursor(self, painter: QPainter, theme: Theme) -> None:
        """Paint a line across the track, with the epoch's number below."""
        if self._newest < 0:
            return
        x, box = self.x_of(self.value()), QRectF(self._box(self.value(), 10))
        painter.setPen(QPen(theme.window, 1))
        painter.setBrush(theme.accent)
        painter.drawRoundedRect(QRectF(x - 2.5, 0, 5, self._rows() + 2), 2, 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(theme.accent_text)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{self.value():,}")


def _nice_step(least: float) -> int:
    """Return the smallest of 1, 2 and 5 times a power of ten that is not below a number."""
    power = 10 ** max(0, math.floor(math.log10(max(least, 1))))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least)


def _mixed(one: QColor, other: QColor) -> QColor:
    """Return the colour halfway between two."""
    halves = ((a + b) // 2 for a, b in zip(one.getRgb(), other.getRgb(), strict=True))
    return QColor(*halves)
