"""Edits of the experiment are undone and made again; where epochs would be lost one is asked."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from app.training.loop import State
from tests.ui.person import Person

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def undo(person):
    person.window.setFocus()
    person.press(Qt.Key.Key_Z, CONTROL)


def redo(person):
    person.window.setFocus()
    person.press(Qt.Key.Key_Z, CONTROL | SHIFT)


def in_edit_menu(person) -> list[str]:
    menu = next(each.menu() for each in person.window.menuBar().actions() if each.text() == "&Edit")
    return [each.text().replace("&", "") for each in menu.actions() if each.isEnabled()]


def test_a_setting_is_undone_and_made_again(person):
    assert not any("do" in text for text in in_edit_menu(person) if text.startswith(("Un", "Re")))
    person.enter("learning_rate", "0.5")
    assert "Undo “Learning rate”" in in_edit_menu(person)
    undo(person)
    assert person.read("learning_rate") == "0.001"
    assert person.window.session.experiment.training.learning_rate == 0.001
    assert "Redo “Learning rate”" in in_edit_menu(person)
    redo(person)
    assert person.window.session.experiment.training.learning_rate == 0.5


def test_edits_are_undone_one_by_one_the_newest_first(person):
    person.enter("learning_rate", "0.5")
    person.enter("epochs", "77")
    person.enter("samples", "5")
    person.wait(lambda: person.epoch == 0)
    experiment = person.window.session.experiment
    assert (experiment.training.epochs, experiment.data.samples) == (77, 5)
    undo(person)
    person.wait(lambda: person.epoch == 0)
    assert person.read("samples") == "41"
    assert person.read("epochs") == "77"
    undo(person)
    assert person.read("epochs") == "2000"
    undo(person)
    assert person.window.session.experiment == person.window.panel.experiment
    assert person.window.session.experiment.training.learning_rate == 0.001


def test_what_one_drag_of_a_slider_does_is_one_edit(person):
    scale = person.window.panel.scale
    for value in (0.002, 0.003, 0.004):
        scale.value_changed.emit(value)
    assert person.window.session.experiment.training.learning_rate == 0.004
    undo(person)
    assert person.window.session.experiment.training.learning_rate == 0.001


def test_undoing_what_began_a_run_asks_before_its_epochs_are_lost(person):
    person.enter("samples", "5")
    person.wait(lambda: person.epoch == 0)
    person.train(3)
    undo(person)
    assert "lost" in person.read("notice_text")
    person.click("answer_keep_this_run")
    assert person.read("samples") == "5"
    assert person.epoch == 3
    undo(person)
    person.click("answer_go_on")
    person.wait(lambda: person.epoch == 0)
    assert person.read("samples") == "41"


def test_undo_takes_back_an_edit_that_is_asked_about(person):
    person.train(2)
    person.enter("samples", "5")
    assert person.sees("answer_start_anew")
    undo(person)
    assert person.read("samples") == "41"
    assert not person.sees("answer_start_anew")
    assert person.epoch == 2


def test_a_preset_is_undone_like_any_edit(person):
    before = person.window.session.experiment
    person.choose("preset", "Noisy")
    person.wait(lambda: person.window.session.experiment != before)
    undo(person)
    assert person.window.session.experiment == before
    assert "The notebook" in person.window.windowTitle()


def test_a_number_that_was_entered_is_undone_from_within_its_field(person):
    person.enter("learning_rate", "0.5")
    assert person.find("learning_rate").hasFocus()
    person.press(Qt.Key.Key_Z, CONTROL)
    assert person.window.session.experiment.training.learning_rate == 0.001
    assert person.read("learning_rate") == "0.001"


def test_a_formula_that_was_entered_is_undone_from_within_its_field(person):
    person.enter("formula", "a*x")
    person.press(Qt.Key.Key_Z, CONTROL)
    assert person.read("formula") == "m*x + c"
    assert person.window.session.experiment.model.formula == "m*x + c"


def test_space_plays_where_a_number_was_just_entered(person):
    person.enter("epochs", "7")
    assert person.find("epochs").hasFocus()
    person.press(Qt.Key.Key_Space)
    person.wait(lambda: person.epoch == 7)
    assert person.read("epochs") == "7"


def test_a_branch_has_edits_of_its_own_and_the_run_keeps_its_own(person):
    person.enter("learning_rate", "0.002")
    person.train(4)
    person.window.walk.go_to(2)
    person.enter("learning_rate", "0.5")
    person.enter("epochs", "9")
    session = person.window.session
    undo(person)
    assert session.experiment.training.epochs == 2000
    assert session.experiment.training.learning_rate == 0.5
    session.select(1)
    person.window.walk.leave()
    undo(person)
    assert session.experiment.training.learning_rate == 0.001


def test_undoing_can_keep_both_runs(person):
    person.enter("samples", "5")
    person.wait(lambda: person.epoch == 0)
    person.train(3)
    undo(person)
    person.click("answer_keep_both")
    person.wait(lambda: person.epoch == 0)
    first, second = person.window.session.runs
    assert (first.epoch, first.experiment.data.samples) == (3, 5)
    assert second.experiment.data.samples == 41


def test_an_old_question_about_undoing_undoes_nothing_newer(person):
    person.enter("samples", "5")
    person.wait(lambda: person.epoch == 0)
    person.train(3)
    undo(person)
    go_on = person.find("answer_go_on")
    person.window.editing.take(
        person.window.session.experiment.with_value("learning_rate", 0.5), "Learning rate"
    )
    go_on.click()
    assert person.window.session.experiment.training.learning_rate == 0.5
    assert person.window.session.experiment.data.samples == 5


def test_in_a_field_undo_is_about_what_is_typed(person):
    person.enter("epochs", "77")
    person.type("learning_rate", "0.7")
    person.press(Qt.Key.Key_Z, CONTROL)
    assert person.window.session.experiment.training.epochs == 77


def test_a_preset_that_differs_in_its_training_alone_begins_anew_too(person):
    person.train(3)
    person.choose("preset", "Learning rate too large")
    person.click("answer_start_anew")
    person.wait(lambda: person.epoch == 0)
    assert person.window.session.recorded == 0
    assert len(person.window.session.runs) == 1
    assert "Learning rate too large" in person.window.windowTitle()


def test_what_was_answered_is_not_asked_any_more_of_a_run_that_diverged(make_window, qtbot):
    person = Person(make_window("exploding"), qtbot)
    person.run_to_end()
    person.enter("samples", "5")
    person.click("answer_keep_this_run")
    assert not person.sees("answer_start_anew")
    assert "infinite" in person.read("notice_text")
    assert person.sees("answer_why?")


def test_both_runs_can_be_kept(person):
    person.train(4)
    person.enter("samples", "5")
    person.click("answer_keep_both")
    person.wait(lambda: person.epoch == 0)
    first, second = person.window.session.runs
    assert (first.epoch, second.epoch) == (4, 0)
    assert second is person.window.session.current
    assert second.experiment.data.samples == 5


def test_a_question_stands_whatever_is_said_meanwhile(person):
    person.train(2)
    person.enter("samples", "5")
    QGuiApplication.clipboard().setText("no numbers")
    person.choose_in_menu("Edit", "Paste table")
    assert "nothing to paste" in person.read("notice_text")
    assert person.sees("answer_keep_both")
    person.click("answer_keep_this_run")
    assert person.read("samples") == "41"
    assert not person.sees("answer_keep_both")


def test_a_run_that_diverges_leaves_the_question_to_be_answered(make_window, qtbot):
    person = Person(make_window("exploding"), qtbot)
    person.train(2)
    person.enter("samples", "30")
    person.window.session.step()
    person.wait(lambda: person.state is State.DIVERGED)
    assert person.sees("answer_keep_this_run")
    assert not person.sees("answer_reset_now")
    person.click("answer_keep_this_run")
    assert person.sees("answer_reset_now")
    assert "infinite" in person.read("notice_text")


def test_the_question_about_undoing_stays_when_training_ends(person):
    person.enter("samples", "5")
    person.wait(lambda: person.epoch == 0)
    person.train(3)
    undo(person)
    person.window.session.step()
    person.wait(lambda: person.epoch == 4)
    assert person.sees("answer_go_on")
    person.click("answer_keep_this_run")
    assert not person.sees("answer_go_on")
    assert "Paused" in person.read("notice_text")


def test_going_back_to_another_model_draws_no_test_loss_of_the_one_before(person):
    person.train(2)
    person.choose("preset", "Overfitting")
    person.click("answer_keep_both")
    person.wait(lambda: person.epoch == 0)
    undo(person)
    person.wait(lambda: person.epoch == 2)
    assert len(person.window.session.runs) == 1
    assert person.window.loss_view._test is None
