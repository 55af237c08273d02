"""Gradients as colours: sign and size on a logarithmic scale of six decades."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtGui import QColor

from app.theme import Theme

DECADES = 6
STEPS = 24
"""Shades of each sign."""

NONE = 2 * STEPS + 1
"""The bin of nodes that have no gradient."""

NON_FINITE = 2 * STEPS + 2
"""The bin of nodes whose value or gradient is inf or nan."""


class GradientScale:
    """Maps gradients to one of a few colours.

    Gradients differ by orders of magnitude, so sizes are compared by their logarithm: the
    full colour stands for ``limit`` or more, none for a millionth of it or less. The
    limit stays the same for a run, so that a colour keeps its meaning while gradients shrink.
    """

    def __init__(self, largest: float = 1.0) -> None:
        """Choose the power of ten at or above ``largest`` as the limit."""
        usable = math.isfinite(largest) and largest > 0
        self.exponent = math.ceil(math.log10(largest)) if usable else 0

    @property
    def limit(self) -> float:
        """The size of gradient that has the full colour."""
        return 10.0**self.exponent

    def bins(self, gradients: np.ndarray) -> np.ndarray:
        """Return each gradient's bin: 0 … 2·STEPS, with STEPS for nearly 0."""
        with np.errstate(all="ignore"):
            decades = np.log10(np.abs(gradients)) - (self.exponent - DECADES)
            size = np.clip(np.nan_to_num(decades / DECADES, nan=0.0), 0.0, 1.0)
        bins = STEPS + np.rint(np.sign(np.nan_to_num(gradients)) * size * STEPS).astype(np.intp)
        return np.where(np.isfinite(gradients), bins, NON_FINITE)


def bin_colours(theme: Theme) -> list[QColor]:
    """Return the colour of every bin."""
    shades = [mix(theme.zero, theme.negative, step / STEPS) for step in range(STEPS, 0, -1)]
    shades.append(theme.zero)
    shades += [mix(theme.zero, theme.positive, step / STEPS) for step in range(1, STEPS + 1)]
    return [*shades, theme.none, theme.non_finite]


def text_colour(background: QColor) -> QColor:
    """Return black or white, whichever stands out more (WCAG 2.1, relative luminance)."""

    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(c) for c in background.getRgbF()[:3])
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return QColor("black") if luminance > 0.179 else QColor("white")


def mix(one: QColor, other: QColor, share: float) -> QColor:
    """Return a colour between two, with that share of the other."""
    first, second = one.getRgbF()[:3], other.getRgbF()[:3]
    return QColor.fromRgbF(*(a + share * (b - a) for a, b in zip(first, second, strict=True)))
