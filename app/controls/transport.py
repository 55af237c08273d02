"""The transport: reset, play or pause, one epoch; the speed; where training is."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSlider,
    QWidget,
)

from app.controls.bar import FoldingBar, action_button
from app.theme import Theme, icon

SPEEDS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, math.inf)
"""The stops of the speed slider, in epochs a second."""

DEFAULT_SPEED = 100.0


class Transport(FoldingBar):
    """Buttons for what training shall do, and a display of where it is.

    The actions are public so that a menu can show the same ones.

    Attributes:
        reset_action, play_action, step_action: what the buttons do.
    """

    speed_changed = Signal(float)
    """Epochs a second that training may make at most; infinity for as many as there can be."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transport")
        self._running = False
        self._theme: Theme | None = None
        self.reset_action = self._make_action(
            "&Reset", "reset", "R", "Back to epoch 0, with the same initial parameters"
        )
        self.play_action = self._make_action("&Play", "play", "Space", "Train, or pause training")
        self.step_action = self._make_action(
            "One &epoch", "step", "N", "Pause, and train one epoch more"
        )
        self._buttons = [
            action_button(self.reset_action, 24),
            action_button(self.play_action, 34, with_text=True),
            action_button(self.step_action, 24),
        ]
        self.add_part(self._make_controls())
        self.add_part(self._make_display(), 1)
        self.show_progress(-1, 2000)
        self.show_loss(None)
        self.show_running(False)

    def speed(self) -> float:
        """Return the chosen speed in epochs a second."""
        return SPEEDS[self._speed_slider.value()]

    def set_speed(self, speed: float) -> None:
        """Choose a speed, one of ``SPEEDS``."""
        self._speed_slider.setValue(SPEEDS.index(speed))

    def set_enabled(self, enabled: bool) -> None:
        """Let the buttons be used, or not."""
        for action in (self.reset_action, self.play_action, self.step_action):
            action.setEnabled(enabled)

    def focus_play(self) -> None:
        """Give the large button the keyboard's focus, so that Space plays from the start."""
        self._buttons[1].setFocus()

    def show_running(self, running: bool) -> None:
        """Show what the large button does next: pause while training runs, else play."""
        self._running = running
        self.play_action.setText("&Pause" if running else "&Play")
        self._show_icons()

    def show_progress(self, epoch: int, epochs: int) -> None:
        """Show the newest epoch (−1: none yet) and the number at which training stops."""
        width = max(4, len(str(epochs)))
        shown = "–" * width if epoch < 0 else f"{epoch:0{width}d}"
        self._epoch_label.setText(f"epoch <b>{shown}</b> / {epochs}")
        if epochs != self._progress.maximum():
            self._progress.setRange(0, epochs)
            self._reserve_epochs()
        self._progress.setValue(min(max(epoch, 0), epochs))

    def show_loss(self, loss: float | None) -> None:
        """Show the loss of the newest epoch; "–" for none."""
        shown = "–" if loss is None else f"{loss:.6g}" if abs(loss) < 1e6 else f"{loss:.5e}"
        self._loss_label.setText(f"loss <b>{shown}</b>")

    def set_theme(self, theme: Theme) -> None:
        """Draw the icons in the theme's colours."""
        self._theme = theme
        self._show_icons()

    def resize_to_text(self) -> None:
        """Reserve room for the longest texts in the present font, so that nothing jumps."""
        metrics = self.fontMetrics()
        self._speed_label.setMinimumWidth(metrics.horizontalAdvance("1,000 epochs/s "))
        self._loss_label.setMinimumWidth(metrics.horizontalAdvance("loss 0.00000e+000 "))
        self._buttons[1].setMinimumWidth(34 + metrics.horizontalAdvance("  Pause    "))
        self._reserve_epochs()
        self.fold()

    def _reserve_epochs(self) -> None:
        widest = f"epoch {self._progress.maximum()} / {self._progress.maximum()} "
        self._epoch_label.setMinimumWidth(self.fontMetrics().horizontalAdvance(widest))

    # -- making the parts -------------------------------------------------------------------

    def _make_action(self, text: str, name: str, key: str, what: str) -> QAction:
        action = QAction(text, self, objectName=f"{name}_action")
        action.setShortcut(QKeySequence(key))
        action.setToolTip(f"{what} ({QKeySequence(key).toString()})")
        return action

    def _make_controls(self) -> QWidget:
        controls = QWidget()
        layout = QHBoxLayout(controls)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for button in self._buttons:
            layout.addWidget(button)
        layout.addSpacing(10)
        caption = QLabel("&Speed")
        slider = QSlider(Qt.Orientation.Horizontal, objectName="speed")
        slider.setRange(0, len(SPEEDS) - 1)
        slider.setPageStep(1)
        slider.setFixedWidth(130)
        slider.setAccessibleName("Speed")
        slider.setToolTip("How many epochs a second to train at most; far right: all it can.")
        caption.setBuddy(slider)
        self._speed_slider = slider
        self._speed_label = QLabel(objectName="speed_value")
        slider.valueChanged.connect(self._take_speed)
        self.set_speed(DEFAULT_SPEED)
        for widget in (caption, slider, self._speed_label):
            layout.addWidget(widget)
        layout.addStretch(1)
        return controls

    def _make_display(self) -> QWidget:
        display = QWidget()
        layout = QHBoxLayout(display)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        self._epoch_label = QLabel(objectName="epoch")
        self._epoch_label.setAccessibleName("Epoch")
        self._progress = QProgressBar(objectName="progress")
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName("Progress of the training")
        self._progress.setToolTip("How much of the chosen number of epochs is done.")
        self._progress.setMinimumWidth(80)
        self._progress.setMaximumHeight(12)
        self._loss_label = QLabel(objectName="loss")
        self._loss_label.setAccessibleName("Loss")
        self._loss_label.setToolTip("The loss at this epoch: the mean of the squared residuals.")
        layout.addWidget(self._epoch_label)
        layout.addWidget(self._progress, 1)
        layout.addWidget(self._loss_label)
        return display

    def _take_speed(self) -> None:
        speed = self.speed()
        shown = "max" if math.isinf(speed) else f"{speed:,.0f} epoch{'s' if speed > 1 else ''}/s"
        self._speed_label.setText(shown)
        self.speed_changed.emit(speed)

    def _show_icons(self) -> None:
        if self._theme is not None:
            play = "pause" if self._running else "play"
            self.play_action.setIcon(icon(play, self._theme.accent))
            self.reset_action.setIcon(icon("reset", self._theme.text))
            self.step_action.setIcon(icon("step", self._theme.text))
