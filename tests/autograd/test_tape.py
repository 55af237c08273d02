"""A tape recorded from one sample's expression computes what a graph of all samples computes."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Scalar, Tensor
from autograd.check import numeric_derivative
from autograd.graph import count_uses
from autograd.rules import SUM
from autograd.tape import Tape, sum_in_order
from tests.autograd.programs import EXAMPLES, programs

XS = np.array([-2.0, -0.5, 0.0, 1.5, 3.0])
YS = np.array([1.0, -1.0, 2.0, 0.5, 4.0])


def squared_error(m, c, x, y):
    return (y - ((m * x) + c)) ** 2


class Line:
    """The mean squared error of a line, recorded, and the same loss as a graph."""

    def __init__(self, m=0.5, c=0.25):
        self.m, self.c = Scalar(m, True, "m"), Scalar(c, True, "c")
        self.x, self.y = Scalar(0, name="x"), Scalar(0, name="y")
        self.total = Scalar(0)
        self.error = squared_error(self.m, self.c, self.x, self.y)
        self.loss = self.total / 5
        self.tape = Tape.record(
            self.loss, [self.m, self.c], {self.x: XS, self.y: YS}, {self.total: self.error}
        )

    @staticmethod
    def graph(m, c):
        """Return the loss, the leaves, and each sample's error."""
        leaves = Scalar(m, True), Scalar(c, True)
        errors = [squared_error(*leaves, x, y) for x, y in zip(XS, YS, strict=True)]
        loss = 0
        for error in errors:
            loss += error
        return loss / 5, leaves, errors


def test_the_recorded_loss_and_its_gradient_are_those_of_the_graph():
    tape = Line().tape
    for at in ((0.5, 0.25), (-1.5, 3.0), (0.0, 0.0)):
        loss, leaves, _ = Line.graph(*at)
        loss.backward()
        value, gradient = tape.evaluate(at)
        assert type(value) is float
        assert value == loss.data
        assert gradient == pytest.approx([leaf.grad for leaf in leaves], rel=1e-14, abs=1e-14)


def test_the_gradient_is_the_numeric_derivative():
    tape = Line().tape
    _, gradient = tape.evaluate([0.5, 0.25])
    for index in range(2):
        numeric = numeric_derivative(lambda m, c: Line.graph(m.data, c.data)[0], [0.5, 0.25], index)
        assert gradient[index] == pytest.approx(numeric.value, rel=1e-9)


def test_every_samples_value_and_gradient_is_that_of_its_own_nodes():
    line = Line()
    tape, error = line.tape, line.tape.place(line.error)
    values = tape.forward([0.5, 0.25])
    gradients = tape.backward(values)
    loss, leaves, errors = Line.graph(0.5, 0.25)
    loss.backward()
    assert list(values[error]) == [each.data for each in errors]
    assert list(gradients.totals[error]) == [each.grad for each in errors]
    difference = tape.instructions[error].operands[0]
    assert list(values[difference]) == [each.op1.data for each in errors]
    assert list(gradients.totals[difference]) == [each.op1.grad for each in errors]
    of_m = []
    for x, y in zip(XS, YS, strict=True):
        alone = squared_error(*leaves, x, y) / 5
        alone.zero_grad()
        alone.backward()
        of_m.append(leaves[0].grad)
    assert list(gradients.contributions[tape.place(line.m)]) == pytest.approx(of_m, rel=1e-14)


def test_what_all_samples_share_is_a_number_and_what_they_do_not_has_one_for_each():
    tape = Line().tape
    values = tape.forward([0.5, 0.25])
    totals = tape.backward(values).totals
    for instruction, value, total in zip(tape.instructions, values, totals, strict=True):
        shape = (5,) if instruction.per_sample else ()
        assert np.shape(value) == shape
        assert total is None or np.shape(total) == shape
    assert sum(instruction.per_sample for instruction in tape.instructions) == 6


def test_each_instruction_stands_for_one_node_of_the_expression():
    line = Line()
    tape = line.tape
    expected = {*line.loss.nodes(), *line.error.nodes()}
    nodes = [instruction.node for instruction in tape.instructions]
    assert len(nodes) == len(expected)
    assert set(nodes) == expected
    for place, instruction in enumerate(tape.instructions):
        assert list(instruction.nodes) == [instruction.node]
        assert tape.place(instruction.node) == place
        assert all(operand < place for operand in instruction.operands)
        if instruction.node is line.total:
            assert instruction.rule is SUM
            assert instruction.operands == (tape.place(line.error),)
        else:
            operands = tuple(map(tape.place, instruction.node.operands))
            assert instruction.operands == operands
            assert instruction.rule is (instruction.node.rule if operands else None)
    assert tape.samples == 5
    assert tape.parameters == (tape.place(line.m), tape.place(line.c))
    assert set(tape.columns) == {tape.place(line.x), tape.place(line.y)}
    assert tape.instructions[-1].node is line.loss


