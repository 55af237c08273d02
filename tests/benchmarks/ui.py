"""Drawing: the graph at several sizes, and a loss curve of ten million epochs.

Usage: python -m tests.benchmarks.ui

Paints offscreen unless QT_QPA_PLATFORM says otherwise.
"""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from app.study.experiment import Data
from app.theme import apply_theme, load_theme
from app.training.history import History
from app.training.snapshot import Probe
from app.views.graph.view import GraphView
from app.views.loss_view import LossView
from tests.benchmarks.timing import medians, print_table


def graph_times(samples: int) -> dict[str, float]:
    """Return the times to show new numbers in a graph of so many samples and to paint it."""
    probe = Probe(Data(samples=samples))
    view = GraphView()
    view.resize(720, 420)
    view.set_theme(load_theme("light"))
    view.show()
    QApplication.processEvents()  # a window that was never exposed does not paint
    view.show_graph(probe)
    slopes = iter(np.linspace(0.7, 2.0, 100_000))

    def show() -> None:
        view.show_snapshot(probe.snapshot(0, [next(slopes), 0.3]))
        view.canvas.repaint()

    def pan() -> None:
        view.canvas.pan(1, 1)
        view.canvas.repaint()

    times = {}
    nodes = f"{5 + 8 * samples:>7,} nodes"
    for name, place in (("at the start", view.canvas.show_start), ("fitted", view.canvas.fit)):
        place()
        times |= {
            f"{nodes}, {name}, {what}": seconds
            for what, seconds in medians({"new numbers": show, "pan": pan}, 30).items()
        }
    view.close()
    return times


def loss_times(epochs: int) -> dict[str, float]:
    """Return the times to take and draw a thousand epochs more, and to change the view."""
    rng = np.random.default_rng(0)
    losses = 300 * np.exp(-np.arange(epochs + 1_000_000) / epochs) * rng.uniform(0.5, 1.0)
    history = History(2)
    for loss in losses[:1000]:
        history.append((0.0, 0.0), loss)
    history._losses, history._length = losses, epochs  # ten million appends take a while
    view = LossView()
    view.resize(360, 600)
    view.set_theme(load_theme("light"))
    view.show()
    QApplication.processEvents()
    view.show_run(len(losses))
    view.show_losses(history.losses)

    def grow() -> None:
        history._length += 1000
        view.show_losses(history.losses)
        view.plot.repaint()

    times = medians({f"{epochs:,} epochs, a thousand more": grow}, 30)
    view.close()
    return times


def main() -> None:
    """Measure and print."""
    application = QApplication([])
    apply_theme(application, load_theme("light"))
    for samples in (41, 1_000, 100_000):
        print_table("graph, 720×420 pixels", graph_times(samples), 1e-3, "ms")
    print_table("loss curve, 360×600 pixels", loss_times(10_000_000), 1e-3, "ms")


if __name__ == "__main__":
    main()
