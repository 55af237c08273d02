"""XAD: scalars of C++ seen from Python, recorded on a tape that is run backward in C++."""

from __future__ import annotations

from importlib.metadata import version

import xad.math
from xad.adj_1st import Real, Tape

from tests.benchmarks.peer_runs.problem import Candidate, Problem, Trained


def prepare(problem: Problem) -> Candidate:
    """Return a loop in Python: record the loss of all samples, adjoints, step."""

    def train(epochs: int) -> Trained:
        values = problem.start.tolist()
        losses, history = [], []
        with Tape() as tape:
            for _ in range(epochs):
                tape.clearAll()
                parameters = [Real(value) for value in values]
                tape.registerInputs(parameters)
                tape.newRecording()
                loss = problem.loss(parameters, xad.math.tanh)
                tape.registerOutput(loss)
                loss.derivative = 1.0
                tape.computeAdjoints()
                values = [
                    value - problem.learning_rate * parameter.derivative
                    for value, parameter in zip(values, parameters, strict=True)
                ]
                losses.append(loss.value)
                history.append(values)
        return Trained(losses, values, history)

    return Candidate(train, f"XAD {version('xad')}; the tape is recorded anew in every epoch")
