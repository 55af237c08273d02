"""The trace bar: walks through the steps of an epoch, and says where in it one looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QFont, QFontMetrics, QKeySequence
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QSlider, QWidget

from app.controls.bar import FoldingBar, action_button
from app.theme import Theme, icon

if TYPE_CHECKING:
    from autograd.trace import Stage

PACES = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""The stops of the pace slider, in steps a second."""

DEFAULT_PACE = 2.0
LOOPS = ("off", "forward", "backward", "update")
"""What playing may repeat: nothing, or a stage by its value."""


@dataclass(frozen=True, slots=True)
class _Way:
    """What an action does and which keys ask for it; ``keys_shown`` is how people read them."""

    text: str
    keys: tuple[str, ...]
    keys_shown: str
    what: str


_WALKING = {
    "epoch_back": _Way("Previo&us epoch", ("PgUp",), "Page ↑", "The previous epoch"),
    "stage_back": _Way(
        "Pre&vious stage",
        ("Shift+Left", "Ctrl+Left"),
        "Shift+← or Ctrl+←",
        "To where this stage begins, then to where the one before begins",
    ),
    "step_back": _Way("Step &back", ("Left", ","), "← or ,", "Undo one step of the epoch"),
    "play_steps": _Way("Play &steps", ("P",), "P", "Do one step after the other, or pause"),
    "step_forward": _Way(
        "Step &forward", ("Right", "."), "→ or .", "Do the next step of the epoch"
    ),
    "stage_forward": _Way(
        "Nex&t stage",
        ("Shift+Right", "Ctrl+Right"),
        "Shift+→ or Ctrl+→",
        "To where the next stage begins: forward, backward, update",
    ),
    "epoch_forward": _Way(
        "Next ep&och", ("PgDown",), "Page ↓", "The next epoch, trained if need be"
    ),
    "leave": _Way("&Leave the steps", ("Esc",), "Esc", "Back to the newest epoch as a whole"),
}
_ONCE_A_PRESS = ("play_steps", "leave")


