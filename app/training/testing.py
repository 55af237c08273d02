"""The loss on the samples that training does not see, along the epochs of a run."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from app.study.data import make_samples
from app.study.experiment import Problem
from app.study.model import record_loss
from app.training.history import History
from app.training.landscape import losses_of
from autograd.tape import Tape

Array = npt.NDArray[np.float64]
Epochs = npt.NDArray[np.int64]

BUDGET = 0.008
"""Seconds that one look at the curve may take, about."""


def tape_of_test(problem: Problem) -> Tape | None:
    """Return the loss of the test samples, without weight decay; None if there are none."""
    samples = make_samples(problem.data, problem.model).test
    if not len(samples):
        return None
    model = replace(problem.model, weight_decay=0.0)
    return record_loss(replace(problem, model=model), samples).tape


class TestLoss:
    """Computes the test loss at epochs that draw its curve, each once.

    The curve's epochs are multiples of a power of two, so that they stay the same while the
    run goes on. They are computed coarse to fine, as far as there is time: a long run's
    parameters may have to be trained once more to be known.

    Attributes:
        done: whether the curve that was returned last has all of its epochs.
    """

    def __init__(self, tape: Tape, engine: Any = None) -> None:
        """Prepare for the tape of the test samples.

        An ``engine`` with a ``loss_grid``, compiled from that tape, is faster than NumPy.
        """
        self._tape = tape
        self._losses = getattr(engine, "loss_grid", None)
        self._history: History | None = None
        self._known: dict[int, float] = {}
        self._seconds = 1e-7 * tape.samples  # that one loss takes, about
        self.done = False

    def at(self, parameters: Array) -> float:
        """Return the test loss of parameters of shape (parameters,)."""
        return float(self._compute(parameters[None])[0])

    def curve(
        self, history: History, epoch: int, points: int = 200, seconds: float = BUDGET
    ) -> tuple[Epochs, Array]:
        """Return epochs up to one, in order, and the test losses there.

        Args:
            history: the run; another one than before starts anew.
            epoch: the newest epoch of the curve; its loss is always computed.
            points: how many epochs there may be, about.
            seconds: how long it may take; what is missing then comes with the next calls.
        """
        stop = time.perf_counter() + seconds
        if history is not self._history:
            self._history, self._known = history, {}
        stride = stride_of(epoch, points)
        self._known = {each: loss for each, loss in self._known.items() if not each % stride}
        newest = self._known.get(epoch)
        if newest is None:
            newest = self.at(history.parameters(epoch))
            if epoch % stride == 0:
                self._known[epoch] = newest
        missing = [each for each in coarse_to_fine(epoch, stride) if each not in self._known]
        self.done = self._fill(history, missing, stop)
        shown = {each: loss for each, loss in self._known.items() if each <= epoch}
        shown[epoch] = newest
        epochs = np.array(sorted(shown), dtype=np.int64)
        return epochs, np.array([shown[each] for each in epochs.tolist()])

    def _fill(self, history: History, missing: list[int], stop: float) -> bool:
        """Compute the losses at epochs until it is time to stop; return whether all are done."""
        place = 0
        while place < len(missing):
            start = time.perf_counter()
            if start >= stop:
                return False
            count = max(1, int((stop - start) / 2 / self._seconds))
            chosen = missing[place : place + count]
            rows = []
            for each in chosen:
                rows.append(history.parameters(each))
                if time.perf_counter() >= stop:
                    break
            losses = self._compute(np.array(rows)).tolist()
            self._known.update(zip(chosen, losses, strict=False))
            place += len(rows)
        return True

    def _compute(self, rows: Array) -> Array:
        """Return the losses of parameters of shape (points, parameters)."""
        start = time.perf_counter()
        losses: Array = losses_of(self._tape, rows) if self._losses is None else self._losses(rows)
        self._seconds = max(1e-9, (time.perf_counter() - start) / len(rows))
        return losses


def stride_of(epoch: int, points: int) -> int:
    """Return the power of two of which not many more than ``points`` multiples reach an epoch."""
    stride = 1
    while epoch // stride > points:
        stride *= 2
    return stride


def coarse_to_fine(epoch: int, stride: int) -> list[int]:
    """Return the multiples of a power of two from 0 to an epoch, those of larger powers first."""
    epochs = [0]
    step = stride
    while step * 2 <= epoch:
        step *= 2
    while step >= stride:
        epochs += range(step, epoch + 1, step * 2)
        step //= 2
    return epochs
