"""Native code computes what the define-by-run engine does: every value, every gradient."""

import ctypes
import gc
import math
import threading
import weakref
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from autograd import Scalar, Tensor
from autograd.arithmetic import silent
from autograd.graph import topological_order
from autograd.native import NativeCodeError, compile_tape, compiled_tape
from autograd.native.body import IN_REGISTERS
from autograd.native.compiled_tape import LARGEST
from autograd.native.layout import Layout
from autograd.tape import Tape
from tests.autograd.compiled import (
    BINARY,
    CLOSE,
    UNARY,
    VECTOR_FUNCTIONS,
    XS,
    YS,
    apply,
    assert_close,
    assert_follows_rules,
    assert_same_bits,
    differences,
    line,
    local_size,
    network,
    polynomial,
    recorded,
    squared_error,
    start_of,
    use_vector_functions,
)
from tests.autograd.folded import gradient_bounds, same, size_of_terms
from tests.autograd.programs import programs
from tests.autograd.test_folding_random import (
    FINITE,
    SMOOTH,
    assume_no_overflow_on_the_way,
    losses,
)

EXAMPLES = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow]
)  # each compiles twice
INF, NAN = math.inf, math.nan
NUMBERS = [
    0.0, -0.0, INF, -INF, NAN, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 0.3, -2.7, 1.1,
    math.pi, 20.0, -20.0, 400.5, -710.0, 1e5, 1e15 + 0.5, 1e200, -1e200, 1e308, 1e-5, 1e-160,
    -1e-200, 5e-324, -5e-324, 2.2e-308,
]  # fmt: skip
PAIRS = [(a, b) for a in NUMBERS for b in NUMBERS]
FEW = [0.0, -0.0, INF, -INF, NAN, 1.0, -1.0, 0.5, 2.0, -3.0, 1e200, -1e-200]
FEW_PAIRS = [(a, b) for a in FEW for b in FEW]
EXPONENTS = [0, 1, 2, 3, -1, 0.5, -0.5, 4, -2, 7, -3, 1 / 3, 2.5, -0.0, INF, -INF, NAN, 1e-300]
BASES = [0.0, 1.0, 2.0, math.e, -2.0, -1.0, 0.5, INF, NAN]

CASES = {
    **{name: (partial(apply, name), 1) for name in UNARY},
    **{name: (partial(apply, name), 2) for name in BINARY},
    **{f"a ^ {p:g}": (lambda a, p=p: a**p, 1) for p in EXPONENTS},
    **{f"{b:g} ^ a": (lambda a, b=b: b**a, 1) for b in BASES},
    "1 / a": (lambda a: 1 / a, 1),
    "a − 1": (lambda a: a - 1, 1),
    "a · nan": (lambda a: a * NAN, 1),
    "a · −1": (lambda a: a * -1.0, 1),
    "max(a, 0)": (lambda a: Tensor.maximum(a, 0.0), 1),
    "min(nan, a)": (lambda a: Tensor.minimum(NAN, a), 1),
    "a ^ a": (lambda a: a**a, 1),
    "a · a": (lambda a: a * a, 1),
}


def points_of(operands, pairs=PAIRS):
    return [(a,) for a in NUMBERS] if operands == 1 else pairs


def gradient_sizes(result, leaves):
    """Return the size of each leaf's gradient, before what cancels within a rule or a sum."""
    inputs = [np.float64(operand.data) for operand in result.operands]
    sizes = dict.fromkeys(leaves, 0.0)
    with silent():
        for operand, derivative in zip(result.operands, result.rule.derivatives, strict=True):
            if operand in sizes:
                sizes[operand] += local_size(
                    result.rule, derivative, np.float64(result.data), inputs
                )
    return [sizes[leaf] for leaf in leaves]


# -- every operation ---------------------------------------------------------------------------


