"""Which places on a tape are copies of one another, such as the units of a network's layer.

Chains of additions are collapsed into sums, whose terms have no order. Places are alike if
they are computed from alike places and used alike; those are sorted into copies of one
structure, and copies into copies of a larger one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from autograd.rules import ADD
from autograd.tape import Tape

PASSES = 60
"""How often the classes of places are refined, before all count as different."""

ATTEMPTS = 20
"""How often copies are looked for anew, without what turned out irregular."""

Term = tuple[int, int, int]
"""An operand's place, and the operation and operand index by which it is taken in."""

Link = tuple[int, int, int]
"""What an operand is to its user: both classes, and which operand it is."""

Pairs = list[tuple[int, int]]
"""Places of operands and users."""


# -- chains of additions ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Vertex:
    """An instruction, or a chain of additions as one sum of its terms, in any order.

    Attributes:
        terms: what it is computed from, in reading order.
        absorbed: the inner additions of a chain.
    """

    terms: tuple[Term, ...]
    absorbed: tuple[int, ...]

    def operands(self) -> list[tuple[int, int]]:
        """Return each operand's place, and which operand it is: of a sum always 0."""
        return [(operand, 0 if self.absorbed else index) for operand, _, index in self.terms]


def collapse(tape: Tape, apart: Collection[int]) -> dict[int, Vertex]:
    """Return the tape's places, operands first, with chains of additions collapsed.

    A chain is collapsed if at least two of its terms, which are three or more, have the same
    shape, and none of ``apart`` would be absorbed.
    """
    inner = _inner_additions(tape) - set(apart)
    shape: dict[int, int] = {}  # by place, the number of its expression's shape
    shapes: dict[Hashable, int] = {}
    vertices: dict[int, Vertex] = {}

    def add(place: int, vertex: Vertex) -> None:
        operands = sorted((shape[operand], index) for operand, index in vertex.operands())
        key = (kind(tape, place), bool(vertex.absorbed), *operands)
        shape[place] = shapes.setdefault(key, len(shapes))
        vertices[place] = vertex

    for place in range(len(tape.instructions)):
        if place in inner:
            continue
        vertex = _chain(tape, place, inner)
        alike = Counter(shape[operand] for operand, _, _ in vertex.terms)
        if vertex.absorbed and max(alike.values()) > 1:
            add(place, vertex)
        else:
            for each in (*sorted(vertex.absorbed), place):
                add(each, _chain(tape, each, ()))
    return vertices


def _inner_additions(tape: Tape) -> set[int]:
    """Return the additions that another one takes in, and nothing else uses."""
    users: dict[int, list[int]] = {}
    for place, instruction in enumerate(tape.instructions):
        for operand in instruction.operands:
            users.setdefault(operand, []).append(place)

    def chained(place: int, user: int) -> bool:
        both = tape.instructions[place], tape.instructions[user]
        return all(each.rule is ADD for each in both) and both[0].per_sample == both[1].per_sample

    return {place for place, by in users.items() if len(by) == 1 and chained(place, by[0])}


def _chain(tape: Tape, top: int, inner: Collection[int]) -> Vertex:
    """Return an operation with the inner additions among its operands absorbed."""
    terms: list[Term] = []
    absorbed: list[int] = []
    waiting = [(top, index) for index in reversed(range(len(tape.instructions[top].operands)))]
    while waiting:
        operation, index = waiting.pop()
        operand = tape.instructions[operation].operands[index]
        if operand in inner:
            absorbed.append(operand)
            waiting += [(operand, 1), (operand, 0)]
        else:
            terms.append((operand, operation, index))
    return Vertex(tuple(terms), tuple(absorbed))


# -- places alike -------------------------------------------------------------------------------


def kind(tape: Tape, place: int) -> Hashable:
    """Return what a place has in common with those that it may be folded with."""
    instruction = tape.instructions[place]
    if instruction.rule is not None:
        return instruction.rule.name, instruction.per_sample
    if place in tape.parameters:
        return ("a parameter",)
    if instruction.per_sample:
        return "a column", place
    return "a constant", instruction.node.name, instruction.node.data.hex()


def _refine(
    vertices: Mapping[int, Vertex], kinds: Mapping[int, Hashable], apart: Collection[int]
) -> dict[int, int]:
    """Return every place's class: those of a class have alike operands and alike users.

    The classes are split by their operands' classes from the leaves to the loss, then by
    their users' back to the leaves, until none splits any more: the coarsest bisimulation.
    """
    operands = {place: vertex.operands() for place, vertex in vertices.items()}
    users: dict[int, list[tuple[int, int]]] = {place: [] for place in vertices}
    for place, each in operands.items():
        for operand, index in each:
            users[operand].append((place, index))
    order = list(vertices)
    classes = _number(order, lambda place: (kinds[place], place if place in apart else None))
    for _ in range(PASSES):
        before = len(set(classes.values()))
        _split(classes, order, operands)
        _split(classes, order[::-1], users)
        if len(set(classes.values())) == before:
            return classes
    return {place: place for place in vertices}


