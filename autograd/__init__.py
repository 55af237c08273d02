"""A scalar reverse-mode automatic differentiation engine, made to be read.

``Tensor`` records what is computed with it; ``backward()`` gives every node the gradient
of the output. ``grad`` returns gradients as tensors, to differentiate again.
"""

from autograd.backward import StaleGraphError
from autograd.gradient import grad
from autograd.tensor import (
    Absolute,
    Add,
    BinaryOperator,
    Cosine,
    Divide,
    Exponent,
    Logarithm,
    Maximum,
    Minimum,
    Multiply,
    Negate,
    Power,
    Relu,
    Scalar,
    Sigmoid,
    Sine,
    SquareRoot,
    Subtract,
    Tanh,
    Tensor,
    UnaryOperator,
)

__all__ = [
    "Absolute",
    "Add",
    "BinaryOperator",
    "Cosine",
    "Divide",
    "Exponent",
    "Logarithm",
    "Maximum",
    "Minimum",
    "Multiply",
    "Negate",
    "Power",
    "Relu",
    "Scalar",
    "Sigmoid",
    "Sine",
    "SquareRoot",
    "StaleGraphError",
    "Subtract",
    "Tanh",
    "Tensor",
    "UnaryOperator",
    "grad",
]
