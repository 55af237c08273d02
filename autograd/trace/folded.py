"""The trace of a tape: a step does the same for all samples."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any

import numpy as np

from autograd.arithmetic import silent
from autograd.rules import SUM
from autograd.tape import Tape, sum_in_order
from autograd.trace.entries import Backward, Entry, Forward, Seed, Update
from autograd.trace.trace import Known, Progress, Trace


class FoldedTrace(Trace):
    """A step for every instruction, for every edge of the tape, for every parameter."""

    @cached_property
    def _operations(self) -> list[int]:
        """The places in the order in which they are computed."""
        return [
            place
            for place, instruction in enumerate(self.tape.instructions)
            if instruction.rule is not None
        ]

    @cached_property
    def _edges(self) -> list[tuple[int, int]]:
        """Operation and index of the operand, in the order in which gradients flow."""
        return [edge for place in reversed(self._operations) for edge in self.tape.edges(place)]

    @cached_property
    def _order(self) -> dict[tuple[int, int], int]:
        return {edge: index for index, edge in enumerate(self._edges)}

    @classmethod
    def _count(cls, tape: Tape, samples: int) -> tuple[int, int]:  # noqa: ARG003  of all at once
        operations = sum(instruction.rule is not None for instruction in tape.instructions)
        edges = sum(len(tape.edges(place)) for place in range(len(tape.instructions)))
        return operations, 1 + edges

    def _forward(self, index: int) -> Forward:
        place, values = self._operations[index], self.evaluation.values
        inputs = tuple(values[operand] for operand in self.tape.instructions[place].operands)
        return Forward(place, None, inputs, values[place])

    def _backward(self, index: int) -> Entry:
        if index == 0:
            return Seed(len(self.tape.instructions) - 1)
        place, operand = self._edges[index - 1]
        flow = self.evaluation.flow(place, operand)
        before, after = self._accumulated(index - 1)
        target = self.tape.instructions[place].operands[operand]
        return Backward(
            place, operand, target, None, None, flow.local, flow.upstream, flow.contribution,
            before, after,
        )  # fmt: skip

    def _accumulated(self, edge: int) -> tuple[Any, Any]:
        """Return the gradient of an edge's operand before and after it flowed."""
        operand = self._operand(self._edges[edge])
        earlier = self._edges_into[operand]
        before = None
        with silent():
            for each in earlier[: earlier.index(edge)]:
                gain = self._gain(each)
                before = gain if before is None else before + gain
            gain = self._gain(edge)
            return before, gain if before is None else before + gain

    @cached_property
    def _edges_into(self) -> dict[int, list[int]]:
        into: dict[int, list[int]] = {}
        for index, edge in enumerate(self._edges):
            into.setdefault(self._operand(edge), []).append(index)
        return into

    def _operand(self, edge: tuple[int, int]) -> int:
        place, index = edge
        return self.tape.instructions[place].operands[index]

    @cached_property
    def _gain(self) -> Any:
        @cache
        def gain(edge: int) -> Any:
            """Return what an edge adds to its operand's gradient."""
            contribution = self.evaluation.flow(*self._edges[edge]).contribution
            shared = not self.tape.instructions[self._operand(self._edges[edge])].per_sample
            if not shared:
                return np.broadcast_to(contribution, self.tape.samples)
            return sum_in_order(contribution)[-1] if np.ndim(contribution) else contribution

        return gain

    def find(self, entry: Entry, sample: int = 0) -> int:  # noqa: ARG002, D102  as above
        match entry:
            case Forward():
                return self._operations.index(entry.place)
            case Seed():
                return self.backward.start
            case Backward():
                is_sum = self.tape.instructions[entry.place].rule is SUM
                edge = (entry.place, 0 if is_sum else entry.index)
                return self.backward.start + 1 + self._order[edge]
            case Update():
                return self.update.start + entry.parameter

    def flowed(self, place: int, operand: int, index: int) -> Known:  # noqa: D102  as above
        is_sum = self.tape.instructions[place].rule is SUM
        order = self._order.get((place, 0 if is_sum else operand))
        return order is not None and self.backward.start + 1 + order <= index

    def progress(self, index: int) -> Progress:  # noqa: D102  as above
        instructions = self.tape.instructions
        forward = min(index + 1, len(self._operations))
        valued: list[Known] = [instruction.rule is None for instruction in instructions]
        for place in self._operations[:forward]:
            valued[place] = True
        gradients: list[Any] = [
            np.zeros(self.tape.samples) if instruction.per_sample else 0.0
            for instruction in instructions
        ]
        graded: list[Known] = [False] * len(instructions)
        if index >= self.backward.start:
            gradients[-1], graded[-1] = 1.0, True
        last: dict[int, int] = {}
        for edge in range(min(index, self.backward.stop - 1) - self.backward.start):
            last[self._operand(self._edges[edge])] = edge
        for operand, edge in last.items():
            gradients[operand], graded[operand] = self._accumulated(edge)[1], True
        return Progress(self.evaluation.values, valued, gradients, graded, self._parameters(index))
