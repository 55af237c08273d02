"""A run whose loss is no longer a number pauses with a reason, and can be begun again."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from app.theme import load_theme
from app.training.loop import State
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


@pytest.mark.parametrize("folded", [True, False])
def test_every_node_in_view_that_is_not_finite_is_marked_and_no_other(diverged, folded):
    view = diverged.window.graph_view
    view.animation_action.setChecked(False)
    diverged.window.walk.set_folded(folded)
    canvas, scene = view.canvas, view.canvas.scene
    picture, inside = canvas.grab().toImage(), QRectF(canvas.rect()).adjusted(2, 2, -2, -2)
    loss = scene.find_node(len(scene.probe.tape.instructions) - 1, 0)
    assert re.search(r"inf|nan", canvas.describe(loss))
    marked = {}
    for node in range(len(scene)):
        box = canvas.node_rectangle(node)
        if inside.contains(box):
            shown = QColor(picture.pixel(round(box.left()) + 3, box.center().toPoint().y()))
            marked[node] = shown == load_theme("light").non_finite
            finite = not re.search(r"\b(inf|nan)\b", canvas.describe(node))
            assert marked[node] is not finite
    assert set(marked.values()) == {True, False}
    assert loss in marked or not folded


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
    below = person.find("graph_dock")  # right below the notice
    top = below.y()
    person.run_to_end()
    assert person.sees("answer_reset_now")
    assert below.y() == top
    person.enter("true.m", "5")
    assert person.sees("answer_start_anew")
    assert below.y() == top
