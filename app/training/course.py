"""The course of a run: which settings are in force from which epoch on, and what follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from app.study.hyperparameters import Training
from app.training.engine import Engine
from app.training.history import Stretch
from app.training.update import learning_rates, mini_batches, update_rule
from autograd.optimizers import State, Vector
from autograd.training import Run

MOST_SHUFFLED = 2_000_000
"""Numbers of shuffled samples drawn ahead, for mini-batches."""


class Course:
    """Trains from any epoch on with the settings that are, or were, in force there.

    What comes out depends on the state trained from and on these settings alone, so any part
    of a run can be computed again, to the last bit, also in another thread than the run's.
    """

    def __init__(self, engine: Engine, samples: int, training: Training) -> None:
        self._engine = engine
        self._samples = samples
        self._changes: tuple[tuple[int, Training], ...] = ((0, training),)

    @property
    def engine(self) -> Engine:
        """What trains."""
        return self._engine

    def change(self, epoch: int, training: Training) -> None:
        """Put other settings in force, from the update at an epoch on."""
        earlier = tuple(change for change in self._changes if change[0] < epoch)
        self._changes = (*earlier, (epoch, training))

    def branch(self, epoch: int, training: Training) -> Course:
        """Return the course of a run that goes on from an epoch of this one with other settings."""
        branch = Course(self._engine, self._samples, training)
        branch._changes = self._changes
        branch.change(epoch, training)
        return branch

    @property
    def changes(self) -> tuple[tuple[int, Training], ...]:
        """The settings and the epochs from whose update on they are in force, from 0 on.

        It is another tuple after every change, so a reader in another thread sees all of it.
        """
        return self._changes

    def train(
        self,
        epoch: int,
        state: State,
        epochs: int,
        gradient: Vector | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Run:
        """Train from an epoch on, at most so many epochs, as far as the settings last.

        Raises:
            CancelledError: ``cancelled``, asked now and then, said True.
        """
        training, last = self._settings_at(epoch)
        rule = update_rule(training)
        state = self.state_before(epoch, state, training)
        epochs = min(epochs, last - epoch)
        if training.batches:
            epochs = min(epochs, max(1, MOST_SHUFFLED // self._samples))
        return self._engine.train(
            state,
            learning_rates(training, epoch, epochs),
            rule,
            mini_batches(training, self._samples, epoch, epochs),
            gradient,
            cancelled,
        )

    def settings(self, epoch: int) -> Training:
        """Return the settings of the update at an epoch."""
        return self._settings_at(epoch)[0]

    def state_before(self, epoch: int, state: State, training: Training) -> State:
        """Return the state that the update at an epoch, with these settings, goes on from."""
        if epoch and training.optimizer is self.settings(epoch - 1).optimizer:
            return state
        # What another optimizer remembered is void.
        return State.start(state.parameters, update_rule(training).optimizer)

    def compute_again(self, epoch: int, state: State, epochs: int) -> Stretch:
        """Return the epochs after one with a state, as they were."""
        runs = list(self._runs_again(epoch, state, epochs))
        return Stretch(
            epoch + 1,
            np.concatenate([run.parameters for run in runs]),
            np.concatenate([run.losses for run in runs]),
            runs[-1].state,
        )

    def _runs_again(self, first: int, state: State, epochs: int) -> Iterator[Run]:
        epoch, gradient = first, None
        while epoch < first + epochs:
            run = self.train(epoch, state, first + epochs - epoch, gradient)
            yield run
            epoch += len(run.losses)
            state, gradient = run.state, run.gradient

    def _settings_at(self, epoch: int) -> tuple[Training, int]:
        """Return the settings of the update at an epoch, and the epoch up to which they last."""
        training, last = self._changes[0][1], 2**62
        for start, changed in self._changes:
            if start > epoch:
                last = start
                break
            training = changed
        return training, last
