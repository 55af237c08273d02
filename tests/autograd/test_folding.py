"""A loss that repeats itself folds to what it repeats, and computes the same numbers."""

import math
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd import Add, Scalar, Subtract, Tensor
from autograd.arithmetic import NUMPY, Arithmetic, evaluate_ieee, silent
from autograd.check import numeric_derivative
from autograd.graph import count_uses, topological_order
from autograd.rules import ADD, NEGATE, SUBTRACT, SUM
from autograd.tape import Tape
from tests.autograd.programs import EXAMPLES, programs

XS = [-1.5, 0.25, 2.0, 3.0, -0.5]
YS = [1.0, -2.0, 0.5, 4.0, 3.0]
DATA = list(zip(XS, YS, strict=True))
CLOSE = 1e-12


def line():
    return Scalar(0.5, True, "m"), Scalar(0.25, True, "c")


def error(m, c, x, y):
    return (y - ((m * x) + c)) ** 2


def total(terms, start=0):
    for term in terms:
        start += term
    return start


def rows(tape):
    """Return the operations done once a sample."""
    return [each for each in tape.instructions if each.per_sample and each.rule is not None]


def sums(tape):
    return [each for each in tape.instructions if each.rule is SUM]


def names(tape):
    return [tape.instructions[place].node.name for place in tape.parameters]


def is_flat(tape):
    return tape.samples == 1 and not sums(tape) and not any(i.per_sample for i in tape.instructions)


# The oracle: the graph itself.


def gradient_bounds(loss):
    """Return per node the sum of the absolute values of what its gradient is the sum of.

    A gradient added up in another order differs by its share of this, not of itself.
    """
    bounds = {loss: 1.0}
    with silent():
        for node in reversed(topological_order(loss)):
            if not node.operands:
                continue
            inputs = [np.float64(number) for number in node.inputs]
            for operand, derivative in zip(node.operands, node.rule.derivatives, strict=True):
                local = abs(derivative(NUMPY, np.float64(node.data), *inputs))
                bounds[operand] = bounds.get(operand, 0.0) + bounds[node] * local
    return bounds


def same(actual, expected, scale=0.0, tolerance=CLOSE):
    """Whether two numbers are the same but for the rounding of numbers as large as ``scale``."""
    if not (math.isfinite(actual) and math.isfinite(expected)):
        return actual == expected or (math.isnan(actual) and math.isnan(expected))
    return abs(actual - expected) <= tolerance * max(abs(expected), scale) + 1e-300


def size_of_terms(node):
    """Return the sum of the absolute values of what a chain of additions adds up."""
    size, stack = 0.0, [node]
    while stack:
        node = stack.pop()
        if isinstance(node, Add | Subtract):
            stack += node.operands
        elif math.isfinite(node.data):
            size += abs(node.data)
    return size


def assert_like_engine(tape, loss, tolerance=CLOSE):
    """Compare every instruction's value and gradient with those of the nodes it stands for."""
    assert tape.instructions[-1].node is loss
    parameters = [tape.instructions[place].node for place in tape.parameters]
    loss.zero_grad()
    loss.backward()
    values = tape.forward([leaf.data for leaf in parameters])
    gradients = tape.backward(values)
    bounds = gradient_bounds(loss)
    scale = size_of_terms(loss)
    met = []
    for place, instruction in enumerate(tape.instructions):
        nodes = list(instruction.nodes)
        assert all(operand < place for operand in instruction.operands)
        if not nodes:  # an addition that the graph does in another order
            assert instruction.rule in (SUM, ADD, SUBTRACT, NEGATE)
            continue
        met += nodes
        if instruction.rule is SUM:  # its other nodes are sums of some of the terms
            assert all(isinstance(node, Add | Subtract) for node in nodes)
            if instruction.require_grad:
                assert all(same(node.grad, nodes[0].grad) for node in nodes)
            nodes = nodes[:1]
        elif instruction.per_sample:
            assert len(nodes) == tape.samples
        value = np.broadcast_to(values[place], len(nodes))
        for node, number in zip(nodes, value, strict=True):
            chained = isinstance(node, Add | Subtract) and instruction.rule in (
                ADD,
                SUBTRACT,
                NEGATE,
            )
            expected = node.rule if node.operands else None
            assert chained or instruction.rule in (SUM, expected)
            below = size_of_terms(node) if node.operands else 0.0
            assert same(number, node.data, max(below, scale * (node is loss)), tolerance)
        total = gradients.totals[place]
        if total is None:
            assert not (parameters and instruction.require_grad and nodes[0].has_grad)
            continue
        total = np.broadcast_to(total, len(nodes))
        for node, number in zip(nodes, total, strict=True):
            assert same(number, node.grad, bounds[node], tolerance)
    assert_stands_for_all(met, loss)
    assert_used_as_often(tape, parameters, loss)
    assert tape.evaluate([leaf.data for leaf in parameters])[0] == pytest.approx(
        float(values[-1]), rel=0, nan_ok=True
    )
    for place, contributions in gradients.contributions.items():
        assert not tape.instructions[place].per_sample
        assert np.shape(contributions) == (tape.samples,)


def assert_stands_for_all(met, loss):
    """No operation is computed twice; but for additions of chains, none is left out."""
    operations = [node for node in met if node.operands]
    assert len(operations) == len(set(operations))
    left_out = set(topological_order(loss)) - set(met)
    assert all(isinstance(n, Add | Subtract) or (not n.operands and n.data == 0) for n in left_out)


def assert_used_as_often(tape, parameters, loss):
    uses = count_uses(loss)
    counted = [outside + tape.samples * inside for outside, inside in tape.uses]
    assert counted == [uses[leaf] for leaf in parameters]


