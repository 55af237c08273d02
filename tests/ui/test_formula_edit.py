"""The field for a formula: typing, Enter, Escape, and what is said and marked when it is wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetrics, QImage
from PySide6.QtWidgets import QApplication, QFormLayout, QLineEdit, QWidget

from app.controls.formula_edit import FormulaEdit
from app.study.formula import parse
from app.study.setting import SettingError
from app.theme import apply_theme, load_theme

ENTER, ESCAPE, CONTROL = (
    Qt.Key.Key_Return,
    Qt.Key.Key_Escape,
    Qt.KeyboardModifier.ControlModifier,
)


@pytest.fixture(params=["light", "dark"])
def theme(request, qapp):
    theme = load_theme(request.param)
    apply_theme(qapp, theme)
    return theme


@pytest.fixture
def form(qtbot) -> Iterator[QWidget]:
    """A window with a form, and another field to go to."""
    window = QWidget()
    layout = QFormLayout(window)
    layout.addRow("Other", QLineEdit(objectName="other"))
    qtbot.addWidget(window)
    window.resize(320, 120)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield window
    window.hide()


@pytest.fixture
def edit(form, theme) -> FormulaEdit:
    """A field with m*x + c that has the focus."""
    edit = FormulaEdit(parse, "m*x + c")
    edit.set_theme(theme)
    form.layout().addRow("Formula", edit)
    edit.setFocus()
    return edit


@pytest.fixture
def entered(edit) -> list[str]:
    """The formulas entered."""
    entered: list[str] = []
    edit.value_changed.connect(entered.append)
    return entered


@pytest.fixture
def typeset(edit) -> list[str]:
    """The formulas that were to be typeset."""
    texts: list[str] = []
    edit.typed.connect(lambda formula: texts.append(formula.text))
    return texts


def type_over(qtbot, edit: FormulaEdit, text: str, *keys: Qt.Key) -> None:
    """Replace what is in the field."""
    qtbot.keyClick(edit, Qt.Key.Key_A, CONTROL)
    qtbot.keyClicks(edit, text)
    for key in keys:
        qtbot.keyClick(edit, key)


def leave(edit: FormulaEdit) -> None:
    edit.window().findChild(QLineEdit, "other").setFocus()


def picture(edit: FormulaEdit) -> QImage:
    QApplication.processEvents()
    return edit.grab().toImage()


def columns_like(edit: FormulaEdit, colour: QColor) -> list[int]:
    """Return the columns in which a colour fills most of the height of the text."""
    image = picture(edit)
    rows = range(image.height() // 2 - 4, image.height() // 2 + 5)
    return [
        x
        for x in range(6, image.width() - 6)
        if sum(QColor(image.pixel(x, y)) == colour for y in rows) >= len(rows) // 2
    ]


# -- what counts -----------------------------------------------------------------------------


def test_a_formula_counts_when_enter_is_pressed(qtbot, edit, entered):
    type_over(qtbot, edit, "a*x**2")
    assert (edit.value(), entered) == ("m*x + c", [])
    qtbot.keyClick(edit, ENTER)
    assert (edit.value(), entered) == ("a*x**2", ["a*x**2"])


def test_a_formula_counts_when_the_field_is_left(qtbot, edit, entered):
    type_over(qtbot, edit, "a*x**2")
    leave(edit)
    assert entered == ["a*x**2"]


def test_the_same_formula_again_is_no_other(qtbot, edit, entered):
    type_over(qtbot, edit, "  m*x + c ", ENTER)
    assert edit.text() == "m*x + c"
    leave(edit)
    assert entered == []


def test_every_right_formula_is_typeset_as_one_types(qtbot, edit, typeset):
    type_over(qtbot, edit, "a*x/b")
    assert typeset == ["a", "a*x", "a*x/b"]
    assert edit.formula.text == "a*x/b"


def test_while_one_types_nothing_is_said(qtbot, edit, theme):
    type_over(qtbot, edit, "a*sin(")
    assert edit.problem == ""
    assert columns_like(edit, theme.negative) == []


def test_a_pause_in_the_middle_of_a_formula_has_it_explained(qtbot, edit):
    with qtbot.waitSignal(edit.problem_changed) as said:
        type_over(qtbot, edit, "a*sin(")
    assert said.args[0] == edit.problem != ""


# -- what is wrong ---------------------------------------------------------------------------


def test_what_is_no_formula_is_explained_and_the_one_before_stays(qtbot, edit, entered):
    with pytest.raises(SettingError) as refused:
        parse("a*x + foo(c)")
    with qtbot.waitSignal(edit.problem_changed) as said:
        type_over(qtbot, edit, "a*x + foo(c)", ENTER)
    assert said.args == [str(refused.value)]
    assert (edit.text(), edit.value(), entered) == ("a*x + foo(c)", "m*x + c", [])
    assert edit.formula.text == "m*x + c"


def test_the_formula_in_force_is_typeset_again_while_there_is_a_problem(qtbot, edit, typeset):
    type_over(qtbot, edit, "a*x + foo(c)", ENTER)
    assert typeset[-1] == "m*x + c"
    type_over(qtbot, edit, "a*x")
    assert typeset[-1] == "a*x"


@pytest.mark.parametrize(
    "text", ["a*x + foo(c)", "foo(a)*x", "a*x + ", "a*x + b $ 4", "a*x)", "x*" + "a*" * 40 + "x $"]
)
def test_the_offending_part_is_marked_and_nothing_else(qtbot, edit, theme, text):
    with pytest.raises(SettingError) as refused:
        parse(text.strip())
    start, end = refused.value.start, refused.value.end
    type_over(qtbot, edit, text, ENTER)
    marked = columns_like(edit, theme.negative)
    metrics = QFontMetrics(edit.font())
    origin = _x_of_text(edit, metrics)
    left = origin + metrics.horizontalAdvance(text[:start])
    right = origin + metrics.horizontalAdvance(text[:end])
    assert marked
    assert abs(marked[0] - left) <= 4
    assert abs(marked[-1] - right) <= 4


def _x_of_text(edit: FormulaEdit, metrics: QFontMetrics) -> int:
    """Return where the text begins, from where the cursor is: in the middle of its rectangle."""
    cursor: QRect = edit.cursorRect()
    before = edit.text()[: edit.cursorPosition()]
    return cursor.center().x() - metrics.horizontalAdvance(before)


def test_the_mark_keeps_to_its_part_while_the_field_scrolls(qtbot, edit, theme):
    type_over(qtbot, edit, "foo(a)*x" + "+ b" * 30, ENTER)
    assert columns_like(edit, theme.negative)
    qtbot.keyClick(edit, Qt.Key.Key_End)
    assert columns_like(edit, theme.negative) == []
    qtbot.keyClick(edit, Qt.Key.Key_Home)
    assert columns_like(edit, theme.negative)


def test_the_mark_goes_as_soon_as_the_formula_is_right(qtbot, edit, theme):
    type_over(qtbot, edit, "a*x + ", ENTER)
    assert edit.problem
    qtbot.keyClicks(edit, "b")
    assert edit.problem == ""
    assert columns_like(edit, theme.negative) == []
    assert edit.value() == "m*x + c"


def test_another_mistake_is_explained_at_once_while_one_is_shown(qtbot, edit):
    type_over(qtbot, edit, "a*x + ", ENTER)
    first = edit.problem
    qtbot.keyClicks(edit, "$")
    assert edit.problem not in ("", first)


# -- going back ------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [(), (ENTER,)])
def test_escape_brings_the_formula_in_force_back(qtbot, edit, entered, keys):
    type_over(qtbot, edit, "a*x + ", *keys)
    qtbot.keyClick(edit, ESCAPE)
    assert (edit.text(), edit.problem, entered) == ("m*x + c", "", [])
    assert edit.formula.text == "m*x + c"
    assert not edit.isModified()  # Escape means something else from now on


def test_ctrl_z_takes_back_typing_and_even_escape(qtbot, edit):
    type_over(qtbot, edit, "a*x", ESCAPE)
    assert edit.text() == "m*x + c"
    qtbot.keyClick(edit, Qt.Key.Key_Z, CONTROL)
    assert edit.text() == "a*x"
    while edit.isUndoAvailable():
        qtbot.keyClick(edit, Qt.Key.Key_Z, CONTROL)
    assert edit.text() == "m*x + c"


def test_what_was_typed_can_be_taken_back_after_it_was_entered(qtbot, edit, entered):
    type_over(qtbot, edit, "a*x", ENTER)
    while edit.isUndoAvailable():
        qtbot.keyClick(edit, Qt.Key.Key_Z, CONTROL)
    qtbot.keyClick(edit, ENTER)
    assert entered == ["a*x", "m*x + c"]


def test_another_formula_is_shown_in_place_of_what_was_typed(qtbot, edit, entered, typeset):
    type_over(qtbot, edit, "a*x + ", ENTER)
    edit.set_value("b*x")
    assert (edit.text(), edit.value(), edit.problem) == ("b*x", "b*x", "")
    assert (typeset[-1], entered) == ("b*x", [])


def test_a_formula_can_be_refused_for_a_reason_beyond_the_field(qtbot, edit):
    edit.value_changed.connect(lambda: edit.refuse("m*x + c", "That is too much."))
    type_over(qtbot, edit, "a*x", ENTER)
    assert (edit.text(), edit.value()) == ("a*x", "m*x + c")
    assert edit.problem == "That is too much."


def test_a_hidden_field_says_nothing_later(qtbot, edit):
    type_over(qtbot, edit, "a*")
    edit.hide()
    assert not any(timer.isActive() for timer in edit.findChildren(QTimer))
