"""The notebook's seven mistakes: each test here would fail on the notebook's way."""

import math

import pytest

from autograd import Scalar, StaleGraphError, Tensor
from autograd.graph import count_uses


def leaf(number, name=None):
    return Scalar(number, require_grad=True, name=name)


# 1  Sine, Cosine, Tanh and Exponent took the derivative at the output, not at the input.


@pytest.mark.parametrize(
    ("function", "derivative"),
    [
        (Tensor.sin, math.cos),
        (Tensor.cos, lambda x: -math.sin(x)),
        (Tensor.tanh, lambda x: 1 / math.cosh(x) ** 2),
        (Tensor.exp, math.exp),
    ],
)
@pytest.mark.parametrize("number", [-1.5, -0.3, 0.7, 2.0])
def test_unary_operations_differentiate_at_the_input(function, derivative, number):
    x = leaf(number)
    function(x).backward()
    assert x.grad == pytest.approx(derivative(number), rel=1e-14)


# 2  backward() walked every path, and passed a shared node's gradient on more than once.


def test_a_shared_intermediate_passes_its_gradient_on_once():
    x = leaf(3)
    shared = x * 2
    (shared + shared).backward()
    assert shared.grad == 2
    assert x.grad == 4


def test_a_shared_intermediate_waits_for_all_of_its_uses():
    x = leaf(0.5)
    shared = Tensor.sin(x)
    output = Tensor.exp(shared) * shared + shared
    output.backward()
    s = math.sin(0.5)
    assert x.grad == pytest.approx((math.exp(s) * (1 + s) + 1) * math.cos(0.5), rel=1e-14)


def test_forty_doublings_have_two_to_the_forty_paths_and_are_walked_once():
    x = y = leaf(1)
    for _ in range(40):
        y = y + y
    y.zero_grad()
    y.backward()
    assert y.data == 2**40
    assert x.grad == 2**40
    assert len(y.nodes()) == 41


# 3  A leaf comes once per use: kept in parameters(), with nodes() beside it.


def line_loss(m, c, xs, ys):
    loss = 0
    for x, y in zip(xs, ys, strict=True):
        loss += (y - ((m * x) + c)) ** 2
    return loss / len(xs)


XS = list(range(-20, 21))
YS = [2 * x - 9 for x in XS]


def test_a_leaf_used_41_times_is_one_node_that_parameters_yields_41_times():
    m, c = leaf(0.5), leaf(0.25)
    loss = line_loss(m, c, XS, YS)
    assert sum(node is m for node in loss.parameters()) == 41
    assert sum(node is c for node in loss.parameters()) == 41
    assert sum(node is m for node in loss.nodes()) == 1
    assert sum(node is c for node in loss.nodes()) == 1
    assert count_uses(loss)[m] == 41
    assert count_uses(loss)[c] == 41


# 4  The update moved every node that requires a gradient: the loss with them.


def test_the_users_update_moves_the_loss_which_was_exact_before():
    m, c = leaf(0.764340511813275), leaf(0.2950141610814745)
    loss = line_loss(m, c, XS, YS)
    loss.backward()
    exact = 0.0
    for x, y in zip(XS, YS, strict=True):
        exact += (y - (m.data * x + c.data)) ** 2
    exact /= len(XS)
    assert loss.data == exact

    for param in loss.parameters():
        if param.require_grad:
            param.data -= 0.001 * max(-1, min(1, param.grad))
    assert loss.data == exact - 0.001
    assert loss.data == 300.1559001591283  # what the notebook printed


def test_updating_the_leaves_among_the_nodes_moves_each_once_and_no_other_node():
    m, c = leaf(0.5), leaf(0.25)
    loss = line_loss(m, c, XS, YS)
    loss.backward()
    before = {node: node.data for node in loss.nodes()}
    leaves = [node for node in loss.nodes() if node.require_grad and not node.operands]
    assert set(leaves) == {m, c}
    for node in leaves:
        node.data -= 0.001 * max(-1, min(1, node.grad))
    assert {node for node in loss.nodes() if node.data != before[node]} == {m, c}
    assert abs(m.data - 0.5) == pytest.approx(0.001)
    assert abs(c.data - 0.25) == pytest.approx(0.001)


# 5  Power overwrote the exponent's gradient with -inf where the base was not positive.


@pytest.mark.parametrize("base", [-2.0, 0.0])
def test_a_constant_exponent_gets_no_gradient(base):
    x, exponent = leaf(base), Scalar(2)
    (x**exponent).backward()
    assert x.grad == 2 * base
    assert not exponent.has_grad
    assert exponent.grad == 0


def test_an_exponents_gradient_is_added_to_what_it_has():
    base, p = Scalar(0), leaf(3)
    (base**p + p * 5).backward()
    assert p.grad == 5


def test_an_exponents_gradient_is_nan_and_no_infinity_for_a_negative_base():
    base, p = Scalar(-2), leaf(2)
    (base**p).backward()
    assert math.isnan(p.grad)


# 6  Recursion ended at about a thousand samples.


def test_thousands_of_samples_are_no_problem():
    m, c = leaf(0.5), leaf(0.25)
    xs = [i / 1000 for i in range(5000)]
    ys = [2 * x - 9 for x in xs]
    loss = line_loss(m, c, xs, ys)
    loss.zero_grad()
    loss.backward()
    residuals = [0.5 * x + 0.25 - y for x, y in zip(xs, ys, strict=True)]
    expected = sum(2 * r * x for r, x in zip(residuals, xs, strict=True)) / len(xs)
    assert m.grad == pytest.approx(expected, rel=1e-12)
    assert sum(node is m for node in loss.parameters()) == 5000


