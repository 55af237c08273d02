"""The loss landscape: the loss over one or two parameters, the path on it, and what a step does."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.study.hyperparameters import Training
from app.training.history import History
from app.training.moment import Moment
from app.training.update import learning_rates, mini_batches, update_rule
from autograd.arithmetic import NUMPY, silent
from autograd.hessian import hessian
from autograd.optimizers import State
from autograd.rules import SUM
from autograd.tape import Column, Tape

Array = npt.NDArray[np.float64]

LARGEST = 1e30
"""Parameters beyond this are not drawn: a run that diverges has no end."""

NUMBERS = 2**17
"""How many numbers NumPy computes at once, so that they stay in the processor's cache."""


def with_columns(tape: Tape, columns: Mapping[int, Column]) -> Tape:
    """Return the tape with other data in some of its columns."""
    changed = copy.copy(tape)
    changed.columns = {**tape.columns, **columns}
    return changed


def losses_of(tape: Tape, points: Array) -> Array:
    """Return the loss at many parameter vectors, of shape (points, parameters), with NumPy."""
    step = max(1, NUMBERS // tape.samples)
    blocks = [_losses(tape, points[first : first + step]) for first in range(0, len(points), step)]
    return np.concatenate([np.empty(0), *blocks])


def _losses(tape: Tape, points: Array) -> Array:
    """Return the loss at some points; every value is of shape (points or 1, samples or 1)."""
    given = dict(zip(tape.parameters, points.T[:, :, None], strict=True))
    values: list[Any] = []
    with silent():
        for place, instruction in enumerate(tape.instructions):
            operands = [values[operand] for operand in instruction.operands]
            if instruction.rule is SUM:
                (terms,) = operands
                total = np.sum(terms, axis=1, keepdims=True)
                values.append(total if terms.shape[1] == tape.samples else total * tape.samples)
            elif instruction.rule is not None:
                values.append(instruction.rule.value(NUMPY, *operands))
            elif place in tape.columns:
                values.append(tape.columns[place][None, :])
            else:
                values.append(given.get(place, np.full((1, 1), float(instruction.node.data))))
    return np.broadcast_to(values[-1][:, 0], len(points))


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """A range of each chosen parameter.

    Attributes:
        low, high: of shape (chosen,).
    """

    low: Array
    high: Array

    @property
    def size(self) -> Array:
        """How long the ranges are, of shape (chosen,)."""
        return self.high - self.low

    def equals(self, other: Box) -> bool:
        """Return whether another box is the same."""
        return bool(np.all(self.low == other.low) and np.all(self.high == other.high))

    def holds(self, other: Box) -> bool:
        """Return whether another box lies within."""
        return bool(np.all(self.low <= other.low) and np.all(other.high <= self.high))

    def grown(self, share: float) -> Box:
        """Return the box with a share of its size added at every side."""
        return Box(self.low - share * self.size, self.high + share * self.size)

    def ticks(self, resolution: int) -> list[Array]:
        """Return, for each parameter, the middles of so many cells."""
        shares = (np.arange(resolution) + 0.5) / resolution
        return [low + size * shares for low, size in zip(self.low, self.size, strict=True)]


class Slice:
    """The loss over some of the parameters, the others fixed.

    Attributes:
        tape: the loss.
        at: all parameters, of shape (parameters,); the chosen ones' values do not matter.
        chosen: the numbers of the parameters that vary.
        speed: about how many losses are computed in a second.
    """

    def __init__(
        self, tape: Tape, at: Sequence[float] | Array, chosen: tuple[int, ...], engine: Any = None
    ) -> None:
        """Prepare; an ``engine`` with a ``loss_grid`` for the tape is faster than NumPy."""
        self.tape = tape
        self.at = np.array(at, dtype=float)
        self.chosen = chosen
        self._losses = getattr(engine, "loss_grid", None)
        self.speed = 1e7 / tape.samples

    def full(self, points: Array) -> Array:
        """Return points of shape (points, chosen) with the parameters that are fixed."""
        full = np.tile(self.at, (len(points), 1))
        full[:, self.chosen] = points
        return full

    def losses(self, points: Array) -> Array:
        """Return the losses at points of shape (points, chosen)."""
        full = self.full(points)
        if self._losses is None:
            return losses_of(self.tape, full)
        found: Array = self._losses(full)
        return found

    def loss(self, point: Array) -> float:
        """Return the loss at a point of shape (chosen,)."""
        return float(self.losses(point[None])[0])

    def derivatives(self, point: Array) -> tuple[Array, Array]:
        """Return gradient and Hessian with respect to the chosen parameters."""
        parameters = self.full(point[None])[0]
        gradient = self.tape.evaluate(parameters)[1]
        chosen = list(self.chosen)
        return gradient[chosen], hessian(self.tape, parameters, chosen)


class Survey:
    """The losses over a box, computed as far as there is time for it.

    Attributes:
        surface: the losses' slice.
        box: the box.
        resolution: cells along each parameter.
        done: whether all losses are there.
    """

    def __init__(self, surface: Slice, box: Box, resolution: int) -> None:
        self.box, self.resolution = box, resolution
        self.surface = surface
        grid = np.meshgrid(*box.ticks(resolution))
        self._points = np.stack([each.ravel() for each in grid], axis=1)
        self._losses = np.empty(len(self._points))
        self._count = 0

    @property
    def size(self) -> int:
        """How many losses there are."""
        return len(self._points)

    @property
    def done(self) -> bool:
        """Whether all losses are there."""
        return self._count == len(self._points)

    @property
    def losses(self) -> Array:
        """The losses at the middles of the cells, the second parameter's rows first."""
        return self._losses.reshape((self.resolution,) * len(self.box.low))

    def advance(self, seconds: float) -> bool:
        """Compute for about so long, a point at least; return whether all is done."""
        start = time.perf_counter()
        left = seconds
        while not self.done and left > 0:
            count = max(1, int(self.surface.speed * left / 2))
            stop = min(len(self._points), self._count + count)
            before = time.perf_counter()
            self._losses[self._count : stop] = self.surface.losses(self._points[self._count : stop])
            after = time.perf_counter()
            self.surface.speed = (stop - self._count) / max(after - before, 1e-6)
            self._count = stop
            left = seconds - (after - start)
        return self.done


# -- which range -----------------------------------------------------------------------------


def follow(points: Array, scales: Array, shown: Box | None = None) -> Box:
    """Return the box to show: all points are in it, and it rarely changes.

    Args:
        points: the path, the minimum, of shape (points, chosen).
        scales: how far each parameter goes for the loss to change alike; no side is much
            shorter than they say.
        shown: the box that is shown now, which stays if it will do.
    """
    usable = np.all(np.abs(points) < LARGEST, axis=1)  # a nan is not
    points = points[usable] if usable.any() else np.zeros((1, points.shape[1]))
    low, high = points.min(axis=0), points.max(axis=0)
    size = high - low
    balanced = 0.1 * np.max(size / scales) * scales
    if not balanced.any():
        balanced = 2 * scales
    least = np.maximum(balanced, 1e-9 * np.maximum(np.abs(low), np.abs(high)))
    middle, size = (low + high) / 2, np.maximum(size, least)
    tight = Box(middle - size / 2, middle + size / 2)
    if shown is not None and shown.holds(tight.grown(0.02)) and np.all(shown.size <= 3 * size):
        return shown
    return tight.grown(0.18)


# -- the run ---------------------------------------------------------------------------------


def path_epochs(epoch: int) -> npt.NDArray[np.int64]:
    """Return the epochs, up to one, that draw the path of a run.

    They are all of the first and, of the rest, multiples of a power of three: they stay the
    same while the run goes on, and a path that jumps to and fro shows both its sides.
    """
    stride = 1
    while epoch // stride > 400:
        stride *= 3
    last = np.arange(max(0, epoch - 20), epoch + 1)
    thinned = np.arange(0, epoch + 1, stride)
    return np.unique(np.concatenate([np.arange(min(100, epoch + 1)), thinned, last]))


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """What one update would do, and what it does; of shape (parameters,).

    Attributes:
        before: where it starts.
        raw: − learning rate · gradient.
        taken: the change of the parameters; None if it is not known.
    """

    before: Array
    raw: Array
    taken: Array | None


def steps_of(
    moment: Moment,
    history: History,
    training: Training,
    engine: Any = None,
    state: State | None = None,
) -> Steps:
    """Return the steps of the update at a moment; of an epoch as a whole, all of the epoch's.

    Args:
        moment: the moment.
        history: the run's history.
        training: the settings of the update.
        engine: trains a newest epoch of mini-batches; only if it has a ``loss_grid``, and so
            is fast.
        state: what the update goes on from; without it, the history's.
    """
    with silent():
        if moment.change is not None:
            change = moment.change
            raw = -change.learning_rate * change.gradient
            return Steps(change.before, raw, change.after.parameters - change.before)
        rates = learning_rates(training, moment.epoch, 1)
        before = np.array(moment.parameters)
        gradient = moment.evaluation.gradient
        after = _after(moment, history, training, engine, state)
        return Steps(before, -rates[0] * gradient, None if after is None else after - before)


def _after(
    moment: Moment, history: History, training: Training, engine: Any, state: State | None
) -> Array | None:
    """Return the parameters after an epoch."""
    what_if, epoch, tape = moment.what_if, moment.epoch, moment.probe.tape
    replaced = bool(what_if.parameters or what_if.data)
    if epoch < history.last_epoch and not replaced:
        return history.parameters(epoch + 1)
    rule = update_rule(training)
    state = what_if.state(history.state(epoch) if state is None else state)
    if state.slots.shape[0] != rule.optimizer.slots:  # of another optimizer
        state = State.start(state.parameters, rule.optimizer)
    rates = learning_rates(training, epoch, 1)
    batches = mini_batches(training, tape.samples, epoch, 1)
    if batches is not None:
        if what_if.data or not hasattr(engine, "loss_grid"):
            return None
        after: Array = engine.train(state, rates, rule, batches).parameters[0]
        return after
    outside, inside = np.array(tape.uses, dtype=float).reshape(-1, 2).T
    uses = outside + inside * tape.samples
    return rule.step(state, moment.evaluation.gradient, float(rates[0]), uses).parameters
