"""Moments to tell, to ask about and to explain: of a line's epoch, and of any tape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from app.study.architecture import Model
from app.study.experiment import Data, Problem
from app.study.hyperparameters import Training
from app.study.model import predict, sample_loss
from app.training.epoch_trace import NOTHING_REPLACED, EpochTrace, WhatIf
from app.training.moment import Moment
from app.training.snapshot import Probe
from app.training.update import update_rule
from autograd import Scalar, Tensor
from autograd.evaluation import Evaluation
from autograd.naming import Names
from autograd.optimizers import State, UpdateRule
from autograd.tape import Tape
from autograd.trace import FoldedTrace, UnfoldedTrace

START = (0.764340511813275, 0.2950141610814745)
EPOCH = 20


def line_term(parameters: Sequence[Tensor], x: float, y: float) -> Tensor:
    """Return one sample's loss, define by run, from the tensors of m and c."""
    leaves = dict(zip("mc", parameters, strict=True))
    return sample_loss(Model(), predict(Model(), leaves, Scalar(x)).node, Scalar(y))[0]


def moments_of_line(
    training: Training | None = None,
    data: Data | None = None,
    at=START,
    *,
    folded: bool = True,
    sample: int = 0,
    what_if: WhatIf = NOTHING_REPLACED,
) -> Iterator[Moment]:
    """Yield every moment of an epoch, which an optimizer comes to with some memory."""
    training = training or Training()
    rule = update_rule(training)
    start = State.start(at, rule.optimizer)
    state = rule.step(start, np.array([-3.0, 2.0]), 0.0, np.ones(2))
    probe = Probe(Problem(data or Data(samples=5)))
    trace = EpochTrace(probe, EPOCH, state, training, folded=folded, what_if=what_if)
    for index in range(len(trace)):
        place = trace.locate(index)
        running = trace.pass_of(place.number)
        yield Moment(
            EPOCH,
            running.probe,
            running.evaluation,
            sample if running.probe.chosen is None else 0,
            trace.trace(place.number),
            place.index,
            running,
            what_if,
        )


def moments_of_tape(
    tape: Tape, at, *, folded: bool = True, sample: int = 0, rule: UpdateRule | None = None
) -> list[Moment]:
    """Return every moment of a tape's forward pass, backward pass and update."""
    rule = rule or UpdateRule()
    evaluation = Evaluation(tape, at)
    outside, inside = np.array(tape.uses, dtype=float).reshape(-1, 2).T
    state = State.start(at, rule.optimizer)
    change = rule.change(state, evaluation.gradient, 0.1, outside + inside * tape.samples)
    trace = (FoldedTrace if folded else UnfoldedTrace)(evaluation, change)
    probe: Any = SimpleNamespace(tape=tape, names=Names(tape), chosen=None)
    running: Any = SimpleNamespace(change=change, number=0, count=1)
    return [
        Moment(EPOCH, probe, evaluation, sample, trace, index, running)
        for index in range(len(trace))
    ]


def whole(tape: Tape, at, epoch: int = 0) -> Moment:
    """Return a tape's epoch as a whole."""
    probe: Any = SimpleNamespace(tape=tape, names=Names(tape), chosen=None)
    return Moment(epoch, probe, Evaluation(tape, at))