def assert_folds(loss, samples, per_sample, sums_=1, tolerance=CLOSE):
    """Compare with the engine, and count what is done once a sample."""
    tape = Tape.fold(loss)
    assert_like_engine(tape, loss, tolerance)
    assert tape.samples == samples, str(tape)
    assert len(rows(tape)) == per_sample, str(tape)
    assert len(sums(tape)) == sums_, str(tape)
    return tape


# The styles in which a loss is written.


def plus_equals(terms):
    loss = 0
    for term in terms:
        loss += term
    return loss


def from_a_scalar(terms):
    loss = Scalar(0)
    for term in terms:
        loss = loss + term
    return loss


def term_first(terms):
    loss = 0
    for term in terms:
        loss = term + loss
    return loss


def weighted(terms):
    loss = 0
    for term in terms:
        loss += term * 0.5
    return loss


def minus_equals(terms):
    loss = Scalar(0)
    for term in terms:
        loss -= term
    return loss


def from_the_first_term(terms):
    return total(terms[1:], terms[0])


def from_the_first_term_on_the_right(terms):
    loss = terms[0]
    for term in terms[1:]:
        loss = term + loss
    return loss


def builtin_sum(terms):
    return sum(terms)


STYLES = [
    plus_equals, from_a_scalar, term_first, weighted, minus_equals, from_the_first_term,
    from_the_first_term_on_the_right, builtin_sum,
]  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("wrap", [lambda loss: loss, lambda loss: loss / 5, Tensor.tanh])
def test_a_lines_loss_folds_however_it_is_written(style, wrap):
    m, c = line()
    loss = wrap(style([error(m, c, x, y) for x, y in DATA]))
    tape = assert_folds(loss, 5, 4 + (style is weighted))
    assert names(tape) == ["m", "c"]
    in_order = list if style is not from_the_first_term_on_the_right else sorted
    columns = [in_order(column) for column in tape.columns.values()]
    assert columns == [in_order(XS), in_order(YS)]
    assert tape.uses == ((0, 1), (0, 1))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "term",
    [lambda m, c, x: m * x + c, lambda m, _c, x: x - m, lambda m, c, x: Tensor.sin(m * x) + m + c],
)
def test_terms_that_are_additions_themselves_fold_for_every_sample(style, term):
    m, c = line()
    tape = Tape.fold(loss := style([term(m, c, x) for x in XS]))
    assert_like_engine(tape, loss)
    if style in (from_the_first_term, from_the_first_term_on_the_right):
        assert tape.samples in (4, 5)  # the graph does not tell where the first term ends
    else:
        assert tape.samples == 5, str(tape)


def test_the_tape_of_a_line():
    m, c = line()
    tape = Tape.fold(plus_equals([error(m, c, x, y) for x, y in DATA]) / 5)
    assert repr(tape) == "Tape(6 shared + 6 × 5 samples, parameters m, c)"
    assert str(tape).splitlines() == [
        "Tape(6 shared + 6 × 5 samples, parameters m, c)",
        "    0  constant 5.0",
        "    1  constant 2.0",
        "    2  parameter c",
        "    3  column  × 5",
        "    4  parameter m",
        "    5  multiply 4 3  × 5",
        "    6  add 5 2  × 5",
        "    7  column  × 5",
        "    8  subtract 7 6  × 5",
        "    9  power 8 1  × 5",
        "   10  sum 9",
        "   11  divide 10 0",
    ]


def test_an_instruction_stands_for_the_nodes_of_all_samples_in_their_order():
    m, c = line()
    xs = [Scalar(x, name=f"x{index}") for index, x in enumerate(XS)]
    products = [m * x for x in xs]
    errors = [(y - (product + c)) ** 2 for product, y in zip(products, YS, strict=True)]
    sum_ = plus_equals(errors)
    loss = sum_ / 5
    tape = Tape.fold(loss)
    assert list(tape.instructions[tape.place(products[0])].nodes) == products
    assert list(tape.instructions[tape.place(errors[0])].nodes) == errors
    assert list(tape.instructions[tape.place(xs[0])].nodes) == xs
    assert list(tape.instructions[tape.place(m)].nodes) == [m]
    assert list(tape.instructions[tape.place(loss)].nodes) == [loss]
    additions = tape.instructions[tape.place(sum_)].nodes
    assert len(additions) == 5
    assert additions[0] is sum_
    assert all(isinstance(node, Add) for node in additions)


def test_every_sample_adds_to_a_shared_gradient_what_its_own_term_does():
    m, c = line()
    errors = [error(m, c, x, y) for x, y in DATA]
    tape = Tape.fold(plus_equals(errors) / 5)
    gradients = tape.backward(tape.forward([0.5, 0.25]))
    expected = []
    for each in errors:
        each.zero_grad()
        each.backward(0.2)
        expected.append(m.grad)
    assert list(gradients.contributions[tape.place(m)]) == pytest.approx(expected, rel=1e-14)


def test_at_other_parameters_it_is_the_loss_built_there():
    m, c = line()
    tape = Tape.fold(plus_equals([error(m, c, x, y) for x, y in DATA]) / 5)
    for at in ((-2.0, 3.0), (0.0, -0.0), (1e3, 1e-3)):
        leaves = [Scalar(number, True) for number in at]
        loss = plus_equals([error(*leaves, x, y) for x, y in DATA]) / 5
        loss.backward()
        value, gradient = tape.evaluate(at)
        assert value == pytest.approx(loss.data, rel=CLOSE)
        assert gradient == pytest.approx([leaf.grad for leaf in leaves], rel=CLOSE)


def test_the_gradient_is_the_numeric_derivative():
    m, c = line()
    loss = plus_equals([Tensor.sin(error(m, c, x, y)) for x, y in DATA]) / 5 + Tensor.exp(c * m)
    tape = Tape.fold(loss)
    _, gradient = tape.evaluate([0.7, -0.3])
    for index in range(2):
        numeric = numeric_derivative(
            lambda m, c: Scalar(tape.evaluate([m.data, c.data])[0]), [0.7, -0.3], index
        )
        assert gradient[index] == pytest.approx(numeric.value, rel=1e-8)


