"""A tape: a loss as a linear list of instructions, each computed once for all samples.

A loss repeats one expression per sample. A tape holds that expression once, with a column
of numbers where the samples differ, and the sum over the samples as one instruction; what
is common to all samples, before and after the sum, stands on it once. The tape of a
straight line's loss has a dozen instructions, whatever the number of samples.

It is recorded from one sample's expression (:meth:`Tape.record`), or found in the graph of
a whole loss (:meth:`Tape.fold`). Read over NumPy it gives every sample's values and
gradients in a few array operations, by the same rules, in the same order, and so with the
same numbers as a graph with one node per sample and operation, but for the last digit of
NumPy's own pow, exp, sin and the like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.arithmetic import NUMPY, silent
from autograd.folding import Part, constant_columns, fold_parts, record_parts
from autograd.graph import topological_order
from autograd.rules import SUM, Rule
from autograd.tensor import Tensor

Column = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Instruction:
    """One entry of a tape.

    Attributes:
        rule: the operation; SUM for the sum over all samples; None for a leaf.
        operands: the operands' places on the tape, all before this one.
        per_sample: whether there is a value for each sample rather than one for all.
        nodes: the nodes of the graph that it stands for: for a folded loss one per sample,
            for a recorded one the node of the recorded expression. A sum
            stands for the additions of its chain, the last one first, or, where more is added
            in that chain, for none.
        require_grad: whether it lies between a parameter and the loss.
    """

    rule: Rule | None
    operands: tuple[int, ...]
    per_sample: bool
    nodes: Sequence[Tensor]
    require_grad: bool

    @property
    def node(self) -> Tensor:
        """The node it stands for, the first if there are several."""
        return self.nodes[0]


@dataclass(frozen=True, slots=True)
class Gradients:
    """What a backward pass over a tape yields.

    Attributes:
        totals: per place the gradient, a number, or for a per-sample instruction an array of
            shape (samples,); None where none is required.
        contributions: for places that all samples share, what each sample adds to the
            gradient, of shape (samples,).
    """

    totals: list[Any]
    contributions: dict[int, Column]


@dataclass(frozen=True, slots=True)
class Phases:
    """A tape's places, by when they are computed.

    Attributes:
        before: shared places that no sum over samples goes into.
        inside: per-sample places.
        sums: the sums over samples.
        after: shared places from the sums on, the sums among them.
    """

    before: list[int]
    inside: list[int]
    sums: list[int]
    after: list[int]


class Tape:
    """A loss, to be evaluated for all samples at once.

    Attributes:
        instructions: operands before what uses them; the loss is last.
        parameters: the places of the parameters, leaves that all samples share.
        columns: the places of the data columns, leaves with a value for each sample.
        samples: how many samples there are; 1 where nothing is repeated.
    """

    def __init__(
        self, loss: Part, parameters: Sequence[Tensor], columns: Mapping[Part, Column]
    ) -> None:
        """Lay out the parts of a loss; use :meth:`record` or :meth:`fold`."""
        order = topological_order(loss)
        place = {part: index for index, part in enumerate(order)}
        self._places = {node: place[part] for part in order for node in part.nodes[:1]}
        for leaf in parameters:
            if leaf not in self._places:
                raise ValueError(f"the loss does not use {leaf!r}")
            part = order[self._places[leaf]]
            if part.operands or part.per_sample:
                raise ValueError(f"a parameter is a leaf that all samples share, not {leaf!r}")
        self.parameters = tuple(self._places[parameter] for parameter in parameters)
        trainable = set(self.parameters)
        self.columns = {place[part]: values for part, values in columns.items()}
        self.samples = max(part.samples for part in order)
        instructions: list[Instruction] = []
        for index, part in enumerate(order):
            operands = tuple(place[operand] for operand in part.operands)
            require_grad = index in trainable or any(
                instructions[operand].require_grad for operand in operands
            )
            instructions.append(
                Instruction(part.rule, operands, part.per_sample, part.nodes, require_grad)
            )
        self.instructions = tuple(instructions)

    @classmethod
    def record(
        cls,
        loss: Tensor,
        parameters: Sequence[Tensor],
        columns: Mapping[Tensor, Column],
        sums: Mapping[Tensor, Tensor],
    ) -> Tape:
        """Return the tape of a loss written for one sample; no larger graph is ever built.

        ``columns`` gives some leaves a value per sample. ``sums`` says of some leaves of the
        loss that each stands for the sum, over all samples, of an expression::

            m, c, x, y, total = (Scalar(0) for _ in range(5))
            Tape.record(total / 41, [m, c], {x: xs, y: ys}, {total: (y - (m * x + c)) ** 2})

        Raises:
            ValueError: there is no column, columns differ in length, the loss does not use
                one of the leaves, or a sum is used where each sample's value is computed.
        """
        parts, loss_part = record_parts(loss, columns, sums)
        used = set(topological_order(loss_part))
        for leaf in columns:
            if parts.get(leaf) not in used:
                raise ValueError(f"the loss does not use {leaf!r}")
        return cls(loss_part, parameters, {parts[leaf]: values for leaf, values in columns.items()})

    @classmethod
    def fold(cls, loss: Tensor, parameters: Sequence[Tensor] | None = None) -> Tape:
        """Return the tape of any loss, with what it repeats for every sample folded.

        Chains of additions become sums, and terms of the same shape become one expression
        over as many samples; see :mod:`autograd.folding`. Numbers that differ between the
        samples become columns, with their present values. What does not fold is kept as it
        is. Without ``parameters`` these are the leaves that require a gradient, in the order
        in which one reads them.

        Raises:
            ValueError: the loss does not use one of the parameters.
        """
        part, trainable = fold_parts(loss, parameters)
        return cls(part, trainable, constant_columns(part))

    def place(self, node: Tensor) -> int:
        """Return where a node is on the tape; of a per-sample instruction the first node."""
        return self._places[node]

    @cached_property
    def phases(self) -> Phases:
        """Which places are computed before, in and after the samples' part."""
        before: list[int] = []
        inside: list[int] = []
        after: list[int] = []
        sums: list[int] = []
        for place, instruction in enumerate(self.instructions):
            if instruction.per_sample:
                inside.append(place)
            elif instruction.rule is SUM or not set(after).isdisjoint(instruction.operands):
                after.append(place)
            else:
                before.append(place)
            if instruction.rule is SUM:
                sums.append(place)
        return Phases(before, inside, sums, after)

    @cached_property
    def uses(self) -> tuple[tuple[int, int], ...]:
        """Each parameter's uses: how many outside the samples' part, and how many a sample.

        With n samples the graph has ``outside + n · per sample`` paths from the loss to the
        parameter: as often ``loss.parameters()`` yields it.
        """
        outside = [0] * len(self.instructions)
        inside = [0] * len(self.instructions)
        outside[-1] = 1
        for place in reversed(range(len(self.instructions))):
            instruction = self.instructions[place]
            for operand in instruction.operands:
                if instruction.rule is SUM:
                    inside[operand] += outside[place]
                else:
                    outside[operand] += outside[place]
                    inside[operand] += inside[place]
        return tuple((outside[place], inside[place]) for place in self.parameters)

    def total_uses(self, samples: int | None = None) -> Column:
        """Return how often each parameter is used in all, of shape (parameters,).

        ``samples`` is how many there are in a mini-batch; without it, all.
        """
        return total_uses(self.uses, self.samples if samples is None else samples)

    def edges(self, place: int) -> list[tuple[int, int]]:
        """Return over which edges an operation's gradient flows: the place, and which operand."""
        operands = self.instructions[place].operands
        return [
            (place, index)
            for index, operand in enumerate(operands)
            if self.instructions[operand].require_grad
        ]

    def forward(
        self, parameters: Sequence[float] | Column, replaced: Mapping[int, Any] | None = None
    ) -> list[Any]:
        """Return every instruction's value: of shape (samples,) if per sample, else a number.

        ``replaced`` gives some places another value than the one they would have: "what if".
        """
        given = dict(zip(self.parameters, parameters, strict=True))
        replaced = replaced or {}
        values: list[Any] = []
        with silent():
            for place, instruction in enumerate(self.instructions):
                operands = [values[operand] for operand in instruction.operands]
                if place in replaced:
                    value = np.asarray(replaced[place], dtype=float)
                    shape = (self.samples,) if instruction.per_sample else ()
                    values.append(np.broadcast_to(value, shape)[()])
                elif instruction.rule is SUM:
                    terms = np.broadcast_to(operands[0], self.samples)
                    values.append(0.0 + sum_in_order(terms)[-1])
                elif instruction.per_sample and instruction.rule is not None:
                    value = instruction.rule.value(NUMPY, *operands)
                    values.append(np.broadcast_to(value, self.samples))
                elif instruction.rule is not None:
                    values.append(instruction.rule.value(NUMPY, *operands))
                elif place in self.columns:
                    values.append(self.columns[place])
                else:
                    values.append(np.float64(given.get(place, instruction.node.data)))
        return values

    def backward(self, values: Sequence[Any]) -> Gradients:
        """Return every instruction's gradient, from the values that ``forward`` returned."""
        totals: list[Any] = [None] * len(self.instructions)
        contributions: dict[int, Column] = {}
        totals[-1] = np.float64(1.0)
        with silent():
            for place in reversed(range(len(self.instructions))):
                instruction = self.instructions[place]
                if place in contributions:  # complete: every use lies after this place
                    sum_of_samples = sum_in_order(contributions[place])[-1]
                    totals[place] = _add(totals[place], sum_of_samples)
                if instruction.rule is None or totals[place] is None:
                    continue
                for operand, contribution in self._contributions(place, values, totals[place]):
                    if self.instructions[operand].per_sample:
                        totals[operand] = _add(totals[operand], contribution)
                    elif np.ndim(contribution):
                        before = contributions.get(operand)
                        contributions[operand] = _add(before, contribution)
                    else:
                        totals[operand] = _add(totals[operand], contribution)
        return Gradients(totals, contributions)

    def _contributions(
        self, place: int, values: Sequence[Any], upstream: Any
    ) -> list[tuple[int, Any]]:
        """Return upstream × local derivative for each operand that requires a gradient."""
        operands = self.instructions[place].operands
        return [
            (operands[index], upstream * self.local_derivative(place, index, values))
            for _, index in self.edges(place)
        ]

    def local_derivative(
        self, place: int, index: int, values: Sequence[Any] | Mapping[int, Any]
    ) -> Any:
        """Return ∂operation/∂operand at these values; of a sum, 1 for every sample."""
        instruction = self.instructions[place]
        rule = instruction.rule
        if rule is None:
            raise ValueError(f"place {place} is a leaf: it has no operands")
        if rule is SUM:
            return np.ones(self.samples)
        inputs = [values[operand] for operand in instruction.operands]
        return rule.derivatives[index](NUMPY, values[place], *inputs)

    def evaluate(self, parameters: Sequence[float] | Column) -> tuple[float, Column]:
        """Return the loss and its gradient with respect to each parameter."""
        values = self.forward(parameters)
        totals = self.backward(values).totals
        return float(values[-1]), gradient_of(self.parameters, totals)

    def __repr__(self) -> str:
        """Return a line such as "Tape(3 shared + 6 × 41 samples, parameters m, c)"."""
        repeated = sum(instruction.per_sample for instruction in self.instructions)
        shared = len(self.instructions) - repeated
        size = f"{shared} shared + {repeated} × {self.samples} samples" if repeated else shared
        return f"Tape({size}, {self._parameter_names()})"

    def _parameter_names(self) -> str:
        """Return the parameters by name, if there are few and they have names, or their number."""
        names = [self.instructions[place].node.name or "" for place in self.parameters]
        few = len(names) <= 5 and all(names)
        return f"parameters {', '.join(names) or 'none'}" if few else f"{len(names)} parameters"

    def __str__(self) -> str:
        """Return the tape as a listing, an instruction a line."""
        return "\n".join([repr(self), *map(self._line, range(len(self.instructions)))])

    def _line(self, place: int) -> str:
        instruction = self.instructions[place]
        if instruction.rule is not None:
            operands = " ".join(map(str, instruction.operands))
            text = f"{instruction.rule.name} {operands}"
        elif place in self.columns:
            text = f"column {instruction.node.name or ''}"
        elif place in self.parameters:
            text = f"parameter {instruction.node.name or ''}"
        else:
            text = f"constant {instruction.node.data!r}"
        times = f"  × {self.samples}" if instruction.per_sample else ""
        return f"{place:5}  {text.rstrip()}{times}"


def _add(before: Any, contribution: Any) -> Any:
    return contribution if before is None else before + contribution


def gradient_of(parameters: Sequence[int], totals: Sequence[Any]) -> Column:
    """Return the parameters' part of all gradients, of shape (parameters,); 0 where none is."""
    return np.array([0.0 if totals[place] is None else totals[place] for place in parameters])


def total_uses(uses: Sequence[tuple[int, int]], samples: int) -> Column:
    """Return what :attr:`Tape.uses` comes to with so many samples, of shape (parameters,)."""
    outside, inside = np.array(uses, dtype=float).reshape(-1, 2).T
    total: Column = outside + inside * samples
    return total


def sum_in_order(terms: Column) -> Column:
    """Return the running sums of the terms, added one after another as a loop would."""
    with silent():
        return np.cumsum(terms)
