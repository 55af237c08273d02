"""Sums over samples in native code: one vector of running sums for each thing to be summed.

Every lane adds up its own samples; only at the end the lanes are added to one another. A few
sums live in registers, as the phi nodes of the loop; hundreds of them, such as the gradients
of a network's weights, live in memory, where the processor's first cache serves them.
"""

from __future__ import annotations

from llvmlite import ir

from autograd.native.arithmetic import DOUBLE, LLVMArithmetic, Value
from autograd.native.control import INTEGER, CarriedValue, counted_loop


class SumsInRegisters:
    """Running sums as values that each turn of the loop replaces."""

    def __init__(self, n: LLVMArithmetic, vector: ir.VectorType, places: list[int]) -> None:
        self._n = n
        self._vector = vector
        zero = ir.Constant(vector, [0.0] * vector.count)
        self._sums = {place: CarriedValue(n.builder, zero) for place in places}
        self._added: dict[int, Value] = {}  # by the present turn

    def clear(self) -> None:
        """All start from 0."""

    def add(self, place: int, number: Value, mask: ir.Value | None) -> None:  # noqa: ARG002
        """Collect what the turn adds, so that the loop carries one addition a sum."""
        before = self._added.get(place)
        self._added[place] = number if before is None else before + number

    def end_turn(self, mask: ir.Value | None) -> None:
        """Add what was collected."""
        builder = self._n.builder
        for place, number in self._added.items():
            sums = self._sums[place]
            more = builder.fadd(sums.value, self._n.materialize(number, self._vector))
            sums.value = more if mask is None else builder.select(mask, more, sums.value)
        self._added = {}

    def enter(self, before: ir.Block) -> None:
        """Carry all into the loop."""
        for sums in self._sums.values():
            sums.enter(before)

    def repeat(self, last: ir.Block) -> None:
        """Carry all into the next turn."""
        for sums in self._sums.values():
            sums.repeat(last)

    def keep(self) -> None:
        """Remember all."""
        for sums in self._sums.values():
            sums.keep()

    def leave(self, before: ir.Block, last: ir.Block) -> None:
        """Join both ways."""
        for sums in self._sums.values():
            sums.leave(before, last)

    def totals(self) -> dict[int, Value]:
        """Return the sums over the lanes."""
        return {place: self._n.sum_of_lanes(sums.value) for place, sums in self._sums.items()}


class SumsInMemory:
    """Running sums in an array on the stack."""

    def __init__(self, n: LLVMArithmetic, vector: ir.VectorType, places: list[int]) -> None:
        self._n = n
        self._vector = vector
        self._positions = {place: position for position, place in enumerate(places)}
        with n.builder.goto_entry_block():
            self._array = n.builder.alloca(ir.ArrayType(vector, len(places)))
            self._totals = n.builder.alloca(ir.ArrayType(DOUBLE, len(places)))
            self._array.align = 64

    def enter(self, before: ir.Block) -> None:
        """All start from 0."""

    def clear(self) -> None:
        """Set all to 0."""
        zero = ir.Constant(self._vector, [0.0] * self._vector.count)
        with counted_loop(self._n.builder, self._end) as position:
            self._n.builder.store(zero, self._pointer(self._array, position))

    def add(self, place: int, number: Value, mask: ir.Value | None) -> None:
        """Add at once, so that nothing has to be held until the end of the turn."""
        builder = self._n.builder
        pointer = self._pointer(self._array, INTEGER(self._positions[place]))
        sums = builder.load(pointer)
        more = builder.fadd(sums, self._n.materialize(number, self._vector))
        builder.store(more if mask is None else builder.select(mask, more, sums), pointer)

    def end_turn(self, mask: ir.Value | None) -> None:
        """Nothing was put off."""

    def repeat(self, last: ir.Block) -> None:
        """Memory keeps the sums."""

    def keep(self) -> None:
        """Memory keeps the sums."""

    def leave(self, before: ir.Block, last: ir.Block) -> None:
        """Memory keeps the sums."""

    def totals(self) -> dict[int, Value]:
        """Return the sums over the lanes, added in a loop: it is shorter to compile."""
        n = self._n
        with counted_loop(n.builder, self._end) as position:
            total = n.sum_of_lanes(n.builder.load(self._pointer(self._array, position)))
            n.builder.store(total.ir, self._pointer(self._totals, position))
        return {
            place: n.value(n.builder.load(self._pointer(self._totals, INTEGER(position))))
            for place, position in self._positions.items()
        }

    @property
    def _end(self) -> ir.Value:
        return INTEGER(len(self._positions))

    def _pointer(self, array: ir.Value, position: ir.Value) -> ir.Value:
        return self._n.builder.gep(array, [INTEGER(0), position])
