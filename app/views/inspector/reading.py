"""What can be read off a moment about a node or an edge, as far as it is known there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.training.moment import Moment
from app.training.selection import SelectedEdge, Selection, subject_of
from app.views.inspector.addition import Addition
from autograd.arithmetic import silent
from autograd.formula import enclose
from autograd.rules import SUM
from autograd.tape import sum_in_order
from autograd.trace import UnfoldedTrace, Update

Column = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Contributions:
    """What each sample adds to the gradient of a place that all share.

    Attributes:
        numbers: of shape (samples,).
        known: whether it has flowed yet, of shape (samples,).
    """

    numbers: Column
    known: npt.NDArray[np.bool_]

    @property
    def total(self) -> float | None:
        """The sum over the samples whose contribution has flowed; None if there is none."""
        known = self.numbers[self.known]
        return float(sum_in_order(known)[-1]) if len(known) else None

    def __add__(self, other: Contributions) -> Contributions:
        with silent():
            numbers = np.where(self.known, self.numbers, 0.0)
            numbers = numbers + np.where(other.known, other.numbers, 0.0)
        return Contributions(numbers, self.known | other.known)


@dataclass(frozen=True, slots=True)
class Called:
    """What a node, or one addition of a sum, is called.

    Attributes:
        title: in a row, such as “m · x” or “sum up to sample 7”.
        symbol: within a fraction, such as “(m · x)” or “sum₇”.
        gradient: its gradient, such as “∂L/∂sum₇”.
    """

    title: str
    symbol: str
    gradient: str


@dataclass(frozen=True, slots=True)
class EdgeFlow:
    """What flows over an edge, from an operation back to one of its operands.

    Attributes:
        edge: the operation's place, and which of its operands.
        operand: the operand's place.
        source, target: what the operation and the operand are called.
        local: the local derivative of the sample; None while the operation is not computed.
        upstream, contribution: of the sample; None while the gradient has not flowed.
        contributions: of every sample, where the operand is shared and the operation is not.
    """

    edge: SelectedEdge
    operand: int
    source: Called
    target: Called
    local: float | None
    upstream: float | None
    contribution: float | None
    contributions: Contributions | None

    @property
    def derivative(self) -> str:
        """What the local derivative is called, such as "∂ŷ/∂m"."""
        return f"∂{self.source.symbol}/∂{self.target.symbol}"

    @property
    def has_begun(self) -> bool:
        """Whether the gradient has flowed, at least of some sample."""
        if self.contributions is not None:
            return bool(np.any(self.contributions.known))
        return self.contribution is not None


class Reading:
    """The numbers of one sample at a moment, by place, as far as the moment's trace has gone.

    Attributes:
        moment: the moment.
        sample: whose numbers: the selected sample's, or, where the subject is what the step
            of an unfolded trace is about, that step's. A number within the moment's probe.
        step: the step, if it is about the subject.
        addition: the sample's addition of an unfolded sum, where the subject is about that
            rather than about the whole sum.
    """

    def __init__(self, moment: Moment, subject: Selection | None = None) -> None:
        self.moment = moment
        self.tape = moment.evaluation.tape
        self.names = moment.probe.names
        entry = moment.entry
        self.step = entry if entry is not None and subject_of(entry) == subject else None
        own = None if self.step is None else self.step.sample
        self.sample = moment.sample if own is None else own
        self.addition = Addition.of(moment, subject, self.sample)

    @property
    def is_beside_the_step(self) -> bool:
        """Whether there is a step and the subject is not what it is about."""
        return self.moment.entry is not None and self.step is None

    @property
    def sample_number(self) -> int:
        """The sample's number within all data."""
        return self.number_in_all(self.sample)

    def number_in_all(self, sample: int) -> int:
        """Return the number within all data of a sample of the probe."""
        chosen = self.moment.probe.chosen
        return sample if chosen is None else int(chosen[sample])

    def value(self, place: int) -> float | None:
        """Return a value; None if it is not known yet."""
        addition = self.addition_at(place)
        return self.moment.value(place, self.sample) if addition is None else addition.value

    def gradient(self, place: int) -> float | None:
        """Return a gradient as accumulated so far; None if there is none yet."""
        addition = self.addition_at(place)
        return self.moment.gradient(place, self.sample) if addition is None else addition.gradient

    def addition_at(self, place: int) -> Addition | None:
        """Return the addition that the subject is about, if it is of the sum at this place."""
        addition = self.addition
        return addition if addition is not None and addition.place == place else None

    def called(self, place: int) -> Called:
        """Return what a node is called."""
        if (addition := self.addition_at(place)) is not None:
            return _called(addition)
        symbol = self.names.symbol(place)
        return Called(symbol, enclose(symbol), self.names.gradient(place))

    def requires_gradient(self, place: int) -> bool:
        """Return whether the place lies between a parameter and the loss."""
        return self.tape.instructions[place].require_grad

    def is_editable(self, place: int) -> bool:
        """Return whether a place is a leaf whose value can be replaced here.

        A parameter's can only before the epoch's first update.
        """
        moment = self.moment
        if place in self.tape.columns:
            return True
        if place not in self.tape.parameters:
            return False
        if moment.running is None or moment.trace is None:
            return True
        return moment.running.number == 0 and moment.index not in moment.trace.update

    def is_replaced(self, place: int) -> bool:
        """Return whether a leaf's value is a person's, put in place of the run's own."""
        what_if = self.moment.what_if
        if place in self.tape.parameters:
            return self.tape.parameters.index(place) in what_if.parameters
        return (place, self.sample_number) in what_if.data

    def is_complete(self, place: int) -> bool:
        """Return whether all that a place's gradient gains has flowed."""
        uses = self.uses(place)
        if not uses:
            return self.gradient(place) is not None
        shared = not self.tape.instructions[place].per_sample
        return all(
            bool(np.all(each.contributions.known))
            if shared and each.contributions is not None
            else each.contribution is not None
            for each in uses
        )

    def operands(self, place: int) -> list[EdgeFlow]:
        """Return the edges from an operation to those of its operands that are no constants."""
        addition = self.addition_at(place)
        chain = []
        if addition is not None and not addition.before.is_start:
            chain.append(self._handed_on(addition))
        return chain + [
            self.flow(self._edge(place, index))
            for index, operand in enumerate(self.tape.instructions[place].operands)
            if not self.names.is_constant(operand)
        ]

    def uses(self, place: int) -> list[EdgeFlow]:
        """Return the edges over which a place gets its gradient."""
        if not self.requires_gradient(place):
            return []
        addition = self.addition_at(place)
        if addition is not None and addition.after is not None:
            return [self._handed_on(addition.after)]
        return [
            self.flow(self._edge(user, index))
            for user in range(len(self.tape.instructions) - 1, place, -1)
            for index, operand in enumerate(self.tape.instructions[user].operands)
            if operand == place
        ]

    def contributions(self, place: int) -> Contributions | None:
        """Return what each sample adds to a place's gradient, over all its uses; None if none."""
        total: Contributions | None = None
        for each in self.uses(place):
            if each.contributions is not None:
                total = each.contributions if total is None else total + each.contributions
        return total

    def is_handed_on(self, edge: SelectedEdge) -> bool:
        """Return whether an edge is one of the unfolded chain, between two additions."""
        return edge.index == 0 and edge != self._edge(edge.place, 0)

    def begins_with(self, edge: SelectedEdge) -> bool:
        """Return whether an edge leads to the 0 that an unfolded sum begins with."""
        return self.is_handed_on(edge) and self.before(edge.place).is_start

    def before(self, place: int) -> Addition:
        """Return what the subject's addition, of the sum at this place, adds to."""
        addition = self.addition_at(place)
        assert addition is not None  # noqa: S101  else there is none
        return addition.before

    def _edge(self, place: int, index: int) -> SelectedEdge:
        """Return an edge; to the term of a sum, as it is numbered where the sum is unfolded."""
        unfolded = isinstance(self.moment.trace, UnfoldedTrace)
        is_term = self.tape.instructions[place].rule is SUM and unfolded
        return SelectedEdge(place, 1 if is_term else index)

    def flow(self, edge: SelectedEdge) -> EdgeFlow:
        """Return what flows over an edge."""
        place = edge.place
        instruction = self.tape.instructions[place]
        evaluation = self.moment.evaluation
        if self.addition is not None and self.is_handed_on(edge):
            return self._handed_on(self.addition)
        index = 0 if instruction.rule is SUM else edge.index
        operand = instruction.operands[index]
        ends = self.called(place), self.called(operand)
        computed = instruction.rule is SUM or self.value(place) is not None
        if not self.requires_gradient(operand):
            with silent():
                local = self.tape.local_derivative(place, index, evaluation.values)
            local = self._at(local) if computed else None
            return EdgeFlow(edge, operand, *ends, local, None, None, None)
        flow = evaluation.flow(place, index)
        known = self.moment.flowed(place, self._edge(place, index).index)
        flowed = bool(self._at(known))
        contributions = None
        if np.ndim(flow.contribution) and not self.tape.instructions[operand].per_sample:
            flows = np.broadcast_to(np.asarray(known), len(flow.contribution))
            contributions = Contributions(flow.contribution, flows)
        return EdgeFlow(
            edge,
            operand,
            *ends,
            float(self._at(flow.local)) if computed else None,
            float(self._at(flow.upstream)) if flowed else None,
            float(self._at(flow.contribution)) if flowed else None,
            contributions,
        )

    def _handed_on(self, addition: Addition) -> EdgeFlow:
        """Return what flows from an addition to the one before it."""
        place = addition.place
        flowed = self.moment.flowed(place, 0)
        known = not isinstance(flowed, bool) and bool(flowed[addition.sample])
        gradient = float(self.moment.evaluation.gradients[place]) if known else None
        ends = _called(addition), _called(addition.before)
        return EdgeFlow(SelectedEdge(place, 0), place, *ends, 1.0, gradient, gradient, None)

    def of_step(self, number: Any) -> float | None:
        """Return the sample's number of a step's; None if there is none yet."""
        return None if number is None else float(self._at(number))

    def update(self, place: int) -> Update | None:
        """Return the update of a parameter, once the gradient is complete; else None."""
        moment = self.moment
        known = moment.trace is not None and moment.index >= moment.trace.backward.stop - 1
        if not known or moment.change is None or place not in self.tape.parameters:
            return None
        entry = moment.trace[moment.trace.update.start + self.tape.parameters.index(place)]
        return entry if isinstance(entry, Update) else None

    def _at(self, number: Any) -> Any:
        return number[self.sample] if np.ndim(number) else number


def _called(addition: Addition) -> Called:
    return Called(addition.title, addition.symbol, f"∂L/∂{addition.symbol}")
