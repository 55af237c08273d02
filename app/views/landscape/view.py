"""The loss landscape: the loss over two parameters, the path of the run and its next step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.study.hyperparameters import Training
from app.theme import Theme
from app.training.epoch_trace import NOTHING_REPLACED
from app.training.history import History
from app.training.landscape import (
    LARGEST,
    Slice,
    follow,
    steps_of,
    with_columns,
)
from app.training.moment import Moment
from app.training.snapshot import Probe
from app.views.landscape.arrow import times_as_long
from app.views.landscape.colours import ColourBar, Scale
from app.views.landscape.legend import Legend
from app.views.landscape.losses import Losses
from app.views.landscape.path import Path
from app.views.landscape.plot import NOWHERE, LandscapePlot
from autograd.digits import all_digits, digits
from autograd.optimizers import State


class LandscapeView(QWidget):
    """Shows the loss around the run's parameters.

    It is drawn only while it can be seen. The range follows the run until a person pans or
    zooms, and again when "Follow" is ticked.
    """

    start_asked = Signal(np.ndarray)
    """Training is to start from these parameters, of shape (parameters,)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("landscape_view")
        self._probe: Probe | None = None
        self._make_engine: Callable[[], Any] = lambda: None
        self._engine: Any = None
        self._moment: Moment | None = None
        self._history: History | None = None
        self._training = Training()
        self._newest = -1
        self._state: State | None = None
        self._theme: Theme | None = None
        self._path = Path()
        self._drawn = np.empty(0), np.empty((0, 0))  # its epochs and their parameters
        self._chosen: tuple[int, ...] = ()
        self._key: object = None  # what the slice of the loss depends on
        self.losses = Losses(self)
        self.losses.surveyed.connect(self._show_losses)
        self.losses.searched.connect(self._draw)
        self._scale = Scale(True, 0.0, 1.0)
        self._asked: np.ndarray | None = None  # the parameters at the place clicked on
        self._make_parts()
        box = self.plot.getViewBox()
        box.sigRangeChangedManually.connect(lambda: self._follow.setChecked(False))
        box.sigRangeChanged.connect(self._take_range)
        box.sigResized.connect(self._take_range)
        self.plot.clicked.connect(self._ask)
        self.plot.double_clicked.connect(self._take_double_click)

    # -- what is shown ----------------------------------------------------------------------

    def show_run(self, probe: Probe, engine: Callable[[], Any] = lambda: None) -> None:
        """Prepare for another run; ``engine`` is called when the landscape is first drawn.

        What it returns computes the losses, if it has a ``loss_grid``; else NumPy does.
        """
        count = len(probe.tape.parameters)
        if self._probe is not probe:
            self._chosen = tuple(range(min(2, count)))
        self._probe, self._make_engine, self._engine = probe, engine, None
        self._moment = self._history = self._key = None
        self.losses.forget()
        self._path = Path()
        self._asked = None
        self.plot.clear_run()
        self._show_choice()
        self._follow.setChecked(True)
        self._show_readout()

    def show_moment(
        self,
        moment: Moment,
        history: History,
        training: Training,
        epochs_so_far: int,
        state: State | None = None,
    ) -> None:
        """Show the run up to its newest epoch, and the step at a moment.

        Args:
            moment: what is looked at.
            history: the run's history.
            training: the settings of the update at the moment.
            epochs_so_far: the newest epoch.
            state: what the update goes on from, if it is not what the history has.
        """
        self._moment, self._history, self._training = moment, history, training
        self._newest, self._state = epochs_so_far, state
        self._draw()

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        self.plot.set_theme(theme)
        self._show_legend()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: D102  Qt's
        super().showEvent(event)
        self._draw()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: D102  Qt's
        super().hideEvent(event)
        self.losses.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """Show the bar of colours where there are any, and room for it."""
        room = self.height() > 11 * self.fontMetrics().height()
        self._colours.setVisible(room and len(self._chosen) != 1)

    # -- the parts --------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self.plot = LandscapePlot()
        self._log = QCheckBox("Log colours", objectName="landscape_log", checked=True)
        self._log.setToolTip("Let colours and contour lines stand for the loss's logarithm.")
        self._log.toggled.connect(self._show_losses)
        self._follow = QCheckBox("Follow", objectName="landscape_follow", checked=True)
        self._follow.setAccessibleName("Follow the run in the landscape")
        self._follow.setToolTip("Keep path and minimum in view; panning or zooming ends it.")
        self._follow.toggled.connect(self._draw)
        self._choices = [
            QComboBox(objectName=f"landscape_{name}", accessibleName=f"Parameter {side}")
            for name, side in (("first", "to the right"), ("second", "upwards"))
        ]
        self._readout = QLabel(objectName="landscape_readout", wordWrap=True)
        self._readout.setAccessibleName("Parameters and loss")
        self._readout.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._legend, self._colours = Legend(), ColourBar()
        self._start = QPushButton("Start from here", objectName="start_here", enabled=False)
        self._start.setToolTip("Start a run with the parameters of the place clicked on.")
        self._start.clicked.connect(self._ask_start)
        row = QHBoxLayout()
        for widget in (self._log, self._follow, *self._choices):
            row.addWidget(widget)
        row.addStretch(1)
        below = QHBoxLayout()
        below.addWidget(self._readout, 1)
        below.addWidget(self._start)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 2, 6, 4)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addLayout(below)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self._colours)
        layout.addWidget(self._legend)
        for choice in self._choices:
            choice.setVisible(False)
            choice.activated.connect(lambda _, choice=choice: self._choose(choice))
        self._show_readout()

    def _show_choice(self) -> None:
        """Offer the parameters to choose from, if there are more than are shown."""
        if self._probe is None:
            return
        names = self._names(range(len(self._probe.tape.parameters)))
        for choice, chosen in zip(self._choices, self._chosen, strict=False):
            choice.clear()
            choice.addItems(names)
            choice.setCurrentIndex(chosen)
        for choice in self._choices:
            choice.setVisible(len(names) > 2)
        self.plot.set_axes(self._names(self._chosen), log=self._log.isChecked())

    def _names(self, parameters: range | tuple[int, ...]) -> tuple[str, ...]:
        assert self._probe is not None  # noqa: S101  there is a run
        tape, names = self._probe.tape, self._probe.names
        return tuple(names.symbol(tape.parameters[each]) for each in parameters)

    def _choose(self, choice: QComboBox) -> None:
        """Show the chosen parameters; choosing one twice exchanges both."""
        before = self._chosen
        chosen = [each.currentIndex() for each in self._choices]
        if chosen[0] == chosen[1]:
            chosen = list(reversed(before))
        self._chosen = tuple(chosen)
        self._show_choice()
        choice.setFocus()
        self._asked = self._key = None
        self.losses.forget()
        self._follow.setChecked(True)
        self._draw()

    # -- drawing ----------------------------------------------------------------------------

    def _draw(self) -> None:
        """Draw everything, if it can be seen."""
        if self._moment is None or self._history is None or not self.isVisible():
            return
        self._take_slice(self._moment)
        moment = self._moment
        as_it_was = moment.trace is None and moment.what_if == NOTHING_REPLACED
        epochs, rows = self._path.points(
            self._history,
            self._newest,
            moment.epoch,
            moment.evaluation.parameters if as_it_was else None,
        )
        self._drawn = epochs, rows
        if self._follow.isChecked():
            self._follow_run(rows)
        self._look_at_losses()
        self._draw_run()
        self._show_readout()

    def _draw_run(self) -> None:
        """Draw the path, and what is over it."""
        if self._moment is None:
            return
        epochs, rows = self._drawn
        self.plot.show_path(self._places(rows), int(np.searchsorted(epochs, self._moment.epoch)))
        self._draw_over()

    def _take_slice(self, moment: Moment) -> None:
        """Let the other parameters have their present values."""
        assert self._probe is not None  # noqa: S101  there is a run
        at = np.array(moment.parameters, dtype=float)
        others = np.delete(at, self._chosen)
        key = (self._chosen, others.tobytes(), tuple(moment.what_if.data.items()))
        if key == self._key:
            return
        tape = self._probe.tape
        self._engine = self._engine or self._make_engine()
        if moment.what_if.data:
            tape = with_columns(tape, moment.what_if.columns(self._probe))
        engine = None if moment.what_if.data else self._engine
        self.losses.take(Slice(tape, at, self._chosen, engine))
        self._key = key

    def _follow_run(self, rows: np.ndarray) -> None:
        """Bring path, minimum and the step taken into view; rarely another range."""
        points = [*rows[:, self._chosen], np.array(self._parameters())[list(self._chosen)]]
        if self.losses.minimum is not None:
            points.append(self.losses.minimum.at)
        shown = None if self.losses.shown is None else self.plot.box(len(self._chosen))
        box = follow(np.array(points), self.losses.scales, shown)
        if box is not shown:
            self.plot.show_box(box, self._scale if len(self._chosen) == 1 else None)

    def _parameters(self) -> np.ndarray:
        assert self._moment is not None  # noqa: S101  asked for where there is one
        return np.asarray(self._moment.parameters, dtype=float)

    def _places(self, rows: np.ndarray) -> np.ndarray:
        """Return where parameters, of shape (rows, parameters), are drawn."""
        assert self.losses.slice is not None  # noqa: S101  there is one
        points = rows[:, self._chosen]
        with np.errstate(invalid="ignore"):
            points = np.where(np.abs(points) < LARGEST, points, np.nan)
        if len(self._chosen) == 2:
            return points
        return np.column_stack([points, self._scale.heights(self.losses.slice.losses(points))])

    def _draw_over(self) -> None:
        """Draw the steps and the marks."""
        if self._moment is None or self._history is None or self.losses.slice is None:
            return
        minimum = self.losses.minimum
        place = NOWHERE if minimum is None else self._place(self._at(minimum.at))
        asked = NOWHERE if self._asked is None else self._place(self._asked)
        self.plot.show_marks(self._place(self._parameters()), place, asked)
        steps = steps_of(self._moment, self._history, self._training, self._engine, self._state)
        start, flat = self._place(steps.before), np.zeros(2)
        flat[: len(self._chosen)] = 1.0  # along a curve a step has no height of its own
        raw, taken = (
            NOWHERE if step is None else flat * np.resize(step[list(self._chosen)], 2)
            for step in (steps.raw, steps.taken)
        )
        times = times_as_long(*(self.plot.share(step) for step in (raw, taken)))
        drawn = np.nan if times is None else times
        self.plot.show_steps(start, start + drawn * raw, start + drawn * taken)
        self._show_legend(times)

    def _at(self, point: np.ndarray) -> np.ndarray:
        """Return all parameters where the chosen ones are at a point."""
        assert self.losses.slice is not None  # noqa: S101  there is one
        return self.losses.slice.full(point[None])[0]

    def _place(self, parameters: np.ndarray) -> np.ndarray:
        return self._places(parameters[None])[0]

    # -- the losses -------------------------------------------------------------------------

    def _take_range(self) -> None:
        """Compute the losses that are now in view."""
        if self.losses.slice is not None and self.isVisible():
            self._look_at_losses()
            self._draw_over()

    def _look_at_losses(self) -> None:
        if self.plot.width() >= 10:
            self.losses.look_at(self.plot.box(len(self._chosen)))

    def _show_losses(self) -> None:
        """Show the losses on the scale that is asked for."""
        shown = self.losses.shown
        if shown is None:
            return
        before, log = self._scale, self._log.isChecked()
        self._scale = Scale.of(shown.losses, log=log)
        curve = len(self._chosen) == 1
        self.plot.set_axes(self._names(self._chosen), log=self._scale.log)
        self.plot.show_losses(shown, self._scale)
        self._colours.show_scale(self._scale)
        self._make_room()
        if curve and before != self._scale:
            if self._follow.isChecked():
                self.plot.show_box(shown.box, self._scale)
            self._draw_run()

    # -- the readout ------------------------------------------------------------------------

    def _ask(self, place: np.ndarray) -> None:
        """Read out a place."""
        if self.losses.slice is not None:
            self._asked = self._at(place[: len(self._chosen)])
            self._draw_over()
            self._show_readout()

    def _take_double_click(self, place: np.ndarray) -> None:
        self._ask(place)
        self._ask_start()

    def _ask_start(self) -> None:
        if self._asked is not None:
            self.start_asked.emit(self._asked.copy())

    def _show_readout(self) -> None:
        """Say parameters and loss at the place clicked on, or at the present one."""
        self._start.setEnabled(self._asked is not None)
        if self.losses.slice is None or self._moment is None:
            self._readout.setText("loss –")
            self._readout.setToolTip("")
            return
        at = self._parameters() if self._asked is None else self._asked
        values = [float(at[each]) for each in self._chosen]
        numbers = [*values, self.losses.slice.loss(np.array(values))]
        names = (*self._names(self._chosen), "loss")
        both = list(zip(names, numbers, strict=True))
        where = "" if self._asked is None else "here: "
        self._readout.setText(
            where + " · ".join(f"{name}&nbsp;<b>{digits(each, 5)}</b>" for name, each in both)
        )
        self._readout.setToolTip("\n".join(f"{name} {all_digits(each)}" for name, each in both))

    def _show_legend(self, times: int | None = 1) -> None:
        if self._theme is None:
            return
        minimum = self.losses.minimum
        names = ["path", "raw step", "step taken"]
        if minimum is not None:
            names.append("minimum" if minimum.exact else "lowest found")
        shown = self.losses.shown
        missing = shown is not None and not np.isfinite(shown.losses).all()
        note = "steps too short to see" if times is None else f"steps drawn {times:,} × as long"
        colour = self._theme.non_finite if missing else None
        self._legend.show_entries(names, colour, "" if times == 1 else note)
