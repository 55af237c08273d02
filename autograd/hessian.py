"""The Hessian of a loss: how its gradient changes with each parameter.

A tape's forward and backward pass compute the gradient. Read over dual numbers they also
compute how it moves as the parameters move in some direction: the Hessian times that
direction, at a small multiple of the gradient's cost (Pearlmutter, "Fast exact
multiplication by the Hessian", 1994). With a direction along each parameter, all of them
side by side, this is the Hessian itself, exact but for rounding.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from autograd.arithmetic import silent
from autograd.dual import DUAL, Array, Dual, apply
from autograd.rules import SUM
from autograd.tape import Tape

LIMIT = 96_000_000
"""About how many bytes the tangents may take; a larger Hessian is computed in blocks."""

_FEW = 8
"""So many directions share the work on the values well enough; samples are divided first."""


def hessian(
    tape: Tape,
    parameters: Sequence[float] | npt.NDArray[np.float64],
    chosen: Sequence[int] | None = None,
    *,
    limit: int = LIMIT,
) -> Array:
    """Return the loss's second derivatives, of shape (parameters, parameters).

    A parameter whose gradient is constant has a row of zeros. At a kink, as of relu at 0, the
    curvature is 0; where a second derivative is not finite, there is an infinity or nan.

    Args:
        tape: the loss.
        parameters: where, of shape (parameters,).
        chosen: the numbers of some parameters: the Hessian has rows and columns of these
            alone, in this order, and costs less.
        limit: see :data:`LIMIT`.
    """
    count = len(tape.parameters)
    numbers = list(range(count) if chosen is None else chosen)
    rows = np.eye(count)[numbers]
    matrix = _products(tape, parameters, rows, numbers, limit)
    return 0.5 * matrix + 0.5 * matrix.T


def hessian_products(
    tape: Tape,
    parameters: Sequence[float] | npt.NDArray[np.float64],
    directions: Array,
    *,
    limit: int = LIMIT,
) -> Array:
    """Return the Hessian times each direction, both of shape (directions, parameters).

    A few directions together cost little more than one.
    """
    return _products(tape, parameters, directions, range(len(tape.parameters)), limit)


def _products(
    tape: Tape,
    parameters: Sequence[float] | npt.NDArray[np.float64],
    directions: Array,
    numbers: Sequence[int],
    limit: int,
) -> Array:
    """Return how these parameters' gradients move, of shape (directions, numbers)."""
    products = np.empty((len(directions), len(numbers)))
    size, samples = _block_sizes(tape, len(directions), limit)
    with silent():
        for first in range(0, len(directions), size):
            block = slice(first, first + size)
            products[block] = _DualPass(tape, parameters, directions[block], numbers).run(samples)
    return products


