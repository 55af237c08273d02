"""What a canvas draws: nodes at places, edges between them, plates around them, their numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.training.moment import Moment
from app.training.selection import SelectedEdge, SelectedNode, Selection
from app.training.snapshot import Probe
from autograd.rules import SUM

Box = tuple[float, float, float, float]
"""Left, top, width and height, in the units of the layout: pixels at scale 1."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the nodes show, each of shape (nodes,).

    Attributes:
        values: the values.
        valued: whether the value is known.
        gradients: the gradients as accumulated so far.
        graded: whether there is a gradient.
    """

    values: np.ndarray
    valued: np.ndarray
    gradients: np.ndarray
    graded: np.ndarray


@dataclass(frozen=True, slots=True)
class Flows:
    """What flows back over some edges, each of shape (edges,).

    Attributes:
        local, upstream, contribution: the numbers of the chain rule.
        flowed: whether the gradient has flowed.
    """

    local: np.ndarray
    upstream: np.ndarray
    contribution: np.ndarray
    flowed: np.ndarray


@dataclass(frozen=True, slots=True)
class PlateBox:
    """A plate: a frame around what is repeated, with a label that says how often.

    Attributes:
        box: the frame.
        label: such as "× 41 samples".
        is_samples: whether the copies are the samples.
    """

    box: Box
    label: str
    is_samples: bool


class Scene(ABC):
    """The nodes and edges of a loss's graph, and where they are.

    Nodes and edges are numbered from 0.

    Attributes:
        probe: whose loss it is.
        x, y: the nodes' centres, of shape (nodes,).
        node_width, node_height: a node's size.
        sources, targets: of shape (edges,): operand and operation of every edge.
        places: every node's place on the tape, of shape (nodes,).
        plates: the plates, outer ones first.
        bounds: the rectangle that holds everything.
        start: the rectangle in which reading begins.
        detailed: whether nodes have room for a formula and a distribution.
    """

    probe: Probe
    x: np.ndarray
    y: np.ndarray
    node_width: float
    node_height: float
    sources: np.ndarray
    targets: np.ndarray
    places: np.ndarray
    plates: list[PlateBox]
    bounds: Box
    start: Box
    detailed: bool

    def __len__(self) -> int:
        return len(self.x)

    @abstractmethod
    def sample(self, node: int) -> int | None:
        """Return which sample a node is of; None if it is shared, or stands for all."""

    @abstractmethod
    def find_node(self, place: int, sample: int) -> int | None:
        """Return the node of a place, of that sample if it is a sample's; None if there is none."""

    def nodes_of(self, places: Collection[int]) -> np.ndarray:
        """Return for every node whether it is of one of these places, of whichever sample."""
        return np.isin(self.places, list(places))

    @abstractmethod
    def find_edge(self, edge: SelectedEdge, sample: int) -> int | None:
        """Return the number of an edge, of that sample if it is a sample's; None if none."""

    @abstractmethod
    def selected_edge(self, number: int) -> tuple[SelectedEdge, int | None]:
        """Return what selecting an edge means, and of which sample it is, if of one."""

    def show_copy(self, place: int) -> None:  # noqa: B027  most scenes have a node for each place
        """Let nodes that stand for several places stand for this one, and what belongs to it."""

    @abstractmethod
    def numbers(self, moment: Moment) -> Numbers:
        """Return what all nodes show at a moment."""

    @abstractmethod
    def flows(self, moment: Moment, edges: np.ndarray) -> Flows:
        """Return what flows over edges with these numbers at a moment."""

    def lines(self, edges: np.ndarray) -> np.ndarray:
        """Return edges with these numbers as straight lines: x1, y1, x2, y2, of shape (edges, 4).

        An edge leaves at the side that faces its target and enters at the side it comes from.
        """
        sources, targets = self.sources[edges], self.targets[edges]
        x1, y1, x2, y2 = self.x[sources], self.y[sources], self.x[targets], self.y[targets]
        above = np.abs(x1 - x2) < self.node_width / 2
        half_width = np.where(above, 0.0, np.sign(x2 - x1) * self.node_width / 2)
        half_height = np.where(above, np.sign(y2 - y1) * self.node_height / 2, 0.0)
        lines = np.column_stack([x1 + half_width, y1 + half_height, x2 - half_width, y2])
        lines[:, 3] -= half_height
        return lines

    def routes(self, edges: np.ndarray) -> list[np.ndarray]:
        """Return the points of edges with these numbers, each of shape (points, 2)."""
        return list(self.lines(edges).reshape(-1, 2, 2))

    def title(self, node: int) -> str:
        """Return what is written on a node."""
        place = int(self.places[node])
        names, rule = self.probe.names, self.probe.tape.instructions[place].rule
        title = names.symbol(place) if rule is SUM else names.title(place)
        is_loss = place == len(self.probe.tape.instructions) - 1
        return f"L = {title}" if is_loss and title != "L" else title

    def formula(self, node: int) -> str:
        """Return how a node is computed; "" for a leaf."""
        return self.probe.names.formula(int(self.places[node]))

    def is_leaf(self, node: int) -> bool:
        """Return whether a node has no operands."""
        return self.probe.tape.instructions[int(self.places[node])].rule is None

    def sample_box(self, sample: int) -> Box | None:  # noqa: ARG002  where samples have nodes
        """Return the rectangle around a sample's own nodes; None if it has none."""
        return None

    def box(self, node: int) -> Box:
        """Return the rectangle of a node."""
        x, y = float(self.x[node]), float(self.y[node])
        return x - self.node_width / 2, y - self.node_height / 2, self.node_width, self.node_height

    def node_at(self, x: float, y: float) -> int | None:
        """Return the node at a place of the layout, or None."""
        hits = np.flatnonzero(
            (np.abs(self.x - x) <= self.node_width / 2)
            & (np.abs(self.y - y) <= self.node_height / 2)
        )
        return int(hits[-1]) if len(hits) else None

    def find(self, selection: Selection | None, sample: int) -> tuple[int | None, int | None]:
        """Return the node and the edge that a selection means, of a sample if it is a sample's."""
        if isinstance(selection, SelectedNode):
            return self.find_node(selection.place, sample), None
        if isinstance(selection, SelectedEdge):
            return None, self.find_edge(selection, sample)
        return None, None

    def operands(self, node: int) -> np.ndarray:
        """Return the nodes that a node is computed from, in order."""
        return self.sources[self.edges_into(node)]

    def users(self, node: int) -> np.ndarray:
        """Return the nodes that are computed from a node."""
        return self.targets[self.edges_from(node)]

    def edges_into(self, node: int) -> np.ndarray:
        """Return the numbers of the edges from a node's operands."""
        return self._by_target[0][self._range(self._by_target[1], node)]

    def edges_from(self, node: int) -> np.ndarray:
        """Return the numbers of the edges to what uses a node."""
        return self._by_source[0][self._range(self._by_source[1], node)]

    @cached_property
    def _by_target(self) -> tuple[np.ndarray, np.ndarray]:
        order = np.argsort(self.targets, kind="stable")
        return order, self.targets[order]

    @cached_property
    def _by_source(self) -> tuple[np.ndarray, np.ndarray]:
        order = np.argsort(self.sources, kind="stable")
        return order, self.sources[order]

    @staticmethod
    def _range(ordered: np.ndarray, node: int) -> slice:
        return slice(*np.searchsorted(ordered, (node, node + 1)).tolist())

    def related(self, node: int) -> np.ndarray:
        """Return for every node whether it depends on a node, or the node depends on it."""
        found = np.zeros(len(self), dtype=bool)
        for follow in (self.operands, self.users):
            stack, seen = [node], {node}
            while stack:
                for each in follow(stack.pop()).tolist():
                    if each not in seen:
                        seen.add(each)
                        stack.append(each)
            found[list(seen)] = True
        return found
