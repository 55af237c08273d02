"""What trains: native code where it can be had, else the define-by-run engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from app.study.architecture import Reduction
from app.study.data import make_samples
from app.study.experiment import Problem
from app.study.model import record_loss
from app.training.graph_engine import GraphEngine
from autograd.optimizers import State, UpdateRule, Vector
from autograd.tape import Tape
from autograd.training import MiniBatches, Run


class Engine(Protocol):
    """Evaluates a loss and trains; the same arguments give the same numbers to the last bit.

    ``cancelled`` is asked where an epoch takes long; see :class:`GraphEngine`.
    """

    def train(
        self,
        state: State,
        learning_rates: Vector,
        rule: UpdateRule,
        batches: MiniBatches | None = None,
        gradient: Vector | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Run:
        """Train as many epochs as there are learning rates."""

    def evaluate(
        self, parameters: Vector, cancelled: Callable[[], bool] = lambda: False
    ) -> tuple[float, Vector]:
        """Return the loss of all samples and its gradient."""


@dataclass(frozen=True, slots=True)
class ChosenEngine:
    """An engine for some data.

    Attributes:
        engine: what trains.
        tape: the loss.
        notice: a sentence if it is not the fast one, else "".
    """

    engine: Engine
    tape: Tape
    notice: str = ""


@lru_cache(maxsize=4)
def choose_engine(problem: Problem) -> ChosenEngine:
    """Return what trains on a problem; the last few are kept for runs that start again."""
    samples = make_samples(problem.data, problem.model).train
    tape = record_loss(problem, samples).tape
    try:
        from autograd.native import NativeCodeError, compile_tape
    except (ImportError, OSError) as error:
        reason = f"There is no native code, because llvmlite cannot be loaded ({error})."
        return ChosenEngine(GraphEngine(problem, samples, tape), tape, _slow(reason))
    try:
        mean = problem.model.reduction is Reduction.MEAN
        engine: Any = compile_tape(tape, scaled=mean)
    except NativeCodeError as error:
        return ChosenEngine(GraphEngine(problem, samples, tape), tape, _slow(str(error)))
    return ChosenEngine(engine, tape)


def _slow(reason: str) -> str:
    return f"{reason} Training goes on with the define-by-run engine, many times slower."
