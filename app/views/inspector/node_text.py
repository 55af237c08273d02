"""What is said about a node: how it is computed, and how its gradient came about."""

from __future__ import annotations

from html import escape

from app.training.narration import computation
from app.training.selection import SelectedNode
from app.views.inspector.reading import EdgeFlow, Reading
from app.views.inspector.wording import link, rows, show, strong, unbroken
from autograd.rules import ADD, SUM

NOT_YET = "Not yet: the backward pass has not come here."
NOT_COMPUTED = "not computed yet"


def title(reading: Reading, place: int) -> str:
    """Return what stands above all, as on the node: of a sum its name."""
    is_sum = reading.tape.instructions[place].rule is SUM
    return reading.called(place).title if is_sum else reading.names.title(place)


def kind(reading: Reading, place: int) -> str:
    """Return what kind of node it is, and whose."""
    instruction = reading.tape.instructions[place]
    what = reading.names.kind(place)
    if reading.addition_at(place) is not None:
        return f"running {what} · sample {reading.sample_number}"
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
    """Return the operation with names and with numbers, once it is computed; "" of a leaf."""
    instruction = reading.tape.instructions[place]
    if instruction.rule is None:
        return ""
    value = reading.value(place)
    shown = strong(show(value))
    if (addition := reading.addition_at(place)) is not None:
        if value is None:
            return NOT_COMPUTED
        terms = addition.before.value, reading.value(instruction.operands[0])
        sum_ = escape(computation(ADD, [show(each) for each in terms]))
        return f"{escape(addition.title)}<br>= {sum_} = {shown}"
    symbol, written = reading.names.symbol(place), reading.names.formula(place)
    named = escape(written if symbol == written else f"{symbol} = {written}")
    if value is None:
        return f"{named}<br>{NOT_COMPUTED}"
    if instruction.rule is SUM:
        return f"{named} = {shown}"
    numbers = [show(reading.value(operand)) for operand in instruction.operands]
    return f"{named}<br>= {escape(computation(instruction.rule, numbers))} = {shown}"


def local_derivatives(reading: Reading, place: int) -> str:
    """Return a line for each operand: its value, and how the operation changes with it."""
    return rows(
        (operand(reading, each), local_derivative(reading, each))
        for each in reading.operands(place)
    )


def operand(reading: Reading, flow: EdgeFlow) -> str:
    """Return an operand with its value, as far as that is known."""
    if reading.is_handed_on(flow.edge):
        name, value = escape(flow.target.title), reading.before(flow.edge.place).value
    else:
        name = link(SelectedNode(flow.operand), flow.target.title)
        value = reading.value(flow.operand)
    return name if value is None else f"{name} =&nbsp;{show(value)}"


def local_derivative(reading: Reading, flow: EdgeFlow) -> str:
    """Return a local derivative as a formula and as a number: "∂ŷ/∂m = x = −20"."""
    parts = [flow.derivative, *meaning(reading, flow)]
    return unbroken(parts[0]) + "".join(f" =&nbsp;{unbroken(each)}" for each in parts[1:])


def meaning(reading: Reading, flow: EdgeFlow) -> list[str]:
    """Return a local derivative's formula and its number, or just what is known of it."""
    number = [] if flow.local is None else [show(flow.local)]
    if reading.is_handed_on(flow.edge):
        return number
    place, index = flow.edge.place, flow.edge.index
    is_sum = reading.tape.instructions[place].rule is SUM
    written = reading.names.local(place, 0 if is_sum else index)
    return number if [written] == number else [written, *number]


def no_gradient(reading: Reading, place: int) -> str:
    """Return why a node gets no gradient."""
    name = escape(reading.names.symbol(place))
    what = reading.names.kind(place)
    if reading.names.is_constant(place):
        return because_constant(name)
    if reading.tape.instructions[place].rule is None:
        return f"{name} is {what}: no parameter goes into it, so it gets no gradient."
    return f"No parameter goes into {name}, so it gets no gradient."


def because_constant(name: str) -> str:
    """Return why a constant that is called so gets no gradient."""
    return f"{name} is a constant: no parameter goes into it, so it gets no gradient."


def origin(reading: Reading, place: int) -> str:
    """Return how a node's gradient came about: what flowed from each of its uses, and the sum."""
    if not reading.requires_gradient(place):
        return no_gradient(reading, place)
    gradient = reading.gradient(place)
    if gradient is None:
        return NOT_YET
    uses = reading.uses(place)
    if not uses:
        name = escape(reading.called(place).gradient)
        return f"The backward pass begins here: {name} = {strong(show(gradient))}."
    return "".join(_use(reading, each) for each in uses) + _sum(reading, place, uses)


def _use(reading: Reading, flow: EdgeFlow) -> str:
    user = escape(flow.source.title)
    if not reading.is_handed_on(flow.edge):
        user = link(flow.edge, flow.source.title)
    row = rows([(f"from {user}", strong(show(flow.contribution)))])
    return f"{row}<div class='muted' style='margin-left: 8px'>{_product(reading, flow)}</div>"


def _product(reading: Reading, flow: EdgeFlow) -> str:
    """Return upstream and local derivative, once the gradient has flowed."""
    if flow.upstream is None:
        of_sample = reading.tape.instructions[flow.edge.place].per_sample
        return f"not yet for sample {reading.sample_number}" if of_sample else "not yet"
    local = "&nbsp;=&nbsp;".join(map(unbroken, parts := meaning(reading, flow)))
    shown = local if len(parts) == 1 else f"({local})"
    return f"upstream&nbsp;{show(flow.upstream)} × local&nbsp;{shown}"


def _sum(reading: Reading, place: int, uses: list[EdgeFlow]) -> str:
    over = ["all uses"] if len(uses) > 1 else []
    if reading.contributions(place) is not None:
        over.append(f"{reading.tape.samples:,} samples")
    if not over:
        return ""
    return rows([(f"Σ over {' and '.join(over)}", strong(show(reading.gradient(place))))])
