"""Tapes: folding, compiling, second derivatives, grids of losses, and a long run's history.

Usage: python -m tests.benchmarks.tapes
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import numpy as np

from app.study.experiment import Experiment
from app.study.hyperparameters import Training, UpdateRule
from app.training.trainer import Trainer
from autograd import Tensor
from autograd.hessian import hessian
from autograd.native import compile_tape
from autograd.tape import Tape
from tests.benchmarks.peer_runs.native_code import tape_of
from tests.benchmarks.peer_runs.problem import Line, Network
from tests.benchmarks.timing import medians, print_table


def loop(samples: int) -> Tensor:
    """Return the loss of a line, written as a loop over its samples."""
    m, c = Tensor.scalar(0.7, require_grad=True), Tensor.scalar(0.3, require_grad=True)
    loss = Tensor.scalar(0.0)
    for x in np.linspace(-20, 20, samples).tolist():
        loss += (Tensor.scalar(2 * x - 9) - (m * Tensor.scalar(x) + c)) ** 2
    return loss / samples


def folding_times(samples: int) -> dict[str, float]:
    """Return how long building the graph of a loss takes, and folding it."""
    loss = loop(samples)
    functions: dict[str, Callable[[], object]] = {
        "building the graph": lambda: loop(samples),
        "folding it": lambda: Tape.fold(loss),
    }
    return medians(functions, 5)


def tape_times() -> dict[str, float]:
    """Return how long compiling takes, and what compiled and other readings of tapes take."""
    functions: dict[str, Callable[[], object]] = {}
    for problem in (Line(41), Line(1_000), Network(41)):
        tape = tape_of(problem)
        functions[f"{problem.name}: compiling"] = lambda tape=tape: compile_tape(tape)
        functions[f"{problem.name}: Hessian"] = lambda tape=tape, at=problem.start: hessian(
            tape, at
        )
    line = compile_tape(Tape.fold(loop(1000)))
    points = np.random.default_rng(0).normal(size=(128 * 128, 2))
    functions["line, 1,000 samples: losses on a grid of 128 × 128"] = lambda: line.loss_grid(points)
    return medians(functions, 7)


def access_times(epochs: int) -> dict[str, float]:
    """Return how long a random epoch takes of a run that is too long to be kept."""
    training = Training(epochs=epochs, update_rule=UpdateRule.ONCE_PER_PARAMETER)
    trainer = Trainer(Experiment(training=training))
    trainer.start()
    start = time.perf_counter()
    while not trainer.finished:
        trainer.advance(trainer.epochs_within(0.004))
    trained = time.perf_counter() - start
    history, times = trainer.history, []
    generator = random.Random(0)  # noqa: S311  no secret
    for _ in range(200):
        epoch = generator.randrange(history.kept, epochs)
        start = time.perf_counter()
        history.parameters(epoch)
        times.append(time.perf_counter() - start)
    median, slow = np.quantile(times, [0.5, 0.99]).tolist()
    return {"training": trained, "an epoch, median": median, "an epoch, 99 of 100 within": slow}


def main() -> None:
    """Measure and print."""
    print_table("the loss of a line, 100,000 samples", folding_times(100_000), 1e-3, "ms")
    print_table("tapes", tape_times(), 1e-3, "ms")
    print_table("a run of 10,000,000 epochs, 41 samples", access_times(10_000_000), 1e-3, "ms")


if __name__ == "__main__":
    main()
