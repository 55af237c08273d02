"""Folding networks, folding with given parameters, and the work that folding takes."""

from unittest.mock import patch

import numpy as np
import pytest

from autograd import Scalar, Tensor
from autograd.tape import Tape
from tests.autograd.folded import (
    CLOSE,
    DATA,
    XS,
    assert_folds,
    assert_like_engine,
    error,
    line,
    names,
    plus_equals,
    total,
)

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
