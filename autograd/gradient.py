"""Gradients as tensors, so that they can be differentiated again, to any order.

``backward()`` computes with numbers. ``grad()`` walks the same graph and reads the same
rules, but over tensors: what it returns is the graph of the derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.arithmetic import Arithmetic
from autograd.backward import check_unchanged
from autograd.graph import topological_order
from autograd.tensor import Scalar, Tensor


def _value(operand: float | Tensor) -> float:
    return operand.data if isinstance(operand, Tensor) else operand


TENSORS = Arithmetic(
    sin=Tensor.sin,
    cos=Tensor.cos,
    tanh=Tensor.tanh,
    exp=Tensor.exp,
    log=Tensor.log,
    sqrt=Tensor.sqrt,
    pow=Tensor.pow,
    less=lambda a, b: _value(a) < _value(b),
    equal=lambda a, b: _value(a) == _value(b),
    select=lambda condition, yes, no: yes if condition else no,
)
"""Tensors: evaluating a rule records it. A condition is decided by the present values."""


def grad(output: Tensor, inputs: Sequence[Tensor]) -> list[Tensor]:
    """Return ∂output/∂input for each input, as tensors that can be differentiated in turn.

    Inputs may be leaves or intermediate nodes, whether or not they require a gradient; an
    input that the output does not depend on has gradient 0. Nothing is stored in ``.grad``.
    Only nodes between the inputs and the output are walked back through.

    Raises:
        StaleGraphError: a value changed since the graph was built.
    """
    check_unchanged(output)
    order = topological_order(output)
    depends = set(inputs)
    for node in order:
        if any(operand in depends for operand in node.operands):
            depends.add(node)
    adjoints: dict[Tensor, Tensor] = {output: Scalar(1.0)}
    for node in reversed(order):
        upstream = adjoints.get(node)
        if upstream is None:
            continue
        for operand, derivative in zip(node.operands, _derivatives(node), strict=True):
            if operand in depends:
                contribution = _product(upstream, derivative(TENSORS, node, *node.operands))
                before = adjoints.get(operand)
                adjoints[operand] = contribution if before is None else before + contribution
    return [adjoints.get(node) or Scalar(0.0) for node in inputs]


def _derivatives(node: Tensor) -> tuple[Any, ...]:
    return node.rule.derivatives if node.operands else ()


def _product(upstream: Tensor, local: float | Tensor) -> Tensor:
    """Return upstream × local without recording a multiplication by the constant 1."""
    if isinstance(local, Tensor):
        return upstream * local
    return upstream if local == 1.0 else upstream * local
