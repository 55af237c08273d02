"""The timeline: every epoch of the run along the bottom, to look at one or to play them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QHideEvent, QKeySequence
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from app.controls.bar import action_button
from app.controls.timeline_strip import TimelineStrip
from app.theme import Theme, icon

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.training.events import Event

SPEEDS = (1.0, 10.0, 100.0, 1000.0, None)
"""Epochs a second that playing can make; None: as many as take ``WHOLE`` seconds for all."""

DEFAULT_SPEED = 100.0
PLAY, PAUSE = "Play the &history", "Pause the &history"
WHOLE = 10.0
FRAME = 16
"""Milliseconds from one epoch shown to the next, at least."""


class Timeline(QWidget):
    """A strip with every epoch of the run, and a button that plays them.

    Playing goes through the marked range again and again; without one, from the epoch looked
    at to the newest, or from epoch 0 if that is looked at. It ends when a person does
    something else: in the strip, or wherever another epoch comes to be looked at.

    Attributes:
        strip: the strip.
        play_action: plays the history, or pauses.
    """

    epoch_asked = Signal(int)
    """An epoch to look at; at most one in each turn of the event loop, the newest asked for."""
    played = Signal(bool)
    """Playing began or ended."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline")
        self._theme: Theme | None = None
        self._clock = QElapsedTimer()
        self._due = 0.0  # the part of an epoch that is due but was not shown
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._play_on)
        self.play_action = QAction(PLAY, self, objectName="play_history_action")
        self.play_action.setShortcut(QKeySequence("H"))
        self.play_action.setAutoRepeat(False)
        self.play_action.triggered.connect(self._play_or_pause)
        self.strip = TimelineStrip()
        self.strip.epoch_asked.connect(self.epoch_asked)
        self.strip.touched.connect(self.stop)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(action_button(self.play_action, 20))
        layout.addWidget(self._make_speeds())
        layout.addSpacing(4)
        layout.addWidget(self.strip, 1)
        self._show_playing()

    # -- what is shown ----------------------------------------------------------------------

    def show_history(self, newest: int, epochs: int, looked_at: int) -> None:
        """Show how far the run is, and where one looks.

        Args:
            newest: the newest epoch; −1 while there is none.
            epochs: the number of epochs at which the run shall stop.
            looked_at: the epoch looked at.
        """
        if self.playing and not self.strip.asking and looked_at != self.strip.value():
            self.stop()
        self.strip.show_history(newest, epochs, looked_at)
        self.play_action.setEnabled(newest > 0)

    def show_events(self, events: Sequence[Event]) -> None:
        """Mark what happened in the run."""
        self.strip.show_events(events)

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        self.strip.set_theme(theme)
        self._show_playing()

    # -- playing ----------------------------------------------------------------------------

    @property
    def playing(self) -> bool:
        """Whether it plays the history."""
        return self._timer.isActive()

    def speed(self) -> float | None:
        """Return the chosen speed, one of ``SPEEDS``."""
        return SPEEDS[self._speeds.currentIndex()]

    def set_speed(self, speed: float | None) -> None:
        """Choose a speed, one of ``SPEEDS``."""
        self._speeds.setCurrentIndex(SPEEDS.index(speed))

    def play(self) -> None:
        """Play the history from the epoch looked at."""
        first, last = self.strip.span
        if self.playing or last <= first:
            return
        if not first <= self.strip.value() < last:
            self.strip.ask(first)
        self._due = 0.0
        self._clock.start()
        self._timer.start(self._interval())
        self._show_playing()
        self.played.emit(True)

    def stop(self) -> None:
        """Stop playing, if it plays."""
        if self.playing:
            self._timer.stop()
            self._show_playing()
            self.played.emit(False)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: D102  Qt's
        super().hideEvent(event)
        self.stop()

    def _play_or_pause(self) -> None:
        if self.playing:
            self.stop()
        else:
            self.play()

    def _epochs_per_second(self) -> float:
        first, last = self.strip.span
        return self.speed() or max(last - first, 1) / WHOLE

    def _interval(self) -> int:
        """Return the milliseconds to the next epoch to show."""
        return max(FRAME, round(1000 / self._epochs_per_second()))

    def _play_on(self) -> None:
        """Show the epoch that is due by now: the next one, or one further on."""
        self._due += self._epochs_per_second() * self._clock.restart() / 1000
        steps = max(1, int(self._due))
        self._due = max(0.0, self._due - steps)
        first, last = self.strip.span
        epoch = max(self.strip.value() + steps, first)
        if epoch > last and self.strip.marked is not None:
            epoch = first + (epoch - last - 1) % (last - first + 1)
        self.strip.ask(min(epoch, last))
        if epoch >= last and self.strip.marked is None:
            self.stop()
        elif self._timer.interval() != self._interval():
            self._timer.setInterval(self._interval())

    # -- making the parts -------------------------------------------------------------------

    def _make_speeds(self) -> QComboBox:
        speeds = QComboBox(objectName="history_speed")
        speeds.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # else letters would go on choosing
        speeds.setAccessibleName("Speed of the history")
        speeds.setToolTip("How many epochs a second to play.")
        for speed in SPEEDS:
            if speed is None:
                speeds.addItem(f"whole in {WHOLE:g} s")
            else:
                speeds.addItem(f"{speed:,.0f} epoch{'s' if speed > 1 else ''}/s")
        self._speeds = speeds
        self.set_speed(DEFAULT_SPEED)
        speeds.currentIndexChanged.connect(self._take_speed)
        return speeds

    def _take_speed(self) -> None:
        if self.playing:
            self._clock.start()
            self._timer.setInterval(self._interval())

    def _show_playing(self) -> None:
        """Show what the button does next."""
        self.play_action.setText(PAUSE if self.playing else PLAY)
        what = "Stop playing" if self.playing else "Show one epoch after the other"
        self.play_action.setToolTip(f"{what} (H)")
        if self._theme is not None:
            name = "pause-history" if self.playing else "play-history"
            self.play_action.setIcon(icon(name, self._theme.text))
