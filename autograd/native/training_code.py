"""The program that trains: update, evaluate, record, epoch after epoch.

The update rule is read over LLVM values, several parameters in one vector. Its numbers, such
as a momentum, are arguments, so that changing one needs no new program.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from llvmlite import ir

from autograd.native.arithmetic import (
    DOUBLE,
    LLVMArithmetic,
    Value,
    declare,
    intrinsic_name,
)
from autograd.native.body import COLUMNS, POINTER
from autograd.native.control import INTEGER, CarriedValue, counted_loop
from autograd.optimizers import (
    Clipping,
    UpdateRule,
    clip_factor,
    clip_value,
    norm_of_scaled,
)

INDEX = INTEGER.as_pointer()

_FEW = 4
"""Up to so many parameters are moved one by one: a vector would wait for them to be stored."""

ARGUMENTS = {
    "parameters": POINTER,
    "slots": POINTER,
    "count": POINTER,
    "gradient": POINTER,
    "settings": POINTER,
    "uses": POINTER,
    "columns": COLUMNS,
    "samples": INTEGER,
    "rates": POINTER,
    "stride": INTEGER,
    "epochs": INTEGER,
    "losses": POINTER,
    "rows": POINTER,
    "batch": INTEGER,
    "orders": INDEX,
    "shuffled": COLUMNS,
}
"""What the training function takes, in order.

``parameters``, ``gradient`` and each of ``slots`` have ``padded`` numbers; ``uses`` as many
twice: those outside the samples' part, then those a sample. ``settings`` are the numbers of
the update rule as :func:`settings_of` lists them. ``rates`` are ``stride`` numbers apart.
``losses`` and ``rows`` receive the loss and the parameters after every epoch. The last three
are for mini-batches: their size, an order of the samples for every epoch, and columns to put
the shuffled samples in.
"""


def settings_of(rule: UpdateRule) -> list[float]:
    """Return the numbers of an update rule: its optimizer's, then the clip bound."""
    optimizer: Any = rule.optimizer
    return [
        *(getattr(optimizer, field.name) for field in dataclasses.fields(optimizer)),
        rule.bound,
    ]


