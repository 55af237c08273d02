"""A run whose loss is no longer a number pauses with a reason, and can be begun again."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtGui import QColor

from app.theme import load_theme
from app.training.loop import State
from app.training.snapshot import Probe
from app.views.graph.structure import GraphStructure
from tests.ui.person import Person, curves, drawn


@pytest.fixture
def diverged(make_window, qtbot) -> Person:
    person = Person(make_window("diverging"), qtbot)
    person.run_to_end()
    return person


def test_a_diverging_run_pauses_with_epoch_reason_and_advice(diverged):
    assert diverged.state is State.DIVERGED
    notice = diverged.read("notice_text")
    assert f"epoch {diverged.epoch}" in notice
    assert "infinite" in notice or "nan" in notice
    assert "learning rate" in notice
    assert diverged.window.notice.property("kind") == "warning"
    assert diverged.find("play").text() == "Play"


def test_the_history_up_to_there_is_kept_and_drawn(diverged):
    history = diverged.window.session.history
    assert history.last_epoch == diverged.epoch
    assert np.all(np.isfinite(history.losses[:-1]))
    assert not math.isfinite(history.losses[-1])
    assert diverged.read("loss") == f"loss {history.losses[-1]}"
    (curve,) = curves(diverged.window.loss_view.plot)
    _, heights = curve.getData()
    assert np.nanmax(heights) == pytest.approx(math.log10(history.losses[-2]))


def test_the_line_is_drawn_within_what_can_be_painted(diverged):
    _, fitted = drawn(diverged.window.fit_view.plot, "fitted line")
    assert np.nanmax(np.abs(fitted)) < 1e9


def test_a_node_that_is_not_finite_is_marked(diverged):
    canvas = diverged.window.graph_view.canvas
    loss = GraphStructure(Probe(diverged.window.session.experiment.data)).loss
    assert "inf" in canvas.describe(loss)
    box = canvas.node_rectangle(loss)
    at = box.center().toPoint()
    picture = canvas.grab().toImage()
    shown = QColor(picture.pixel(round(box.left()) + 3, at.y()))
    assert shown == load_theme("light").non_finite


def test_play_says_again_why_it_cannot_go_on(diverged):
    epoch = diverged.epoch
    diverged.window.notice.say("")
    with diverged.qtbot.waitSignal(diverged.window.session.diverged):
        diverged.click("play")
    assert "epoch" in diverged.read("notice_text")
    assert diverged.epoch == epoch


def test_reset_now_begins_the_run_again(diverged):
    diverged.click("answer_reset_now")
    diverged.wait(lambda: diverged.epoch == 0)
    assert diverged.state is State.PAUSED
    assert not diverged.window.notice.asks
    diverged.train(2)
    assert math.isfinite(diverged.window.session.history.loss(2))


def test_a_smaller_learning_rate_then_trains_to_the_end(diverged):
    diverged.enter("learning_rate", "0.001")
    diverged.enter("epochs", "40")
    diverged.click("reset")
    diverged.wait(lambda: diverged.epoch == 0)
    diverged.click("play")
    diverged.wait_for(State.FINISHED)
    losses = diverged.window.session.history.losses
    assert losses[-1] < losses[0]


def test_nothing_jumps_when_the_notice_has_more_to_say(make_window, qtbot):
    person = Person(make_window("diverging"), qtbot)
    before = person.find("fit_dock").y()
    person.run_to_end()
    assert person.sees("answer_reset_now")
    assert person.find("fit_dock").y() == before
    person.enter("slope", "5")
    assert person.sees("answer_start_anew")
    assert person.find("fit_dock").y() == before