def one_operation_a_sample(operation, points):
    """Return the tape of the sum of ``operation(1 · x, 1 · x')``."""
    columns = list(zip(*points, strict=True))
    made = []

    def term(*leaves):
        data, ones = leaves[: len(columns)], leaves[len(columns) :]
        operands = [one * x for one, x in zip(ones, data, strict=True)]
        result = operation(*operands)
        made.extend([result, *operands])
        return result

    tape = recorded(term, lambda total, *_: total * 1.0, columns, [1.0] * len(columns))
    return tape, [tape.place(node) for node in made]


def calls_a_function(case):
    return case in {"sin", "cos", "tanh", "exp", "log", "sigmoid", "pow"} or "^" in case


CASES_AND_FUNCTIONS = [
    pytest.param(case, *each.values, id=f"{case}, {each.id}", marks=each.marks)
    for case in CASES
    for each in (VECTOR_FUNCTIONS if calls_a_function(case) else VECTOR_FUNCTIONS[:1])
]


@pytest.mark.parametrize(("case", "widths"), CASES_AND_FUNCTIONS)
def test_an_operation_on_each_sample_is_the_engines(case, widths, monkeypatch):
    use_vector_functions(monkeypatch, widths)
    operation, operands = CASES[case]
    points = points_of(operands)
    tape, (result_place, *places) = one_operation_a_sample(operation, points)
    values, gradients = compile_tape(tape).snapshot(start_of(tape))
    expected, sizes = [], []
    for point in points:
        leaves = [Scalar(number, True) for number in point]
        result = operation(*leaves)
        result.zero_grad()
        result.backward()
        expected.append([result.data, *(leaf.grad for leaf in leaves)])
        sizes.append(gradient_sizes(result, leaves))
    expected, sizes = np.array(expected).T, np.array(sizes).T
    assert_close(values[result_place], expected[0], what=case)
    for place, gradient, size in zip(places, expected[1:], sizes, strict=True):
        assert_close(gradients.totals[place], gradient, size, what=f"gradient of {case}")


@pytest.mark.parametrize("case", CASES)
def test_an_operation_that_all_samples_share_is_the_engines(case):
    operation, operands = CASES[case]
    made = []

    def term(x, *leaves):
        made.append(operation(*leaves))
        return made[0] * x

    weights = np.array([1.0, 0.5, 0.25])
    tape = recorded(term, lambda total, *_: total * 1.0, [weights], [1.0] * operands)
    place = tape.place(made[0])
    compiled = compile_tape(tape)
    for point in points_of(operands, FEW_PAIRS):
        leaves = [Scalar(number, True) for number in point]
        result = operation(*leaves)
        loss = 0
        for weight in weights.tolist():
            loss += result * weight
        loss.zero_grad()
        loss.backward()
        values, gradients = compiled.snapshot(point)
        assert_close(values[place], result.data, what=f"{case} at {point}")
        assert_close(values[-1], loss.data, what=f"the sum of {case} at {point}")
        sizes = gradient_sizes(result, leaves)
        for parameter, leaf, size in zip(tape.parameters, leaves, sizes, strict=True):
            assert_close(
                gradients.totals[parameter], leaf.grad, 1.75 * size, what=f"{case} at {point}"
            )


@pytest.mark.parametrize("case", CASES)
def test_an_operation_after_the_sum_is_the_engines(case):
    operation, operands = CASES[case]
    tape = recorded(
        [lambda x, *leaves, i=i: leaves[i] * x for i in range(operands)],
        lambda *leaves: operation(*leaves[:operands]),
        [[1.0, 1.0]],
        [1.0] * operands,
    )
    compiled = compile_tape(tape)
    for point in points_of(operands, FEW_PAIRS):
        leaves = [Scalar(number, True) for number in point]
        sums = [sum((leaf * 1.0 for _ in range(2)), Scalar(0)) for leaf in leaves]
        loss = operation(*sums)
        loss.zero_grad()
        loss.backward()
        value, gradient = compiled.evaluate(point)
        assert_close(value, loss.data, what=f"{case} at {point}")
        with silent():
            sizes = 2 * np.array(gradient_sizes(loss, sums))
        assert_close(gradient, [leaf.grad for leaf in leaves], sizes, what=f"{case} at {point}")


