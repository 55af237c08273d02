"""The strip of the timeline: choosing an epoch, and a range of them, by mouse and keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from app.controls.timeline_scale import EpochScale
from app.training.events import Event

Key = Qt.Key
KEYS = frozenset(
    {Key.Key_Left, Key.Key_Right, Key.Key_Up, Key.Key_Down, Key.Key_PageUp, Key.Key_PageDown}
    | {Key.Key_Home, Key.Key_End, Key.Key_BracketLeft, Key.Key_BracketRight}
)
REACH = 5
"""Pixels from an event, or an end of the range, within which the mouse means it."""

MOST_TOLD = 6
"""Events that are told at once."""

HELP = (
    "Click or drag to look at an epoch; drag with Shift to mark a range to loop over. "
    "Keys: ← →, Page ↑ ↓, Home and End; [ and ] mark where a range begins and ends, Esc ends it."
)


class TimelineStrip(EpochScale):
    """Lets a person choose an epoch of the run, and mark a range to play.

    Its value is the epoch looked at, or the one just asked for.
    """

    epoch_asked = Signal(int)
    """An epoch to look at; at most one in each turn of the event loop, the newest asked for."""
    touched = Signal()
    """A person has chosen an epoch."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline_strip")
        self.setAccessibleName("Timeline")
        self.setAccessibleDescription(f"Every epoch of the run. {HELP}")
        self.setToolTip(HELP)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._anchor: int | None = None  # the end of the range that stays, while one is dragged
        self._beside: float | None = None  # from the cursor to the mouse, while it is dragged
        self._asking = QTimer(self, singleShot=True, interval=0)
        self._asking.timeout.connect(lambda: self.epoch_asked.emit(self.value()))
        self.valueChanged.connect(self._take_value)

    @property
    def own_keys(self) -> frozenset[Qt.Key]:
        """The keys that choose, while they go to the strip."""
        return KEYS if self.marked is None else KEYS | {Key.Key_Escape}

    @property
    def asking(self) -> bool:
        """Whether an epoch is about to be asked for."""
        return self._asking.isActive()

    def show_history(self, newest: int, epochs: int, looked_at: int) -> None:
        """Show how far the run is; an epoch that is about to be asked for keeps the cursor."""
        if newest < self._newest:  # another run
            self._asking.stop()
        if self.asking:
            looked_at = self.value()
        super().show_history(newest, epochs, looked_at)

    def ask(self, epoch: int) -> None:
        """Ask for an epoch; of those asked for in a turn of the event loop, only the last."""
        epoch = min(max(epoch, 0), self._newest)
        if epoch >= 0 and epoch != self.value():
            shown = self._cursor_rect(), self.value()
            with QSignalBlocker(self):
                self.setValue(epoch)
            self._update_cursor(*shown)
            self._asking.start()

    # -- what a person does -----------------------------------------------------------------

    def _choose(self, epoch: int) -> None:
        """Ask for an epoch that a person has chosen."""
        self.touched.emit()
        self.ask(epoch)

    def _take_value(self) -> None:
        """Ask for what was chosen with an aid for those who cannot see the strip."""
        self.touched.emit()
        self.update()
        self._asking.start()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        if event.button() is not Qt.MouseButton.LeftButton or self._newest < 0:
            event.ignore()
            return
        x, stays = event.position().x(), self._kept_end(event)
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._anchor = min(self._nearest(x), self._newest)
            self.mark(None)
        elif stays is not None:
            self._anchor = stays
        elif self._box(self.value(), 10).contains(event.position().toPoint()):
            self._beside = x - self.x_of(self.value())
            self.touched.emit()
        else:
            self._beside = 0.0
            self._choose(self._nearest(x))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        x = event.position().x()
        if self._anchor is not None:
            self.mark((self._anchor, self._nearest(x)))
        elif self._beside is not None:
            x -= self._beside
            self._choose(self._nearest(x))
        self._show_grip(event)
        self._point_at(self._nearest(x))
        self._tell(event.globalPosition().toPoint(), "")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002, D102  Qt's
        self._anchor = self._beside = None

    def _show_grip(self, event: QMouseEvent) -> None:
        """Show where the mouse can take an end of the range."""
        shape = Qt.CursorShape
        self.setCursor(shape.ArrowCursor if self._kept_end(event) is None else shape.SizeHorCursor)

    def _kept_end(self, event: QMouseEvent) -> int | None:
        """Return the end of the range that stays when the mouse takes the other; None: neither."""
        if self._marked is None or event.position().y() >= self._rows():
            return None
        first, last = self._marked
        from_first, from_last = (abs(self.x_of(end) - event.position().x()) for end in self._marked)
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

    def _nearest(self, x: float) -> int:
        """Return the epoch that the mouse means: an event's close by, or the nearest."""
        near = self._events_near(x)
        return near[0].epoch if near else self.epoch_at(x)

    def _events_near(self, x: float) -> list[Event]:
        """Return the events within reach of a place, the nearest first."""
        beside = [(abs(self.x_of(event.epoch) - x), event) for event in self._events]
        near = [each for each in beside if each[0] <= REACH]
        return [event for _, event in sorted(near, key=lambda each: each[0])]

    # -- telling ----------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Say where the mouse rests what can be done there."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            self._point_at(self._nearest(event.pos().x()))
            self._tell(event.globalPos(), f"<p>{HELP}</p>")
            return True
        return super().event(event)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().leaveEvent(event)
        self._point_at(None)

    def _tell(self, where: QPoint, more: str) -> None:
        """Say which epoch is under the mouse, what happened there, and more."""
        if self._pointed is None:
            return
        told = f"Epoch <b>{self._pointed:,}</b>"
        if self._pointed > self._newest:
            told += ", not trained yet"
        near = self._events_near(self.x_of(self._pointed))
        nearest = near[:MOST_TOLD]
        for event in sorted(nearest, key=lambda each: (each.epoch != self._pointed, each.epoch)):
            place = "" if event.epoch == self._pointed else f"epoch {event.epoch:,}: "
            told += f"<br>{place}{event.sentence}"
        if len(near) > MOST_TOLD:
            told += f"<br>and {len(near) - MOST_TOLD} more"
        QToolTip.showText(where, f"<p>{told}</p>{more}", self)
