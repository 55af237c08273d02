"""Drawing: the graph at several sizes, a loss curve of ten million epochs, frames while training.

Usage: python -m tests.benchmarks.ui

Paints offscreen unless QT_QPA_PLATFORM says otherwise.
"""

from __future__ import annotations

import itertools
import math
import os
import tempfile
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from pyqtgraph.Qt import internals
from PySide6.QtCore import QEvent, QEventLoop, QObject, QRectF, QSettings, Qt, QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QWidget

from app.appearance import Appearance
from app.launch import make_application
from app.main_window import MainWindow
from app.study.experiment import Data, Experiment
from app.study.hyperparameters import Training, UpdateRule
from app.study.presets import Preset
from app.theme import apply_theme, load_theme
from app.training.history import History
from app.training.moment import Moment
from app.training.session import FRAME_INTERVAL
from app.training.snapshot import Probe
from app.views.graph.view import GraphView
from app.views.loss_view import LossView
from autograd.evaluation import Evaluation
from tests.benchmarks.timing import medians, print_table

SIZE = (780, 420)
"""Pixels of the graph's view."""

UNFOLDED = (41, 1_000, 12_500, 100_000)
"""Numbers of samples: 8 nodes each, constants among them."""


class Rectangles(QWidget):
    """Fills so many rectangles, in one call, and does nothing else: what painting must cost."""

    def __init__(self, count: int) -> None:
        super().__init__()
        columns = math.ceil(math.sqrt(2 * count))
        self._batch = internals.PrimitiveArray(QRectF, 4)
        self._batch.resize(count)
        number = np.arange(count)
        width, height = SIZE[0] / columns, SIZE[1] / math.ceil(count / columns)
        boxes = [number % columns * width, number // columns * height]
        sizes = [np.full(count, 0.8 * width), np.full(count, 0.8 * height)]
        self._batch.ndarray()[:] = np.column_stack(boxes + sizes)

    def paintEvent(self, _event: object) -> None:
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(Qt.GlobalColor.gray)
        painter.drawRects(*self._batch.drawargs())
        painter.end()


def graph_times(samples: int, *, folded: bool) -> dict[str, float]:
    """Return the times to show new numbers in a graph and to paint it, and of bare rectangles."""
    probe = Probe(Experiment(Data(samples=samples)).problem)
    view = GraphView()
    view.resize(*SIZE)
    view.set_theme(load_theme("light"))
    view.show()
    QApplication.processEvents()  # a window that was never exposed does not paint
    view.show_graph(probe)
    view.constants_action.setChecked(True)
    moments = itertools.cycle(
        Moment(0, probe, Evaluation(probe.tape, [slope, 0.3])) for slope in np.linspace(0.7, 2, 40)
    )

    def show() -> None:
        moment = next(moments)
        vars(moment).pop("progress", None)
        view.show_moment(moment, None, None, folded=folded)
        view.canvas.repaint()

    def pan() -> None:
        view.canvas.pan(1, 1)
        view.canvas.repaint()

    show()
    scene = view.canvas.scene
    assert scene is not None
    rectangles = Rectangles(len(scene))
    rectangles.resize(view.canvas.size())
    rectangles.show()
    QApplication.processEvents()
    kind = "folded" if folded else "unfolded"
    nodes = f"{kind}, {len(scene):,} nodes"
    times = medians({f"{nodes}: bare drawRects": rectangles.repaint}, 30)
    for name, place in (("fitted", view.canvas.fit), ("zoomed in", view.canvas.show_start)):
        place()
        times |= {
            f"{nodes}, {name}: {what}": seconds
            for what, seconds in medians({"new numbers": show, "pan": pan}, 40).items()
        }
    rectangles.close()
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
        timer.timeout.connect(window.walk.moved)
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
    width, height = SIZE
    for samples, folded in ((41, True), (100_000, True), *((n, False) for n in UNFOLDED)):
        title = f"graph of {samples:,} samples, {width}×{height} pixels"
        print_table(title, graph_times(samples, folded=folded), 1e-3, "ms")
    print_table("loss curve, 360×600 pixels", loss_times(10_000_000), 1e-3, "ms")
    for samples in (41, 1_000):
        title = f"from frame to frame, whole window, {samples:,} samples, {FRAME_INTERVAL} ms timer"
        print_table(title, frame_gaps(samples, 5.0), 1e-3, "ms")


if __name__ == "__main__":
    main()
