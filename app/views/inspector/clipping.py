"""How a gradient was clipped, and at which lengths it is drawn before and after."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from autograd.optimizers import Change, Clipping, Vector, norm

LARGEST_RATIO = 4.0
"""Up to here both vectors can be seen at one linear scale."""

SHORT = 0.4
"""How long the clipped gradient is drawn on a logarithmic scale, relative to the other."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A gradient before and after clipping.

    Attributes:
        raw, clipped: of shape (parameters,).
        kind: whether each gradient was limited or the norm of all.
        bound: the limit.
    """

    raw: Vector
    clipped: Vector
    kind: Clipping
    bound: float

    @classmethod
    def of(cls, change: Change | None) -> Clip | None:
        """Return how an update's gradient was clipped; None if it was not."""
        if change is None or np.array_equal(change.gradient, change.clipped, equal_nan=True):
            return None
        return cls(change.gradient, change.clipped, change.clipping, change.bound)

    @property
    def is_logarithmic(self) -> bool:
        """Whether lengths must be drawn on a logarithmic scale for both to be seen."""
        short, long = self._lengths
        return short > 0 and long > LARGEST_RATIO * short

    @property
    def _lengths(self) -> tuple[float, float]:
        return float(norm(self.clipped)), float(norm(self.raw))

    def radius(self, length: float) -> float:
        """Return how long, in 0…1, a length is drawn; the longer vector's is 1.

        Where linear lengths would not do, the shorter vector has a fixed one, and longer
        ones grow with the logarithm.
        """
        short, long = self._lengths
        if not math.isfinite(length) or not math.isfinite(long) or not long:
            return 1.0 if length else 0.0
        if not self.is_logarithmic:
            return length / long
        if length <= short:
            return SHORT * length / short
        return SHORT + (1 - SHORT) * math.log(length / short) / math.log(long / short)

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return where a gradient is drawn: at its true angle, at the radius of its length."""
        length = math.hypot(x, y)
        if not length or math.isnan(length):
            return 0.0, 0.0
        angle = math.atan2(y, x)
        radius = self.radius(length)
        return radius * math.cos(angle), radius * math.sin(angle)

    def boundary(self, points: int = 240) -> list[tuple[float, float]]:
        """Return where the clip box or circle of two parameters is drawn."""
        drawn = []
        for index in range(points):
            x, y = math.cos(turn := 2 * math.pi * index / points), math.sin(turn)
            reach = 1.0 if self.kind is Clipping.NORM else max(abs(x), abs(y))
            drawn.append(self.point(self.bound * x / reach, self.bound * y / reach))
        return drawn
