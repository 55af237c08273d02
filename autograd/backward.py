"""The backward pass: reverse-mode automatic differentiation on a recorded graph.

It starts with the gradient of the output with respect to itself, visits every operation
after all that use it, and passes to each operand *upstream × local derivative*: the chain
rule, one edge at a time (Baydin et al., *Automatic Differentiation in Machine Learning: a
Survey*, 2018, section 3.2).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.graph import topological_order

if TYPE_CHECKING:
    from autograd.node import Node


class StaleGraphError(RuntimeError):
    """A value changed after the graph that uses it was built.

    Gradients of such a graph would belong neither to the old values nor to the new ones.
    """


def backpropagate(output: Node) -> None:
    """Give every node below an operation that requires it its gradient, from the output's own.

    Leaves add it to what they hold; intermediate nodes forget what they held before.
    """
    below = operations_below(output)
    for node in below:
        node._grad = None
    if output.require_grad:
        output._propagate(output.grad)
    for node in below:
        if node.require_grad and node._grad is not None:
            node._propagate(node._grad)


def forget_gradients(output: Node) -> None:
    """Forget the gradients of ``output`` and of all nodes below it."""
    output._grad = None
    if output._arity:
        for node in (output, *operations_below(output)):
            if node._arity == 2:
                node.op1._grad = node.op2._grad = None
            else:
                node.op._grad = None


def operations_below(output: Any) -> list[Any]:
    """Return the operations below ``output``, each once, after all that use it.

    This is ``topological_order(output)`` reversed, without the output and the leaves. A
    node's operands never change, so the list is kept with the output; it leaves the output
    itself out, because a reference to oneself would have to wait for the garbage collector.
    """
    try:
        below: list[Any] = output._below
    except AttributeError:
        below = output._below = _walk(output)[1:]
    return below


def _walk(output: Any) -> list[Any]:
    """Return the operations from ``output`` on, each after all that use it.

    Where no operation is used twice, as in most losses, the graph is a tree but for its
    leaves, and the order is that of walking down left operands first. The first operation
    that is met again shows that it is no tree, and the general order is taken.
    """
    order: list[Any] = []
    met: set[Any] = set()
    stack: list[Any] = [output]
    while stack:
        node = stack.pop()
        if node in met:
            return [node for node in reversed(topological_order(output)) if node._arity]
        met.add(node)
        order.append(node)
        if node._arity == 2:
            if node.op2._arity:
                stack.append(node.op2)
            if node.op1._arity:
                stack.append(node.op1)
        elif node.op._arity:
            stack.append(node.op)
    return order


def check_unchanged(output: Node) -> None:
    """Raise StaleGraphError unless every value is the one that the graph was computed with.

    A number that was not replaced is still the same object; only where it is another need
    the values be compared. The output's own value has no user that remembers it.
    """
    if not output._arity:
        return
    for node in (output, *operations_below(output)):
        if node._arity == 2:
            if node.op1.data is not node._input1 or node.op2.data is not node._input2:
                _check_equal(node.op1, node._input1)
                _check_equal(node.op2, node._input2)
        elif node.op.data is not node._input:
            _check_equal(node.op, node._input)
    _check_equal(output, type(output)(*output.operands).data)


def _check_equal(node: Node, before: float) -> None:
    """Raise StaleGraphError if the node's value is not ``before``; nan counts as equal to nan."""
    if node.data != before and not (math.isnan(node.data) and math.isnan(before)):
        raise StaleGraphError(
            f"{node.name or type(node).__name__} changed from {before!r} to {node.data!r} "
            f"after the graph was built. Build the graph anew before calling backward()."
        )
