"""The Hessian of a loss: how its gradient changes with each parameter.

A tape's forward and backward pass compute the gradient. Read over dual numbers they also
compute how it moves as the parameters move in some direction: the Hessian times that
direction, at a small multiple of the gradient's cost (Pearlmutter, "Fast exact
multiplication by the Hessian", 1994). With a direction along each parameter, all of them
side by side, this is the Hessian itself, exact but for rounding.

Its largest eigenvalue is the sharpest curvature, and says how long a step may be: near a
minimum, plain gradient descent with learning rate η multiplies the distance along an
eigenvector by 1 − η λ, which shrinks only if η < 2 / λ (LeCun, Bottou, Orr and Müller,
"Efficient BackProp", 1998).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from autograd.arithmetic import silent
from autograd.dual import DUAL, Array, Dual, apply
from autograd.rules import SUM
from autograd.tape import Tape

LIMIT = 32_000_000
"""About how many bytes the tangents may take; a larger Hessian is computed in blocks."""

_FEW = 8
"""So many directions share the work on the values well enough; samples are divided first."""


def hessian(
    tape: Tape, parameters: Sequence[float] | npt.NDArray[np.float64], limit: int = LIMIT
) -> Array:
    """Return the loss's second derivatives, of shape (parameters, parameters).

    A parameter whose gradient is constant has a row of zeros. At a kink, as of relu at 0, the
    curvature is 0; where a second derivative is not finite, there is an infinity or nan.
    """
    count = len(tape.parameters)
    matrix = np.empty((count, count))
    directions, samples = _block_sizes(tape, limit)
    with silent():
        for first in range(0, count, directions):
            rows = np.eye(count)[first : first + directions]
            matrix[first : first + directions] = _DualPass(tape, parameters, rows).run(samples)
        return 0.5 * matrix + 0.5 * matrix.T


def largest_eigenvalue(hessian: Array) -> float:
    """Return the sharpest curvature, which is negative where all directions lead downhill.

    It is nan where an entry is not finite, or where there is none.
    """
    if not hessian.size or not np.isfinite(hessian).all():
        return float("nan")
    return float(np.linalg.eigvalsh(hessian)[-1])


def largest_stable_learning_rate(hessian: Array) -> float | None:
    """Return 2 / λmax, the learning rate beyond which plain gradient descent diverges.

    On a quadratic loss this is exact, else it holds as long as the curvature stays what it
    is. None where curvature sets no bound, because λmax is not above 0 by more than its
    rounding error, and where λmax is not finite.
    """
    largest = largest_eigenvalue(hessian)
    with silent():
        rounding = len(hessian) * np.finfo(np.float64).eps * np.abs(hessian).max(initial=0.0)
    return 2.0 / largest if largest > rounding else None


def _block_sizes(tape: Tape, limit: int) -> tuple[int, int]:
    """Return how many directions and samples to compute at a time.

    A tangent is counted twice, for the value's own and the gradient's.
    """
    count = max(1, len(tape.parameters))
    repeated = max(1, sum(instruction.per_sample for instruction in tape.instructions))
    shared = len(tape.instructions) - repeated
    tangents = limit // (2 * np.dtype(np.float64).itemsize)
    directions = tangents // (shared + repeated * tape.samples)
    directions = min(count, max(_FEW, directions))
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
    ) -> None:
        self._tape = tape
        self._directions = directions
        self._values = [Dual(np.float64(0.0))] * len(tape.instructions)
        self._gradients: list[Dual | None] = [None] * len(tape.instructions)
        self._given = {
            place: Dual(np.float64(value), directions[:, [index]])
            for index, (place, value) in enumerate(zip(tape.parameters, parameters, strict=True))
        }
        self._block = slice(0, 0)  # the samples whose values are the present ones
        self._phases = tape.phases
        self._after = [place for place in tape.phases.after if place not in tape.phases.sums]

    def run(self, samples: int) -> Array:
        """Return how the gradient moves, of shape (directions, parameters)."""
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
        rows = np.zeros(self._directions.shape)
        for index, place in enumerate(self._tape.parameters):
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
                if self._tape.instructions[operand].require_grad:
                    local = derivative(DUAL, self._values[place], *inputs)
                    self._contribute(operand, upstream * local, repeated)

    def _contribute(self, place: int, contribution: Dual, repeated: bool) -> None:
        """Add to a gradient what one of its uses, perhaps in every sample, contributes."""
        if repeated and not self._tape.instructions[place].per_sample:
            contribution = self._total(contribution)
        before = self._gradients[place]
        self._gradients[place] = contribution if before is None else before + contribution

    def _total(self, dual: Dual) -> Dual:
        """Return the sum over the present samples."""
        count = self._block.stop - self._block.start
        value = np.broadcast_to(dual.value, count).sum()
        if dual.tangent is None:
            return Dual(value)
        tangents = np.broadcast_to(dual.tangent, (len(dual.tangent), count))
        return Dual(value, tangents.sum(axis=1, keepdims=True))
