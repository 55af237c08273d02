"""Keys of the window and keys of the focused control: who gets which."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QStandardItem, QStandardItemModel
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMainWindow,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSlider,
    QSpinBox,
    QTabBar,
    QTableView,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from app.controls.number_edit import NumberEdit
from app.study.setting import Number
from tests.conftest import TIMEOUT

Key = Qt.Key
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
SHORTCUTS = (
    *("Left", "Right", "Up", "Down", "PgUp", "PgDown", "Home", "End", "Esc", "Space"),
    *("P", ",", ".", "Shift+Left", "Shift+Right", "Ctrl+Left", "Ctrl+Right"),
)
ARROWS = {"Left": Key.Key_Left, "Right": Key.Key_Right, "Up": Key.Key_Up, "Down": Key.Key_Down}
PAGES = {"PgUp": Key.Key_PageUp, "PgDown": Key.Key_PageDown}
ENDS = {"Home": Key.Key_Home, "End": Key.Key_End}
MOVES = ARROWS | PAGES | ENDS
TYPED = {"P": Key.Key_P, ",": Key.Key_Comma, ".": Key.Key_Period}
ESCAPE, SPACE = {"Esc": Key.Key_Escape}, {"Space": Key.Key_Space}
ALL = ESCAPE | MOVES | TYPED | SPACE  # Escape first: it is a field's own once one typed
LONG_TEXT = "\n".join(f"line {number} of a text" for number in range(200))


class Desk(QMainWindow):
    """A window that has every shortcut, and one control."""

    def __init__(self, control: QWidget) -> None:
        super().__init__()
        self.control = control
        self.done: list[str] = []
        for keys in SHORTCUTS:
            action = QAction(keys, self)
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(lambda _, keys=keys: self.done.append(keys))
            self.addAction(action)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.addWidget(control)
        layout.addWidget(QPushButton("another"))
        self.setCentralWidget(content)
        self.resize(400, 300)


@pytest.fixture
def at(qtbot) -> Callable[[QWidget], Desk]:
    """A function that opens a window with a control, which has the focus."""
    desks: list[Desk] = []

    def open_desk(control: QWidget) -> Desk:
        desk = Desk(control)
        desks.append(desk)
        qtbot.addWidget(desk)
        desk.show()
        desk.activateWindow()
        qtbot.waitUntil(desk.isActiveWindow, timeout=TIMEOUT)
        control.setFocus()
        assert QApplication.focusWidget() is control
        return desk

    return open_desk


def taken_by_window(desk: Desk, keys: dict[str, Key]) -> set[str]:
    """Press each key where the focus is; return those that the window took."""
    for key in keys.values():
        desk.control.setFocus()
        QTest.keyClick(desk.control, key)
    return set(desk.done)


def make_slider() -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, 100)
    slider.setValue(50)
    return slider


def make_combo() -> QComboBox:
    combo = QComboBox()
    combo.addItems(["alpha", "beta", "pi"])
    return combo


def make_tabs() -> QTabBar:
    tabs = QTabBar()
    for title in ("one", "two", "three"):
        tabs.addTab(title)
    return tabs


def make_table() -> QTableView:
    table = QTableView()
    model = QStandardItemModel(table)
    for number in range(50):
        model.appendRow([QStandardItem(f"{number}"), QStandardItem(f"p{number}")])
    table.setModel(model)
    table.setCurrentIndex(model.index(20, 0))
    return table


def make_text() -> QPlainTextEdit:
    text = QPlainTextEdit(LONG_TEXT, readOnly=True)
    text.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByKeyboard
        | Qt.TextInteractionFlag.TextSelectableByMouse
    )
    return text


def make_page() -> QScrollArea:
    page = QScrollArea()
    page.setWidget(QLabel(LONG_TEXT))
    page.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return page


def make_label() -> QLabel:
    label = QLabel(LONG_TEXT)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def make_plain() -> QWidget:
    plain = QWidget()
    plain.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return plain


@pytest.mark.parametrize(
    ("make", "kept"),
    [
        pytest.param(make_plain, {}, id="plain"),
        pytest.param(QPushButton, SPACE, id="button"),
        pytest.param(QCheckBox, SPACE, id="check box"),
        pytest.param(make_slider, MOVES, id="slider"),
        pytest.param(QSpinBox, MOVES | TYPED | SPACE, id="spin box"),
        pytest.param(make_combo, MOVES | TYPED | SPACE, id="combo box"),
        pytest.param(make_tabs, MOVES | SPACE, id="tab bar"),
        pytest.param(make_table, MOVES | TYPED | SPACE, id="table"),
        pytest.param(make_text, MOVES, id="text to read"),
        pytest.param(lambda: QTextEdit(LONG_TEXT), MOVES | TYPED | SPACE, id="text to write"),
        pytest.param(lambda: QLineEdit("0.5"), ARROWS | ENDS | TYPED | SPACE, id="line"),
        pytest.param(make_page, PAGES, id="scroll area"),
        pytest.param(make_label, {}, id="label"),
    ],
)
def test_a_control_keeps_the_keys_it_needs_and_no_others(at, make, kept):
    assert taken_by_window(at(make()), ALL) == ALL.keys() - kept.keys()


def test_keys_still_do_in_a_control_what_they_are_for(at):
    slider = make_slider()
    at(slider)
    QTest.keyClick(slider, Key.Key_Right)
    assert slider.value() == 51
    QTest.keyClick(slider, Key.Key_PageUp)
    assert slider.value() == 61
    QTest.keyClick(slider, Key.Key_Home)
    assert slider.value() == 0


def test_arrows_choose_in_a_list_and_a_letter_finds_an_entry(at):
    combo = make_combo()
    desk = at(combo)
    QTest.keyClick(combo, Key.Key_Down)
    assert combo.currentText() == "beta"
    QTest.keyClick(combo, Key.Key_P)
    assert combo.currentText() == "pi"
    assert desk.done == []


def test_page_keys_scroll_a_scroll_area_and_a_text(at):
    page = make_page()
    at(page)
    QTest.keyClick(page, Key.Key_PageDown)
    assert page.verticalScrollBar().value() > 0
    text = make_text()
    at(text)
    QTest.keyClick(text, Key.Key_PageDown)
    assert text.verticalScrollBar().value() > 0


def test_commas_and_points_are_typed_into_a_field(at):
    field = QLineEdit()
    desk = at(field)
    QTest.keyClicks(field, "1,.5")
    QTest.keyClick(field, Key.Key_Left)
    QTest.keyClicks(field, "2")
    assert field.text() == "1,.25"
    assert desk.done == []


@pytest.mark.parametrize("make", [make_table, make_text, lambda: QLineEdit("0.5")])
def test_shift_and_ctrl_with_an_arrow_select_where_something_can_be_selected(at, make):
    desk = at(make())
    for modifier in (SHIFT, CONTROL):
        QTest.keyClick(desk.control, Key.Key_Left, modifier)
    assert desk.done == []


@pytest.mark.parametrize("make", [make_slider, make_combo, make_tabs, QCheckBox])
def test_shift_and_ctrl_with_an_arrow_are_the_windows_elsewhere(at, make):
    desk = at(make())
    for modifier in (SHIFT, CONTROL):
        QTest.keyClick(desk.control, Key.Key_Left, modifier)
    assert desk.done == ["Shift+Left", "Ctrl+Left"]


def test_escape_takes_back_what_was_typed_before_it_leaves_anything_else(at):
    field = NumberEdit(Number(label="Rate", help="A rate.", minimum=0.0, maximum=1.0), 0.001)
    desk = at(field)
    QTest.keyClicks(field, "7")
    QTest.keyClick(field, Key.Key_Escape)
    assert (field.text(), desk.done) == ("0.001", [])
    QTest.keyClick(field, Key.Key_Escape)
    assert desk.done == ["Esc"]


def test_a_control_of_our_own_names_the_keys_it_needs(at):
    class Dial(QWidget):
        own_keys = frozenset({Key.Key_Up, Key.Key_Escape})

        def __init__(self) -> None:
            super().__init__()
            self.pressed: list[int] = []

        def keyPressEvent(self, event) -> None:
            self.pressed.append(event.key())

    desk = at(Dial())
    assert taken_by_window(desk, ALL) == ALL.keys() - {"Up", "Esc"}
    assert set(desk.control.pressed) == Dial.own_keys


def test_a_control_that_lost_the_focus_claims_nothing(at):
    slider = make_slider()
    desk = at(slider)
    other = desk.findChild(QPushButton)
    other.setFocus()
    QTest.keyClick(other, Key.Key_Right)
    assert (slider.value(), desk.done) == (50, ["Right"])


def test_an_open_list_keeps_its_keys(at, qtbot):
    combo = make_combo()
    desk = at(combo)
    combo.showPopup()
    view = combo.view()
    qtbot.waitUntil(view.isVisible, timeout=TIMEOUT)
    QTest.keyClick(view, Key.Key_Down)
    assert view.currentIndex().row() == 1
    QTest.keyClick(view, Key.Key_Escape)
    qtbot.waitUntil(lambda: not view.isVisible(), timeout=TIMEOUT)
    assert desk.done == []


def test_an_open_menu_keeps_its_keys(at, qtbot):
    desk = at(make_plain())
    menu = QMenu(desk)
    first, second = menu.addAction("first"), menu.addAction("second")
    menu.popup(desk.mapToGlobal(desk.rect().center()))
    qtbot.waitUntil(menu.isVisible, timeout=TIMEOUT)
    QTest.keyClick(menu, Key.Key_Down)
    assert menu.activeAction() is first
    QTest.keyClick(menu, Key.Key_Down)
    assert menu.activeAction() is second
    QTest.keyClick(menu, Key.Key_Escape)
    assert not menu.isVisible()
    assert desk.done == []
