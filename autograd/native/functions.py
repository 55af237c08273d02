"""The native functions of a tape: loss and gradients, a snapshot, a grid of losses.

Only the sums over samples are added in another order than the tape has; all else is the
rules' own arithmetic, instruction by instruction (see :mod:`autograd.native.body`).
"""

from __future__ import annotations

from llvmlite import ir

from autograd.native.arithmetic import DOUBLE, Value
from autograd.native.body import COLUMNS, POINTER, Body
from autograd.native.control import INTEGER, counted_loop
from autograd.native.layout import Layout

EVALUATE = ir.FunctionType(DOUBLE, [POINTER, COLUMNS, INTEGER, INTEGER, DOUBLE, POINTER])
"""loss = evaluate(parameters, columns, first sample, samples, scale, gradients).

``scale`` multiplies every sum over samples: with N / n a mini-batch of n of N samples stands
for all of them.
"""


class Emitter:
    """Emits the functions of one tape into a module."""

    def __init__(self, module: ir.Module, layout: Layout, lanes: int) -> None:
        self.module = module
        self.layout = layout
        self.tape = layout.tape
        self.lanes = lanes

    # -- functions --------------------------------------------------------------------------

    def emit_evaluate(self, name: str) -> ir.Function:
        """Emit the loss and its gradients; see EVALUATE."""
        function = ir.Function(self.module, EVALUATE, name)
        parameters, columns, first, count, scale, gradients = function.args
        for pointer in (parameters, columns, gradients):
            pointer.add_attribute("noalias")
        body = Body(self.layout, self.lanes, function)
        body.load_columns(columns, first)
        values, found = self._emit_passes(body, parameters, count, scale)
        for position, place in enumerate(self.tape.parameters):
            gradient = found.get(place, body.n.constant(0.0))
            body.store(gradient, gradients, position)
        body.builder.ret(body.n.materialize(values[self._loss], DOUBLE))
        return function

    def emit_snapshot(self, name: str) -> list[tuple[str, int]]:
        """Emit f(parameters, columns, samples, outputs), which stores all values and gradients.

        Returns what each of the outputs receives: "value", "gradient" or "contribution", and
        of which place; one number, or for per-sample places and contributions one a sample.
        """
        kind = ir.FunctionType(ir.VoidType(), [POINTER, COLUMNS, INTEGER, COLUMNS])
        function = ir.Function(self.module, kind, name)
        parameters, columns, count, outputs = function.args
        body = Body(self.layout, self.lanes, function)
        body.load_columns(columns, INTEGER(0))
        record = _Recording(body, outputs)
        one = ir.Constant(DOUBLE, 1.0)
        values, gradients = self._emit_passes(body, parameters, count, one, record)
        for place in (*self.layout.before, *self.layout.after):
            record.number("value", place, values[place])
            if place in gradients:
                record.number("gradient", place, gradients[place])
        body.builder.ret_void()
        return list(record.outputs)

    def emit_grid(self, name: str) -> None:
        """Emit f(points, number of points, columns, samples, losses), forward only."""
        kind = ir.FunctionType(ir.VoidType(), [POINTER, INTEGER, COLUMNS, INTEGER, POINTER])
        function = ir.Function(self.module, kind, name)
        points, number, columns, count, losses = function.args
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        loss = self._emit_loss(f"{name}.loss")
        with counted_loop(builder, number) as index:
            row = builder.mul(index, INTEGER(len(self.tape.parameters)))
            value = builder.call(loss, [builder.gep(points, [row]), columns, count])
            builder.store(value, builder.gep(losses, [index]))
        builder.ret_void()

    def _emit_loss(self, name: str) -> ir.Function:
        """Emit loss = f(parameters, columns, samples), forward only."""
        kind = ir.FunctionType(DOUBLE, [POINTER, COLUMNS, INTEGER])
        function = ir.Function(self.module, kind, name)
        parameters, columns, count = function.args
        body = Body(self.layout, self.lanes, function)
        body.load_columns(columns, INTEGER(0))
        values = body.compute_before(parameters)
        totals = body.loop_over_samples(count, values, self.layout.sums)
        body.compute_after(values, totals, ir.Constant(DOUBLE, 1.0))
        body.builder.ret(body.n.materialize(values[self._loss], DOUBLE))
        return function

    @property
    def _loss(self) -> int:
        return len(self.tape.instructions) - 1

    def _emit_passes(
        self,
        body: Body,
        parameters: ir.Value,
        count: ir.Value,
        scale: ir.Value,
        record: _Recording | None = None,
    ) -> tuple[dict[int, Value], dict[int, Value]]:
        """Emit forward and backward; return the shared places' values and gradients."""
        layout = self.layout
        values = body.compute_before(parameters)
        if not layout.fused:
            sums = body.loop_over_samples(count, values, layout.sums)
            body.compute_after(values, sums, scale)
        upstream = {
            place: gradient * body.n.value(scale)
            for place, gradient in body.gradients_of_sums(values).items()
            if place in layout.sums and self._requires_grad(place)
        }
        wanted = [*layout.sums, *(layout.accumulated if upstream else ())]
        totals = body.loop_over_samples(count, values, wanted, upstream, record)
        if layout.fused:
            body.compute_after(values, totals, scale)
        return values, body.gradients_of_shared(values, totals)

    def _requires_grad(self, of_sum: int) -> bool:
        return self.tape.instructions[self.layout.operands(of_sum)[0]].require_grad


class _Recording:
    """Stores what one turn computes, lane by lane, and what the shared instructions do.

    Attributes:
        outputs: what is stored where among the pointers.
    """

    def __init__(self, body: Body, pointers: ir.Value) -> None:
        self.outputs: dict[tuple[str, int], int] = {}
        self._body = body
        self._pointers = pointers

    def number(self, what: str, place: int, value: Value) -> None:
        """Store a number."""
        self._body.store(value, self._pointer(what, place), 0)

    def lanes(self, what: str, place: int, value: Value, index: ir.Value) -> None:
        """Store a vector's lanes, from ``index`` on."""
        body = self._body
        pointer = body.builder.gep(self._pointer(what, place), [index])
        address = body.builder.bitcast(pointer, body.vector.as_pointer())
        body.builder.store(body.n.materialize(value, body.vector), address, align=8)

    def _pointer(self, what: str, place: int) -> ir.Value:
        position = INTEGER(self.outputs.setdefault((what, place), len(self.outputs)))
        builder = self._body.builder
        return builder.load(builder.gep(self._pointers, [position]))
