"""Update rules: from a parameter's gradient to its next value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GradientDescent:
    """Gradient descent: ``value −= learning_rate × gradient``, the gradient clipped before.

    Attributes:
        learning_rate: the factor on the gradient.
        clip_bound: every gradient is limited to ±this; None does not clip.
    """

    learning_rate: float
    clip_bound: float | None = None

    def step(self, value: float, gradient: float, times: int = 1) -> float:
        """Return the parameter after ``times`` equal steps, subtracted one after another.

        The notebook steps a parameter once for each of its uses; subtracting one by one,
        rather than a product, rounds as it does.
        """
        step = self.learning_rate * clip(gradient, self.clip_bound)
        for _ in range(times):
            value -= step
        return value


def clip(gradient: float, bound: float | None) -> float:
    """Return the gradient limited to −bound…bound; a nan stays nan."""
    if bound is None or not abs(gradient) > bound:
        return gradient
    return bound if gradient > 0 else -bound
