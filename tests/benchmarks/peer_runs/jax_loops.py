"""JAX: an epoch compiled by XLA, called from Python or looped over in XLA."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp

from tests.benchmarks.peer_runs.problem import Candidate, Problem, Trained

NOTE = f"JAX {jax.__version__}, XLA for {jax.default_backend().upper()}"


def prepare_loop(problem: Problem) -> Candidate:
    """Return a loop in Python that calls a compiled epoch, without waiting for each."""
    jax.config.update("jax_enable_x64", True)
    epoch = jax.jit(_epoch(problem))

    def train(epochs: int) -> Trained:
        weights = [jnp.asarray(each) for each in problem.weights]
        losses, history = [], []
        for _ in range(epochs):
            weights, loss = epoch(weights)
            losses.append(loss)
            history.append(weights)
        jax.block_until_ready((losses, history))
        return Trained(losses, weights, history)

    return Candidate(train, NOTE)


def prepare_scan(problem: Problem) -> Candidate:
    """Return one call for all epochs: lax.scan, compiled for their number."""
    jax.config.update("jax_enable_x64", True)
    epoch = _epoch(problem)

    def step(weights: list[Any], _: None) -> tuple[list[Any], tuple[Any, list[Any]]]:
        weights, loss = epoch(weights)
        return weights, (loss, weights)

    @cache
    def compiled(epochs: int) -> Any:
        return jax.jit(lambda weights: jax.lax.scan(step, weights, length=epochs))

    def train(epochs: int) -> Trained:
        start = [jnp.asarray(each) for each in problem.weights]
        weights, (losses, history) = jax.block_until_ready(compiled(epochs)(start))
        return Trained(losses, weights, history)

    return Candidate(train, NOTE)


def _epoch(problem: Problem) -> Callable[[list[Any]], tuple[list[Any], Any]]:
    """Return a function from the weights to the weights after a step, and the loss before."""
    x, y = jnp.asarray(problem.x), jnp.asarray(problem.y)

    def loss_of(weights: list[Any]) -> Any:
        return ((problem.outputs(weights, x, jnp.tanh) - y) ** 2).mean()

    def epoch(weights: list[Any]) -> tuple[list[Any], Any]:
        loss, slopes = jax.value_and_grad(loss_of)(weights)
        stepped = [
            weight - problem.learning_rate * slope
            for weight, slope in zip(weights, slopes, strict=True)
        ]
        return stepped, loss

    return epoch