def _number(places: Sequence[int], key: Callable[[int], Hashable]) -> dict[int, int]:
    numbers: dict[Hashable, int] = {}
    return {place: numbers.setdefault(key(place), len(numbers)) for place in places}


def _split(
    classes: dict[int, int], order: Sequence[int], neighbours: Mapping[int, list[tuple[int, int]]]
) -> None:
    """Split classes by those of the neighbours, each place after its neighbours."""
    numbers: dict[Hashable, int] = {}
    for place in order:
        around = sorted((classes[other], index) for other, index in neighbours[place])
        classes[place] = numbers.setdefault((classes[place], *around), len(numbers))


# -- copies -------------------------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class Group:
    """Classes of places that correspond one to one: as many copies of one structure.

    Attributes:
        classes: the classes, each with one place in every copy.
        total: how many copies there are.
        parent: the group in each of whose copies there are ``count`` copies of this one.
    """

    classes: list[int]
    total: int
    parent: Group | None = None

    @property
    def count(self) -> int:
        """How many copies there are in each copy of the parent."""
        return self.total if self.parent is None else self.total // self.parent.total

    @property
    def chain(self) -> tuple[Group, ...]:
        """The groups that it is in, outermost first, and itself."""
        return (self,) if self.parent is None else (*self.parent.chain, self)


@dataclass(frozen=True, slots=True)
class _Neighbour:
    """A group of which each copy of a larger one has one copy beside it.

    Attributes:
        is_user: whether it uses the larger one, rather than the other way round.
        group: the smaller group.
        to: by copy of the larger group, the smaller one's.
    """

    is_user: bool
    group: Group
    to: dict[int, int]


