"""Update rules: from the gradient to the parameters' next values.

An optimizer turns a gradient into a direction, using what it remembers of earlier gradients;
the parameters then go ``learning rate × direction`` down. Each optimizer is written once,
over an arithmetic (see :mod:`autograd.arithmetic`): read over NumPy it moves an array of
parameters, read over LLVM values it becomes native code. Formulas are those of the papers
named below, in the form in which PyTorch's documentation gives them.
"""

# ruff: noqa: ARG002  each optimizer is given whatever any of them needs

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from autograd.arithmetic import NUMPY, Arithmetic, silent

Vector = npt.NDArray[np.float64]


class Optimizer(Protocol):
    """From a gradient to the direction of a step.

    Attributes:
        slots: how many numbers it remembers for each parameter; all are 0 before the first
            step.
    """

    slots: ClassVar[int]

    def corrections(self, n: Arithmetic, count: Any) -> tuple[Any, ...]:
        """Return what is the same for all parameters at the ``count``-th step, from 1 on."""

    def direction(
        self, n: Arithmetic, gradient: Any, slots: Sequence[Any], corrections: Sequence[Any]
    ) -> tuple[Any, tuple[Any, ...]]:
        """Return the direction, and what to remember for the next step."""


@dataclass(frozen=True, slots=True)
class _Uncorrected:
    """An optimizer whose every step follows the same formula."""

    def corrections(self, n: Arithmetic, count: Any) -> tuple[Any, ...]:
        """Return nothing."""
        return ()


@dataclass(frozen=True, slots=True)
class GradientDescent(_Uncorrected):
    """The direction is the gradient."""

    slots: ClassVar[int] = 0

    def direction(
        self, n: Arithmetic, gradient: Any, slots: Sequence[Any], corrections: Sequence[Any]
    ) -> tuple[Any, tuple[Any, ...]]:
        """Return the gradient."""
        return gradient, ()


@dataclass(frozen=True, slots=True)
class Momentum(_Uncorrected):
    """Gradient descent with momentum (Polyak, 1964): the velocity v ← momentum · v + g.

    Attributes:
        momentum: how much of the velocity a step keeps.
    """

    momentum: float = 0.9
    slots: ClassVar[int] = 1

    def direction(
        self, n: Arithmetic, gradient: Any, slots: Sequence[Any], corrections: Sequence[Any]
    ) -> tuple[Any, tuple[Any, ...]]:
        """Return the velocity."""
        velocity = self.momentum * slots[0] + gradient
        return velocity, (velocity,)


@dataclass(frozen=True, slots=True)
class Nesterov(Momentum):
    """Nesterov's accelerated gradient, as in Sutskever et al., 2013: g + momentum · v."""

    def direction(
        self, n: Arithmetic, gradient: Any, slots: Sequence[Any], corrections: Sequence[Any]
    ) -> tuple[Any, tuple[Any, ...]]:
        """Return the gradient as it will be, by the velocity, one step ahead."""
        velocity, after = Momentum.direction(self, n, gradient, slots, corrections)
        return gradient + self.momentum * velocity, after


@dataclass(frozen=True, slots=True)
class AdaGrad(_Uncorrected):
    """AdaGrad (Duchi et al., 2011): g / (√Σg² + ε), the sum over all steps so far.

    Attributes:
        epsilon: keeps the divisor from being 0.
    """

    epsilon: float = 1e-10
    slots: ClassVar[int] = 1

    def direction(
        self, n: Arithmetic, gradient: Any, slots: Sequence[Any], corrections: Sequence[Any]
    ) -> tuple[Any, tuple[Any, ...]]:
        """Return the gradient over the root of the sum of its squares."""
        squares = slots[0] + gradient * gradient
        return gradient / (n.sqrt(squares) + self.epsilon), (squares,)


@dataclass(frozen=True, slots=True)
class RMSProp(_Uncorrected):
    """RMSProp (Tieleman and Hinton, 2012): g / (√mean of g² + ε), a running mean.

    Attributes:
        decay: how much of the running mean a step keeps.
        epsilon: keeps the divisor from being 0.
    """

    decay: float = 0.99
    epsilon: float = 1e-8
    slots: ClassVar[int] = 1

    def direction(
        self, n: Arithmetic, gradient: Any, slots: Sequence[Any], corrections: Sequence[Any]
    ) -> tuple[Any, tuple[Any, ...]]:
        """Return the gradient over the root of the running mean of its squares."""
        squares = self.decay * slots[0] + (1.0 - self.decay) * (gradient * gradient)
        return gradient / (n.sqrt(squares) + self.epsilon), (squares,)


@dataclass(frozen=True, slots=True)
class Adam:
    """Adam (Kingma and Ba, 2015): running means of g and g², corrected for starting at 0.

    Attributes:
        decay1: how much of the running mean of g a step keeps.
        decay2: how much of the running mean of g² a step keeps.
        epsilon: keeps the divisor from being 0.
    """

    decay1: float = 0.9
    decay2: float = 0.999
    epsilon: float = 1e-8
    slots: ClassVar[int] = 2

    def corrections(self, n: Arithmetic, count: Any) -> tuple[Any, ...]:
        """Return 1 − decay^count for both means."""
        return 1.0 - n.pow(self.decay1, count), 1.0 - n.pow(self.decay2, count)

    def direction(
        self, n: Arithmetic, gradient: Any, slots: Sequence[Any], corrections: Sequence[Any]
    ) -> tuple[Any, tuple[Any, ...]]:
        """Return the corrected mean over the root of the corrected mean square."""
        mean = self.decay1 * slots[0] + (1.0 - self.decay1) * gradient
        square = self.decay2 * slots[1] + (1.0 - self.decay2) * (gradient * gradient)
        root = n.sqrt(square / corrections[1])
        return mean / corrections[0] / (root + self.epsilon), (mean, square)