def test_a_hundred_thousand_additions_are_no_problem():
    x = y = leaf(1)
    for _ in range(100_000):
        y = y + x
    y.zero_grad()
    y.backward()
    assert x.grad == 100_001
    assert len(y.nodes()) == 100_001
    assert count_uses(y)[x] == 100_001
    assert sum(1 for _ in y.parameters()) == 200_001


# 7  After a leaf was changed, backward() mixed old and new values without a word.


def snapshot(output):
    return [(node.data, node.has_grad, node.grad) for node in output.nodes()]


def test_a_changed_leaf_is_named_and_nothing_changes():
    w, b = leaf(2, "weight"), leaf(3, "bias")
    output = Tensor.sin(w * b) + b
    w.data = 5.0
    before = snapshot(output)
    with pytest.raises(StaleGraphError, match=r"weight changed from 2\.0 to 5\.0"):
        output.backward()
    assert snapshot(output) == before


def test_a_stale_pass_leaves_the_gradients_of_the_pass_before():
    w, b = leaf(2, "weight"), leaf(3, "bias")
    output = w * b
    output.backward()
    b.data = 7.0
    before = snapshot(output)
    with pytest.raises(StaleGraphError, match="bias"):
        output.backward(10)
    assert snapshot(output) == before
    assert (w.grad, b.grad) == (3, 2)


def test_a_changed_leaf_without_a_name_is_called_by_its_class():
    x = leaf(2)
    output = Tensor.sin(x)
    x.data = 3.0
    with pytest.raises(StaleGraphError, match="Scalar changed"):
        output.backward()


@pytest.mark.parametrize("side", [0, 1])
def test_a_changed_constant_is_stale_too(side):
    operands = [leaf(2), leaf(3)]
    operands[side] = Scalar(4, name="constant")
    output = operands[0] * operands[1] + 1
    operands[side].data = 5.0
    with pytest.raises(StaleGraphError, match="constant"):
        output.backward()


def test_a_changed_intermediate_is_stale():
    x = leaf(2)
    middle = x * x
    output = Tensor.exp(middle)
    middle.data -= 0.5
    with pytest.raises(StaleGraphError, match="Multiply"):
        output.backward()
    assert not x.has_grad


@pytest.mark.parametrize("function", [Tensor.exp, lambda x: x * 3])
def test_a_changed_output_is_stale(function):
    x = leaf(2)
    output = function(x)
    output.data -= 0.001
    with pytest.raises(StaleGraphError, match=type(output).__name__):
        output.backward()
    assert not x.has_grad


def test_an_unchanged_nan_is_not_stale():
    x = leaf(math.nan)
    output = Tensor.sin(x) * x + Tensor.log(Scalar(-1))
    x.data = float("nan")  # another object, the same number
    output.backward()
    assert math.isnan(x.grad)


def test_a_leaf_that_became_nan_is_stale():
    x = leaf(2, "x")
    output = x * 3
    x.data = math.nan
    with pytest.raises(StaleGraphError, match="x changed"):
        output.backward()


def test_a_value_replaced_by_an_equal_one_is_not_stale():
    x = leaf(2.5)
    output = Tensor.sin(x) * x
    x.data = float("2.5")
    output.backward()
    assert x.grad == pytest.approx(math.sin(2.5) + 2.5 * math.cos(2.5))


def test_a_graph_built_anew_is_not_stale():
    x = leaf(2)
    (x * x).backward()
    x.data = 5.0
    x.zero_grad()
    (x * x).backward()
    assert x.grad == 10


# Repeated passes: the notebook passed its intermediate nodes' old gradients on again.


def test_repeated_passes_accumulate_in_the_leaves_only():
    x = leaf(2)
    square = x * x
    cube = square * x
    cube.backward()
    assert x.grad == 12
    assert square.grad == 2
    cube.backward()
    assert x.grad == 24
    assert square.grad == 2


def test_a_given_gradient_is_where_the_pass_starts():
    x = leaf(3)
    first, second = x * 2, x * 2
    first.grad = 10
    first.backward()
    assert x.grad == 20
    second.backward(100)
    assert x.grad == 220


def test_a_pass_from_an_intermediate_node_after_one_from_above_starts_from_one():
    x = leaf(3)
    middle = x * 2
    output = middle * 7
    output.backward()
    assert middle.grad == 7
    x.zero_grad()
    middle.backward()
    assert middle.grad == 1
    assert x.grad == 2


def test_a_pass_through_a_node_that_was_an_output_forgets_what_it_held():
    x = leaf(3)
    middle = x * 2
    middle.backward(100)
    x.zero_grad()
    (middle * 7).backward()
    assert middle.grad == 7
    assert x.grad == 14


def test_two_outputs_over_one_intermediate_add_up_in_the_leaf():
    x = leaf(3)
    middle = x * 2
    (middle + 1).backward()
    (middle * 3).backward()
    assert middle.grad == 3
    assert x.grad == 2 + 6


def test_a_leaf_is_its_own_output():
    x = leaf(3)
    x.backward()
    assert x.grad == 1


def test_a_pass_from_what_requires_no_gradient_reaches_nothing():
    x = Scalar(3)
    output = x * x
    output.backward()
    assert output.grad == 1
    assert not x.has_grad
