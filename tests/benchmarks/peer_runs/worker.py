"""A process for each candidate, so that none pays for the memory and threads of the others."""

from __future__ import annotations

import importlib
import math
import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

import numpy as np

from tests.benchmarks.peer_runs.problem import (
    Candidate,
    MissingError,
    Problem,
    Trained,
    in_a_row,
)

CHECKED_EPOCHS = 20
TOLERANCE = 1e-9
SECONDS = 0.05
"""A run takes at least this long, and about twice as long at most."""


class UntimedError(Exception):
    """A candidate is not timed; the text says why."""


class Worker:
    """A process that holds a candidate, and runs it when told to.

    Attributes:
        epochs: how many of them a run has.
        note: what to know of the candidate.
    """

    def __init__(self, module: str, function: str, problem: Problem) -> None:
        """Start the process, which prepares the candidate, checks it, and counts its epochs.

        Raises:
            UntimedError: something is missing, or the results are not those of the others.
        """
        processes = multiprocessing.get_context("spawn")
        self._pipe, other_end = processes.Pipe()
        arguments = (other_end, module, function, problem)
        self._process = processes.Process(target=_serve, args=arguments, daemon=True)
        self._process.start()
        other_end.close()
        try:
            self.epochs, self.note = self._pipe.recv()
        except EOFError:
            self.epochs, self.note = 0, "its process ended by itself"
        if not self.epochs:
            self.close()
            raise UntimedError(self.note)

    def run(self) -> None:
        """Train from the start; this returns when it is done."""
        self._pipe.send(True)
        self._pipe.recv()

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join()


def _serve(pipe: Connection, module: str, function: str, problem: Problem) -> None:
    """Prepare a candidate, say how many epochs a run has, and run it until the pipe closes."""
    try:
        candidate = _prepare(module, function, problem)
        deviation = _deviation(candidate, problem)
    except MissingError as missing:
        pipe.send((0, f"missing: {missing}"))
        return
    if not deviation <= TOLERANCE:
        pipe.send((0, f"wrong: after {CHECKED_EPOCHS} epochs it is off by {deviation:.1e}"))
        return
    epochs = _epochs_to_time(candidate.train)
    pipe.send((epochs, candidate.note))
    try:
        while pipe.recv():
            candidate.train(epochs)
            pipe.send(True)
    except EOFError:
        return


def _prepare(module: str, function: str, problem: Problem) -> Candidate:
    try:
        peer = importlib.import_module(f"{__package__}.{module}")
    except ImportError as error:
        raise MissingError(str(error)) from error
    candidate: Candidate = getattr(peer, function)(problem)
    return candidate


def _deviation(candidate: Candidate, problem: Problem) -> float:
    """Return how far losses or parameters are from those of derivatives worked out by hand.

    It is the largest of all relative errors.
    """
    expected = _prepare("numpy_by_hand", "prepare", problem).train(CHECKED_EPOCHS)
    given = candidate.train(CHECKED_EPOCHS)
    return max(_relative(f, given, expected) for f in ("losses", "weights"))


def _relative(field: str, given: Trained, expected: Trained) -> float:
    ours, right = (in_a_row(getattr(each, field)) for each in (given, expected))
    if ours.shape != right.shape:
        return math.inf
    errors = np.abs(ours - right) / np.abs(right)
    return float(np.max(errors)) if np.isfinite(errors).all() else math.inf


def _epochs_to_time(train: Callable[[int], object]) -> int:
    """Return how many epochs take long enough."""
    epochs = 1
    while True:
        train(epochs)  # what is compiled for this number of epochs is compiled now
        start = time.perf_counter()
        train(epochs)
        seconds = time.perf_counter() - start
        if seconds >= SECONDS:
            return epochs
        epochs *= min(100, math.ceil(1.5 * SECONDS / seconds))
