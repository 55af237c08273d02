"""How high a diagram's nodes, lanes and plates stand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from app.views.graph.columns import Columns
from autograd.plates import Diagram

SWEEPS = 6
"""How often nodes are sorted anew by the heights of what they are linked to."""

RELAXATIONS = 12
"""How often nodes are moved towards what they are linked to."""

WORK = 300_000
"""Steps after which no more links are made straight; a thousand nodes have more."""

SMALL = 150
"""Up to so many nodes several orders are tried."""


@dataclass(frozen=True, slots=True)
class Spacing:
    """Distances.

    Attributes:
        node: a node's height.
        gap: between nodes.
        lane: between a lane and what is above or below it.
        padding: between a plate's frame and what is in it.
        header: at the top of a plate, above the padding.
    """

    node: float
    gap: float
    lane: float
    padding: float
    header: float


@dataclass(frozen=True, slots=True)
class Rows:
    """Heights, growing downward.

    Attributes:
        nodes: the centres.
        lanes: where the lanes are.
        plates: top and bottom.
    """

    nodes: np.ndarray
    lanes: np.ndarray
    plates: np.ndarray


def assign_rows(diagram: Diagram, columns: Columns, spacing: Spacing) -> Rows:
    """Return the heights: nothing overlaps, the main path is straight, few edges cross."""
    stack = _Stack(diagram, columns, spacing)
    rank = stack.reading_rank()
    tried: list[np.ndarray] = []
    for sweep in range(SWEEPS if len(diagram.nodes) <= SMALL else 1):
        tried.append(stack.heights(rank))
        rank = stack.rank_by_neighbours(tried[-1], sweep)
    return stack.rows(min(tried, key=stack.cost))


class _Stack:
    """The nodes and lanes of a diagram, in columns, from top to bottom.

    Things have numbers: the nodes', then the lanes', then the plates' tops and bottoms.
    """

    def __init__(self, diagram: Diagram, columns: Columns, spacing: Spacing) -> None:
        self._diagram, self._columns, self._spacing = diagram, columns, spacing
        self._nodes = len(diagram.nodes)
        self._tops = self._nodes + len(columns.lanes)
        self._bottoms = self._tops + len(diagram.plates)
        self._size = self._bottoms + len(diagram.plates)
        half = spacing.node / 2
        self._above = [half] * self._nodes + [0.0] * len(columns.lanes)
        self._below = list(self._above)
        self._shift: dict[int, float] = {}  # of leaves stacked on others
        self._beside: dict[int, tuple[int, int]] = {}  # of other leaves: the plate, and the side
        self._end: dict[int, int] = {}  # what is at the top or the bottom of its plate
        for leaf, user in columns.stacked.items():
            self._stack(leaf, user)
        self._children: dict[int | None, list[int]] = {}
        self._plate_of: list[int | None] = []
        for number in range(self._tops):
            plate = self._innermost(number)
            self._plate_of.append(plate)
            if number not in self._shift:
                self._children.setdefault(plate, []).append(number)
        for number, each in enumerate(diagram.plates):
            self._children.setdefault(each.parent, []).append(self._tops + number)
        self._segments = self._find_segments()
        self._main = self._main_path()

    def _stack(self, leaf: int, user: int) -> None:
        """Put a leaf above its user, or below, if that is taken; of a plate first below."""
        nodes, spacing = self._diagram.nodes, self._spacing
        deeper = nodes[user].plates[len(nodes[leaf].plates) :]
        if not deeper:
            step = spacing.node + spacing.gap
            over = self._above[user] == spacing.node / 2
            self._shift[leaf] = -step if over else step
            (self._above if over else self._below)[user] += step
            return
        box = self._tops + deeper[0]
        side = -1 if (box, 1) in self._beside.values() else 1
        self._beside[leaf] = box, side
        for each in (user, *(self._tops + plate for plate in deeper[1:])):
            self._end[each] = side

    def _innermost(self, number: int) -> int | None:
        if number >= self._nodes:
            return self._columns.lanes[number - self._nodes].plate
        plates = self._diagram.nodes[number].plates
        return plates[-1] if plates else None

    def _span(self, number: int) -> tuple[int, int]:
        """Return a thing's first and last column."""
        if number < self._nodes:
            return (self._columns.of_nodes[number],) * 2
        if number < self._tops:
            lane = self._columns.lanes[number - self._nodes]
            return lane.first, lane.last
        return self._columns.of_plates[number - self._tops]

    def _find_segments(self) -> list[tuple[int, int, int]]:
        """Return what is linked across a gap between columns: left, right, and the left column."""
        found: dict[tuple[int, int, int], None] = {}
        for edge, hops in zip(self._diagram.edges, self._columns.hops, strict=True):
            if self._columns.stacked.get(edge.source) == edge.target:
                continue
            at, column = edge.source, self._columns.of_nodes[edge.source]
            for hop in hops:
                found[at, self._nodes + hop.lane, column] = None
                at, column = self._nodes + hop.lane, hop.last
            found[at, edge.target, column] = None
        return list(found)

    def _main_path(self) -> list[tuple[int, int]]:
        """Return the links of the longest way from a parameter to the loss."""
        ways: dict[int, list[tuple[int, int]]] = {}
        for edge, hops in zip(self._diagram.edges, self._columns.hops, strict=True):
            stops = [edge.source, *(self._nodes + hop.lane for hop in hops), edge.target]
            ways[edge.source, edge.target] = list(pairwise(stops))
        length = [0 if node.leaf == "parameter" else -math.inf for node in self._diagram.nodes]
        before: dict[int, int] = {}
        for edge in self._diagram.edges:  # by target, and so operands first
            if length[edge.source] + 1 > length[edge.target]:
                length[edge.target] = length[edge.source] + 1
                before[edge.target] = edge.source
        at = self._nodes - 1
        path: list[tuple[int, int]] = []
        while at in before:
            path += reversed(ways[before[at], at])
            at = before[at]
        return path[::-1]

    # -- the order ------------------------------------------------------------------------------

    def reading_rank(self) -> np.ndarray:
        """Return a rank by which a tree of operations has no crossings, of shape (things,).

        Leaves are in reading order, an operation beside its operand on the longest way.
        """
        operands: list[list[int]] = [[] for _ in range(self._nodes)]
        for edge in self._diagram.edges:
            operands[edge.target].append(edge.source)
        depth = [0 if node.leaf == "parameter" else -1 for node in self._diagram.nodes]
        for node, each in enumerate(operands):
            depth[node] = max([depth[operand] + 1 for operand in each], default=depth[node])
        rank = np.zeros(self._size)
        met: set[int] = set()
        waiting = [self._nodes - 1]
        while waiting:
            node = waiting.pop()
            if node not in met:
                met.add(node)
                rank[node] = len(met)
                waiting += reversed(operands[node])
        for node, each in enumerate(operands):
            if each:
                rank[node] = rank[max(each, key=lambda operand: (depth[operand], -rank[operand]))]
        for number, lane in enumerate(self._columns.lanes):
            rank[self._nodes + number] = rank[lane.source]
        return self._rank_plates(rank)

    def rank_by_neighbours(self, heights: np.ndarray, sweep: int) -> np.ndarray:
        """Return ranks by the mean height of what is linked at the left, the right, or both."""
        total, count = np.zeros(self._size), np.zeros(self._size)
        left, right, _ = np.array(self._segments or [(0, 0, 0)]).T
        if sweep % 3 != 1:
            np.add.at(total, right, heights[left])
            np.add.at(count, right, 1)
        if sweep % 3 != 0:
            np.add.at(total, left, heights[right])
            np.add.at(count, left, 1)
        rank = np.where(count > 0, total / np.maximum(count, 1), heights)
        return self._rank_plates(rank + 1e-3 * heights)

    def _rank_plates(self, rank: np.ndarray) -> np.ndarray:
        """Give each plate the mean rank of the nodes in it, and the main path one rank.

        Then everything is above or below the main path as a whole, which can be straight.
        """
        main = {number for link in self._main for number in link}
        if main:
            rank[list(main)] = np.mean(rank[sorted(main)])
        for plate in range(len(self._diagram.plates)):
            within = [i for i, node in enumerate(self._diagram.nodes) if plate in node.plates]
            on_main = [number for number in within if number in main]
            rank[self._tops + plate] = np.mean(rank[on_main or within])
        return rank

    # -- heights --------------------------------------------------------------------------------

    def heights(self, rank: np.ndarray) -> np.ndarray:
        """Return every thing's height, when things in a column and plate are sorted by rank."""
        below = self._distances(rank)
        block = self._straighten(below)
        distances: dict[tuple[int, int], float] = {}
        for upper, each in enumerate(below):
            for lower, distance in each.items():
                key = block[upper], block[lower]
                distances[key] = max(distance, distances.get(key, 0.0))
        heights = self._relax(block, distances)
        for leaf, shift in self._shift.items():
            heights[leaf] = heights[self._columns.stacked[leaf]] + shift
        return heights

    def _distances(self, rank: np.ndarray) -> list[dict[int, float]]:
        """Return for every thing what must stand below it, and how far at least."""
        below: list[dict[int, float]] = [{} for _ in range(self._size)]
        spacing = self._spacing
        for plate, children in self._children.items():
            lowest: dict[int, int] = {}
            for number in sorted(children, key=lambda number: self._key(number, rank, children)):
                first, last = self._span(number)
                for other in dict.fromkeys(
                    lowest[at] for at in range(first, last + 1) if at in lowest
                ):
                    upper, down = self._bottom(other)
                    lower, up = self._top(number)
                    lanes = sum(self._nodes <= each < self._tops for each in (other, number))
                    gap = (spacing.gap, spacing.lane, spacing.lane)[lanes]
                    below[upper][lower] = down + gap + up
                lowest |= dict.fromkeys(range(first, last + 1), number)
                if plate is not None:
                    lower, up = self._top(number)
                    below[self._tops + plate][lower] = spacing.header + spacing.padding + up
                    upper, down = self._bottom(number)
                    below[upper][self._bottoms + plate] = down + spacing.padding
        return below

    def _key(
        self, number: int, rank: np.ndarray, siblings: list[int]
    ) -> tuple[float, int, int, int]:
        """Return by what the things in a plate are sorted."""
        beside, side = self._beside.get(number, (number, 0))
        height, end = rank[beside], self._end.get(beside, 0)
        if end:  # beyond the other nodes in the column: only lanes may lie between it and the leaf
            column = self._columns.of_nodes[beside] if beside < self._nodes else None
            for other in siblings:
                first, last = self._span(other)
                is_lane = self._nodes <= other < self._tops
                if not is_lane and (column is None or first <= column <= last):
                    height = end * max(end * height, end * rank[other])
        return height, end, beside, side

    def _top(self, number: int) -> tuple[int, float]:
        """Return which height a thing's upper end depends on, and how far above it is."""
        return (number, self._above[number]) if number < self._tops else (number, 0.0)

    def _bottom(self, number: int) -> tuple[int, float]:
        if number < self._tops:
            return number, self._below[number]
        return number - self._tops + self._bottoms, 0.0

    def _straighten(self, below: list[dict[int, float]]) -> list[int]:
        """Return which things are at the same height, by a number: first the main path."""
        block = list(range(self._size))
        members = [[number] for number in range(self._size)]
        work = 0

        def reaches(start: int, goal: int) -> bool:
            nonlocal work
            met, waiting = {start}, [start]
            while waiting:
                for number in members[waiting.pop()]:
                    for lower in below[number]:
                        work += 1
                        other = block[lower]
                        if other == goal:
                            return True
                        if other not in met:
                            met.add(other)
                            waiting.append(other)
            return False

        links = [(left, right) for left, right, _ in self._segments]
        links.sort(key=lambda link: -sum(self._nodes <= each for each in link))
        for left, right in self._main + links:
            one, other = block[left], block[right]
            free = one != other and not self._shift.keys() & {left, right}
            if work > WORK:
                break
            if free and not (self._enters(right) or reaches(one, other) or reaches(other, one)):
                for number in members[other]:
                    block[number] = one
                members[one] += members[other]
        return block

    def _enters(self, number: int) -> bool:
        """Whether a thing is a lane into a plate of units, which keeps near to what is there."""
        if not self._nodes <= number < self._tops:
            return False
        plate = self._plate_of[number]
        source = self._columns.lanes[number - self._nodes].source
        return (
            plate is not None
            and self._diagram.plates[plate].kind == "units"
            and plate not in self._diagram.nodes[source].plates
        )

    def _relax(self, block: list[int], distances: dict[tuple[int, int], float]) -> np.ndarray:
        """Return heights as near as may be to those of what is linked; plates are tight."""
        blocks = sorted(set(block))
        up: dict[int, list[tuple[int, float]]] = {each: [] for each in blocks}
        down: dict[int, list[tuple[int, float]]] = {each: [] for each in blocks}
        for (upper, lower), distance in distances.items():
            down[upper].append((lower, distance))
            up[lower].append((upper, distance))
        near: dict[int, list[int]] = {each: [] for each in blocks}
        for left, right, _ in self._segments:
            if block[left] != block[right]:
                near[block[left]].append(block[right])
                if not self._enters(right):
                    near[block[right]].append(block[left])
        for leaf in self._beside:
            near[block[leaf]].append(block[self._columns.stacked[leaf]])
        order = _from_top(blocks, down, {each: len(up[each]) for each in blocks})
        height: dict[int, float] = {}
        for each in order:
            height[each] = max((height[o] + d for o, d in up[each]), default=0.0)
        rounds = RELAXATIONS if len(blocks) <= 4 * SMALL else 2
        for step in range(2 * rounds):
            for each in order if step % 2 else reversed(order):
                low = max((height[o] + d for o, d in up[each]), default=-math.inf)
                high = min((height[o] - d for o, d in down[each]), default=math.inf)
                if self._tops <= each < self._bottoms:
                    wanted = high
                elif each >= self._bottoms:
                    wanted = low
                else:
                    others = [height[o] for o in near[each] if o < self._tops]
                    wanted = sum(others) / len(others) if others else height[each]
                height[each] = max(low, min(wanted, high))
        return np.array([height[each] for each in block])

    # -- the result -----------------------------------------------------------------------------

    def cost(self, heights: np.ndarray) -> float:
        """Return how bad a picture is: crossings, steep links, and its height."""
        crossings = 0
        by_column: dict[int, list[tuple[float, float]]] = {}
        for left, right, column in self._segments:
            by_column.setdefault(column, []).append((heights[left], heights[right]))
        for links in by_column.values():
            left, right = np.array(links).T
            signs = np.subtract.outer(left, left) * np.subtract.outer(right, right)
            crossings += int((signs < -1e-6).sum()) // 2
        steep = sum(abs(heights[left] - heights[right]) for left, right, _ in self._segments)
        tall = float(np.ptp(heights))
        return crossings * self._spacing.node + steep / 2 + tall

    def rows(self, heights: np.ndarray) -> Rows:
        """Return the heights of nodes, lanes and plates."""
        plates = np.column_stack([heights[self._tops : self._bottoms], heights[self._bottoms :]])
        return Rows(heights[: self._nodes], heights[self._nodes : self._tops], plates)


def _from_top(
    blocks: list[int], down: dict[int, list[tuple[int, float]]], waiting: dict[int, int]
) -> list[int]:
    """Return the blocks, each after all that must be above it."""
    order = [each for each in blocks if not waiting[each]]
    for each in order:
        for other, _ in down[each]:
            waiting[other] -= 1
            if not waiting[other]:
                order.append(other)
    return order
