"""The loss landscape: refreshing it, its grid of losses, and one more frame of a run.

Usage: python -m tests.benchmarks.landscape

Paints offscreen unless QT_QPA_PLATFORM says otherwise.
"""

from __future__ import annotations

import itertools
import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from app.launch import make_application
from app.study.experiment import Data, Experiment
from app.study.hyperparameters import Training, UpdateRule
from app.theme import apply_theme, load_theme
from app.training.engine import choose_engine
from app.training.landscape import Box, Slice, Survey
from app.training.minimum import Search
from app.training.moment import Moment
from app.training.snapshot import Probe
from app.training.trainer import Trainer
from app.views.landscape.losses import COARSE, FINE
from app.views.landscape.view import LandscapeView
from tests.benchmarks.timing import medians, print_table

SIZE = (600, 450)
"""Pixels of the view."""

EPOCHS = 2000
FOREVER = 1e9


def grid_times(samples: int) -> dict[str, float]:
    """Return the times of a whole grid, in native code and with NumPy, and of the minimum."""
    chosen = choose_engine(Experiment(Data(samples=samples, noise=3.0)).problem)
    at = np.array([0.76, 0.3])
    native = Slice(chosen.tape, at, (0, 1), chosen.engine)
    numpy = Slice(chosen.tape, at, (0, 1))
    moved = (Search(native, at).scales * shift for shift in itertools.count())

    def grid(surface: Slice, cells: int) -> None:
        middle = next(moved)
        box = Box(middle - 5.0, middle + 5.0)
        assert Survey(surface, box, cells).advance(FOREVER)

    few = 20 if samples <= 1000 else 3
    times = medians(
        {
            f"{FINE}×{FINE}, native": lambda: grid(native, FINE),
            f"{COARSE}×{COARSE}, native": lambda: grid(native, COARSE),
            f"{COARSE}×{COARSE}, NumPy": lambda: grid(numpy, COARSE),
            "minimum": lambda: Search(native, at).advance(FOREVER),
        },
        few,
    )
    return {f"{samples:,} samples, {name}": seconds for name, seconds in times.items()}


def view_times(samples: int) -> dict[str, float]:
    """Return the times to show another epoch, and to show another range."""
    recipe = Data(samples=samples, noise=3.0)
    training = Training(
        clipping=False, learning_rate=1e-4, update_rule=UpdateRule.ONCE_PER_PARAMETER
    )
    experiment = Experiment(recipe, training=training)
    trainer = Trainer(experiment)
    trainer.start()
    trainer.advance(EPOCHS)
    history, probe = trainer.history, Probe(experiment.problem)
    view = LandscapeView()
    view.resize(*SIZE)
    view.set_theme(load_theme("light"))
    view.show()
    QApplication.processEvents()  # a window that was never exposed does not paint
    view.show_run(probe, lambda: choose_engine(experiment.problem).engine)
    moments = itertools.cycle(
        Moment(epoch, probe, probe.snapshot(epoch, history.parameters(epoch)).evaluation)
        for epoch in range(EPOCHS - 20, EPOCHS)
    )
    shifts = itertools.count(1)

    def show() -> None:
        view.show_moment(next(moments), history, training, EPOCHS)
        view.plot.grab()

    def pan() -> None:
        shift = 1e-3 * next(shifts)
        view.plot.setRange(xRange=(shift, 2 + shift), yRange=(-10, 1), padding=0)
        view.plot.grab()

    times = medians({"another epoch": show}, 30) | medians({"another range": pan}, 30)
    view.close()
    return {f"{samples:,} samples, {name}": seconds for name, seconds in times.items()}


def main() -> None:
    """Measure and print."""
    application = make_application()
    apply_theme(application, load_theme("light"))
    for samples in (41, 1_000, 100_000):
        print_table("grid of losses", grid_times(samples), 1e-3, "ms")
        print_table(f"view of {SIZE[0]}×{SIZE[1]} pixels", view_times(samples), 1e-3, "ms")


if __name__ == "__main__":
    main()
