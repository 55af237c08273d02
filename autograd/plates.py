"""A tape's folded diagram: what is repeated is drawn once, on a plate that says how often.

A tape holds one sample's expression once: that is the plate of the samples. Inside it and
outside more is repeated, such as the units of a network's layer, each written on the tape.
:func:`fold_plates` finds copies of one structure by their place in the whole (what they are
computed from, and what they are used in) and folds them into a plate, and the products of a
unit with each of its inputs into a plate inside that one. What does not come out even is left
as it is: never wrong, sometimes less folded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from autograd.copies import Copies, Group, Term, Vertex, collapse, find_copies
from autograd.rules import Rule
from autograd.tape import Tape

Leaf = Literal["parameter", "column", "constant"]
"""What a leaf is: trained, data that differ between the samples, or a number."""


@dataclass(frozen=True, slots=True)
class Plate:
    """A part of the diagram that stands for several copies.

    Attributes:
        kind: whether the copies are the samples or units, such as those of a layer.
        count: how many copies there are, in each copy of the plate around.
        parent: the index of the plate around it; None if there is none.
    """

    kind: Literal["samples", "units"]
    count: int
    parent: int | None


@dataclass(frozen=True, slots=True)
class DiagramNode:
    """A node of the diagram, which stands for one place on the tape or for several alike.

    Attributes:
        place: the place of the first copy, which represents all.
        places: the places of all copies: one for each combination of copies of the units'
            plates that it is in, in C order, the outermost plate first.
        plates: the indices of the plates that it is in, outermost first. A constant that only
            the samples' expression uses is in the samples' plate: each sample has its own.
        operation: the rule of the place; None for a leaf. ADD for a collapsed chain of additions.
        absorbed: of a chain of additions that is collapsed into this node, the inner
            additions' places, of the first copy; ``place`` is the last addition. Else empty.
        leaf: what a leaf is; None for an operation.
    """

    place: int
    places: tuple[int, ...]
    plates: tuple[int, ...]
    operation: Rule | None
    absorbed: tuple[int, ...]
    leaf: Leaf | None


@dataclass(frozen=True, slots=True)
class DiagramEdge:
    """An edge of the diagram: the source is an operand of the target.

    Attributes:
        source, target: indices of nodes.
        place, index: for the first copy, the operation on the tape, and which of its operands
            this is: what :meth:`autograd.tape.Evaluation.flow` takes. Of a term of a collapsed
            chain, the operation is the addition that takes the term in.
    """

    source: int
    target: int
    place: int
    index: int


@dataclass(frozen=True, slots=True)
class Diagram:
    """A tape, folded.

    Attributes:
        nodes: operands before what uses them; the loss is last.
        edges: by target, then in the order of the operands.
        plates: outer ones before those inside them.
    """

    nodes: tuple[DiagramNode, ...]
    edges: tuple[DiagramEdge, ...]
    plates: tuple[Plate, ...]

    _owners: Mapping[int, int] = field(repr=False, compare=False)
    _terms: Mapping[int, tuple[Term, ...]] = field(repr=False, compare=False)

    def node_of(self, place: int) -> int | None:
        """Return which node stands for a place on the tape; None for a constant left out."""
        return self._owners.get(place)

    def places_of(self, unit: Sequence[int] = ()) -> tuple[int, ...]:
        """Return every node's place in one copy of the units' plates.

        ``unit`` says which copy, by depth: first of the outermost units' plate that a node is
        in, and so on; the samples' plate does not count. A node in fewer plates uses only the
        first of these numbers, and what is missing is 0. Of a plate with fewer copies it is
        the last.
        """
        found = []
        for node in self.nodes:
            position = 0
            for depth, count in enumerate(self._unit_counts(node)):
                chosen = unit[depth] if depth < len(unit) else 0
                position = position * count + min(chosen, count - 1)
            found.append(node.places[position])
        return tuple(found)

    def unit_of(self, place: int) -> tuple[int, ...]:
        """Return in which copy of the units' plates a place on the tape is; see `places_of`."""
        number = self.node_of(place)
        node = None if number is None else self.nodes[number]
        if node is None or place not in node.places:
            return ()
        position, unit = node.places.index(place), list[int]()
        for count in reversed(self._unit_counts(node)):
            position, which = divmod(position, count)
            unit.insert(0, which)
        return tuple(unit)

    def flows_of(self, unit: Sequence[int] = ()) -> tuple[tuple[int, int], ...]:
        """Return every edge's place and operand index in one copy; see :meth:`places_of`.

        Where the target has several such operands, it is the source's copy among them.
        """
        places = self.places_of(unit)
        found = []
        for edge in self.edges:
            terms = [
                term
                for term in self._terms[places[edge.target]]
                if self._owners.get(term[0]) == edge.source and self._is_edge(edge, term)
            ]
            own = [term for term in terms if term[0] == places[edge.source]]
            found.append((own or terms)[0][1:])
        return tuple(found)

    def _unit_counts(self, node: DiagramNode) -> list[int]:
        plates = (self.plates[index] for index in node.plates)
        return [plate.count for plate in plates if plate.kind == "units"]

    def _is_edge(self, edge: DiagramEdge, term: Term) -> bool:
        """Whether the term is the same operand of its operation, or of a collapsed chain."""
        return bool(self.nodes[edge.target].absorbed) or term[2] == edge.index


