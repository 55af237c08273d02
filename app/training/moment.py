"""What can be seen at one place of a run: the numbers as far as they are known there."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from app.training.epoch_trace import NOTHING_REPLACED, Pass, WhatIf
from app.training.snapshot import Probe
from autograd.evaluation import Evaluation
from autograd.optimizers import Change
from autograd.rules import SUM
from autograd.tape import Column
from autograd.trace import Entry, Progress, Stage, Trace
from autograd.trace.trace import Known


@dataclass(frozen=True)
class Moment:
    """An epoch, either with all its numbers or as far as its trace has gone.

    Attributes:
        epoch: which epoch.
        probe: the samples that it is about: all, or within a trace a mini-batch.
        evaluation: all values and gradients, also those not yet known.
        sample: the selected sample, as a number within the probe.
        trace: the steps of the forward pass, the backward pass and the update; None where
            the epoch is looked at as a whole.
        index: the step of the trace that was done last.
        running: the pass of the epoch that the trace is of.
        what_if: what a person has replaced.
    """

    epoch: int
    probe: Probe
    evaluation: Evaluation
    sample: int = 0
    trace: Trace | None = None
    index: int = -1
    running: Pass | None = None
    what_if: WhatIf = field(default=NOTHING_REPLACED)

    @property
    def entry(self) -> Entry | None:
        """The step that was done last; None where the epoch is looked at as a whole."""
        return None if self.trace is None else self.trace[self.index]

    @property
    def stage(self) -> Stage | None:
        """The stage of that step."""
        return None if self.trace is None else self.trace.stage(self.index)

    @property
    def change(self) -> Change | None:
        """The update that the epoch ends with; None where the epoch is looked at as a whole."""
        return None if self.running is None else self.running.change

    @cached_property
    def progress(self) -> Progress:
        """What is known: everything, or as far as the trace has gone."""
        if self.trace is not None:
            return self.trace.progress(self.index)
        evaluation = self.evaluation
        gradients = [0.0 if each is None else each for each in evaluation.gradients]
        return Progress(
            values=evaluation.values,
            valued=[True] * len(gradients),
            gradients=gradients,
            graded=[instruction.require_grad for instruction in evaluation.tape.instructions],
            parameters=evaluation.parameters,
        )

    @property
    def parameters(self) -> Column:
        """The parameters; those that the trace has updated with their new values."""
        return self.progress.parameters

    def value(self, place: int, sample: int | None = None) -> float | None:
        """Return a value, of the selected sample or another; None if it is not known yet.

        A parameter that the trace has updated has its new value.
        """
        tape = self.evaluation.tape
        if place in tape.parameters:
            return float(self.parameters[tape.parameters.index(place)])
        progress = self.progress
        return self._number(progress.values[place], progress.valued[place], place, sample)

    def gradient(self, place: int, sample: int | None = None) -> float | None:
        """Return a gradient as accumulated so far, of the selected sample or another.

        None if there is none, or none yet.
        """
        progress = self.progress
        return self._number(progress.gradients[place], progress.graded[place], place, sample)

    def _number(self, number: Any, known: Known, place: int, sample: int | None) -> float | None:
        """Return a sample's number, if it is known; of the unfolded sum the whole one's."""
        if self.evaluation.tape.instructions[place].rule is SUM:
            sample = -1
        elif sample is None:
            sample = self.sample
        if not (known[sample] if isinstance(known, np.ndarray) else known):
            return None
        return float(number[sample]) if np.ndim(number) else float(number)

    def flowed(self, place: int, index: int) -> Known:
        """Return whether the gradient has flowed from an operation to its operand."""
        if self.trace is None:
            instruction = self.evaluation.tape.instructions[place]
            operand = instruction.operands[min(index, len(instruction.operands) - 1)]
            return self.evaluation.tape.instructions[operand].require_grad
        return self.trace.flowed(place, index, self.index)
