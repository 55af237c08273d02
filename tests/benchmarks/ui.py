"""Drawing: the graph at several sizes, a loss curve of ten million epochs, frames while training.

Usage: python -m tests.benchmarks.ui

Paints offscreen unless QT_QPA_PLATFORM says otherwise.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.appearance import Appearance
from app.launch import make_application
from app.main_window import MainWindow
from app.study.experiment import Data, Experiment
from app.study.hyperparameters import Training, UpdateRule
from app.study.presets import Preset
from app.theme import apply_theme, load_theme
from app.training.history import History
from app.training.session import FRAME_INTERVAL
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
    """Return the time to take and draw a thousand epochs more."""
    rng = np.random.default_rng(0)
    losses = 300 * np.exp(-np.arange(epochs + 1_000_000) / epochs) * rng.uniform(0.5, 1.0)
    history = History(0, kept=8 * len(losses))
    history.extend(np.empty((epochs, 0)), losses[:epochs])
    view = LossView()
    view.resize(360, 600)
    view.set_theme(load_theme("light"))
    view.show()
    QApplication.processEvents()
    view.show_run(len(losses))
    view.show_history(history, history.last_epoch)

    def grow() -> None:
        last = len(history)
        history.extend(np.empty((1000, 0)), losses[last : last + 1000])
        view.show_history(history, history.last_epoch)
        view.plot.repaint()

    times = medians({f"{epochs:,} epochs, a thousand more": grow}, 30)
    view.close()
    return times


class Paints(QObject):
    """Notes when a widget was painted."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Note a paint event, and let it pass."""
        if event.type() is QEvent.Type.Paint:
            self.times.append(time.perf_counter())
        return False

    def gaps(self) -> dict[str, float]:
        """Return the median and the 99th percentile of the times from paint to paint."""
        gaps = np.diff(self.times)
        return {"p50": float(np.median(gaps)), "p99": float(np.quantile(gaps, 0.99))}


def frame_gaps(samples: int, seconds: float) -> dict[str, float]:
    """Return the gaps between the graph's frames, training at speed "max" and without.

    Without training the same newest epoch is drawn at every tick of the frame timer.
    """
    training = Training(epochs=10_000_000, update_rule=UpdateRule.ONCE_PER_PARAMETER)
    experiment = Experiment(data=Data(samples=samples), training=training)
    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(f"{folder}/settings.ini", QSettings.Format.IniFormat)
        window = MainWindow(Preset("", "", "", experiment), settings, Appearance(settings))
        window.show()
        window.load()
        session = window.session
        _spin_until(lambda: session.epoch == 0)
        gaps: dict[str, float] = {}
        timer = QTimer(interval=FRAME_INTERVAL, timerType=Qt.TimerType.PreciseTimer)
        timer.timeout.connect(session.frame_arrived)
        timer.start()
        gaps |= {f"idle, {name}": gap for name, gap in _paint_gaps(window, seconds).items()}
        timer.stop()
        window.transport.set_speed(float("inf"))
        session.play()
        _spin_until(lambda: session.running)
        gaps |= {f"training, {name}": gap for name, gap in _paint_gaps(window, seconds).items()}
        print(f"  ({session.epoch:,} epochs trained meanwhile)")
        window.close()
    return gaps


def _paint_gaps(window: MainWindow, seconds: float) -> dict[str, float]:
    """Let the window live for so many seconds; return the gaps between the graph's frames."""
    paints = Paints()
    canvas = window.graph_view.canvas
    canvas.installEventFilter(paints)
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()
    canvas.removeEventFilter(paints)
    return paints.gaps()


def _spin_until(condition: Callable[[], bool]) -> None:
    while not condition():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def main() -> None:
    """Measure and print."""
    application = make_application()
    apply_theme(application, load_theme("light"))
    for samples in (41, 1_000, 100_000):
        print_table("graph, 720×420 pixels", graph_times(samples), 1e-3, "ms")
    print_table("loss curve, 360×600 pixels", loss_times(10_000_000), 1e-3, "ms")
    for samples in (41, 1_000):
        title = f"from frame to frame, whole window, {samples:,} samples, {FRAME_INTERVAL} ms timer"
        print_table(title, frame_gaps(samples, 5.0), 1e-3, "ms")


if __name__ == "__main__":
    main()
