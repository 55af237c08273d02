"""micrograd: a graph of scalars, like this engine's, built anew in every epoch.

Its nodes refer to themselves and so wait for the garbage collector, whose work is part of the
time: when it comes varies, and with it the time.
"""

from __future__ import annotations

import math
import sys
from importlib.metadata import version

from micrograd.engine import Value

from tests.benchmarks.peer_runs.problem import Candidate, Problem, Trained

DEPTH = 1_000_000
"""Its backward pass calls itself as deep as the graph is; the loss adds sample to sample."""


def prepare(problem: Problem) -> Candidate:
    """Return a loop in Python: build the loss of all samples, backward pass, step."""
    sys.setrecursionlimit(DEPTH)

    def train(epochs: int) -> Trained:
        parameters = [Value(value) for value in problem.start.tolist()]
        losses, history = [], []
        for _ in range(epochs):
            for parameter in parameters:
                parameter.grad = 0
            loss = problem.loss(parameters, tanh)
            loss.backward()
            for parameter in parameters:
                parameter.data -= problem.learning_rate * parameter.grad
            losses.append(loss.data)
            history.append([parameter.data for parameter in parameters])
        return Trained(losses, history[-1], history)

    return Candidate(train, f"micrograd {version('micrograd')}; tanh added as its relu is written")


def tanh(operand: Value) -> Value:
    """Return the hyperbolic tangent, which micrograd lacks."""
    value = math.tanh(operand.data)
    out = Value(value, (operand,), "tanh")

    def backward() -> None:
        operand.grad += (1 - value * value) * out.grad

    out._backward = backward
    return out
