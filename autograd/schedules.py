"""Learning-rate schedules: the factor on the learning rate at each epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from autograd.arithmetic import silent

Vector = npt.NDArray[np.float64]


class Schedule(Protocol):
    """A factor for every update, counted in epochs from 0."""

    def factors(self, first: int, epochs: int) -> Vector:
        """Return the factors for so many epochs from ``first`` on, of shape (epochs,)."""


@dataclass(frozen=True, slots=True)
class Constant:
    """The learning rate as it is."""

    def factors(self, first: int, epochs: int) -> Vector:  # noqa: ARG002
        """Return ones."""
        return np.ones(epochs)


@dataclass(frozen=True, slots=True)
class Step:
    """Multiplied by ``factor`` after every ``every`` epochs."""

    every: int
    factor: float

    def factors(self, first: int, epochs: int) -> Vector:
        """Return factor^⌊epoch / every⌋."""
        with silent():
            return np.float64(self.factor) ** (np.arange(first, first + epochs) // self.every)


@dataclass(frozen=True, slots=True)
class Cosine:
    """From 1 down to 0 along half a cosine over ``length`` epochs (Loshchilov and Hutter, 2017)."""

    length: int

    def factors(self, first: int, epochs: int) -> Vector:
        """Return (1 + cos(π · epoch / length)) / 2, 0 from ``length`` on."""
        progress = np.arange(first, first + epochs) / self.length
        return 0.5 * (1.0 + np.cos(np.pi * np.minimum(progress, 1.0)))
