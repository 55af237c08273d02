"""Landscapes for tests: of a run of a line, and of polynomials."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.study.experiment import Experiment
from app.study.hyperparameters import Training, UpdateRule
from app.study.recipe import Data
from app.theme import load_theme
from app.training.epoch_trace import WhatIf
from app.training.graph_engine import GraphEngine
from app.training.history import History
from app.training.moment import Moment
from app.training.snapshot import Probe
from app.training.trainer import Trainer
from app.views.landscape.view import LandscapeView
from autograd import Scalar
from autograd.evaluation import Evaluation
from autograd.naming import Names
from autograd.tape import Tape
from tests.ui.person import Person, number, plain

TRAINING = Training(learning_rate=1e-3, clipping=False, update_rule=UpdateRule.ONCE_PER_PARAMETER)


class Landscape(Person):
    """A person before a landscape alone, of a run that a test trains."""

    def __init__(self, view: LandscapeView, qtbot, training=TRAINING, **data) -> None:
        super().__init__(view, qtbot)
        self.view, self.plot = view, view.plot
        recipe = Data(**{"samples": 21, "noise": 2.0, **data})
        self.training = training
        experiment = Experiment(recipe, training=training)
        self.trainer = Trainer(experiment)
        self.trainer.start()
        self.history = self.trainer.history
        self.probe = Probe(experiment.problem)
        self.calls = 0
        view.show_run(self.probe, self.engine)

    def engine(self) -> object:
        """Return the run's engine, and count how often it is asked for."""
        self.calls += 1
        return GraphEngine(self.probe.problem, self.probe.samples, self.probe.tape)

    def show(self, epochs: int = 0, at: int | None = None) -> Moment:
        """Train so many epochs more, and show the newest, or another."""
        if epochs:
            self.trainer.advance(epochs)
        newest = self.history.last_epoch
        epoch = newest if at is None else at
        parameters = self.history.parameters(epoch)
        moment = Moment(epoch, self.probe, self.probe.snapshot(epoch, parameters).evaluation)
        self.view.show_moment(moment, self.history, self.training, newest)
        return moment

    def refined(self) -> None:
        """Wait until nothing is left to be computed."""
        self.wait(lambda: not self.view.losses.busy)

    def at(self, place: np.ndarray) -> QPoint:
        """Return the pixel of a place."""
        scene = self.plot.getViewBox().mapViewToScene(QPointF(*map(float, place)))
        return self.plot.mapFromScene(scene)

    def click_at(self, place: np.ndarray) -> None:
        self.qtbot.mouseClick(self.plot.viewport(), Qt.MouseButton.LeftButton, pos=self.at(place))

    def double_click_at(self, place: np.ndarray) -> None:
        viewport, pos = self.plot.viewport(), self.at(place)
        self.qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=pos)
        self.qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=pos)
        self.qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=pos)

    def drag(self, places: list[np.ndarray]) -> None:
        """Press at the first place, move over the others, and release."""
        drag(self.plot, [self.at(place) for place in places], self.qtbot)

    def try_out(self, what_if: WhatIf) -> None:
        """Show the newest epoch with some parameters replaced, as a window does."""
        epoch = self.history.last_epoch
        parameters = self.history.parameters(epoch).copy()
        for index, value in what_if.parameters.items():
            parameters[index] = value
        evaluation = self.probe.snapshot(epoch, parameters).evaluation
        moment = Moment(epoch, self.probe, evaluation, what_if=what_if)
        self.view.show_moment(moment, self.history, self.training, epoch)

    @property
    def numbers(self) -> list[float]:
        """The parameters and the loss that are read out."""
        text = self.read("landscape_readout").removeprefix("here: ")
        return [number(each.split()[1]) for each in text.split(" · ")]

    @property
    def range(self) -> np.ndarray:
        return np.array(self.plot.getViewBox().viewRange())

    @property
    def marks(self) -> list[np.ndarray]:
        """The present place, the minimum, and the place that was clicked on."""
        items = (self.plot._present, self.plot._minimum, self.plot._asked)
        return [np.column_stack(item.getData()) for item in items]

    @property
    def legend(self) -> str:
        return plain(self.find("landscape_legend")).replace("\N{NO-BREAK SPACE}", " ")


def drag(plot: QWidget, pixels: list[QPoint], qtbot) -> None:
    """Press at a pixel of a plot, move over others, and release at the last."""
    viewport, left = plot.viewport(), Qt.MouseButton.LeftButton
    qtbot.mouseMove(viewport, pixels[0])
    qtbot.mousePress(viewport, left, pos=pixels[0])
    for pixel in pixels[1:]:
        at = QPointF(pixel)
        over = viewport.mapToGlobal(at)
        none = Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(  # the tests' own mouse moves without a button
            viewport, QMouseEvent(QEvent.Type.MouseMove, at, over, left, left, none)
        )
    inside = viewport.rect()
    last = pixels[-1] if inside.contains(pixels[-1]) else inside.center()  # else it is not told
    qtbot.mouseRelease(viewport, left, pos=last)


def opened(view: LandscapeView, qtbot, size=(600, 450)) -> LandscapeView:
    view.resize(*size)
    view.set_theme(load_theme("light"))
    view.show()
    qtbot.waitExposed(view)
    return view


def model(count: int, part=lambda residual: residual**2) -> SimpleNamespace:
    """Return a probe of a polynomial with so many parameters."""
    parameters = [Scalar(0.0, require_grad=True, name=name) for name in "abcd"[:count]]
    x, y, total = Scalar(0.0, name="x"), Scalar(0.0, name="y"), Scalar(0.0)
    prediction = sum((each * x**power for power, each in enumerate(parameters)), Scalar(0.0))
    data = np.linspace(-1.0, 2.0, 21)
    columns, sums = {x: data, y: 1.0 - 2.0 * data}, {total: part(y - prediction)}
    tape = Tape.record(total / 21, parameters, columns, sums)
    return SimpleNamespace(tape=tape, names=Names(tape), chosen=None)


def show_model(view: LandscapeView, probe: SimpleNamespace, rows: list[list[float]]) -> Moment:
    """Show a run of a model through some parameters."""
    history = History(len(rows[0]))
    for row in rows:
        loss, _ = probe.tape.evaluate(row)
        history.extend(np.array([row]), np.array([loss]))
    last = len(rows) - 1
    moment = Moment(last - 1, probe, Evaluation(probe.tape, rows[-2]))
    view.show_run(probe)
    view.show_moment(moment, history, TRAINING, last)
    QApplication.processEvents()  # until then the axes have not their own width
    return moment