def test_instructions_and_gradients_cannot_be_changed():
    tape = Line().tape
    with pytest.raises(dataclasses.FrozenInstanceError):
        tape.instructions[0].per_sample = True
    with pytest.raises(dataclasses.FrozenInstanceError):
        tape.backward(tape.forward([0, 0])).totals = []


def test_a_node_that_is_not_on_the_tape_has_no_place():
    with pytest.raises(KeyError):
        Line().tape.place(Scalar(1))


def test_evaluating_leaves_the_recorded_nodes_alone():
    line = Line()
    nodes = {*line.loss.nodes(), *line.error.nodes()}
    before = {node: node.data for node in nodes}
    line.tape.evaluate([7.0, -7.0])
    assert all(node.data == before[node] for node in nodes)
    assert not any(node.has_grad for node in nodes)


def test_only_what_lies_between_a_parameter_and_the_loss_is_given_a_gradient():
    line = Line()
    tape = line.tape
    gradients = tape.backward(tape.forward([0.5, 0.25]))
    given_one = [total is not None for total in gradients.totals]
    assert given_one == [instruction.require_grad for instruction in tape.instructions]
    assert gradients.totals[tape.place(line.x)] is None
    assert gradients.totals[tape.place(line.m)] is not None
    assert set(gradients.contributions) == {tape.place(line.m), tape.place(line.c)}


def test_of_the_leaves_only_the_parameters_given_count_as_such():
    line = Line()
    columns, sums = {line.x: XS, line.y: YS}, {line.total: line.error}
    tape = Tape.record(line.loss, [line.c], columns, sums)
    value, gradient = tape.evaluate([1.0])
    loss, leaves, _ = Line.graph(0.5, 1.0)
    loss.backward()
    assert value == loss.data
    assert gradient == pytest.approx([leaves[1].grad], rel=1e-14)
    assert tape.backward(tape.forward([1.0])).totals[tape.place(line.m)] is None


def test_a_totals_gradient_is_the_sum_of_its_contributions():
    line = Line()
    gradients = line.tape.backward(line.tape.forward([0.5, 0.25]))
    for place, contributions in gradients.contributions.items():
        assert contributions.shape == (5,)
        assert gradients.totals[place] == sum_in_order(contributions)[-1]


def test_uses_outside_the_sum_count_once_and_inside_once_a_sample():
    m, c, x, total = Scalar(0.5, True), Scalar(2, True), Scalar(0), Scalar(0)
    loss = total / 5 + (m * m) * c
    tape = Tape.record(loss, [m, c], {x: XS}, {total: Tensor.sin(m * x) * m * c})
    assert tape.uses == ((2, 2), (1, 1))
    flat, m, c = 0, Scalar(0.5, True), Scalar(2, True)
    for number in XS:
        flat += Tensor.sin(m * number) * m * c
    flat = flat / 5 + (m * m) * c
    flat.backward()
    value, gradient = tape.evaluate([0.5, 2.0])
    assert value == flat.data
    assert gradient == pytest.approx([m.grad, c.grad], rel=1e-13)
    uses = count_uses(flat)
    assert [uses[m], uses[c]] == tape.total_uses().tolist()
    assert tape.total_uses(3).tolist() == [2 + 3 * 2, 1 + 3 * 1]


def test_uses_through_a_sum_that_is_itself_used_twice_are_counted_twice():
    m, x, total = Scalar(0.5, True), Scalar(0), Scalar(0)
    tape = Tape.record(total * total, [m], {x: XS}, {total: m * x})
    assert tape.uses == ((0, 2),)
    assert tape.evaluate([2.0])[1] == pytest.approx([2 * 2.0 * XS.sum() ** 2])


def test_several_sums_share_the_samples():
    m, x, y, first, second = (Scalar(0) for _ in range(5))
    product = m * x
    loss = first / second
    sums = {first: (y - product) ** 2, second: Tensor.exp(product)}
    tape = Tape.record(loss, [m], {x: XS, y: YS}, sums)
    leaf = Scalar(0.3, True)
    products = [leaf * number for number in XS]
    flat = sum((number - product) ** 2 for number, product in zip(YS, products, strict=True)) / sum(
        Tensor.exp(product) for product in products
    )
    flat.backward()
    value, gradient = tape.evaluate([0.3])
    assert value == pytest.approx(flat.data, rel=1e-14)
    assert gradient == pytest.approx([leaf.grad], rel=1e-13)
    assert sum(instruction.rule is SUM for instruction in tape.instructions) == 2


