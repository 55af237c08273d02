"""Other places of the run in the whole window: the timeline, the landscape, starting elsewhere."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QPoint, Qt

from app.study.experiment import Experiment
from app.study.presets import Preset
from app.training.loop import State
from tests.ui.inspected import number
from tests.ui.on_canvas import canvas_of
from tests.ui.person import Person

Key = Qt.Key


@pytest.fixture
def person(make_window, qtbot) -> Person:
    """A person before a run of fifty epochs, so that each can be hit on the timeline."""
    short = Experiment().with_value("epochs", 50)
    return Person(make_window(Preset("short", "Short", "", short)), qtbot)


def click_on_epoch(person: Person, epoch: int) -> None:
    """Click on an epoch of the timeline, and wait until it is looked at."""
    strip = person.find("timeline_strip")
    person.click("timeline_strip", QPoint(round(strip.x_of(epoch)), strip.height() // 2))
    person.wait(lambda: person.epoch == epoch)


def shown(person: Person) -> tuple[float, float]:
    """The m that the graph and the fit show."""
    canvas = canvas_of(person)
    place = person.window.walk.moment.probe.tape.parameters[0]
    on_graph = canvas.texts(canvas.scene.find_node(place, 0))[1]
    (in_fit,) = re.findall(r"ŷ = (\S+)·x", person.read("fitted_formula"))
    return number(on_graph), number(in_fit)


def test_every_view_shows_the_epoch_that_the_timeline_is_clicked_on(person):
    person.train(40)
    history = person.window.session.history
    click_on_epoch(person, 10)
    slope = history.parameters(10)[0]
    assert shown(person) == pytest.approx((slope, slope), rel=1e-3)
    assert number(person.read("loss").removeprefix("loss ")) == pytest.approx(
        history.loss(10), rel=1e-4
    )
    assert person.read("loss_readout").startswith("epoch 10 ")
    assert "epoch 10 of 40 trained" in person.read("notice_text")


def test_training_goes_on_from_the_newest_epoch_wherever_one_looks(person):
    person.train(20)
    click_on_epoch(person, 5)
    person.click("step")
    person.wait(lambda: person.epoch == 21)
    assert person.state is State.PAUSED


def test_steps_begin_at_the_epoch_that_the_timeline_shows(person):
    person.train(20)
    click_on_epoch(person, 5)
    person.press(Key.Key_Period)
    assert person.read("narration_headline").startswith("Epoch 5 · forward 1 of 6")


def test_the_landscape_stands_where_the_cursor_is(person):
    person.train(30)
    person.find("landscape_dock").raise_()
    person.wait(lambda: "loss –" not in person.read("landscape_readout"))
    click_on_epoch(person, 12)
    history = person.window.session.history
    said = [number(each) for each in re.findall(r"[\d.−e]+", person.read("landscape_readout"))]
    assert said == pytest.approx([*history.parameters(12), history.loss(12)], rel=1e-3)


def test_a_run_starts_from_a_place_of_the_landscape(person):
    person.train(3)
    person.find("landscape_dock").raise_()
    person.wait(lambda: "loss –" not in person.read("landscape_readout"))
    plot = person.window.findChild(type(person.find("landscape_plot")), "landscape_plot")
    person.qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=plot.rect().center())
    person.wait(lambda: person.read("landscape_readout").startswith("here: "))
    slope, intercept = (
        number(each) for each in re.findall(r"[\d.−e]+", person.read("landscape_readout"))[-3:-1]
    )
    person.click("start_here")
    assert "starts training anew" in person.read("notice_text")
    person.click("answer_start_anew")
    person.wait(lambda: person.epoch == 0)
    started = person.window.session.history.parameters(0)
    assert started == pytest.approx([slope, intercept], rel=1e-3)
