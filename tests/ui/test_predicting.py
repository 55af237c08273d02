"""Predict mode in the window: asked before a step, right and wrong, and what ends a question."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QSlider

from tests.ui.on_canvas import Line, canvas_of
from tests.ui.person import Person

Key = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier


def graph_of(person: Person) -> Line:
    """The same loss at epoch 0, define by run."""
    samples = canvas_of(person).scene.probe.samples
    at = person.window.session.history.parameters(0)
    return Line(samples.x, samples.y, *map(float, at))


@pytest.fixture
def predicting(person) -> Person:
    """A person who wants to predict, just before the first step backward over an edge."""
    person.press_often(Key.Key_Right, 7)
    person.click("predict")
    person.find("play").setFocus()
    return person


def asked(person: Person) -> bool:
    return person.sees("prediction_bar") and person.sees("prediction_question")


def answer(person: Person, text: str) -> None:
    person.qtbot.keyClicks(QApplication.focusWidget(), text)
    person.press(Key.Key_Return)


def at_residual(person: Person) -> float:
    """Go to the question on ∂L/∂residual; return the answer, which the engine knows."""
    person.press(Key.Key_Right)
    for _ in range(2):
        person.click("show_me")
        person.click("go_on")
        person.press(Key.Key_Right)
    assert person.read("prediction_question").startswith("What does ∂L/∂residual of sample")
    return graph_of(person).node("residual", person.window.walk.sample).grad


def test_a_step_backward_is_asked_before_it_is_shown(predicting):
    predicting.press(Key.Key_Right)
    assert asked(predicting)
    assert predicting.step == ("backward", 7, 16)
    assert "∂L/∂sum" in predicting.read("prediction_question")
    assert not predicting.sees("narration")
    assert predicting.find("prediction").hasFocus()
    node = canvas_of(predicting).scene.find_node(sum_place(predicting), 0)
    assert canvas_of(predicting).texts(node)[2] == "∂ –"


def sum_place(person: Person) -> int:
    (place,) = person.window.walk.moment.probe.tape.phases.sums
    return place


def test_forward_steps_are_not_asked(person):
    person.click("predict")
    person.find("play").setFocus()
    person.press_often(Key.Key_Right, 7)
    assert person.step == ("backward", 7, 16)
    assert not asked(person)


def test_the_whole_backward_pass_is_predicted_with_the_engines_numbers(predicting):
    line, sample = graph_of(predicting), predicting.window.walk.sample
    x = line.node("x", sample).data
    gains = [line.node(name, sample).grad for name in ("sum", "squared", "residual", "ŷ", "m · x")]
    gains += [line.node("ŷ", sample).grad, line.node("m · x", sample).grad * x]
    for count, gain in enumerate(gains, 1):
        predicting.press(Key.Key_Right)
        assert asked(predicting)
        answer(predicting, f"{gain:.4g}")
        assert predicting.read("prediction_message").startswith("Right.")
        assert f"{count} of {count} predictions right" in predicting.read("prediction_message")
        predicting.press(Key.Key_Return)
        assert not asked(predicting)
        assert predicting.sees("narration")
        assert predicting.step == ("backward", 7 + count, 16)
    predicting.press(Key.Key_Right)
    assert predicting.step == ("update", 15, 16)


@pytest.mark.parametrize(
    ("factor", "sentence"),
    [(-1, "The size is right, but not the sign."), (1.5, "Upstream × local derivative is")],
)
def test_a_wrong_answer_is_explained_and_counted(predicting, factor, sentence):
    right = at_residual(predicting)
    answer(predicting, f"{factor * right:.4g}")
    message = predicting.read("prediction_message")
    assert message.startswith("Wrong.")
    assert sentence in message
    assert f"= {right:.4g}".replace("-", "−") in message
    assert "0 of 1 predictions right" in message
    predicting.click("go_on")
    assert predicting.step == ("backward", 10, 16)


def test_what_cannot_be_read_is_not_counted_and_can_be_corrected(predicting):
    right = at_residual(predicting)
    for text in ("much", "1,2,3", "--4"):
        answer(predicting, text)
        assert f"“{text}” is no number" in predicting.read("prediction_message")
        assert predicting.step == ("backward", 9, 16)
    answer(predicting, f"{right:.4g}")  # what was typed is selected
    assert predicting.read("prediction_message").startswith("Right.")
    assert "1 of 1" in predicting.read("prediction_message")


def test_shown_answers_do_not_count(predicting):
    at_residual(predicting)
    predicting.click("show_me")
    message = predicting.read("prediction_message")
    assert message.startswith("Upstream × local derivative is")
    assert "No prediction yet." in message
    predicting.click("go_on")
    assert predicting.step == ("backward", 10, 16)


def test_only_the_sign_is_asked_for_and_answered_by_button_or_key(predicting):
    predicting.press(Key.Key_Right)
    predicting.click("sign_only")
    for count, (how, right) in enumerate((("answer_negative", False), ("+", True), ("-", True)), 1):
        assert "positive, negative, or zero" in predicting.read("prediction_question")
        if how.startswith("answer"):
            predicting.click(how)
        else:
            predicting.qtbot.keyClicks(QApplication.focusWidget(), how)
        message = predicting.read("prediction_message")
        assert message.startswith("Right." if right else "Wrong.")
        assert f"{count - 1} of {count} predictions right" in message
        predicting.click("go_on")
        predicting.press(Key.Key_Right)


def test_right_again_goes_on_after_the_verdict(predicting):
    predicting.press(Key.Key_Right)
    predicting.click("show_me")
    predicting.press(Key.Key_Right)
    assert predicting.step == ("backward", 8, 16)
    assert not asked(predicting)


def test_turning_it_off_takes_the_question_back(predicting):
    predicting.press(Key.Key_Right)
    predicting.click("predict")
    assert not asked(predicting)
    assert predicting.sees("narration")
    predicting.find("play").setFocus()
    predicting.press_often(Key.Key_Right, 3)
    assert predicting.step == ("backward", 10, 16)


def test_escape_in_the_field_empties_it_and_then_leaves_the_steps(predicting):
    predicting.press(Key.Key_Right)
    predicting.qtbot.keyClicks(QApplication.focusWidget(), "12")
    predicting.press(Key.Key_Escape)
    assert asked(predicting)
    assert predicting.read("prediction") == ""
    predicting.press(Key.Key_Escape)
    assert not asked(predicting)
    assert predicting.step is None


def test_stepping_back_while_asked_takes_the_question_back(predicting):
    predicting.press(Key.Key_Right)
    predicting.click("step_back")
    assert predicting.step == ("forward", 6, 16)
    assert not asked(predicting)
    predicting.click("step_forward")
    predicting.click("step_forward")
    assert asked(predicting)


def test_a_stage_is_skipped_unasked(predicting):
    predicting.press(Key.Key_Right)
    predicting.find("play").setFocus()
    predicting.press(Key.Key_Right, SHIFT)
    assert predicting.step == ("update", 15, 16)
    assert not asked(predicting)


def test_another_sample_while_asked_takes_the_question_back(predicting):
    at_residual(predicting)
    predicting.enter("graph_sample", "3")
    assert not asked(predicting)
    predicting.find("play").setFocus()
    predicting.press(Key.Key_Right)
    assert "of sample 3" in predicting.read("prediction_question")
    right = graph_of(predicting).node("residual", 3).grad
    answer(predicting, f"{right:.4g}")
    assert predicting.read("prediction_message").startswith("Right.")


def test_playing_stops_at_the_question_and_does_not_go_on_by_itself(person):
    person.find("pace", QSlider).setFocus()
    person.press(Key.Key_End)
    person.click("predict")
    person.find("play").setFocus()
    person.press(Key.Key_P)
    person.wait(lambda: asked(person))
    assert not person.window.walk.playing
    assert "Play" in person.window.trace_bar.play_action.text()
    assert person.step == ("backward", 7, 16)
    assert re.match("What does ∂L/∂sum gain", person.read("prediction_question"))


def test_in_the_unfolded_graph_the_steps_own_sample_is_asked_for(person):
    person.press(Key.Key_U)
    for _ in range(2):
        person.press(Key.Key_Right, SHIFT)
    person.press(Key.Key_Right)
    person.click("predict")
    person.find("play").setFocus()
    person.press(Key.Key_Right)
    question = person.read("prediction_question")
    assert "up to sample 39" in question
    answer(person, f"{1 / 41:.4g}")
    assert person.read("prediction_message").startswith("Right.")


def test_training_while_asked_takes_the_question_back(predicting):
    predicting.press(Key.Key_Right)
    predicting.find("play").setFocus()
    predicting.press(Key.Key_N)
    predicting.wait(lambda: predicting.epoch == 1)
    assert not asked(predicting)
    assert predicting.step is None


def test_nothing_jumps_when_it_asks(predicting):
    predicting.settle()
    places = [predicting.find(f"{name}_dock").geometry() for name in ("fit", "graph", "inspector")]
    predicting.press(Key.Key_Right)
    predicting.settle()
    assert [
        predicting.find(f"{name}_dock").geometry() for name in ("fit", "graph", "inspector")
    ] == places
