"""A sweep: one experiment trained with many learning rates and values of another setting."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.study.experiment import Experiment, Problem
from app.study.hyperparameters import Training
from app.study.setting import SettingError
from app.training.course import Course
from app.training.engine import ChosenEngine, choose_engine
from app.training.graph_engine import CancelledError
from app.training.sweep_axis import RATE_SETTING, SETTINGS, with_value
from app.training.update import update_rule
from autograd.optimizers import State, Vector

FEWEST, MOST = 2, 2500
"""Runs of a sweep."""

CHUNK = 0.02
"""Seconds of training between looks at whether the sweep is cancelled."""

MOST_NUMBERS = 1_000_000
"""Losses and parameters that a chunk may yield."""

Cell = tuple[int, int]
"""A run of a sweep: the row of its value, the column of its learning rate."""


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """Which runs a sweep trains.

    Attributes:
        experiment: what is trained; its learning rate and its value of the setting do not count.
        rates: the learning rates, one for each column.
        setting: the name of another setting of the training.
        values: its values, one for each row.
    """

    experiment: Experiment
    rates: tuple[float, ...]
    setting: str
    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        """Check the plan.

        Raises:
            SettingError: a setting cannot take its value, or there are too few or many runs.
        """
        if not FEWEST <= self.runs <= MOST:
            raise SettingError(
                f"A sweep has from {FEWEST} to {MOST:,} runs; this one would have {self.runs:,}."
            )
        for rate in self.rates:
            RATE_SETTING.check(rate)
        for value in self.values:
            SETTINGS[self.setting].check(value)

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return len(self.rates) * len(self.values)

    def cells(self) -> Iterator[Cell]:
        """Yield all runs, row by row."""
        for row in range(len(self.values)):
            for column in range(len(self.rates)):
                yield row, column

    def training(self, cell: Cell) -> Training:
        """Return the settings of a run."""
        row, column = cell
        training = replace(self.experiment.training, learning_rate=self.rates[column])
        return with_value(training, self.setting, self.values[row])

    def place_of(self, experiment: Experiment) -> Cell | None:
        """Return which run an experiment is; None if it is none of them."""
        if not self.fits(experiment):
            return None
        training = experiment.training
        value, rate = getattr(training, self.setting), training.learning_rate
        if value not in self.values or rate not in self.rates:
            return None
        cell = self.values.index(value), self.rates.index(rate)
        return cell if self.training(cell) == training else None

    def fits(self, experiment: Experiment) -> bool:
        """Whether a sweep of another experiment over the same values has the same runs."""
        first = replace(self, experiment=experiment).training((0, 0))
        return replace(experiment, training=first) == replace(
            self.experiment, training=self.training((0, 0))
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run came out.

    Attributes:
        cell: which run.
        loss: the last loss.
        lowest: the lowest finite loss of all epochs; nan if there is none.
        diverged: the epoch at which the loss was no longer finite; None if it always was.
    """

    cell: Cell
    loss: float
    lowest: float
    diverged: int | None


class Sweep:
    """Trains the runs of a plan on all processor cores, from the same initial parameters.

    No history is kept. A run's loss is, to the last bit, that of a trainer with its settings.

    Attributes:
        plan: which runs.
        outcomes: how the runs so far came out, in the order in which they ended; it is only
            ever appended to, so another thread may read it meanwhile.
        initial_loss: the loss at epoch 0, which all runs share; nan until it is known.
        notice: a sentence if training is slower than it could be, else "".
    """

    def __init__(
        self,
        plan: SweepPlan,
        choose: Callable[[Problem], ChosenEngine] = choose_engine,
        threads: int | None = None,
    ) -> None:
        """Prepare; ``run`` trains, in so many threads, by default one for each core."""
        self.plan = plan
        self.outcomes: list[Outcome] = []
        self.initial_loss = math.nan
        self.notice = ""
        self._choose = choose
        self._threads = threads or os.cpu_count() or 1
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._trainings = {cell: plan.training(cell) for cell in plan.cells()}
        self._epochs = sum(training.epochs for training in self._trainings.values())
        self._trained = 0  # epochs; those that a diverged run leaves out count, too
        self._chunks: dict[int, int] = {}  # epochs that take about CHUNK, by row

    @property
    def share(self) -> float:
        """How much of the work is done, from 0 to 1."""
        return self._trained / self._epochs

    def cancel(self) -> None:
        """Let ``run`` return within moments; the outcomes so far stay."""
        self._stopped.set()

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self._stopped.is_set()

    def run(self) -> None:
        """Train all runs, until they are done or the sweep is cancelled."""
        chosen, parameters = self._start()
        self.notice = chosen.notice
        stopped = self._stopped.is_set
        if stopped():
            return
        try:
            self.initial_loss, gradient = chosen.engine.evaluate(parameters, stopped)
        except CancelledError:
            return
        threads = 1 if chosen.notice else self._threads  # Python's own code runs one at a time
        with ThreadPoolExecutor(threads, thread_name_prefix="sweep") as pool:
            futures = [
                pool.submit(self._train, cell, chosen, parameters, gradient)
                for cell in self._trainings
            ]
            try:
                for future in as_completed(futures):
                    future.result()
            except BaseException:
                self.cancel()  # else the other runs would be trained to their end
                raise

    def _start(self) -> tuple[ChosenEngine, Vector]:
        """Return what trains, and the initial parameters."""
        experiment = self.plan.experiment
        return self._choose(experiment.problem), np.array(experiment.initial_parameters())

    def _train(
        self, cell: Cell, chosen: ChosenEngine, parameters: Vector, gradient: Vector
    ) -> None:
        """Train a run to its end, unless the sweep is cancelled; add its outcome."""
        training, stopped = self._trainings[cell], self._stopped.is_set
        course = Course(chosen.engine, chosen.tape.samples, training)
        state = State.start(parameters, update_rule(training).optimizer)
        epoch, loss = 0, self.initial_loss
        lowest = loss if math.isfinite(loss) else math.nan
        while epoch < training.epochs and math.isfinite(loss):
            if stopped():
                return
            most = max(1, MOST_NUMBERS // (len(parameters) + 1))
            epochs = min(self._chunks.get(cell[0], 1), most, training.epochs - epoch)
            start = time.perf_counter()
            try:
                run = course.train(epoch, state, epochs, gradient, stopped)
            except CancelledError:
                return
            pace = len(run.losses) / (time.perf_counter() - start)
            self._chunks[cell[0]] = max(1, int(CHUNK * pace))
            state, gradient, loss = run.state, run.gradient, float(run.losses[-1])
            epoch += len(run.losses)
            finite = run.losses if math.isfinite(loss) else run.losses[:-1]
            lowest = float(finite.min(initial=lowest))
            self._count(len(run.losses))
        self._count(training.epochs - epoch)
        self.outcomes.append(Outcome(cell, loss, lowest, None if math.isfinite(loss) else epoch))

    def _count(self, epochs: int) -> None:
        with self._lock:
            self._trained += epochs
