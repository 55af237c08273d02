"""The loss landscape: the loss over one or two parameters, its minimum, and what a step does."""

from __future__ import annotations

import copy
import time
from collections.abc import Generator, Mapping, Sequence
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
        return gradient[chosen], hessian(self.tape, parameters)[np.ix_(chosen, chosen)]


class Survey:
    """The losses over a box, computed as far as there is time for it.

    Attributes:
        box: the box.
        resolution: cells along each parameter.
        done: whether all losses are there.
    """

    def __init__(self, surface: Slice, box: Box, resolution: int) -> None:
        self.box, self.resolution = box, resolution
        self._surface = surface
        grid = np.meshgrid(*box.ticks(resolution), indexing="xy")
        self._points = np.stack([each.ravel() for each in grid], axis=1)
        self._losses = np.empty(len(self._points))
        self._count = 0

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
            count = max(1, int(self._surface.speed * left / 2))
            stop = min(len(self._points), self._count + count)
            before = time.perf_counter()
            self._losses[self._count : stop] = self._surface.losses(
                self._points[self._count : stop]
            )
            after = time.perf_counter()
            self._surface.speed = (stop - self._count) / max(after - before, 1e-6)
            self._count = stop
            left = seconds - (after - start)
        return self.done


# -- the minimum -----------------------------------------------------------------------------

MOST = 60
"""Steps of a search."""


@dataclass(frozen=True, slots=True, eq=False)
class Minimum:
    """Where the loss is lowest, as far as is known.

    Attributes:
        at: the chosen parameters, of shape (chosen,).
        loss: the loss there.
        exact: whether the loss is quadratic, and this its closed form.
    """

    at: Array
    loss: float
    exact: bool


class Search:
    """Looks for the minimum as far as there is time for it.

    On a quadratic loss a Newton step is its closed form, from anywhere. Elsewhere Newton
    steps are taken from the start and from the lowest of a grid; and where curvature does not
    lead on, as with absolute values, ever finer grids are laid around the lowest point.

    Attributes:
        minimum: what was found; None before, or where the loss falls without end.
        scales: how far each chosen parameter may go for the loss to change alike, of shape
            (chosen,), but for a common factor.
    """

    def __init__(self, surface: Slice, start: Array) -> None:
        """Begin a search; the curvature at the start is computed at once."""
        self._surface = surface
        self._start = start
        self.minimum: Minimum | None = None
        self._gradient, self._curvature = surface.derivatives(start)
        self.scales = _scales(self._curvature)
        self._work = self._search()
        self.done = False

    def advance(self, seconds: float) -> bool:
        """Search for about so long, a step at least; return whether that is all."""
        end = time.perf_counter() + seconds
        while not self.done:
            try:
                next(self._work)
            except StopIteration:
                self.done = True
            if time.perf_counter() >= end:
                break
        return self.done

    def _search(self) -> Generator[None]:
        found = yield from self._descend(self._start)
        if found is not None and found.exact:
            self.minimum = found
            return
        yield
        reach = self._reach()
        survey = Survey(self._surface, Box(self._start - reach, self._start + reach), 32)
        while not survey.advance(0.004):
            yield
        with silent():
            losses = np.where(np.isfinite(survey.losses), survey.losses, np.inf).ravel()
        lowest = _point(survey, int(np.argmin(losses)))
        candidates = [found, (yield from self._descend(lowest))]
        if not any(candidates):
            candidates.append((yield from self._zoom(lowest, reach / 8)))
        known = [each for each in candidates if each is not None]
        self.minimum = min(known, key=lambda each: each.loss, default=None)

    def _reach(self) -> Array:
        """Return how far around the start the grid reaches."""
        loss = self._surface.loss(self._start)
        height = np.sqrt(2 * abs(loss)) if np.isfinite(loss) and loss else 1.0
        return np.maximum(np.minimum(4 * height * self.scales, 1e6), np.abs(self._start) + 1.0)

    def _descend(self, start: Array) -> Generator[None, None, Minimum | None]:
        """Take Newton steps; each is halved until it leads down."""
        surface = self._surface
        point, loss = start, surface.loss(start)
        first = loss
        gradient, curvature = surface.derivatives(point)
        flat = curvature
        for _ in range(MOST):
            yield
            step, trusted = _newton_step(gradient, curvature)
            if not trusted or not np.isfinite(loss):
                return None
            tries = point + step * 0.5 ** np.arange(12)[:, None]
            losses = surface.losses(tries)
            below = np.flatnonzero(losses < loss)
            settled = np.all(np.abs(step) <= 1e-7 * (np.abs(point) + np.abs(point - start) + 1e-30))
            if not len(below):
                gained = abs(float(gradient @ step)) <= 1e-9 * (abs(first) + abs(loss))
                return Minimum(point, loss, _alike(flat, curvature)) if settled or gained else None
            point, loss = tries[below[0]], float(losses[below[0]])
            if settled:
                return Minimum(point, loss, _alike(flat, curvature))
            gradient, curvature = surface.derivatives(point)
        return None

    def _zoom(self, point: Array, reach: Array) -> Generator[None, None, Minimum | None]:
        """Lay grids around the lowest point, finer each time that it does not move."""
        surface, size = self._surface, reach
        offsets = np.stack(np.meshgrid(*[np.linspace(-1, 1, 9)] * len(point)), axis=-1)
        offsets = offsets.reshape(-1, len(point))
        loss = surface.loss(point)
        for _ in range(4 * MOST):
            yield
            losses = surface.losses(point + size * offsets)
            losses[~np.isfinite(losses)] = np.inf
            best = int(np.argmin(losses))
            if losses[best] < loss:
                point, loss = point + size * offsets[best], float(losses[best])
            else:
                size = size / 3
            if np.all(size < 1e-8 * reach):
                return Minimum(point, loss, exact=False)
        return None


