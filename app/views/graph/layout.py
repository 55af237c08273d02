"""Where the nodes are: one sample's expression is laid out once and repeated."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from app.views.graph.structure import GraphStructure

NODE_WIDTH, NODE_HEIGHT = 106.0, 46.0
"""A node's size, in the units of the layout: pixels at scale 1."""

PITCH_X, PITCH_Y = 132.0, 56.0
"""From one node's centre to the next."""

BLOCK_GAP = 18.0


@dataclass(frozen=True, slots=True)
class Layout:
    """The centres of all nodes.

    Attributes:
        x, y: of shape (nodes,).
        start: the rectangle (left, top, width, height) in which reading begins.
    """

    x: np.ndarray
    y: np.ndarray
    start: tuple[float, float, float, float]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The rectangle (left, top, width, height) that holds all nodes."""
        left, top = self.x.min() - NODE_WIDTH / 2, self.y.min() - NODE_HEIGHT / 2
        right, bottom = self.x.max() + NODE_WIDTH / 2, self.y.max() + NODE_HEIGHT / 2
        return float(left), float(top), float(right - left), float(bottom - top)


def lay_out(structure: GraphStructure) -> Layout:
    """Return the layout of a graph.

    The parameters are at the left. Each sample's expression is a block that reads from left to
    right, and the chain of additions runs down at the right of the blocks; the blocks are
    broken into columns like text. The loss is right of the first sample, where reading begins.
    """
    level, lane = _block_levels(structure)
    block_x = PITCH_X * (level + 1)
    block_y = PITCH_Y * lane
    height = PITCH_Y * (lane.max() + 1) + BLOCK_GAP
    width = PITCH_X * (level.max() + 3)
    columns = _columns(structure.samples, width, height)
    rows = math.ceil(structure.samples / columns)
    sample = np.arange(structure.samples)
    offset_x = (sample // rows) * width
    offset_y = (sample % rows) * height

    x, y = np.empty(len(structure)), np.empty(len(structure))
    x[structure.shared :] = (block_x + offset_x[:, None]).ravel()
    y[structure.shared :] = (block_y + offset_y[:, None]).ravel()
    # Between the rows, so that a parameter's edges do not run through a sample's own nodes.
    x[: structure.parameters] = 0.0
    y[: structure.parameters] = PITCH_Y + height * np.arange(structure.parameters)
    zero, count, loss = range(structure.parameters, structure.shared)
    sum_x = block_x[-1]
    x[zero], y[zero] = sum_x, -PITCH_Y - BLOCK_GAP
    end_x = sum_x + PITCH_X
    x[loss], y[loss] = end_x, 0.0
    x[count], y[count] = end_x, -PITCH_Y - BLOCK_GAP
    top = float(y[zero]) - NODE_HEIGHT
    start_width = float(end_x) + NODE_WIDTH
    return Layout(x, y, (-NODE_WIDTH / 2 - 10, top, start_width + 20, float(4 * height) - top))


def _block_levels(structure: GraphStructure) -> tuple[np.ndarray, np.ndarray]:
    """Return for each node of a block how far right and how far down it stands.

    An operation stands right of its operands; a leaf just left of its only user. Where two
    nodes share a level, the operation comes first and the leaf below.
    """
    sources, targets = structure.block_edges
    count, shared = structure.block, structure.shared
    inner = sources >= shared
    sources, targets = sources - shared, targets - shared
    level = np.zeros(count, dtype=int)
    is_leaf = ~np.isin(np.arange(count), targets)
    for source, target, within in zip(sources, targets, inner, strict=True):
        level[target] = max(level[target], level[source] + 1 if within else 1)
    for source, target, within in zip(sources, targets, inner, strict=True):
        if within and is_leaf[source]:
            level[source] = level[target] - 1
    lane = np.zeros(count, dtype=int)
    taken: dict[int, int] = {}
    for node in sorted(range(count), key=lambda node: bool(is_leaf[node])):
        lane[node] = taken.get(int(level[node]), 0)
        taken[int(level[node])] = int(lane[node]) + 1
    return level, lane


def _columns(samples: int, width: float, height: float) -> int:
    """Return into how many columns to break the samples, for a picture about 8 by 5."""
    return max(1, round(math.sqrt(1.6 * samples * height / width)))
