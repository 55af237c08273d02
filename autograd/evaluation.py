"""A tape with its numbers: all values, all gradients, and what flows over every edge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autograd.arithmetic import silent
from autograd.tape import Column, Tape, gradient_of, sum_in_order


@dataclass(frozen=True, slots=True)
class Flow:
    """What the chain rule says of one edge: contribution = upstream · local.

    Numbers are of shape (samples,) where they differ between samples.

    Attributes:
        local: the local derivative, ∂operation/∂operand.
        upstream: the gradient of the operation.
        contribution: what the operand's gradient gains, from each sample.
    """

    local: Any
    upstream: Any
    contribution: Any


class Evaluation:
    """A tape with its numbers at some parameters: all values and all gradients.

    Attributes:
        tape: the tape.
        parameters: of shape (parameters,).
        values: by place; of shape (samples,) if per sample, else a number.
        gradients: the same; None where none is required.
        contributions: for places that all samples share, what each sample adds to the
            gradient, of shape (samples,).
    """

    def __init__(
        self,
        tape: Tape,
        parameters: Sequence[float] | Column,
        replaced: Mapping[int, Any] | None = None,
    ) -> None:
        """Compute everything; ``replaced`` is explained at :meth:`Tape.forward`."""
        self.tape = tape
        self.parameters = np.array(parameters, dtype=float)
        self.values = tape.forward(self.parameters, replaced)
        found = tape.backward(self.values)
        self.gradients = found.totals
        self.contributions = found.contributions
        self._sums: dict[int, Column] = {}
        self._flows: dict[tuple[int, int], Flow] = {}

    @property
    def loss(self) -> float:
        """The loss."""
        return float(self.values[-1])

    @cached_property
    def gradient(self) -> Column:
        """The gradient with respect to each parameter, of shape (parameters,)."""
        return gradient_of(self.tape.parameters, self.gradients)

    def running_sums(self, place: int) -> Column:
        """Return the sums of the terms of a SUM after each sample, of shape (samples,)."""
        if place not in self._sums:
            (term,) = self.tape.instructions[place].operands
            terms = np.broadcast_to(self.values[term], self.tape.samples)
            self._sums[place] = 0.0 + sum_in_order(terms)  # as a loop begins with 0
        return self._sums[place]

    def flow(self, place: int, index: int) -> Flow:
        """Return what flows from an operation to its operand of that index.

        The operation must require a gradient.
        """
        if (place, index) not in self._flows:
            self._flows[place, index] = self._flow(place, index, self.values, self.gradients[place])
        return self._flows[place, index]

    def flow_of(self, place: int, index: int, sample: int) -> Flow:
        """Return one sample's part of what flows, without computing that of all others."""
        operands = self.tape.instructions[place].operands
        values = {
            each: np.float64(of_sample(self.values[each], sample)) for each in (place, *operands)
        }
        flow = self._flow(place, index, values, of_sample(self.gradients[place], sample))
        own = (of_sample(each, sample) for each in (flow.local, flow.upstream, flow.contribution))
        return Flow(*own)

    def _flow(self, place: int, index: int, values: Any, upstream: Any) -> Flow:
        with silent():
            local = self.tape.local_derivative(place, index, values)
            return Flow(local, upstream, upstream * local)


def of_sample(numbers: Any, sample: int | None) -> float:
    """Return a sample's number of a column, or the number that all samples share."""
    return float(numbers[sample] if np.ndim(numbers) else numbers)
