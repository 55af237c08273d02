"""Training an experiment, in whatever thread calls it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.study.experiment import Experiment, Problem
from app.study.hyperparameters import Training, UpdateRule
from app.training.branch import Branch
from app.training.course import Course
from app.training.engine import ChosenEngine, choose_engine
from app.training.graph_engine import CancelledError
from app.training.history import History
from app.training.not_computable import why_not_computable
from app.training.stability import stability
from app.training.update import update_rule
from autograd.optimizers import State, Vector
from autograd.training import Run


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

    Attributes:
        history: parameters and loss at every epoch so far.
        course: which settings are, and were, in force.
        divergence: set when the loss is no longer finite; the run cannot go on.
        notice: a sentence if training is slower than it could be, else "".
    """

    def __init__(
        self, experiment: Experiment, choose: Callable[[Problem], ChosenEngine] = choose_engine
    ) -> None:
        """Prepare the run; ``start`` evaluates epoch 0."""
        chosen = choose(experiment.problem)
        self._problem = experiment.problem
        self._engine = chosen.engine
        self._tape = chosen.tape
        self.course = Course(chosen.engine, chosen.tape.samples, experiment.training)
        self.notice = chosen.notice
        self.history = History(len(experiment.parameters), self.course.compute_again)
        self.divergence: Divergence | None = None
        self._training = experiment.training
        optimizer = update_rule(experiment.training).optimizer
        self._state = State.start(experiment.initial_parameters(), optimizer)
        self._gradient: Vector | None = None
        self._seconds_per_epoch = math.inf

    @property
    def finished(self) -> bool:
        """Whether the chosen number of epochs is reached."""
        return self.history.last_epoch >= self._training.epochs

    def change(self, training: Training) -> None:
        """Use other training settings from the next update on."""
        self._training = training
        self.course.change(max(0, self.history.last_epoch), training)

    def go_on_from(self, past: Branch) -> None:
        """Take over the epochs that the run has from another one, in place of its start."""
        self.history, self.course = past.history, past.course
        self._state = self.history.state(past.epoch)
        self._check_loss(self.history.loss(past.epoch))

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
        epochs, and where ``cancelled`` was asked and said True: the epochs that were being
        trained are given up then, and nothing of them is recorded.
        """
        done = 0
        epochs = min(epochs, self._training.epochs - self.history.last_epoch)
        while done < epochs and not self.divergence:
            start = time.perf_counter()
            try:
                run = self.course.train(
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
        self._check_loss(float(run.losses[-1]))

    def _check_loss(self, loss: float) -> None:
        if not math.isfinite(loss):
            self.divergence = self._explain(loss)

    def _explain(self, loss: float) -> Divergence:
        """Say what happened, at which epoch, and what to try."""
        epoch = self.history.last_epoch
        became = "infinite" if math.isinf(loss) else "not a number (nan)"
        training = self._training
        found = stability(self._tape, self.history.parameters(0), 0, training)
        stable = f"{training.learning_rate:g}"
        if found.exceeded and found.limit is not None:
            stable = f"{_rounded_down(found.limit):g}, the largest stable one at the start"
        advice = f"Reset and try a learning rate below {stable}"
        if training.update_rule is UpdateRule.ONCE_PER_USE:
            advice += ", or the update “once per parameter”"
        if not training.clipping:
            advice += ", or clip the gradients"
        if epoch == 0:
            return Divergence(
                0,
                f"The loss is {became} from the start. "
                f"{why_not_computable(self._problem, self.history.parameters(0))} "
                "Choose another formula, other initial values, or other data.",
            )
        return Divergence(
            epoch,
            f"The loss became {became} at epoch {epoch:,}: its numbers grew beyond what a "
            f"floating-point number can hold. All epochs up to here are kept. {advice}.",
        )


def _rounded_down(number: float) -> float:
    """Return the largest number of two significant digits that is not above a positive one."""
    unit = 10.0 ** (math.floor(math.log10(number)) - 1)
    return math.floor(number / unit) * unit
