"""A tape and its compiled functions.

The compiled functions are called
through ctypes, which lets go of Python's lock while they run: a window stays fluid
meanwhile.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir

from autograd.native.arithmetic import vector_function_lanes
from autograd.native.functions import EVALUATE, Emitter
from autograd.native.layout import Layout
from autograd.native.machine import Code, new_module
from autograd.native.training_code import TrainingEmitter, padded, settings_of
from autograd.optimizers import State, UpdateRule
from autograd.tape import Column, Gradients, Tape
from autograd.training import MiniBatches, Run

Array = npt.NDArray[np.float64]

LARGEST = 2500
"""Instructions of the largest tape that is compiled; beyond it compiling takes seconds."""

_SHORT = 40
"""Instructions a sample of an expression that is short: it is compiled where it is called."""

PADDING = 32
"""Numbers that may be read behind a column's end, by the last vector of samples."""


_PLAIN = UpdateRule()


def _never() -> bool:
    return False


class NativeCodeError(RuntimeError):
    """A tape cannot be compiled; the text is a sentence that says why."""


class NativeTape:
    """A tape's compiled functions.

    Attributes:
        tape: what was compiled.
        compile_seconds: how long compiling took.
    """

    def __init__(self, tape: Tape, *, scaled: bool = True) -> None:
        """Compile a tape; see :func:`compile_tape`.

        Raises:
            NativeCodeError: the tape is too large.
        """
        if len(tape.instructions) > LARGEST:
            raise NativeCodeError(
                f"The loss has {len(tape.instructions):,} different operations; "
                f"more than {LARGEST:,} are not compiled."
            )
        start = time.perf_counter()
        self.tape = tape
        self._scaled = scaled
        self._layout = Layout(tape)
        self._lanes = _lanes_for(self._layout)
        self._columns = [_padded(column) for column in tape.columns.values()]
        self._column_pointers = _pointers(self._columns)
        self._training: dict[Any, Any] = {}
        self._lock = threading.Lock()
        module = new_module()
        Emitter(module, self._layout, self._lanes).emit_evaluate("evaluate")
        self._code = Code(module)
        self._evaluate = self._code.function("evaluate", ctypes.c_double, "ppiidp")
        self.compile_seconds = time.perf_counter() - start

    def evaluate(
        self,
        parameters: Sequence[float] | Array,
        cancelled: Callable[[], bool] = _never,  # noqa: ARG002
    ) -> tuple[float, Column]:
        """Return the loss and its gradient with respect to each parameter.

        It takes no longer than a moment, and does not ask whether it is ``cancelled``.
        """
        values = self._checked(parameters)
        gradient = np.empty(len(values))
        loss = self._evaluate(
            values.ctypes.data,
            self._column_pointers,
            0,
            self.tape.samples,
            1.0,
            gradient.ctypes.data,
        )
        return loss, gradient

    def train(
        self,
        state: State,
        learning_rates: Array,
        rule: UpdateRule = _PLAIN,
        batches: MiniBatches | None = None,
        gradient: Array | None = None,
        cancelled: Callable[[], bool] = _never,  # noqa: ARG002
    ) -> Run:
        """Train as many epochs as there are learning rates; see :func:`autograd.training.train`.

        A learning rate that stays the same may come as ``np.broadcast_to(rate, epochs)``. What
        it yields depends on nothing else: training in two parts, the second going on
        from the state of the first, gives the same numbers to the last bit.
        """
        epochs, count = len(learning_rates), len(self._checked(state.parameters))
        if state.slots.shape != (rule.optimizer.slots, count):
            raise ValueError("the state is not one of the update rule's optimizer")
        size = padded(count)
        if gradient is None:
            gradient = self.evaluate(state.parameters)[1]
        arrays = {
            "parameters": _in_room(state.parameters, size),
            "slots": _in_room(state.slots, size),
            "count": np.array([float(state.count)]),
            "gradient": _in_room(gradient, size),
            "settings": np.array(settings_of(rule)),
            "uses": _in_room(np.array(self.tape.uses, dtype=float).reshape(-1, 2).T, size),
            "rates": np.asarray(learning_rates, dtype=float),
            "losses": np.empty(epochs),
            "rows": np.empty(epochs * count + size),
        }
        train = self._training_code(rule, batched=batches is not None)
        done = train(
            *(arrays[name].ctypes.data for name in list(arrays)[:6]),
            self._column_pointers,
            self.tape.samples,
            arrays["rates"].ctypes.data,
            arrays["rates"].strides[0] // 8,
            epochs,
            arrays["losses"].ctypes.data,
            arrays["rows"].ctypes.data,
            *self._batch_arguments(batches, epochs),
        )
        return Run(
            losses=arrays["losses"][:done],
            parameters=arrays["rows"][: done * count].reshape(done, count),
            state=State(
                arrays["parameters"][:count].copy(),
                arrays["slots"].reshape(len(state.slots), size)[:, :count].copy(),
                int(arrays["count"][0]),
            ),
            gradient=arrays["gradient"][:count].copy(),
        )

    def _checked(self, parameters: Sequence[float] | Array) -> Array:
        """Return the parameters as an array, if there are as many as the tape has."""
        values = np.array(parameters, dtype=float)
        if values.shape != (len(self.tape.parameters),):
            raise ValueError(
                f"the tape has {len(self.tape.parameters)} parameters, not {values.size}"
            )
        return values

    def _training_code(self, rule: UpdateRule, batched: bool) -> Any:
        """Return the training function for a kind of update rule, compiled when first used."""
        kind = (type(rule.optimizer), rule.clipping, rule.once_per_use, batched)
        with self._lock:
            if kind not in self._training:
                module = new_module()
                parameters, columns = len(self.tape.parameters), len(self._columns)
                emitter = TrainingEmitter(
                    module, rule, parameters, columns, batches=batched, scaled=self._scaled
                )
                short = len(self._layout.inside) <= _SHORT
                if short:  # compiled where it is called
                    evaluate = Emitter(module, self._layout, self._lanes).emit_evaluate("evaluate")
                    evaluate.linkage = "internal"
                else:
                    evaluate = ir.Function(module, EVALUATE, "evaluate")
                emitter.emit("train", evaluate)
                address = self._code.address("evaluate")
                code = Code(module, {} if short else {"evaluate": address})
                signature = "ppppppp" + "ipiipp" + "ipp"
                self._training[kind] = code.function("train", ctypes.c_int64, signature)
            return self._training[kind]

    def _batch_arguments(self, batches: MiniBatches | None, epochs: int) -> tuple[Any, Any, Any]:
        """Return the batch size, the orders, and columns to put the shuffled samples in."""
        if batches is None:
            return 0, None, None
        orders = np.ascontiguousarray(batches.orders, dtype=np.int64)
        samples = self.tape.samples
        if len(orders) < epochs or orders.shape[1:] != (samples,):
            raise ValueError(f"mini-batches need an order of {samples} samples for each epoch")
        if orders.size and not 0 <= orders.min() <= orders.max() < samples:
            raise ValueError(f"an order of samples has the numbers 0 to {samples - 1}")
        shuffled = [np.zeros_like(column) for column in self._columns]
        pointers = _pointers(shuffled)
        pointers.keep = orders, shuffled  # as long as ctypes holds the pointers
        return batches.size, orders.ctypes.data, pointers

    def loss_grid(self, points: Array) -> Array:
        """Return the loss at many parameter vectors, of shape (points, parameters)."""
        points = np.ascontiguousarray(points, dtype=float)
        if points.ndim != 2:
            raise ValueError("points come in an array of shape (points, parameters)")
        if len(points):
            self._checked(points[0])
        losses = np.empty(len(points))
        self._grid(
            points.ctypes.data,
            len(points),
            self._column_pointers,
            self.tape.samples,
            losses.ctypes.data,
        )
        return losses

    @cached_property
    def _grid(self) -> Any:
        module = new_module()
        Emitter(module, self._layout, self._lanes).emit_grid("grid")
        return Code(module).function("grid", None, "pipip")

    def snapshot(self, parameters: Sequence[float] | Array) -> tuple[list[Any], Gradients]:
        """Return every instruction's value and gradient, as the tape's own passes do.

        What the loss does not depend on has no value and no gradient, but None.
        """
        compute, outputs = self._snapshot
        tape = self.tape
        values: list[Any] = [None] * len(tape.instructions)
        totals: list[Any] = [None] * len(tape.instructions)
        contributions: dict[int, Column] = {}
        arrays = [np.empty(tape.samples + PADDING) for _ in outputs]
        numbers = self._checked(parameters)
        compute(numbers.ctypes.data, self._column_pointers, tape.samples, _pointers(arrays))
        for (what, place), array in zip(outputs, arrays, strict=True):
            if what == "contribution":
                contributions[place] = array[: tape.samples]
                continue
            into = values if what == "value" else totals
            per_sample = tape.instructions[place].per_sample
            into[place] = array[: tape.samples] if per_sample else array[0]
        return values, Gradients(totals, contributions)

    @cached_property
    def _snapshot(self) -> tuple[Any, list[tuple[str, int]]]:
        module = new_module()
        outputs = Emitter(module, self._layout, self._lanes).emit_snapshot("snapshot")
        return Code(module).function("snapshot", None, "ppip"), outputs


