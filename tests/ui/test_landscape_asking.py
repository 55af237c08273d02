"""The loss landscape: what a click says, a drag tries out; other parameters, other runs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QPushButton

from app.keyboard import keys_of
from app.training.epoch_trace import EpochTrace, WhatIf
from app.training.history import History
from app.training.moment import Moment
from app.views.landscape.view import LandscapeView
from autograd.evaluation import Evaluation
from tests.conftest import TIMEOUT
from tests.ui.landscapes import TRAINING, Landscape, drag, model, opened, show_model
from tests.ui.person import Person


@pytest.fixture
def view(qtbot) -> Iterator[LandscapeView]:
    view = LandscapeView()
    yield opened(view, qtbot)
    view.close()
    view.deleteLater()


@pytest.fixture
def landscape(view, qtbot) -> Landscape:
    landscape = Landscape(view, qtbot)
    landscape.show(40)
    return landscape


# -- asking ----------------------------------------------------------------------------------


def test_the_readout_says_the_present_parameters_and_their_loss(landscape):
    m, c = landscape.history.parameters(40)
    expected = [m, c, landscape.history.loss(40)]
    assert landscape.numbers == pytest.approx(expected, rel=1e-4)


def test_a_click_reads_out_the_loss_there(landscape):
    place = landscape.range.mean(axis=1)
    landscape.click_at(place)
    landscape.wait(lambda: landscape.read("landscape_readout").startswith("here: "))
    (asked,) = landscape.marks[2]
    assert (landscape.at(asked) - landscape.at(place)).manhattanLength() <= 2
    loss, _ = landscape.probe.tape.evaluate(asked)
    assert landscape.numbers == pytest.approx([*asked, loss], rel=1e-4)


def test_the_button_asks_to_start_from_the_place_clicked_on(landscape, qtbot):
    assert not landscape.find("start_here", QPushButton).isEnabled()
    landscape.click_at(landscape.range.mean(axis=1))
    landscape.wait(landscape.find("start_here", QPushButton).isEnabled)
    with qtbot.waitSignal(landscape.view.start_asked, timeout=TIMEOUT) as asked:
        landscape.click("start_here")
    assert np.array_equal(asked.args[0], landscape.marks[2][0])


def test_a_double_click_asks_to_start_there(landscape, qtbot):
    with qtbot.waitSignal(landscape.view.start_asked, timeout=TIMEOUT) as asked:
        landscape.double_click_at(landscape.range.mean(axis=1))
    assert np.array_equal(asked.args[0], landscape.marks[2][0])


# -- moving the present point ----------------------------------------------------------------


@pytest.fixture
def tried(landscape) -> list[WhatIf]:
    """What was asked for by moving the present point, all of which is shown."""
    asked: list[WhatIf] = []
    landscape.view.what_if_asked.connect(asked.append)
    landscape.view.what_if_asked.connect(landscape.try_out)
    return asked


def test_dragging_the_present_point_tries_out_every_place_on_the_way(landscape, tried):
    (present,) = landscape.marks[0]
    size = np.ptp(landscape.range, axis=1)
    way = [present + share * size for share in (0.0, 0.02, 0.05, 0.1)]
    landscape.drag(way)
    found = np.array([[each.parameters[0], each.parameters[1]] for each in tried])
    assert np.abs((found - way[1:]) / size).max() < 0.01
    assert landscape.marks[0][0] == pytest.approx(found[-1])
    loss, _ = landscape.probe.tape.evaluate(found[-1])
    assert landscape.numbers == pytest.approx([*found[-1], loss], rel=1e-4)


def test_the_range_stays_while_the_point_is_dragged_out_of_it(landscape, tried):
    before = landscape.range
    (present,) = landscape.marks[0]
    viewport = landscape.plot.viewport()
    landscape.qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=landscape.at(present))
    landscape.qtbot.mouseMove(viewport, landscape.at(present) + QPoint(30, 30))
    landscape.qtbot.mouseMove(viewport, QPoint(viewport.width() - 2, 2))
    assert len(tried) == 2
    assert np.array_equal(landscape.range, before)
    landscape.qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))


def test_a_run_can_start_where_the_point_was_dragged_to(landscape, tried, qtbot):
    (present,) = landscape.marks[0]
    landscape.drag([present, landscape.range.mean(axis=1)])
    with qtbot.waitSignal(landscape.view.start_asked, timeout=TIMEOUT) as asked:
        landscape.click("start_here")
    assert np.array_equal(asked.args[0], list(tried[-1].parameters.values()))


def test_a_drag_elsewhere_pans(landscape, tried, monkeypatch):
    monkeypatch.setitem(pg.CONFIG_OPTIONS, "mouseRateLimit", -1)  # no movement is left out
    before = landscape.range
    middle = before.mean(axis=1)
    far = next(
        each
        for each in (middle, 0.5 * (middle + before[:, 0]))
        if (landscape.at(each) - landscape.at(landscape.marks[0][0])).manhattanLength() > 30
    )
    size = np.ptp(before, axis=1)
    landscape.drag([far, far + 0.1 * size, far + 0.2 * size])
    assert tried == []
    assert (landscape.range[:, 0] < before[:, 0]).all()
    assert np.ptp(landscape.range, axis=1) == pytest.approx(size)


def test_a_press_on_the_point_without_a_move_is_a_click(landscape, tried):
    landscape.click_at(landscape.marks[0][0])
    assert tried == []
    assert len(landscape.marks[2]) == 1


def test_the_hand_shows_that_the_point_can_be_grabbed(landscape):
    (present,) = landscape.marks[0]
    viewport = landscape.plot.viewport()
    for aside, cursor in ((7, Qt.CursorShape.OpenHandCursor), (40, Qt.CursorShape.ArrowCursor)):
        landscape.qtbot.mouseMove(viewport, landscape.at(present) + QPoint(aside, 0))
        landscape.wait(lambda cursor=cursor: viewport.cursor().shape() is cursor)


@pytest.mark.usefixtures("tried")
def test_arrow_keys_move_the_point_once_it_has_the_focus(landscape):
    before = landscape.marks[0][0]
    size = np.ptp(landscape.range, axis=1)
    landscape.plot.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Up):
        landscape.press(key)
    assert landscape.marks[0][0] == pytest.approx(before + 0.01 * size * [1, 2])
    assert keys_of(landscape.plot) >= {Qt.Key.Key_Left, Qt.Key.Key_Down}


def test_a_click_does_not_take_the_arrow_keys_away_from_stepping(landscape):
    landscape.click_at(landscape.range.mean(axis=1))
    assert not landscape.plot.hasFocus()


def test_parameters_that_the_epoch_has_updated_cannot_be_moved(landscape, tried):
    moment = landscape.show()
    trace = EpochTrace(
        landscape.probe, moment.epoch, landscape.history.state(moment.epoch), TRAINING
    )
    last = len(trace) - 1
    running = trace.pass_of(0)
    moment = Moment(
        moment.epoch, running.probe, running.evaluation, 0, trace.trace(0), last, running
    )
    landscape.view.show_moment(moment, landscape.history, TRAINING, moment.epoch)
    (present,) = landscape.marks[0]
    landscape.drag([present, landscape.range.mean(axis=1)])
    assert tried == []


def test_over_one_parameter_the_point_moves_along_the_curve(view, qtbot):
    probe = model(1)
    show_model(view, probe, [[3.0], [2.0], [1.0], [0.5]])
    asked: list[WhatIf] = []
    view.what_if_asked.connect(asked.append)
    start = view.plot.present
    scene = view.plot.getViewBox().mapViewToScene(QPointF(*start))
    pixel = view.plot.mapFromScene(scene)
    drag(view.plot, [pixel, pixel + QPoint(20, -35)], qtbot)
    (what_if,) = asked
    assert list(what_if.parameters) == [0]
    width, _ = view.plot.getViewBox().viewPixelSize()
    assert what_if.parameters[0] == pytest.approx(start[0] + 20 * width, abs=width)


# -- other runs ------------------------------------------------------------------------------


def history_of(rows: np.ndarray) -> History:
    history = History(rows.shape[1])
    history.extend(rows, np.ones(len(rows)))
    return history


def test_other_runs_have_their_own_paths_and_names(landscape):
    rows = np.random.default_rng(0).normal(size=(30, 2))
    colour = QColor("#bb8822")
    landscape.view.show_other_runs(
        [("Momentum <0.9>", colour, history_of(rows), 20), ("none", colour, History(2), -1)]
    )
    (path,) = landscape.plot._others
    assert np.array_equal(np.column_stack(path.getData()), rows[:21])
    assert path.opts["pen"].color() == colour
    assert np.array_equal(np.column_stack(landscape.plot._ends.getData()), rows[20:21])
    assert "Momentum <0.9>" in landscape.legend
    assert "none" not in landscape.legend


def test_a_run_that_is_no_longer_shown_has_no_path(landscape):
    history = history_of(np.zeros((5, 2)))
    landscape.view.show_other_runs([("Adam", QColor("red"), history, 4)])
    landscape.view.show_other_runs([])
    assert len(landscape.plot._others[0].getData()[0]) == 0
    assert "Adam" not in landscape.legend


def test_the_path_of_another_run_is_looked_up_again_only_when_it_has_grown(landscape):
    history = history_of(np.zeros((2000, 2)))
    looked_up = []
    found = history.parameters
    history.parameters = lambda epoch: looked_up.append(epoch) or found(epoch)
    for _ in range(3):
        landscape.view.show_other_runs([("Adam", QColor("red"), history, 1500)])
        landscape.show(1)
    assert 1 < len(looked_up) < 600
    count = len(looked_up)
    landscape.view.show_other_runs([("Adam", QColor("red"), history, 1600)])
    assert len(looked_up) > count
    assert len(landscape.plot._others[0].getData()[0]) == len(looked_up) - count


def test_runs_of_a_model_with_other_parameters_are_left_out(landscape):
    landscape.view.show_other_runs([("Sine", QColor("red"), history_of(np.zeros((5, 3))), 4)])
    assert landscape.plot._others == []


def test_of_many_runs_some_are_named(landscape):
    runs = [(f"run {k}", QColor("red"), history_of(np.zeros((5, 2))), 4) for k in range(9)]
    landscape.view.show_other_runs(runs)
    assert "run 3" in landscape.legend
    assert "run 4" not in landscape.legend
    assert "and 5 more" in landscape.legend


# -- other numbers of parameters -------------------------------------------------------------


def test_with_two_parameters_there_is_nothing_to_choose(landscape):
    assert not landscape.sees("landscape_first")


def test_of_more_parameters_two_are_chosen_and_the_others_stay(view, qtbot):
    rows = [[3.0, 3.0, 3.0], [2.0, 1.0, 0.5], [1.5, 0.5, 0.2]]
    probe = model(3)
    show_model(view, probe, rows)
    person = Person(view, qtbot)
    assert [
        person.find(f"landscape_{name}", QComboBox).currentText() for name in ("first", "second")
    ] == ["a", "b"]
    person.choose("landscape_second", "c")
    assert view.plot.getAxis("left").labelText == "c"
    assert np.array_equal(np.column_stack(view.plot._path.getData()), np.array(rows)[:2, [0, 2]])
    survey = view.losses.shown
    a, c = survey.box.ticks(survey.resolution)
    expected, _ = probe.tape.evaluate([a[3], 1.0, c[5]])
    assert survey.losses[5, 3] == pytest.approx(expected)


def test_of_more_parameters_the_minimum_is_that_with_the_others_as_they_are(view, qtbot):
    probe = model(3)
    rows = [[3.0, 3.0, 3.0], [2.0, 1.0, 0.5], [1.5, 0.5, 0.2]]
    show_model(view, probe, rows)
    person = Person(view, qtbot)
    history = History(3)
    history.extend(np.array(rows), np.ones(3))
    view.show_moment(Moment(0, probe, Evaluation(probe.tape, rows[0])), history, TRAINING, 2)
    person.wait(lambda: not view.losses.busy)
    x, y = probe.tape.columns.values()
    expected = np.polyfit(x, y - 3.0 * x**2, 1)[::-1]
    assert np.column_stack(view.plot._minimum.getData())[0] == pytest.approx(expected)


def test_choosing_one_parameter_twice_exchanges_both(view, qtbot):
    show_model(view, model(3), [[3.0, 3.0, 3.0], [2.0, 1.0, 0.5], [1.5, 0.5, 0.2]])
    Person(view, qtbot).choose("landscape_first", "b")
    assert view.plot.getAxis("bottom").labelText == "b"
    assert view.plot.getAxis("left").labelText == "a"


@pytest.mark.parametrize("log", [True, False])
def test_over_one_parameter_the_loss_is_a_curve(view, qtbot, log):
    probe = model(1)
    person = Person(view, qtbot)
    view.show_run(probe)
    if not log:
        person.click("landscape_log")
    show_model(view, probe, [[3.0], [2.0], [1.0], [0.5]])
    person.wait(lambda: not view.losses.busy)
    x, heights = view.plot._curve.getData()
    losses = np.array([probe.tape.evaluate([each])[0] for each in x])
    expected = np.maximum(np.log10(losses), view._scale.low) if log else losses
    assert heights == pytest.approx(expected)
    assert not view.plot._picture.isVisible()
    assert view.plot.getAxis("left").labelText == "loss"
    (present,) = np.column_stack(view.plot._present.getData())
    assert present[0] == 1.0
    loss, _ = probe.tape.evaluate([1.0])
    assert present[1] == pytest.approx(np.log10(loss) if log else loss)
