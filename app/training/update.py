"""What the hyperparameters say of an update: its rule, its learning rates, its batches."""

from __future__ import annotations

import numpy as np

from app.study.hyperparameters import ClipBy, Optimizer, Schedule, Training, UpdateRule
from autograd import optimizers, schedules
from autograd.batches import Shuffle
from autograd.optimizers import Clipping, Vector
from autograd.training import MiniBatches


def update_rule(training: Training) -> optimizers.UpdateRule:
    """Return the engine's update rule."""
    clipping = Clipping.NONE
    if training.clipping:
        clipping = Clipping.VALUE if training.clip_by is ClipBy.VALUE else Clipping.NORM
    return optimizers.UpdateRule(
        optimizer=_optimizer(training),
        clipping=clipping,
        bound=training.clip_bound,
        once_per_use=training.update_rule is UpdateRule.ONCE_PER_USE,
    )


def _optimizer(training: Training) -> optimizers.Optimizer:
    match training.optimizer:
        case Optimizer.GRADIENT_DESCENT:
            return optimizers.GradientDescent()
        case Optimizer.MOMENTUM:
            return optimizers.Momentum(training.momentum)
        case Optimizer.NESTEROV:
            return optimizers.Nesterov(training.momentum)
        case Optimizer.ADAGRAD:
            return optimizers.AdaGrad()
        case Optimizer.RMSPROP:
            return optimizers.RMSProp(training.decay)
        case Optimizer.ADAM:
            return optimizers.Adam(training.decay1, training.decay2)


def learning_rates(training: Training, first: int, epochs: int) -> Vector:
    """Return the learning rate of each update from epoch ``first`` on, of shape (epochs,)."""
    if training.schedule is Schedule.CONSTANT:  # by far the most common: one number in memory
        return np.broadcast_to(training.learning_rate, epochs)
    return training.learning_rate * _schedule(training).factors(first, epochs)


def _schedule(training: Training) -> schedules.Schedule:
    match training.schedule:
        case Schedule.CONSTANT:
            return schedules.Constant()
        case Schedule.STEP:
            return schedules.Step(training.step_every, training.step_factor)
        case Schedule.COSINE:
            return schedules.Cosine(training.epochs)


def mini_batches(training: Training, samples: int, first: int, epochs: int) -> MiniBatches | None:
    """Return the mini-batches of some epochs, or None if an update uses all samples."""
    if not training.batches:
        return None
    orders = Shuffle(training.batch_seed, samples).orders(first, epochs)
    return MiniBatches(min(training.batch_size, samples), orders)