# How many samples.


@pytest.mark.parametrize("samples", [2, 3, 17, 1000])
def test_the_number_of_instructions_does_not_depend_on_that_of_the_samples(samples):
    m, c = line()
    loss = plus_equals([error(m, c, 0.3 * i, 0.1 * i * i) for i in range(samples)]) / samples
    tape = Tape.fold(loss)
    assert tape.samples == samples
    assert len(tape.instructions) == 12


def test_five_thousand_samples_need_no_recursion():
    m, c = line()
    numbers = [index / 5000 for index in range(5000)]
    for style in (plus_equals, term_first, minus_equals):
        loss = style([error(m, c, x, x * x) for x in numbers])
        tape = Tape.fold(loss)
        assert (tape.samples, len(rows(tape))) == (5000, 4)
        loss.zero_grad()
        loss.backward()
        value, gradient = tape.evaluate([0.5, 0.25])
        assert value == pytest.approx(loss.data, rel=CLOSE)
        assert gradient == pytest.approx([m.grad, c.grad], rel=CLOSE)


def test_a_single_sample_is_kept_as_it_is():
    m, c = line()
    tape = Tape.fold(loss := plus_equals([error(m, c, 2.0, 3.0)]))
    assert_like_engine(tape, loss)
    assert is_flat(tape)
    assert len(tape.instructions) == len(loss.nodes())
    assert repr(tape) == "Tape(11, parameters m, c)"


def test_a_graph_without_a_sum_is_kept_as_it_is():
    m, c = line()
    tape = Tape.fold(loss := Tensor.sin(m * c) / (m * 2))
    assert_like_engine(tape, loss)
    assert is_flat(tape)
    assert [each.node for each in tape.instructions] == loss.nodes()


def test_a_loss_that_is_a_leaf_is_a_tape_of_one():
    m, _ = line()
    tape = Tape.fold(m)
    assert repr(tape) == "Tape(1, parameters m)"
    assert tape.evaluate([3.0]) == (3.0, np.array([1.0]))
    assert tape.uses == ((1, 0),)
    constant = Tape.fold(Scalar(2))
    assert repr(constant) == "Tape(1, parameters none)"
    assert constant.evaluate([])[0] == 2.0
    assert str(constant).splitlines()[1:] == ["    0  constant 2.0"]


@pytest.mark.parametrize("samples", [0, 1, 2, 5])
def test_a_loss_without_parameters_has_a_value_all_the_same(samples):
    loss = plus_equals([(Scalar(x) - y) ** 2 for x, y in DATA[:samples]]) + Scalar(1) * 2
    tape = Tape.fold(loss)
    assert tape.parameters == ()
    assert tape.samples == max(samples, 1)
    value, gradient = tape.evaluate([])
    assert value == pytest.approx(loss.data, rel=CLOSE)
    assert gradient.shape == (0,)


# Several sums, and what is added to them.


def test_two_outputs_a_sample_are_two_sums_over_the_same_samples():
    m, c = line()
    loss = 0
    for x, y in DATA:
        hidden = Tensor.tanh(m * x)
        loss += (y - hidden) ** 2
        loss += Tensor.sin(hidden * c)
    tape = assert_folds(loss, 5, 6, sums_=2)
    assert tape.uses == ((0, 2), (0, 1))


def test_two_terms_a_sample_of_one_shape_that_share_a_node_are_right():
    m, _ = line()
    loss = 0
    for x, y in DATA:
        hidden = Tensor.tanh(m * x)
        loss += (y - hidden) ** 2
        loss += (x - hidden) ** 2
    assert_like_engine(Tape.fold(loss), loss)


def test_two_terms_a_sample_of_one_shape_are_twice_as_many_samples():
    m, c = line()
    loss = 0
    for x, y in DATA:
        loss += error(m, c, x, y)
        loss += error(m, c, y, x)
    assert_folds(loss, 10, 4)


def test_terms_added_and_subtracted_are_two_sums():
    m, c = line()
    loss = 0
    for x, y in DATA:
        loss += error(m, c, x, y)
        loss -= Tensor.cos(m * x)
    assert_folds(loss / 5, 5, 6, sums_=2)


def test_terms_of_one_shape_added_and_subtracted_keep_their_signs():
    m, _ = line()
    loss = 0
    for x, y in DATA:
        loss += (m * x) ** 2
        loss -= (m * y) ** 2
    assert_folds(loss, 5, 4, sums_=2)


PENALTIES = {
    "beside the mean": lambda sum_, _m, c: sum_ / 5 + 0.1 * c**2,
    "before the mean": lambda sum_, _m, c: 0.1 * c**2 + sum_ / 5,
    "taken from the mean": lambda sum_, _m, c: sum_ / 5 - Tensor.exp(c),
    "in the same chain": lambda sum_, _m, c: sum_ + 0.1 * c**2,
    "in the same chain, in front": lambda sum_, _m, c: 0.1 * c**2 + sum_,
    "in the same chain, subtracted": lambda sum_, _m, c: sum_ - 0.1 * c**2,
    "for both parameters": lambda sum_, m, c: sum_ / 5 + 0.1 * (m**2 + c**2),
    "for both, in the chain": lambda sum_, m, c: sum_ + 0.1 * m**2 + 0.1 * c**2,
    "a parameter": lambda sum_, _m, c: sum_ + c,
    "a constant": lambda sum_, _m, _c: sum_ + 3.5,
    "in the chain, then the mean": lambda sum_, _m, c: (sum_ + Tensor.exp(c)) / 5,
    "a factor": lambda sum_, _m, c: sum_ * Tensor.sigmoid(c),
}


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("style", [plus_equals, term_first, from_the_first_term])
def test_a_penalty_is_computed_once(penalty, style):
    m, c = line()
    loss = PENALTIES[penalty](style([error(m, c, x, y) for x, y in DATA]), m, c)
    tape = assert_folds(loss, 5, 4)
    assert len(tape.columns) == 2


