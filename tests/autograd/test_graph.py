"""Orders, counts and pictures of a graph."""

import re
from collections import Counter

import pytest
from hypothesis import given

from autograd import Scalar, Tensor
from autograd.graph import count_uses, label, to_dot, topological_order
from tests.autograd.programs import EXAMPLES, programs


def pre_order(node):
    """Return the node, then its left operand's, then its right operand's, as recursion goes."""
    return [node, *(below for operand in node.operands for below in pre_order(operand))]


@given(programs())
@EXAMPLES
def test_the_order_holds_every_node_once_operands_first_output_last(program):
    output, _ = program.build()
    order = topological_order(output)
    position = {node: index for index, node in enumerate(order)}
    assert len(position) == len(order)
    assert set(order) == set(pre_order(output))
    assert order[-1] is output
    for node in order:
        assert all(position[operand] < position[node] for operand in node.operands)


@given(programs())
@EXAMPLES
def test_parameters_comes_in_the_order_of_recursion(program):
    output, _ = program.build()
    assert list(output.parameters()) == pre_order(output)


@given(programs())
@EXAMPLES
def test_uses_are_counted_as_parameters_yields_them(program):
    output, _ = program.build()
    assert count_uses(output) == Counter(output.parameters())


def test_on_a_tree_the_reversed_order_is_the_notebooks():
    a, b, c, d = (Scalar(number) for number in range(4))
    left, right = a * b, Tensor.sin(c) - d
    output = Tensor.exp(left + right)
    assert topological_order(output)[::-1] == pre_order(output)


def test_on_a_lines_loss_the_reversed_order_of_the_operations_is_the_notebooks():
    m, c = Scalar(2), Scalar(3)
    loss = 0
    for x, y in ((1, 2), (3, 4), (5, 6)):
        loss += (y - ((m * x) + c)) ** 2
    reversed_order = [node for node in topological_order(loss)[::-1] if node.operands]
    assert reversed_order == [node for node in pre_order(loss) if node.operands]


def test_a_leaf_is_a_graph_of_one():
    leaf = Scalar(2)
    assert topological_order(leaf) == [leaf]
    assert count_uses(leaf) == {leaf: 1}


def test_uses_are_counted_without_walking_every_path():
    x = y = Scalar(1)
    for _ in range(200):
        y = y * y
    assert count_uses(y)[x] == 2**200


def test_operands_and_inputs_are_what_the_node_was_computed_from():
    a, b = Scalar(2), Scalar(3)
    product, sine = a * b, Tensor.sin(a)
    assert product.operands == (a, b)
    assert product.inputs == (2.0, 3.0)
    assert sine.operands == (a,)
    assert sine.inputs == (2.0,)
    assert a.operands == a.inputs == ()
    a.data = 5.0
    assert product.inputs == (2.0, 3.0)
    assert sine.inputs == (2.0,)


def test_a_label_is_the_name_the_operations_symbol_or_the_number():
    assert label(Scalar(2, name="m")) == "m"
    assert label(Scalar(0.25)) == "0.25"
    assert label(Scalar(2) * 3) == "×"
    assert label(Tensor.sqrt(2)) == "√"


# The picture.

NODE = re.compile(r'^  n(\d+) \[label="((?:[^"\\]|\\.)*)"\];$')
EDGE = re.compile(r"^  n(\d+) -> n(\d+);$")


def fields(text):
    """Return a record label's fields, as a reader sees them."""
    hidden = re.sub(r"\\(.)", lambda match: chr(0xE000 + ord(match[1])), text)
    name, value, gradient = hidden.split("|")
    assert not set('"{}<> ') & set(name)  # what has a meaning in a label is escaped
    shown = re.sub("[\ue000-\uf8ff]", lambda match: chr(ord(match[0]) - 0xE000), name)
    return [shown, value, gradient]


def parse(dot):
    lines = dot.splitlines()
    assert lines[:3] == ["digraph {", "  rankdir=LR;", "  node [shape=record];"]
    assert lines[-1] == "}"
    nodes = [NODE.match(line) for line in lines[3:-1]]
    edges = [EDGE.match(line) for line in lines[3:-1]]
    assert all(bool(node) != bool(edge) for node, edge in zip(nodes, edges, strict=True))
    return (
        {int(node[1]): fields(node[2]) for node in nodes if node},
        [(int(edge[1]), int(edge[2])) for edge in edges if edge],
    )


def test_the_picture_shows_values_gradients_and_edges():
    m = Scalar(2, require_grad=True, name="m")
    output = m * 3 + m
    output.backward()
    nodes, edges = parse(to_dot(output))
    by_name = {name: (index, *numbers) for index, (name, *numbers) in nodes.items()}
    assert by_name["m"][1:] == ("value 2", "gradient 4")
    assert by_name["3"][1:] == ("value 3", "gradient –")
    assert by_name["×"][1:] == ("value 6", "gradient 1")
    assert by_name["+"][1:] == ("value 8", "gradient 1")
    m_, three, product, total = (by_name[name][0] for name in ("m", "3", "×", "+"))
    expected = [(m_, product), (three, product), (product, total), (m_, total)]
    assert sorted(edges) == sorted(expected)


def test_a_gradient_of_zero_is_shown_and_none_is_a_dash():
    x = Scalar(2, require_grad=True, name="x")
    output = x * 0
    assert parse(to_dot(x))[0] == {0: ["x", "value 2", "gradient –"]}
    output.backward()
    assert parse(to_dot(x))[0] == {0: ["x", "value 2", "gradient 0"]}


def test_a_node_that_is_both_operands_has_two_edges():
    x = Scalar(2)
    assert parse(to_dot(x * x))[1] == [(0, 1), (0, 1)]


def test_the_picture_formats_numbers_as_asked():
    x = Scalar(2 / 3, name="x")
    assert parse(to_dot(x))[0][0][1] == "value 0.666667"
    assert parse(to_dot(x, number="{:.2f}".format))[0][0][1] == "value 0.67"


@pytest.mark.parametrize("name", ['"', "\\", "a|b", "{a}", "<a>", "a b", '\\"|{}<> ', "μ", ""])
def test_names_are_escaped_in_the_picture(name):
    nodes, _ = parse(to_dot(Scalar(2, name=name)))
    assert nodes == {0: [name, "value 2", "gradient –"]}


def test_the_absolute_values_symbol_is_escaped_too():
    nodes, _ = parse(to_dot(Tensor.abs(Scalar(-2))))
    assert nodes[1][0] == "|·|"


def test_a_leafs_repr_tells_name_value_and_whether_it_requires_a_gradient():
    assert repr(Scalar(2)) == "Scalar(data=2.0)"
    assert repr(Scalar(2, True, "m")) == "Scalar(m, data=2.0, require_grad=True)"


def test_a_nodes_repr_shows_its_gradient_once_there_is_one():
    x = Scalar(2, require_grad=True)
    output = x * 3
    assert repr(output) == "Multiply(data=6.0)"
    output.backward()
    assert repr(output) == "Multiply(data=6.0, grad=1.0)"
    assert repr(x) == "Scalar(data=2.0, grad=3.0, require_grad=True)"


def test_only_leaves_have_names_of_their_own():
    leaf = Scalar(2)
    assert leaf.name is None
    leaf.name = "m"
    assert leaf.name == "m"
    operation = leaf * 3
    assert operation.name is None
    with pytest.raises(AttributeError):
        operation.name = "product"
