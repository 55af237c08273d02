"""A tape: one sample's expression as a linear list of instructions, read over all samples.

A loss repeats one expression per sample. Recording that expression once and reading its
rules over NumPy columns gives every sample's values and gradients in a few array
operations: the same rules in the same order, so the same numbers as a graph with one node
per sample and operation, but for the last digit of NumPy's own pow, exp, sin and the like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.arithmetic import NUMPY, silent
from autograd.graph import topological_order
from autograd.rules import Rule
from autograd.tensor import Tensor

Column = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Instruction:
    """One node of the recorded expression.

    Attributes:
        node: the tensor it was recorded from.
        rule: the operation, or None for a leaf.
        operands: the operands' places on the tape.
    """

    node: Tensor
    rule: Rule | None
    operands: tuple[int, ...]


class Tape:
    """A per-sample expression, to be evaluated for all samples at once.

    Attributes:
        instructions: the nodes of the expression, operands before what uses them; the
            expression itself is last.
        parameters: the places of the parameters, leaves that all samples share.
        columns: the places of the data columns, leaves with a value for each sample.
        samples: how many samples the columns hold.
    """

    def __init__(
        self,
        expression: Tensor,
        parameters: Sequence[Tensor],
        columns: Mapping[Tensor, Column],
    ) -> None:
        """Record ``expression``, in which ``columns`` gives some leaves a value per sample.

        Raises:
            ValueError: there is no column, or the expression does not use one of the leaves.
        """
        if not columns:
            raise ValueError("a tape needs at least one column of samples")
        nodes = topological_order(expression)
        self._places = place = {node: index for index, node in enumerate(nodes)}
        for leaf in (*parameters, *columns):
            if leaf not in place:
                raise ValueError(f"the expression does not use {leaf!r}")
        self.instructions = tuple(
            Instruction(
                node,
                node.rule if node.operands else None,
                tuple(place[operand] for operand in node.operands),
            )
            for node in nodes
        )
        self.parameters = tuple(place[parameter] for parameter in parameters)
        self.columns = {place[leaf]: values for leaf, values in columns.items()}
        self.samples = len(next(iter(columns.values())))

    def place(self, node: Tensor) -> int:
        """Return where a node of the recorded expression is on the tape."""
        return self._places[node]

    def forward(self, parameters: Sequence[float]) -> list[Column]:
        """Return every instruction's value, each of shape (samples,)."""
        given = dict(zip(self.parameters, parameters, strict=True))
        values: list[Any] = []
        with silent():
            for place, instruction in enumerate(self.instructions):
                if instruction.rule is not None:
                    operands = (values[operand] for operand in instruction.operands)
                    values.append(instruction.rule.value(NUMPY, *operands))
                elif place in self.columns:
                    values.append(self.columns[place])
                else:
                    values.append(np.float64(given.get(place, instruction.node.data)))
        return [np.broadcast_to(value, self.samples) for value in values]

    def backward(self, values: Sequence[Column], upstream: float) -> list[Column | None]:
        """Return every instruction's gradient per sample, None where none is required.

        Args:
            values: what ``forward`` returned.
            upstream: the gradient of the loss with respect to each sample's expression.
        """
        gradients: list[Any] = [None] * len(self.instructions)
        gradients[-1] = np.full(self.samples, upstream)
        with silent():
            for place in reversed(range(len(self.instructions))):
                instruction = self.instructions[place]
                if instruction.rule is None or gradients[place] is None:
                    continue
                inputs = [values[operand] for operand in instruction.operands]
                for operand, derivative in zip(
                    instruction.operands, instruction.rule.derivatives, strict=True
                ):
                    if self.instructions[operand].node.require_grad:
                        local = derivative(NUMPY, values[place], *inputs)
                        contribution = gradients[place] * local
                        before = gradients[operand]
                        gradients[operand] = (
                            contribution if before is None else before + contribution
                        )
        return gradients


def sum_in_order(terms: Column) -> Column:
    """Return the running sums of the terms, added one after another as a loop would."""
    with silent():
        return np.cumsum(terms)
