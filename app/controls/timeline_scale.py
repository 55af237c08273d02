"""The scale of the timeline: all epochs of a run, the part trained, events and the cursor."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSignalBlocker, QSize, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleValueChangeEvent,
    QColor,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from app.theme import Theme
from app.training.events import Event, Kind

_STROKES = {
    Kind.NON_FINITE: ((-1, -1, 1, 1), (-1, 1, 1, -1)),
    Kind.BRANCH: ((-1, 0, 0, 0), (0, 0, 1, -1), (0, 0, 1, 1)),
}
"""The lines of a mark, each from a place to a place, around its middle."""


class EpochScale(QAbstractSlider):
    """Epochs from 0 to the number chosen, on a linear scale; a slider over those trained.

    Its value is the epoch at the cursor. While training runs it is shown 60 times a second,
    so only what has changed is painted anew.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._theme: Theme | None = None
        self._newest, self._last = -1, 1  # the newest epoch, and the end of the scale
        self._events: tuple[Event, ...] = ()
        self._marked: tuple[int, int] | None = None
        self._pointed: int | None = None  # the epoch under the mouse
        self._labels: list[tuple[QRect, str, float]] = []
        self._marks: tuple[tuple[float, Kind], ...] = ()  # each once, however many events

    # -- what is shown ----------------------------------------------------------------------

    @property
    def marked(self) -> tuple[int, int] | None:
        """First and last epoch of the marked range; None without one."""
        return self._marked

    @property
    def span(self) -> tuple[int, int]:
        """First and last epoch of the marked range, else of all that is trained."""
        return self._marked or (0, max(0, self._newest))

    def show_history(self, newest: int, epochs: int, looked_at: int) -> None:
        """Show how far the run is (−1: no epoch yet), up to which epoch it goes, and the cursor."""
        shown = self._cursor_rect(), self.value()
        before, self._newest = self._newest, newest
        if self._marked is not None and newest < self._marked[1]:
            self.mark(None)
        with QSignalBlocker(self):
            self.setMaximum(max(0, newest))
            self.setValue(looked_at)
        last = max(1, newest, epochs)
        if last != self._last:
            self._last = last
            self._lay_out()
            return
        if newest != before:
            self._update_between(before, newest)
        self._update_cursor(*shown)

    def show_events(self, events: Sequence[Event]) -> None:
        """Mark what happened in the run."""
        if tuple(events) != self._events:
            self._events = tuple(events)
            self._lay_out()

    def mark(self, span: tuple[int, int] | None) -> None:
        """Mark a range of epochs, given in either order; None, or one epoch, for none."""
        if span is not None:
            span = (max(0, min(span)), min(max(span), self._newest))
            span = span if span[0] < span[1] else None
        if span != self._marked:
            self._marked = span
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        self.update()

    # -- epochs and pixels ------------------------------------------------------------------

    def x_of(self, epoch: float) -> float:
        """Return where an epoch is, in pixels from the left."""
        track = self._track()
        return track.left() + epoch / self._last * track.width()

    def _line_at(self, epoch: int) -> float:
        """Return where a line at an epoch is sharp: amid a pixel."""
        return math.floor(self.x_of(epoch)) + 0.5

    def epoch_at(self, x: float) -> int:
        """Return the epoch, trained or not, that is nearest to a place."""
        track = self._track()
        share = min(max((x - track.left()) / track.width(), 0.0), 1.0)
        return round(share * self._last)

    def _track(self) -> QRectF:
        height = self.fontMetrics().height()
        side, thickness = 0.5 * height, max(5, round(0.45 * height))
        top = round((self._rows() - thickness) / 2)
        return QRectF(side, top, max(1.0, self.width() - 2 * side), thickness)

    def _rows(self) -> int:
        """Return the height of the track's row; that of the numbers is below."""
        return round(1.15 * self.fontMetrics().height())

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
        """Choose the numbers along the scale, and where events are marked."""
        widest = self.fontMetrics().horizontalAdvance(f"{self._last:,}") + 24
        step = _nice_step(self._last * widest / self._track().width())
        self._labels = [
            (self._box(epoch, 2), f"{epoch:,}", self._line_at(epoch))
            for epoch in range(0, self._last + 1, step)
        ]
        marks = dict.fromkeys((self._line_at(event.epoch), event.kind) for event in self._events)
        self._marks = tuple(
            (x, kind)
            for x, kind in marks  # a branch begins with other settings: one mark says it
            if kind is not Kind.SETTINGS or (x, Kind.BRANCH) not in marks
        )
        self.update()

    def _update_cursor(self, shown: QRect, value: int) -> None:
        """Paint the cursor anew, and the numbers that it hid or hides, if it has moved."""
        rect = self._cursor_rect()
        if (rect, self.value()) == (shown, value):
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

    def sliderChange(self, change: QAbstractSlider.SliderChange) -> None:  # noqa: N802  Qt's
        """Tell the value to those who cannot see it; Qt's own would paint the whole strip."""
        if change is QAbstractSlider.SliderChange.SliderValueChange and QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleValueChangeEvent(self, self.value()))

    def _point_at(self, epoch: int | None) -> None:
        """Mark the epoch under the mouse."""
        before, self._pointed = self._pointed, epoch
        for each in {before, epoch} - {None}:
            self._update_between(each, each)

    # -- painting ---------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102  Qt's
        if self._theme is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_labels(painter, self._theme, event.region())
        self._paint_track(painter, self._theme)
        self._paint_range(painter, self._theme)
        self._paint_cursor(painter, self._theme)
        self._paint_events(painter, self._theme, event.rect())
        painter.end()

    def _paint_labels(self, painter: QPainter, theme: Theme, region: QRegion) -> None:
        """Paint the numbers that are to be painted and that the cursor's does not hide."""
        cursor, bottom = self._cursor_rect(), self._track().bottom()
        for box, text, x in self._labels:
            painter.setPen(theme.edge)
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
            x = self._line_at(self._pointed)
            painter.setPen(theme.crosshair)
            painter.drawLine(QPointF(x, 0), QPointF(x, self._rows()))

    def _paint_range(self, painter: QPainter, theme: Theme) -> None:
        """Paint brackets around the marked range, and what is in it stronger."""
        if self._marked is None:
            return
        track, bottom = self._track(), self._rows() - 1
        first, last = map(self._line_at, self._marked)
        painter.fillRect(
            QRectF(first, track.top() + 1, last - first, track.height() - 2), theme.accent
        )
        painter.setPen(QPen(theme.text, 2))
        for x, inwards in ((first, 4), (last, -4)):
            for y in (1, bottom):
                painter.drawLine(QPointF(x, y), QPointF(x + inwards, y))
            painter.drawLine(QPointF(x, 1), QPointF(x, bottom))

    def _paint_events(self, painter: QPainter, theme: Theme, rect: QRect) -> None:
        """Paint a diamond where settings changed, a fork, a cross where the loss is not finite."""
        y, side = self._track().center().y(), round(0.32 * self.fontMetrics().height())
        reach = side + 3
        for x, kind in self._marks:
            if not rect.left() - reach <= x <= rect.right() + reach:
                continue
            if kind is Kind.SETTINGS:
                painter.setPen(theme.window)
                painter.setBrush(theme.text)
                ends = ((0, -side - 1), (side + 1, 0), (0, side + 1), (-side - 1, 0))
                painter.drawPolygon([QPointF(x + right, y + down) for right, down in ends])
                continue
            colour = theme.non_finite if kind is Kind.NON_FINITE else theme.text
            for pen in (QPen(theme.window, 5), QPen(colour, 2.5)):
                painter.setPen(pen)
                for across, down, to_across, to_down in _STROKES[kind]:
                    start = QPointF(x + side * across, y + side * down)
                    painter.drawLine(start, QPointF(x + side * to_across, y + side * to_down))

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
