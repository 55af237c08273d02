"""A loss written as a loop folds into one sample's expression, whatever its style."""

import numpy as np
import pytest

from autograd import Add, Scalar, Tensor
from autograd.check import numeric_derivative
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
    from_the_first_term,
    from_the_first_term_on_the_right,
    is_flat,
    line,
    minus_equals,
    names,
    plus_equals,
    rows,
    term_first,
    total,
    weighted,
)


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
