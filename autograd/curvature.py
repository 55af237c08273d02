"""The sharpest curvature of a loss, which says how long a step may be.

It is the Hessian's largest eigenvalue λ. Near a minimum, plain gradient descent with learning
rate η multiplies the distance along an eigenvector by 1 − η λ, which shrinks only if η < 2 / λ
(LeCun, Bottou, Orr and Müller, "Efficient BackProp", 1998).

The Hessian of a network with hundreds of parameters is large, but its products with a few
directions are cheap. What the Hessian does within a block of directions, that block's products
and the products of these (a Krylov space) soon has the same largest eigenvalue: the block
Lanczos method (Golub and Underwood, "The block Lanczos method for computing eigenvalues", 1977).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from autograd.arithmetic import silent
from autograd.hessian import hessian, hessian_products
from autograd.tape import Tape

Array = npt.NDArray[np.float64]

BLOCK = 8
"""So many directions at a time: they cost little more than one, and find eigenvalues that lie
close together."""

SMALL = 10_000
"""Parameters × samples up to which the whole Hessian takes no longer."""

TOLERANCE = 1e-4
"""About by what part the largest eigenvalue may be too small; where many lie close, rarely more."""


def curvature(
    tape: Tape,
    parameters: Sequence[float] | npt.NDArray[np.float64],
    scales: npt.NDArray[np.float64] | None = None,
) -> Array:
    """Return a symmetric matrix with the Hessian's largest eigenvalue.

    Of few parameters it is the Hessian itself; of many a smaller one, which says what the
    Hessian does within a few directions. Its largest eigenvalue is that of the Hessian, or
    less by about :data:`TOLERANCE`.

    Args:
        tape: the loss.
        parameters: where, of shape (parameters,).
        scales: a factor on each parameter's row and column, of shape (parameters,).
    """
    count = len(tape.parameters)
    factors = np.ones(count) if scales is None else scales
    if count <= 3 * BLOCK or count * tape.samples <= SMALL:
        return hessian(tape, parameters) * factors * factors[:, None]

    def multiply(directions: Array) -> Array:
        return hessian_products(tape, parameters, directions * factors) * factors

    with silent():
        return krylov_matrix(multiply, count)


def largest_eigenvalue(matrix: Array) -> float:
    """Return the sharpest curvature, which is negative where all directions lead downhill.

    It is nan where an entry is not finite, or where there is none.
    """
    if not matrix.size or not np.isfinite(matrix).all():
        return float("nan")
    return float(np.linalg.eigvalsh(matrix)[-1])


def largest_stable_learning_rate(matrix: Array) -> float | None:
    """Return 2 / λmax, the learning rate beyond which plain gradient descent diverges.

    On a quadratic loss this is exact, else it holds as long as the curvature stays what it
    is. None where curvature sets no bound, because λmax is not above 0 by more than its
    rounding error, and where λmax is not finite.
    """
    largest = largest_eigenvalue(matrix)
    return 2.0 / largest if largest > _rounding(matrix) else None


def _rounding(matrix: Array) -> float:
    """Return about how large rounding errors in the eigenvalues are."""
    with silent():
        return float(len(matrix) * np.finfo(np.float64).eps * np.abs(matrix).max(initial=0.0))


def krylov_matrix(multiply: Callable[[Array], Array], count: int) -> Array:
    """Return a small symmetric matrix with the largest eigenvalue of a large one.

    Args:
        multiply: returns the large matrix, which is symmetric, times each of some rows.
        count: how many rows it has.
    """
    random = np.random.default_rng(0)  # the same curvature every time
    basis = _orthonormal(random.normal(size=(BLOCK, count)))
    products = multiply(basis)
    newest = products
    while True:
        restricted = products @ basis.T
        restricted = 0.5 * restricted + 0.5 * restricted.T
        if not np.isfinite(restricted).all() or _is_found(restricted, basis, products):
            return restricted
        block = newest[: count - len(basis)]
        for _ in range(2):  # what is hardly more than rounding errors lies across only then
            block = _orthonormal(block - (block @ basis.T) @ basis)
        basis = np.concatenate([basis, block])
        newest = multiply(block)
        products = np.concatenate([products, newest])


def _orthonormal(rows: Array) -> Array:
    return np.linalg.qr(rows.T)[0].T


def _is_found(restricted: Array, basis: Array, products: Array) -> bool:
    """Return whether the largest eigenvalue within the directions is that of the whole.

    What its eigenvector's product has beyond these directions, the residual, bounds the error
    by its length, and by its square over the distance to the next eigenvalue.
    """
    if len(basis) == basis.shape[1]:
        return True
    scale = np.abs(restricted).max() or 1.0  # of any size, its square is in range
    values, vectors = np.linalg.eigh(restricted / scale)
    largest, vector = values[-1], vectors[:, -1]
    residual = np.linalg.norm(vector @ (products / scale) - largest * (vector @ basis))
    error = min(residual, residual**2 / max(largest - values[-2], 1e-300))
    return bool(error <= max(TOLERANCE * abs(largest), _rounding(restricted / scale)))
