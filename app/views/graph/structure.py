"""The loss's graph, node by node and edge by edge, as flat arrays.

The graph of ``(0 + term₁ + term₂ + …) / samples`` repeats one sample's expression. Its
nodes are numbered: the parameters, the chain's 0, the number of samples, the loss, and then
for each sample the nodes of its expression and the addition that takes it into the sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.training.snapshot import Probe, Snapshot
from autograd.graph import label
from autograd.rules import ADD, DIVIDE


@dataclass(frozen=True, slots=True)
class Kind:
    """What all copies of one node have in common.

    Attributes:
        title: what is written on the node beside its value; a constant is its value alone.
        operation: what it is called in a sentence.
        requires: whether it gets a gradient.
    """

    title: str
    operation: str
    requires: bool


class GraphStructure:
    """The nodes and edges of the loss's graph.

    Attributes:
        samples: how many samples the loss has.
        shared: how many nodes come before the first sample's.
        block: how many nodes each sample has.
        parameters: how many parameters there are; they are the first nodes.
    """

    def __init__(self, probe: Probe) -> None:
        tape = probe.tape
        self.samples = tape.samples
        self.parameters = len(tape.parameters)
        self._zero, self._count, self.loss = range(self.parameters, self.parameters + 3)
        self.shared = self.parameters + 3
        self._parameter_places = tape.parameters
        own = [place for place in probe.expression if place not in tape.parameters]
        self._own_places = own
        self.block = len(own) + 1
        self._instructions = tape.instructions

    def __len__(self) -> int:
        return self.shared + self.samples * self.block

    @cached_property
    def kinds(self) -> list[Kind]:
        """The shared nodes' kinds, then those of a sample's nodes."""

        def kind_of(place: int) -> Kind:
            node = self._instructions[place].node
            rule = self._instructions[place].rule
            operation = rule.name if rule else ("data" if node.name else "constant")
            title = label(node) if rule or node.name else ""
            return Kind(title, operation, node.require_grad)

        parameters = [
            Kind(label(self._instructions[place].node), "parameter", True)
            for place in self._parameter_places
        ]
        return [
            *parameters,
            Kind("", "constant", False),
            Kind("", "constant: the number of samples", False),
            Kind("L", f"the loss, {DIVIDE.name}", True),
            *map(kind_of, self._own_places),
            Kind("Σ", ADD.name, True),
        ]

    def kind_index(self, node: int | np.ndarray) -> int | np.ndarray:
        """Return the place of a node's kind in ``kinds``."""
        inside = self.shared + (node - self.shared) % self.block
        return np.where(np.less(node, self.shared), node, inside)

    def kind(self, node: int) -> Kind:
        """Return the kind of a node."""
        return self.kinds[int(self.kind_index(node))]

    def sample(self, node: int) -> int | None:
        """Return which sample a node belongs to, or None if it is shared."""
        return None if node < self.shared else (node - self.shared) // self.block

    @cached_property
    def block_edges(self) -> tuple[np.ndarray, np.ndarray]:
        """The edges into one sample's nodes, from node to node of the first sample.

        Two arrays of shape (edges,): sources and targets. A source below ``shared`` is shared.
        """
        number = {place: self.shared + i for i, place in enumerate(self._own_places)}
        number |= {place: i for i, place in enumerate(self._parameter_places)}
        edges = [
            (number[operand], number[place])
            for place in self._own_places
            for operand in self._instructions[place].operands
        ]
        edges.append((number[self._own_places[-1]], self.shared + self.block - 1))
        sources, targets = np.array(edges).T
        return sources, targets

    @cached_property
    def edges(self) -> tuple[np.ndarray, np.ndarray]:
        """All edges, from operand to operation: sources and targets, each of shape (edges,)."""
        offsets = self.block * np.arange(self.samples)[:, None]
        sources, targets = self.block_edges
        all_sources = np.where(sources < self.shared, sources, sources + offsets)
        all_targets = targets + offsets
        sums = self.shared + self.block - 1 + self.block * np.arange(self.samples)
        before = np.concatenate([[self._zero], sums[:-1]])
        return (
            np.concatenate([all_sources.ravel(), before, [sums[-1], self._count]]),
            np.concatenate([all_targets.ravel(), sums, [self.loss, self.loss]]),
        )

    def values(self, snapshot: Snapshot) -> np.ndarray:
        """Return every node's value, of shape (nodes,)."""
        flat, blocks = self._empty()
        flat[: self.parameters] = snapshot.parameters
        flat[[self._zero, self._count, self.loss]] = 0.0, self.samples, snapshot.loss
        for column, place in enumerate(self._own_places):
            blocks[:, column] = snapshot.values[place]
        blocks[:, -1] = snapshot.sums
        return flat

    def gradients(self, snapshot: Snapshot) -> np.ndarray:
        """Return every node's gradient, of shape (nodes,); see ``Kind.requires``."""
        flat, blocks = self._empty()
        flat[: self.parameters] = snapshot.parameter_gradients
        flat[[self._zero, self._count, self.loss]] = 0.0, 0.0, 1.0
        for column, place in enumerate(self._own_places):
            gradient = snapshot.gradients[place]
            blocks[:, column] = 0.0 if gradient is None else gradient
        blocks[:, -1] = snapshot.term_gradient
        return flat

    def _empty(self) -> tuple[np.ndarray, np.ndarray]:
        """Return room for a number per node, and the samples' part as a matrix on it."""
        flat = np.empty(len(self))
        return flat, flat[self.shared :].reshape(self.samples, self.block)
