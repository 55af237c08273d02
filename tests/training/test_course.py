"""The course of a run knows which settings are in force where, and what an update goes on from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.study.experiment import Data, Experiment
from app.study.hyperparameters import Optimizer, Training
from app.training.trainer import Trainer
from app.training.update import update_rule
from autograd.optimizers import State

FIRST = Training(learning_rate=0.001)
SECOND, THIRD = replace(FIRST, learning_rate=0.002), replace(FIRST, learning_rate=0.003)
DATA = Data(samples=5)


def trainer_of(training: Training) -> Trainer:
    trainer = Trainer(Experiment(DATA, training=training))
    trainer.start()
    return trainer


def test_settings_are_in_force_from_the_epoch_on_at_which_they_were_changed():
    trainer = trainer_of(FIRST)
    for epochs, changed in ((3, SECOND), (4, THIRD)):
        trainer.advance(epochs)
        trainer.change(changed)
    settings = [trainer.course.settings(epoch) for epoch in range(10)]
    assert settings == [FIRST] * 3 + [SECOND] * 4 + [THIRD] * 3


def test_settings_changed_twice_at_an_epoch_are_the_last():
    trainer = trainer_of(FIRST)
    trainer.advance(2)
    for changed in (SECOND, THIRD, SECOND):
        trainer.change(changed)
    assert [trainer.course.settings(epoch) for epoch in (0, 1, 2, 3)] == [FIRST] * 2 + [SECOND] * 2


def test_settings_changed_before_the_first_update_are_the_runs_own():
    trainer = trainer_of(FIRST)
    trainer.change(SECOND)
    assert trainer.course.settings(0) == SECOND


def test_every_update_is_made_with_the_settings_that_are_told():
    trainer = trainer_of(replace(FIRST, clip_bound=1e-3))  # every step is learning rate × 5 × bound
    rates = [0.001, 0.001, 0.002, 0.002, 0.002, 0.003]
    for epochs, changed in ((2, SECOND), (3, THIRD)):
        trainer.advance(epochs)
        trainer.change(replace(changed, clip_bound=1e-3))
    trainer.advance(1)
    assert [trainer.course.settings(epoch).learning_rate for epoch in range(6)] == rates
    values = [trainer.history.parameters(epoch)[1] for epoch in range(7)]
    assert np.abs(np.diff(values)) == pytest.approx(5e-3 * np.array(rates), rel=1e-6)


MOMENTUM, ADAM = (replace(FIRST, optimizer=each) for each in (Optimizer.MOMENTUM, Optimizer.ADAM))
REMEMBERED = State(np.array([1.0, 2.0]), np.array([[3.0, 4.0]]), 7)


def test_the_same_optimizer_goes_on_with_what_it_remembers():
    trainer = trainer_of(MOMENTUM)
    faster = replace(MOMENTUM, learning_rate=0.1)
    for training in (MOMENTUM, faster):
        assert trainer.course.state_before(3, REMEMBERED, training) is REMEMBERED


@pytest.mark.parametrize("training", [ADAM, FIRST])
def test_another_optimizer_goes_on_from_the_parameters_alone(training):
    state = trainer_of(MOMENTUM).course.state_before(3, REMEMBERED, training)
    assert state.parameters.tolist() == [1.0, 2.0]
    assert state.slots.tolist() == [[0.0, 0.0]] * update_rule(training).optimizer.slots
    assert state.count == 0


def test_the_first_update_of_a_run_remembers_nothing_whatever_optimizer_was_looked_at():
    trainer = trainer_of(MOMENTUM)
    trainer.change(ADAM)
    state = trainer.course.state_before(0, trainer.history.state(0), ADAM)
    assert state.slots.shape == (2, 2)
    assert (state.slots.sum(), state.count) == (0.0, 0)


def test_an_optimizer_that_comes_back_after_another_begins_anew():
    trainer = trainer_of(MOMENTUM)
    for changed in (ADAM, MOMENTUM):
        trainer.advance(2)
        trainer.change(changed)
    trainer.advance(2)
    counts = []
    for epoch in range(6):
        training = trainer.course.settings(epoch)
        before = trainer.course.state_before(epoch, trainer.history.state(epoch), training)
        counts.append(before.count)
    assert counts == [0, 1, 0, 1, 0, 1]
