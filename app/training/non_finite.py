"""Where the first inf or nan of a pass comes up, how it came about, and how to walk there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from app.study.hyperparameters import Training
from app.training.causes import Cause, Explanation, uses_of
from app.training.moment import Moment
from app.training.selection import SelectedEdge, SelectedNode, Selection
from autograd import rules
from autograd.arithmetic import silent
from autograd.evaluation import Evaluation
from autograd.tape import Column
from autograd.trace import Backward, Entry, Forward, UnfoldedTrace, Update


class Kind(Enum):
    """What it is that is not finite."""

    VALUE = "value"
    GRADIENT = "gradient"
    PARAMETER = "parameter"


@dataclass(frozen=True, slots=True)
class NonFinite:
    """The first number of a pass that is inf or nan.

    Attributes:
        kind: what it is.
        place: whose it is, on the tape.
        sample: the sample, as a number within the probe; None for what all share.
        entry: the step that it comes up in, with one sample's numbers; the step of either
            kind of trace is ``trace.find(entry, sample or 0)``.
    """

    kind: Kind
    place: int
    sample: int | None
    entry: Forward | Backward | Update


def first_non_finite(moment: Moment) -> NonFinite | None:
    """Return the first step of a moment's pass whose result is inf or nan; None if none is.

    The order is the unfolded trace's: values, sample by sample, then gradients, then
    parameters, these only where the pass ends with an update. What goes into that result is
    finite, or came into the pass as it is.
    """
    evaluation = moment.evaluation
    trace = UnfoldedTrace(evaluation, moment.change)
    with silent():
        forward = _first_value(evaluation)
        if forward is not None:
            place, sample = forward
            entry: Entry = trace[trace.find(Forward(place, sample, (), None))]
            assert isinstance(entry, Forward)  # noqa: S101
            return NonFinite(Kind.VALUE, place, sample, entry)
        found = _first_flow(evaluation)
    if found is not None:
        entry = trace[trace.find(found)]
        assert isinstance(entry, Backward)  # noqa: S101
        return NonFinite(Kind.GRADIENT, entry.operand, entry.operand_sample, entry)
    for index in trace.update:
        entry = trace[index]
        if isinstance(entry, Update) and not math.isfinite(entry.after):
            return NonFinite(Kind.PARAMETER, entry.place, None, entry)
    return None


# -- searching -------------------------------------------------------------------------------


def _first(numbers: Any) -> int | None:
    """Return the index of the first of the numbers that is not finite."""
    bad = ~np.isfinite(numbers)
    return int(np.argmax(bad)) if np.any(bad) else None


def _first_value(evaluation: Evaluation) -> tuple[int, int | None] | None:
    """Return place and sample of the first operation whose value is not finite."""
    tape, values = evaluation.tape, evaluation.values
    phases = tape.phases

    def first_shared(places: Sequence[int]) -> tuple[int, None] | None:
        operations = (place for place in places if tape.instructions[place].rule is not None)
        found = (place for place in operations if not np.isfinite(values[place]))
        return next(((place, None) for place in found), None)

    before = first_shared(phases.before)
    if before is not None:
        return before
    inside = [place for place in phases.inside if tape.instructions[place].rule is not None]
    columns = [(place, values[place]) for place in inside]
    columns += [(place, evaluation.running_sums(place)) for place in phases.sums]
    found = [
        (sample, order)
        for order, (_, column) in enumerate(columns)
        if (sample := _first(column)) is not None
    ]
    if found:
        sample, order = min(found)
        return columns[order][0], sample
    return first_shared([place for place in phases.after if place not in phases.sums])


def _first_flow(evaluation: Evaluation) -> Backward | None:
    """Return the step after which a gradient is first not finite, where all values are finite.

    Only place, index and sample of it are filled in.
    """
    if all(np.isfinite(each).all() for each in evaluation.gradients if each is not None):
        return None  # what is once inf or nan does not become finite by adding
    found = [each for place in _graded(evaluation) for each in _first_into(evaluation, place)]
    if not found:
        return None
    _, (place, index), sample = min(found)
    if evaluation.tape.instructions[place].rule is rules.SUM:
        index = 1  # of an addition: the term, not the addition before
    none: Any = None
    return Backward(place, index, place, sample, None, none, none, none, none, none)


def _graded(evaluation: Evaluation) -> list[int]:
    instructions = evaluation.tape.instructions
    return [place for place, each in enumerate(instructions) if each.require_grad]


Flowing = tuple[tuple[int, int, int], tuple[int, int], int | None]
"""When a gradient flows, over which edge, and the sample: see :func:`_first_into`."""


def _first_into(evaluation: Evaluation, operand: int) -> Iterator[Flowing]:
    """Yield for the edges into a place the first flow after which its gradient is not finite.

    What they are sorted by is the order of the unfolded trace: what follows the sums, the
    chains of additions from the last sample back, the samples one by one, what is before them.
    """
    samples = evaluation.tape.samples
    total: Any = 0.0
    after, chains, inside, before = _edges_into(evaluation, operand)
    for order, edge in after:
        total = total + evaluation.flow(*edge).contribution
        if not np.isfinite(total):
            yield (0, 0, order), edge, None
    if evaluation.tape.instructions[operand].per_sample:
        for order, edge in chains:
            total = total + evaluation.flow(*edge).contribution
            if (back := _first(total[::-1])) is not None:
                yield (1, order, back), edge, samples - 1 - back
        for order, edge in inside:
            total = total + evaluation.flow(*edge).contribution
            if (sample := _first(total)) is not None:
                yield (2, sample, order), edge, sample
        return
    for order, edge in chains:
        sums = np.cumsum(np.append(total, evaluation.flow(*edge).contribution[::-1]))[1:]
        total = sums[-1]
        if (back := _first(sums)) is not None:
            yield (1, order, back), edge, samples - 1 - back
    if inside:
        columns = [evaluation.flow(*edge).contribution for _, edge in inside]
        together = np.stack(columns, axis=1).ravel()
        sums = np.cumsum(np.append(total, together))[1:]
        total = sums[-1]
        if (index := _first(sums)) is not None:
            sample, which = divmod(index, len(inside))
            yield (2, sample, inside[which][0]), inside[which][1], sample
    for order, edge in before:
        total = total + evaluation.flow(*edge).contribution
        if not np.isfinite(total):
            yield (3, 0, order), edge, None


def _edges_into(
    evaluation: Evaluation, operand: int
) -> tuple[list[tuple[int, tuple[int, int]]], ...]:
    """Return the edges into a place, numbered in order, by when they are flowed over."""
    tape, phases = evaluation.tape, evaluation.tape.phases
    after = [place for place in phases.after if place not in phases.sums]

    def into(places: Sequence[int]) -> list[tuple[int, tuple[int, int]]]:
        edges = [edge for place in reversed(places) for edge in tape.edges(place)]
        return [
            (order, edge)
            for order, edge in enumerate(edges)
            if tape.instructions[edge[0]].operands[edge[1]] == operand
        ]

    return tuple(map(into, (after, phases.sums, phases.inside, phases.before)))


def explain(
    moment: Moment,
    found: NonFinite,
    training: Training | None = None,
    before: Column | None = None,
) -> list[Cause]:
    """Return how what is not finite came about: sentence by sentence down to the cause.

    Args:
        moment: the moment.
        found: what :func:`first_non_finite` found in it.
        training: the settings in force; None leaves out what they have to do with it.
        before: the parameters of the epoch before, of shape (parameters,); None for none.
    """
    with silent():
        return list(Explanation(moment, training, before).causes(found.entry))


# -- walking there ---------------------------------------------------------------------------


def path(moment: Moment, found: NonFinite) -> list[Selection]:
    """Return nodes and edges from the loss back to what is not finite."""
    evaluation, entry = moment.evaluation, found.entry
    way: list[Selection] = [SelectedNode(found.place)]
    place = found.place
    if isinstance(entry, Backward):
        place = entry.place
        is_sum = evaluation.tape.instructions[place].rule is rules.SUM
        way += [SelectedEdge(place, 0 if is_sum else entry.index), SelectedNode(place)]
    while uses := uses_of(evaluation, place):
        spoilt = [each for each in uses if not np.isfinite(evaluation.values[each[0]]).all()]
        place, index = (spoilt or uses)[0]
        way += [SelectedEdge(place, index), SelectedNode(place)]
    return way[::-1]