# -- the number of samples, of lanes, of sums --------------------------------------------------


def bumps(samples, after=lambda total, *_: total * 0.1):
    """Return a tape with functions in it, and numbers that differ from sample to sample."""
    xs = np.cos(np.arange(samples) * 1.7) * 2
    ys = np.sin(np.arange(samples) * 0.9)
    return recorded(
        lambda x, y, m, c: Tensor.tanh(m * x + c) * Tensor.exp(c * y) + Tensor.abs(y) ** (m * m),
        after, [xs, ys], [0.8, -0.4],
    )  # fmt: skip


SAMPLES = [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 41, 1000]


@pytest.mark.parametrize("samples", SAMPLES)
def test_any_number_of_samples(samples):
    tape = bumps(samples)
    assert tape.samples == samples
    compiled = compile_tape(tape)
    assert_follows_rules(tape, compiled, [0.8, -0.4])
    value, gradient = tape.evaluate([0.8, -0.4])
    found, found_gradient = compiled.evaluate([0.8, -0.4])
    assert_close(found, value)
    assert_close(found_gradient, gradient, scale=abs(gradient).max())


@pytest.mark.parametrize("many", [False, True], ids=["in registers", "in memory"])
@pytest.mark.parametrize("samples", SAMPLES)
def test_what_only_the_last_sample_has_is_seen_and_what_lies_behind_it_is_not(samples, many):
    def term(x, *parameters):
        # Behind the samples there are zeros, where this term is inf and its gradient nan.
        value = parameters[0] / x
        for parameter in parameters[1:]:
            value = value + parameter * x
        return value

    count = IN_REGISTERS + 3 if many else 2
    xs = np.arange(1.0, samples + 1)
    for last in (NAN, 0.0, samples):
        xs[-1] = last
        tape = recorded(term, lambda total, *_: total * 0.5, [xs], [0.5] * count)
        compiled = compile_tape(tape)
        value, gradient = tape.evaluate([0.5] * count)
        assert_close(compiled.evaluate([0.5] * count)[0], value)
        assert_close(compiled.evaluate([0.5] * count)[1], gradient)
        assert_close(compiled.loss_grid(np.full((1, count), 0.5)), value)
        assert math.isfinite(value) == (last == samples)


@pytest.mark.parametrize("widths", VECTOR_FUNCTIONS)
@pytest.mark.parametrize("lanes", [2, 4, 8, 16])
@pytest.mark.parametrize("tape", [bumps(41), polynomial(15)], ids=["registers", "memory"])
def test_any_number_of_lanes(tape, lanes, widths, monkeypatch):
    use_vector_functions(monkeypatch, widths)
    monkeypatch.setattr(compiled_tape, "_lanes_for", lambda _layout: lanes)
    at = start_of(tape)
    compiled = compile_tape(tape)
    assert_follows_rules(tape, compiled, at)
    value, gradient = tape.evaluate(at)
    assert_close(compiled.evaluate(at)[0], value)
    assert_close(compiled.evaluate(at)[1], gradient, abs(gradient).max())
    assert_close(compiled.loss_grid(at[None, :]), [value])


@pytest.mark.parametrize("after", [lambda total: total / 41, Tensor.sqrt], ids=["mean", "root"])
@pytest.mark.parametrize("parameters", [IN_REGISTERS - 1, IN_REGISTERS, 15, 20])
def test_few_sums_and_many(parameters, after):
    tape = polynomial(parameters, after)
    assert len(Layout(tape).accumulated) == parameters
    assert_follows_rules(tape, compile_tape(tape), start_of(tape))


