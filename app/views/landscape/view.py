"""The loss landscape: the loss over two parameters, the path of the run and its next step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.study.hyperparameters import Training
from app.theme import Theme
from app.training.epoch_trace import NOTHING_REPLACED
from app.training.history import History
from app.training.landscape import LARGEST, Slice, follow, steps_of, with_columns
from app.training.moment import Moment
from app.training.snapshot import Probe
from app.views.landscape.arrow import shorter, times_as_long
from app.views.landscape.colours import ColourBar, Scale
from app.views.landscape.controls import Controls, Readout
from app.views.landscape.legend import Legend
from app.views.landscape.losses import Losses
from app.views.landscape.others import OtherRun, other_runs
from app.views.landscape.path import Path
from app.views.landscape.plot import NOWHERE, LandscapePlot
from app.views.what_if import movable, moved, replaced_parameters
from autograd.optimizers import State


class LandscapeView(QWidget):
    """Shows the loss around the run's parameters.

    It is drawn only while it can be seen. The range follows the run until a person pans or
    zooms, and again when "Follow" is ticked.
    """

    start_asked = Signal(np.ndarray)
    """Training is to start from these parameters, of shape (parameters,)."""
    what_if_asked = Signal(object)
    """The present point was moved: a WhatIf with the parameters it was moved to."""

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
        self._others: list[OtherRun] = []
        self._chosen: tuple[int, ...] = ()
        self._key: object = None  # what the slice of the loss depends on
        self.losses = Losses(self)
        self.losses.surveyed.connect(self._show_losses)
        self.losses.searched.connect(self._draw)
        self._scale = Scale(True, 0.0, 1.0)
        self._times: int | None = 1  # how many times as long the steps are drawn
        self._asked: np.ndarray | None = None  # the parameters at the place clicked on
        self._make_parts()
        box = self.plot.getViewBox()
        box.sigRangeChangedManually.connect(lambda: self._controls.follow.setChecked(False))
        box.sigRangeChanged.connect(self._take_range)
        box.sigResized.connect(self._take_range)
        self.plot.clicked.connect(self._ask)
        self.plot.double_clicked.connect(self._take_double_click)
        self.plot.dragged.connect(lambda place: self._move_to(place[: len(self._chosen)]))
        self.plot.dropped.connect(self._draw)
        self.plot.nudged.connect(self._nudge)

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
        self._controls.follow.setChecked(True)
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

    def show_other_runs(self, runs: Sequence[tuple[str, QColor, History, int]]) -> None:
        """Show the paths of other runs of the same model.

        Each has a name, a colour, its history, and the epoch up to which it is drawn; one
        without epochs, or of a model with other parameters, is left out.
        """
        count = 0 if self._probe is None else len(self._probe.tape.parameters)
        self._others = other_runs(runs, count, self._others)
        if self.isVisible():
            self._draw_others()
            self._show_legend(self._times)

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        self.plot.set_theme(theme)
        self._show_legend(self._times)

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
        self._controls, self._readout = Controls(), Readout()
        self._controls.chosen.connect(self._choose)
        self._controls.log.toggled.connect(self._show_losses)
        self._controls.follow.toggled.connect(self._draw)
        self._readout.start_clicked.connect(self._ask_start)
        self._legend, self._colours = Legend(), ColourBar()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 2, 6, 4)
        layout.setSpacing(2)
        layout.addWidget(self._controls)
        layout.addWidget(self._readout)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self._colours)
        layout.addWidget(self._legend)

    def _show_choice(self) -> None:
        """Offer the parameters to choose from."""
        if self._probe is None:
            return
        names = self._names(range(len(self._probe.tape.parameters)))
        self._controls.show_choice(names, self._chosen)
        self.plot.set_axes(self._names(self._chosen), log=self._controls.log.isChecked())

    def _names(self, parameters: range | tuple[int, ...]) -> tuple[str, ...]:
        assert self._probe is not None  # noqa: S101  there is a run
        tape, names = self._probe.tape, self._probe.names
        return tuple(names.symbol(tape.parameters[each]) for each in parameters)

    def _choose(self, chosen: tuple[int, ...]) -> None:
        """Show the chosen parameters."""
        self._chosen = chosen
        self._show_choice()
        self._asked = self._key = None
        self.losses.forget()
        self._controls.follow.setChecked(True)
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
        self.plot.movable = movable(moment)
        if self._controls.follow.isChecked() and not self.plot.dragging:
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
        self._draw_others()
        self._draw_over()

    def _draw_others(self) -> None:
        """Draw the paths of other runs; over one parameter, where all are alike, their ends."""
        if self.losses.slice is None:
            return
        from_last = -1 if len(self._chosen) == 1 else 0
        self.plot.show_other_paths(
            [(self._places(run.rows[from_last:]), run.colour) for run in self._others]
        )

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
        points = [*rows[:, self._chosen], self._parameters()[list(self._chosen)]]
        if self.losses.minimum is not None:
            points.append(self.losses.minimum.at)
        shown = None if self.losses.shown is None else self.plot.box(len(self._chosen))
        box = follow(np.array(points), self.losses.scales, shown)
        if box is not shown:
            self.plot.show_box(box, self._scale if len(self._chosen) == 1 else None)

    def _parameters(self) -> np.ndarray:
        assert self._moment is not None  # noqa: S101  asked for where there is one
        return np.array(self._moment.parameters, dtype=float)

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
        while times is not None and times > 1 and not self.plot.holds(start + times * taken):
            times = shorter(times)
        drawn, self._times = np.nan if times is None else times, times
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
        before, log = self._scale, self._controls.log.isChecked()
        self._scale = Scale.of(shown.losses, log=log)
        curve = len(self._chosen) == 1
        self.plot.set_axes(self._names(self._chosen), log=self._scale.log)
        self.plot.show_losses(shown, self._scale)
        self._colours.show_scale(self._scale)
        self._make_room()
        if curve and before != self._scale:
            if self._controls.follow.isChecked():
                self.plot.show_box(shown.box, self._scale)
            self._draw_run()

    # -- the present point ------------------------------------------------------------------

    def _move_to(self, point: np.ndarray) -> None:
        """Ask what if the chosen parameters were at a point, of shape (chosen,)."""
        what_if = None if self._moment is None else moved(self._moment, self._chosen, point)
        if what_if is not None:
            self._asked = None
            self.what_if_asked.emit(what_if)

    def _nudge(self, step: np.ndarray) -> None:
        """Move the present point by a step, of shape (2,)."""
        chosen = list(self._chosen)
        self._move_to(self._parameters()[chosen] + step[: len(chosen)])

    def _start_parameters(self) -> np.ndarray | None:
        """Return the parameters that a run can start from: those asked about, or put in place."""
        if self._asked is not None or self._moment is None:
            return self._asked
        return replaced_parameters(self._moment)

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
        parameters = self._start_parameters()
        if parameters is not None:
            self.start_asked.emit(parameters.copy())

    def _show_readout(self) -> None:
        """Say parameters and loss at the place clicked on, or at the present one."""
        if self.losses.slice is None or self._moment is None:
            self._readout.show_nothing()
            return
        at = self._parameters() if self._asked is None else self._asked
        values = at[list(self._chosen)]
        own = self._start_parameters() is not None
        names = self._names(self._chosen)
        self._readout.show_place(names, values, self.losses.slice.loss(values), own)

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
        runs = [(run.name, run.colour) for run in self._others]
        self._legend.show_entries(names, colour, "" if times == 1 else note, runs)