def test_a_sum_of_what_all_samples_share_counts_it_once_a_sample():
    m, x, total, again = Scalar(0, True), Scalar(0), Scalar(0), Scalar(0)
    tape = Tape.record(total * again, [m], {x: XS}, {total: m * x, again: m})
    value, gradient = tape.evaluate([2.0])
    assert value == 2 * XS.sum() * 5 * 2
    assert list(gradient) == [2 * 2 * XS.sum() * 5]
    assert tape.uses == ((0, 2),)


def test_a_parameter_beside_the_sum_only_has_no_contributions():
    m, c, x, total = Scalar(0, True), Scalar(0, True), Scalar(0), Scalar(0)
    tape = Tape.record(total + c * c, [m, c], {x: XS}, {total: m * x})
    gradients = tape.backward(tape.forward([1.0, 3.0]))
    assert tape.place(c) not in gradients.contributions
    assert gradients.totals[tape.place(c)] == 6.0


def test_new_parameters_make_new_values_and_constants_stay():
    m, x, total = Scalar(1, True), Scalar(0), Scalar(0)
    term = m * x + 10
    tape = Tape.record(total, [m], {x: XS}, {total: term})
    assert list(tape.forward([2.0])[tape.place(term)]) == list(2 * XS + 10)
    assert list(tape.forward(np.array([-3.0]))[tape.place(term)]) == list(-3 * XS + 10)


def test_infinities_and_nan_come_without_a_warning():
    m, x, total = Scalar(1, True), Scalar(0), Scalar(0)
    term = Tensor.log(m / x)
    tape = Tape.record(total, [m], {x: XS}, {total: term})
    values = tape.forward([1.0])[tape.place(term)]
    assert np.isnan(values[0])
    assert np.isposinf(values[2])
    value, gradient = tape.evaluate([1.0])
    assert math.isnan(value)
    assert np.isnan(gradient).all()


def test_the_square_root_as_a_power_is_that_of_the_engine_at_minus_infinity():
    m, x, total = Scalar(1, True), Scalar(0), Scalar(0)
    term = m * x**0.5
    tape = Tape.record(total, [m], {x: np.array([-math.inf, 4.0])}, {total: term})
    engine = [(Scalar(1) * Scalar(number) ** 0.5).data for number in (-math.inf, 4.0)]
    assert list(tape.forward([1.0])[tape.place(term)]) == engine


def test_one_sample_is_a_sample():
    m, x, total = Scalar(0, True), Scalar(0), Scalar(0)
    tape = Tape.record(total, [m], {x: np.array([3.0])}, {total: (m * x) ** 2})
    assert tape.samples == 1
    value, gradient = tape.evaluate([2.0])
    assert (value, list(gradient)) == (36.0, [36.0])


@given(programs(), st.lists(st.floats(-3, 3), min_size=1, max_size=4))
@EXAMPLES
def test_random_expressions_over_columns_agree_with_one_graph_for_all_samples(program, numbers):
    term, leaves = program.build()
    column, *others = (leaf for leaf in leaves if leaf in term.nodes())
    total = Scalar(0)
    loss = total / len(numbers)
    tape = Tape.record(loss, others, {column: np.array(numbers)}, {total: term})
    given_ = dict(zip(leaves, program.at, strict=True))
    parameters = {leaf: Scalar(at, leaf is not column) for leaf, at in given_.items()}
    flat, terms = 0, []
    for number in numbers:
        at = [Scalar(number) if leaf is column else parameters[leaf] for leaf in leaves]
        terms.append(program.over_tensors(*at))
        flat += terms[-1]
    flat = flat / len(numbers)
    flat.backward()
    values = tape.forward([leaf.data for leaf in others])
    gradients = tape.backward(values)
    close = {"rtol": 1e-9, "atol": 1e-9}
    np.testing.assert_allclose(values[-1], flat.data, **close)
    np.testing.assert_allclose(values[tape.place(term)], [each.data for each in terms], **close)
    _, gradient = tape.evaluate([leaf.data for leaf in others])
    np.testing.assert_allclose(gradient, [parameters[leaf].grad for leaf in others], **close)
    uses = count_uses(flat)
    assert tape.total_uses().tolist() == [uses[parameters[leaf]] for leaf in others]
    for place in gradients.contributions:
        assert not tape.instructions[place].per_sample


