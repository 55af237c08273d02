"""NumPy, with derivatives worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.benchmarks.peer_runs.problem import Candidate, Line, Network, Problem, Trained, Vector

Gradient = Callable[[Sequence[Any], Vector, Vector], tuple[float, list[Any]]]


def prepare(problem: Problem) -> Candidate:
    """Return a loop in Python with a few array operations for each epoch."""
    gradient_of: dict[type, Gradient] = {Line: line_gradient, Network: network_gradient}
    gradient = gradient_of[type(problem)]

    def train(epochs: int) -> Trained:
        weights: list[Any] = problem.weights
        losses, history = [], []
        for _ in range(epochs):
            loss, slopes = gradient(weights, problem.x, problem.y)
            weights = [
                weight - problem.learning_rate * slope
                for weight, slope in zip(weights, slopes, strict=True)
            ]
            losses.append(loss)
            history.append(weights)
        return Trained(losses, weights, history)

    return Candidate(train, f"NumPy {np.__version__}")


def line_gradient(weights: Sequence[Any], x: Vector, y: Vector) -> tuple[float, list[Any]]:
    """Return the loss and its derivatives by m and c."""
    m, c = weights
    error = m * x + c - y
    factor = 2 / len(x)
    return error @ error / len(x), [factor * (error @ x), factor * error.sum()]


def network_gradient(weights: Sequence[Any], x: Vector, y: Vector) -> tuple[float, list[Any]]:
    """Return the loss and its derivatives by the weights and biases of each layer."""
    w1, b1, w2, b2, w3, b3 = weights
    h1 = np.tanh(np.multiply.outer(x, w1) + b1)
    h2 = np.tanh(h1 @ w2 + b2)
    error = h2 @ w3 + b3 - y
    d3 = 2 / len(x) * error
    d2 = np.multiply.outer(d3, w3) * (1 - h2 * h2)
    d1 = d2 @ w2.T * (1 - h1 * h1)
    slopes = [x @ d1, d1.sum(axis=0), h1.T @ d2, d2.sum(axis=0), d3 @ h2, d3.sum()]
    return error @ error / len(x), slopes
