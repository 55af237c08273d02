"""Training by mouse and keyboard: the transport, and what shows that it works."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QSlider, QToolButton

from app.study.experiment import Experiment
from app.training.loop import State
from app.training.trainer import Trainer
from tests.ui.person import Person, curves


def history_of(experiment: Experiment, epochs: int) -> Trainer:
    """Return a trainer that has made so many epochs."""
    trainer = Trainer(experiment)
    trainer.start()
    for _ in range(epochs):
        trainer.advance()
    return trainer


def shown_loss(person: Person) -> float:
    match = re.search(r"loss (\S+)", person.read("loss"))
    assert match
    return float(match[1])


def test_play_trains_and_pause_stops(person):
    assert person.epoch == 0
    person.click("play")
    person.wait(lambda: person.epoch > 20)
    assert person.find("play", QToolButton).text() == "Pause"
    person.click("play")
    person.wait_for(State.PAUSED)
    assert person.find("play", QToolButton).text() == "Play"
    assert person.epoch == person.window.session.history.last_epoch
    assert f"{person.epoch}" in person.read("notice_text")


def test_loss_label_and_curve_follow_the_epochs(person):
    first = shown_loss(person)
    person.train(12)
    history = person.window.session.history
    assert shown_loss(person) == pytest.approx(history.loss(12), rel=1e-5)
    assert shown_loss(person) < first
    (curve,) = curves(person.window.loss_view.plot)
    assert list(curve.getData()[0]) == list(range(13))
    assert person.find("progress", QProgressBar).value() == 12


def test_space_plays_and_pauses_right_after_the_start(person):
    person.press(Qt.Key.Key_Space)
    person.wait(lambda: person.epoch > 3)
    assert person.state is State.RUNNING
    person.press(Qt.Key.Key_Space)
    person.wait_for(State.PAUSED)


def test_space_plays_too_when_the_window_becomes_active_only_after_loading(make_window, qtbot):
    person = Person(make_window(active=False), qtbot)
    person.window.activateWindow()
    person.wait(person.window.isActiveWindow)
    person.press(Qt.Key.Key_Space)
    person.wait(lambda: person.epoch > 3)


def test_n_makes_one_epoch(person):
    person.press(Qt.Key.Key_N)
    person.wait(lambda: person.epoch == 1)
    expected = history_of(Experiment(), 1).history
    assert np.array_equal(person.window.session.history.losses, expected.losses)
    assert person.state is State.PAUSED


def test_the_step_button_makes_one_epoch_more(person):
    for epoch in (1, 2, 3):
        person.click("step")
        person.wait(lambda epoch=epoch: person.epoch == epoch)


def test_step_while_running_pauses_one_epoch_later(person):
    person.click("play")
    person.wait(lambda: person.epoch > 5)
    person.press(Qt.Key.Key_N)
    person.wait_for(State.PAUSED)
    assert person.epoch == person.window.session.history.last_epoch
    assert "Play" in person.find("play", QToolButton).text()


@pytest.mark.parametrize("how", ["key", "button"])
def test_reset_returns_to_the_same_beginning(person, how):
    first = person.read("loss")
    person.train(5)
    assert person.read("loss") != first
    if how == "key":
        person.press(Qt.Key.Key_R)
    else:
        person.click("reset")
    person.wait(lambda: person.epoch == 0)
    assert person.read("loss") == first
    assert person.window.session.history.last_epoch == 0


def test_reset_while_running_stops_at_epoch_0(person):
    person.click("play")
    person.wait(lambda: person.epoch > 5)
    person.press(Qt.Key.Key_R)
    person.wait(lambda: person.epoch == 0)
    assert person.state is State.PAUSED


def test_a_run_is_the_same_again_after_reset(person):
    person.train(30)
    before = person.window.session.history.losses.copy()
    person.press(Qt.Key.Key_R)
    person.wait(lambda: person.epoch == 0)
    person.train(30)
    assert np.array_equal(person.window.session.history.losses, before)


def test_keys_choose_the_speed(person):
    slider = person.find("speed", QSlider)
    slider.setFocus()
    person.press(Qt.Key.Key_Home)
    assert person.read("speed_value") == "1 epoch/s"
    person.press(Qt.Key.Key_Right)
    assert person.read("speed_value") == "2 epochs/s"
    with person.qtbot.waitSignal(person.window.transport.speed_changed) as changed:
        person.press(Qt.Key.Key_End)
    assert changed.args == [float("inf")]
    assert person.read("speed_value") == "max"


def test_a_higher_speed_applies_while_training_runs(person):
    person.find("speed", QSlider).setFocus()
    person.press(Qt.Key.Key_Home)
    person.click("play")
    person.wait_for(State.RUNNING)
    person.find("speed", QSlider).setFocus()
    person.press(Qt.Key.Key_End)
    person.wait_for(State.FINISHED)  # 2000 epochs: more than half an hour at the speed before


def test_a_learning_rate_that_was_entered_is_used(person):
    person.enter("learning_rate", "0.0005")
    person.click("step")
    person.wait(lambda: person.epoch == 1)
    expected = history_of(Experiment().with_value("learning_rate", 0.0005), 1).history.loss(1)
    assert person.window.session.history.loss(1) == expected
    assert shown_loss(person) == pytest.approx(expected, rel=1e-5)


def test_play_takes_what_was_typed_without_enter(person):
    person.type("learning_rate", "0.0005")
    person.click("play")
    person.wait(lambda: person.epoch >= 1)
    person.click("play")
    person.wait_for(State.PAUSED)
    expected = history_of(Experiment().with_value("learning_rate", 0.0005), 1).history.loss(1)
    assert person.window.session.history.loss(1) == expected


def test_a_learning_rate_changed_while_training_applies_from_then_on(person):
    person.click("play")
    person.wait(lambda: person.epoch >= 3)
    person.enter("learning_rate", "0.002")
    changed_at = person.window.session.history.last_epoch
    assert not person.window.notice.asks
    person.wait(lambda: person.epoch > changed_at + 3)
    person.click("play")
    person.wait_for(State.PAUSED)
    history = person.window.session.history
    step = history.parameters(history.last_epoch) - history.parameters(history.last_epoch - 1)
    assert abs(step[1]) == pytest.approx(41 * 0.002)  # c moves by the clip bound, 41 times
    first = history.parameters(1) - history.parameters(0)
    assert abs(first[1]) == pytest.approx(41 * 0.001)


def test_training_finishes_and_goes_on_when_epochs_are_raised(person):
    person.enter("epochs", "50")
    person.run_to_end()
    assert person.state is State.FINISHED
    assert person.epoch == 50
    assert person.read("epoch").endswith("/ 50")
    assert "Finished" in person.read("notice_text")
    person.enter("epochs", "80")
    person.click("play")
    person.wait(lambda: person.epoch == 80)
    person.wait_for(State.FINISHED)


def test_play_after_the_end_says_again_that_it_is_finished(person):
    person.enter("epochs", "5")
    person.run_to_end()
    person.click("play")
    person.wait(lambda: "Finished" in person.read("notice_text"))
    assert person.epoch == 5


def test_the_whole_run_is_the_trainers(person):
    person.enter("epochs", "300")
    person.run_to_end()
    expected = history_of(Experiment(), 300).history
    history = person.window.session.history
    assert np.array_equal(history.losses, expected.losses)
    assert np.array_equal(history.parameters(300), expected.parameters(300))


def test_space_on_a_check_box_ticks_it_instead_of_playing(person):
    person.find("clipping").setFocus()
    person.press(Qt.Key.Key_Space)
    assert person.window.panel.experiment.training.clipping is False
    assert person.state is State.PAUSED


def test_letters_typed_in_a_field_are_no_commands(person):
    person.train(2)
    person.type("learning_rate", "nr")
    assert person.read("learning_rate") == "nr"
    assert person.epoch == 2


def test_play_is_refused_while_a_field_is_wrong(person):
    person.enter("learning_rate", "much")
    person.click("play")
    assert "Esc" in person.read("notice_text")
    assert person.state is State.PAUSED
    person.find("learning_rate").setFocus()
    person.press(Qt.Key.Key_Escape)
    person.click("play")
    person.wait(lambda: person.epoch >= 1)