def fold_plates(
    tape: Tape, unfold: Collection[int] = (), *, units: bool = True, constants: bool = True
) -> Diagram:
    """Return the folded diagram of a tape.

    Args:
        tape: the tape.
        unfold: places that get a node of their own. So does what depends on the difference:
            of eight hidden units, the one with this place, while seven stay folded.
        units: whether to fold units; without, only the samples are (chains of additions are
            collapsed all the same).
        constants: whether to show leaves that are neither parameters nor data columns.
    """
    vertices = collapse(tape, unfold)
    inside = _samples_part(tape, vertices)
    copies = find_copies(tape, vertices, inside, unfold if units else vertices)
    drawn = {
        place: vertices[place]
        for place in vertices
        if constants or _leaf(tape, place) != "constant"
    }
    return _Drawing(tape, drawn, copies, inside).diagram()


def _leaf(tape: Tape, place: int) -> Leaf | None:
    if tape.instructions[place].rule is not None:
        return None
    if place in tape.parameters:
        return "parameter"
    return "column" if place in tape.columns else "constant"


def _samples_part(tape: Tape, vertices: Mapping[int, Vertex]) -> set[int]:
    """Return the places in the samples' plate, with the constants that are used only there."""
    inside = {place for place in vertices if tape.instructions[place].per_sample}
    outside = {
        operand
        for place, vertex in vertices.items()
        for operand, _ in vertex.operands()
        if place not in inside
    }
    constants = {place for place in vertices if _leaf(tape, place) == "constant"}
    return inside | (constants - outside - {max(vertices)} if inside else set())


class _Drawing:
    """Makes the nodes, edges and plates of a diagram."""

    def __init__(
        self, tape: Tape, vertices: Mapping[int, Vertex], copies: Copies, inside: Collection[int]
    ) -> None:
        self._tape = tape
        self._vertices = vertices
        self._copies = copies
        self._inside = inside
        self._plates: list[Plate] = []
        self._plate_indices: dict[tuple[bool, Group | None], int] = {}
        self._owners: dict[int, int] = {}

    def diagram(self) -> Diagram:
        """Return the diagram."""
        members = self._copies.members.values()
        classes = sorted(places for places in members if places[0] in self._vertices)
        nodes = [self._node(index, places) for index, places in enumerate(classes)]
        edges = [edge for target in range(len(nodes)) for edge in self._edges(target, nodes)]
        terms = {place: vertex.terms for place, vertex in self._vertices.items()}
        return Diagram(tuple(nodes), tuple(edges), tuple(self._plates), self._owners, terms)

    def _node(self, index: int, places: Sequence[int]) -> DiagramNode:
        for place in places:
            for owned in (place, *self._vertices[place].absorbed):
                self._owners[owned] = index
        return DiagramNode(
            places[0],
            tuple(places),
            self._plates_around(places[0]),
            self._tape.instructions[places[0]].rule,
            self._vertices[places[0]].absorbed,
            _leaf(self._tape, places[0]),
        )

    def _plates_around(self, place: int) -> tuple[int, ...]:
        group = self._copies.group_of(place)
        chain = () if group is None else group.chain
        inside = place in self._inside
        around: list[int] = []
        if inside:
            self._plate_around(around, inside, None)
        for each in chain:
            self._plate_around(around, inside, each)
        return tuple(around)

    def _plate_around(self, around: list[int], inside: bool, group: Group | None) -> None:
        """Append the index of the samples' plate or a group's to those around it."""
        if (inside, group) not in self._plate_indices:
            self._plate_indices[inside, group] = len(self._plates)
            parent = around[-1] if around else None
            if group is None:
                self._plates.append(Plate("samples", self._tape.samples, parent))
            else:
                self._plates.append(Plate("units", group.count, parent))
        around.append(self._plate_indices[inside, group])

    def _edges(self, target: int, nodes: Sequence[DiagramNode]) -> list[DiagramEdge]:
        """Return the edges into a node, one for each source and operand it is."""
        found: dict[tuple[int, int], DiagramEdge] = {}
        node = nodes[target]
        for operand, place, index in self._vertices[node.place].terms:
            source = self._owners.get(operand)
            if source is not None:
                key = source, 0 if node.absorbed else index
                if key not in found or operand == nodes[source].place:
                    found[key] = DiagramEdge(source, target, place, index)
        return list(found.values())
