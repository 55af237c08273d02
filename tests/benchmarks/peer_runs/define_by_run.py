"""This engine as one writes it: every epoch builds the graph of the whole loss."""

from __future__ import annotations

from autograd import Tensor
from tests.benchmarks.peer_runs.problem import Candidate, Problem, Trained


def prepare(problem: Problem) -> Candidate:
    """Return a loop in Python: build the loss of all samples, backward pass, step."""

    def train(epochs: int) -> Trained:
        values = problem.start.tolist()
        losses, history = [], []
        for _ in range(epochs):
            parameters = [Tensor.scalar(value, require_grad=True) for value in values]
            loss = problem.loss(parameters, Tensor.tanh)
            loss.backward()
            values = [each.data - problem.learning_rate * each.grad for each in parameters]
            losses.append(loss.data)
            history.append(values)
        return Trained(losses, values, history)

    return Candidate(train, "the graph is built anew in every epoch")