def _point(survey: Survey, index: int) -> Array:
    """Return the point of a grid with a number."""
    ticks = survey.box.ticks(survey.resolution)
    places = np.unravel_index(index, survey.losses.shape)[::-1]
    return np.array([tick[place] for tick, place in zip(ticks, places, strict=True)])


def _scales(curvature: Array) -> Array:
    """Return 1/√|curvature| along each parameter; 1 where that says nothing."""
    with silent():
        scales = 1.0 / np.sqrt(np.abs(np.diag(curvature)))
    usable = np.isfinite(scales) & (scales > 0)
    usual = float(np.median(scales[usable])) if usable.any() else 1.0
    result: Array = np.where(usable, scales, usual)
    return result


def _newton_step(gradient: Array, curvature: Array) -> tuple[Array, bool]:
    """Return the step to where a quadratic has its minimum, and whether it may be trusted.

    Parameters are measured in their own scales first: that of a line's slope may be a
    million times smaller than its intercept's. Along a direction that curves downwards the
    step leads down all the same; along one without curvature there is none, and if the loss
    falls there, no trust.
    """
    if not (np.isfinite(gradient).all() and np.isfinite(curvature).all()):
        return np.zeros_like(gradient), False
    scales = _scales(curvature)
    values, vectors = np.linalg.eigh(curvature * scales * scales[:, None])
    slopes = vectors.T @ (gradient * scales)
    curved = np.abs(values) > 1e-13 * np.abs(values).max(initial=1e-300)
    lengths = np.zeros_like(slopes)
    lengths[curved] = -slopes[curved] / np.abs(values[curved])
    level = np.abs(slopes[~curved]) <= 1e-9 * (np.abs(slopes).max() + 1e-300)
    return scales * (vectors @ lengths), bool(level.all() and (curved.any() or not slopes.any()))


def _alike(one: Array, other: Array) -> bool:
    """Return whether the curvature is the same at two places, as it is on a quadratic."""
    return np.allclose(one, other, rtol=1e-9, atol=1e-12 * float(np.abs(one).max(initial=0.0)))


# -- which range -----------------------------------------------------------------------------


def follow(points: Array, scales: Array, shown: Box | None = None) -> Box:
    """Return the box to show: all points are in it, and it rarely changes.

    Args:
        points: the path, the minimum, of shape (points, chosen).
        scales: see :class:`Search`; no side is much shorter than they say.
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
