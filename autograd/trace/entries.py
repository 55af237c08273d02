"""The entries of a trace: what happens in one step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Stage(Enum):
    """The parts of an epoch, in order."""

    FORWARD = "forward"
    BACKWARD = "backward"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Forward:
    """An operation is computed.

    Numbers of a folded trace are of shape (samples,) where they differ between samples.

    Attributes:
        place: the operation's place on the tape.
        sample: whose; None for all samples at once, and for what they share.
        inputs: the operands' values.
        value: the operation's value.
    """

    place: int
    sample: int | None
    inputs: tuple[Any, ...]
    value: Any


@dataclass(frozen=True, slots=True)
class Seed:
    """The backward pass begins: the gradient of the loss with respect to itself.

    Attributes:
        place: the loss's place on the tape.
        sample: None: the loss is of all samples.
        gradient: 1.
    """

    place: int
    sample: None = None
    gradient: float = 1.0


@dataclass(frozen=True, slots=True)
class Backward:
    """A gradient flows over one edge, from an operation back to one of its operands.

    Attributes:
        place: the operation's place on the tape.
        index: which of the operation's operands it is.
        operand: the operand's place. An addition of the unfolded chain is at the sum's own
            place; its operand 0 is the addition before, at the same place.
        sample: whose; None for all samples at once, and for what they share.
        operand_sample: whose the operand is; None if all samples share it.
        local: the local derivative, ∂operation/∂operand.
        upstream: the gradient of the operation.
        contribution: upstream · local. Where the operand is shared and the operation is not,
            the operand's gradient gains the sum of a folded entry's contributions.
        before: the operand's gradient before this; None if it had none yet.
        after: the operand's gradient after it: before + contribution.
    """

    place: int
    index: int
    operand: int
    sample: int | None
    operand_sample: int | None
    local: Any
    upstream: Any
    contribution: Any
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Update:
    """A parameter makes its step.

    Attributes:
        parameter: which parameter, in the tape's order.
        place: its place on the tape.
        sample: None: a parameter is of all samples.
        gradient: the gradient.
        clipped: the gradient after clipping.
        direction: what the optimizer makes of it.
        learning_rate: the factor on the direction.
        times: how many times learning rate · direction is subtracted; 1, or once per use.
        before: the parameter's value before.
        after: the parameter's value after.
    """

    parameter: int
    place: int
    sample: None
    gradient: float
    clipped: float
    direction: float
    learning_rate: float
    times: int
    before: float
    after: float


Entry = Forward | Seed | Backward | Update


def stage_of(entry: Entry) -> Stage:
    """Return the stage that an entry belongs to."""
    match entry:
        case Forward():
            return Stage.FORWARD
        case Update():
            return Stage.UPDATE
        case _:
            return Stage.BACKWARD
