"""An experiment at one epoch: every node's value and gradient, from the recorded parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.study.data import Samples, make_samples
from app.study.experiment import Problem
from app.study.model import Curve, record_loss
from autograd.evaluation import Evaluation
from autograd.naming import Names
from autograd.tape import Column

Chosen = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every value and gradient of the loss at one epoch.

    Attributes:
        epoch: the epoch whose parameters these are.
        evaluation: all values and gradients.
    """

    epoch: int
    evaluation: Evaluation

    @property
    def parameters(self) -> Column:
        """The parameters, of shape (parameters,)."""
        return self.evaluation.parameters


class Probe:
    """Computes snapshots of an experiment's loss, for the same data at any parameters.

    Attributes:
        problem: what the loss is recorded from.
        samples: the data that are trained on: all of them, or a mini-batch.
        test: the data that are kept for testing.
        chosen: the numbers of a mini-batch's samples in the whole data; None for all.
        tape: the loss, recorded with the model's own code.
        x, y: the places of the data columns on the tape.
        prediction: the place of ŷ on the tape.
        names: what the places are called.
        parts: the place of each part of the model's formula, by where it stands in the text.
    """

    def __init__(self, problem: Problem, samples: Samples | None = None) -> None:
        """Record the loss of a problem's data, or of these samples of it."""
        self.problem = problem
        split = make_samples(problem.data, problem.model)
        self.samples = split.train if samples is None else samples
        self.test = split.test
        self.chosen: Chosen | None = None
        recorded = record_loss(problem, self.samples)
        self.tape = recorded.tape
        self.x, self.y, self.prediction = recorded.x, recorded.y, recorded.prediction
        self.names = Names(recorded.tape, recorded.names, recorded.frozen)
        self.parts = recorded.parts

    def batch(self, chosen: Chosen) -> Probe:
        """Return the probe of a mini-batch: of the samples with these numbers."""
        probe = Probe(self.problem, self.samples.chosen(chosen))
        probe.chosen = chosen
        return probe

    def curve(self, x: Column) -> Curve:
        """Return the model's prediction along some x, of shape (points,), for any parameters."""
        return Curve(self.problem, x)

    def snapshot(
        self,
        epoch: int,
        parameters: Sequence[float] | Column,
        replaced: Mapping[int, Any] | None = None,
    ) -> Snapshot:
        """Return the snapshot at an epoch with these parameters.

        ``replaced`` gives some places of the tape other values: "what if".
        """
        return Snapshot(epoch, Evaluation(self.tape, parameters, replaced))
