"""What the folded and the unfolded trace have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from autograd.evaluation import Evaluation
from autograd.optimizers import Change, Vector
from autograd.tape import Tape
from autograd.trace.entries import Entry, Stage, Update

Known = bool | npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known after a step of a trace.

    Each list has an entry for every place on the tape: a number or bool, or an array of shape
    (samples,) for what each sample has its own of. In an unfolded trace each sample also has
    its own running sum and its own addition, at the place of the sum.

    Attributes:
        values: the values, also those not yet known.
        valued: whether the value is known.
        gradients: the gradients as accumulated so far; 0 where there is none yet.
        graded: whether there is a gradient.
        parameters: the parameters, those updated with their new values.
    """

    values: list[Any]
    valued: list[Known]
    gradients: list[Any]
    graded: list[Known]
    parameters: Vector


class Trace(ABC, Sequence[Entry]):
    """The steps of one epoch, each computed when it is looked at.

    Attributes:
        evaluation: the tape's values and gradients.
        change: what the optimizer makes of the gradient; None leaves the updates out.
        forward, backward, update: the indices of each stage's entries.
    """

    def __init__(self, evaluation: Evaluation, change: Change | None = None) -> None:
        self.evaluation = evaluation
        self.tape = evaluation.tape
        self.change = change
        updates = len(self.tape.parameters) if change is not None else 0
        first, then = self._count(self.tape, self.tape.samples)
        self.forward = range(first)
        self.backward = range(first, first + then)
        self.update = range(first + then, first + then + updates)

    @classmethod
    def length(cls, tape: Tape, samples: int | None = None) -> int:
        """Return how many entries a trace with updates has: numbers make no difference.

        ``samples`` is how many there are in a mini-batch; without it, all.
        """
        counts = cls._count(tape, tape.samples if samples is None else samples)
        return sum(counts) + len(tape.parameters)

    @classmethod
    @abstractmethod
    def _count(cls, tape: Tape, samples: int) -> tuple[int, int]:
        """Return how many forward and how many backward entries there are."""

    @abstractmethod
    def _forward(self, index: int) -> Entry: ...

    @abstractmethod
    def _backward(self, index: int) -> Entry: ...

    @abstractmethod
    def find(self, entry: Entry, sample: int = 0) -> int:
        """Return the index of the step that does what an entry of either kind of trace does.

        Of a folded trace's entry, which covers all samples, it is that sample's step.
        """

    @abstractmethod
    def progress(self, index: int) -> Progress:
        """Return what is known after the step of that index."""

    @abstractmethod
    def flowed(self, place: int, operand: int, index: int) -> Known:
        """Return whether the gradient has flowed over an edge after the step of that index.

        Args:
            place: the operation's place on the tape.
            operand: which of its operands. Of an addition of the unfolded chain 0 is the
                addition before and 1 the term.
            index: the step.
        """

    def __len__(self) -> int:
        return self.update.stop

    def stage(self, index: int) -> Stage:
        """Return the stage of the entry of that index."""
        if index in self.forward:
            return Stage.FORWARD
        return Stage.BACKWARD if index in self.backward else Stage.UPDATE

    def indices(self, stage: Stage) -> range:
        """Return the indices of a stage's entries."""
        return {
            Stage.FORWARD: self.forward,
            Stage.BACKWARD: self.backward,
            Stage.UPDATE: self.update,
        }[stage]

    @overload
    def __getitem__(self, index: int) -> Entry: ...

    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...

    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"the trace has {len(self)} entries, none of index {index}")
        index %= len(self)
        if index in self.forward:
            return self._forward(index)
        if index in self.backward:
            return self._backward(index - self.backward.start)
        return self._update(index - self.update.start)

    def _update(self, parameter: int) -> Update:
        change = self.change
        assert change is not None  # noqa: S101  else there are no such entries
        return Update(
            parameter=parameter,
            place=self.tape.parameters[parameter],
            sample=None,
            gradient=float(change.gradient[parameter]),
            clipped=float(change.clipped[parameter]),
            direction=float(change.direction[parameter]),
            learning_rate=change.learning_rate,
            times=int(change.times[parameter]),
            before=float(change.before[parameter]),
            after=float(change.after.parameters[parameter]),
        )

    def _parameters(self, index: int) -> Vector:
        """Return the parameters after the step of that index."""
        parameters = self.evaluation.parameters.copy()
        if self.change is not None and index in self.update:
            done = index - self.update.start + 1
            parameters[:done] = self.change.after.parameters[:done]
        return parameters
