"""The notebook's own loop, run with this engine, prints the notebook's own digits."""

import json
from itertools import islice
from pathlib import Path

import pytest

import autograd
from autograd import Scalar, Tensor

TRACE = json.loads(
    (Path(__file__).parents[1] / "data" / "notebook_trace.json").read_text(encoding="utf-8")
)


class Run:
    """Cells 8 to 13, from the weight and bias that the notebook shows."""

    def __init__(self):
        self.losses, self.m, self.c, self.table = [], [], [], []
        xs = list(range(-20, 21))
        ys = [TRACE["M"] * x + TRACE["C"] for x in xs]
        m = Tensor.scalar(TRACE["m"][0], require_grad=True)
        c = Tensor.scalar(TRACE["c"][0], require_grad=True)
        lr = 0.001
        for epoch in range(2000):
            self.m.append(m.data)
            self.c.append(c.data)
            loss = 0
            for number_x, number_y in zip(xs, ys, strict=True):
                x, y = Tensor.scalar(number_x), Tensor.scalar(number_y)
                y_hat = (m * x) + c
                loss += (y - y_hat) ** 2
            loss /= len(xs)
            loss.zero_grad()
            loss.grad = 1
            loss.backward()
            for param in loss.parameters():
                if not param.require_grad:
                    continue
                param.data -= lr * max(-1, min(1, param.grad))
            self.losses.append(f"{epoch}: {loss.data}")
        self.weights = f"{m.data} {c.data}"
        for index, (x, y) in enumerate(zip(xs, ys, strict=True)):
            self.table.append(f"{index:2d}: {round((m.data * x) + c.data, 2):6.2f}, {y:5d}")


@pytest.fixture(scope="module")
def run():
    return Run()


def test_all_two_thousand_lines_are_the_notebooks_to_the_last_digit(run):
    printed = [f"{epoch}: {loss}" for epoch, loss in enumerate(TRACE["printed_loss"])]
    assert len(printed) == 2000
    assert run.losses == printed


def test_the_weight_and_bias_are_the_notebooks_before_every_epoch(run):
    assert run.m == TRACE["m"][:2000]
    assert run.c == TRACE["c"][:2000]


def test_the_final_weight_and_bias_are_the_notebooks(run):
    assert run.weights == "1.9943405118131659 -8.999999999999597"


def test_the_inference_table_is_the_notebooks(run):
    assert len(run.table) == 41
    assert run.table == TRACE["printed_table"]


def test_the_notebooks_classes_exist_and_are_tensors():
    unary = ["Sine", "Cosine", "Tanh", "Exponent"]
    binary = ["Add", "Subtract", "Multiply", "Divide", "Power"]
    for names, base in (
        (["Tensor", "Scalar", "UnaryOperator", "BinaryOperator"], Tensor),
        (unary, autograd.UnaryOperator),
        (binary, autograd.BinaryOperator),
    ):
        assert all(issubclass(getattr(autograd, name), base) for name in names)


@pytest.mark.parametrize(
    ("name", "cls"),
    [("sin", "Sine"), ("cos", "Cosine"), ("tanh", "Tanh"), ("exp", "Exponent")],
)
def test_the_notebooks_unary_classmethods_take_require_grad(name, cls):
    function = getattr(Tensor, name)
    assert type(function(Scalar(2))) is getattr(autograd, cls)
    assert not function(Scalar(2)).require_grad
    assert not function(Scalar(2), False).require_grad
    assert function(Scalar(2), True).require_grad
    assert function(Scalar(2), require_grad=True).require_grad


@pytest.mark.parametrize(
    ("name", "cls"),
    [("add", "Add"), ("sub", "Subtract"), ("mul", "Multiply"), ("div", "Divide"), ("pow", "Power")],
)
def test_the_notebooks_binary_classmethods_take_require_grad(name, cls):
    function = getattr(Tensor, name)
    assert type(function(Scalar(2), Scalar(3))) is getattr(autograd, cls)
    assert not function(Scalar(2), Scalar(3)).require_grad
    assert function(Scalar(2), Scalar(3), True).require_grad
    assert function(Scalar(2), Scalar(3), require_grad=True).require_grad


@pytest.mark.parametrize("name", ["log", "sqrt", "abs", "relu", "sigmoid", "neg"])
def test_the_further_unary_classmethods_take_require_grad_and_numbers(name):
    function = getattr(Tensor, name)
    assert not function(2).require_grad
    assert function(2, True).require_grad
    assert function(Scalar(2, require_grad=True)).require_grad


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_the_further_binary_classmethods_take_require_grad_and_numbers(name):
    function = getattr(Tensor, name)
    assert not function(2, 3).require_grad
    assert function(2, 3, True).require_grad
    assert function(2, Scalar(3, require_grad=True)).require_grad
    assert function(Scalar(2, require_grad=True), 3).require_grad