@pytest.mark.parametrize("sums", [2, IN_REGISTERS, IN_REGISTERS + 1, 20])
def test_a_loss_of_several_sums(sums):
    def after(*leaves):
        totals, m = leaves[:sums], leaves[sums]
        loss = totals[0] * 1.0
        for total in totals[1:-1]:
            loss = loss - total / 3
        return Tensor.exp(totals[-1] / 100) + loss + m

    terms = [lambda x, y, m, c, k=k: Tensor.sin(m * x + k) * c + y for k in range(sums)]
    tape = recorded(terms, after, [XS, YS], [0.4, 1.2])
    assert len(Layout(tape).sums) == sums
    assert_follows_rules(tape, compile_tape(tape), [0.4, 1.2])


def test_the_gradients_of_a_networks_weights():
    tape = network()
    assert len(tape.parameters) == 321
    at = start_of(tape)
    compiled = compile_tape(tape)
    value, gradient = tape.evaluate(at)
    found, found_gradient = compiled.evaluate(at)
    assert_close(found, value)
    gradients = tape.backward(tape.forward(at))
    sizes = [abs(gradients.contributions[place]).sum() for place in tape.parameters]
    assert_close(found_gradient, gradient, sizes)
    assert_close(compiled.loss_grid(np.array([at, at * 0.5]))[0], value)


def test_every_value_and_gradient_of_a_network():
    tape = network((1, 5, 4, 1))
    assert_follows_rules(tape, compile_tape(tape), start_of(tape))


# -- what comes before and after the sums ------------------------------------------------------


AFTER = {
    "the sum itself": lambda total, _m, _c: total * 1.0,
    "the mean": lambda total, _m, _c: total / 41,
    "the mean, negative": lambda total, _m, _c: -(total / 41) - 1,
    "its root": lambda total, _m, _c: Tensor.sqrt(total / 41),
    "its logarithm": lambda total, _m, _c: Tensor.log(total),
    "its square": lambda total, _m, _c: total * total,
    "itself twice": lambda total, _m, _c: total + total * 2,
    "a decay": lambda total, m, _c: total / 41 + 0.1 * m**2,
    "a decay of both": lambda total, m, c: 0.1 * (m**2 + Tensor.abs(c)) + total / 41,
    "times a parameter": lambda total, _m, c: total * c,
    "divided by a parameter": lambda total, _m, c: total / Tensor.exp(c),
    "a parameter divided by it": lambda total, m, _c: m / (total + 1),
    "to a parameter's power": lambda total, _m, c: total**c,
    "a parameter to its power": lambda total, _m, c: Tensor.exp(c) ** (total / 100),
    "the larger": lambda total, m, _c: Tensor.maximum(total, m),
    "the smaller": lambda total, m, c: Tensor.minimum(total, m * c),
    "less a parameter, times another": lambda total, m, c: (total / 41 - m) * c,
    "a parameter, used outside as well": lambda total, m, _c: Tensor.tanh(m) * 3 + total / 41 + m,
}


@pytest.mark.parametrize("many", [False, True], ids=["in registers", "in memory"])
@pytest.mark.parametrize("after", AFTER)
def test_what_is_done_with_the_sum(after, many, monkeypatch):
    if many:
        monkeypatch.setattr("autograd.native.body.IN_REGISTERS", 0)
    tape = recorded(squared_error, AFTER[after], [XS, YS], [0.5, 0.25])
    compiled = compile_tape(tape)
    assert_follows_rules(tape, compiled, [0.5, 0.25])
    value, gradient = tape.evaluate([-0.5, 2.0])
    assert_close(compiled.evaluate([-0.5, 2.0])[0], value)
    assert_close(compiled.evaluate([-0.5, 2.0])[1], gradient)
    assert_close(compiled.loss_grid(np.array([[-0.5, 2.0]])), [value])


