"""Many runs: branches off a long one, jumps within it, its landscape, races and sweeps.

Usage: python -m tests.benchmarks.runs [--epochs N] [--rounds N]

Paints offscreen unless QT_QPA_PLATFORM says otherwise.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer

from app.launch import make_application
from app.study.experiment import Experiment
from app.study.hyperparameters import Optimizer, Training
from app.theme import apply_theme, load_theme
from app.training.branch import branch
from app.training.engine import choose_engine
from app.training.landscape import Box, Slice, Survey
from app.training.session import Session
from app.training.snapshot import Probe
from app.training.sweep import Sweep, SweepPlan
from app.training.trainer import Trainer
from app.views.landscape.losses import COARSE, FINE
from app.views.sweep.heat_map import HeatMap
from tests.benchmarks.timing import medians, print_table

LONGEST = 10_000_000
SECONDS = 1.5
"""How long a race is watched."""


def long_run(epochs: int) -> Trainer:
    """Return the notebook's run with so many epochs."""
    trainer = Trainer(replace(Experiment(), training=Training(epochs=LONGEST)))
    trainer.start()
    while trainer.history.last_epoch < epochs:
        trainer.advance(min(trainer.epochs_within(0.004), epochs - trainer.history.last_epoch))
    return trainer


def branching(trainer: Trainer) -> dict[str, Callable[[], object]]:
    """Return what branches off a run at several places, by name."""
    epochs, training = trainer.history.last_epoch, Training(epochs=LONGEST)
    adam = replace(training, optimizer=Optimizer.ADAM)

    def at(epoch: int) -> Callable[[], object]:
        return lambda: branch(trainer.history, trainer.course, epoch, adam)

    def and_train() -> None:
        past = branch(trainer.history, trainer.course, epochs // 2, adam)
        other = Trainer(replace(Experiment(), training=adam))
        other.go_on_from(past)
        other.advance()

    shares = {
        f"at epoch {share * epochs // 10:,}": at(share * epochs // 10) for share in (1, 5, 10)
    }
    return {**shares, f"at epoch {epochs // 2:,}, with its first epoch": and_train}


def jumping(trainer: Trainer) -> dict[str, Callable[[], object]]:
    """Return what looks at epochs anywhere in a run, and at the one after the last looked at."""
    history, probe = trainer.history, Probe(Experiment().problem)
    anywhere = random.Random(1)  # noqa: S311  no secret
    following = itertools.count(history.last_epoch // 3)

    def look(epoch: int) -> None:
        probe.snapshot(epoch, history.parameters(epoch))
        history.loss(epoch)

    return {
        "to any epoch": lambda: look(anywhere.randrange(history.last_epoch)),
        "to any that is trained again": lambda: look(
            anywhere.randrange(min(history.kept, history.last_epoch - 1), history.last_epoch)
        ),
        "to the next epoch": lambda: look(next(following)),
    }


def refreshing(trainer: Trainer) -> dict[str, Callable[[], object]]:
    """Return what computes all losses of a landscape, somewhere else each time."""
    history, chosen = trainer.history, choose_engine(Experiment().problem)
    surface = Slice(chosen.tape, history.parameters(history.last_epoch), (0, 1), chosen.engine)
    shifts = itertools.count()

    def survey(cells: int) -> None:
        middle = np.array([1e-3 * next(shifts), 0.0])
        assert Survey(surface, Box(middle - 5.0, middle + 5.0), cells).advance(1e9)

    return {
        f"{cells}×{cells} losses": lambda cells=cells: survey(cells) for cells in (COARSE, FINE)
    }


def sweeping() -> dict[str, Callable[[], object]]:
    """Return what trains a sweep of 100 runs, in one thread and in one for each core."""
    rates = tuple(np.geomspace(1e-5, 0.1, 10).tolist())
    bounds = tuple(np.geomspace(0.1, 100.0, 10).tolist())
    plan = SweepPlan(Experiment(), rates, "clip_bound", bounds)

    def run(threads: int | None) -> None:
        sweep = Sweep(plan, threads=threads)
        sweep.run()
        assert len(sweep.outcomes) == plan.runs == 100

    return {"one thread": lambda: run(1), f"{os.cpu_count()} threads": lambda: run(None)}


def drawing() -> dict[str, Callable[[], object]]:
    """Return what paints the heat map of a sweep of 100 runs, and of the largest one."""

    def draw(heat_map: HeatMap) -> None:
        heat_map.set_theme(load_theme("light"))  # or the picture of the cells would be kept
        heat_map.grab()

    maps: dict[str, Callable[[], object]] = {}
    for side in (10, 50):
        rates = tuple((number + 1) / 100 for number in range(side))
        sweep = Sweep(
            SweepPlan(
                replace(Experiment(), training=Training(epochs=10)),
                rates,
                "batch_seed",
                tuple(range(side)),
            )
        )
        sweep.run()
        heat_map = HeatMap()
        heat_map.resize(600, 400)
        heat_map.set_theme(load_theme("light"))
        heat_map.show_plan(sweep.plan)
        heat_map.show_outcomes(sweep.outcomes, sweep.initial_loss)
        heat_map.show()
        maps[f"{side * side:,} runs"] = partial(draw, heat_map)
        maps[f"{side * side:,} runs, again"] = heat_map.grab
    return maps


def wait(milliseconds: int) -> None:
    """Let the window's thread do its work for so long."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def epochs_per_second(runs: int) -> float:
    """Return how many epochs so many racing runs train in a second, all together."""
    session = Session()
    session.start(replace(Experiment(), training=Training(epochs=LONGEST)))
    rates = [0.001 / (1 + number) for number in range(runs)]
    training = session.experiment.training
    session.race([(f"{rate:g}", replace(training, learning_rate=rate)) for rate in rates])
    racing = session.runs[1:]
    while any(run.epoch < 1 for run in racing):
        wait(10)
    before, start = sum(run.epoch for run in racing), time.perf_counter()
    wait(int(1000 * SECONDS))
    done = (sum(run.epoch for run in racing) - before) / (time.perf_counter() - start)
    assert session.close()
    return done


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    application = make_application()
    apply_theme(application, load_theme("light"))
    trainer, rounds = long_run(options.epochs), options.rounds
    long = f"a run of {options.epochs:,} epochs"
    print_table(f"branching off {long}", medians(branching(trainer), rounds), 1e-3, "ms")
    print_table(f"jumping in {long}", medians(jumping(trainer), 10 * rounds), 1e-3, "ms")
    print_table(f"the landscape of {long}", medians(refreshing(trainer), rounds), 1e-3, "ms")
    print_table("a sweep of 100 runs × 2,000 epochs", medians(sweeping(), rounds), 1e-3, "ms")
    print_table("painting a heat map", medians(drawing(), rounds), 1e-3, "ms")
    alone = epochs_per_second(1)
    print("epochs a second of all racing runs together (the notebook's line)")
    for runs in (1, 2, 6, 23):
        done = alone if runs == 1 else epochs_per_second(runs)
        print(f"  {runs:2} runs  {done:10,.0f}  {done / alone:5.2f} ×")
    application.closeAllWindows()


if __name__ == "__main__":
    main()
