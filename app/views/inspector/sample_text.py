"""What is said where nothing is selected: the selected sample, and its share of the gradient."""

from __future__ import annotations

from html import escape

import numpy as np

from app.views.inspector.reading import Contributions, Reading
from app.views.inspector.wording import brief, percent, rows, show, strong

INVITATION = (
    "Click a node or an edge of the graph, or step through the trace (→), "
    "to see why its gradient is what it is."
)

FEW = 4
"""Parameters up to which their gradients are told with more digits."""

MOST = 10
"""Parameters that are listed: the same ones at every epoch, so that they can be read."""


def sample(reading: Reading) -> str:
    """Return the selected sample's numbers, and its share of each parameter's gradient."""
    probe = reading.moment.probe
    x, y, prediction = (reading.value(each) for each in (probe.x, probe.y, probe.prediction))
    residual = None if x is None or y is None or prediction is None else y - prediction
    name = escape(reading.names.symbol(probe.prediction))
    lines = [
        ("(x, y)", f"({show(x)}, {show(y)})"),
        (name, show(prediction)),
        (f"residual y − {name}", show(residual)),
    ]
    return rows(lines)


def shares(reading: Reading) -> str:
    """Return the selected sample's share of the first parameters' gradients."""
    lines = []
    write = show if len(reading.tape.parameters) <= FEW else brief
    for place in reading.tape.parameters[:MOST]:
        contributions = reading.contributions(place)
        if contributions is None:
            continue
        gradient = escape(reading.called(place).gradient)
        total = reading.gradient(place)
        if total is None or not contributions.known[reading.sample]:
            lines.append((gradient, write(None)))
            continue
        own = float(contributions.numbers[reading.sample])
        share = _share(contributions, own)
        lines.append((gradient, f"{strong(write(own))} of {write(total)}{share}"))
    more = len(reading.tape.parameters) - MOST
    note = f"<p>And {more:,} more: a parameter that is clicked on tells its own.</p>"
    return rows(lines) + (note if more > 0 else "")


def _share(contributions: Contributions, own: float) -> str:
    """Return which part of a gradient a contribution is; "" where others cancel out."""
    known, total = contributions.numbers[contributions.known], contributions.total
    one_sided = bool(np.all(known >= 0) or np.all(known <= 0))
    if not total or not one_sided or not np.isfinite(own) or not np.isfinite(total):
        return ""
    return f" ({percent(own / total)})"
