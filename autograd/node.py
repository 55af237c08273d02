"""What every node of a computation graph knows: its value, its gradient, what is below it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from numbers import Real
from typing import Any, ClassVar, Self

from autograd.backward import backpropagate, check_unchanged, forget_gradients
from autograd.graph import topological_order
from autograd.rules import Rule


class Node:
    """A node of the computation graph: one number, and how it came about.

    Attributes:
        data: the value, a float.
        require_grad: whether ``backward()`` computes a gradient for this node.
        name: what to call a leaf, or None.
    """

    __slots__ = ("_grad", "data", "require_grad")

    data: float
    require_grad: bool
    name: str | None = None
    rule: ClassVar[Rule]
    _arity: ClassVar[int] = 0
    _value: ClassVar[Callable[..., float]]
    _propagate: ClassVar[Callable[[Any, float], None]]
    _grad: float | None  # None until there is one

    @property
    def operands(self) -> tuple[Any, ...]:
        """The nodes that this one was computed from; none for a leaf."""
        return ()

    @property
    def inputs(self) -> tuple[float, ...]:
        """The operands' values when this node was computed."""
        return ()

    @property
    def grad(self) -> float:
        """The gradient of the last backward pass's output with respect to this node; 0 if none."""
        return 0 if self._grad is None else self._grad

    @grad.setter
    def grad(self, gradient: float) -> None:
        self._grad = GivenGradient(as_float(gradient))

    @property
    def has_grad(self) -> bool:
        """Whether a gradient has been computed or set: tells "none yet" from a gradient of 0."""
        return self._grad is not None

    def backward(self, gradient: float | None = None) -> None:
        """Give every node below this one that requires it the gradient of this one.

        The pass starts from ``gradient``; without it from the ``grad`` that was set on this
        node, and otherwise from 1. Leaves add what the pass contributes to what they hold,
        so two calls without ``zero_grad()`` give twice the gradient; intermediate nodes
        hold the gradient of the last call.

        Every node is visited once, after all that use it, in the notebook's own order,
        so that sums round the same way.

        Raises:
            StaleGraphError: a value changed since the graph was built.
        """
        seed = None if gradient is None else as_float(gradient)
        check_unchanged(self)
        given = isinstance(self._grad, GivenGradient)
        if self._arity:
            if seed is not None or not given:
                self._grad = 1.0 if seed is None else seed
            backpropagate(self)
        elif seed is not None or not given:
            self._grad = (1.0 if seed is None else seed) + self.grad

    def zero_grad(self) -> None:
        """Forget the gradients of this node and of all below it."""
        forget_gradients(self)

    def nodes(self) -> list[Self]:
        """Return this node and all below it, each once, operands before what uses them."""
        return topological_order(self)

    def parameters(self) -> Iterator[Self]:
        """Yield this node and all below it once *per use*, left operands first.

        This is the notebook's contract: a leaf used 41 times comes 41 times, intermediate
        nodes come too. ``nodes()`` gives each node once.
        """
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.operands))

    def __repr__(self) -> str:
        parts = [] if self.name is None else [self.name]
        parts.append(f"data={self.data!r}")
        if self.has_grad:
            parts.append(f"grad={self.grad!r}")
        if self.require_grad and not self.operands:
            parts.append("require_grad=True")
        return f"{type(self).__name__}({', '.join(parts)})"


class GivenGradient(float):
    """A gradient that was set by hand: a backward pass from its node starts with it."""

    __slots__ = ()


def as_float(number: Any) -> float:
    """Return a real number as a float, ±inf if it is too large for one.

    Raises:
        TypeError: for anything that is not a real number.
    """
    is_real = type(number) is int or isinstance(number, Real)  # the first is far cheaper
    if not is_real:
        raise TypeError(
            f"a tensor holds one real number, such as 3 or 0.5; "
            f"{number!r} is of type {type(number).__name__}"
        )
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