def test_a_penalty_first_in_the_chain_is_computed_once():
    m, c = line()
    loss = total([error(m, c, x, y) for x, y in DATA], start=0.1 * c**2)
    assert_folds(loss, 5, 4)


@pytest.mark.parametrize("penalty", ["beside the mean", "in the same chain"])
def test_parameters_come_in_the_order_in_which_one_reads_them(penalty):
    m, c = line()
    loss = PENALTIES[penalty](plus_equals([error(m, c, x, y) for x, y in DATA]), m, c)
    assert names(Tape.fold(loss)) == ["m", "c"]


def test_parameters_of_two_sums_come_in_the_order_in_which_one_reads_them():
    m, c = line()
    first = plus_equals([(m * x) ** 2 for x in XS])
    second = plus_equals([Tensor.sin(c * x) for x in XS[:3]])
    assert names(Tape.fold(first + second)) == ["m", "c"]


def test_two_sums_over_the_same_samples_fold_both():
    m, c = line()
    loss = plus_equals([(m * x) ** 2 for x in XS]) / plus_equals([Tensor.exp(c * x) for x in XS])
    assert_folds(loss, 5, 4, sums_=2)


def test_two_sums_that_share_what_they_sum_compute_it_once():
    m, _ = line()
    products = [m * x for x in XS]
    loss = plus_equals([p**2 for p in products]) / plus_equals([Tensor.exp(p) for p in products])
    tape = assert_folds(loss, 5, 3, sums_=2)
    assert len(tape.columns) == 1


def test_two_sums_that_share_what_they_sum_in_another_order_are_right():
    m, _ = line()
    products = [m * x for x in XS]
    first = plus_equals([p**2 for p in products])
    assert_like_engine(Tape.fold(loss := first / plus_equals(products[::-1])), loss)


@pytest.mark.parametrize("wrap", [lambda a, b: a + b, lambda a, b: a * b, lambda a, b: b - a])
def test_of_sums_over_different_numbers_of_samples_the_larger_is_folded(wrap):
    m, c = line()
    many = plus_equals([(m * x) ** 2 for x in XS])
    few = plus_equals([Tensor.sin(c * x) for x in XS[:3]])
    tape = assert_folds(wrap(many, few), 5, 2)
    assert dict(zip(names(tape), tape.uses, strict=True)) == {"m": (0, 1), "c": (3, 0)}


# The constants.


@pytest.mark.parametrize(
    "wrap", [lambda loss: loss, lambda loss: loss / 5, lambda loss: loss + Scalar(1) * 2]
)
def test_numbers_that_are_equal_in_all_samples_are_one_constant(wrap):
    m, c = line()
    loss = wrap(plus_equals([error(m, c, 2.0, 3.0) for _ in range(5)]))
    tape = assert_folds(loss, 5, 4)
    assert tape.columns == {}


def test_of_two_columns_the_equal_one_is_a_constant():
    m, c = line()
    tape = assert_folds(plus_equals([error(m, c, x, 3.0) for x in XS]), 5, 4)
    assert [list(column) for column in tape.columns.values()] == [XS]
    assert sum(each.rule is None and not each.per_sample for each in tape.instructions) == 4


def test_what_is_computed_anew_for_each_sample_has_a_value_for_each():
    m, _ = line()
    loss = plus_equals([Tensor.exp(m) * (m * x) for x in XS])
    tape = assert_folds(loss, 5, 3)
    for instruction, value in zip(tape.instructions, tape.forward([0.5]), strict=True):
        assert np.shape(value) == ((5,) if instruction.per_sample else ())


def test_what_is_computed_once_and_shared_stays_shared():
    m, _ = line()
    scale = Tensor.exp(m)
    loss = plus_equals([scale * (m * x) for x in XS])
    tape = assert_folds(loss, 5, 2)
    assert not tape.instructions[tape.place(scale)].per_sample


@pytest.mark.parametrize(
    "numbers",
    [
        [math.nan, 1.0, 2.0],
        [1.0, math.inf, 2.0],
        [-math.inf, math.inf, 2.0],
        [math.nan, math.nan, math.nan],
        [math.inf, math.inf, math.inf],
        [0.0, -0.0, 0.0],
        [-0.0, -0.0, -0.0],
        [5e-324, 1e308, -1e308],
    ],
)
@pytest.mark.parametrize(
    "term",
    [
        lambda m, x: m * x,
        lambda m, x: m / x,
        lambda m, x: Tensor.maximum(m, Scalar(1) / x) ** 2,
        lambda m, x: Tensor.sigmoid(m * x),
        lambda m, x: Scalar(x) ** 0.5 * m,
    ],
)
def test_awkward_numbers_are_the_engines(numbers, term):
    m, _ = line()
    loss = plus_equals([term(m, x) for x in numbers])
    tape = assert_folds(loss, 3, len(rows(Tape.fold(loss))))
    assert rows(tape)
    column = [place for place, each in enumerate(tape.instructions) if len(each.nodes) == 3]
    assert column


def test_zero_and_minus_zero_are_different_numbers():
    m, _ = line()
    tape = Tape.fold(plus_equals([m * x for x in (0.0, -0.0)]))
    (column,) = tape.columns.values()
    assert list(np.signbit(column)) == [False, True]


def test_a_sum_of_nothing_but_minus_zeros_starts_from_zero():
    m = Scalar(0, True)
    loss = 1 / plus_equals([m * x for x in (-1.0, -2.0, -3.0)])
    assert loss.data == math.inf
    assert Tape.fold(loss).evaluate([0.0])[0] == math.inf


# What samples share, and what some of them share.


