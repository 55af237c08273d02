"""Contour lines: marching squares over a whole grid at once."""

from __future__ import annotations

import numpy as np

_SIDES = ((0, 1), (1, 2), (2, 3), (3, 0))
"""The sides of a cell, between its corners: bottom, right, top, left."""


def contours(
    heights: np.ndarray, columns: np.ndarray, rows: np.ndarray, levels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the lines on which a grid has some heights, as x and y of pairs of points.

    Args:
        heights: of shape (rows, columns); around a nan there are no lines.
        columns: where its columns are, of shape (columns,).
        rows: where its rows are, of shape (rows,).
        levels: the heights.
    """
    corner_heights = _corners(heights)
    x, y = np.meshgrid(columns, rows)
    corner_x, corner_y = _corners(x), _corners(y)
    low, high = corner_heights.min(axis=0), corner_heights.max(axis=0)  # nan where one is
    parts = [np.empty((0, 2, 2))]
    for level in levels:
        crossed = (low < level) & (high >= level)
        corners = (each[:, crossed] for each in (corner_heights, corner_x, corner_y))
        parts.append(_lines(level, *corners))
    segments = np.concatenate(parts)
    return segments[..., 0].ravel(), segments[..., 1].ravel()


def _corners(grid: np.ndarray) -> np.ndarray:
    """Return the four corners of every cell, of shape (4, cells), against the clock."""
    corners = (grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1])
    return np.stack([corner.ravel() for corner in corners])


def _lines(level: float, heights: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the lines through cells that a level crosses, of shape (lines, 2, 2)."""
    above = heights >= level
    points = np.full((heights.shape[1], 4, 2), np.nan)
    for side, (one, other) in enumerate(_SIDES):
        cut = above[one] != above[other]
        share = (level - heights[one, cut]) / (heights[other, cut] - heights[one, cut])
        for axis, place in enumerate((x, y)):
            points[cut, side, axis] = place[one, cut] + share * (
                place[other, cut] - place[one, cut]
            )
    cuts = np.isfinite(points[..., 0])
    two = cuts.sum(axis=1) == 2
    simple = points[two][cuts[two]].reshape(-1, 2, 2)
    saddles = points[cuts.all(axis=1)]  # two lines; which sides they join is not known
    return np.concatenate([simple, saddles[:, :2], saddles[:, 2:]])
