"""The hyperparameters: how a run is trained."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from app.study.setting import SEED_LIMIT, Choice, Flag, Number, declare


class Optimizer(Enum):
    """How a step follows from the gradients."""

    GRADIENT_DESCENT = "gradient descent"
    MOMENTUM = "momentum"
    NESTEROV = "nesterov"
    ADAGRAD = "adagrad"
    RMSPROP = "rmsprop"
    ADAM = "adam"

    @property
    def label(self) -> str:
        """The optimizer as a control names it."""
        return {
            Optimizer.GRADIENT_DESCENT: "gradient descent",
            Optimizer.MOMENTUM: "momentum",
            Optimizer.NESTEROV: "Nesterov",
            Optimizer.ADAGRAD: "AdaGrad",
            Optimizer.RMSPROP: "RMSProp",
            Optimizer.ADAM: "Adam",
        }[self]


class ClipBy(Enum):
    """What is limited when gradients are clipped."""

    VALUE = "value"
    NORM = "norm"

    @property
    def label(self) -> str:
        """The choice as a control names it."""
        return {ClipBy.VALUE: "each value", ClipBy.NORM: "norm of all"}[self]


class Schedule(Enum):
    """How the learning rate changes over the epochs."""

    CONSTANT = "constant"
    STEP = "step"
    COSINE = "cosine"


class UpdateRule(Enum):
    """How often one epoch steps a parameter."""

    ONCE_PER_USE = "once per use"
    ONCE_PER_PARAMETER = "once per parameter"

    @property
    def label(self) -> str:
        """The rule as a control names it."""
        return {
            UpdateRule.ONCE_PER_USE: "once per use, as the notebook",
            UpdateRule.ONCE_PER_PARAMETER: "once per parameter",
        }[self]


@dataclass(frozen=True, slots=True)
class Training:
    """The hyperparameters. They can be changed while a run goes on."""

    optimizer: Optimizer = declare(
        Optimizer.GRADIENT_DESCENT,
        Choice(
            label="Optimizer",
            help="How the step follows from the gradients, present and past.",
            options=Optimizer,
        ),
    )
    momentum: float = declare(
        0.9,
        Number(
            label="Momentum",
            help="How much of its velocity a step keeps.",
            minimum=0,
            maximum=0.9999,
        ),
    )
    decay: float = declare(
        0.99,
        Number(
            label="Decay ρ",
            help="How much of the running mean of squared gradients a step keeps.",
            minimum=0,
            maximum=0.999999,
        ),
    )
    decay1: float = declare(
        0.9,
        Number(
            label="Decay β₁",
            help="How much of the running mean of gradients a step keeps.",
            minimum=0,
            maximum=0.9999,
        ),
    )
    decay2: float = declare(
        0.999,
        Number(
            label="Decay β₂",
            help="How much of the running mean of squared gradients a step keeps.",
            minimum=0,
            maximum=0.999999,
        ),
    )
    learning_rate: float = declare(
        0.001,
        Number(
            label="Learning rate",
            help="How far one step goes: parameter −= learning rate × gradient.",
            minimum=0,
            maximum=1e6,
            above=True,
        ),
    )
    schedule: Schedule = declare(
        Schedule.CONSTANT,
        Choice(
            label="Schedule",
            help=(
                "How the learning rate changes: not at all; by a factor after every so many "
                "epochs; or down to 0 at the last epoch, along a cosine."
            ),
            options=Schedule,
        ),
    )
    step_every: int = declare(
        500,
        Number(
            label="Step every",
            help="After so many epochs the learning rate is multiplied by the step factor.",
            minimum=1,
            maximum=10_000_000,
            whole=True,
        ),
    )
    step_factor: float = declare(
        0.5,
        Number(
            label="Step factor",
            help="What the learning rate is multiplied by at each step.",
            minimum=0,
            maximum=1,
            above=True,
        ),
    )
    epochs: int = declare(
        2000,
        Number(
            label="Epochs",
            help="How many updates to make; training stops there.",
            minimum=1,
            maximum=10_000_000,
            whole=True,
        ),
    )
    clipping: bool = declare(
        True,
        Flag(
            label="Clip gradients",
            help="Limit the gradients before the step.",
        ),
    )
    clip_by: ClipBy = declare(
        ClipBy.VALUE,
        Choice(
            label="Clip by",
            help=(
                "By value, each gradient is limited by itself, which turns the step; by norm, "
                "all are shortened together, which keeps its direction."
            ),
            options=ClipBy,
        ),
    )
    clip_bound: float = declare(
        1.0,
        Number(
            label="Clip bound",
            help="The largest gradient, or norm of all gradients, that a step uses.",
            minimum=0,
            maximum=1e12,
            above=True,
        ),
    )
    update_rule: UpdateRule = declare(
        UpdateRule.ONCE_PER_USE,
        Choice(
            label="Update",
            help=(
                "The notebook steps a parameter once for every sample that uses it, which "
                "multiplies the learning rate by the number of samples. Once per parameter "
                "is gradient descent as textbooks have it."
            ),
            options=UpdateRule,
        ),
    )
    batches: bool = declare(
        False,
        Flag(
            label="Mini-batches",
            help=(
                "Update after every few samples, shuffled anew each epoch, rather than once "
                "an epoch with all of them."
            ),
        ),
    )
    batch_size: int = declare(
        10,
        Number(
            label="Batch size",
            help="How many samples an update uses; the last batch of an epoch may be smaller.",
            minimum=1,
            maximum=100_000,
            whole=True,
        ),
    )
    batch_seed: int = declare(
        0,
        Number(
            label="Batch seed",
            help="The same seed shuffles the samples alike.",
            minimum=0,
            maximum=SEED_LIMIT,
            whole=True,
        ),
    )


def training_applies(training: Training) -> dict[str, bool]:
    """Return, for each setting that may have no effect, whether it has one with the others."""
    optimizer = training.optimizer
    return {
        "momentum": optimizer in (Optimizer.MOMENTUM, Optimizer.NESTEROV),
        "decay": optimizer is Optimizer.RMSPROP,
        "decay1": optimizer is Optimizer.ADAM,
        "decay2": optimizer is Optimizer.ADAM,
        "step_every": training.schedule is Schedule.STEP,
        "step_factor": training.schedule is Schedule.STEP,
        "clip_by": training.clipping,
        "clip_bound": training.clipping,
        "batch_size": training.batches,
        "batch_seed": training.batches,
    }