# What a reader sees.


def test_a_tape_reads_as_a_line_and_as_a_listing():
    tape = Line().tape
    assert repr(tape) == "Tape(6 shared + 6 × 5 samples, parameters m, c)"
    assert str(tape).splitlines() == [
        "Tape(6 shared + 6 × 5 samples, parameters m, c)",
        "    0  constant 5.0",
        "    1  constant 2.0",
        "    2  parameter c",
        "    3  column x  × 5",
        "    4  parameter m",
        "    5  multiply 4 3  × 5",
        "    6  add 5 2  × 5",
        "    7  column y  × 5",
        "    8  subtract 7 6  × 5",
        "    9  power 8 1  × 5",
        "   10  sum 9",
        "   11  divide 10 0",
    ]


def test_a_tape_without_parameters_says_so():
    x, total = Scalar(0), Scalar(0)
    tape = Tape.record(total, [], {x: XS}, {total: x * x})
    assert repr(tape) == "Tape(1 shared + 2 × 5 samples, parameters none)"
    value, gradient = tape.evaluate([])
    assert value == sum_in_order(XS * XS)[-1]
    assert gradient.shape == (0,)


# Sums.


def test_sums_are_running_and_rounded_as_a_loop_rounds():
    terms = np.array([0.1] * 1000 + [1e16, 1.0, -1e16])
    total, running = 0.0, []
    for term in terms:
        total += float(term)
        running.append(total)
    assert list(sum_in_order(terms)) == running
    assert running[-1] != float(np.sum(terms[:1000])) + 1


def test_the_sum_over_the_samples_is_rounded_as_a_loop_rounds():
    numbers = np.array([0.1] * 1000 + [1e16, 1.0, -1e16])
    x, total = Scalar(0), Scalar(0)
    tape = Tape.record(total, [], {x: numbers}, {total: x * 1})
    assert tape.evaluate([])[0] == sum_in_order(numbers)[-1]


# Mistakes.


def leaves():
    m, x, y, total = Scalar(1, True, "m"), Scalar(0), Scalar(0, name="y"), Scalar(0)
    return m, x, y, total


@pytest.mark.parametrize("parameters", [[], [0.5], [0.5, 0.25, 1.0]])
def test_as_many_parameters_are_needed_as_were_recorded(parameters):
    with pytest.raises(ValueError, match="zip"):
        Line().tape.forward(parameters)


def test_a_tape_needs_samples():
    m, _, _, total = leaves()
    with pytest.raises(ValueError, match="has none"):
        Tape.record(total, [m], {}, {total: m * 2})


def test_columns_need_the_same_length():
    m, x, y, total = leaves()
    with pytest.raises(ValueError, match="differ in length"):
        Tape.record(total, [m], {x: XS, y: YS[:3]}, {total: m * x + y})


def test_a_parameter_that_the_loss_does_not_use_is_refused_by_name():
    m, x, _, total = leaves()
    unused = Scalar(1, name="unused")
    with pytest.raises(ValueError, match=r"does not use .*unused"):
        Tape.record(total, [m, unused], {x: XS}, {total: m * x})


def test_a_column_that_the_loss_does_not_use_is_refused_by_name():
    m, x, y, total = leaves()
    with pytest.raises(ValueError, match=r"does not use .*y"):
        Tape.record(total, [m], {x: XS, y: YS}, {total: m * x})


def test_a_column_in_a_sum_that_the_loss_does_not_use_is_refused_too():
    m, _, y, total = leaves()
    with pytest.raises(ValueError, match=r"does not use .*y"):
        Tape.record(m * 2, [m], {y: YS}, {total: m * y})


def test_a_column_cannot_be_a_parameter():
    m, x, _, total = leaves()
    with pytest.raises(ValueError, match=r"."):
        Tape.record(total, [m, x], {x: XS}, {total: m * x})


def test_a_sum_cannot_be_used_where_each_samples_value_is_computed():
    m, x, _, total = leaves()
    other = Scalar(0)
    with pytest.raises(ValueError, match="sum over the samples is used"):
        Tape.record(other, [m], {x: XS}, {total: m * x, other: x - total})


@pytest.mark.parametrize("loss", [lambda _total, m, x: m * x, lambda total, _m, x: total * x])
def test_a_loss_that_differs_from_sample_to_sample_is_refused(loss):
    m, x, _, total = leaves()
    with pytest.raises(ValueError, match="differs from sample to sample"):
        Tape.record(loss(total, m, x), [m], {x: XS}, {total: m * x})
