"""What was typed and cannot be used is neither lost, nor used, nor saved."""

from __future__ import annotations

from app.study.experiment import Experiment
from app.study.presets import find_preset


def test_a_range_can_be_moved_past_itself_in_either_order(person):
    person.enter("x_from", "30")
    assert person.sees("x_from_problem")
    assert person.read("x_from") == "30"
    person.enter("x_to", "40")
    person.wait(lambda: person.epoch == 0)
    data = person.window.session.experiment.data
    assert (data.x_from, data.x_to) == (30.0, 40.0)
    assert not person.sees("x_from_problem")


def test_another_edit_leaves_a_wrong_text_where_it_is(person):
    person.enter("learning_rate", "fast")
    person.enter("epochs", "50")
    assert person.read("learning_rate") == "fast"
    assert person.sees("learning_rate_problem")
    assert person.window.session.experiment.training.epochs == 50


def test_a_preset_discards_a_wrong_text(person):
    person.enter("learning_rate", "fast")
    diverging = find_preset("diverging")
    person.choose("preset", diverging.title)
    assert float(person.read("learning_rate")) == diverging.experiment.training.learning_rate
    assert not person.sees("learning_rate_problem")


def test_nothing_is_saved_while_a_field_holds_what_cannot_be_used(person, monkeypatch):
    asked = []
    monkeypatch.setattr("app.files.ask_where_to_save", asked.append)
    person.enter("learning_rate", "fast")
    person.choose_in_menu("File", "Save experiment…")
    assert asked == []
    assert "A field holds" in person.read("notice_text")


def test_a_further_edit_does_not_change_what_the_question_is_about(person):
    person.click("step")
    person.wait(lambda: person.epoch == 1)
    person.enter("true.m", "5")
    person.enter("learning_rate", "0.002")
    assert person.read("notice_text").startswith("True m")
    person.click("answer_start_anew")
    person.wait(lambda: person.epoch == 0)
    wanted = Experiment().with_value("true.m", 5.0).with_value("learning_rate", 0.002)
    assert person.window.session.experiment == wanted
