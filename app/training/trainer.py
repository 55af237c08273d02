"""Training an experiment, in whatever thread calls it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from app.study.data import initial_parameters
from app.study.experiment import Data, Experiment
from app.study.hyperparameters import Training, UpdateRule
from app.study.model import PARAMETERS
from app.training.engine import ChosenEngine, choose_engine
from app.training.graph_engine import CancelledError
from app.training.history import History, Keyframe, Stretch
from app.training.update import learning_rates, mini_batches, update_rule
from autograd.optimizers import State, Vector
from autograd.training import Run

MOST_SHUFFLED = 2_000_000
"""Numbers of shuffled samples drawn ahead, for mini-batches."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """The epoch at which the loss was no longer finite, and a sentence about it."""

    epoch: int
    sentence: str


class Trainer:
    """Advances one run of an experiment and records its history.

    The loss and the gradient of the newest epoch are always known: ``advance`` makes the
    update, then evaluates. So the history is complete at any time, a change of the training
    settings applies from the next update on, and a loss that is not finite is seen at once.

    What settings were in force from which epoch on is remembered, so that any part of the
    run can be computed again.

    Attributes:
        history: parameters and loss at every epoch so far.
        divergence: set when the loss is no longer finite; the run cannot go on.
        notice: a sentence if training is slower than it could be, else "".
    """

    def __init__(
        self, experiment: Experiment, choose: Callable[[Data], ChosenEngine] = choose_engine
    ) -> None:
        """Prepare the run; ``start`` evaluates epoch 0."""
        chosen = choose(experiment.data)
        self._engine = chosen.engine
        self._samples = chosen.samples
        self.notice = chosen.notice
        self.history = History(len(PARAMETERS), self._compute_again)
        self.divergence: Divergence | None = None
        self._training = experiment.training
        self._changes: tuple[tuple[int, Training], ...] = (
            (0, experiment.training),
        )  # from which epoch on, which settings
        optimizer = update_rule(experiment.training).optimizer
        self._state = State.start(initial_parameters(experiment.initial), optimizer)
        self._gradient: Vector | None = None
        self._seconds_per_epoch = math.inf

    @property
    def finished(self) -> bool:
        """Whether the chosen number of epochs is reached."""
        return self.history.last_epoch >= self._training.epochs

    def change(self, training: Training) -> None:
        """Use other training settings from the next update on."""
        self._training = training
        epoch = max(0, self.history.last_epoch)
        earlier = tuple(change for change in self._changes if change[0] < epoch)
        self._changes = (*earlier, (epoch, training))

    def start(self, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Evaluate epoch 0; return False if it was cancelled before it was recorded."""
        try:
            loss, self._gradient = self._engine.evaluate(self._state.parameters, cancelled)
        except CancelledError:
            return False
        self._record(
            Run(np.array([loss]), self._state.parameters[None], self._state, self._gradient)
        )
        return True

    def epochs_within(self, seconds: float) -> int:
        """Return how many epochs can be trained in so many seconds, 1 at least."""
        return max(1, int(seconds / self._seconds_per_epoch))

    def advance(self, epochs: int = 1, cancelled: Callable[[], bool] = lambda: False) -> int:
        """Make updates and evaluate the epochs they lead to; return how many.

        There are fewer of them where the loss is not finite any more, at the chosen number of
        epochs, and where ``cancelled`` was asked and said True: an epoch amid which it does
        is given up, and nothing of it is recorded.
        """
        done = 0
        epochs = min(epochs, self._training.epochs - self.history.last_epoch)
        while done < epochs and not self.divergence:
            start = time.perf_counter()
            try:
                run = self._train(
                    self.history.last_epoch, self._state, epochs - done, self._gradient, cancelled
                )
            except CancelledError:
                break
            seconds = time.perf_counter() - start
            done += len(run.losses)
            self._seconds_per_epoch = seconds / len(run.losses)
            self._record(run, seconds)
        return done

    def _record(self, run: Run, seconds: float = 0.0) -> None:
        """Add to the history what was trained; go on from it."""
        self._state, self._gradient = run.state, run.gradient
        self.history.extend(run.parameters, run.losses, run.state, seconds)
        if not math.isfinite(run.losses[-1]):
            self.divergence = self._explain(float(run.losses[-1]))

    # -- the settings in force --------------------------------------------------------------

    def _train(
        self,
        epoch: int,
        state: State,
        epochs: int,
        gradient: Vector | None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Run:
        """Train from an epoch on with the settings in force there, as far as they last.

        It depends on nothing but its arguments and those settings.
        """
        training, last = self._settings_at(epoch)
        rule = update_rule(training)
        before = self._settings_at(epoch - 1)[0] if epoch else None
        if before is None or training.optimizer is not before.optimizer:
            state = State.start(state.parameters, rule.optimizer)  # what it remembered is void
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

    def _settings_at(self, epoch: int) -> tuple[Training, int]:
        """Return the settings of the update at an epoch, and the epoch up to which they last."""
        training, last = self._training, 2**62
        for start, changed in self._changes:
            if start > epoch:
                last = start
                break
            training = changed
        return training, last

    def _compute_again(self, keyframe: Keyframe, epochs: int) -> Stretch:
        """Return the epochs after a keyframe, as they were."""
        runs = list(self._runs_again(keyframe, epochs))
        return Stretch(
            keyframe.epoch + 1,
            np.concatenate([run.parameters for run in runs]),
            np.concatenate([run.losses for run in runs]),
        )

    def _runs_again(self, keyframe: Keyframe, epochs: int) -> Iterator[Run]:
        epoch, state, gradient = keyframe.epoch, keyframe.state, None
        while epoch < keyframe.epoch + epochs:
            run = self._train(epoch, state, keyframe.epoch + epochs - epoch, gradient)
            yield run
            epoch += len(run.losses)
            state, gradient = run.state, run.gradient

    def _explain(self, loss: float) -> Divergence:
        """Say what happened, at which epoch, and what to try."""
        epoch = self.history.last_epoch
        became = "infinite" if math.isinf(loss) else "not a number (nan)"
        training = self._training
        advice = f"Reset and try a learning rate below {training.learning_rate:g}"
        if training.update_rule is UpdateRule.ONCE_PER_USE:
            advice += ", or the update “once per parameter”"
        if not training.clipping:
            advice += ", or clip the gradients"
        if epoch == 0:
            advice = "Choose initial parameters and data that are closer together"
        return Divergence(
            epoch,
            f"The loss became {became} at epoch {epoch:,}: its numbers grew beyond what a "
            f"floating-point number can hold. All epochs up to here are kept. {advice}.",
        )
