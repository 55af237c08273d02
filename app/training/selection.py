"""What is selected in the computation graph."""

from __future__ import annotations

from dataclasses import dataclass

from autograd.trace import Backward, Entry


@dataclass(frozen=True, slots=True)
class SelectedNode:
    """A node, by its place on the tape; which sample's, is the cursor's to say."""

    place: int


@dataclass(frozen=True, slots=True)
class SelectedEdge:
    """The edge from an operation to one of its operands: the operation's place, which operand."""

    place: int
    index: int


Selection = SelectedNode | SelectedEdge


def subject_of(entry: Entry) -> Selection:
    """Return what a step is about: the edge that a gradient flows over, else the node."""
    if isinstance(entry, Backward):
        return SelectedEdge(entry.place, entry.index)
    return SelectedNode(entry.place)
