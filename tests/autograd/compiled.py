"""What the tests of native code share: tapes to compile, and what their numbers must be."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from autograd import Scalar, Tensor
from autograd.arithmetic import NUMPY, silent
from autograd.native.arithmetic import vector_function_lanes
from autograd.rules import SIGMOID, SUM, TANH
from autograd.tape import Tape

CLOSE = 1e-12

XS = np.linspace(-2.0, 2.0, 41)
YS = 0.7 * XS - 0.3 + np.random.default_rng(7).normal(0, 0.2, 41)

UNARY = ["neg", "sin", "cos", "tanh", "exp", "log", "sqrt", "abs", "relu", "sigmoid"]
BINARY = ["add", "sub", "mul", "div", "pow", "maximum", "minimum"]


def apply(name, *operands):
    return getattr(Tensor, name)(*operands)


def recorded(terms, after, columns, parameters):
    """Return the tape of ``after(*sums, *parameters)``.

    ``terms`` is what one sample adds to a sum, ``term(*columns, *parameters)``, or several.
    """
    terms = [terms] if callable(terms) else terms
    leaves = [Scalar(number, True, f"p{index}") for index, number in enumerate(parameters)]
    data = [Scalar(0, name=f"x{index}") for index in range(len(columns))]
    totals = [Scalar(0) for _ in terms]
    return Tape.record(
        after(*totals, *leaves),
        leaves,
        {leaf: np.asarray(column, dtype=float) for leaf, column in zip(data, columns, strict=True)},
        {total: term(*data, *leaves) for total, term in zip(totals, terms, strict=True)},
    )


def squared_error(x, y, m, c):
    return (y - (m * x + c)) ** 2


def line(samples=41):
    """Return the mean squared error of a line."""
    xs, ys = np.resize(XS, samples), np.resize(YS, samples)
    return recorded(squared_error, lambda total, _m, _c: total / samples, [xs, ys], [0.5, 0.25])


def polynomial(parameters, after=lambda total: total / 41):
    """Return the mean squared error of a polynomial with so many coefficients."""

    def term(x, y, *coefficients):
        value = coefficients[0] if len(coefficients) > 1 else coefficients[0] * x
        for coefficient in coefficients[1:]:
            value = value * x + coefficient
        return (y - value) ** 2

    at = [math.sin(1 + index) / 4 for index in range(parameters)]
    return recorded(term, lambda total, *_: after(total), [XS / 2, YS], at)


def network(widths=(1, 16, 16, 1), samples=41):
    """Return the mean squared error of a network of tanh layers."""
    random = np.random.default_rng(3)
    sizes = list(pairwise(widths))
    at = np.concatenate([random.normal(0, 1 / math.sqrt(n), (n + 1) * m) for n, m in sizes])

    def term(x, y, *weights):
        given, layer = iter(weights), [x]
        for number, (_, outputs) in enumerate(sizes):
            sums = []
            for _ in range(outputs):
                value = next(given)
                for each in layer:
                    value = value + next(given) * each
                sums.append(value)
            last = number == len(sizes) - 1
            layer = sums if last else [Tensor.tanh(each) for each in sums]
        return (y - layer[0]) ** 2

    xs, ys = np.resize(XS, samples), np.resize(YS, samples)
    return recorded(term, lambda total, *_: total / samples, [xs, ys], list(at))


def start_of(tape):
    """Return the parameters' values as they were recorded."""
    return np.array([tape.instructions[place].node.data for place in tape.parameters])


VECTOR_FUNCTIONS = [
    pytest.param(
        widths,
        id=f"functions for {' and '.join(map(str, widths)) or 'single numbers'}",
        marks=pytest.mark.skipif(
            not set(widths) <= set(vector_function_lanes()),
            reason="this machine has no such vector functions",
        ),
    )
    for widths in ((), (4,), (8, 4))
]


def use_vector_functions(monkeypatch, widths):
    """Leave the machine only vector functions of some widths."""
    for module in ("arithmetic", "compiled_tape"):
        monkeypatch.setattr(f"autograd.native.{module}.vector_function_lanes", lambda: widths)


# -- comparisons -------------------------------------------------------------------------------


def differences(actual, expected, scale=0.0):
    """Return by how much numbers differ, relative to the expected ones or, if larger, a scale.

    Two nans do not differ, nor do equal infinities; what is finite in one only does by inf.
    Differences below the smallest normal number do not count.
    """
    actual, expected, scale = np.broadcast_arrays(actual, expected, scale)
    with silent():
        size = np.maximum(abs(expected), np.nan_to_num(scale, posinf=0.0))
        difference = abs(actual - expected)
        relative = np.where(difference < 1e-300, 0.0, difference / size)
        alike = (actual == expected) | (np.isnan(actual) & np.isnan(expected))
    finite = np.isfinite(actual) & np.isfinite(expected)
    return np.where(alike, 0.0, np.where(finite, relative, np.inf))


