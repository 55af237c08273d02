"""Where the nodes of the unfolded graph are: a sample's expression laid out once, and repeated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.views.graph.scene import Box

NODE_WIDTH, NODE_HEIGHT = 92.0, 60.0
"""A node's size, in the units of the layout: pixels at scale 1."""

PITCH_X, PITCH_Y = 118.0, 70.0
"""From one node's centre to the next."""

BLOCK_GAP = 18.0


@dataclass(frozen=True, slots=True)
class BlockEdges:
    """The edges into the first sample's nodes.

    Attributes:
        shared: how many nodes all samples share; they are the first.
        block: how many nodes each sample has.
        sources, targets: of shape (edges,): nodes by number.
    """

    shared: int
    block: int
    sources: np.ndarray
    targets: np.ndarray


@dataclass(frozen=True, slots=True)
class UnfoldedLayout:
    """The centres of all nodes.

    Attributes:
        x, y: of shape (nodes,).
        start: the rectangle in which reading begins.
    """

    x: np.ndarray
    y: np.ndarray
    start: Box


def lay_out_blocks(
    edges: BlockEdges,
    samples: int,
    left: list[int],
    right: list[int],
    below: Mapping[int, int],
    sums: list[int],
) -> UnfoldedLayout:
    """Return the layout of a graph.

    What comes before the samples is at the left. Each sample's expression is a block that
    reads from left to right, and the chain of additions runs down at the right of the blocks;
    the blocks are broken into columns like text. What follows the sums is right of the last
    sample's additions, where the chain ends.

    Args:
        edges: the first sample's edges.
        samples: how many blocks there are.
        left: the shared nodes at the left.
        right: the shared nodes at the right, in order.
        below: constants that these use, and which of them uses it.
        sums: the additions, as numbers within a block.
    """
    level, lane = _block_levels(edges, sums)
    block_x = PITCH_X * (level + 1)
    block_y = PITCH_Y * lane
    height = PITCH_Y * (lane.max(initial=0) + 1) + BLOCK_GAP
    width = PITCH_X * (level.max(initial=0) + 2 + max(1, len(right)))
    columns = _columns(samples, width, height)
    rows = math.ceil(samples / columns)
    sample = np.arange(samples)
    offset_x = (sample // rows) * width
    offset_y = (sample % rows) * height

    count = edges.shared + samples * edges.block
    x, y = np.empty(count), np.empty(count)
    x[edges.shared :] = (block_x + offset_x[:, None]).ravel()
    y[edges.shared :] = (block_y + offset_y[:, None]).ravel()
    # Between the rows, so that their edges do not run through a sample's own nodes.
    x[left] = 0.0
    y[left] = PITCH_Y + height * np.arange(len(left))
    end = PITCH_X * (level.max(initial=0) + 1)
    x[right] = offset_x[-1] + end + PITCH_X * (1 + np.arange(len(right)))
    y[right] = offset_y[-1]
    for leaf, user in below.items():
        x[leaf], y[leaf] = x[user], y[user] + PITCH_Y
    top = -NODE_HEIGHT
    start_width = end + PITCH_X + NODE_WIDTH
    lowest = max(height - BLOCK_GAP, float(y[left[:2]].max(initial=0.0)) + NODE_HEIGHT)
    start = (-NODE_WIDTH / 2 - 10, top, start_width + 20, lowest - top)
    return UnfoldedLayout(x, y, tuple(map(float, start)))


def _block_levels(edges: BlockEdges, sums: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return for each node of a block how far right and how far down it stands.

    An operation stands right of its operands; a leaf just left of its only user; the additions
    of the sums right of everything. Where two nodes share a level, the operation comes first
    and the leaf below.
    """
    count, shared = edges.block, edges.shared
    inner = edges.sources >= shared
    sources, targets = edges.sources - shared, edges.targets - shared
    level = np.zeros(count, dtype=int)
    is_leaf = ~np.isin(np.arange(count), targets)
    for source, target, within in zip(sources, targets, inner, strict=True):
        level[target] = max(level[target], level[source] + 1 if within else 1)
    for source, target, within in zip(sources, targets, inner, strict=True):
        if within and is_leaf[source]:
            level[source] = level[target] - 1
    level[sums] = level.max(initial=0)
    lane = np.zeros(count, dtype=int)
    taken: dict[int, int] = {}
    for node in sorted(range(count), key=lambda node: bool(is_leaf[node])):
        lane[node] = taken.get(int(level[node]), 0)
        taken[int(level[node])] = int(lane[node]) + 1
    return level, lane


def _columns(samples: int, width: float, height: float) -> int:
    """Return into how many columns to break the samples, for a picture about 8 by 5."""
    return max(1, round(math.sqrt(1.6 * samples * height / width)))
