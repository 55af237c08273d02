"""A fit alone, for tests: of any problem, with what it asks for shown as a window would."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtWidgets import QApplication

from app.study.experiment import Problem
from app.theme import load_theme
from app.training.epoch_trace import NOTHING_REPLACED, WhatIf
from app.training.moment import Moment
from app.training.snapshot import Probe
from app.views.fit_view import FitView
from tests.ui.landscapes import drag
from tests.ui.person import Person


class FitPerson(Person):
    """A person before a fit alone, of a run with some parameters at epoch 0."""

    def __init__(self, view: FitView, qtbot, problem: Problem, parameters) -> None:
        super().__init__(view, qtbot)
        self.view, self.plot = view, view.plot
        self.parameters = np.array(parameters, dtype=float)
        self.sample = 0
        self.asked: list[WhatIf] = []
        view.what_if_asked.connect(self.asked.append)
        view.what_if_asked.connect(self.show)
        view.sample_asked.connect(self.select)
        self.show_problem(problem)

    def show_problem(self, problem: Problem) -> None:
        """Show other data, or another model with as many parameters."""
        self.probe = Probe(problem)
        self.view.show_data(self.probe)
        self.show()

    def show(self, what_if: WhatIf = NOTHING_REPLACED) -> None:
        """Show the run's parameters and data, or others."""
        parameters = self.parameters.copy()
        for index, value in what_if.parameters.items():
            parameters[index] = value
        snapshot = self.probe.snapshot(0, parameters, what_if.columns(self.probe))
        self.view.show_moment(
            Moment(0, self.probe, snapshot.evaluation, self.sample, what_if=what_if)
        )
        QApplication.processEvents()

    def select(self, sample: int) -> None:
        self.sample = sample
        self.show(self.asked[-1] if self.asked else NOTHING_REPLACED)

    def at(self, x: float, y: float) -> QPoint:
        """Return the pixel of a place."""
        return self.plot.mapFromScene(self.plot.getViewBox().mapViewToScene(QPointF(x, y)))

    def drag(self, pixels: list[QPoint]) -> None:
        """Press at the first pixel, move over the others, and release."""
        drag(self.plot, pixels, self.qtbot)

    @property
    def pixel(self) -> np.ndarray:
        """How wide and how high a pixel is."""
        return np.array(self.plot.getViewBox().viewPixelSize())

    @property
    def range(self) -> np.ndarray:
        return np.array(self.plot.getViewBox().viewRange())


def opened(view: FitView, qtbot, size=(620, 420)) -> FitView:
    """Return a fit that can be seen."""
    view.resize(*size)
    view.set_theme(load_theme("light"))
    view.show()
    qtbot.waitExposed(view)
    view.activateWindow()
    return view
