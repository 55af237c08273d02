"""Folding: the expression that a loss repeats for every sample, found in its graph.

A loss written as a loop, ``loss += …``, is a chain of additions. Its terms are laid side by
side, the first node of each in one row, its operands in further rows, and so on down: rows
that hold one and the same node are shared by all samples, rows of constants are data, and
every other row is one operation, done once for each sample. Terms of several shapes, as of
a model with two outputs or with a penalty, give several sums over the same samples.

A row is a list, and whatever is asked about it takes one pass over the list: folding is
linear in the size of the graph, and faster than building that graph was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd.chains import find_chain, is_addition
from autograd.graph import topological_order
from autograd.rules import ADD, SUBTRACT, SUM, Rule
from autograd.tensor import Scalar, Tensor

Column = npt.NDArray[np.float64]

SHAPES = 16
"""How many shapes of terms are told apart in one chain; what is left over stays unfolded."""

PATIENCE = 8
"""How often, on average, a node may be looked at before the rest is left unfolded.

A loss written as a loop takes a few looks a node; a recurrence, in which every node begins
another chain, would take as many as there are nodes.
"""


@dataclass(eq=False, slots=True)
class Part:
    """One instruction of a tape in the making.

    Attributes:
        rule: the operation; None for a leaf.
        operands: the parts it is computed from.
        nodes: the nodes it stands for, one per sample if it is per sample.
        per_sample: whether there is a value for each sample.
        samples: how many samples a part that sums over them covers, else 1.
    """

    rule: Rule | None
    operands: tuple[Part, ...]
    nodes: Sequence[Tensor]
    per_sample: bool = False
    samples: int = 1


# -- recording one sample's expression ----------------------------------------------------------


def record_parts(
    loss: Tensor, columns: Mapping[Tensor, Column], sums: Mapping[Tensor, Tensor]
) -> tuple[dict[Tensor, Part], Part]:
    """Return the parts of a loss by their nodes, and the loss's own; see ``Tape.record``.

    Raises:
        ValueError: there is no column, columns differ in length, or a sum is used where each
            sample's value is computed.
    """
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        reason = "its columns differ in length" if lengths else "it has none"
        raise ValueError(f"a tape needs columns of one length, with a number per sample: {reason}")
    samples = lengths.pop()
    parts: dict[Tensor, Part] = {}

    def add(node: Tensor) -> None:
        operands = tuple(parts[operand] for operand in node.operands)
        per_sample = node in columns or any(operand.per_sample for operand in operands)
        rule = node.rule if operands else None
        parts[node] = Part(rule, operands, (node,), per_sample)

    for term in sums.values():
        for node in topological_order(term):
            if node in sums:
                raise ValueError("a sum over the samples is used where a sample's value is")
            if node not in parts:
                add(node)
    for node in topological_order(loss):
        if node in sums:
            parts[node] = Part(SUM, (parts[sums[node]],), (node,), samples=samples)
        elif node not in parts:
            add(node)
    if parts[loss].per_sample:
        raise ValueError("the loss differs from sample to sample; give the sum of its terms")
    return parts, parts[loss]


# -- folding a whole graph ----------------------------------------------------------------------


def fold_parts(loss: Tensor, parameters: Sequence[Tensor] | None) -> tuple[Part, list[Tensor]]:
    """Return the parts of a loss, with what it repeats folded, and its parameters."""
    given = None if parameters is None else set(parameters)
    folding = _Folding(given)
    part = folding.fold(loss)
    if len(folding.sizes) > 1:  # several numbers of samples: one of them can be folded
        folding = _Folding(given, max(folding.sizes, key=folding.sizes.__getitem__))
        part = folding.fold(loss)
    if not folding.allows(part):
        part = _Folding(given, samples=0).fold(loss)
    return part, _trainable_as_read(part, loss) if parameters is None else list(parameters)


def constant_columns(loss: Part) -> dict[Part, Column]:
    """Return the present values of the leaves that differ between samples."""
    return {
        part: np.array([node.data for node in part.nodes])
        for part in topological_order(loss)
        if part.per_sample and not part.operands
    }


def _trainable_as_read(part: Part, loss: Tensor) -> list[Tensor]:
    """Return the leaves that require a gradient and are shared, in the order of the graph.

    The graph is read from left to right, only until all are found.
    """
    missing = {
        each.nodes[0]
        for each in topological_order(part)
        if not each.operands and not each.per_sample and each.nodes[0].require_grad
    }
    found: list[Tensor] = []
    met: set[Tensor] = set()
    stack = [loss]
    while missing:
        node = stack.pop()
        if node not in met:
            met.add(node)
            stack.extend(reversed(node.operands))
            if node in missing:
                missing.remove(node)
                found.append(node)
    return found


class _Folding:
    """One walk over a graph, from the loss to the leaves.

    Attributes:
        sizes: by number of samples, how many nodes were folded.
    """

    def __init__(self, parameters: set[Tensor] | None, samples: int | None = None) -> None:
        """Fold terms where there are so many of a shape; None: any number, 0: fold nothing."""
        self.sizes: Counter[int] = Counter()
        self._parameters = parameters
        self._samples = samples
        self._parts: dict[Tensor, Part] = {}  # of the nodes that stand for themselves
        self._waiting: list[Tensor] = []  # those whose operands are still to be found
        self._rows: dict[Tensor, list[Part]] = {}  # by the node of the first sample
        self._folded: set[Tensor] = set()  # nodes in rows, and additions of folded chains
        self._unfolded: set[Tensor] = set()  # additions of chains that do not fold
        self._looks = 0

    def fold(self, loss: Tensor) -> Part:
        """Return the part of the loss."""
        root = self._part(loss)
        while self._waiting:
            node = self._waiting.pop()
            if self._samples == 0 or not is_addition(node) or not self._fold_chain(node):
                part = self._parts[node]
                part.operands = tuple(map(self._part, node.operands))
                part.rule = node.rule if part.operands else None
        return root

    def allows(self, loss: Part) -> bool:
        """Whether nothing outside the samples' part uses a node that is folded away in it.

        Nor may a sample use a sum over all samples, as where each is compared to the mean.
        """
        summed: set[Part] = set()
        for part in topological_order(loss):
            uses_sum = any(operand in summed for operand in part.operands)
            if uses_sum and part.per_sample:
                return False
            if uses_sum or part.rule is SUM:
                summed.add(part)
        return self._folded.isdisjoint(self._parts)

    def _part(self, node: Tensor) -> Part:
        part = self._parts.get(node)
        if part is None:
            part = self._parts[node] = Part(None, (), (node,))
            self._waiting.append(node)
        return part

    def _fold_chain(self, top: Tensor) -> bool:
        """Give the part of a chain's last addition its operands, if terms of it fold."""
        if top in self._unfolded or self._looks > PATIENCE * (100 + self._seen):
            return False
        chain, terms = find_chain(top)
        self._looks += len(chain)
        sums: list[tuple[Part, bool]] = []
        rest: list[tuple[Tensor, bool]] = []
        for negative in (False, True):
            alike, others = self._fold_terms([term for term, sign in terms if sign is negative])
            sums += [(Part(SUM, (row,), (), samples=len(row.nodes)), negative) for row in alike]
            rest += [(term, negative) for term in others]
        if not sums:
            self._unfolded.update(chain)
            return False
        self._folded.update(chain[1:])
        addends = [(self._part(term), sign) for term, sign in rest if not _is_zero(term)] + sums
        self._add_up(self._parts[top], addends, chain)
        return True

    @property
    def _seen(self) -> int:
        return len(self._parts) + len(self._folded)

    def _add_up(self, part: Part, addends: list[tuple[Part, bool]], chain: list[Tensor]) -> None:
        """Make ``part`` the sum of the addends, each to be added or subtracted."""
        total, negative = addends[0]
        if negative:
            total = Part(SUBTRACT, (Part(None, (), (Scalar(0.0),)), total), ())
        for addend, subtracted in addends[1:]:
            total = Part(SUBTRACT if subtracted else ADD, (total, addend), ())
        part.rule, part.operands, part.samples = total.rule, total.operands, total.samples
        if total.rule is SUM:
            part.nodes = chain

    def _fold_terms(self, terms: list[Tensor]) -> tuple[list[Part], list[Tensor]]:
        """Return a row for every shape that enough of the terms have, and the other terms."""
        alike: list[Part] = []
        others: list[Tensor] = []
        groups = [terms]
        for _ in range(SHAPES):
            if not groups:
                break
            group = groups.pop()
            if len(group) < max(2, self._samples or 0):
                others += group
                continue
            rows = _Rows(self._rows, self._parameters)
            try:
                row = rows.align(group)
            except _IrregularError as irregular:
                groups += _split(group, irregular.kinds)
                continue
            finally:
                self._looks += len(group) * len(rows.new)
            if self._samples in (None, len(group)) and self._take(rows):
                alike.append(row)
            else:
                others += group
        for group in groups:
            others += group
        return alike, others

    def _take(self, rows: _Rows) -> bool:
        """Keep rows for good, unless others have taken nodes of theirs."""
        if not rows.nodes.isdisjoint(self._folded):
            return False
        self._folded |= rows.nodes
        self.sizes[rows.samples] += len(rows.nodes) or 1
        for row in rows.operations:
            row.operands = tuple(
                operand if isinstance(operand, Part) else self._part(operand)
                for operand in rows.operands[row]
            )
        for row in rows.new:
            self._rows.setdefault(row.nodes[0], []).append(row)
        return True