def _block_sizes(tape: Tape, count: int, limit: int) -> tuple[int, int]:
    """Return how many of so many directions, and samples, to compute at a time.

    Only the values' tangents are counted: few gradients are held at the same time.
    """
    repeated = max(1, sum(instruction.per_sample for instruction in tape.instructions))
    shared = len(tape.instructions) - repeated
    tangents = limit // np.dtype(np.float64).itemsize
    directions = tangents // (shared + repeated * tape.samples)
    directions = max(1, min(count, max(_FEW, directions)))
    samples = (tangents // directions - shared) // repeated
    return directions, max(1, min(tape.samples, samples))


class _DualPass:
    """A tape's forward and backward pass over dual numbers, a block of samples at a time.

    No sample's value needs a sum over the samples, and no gradient of what follows the sums
    needs a sample. So the sums are completed before they are used, the loss may be any
    function of them, and each block is then read again for its share of the gradient.
    """

    def __init__(
        self,
        tape: Tape,
        parameters: Sequence[float] | npt.NDArray[np.float64],
        directions: Array,
        numbers: Sequence[int],
    ) -> None:
        self._tape = tape
        self._wanted = [tape.parameters[number] for number in numbers]
        self._needed = _using(tape, self._wanted)
        self._count = len(directions)
        self._values = [Dual(np.float64(0.0))] * len(tape.instructions)
        self._gradients: list[Dual | None] = [None] * len(tape.instructions)
        self._given = {
            place: Dual(np.float64(value), tangent[:, None] if tangent.any() else None)
            for place, value, tangent in zip(tape.parameters, parameters, directions.T, strict=True)
        }
        self._block = slice(0, 0)  # the samples whose values are the present ones
        self._phases = tape.phases
        self._after = [place for place in tape.phases.after if place not in tape.phases.sums]

    def run(self, samples: int) -> Array:
        """Return how the wanted gradients move, of shape (directions, wanted)."""
        starts = range(0, self._tape.samples, samples)
        blocks = [slice(start, min(start + samples, self._tape.samples)) for start in starts]
        self._forward(self._phases.before)
        for block in blocks:
            self._read(block)
            for place in self._phases.sums:
                (term,) = self._tape.instructions[place].operands
                self._values[place] += self._total(self._values[term])
        self._forward(self._after)
        self._gradients[-1] = Dual(np.float64(1.0))
        self._backward(self._after)
        for block in reversed(blocks):
            self._read(block)
            self._backward(self._phases.sums)
            self._backward(self._phases.inside)
        self._backward(self._phases.before)
        rows = np.zeros((self._count, len(self._wanted)))
        for index, place in enumerate(self._wanted):
            gradient = self._gradients[place]
            if gradient is not None and gradient.tangent is not None:
                rows[:, index] = gradient.tangent[:, 0]
        return rows

    def _read(self, block: slice) -> None:
        """Make these samples' values the present ones."""
        if block != self._block:
            self._block = block
            self._forward(self._phases.inside)

    def _forward(self, places: Iterable[int]) -> None:
        for place in places:
            instruction = self._tape.instructions[place]
            if instruction.rule is not None:
                operands = [self._values[operand] for operand in instruction.operands]
                self._values[place] = apply(instruction.rule, *operands)
            elif place in self._tape.columns:
                self._values[place] = Dual(self._tape.columns[place][self._block])
            else:
                constant = Dual(np.float64(instruction.node.data))
                self._values[place] = self._given.get(place, constant)

    def _backward(self, places: Sequence[int]) -> None:
        """Pass the gradients at these places, which are complete, on to their operands."""
        for place in reversed(places):
            instruction = self._tape.instructions[place]
            upstream = self._gradients[place]
            if instruction.rule is None or upstream is None:
                continue
            if instruction.per_sample:
                self._gradients[place] = None  # the next block has its own
            repeated = instruction.per_sample or instruction.rule is SUM
            inputs = [self._values[operand] for operand in instruction.operands]
            for operand, derivative in zip(
                instruction.operands, instruction.rule.derivatives, strict=True
            ):
                if self._needed[operand]:
                    local = derivative(DUAL, self._values[place], *inputs)
                    passed_on = isinstance(local, float) and local == 1.0
                    contribution = upstream if passed_on else upstream * local
                    self._contribute(operand, contribution, repeated)

    def _contribute(self, place: int, contribution: Dual, repeated: bool) -> None:
        """Add to a gradient what one of its uses, perhaps in every sample, contributes."""
        if repeated and not self._tape.instructions[place].per_sample:
            contribution = self._total(contribution)
        before = self._gradients[place]
        self._gradients[place] = contribution if before is None else before + contribution

    def _total(self, dual: Dual) -> Dual:
        """Return the sum over the present samples."""
        count = self._block.stop - self._block.start
        value = np.add.reduce(_repeated(dual.value, (count,)))
        if dual.tangent is None:
            return Dual(value)
        tangents = _repeated(dual.tangent, (len(dual.tangent), count))
        return Dual(value, np.add.reduce(tangents, axis=1, keepdims=True))


def _repeated(array: Array, shape: tuple[int, ...]) -> Array:
    return array if array.shape == shape else np.broadcast_to(array, shape)


def _using(tape: Tape, leaves: Collection[int]) -> list[bool]:
    """Return which places are, or are computed from, one of some leaves."""
    using: list[bool] = []
    for place, instruction in enumerate(tape.instructions):
        using.append(place in leaves or any(using[operand] for operand in instruction.operands))
    return using
