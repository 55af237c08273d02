"""The order of a graph's nodes, what is used how often, and the graph as a picture.

Everything here walks a graph from its output down to its leaves without recursion, and in
time linear in nodes and edges, however deep the graph is and however often nodes are shared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from autograd.node import Node

N = TypeVar("N", bound="Node")
G = TypeVar("G", bound="HasOperands")


class HasOperands(Protocol):
    """A node of any directed graph without cycles."""

    @property
    def operands(self) -> Sequence[Any]:
        """The nodes it is computed from."""


def topological_order(output: G) -> list[G]:
    """Return ``output`` and all nodes below it, each once, operands before what uses them.

    This is the post-order that visits the right operand first. Reversed, it is on a tree
    the order in which the notebook's recursion goes, so that gradients accumulate, and
    round, in the same order.
    """
    order: list[G] = []
    entered: set[G] = set()
    left: set[G] = set()
    stack = [output]
    while stack:
        node = stack[-1]
        if node not in entered:
            entered.add(node)
            stack.extend(node.operands)
        else:
            stack.pop()
            if node not in left:
                left.add(node)
                order.append(node)
    return order


def count_uses(output: N) -> dict[N, int]:
    """Return how often ``output.parameters()`` yields each node: its paths from the output.

    Counted by passing each node's count on to its operands, so that a node that 2**40
    paths lead to costs no more than another.
    """
    nodes = topological_order(output)
    uses = dict.fromkeys(nodes, 0)
    uses[output] = 1
    for node in reversed(nodes):
        for operand in node.operands:
            uses[operand] += uses[node]
    return uses


def first_non_finite(output: N) -> N | None:
    """Return the first node, in topological order, whose value is inf or nan; None if none is."""
    for node in topological_order(output):
        if not math.isfinite(node.data):
            return node
    return None


def label(node: Node) -> str:
    """Return what a picture calls ``node``: its name, else its operation, else its number."""
    if node.name is not None:
        return node.name
    return node.rule.symbol if node.operands else f"{node.data:g}"


def to_dot(output: Node, number: Callable[[float], str] = "{:.6g}".format) -> str:
    """Return the graph in Graphviz's DOT language, with every node's value and gradient.

    A node that has no gradient shows "–". ``number`` formats values and gradients. Write
    the text to a file and let ``dot -Tsvg`` draw it.
    """
    nodes = topological_order(output)
    index = {node: position for position, node in enumerate(nodes)}
    lines = ["digraph {", "  rankdir=LR;", "  node [shape=record];"]
    for node, position in index.items():
        gradient = number(node.grad) if node.has_grad else "–"
        text = f"{_escape(label(node))}|value {number(node.data)}|gradient {gradient}"
        lines.append(f'  n{position} [label="{text}"];')
    lines += [
        f"  n{index[operand]} -> n{position};"
        for node, position in index.items()
        for operand in node.operands
    ]
    return "\n".join([*lines, "}", ""])


def _escape(text: str) -> str:
    """Return ``text`` with what DOT gives a meaning in a record's label escaped."""
    return "".join(
        "\\" + character if character in '\\"{}|<> ' else character for character in text
    )
