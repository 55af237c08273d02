"""What is selected in the computation graph."""

from __future__ import annotations

from dataclasses import dataclass

from autograd.rules import SUM
from autograd.tape import Tape
from autograd.trace import Backward, Entry


@dataclass(frozen=True, slots=True)
class SelectedNode:
    """A node, by its place on the tape; which sample's, is the cursor's to say."""

    place: int


@dataclass(frozen=True, slots=True)
class SelectedEdge:
    """The edge from an operation to one of its operands: the operation's place, which operand.

    Of an addition of the unfolded sum, operand 0 is the addition before, and 1 the term.
    """

    place: int
    index: int

    def renumbered(self, tape: Tape, *, folded: bool) -> SelectedEdge:
        """Return the edge as it is numbered after folding or unfolding."""
        is_sum = tape.instructions[self.place].rule is SUM
        return SelectedEdge(self.place, 0 if folded else 1) if is_sum else self


Selection = SelectedNode | SelectedEdge


def subject_of(entry: Entry) -> Selection:
    """Return what a step is about: the edge that a gradient flows over, else the node."""
    if isinstance(entry, Backward):
        return SelectedEdge(entry.place, entry.index)
    return SelectedNode(entry.place)
