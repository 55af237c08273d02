"""A value of the graph is typed, dragged or stepped, live, and can be taken back."""

import math

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence, QMouseEvent, QShortcut
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QVBoxLayout, QWidget

from app.views.value_edit import LIMIT, ValueEdit
from tests.conftest import TIMEOUT

KEYS = Qt.Key
LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier


class Form(QWidget):
    """A field, a label to drag it by, and something else that can have the focus."""

    def __init__(self, *, pops_up=False) -> None:
        super().__init__()
        self.field = ValueEdit("m", self, pops_up=pops_up)
        self.label, self.other = QLabel("m"), QPushButton("other")
        self.field.drag_by(self.label)
        layout = QVBoxLayout(self)
        for each in (self.other, self.label, self.field):
            layout.addWidget(each)
        self.told: list[object] = []
        self.field.edited.connect(self.told.append)
        self.field.finished.connect(lambda: self.told.append("finished"))
        self.field.cancelled.connect(lambda: self.told.append("cancelled"))
        self.escapes: list[str] = []
        QShortcut(QKeySequence("Esc"), self).activated.connect(lambda: self.escapes.append("Esc"))


@pytest.fixture
def make_form(qtbot):
    def make(**options) -> Form:
        form = Form(**options)
        qtbot.addWidget(form)
        form.show()
        form.activateWindow()
        qtbot.waitUntil(form.isActiveWindow, timeout=TIMEOUT)
        form.other.setFocus()
        form.told.clear()
        return form

    return make


@pytest.fixture
def form(make_form) -> Form:
    form = make_form()
    form.field.take(0.764340511813275)
    return form


def type_in(qtbot, field, text):
    field.setFocus()
    field.selectAll()
    if text.isascii():
        qtbot.keyClicks(field, text)
    else:
        QApplication.clipboard().setText(text)
        field.paste()


def drag(qtbot, widget, *xs, modifier=Qt.KeyboardModifier.NoModifier):
    middle = widget.height() // 2
    qtbot.mousePress(widget, LEFT, modifier, QPoint(5, middle))
    for x in xs:
        qtbot.mouseMove(widget, QPoint(5 + x, middle))
    qtbot.mouseRelease(widget, LEFT, modifier, QPoint(5 + xs[-1], middle))


# -- showing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.764340511813275, "0.764341"), (-20.0, "−20"), (1e-7, "1e−7"), (math.nan, "nan"),
     (-math.inf, "−inf")],
)  # fmt: skip
def test_a_number_is_shown_short(form, value, text):
    form.field.take(value)
    assert form.field.text() == text
    assert form.told == []


def test_all_digits_are_there_to_be_edited(form):
    form.field.setFocus()
    assert form.field.text() == "0.764340511813275"
    form.other.setFocus()
    assert form.field.text() == "0.764341"
    assert form.told == ["finished"]


def test_looking_at_it_does_not_change_it(form, qtbot):
    form.field.setFocus()
    qtbot.keyClick(form.field, KEYS.Key_Return)
    assert form.field.value == 0.764340511813275
    assert form.told == ["finished"]


# -- typing ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.5", 1.5), ("-3", -3.0), ("−3", -3.0), ("1e-3", 1e-3), (" 2 ", 2.0), ("1,000", 1000.0)],
)
def test_enter_takes_what_was_typed(form, qtbot, text, value):
    type_in(qtbot, form.field, text)
    assert form.told == []
    qtbot.keyClick(form.field, KEYS.Key_Return)
    assert form.told == [value, "finished"]


def test_leaving_the_field_takes_what_was_typed(form, qtbot):
    type_in(qtbot, form.field, "2.5")
    form.other.setFocus()
    assert form.told == [2.5, "finished"]


