"""The unfolded graph: a node for every sample and operation, and the chain of additions.

The nodes are numbered: first those that all samples share, the parameters before all others,
and then for each sample the nodes of its expression and, for every sum, the addition that
takes its term in.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from app.training.moment import Moment
from app.training.selection import SelectedEdge
from app.training.snapshot import Probe
from app.views.graph.scene import Box, Flows, Numbers, Scene
from app.views.graph.unfolded_layout import (
    NODE_HEIGHT,
    NODE_WIDTH,
    BlockEdges,
    lay_out_blocks,
)
from autograd.rules import SUM
from autograd.tape import Tape


class UnfoldedScene(Scene):
    """A node for every sample and operation.

    Attributes:
        samples: how many samples there are.
        shared: how many nodes come before the first sample's.
        block: how many nodes each sample has.
    """

    node_width, node_height = NODE_WIDTH, NODE_HEIGHT
    detailed = False

    def __init__(self, probe: Probe, *, constants: bool = True) -> None:
        self.probe = probe
        self.samples = probe.tape.samples
        self._tape = tape = probe.tape
        shared, own = _split(tape, constants=constants)
        self._shared, self._own = np.array(shared, dtype=np.intp), np.array(own, dtype=np.intp)
        self.shared, self.block = len(shared), len(own)
        self._node = {place: number for number, place in enumerate(shared)}
        self._node |= {place: self.shared + number for number, place in enumerate(own)}
        self.places = np.concatenate([self._shared, np.tile(self._own, self.samples)])
        self._make_edges()
        blocks = BlockEdges(self.shared, self.block, *self._inner_edges())
        after = [self._node[place] for place in tape.phases.after if place in self._node]
        after = [number for number in after if number < self.shared]
        below = self._constants_of(after)
        left = [each for each in range(self.shared) if each not in after and each not in below]
        ends = [self._node[place] - self.shared for place in tape.phases.sums]
        layout = lay_out_blocks(blocks, self.samples, left, after, below, ends)
        self.x, self.y, self.start = layout.x, layout.y, layout.start
        self.plates = []

    @property
    def bounds(self) -> Box:  # type: ignore[override]
        """The rectangle that holds all nodes."""
        left, top = self.x.min() - NODE_WIDTH / 2, self.y.min() - NODE_HEIGHT / 2
        right, bottom = self.x.max() + NODE_WIDTH / 2, self.y.max() + NODE_HEIGHT / 2
        return float(left), float(top), float(right - left), float(bottom - top)

    # -- nodes ------------------------------------------------------------------------------

    def sample(self, node: int) -> int | None:  # noqa: D102  as in Scene
        return None if node < self.shared else (node - self.shared) // self.block

    def find_node(self, place: int, sample: int) -> int | None:  # noqa: D102  as in Scene
        number = self._node.get(place)
        if number is None or number < self.shared:
            return number
        return number + self.block * sample

    def sample_box(self, sample: int) -> Box | None:  # noqa: D102  as in Scene
        if not self.block:
            return None
        own = slice(self.shared + sample * self.block, self.shared + (sample + 1) * self.block)
        x, y, gap = self.x[own], self.y[own], 6.0
        left, top = float(x.min()) - NODE_WIDTH / 2 - gap, float(y.min()) - NODE_HEIGHT / 2 - gap
        right, bottom = float(x.max()) + NODE_WIDTH / 2 + gap, float(y.max()) + NODE_HEIGHT / 2
        return left, top, right - left, bottom + gap - top

    # -- edges ------------------------------------------------------------------------------

    def _make_edges(self) -> None:
        """List the edges: kind by kind, and within a kind sample by sample."""
        self._kinds: list[tuple[int, int]] = []  # operation and operand of every kind
        starts, sources, targets = [0], [], []
        step = self.block * np.arange(self.samples)
        for place, number in self._node.items():
            instruction = self._tape.instructions[place]
            for index, source, target in self._edges_of(number, instruction, step):
                self._kinds.append((place, index))
                sources.append(source)
                targets.append(target)
                starts.append(starts[-1] + len(source))
        empty = [np.empty(0, dtype=np.intp)]
        self.sources = np.concatenate(sources or empty)
        self.targets = np.concatenate(targets or empty)
        self._starts = np.array(starts)

    def _edges_of(
        self, number: int, instruction: Any, step: np.ndarray
    ) -> list[tuple[int, np.ndarray, np.ndarray]]:
        """Return the index, sources and targets of each kind of edge into a place's nodes."""
        if instruction.rule is SUM:
            term = self._node.get(instruction.operands[0])
            before = (0, number + step[:-1], number + step[1:])
            if term is None:
                return [before]
            terms = np.broadcast_to(term, len(step)) if term < self.shared else term + step
            return [before, (1, terms, number + step)]
        edges = []
        for index, operand in enumerate(instruction.operands):
            source = self._node.get(operand)
            if source is None:
                continue
            if number < self.shared:
                is_sum = self._tape.instructions[operand].rule is SUM
                last = source + (step[-1] if is_sum else 0)
                edges.append((index, np.array([last]), np.array([number])))
            else:
                own = source >= self.shared
                sources = source + step if own else np.broadcast_to(source, len(step))
                edges.append((index, sources, number + step))
        return edges

    def _inner_edges(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the edges into the first sample's nodes, without those along the chain."""
        into = (self.targets >= self.shared) & (self.targets < self.shared + self.block)
        return self.sources[into], self.targets[into]

    def _constants_of(self, after: list[int]) -> dict[int, int]:
        """Return the constants that what follows the sums uses, and each one's user."""
        return {
            self._node[operand]: number
            for number in after
            for operand in self._tape.instructions[int(self._shared[number])].operands
            if operand in self._node and self.probe.names.is_constant(operand)
        }

    def find_edge(self, edge: SelectedEdge, sample: int) -> int | None:  # noqa: D102  as in Scene
        wanted = (edge.place, edge.index)
        if wanted not in self._kinds:
            return None
        kind = self._kinds.index(wanted)
        count = self._starts[kind + 1] - self._starts[kind]
        if self._is_chain(edge.place, edge.index):
            sample -= 1
        return None if sample < 0 else int(self._starts[kind] + min(sample, count - 1))

    def selected_edge(self, number: int) -> tuple[SelectedEdge, int | None]:  # noqa: D102
        kind = int(np.searchsorted(self._starts, number, side="right")) - 1
        place, index = self._kinds[kind]
        shared = self._starts[kind + 1] - self._starts[kind] == 1 and self.samples > 1
        sample = number - int(self._starts[kind]) + self._is_chain(place, index)
        return SelectedEdge(place, index), None if shared else sample

    def _is_chain(self, place: int, index: int) -> bool:
        return self._tape.instructions[place].rule is SUM and index == 0

    def related(self, node: int) -> np.ndarray:
        """Return for every node whether it depends on a node, or the node depends on it."""
        place, sample = int(self.places[node]), self.sample(node)
        before, after = self._dependencies(place)
        found = np.zeros(len(self), dtype=bool)
        blocks = found[self.shared :].reshape(self.samples, self.block)
        every = np.arange(self.samples)
        is_sum = self._tape.instructions[place].rule is SUM
        own = every == sample if sample is not None else every >= 0
        earlier = every <= sample if sample is not None and is_sum else own
        for number, each in enumerate(self._shared.tolist()):
            found[number] = each in before or each in after or each == place
        for column, each in enumerate(self._own.tolist()):
            if each == place or each in after:
                chain = self._tape.instructions[each].rule is SUM and sample is not None
                blocks[every >= sample if chain else own, column] = True
            if (each == place and is_sum) or each in before:
                blocks[earlier, column] = True
        return found

    def _dependencies(self, place: int) -> tuple[set[int], set[int]]:
        """Return the places that a place is computed from, and those computed from it."""
        instructions = self._tape.instructions
        before, after = set(instructions[place].operands), {place}
        for each in range(place - 1, -1, -1):
            if each in before:
                before.update(instructions[each].operands)
        for each in range(place + 1, len(instructions)):
            if not after.isdisjoint(instructions[each].operands):
                after.add(each)
        return before, after - {place}

    # -- numbers ----------------------------------------------------------------------------

    def numbers(self, moment: Moment) -> Numbers:  # noqa: D102  as in Scene
        progress, sums = moment.progress, {}
        for place in self._tape.phases.sums:
            sums[place] = moment.evaluation.running_sums(place)
        values = self._fill(progress.values, float, sums)
        for number, place in enumerate(self._tape.parameters):
            values[self._node[place]] = progress.parameters[number]
        return Numbers(
            values,
            self._fill(progress.valued, bool),
            self._fill(progress.gradients, float),
            self._fill(progress.graded, bool),
        )

    def _fill(
        self, numbers: list[Any], kind: type, instead: dict[int, np.ndarray] | None = None
    ) -> np.ndarray:
        """Return a number for every node from those of every place."""
        flat = np.empty(len(self.places), dtype=kind)
        for number, place in enumerate(self._shared.tolist()):
            flat[number] = numbers[place]
        blocks = flat[self.shared :].reshape(self.samples, self.block)
        for column, place in enumerate(self._own.tolist()):
            found = instead.get(place) if instead else None
            blocks[:, column] = numbers[place] if found is None else found
        return flat

    def flows(self, moment: Moment, edges: np.ndarray) -> Flows:  # noqa: D102  as in Scene
        columns = np.zeros((4, len(edges)))
        kinds = np.searchsorted(self._starts, edges, side="right") - 1
        for kind in np.unique(kinds).tolist():
            chosen = kinds == kind
            place, index = self._kinds[kind]
            sample = edges[chosen] - self._starts[kind]
            columns[:, chosen] = self._flows_of(moment, place, index, sample)
        return Flows(columns[0], columns[1], columns[2], columns[3] > 0)

    def _flows_of(self, moment: Moment, place: int, index: int, sample: np.ndarray) -> np.ndarray:
        """Return local, upstream, contribution and whether it flowed, for some samples' edges."""
        instruction = self._tape.instructions[place]
        is_sum = instruction.rule is SUM
        operand = instruction.operands[0 if is_sum else index]
        if not self._tape.instructions[operand].require_grad:
            return np.zeros((4, len(sample)))
        flow = moment.evaluation.flow(place, 0 if is_sum else index)
        if self._is_chain(place, index):
            sample = sample + 1
            known = moment.flowed(place, 0)
            numbers: tuple[Any, ...] = (1.0, flow.upstream, flow.upstream, known)
        else:
            numbers = (flow.local, flow.upstream, flow.contribution, moment.flowed(place, index))
        return np.array(
            [
                each[sample] if np.ndim(each) else np.full(len(sample), each, dtype=float)
                for each in map(np.asarray, numbers)
            ],
            dtype=float,
        )


def _split(tape: Tape, *, constants: bool) -> tuple[list[int], list[int]]:
    """Return the places that all samples share, the parameters first, and those of a sample.

    A constant that a sample's expression uses is the sample's own: a loop makes it each time.
    """
    used_inside = {
        operand for place in tape.phases.inside for operand in tape.instructions[place].operands
    }

    def is_constant(place: int) -> bool:
        return tape.instructions[place].rule is None and place not in tape.parameters

    shared, own = list(tape.parameters), []
    for place, instruction in enumerate(tape.instructions):
        if place in tape.parameters or (
            is_constant(place) and place not in tape.columns and not constants
        ):
            continue
        inside = instruction.per_sample or (is_constant(place) and place in used_inside)
        if instruction.rule is not SUM:
            (own if inside else shared).append(place)
    return shared, own + tape.phases.sums