class TraceBar(FoldingBar):
    """Buttons that walk through an epoch step by step, and a display of where that is.

    The actions are public so that a menu can show the same ones.

    Attributes:
        walking_actions: all but leaving, in the order of the buttons.
        epoch_back_action, stage_back_action, step_back_action, play_action,
            step_forward_action, stage_forward_action, epoch_forward_action: each of them.
        leave_action: leaves the steps, or a past epoch.
    """

    pace_changed = Signal(float)
    """Steps a second that playing shall make."""
    loop_changed = Signal(object)
    """The stage that playing shall repeat, or None."""
    predict_toggled = Signal(bool)
    """Whether a person wants to predict numbers before they are shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trace_bar")
        self._playing = False
        self._enabled = True
        self._leavable = False
        self._theme: Theme | None = None
        self._longest = [9_999, 9_999]  # steps and epochs to reserve room for
        actions = [self._make_action(name) for name in _WALKING]
        self.walking_actions, self.leave_action = actions[:-1], actions[-1]
        (
            self.epoch_back_action,
            self.stage_back_action,
            self.step_back_action,
            self.play_action,
            self.step_forward_action,
            self.stage_forward_action,
            self.epoch_forward_action,
        ) = self.walking_actions
        self.add_part(self._make_controls())
        self.add_part(self._make_display(), 1)
        self.set_pace(DEFAULT_PACE)
        self.show_place(None, -1, -1)
        self.resize_to_text()

    def pace(self) -> float:
        """Return the chosen pace in steps a second."""
        return PACES[self._pace_slider.value()]

    def set_pace(self, pace: float) -> None:
        """Choose a pace, one of ``PACES``."""
        self._pace_slider.setValue(PACES.index(pace))

    def set_loop(self, stage: Stage | None) -> None:
        """Choose the stage that playing repeats, or None."""
        self._loop.setCurrentIndex(LOOPS.index("off" if stage is None else stage.value))

    def set_predicting(self, predicting: bool) -> None:
        """Choose whether numbers are predicted before they are shown."""
        self._predict.setChecked(predicting)

    def set_enabled(self, enabled: bool) -> None:
        """Let the buttons be used, or not."""
        self._enabled = enabled
        for action in self.walking_actions:
            action.setEnabled(enabled)
        self.leave_action.setEnabled(enabled and self._leavable)

    def show_place(
        self, stage: Stage | None, done: int, count: int, *, leavable: bool = False
    ) -> None:
        """Show where in the run one looks.

        Args:
            stage: the stage of the step that was done last; None for an epoch as a whole.
            done: how many steps of the epoch are done; of an epoch as a whole, its number,
                −1 for none yet.
            count: how many steps the epoch has; of an epoch as a whole, the newest epoch.
            leavable: whether leaving takes back something else, too.
        """
        if stage is not None:
            shown = f"{stage.value} · step <b>{done:,}</b> of {count:,}"
        elif done >= 0:
            shown = f"epoch <b>{done:,}</b> as a whole"
        else:
            shown = "no epoch yet"
        self._place.setText(shown)
        self._leavable = stage is not None or done < count or leavable
        self.leave_action.setEnabled(self._enabled and self._leavable)
        which = stage is None
        if count > self._longest[which]:
            self._longest[which] = count
            self._reserve_place()

    def show_playing(self, playing: bool) -> None:
        """Show what the button in the middle does next: pause while steps are played, or play."""
        self._playing = playing
        self.play_action.setText("Pause &steps" if playing else "Play &steps")
        self._show_icons()

    def set_theme(self, theme: Theme) -> None:
        """Draw the icons in the theme's colours."""
        self._theme = theme
        self._show_icons()

    def resize_to_text(self) -> None:
        """Reserve room for the longest texts in the present font, so that nothing jumps."""
        metrics = self.fontMetrics()
        self._pace_label.setMinimumWidth(metrics.horizontalAdvance("0.25 steps/s "))
        self._reserve_place()
        self.fold()

    def _reserve_place(self) -> None:
        bold = QFont(self.font())
        bold.setBold(True)
        steps, epochs = self._longest
        longest = (f"backward · step {steps:,} of {steps:,}", f"epoch {epochs:,} as a whole")
        widths = [QFontMetrics(bold).horizontalAdvance(text) for text in longest]
        self._place.setMinimumWidth(max(widths))

    # -- making the parts -------------------------------------------------------------------

    def _make_action(self, name: str) -> QAction:
        way = _WALKING[name]
        action = QAction(way.text, self, objectName=f"{name}_action")
        action.setShortcuts([QKeySequence(each) for each in way.keys])
        action.setToolTip(f"{way.what} ({way.keys_shown})")
        action.setAutoRepeat(name not in _ONCE_A_PRESS)
        return action

    def _make_controls(self) -> QWidget:
        controls, layout = _row(4)
        for action in self.walking_actions:
            layout.addWidget(action_button(action, 24 if action is self.play_action else 20))
        slider = QSlider(Qt.Orientation.Horizontal, objectName="pace")
        slider.setRange(0, len(PACES) - 1)
        slider.setPageStep(1)
        slider.setFixedWidth(96)
        slider.setAccessibleName("Pace")
        slider.setToolTip("How many steps a second to play.")
        self._pace_slider = slider
        self._pace_label = QLabel(objectName="pace_value")
        slider.valueChanged.connect(self._take_pace)
        layout.addSpacing(10)
        layout.addWidget(_caption("Pac&e", slider))
        layout.addWidget(slider)
        layout.addSpacing(4)
        layout.addWidget(self._pace_label)
        layout.addStretch(1)
        return controls

    def _make_display(self) -> QWidget:
        display, layout = _row(8)
        self._loop = QComboBox(objectName="loop")
        self._loop.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # else letters would go on choosing
        self._loop.addItems(LOOPS)
        self._loop.setAccessibleName("Loop")
        self._loop.setToolTip("The stage that playing repeats, again and again.")
        self._loop.currentIndexChanged.connect(self._take_loop)
        self._predict = QCheckBox("Predic&t", objectName="predict")
        self._predict.setToolTip("Be asked for a number before a step backward shows it.")
        self._predict.toggled.connect(self.predict_toggled)
        self._place = QLabel(objectName="place")
        self._place.setAccessibleName("Place in the epoch")
        self._place.setToolTip("The stage and the step that was done last.")
        layout.addWidget(_caption("L&oop", self._loop))
        layout.addWidget(self._loop)
        layout.addSpacing(6)
        layout.addWidget(self._predict)
        layout.addSpacing(6)
        layout.addWidget(action_button(self.leave_action, 20))
        layout.addWidget(self._place, 1)
        return display

    def _take_pace(self) -> None:
        pace = self.pace()
        self._pace_label.setText(f"{pace:g} step{'s' if pace != 1 else ''}/s")
        self.pace_changed.emit(pace)

    def _take_loop(self, index: int) -> None:
        from autograd.trace import Stage  # NumPy comes with it

        self.loop_changed.emit(Stage(LOOPS[index]) if index else None)

    def _show_icons(self) -> None:
        if self._theme is None:
            return
        for action in (*self.walking_actions, self.leave_action):
            name = action.objectName().removesuffix("_action")
            if action is self.play_action:
                name = "pause_steps" if self._playing else "play_steps"
            action.setIcon(icon(name.replace("_", "-"), self._theme.text))


def _row(spacing: int) -> tuple[QWidget, QHBoxLayout]:
    """Return an empty part of the bar, and its layout."""
    part = QWidget()
    layout = QHBoxLayout(part)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    return part, layout


def _caption(text: str, control: QWidget) -> QLabel:
    """Return the caption of a control, by whose letter it is reached."""
    caption = QLabel(text)
    caption.setBuddy(control)
    return caption