def compile_tape(tape: Tape, *, scaled: bool = True) -> NativeTape:
    """Return the compiled tape.

    Args:
        tape: what to compile.
        scaled: whether a mini-batch of n of N samples stands for all of them, so that its sums
            are multiplied with N / n, as a mean over the samples needs it, which the tape
            divides by N.

    Raises:
        NativeCodeError: the tape is too large.
    """
    return NativeTape(tape, scaled=scaled)


def _lanes_for(layout: Layout) -> int:
    """Return how many samples travel in one vector value.

    Short expressions take several registers' worth, so that the processor has independent
    additions to do; long ones fill its registers with one.
    """
    width = max(vector_function_lanes(), default=4)
    return 2 * width if len(layout.inside) <= _SHORT else width


def _pointers(arrays: list[Array]) -> Any:
    """Return a C array of pointers to arrays."""
    return (ctypes.c_void_p * max(1, len(arrays)))(*(array.ctypes.data for array in arrays))


def _in_room(array: Array, size: int) -> Array:
    """Return a copy whose last axis has zeros up to a size."""
    copy = np.zeros((*array.shape[:-1], size))
    copy[..., : array.shape[-1]] = array
    return copy


def _padded(column: Column) -> Array:
    """Return a copy of a column with room behind it; what is read there is not used."""
    room = np.zeros(len(column) + PADDING + 8)
    start = -room.ctypes.data % 64 // 8  # a vector that lies in two lines of the cache costs two
    room[start : start + len(column)] = column
    return room[start : start + len(column) + PADDING]