@pytest.mark.parametrize("text", ["fast", "", "1.2.3", "nan", "inf", "1e10", "-2e9"])
def test_what_is_no_number_stays_marked_with_a_sentence(form, qtbot, text):
    problems = []
    form.field.problem_changed.connect(problems.append)
    type_in(qtbot, form.field, text or " ")
    if not text:
        qtbot.keyClick(form.field, KEYS.Key_Backspace)
    qtbot.keyClick(form.field, KEYS.Key_Return)
    assert form.told == []
    assert form.field.text() == text
    assert problems[-1].startswith("m must be a number from ")
    assert form.field.property("invalid") is True
    qtbot.keyClick(form.field, KEYS.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(form.field, "7")
    assert problems[-1] == ""
    qtbot.keyClick(form.field, KEYS.Key_Return)
    assert form.told == [7.0, "finished"]


def test_escape_takes_back_what_was_typed(form, qtbot):
    type_in(qtbot, form.field, "12")
    qtbot.keyClick(form.field, KEYS.Key_Escape)
    assert form.told == ["cancelled"]
    assert form.field.value == 0.764340511813275
    assert form.field.text() == "0.764340511813275"


def test_escape_takes_back_what_was_told(form, qtbot):
    form.field.setFocus()
    qtbot.keyClick(form.field, KEYS.Key_Up)
    qtbot.keyClick(form.field, KEYS.Key_Escape)
    assert form.told == [0.774340511813, 0.764340511813275, "cancelled"]
    assert form.escapes == []


def test_escape_goes_back_to_what_enter_took(form, qtbot):
    type_in(qtbot, form.field, "2")
    qtbot.keyClick(form.field, KEYS.Key_Return)
    qtbot.keyClick(form.field, KEYS.Key_Up)
    qtbot.keyClick(form.field, KEYS.Key_Escape)
    assert form.field.value == 2


def test_escape_with_nothing_to_take_back_is_the_windows(form, qtbot):
    form.field.setFocus()
    qtbot.keyClick(form.field, KEYS.Key_Escape)
    assert form.escapes == ["Esc"]
    assert form.told == []


def test_escape_is_a_pop_ups_own(make_form, qtbot):
    form = make_form(pops_up=True)
    form.field.setFocus()
    form.field.take(3.0)
    qtbot.keyClick(form.field, KEYS.Key_Escape)
    assert (form.escapes, form.told) == ([], ["cancelled"])
    type_in(qtbot, form.field, "4")
    qtbot.keyClick(form.field, KEYS.Key_Return)
    assert form.told == ["cancelled", 4.0, "finished"]


def test_a_number_from_outside_does_not_disturb_typing(form, qtbot):
    type_in(qtbot, form.field, "12")
    form.field.take(99.0)
    assert form.field.text() == "12"
    qtbot.keyClick(form.field, KEYS.Key_Return)
    assert form.told == [12.0, "finished"]
    form.field.take(99.0)
    assert form.field.value == 99


def test_a_number_from_outside_is_one_that_escape_does_not_leave(form, qtbot):
    form.field.setFocus()
    form.field.take(5.0)
    qtbot.keyClick(form.field, KEYS.Key_Escape)
    assert form.told == []
    assert form.field.value == 5
    assert form.escapes == ["Esc"]


def test_a_number_from_outside_that_is_ones_own_can_be_left(form, qtbot):
    form.field.take(5.0)
    form.field.edited.connect(form.field.take)
    form.field.setFocus()
    qtbot.keyClick(form.field, KEYS.Key_Up)
    qtbot.keyClick(form.field, KEYS.Key_Up)
    qtbot.keyClick(form.field, KEYS.Key_Escape)
    assert form.told == [5.1, 5.2, 5.0, "cancelled"]


def test_another_name_forgets_what_was_typed(form, qtbot):
    type_in(qtbot, form.field, "fast")
    qtbot.keyClick(form.field, KEYS.Key_Return)
    assert form.field.problem
    form.field.set_name("c")
    form.field.take(3.0)
    assert (form.field.problem, form.field.value, form.told) == ("", 3.0, [])
    type_in(qtbot, form.field, "fast")
    qtbot.keyClick(form.field, KEYS.Key_Return)
    assert form.field.problem.startswith("c must be ")


# -- arrows ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "key", "modifier", "value"),
    [
        (0.5, KEYS.Key_Up, None, 0.51),
        (0.5, KEYS.Key_Down, None, 0.49),
        (0.5, KEYS.Key_Up, SHIFT, 0.501),
        (-20.0, KEYS.Key_Up, None, -19.0),
        (0.0, KEYS.Key_Down, None, -0.1),
        (300.0, KEYS.Key_Down, SHIFT, 299.0),
        (LIMIT, KEYS.Key_Up, None, LIMIT),
        (math.inf, KEYS.Key_Up, None, math.inf),
    ],
)
def test_arrows_step_by_a_hundredth_of_the_size(form, qtbot, start, key, modifier, value):
    form.field.take(start)
    form.field.setFocus()
    qtbot.keyClick(form.field, key, modifier or Qt.KeyboardModifier.NoModifier)
    assert form.field.value == value
    assert form.told == ([] if value == start else [value])


