"""What a session's run says of an epoch: its numbers, its settings, the steps of its trace."""

from __future__ import annotations

from app.study.hyperparameters import Training
from app.training.epoch_trace import NOTHING_REPLACED, EpochTrace, WhatIf
from app.training.session import Session
from app.training.snapshot import Probe
from autograd.evaluation import Evaluation


def evaluation_of(session: Session, probe: Probe, epoch: int, what_if: WhatIf) -> Evaluation:
    """Return all values and gradients at an epoch of the run."""
    assert session.history is not None  # noqa: S101  there is an epoch
    parameters = what_if.vector(session.history.parameters(epoch))
    return probe.snapshot(epoch, parameters, what_if.columns(probe)).evaluation


def training_at(session: Session, epoch: int) -> Training:
    """Return the settings of the update at an epoch; of the newest, those that will be."""
    past = session.history is not None and epoch < session.history.last_epoch
    if past and session.course is not None:
        return session.course.settings(epoch)
    return session.experiment.training


def trace_of(
    session: Session,
    probe: Probe,
    epoch: int,
    *,
    folded: bool,
    what_if: WhatIf = NOTHING_REPLACED,
) -> EpochTrace:
    """Return the steps of an epoch of the run."""
    history, course = session.history, session.course
    assert history is not None  # noqa: S101  there is an epoch
    assert course is not None  # noqa: S101
    training = training_at(session, epoch)
    state = course.state_before(epoch, history.state(epoch), training)
    return EpochTrace(probe, epoch, state, training, folded=folded, what_if=what_if)