def test_a_leaf_used_twice_in_a_sample_is_one_column():
    m, c = line()
    loss = 0
    for number in XS:
        x = Scalar(number)
        loss += Tensor.sin(m * x) * (x + c)
    tape = assert_folds(loss, 5, 4)
    assert len(tape.columns) == 1


def test_a_node_used_twice_in_a_sample_is_computed_once():
    m, c = line()
    loss = 0
    for x in XS:
        product = m * x
        loss += Tensor.sin(product) * (product + c) - product
    tape = Tape.fold(loss / 5)
    loss = tape.instructions[-1].node
    assert_like_engine(tape, loss)
    product = next(i for i in tape.instructions if i.rule and i.rule.name == "multiply")
    assert len(rows(tape)) <= 5
    assert product.per_sample


def test_leaves_that_some_samples_share_are_a_column():
    m, _ = line()
    shared = Scalar(2.0)
    xs = [Scalar(1.0), shared, shared, Scalar(-1.0), shared]
    tape = assert_folds(plus_equals([(m * x - y) ** 2 for x, y in zip(xs, YS, strict=True)]), 5, 3)
    assert [1.0, 2.0, 2.0, -1.0, 2.0] in [list(column) for column in tape.columns.values()]


def test_neighbours_that_share_a_leaf_are_two_columns():
    m, _ = line()
    xs = [Scalar(x) for x in XS]
    differences = [Tensor.tanh(b * m - a) for a, b in pairwise(xs)]
    tape = assert_folds(plus_equals(differences), 4, 3)
    assert sorted(map(list, tape.columns.values())) == sorted([XS[:-1], XS[1:]])


def test_neighbours_that_share_an_operation_are_kept_flat():
    m, _ = line()
    hidden = [Tensor.sin(m * x) for x in XS]
    loss = plus_equals([(b - a) ** 2 for a, b in pairwise(hidden)])
    tape = Tape.fold(loss)
    assert_like_engine(tape, loss)
    assert is_flat(tape)


def test_parameters_that_some_samples_share_are_no_columns():
    m, c = line()
    groups = [m, c, m, c, m]
    loss = plus_equals([(p * x - y) ** 2 for p, (x, y) in zip(groups, DATA, strict=True)])
    tape = Tape.fold(loss)
    assert_like_engine(tape, loss)
    assert tape.samples == 3
    assert sum(each.per_sample for each in tape.instructions) == 5
    assert sorted(names(tape)) == ["c", "m"]


def test_a_sample_with_a_parameter_of_its_own_is_kept_apart():
    m, c = line()
    loss = plus_equals([(p * x - y) ** 2 for p, (x, y) in zip([m, m, c, m, m], DATA, strict=True)])
    tape = assert_folds(loss, 4, 3)
    assert dict(zip(names(tape), tape.uses, strict=True)) == {"m": (0, 1), "c": (1, 0)}


def test_samples_with_parameters_of_their_own_are_kept_flat():
    leaves = [Scalar(0.1 * index, True) for index in range(5)]
    loss = plus_equals([(leaf * x - y) ** 2 for leaf, (x, y) in zip(leaves, DATA, strict=True)])
    tape = Tape.fold(loss)
    assert_like_engine(tape, loss)
    assert is_flat(tape)
    assert [tape.instructions[place].node for place in tape.parameters] == leaves


def test_leaves_that_are_not_among_the_given_parameters_may_differ():
    m, _ = line()
    leaves = [Scalar(0.1 * index, True) for index in range(5)]
    loss = plus_equals([(leaf - m * x) ** 2 for leaf, x in zip(leaves, XS, strict=True)])
    tape = Tape.fold(loss, [m])
    assert (tape.samples, len(rows(tape)), len(tape.columns)) == (5, 3, 2)
    loss.backward()
    assert tape.evaluate([0.5])[1] == pytest.approx([m.grad], rel=CLOSE)
    one = Tape.fold(loss, [leaves[2], m])
    assert one.samples == 4
    assert one.evaluate([leaves[2].data, 0.5])[1] == pytest.approx([leaves[2].grad, m.grad])


def test_a_node_used_outside_its_term_too_is_right():
    m, c = line()
    for which in (0, 2, 4):
        products = [m * x for x in XS]
        sum_ = plus_equals([(p + c) ** 2 for p in products])
        for loss in (sum_ + products[which], sum_ / 5 * products[which], products[which] - sum_):
            tape = Tape.fold(loss)
            assert_like_engine(tape, loss)
            assert is_flat(tape)


def test_a_partial_sum_used_elsewhere_too_is_right():
    m, c = line()
    part = plus_equals([error(m, c, x, y) for x, y in DATA[:3]])
    loss = total([error(m, c, x, y) for x, y in DATA[3:]], start=part) * Tensor.sin(part)
    assert_like_engine(Tape.fold(loss), loss)


def test_samples_that_use_the_running_sum_are_right():
    m, c = line()
    for start in (0, error(m, c, 1.0, 1.0)):
        loss = Scalar(0) + start
        for x, y in DATA:
            loss = loss + error(m, c, x, y) * Tensor.tanh(loss)
        tape = Tape.fold(loss)
        assert_like_engine(tape, loss)
        assert is_flat(tape)


def test_samples_that_are_compared_with_the_mean_of_all_are_right():
    m, _ = line()
    products = [m * x for x in XS]
    mean = plus_equals(products) / 5
    for terms in ([(p - mean) ** 2 for p in products], [(m * x - mean) ** 2 for x in XS]):
        tape = Tape.fold(loss := plus_equals(terms))
        assert_like_engine(tape, loss)
        assert is_flat(tape)


def test_a_softmax_is_right():
    m, _ = line()
    powers = [Tensor.exp(m * x) for x in XS]
    whole = plus_equals(powers)
    loss = plus_equals([p / whole * y for p, y in zip(powers, YS, strict=True)])
    tape = Tape.fold(loss)
    assert_like_engine(tape, loss)
    assert is_flat(tape)


