"""A training setting changed at an epoch that is past goes on from there as a run of its own."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.training.run import MOST_RUNS
from tests.ui.person import Person


@pytest.fixture
def trained(person: Person) -> Person:
    """A person before a run of 20 epochs."""
    person.enter("epochs", "20")
    person.run_to_end()
    person.wait(lambda: person.epoch == 20)
    return person


def look_at(person: Person, epoch: int) -> None:
    person.window.walk.go_to(epoch)
    person.wait(lambda: person.epoch == epoch)


def runs(person: Person):
    return person.window.session.runs


def test_a_setting_changed_at_a_past_epoch_makes_a_branch(trained):
    look_at(trained, 7)
    trained.enter("learning_rate", "0.0005")
    first, second = runs(trained)
    assert trained.window.session.current is second
    assert (second.parent, second.branched_at) == (first.number, 7)
    assert trained.epoch == 7
    assert "branches off from “Run 1” at epoch 7" in trained.read("notice_text")
    assert trained.read("learning_rate") == "0.0005"
    assert first.experiment.training.learning_rate == 0.001
    trained.run_to_end()
    trained.wait(lambda: trained.epoch == 20)
    for epoch in range(8):
        shared = [run.history.parameters(epoch) for run in (first, second)]
        assert np.array_equal(*shared)
    assert not np.array_equal(first.history.parameters(8), second.history.parameters(8))


def test_a_branch_is_named_by_what_is_different_until_it_has_epochs(trained):
    look_at(trained, 7)
    trained.enter("learning_rate", "0.0005")
    branch = runs(trained)[1]
    assert branch.name == "learning rate 0.0005"
    trained.enter("learning_rate", "0.002")
    assert branch.name == "learning rate 0.002"
    assert len(runs(trained)) == 2
    trained.train(1)
    trained.enter("learning_rate", "0.003")
    assert branch.name == "learning rate 0.002"


def test_at_the_newest_epoch_a_setting_changes_the_run_itself(trained):
    trained.enter("learning_rate", "0.0005")
    assert len(runs(trained)) == 1


def test_b_branches_off_with_the_same_settings(trained):
    look_at(trained, 11)
    trained.window.setFocus()
    trained.press(Qt.Key.Key_B)
    first, second = runs(trained)
    assert (second.branched_at, second.experiment) == (11, first.experiment)
    trained.run_to_end()
    trained.wait(lambda: trained.epoch == 20)
    assert np.array_equal(first.history.parameters(20), second.history.parameters(20))


def test_the_timeline_marks_the_branch_in_both_runs(trained):
    look_at(trained, 7)
    trained.enter("learning_rate", "0.0005")
    strip = trained.window.findChild(type(trained.find("timeline_strip")), "timeline_strip")
    told = [event.sentence for event in strip._events]
    assert any("branched off from “Run 1”" in sentence for sentence in told)
    trained.window.session.select(1)
    trained.wait(lambda: trained.window.session.current.number == 1)
    told = [event.sentence for event in strip._events]
    assert any("“learning rate 0.0005” branches off" in sentence for sentence in told)


def test_another_run_is_looked_at_at_the_same_epoch(trained):
    look_at(trained, 7)
    trained.enter("learning_rate", "0.0005")
    trained.run_to_end()
    trained.wait(lambda: trained.epoch == 20)
    look_at(trained, 15)
    trained.window.session.select(1)
    trained.wait(lambda: trained.epoch == 15)
    assert trained.read("learning_rate") == "0.001"
    trained.window.walk.leave()
    trained.window.session.select(2)
    trained.wait(lambda: trained.epoch == 20)


def test_a_full_list_says_so_and_nothing_is_lost(trained):
    session = trained.window.session
    look_at(trained, 3)
    while session.room:
        session.branch(3, session.experiment.training)
    assert len(runs(trained)) == MOST_RUNS
    session.select(1)
    look_at(trained, 5)
    trained.window.setFocus()
    trained.press(Qt.Key.Key_B)
    assert "room for" in trained.read("notice_text")
    assert session.current.number == 1
    assert session.epoch == 20
    trained.enter("learning_rate", "0.02")
    assert "room for" in trained.read("notice_text")
    assert trained.read("learning_rate") == "0.001"
    assert session.experiment.training.learning_rate == 0.001


def test_more_epochs_prolong_the_run_itself_wherever_one_looks(trained):
    look_at(trained, 7)
    trained.enter("epochs", "30")
    assert len(runs(trained)) == 1
    trained.run_to_end()
    trained.wait(lambda: trained.epoch == 30)


def test_a_fresh_branch_can_be_left_earlier_by_another(trained):
    look_at(trained, 11)
    trained.window.setFocus()
    trained.press(Qt.Key.Key_B)
    look_at(trained, 4)
    trained.window.setFocus()
    trained.press(Qt.Key.Key_B)
    assert [run.branched_at for run in runs(trained)] == [None, 11, 4]


def test_b_twice_makes_one_branch(trained):
    look_at(trained, 11)
    trained.window.setFocus()
    trained.press(Qt.Key.Key_B)
    trained.press(Qt.Key.Key_B)
    assert len(runs(trained)) == 2


def test_rewinding_a_branch_begins_it_at_the_start(trained):
    look_at(trained, 7)
    trained.enter("learning_rate", "0.0005")
    trained.window.setFocus()
    trained.press(Qt.Key.Key_R)
    trained.wait(lambda: trained.epoch == 0)
    first, second = runs(trained)
    assert np.array_equal(first.history.parameters(0), second.history.parameters(0))
    assert second.branched_at is None
