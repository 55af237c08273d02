"""A tape over columns computes what a graph with a node per sample computes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Scalar, Tensor
from autograd.tape import Tape, sum_in_order
from tests.autograd.programs import EXAMPLES, programs

XS = np.array([-2.0, -0.5, 0.0, 1.5, 3.0])
YS = np.array([1.0, -1.0, 2.0, 0.5, 4.0])


def squared_error(m, c, x, y):
    return (y - ((m * x) + c)) ** 2


def line_tape():
    m, c = Scalar(0, True, "m"), Scalar(0, True, "c")
    x, y = Scalar(0, name="x"), Scalar(0, name="y")
    error = squared_error(m, c, x, y)
    return Tape(error, [m, c], {x: XS, y: YS}), error, m, c, x


def test_every_samples_value_and_gradient_is_that_of_its_own_graph():
    tape, _, m, c, _ = line_tape()
    values = tape.forward([0.5, 0.25])
    gradients = tape.backward(values, 0.2)
    for sample, (x, y) in enumerate(zip(XS, YS, strict=True)):
        leaves = Scalar(0.5, require_grad=True), Scalar(0.25, require_grad=True)
        error = squared_error(*leaves, x, y)
        error.backward(0.2)
        assert values[-1][sample] == error.data
        assert gradients[tape.place(m)][sample] == leaves[0].grad
        assert gradients[tape.place(c)][sample] == leaves[1].grad


def test_the_tape_holds_the_expressions_nodes_in_order():
    tape, error, m, _, x = line_tape()
    assert [instruction.node for instruction in tape.instructions] == error.nodes()
    for place, instruction in enumerate(tape.instructions):
        assert tape.place(instruction.node) == place
        assert all(operand < place for operand in instruction.operands)
        assert (instruction.rule is None) == (not instruction.node.operands)
    assert tape.samples == 5
    assert tape.parameters[0] == tape.place(m)
    assert set(tape.columns) >= {tape.place(x)}


def test_every_column_has_a_row_for_every_sample():
    tape, *_ = line_tape()
    assert {value.shape for value in tape.forward([0.5, 0.25])} == {(5,)}


def test_only_what_requires_a_gradient_is_given_one():
    tape, _, _, _, x = line_tape()
    gradients = tape.backward(tape.forward([0.5, 0.25]), 1.0)
    given = [gradient is not None for gradient in gradients]
    assert given == [instruction.node.require_grad for instruction in tape.instructions]
    assert gradients[tape.place(x)] is None


def test_new_parameters_make_new_values_and_constants_stay():
    m, x = Scalar(1, True), Scalar(0)
    tape = Tape(m * x + 10, [m], {x: XS})
    assert list(tape.forward([2.0])[-1]) == list(2 * XS + 10)
    assert list(tape.forward([-3.0])[-1]) == list(-3 * XS + 10)


def test_infinities_and_nan_come_without_a_warning():
    m, x = Scalar(1, True), Scalar(0)
    tape = Tape(Tensor.log(m / x), [m], {x: XS})
    values = tape.forward([1.0])
    assert np.isnan(values[-1][0])
    assert np.isposinf(values[-1][2])
    tape.backward(values, 1.0)


def test_as_many_parameters_are_needed_as_were_recorded():
    tape, *_ = line_tape()
    with pytest.raises(ValueError, match="zip"):
        tape.forward([0.5])


@given(programs(), st.floats(-3, 3))
@EXAMPLES
def test_random_graphs_over_columns_agree_with_one_graph_per_sample(program, number):
    output, leaves = program.build()
    leaf, *others = (leaf for leaf in leaves if leaf in output.nodes())
    tape = Tape(output, others, {leaf: np.array([leaf.data, number])})
    values = tape.forward([other.data for other in others])
    gradients = tape.backward(values, 1.0)
    output.backward()
    np.testing.assert_allclose(values[-1][0], output.data, rtol=1e-11, atol=1e-11)
    for node in output.nodes():
        mine = 0.0 if gradients[tape.place(node)] is None else gradients[tape.place(node)][0]
        assert mine == pytest.approx(node.grad, rel=1e-9, abs=1e-9)


def test_sums_are_running_and_rounded_as_a_loop_rounds():
    terms = np.array([0.1] * 1000 + [1e16, 1.0, -1e16])
    total, running = 0.0, []
    for term in terms:
        total += float(term)
        running.append(total)
    assert list(sum_in_order(terms)) == running
    assert running[-1] != float(np.sum(terms[:1000])) + 1


def test_a_tape_needs_samples() -> None:
    m = Tensor.scalar(1.0, require_grad=True)
    with pytest.raises(ValueError, match="at least one column"):
        Tape(m * 2, [m], {})


def test_a_leaf_that_the_expression_does_not_use_is_refused_by_name() -> None:
    m, x = Tensor.scalar(1.0, require_grad=True), Tensor.scalar(0.0)
    unused = Tensor.scalar(1.0, name="unused")
    with pytest.raises(ValueError, match=r"does not use .*unused"):
        Tape(m * x, [m, unused], {x: np.zeros(3)})
