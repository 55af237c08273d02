"""The body of a native function: a tape's passes as LLVM instructions, from top to bottom.

The samples' part is one loop. Each turn takes as many samples as a vector has lanes through
the expression, forward and, with the gradients of the sums, backward again; what every lane
adds to the sums and to the shared gradients stays in vectors until the loop is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from llvmlite import ir

from autograd.native.arithmetic import DOUBLE, LLVMArithmetic, Value
from autograd.native.control import INTEGER, branch, counted_loop
from autograd.native.layout import Layout
from autograd.native.sums import SumsInMemory, SumsInRegisters
from autograd.rules import SUM, Rule

POINTER = DOUBLE.as_pointer()
COLUMNS = POINTER.as_pointer()

IN_REGISTERS = 12
"""Up to so many sums are kept in registers during the loop, more of them in memory."""


class Recording(Protocol):
    """Stores what a turn computes."""

    def lanes(self, what: str, place: int, value: Value, index: ir.Value) -> None:
        """Store a vector's lanes, the value or gradient of a place, from ``index`` on."""


class Body:
    """The body of one function, as it is emitted from top to bottom."""

    def __init__(self, layout: Layout, lanes: int, function: ir.Function) -> None:
        self.layout = layout
        self.tape = layout.tape
        self.lanes = lanes
        self.vector = ir.VectorType(DOUBLE, lanes)
        self.builder = ir.IRBuilder(function.append_basic_block("entry"))
        self.n = LLVMArithmetic(self.builder)
        self._columns: dict[int, ir.Value] = {}

    # -- shared instructions ----------------------------------------------------------------

    def load_columns(self, columns: ir.Value, first: ir.Value) -> None:
        """Find where each column starts."""
        for position, place in enumerate(self.tape.columns):
            base = self.builder.load(self.builder.gep(columns, [INTEGER(position)]))
            self._columns[place] = self.builder.gep(base, [first])

    def compute_before(self, parameters: ir.Value) -> dict[int, Value]:
        """Emit the shared instructions before the samples' part; return their values."""
        self._parameters = parameters
        values: dict[int, Value] = {}
        for place in self.layout.before:
            instruction = self.tape.instructions[place]
            if place in self.tape.parameters:
                values[place] = self.parameter(place)
            elif instruction.rule is None:
                values[place] = self.n.constant(instruction.node.data)
            else:
                values[place] = self._apply(place, values)
        return values

    def compute_after(
        self, values: dict[int, Value], sums: Mapping[int, Value], scale: ir.Value
    ) -> None:
        """Emit the shared instructions after the samples' part; add their values."""
        for place in self.layout.after:
            if place in sums:
                values[place] = sums[place] * self.n.value(scale)
            else:
                values[place] = self._apply(place, values)

    def _apply(self, place: int, values: Mapping[int, Value]) -> Value:
        rule = self._rule(place)
        operands = [values[operand] for operand in self.layout.operands(place)]
        return self.n.lift(rule.value(self.n.functions, *operands))

    def gradients_of_sums(self, values: Mapping[int, Value]) -> dict[int, Value]:
        """Emit the backward pass from the loss to the sums; return the gradients there."""
        return self._backward(values, {}, self.layout.after)

    def gradients_of_shared(
        self, values: Mapping[int, Value], totals: Mapping[int, Value]
    ) -> dict[int, Value]:
        """Emit the backward pass over the shared instructions; return their gradients.

        ``totals`` are the gradients that come from the samples' part.
        """
        return self._backward(values, totals, self.layout.before + self.layout.after)

    def _rule(self, place: int) -> Rule:
        rule = self.tape.instructions[place].rule
        if rule is None:
            raise ValueError(f"there is nothing to compute at {place}, which is a leaf")
        return rule

    def _backward(
        self, values: Mapping[int, Value], totals: Mapping[int, Value], places: list[int]
    ) -> dict[int, Value]:
        """Emit the backward pass over some places, from the loss."""
        gradients: dict[int, Value] = {len(self.tape.instructions) - 1: self.n.constant(1.0)}
        wanted = set(places)
        for place in sorted(places, reverse=True):
            if place in totals and place not in self.layout.sums:
                before = gradients.get(place)
                gradients[place] = totals[place] if before is None else before + totals[place]
            if place not in gradients or self.tape.instructions[place].rule in (None, SUM):
                continue
            for operand, contribution in self._contributions(
                place, values, gradients[place], wanted
            ):
                before = gradients.get(operand)
                gradients[operand] = contribution if before is None else before + contribution
        return gradients

    def _contributions(
        self,
        place: int,
        values: Mapping[int, Value],
        upstream: Value,
        wanted: set[int] | None = None,
    ) -> Iterator[tuple[int, Value]]:
        """Yield upstream × local derivative for each operand that requires it and is wanted."""
        rule = self._rule(place)
        operands = self.layout.operands(place)
        inputs: list[Any] = [values.get(operand) for operand in operands]
        for operand, derivative in zip(operands, rule.derivatives, strict=True):
            if self.tape.instructions[operand].require_grad and (not wanted or operand in wanted):
                local = derivative(self.n.functions, values.get(place), *inputs)
                yield operand, upstream * self.n.lift(local)

    # -- the loop over the samples ----------------------------------------------------------

    def loop_over_samples(
        self,
        count: ir.Value,
        values: Mapping[int, Value],
        wanted: list[int],
        upstream: Mapping[int, Value] | None = None,
        record: Recording | None = None,
    ) -> dict[int, Value]:
        """Emit the loop; return the sums over all samples for each wanted place.

        For a place of a sum that is the sum of its terms, for one that samples share the sum
        of their contributions to its gradient. ``upstream`` has the sums' gradients; without
        it the loop goes forward only.
        """
        if not self.layout.sums:
            return {}
        lanes = self.lanes
        few = len(wanted) <= IN_REGISTERS
        sums = (SumsInRegisters if few else SumsInMemory)(self.n, self.vector, wanted)
        spread = self._spread(values) if few else None
        # The samples that fill no vector: after the loop, or, where the code is long and the
        # sums in memory, in its last turn, every turn being told which lanes count.
        whole = self.builder.sub(count, self.builder.urem(count, INTEGER(lanes))) if few else count

        def turn(index: ir.Value, mask: ir.Value | None) -> None:
            shared = dict(spread) if spread is not None else _SpreadAtUse(self, values)
            added = self._one_turn(index, shared, upstream or {}, record)
            for place, contribution in added:
                sums.add(place, contribution, mask)
            sums.end_turn(mask)

        sums.clear()
        with counted_loop(self.builder, whole, lanes, sums) as index:
            turn(index, None if few else self._mask(index, count))
        if few:
            with branch(self.builder, self.builder.icmp_signed("<", whole, count), sums):
                turn(whole, self._mask(whole, count))
        return sums.totals()

    def _spread(self, values: Mapping[int, Value]) -> dict[int, Value]:
        """Return the values that samples share, in all lanes."""
        return {place: self.in_all_lanes(values[place]) for place in self.layout.shared}

    def in_all_lanes(self, value: Value) -> Value:
        """Return a shared value as a vector; what is known beforehand needs none."""
        if value.known is not None:
            return value
        return self.n.value(self.n.materialize(value, self.vector))

    def _one_turn(
        self,
        index: ir.Value,
        values: dict[int, Value],
        upstream: Mapping[int, Value],
        record: Recording | None,
    ) -> Iterator[tuple[int, Value]]:
        """Emit one vector of samples forward and backward; yield what they add where.

        ``values`` has what samples share, and receives what they do not. Yields (sum's place,
        term) and (shared place, contribution to its gradient).
        """
        for place in self.layout.inside:
            if place in self._columns:
                values[place] = self.load_vector(self._columns[place], index)
            else:
                values[place] = self._apply(place, values)
            if record:
                record.lanes("value", place, values[place], index)
        for place in self.layout.sums:
            yield place, values[self.layout.operands(place)[0]]
        inside = set(self.layout.inside)
        gradients: dict[int, Value] = {}
        contributions: dict[int, Value] = {}
        for place, contribution in self._one_turn_back(values, gradients, upstream):
            into = gradients if place in inside else contributions
            before = into.get(place)
            into[place] = contribution if before is None else before + contribution
            if place not in inside:
                yield place, contribution
            if record:  # at once, so that nothing has to be held; what comes later replaces it
                what = "gradient" if place in inside else "contribution"
                record.lanes(what, place, into[place], index)

    def _one_turn_back(
        self,
        values: Mapping[int, Value],
        gradients: Mapping[int, Value],
        upstream: Mapping[int, Value],
    ) -> Iterator[tuple[int, Value]]:
        """Yield each place that gains a contribution; who iterates adds it to ``gradients``."""
        for place, gradient in upstream.items():
            yield self.layout.operands(place)[0], gradient
        for place in reversed(self.layout.inside):
            if place in gradients and self.tape.instructions[place].rule is not None:
                yield from self._contributions(place, values, gradients[place])

    def parameter(self, place: int) -> Value:
        """Return a parameter, loaded anew."""
        return self.load(self._parameters, self.tape.parameters.index(place))

    def _mask(self, index: ir.Value, count: ir.Value) -> ir.Value:
        """Return which lanes hold samples, of those from ``index`` on."""
        kind = ir.VectorType(INTEGER, self.lanes)
        left = self.n.splat(self.builder.sub(count, index), kind)
        lane = ir.Constant(kind, list(range(self.lanes)))
        return self.builder.icmp_signed("<", lane, left)

    # -- memory -----------------------------------------------------------------------------

    def load(self, array: ir.Value, position: int) -> Value:
        """Return an array's number."""
        return self.n.value(self.builder.load(self.builder.gep(array, [INTEGER(position)])))

    def store(self, value: Value, array: ir.Value, position: int) -> None:
        """Put a number into an array."""
        code = self.n.materialize(value, DOUBLE)
        self.builder.store(code, self.builder.gep(array, [INTEGER(position)]))

    def load_vector(self, column: ir.Value, index: ir.Value) -> Value:
        """Return consecutive numbers of a column as a vector."""
        pointer = self.builder.gep(column, [index])
        address = self.builder.bitcast(pointer, self.vector.as_pointer())
        return self.n.value(self.builder.load(address, align=8))


class _SpreadAtUse(dict[int, Value]):
    """The values of a turn's places; those that samples share are put into all lanes at use.

    Hundreds of them do not fit into the registers. A number that is loaded and spread where
    it is used costs one instruction; held through the turn it would be stored in between.
    """

    def __init__(self, body: Body, shared: Mapping[int, Value]) -> None:
        super().__init__()
        self._body = body
        self._shared = shared

    def __missing__(self, place: int) -> Value:
        body = self._body
        known = place not in body.tape.parameters
        return body.in_all_lanes(self._shared[place] if known else body.parameter(place))

    def get(self, place: int, default: Any = None) -> Any:
        """Return a place's value."""
        return self[place] if place in self or place in self._shared else default
