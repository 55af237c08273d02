"""CasADi: an epoch as a list of scalar instructions (SX), interpreted by its virtual machine."""

from __future__ import annotations

import time
from functools import cache

import casadi
import numpy as np

from tests.benchmarks.peer_runs.problem import Candidate, Problem, Trained


def prepare(problem: Problem) -> Candidate:
    """Return one call for all epochs: the epoch fed back into itself in C++ (mapaccum).

    The epoch is the loss of all samples written out, and its gradient; data are constants.
    """
    start = time.perf_counter()
    parameters = casadi.SX.sym("p", len(problem.start))
    loss = problem.loss(casadi.vertsplit(parameters), casadi.tanh)
    after = parameters - problem.learning_rate * casadi.gradient(loss, parameters)
    epoch = casadi.Function("epoch", [parameters], [after, loss])
    seconds = time.perf_counter() - start

    @cache
    def accumulated(epochs: int) -> casadi.Function:
        return epoch.mapaccum("run", epochs)

    def train(epochs: int) -> Trained:
        history, losses = (np.asarray(each) for each in accumulated(epochs)(problem.start))
        return Trained(losses[0], history[:, -1], history)

    instructions = epoch.n_instructions()
    note = f"CasADi {casadi.__version__}; {instructions:,} instructions, built in {seconds:.2g} s"
    return Candidate(train, note)