class Clipping(Enum):
    """How gradients are limited before a step."""

    NONE = "none"
    VALUE = "value"
    NORM = "norm"


def clip_value(n: Arithmetic, gradient: Any, bound: Any) -> Any:
    """Return the gradient limited to −bound…bound; a nan stays nan."""
    above = n.select(n.less(bound, gradient), bound, gradient)
    return n.select(n.less(gradient, -bound), -bound, above)


def clip_factor(n: Arithmetic, norm: Any, bound: Any) -> Any:
    """Return what to multiply a gradient of this norm with, so that its norm is bounded."""
    return n.select(n.less(bound, norm), bound / norm, 1.0)


@dataclass(frozen=True, slots=True)
class UpdateRule:
    """All that turns a gradient into a step, but for the learning rate.

    Attributes:
        optimizer: gives the direction.
        clipping: whether and how the gradient is limited before.
        bound: the limit, of each gradient or of the norm of all.
        once_per_use: step a parameter once for each of its uses in the loss, as the notebook
            does, rather than once.
    """

    optimizer: Optimizer = GradientDescent()
    clipping: Clipping = Clipping.NONE
    bound: float = 1.0
    once_per_use: bool = False

    def step(self, state: State, gradient: Vector, learning_rate: float, uses: Vector) -> State:
        """Return the state after one update; see :meth:`change`."""
        return self.change(state, gradient, learning_rate, uses).after

    def change(self, state: State, gradient: Vector, learning_rate: float, uses: Vector) -> Change:
        """Return what one update does, with NumPy; the notebook's digits are kept.

        Args:
            state: the state before.
            gradient: of shape (parameters,).
            learning_rate: the factor on the direction.
            uses: how often the loss uses each parameter.
        """
        with silent():
            clipped = self._clipped(gradient)
            count = state.count + 1
            direction, slots = self.optimizer.direction(
                NUMPY, clipped, list(state.slots), self.optimizer.corrections(NUMPY, float(count))
            )
            step = learning_rate * direction
            times = uses if self.once_per_use else np.ones(len(step))
            if self.once_per_use:
                after = np.array(list(map(_subtract_repeatedly, state.parameters, step, uses)))
            else:
                after = state.parameters - step
        remembered = np.array(slots).reshape(len(slots), len(after))
        return Change(
            before=state.parameters,
            gradient=gradient,
            clipping=self.clipping,
            bound=self.bound,
            clipped=clipped,
            direction=direction,
            learning_rate=learning_rate,
            times=times,
            after=State(after, remembered, count),
        )

    def _clipped(self, gradient: Vector) -> Vector:
        if self.clipping is Clipping.VALUE:
            limited: Vector = clip_value(NUMPY, gradient, self.bound)
            return limited
        if self.clipping is Clipping.NORM:
            scaled: Vector = gradient * clip_factor(NUMPY, norm(gradient), self.bound)
            return scaled
        return gradient


@dataclass(frozen=True, slots=True)
class State:
    """What an update changes.

    Attributes:
        parameters: of shape (parameters,).
        slots: what the optimizer remembers, of shape (slots, parameters).
        count: how many updates the optimizer has made.
    """

    parameters: Vector
    slots: Vector
    count: int = 0

    @classmethod
    def start(cls, parameters: Sequence[float] | Vector, optimizer: Optimizer) -> State:
        """Return the state before the optimizer's first update."""
        values = np.array(parameters, dtype=float)
        return cls(values, np.zeros((optimizer.slots, len(values))))


@dataclass(frozen=True, slots=True)
class Change:
    """What one update does; numbers of shape (parameters,) but for the bound and the rate.

    Attributes:
        before: the parameters before.
        gradient: the gradient.
        clipping: how it is limited.
        bound: the limit.
        clipped: the gradient after clipping.
        direction: what the optimizer makes of it.
        learning_rate: the factor on the direction.
        times: how many times learning rate · direction is subtracted.
        after: the state after.
    """

    before: Vector
    gradient: Vector
    clipping: Clipping
    bound: float
    clipped: Vector
    direction: Vector
    learning_rate: float
    times: Vector
    after: State


def norm(gradient: Vector) -> np.float64:
    """Return the Euclidean norm, which overflows only if it is itself too large."""
    with silent():
        largest = np.fmax.reduce(np.abs(gradient), initial=0.0)
        squares = np.sum((gradient / largest) ** 2)
        return np.float64(norm_of_scaled(NUMPY, largest, squares))


def norm_of_scaled(n: Arithmetic, largest: Any, squares: Any) -> Any:
    """Return the norm of numbers from the largest and the sum of (each / largest)²."""
    scaled = n.select(n.less(largest, math.inf), largest * n.sqrt(squares), largest)
    return n.select(n.equal(largest, 0.0), largest, scaled)


def _subtract_repeatedly(value: float, step: float, times: float) -> float:
    """Return value − step − step …: one by one rounds as the notebook does; a product does not."""
    return float(np.cumsum(np.append(value, np.full(int(times), -step)))[-1])
