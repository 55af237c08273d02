"""Constants, and what samples share: what becomes a column, what is shared, what stays flat."""

import math
from itertools import pairwise

import numpy as np
import pytest

from autograd import Scalar, Tensor
from autograd.tape import Tape
from tests.autograd.folded import (
    CLOSE,
    DATA,
    STYLES,
    XS,
    YS,
    assert_folds,
    assert_like_engine,
    error,
    is_flat,
    line,
    names,
    plus_equals,
    rows,
    total,
)

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