@pytest.mark.parametrize("warm", [0, 3, 30])
def test_a_recurrent_loss_is_right(warm):
    m, c = line()
    state, loss = Scalar(0.1), 0
    for _ in range(warm):
        state = Tensor.tanh(m * state + c)
    for y in YS:
        state = Tensor.tanh(m * state + c)
        loss += (state - y) ** 2
    tape = Tape.fold(loss)
    assert_like_engine(tape, loss)
    assert is_flat(tape)


def test_one_leaf_added_many_times_is_right():
    m, _ = line()
    for style in STYLES:
        tape = Tape.fold(loss := style([m] * 5))
        assert_like_engine(tape, loss)


def test_terms_of_more_shapes_than_are_told_apart_are_right():
    m, _ = line()
    loss = 0
    for index in range(120):
        term = m * (0.01 * index)
        for _ in range(index % 40):
            term = Tensor.sin(term)
        loss += term
    tape = Tape.fold(loss)
    assert_like_engine(tape, loss)


def test_sums_that_are_not_chains_are_right():
    m, c = line()
    terms = [error(m, c, x, x * x) for x in np.linspace(-1, 1, 16)]
    while len(terms) > 1:
        terms = [a + b for a, b in zip(terms[::2], terms[1::2], strict=True)]
    assert_like_engine(Tape.fold(terms[0]), terms[0])


# A network: sums inside the terms.


class Network:
    """1-4-1 with tanh; every unit's parameters are leaves."""

    def __init__(self, start=0.0):
        self.units = [
            tuple(Scalar(start + 0.1 * index - 0.2 * kind, True, f"{name}{index}")
                  for kind, name in enumerate("wbv"))
            for index in range(4)
        ]  # fmt: skip
        self.bias = Scalar(0.3, True, "bias")

    def __call__(self, x, zero=True):
        hidden = [v * Tensor.tanh(w * x + b) for w, b, v in self.units]
        return total(hidden[not zero :], 0 if zero else hidden[0]) + self.bias


@pytest.mark.parametrize("zero", [True, False])
@pytest.mark.parametrize("samples", [2, 3, 4, 5])  # 4: as many as there are units
def test_a_networks_units_are_computed_once_for_all_samples(zero, samples):
    network = Network()
    loss = plus_equals([(y - network(x, zero)) ** 2 for x, y in DATA[:samples]]) / samples
    tape = assert_folds(loss, samples, 4 * 4 + 3 + zero + 3)
    assert len(tape.parameters) == 13
    assert set(tape.uses) == {(0, 1)}


def test_a_network_that_takes_its_input_once_has_one_column_for_it():
    network = Network()
    loss = plus_equals([(y - network(Scalar(x))) ** 2 for x, y in DATA])
    tape = Tape.fold(loss)
    assert_like_engine(tape, loss)
    assert len(tape.columns) == 2


def test_a_networks_weight_decay_is_beside_the_mean():
    network = Network()
    decay = plus_equals([w**2 + v**2 for w, _, v in network.units])
    loss = plus_equals([(y - network(x)) ** 2 for x, y in DATA]) / 5 + 0.01 * decay
    tape = Tape.fold(loss)
    assert_like_engine(tape, loss)
    assert tape.samples == 5
    assert set(tape.uses) == {(1, 1), (0, 1)}


def test_a_network_of_as_many_samples_as_terms_of_its_decay_is_right():
    network = Network()
    scales = [0.5, 1.5, 2.5, 3.5, 4.5]
    decay = plus_equals([(network.bias * scale) ** 2 for scale in scales])
    loss = plus_equals([(y - network(x)) ** 2 * decay for x, y in DATA])
    assert_like_engine(Tape.fold(loss), loss)


# The parameters one asks for.


def test_parameters_are_those_given_in_the_order_given():
    m, c = line()
    loss = plus_equals([error(m, c, x, y) for x, y in DATA])
    tape = Tape.fold(loss, [c, m])
    assert names(tape) == ["c", "m"]
    loss.backward()
    assert tape.evaluate([0.25, 0.5])[1] == pytest.approx([c.grad, m.grad], rel=CLOSE)
    only = Tape.fold(loss, [c])
    assert only.evaluate([0.25])[1] == pytest.approx([c.grad], rel=CLOSE)
    assert only.backward(only.forward([0.25])).totals[only.place(m)] is None


def test_a_constant_may_be_a_parameter():
    m, c = line()
    two = Scalar(2, name="two")
    loss = plus_equals([(y - (m * x + c)) ** two for x, y in DATA])
    tape = Tape.fold(loss, [two])
    _, gradient = tape.evaluate([3.0])
    assert np.isnan(gradient[0])  # some of the differences are negative
    assert tape.evaluate([3.0])[0] == pytest.approx(
        sum((y - (0.5 * x + 0.25)) ** 3 for x, y in DATA)
    )


def test_no_parameters_may_be_given():
    m, c = line()
    tape = Tape.fold(loss := plus_equals([error(m, c, x, y) for x, y in DATA]), [])
    assert tape.evaluate([])[0] == loss.data
    assert repr(tape).endswith("parameters none)")


def test_a_parameter_that_the_loss_does_not_use_is_refused_by_name():
    m, c = line()
    unused = Scalar(1, True, "unused")
    for loss in (plus_equals([error(m, c, x, y) for x, y in DATA]), m * c, m):
        with pytest.raises(ValueError, match=r"does not use .*unused"):
            Tape.fold(loss, [m, unused])


def test_an_operation_is_no_parameter():
    m, c = line()
    hidden = m * 2
    with pytest.raises(ValueError, match=r"."):
        Tape.fold(hidden * c, [hidden])


