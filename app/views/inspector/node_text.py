"""What is said about a node: how it is computed, and how its gradient came about."""

from __future__ import annotations

from html import escape

from app.training.selection import SelectedNode
from app.views.inspector.reading import EdgeFlow, Reading
from app.views.inspector.wording import link, rows, show, strong, unbroken
from autograd.formula import value_text
from autograd.rules import SUM


def kind(reading: Reading, place: int) -> str:
    """Return what kind of node it is, and whose."""
    instruction = reading.tape.instructions[place]
    what = reading.names.kind(place)
    if instruction.per_sample:
        return f"{what} · sample {reading.sample_number}"
    many = reading.tape.samples > 1 and place in reading.tape.parameters
    return f"{what} · shared by all samples" if many else what


def full_name(reading: Reading, place: int) -> str:
    """Return what a node is called, such as “x of sample 7”."""
    name = reading.names.symbol(place)
    per_sample = reading.tape.instructions[place].per_sample
    return f"{name} of sample {reading.sample_number}" if per_sample else name


def formula(reading: Reading, place: int) -> str:
    """Return the operation with names and with numbers, as far as they are known; "" of a leaf."""
    instruction = reading.tape.instructions[place]
    if instruction.rule is None:
        return ""
    symbol, written = reading.names.symbol(place), reading.names.formula(place)
    named = escape(written if symbol == written else f"{symbol} = {written}")
    value = strong(show(reading.value(place)))
    if instruction.rule is SUM:
        return f"{named} = {value}"
    numbers = [show(reading.value(operand)) for operand in instruction.operands]
    return f"{named}<br>= {escape(value_text(instruction.rule, numbers))} = {value}"


def local_derivatives(reading: Reading, place: int) -> str:
    """Return a line for each operand: its value, and how the operation changes with it."""
    return rows(
        (
            f"{link(SelectedNode(each.operand), reading.names.symbol(each.operand))}"
            f" = {show(reading.value(each.operand))}",
            local_derivative(reading, each),
        )
        for each in reading.operands(place)
    )


def local_derivative(reading: Reading, flow: EdgeFlow) -> str:
    """Return a local derivative as a formula and as a number: "∂ŷ/∂m = x = −20"."""
    parts = [reading.derivative(flow.edge.place, flow.operand), *meaning(reading, flow)]
    return unbroken(parts[0]) + "".join(f" =&nbsp;{unbroken(each)}" for each in parts[1:])


def meaning(reading: Reading, flow: EdgeFlow) -> list[str]:
    """Return a local derivative's formula and its number, or just the number."""
    number = show(flow.local)
    if reading.is_handed_on(flow.edge):
        return [number]
    place, index = flow.edge.place, flow.edge.index
    is_sum = reading.tape.instructions[place].rule is SUM
    written = reading.names.local(place, 0 if is_sum else index)
    return [number] if written == number else [written, number]


def origin(reading: Reading, place: int) -> str:
    """Return how a node's gradient came about: what flowed from each of its uses, and the sum."""
    names = reading.names
    if not reading.requires_gradient(place):
        return f"No gradient flows to {escape(names.symbol(place))}: no parameter lies below it."
    uses = reading.uses(place)
    name = escape(names.gradient(place))
    if not uses:
        gradient = show(reading.gradient(place))
        return f"The backward pass begins here: {name} = {strong(gradient)}."
    return "".join(_use(reading, each) for each in uses) + _sum(reading, place, uses)


def _use(reading: Reading, flow: EdgeFlow) -> str:
    user = link(flow.edge, reading.names.symbol(flow.edge.place))
    local = "&nbsp;=&nbsp;".join(map(unbroken, parts := meaning(reading, flow)))
    shown = local if len(parts) == 1 else f"({local})"
    return (
        f"{rows([(f'from {user}', strong(show(flow.contribution)))])}"
        f"<div class='muted' style='margin-left: 8px'>upstream&nbsp;{show(flow.upstream)}"
        f" × local&nbsp;{shown}</div>"
    )


def _sum(reading: Reading, place: int, uses: list[EdgeFlow]) -> str:
    over = ["all uses"] if len(uses) > 1 else []
    if reading.contributions(place) is not None:
        over.append(f"{reading.tape.samples:,} samples")
    if not over:
        return ""
    return rows([(f"Σ over {' and '.join(over)}", strong(show(reading.gradient(place))))])
