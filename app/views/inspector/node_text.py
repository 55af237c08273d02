"""What is said about a node: how it is computed, and how its gradient came about."""

from __future__ import annotations

from html import escape

from app.training.selection import SelectedNode
from app.views.inspector.reading import EdgeFlow, Reading
from app.views.inspector.wording import link, rows, show, strong
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
    place, index = flow.edge.place, flow.edge.index
    number = show(flow.local)
    name = reading.derivative(place, flow.operand)
    if reading.is_handed_on(flow.edge):
        return escape(f"{name} = {number}")
    index = 0 if reading.tape.instructions[place].rule is SUM else index
    written = reading.names.local(place, index)
    shown = number if written == number else f"{written} = {number}"
    return escape(f"{name} = {shown}")


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
    place = flow.edge.place
    user = reading.names.symbol(place)
    index = 0 if reading.tape.instructions[place].rule is SUM else flow.edge.index
    written, local = reading.names.local(place, index), show(flow.local)
    meaning = local if written == local else f"({written} = {local})"
    first = rows([(f"from {link(flow.edge, user)}", strong(show(flow.contribution)))])
    return (
        f"{first}<div class='muted' style='margin-left: 8px'>upstream {show(flow.upstream)} × "
        f"local {escape(meaning)}</div>"
    )


def _sum(reading: Reading, place: int, uses: list[EdgeFlow]) -> str:
    gradient = strong(show(reading.gradient(place)))
    if reading.contributions(place) is not None:
        samples = reading.tape.samples
        return rows([(f"Σ over {samples:,} samples", gradient)])
    if len(uses) > 1:
        return rows([("their sum", gradient)])
    return ""
