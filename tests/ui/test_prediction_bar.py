"""The prediction bar: asking, answering by keys and by mouse, verdicts, and whose focus it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.controls.prediction_bar import RESTING, PredictionBar
from app.theme import load_theme
from tests.conftest import TIMEOUT, flush_deletions
from tests.ui.person import plain

Key = Qt.Key
QUESTION = (
    "What does ∂L/∂m gain from sample 3? The upstream is −0.04878, the local derivative is x = 2.5."
)
LONG = f"{QUESTION} {QUESTION}"


class Table:
    """A window with a step button above the bar, and a record of what the bar reports."""

    def __init__(self, width: int, text: float) -> None:
        self.window = QWidget()
        font = QFont(self.window.font())
        font.setPointSizeF(font.pointSizeF() * text)
        self.window.setFont(font)
        self.step = QPushButton("step")
        self.bar = PredictionBar()
        self.bar.set_theme(load_theme("light"))
        layout = QVBoxLayout(self.window)
        for widget in (self.step, self.bar):
            layout.addWidget(widget)
        layout.addStretch(1)
        self.window.resize(width, 300)
        self.reported: list[object] = []
        bar = self.bar
        bar.answered.connect(self.reported.append)
        bar.revealed.connect(lambda: self.reported.append("revealed"))
        bar.continued.connect(lambda: self.reported.append("continued"))
        bar.sign_only_toggled.connect(lambda on: self.reported.append(("signs", on)))

    def find(self, name: str) -> QWidget:
        (found,) = self.bar.findChildren(QWidget, name)
        return found

    def sees(self, name: str) -> bool:
        return self.find(name).isVisible()

    def text(self, name: str) -> str:
        label = self.find(name)
        assert isinstance(label, QLabel)
        return plain(label)

    def press(self, key: Key) -> None:
        QTest.keyClick(QApplication.focusWidget(), key)

    def type(self, text: str) -> None:
        QTest.keyClicks(QApplication.focusWidget(), text)

    def click(self, name: str) -> None:
        widget = self.find(name)
        at = widget.rect().center()
        if isinstance(widget, QCheckBox):
            at.setX(8)
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at)

    @property
    def focus(self) -> str:
        focused = QApplication.focusWidget()
        return "step" if focused is self.step else "" if focused is None else focused.objectName()


@pytest.fixture
def make_table(qtbot) -> Callable[..., Table]:
    """A function that opens such a window, with the focus on the step button."""
    tables: list[Table] = []

    def make(width: int = 1000, text: float = 1.0) -> Table:
        table = Table(width, text)
        tables.append(table)
        qtbot.addWidget(table.window)
        table.window.show()
        table.window.activateWindow()
        qtbot.waitUntil(table.window.isActiveWindow, timeout=TIMEOUT)
        table.step.setFocus()
        return table

    return make


@pytest.fixture
def table(make_table) -> Table:
    return make_table()


def test_at_rest_it_says_what_will_happen_and_takes_no_answer(table):
    assert table.text("prediction_question") == RESTING
    assert not table.find("prediction").isEnabled()
    assert not table.find("show_me").isEnabled()
    assert table.find("sign_only").isEnabled()
    assert table.focus == "step"


def test_a_question_is_asked_and_the_keyboard_answers(table):
    table.bar.ask(QUESTION, False)
    assert table.text("prediction_question") == QUESTION
    assert table.focus == "prediction"
    table.type("-0.12,")
    table.press(Key.Key_Backspace)
    table.press(Key.Key_Return)
    assert table.reported == ["-0.12"]


def test_the_button_answers_too_once_something_is_typed(table):
    table.bar.ask(QUESTION, False)
    assert not table.find("answer").isEnabled()
    table.type(" 1e-3 ")
    table.click("answer")
    assert table.reported == ["1e-3"]


def test_nothing_typed_is_no_answer(table):
    table.bar.ask(QUESTION, False)
    table.press(Key.Key_Return)
    table.type("  ")
    table.press(Key.Key_Return)
    assert table.reported == []


@pytest.mark.parametrize(("right", "begins"), [(True, "Right. "), (False, "Wrong. "), (None, "")])
def test_a_verdict_is_told_in_words_and_by_a_mark(table, right, begins):
    table.bar.ask(QUESTION, False)
    table.bar.show_verdict(right, "0 < 1: −0.122.")
    assert table.text("prediction_message") == f"{begins}0 < 1: −0.122."
    assert table.find("verdict_mark").pixmap().isNull() is (right is None)
    assert table.text("prediction_question") == QUESTION
    assert table.bar.judged
    spoken = table.find("go_on").accessibleDescription()
    assert spoken == f"{begins}0 < 1: −0.122."


def test_the_marks_of_right_and_wrong_differ_in_shape(table):
    shapes = []
    for right in (True, False):
        table.bar.ask(QUESTION, False)
        table.bar.show_verdict(right, "")
        image = table.find("verdict_mark").pixmap().toImage()
        shapes.append(
            [
                image.pixelColor(x, y).alpha() > 128
                for x in range(image.width())
                for y in range(image.height())
            ]
        )
    assert shapes[0] != shapes[1]


@pytest.mark.parametrize("how", ["enter", "space", "click"])
def test_going_on_after_the_verdict(table, how):
    table.bar.ask(QUESTION, False)
    table.bar.show_verdict(True, "")
    assert table.focus == "go_on"
    if how == "click":
        table.click("go_on")
    else:
        table.press(Key.Key_Return if how == "enter" else Key.Key_Space)
    assert table.reported == ["continued"]


def test_enter_answers_reads_the_verdict_and_goes_on_with_the_focus_back_where_it_was(table):
    bar = table.bar
    bar.answered.connect(lambda: bar.show_verdict(True, "so it is."))
    bar.continued.connect(bar.rest)
    for answer in ("1", "2"):
        bar.ask(QUESTION, False)
        table.type(answer)
        table.press(Key.Key_Return)
        table.press(Key.Key_Enter)
        assert table.focus == "step"
        assert not bar.judged
    assert table.reported == ["1", "continued", "2", "continued"]


def test_the_next_question_begins_with_an_empty_field(table):
    for _ in range(2):
        table.bar.ask(QUESTION, False)
        assert table.find("prediction").text() == ""
        table.type("7")


def test_show_me_reveals_without_an_answer(table):
    table.bar.ask(QUESTION, False)
    table.type("7")
    table.click("show_me")
    assert table.reported == ["revealed"]


@pytest.mark.parametrize(
    ("typed", "button", "sign"),
    [("-", "answer_negative", "−"), ("0", "answer_zero", "0"), ("+", "answer_positive", "+")],
)
def test_signs_are_answered_by_a_key_or_a_button(table, typed, button, sign):
    table.bar.ask(QUESTION, True)
    assert not table.sees("prediction")
    assert table.focus.startswith("answer_")
    table.type(typed)
    table.click(button)
    assert table.reported == [sign, sign]
    assert table.find(button).accessibleName() in button


def test_enter_answers_no_sign_by_accident(table):
    table.bar.ask(QUESTION, True)
    table.press(Key.Key_Return)
    assert table.reported == []
    table.press(Key.Key_Space)
    assert table.reported == ["0"]


def test_typed_signs_are_no_answer_after_the_verdict_or_at_rest(table):
    table.bar.ask(QUESTION, True)
    table.bar.show_verdict(True, "")
    table.type("+")
    table.bar.rest()
    QTest.keyClicks(table.find("sign_only"), "-")
    assert table.reported == []


def test_a_person_chooses_to_be_asked_for_the_sign_only(table):
    table.click("sign_only")
    table.click("sign_only")
    assert table.reported == [("signs", True), ("signs", False)]


def test_asking_shows_what_is_asked_for_without_reporting_a_choice(table):
    table.bar.ask(QUESTION, True)
    assert table.find("sign_only").isChecked()
    table.bar.ask(QUESTION, False)
    assert not table.find("sign_only").isChecked()
    assert table.sees("prediction")
    assert table.reported == []


def test_an_answer_that_cannot_be_used_is_marked_with_the_reason_and_can_be_corrected(table):
    table.bar.ask(QUESTION, False)
    table.type("abc")
    table.bar.refuse("“abc” is no number.")
    assert table.text("prediction_message") == "“abc” is no number."
    assert table.find("prediction").property("invalid") is True
    table.type("2")
    assert table.find("prediction").text() == "2"
    assert table.text("prediction_message") == ""
    assert table.find("prediction").property("invalid") is False
    table.press(Key.Key_Return)
    assert table.reported == ["2"]


def test_a_problem_is_forgotten_once_the_answer_is_shown(table):
    table.bar.show_score("No prediction yet.")
    table.bar.ask(QUESTION, False)
    table.type("abc")
    table.bar.refuse("“abc” is no number.")
    table.bar.show_verdict(None, "−0.122.")
    assert table.text("prediction_message").startswith("−0.122.")
    assert "abc" not in table.text("prediction_message")
    table.bar.ask(QUESTION, False)
    assert table.text("prediction_message") == "No prediction yet."


def test_escape_clears_the_field_first(table):
    table.bar.ask(QUESTION, False)
    table.type("abc")
    table.bar.refuse("“abc” is no number.")
    table.press(Key.Key_Escape)
    assert table.find("prediction").text() == ""
    assert table.text("prediction_message") == ""
    assert not table.find("prediction").isModified()  # the next Escape is the window's


def test_the_focus_returns_when_the_bar_is_hidden(table):
    table.bar.ask(QUESTION, False)
    table.bar.hide()
    assert table.focus == "step"
    table.bar.show()
    assert table.text("prediction_question") == RESTING


def test_the_focus_stays_where_a_person_has_put_it(table):
    other = QLineEdit(objectName="other")
    table.window.layout().addWidget(other)
    QApplication.processEvents()
    table.bar.ask(QUESTION, False)
    other.setFocus()
    table.bar.rest()
    assert table.focus == "other"


def test_a_place_that_is_gone_gets_no_focus(table):
    gone = QLineEdit()
    table.window.layout().addWidget(gone)
    QApplication.processEvents()
    gone.setFocus()
    table.bar.ask(QUESTION, False)
    gone.deleteLater()
    flush_deletions()
    table.bar.rest()
    assert QApplication.focusWidget() is None or not table.bar.isAncestorOf(
        QApplication.focusWidget()
    )


def test_a_screen_reader_hears_the_question_in_the_field(table):
    table.bar.ask(QUESTION, False)
    assert table.find("prediction").accessibleName()
    assert table.find("prediction").accessibleDescription() == QUESTION


def test_the_score_is_shown(table):
    table.bar.show_score("3 of 4 predictions right, the last 2 in a row.")
    assert table.text("prediction_message") == "3 of 4 predictions right, the last 2 in a row."


@pytest.mark.parametrize("width", [560, 640, 700, 1000, 1280])
@pytest.mark.parametrize("text", [1.0, 1.4])
def test_its_height_is_the_same_in_every_state(make_table, width, text):
    table = make_table(width, text)
    bar, heights = table.bar, set()

    def look() -> None:
        QApplication.processEvents()
        heights.add(bar.height())

    bar.show_score("88 of 88 predictions right, the last 88 in a row.")
    look()
    for sign_only in (False, True):
        bar.ask(QUESTION, sign_only)
        look()
        bar.refuse("“abc” is no number. Write it like −19.4, 0.001 or 1e-3.")
        look()
        bar.show_verdict(False, "The size is right, but not the sign. −0.04878 × 2.5 = −0.122.")
        look()
        bar.rest()
        look()
    assert len(heights) == 1
    assert bar.width() <= table.window.width() <= width


def test_a_problem_stays_when_the_theme_changes(table):
    table.bar.ask(QUESTION, False)
    table.bar.refuse("“abc” is no number.")
    table.bar.set_theme(load_theme("dark"))
    assert table.text("prediction_message") == "“abc” is no number."
    assert table.find("prediction").property("invalid") is True


def test_the_score_follows_the_verdict(table):
    table.bar.ask(QUESTION, False)
    table.bar.show_score("3 of 4 predictions right.")
    table.bar.show_verdict(True, "So it is.")
    shown = table.text("prediction_message")
    assert shown.startswith("Right. So it is.")
    assert shown.endswith("3 of 4 predictions right.")


def test_longer_texts_get_the_room_they_need(make_table):
    table = make_table(640)
    table.bar.ask(f"{LONG} {LONG}", False)
    table.bar.show_verdict(False, LONG)
    QApplication.processEvents()
    for name in ("prediction_question", "prediction_message"):
        label = table.find(name)
        assert label.heightForWidth(label.width()) <= label.height()


def test_every_control_has_a_name_and_a_tool_tip(table):
    for kind in (QPushButton, QLineEdit, QCheckBox):
        for control in table.bar.findChildren(kind):
            assert control.objectName()
            assert control.toolTip()
            assert control.accessibleName() or control.text()