class Copies:
    """The copies among the places of a tape.

    Attributes:
        members: by class, its places in the order of the copies: C order over the chain of
            groups that it is in.
        groups: by class, its group; none for a class of one place.
        irregular: places that are alike without being copies of one another.
    """

    def __init__(
        self, vertices: Mapping[int, Vertex], classes: Mapping[int, int], inside: Collection[int]
    ) -> None:
        """Sort places of these classes; ``inside`` are those in the samples' part."""
        self._classes = classes
        self._inside = inside
        self._rank = _reading_order(vertices)
        self.members: dict[int, list[int]] = {}
        for place in self._rank:
            self.members.setdefault(classes[place], []).append(place)
        self._links: dict[Link, Pairs] = {}
        for place, vertex in vertices.items():
            for operand, index in dict.fromkeys(vertex.operands()):
                link = (classes[operand], classes[place], index)
                if max(len(self.members[each]) for each in link[:2]) > 1:
                    self._links.setdefault(link, []).append((operand, place))
        self.groups: dict[int, Group] = {}
        self.irregular: set[int] = set()
        self._copy: dict[int, int] = {}  # by place, the first place of its copy
        self._position: dict[int, int] = {}  # by copy
        self._neighbours: dict[Group, list[_Neighbour]] = {}
        self._sort_into_copies()
        if not self.irregular:
            self._find_neighbours()
            by_size = sorted(dict.fromkeys(self.groups.values()), key=lambda group: group.total)
            for group in by_size:
                group.parent = self._find_parent(group)
                self._order(group)
            for places in self.members.values():
                places.sort(key=lambda place: self._position.get(self._copy[place], 0))
            self._check_links()

    def group_of(self, place: int) -> Group | None:
        """Return the group that a place is in, if it has copies."""
        return self.groups.get(self._classes[place])

    def _sort_into_copies(self) -> None:
        """Join what corresponds one to one."""
        same_copy, same_group = _Union(self._rank), _Union(self.members)
        for (source, target, _), pairs in self._links.items():
            if len(self.members[source]) == len(self.members[target]) == len(pairs):
                same_group.join(source, target)
                for operand, place in pairs:
                    same_copy.join(operand, place)
        self._copy = {place: same_copy.find(place) for place in self._rank}
        found: dict[int, Group] = {}
        for each, places in self.members.items():
            if len(places) > 1:
                group = found.setdefault(same_group.find(each), Group([], len(places)))
                group.classes.append(each)
                self.groups[each] = group
        for group in found.values():
            if len(self._copies(group)) != group.total:
                self.irregular.update(self._places(group))

    def _places(self, group: Group) -> list[int]:
        return [place for each in group.classes for place in self.members[each]]

    def _copies(self, group: Group) -> list[int]:
        return list(dict.fromkeys(self._copy[place] for place in self._places(group)))

    def _find_neighbours(self) -> None:
        """Find the smaller groups of which each copy of a group has one copy at a link."""
        for (source, target, _), pairs in self._links.items():
            uses = source, target, pairs
            used = target, source, [pair[::-1] for pair in pairs]
            for is_user, (own, other, ends) in ((True, uses), (False, used)):
                group, near = self.groups.get(own), self.groups.get(other)
                if group and near and len(pairs) == group.total > near.total:
                    to = {self._copy[one]: self._copy[two] for one, two in ends}
                    self._neighbours.setdefault(group, []).append(_Neighbour(is_user, near, to))

    def _find_parent(self, group: Group) -> Group | None:
        """Return which group's copies the copies belong to: rather users than operands."""
        near = self._neighbours.get(group, [])
        found = max(near, key=lambda each: (each.is_user, each.group.total), default=None)
        return None if found is None else found.group

    def _order(self, group: Group) -> None:
        """Give the copies numbers, by the parent's copy, what else they belong to, and as read."""
        near = self._neighbours.get(group, [])
        near.sort(key=lambda each: each.group is not group.parent)
        rank: dict[int, int] = {}
        for place in self._places(group):
            copy = self._copy[place]
            rank[copy] = min(self._rank[place], rank.get(copy, self._rank[place]))

        def key(copy: int) -> list[int]:
            return [*(self._position[each.to[copy]] for each in near), rank[copy]]

        self._position |= {copy: i for i, copy in enumerate(sorted(rank, key=key))}

    # -- whether a plate says what the tape does ------------------------------------------------

    def _check_links(self) -> None:
        for link, pairs in self._links.items():
            if not self._is_regular(pairs):
                groups = [self.groups[each] for each in link[:2] if each in self.groups]
                self.irregular.update(self._places(max(groups, key=lambda group: group.total)))

    def _is_regular(self, pairs: Pairs) -> bool:
        """Whether every copy is linked to every one, but for indices that always agree.

        In a plate that both ends are in, they must agree.
        """
        source, target = (self._indices(places) for places in zip(*pairs, strict=True))
        free = math.prod(group.count for group, _, _ in (*source, *target))
        agreeing: set[int] = set()
        for group, inside, index in source:
            for number, (other, other_inside, other_index) in enumerate(target):
                shared = group is other and inside == other_inside
                agree = group.count == other.count and bool((index == other_index).all())
                if shared and not agree:
                    return False
                if agree and number not in agreeing:
                    agreeing.add(number)
                    free //= group.count
                    break
        return free == len(pairs)

    def _indices(self, places: Sequence[int]) -> list[tuple[Group, bool, npt.NDArray[np.intp]]]:
        """Return for each plate around these places, which copy each of them is in."""
        group = self.group_of(places[0])
        if group is None:
            return []
        positions = [self._position[self._copy[place]] for place in places]
        indices = np.unravel_index(positions, [each.count for each in group.chain])
        inside = places[0] in self._inside
        return [(each, inside, index) for each, index in zip(group.chain, indices, strict=True)]


class _Union:
    """Sets that are joined."""

    def __init__(self, elements: Iterable[int]) -> None:
        self._to = {element: element for element in elements}

    def find(self, element: int) -> int:
        """Return the element that stands for the set of this one."""
        while self._to[element] != element:
            self._to[element] = self._to[self._to[element]]
            element = self._to[element]
        return element

    def join(self, one: int, other: int) -> None:
        """Make one set of two."""
        self._to[self.find(one)] = self.find(other)


def _reading_order(vertices: Mapping[int, Vertex]) -> dict[int, int]:
    """Return the number of every place as one reads the loss, from left to right."""
    order: dict[int, int] = {}
    waiting = [max(vertices)]
    while waiting:
        place = waiting.pop()
        if place not in order:
            order[place] = len(order)
            waiting += [operand for operand, _ in reversed(vertices[place].operands())]
    return order


def find_copies(
    tape: Tape,
    vertices: Mapping[int, Vertex],
    inside: Collection[int],
    apart: Collection[int],
) -> Copies:
    """Return the copies among a tape's places, of which those ``apart`` are copies of none."""
    kinds = {place: (kind(tape, place), place in inside) for place in vertices}
    apart = set(apart)
    for _ in range(ATTEMPTS):
        copies = Copies(vertices, _refine(vertices, kinds, apart), inside)
        if not copies.irregular:
            return copies
        apart |= copies.irregular
    return Copies(vertices, {place: place for place in vertices}, inside)
