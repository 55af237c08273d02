"""This engine's native code: the tape of one sample's expression, compiled with its training."""

from __future__ import annotations

import numpy as np

from autograd import Tensor
from autograd.native import NativeCodeError, compile_tape
from autograd.optimizers import GradientDescent, State, UpdateRule
from autograd.tape import Tape
from tests.benchmarks.peer_runs.problem import Candidate, MissingError, Problem, Trained


def tape_of(problem: Problem) -> Tape:
    """Return the mean squared error of a problem, from one sample's expression."""
    parameters = [Tensor.scalar(value, require_grad=True) for value in problem.start.tolist()]
    x, y, total = (Tensor.scalar(0.0) for _ in range(3))
    term = (y - problem.output(parameters, x, Tensor.tanh)) ** 2
    columns = {x: problem.x, y: problem.y}
    return Tape.record(total / len(problem.x), parameters, columns, {total: term})


def prepare(problem: Problem) -> Candidate:
    """Return one call for all epochs, which keeps every loss and all parameters.

    It gives the loss after each step; the loss at the start is computed apart.
    """
    try:
        native = compile_tape(tape_of(problem))
    except NativeCodeError as error:
        raise MissingError(str(error)) from error

    def train(epochs: int) -> Trained:
        state = State.start(problem.start, GradientDescent())
        loss, gradient = native.evaluate(problem.start)
        rates = np.broadcast_to(problem.learning_rate, epochs)
        run = native.train(state, rates, UpdateRule(), gradient=gradient)
        return Trained([loss, run.losses[:-1]], run.parameters[-1], run.parameters)

    return Candidate(train, f"compiled in {native.compile_seconds * 1e3:,.0f} ms")
