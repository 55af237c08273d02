"""Gradients and values as colours: sign and size on a logarithmic scale of six decades."""

from __future__ import annotations

import math
from enum import Enum

import numpy as np
from PySide6.QtGui import QColor

from app.theme import Theme
from app.views.graph.scene import Numbers

DECADES = 6
STEPS = 24
"""Shades of each sign."""

NONE = 2 * STEPS + 1
"""The bin of nodes that have no such number, or none yet."""

NON_FINITE = 2 * STEPS + 2
"""The bin of nodes whose value or gradient is inf or nan."""


class ColourMode(Enum):
    """What a node's colour stands for."""

    GRADIENT = "gradient"
    VALUE = "value"
    MAGNITUDE = "|gradient|"

    def numbers(self, numbers: Numbers) -> tuple[np.ndarray, np.ndarray]:
        """Return the numbers that are shown as colours, and which of them are known."""
        if self is ColourMode.VALUE:
            return numbers.values, numbers.valued
        return numbers.gradients, numbers.graded


class ColourScale:
    """Maps numbers to one of a few colours.

    They differ by orders of magnitude, so sizes are compared by their logarithm: the full
    colour stands for ``limit`` or more, none for a millionth of it or less. The limit
    stays the same for a run, so that a colour keeps its meaning while gradients shrink.
    """

    def __init__(self, mode: ColourMode = ColourMode.GRADIENT, largest: float = 1.0) -> None:
        """Choose the power of ten at or above ``largest`` as the limit."""
        self.mode = mode
        usable = math.isfinite(largest) and largest > 0
        self.exponent = math.ceil(math.log10(largest)) if usable else 0

    @classmethod
    def for_numbers(cls, mode: ColourMode, numbers: Numbers) -> ColourScale:
        """Return the scale on which the largest of the numbers that are known are in range."""
        shown, known = mode.numbers(numbers)
        sizes = np.abs(shown[known])
        return cls(mode, float(np.max(sizes[np.isfinite(sizes)], initial=0.0)))

    @property
    def limit(self) -> float:
        """The size that has the full colour."""
        return 10.0**self.exponent

    def bins(self, numbers: Numbers) -> np.ndarray:
        """Return every node's bin: 0 … 2·STEPS with STEPS for nearly 0, NONE or NON_FINITE."""
        shown, known = self.mode.numbers(numbers)
        with np.errstate(all="ignore"):
            size = np.log10(np.abs(shown))
            size -= self.exponent - DECADES
            size *= STEPS / DECADES
            size = np.fmax(np.fmin(size, STEPS), 0.0)  # a nan is 0, for the moment
            signed = size if self.mode is ColourMode.MAGNITUDE else np.copysign(size, shown)
        bins = STEPS + np.rint(signed).astype(np.intp)
        bins[~known] = NONE
        bins[~_all_finite(numbers)] = NON_FINITE
        return bins


def _all_finite(numbers: Numbers) -> np.ndarray:
    """Return for every node whether what is known of it is finite, of shape (nodes,)."""
    value = np.isfinite(numbers.values) | ~numbers.valued
    return value & (np.isfinite(numbers.gradients) | ~numbers.graded)


def bin_colours(theme: Theme) -> list[QColor]:
    """Return the colour of every bin."""
    shades = [mix(theme.zero, theme.negative, step / STEPS) for step in range(STEPS, 0, -1)]
    shades.append(theme.zero)
    shades += [mix(theme.zero, theme.positive, step / STEPS) for step in range(1, STEPS + 1)]
    return [*shades, theme.none, theme.non_finite]


def luminance(colour: QColor) -> float:
    """Return how bright a colour is seen, from 0 to 1 (WCAG 2.1, relative luminance)."""

    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(c) for c in colour.getRgbF()[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: QColor, other: QColor) -> float:
    """Return how well two colours can be told apart, from 1 to 21 (WCAG 2.1, contrast ratio)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def text_colour(background: QColor) -> QColor:
    """Return black or white, whichever stands out more."""
    return QColor("black") if luminance(background) > 0.179 else QColor("white")


def muted_text_colour(background: QColor) -> QColor:
    """Return a weaker text colour, where that can still be read."""
    weak = mix(text_colour(background), background, 0.3)
    return weak if contrast(weak, background) >= 4.5 else text_colour(background)


def mix(one: QColor, other: QColor, share: float) -> QColor:
    """Return a colour between two, with that share of the other."""
    first, second = one.getRgbF()[:3], other.getRgbF()[:3]
    return QColor.fromRgbF(*(a + share * (b - a) for a, b in zip(first, second, strict=True)))
