"""What if: a number edited in the inspector, stepped through, taken back, ended by training.

Editing on the graph itself is tested with the canvas.
"""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import Qt

from app.training.loop import State
from tests.ui.inspected import number
from tests.ui.on_canvas import Line, assert_shows, canvas_of, click_node, node_called
from tests.ui.person import Person, drawn

Key = Qt.Key


def line_of(person: Person, **replaced: float) -> Line:
    """The notebook's loss at the epoch looked at, define by run, with other parameters."""
    samples = canvas_of(person).scene.probe.samples
    m, c = map(float, person.window.session.history.parameters(person.epoch))
    return Line(samples.x, samples.y, **{"m": m, "c": c, **replaced})


def select(person: Person, symbol: str) -> None:
    """Click on a node in the graph, and wait until the inspector explains it."""
    click_node(person, node_called(canvas_of(person), symbol, person.window.walk.sample))
    person.settle()
    assert person.read("inspected") == symbol


def assert_all_show(person: Person, line: Line) -> None:
    """Check graph, fit, loss and inspector against the define-by-run engine."""
    person.settle()
    assert_shows(canvas_of(person), line, person.window.walk.sample)
    slope, intercept = line.shared["m"].data, line.shared["c"].data
    x, y = drawn(person.window.fit_view.plot, "fitted line")
    assert y == pytest.approx(slope * x + intercept)
    told = re.search(r"the loss is (\S+)\.", person.read("narration_sentence"))
    if told is not None:
        assert number(told[1]) == pytest.approx(line.loss.data, rel=6e-4)
    if person.sees("inspected_gradient"):
        gradient = line.node(person.read("inspected"), person.window.walk.sample).grad
        assert number(person.read("inspected_gradient")) == pytest.approx(gradient, rel=1e-4)


@pytest.fixture
def at_slope(person) -> Person:
    """A person at epoch 3 with m in the inspector."""
    person.train(3)
    select(person, "m")
    return person


def test_everything_follows_what_is_typed_and_escape_takes_it_back(at_slope):
    before = line_of(at_slope)
    at_slope.enter("inspected_value_edit", "1.25")
    assert_all_show(at_slope, line_of(at_slope, m=1.25))
    assert "yours" in at_slope.read("notice_text")
    at_slope.find("play").setFocus()
    at_slope.press(Key.Key_Escape)
    assert_all_show(at_slope, before)
    assert at_slope.read("inspected") == "m"
    assert "yours" not in at_slope.read("notice_text")


def test_a_data_point_of_the_selected_sample_can_be_edited(person):
    select(person, "y")
    person.enter("inspected_value_edit", "3.5")
    sample = person.window.walk.sample
    samples = canvas_of(person).scene.probe.samples
    y = samples.y.copy()
    y[sample] = 3.5
    m, c = map(float, person.window.session.history.parameters(0))
    assert_shows(canvas_of(person), Line(samples.x, y, m, c), sample)


def test_steps_go_through_the_epoch_with_the_edited_value(at_slope):
    at_slope.enter("inspected_value_edit", "1.25")
    at_slope.find("play").setFocus()
    line = line_of(at_slope, m=1.25)
    at_slope.press_often(Key.Key_Right, 14)
    assert at_slope.step == ("backward", 14, 16)
    assert_shows(canvas_of(at_slope), line, at_slope.window.walk.sample)
    at_slope.press(Key.Key_Right)
    clipped = max(-1.0, min(1.0, line.shared["m"].grad))
    updated = 1.25 - 41 * 0.001 * clipped
    told = at_slope.read("narration_sentence").rsplit(" = ", 1)[1]
    assert number(told.rstrip(".")) == pytest.approx(updated, rel=6e-4)
    assert "yours" in at_slope.read("notice_text")


def test_the_next_epoch_is_the_runs_own(at_slope):
    at_slope.enter("inspected_value_edit", "1.25")
    at_slope.find("play").setFocus()
    at_slope.press_often(Key.Key_Right, 17)
    at_slope.wait(lambda: at_slope.epoch == 4)
    at_slope.press_often(Key.Key_Escape, 2)
    assert at_slope.step is None
    assert_all_show(at_slope, line_of(at_slope))
    assert "yours" not in at_slope.read("notice_text")


def test_play_goes_on_with_the_runs_own_numbers(at_slope):
    at_slope.enter("inspected_value_edit", "1.25")
    at_slope.click("play")
    at_slope.wait(lambda: at_slope.epoch > 6)
    at_slope.click("play")
    at_slope.wait_for(State.PAUSED)
    assert_all_show(at_slope, line_of(at_slope))
    assert at_slope.window.session.history.parameters(4)[0] != pytest.approx(1.25, rel=0.05)


def test_an_edit_while_training_runs_pauses_it(at_slope):
    at_slope.click("play")
    at_slope.wait(lambda: at_slope.epoch > 6)
    at_slope.enter("inspected_value_edit", "1.25")
    at_slope.wait_for(State.PAUSED)
    at_slope.settle()
    assert_all_show(at_slope, line_of(at_slope, m=1.25))


def test_reset_takes_an_edit_back(at_slope):
    at_slope.enter("inspected_value_edit", "1.25")
    at_slope.click("reset")
    at_slope.wait(lambda: at_slope.epoch == 0)
    assert_all_show(at_slope, line_of(at_slope))