@pytest.mark.parametrize("after", AFTER)
def test_one_loop_is_enough_where_the_sums_gradient_is_known_before_it(after):
    tape = recorded(squared_error, AFTER[after], [XS, YS], [0.5, 0.25])
    nonlinear = {
        "its root", "its logarithm", "its square", "a parameter divided by it",
        "to a parameter's power", "a parameter to its power", "the larger", "the smaller",
    }  # fmt: skip
    assert Layout(tape).fused == (after not in nonlinear)


INSIDE_OR_OUTSIDE = {
    "one inside, one outside": ([lambda x, y, m, _c: m * x - y], lambda t, _m, c: t + c),
    "both outside": ([lambda x, y, _m, _c: x * y], lambda t, m, c: t * 2 + m * c),
    "both outside, one as well as a factor": (
        [lambda x, y, _m, _c: x * y],
        lambda t, m, c: m * c - t * m,
    ),
    "a function of one inside": (
        [lambda x, y, _m, c: Tensor.sin(c) * x - y],
        lambda t, m, c: t + m**c,
    ),
    "of both, before": ([lambda x, y, m, c: Tensor.sin(m * c) - x * y], lambda t, _m, _c: t / 41),
    "one summed as it is": (
        [lambda _x, _y, m, _c: m, lambda x, y, _m, _c: x + y],
        lambda t, u, _m, c: t * 1.0 - c + u,
    ),
    "a function of one summed": (
        [lambda _x, _y, m, c: Tensor.exp(m * c), lambda x, y, _m, c: x * c + y],
        lambda t, u, _m, _c: Tensor.sqrt(t) - u,
    ),
    "a constant summed": (
        [lambda _x, _y, _m, _c: Scalar(2) ** 3, lambda x, y, _m, c: x * y + c],
        lambda t, u, m, _c: t + Tensor.tanh(u) * m,
    ),
    "a term that is 1 for all": (
        [lambda x, _y, m, c: (m * x + c) ** 0, lambda x, y, _m, c: x * c + y],
        lambda t, u, _m, _c: Tensor.sqrt(t) + u,
    ),
    "two sums of the same terms": (
        [squared_error] * 2,
        lambda t, u, _m, _c: t / 41 + Tensor.sqrt(u),
    ),
    "one sum of parameters, one of data": (
        [squared_error, lambda _x, y, _m, _c: y * y],
        lambda t, u, _m, _c: 1 - t / u,
    ),
}


@pytest.mark.parametrize("many", [False, True], ids=["in registers", "in memory"])
@pytest.mark.parametrize("case", INSIDE_OR_OUTSIDE)
def test_parameters_and_terms_inside_and_outside_the_samples_part(case, many, monkeypatch):
    if many:
        monkeypatch.setattr("autograd.native.body.IN_REGISTERS", 0)
    terms, after = INSIDE_OR_OUTSIDE[case]
    tape = recorded(terms, after, [XS, YS], [0.6, 1.4])
    compiled = compile_tape(tape)
    assert_follows_rules(tape, compiled, [0.6, 1.4])
    value, gradient = tape.evaluate([0.6, 1.4])
    assert_close(compiled.evaluate([0.6, 1.4])[0], value, abs(YS).sum())
    assert_close(compiled.evaluate([0.6, 1.4])[1], gradient, abs(gradient).max() + abs(YS).sum())


FLAT = {
    "a formula": lambda m, c: Tensor.sin(m * c) / (m * 2) + c**m,
    "a parameter": lambda m, _c: m,
    "a product": lambda m, c: m * c,
    "a constant's share": lambda m, c: m * 2 + Tensor.exp(Scalar(1)) * c,
    "the same twice": lambda m, _c: m * m + m,
}