def test_steps_go_through_zero(form, qtbot):
    form.field.take(0.5)
    form.field.setFocus()
    for _ in range(60):
        qtbot.keyClick(form.field, KEYS.Key_Down)
    assert form.field.value == pytest.approx(-0.1)
    assert form.told == pytest.approx([0.5 - 0.01 * (index + 1) for index in range(60)])


# -- dragging --------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["field", "label"])
def test_dragging_sideways_changes_it_live(form, qtbot, by):
    form.field.take(0.5)
    drag(qtbot, getattr(form, by), 30, 60, -20)
    assert form.told == pytest.approx([0.8, 1.1, 0.3])
    assert form.field.value == pytest.approx(0.3)


def test_dragging_with_shift_is_finer(form, qtbot):
    form.field.take(0.5)
    middle = QPoint(5, form.label.height() // 2)
    qtbot.mousePress(form.label, LEFT, SHIFT, middle)
    move_with_shift(form.label, middle + QPoint(30, 0))
    qtbot.mouseRelease(form.label, LEFT, SHIFT, middle + QPoint(30, 0))
    assert form.told == pytest.approx([0.53])


def move_with_shift(widget, at):
    """QTest's mouse moves have no modifier."""
    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(at), QPointF(widget.mapToGlobal(at)), LEFT, LEFT, SHIFT
    )
    QApplication.sendEvent(widget, event)


def test_a_click_is_no_drag(form, qtbot):
    drag(qtbot, form.field, 1, 2)
    assert form.told == []
    assert form.field.hasFocus()


def test_the_mouse_selects_text_while_one_types(form, qtbot):
    type_in(qtbot, form.field, "123456")
    drag(qtbot, form.field, 60)
    assert form.told == []
    assert form.field.text() == "123456"


def test_a_number_from_outside_does_not_disturb_dragging(form, qtbot):
    form.field.take(0.5)
    middle = form.label.height() // 2
    qtbot.mousePress(form.label, LEFT, pos=QPoint(5, middle))
    for x in (20, 40, 60):
        qtbot.mouseMove(form.label, QPoint(5 + x, middle))
        form.field.take(0.5)  # what the rest of the window still has
    qtbot.mouseRelease(form.label, LEFT, pos=QPoint(65, middle))
    assert form.told == pytest.approx([0.7, 0.9, 1.1])
    form.field.take(0.5)
    assert form.field.value == 0.5


def test_escape_takes_a_drag_back(form, qtbot):
    form.field.take(0.5)
    form.field.setFocus()
    drag(qtbot, form.field, 30)
    qtbot.keyClick(form.field, KEYS.Key_Escape)
    assert form.told == [0.8, 0.5, "cancelled"]
