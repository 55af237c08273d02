"""Chains of additions: what a loop such as ``loss += term`` leaves in a graph."""

from __future__ import annotations

from typing import Any

from autograd.tensor import Add, Subtract, Tensor

FAR = 256
"""How many additions are looked ahead, to see on which side a chain goes on."""


def find_chain(top: Tensor) -> tuple[list[Tensor], list[tuple[Tensor, bool]]]:
    """Return the additions of a chain from its last, and its terms in order.

    Each term comes with whether it is subtracted. The chain goes on where more additions
    lie, so that ``loss = term + loss`` is one as well as ``loss = loss + term``. It ends at
    what looks like the terms met before: a term may be an addition itself.
    """
    chain: list[Tensor] = []
    terms: list[tuple[Tensor, bool]] = []
    node: Any = top
    while is_addition(node) and not (chain and _look_alike(node, terms[0][0])):
        chain.append(node)
        if isinstance(node, Add) and _goes_further(node.op2, node.op1):
            terms.append((node.op1, False))
            node = node.op2
        else:
            terms.append((node.op2, isinstance(node, Subtract)))
            node = node.op1
    terms.append((node, False))
    return chain, terms[::-1]


def _look_alike(node: Any, term: Any) -> bool:
    """Whether two expressions have the same operations at their top."""
    pairs = [(node, term)]
    for _ in range(FAR):
        if not pairs:
            break
        one, other = pairs.pop()
        if type(one) is not type(other):
            return False
        pairs.extend(zip(one.operands, other.operands, strict=True))
    return True


def _goes_further(node: Any, other: Any) -> bool:
    """Whether more additions lie one below the other from ``node`` on than from ``other``."""
    for _ in range(FAR):
        if not is_addition(node):
            return False
        if not is_addition(other):
            return True
        node, other = _next(node), _next(other)
    return False


def _next(addition: Any) -> Any:
    left = addition.op1
    if isinstance(addition, Add) and not is_addition(left):
        return addition.op2
    return left


def is_addition(node: Tensor) -> bool:
    """Whether a node adds, or subtracts."""
    return isinstance(node, Add | Subtract)
