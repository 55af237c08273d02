"""In which column a diagram's nodes stand, and where long edges get lanes between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from autograd.plates import Diagram

PARAMETER_ROWS = 5
"""So many parameters stand below each other before they take two columns."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A free way through some columns, for the edges of one source.

    Attributes:
        source: the node.
        plate: the innermost plate that the lane is in; None outside all.
        first, last: the columns.
    """

    source: int
    plate: int | None
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Hop:
    """What an edge uses of a lane.

    Attributes:
        lane: the index of the lane.
        first, last: the columns.
    """

    lane: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a diagram.

    Attributes:
        of_nodes: by node, its column.
        of_plates: by plate, its first and last column.
        stacked: by leaf, the node in the same column that it stands right above or below of;
            where that is in further plates, above or below the outermost of these.
        lanes: the lanes.
        hops: by edge, the ways through lanes, from left to right.
    """

    of_nodes: list[int]
    of_plates: list[tuple[int, int]]
    stacked: dict[int, int]
    lanes: list[Lane]
    hops: list[list[Hop]]


def assign_columns(diagram: Diagram) -> Columns:
    """Return the columns: operands left of what uses them, parameters first."""
    assignment = _Assignment(diagram, {})
    parameters = [index for index, node in enumerate(diagram.nodes) if node.leaf == "parameter"]
    others = Counter(column for node, column in assignment.column.items() if node not in parameters)
    if len(parameters) > max(PARAMETER_ROWS, max(others.values(), default=0)):
        assignment = _Assignment(diagram, _wrap_parameters(diagram, parameters, assignment))
    return _find_lanes(diagram, assignment)


def _wrap_parameters(
    diagram: Diagram, parameters: list[int], before: _Assignment
) -> dict[int, int]:
    """Return parameters' columns: in each plate two, with what is used first at the right."""
    given: dict[int, int] = {}
    seen: Counter[tuple[int, ...]] = Counter()
    parameters = sorted(
        parameters, key=lambda node: (min(before.column[user] for user in before.users[node]), node)
    )
    for node in parameters:
        plates = diagram.nodes[node].plates
        given[node] = 1 - seen[plates] % 2
        seen[plates] += 1
    return given


