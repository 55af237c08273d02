"""Handles on the fitted curve: two parameters from two points that the curve goes through."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from app.study.model import Curve
from autograd.arithmetic import silent
from autograd.tape import Column

SHARES = (0.15, 0.85)
"""Where the handles are, as shares of the part of the curve that is in view."""

STEPS = 30
"""Newton steps at most."""

CLOSE = 1e-9
"""How close to its points, as a share of their heights, a curve need not come closer."""


def handle_places(x: Column, y: Column, low: float, high: float) -> Column | None:
    """Return where on a curve the handles are, as x of shape (2,), if the curve is in view.

    ``x`` and ``y`` are the curve from left to right, of shape (points,); it is in view between
    the heights ``low`` and ``high``.
    """
    seen = x[(y >= low) & (y <= high)]
    if len(seen) < 2 or seen[0] == seen[-1]:
        return None
    places: Column = seen[0] + np.array(SHARES) * (seen[-1] - seen[0])
    return places


class Handles:
    """Solves for two parameters with which the model's curve goes through two points.

    Attributes:
        x: where the points are, of shape (2,).
        parameters: with which the curve goes through them, of shape (2,).
        y: how high they are, of shape (2,).
    """

    def __init__(self, curve: Callable[[Column], Curve], x: Column, parameters: Column) -> None:
        """Begin with the points on the curve that has these parameters."""
        self.x, self.parameters = x, np.array(parameters, dtype=float)
        self._curve = curve(x)
        self.y: Column = self._at(self.parameters)

    def move(self, handle: int, y: float) -> bool:
        """Move one of the points to another height; return whether there is such a curve.

        The other point stays, and so do all if there is none: Newton's method, each step
        shortened until it leads closer, comes no nearer.
        """
        wanted = self.y.copy()
        wanted[handle] = y
        found = self._solve(wanted)
        if found is None:
            return False
        self.parameters, self.y = found, wanted
        return True

    def _at(self, parameters: Column) -> Column:
        with silent():
            return np.array(np.broadcast_to(self._curve.at(parameters), 2), dtype=float)

    def _solve(self, wanted: Column) -> Column | None:
        enough = CLOSE * (1.0 + np.abs(wanted).max())
        at = self.parameters
        missing = wanted - self._at(at)
        for _ in range(STEPS):
            if np.abs(missing).max() <= enough:
                return at
            step = self._newton_step(at, missing)
            if step is None:
                return None
            closer = self._closer(at, step, wanted, float(np.hypot(*missing)))
            if closer is None:
                return None
            at = closer
            missing = wanted - self._at(at)
        return None

    def _newton_step(self, at: Column, missing: Column) -> Column | None:
        """Return the step that would be right if the curve were linear in its parameters."""
        widths = 1e-6 * (1.0 + np.abs(at))
        steps = np.diag(widths)
        columns = [self._at(at + step) - self._at(at - step) for step in steps]
        jacobian = np.stack(columns, axis=1) / (2 * widths)
        if not np.isfinite(jacobian).all() or np.linalg.cond(jacobian) > 1e12:
            return None
        return np.linalg.solve(jacobian, missing)

    def _closer(self, at: Column, step: Column, wanted: Column, distance: float) -> Column | None:
        """Return where a step leads, shortened until that is closer to the points."""
        for power in range(20):
            there = at + 0.5**power * step
            if float(np.hypot(*(wanted - self._at(there)))) < distance:
                return there
        return None
