"""Where a loss is lowest: the closed form of a quadratic, or a search."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from app.training.landscape import Array, Box, Slice, Survey
from autograd.arithmetic import silent

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
        self._derivatives = surface.derivatives(start)
        self.scales = _scales(self._derivatives[1])
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
        found = yield from self._descend(self._start, self._derivatives)
        if found is not None and found.exact:
            self.minimum = found
            return
        yield
        reach, surface = self._reach(), self._surface
        survey = Survey(surface, Box(self._start - reach, self._start + reach), 32)
        while not survey.advance(0.004):
            yield
        with silent():
            losses = np.where(np.isfinite(survey.losses), survey.losses, np.inf).ravel()
        lowest = _point(survey, int(np.argmin(losses)))
        candidates = [found, (yield from self._descend(lowest, surface.derivatives(lowest)))]
        if not any(candidates):
            candidates.append((yield from self._zoom(lowest, reach / 8)))
        known = [each for each in candidates if each is not None]
        self.minimum = min(known, key=lambda each: each.loss, default=None)

    def _reach(self) -> Array:
        """Return how far around the start the grid reaches."""
        loss = self._surface.loss(self._start)
        height = np.sqrt(2 * abs(loss)) if np.isfinite(loss) and loss else 1.0
        return np.maximum(np.minimum(4 * height * self.scales, 1e6), np.abs(self._start) + 1.0)

    def _descend(
        self, start: Array, derivatives: tuple[Array, Array]
    ) -> Generator[None, None, Minimum | None]:
        """Take Newton steps; each is halved until it leads down."""
        surface = self._surface
        point, loss = start, surface.loss(start)
        first = loss
        gradient, curvature = derivatives
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
        if not np.isfinite(loss):
            return None
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