@pytest.mark.parametrize("flat", FLAT)
def test_a_tape_in_which_nothing_is_repeated(flat):
    leaves = Scalar(0.7, True), Scalar(0.3, True)
    loss = FLAT[flat](*leaves)
    loss.zero_grad()
    loss.backward()
    tape = Tape.fold(loss)
    assert tape.samples == 1
    compiled = compile_tape(tape)
    used = [leaf for leaf in leaves if leaf in loss.parameters()]
    value, gradient = compiled.evaluate([leaf.data for leaf in used])
    assert_close(value, loss.data)
    assert_close(gradient, [leaf.grad for leaf in used])
    assert_close(compiled.loss_grid(np.array([[leaf.data for leaf in used]])), [loss.data])
    assert_follows_rules(tape, compiled, [leaf.data for leaf in used])


def test_a_tape_without_parameters():
    for loss in (Scalar(2) * 3, sum((Scalar(x) - y) ** 2 for x, y in zip(XS, YS, strict=True))):
        compiled = compile_tape(Tape.fold(loss))
        value, gradient = compiled.evaluate([])
        assert_close(value, loss.data)
        assert gradient.shape == (0,)
        assert_close(compiled.loss_grid(np.empty((2, 0))), [loss.data] * 2)


def test_what_the_loss_does_not_depend_on_has_no_value_in_a_snapshot():
    m, x, total, idle = Scalar(0.5, True), Scalar(0), Scalar(0), Scalar(0)
    tape = Tape.record(total / 2, [m], {x: np.array([1.0, 2.0])}, {total: m * x, idle: x * 3})
    values, _ = compile_tape(tape).snapshot([0.5])
    assert values[-1] == 0.75
    assert all(value is not None for value in values)  # what is idle is not on the tape


def test_columns_may_be_views_of_whole_numbers_or_not_contiguous():
    m, x, y, total = Scalar(0.5, True), Scalar(0), Scalar(0), Scalar(0)
    numbers = np.arange(60, dtype=np.int32)
    columns = {x: numbers[::3], y: np.arange(40.0)[::-2]}
    tape = Tape.record(total / 2, [m], columns, {total: m * x - y})
    expected = 0.5 * (0.5 * numbers[::3] - np.arange(40.0)[::-2]).sum()
    assert_close(compile_tape(tape).evaluate([0.5])[0], expected)


def test_the_columns_are_those_at_which_it_was_compiled():
    xs = np.array([1.0, 2.0, 3.0])
    tape = recorded(lambda x, m: m * x, lambda total, _m: total * 1.0, [xs], [1.0])
    compiled = compile_tape(tape)
    next(iter(tape.columns.values()))[:] = 0.0
    assert compiled.evaluate([1.0])[0] == 6.0


# -- one evaluation, many evaluations ----------------------------------------------------------


TAPES = {
    "a line": line,
    "its root": lambda: recorded(
        squared_error, lambda total, m, _c: Tensor.sqrt(total / 41) + m * m, [XS, YS], [0.5, 0.2]
    ),
    "bumps": lambda: bumps(41),
    "many parameters": lambda: polynomial(15),
    "long and many": lambda: polynomial(20),
}


@pytest.mark.parametrize("name", TAPES)
def test_the_grid_has_the_loss_of_each_point(name):
    tape = TAPES[name]()
    count = len(tape.parameters)
    compiled = compile_tape(tape)
    points = np.random.default_rng(1).normal(0, 1, (30, count))
    points[3, 0], points[4, -1], points[5] = NAN, INF, 0.0
    expected = [compiled.evaluate(point)[0] for point in points]
    assert_close(compiled.loss_grid(points), expected)
    assert_close(compiled.loss_grid(points), [tape.evaluate(point)[0] for point in points])
    assert np.isnan(compiled.loss_grid(points)[3])
    assert_same_bits(compiled.loss_grid(points), compiled.loss_grid(points))
    assert_same_bits(compiled.loss_grid(points.T.copy().T), compiled.loss_grid(points))
    assert compiled.loss_grid(np.empty((0, count))).shape == (0,)


