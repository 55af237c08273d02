"""The trace of the graph with one node per sample and operation: a step for one sample.

The samples are computed one after another, as a loop over them would, and each sample's
addition takes its term into the running sum. Backward the chain of additions comes first,
from the last sample to the first, and then each sample's own part, the first sample first:
on a loss with one sum that is the define-by-run engine's order, in which shared gradients
accumulate.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cache, cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from autograd.arithmetic import silent
from autograd.evaluation import Evaluation, of_sample
from autograd.optimizers import Change
from autograd.rules import SUM
from autograd.tape import Tape, sum_in_order
from autograd.trace.entries import Backward, Entry, Forward, Seed, Update
from autograd.trace.trace import Known, Progress, Trace

Edge = tuple[int, int]
"""An operation's place and which of its operands; see :meth:`Trace.flowed`."""

Column = npt.NDArray[np.float64]

Item = TypeVar("Item", bound=Hashable)


class UnfoldedTrace(Trace):
    """A step for every node, for every edge, for every parameter; found by arithmetic."""

    def __init__(self, evaluation: Evaluation, change: Change | None = None) -> None:
        tape, phases = evaluation.tape, evaluation.tape.phases
        self._samples = tape.samples

        def operations(places: list[int]) -> list[int]:
            rules = ((place, tape.instructions[place].rule) for place in places)
            return [place for place, rule in rules if rule not in (None, SUM)]

        self._before = operations(phases.before)
        self._inside = operations(phases.inside) + phases.sums  # a sum: one addition a sample
        self._after = operations(phases.after)

        def edges(places: list[int]) -> list[Edge]:
            return [edge for place in reversed(places) for edge in tape.edges(place)]

        self._edges_after = edges(self._after)
        self._chains = [place for place in reversed(phases.sums) if tape.edges(place)]
        self._edges_inside = edges(operations(phases.inside))
        self._edges_before = edges(self._before)
        self._chain_length = 2 * self._samples - 1
        self._chains_start = 1 + len(self._edges_after)
        self._inside_start = self._chains_start + len(self._chains) * self._chain_length
        self._before_start = self._inside_start + self._samples * len(self._edges_inside)
        self._number_before = _numbers(self._before)
        self._number_inside = _numbers(self._inside)
        self._number_after = _numbers(self._after)
        self._number_edges_after = _numbers(self._edges_after)
        self._number_edges_inside = _numbers(self._edges_inside)
        self._number_edges_before = _numbers(self._edges_before)
        self._running: dict[int, Column] = {}
        super().__init__(evaluation, change)

    @classmethod
    def _count(cls, tape: Tape, samples: int) -> tuple[int, int]:
        forward, backward = 0, 1
        for place, instruction in enumerate(tape.instructions):
            is_sum = instruction.rule is SUM
            if instruction.rule is not None:
                forward += samples if instruction.per_sample or is_sum else 1
            times = samples if instruction.per_sample else 1
            backward += len(tape.edges(place)) * (2 * samples - 1 if is_sum else times)
        return forward, backward

    # -- forward ----------------------------------------------------------------------------

    def _forward(self, index: int) -> Forward:
        place, sample = self._operation(index)
        values = self.evaluation.values
        instruction = self.tape.instructions[place]
        operands = instruction.operands
        if instruction.rule is not SUM:
            inputs = tuple(of_sample(values[operand], sample) for operand in operands)
            return Forward(place, sample, inputs, of_sample(values[place], sample))
        assert sample is not None  # noqa: S101  a sum's additions are of samples
        sums = self.evaluation.running_sums(place)
        before = float(sums[sample - 1]) if sample else 0.0
        term = of_sample(values[operands[0]], sample)
        return Forward(place, sample, (before, term), float(sums[sample]))

    def _operation(self, index: int) -> tuple[int, int | None]:
        """Return the place and the sample of the operation that is computed in a step."""
        if index < len(self._before):
            return self._before[index], None
        index -= len(self._before)
        sample, which = divmod(index, max(1, len(self._inside)))
        if self._inside and sample < self._samples:
            return self._inside[which], sample
        return self._after[index - self._samples * len(self._inside)], None

    def _computed(self, place: int, index: int) -> Known:
        """Return whether an operation is computed after a step, for each sample if per sample."""
        if place in self._number_before:
            return self._number_before[place] <= index
        index -= len(self._before)
        if place in self._number_inside:
            samples = -(-(index + 1 - self._number_inside[place]) // len(self._inside))
            known: Known = np.arange(self._samples) < samples
            return known
        return self._number_after[place] <= index - self._samples * len(self._inside)

    # -- backward ---------------------------------------------------------------------------

    def _backward(self, index: int) -> Entry:
        if index == 0:
            return Seed(len(self.tape.instructions) - 1)
        edge, sample = self._edge(index)
        place, operand = edge
        instruction = self.tape.instructions[place]
        if instruction.rule is SUM:
            assert sample is not None  # noqa: S101  a sum's additions are of samples
            upstream = float(self.evaluation.gradients[place])
            target = instruction.operands[0] if operand else place
            if not operand:
                return Backward(
                    place, 0, place, sample, sample - 1, 1.0, upstream, upstream, None, upstream
                )
        else:
            target = instruction.operands[operand]
        flow = self.evaluation.flow(place, 0 if instruction.rule is SUM else operand)
        before, after = self._accumulated(edge, sample)
        per_sample = self.tape.instructions[target].per_sample
        return Backward(
            place=place,
            index=operand,
            operand=target,
            sample=sample,
            operand_sample=sample if per_sample else None,
            local=of_sample(flow.local, sample),
            upstream=of_sample(flow.upstream, sample),
            contribution=of_sample(flow.contribution, sample),
            before=before,
            after=after,
        )

    def _edge(self, index: int) -> tuple[Edge, int | None]:
        """Return the edge, and the sample, over which a gradient flows in a backward step."""
        if index < self._chains_start:
            return self._edges_after[index - 1], None
        if index < self._inside_start:
            chain, step = divmod(index - self._chains_start, self._chain_length)
            sample = self._samples - 1 - step // 2
            operand = step % 2 if sample else 1
            return (self._chains[chain], operand), sample
        if index < self._before_start:
            sample, which = divmod(index - self._inside_start, len(self._edges_inside))
            return self._edges_inside[which], sample
        return self._edges_before[index - self._before_start], None

    def _index(self, edge: Edge, sample: int | None) -> int:
        """Return the backward step of an edge: the inverse of ``_edge``."""
        if edge in self._number_edges_after:
            return 1 + self._number_edges_after[edge]
        if edge in self._number_edges_before:
            return self._before_start + self._number_edges_before[edge]
        assert sample is not None  # noqa: S101  all others are of samples
        if edge in self._number_edges_inside:
            which = self._number_edges_inside[edge]
            return self._inside_start + sample * len(self._edges_inside) + which
        start = self._chains_start + self._chains.index(edge[0]) * self._chain_length
        return start + 2 * (self._samples - 1 - sample) + (edge[1] if sample else 0)

    def flowed(self, place: int, operand: int, index: int) -> Known:  # noqa: D102  as above
        edge, done = (place, operand), index - self.backward.start + 1
        samples = np.arange(self._samples)
        flowed: Known = False
        if edge in self._number_edges_after or edge in self._number_edges_before:
            flowed = self._index(edge, None) < done
        elif edge in self._number_edges_inside:
            count = done - self._inside_start - self._number_edges_inside[edge]
            flowed = samples < -(-count // len(self._edges_inside))
        elif place in self._chains:
            start = self._chains_start + self._chains.index(place) * self._chain_length
            count = min(max(done - start, 0), self._chain_length)
            if operand == 0:
                flowed = (samples >= self._samples - -(-count // 2)) & (samples > 0)
            else:
                complete = count == self._chain_length
                flowed = samples >= self._samples - count // 2 - complete
        return flowed

    # -- accumulation -----------------------------------------------------------------------

    @cached_property
    def _edges_into(self) -> dict[int, list[Edge]]:
        """The edges into every place, in the order in which gradients flow."""
        into: dict[int, list[Edge]] = {}
        chains = [(place, 1) for place in self._chains]
        for edge in (*self._edges_after, *chains, *self._edges_inside, *self._edges_before):
            into.setdefault(self._operand(edge), []).append(edge)
        return into

    def _operand(self, edge: Edge) -> int:
        instruction = self.tape.instructions[edge[0]]
        return instruction.operands[0 if instruction.rule is SUM else edge[1]]

    @cached_property
    def _contribution(self) -> Any:
        @cache
        def contribution(edge: Edge) -> Any:
            is_sum = self.tape.instructions[edge[0]].rule is SUM
            return self.evaluation.flow(edge[0], 0 if is_sum else edge[1]).contribution

        return contribution

    def _accumulated(self, edge: Edge, sample: int | None) -> tuple[Any, Any]:
        """Return the gradient of an edge's operand before and after it flowed."""
        operand = self._operand(edge)
        earlier = self._edges_into[operand]
        earlier = earlier[: earlier.index(edge)]
        contribution = of_sample(self._contribution(edge), sample)
        before = None
        if self.tape.instructions[operand].per_sample:
            for each in earlier:
                gain = of_sample(self._contribution(each), sample)
                before = gain if before is None else before + gain
        else:
            done = self._count_into(operand, self.backward.start + self._index(edge, sample))
            before = float(self._running_gradient(operand)[done - 2]) if done > 1 else None
        with silent():
            return before, contribution if before is None else before + contribution

    def _count_into(self, operand: int, index: int) -> int:
        """Return how many contributions a shared place has got after a step."""
        edges = self._edges_into.get(operand, ())
        return sum(int(np.sum(self.flowed(*edge, index))) for edge in edges)

    def _running_gradient(self, operand: int) -> Column:
        """Return the gradient of a shared place after each of its contributions."""
        if operand not in self._running:
            edges = self._edges_into[operand]
            inside = [edge for edge in edges if edge in self._number_edges_inside]
            parts = [
                np.full(self._samples, self._contribution(edge))
                if edge[0] in self._chains
                else np.array([self._contribution(edge)])
                for edge in edges
                if edge not in inside
            ]
            if inside:
                columns = [
                    np.broadcast_to(self._contribution(edge), self._samples) for edge in inside
                ]
                early = sum(edge not in self._number_edges_before for edge in edges) - len(inside)
                parts.insert(early, np.stack(columns, axis=1).ravel())
            self._running[operand] = sum_in_order(np.concatenate(parts))
        return self._running[operand]

    # -- progress ---------------------------------------------------------------------------

    def find(self, entry: Entry, sample: int = 0) -> int:  # noqa: D102  as above
        match entry:
            case Forward():
                if entry.place in self._number_before:
                    return self._number_before[entry.place]
                if entry.place in self._number_after:
                    inside = self._samples * len(self._inside)
                    return len(self._before) + inside + self._number_after[entry.place]
                own = sample if entry.sample is None else entry.sample
                which = self._number_inside[entry.place]
                return len(self._before) + own * len(self._inside) + which
            case Seed():
                return self.backward.start
            case Backward():
                own = sample if entry.sample is None else entry.sample
                folded = self.tape.instructions[entry.place].rule is SUM and entry.sample is None
                edge = (entry.place, 1 if folded else entry.index)
                return self.backward.start + self._index(edge, own)
            case Update():
                return self.update.start + entry.parameter

    def progress(self, index: int) -> Progress:  # noqa: D102  as above
        values, valued = [], list[Known]()
        for place, instruction in enumerate(self.tape.instructions):
            is_sum = instruction.rule is SUM
            value = self.evaluation.values[place]
            values.append(self.evaluation.running_sums(place) if is_sum else value)
            valued.append(instruction.rule is None or self._computed(place, index))
        gradients: list[Any] = []
        graded: list[Known] = []
        for place in range(len(self.tape.instructions)):
            gradient, known = self._gradient(place, index)
            gradients.append(gradient)
            graded.append(known)
        return Progress(values, valued, gradients, graded, self._parameters(index))

    def _gradient(self, place: int, index: int) -> tuple[Any, Known]:
        """Return the gradient of a place as accumulated so far, and whether there is one."""
        edges = self._edges_into.get(place, [])
        if self.tape.instructions[place].rule is SUM:
            return self._gradient_of_chain(place, index)
        if place == len(self.tape.instructions) - 1:
            begun = index >= self.backward.start
            return float(begun), begun
        if not self.tape.instructions[place].per_sample:
            done = self._count_into(place, index)
            return (self._running_gradient(place)[done - 1] if done else 0.0), done > 0
        gradient, graded = np.zeros(self._samples), np.zeros(self._samples, dtype=bool)
        for edge in edges:
            flowed = self.flowed(*edge, index)
            gain = np.broadcast_to(self._contribution(edge), self._samples)
            with silent():
                added = np.where(graded, gradient + gain, gain)
            gradient = np.where(flowed, added, gradient)
            graded = graded | flowed
        return gradient, graded

    def _gradient_of_chain(self, place: int, index: int) -> tuple[Column, Known]:
        """Return the gradient of every sample's addition: that of the last, handed on."""
        gradient, graded = np.zeros(self._samples), np.zeros(self._samples, dtype=bool)
        if place not in self._chains:
            return gradient, graded
        graded[:-1] = np.asarray(self.flowed(place, 0, index))[1:]
        gradient[graded] = float(self.evaluation.gradients[place])
        if place == len(self.tape.instructions) - 1:
            gradient[-1] = graded[-1] = index >= self.backward.start
        elif done := self._count_into(place, index):
            gradient[-1], graded[-1] = self._running_gradient(place)[done - 1], True
        return gradient, graded


def _numbers(items: Sequence[Item]) -> dict[Item, int]:
    """Return where each item stands."""
    return {item: number for number, item in enumerate(items)}
