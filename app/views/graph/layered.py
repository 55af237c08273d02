"""Where the nodes of a folded diagram are, in layers from left to right, and their edges' ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.views.graph.columns import Columns, assign_columns
from app.views.graph.rows import Rows, Spacing, assign_rows
from autograd.plates import Diagram

PADDING = 12.0
"""From a plate's frame to what is in it."""

HEADER = 22.0
"""The height of the strip at the top of a plate, for its label; above the padding."""

LANE = 12.0
"""From an edge that passes to a node, or to another such edge."""

PORT = 14.0
"""From one operand's port to the next, where the node is high enough."""

TURN = 24.0
"""So much of a gap between columns where plates end or begin lies outside these, at least."""


@dataclass(frozen=True, slots=True)
class LayeredLayout:
    """A diagram's layout; y grows downward.

    Attributes:
        x, y: the nodes' centres, of shape (nodes,).
        plates: left, top, width and height of every plate, of shape (plates, 4).
        bounds: the rectangle (left, top, width, height) that holds everything, routes as well.
        routes: for every edge the points of a line from the right side of its source to the
            left side of its target, of shape (points, 2), x ascending. Straight lines between
            the points touch no other node. The line to a node from a leaf that stands right
            above or below it is vertical, between the sides that face each other.
    """

    x: np.ndarray
    y: np.ndarray
    plates: np.ndarray
    bounds: tuple[float, float, float, float]
    routes: list[np.ndarray]


def lay_out_diagram(
    diagram: Diagram,
    node_width: float = 104.0,
    node_height: float = 74.0,
    gap_x: float = 30.0,
    gap_y: float = 16.0,
) -> LayeredLayout:
    """Return the layout of a diagram.

    Parameters are at the left, outside the samples' plate; the samples' expression reads from
    left to right inside it; sums and what follows are right of it. Data columns and constants
    stand just left of what first uses them, or, where the plate begins, right above or below
    it. The same diagram is always laid out the same way.
    """
    columns = assign_columns(diagram)
    rows = assign_rows(diagram, columns, Spacing(node_height, gap_y, LANE, PADDING, HEADER))
    insets = _insets(diagram, columns)
    grid = _Grid(columns, insets, (node_width, node_height), gap_x)
    x = grid.centres[columns.of_nodes]
    plates = np.empty((len(diagram.plates), 4))
    for index, (first, last) in enumerate(columns.of_plates):
        left = grid.left(first) - insets[index, 0]
        right = grid.right(last) + insets[index, 1]
        top, bottom = rows.plates[index]
        plates[index] = left, top, right - left, bottom - top
    routes = _routes(diagram, columns, rows, grid)
    return LayeredLayout(
        x, rows.nodes, plates, _bounds(x, rows.nodes, plates, routes, grid), routes
    )


def _insets(diagram: Diagram, columns: Columns) -> np.ndarray:
    """Return how far each plate goes left and right of its outer nodes, of shape (plates, 2)."""
    insets = np.full((len(diagram.plates), 2), PADDING)
    for index in reversed(range(len(diagram.plates))):  # those inside first
        parent = diagram.plates[index].parent
        if parent is not None:
            same = np.equal(columns.of_plates[index], columns.of_plates[parent])
            insets[parent] = np.maximum(insets[parent], np.where(same, insets[index] + PADDING, 0))
    return insets


class _Grid:
    """Where the columns are: further apart where plates end and begin between them.

    Attributes:
        size: a node's width and height.
        centres: by column.
    """

    def __init__(
        self, columns: Columns, insets: np.ndarray, size: tuple[float, float], gap_x: float
    ) -> None:
        self.size = size
        count = max(columns.of_nodes) + 1
        self._begin, self._end = np.zeros(count + 1), np.zeros(count + 1)
        for (first, last), (left, right) in zip(columns.of_plates, insets, strict=True):
            self._begin[first] = max(self._begin[first], left)
            self._end[last + 1] = max(self._end[last + 1], right)
        plates = self._begin + self._end
        gaps = np.maximum(gap_x, plates + np.where(plates > 0, TURN, 0))[:count]
        self.centres = np.cumsum(gaps + size[0]) - gaps[0] - size[0] / 2

    def left(self, column: int) -> float:
        """Return where a column's nodes begin."""
        return float(self.centres[column]) - self.size[0] / 2

    def right(self, column: int) -> float:
        """Return where a column's nodes end."""
        return float(self.centres[column]) + self.size[0] / 2

    def across(self, column: int, y1: float, y2: float) -> list[tuple[float, float]]:
        """Return the way from a column to the next: level where plates end and begin."""
        left, right = self.right(column), self.left(column + 1)
        leave, enter = left + self._end[column + 1], right - self._begin[column + 1]
        return list(dict.fromkeys([(left, y1), (leave, y1), (enter, y2), (right, y2)]))


def _routes(diagram: Diagram, columns: Columns, rows: Rows, grid: _Grid) -> list[np.ndarray]:
    """Return every edge's points."""
    height = grid.size[1]
    ports = _ports(diagram, columns, rows, height)
    routes: list[np.ndarray] = []
    for number, (edge, hops) in enumerate(zip(diagram.edges, columns.hops, strict=True)):
        column, y = columns.of_nodes[edge.source], float(rows.nodes[edge.source])
        if columns.stacked.get(edge.source) == edge.target:
            x, end = grid.centres[column], float(rows.nodes[edge.target])
            side = np.sign(end - y) * height / 2
            routes.append(np.array([[x, y + side], [x, end - side]]))
            continue
        if not hops and abs(ports[number] - y) <= height / 4:
            y = ports[number]
        points: list[tuple[float, float]] = []
        for hop in hops:
            points += grid.across(column, y, float(rows.lanes[hop.lane]))
            column, y = hop.last, float(rows.lanes[hop.lane])
        routes.append(np.array(points + grid.across(column, y, ports[number])))
    return routes


def _ports(diagram: Diagram, columns: Columns, rows: Rows, height: float) -> dict[int, float]:
    """Return at which height each edge enters its target: the operands one below another."""
    entering: dict[int, list[int]] = {}
    for number, edge in enumerate(diagram.edges):
        if columns.stacked.get(edge.source) != edge.target:
            entering.setdefault(edge.target, []).append(number)
    ports: dict[int, float] = {}
    for target, edges in entering.items():
        step = min(PORT, 0.7 * height / len(edges))
        for position, number in enumerate(edges):
            ports[number] = rows.nodes[target] + step * (position - (len(edges) - 1) / 2)
    return ports


def _bounds(
    x: np.ndarray,
    y: np.ndarray,
    plates: np.ndarray,
    routes: list[np.ndarray],
    grid: _Grid,
) -> tuple[float, float, float, float]:
    """Return the rectangle around nodes, plates and routes."""
    half = np.array(grid.size) / 2
    nodes = np.column_stack([x, y])
    corners = [nodes - half, nodes + half, plates[:, :2], plates[:, :2] + plates[:, 2:], *routes]
    points = np.concatenate(corners)
    left, top = points.min(axis=0).tolist()
    right, bottom = points.max(axis=0).tolist()
    return left, top, right - left, bottom - top
