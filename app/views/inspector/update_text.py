"""What is said about a parameter's update: from the gradient to the step."""

from __future__ import annotations

from html import escape

from app.views.inspector.reading import Reading
from app.views.inspector.wording import rows, show, strong
from autograd.trace import Update


def update(reading: Reading, entry: Update) -> str:
    """Return gradient, clipped gradient, direction and step, one below the other."""
    name = escape(reading.names.symbol(entry.place))
    lines = [
        ("gradient", show(entry.gradient)),
        ("clipped", show(entry.clipped)),
        ("direction", show(entry.direction)),
        ("× learning rate", show(entry.learning_rate)),
    ]
    if entry.times > 1:
        lines.append(("× uses, one step each", f"{entry.times:,}"))
    lines.append((f"step of {name}", show(entry.after - entry.before)))
    lines.append((f"{name} before", show(entry.before)))
    lines.append((f"{name} after", strong(show(entry.after))))
    return rows(lines)
