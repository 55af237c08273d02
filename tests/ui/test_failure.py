"""An error in training is said in a sentence, can be reported, and is no end."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication

from app.training.loop import State
from app.training.trainer import Trainer
from tests.ui.person import Person


def trainer_that_fails(where: str, times: int = 1, after: int = 3):
    """Return a stand-in for Trainer that fails so many times, in one of its methods.

    ``advance`` fails after so many epochs, however many it is asked for at once.
    """
    left = [times]

    def fail_if_due(method: str) -> None:
        if method == where and left[0] > 0:
            left[0] -= 1
            raise RuntimeError("the flux capacitor is empty")

    class Faulty(Trainer):
        def __init__(self, experiment):
            fail_if_due("make")
            super().__init__(experiment)

        def start(self, *arguments):
            fail_if_due("start")
            return super().start(*arguments)

        def advance(self, epochs=1, *arguments):
            before = after - self.history.last_epoch
            if before == 0:
                fail_if_due("advance")
            return super().advance(min(epochs, before) if before > 0 else epochs, *arguments)

    return Faulty


@pytest.fixture
def failed(make_window, qtbot, request) -> Person:
    """A person whose training has failed in the method that the test names."""
    where = getattr(request, "param", "advance")
    person = Person(make_window(make_trainer=trainer_that_fails(where)), qtbot)
    if where == "advance":
        person.click("play")
    person.wait_for(State.FAILED)
    return person


@pytest.mark.parametrize("failed", ["make", "start", "advance"], indirect=True)
def test_an_error_is_said_in_a_sentence_and_play_starts_again(failed):
    assert "the flux capacitor is empty" in failed.read("notice_text")
    assert "Play" in failed.read("notice_text")
    assert "Traceback" not in failed.read("notice_text")
    assert failed.window.notice.property("kind") == "error"
    assert failed.find("play").text() == "Play"
    failed.click("play")
    failed.wait(lambda: failed.epoch > 5)
    assert failed.window.notice.property("kind") == "status"
    failed.click("play")
    failed.wait_for(State.PAUSED)


def test_the_details_can_be_copied(failed):
    failed.click("answer_copy_details")
    details = QGuiApplication.clipboard().text()
    assert details.startswith("Traceback")
    assert "RuntimeError: the flux capacitor is empty" in details
    assert "in advance" in details


def test_what_was_recorded_stays_in_view(failed):
    assert failed.epoch == 3
    assert failed.window.session.history.last_epoch == 3


def test_an_error_in_a_single_epoch_is_said_too(make_window, qtbot):
    person = Person(make_window(make_trainer=trainer_that_fails("advance")), qtbot)
    person.train(3)
    person.click("step")
    person.wait_for(State.FAILED)
    assert "RuntimeError" in person.read("notice_text")
    assert person.sees("answer_copy_details")


def test_reset_after_an_error_begins_again(failed):
    failed.click("reset")
    failed.wait(lambda: failed.epoch == 0)
    failed.train(5)


@pytest.mark.parametrize("after", [1, 1_000, 1_000_000])
def test_an_error_at_full_speed_is_said_and_play_trains_to_the_end(make_window, qtbot, after):
    person = Person(make_window(make_trainer=trainer_that_fails("advance", after=after)), qtbot)
    person.enter("epochs", "1500000")
    person.run_to_end()
    assert person.state is State.FAILED
    assert person.epoch == person.window.session.history.last_epoch == after
    assert "the flux capacitor is empty" in person.read("notice_text")
    person.click("play")
    person.wait_for(State.FINISHED)
    assert person.epoch == 1_500_000