def padded(parameters: int) -> int:
    """Return how many numbers an array of parameters has, to be read in whole vectors."""
    lanes = update_lanes(parameters)
    return -(-parameters // lanes) * lanes


def update_lanes(parameters: int) -> int:
    """Return how many parameters travel in one vector value."""
    return 1 if parameters <= _FEW else 8


class TrainingEmitter:
    """Emits the training function for an update rule, around a given evaluation."""

    def __init__(
        self,
        module: ir.Module,
        rule: UpdateRule,
        parameters: int,
        columns: int,
        *,
        batches: bool,
        scaled: bool,
    ) -> None:
        self._module = module
        self._rule = rule
        self._parameters = parameters
        self._columns = columns
        self._batches = batches
        self._scaled = scaled
        self._lanes = update_lanes(parameters)
        self._vector = DOUBLE if self._lanes == 1 else ir.VectorType(DOUBLE, self._lanes)
        self._padded = padded(parameters)

    def emit(self, name: str, evaluate: ir.Value) -> None:
        """Emit epochs trained = f(ARGUMENTS); it stops after a loss that is not finite."""
        kind = ir.FunctionType(INTEGER, list(ARGUMENTS.values()))
        function = ir.Function(self._module, kind, name)
        self._given = dict(zip(ARGUMENTS, function.args, strict=True))
        self._evaluate = evaluate
        self._builder = builder = ir.IRBuilder(function.append_basic_block("entry"))
        self._n = LLVMArithmetic(builder)
        given = self._given
        one = ir.Constant(DOUBLE, 1.0)
        with counted_loop(builder, given["epochs"]) as epoch:
            place = builder.mul(epoch, given["stride"])
            rate = builder.load(builder.gep(given["rates"], [place]))
            if self._batches:
                self._shuffle(epoch)
                self._train_batches(rate)
            else:
                self._update(rate, given["samples"])
            loss = self._call(given["columns"], INTEGER(0), given["samples"], one)
            self._record(epoch, loss)
            not_finite = builder.fcmp_unordered("uno", builder.fsub(loss, loss), one)
            with builder.if_then(not_finite):
                builder.ret(builder.add(epoch, INTEGER(1)))
        builder.ret(given["epochs"])

    def _call(
        self, columns: ir.Value, first: ir.Value, count: ir.Value, scale: ir.Value
    ) -> ir.Value:
        given = self._given
        arguments = [given["parameters"], columns, first, count, scale, given["gradient"]]
        return self._builder.call(self._evaluate, arguments)

    def _record(self, epoch: ir.Value, loss: ir.Value) -> None:
        """Store the loss and the parameters; the padding is overwritten by the next row."""
        builder, given = self._builder, self._given
        builder.store(loss, builder.gep(given["losses"], [epoch]))
        row = builder.gep(given["rows"], [builder.mul(epoch, INTEGER(self._parameters))])
        for index in self._vectors():
            self._store(self._load(given["parameters"], index), row, index)

    # -- mini-batches -----------------------------------------------------------------------

    def _shuffle(self, epoch: ir.Value) -> None:
        """Copy the samples in the epoch's order."""
        builder, given = self._builder, self._given
        order = builder.gep(given["orders"], [builder.mul(epoch, given["samples"])])
        pairs = [
            [
                builder.load(builder.gep(given[name], [INTEGER(column)]))
                for name in ("columns", "shuffled")
            ]
            for column in range(self._columns)
        ]
        with counted_loop(builder, given["samples"]) as position:
            sample = builder.load(builder.gep(order, [position]))
            for source, target in pairs:
                number = builder.load(builder.gep(source, [sample]))
                builder.store(number, builder.gep(target, [position]))

    def _train_batches(self, rate: ir.Value) -> None:
        """Evaluate and update for one batch after another, the last perhaps smaller."""
        builder, given = self._builder, self._given
        samples, batch = given["samples"], given["batch"]
        batches = builder.sdiv(builder.add(samples, builder.sub(batch, INTEGER(1))), batch)
        with counted_loop(builder, batches) as number:
            first = builder.mul(number, batch)
            left = builder.sub(samples, first)
            count = builder.select(builder.icmp_signed("<", left, batch), left, batch)
            self._call(given["shuffled"], first, count, self._scale(samples, count))
            self._update(rate, count)

    def _scale(self, samples: ir.Value, count: ir.Value) -> ir.Value:
        """Return what a batch's sums are multiplied with."""
        builder = self._builder
        if not self._scaled:
            return ir.Constant(DOUBLE, 1.0)
        return builder.fdiv(*(builder.sitofp(each, DOUBLE) for each in (samples, count)))

    # -- the update -------------------------------------------------------------------------

    def _update(self, rate: ir.Value, samples: ir.Value) -> None:
        """Move all parameters by one step of the update rule."""
        builder, n, given = self._builder, self._n, self._given
        settings = [
            n.value(builder.load(builder.gep(given["settings"], [INTEGER(position)])))
            for position in range(len(settings_of(self._rule)))
        ]
        rule_optimizer: Any = self._rule.optimizer
        fields = dataclasses.fields(rule_optimizer)
        optimizer = dataclasses.replace(
            rule_optimizer,
            **{field.name: value for field, value in zip(fields, settings, strict=False)},
        )
        count = n.value(builder.load(given["count"])) + 1.0
        builder.store(count.ir, given["count"])
        corrections = optimizer.corrections(n.functions, count)
        bound = settings[-1]
        factor = None
        if self._rule.clipping is Clipping.NORM:
            factor = clip_factor(n.functions, self._norm(), bound)
        for index in self._vectors():
            gradient = self._load(given["gradient"], index)
            if self._rule.clipping is Clipping.VALUE:
                gradient = clip_value(n.functions, gradient, bound)
            elif factor is not None:
                gradient = gradient * factor
            slots = [
                builder.gep(given["slots"], [INTEGER(slot * self._padded)])
                for slot in range(optimizer.slots)
            ]
            before = [self._load(slot, index) for slot in slots]
            direction, after = optimizer.direction(n.functions, gradient, before, corrections)
            for slot, value in zip(slots, after, strict=True):
                self._store(n.lift(value), slot, index)
            step = n.value(rate) * direction
            value = self._load(given["parameters"], index)
            if self._rule.once_per_use:
                value = self._subtract_repeatedly(value, step, self._uses(index, samples))
            else:
                value = value - step
            self._store(value, given["parameters"], index)

    def _subtract_repeatedly(self, value: Value, step: Value, times: Value) -> Value:
        """Return value − step − step …, as often in each lane as ``times`` says."""
        builder, n = self._builder, self._n
        result = CarriedValue(builder, value.ir)
        most = builder.fptosi(self._across("fmax", times.ir).ir, INTEGER)
        with counted_loop(builder, most, carried=result) as index:
            turn = n.value(builder.sitofp(index, DOUBLE))
            now = n.select(n.less(turn, times), step, 0.0)
            result.value = (n.value(result.value) - now).ir
        return n.value(result.value)

    def _uses(self, index: ir.Value, samples: ir.Value) -> Value:
        """Return how often the loss of so many samples uses each parameter."""
        inside = self._builder.gep(self._given["uses"], [INTEGER(self._padded)])
        count = self._n.value(self._builder.sitofp(samples, DOUBLE))
        return self._load(self._given["uses"], index) + self._load(inside, index) * count

    def _norm(self) -> Value:
        """Return the gradient's norm, from its largest number and the rest relative to it."""
        n, builder = self._n, self._builder
        with builder.goto_entry_block():  # elsewhere each turn of a loop would take more stack
            largest = builder.alloca(self._vector)
            total = builder.alloca(self._vector)
        zero = n.materialize(0.0, self._vector)
        builder.store(zero, largest)
        builder.store(zero, total)
        for index in self._vectors():
            size = abs(self._load(self._given["gradient"], index))
            before = n.value(builder.load(largest))
            builder.store(n.select(n.less(before, size), size, before).ir, largest)
        greatest = self._across("fmax", builder.load(largest))
        for index in self._vectors():
            ratio = self._load(self._given["gradient"], index) / greatest
            builder.store((n.value(builder.load(total)) + ratio * ratio).ir, total)
        squares = self._across("fadd", builder.load(total))
        return n.lift(norm_of_scaled(n.functions, greatest, squares))

    # -- vectors of parameters --------------------------------------------------------------

    def _vectors(self) -> Iterator[ir.Value]:
        """Yield where each vector of parameters starts; what is emitted then is done for each."""
        if self._parameters <= _FEW:
            yield from map(INTEGER, range(self._padded))
        else:
            with counted_loop(self._builder, INTEGER(self._padded), self._lanes) as index:
                yield index

    def _load(self, array: ir.Value, index: ir.Value) -> Value:
        return self._n.value(self._builder.load(self._address(array, index), align=8))

    def _store(self, value: Value, array: ir.Value, index: ir.Value) -> None:
        code = self._n.materialize(value, self._vector)
        self._builder.store(code, self._address(array, index), align=8)

    def _address(self, array: ir.Value, index: ir.Value) -> ir.Value:
        pointer = self._builder.gep(array, [index])
        return self._builder.bitcast(pointer, self._vector.as_pointer())

    def _across(self, operation: str, vector: ir.Value) -> Value:
        """Return the sum or the largest of a vector's lanes."""
        if self._lanes == 1:
            return self._n.value(vector)
        name = intrinsic_name(f"vector.reduce.{operation}", self._vector)
        start = [ir.Constant(DOUBLE, -0.0)] if operation == "fadd" else []
        function = declare(
            self._module, name, DOUBLE, [*(each.type for each in start), self._vector]
        )
        return self._n.value(self._builder.call(function, [*start, vector]))
