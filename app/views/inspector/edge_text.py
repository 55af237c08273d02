"""What is said about an edge: the chain rule, with its numbers."""

from __future__ import annotations

from html import escape

from app.training.selection import SelectedNode
from app.views.inspector.reading import EdgeFlow, Reading
from app.views.inspector.wording import link, rows, show, strong, unbroken
from autograd.trace import Backward


def title(reading: Reading, flow: EdgeFlow) -> str:
    """Return the edge as its two ends, in the direction in which the gradient flows."""
    names = reading.names
    return f"{names.symbol(flow.edge.place)} → {names.symbol(flow.operand)}"


def ends(reading: Reading, flow: EdgeFlow) -> str:
    """Return what the edge connects, with links."""
    names = reading.names
    operation = link(SelectedNode(flow.edge.place), names.symbol(flow.edge.place))
    if reading.is_handed_on(flow.edge):
        return f"from one addition of {operation} to the one before it"
    operand = link(SelectedNode(flow.operand), names.symbol(flow.operand))
    return f"from {operation} back to its operand {operand}"


def chain_rule(reading: Reading, flow: EdgeFlow) -> str:
    """Return upstream × local = contribution, and what becomes of it."""
    names, place = reading.names, flow.edge.place
    if not reading.requires_gradient(flow.operand):
        what = escape(names.symbol(flow.operand))
        return f"No gradient flows to {what}: no parameter lies below it."
    gained = unbroken(names.gradient(flow.operand))
    lines = [
        (f"upstream {unbroken(names.gradient(place))}", show(flow.upstream)),
        (f"× local {unbroken(reading.derivative(place, flow.operand))}", show(flow.local)),
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
