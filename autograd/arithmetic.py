"""The arithmetics that a rule can be read in.

A rule (see :mod:`autograd.rules`) is written once, with ``+ - * /``, ``abs`` and the
functions of an :class:`Arithmetic`. Read over Python source (:mod:`autograd.source`) it
becomes compiled code for floats; read over NumPy, below, it computes a number for every
sample at once, or, for a single number, what IEEE 754 prescribes where :mod:`math` would
raise; read over tensors (:mod:`autograd.gradient`) it builds the graph of a derivative.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The functions a rule may use beside the operators ``+ - * /`` and ``abs``.

    ``select(condition, yes, no)`` evaluates both branches and returns one of them;
    ``less`` and ``equal`` make the conditions it takes.
    """

    sin: Callable[[Any], Any]
    cos: Callable[[Any], Any]
    tanh: Callable[[Any], Any]
    exp: Callable[[Any], Any]
    log: Callable[[Any], Any]
    sqrt: Callable[[Any], Any]
    pow: Callable[[Any, Any], Any]
    less: Callable[[Any, Any], Any]
    equal: Callable[[Any, Any], Any]
    select: Callable[[Any, Any, Any], Any]


def _power(a: Any, b: Any) -> Any:
    """Return a to the power of b.

    Given a single exponent ½, NumPy takes the root; but of −∞ that is nan, and of −0.0 −0.0,
    where the power is ∞ and 0.0.
    """
    if np.ndim(b) == 0 and b == 0.5:
        column = np.atleast_1d(a)
        return np.power(column, np.full(column.shape, b)).reshape(np.shape(a))[()]
    return np.power(a, b)


NUMPY = Arithmetic(
    sin=np.sin,
    cos=np.cos,
    tanh=np.tanh,
    exp=np.exp,
    log=np.log,
    sqrt=np.sqrt,
    pow=_power,
    less=np.less,
    equal=np.equal,
    select=np.where,
)
"""NumPy arrays and scalars, with IEEE 754's values throughout; wrap in :func:`silent`."""


def silent() -> np.errstate:
    """Return a context in which NumPy yields inf and nan without a warning."""
    return np.errstate(all="ignore")


def evaluate_ieee(function: Callable[..., Any], *operands: float) -> float:
    """Return what IEEE 754 prescribes where :mod:`math` raises: for 1/0, exp(1000), log(-1)."""
    with silent():
        return float(function(NUMPY, *map(np.float64, operands)))
