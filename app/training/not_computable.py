"""Why a loss cannot be computed at the start: at which operation, and for which samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.study.experiment import Problem
from app.training.moment import Moment
from app.training.non_finite import explain, first_non_finite
from app.training.snapshot import Probe
from autograd.digits import digits
from autograd.tape import Column


def why_not_computable(problem: Problem, parameters: Sequence[float] | Column) -> str:
    """Return a sentence or two on the first operation whose value is inf or nan; "" if none is.

    The parameters are those that are trained, of shape (parameters,).
    """
    probe = Probe(problem)
    moment = Moment(0, probe, probe.snapshot(0, parameters).evaluation)
    found = first_non_finite(moment)
    if found is None:
        return ""
    symbol, why = probe.names.symbol(found.place), explain(moment, found)[0].sentence
    values = np.broadcast_to(moment.evaluation.values[found.place], probe.tape.samples)
    return f"{symbol} cannot be computed {_for_samples(probe, values)}. {why}"


def _for_samples(probe: Probe, values: Column) -> str:
    """Return for which samples there is no finite value: "for 20 of 41 samples, x from −20 …"."""
    wrong = ~np.isfinite(values)
    count, total = int(wrong.sum()), len(values)
    if count == total:
        return "for the only sample" if total == 1 else f"for any of the {total:,} samples"
    x = probe.samples.x[wrong]
    if count == 1:
        return f"for 1 of {total:,} samples, at x = {digits(x[0], 4)}"
    low, high = digits(x.min(), 4), digits(x.max(), 4)
    return f"for {count:,} of {total:,} samples, x from {low} to {high}"
