"""Branching off a long run, and several runs trained at once.

Usage: python -m tests.benchmarks.runs [--epochs N] [--rounds N]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer

from app.study.experiment import Experiment
from app.study.hyperparameters import Optimizer, Training
from app.training.branch import branch
from app.training.session import Session
from app.training.trainer import Trainer
from tests.benchmarks.timing import medians, print_table

LONGEST = 10_000_000
SECONDS = 1.5
"""How long a race is watched."""


def branching(epochs: int) -> dict[str, Callable[[], object]]:
    """Return what branches off a run of so many epochs at several places, by name."""
    training = Training(epochs=LONGEST)
    trainer = Trainer(replace(Experiment(), training=training))
    trainer.start()
    while trainer.history.last_epoch < epochs:
        trainer.advance(min(trainer.epochs_within(0.004), epochs - trainer.history.last_epoch))
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
    application = QCoreApplication([])
    title = f"branching off a run of {options.epochs:,} epochs"
    print_table(title, medians(branching(options.epochs), options.rounds), 1e-3, "ms")
    alone = epochs_per_second(1)
    print("epochs a second of all racing runs together (the notebook's line)")
    for runs in (1, 2, 6, 23):
        done = alone if runs == 1 else epochs_per_second(runs)
        print(f"  {runs:2} runs  {done:10,.0f}  {done / alone:5.2f} ×")
    application.quit()


if __name__ == "__main__":
    main()
