"""An experiment at one epoch: every node's value and gradient, from the recorded parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.study.data import Samples, make_samples
from app.study.experiment import Data
from app.study.model import record_loss
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
        recipe: the recipe of the data.
        samples: the data: all of them, or a mini-batch.
        chosen: the numbers of a mini-batch's samples in the whole data; None for all.
        tape: the loss, recorded with the model's own code.
        x, y: the places of the data columns on the tape.
        prediction: the place of ŷ on the tape.
        names: what the places are called.
    """

    def __init__(self, recipe: Data, samples: Samples | None = None) -> None:
        """Record the loss of a recipe's data, or of these samples of it."""
        self.recipe = recipe
        self.samples = make_samples(recipe) if samples is None else samples
        self.chosen: Chosen | None = None
        recorded = record_loss(self.samples)
        self.tape = recorded.tape
        self.x, self.y, self.prediction = recorded.x, recorded.y, recorded.prediction
        self.names = Names(recorded.tape, recorded.names)

    def batch(self, chosen: Chosen) -> Probe:
        """Return the probe of a mini-batch: of the samples with these numbers."""
        samples = self.samples
        probe = Probe(
            self.recipe, Samples(samples.x[chosen], samples.y[chosen], samples.truth[chosen])
        )
        probe.chosen = chosen
        return probe

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
