"""What tells of the steps: the line that narrates the newest, and the log that keeps them all."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

import app.views.narration_line
from app.views.narration_line import NarrationLine
from app.views.step_log import KEPT, StepLog
from tests.conftest import TIMEOUT

Key = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier
SENTENCE = (
    "∂L/∂m gains upstream × local derivative = −0.04878 × 2.5 = −0.122, "
    "because a product passes its upstream on times the other factor: −1.34 − 0.122 = −1.462."
)


@pytest.fixture
def show(qtbot) -> Callable[..., QWidget]:
    """A function that shows a widget below a field, in an active window of a size."""
    windows: list[QWidget] = []

    def open_window(widget: QWidget, width: int, height: int, text: float = 1.0) -> QWidget:
        window = QWidget()
        windows.append(window)
        qtbot.addWidget(window)
        font = QFont(window.font())
        font.setPointSizeF(font.pointSizeF() * text)
        window.setFont(font)
        layout = QVBoxLayout(window)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(QLineEdit())
        layout.addWidget(widget)
        window.resize(width, height)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=TIMEOUT)
        return window

    return open_window


# -- the log ---------------------------------------------------------------------------------


@pytest.fixture
def log(show) -> StepLog:
    """An empty log that shows about ten lines."""
    log = StepLog()
    show(log, 400, 260)
    return log


def lines(log: StepLog) -> QPlainTextEdit:
    found = log.findChild(QPlainTextEdit, "step_log_lines")
    assert found is not None
    return found


def texts(log: StepLog) -> list[str]:
    return lines(log).toPlainText().split("\n")


def button(log: StepLog, name: str) -> QPushButton:
    found = log.findChild(QPushButton, f"step_log_{name}")
    assert found is not None
    return found


def copied() -> str:
    return QApplication.clipboard().text()


def at_newest(log: StepLog) -> bool:
    bar = lines(log).verticalScrollBar()
    return bar.maximum() > 0 and bar.value() == bar.maximum()


def fill(log: StepLog, count: int, start: int = 0) -> None:
    for number in range(start, start + count):
        log.add(f"Step {number}", "it flows back.")
    QApplication.processEvents()


def test_every_step_is_a_line_and_a_step_back_says_so(log):
    log.add("Epoch 2 · forward 1 of 8", "m × x = 2 × 3 = 6.")
    log.add("Epoch 2 · forward 2 of 8", "6 + 1 = 7.")
    log.add("Epoch 2 · forward 1 of 8", "m × x = 2 × 3 = 6.", back=True)
    assert texts(log) == [
        "Epoch 2 · forward 1 of 8  m × x = 2 × 3 = 6.",
        "Epoch 2 · forward 2 of 8  6 + 1 = 7.",
        "back to: Epoch 2 · forward 1 of 8  m × x = 2 × 3 = 6.",
    ]


def test_signs_of_markup_are_shown_as_they_are(log):
    log.add("0 < 1 & <b>", "ŷ < y & y > 0")
    assert texts(log) == ["0 < 1 & <b>  ŷ < y & y > 0"]


def test_it_follows_the_newest(log):
    fill(log, 40)
    assert at_newest(log)
    fill(log, 40, start=40)
    assert at_newest(log)


@pytest.mark.parametrize("count", [60, KEPT])
def test_who_has_scrolled_up_stays_at_the_line_that_is_read(log, count):
    fill(log, count)
    text = lines(log)
    text.verticalScrollBar().setValue(30)
    read = text.firstVisibleBlock().text()
    fill(log, 10, start=count)
    assert text.firstVisibleBlock().text() == read


def test_scrolled_to_the_end_it_follows_again(log):
    fill(log, 60)
    bar = lines(log).verticalScrollBar()
    bar.setValue(10)
    fill(log, 5, start=60)
    assert not at_newest(log)
    bar.setValue(bar.maximum())
    fill(log, 5, start=65)
    assert at_newest(log)


def test_it_follows_while_it_cannot_be_seen(log):
    fill(log, 40)
    log.hide()
    fill(log, 40, start=40)
    log.show()
    QApplication.processEvents()
    assert at_newest(log)


@pytest.mark.parametrize("size", [(250, 260), (400, 160), (800, 400)])
def test_it_still_shows_the_newest_and_follows_when_its_size_changes(log, size):
    for _ in range(40):
        log.add("Step", SENTENCE)
    QApplication.processEvents()
    log.window().resize(*size)
    QApplication.processEvents()
    assert at_newest(log)
    log.add("Step", SENTENCE)
    QApplication.processEvents()
    assert at_newest(log)


def test_only_the_last_steps_are_kept_and_it_says_so(log):
    count = log.findChild(QLabel, "step_log_count")
    fill(log, 1)
    assert count.text() == "1 step"
    fill(log, KEPT + 6, start=1)
    shown = texts(log)
    assert len(shown) == KEPT
    assert shown[0].startswith("Step 7 ")
    assert shown[-1].startswith(f"Step {KEPT + 6} ")
    assert count.text() == f"the last {KEPT:,} steps"


def test_a_step_costs_no_more_when_the_log_is_full(log):
    fill(log, KEPT)
    start = time.perf_counter()
    fill(log, 500, start=KEPT)
    assert (time.perf_counter() - start) / 500 < 0.01  # of the 50 ms that a step may take


def test_the_button_copies_all_steps(log):
    fill(log, 3)
    button(log, "copy").click()
    assert copied() == "\n".join(texts(log))


@pytest.mark.parametrize("how", ["key", "button"])
def test_what_is_selected_is_copied_alone(log, how):
    fill(log, 3)
    text = lines(log)
    text.setFocus()
    QTest.keyClick(text, Key.Key_Home, CONTROL)
    for _ in "Step":
        QTest.keyClick(text, Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    if how == "key":
        QTest.keyClick(text, Key.Key_C, CONTROL)
    else:
        button(log, "copy").click()
    assert copied() == "Step"


def test_ctrl_c_copies_all_where_nothing_is_selected(log):
    fill(log, 3)
    lines(log).setFocus()
    QTest.keyClick(lines(log), Key.Key_C, CONTROL)
    assert len(copied().split("\n")) == 3


def test_clearing_forgets_all_and_a_new_step_is_the_first(log, qtbot):
    fill(log, 30)
    qtbot.mouseClick(button(log, "clear"), Qt.MouseButton.LeftButton)
    assert texts(log) == [""]
    assert not button(log, "copy").isEnabled()
    fill(log, 1, start=30)
    assert texts(log) == ["Step 30  it flows back."]
    assert button(log, "copy").isEnabled()
    fill(log, 40)
    assert at_newest(log)


def test_nothing_can_be_typed_into_it_and_tab_leads_on(log):
    fill(log, 2)
    before = texts(log)
    lines(log).setFocus()
    QTest.keyClicks(lines(log), "abc")
    QTest.keyClick(lines(log), Key.Key_Delete)
    assert texts(log) == before
    QTest.keyClick(lines(log), Key.Key_Tab)
    assert QApplication.focusWidget() is button(log, "copy")


def test_who_comes_by_tab_reads_from_the_newest_by_arrows(log):
    fill(log, 40)
    field = log.window().findChild(QLineEdit)
    field.setFocus()
    QTest.keyClick(field, Key.Key_Tab)
    text = lines(log)
    assert QApplication.focusWidget() is text
    assert text.textCursor().blockNumber() == 39
    QTest.keyClick(text, Key.Key_Up)
    assert text.textCursor().blockNumber() == 38
    assert text.accessibleName()


# -- the line --------------------------------------------------------------------------------


@pytest.fixture
def line(show) -> NarrationLine:
    """A line in a window of 700 pixels."""
    line = NarrationLine()
    show(line, 700, 200)
    return line


def sentence(line: NarrationLine) -> QLabel:
    return line.findChild(QLabel, "narration_sentence")


def test_it_says_headline_and_sentence_and_the_sentence_is_larger(line):
    line.say("Epoch 2 · backward 3 of 8", SENTENCE)
    headline = line.findChild(QLabel, "narration_headline")
    assert headline.text() == "Epoch 2 · backward 3 of 8"
    assert sentence(line).text() == SENTENCE
    size = line.font().pointSizeF()
    assert sentence(line).font().pointSizeF() == pytest.approx(1.15 * size, rel=0.02)
    assert headline.font().pointSizeF() < size


def test_a_sentence_can_be_selected(line):
    line.say("", SENTENCE)
    label = sentence(line)
    QTest.mouseDClick(label, Qt.MouseButton.LeftButton, pos=label.rect().topLeft())
    assert label.hasSelectedText()


def test_nothing_jumps_between_sentences_of_up_to_two_lines(line):
    heights = set()
    for said in ("", "1 + 1 = 2.", SENTENCE):
        line.say("Step", said)
        QApplication.processEvents()
        heights.add(line.height())
        assert sentence(line).toolTip() == ""
    assert len(heights) == 1


def test_it_has_room_for_three_lines_from_the_start(line):
    line.say("Step", "short")
    QApplication.processEvents()
    height = line.sizeHint().height()
    long = f"{SENTENCE} The next step is another contribution to the same gradient."
    line.say("Step", long)
    assert sentence(line).text() == long
    assert line.sizeHint().height() == height


def test_a_still_longer_sentence_is_cut_between_words_and_whole_in_the_tool_tip(line):
    long = " ".join([SENTENCE] * 4)
    line.say("Step", long)
    shown = sentence(line).text()
    assert shown.endswith(" …")
    assert long.startswith(shown.removesuffix("…"))  # up to and with a space: no cut word
    assert sentence(line).toolTip() == long
    label = sentence(line)
    assert label.heightForWidth(label.width()) <= label.height()
    line.say("Step", "short")
    assert label.toolTip() == ""


def test_in_a_wider_window_more_of_it_is_shown(line, qtbot):
    long = " ".join([SENTENCE] * 4)
    line.say("Step", long)
    line.window().resize(1900, 200)
    qtbot.waitUntil(lambda: sentence(line).text() == long, timeout=TIMEOUT)


@pytest.mark.parametrize("said", ["word" * 200, "a", "", "<b>not bold</b> 0 < 1"])
def test_odd_sentences_are_shown_as_they_are_as_far_as_there_is_room(line, said):
    line.say("", said)
    assert sentence(line).text().removesuffix(" …") in said


def test_it_follows_the_size_of_text(line):
    line.say("Step", SENTENCE)
    before = line.sizeHint().height()
    window = line.window()
    font = QFont(window.font())
    font.setPointSizeF(font.pointSizeF() * 1.4)
    window.setFont(font)
    assert sentence(line).font().pointSizeF() == pytest.approx(1.15 * font.pointSizeF(), rel=0.02)
    assert line.sizeHint().height() > 1.3 * before


def test_a_screen_reader_reads_every_step(line, monkeypatch):
    heard: list[str] = []

    class Listener:
        @staticmethod
        def updateAccessibility(event) -> None:  # noqa: N802  Qt's
            heard.append(event.message())

    monkeypatch.setattr(app.views.narration_line, "QAccessible", Listener)
    line.say("Epoch 2 · forward 1 of 8", "1 + 1 = 2.")
    line.say("", "")
    line.say("Epoch 2", "")
    assert heard == ["Epoch 2 · forward 1 of 8. 1 + 1 = 2.", "Epoch 2"]
    assert line.accessibleDescription() == "Epoch 2"