def assert_close(actual, expected, scale=0.0, tolerance=CLOSE, what=""):
    found = differences(actual, expected, scale)
    if not (found <= tolerance).all():
        at = np.unravel_index(np.argmax(found), found.shape)
        pair = [np.broadcast_to(each, found.shape)[at] for each in (actual, expected)]
        pytest.fail(f"{what} at {at}: {pair[0]!r} instead of {pair[1]!r}, by {found[at]:.2g}")


def assert_same_bits(actual, expected):
    actual, expected = np.asarray(actual, dtype=float), np.asarray(expected, dtype=float)
    assert actual.shape == expected.shape
    assert actual.tobytes() == expected.tobytes()


def local_size(rule, derivative, value, operands):
    """Return the size of what a local derivative is the difference of.

    1 − y² and y (1 − y) lose the digits of a y near 1.
    """
    if rule is TANH:
        return 1.0 + value * value
    if rule is SIGMOID:
        return abs(value) * (1.0 + abs(value))
    return abs(derivative(NUMPY, value, *operands))


def assert_follows_rules(tape, native, at, tolerance=CLOSE):
    """Check every value against its operands' values, and every gradient against its uses'.

    What is asked of one instruction does not depend on how well its expression as a whole
    is conditioned, so that the tolerance holds for all expressions. Returns the snapshot.
    """
    values, gradients = native.snapshot(at)
    needed = [place for place, value in enumerate(values) if value is not None]
    assert len(tape.instructions) - 1 in needed
    with silent():
        for place in needed:
            _check_value(
                tape, values, place, dict(zip(tape.parameters, at, strict=True)), tolerance
            )
        _check_gradients(tape, values, gradients, needed, tolerance)
    loss, gradient = native.evaluate(at)
    assert_close(loss, values[-1], what="the evaluation's loss")
    for place, number in zip(tape.parameters, gradient, strict=True):
        total = gradients.totals[place]
        own = gradients.contributions.get(place, 0.0)
        with silent():
            size = np.sum(abs(np.asarray(own))) + abs(0.0 if total is None else total)
        assert_close(
            number, 0.0 if total is None else total, size, what="the evaluation's gradient"
        )
    return values, gradients


def _check_value(tape, values, place, given, tolerance):
    instruction = tape.instructions[place]
    operands = [values[operand] for operand in instruction.operands]
    scale = 0.0
    if instruction.rule is SUM:
        terms = np.broadcast_to(operands[0], tape.samples)
        expected, scale = np.sum(terms), np.sum(abs(terms))
    elif instruction.rule is not None:
        expected = instruction.rule.value(NUMPY, *map(np.asarray, operands))
    elif place in tape.columns:
        expected = tape.columns[place]
    else:
        expected = given.get(place, instruction.node.data)
    shape = (tape.samples,) if instruction.per_sample else ()
    assert np.shape(values[place]) == shape
    what = f"{instruction.rule.name if instruction.rule else 'leaf'} {place}"
    assert_close(values[place], expected, scale, tolerance, what)


def _check_gradients(tape, values, gradients, needed, tolerance):
    last = len(tape.instructions) - 1
    expected, sizes = {last: np.float64(1.0)}, {last: 1.0}
    own, own_sizes = {}, {}  # each sample's contributions to what all share
    for place in reversed(needed):
        instruction = tape.instructions[place]
        if place in own:
            assert_close(
                gradients.contributions[place], own[place], own_sizes[place], tolerance,
                f"contributions to {place}",
            )  # fmt: skip
            _add(expected, place, np.sum(own[place]))
            _add(sizes, place, np.sum(own_sizes[place]))
        if place not in expected:
            continue
        assert_close(
            gradients.totals[place], expected[place], sizes[place], tolerance,
            f"gradient of {instruction.rule.name if instruction.rule else 'leaf'} {place}",
        )  # fmt: skip
        upstream = np.asarray(gradients.totals[place])
        operands = [np.asarray(values[operand]) for operand in instruction.operands]
        derivatives = instruction.rule.derivatives if instruction.rule else ()
        for operand, derivative in zip(instruction.operands, derivatives, strict=True):
            if not tape.instructions[operand].require_grad:
                continue
            local = derivative(NUMPY, values[place], *operands)
            contribution = upstream * local
            size = abs(upstream) * local_size(instruction.rule, derivative, values[place], operands)
            if instruction.rule is SUM:
                contribution = np.full(tape.samples, contribution)
            per_sample = instruction.per_sample or instruction.rule is SUM
            if per_sample and not tape.instructions[operand].per_sample:
                _add(own, operand, np.broadcast_to(contribution, tape.samples))
                _add(own_sizes, operand, np.broadcast_to(size, tape.samples))
            else:
                _add(expected, operand, contribution)
                _add(sizes, operand, size)
    assert {place for place, total in enumerate(gradients.totals) if total is not None} == {
        place for place in expected if tape.instructions[place].require_grad or place == last
    }
    assert set(gradients.contributions) == set(own)


def _add(into, place, number):
    into[place] = into[place] + number if place in into else number
