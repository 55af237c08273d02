"""Tapes of curved losses, and where to look at them."""

import numpy as np
import pytest

from autograd import Scalar, Tensor
from autograd.tape import Tape

XS = np.array([-2.0, -0.5, 0.0, 1.5, 3.0])
YS = np.array([1.0, -1.0, 2.0, 0.5, 4.0])


def line_tape(xs=XS, ys=YS):
    m, c, x, y, total = (Scalar(0) for _ in range(5))
    error = (y - (m * x + c)) ** 2
    return Tape.record(total / len(xs), [m, c], {x: xs, y: ys}, {total: error})


def network_tape(hidden=4, samples=9, finish=lambda mean, parameters: mean):  # noqa: ARG005
    """A 1-hidden-1 tanh network's loss: any function of the mean squared error."""
    parameters = [Scalar(0.0, True) for _ in range(3 * hidden + 1)]
    x, y, total = (Scalar(0) for _ in range(3))
    output = parameters[-1]
    for unit in range(hidden):
        w, b, v = parameters[3 * unit : 3 * unit + 3]
        output = output + v * Tensor.tanh(w * x + b)
    xs = np.linspace(-2, 2, samples)
    loss = finish(total / samples, parameters)
    columns = {x: xs, y: np.sin(2 * xs)}
    return Tape.record(loss, parameters, columns, {total: (y - output) ** 2})


def root_and_decay(mean, parameters):
    """Nothing here is a sum over samples: it is not enough to add up their Hessians."""
    return Tensor.sqrt(mean) + 0.01 * sum((p * p for p in parameters), Scalar(0))


def somewhere(count):
    return np.random.default_rng(3).normal(size=count)


def close(expected, tolerance=1e-12):
    """Approximately, compared to the largest entry."""
    expected = np.asarray(expected)
    return pytest.approx(expected, rel=0, abs=tolerance * (1 + np.abs(expected).max(initial=0)))
