"""Handles on the fitted curve: dragged, they bend it, and the parameters follow."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton

from app.study.architecture import Model, ModelKind
from app.study.experiment import Problem
from app.study.hyperparameters import Training
from app.study.model import Curve
from app.study.recipe import Data
from app.training.epoch_trace import EpochTrace
from app.training.moment import Moment
from app.views.fit_handles import Handles, handle_places
from app.views.fit_view import FitView
from autograd.optimizers import GradientDescent, State
from tests.conftest import TIMEOUT
from tests.ui.fits import FitPerson, opened

FUNCTIONS = {
    "m*x + c": lambda p, x: p[0] * x + p[1],
    "a*exp(-b*x)": lambda p, x: p[0] * np.exp(-p[1] * x),
    "a/(b + x**2)": lambda p, x: p[0] / (p[1] + x**2),
    "a*tanh(b*x)": lambda p, x: p[0] * np.tanh(p[1] * x),
    "m*x + m + c": lambda p, x: p[0] * x + p[0] + p[1],
}
"""Models with two parameters, as NumPy computes them."""


@pytest.fixture
def view(qtbot) -> Iterator[FitView]:
    view = FitView()
    yield opened(view, qtbot)
    view.close()
    view.deleteLater()


@pytest.fixture
def line(view, qtbot) -> FitPerson:
    return FitPerson(view, qtbot, Problem(), (1.5, -4.0))


def handles_of(person: FitPerson) -> np.ndarray:
    return np.column_stack(person.plot.handles)


# -- solving for two parameters ----------------------------------------------------------------


@pytest.mark.parametrize("formula", FUNCTIONS)
def test_the_curve_goes_through_both_points(formula):
    problem, x = Problem(model=Model(formula=formula)), np.array([0.7, 3.1])
    handles = Handles(lambda x: Curve(problem, x), x, np.array([1.2, 0.4]))
    other = handles.y[1]
    assert handles.move(0, 0.8 * handles.y[0])
    assert FUNCTIONS[formula](handles.parameters, x) == pytest.approx([handles.y[0], other])
    assert handles.y[1] == other


def test_where_there_is_no_such_curve_the_last_one_stays():
    problem = Problem(model=Model(formula="a*exp(-b*x)"))
    x, parameters = np.array([0.5, 2.0]), np.array([1.0, 0.5])
    handles = Handles(lambda x: Curve(problem, x), x, parameters)
    before = handles.y.copy()
    assert not handles.move(0, -1.0)  # the curve is above 0 at the other
    assert np.array_equal(handles.parameters, parameters)
    assert np.array_equal(handles.y, before)
    assert handles.move(0, 1.1 * before[0])


def test_parameters_that_do_the_same_cannot_be_told_apart():
    problem = Problem(model=Model(formula="(a + b)*x"))
    handles = Handles(lambda x: Curve(problem, x), np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    assert not handles.move(0, 5.0)


def test_handles_are_on_the_part_of_the_curve_that_is_in_view():
    x = np.linspace(-10.0, 10.0, 401)
    assert handle_places(x, x, -20.0, 20.0) == pytest.approx([-7.0, 7.0])
    assert handle_places(x, 10.0 * x, -20.0, 20.0) == pytest.approx([-1.4, 1.4])
    assert handle_places(x, x + 100.0, -20.0, 20.0) is None
    assert handle_places(x, np.full_like(x, np.nan), -20.0, 20.0) is None


# -- dragging ----------------------------------------------------------------------------------


def test_a_dragged_handle_follows_the_mouse_and_the_other_stays(line):
    (x, _), (other_x, other_y) = handles_of(line)
    (start, target) = line.at(*handles_of(line)[0]), line.at(x, 10.0)
    line.drag([start, (start + target) / 2, target])
    m, c = (line.asked[-1].parameters[each] for each in (0, 1))
    assert m * other_x + c == pytest.approx(other_y)
    assert m * x + c == pytest.approx(10.0, abs=2 * line.pixel[1])
    assert len(line.asked) == 2
    middle = line.asked[0].parameters
    assert middle[0] * other_x + middle[1] == pytest.approx(other_y)


def test_the_fitted_line_the_formula_and_the_quality_follow(line):
    before = line.read("fit_quality")
    handle = line.at(*handles_of(line)[1])
    line.drag([handle, handle + QPoint(0, -30)])
    m, c = (line.asked[-1].parameters[each] for each in (0, 1))
    x, y = line.plot._fitted.getData()
    assert y == pytest.approx(m * x + c)
    assert f"{m:.5g}·x".replace("-", "−") in line.read("fitted_formula")
    assert line.read("fit_quality") != before


def test_a_press_beside_a_handle_grabs_it_without_a_jump(line):
    handle = line.at(*handles_of(line)[0]) + QPoint(5, -6)
    line.drag([handle, handle + QPoint(0, -4)])
    (x, y), _ = handles_of(line)
    m, c = (line.asked[-1].parameters[each] for each in (0, 1))
    assert m * x + c == pytest.approx(y)
    assert y - (1.5 * x - 4.0) == pytest.approx(4 * line.pixel[1], abs=line.pixel[1])


def test_the_view_stays_while_a_handle_is_dragged(line):
    before = line.range
    handle = line.at(*handles_of(line)[0])
    line.drag([handle, handle + QPoint(0, -50), QPoint(handle.x(), 0)])
    assert np.array_equal(line.range, before)


def test_a_run_can_start_from_the_bent_curve(line, qtbot):
    assert not line.sees("start_from_fit")
    handle = line.at(*handles_of(line)[0])
    line.drag([handle, handle + QPoint(0, -30)])
    assert line.find("start_from_fit", QPushButton).isVisible()
    with qtbot.waitSignal(line.view.start_asked, timeout=TIMEOUT) as started:
        line.click("start_from_fit")
    assert np.array_equal(started.args[0], [line.asked[-1].parameters[each] for each in (0, 1)])


def test_a_press_on_a_handle_without_a_move_is_a_click_on_what_is_there(view, qtbot):
    line = FitPerson(view, qtbot, Problem(), (2.0, -9.0))  # the points are on the line
    handle = handles_of(line)[1]
    pos = line.at(*handle)
    qtbot.mouseClick(line.plot.viewport(), Qt.MouseButton.LeftButton, pos=pos)
    assert line.asked == []
    assert abs(line.probe.samples.x[line.sample] - handle[0]) <= 0.5


def test_the_mouse_shows_that_a_handle_moves_up_and_down(line):
    viewport = line.plot.viewport()
    line.qtbot.mouseMove(viewport, line.at(*handles_of(line)[0]) + QPoint(6, 3))
    line.wait(lambda: viewport.cursor().shape() is Qt.CursorShape.SizeVerCursor)
    line.qtbot.mouseMove(viewport, line.at(0.0, 25.0))
    line.wait(lambda: viewport.cursor().shape() is Qt.CursorShape.ArrowCursor)


# -- which models have handles -------------------------------------------------------------------


@pytest.mark.parametrize("formula", FUNCTIONS)
def test_a_model_with_two_parameters_has_handles_on_its_curve(view, qtbot, formula):
    problem = Problem(Data(x_from=0.5, x_to=4.0), Model(formula=formula))
    person = FitPerson(view, qtbot, problem, (0.7, 0.4))
    person.plot.setRange(yRange=(-5.0, 5.0), padding=0)
    x, y = person.plot.handles
    assert len(x) == 2
    assert y == pytest.approx(FUNCTIONS[formula]((0.7, 0.4), x), rel=1e-3)


@pytest.mark.parametrize(
    ("model", "frozen", "count"),
    [
        (Model(formula="a*x**2 + b*x + c"), (), 0),
        (Model(formula="a*x"), (), 0),
        (Model(kind=ModelKind.NETWORK), (), 0),
        (Model(formula="a*sin(b*x) + c"), (("b", 0.1),), 2),
    ],
)
def test_other_models_have_none_unless_all_others_are_frozen(view, qtbot, model, frozen, count):
    problem = Problem(Data(true=(("c", 0.0),)), model, frozen)
    person = FitPerson(view, qtbot, problem, np.zeros(len(problem.parameters)))
    assert len(person.plot.handles[0]) == count


def test_parameters_that_the_epoch_has_updated_have_no_handles(line):
    state = State.start(line.parameters, GradientDescent())
    trace = EpochTrace(line.probe, 0, state, Training())
    running = trace.pass_of(0)
    last = len(trace) - 1
    moment = Moment(0, running.probe, running.evaluation, 0, trace.trace(0), last, running)
    line.view.show_moment(moment)
    assert len(line.plot.handles[0]) == 0