@pytest.mark.parametrize("name", TAPES)
def test_an_evaluation_gives_the_same_bits_each_time_and_however_often_it_is_compiled(name):
    tape = TAPES[name]()
    at = start_of(tape)
    compiled = compile_tape(tape)
    value, gradient = compiled.evaluate(at)
    for other in (compiled, compiled, compile_tape(tape)):
        assert_same_bits(other.evaluate(list(at))[0], value)
        assert_same_bits(other.evaluate(at)[1], gradient)


def test_an_evaluation_leaves_the_given_numbers_alone_and_returns_its_own():
    compiled = compile_tape(line())
    at = np.array([0.5, 0.25])
    value, first = compiled.evaluate(at)
    kept = first.copy()
    _, second = compiled.evaluate([3.0, 4.0])
    assert at.tolist() == [0.5, 0.25]
    assert type(value) is float
    assert_same_bits(first, kept)
    assert second.tolist() != first.tolist()


def test_a_snapshot_has_the_shapes_of_the_tapes_own_passes():
    tape = bumps(41)
    values, gradients = compile_tape(tape).snapshot([0.8, -0.4])
    expected = tape.forward([0.8, -0.4])
    expected_gradients = tape.backward(expected)
    for mine, its in zip(values, expected, strict=True):
        assert np.shape(mine) == np.shape(its)
        assert_close(mine, its)
    for place, (mine, its) in enumerate(
        zip(gradients.totals, expected_gradients.totals, strict=True)
    ):
        assert (mine is None) == (its is None)
        assert mine is None or np.shape(mine) == np.shape(its)
        own = expected_gradients.contributions.get(place)
        scale = 0.0 if own is None else abs(own).sum()
        assert mine is None or differences(mine, its, scale).max() <= 1e-11
    assert set(gradients.contributions) == set(expected_gradients.contributions)


@pytest.mark.parametrize("given", [[], [0.5], [0.5, 0.25, 1.0], [[0.5, 0.25]], 0.5])
def test_another_number_of_parameters_is_refused(given):
    compiled = compile_tape(line())
    for function in (compiled.evaluate, compiled.snapshot):
        with pytest.raises(ValueError, match="2 parameters"):
            function(given)


@pytest.mark.parametrize("shape", [(3,), (2,), (3, 1), (3, 3), (1, 3, 2)])
def test_points_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match="parameters"):
        compile_tape(line()).loss_grid(np.zeros(shape))


# -- random losses -----------------------------------------------------------------------------


def folded(case):
    leaves = [Scalar(number, True) for number in case.parameters]
    loss = case.build(leaves)
    tape = Tape.fold(loss)
    return loss, tape, [tape.instructions[place].node.data for place in tape.parameters]


@given(losses())
@EXAMPLES
def test_every_instruction_of_a_random_loss_follows_its_rule(case):
    loss, tape, at = folded(case)
    assume_no_overflow_on_the_way(loss)
    assert_follows_rules(tape, compile_tape(tape), at)


@given(losses(FINITE))
@EXAMPLES
def test_every_node_of_a_random_smooth_loss_has_the_engines_value_and_gradient(case):
    smooth = tuple(
        (name if name in SMOOTH else "tanh", *operands) for name, *operands in case.steps
    )
    loss, tape, at = folded(replace(case, steps=smooth, common=()))
    assume_no_overflow_on_the_way(loss)
    bounds, scale = gradient_bounds(loss), size_of_terms(loss)
    values, gradients = compile_tape(tape).snapshot(at)
    for instruction, value, total in zip(tape.instructions, values, gradients.totals, strict=True):
        nodes = instruction.nodes if instruction.per_sample else instruction.nodes[:1]
        if not nodes:
            continue
        for node, number in zip(nodes, np.broadcast_to(value, len(nodes)), strict=True):
            size = max(size_of_terms(node) if node.operands else 0.0, scale * (node is loss))
            assert same(number, node.data, size, tolerance=1e-10)
        if total is not None:
            for node, number in zip(nodes, np.broadcast_to(total, len(nodes)), strict=True):
                assert same(number, node.grad, bounds[node], tolerance=1e-10)