class _IrregularError(Exception):
    """The nodes of a row are of several kinds, named one by one."""

    def __init__(self, kinds: list[Any]) -> None:
        super().__init__()
        self.kinds = kinds


class _Rows:
    """Lays terms side by side, row by row, from each term down to what the terms share.

    Attributes:
        new: the rows made, those of operations and those of data.
        operations: the rows of operations.
        operands: for each of them, its operands: rows, or nodes that all samples share.
        nodes: all nodes of those operations.
        samples: how many terms there are.
    """

    def __init__(self, known: dict[Tensor, list[Part]], parameters: set[Tensor] | None) -> None:
        self.new: list[Part] = []
        self.operations: list[Part] = []
        self.operands: dict[Part, list[Part | Tensor]] = {}
        self.nodes: set[Tensor] = set()
        self.samples = 0
        self._known = known
        self._here: dict[Tensor, list[Part]] = {}
        self._parameters = parameters

    def align(self, terms: list[Tensor]) -> Part:
        """Return the row of the terms.

        Raises:
            _IrregularError: the terms differ in shape.
        """
        self.samples = len(terms)
        root = self._row(terms)
        if not isinstance(root, Part) or root.nodes is not terms:
            raise _IrregularError(list(range(len(terms))))  # one term many times: left alone
        position = 0
        while position < len(self.operations):
            row = self.operations[position]
            names = ("op",) if row.nodes[0]._arity == 1 else ("op1", "op2")
            self.operands[row] = [
                self._row(list(map(attrgetter(name), row.nodes))) for name in names
            ]
            position += 1
        return root

    def _row(self, nodes: list[Tensor]) -> Part | Tensor:
        """Return the row of these nodes, or the node that all of them are."""
        first = nodes[0]
        if nodes.count(first) == len(nodes):
            return first
        for known in [*self._known.get(first, []), *self._here.get(first, [])]:
            if known.nodes == nodes:
                return known
        kinds = set(map(type, nodes))
        if len(kinds) > 1:
            raise _IrregularError(list(map(type, nodes)))
        if first._arity:
            self._refuse_shared(nodes)
            row = Part(first.rule, (), nodes, per_sample=True)
            self.operations.append(row)
        else:
            self._refuse_parameters(nodes)
            row = Part(None, (), nodes, per_sample=not _all_equal(nodes))
        self.new.append(row)
        self._here.setdefault(first, []).append(row)
        return row

    def _refuse_shared(self, nodes: list[Tensor]) -> None:
        """Raise where samples use each other's operations."""
        before = len(self.nodes)
        self.nodes.update(nodes)
        if len(self.nodes) < before + len(nodes):
            raise _IrregularError(list(range(len(nodes))))

    def _refuse_parameters(self, leaves: list[Tensor]) -> None:
        """Raise where samples have parameters of their own."""
        if self._parameters is not None:
            trainable = [leaf in self._parameters for leaf in leaves]
        else:
            trainable = list(map(attrgetter("require_grad"), leaves))
        if any(trainable):
            raise _IrregularError(
                [leaf if own else None for leaf, own in zip(leaves, trainable, strict=True)]
            )


def _all_equal(leaves: list[Tensor]) -> bool:
    """Whether all values are the same to the last bit: −0.0 is not 0.0, a nan is itself."""
    bits = np.array([leaf.data for leaf in leaves]).view(np.int64)
    return bool((bits == bits[0]).all())


def _split(group: list[Tensor], kinds: list[Any]) -> list[list[Tensor]]:
    """Return the terms by kind, the largest group last."""
    groups: dict[Any, list[Tensor]] = {}
    for term, kind in zip(group, kinds, strict=True):
        groups.setdefault(kind, []).append(term)
    return sorted(groups.values(), key=len)


def _is_zero(node: Tensor) -> bool:
    """Whether a chain can do without this start."""
    return isinstance(node, Scalar) and not node.require_grad and node.data == 0.0
