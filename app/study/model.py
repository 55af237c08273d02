"""The model that is trained, written with tensors as the notebook writes it."""

from __future__ import annotations

from collections.abc import Sequence

from autograd import Tensor

PARAMETERS = ("m", "c")
"""The names of the model's parameters, in the order in which they are stored."""


def predict(parameters: Sequence[Tensor], x: Tensor) -> Tensor:
    """Return ŷ = m·x + c."""
    m, c = parameters
    return (m * x) + c


def sample_loss(prediction: Tensor, y: Tensor) -> Tensor:
    """Return one sample's part of the loss, (y − ŷ)²; the loss is its mean over the samples."""
    return (y - prediction) ** 2