class _Assignment:
    """Every node's column, by the longest way from the left.

    Attributes:
        column: by node.
        stacked: see :class:`Columns`.
        users: by node.
    """

    def __init__(self, diagram: Diagram, parameters: Mapping[int, int]) -> None:
        """Assign columns; ``parameters`` gives some of the parameters theirs, else they get 0."""
        self._diagram = diagram
        count = len(diagram.nodes)
        self.operands: list[list[int]] = [[] for _ in range(count)]
        self.users: list[list[int]] = [[] for _ in range(count)]
        for edge in diagram.edges:
            self.operands[edge.target].append(edge.source)
            self.users[edge.source].append(edge.target)
        self.column = {
            node: parameters.get(node, 0)
            for node, each in enumerate(diagram.nodes)
            if each.leaf == "parameter"
        }
        self.stacked: dict[int, int] = {}
        self._floating = [node.leaf in ("column", "constant") for node in diagram.nodes]
        samples = {i for i, plate in enumerate(diagram.plates) if plate.kind == "samples"}
        inside = [not samples.isdisjoint(node.plates) for node in diagram.nodes]
        after, before = [False] * count, [False] * count  # what samples go into, and into samples
        for node, operands in enumerate(self.operands):
            after[node] = not inside[node] and any(inside[o] or after[o] for o in operands)
        for node in reversed(range(count)):
            users = self.users[node]
            before[node] = not inside[node] and any(inside[u] or before[u] for u in users)
        self._place([node for node in range(count) if not (inside[node] or after[node])], 0)
        start = 1 + max((self.column[node] for node in self._at_the_left(before)), default=-1)
        self._place_inside([node for node in range(count) if inside[node]], start)
        end = max((column for node, column in self.column.items() if inside[node]), default=-1)
        self._place([node for node in range(count) if after[node]], end + 1)
        for node in set(range(count)) - set(self.column):  # constants used here and there
            columns = [self.column[user] for user in self.users[node]]
            self.column[node] = max(0, min(columns, default=0) - 1)

    def _at_the_left(self, before: list[bool]) -> list[int]:
        """Return what the samples' plate is right of."""
        plates = {
            plate
            for node in self._diagram.nodes
            if node.leaf == "parameter"
            for plate in node.plates
        }
        return [
            node
            for node in self.column
            if before[node]
            or self._diagram.nodes[node].leaf == "parameter"
            or not plates.isdisjoint(self._diagram.nodes[node].plates)
        ]

    def _place(self, nodes: list[int], start: int) -> None:
        """Place operations from a column on, and floating leaves just left of what uses them."""
        for node in nodes:
            if self._floating[node] or node in self.column:
                continue
            fixed = [each for each in self.operands[node] if not self._floating[each]]
            leftmost = 1 if len(fixed) < len(self.operands[node]) else 0
            self.column[node] = max([start, leftmost, *(self.column[each] + 1 for each in fixed)])
        for node in nodes:
            if self._floating[node]:
                users = [self.column[user] for user in self.users[node] if user in self.column]
                if users:
                    self.column[node] = min(users) - 1

    def _place_inside(self, nodes: list[int], start: int) -> None:
        """Place the samples' nodes; leaves that find no column left of their user stand over it."""
        self._place(nodes, start)
        for node in nodes:
            if self._floating[node] and self.column[node] < start:
                users = [user for user in self.users[node] if self.column[user] == start]
                self.stacked[node] = users[0]
                if len(users) > 1 or not self._has_room(node):
                    break
        else:
            self.column |= dict.fromkeys(self.stacked, start)
            return
        self.stacked.clear()
        for node in nodes:
            del self.column[node]
        self._place(nodes, start + 1)

    def _has_room(self, leaf: int) -> bool:
        """Whether there is room for the leaf stacked last: one can stand above, one below."""
        user = self.stacked[leaf]
        around, plates = self._plates(leaf), self._plates(user)
        same_user = [each for each, other in self.stacked.items() if other == user]
        alike = all(self._plates(each) == around for each in same_user)
        if around == plates:
            return alike and len(same_user) <= 2
        box = plates[: len(around) + 1]
        users = [
            other
            for each, other in self.stacked.items()
            if self._plates(each) == around and self._plates(other)[: len(box)] == box
        ]
        flat = all(self._plates(other) == box for other in users)
        fits = len(users) == 1 or (len(users) == 2 and flat)
        return alike and len(same_user) == 1 and fits and plates[: len(around)] == around

    def _plates(self, node: int) -> tuple[int, ...]:
        return self._diagram.nodes[node].plates


def _find_lanes(diagram: Diagram, assignment: _Assignment) -> Columns:
    column = [assignment.column[node] for node in range(len(diagram.nodes))]
    spans: list[tuple[int, int]] = []
    for index in range(len(diagram.plates)):
        within = [c for c, node in zip(column, diagram.nodes, strict=True) if index in node.plates]
        spans.append((min(within), max(within)))

    def plate_at(edge_plates: tuple[tuple[int, ...], ...], at: int) -> int | None:
        """Return the innermost plate of the target, else of the source, that has the column."""
        for plates in edge_plates:
            for plate in reversed(plates):
                if spans[plate][0] <= at <= spans[plate][1]:
                    return plate
        return None

    found: dict[tuple[int, int | None], Lane] = {}
    number: dict[tuple[int, int | None], int] = {}
    hops: list[list[Hop]] = []
    for edge in diagram.edges:
        around = diagram.nodes[edge.target].plates, diagram.nodes[edge.source].plates
        way: list[Hop] = []
        for at in range(column[edge.source] + 1, column[edge.target]):
            plate = plate_at(around, at)
            key = edge.source, plate
            lane = found.get(key, Lane(edge.source, plate, at, at))
            found[key] = Lane(edge.source, plate, min(at, lane.first), max(at, lane.last))
            index = number.setdefault(key, len(number))
            if way and way[-1].lane == index:
                way[-1] = Hop(index, way[-1].first, at)
            else:
                way.append(Hop(index, at, at))
        hops.append(way)
    return Columns(column, spans, assignment.stacked, list(found.values()), hops)
