"""The loss curve: what is drawn, how it is read out, how the view follows."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QCheckBox

from tests.ui.person import Person, curves


def curve(person: Person) -> tuple[np.ndarray, np.ndarray]:
    (item,) = curves(person.window.loss_view.plot)
    return item.getData()


def losses(person: Person) -> np.ndarray:
    return person.window.session.history.losses


def readout(person: Person) -> tuple[int, float]:
    match = re.fullmatch(r"epoch ([\d,]+) · loss (\S+)", person.read("loss_readout"))
    assert match
    return int(match[1].replace(",", "")), float(match[2])


def view_range(person: Person) -> list[list[float]]:
    return person.window.loss_view.plot.getViewBox().viewRange()


def place_of(person: Person, epoch: float) -> QPointF:
    """Return the pixel of the plot at which an epoch stands, half way up."""
    plot = person.window.loss_view.plot
    box = plot.getViewBox()
    height = sum(box.viewRange()[1]) / 2
    return QPointF(plot.mapFromScene(box.mapViewToScene(QPointF(epoch, height))))


def point_at(person: Person, epoch: float) -> None:
    viewport = person.window.loss_view.plot.viewport()
    person.qtbot.mouseMove(viewport, place_of(person, epoch).toPoint())


@pytest.fixture
def trained(person) -> Person:
    person.train(25)
    return person


# -- what is drawn ---------------------------------------------------------------------------


def test_the_curve_is_the_history_on_a_logarithmic_axis(trained):
    epochs, heights = curve(trained)
    assert list(epochs) == list(range(26))
    assert np.allclose(heights, np.log10(losses(trained)), rtol=1e-12)


def test_without_the_log_axis_the_curve_is_the_losses(trained):
    trained.click("log_axis")
    _, heights = curve(trained)
    assert np.array_equal(heights, losses(trained))
    trained.click("log_axis")
    _, heights = curve(trained)
    assert np.allclose(heights, np.log10(losses(trained)))


@pytest.mark.parametrize("log", [True, False])
def test_the_whole_run_is_in_view(trained, log):
    if not log:
        trained.click("log_axis")
    (left, right), (bottom, top) = view_range(trained)
    epochs, heights = curve(trained)
    assert left <= 0
    assert epochs[-1] <= right
    assert bottom <= heights.min()
    assert heights.max() <= top


def test_the_axes_hold_still_over_many_epochs(trained):
    before = view_range(trained)
    trained.train(10)
    assert view_range(trained)[0] == before[0]


def test_a_long_run_is_thinned_but_its_extremes_are_drawn(person):
    person.run_to_end()
    epochs, heights = curve(person)
    assert len(epochs) <= 2 * max(50, person.window.loss_view.plot.width())
    assert 10 ** heights.min() == pytest.approx(losses(person).min())
    assert 10 ** heights.max() == pytest.approx(losses(person).max())


def test_while_training_runs_the_curve_ends_at_the_epoch_that_is_shown(person):
    ends: list[tuple[int, int, int]] = []

    def look() -> None:
        ends.append((person.epoch, readout(person)[0], int(curve(person)[0][-1])))

    person.enter("epochs", "2000000")
    person.window.session.frame_arrived.connect(look)
    person.run_to_end()
    assert len(ends) > 5
    assert [each for each in ends if each[0] != each[1] or each[2] > each[0]] == []


def test_reset_empties_the_curve(trained):
    trained.click("reset")
    trained.wait(lambda: trained.epoch == 0)
    epochs, _ = curve(trained)
    assert list(epochs) == [0]
    assert readout(trained)[0] == 0


def test_a_loss_of_0_leaves_a_gap_on_the_log_axis(make_window, qtbot):
    from app.study.experiment import Experiment
    from app.study.presets import Preset

    exact = Experiment().with_value("start.m", 2.0).with_value("start.c", -9.0)
    person = Person(make_window(Preset("exact", "Exact", "", exact)), qtbot)
    person.train(3)
    assert readout(person) == (3, 0.0)
    assert np.all(np.isnan(curve(person)[1]))
    person.click("log_axis")
    assert list(curve(person)[1]) == [0.0] * 4


# -- the crosshair ---------------------------------------------------------------------------


def test_without_a_crosshair_the_newest_epoch_is_read_out(trained):
    epoch, loss = readout(trained)
    assert epoch == 25
    assert loss == pytest.approx(losses(trained)[25], rel=1e-9)


def test_the_mouse_reads_out_the_epoch_below_it(trained):
    for epoch in (0, 7, 20):
        trained.qtbot.wait(20)  # of moves that follow one another closely, some are dropped
        point_at(trained, epoch + 0.2)
        shown, loss = readout(trained)
        assert shown == epoch
        assert loss == pytest.approx(losses(trained)[epoch], rel=1e-9)


def test_right_of_the_newest_epoch_the_newest_is_read_out(trained):
    _, right = view_range(trained)[0]
    point_at(trained, right - 0.2)
    assert readout(trained)[0] == 25


def test_keys_move_the_crosshair(trained):
    trained.window.loss_view.setFocus()
    for key, epoch in (
        (Qt.Key.Key_Left, 24),
        (Qt.Key.Key_Left, 23),
        (Qt.Key.Key_Right, 24),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Left, 0),
        (Qt.Key.Key_End, 25),
        (Qt.Key.Key_Right, 25),
    ):
        trained.press(key)
        shown, loss = readout(trained)
        assert shown == epoch
        assert loss == pytest.approx(losses(trained)[epoch], rel=1e-9)


def test_a_crosshair_stays_at_its_epoch_while_training_goes_on(trained):
    trained.window.loss_view.setFocus()
    trained.press(Qt.Key.Key_Home)
    trained.train(2)
    assert readout(trained)[0] == 0
    trained.window.loss_view.setFocus()
    trained.press(Qt.Key.Key_Escape)
    assert readout(trained)[0] == 27


# -- panning and zooming ---------------------------------------------------------------------


def zoom(person: Person) -> None:
    plot = person.window.loss_view.plot
    person.wheel(plot.viewport(), place_of(person, 5), notches=3)


def test_zooming_ends_following_and_the_view_stays(trained):
    before = view_range(trained)
    zoom(trained)
    after = view_range(trained)
    assert after[0][1] - after[0][0] < before[0][1] - before[0][0]
    assert not trained.find("follow", QCheckBox).isChecked()
    trained.train(30)
    assert view_range(trained) == after


def test_follow_brings_the_whole_run_back(trained):
    zoom(trained)
    trained.train(30)
    trained.click("follow")
    (left, right), _ = view_range(trained)
    assert left <= 0
    assert right >= 55
    assert curve(trained)[0][-1] == 55


@pytest.mark.parametrize("notches", [-40, 40])
def test_however_far_the_view_is_zoomed_it_is_drawn(trained, notches):
    plot = trained.window.loss_view.plot
    trained.wheel(plot.viewport(), place_of(trained, 5), notches)
    trained.train(1)
    assert not plot.grab().isNull()


@pytest.mark.parametrize("direction", [-1, 1])
def test_the_curve_can_be_dragged_out_of_view_and_comes_back(trained, direction):
    rows = itertools.cycle((0.2, 0.6, 0.4, 0.7))  # not twice in one place: a double click

    def drag_and_look() -> bool:
        drag(trained, next(rows), direction)
        (left, right), _ = view_range(trained)
        return right < -3 or left > 28

    trained.wait(drag_and_look)
    trained.train(1)
    trained.click("follow")
    assert curve(trained)[0][-1] == 26


def drag(person: Person, row: float, direction: int) -> None:
    """Drag the curve in its middle half, to the right if positive; the row is a share."""
    plot = person.window.loss_view.plot
    inside = plot.mapFromScene(plot.getViewBox().sceneBoundingRect()).boundingRect()
    middle = QPoint(inside.center().x(), round(inside.top() + row * inside.height()))
    step = QPoint(direction * inside.width() // 4, 0)
    viewport = plot.viewport()
    person.qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=middle - step)
    for share in (-0.5, 0.0, 0.5, 1.0):
        person.qtbot.mouseMove(viewport, middle + step * share)
    person.qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=middle + step)


def test_reset_follows_again(trained):
    zoom(trained)
    trained.click("reset")
    trained.wait(lambda: trained.epoch == 0)
    assert trained.find("follow", QCheckBox).isChecked()