def test_scalar_makes_a_leaf_of_a_number_and_returns_a_tensor_as_it_is():
    leaf = Tensor.scalar(3, require_grad=True, name="m")
    assert type(leaf) is Scalar
    assert (leaf.data, leaf.require_grad, leaf.name) == (3.0, True, "m")
    assert type(leaf.data) is float
    assert Tensor.scalar(leaf) is leaf
    assert not Tensor.scalar(3).require_grad


def test_operators_take_numbers_on_either_side():
    t = Scalar(3)
    left = [t + 2, t - 2, t * 2, t / 2, t**2]
    right = [2 + t, 2 - t, 2 * t, 2 / t, 2**t]
    assert [node.data for node in left] == [5, 1, 6, 1.5, 9]
    assert [node.data for node in right] == [5, -1, 6, 2 / 3, 8]
    assert [node.operands[0] for node in left] == [t] * 5
    assert [node.operands[1] for node in right] == [t] * 5


def test_operators_take_tensors_on_both_sides():
    a, b = Scalar(3), Scalar(2)
    assert [node.data for node in (a + b, a - b, a * b, a / b, a**b)] == [5, 1, 6, 1.5, 9]


def test_negation_and_absolute_value_are_operators_too():
    assert (-Scalar(3)).data == -3
    assert abs(Scalar(-3)).data == 3


def test_sums_start_from_pythons_zero():
    assert sum([Scalar(1), Scalar(2), Scalar(3)]).data == 6


def test_a_leaf_has_no_gradient_at_first_and_reads_as_zero():
    leaf = Scalar(3, require_grad=True)
    assert leaf.grad == 0
    assert not leaf.has_grad
    leaf.grad = 0
    assert leaf.has_grad


def test_zero_grad_forgets_every_gradient_below():
    a, b = Scalar(3, require_grad=True), Scalar(2, require_grad=True)
    product = a * b
    output = Tensor.sin(product + a)
    output.backward()
    assert all(node.has_grad for node in output.nodes())
    output.zero_grad()
    assert not any(node.has_grad for node in output.nodes())


def test_only_what_requires_a_gradient_is_given_one():
    a, constant = Scalar(3, require_grad=True), Scalar(2)
    inner = Tensor.sin(constant)
    (a * inner).backward()
    assert a.grad == inner.data
    assert not constant.has_grad
    assert not inner.has_grad


def test_an_operation_may_require_a_gradient_that_its_operands_do_not():
    constant = Scalar(2)
    inner = Tensor.sin(constant, require_grad=True)
    (inner * 3).backward()
    assert inner.grad == 3
    assert not constant.has_grad


def test_parameters_yields_the_node_then_its_left_operands_then_its_right_ones():
    m, x, c = Scalar(2), Scalar(3), Scalar(4)
    product = m * x
    total = product + c
    output = total * m
    expected = [output, total, product, m, x, c, m]
    assert list(output.parameters()) == expected


def test_parameters_yields_a_shared_operation_once_per_use_with_all_below_it():
    x = Scalar(2)
    shared = Tensor.sin(x)
    output = shared * shared
    assert list(output.parameters()) == [output, shared, x, shared, x]


def test_parameters_is_lazy():
    y = Scalar(1)
    for _ in range(60):
        y = y + y  # 2**60 paths: nobody could list them
    assert next(iter(y.parameters())) is y
    assert len(list(islice(y.parameters(), 100))) == 100


def test_nodes_come_once_each_with_operands_first():
    m, x, c = Scalar(2), Scalar(3), Scalar(4)
    product = m * x
    total = product + c
    output = total * m
    nodes = output.nodes()
    assert sorted(map(id, nodes)) == sorted(map(id, [m, x, c, product, total, output]))
    assert nodes[-1] is output
    for node in nodes:
        assert all(nodes.index(operand) < nodes.index(node) for operand in node.operands)


def test_gradients_add_up_and_round_in_the_order_of_the_notebooks_recursion():
    x = Scalar(1, require_grad=True)
    (x * 1.0 + x * 1e16 + x * -1e16).backward()
    assert x.grad == (1.0 + 1e16) - 1e16 != 1.0 + (1e16 - 1e16)


def test_so_they_do_where_an_operation_is_shared():
    x = Scalar(1, require_grad=True)
    shared = x * 0.0
    (shared + (x * 1.0 + x * 1e16 + x * -1e16) + shared).backward()
    assert x.grad == (1.0 + 1e16) - 1e16