def test_as_many_numbers_are_needed_as_there_are_parameters():
    m, c = line()
    tape = Tape.fold(plus_equals([error(m, c, x, y) for x, y in DATA]))
    with pytest.raises(ValueError, match="zip"):
        tape.forward([1.0])


def test_folding_leaves_the_graph_alone():
    m, c = line()
    loss = plus_equals([error(m, c, x, y) for x, y in DATA])
    nodes = loss.nodes()
    before = [(node.data, node.operands) for node in nodes]
    Tape.fold(loss).evaluate([7.0, 7.0])
    assert [(node.data, node.operands) for node in nodes] == before
    assert not any(node.has_grad for node in nodes)


def test_the_present_values_are_taken_not_those_at_which_the_graph_was_built():
    m, c = line()
    xs = [Scalar(x) for x in XS]
    loss = plus_equals([error(m, c, x, 1.0) for x in xs])
    xs[1].data = 10.0
    (column,) = Tape.fold(loss).columns.values()
    assert list(column) == [XS[0], 10.0, *XS[2:]]


# Work in proportion to the graph: counted, not timed.


def operations_looked_at(loss):
    """Return how many nodes folding puts into rows, whether it keeps the row or not."""
    from autograd import folding

    looked_at = 0
    original = folding._Rows._row

    def counting(rows, nodes):
        nonlocal looked_at
        looked_at += len(nodes)
        return original(rows, nodes)

    with patch.object(folding._Rows, "_row", counting):
        Tape.fold(loss)
    return looked_at


def recurrence(steps):
    a, b = Scalar(0.1), Scalar(0.2, True)
    for _ in range(steps):
        a, b = b, Tensor.sin(a + b)
    return b


def warmed_up(steps):
    weight, state, loss = Scalar(0.5, True), Scalar(0), 0
    for _ in range(steps):
        state = Tensor.tanh(weight * state + 0.1)
    for _ in range(steps):
        state = Tensor.tanh(weight * state + 0.1)
        loss += (state - 0.3) ** 2
    return loss


def a_line(steps):
    m, c = line()
    return plus_equals([error(m, c, 0.1 * index, 0.2 * index) for index in range(steps)])


@pytest.mark.parametrize("make", [a_line, recurrence, warmed_up])
def test_twice_the_graph_is_twice_the_work(make):
    small, large = (operations_looked_at(make(steps)) for steps in (50, 100))
    assert large <= 2.5 * small + 100


# Random losses. The same functions as the engine's make numbers equal to the last digit, so
# that what is compared is the folding and not NumPy's exp.


def elementwise(name):
    numpys, maths = getattr(NUMPY, name), getattr(math, name)

    def evaluate(*operands):
        try:
            return maths(*operands)
        except (ArithmeticError, ValueError):
            return evaluate_ieee(lambda _, *numbers: numpys(*numbers), *operands)

    def function(*operands):
        arrays = np.broadcast_arrays(*operands)
        numbers = [evaluate(*map(float, at)) for at in zip(*map(np.ravel, arrays), strict=True)]
        return np.reshape(np.array(numbers), arrays[0].shape)[()]

    return function


EXACT: Arithmetic = replace(
    NUMPY, **{name: elementwise(name) for name in ("sin", "cos", "tanh", "exp", "log", "sqrt")}
)
EXACT = replace(EXACT, pow=elementwise("pow"))
like_the_engine = partial(patch, "autograd.tape.NUMPY", EXACT)

UNARY = ["neg", "sin", "cos", "tanh", "exp", "log", "sqrt", "abs", "relu", "sigmoid"]
BINARY = ["add", "sub", "mul", "div", "pow", "maximum", "minimum"]
ADDITIONS = ("add", "sub")
NUMBERS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, math.inf, -math.inf, math.nan]),
    st.floats(-3, 3).map(lambda number: round(number, 3)),
)
FINITE = st.floats(-3, 3).map(lambda number: round(number, 3))


@dataclass(frozen=True)
class Loss:
    """A random loss: the terms that each sample adds, and how they are added up.

    A term's operands are numbered: parameters, what all samples share, data, constants, and
    then its own steps. A second term may use the first one's steps.
    """

    parameters: tuple[float, ...]
    data: tuple[tuple[float, ...], ...]  # by sample
    constants: tuple[float, ...]
    common: tuple[tuple[str, int, int], ...]  # once for all samples, of the parameters
    steps: tuple[tuple[str, int, int], ...]
    ends: tuple[int, ...]  # the steps that are terms
    style: str
    after: str

    def build(self, parameters):
        shared = list(parameters)
        for name, first, second in self.common:
            shared.append(_apply(name, shared[first % len(shared)], shared[second % len(shared)]))
        loss = None if self.style == "first" else Scalar(0) if self.style == "minus" else 0
        for numbers in self.data:
            nodes = [*shared, *map(Scalar, numbers), *map(Scalar, self.constants)]
            before = len(nodes)
            for name, first, second in self.steps:
                nodes.append(_apply(name, nodes[first % len(nodes)], nodes[second % len(nodes)]))
            for end in self.ends:
                loss = self._add(loss, nodes[before + end])
        return self._finish(loss, shared)

    def _add(self, loss, term):
        if loss is None:
            return term
        if self.style == "left":
            return term + loss
        if self.style == "weight":
            return loss + term * 0.25
        return loss - term if self.style == "minus" else loss + term

    def _finish(self, loss, shared):
        if self.after == "mean":
            return loss / len(self.data)
        if self.after == "penalty":
            return loss + 0.5 * shared[-1] ** 2
        return loss / len(self.data) + 0.5 * shared[0] ** 2 if self.after == "both" else loss

    @property
    def folds(self):
        """Whether all samples must fold.

        Where a term is an addition the first may not; where a sample's two terms are of one
        shape there may be twice as many samples.
        """
        lasts = [self.steps[end][0] for end in self.ends]
        distinct = len(set(lasts)) == len(lasts) and set(lasts).isdisjoint(ADDITIONS)
        return len(self.data) > 1 and distinct


