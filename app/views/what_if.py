"""Parameters that a person moves in a plot, put in place of the run's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.training.epoch_trace import WhatIf
from app.training.moment import Moment
from autograd.tape import Column


def movable(moment: Moment) -> bool:
    """Return whether the parameters are still those that the epoch begins with.

    Once an update within the epoch has changed them, there is nothing that could be put in
    place of the numbers shown.
    """
    if moment.running is not None and moment.running.number > 0:
        return False
    return np.array_equal(moment.parameters, moment.evaluation.parameters, equal_nan=True)


def moved(moment: Moment, chosen: Sequence[int], values: Column) -> WhatIf | None:
    """Return what is replaced with other values of some parameters; None if one is not finite."""
    what_if = moment.what_if
    if not np.isfinite(values).all():
        return None
    for parameter, value in zip(chosen, values, strict=True):
        what_if = what_if.with_parameter(parameter, float(value))
    return what_if


def replaced_parameters(moment: Moment) -> Column | None:
    """Return all parameters, if any of them is not the run's own, of shape (parameters,)."""
    if not moment.what_if.parameters:
        return None
    return np.array(moment.evaluation.parameters, dtype=float)