@given(programs(max_steps=25))
@EXAMPLES
def test_random_graphs_without_samples_follow_their_rules(program):
    loss, leaves = program.build()
    tape = Tape.fold(loss)
    used = set(topological_order(loss))
    assert_follows_rules(tape, compile_tape(tape), [leaf.data for leaf in leaves if leaf in used])


# -- code that comes and goes ------------------------------------------------------------------


def test_a_tape_that_is_too_large_is_refused_in_a_sentence(monkeypatch):
    tape = line()
    assert LARGEST > 1000
    monkeypatch.setattr(compiled_tape, "LARGEST", len(tape.instructions))
    assert compile_tape(tape).evaluate([0.5, 0.25])[0] > 0
    monkeypatch.setattr(compiled_tape, "LARGEST", len(tape.instructions) - 1)
    with pytest.raises(NativeCodeError) as refused:
        compile_tape(tape)
    assert str(refused.value) == (
        "The loss has 12 different operations; more than 11 are not compiled."
    )


def test_compiling_is_timed():
    assert 0 < compile_tape(line()).compile_seconds < 60


def test_tapes_come_and_go():
    expected = line().evaluate([0.5, 0.25])[0]
    kept = []
    for number in range(50):
        compiled = compile_tape(line())  # drops the one before
        assert_close(compiled.evaluate([0.5, 0.25])[0], expected)
        if number % 10 == 0:
            kept.append(compiled)
            gc.collect()
    for each in kept:
        assert_close(each.evaluate([0.5, 0.25])[0], expected)
        assert_close(each.loss_grid(np.array([[0.5, 0.25]])), [expected])


def test_code_is_gone_with_its_tape_and_stays_while_it_is_held():
    compiled = compile_tape(line())
    evaluate = compiled.evaluate
    expected = compiled.evaluate([0.5, 0.25])[0]
    gone = weakref.ref(compiled), weakref.ref(compiled._code)
    del compiled
    gc.collect()
    assert evaluate([0.5, 0.25])[0] == expected
    assert all(reference() is not None for reference in gone)
    del evaluate
    gc.collect()
    assert all(reference() is None for reference in gone)


def test_the_functions_are_called_without_pythons_lock():
    compiled = compile_tape(line())
    held = ctypes.PYFUNCTYPE(None)._flags_ & ~ctypes.CFUNCTYPE(None)._flags_
    for function in (compiled._evaluate, compiled._grid, compiled._snapshot[0]):
        assert held
        assert not type(function)._flags_ & held


def test_several_threads_may_use_one_tape_from_the_start():
    tape = bumps(41)
    at = np.array([0.8, -0.4])
    expected = compile_tape(tape)
    results, failures = [], []
    compiled = compile_tape(tape)
    together = threading.Barrier(4)

    def use():
        try:
            together.wait(60)
            values, _ = compiled.snapshot(at)
            grid = compiled.loss_grid(np.array([at, at + 1]))
            results.append([compiled.evaluate(at)[0], float(values[-1]), *grid])
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    value = expected.evaluate(at)[0]
    grid = expected.loss_grid(np.array([at, at + 1]))
    assert results == [[value, float(expected.snapshot(at)[0][-1]), *grid]] * 4


def test_compiling_leaves_the_tape_and_its_nodes_alone():
    tape = line()
    before = [(each, each.node.data, each.node.operands) for each in tape.instructions]
    compile_tape(tape).snapshot([1.0, 2.0])
    assert before == [(each, each.node.data, each.node.operands) for each in tape.instructions]
    assert_close(tape.evaluate([0.5, 0.25])[0], compile_tape(tape).evaluate([0.5, 0.25])[0], CLOSE)
