"""What is said about an edge: the chain rule, with its numbers."""

from __future__ import annotations

from app.training.selection import SelectedNode
from app.views.inspector.node_text import NOT_YET, because_constant, no_gradient
from app.views.inspector.reading import EdgeFlow, Reading
from app.views.inspector.wording import link, rows, show, strong, unbroken
from autograd.trace import Backward


def title(flow: EdgeFlow) -> str:
    """Return the edge as its two ends, in the direction in which the gradient flows."""
    return f"{flow.source.title} → {flow.target.title}"


def ends(reading: Reading, flow: EdgeFlow) -> str:
    """Return what the edge connects, with links."""
    place = flow.edge.place
    operation = link(SelectedNode(place), reading.names.symbol(place))
    if reading.begins_with(flow.edge):
        return f"from the first addition of {operation} to the 0 that it begins with"
    if reading.is_handed_on(flow.edge):
        return f"from one addition of {operation} to the one before it"
    operand = link(SelectedNode(flow.operand), flow.target.title)
    return f"from {operation} back to its operand {operand}"


def chain_rule(reading: Reading, flow: EdgeFlow) -> str:
    """Return upstream × local = contribution, and what becomes of it."""
    if reading.begins_with(flow.edge):
        return because_constant(flow.target.title)
    if not reading.requires_gradient(flow.operand):
        return no_gradient(reading, flow.operand)
    if not flow.has_begun:
        return NOT_YET
    gained = unbroken(flow.target.gradient)
    lines = [
        (f"upstream {unbroken(flow.source.gradient)}", show(flow.upstream)),
        ("× local derivative", show(flow.local)),
        ("= contribution", strong(show(flow.contribution))),
    ]
    if flow.contributions is not None:
        samples = reading.tape.samples
        total = strong(show(flow.contributions.total))
        lines.append((f"Σ over {samples:,} samples", total))
    if isinstance(reading.step, Backward):
        lines.append((f"{gained} before this step", show(reading.of_step(reading.step.before))))
        lines.append((f"{gained} after it", strong(show(reading.of_step(reading.step.after)))))
    return f"What {gained} gains is upstream × local:{rows(lines)}"
