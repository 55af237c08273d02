"""The define-by-run graph of a tape's loss, walked node by node: what a trace is compared with."""

# ruff: noqa: ARG005  a derivative is given whatever any of them needs

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autograd import Scalar, Tensor
from autograd import tensor as tensors
from autograd.arithmetic import silent
from autograd.rules import SUM
from autograd.tape import Tape

CLASSES = {
    each.rule.name: each
    for each in (*tensors.UnaryOperator.__subclasses__(), *tensors.BinaryOperator.__subclasses__())
    if each.__module__ == tensors.__name__  # other tests make operators of their own
}

# Closed forms; y is the operation's own value.
DERIVATIVES: dict[type, tuple[Callable[..., Any], ...]] = {
    tensors.Add: (lambda y, a, b: 1.0, lambda y, a, b: 1.0),
    tensors.Subtract: (lambda y, a, b: 1.0, lambda y, a, b: -1.0),
    tensors.Multiply: (lambda y, a, b: b, lambda y, a, b: a),
    tensors.Divide: (lambda y, a, b: 1.0 / b, lambda y, a, b: -(a / b) / b),
    tensors.Power: (
        lambda y, a, b: 0.0 if b == 0 else b * np.power(a, b - 1.0),
        lambda y, a, b: 0.0 if a == 0 < b else y * np.log(a),
    ),
    tensors.Maximum: (
        lambda y, a, b: 0.5 * (1.0 + np.sign(a - b)),
        lambda y, a, b: 0.5 * (1.0 + np.sign(b - a)),
    ),
    tensors.Minimum: (
        lambda y, a, b: 0.5 * (1.0 + np.sign(b - a)),
        lambda y, a, b: 0.5 * (1.0 + np.sign(a - b)),
    ),
    tensors.Negate: (lambda y, a: -1.0,),
    tensors.Sine: (lambda y, a: np.cos(a),),
    tensors.Cosine: (lambda y, a: -np.sin(a),),
    tensors.Tanh: (lambda y, a: 1.0 - y * y,),
    tensors.Exponent: (lambda y, a: y,),
    tensors.Logarithm: (lambda y, a: 1.0 / a,),
    tensors.SquareRoot: (lambda y, a: 0.5 / y,),
    tensors.Absolute: (lambda y, a: np.sign(a),),
    tensors.Relu: (lambda y, a: float(a > 0),),
    tensors.Sigmoid: (lambda y, a: y * (1.0 - y),),
}


@dataclass(frozen=True)
class Flowed:
    """What the walk over a graph found at one edge."""

    operation: tuple[int, int | None]
    index: int
    operand: tuple[int, int | None]
    local: float
    upstream: float
    contribution: float
    before: float | None
    after: float


class Graph:
    """A loss with one node per sample and operation.

    Attributes:
        loss: its last node.
        keys: by node its place on the tape, and the sample whose it is; None if all share it.
            A sum's additions are at its place, one for each sample.
    """

    def __init__(self, loss: Tensor, tape: Tape) -> None:
        self.loss = loss
        self.tape = tape
        self.keys: dict[Tensor, tuple[int, int | None]] = {}
        self._match()

    @classmethod
    def run(cls, loss: Callable, tape: Tape, at, xs, ys) -> "Graph":
        """Return the graph that the loss leaves when its sums are loops."""
        m, c = (Scalar(number, True) for number in at)
        samples = [(Scalar(x), Scalar(y)) for x, y in zip(xs, ys, strict=True)]

        def total(term):
            together = Scalar(0.0)
            for x, y in samples:
                together = together + term(x, y)
            return together

        return cls(loss(m, c, total), tape)

    @classmethod
    def unrolled(cls, tape: Tape, at) -> "Graph":
        """Return the graph that does what the tape says, one sample after another."""
        nodes: dict[tuple[int, int | None], Tensor] = {}
        samples: list[int | None] = list(range(tape.samples))

        def node(place, sample):
            return nodes.get((place, sample)) or nodes[place, None]

        for place, instruction in enumerate(tape.instructions):
            if instruction.rule is SUM:
                total: Tensor = Scalar(0.0)
                for sample in samples:
                    total = total + node(instruction.operands[0], sample)
                nodes[place, None] = total
                continue
            for sample in samples if instruction.per_sample else [None]:
                if instruction.rule is not None:
                    operands = [node(operand, sample) for operand in instruction.operands]
                    made = CLASSES[instruction.rule.name](*operands)
                elif place in tape.parameters:
                    made = Scalar(at[tape.parameters.index(place)], True)
                else:
                    column = tape.columns.get(place)
                    made = Scalar(instruction.node.data if column is None else column[sample])
                nodes[place, sample] = made
        return cls(nodes[len(tape.instructions) - 1, None], tape)

    def _match(self) -> None:
        """Find every node's place, from the loss down."""
        stack: list[tuple[Any, int, int | None]] = [
            (self.loss, len(self.tape.instructions) - 1, None)
        ]
        while stack:
            node, place, sample = stack.pop()
            if node in self.keys:
                continue
            instruction = self.tape.instructions[place]
            if instruction.rule is SUM:
                (term,) = instruction.operands
                for each in reversed(range(self.tape.samples)):
                    self.keys[node] = (place, each)
                    stack.append((node.op2, term, each))
                    node = node.op1
                continue
            self.keys[node] = (place, sample if instruction.per_sample else None)
            expected = None if instruction.rule is None else instruction.rule
            assert (node.rule if node.operands else None) is expected
            pairs = zip(node.operands, instruction.operands, strict=True)
            stack += [(operand, below, sample) for operand, below in pairs]

    @cached_property
    def operations(self) -> list[Tensor]:
        """All operations, in the order in which the engine goes backward."""
        return [node for node in reversed(self.loss.nodes()) if node.operands]

    @cached_property
    def by_key(self) -> dict[tuple[int, int | None], Tensor]:
        return {key: node for node, key in self.keys.items()}

    def order(self) -> list[Tensor]:
        """Return the operations as a trace goes backward.

        What follows the sums, their chains, the samples one by one, what they share; within
        each the engine's order.
        """
        additions = {node for node, (place, _) in self.keys.items() if self._rule(place) is SUM}
        summed: set[Tensor] = set(additions)
        for node in reversed(self.operations):
            if not summed.isdisjoint(node.operands):
                summed.add(node)

        def phase(node):
            _, sample = self.keys[node]
            if node in additions:
                return 1, 0
            if sample is not None:
                return 2, sample
            return (0 if node in summed else 3), 0

        return sorted(self.operations, key=phase)

    def walk(self, order: list[Tensor]) -> list[Flowed]:
        """Apply the chain rule, edge by edge, to the operations in an order."""
        gradients: dict[Tensor, Any] = {self.loss: np.float64(1.0)}
        found = []
        with silent():
            for node in order:
                for index, operand in enumerate(node.operands):
                    if not operand.require_grad:
                        continue
                    inputs = [np.float64(number) for number in node.inputs]
                    local = DERIVATIVES[type(node)][index](np.float64(node.data), *inputs)
                    contribution = gradients[node] * local
                    before = gradients.get(operand)
                    after = contribution if before is None else before + contribution
                    upstream, gradients[operand] = gradients[node], after
                    found.append(
                        Flowed(
                            self.keys[node], index, self.keys[operand], float(local),
                            float(upstream), float(contribution),
                            None if before is None else float(before), float(after),
                        )
                    )  # fmt: skip
        return found

    def _rule(self, place: int) -> Any:
        return self.tape.instructions[place].rule