def _apply(name, first, second):
    return getattr(Tensor, name)(*([first] if name in UNARY else [first, second]))


@st.composite
def losses(draw, numbers=NUMBERS):
    parameters = draw(st.lists(FINITE, min_size=1, max_size=3))
    columns = draw(st.integers(1, 2))
    samples = draw(st.integers(1, 5))
    rows = st.lists(numbers, min_size=columns, max_size=columns).map(tuple)
    data = draw(st.lists(rows, min_size=samples, max_size=samples))
    constants = draw(st.lists(numbers, max_size=1))
    operator = st.sampled_from(UNARY + BINARY)
    step = st.tuples(operator, st.integers(0, 12), st.integers(0, 12))
    common = draw(st.lists(step, max_size=2))
    leaves = len(parameters) + len(common) + columns + len(constants)
    steps = []
    for index in range(draw(st.integers(1, 6))):
        name = draw(operator)
        operands = [leaves + index - 1, draw(st.integers(0, leaves + index - 1))]
        steps.append((name, *draw(st.permutations(operands))))
    ends = [len(steps) - 1]
    if len(steps) > 1 and draw(st.booleans()):
        ends.append(draw(st.integers(0, len(steps) - 2)))
    return Loss(
        tuple(parameters),
        tuple(data),
        tuple(constants),
        tuple(common),
        tuple(steps),
        tuple(ends),
        draw(st.sampled_from(["plus", "left", "weight", "minus", "first"])),
        draw(st.sampled_from(["nothing", "mean", "penalty", "both"])),
    )


def assume_no_overflow_on_the_way(loss):
    """Leave out what another order of adding makes infinite, or the difference of such."""
    loss.zero_grad()
    loss.backward()
    bounds = gradient_bounds(loss)
    for node in loss.nodes():
        assume(not 1e100 < abs(node.data) < math.inf)
        assume(not 1e100 < abs(bounds.get(node, 0.0)) < math.inf)


@given(losses())
@EXAMPLES
def test_random_losses_fold_and_agree_with_the_engine(case):
    leaves = [Scalar(number, True) for number in case.parameters]
    loss = case.build(leaves)
    assume_no_overflow_on_the_way(loss)
    with like_the_engine():
        tape = Tape.fold(loss)
        assert_like_engine(tape, loss)
    used = {tape.instructions[place].node for place in tape.parameters}
    assert used == {node for node in loss.nodes() if node in leaves}
    if case.folds:
        assert tape.samples == len(case.data)
        assert len(rows(tape)) <= len(case.steps) + 2


@given(losses(), st.data())
@EXAMPLES
def test_a_folded_loss_is_right_at_other_parameters_too(case, data):
    leaves = [Scalar(number, True) for number in case.parameters]
    tape = Tape.fold(case.build(leaves))
    other = [Scalar(data.draw(FINITE), True) for _ in leaves]
    loss = case.build(other)
    assume_no_overflow_on_the_way(loss)
    loss.zero_grad()
    loss.backward()
    moved = dict(zip(leaves, other, strict=True))
    parameters = [moved[tape.instructions[place].node] for place in tape.parameters]
    with like_the_engine():
        value, gradient = tape.evaluate([leaf.data for leaf in parameters])
    bounds = gradient_bounds(loss)
    assert same(value, loss.data, size_of_terms(loss))
    for leaf, number in zip(parameters, gradient, strict=True):
        assert same(number, leaf.grad, bounds[leaf])


@given(losses(FINITE))
@EXAMPLES
def test_with_numpys_own_functions_random_losses_differ_in_the_last_digits_only(case):
    smooth = tuple(
        (name if name in SMOOTH else "tanh", *operands) for name, *operands in case.steps
    )
    case = replace(case, steps=smooth, common=())
    loss = case.build([Scalar(number, True) for number in case.parameters])
    tape = Tape.fold(loss)
    assert_like_engine(tape, loss, tolerance=1e-10)


SMOOTH = {"neg", "sin", "cos", "tanh", "sigmoid", "abs", "relu", *ADDITIONS}


@given(programs(max_steps=25), st.integers(0, 7))
@EXAMPLES
def test_random_graphs_that_are_no_loops_agree_with_the_engine(program, trained):
    leaves = [Scalar(at, bool(trained >> i & 1)) for i, at in enumerate(program.at)]
    loss = program.over_tensors(*leaves)
    with like_the_engine():
        assert_like_engine(Tape.fold(loss), loss)


TANGLE = {
    "add": lambda f, a, b: f.add(a, b),
    "subtract": lambda f, a, b: f.sub(a, b),
    "add a number": lambda f, a, _b: f.add(a, 0.5),
    "add to zero": lambda f, a, _b: f.add(0, a),
    "add a product": lambda f, a, b: f.add(a, f.mul(b, 0.25)),
    "subtract a product": lambda f, a, b: f.sub(a, f.mul(b, 0.75)),
    "add a sine": lambda f, a, b: f.add(f.sin(b), a),
    "sine": lambda f, a, _b: f.sin(a),
    "average": lambda f, a, b: f.div(f.add(f.add(0, f.mul(a, 0.5)), f.mul(b, 1.5)), 2),
    "three": lambda f, a, b: f.add(f.add(f.tanh(a), f.tanh(b)), f.tanh(1.5)),
}


@given(programs(steps=TANGLE, max_steps=12), st.integers(0, 7))
@EXAMPLES
def test_tangles_of_additions_agree_with_the_engine(program, trained):
    with patch.dict("tests.autograd.programs.STEPS", TANGLE):
        leaves = [Scalar(at, bool(trained >> i & 1)) for i, at in enumerate(program.at)]
        loss = program.over_tensors(*leaves)
    with like_the_engine():
        assert_like_engine(Tape.fold(loss), loss)
