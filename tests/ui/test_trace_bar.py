"""The trace bar: its keys, what it shows, and that it folds instead of growing."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QMainWindow,
    QSlider,
    QToolButton,
)

from app.controls.trace_bar import PACES, TraceBar
from app.theme import load_theme
from autograd.trace import Stage
from tests.conftest import TIMEOUT
from tests.ui.person import plain

Key = Qt.Key
NONE = Qt.KeyboardModifier.NoModifier
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
KEYS = [
    (Key.Key_PageUp, NONE, "epoch_back"),
    (Key.Key_Left, SHIFT, "stage_back"),
    (Key.Key_Left, CONTROL, "stage_back"),
    (Key.Key_Left, NONE, "step_back"),
    (Key.Key_Comma, NONE, "step_back"),
    (Key.Key_P, NONE, "play_steps"),
    (Key.Key_Right, NONE, "step_forward"),
    (Key.Key_Period, NONE, "step_forward"),
    (Key.Key_Right, SHIFT, "stage_forward"),
    (Key.Key_Right, CONTROL, "stage_forward"),
    (Key.Key_PageDown, NONE, "epoch_forward"),
    (Key.Key_Escape, NONE, "leave"),
]
BUTTONS = list(dict.fromkeys(name for _, _, name in KEYS))


@pytest.fixture
def make_bar(qtbot) -> Callable[..., TraceBar]:
    """A function that shows a bar in an active window of a width and a size of text."""
    windows: list[QMainWindow] = []

    def make(width: int = 1000, text: float = 1.0) -> TraceBar:
        window, bar = QMainWindow(), TraceBar()
        windows.append(window)
        qtbot.addWidget(window)
        font = QFont(window.font())
        font.setPointSizeF(font.pointSizeF() * text)
        window.setFont(font)
        window.setMenuWidget(bar)
        bar.set_theme(load_theme("light"))
        bar.resize_to_text()
        window.resize(width, 200)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=TIMEOUT)
        return bar

    return make


@pytest.fixture
def bar(make_bar) -> TraceBar:
    """A bar at step 9 of 16, on the way back."""
    bar = make_bar()
    bar.show_place(Stage.BACKWARD, 9, 16)
    return bar


def record(bar: TraceBar) -> list[str]:
    """Return a list that gains the name of every action that is triggered."""
    done: list[str] = []
    for action in (*bar.walking_actions, bar.leave_action):
        name = action.objectName().removesuffix("_action")
        action.triggered.connect(lambda _, name=name: done.append(name))
    return done


def button(bar: TraceBar, name: str) -> QToolButton:
    found = bar.findChild(QToolButton, name)
    assert found is not None
    return found


def place(bar: TraceBar) -> str:
    return plain(bar.findChild(QLabel, "place"))


@pytest.mark.parametrize(("key", "modifier", "name"), KEYS)
def test_each_key_asks_for_its_action(bar, key, modifier, name):
    done = record(bar)
    QTest.keyClick(bar.window(), key, modifier)
    assert done == [name]


@pytest.mark.parametrize("name", BUTTONS)
def test_each_button_asks_for_its_action_and_names_its_key(bar, name, qtbot):
    done = record(bar)
    found = button(bar, name)
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)
    assert done == [name]
    assert found.accessibleName()
    assert "&" not in found.accessibleName()
    assert "(" in found.toolTip()
    assert not found.icon().isNull()


def test_the_named_actions_are_the_buttons(bar):
    named = (
        bar.epoch_back_action,
        bar.stage_back_action,
        bar.step_back_action,
        bar.play_action,
        bar.step_forward_action,
        bar.stage_forward_action,
        bar.epoch_forward_action,
        bar.leave_action,
    )
    assert [action.objectName() for action in named] == [f"{name}_action" for name in BUTTONS]


def test_actions_in_a_menu_can_be_told_apart_by_their_letters(bar):
    letters = [
        action.text().partition("&")[2][0].lower()
        for action in (*bar.walking_actions, bar.leave_action)
    ]
    assert len(set(letters)) == len(letters)
    assert not {"p", "e", "r"} & set(letters)  # the transport's, in the same menu


def test_steps_repeat_while_a_key_is_held_but_playing_and_leaving_do_not(bar):
    repeating = {action.objectName() for action in bar.walking_actions if action.autoRepeat()}
    assert repeating == {
        f"{name}_action" for name in BUTTONS if name not in ("play_steps", "leave")
    }
    assert not bar.leave_action.autoRepeat()


def test_the_play_button_becomes_pause_in_place(bar):
    found = button(bar, "play_steps")
    before, icon = found.geometry(), found.icon().cacheKey()
    bar.show_playing(True)
    QApplication.processEvents()
    assert bar.play_action.text().replace("&", "") == "Pause steps"
    assert found.icon().cacheKey() != icon
    assert found.geometry() == before
    bar.show_playing(False)
    assert bar.play_action.text().replace("&", "") == "Play steps"


@pytest.mark.parametrize(
    ("where", "shown", "can_leave"),
    [
        ((None, -1, -1), "no epoch yet", False),
        ((None, 20, 20), "epoch 20 as a whole", False),
        ((None, 12, 20), "epoch 12 as a whole", True),
        ((None, 1_234, 1_234), "epoch 1,234 as a whole", False),
        ((Stage.FORWARD, 1, 16), "forward · step 1 of 16", True),
        ((Stage.BACKWARD, 9, 16), "backward · step 9 of 16", True),
        ((Stage.UPDATE, 1_016, 1_016), "update · step 1,016 of 1,016", True),
    ],
)
def test_it_says_where_one_looks_and_whether_there_is_anything_to_leave(
    bar, where, shown, can_leave
):
    bar.show_place(*where)
    assert place(bar) == shown
    assert button(bar, "leave").isEnabled() is can_leave


def test_something_else_can_be_left_at_the_newest_epoch(bar):
    bar.show_place(None, 20, 20, leavable=True)
    done = record(bar)
    QTest.keyClick(bar.window(), Key.Key_Escape)
    assert done == ["leave"]


def test_nothing_moves_when_the_place_changes(bar):
    label = bar.findChild(QLabel, "place")
    geometries = set()
    for where in (
        (None, 0, 0),
        (None, 9_999, 9_999),
        (Stage.FORWARD, 1, 16),
        (Stage.BACKWARD, 4_888, 8_888),
    ):
        bar.show_place(*where)
        QApplication.processEvents()
        geometries.add((label.geometry().getRect(), bar.height()))
        assert label.sizeHint().width() <= label.width()
    assert len(geometries) == 1


@pytest.mark.parametrize("where", [(Stage.BACKWARD, 1, 88_888_888), (None, 3, 88_888_888)])
def test_room_grows_with_the_numbers(make_bar, where):
    bar = make_bar(1400)
    bar.show_place(*where)
    bar.show_place(where[0], 88_888_888, 88_888_888)
    QApplication.processEvents()
    label = bar.findChild(QLabel, "place")
    assert label.sizeHint().width() <= label.minimumWidth()


def test_disabled_it_takes_no_key_and_stays_so_when_the_place_changes(bar):
    done = record(bar)
    bar.set_enabled(False)
    bar.show_place(Stage.FORWARD, 3, 16)
    for key, modifier, _ in KEYS:
        QTest.keyClick(bar.window(), key, modifier)
    assert done == []
    bar.set_enabled(True)
    for key, modifier, _ in KEYS:
        QTest.keyClick(bar.window(), key, modifier)
    assert done == [name for _, _, name in KEYS]


def test_enabling_does_not_let_leave_what_cannot_be_left(bar):
    bar.show_place(None, 20, 20)
    bar.set_enabled(False)
    bar.set_enabled(True)
    assert not bar.leave_action.isEnabled()


def test_keys_choose_the_pace(bar, qtbot):
    slider = bar.findChild(QSlider, "pace")
    slider.setFocus()
    QTest.keyClick(slider, Key.Key_Home)
    shown = []
    for pace in PACES:
        assert bar.pace() == pace
        shown.append(bar.findChild(QLabel, "pace_value").text())
        QTest.keyClick(slider, Key.Key_Right)
    assert shown == [
        *("0.25 steps/s", "0.5 steps/s", "1 step/s"),
        *("2 steps/s", "5 steps/s", "10 steps/s", "20 steps/s"),
    ]
    with qtbot.waitSignal(bar.pace_changed) as changed:
        QTest.keyClick(slider, Key.Key_Left)
    assert changed.args == [10.0]


def test_a_pace_is_chosen_by_its_number(bar, qtbot):
    with qtbot.waitSignal(bar.pace_changed) as changed:
        bar.set_pace(0.25)
    assert changed.args == [0.25]


def test_the_list_chooses_what_is_repeated(bar):
    chosen: list[object] = []
    bar.loop_changed.connect(chosen.append)
    combo = bar.findChild(QComboBox, "loop")
    combo.setFocus()
    for key in (Key.Key_Down, Key.Key_Down, Key.Key_Down, Key.Key_Home):
        QTest.keyClick(combo, key)
    assert chosen == [Stage.FORWARD, Stage.BACKWARD, Stage.UPDATE, None]


@pytest.mark.parametrize("stage", [*Stage, None])
def test_what_is_repeated_can_be_shown(bar, stage):
    bar.set_loop(Stage.UPDATE if stage is not Stage.UPDATE else None)
    chosen: list[object] = []
    bar.loop_changed.connect(chosen.append)
    bar.set_loop(stage)
    assert chosen == [stage]


def test_the_box_turns_predicting_on_and_off(bar):
    toggled: list[bool] = []
    bar.predict_toggled.connect(toggled.append)
    box = bar.findChild(QCheckBox, "predict")
    box.setFocus()
    QTest.keyClick(box, Key.Key_Space)
    bar.set_predicting(False)
    assert toggled == [True, False]


def visible_parts(bar: TraceBar) -> list[QAbstractButton | QLabel | QSlider | QComboBox]:
    kinds = (QAbstractButton, QLabel, QSlider, QComboBox)
    return [each for kind in kinds for each in bar.findChildren(kind) if each.isVisible()]


def test_it_is_one_row_in_a_window_of_1000_pixels(bar):
    middles = {round(each.mapTo(bar, each.rect().center()).y() / 4) for each in visible_parts(bar)}
    assert max(middles) - min(middles) <= 1
    assert bar.height() <= 36


@pytest.mark.parametrize("width", [600, 700, 1000, 1280])
@pytest.mark.parametrize("text", [1.0, 1.4])
def test_everything_is_inside_and_nothing_overlaps(make_bar, width, text):
    bar = make_bar(width, text)
    bar.show_place(Stage.BACKWARD, 8_888, 8_888)
    QApplication.processEvents()
    parts = visible_parts(bar)
    places = [each.rect().translated(each.mapTo(bar, each.rect().topLeft())) for each in parts]
    assert bar.window().width() <= max(width, bar.minimumSizeHint().width())
    assert all(bar.rect().contains(each) for each in places)
    for (one, here), (other, there) in itertools.combinations(zip(parts, places, strict=True), 2):
        assert not here.intersects(there), f"{one.objectName()} covers {other.objectName()}"


def test_it_folds_into_two_rows_and_unfolds_again(make_bar, qtbot):
    bar = make_bar(1000)
    height = bar.height()
    bar.window().resize(620, 200)
    qtbot.waitUntil(lambda: bar.height() > 1.5 * height, timeout=TIMEOUT)
    bar.window().resize(1000, 200)
    qtbot.waitUntil(lambda: bar.height() == height, timeout=TIMEOUT)
