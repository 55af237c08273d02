"""The learning rate's scale: its places, what a person does with it, what it marks and says."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QFont, QHelpEvent, QImage, QTextDocumentFragment, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolTip, QVBoxLayout, QWidget

from app.controls.learning_rate_scale import LearningRateScale
from app.theme import apply_theme, load_theme

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
LIMIT = 0.0071
SENTENCE = (
    "Largest stable learning rate of plain gradient descent here: 0.0071, from the Hessian's λmax."
)

Scales = Callable[..., LearningRateScale]


@pytest.fixture
def make_scale(qtbot) -> Iterator[Scales]:
    """A function that shows a scale below a field, in a window that is active."""
    windows: list[QWidget] = []

    def make(*limits: float, width: int = 300, theme: str = "light", text: float = 1.0):
        window = QWidget()
        windows.append(window)
        qtbot.addWidget(window)
        font = QFont(window.font())
        font.setPointSizeF(font.pointSizeF() * text)
        window.setFont(font)
        layout = QVBoxLayout(window)
        layout.addWidget(QLineEdit())
        scale = LearningRateScale(*limits)
        scale.set_theme(load_theme(theme))
        layout.addWidget(scale)
        scale.setFixedWidth(width)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        return scale

    yield make
    windows.clear()


@pytest.fixture
def scale(make_scale) -> LearningRateScale:
    """A scale from 1e-6 to 10, at 0.001."""
    scale = make_scale()
    scale.set_value(0.001)
    return scale


def chosen(scale: LearningRateScale) -> list[float]:
    """Return a list of what will be chosen."""
    values: list[float] = []
    scale.value_changed.connect(values.append)
    return values


def handle(scale: LearningRateScale, value: float) -> QPoint:
    """Return where the handle of a value is painted: the middle of what its colour fills."""
    shown = scale.value()
    scale.set_value(value)
    picture = scale.grab().toImage()
    scale.set_value(shown)
    accent = load_theme("light").accent.rgb()
    places = [(x, y) for x, y in pixels(picture) if picture.pixel(x, y) == accent]
    assert places
    return QPoint(*(round(sum(each) / len(each)) for each in zip(*places, strict=True)))


def pixels(picture: QImage) -> list[tuple[int, int]]:
    return [(x, y) for x in range(picture.width()) for y in range(picture.height())]


def differing(one: QImage, other: QImage) -> set[int]:
    """Return the columns in which two pictures differ."""
    return {x for x, y in pixels(one) if one.pixel(x, y) != other.pixel(x, y)}


def labels(scale: LearningRateScale) -> list[tuple[int, int]]:
    """Return from where to where there is ink below the ticks, gaps in words closed."""
    picture = scale.grab().toImage()
    top = round(1.65 * scale.fontMetrics().height())
    behind = picture.pixel(0, picture.height() - 1)
    columns = [
        x
        for x in range(picture.width())
        if any(picture.pixel(x, y) != behind for y in range(top, picture.height()))
    ]
    spans: list[tuple[int, int]] = []
    for x in columns:
        if spans and x - spans[-1][1] <= 0.7 * scale.fontMetrics().averageCharWidth():
            spans[-1] = (spans[-1][0], x)
        else:
            spans.append((x, x))
    return spans


def drag(scale: LearningRateScale, *places: QPoint) -> None:
    """Press at the first place, move over the others and release at the last."""
    QTest.mousePress(scale, LEFT, pos=places[0])
    for place in places[1:]:
        QTest.mouseMove(scale, place)
    QTest.mouseRelease(scale, LEFT, pos=places[-1])


def turn(scale: LearningRateScale, angle: int) -> bool:
    """Turn the wheel over the scale; return whether the scale took it."""
    at = QPointF(scale.rect().center())
    event = QWheelEvent(
        at,
        scale.mapToGlobal(at),
        QPoint(),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    event.ignore()
    QApplication.sendEvent(scale, event)
    return event.isAccepted()


def tip_at(scale: LearningRateScale, place: QPoint) -> str:
    """Return the tool tip that is shown over a place."""
    QToolTip.hideText()
    help_event = QHelpEvent(QEvent.Type.ToolTip, place, scale.mapToGlobal(place))
    QApplication.sendEvent(scale, help_event)
    return QTextDocumentFragment.fromHtml(QToolTip.text()).toPlainText()


# -- the value -------------------------------------------------------------------------------


def test_it_begins_at_its_minimum(make_scale):
    assert make_scale().value() == 1e-6
    assert make_scale(0.01, 1.0).value() == 0.01


def test_to_set_a_value_shows_it_and_says_nothing(scale):
    values = chosen(scale)
    before = scale.grab().toImage()
    scale.set_value(0.00119873)
    scale.set_limit(LIMIT)
    assert scale.value() == 0.00119873
    assert scale.grab().toImage() != before
    assert values == []


def test_equal_factors_are_equal_distances(scale):
    places = [handle(scale, 10.0**exponent).x() for exponent in range(-6, 2)]
    gaps = [right - left for left, right in pairwise(places)]
    assert max(gaps) - min(gaps) <= 1
    assert min(gaps) > 25


@pytest.mark.parametrize(
    ("value", "end"), [(1e3, 10), (math.inf, 10), (1e-9, 1e-6), (0.0, 1e-6), (-1.0, 1e-6)]
)
def test_a_value_outside_sits_at_the_end(scale, value, end):
    scale.set_value(value)
    assert scale.value() == value
    outside = scale.grab().toImage()
    scale.set_value(end)
    assert outside == scale.grab().toImage()


# -- clicking and dragging -------------------------------------------------------------------


@pytest.mark.parametrize("value", [1e-6, 1e-5, 0.01, 0.25, 1.0, 10.0])
def test_a_click_takes_the_value_at_that_place(scale, value):
    values = chosen(scale)
    QTest.mouseClick(scale, LEFT, pos=handle(scale, value))
    pixel = 10 ** (7 / 200)  # what at least is between two pixels
    assert len(values) == 1
    assert value / pixel**1.5 <= scale.value() <= value * pixel**1.5
    assert values == [scale.value()]


def test_a_click_on_a_label_or_above_the_track_counts_too(scale):
    at = handle(scale, 0.1)
    for y in (1, scale.height() - 2):
        scale.set_value(1e-5)
        QTest.mouseClick(scale, LEFT, pos=QPoint(at.x(), y))
        assert scale.value() == pytest.approx(0.1, rel=0.15)


def test_a_click_on_the_label_below_the_handle_rounds_its_value(scale):
    scale.set_value(0.00119873)
    at = handle(scale, scale.value())
    QTest.mouseClick(scale, LEFT, pos=QPoint(at.x(), scale.height() - 2))
    assert scale.value() == pytest.approx(0.0012, rel=0.1)
    assert scale.value() != 0.00119873


def test_dragging_chooses_rounded_values_one_after_the_other(scale):
    values = chosen(scale)
    start, end = handle(scale, 0.001), handle(scale, 1.0)
    drag(scale, *(QPoint(x, start.y()) for x in range(start.x(), end.x() + 1)))
    assert len(values) > 60
    assert values == sorted(set(values))
    assert values == [float(f"{value:.1e}") for value in values]
    assert values[-1] == scale.value() == pytest.approx(1.0, rel=0.15)


def test_dragging_stops_at_the_ends(scale):
    values, start = chosen(scale), handle(scale, 0.001)
    drag(scale, start, QPoint(5000, start.y()), QPoint(-5000, start.y()))
    assert values == [10.0, 1e-6]


def test_the_handle_is_held_where_it_was_grabbed(scale):
    scale.set_value(0.00119873)
    values, at = chosen(scale), handle(scale, 0.00119873) + QPoint(3, 0)
    QTest.mouseClick(scale, LEFT, pos=at)
    assert values == []
    drag(scale, at, at + QPoint(0, 4))
    assert scale.value() == 0.00119873
    drag(scale, at, at + QPoint(1, 0))
    assert 0.0012 <= scale.value() <= 0.0014
    scale.set_value(0.00119873)
    drag(scale, at, at + QPoint(40, 0), at)
    assert scale.value() == 0.00119873


def test_only_the_left_button_counts_and_only_while_it_is_down(scale):
    values = chosen(scale)
    QTest.mouseClick(scale, RIGHT, pos=QPoint(30, 10))
    QTest.mouseClick(scale, LEFT, pos=handle(scale, 0.1))
    assert len(values) == 1
    QTest.mouseMove(scale, QPoint(30, 10))
    assert len(values) == 1


# -- keys and the wheel ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (Qt.Key.Key_Right, 0.0011),
        (Qt.Key.Key_Up, 0.0011),
        (Qt.Key.Key_Left, 0.00089),
        (Qt.Key.Key_Down, 0.00089),
        (Qt.Key.Key_PageUp, 0.0018),
        (Qt.Key.Key_PageDown, 0.00056),
        (Qt.Key.Key_Home, 1e-6),
        (Qt.Key.Key_End, 10.0),
    ],
)
def test_keys_choose_another_value(scale, key, value):
    values = chosen(scale)
    QTest.keyClick(scale, key)
    assert values == [value] == [scale.value()]


@pytest.mark.parametrize(
    ("key", "back", "steps"), [("Right", "Left", 20), ("PageUp", "PageDown", 4)]
)
def test_a_decade_of_steps_leads_to_the_next_power_of_ten_and_back(scale, key, back, steps):
    values = chosen(scale)
    for _ in range(steps):
        QTest.keyClick(scale, getattr(Qt.Key, f"Key_{key}"))
    assert scale.value() == 0.01
    assert len(set(values)) == steps
    for _ in range(steps):
        QTest.keyClick(scale, getattr(Qt.Key, f"Key_{back}"))
    assert scale.value() == 0.001
    assert values[steps:-1] == values[: steps - 1][::-1]


def test_at_the_end_a_key_chooses_nothing(scale):
    for value, key in ((10.0, Qt.Key.Key_Right), (1e-6, Qt.Key.Key_PageDown)):
        scale.set_value(value)
        values = chosen(scale)
        QTest.keyClick(scale, key)
        assert values == []


@pytest.mark.parametrize("key", [Qt.Key.Key_Right, Qt.Key.Key_PageUp, Qt.Key.Key_End])
def test_no_key_that_raises_lowers_a_value_beyond_the_scale(scale, key):
    scale.set_value(1000.0)
    QTest.keyClick(scale, key)
    assert scale.value() == 1000.0
    QTest.keyClick(scale, Qt.Key.Key_Left)
    assert scale.value() == 8.9


def test_other_keys_are_left_to_others(scale):
    values = chosen(scale)
    QTest.keyClick(scale, Qt.Key.Key_A)
    QTest.keyClick(scale, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(scale, Qt.Key.Key_Home, Qt.KeyboardModifier.AltModifier)
    assert values == []


def test_the_wheel_turns_a_scale_that_has_the_focus(scale):
    scale.setFocus()
    assert turn(scale, 120)
    assert scale.value() == 0.0011
    assert turn(scale, -240)
    assert scale.value() == 0.00089


def test_fractions_of_a_notch_add_up(scale):
    scale.setFocus()
    values = chosen(scale)
    for _ in range(8):
        turn(scale, 30)
    assert values == [0.0011, 0.0013]


def test_the_wheel_scrolls_past_a_scale_without_focus(scale):
    scale.parentWidget().findChild(QLineEdit).setFocus()
    assert not turn(scale, 120)
    assert scale.value() == 0.001


# -- focus, disabled -------------------------------------------------------------------------


def test_tab_and_a_click_give_it_the_focus(scale):
    field = scale.parentWidget().findChild(QLineEdit)
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Tab)
    assert scale.hasFocus()
    field.setFocus()
    QTest.mouseClick(scale, LEFT, pos=scale.rect().center())
    assert scale.hasFocus()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_focus_can_be_seen(make_scale, theme):
    scale = make_scale(theme=theme)
    scale.set_value(0.001)
    scale.parentWidget().findChild(QLineEdit).setFocus()
    before = scale.grab().toImage()
    scale.setFocus()
    assert len(differing(before, scale.grab().toImage())) > 10


def test_what_is_disabled_takes_nothing_and_looks_it(scale):
    scale.set_value(0.02)
    scale.set_limit(LIMIT)
    values = chosen(scale)
    before = scale.grab().toImage()
    scale.setEnabled(False)
    QTest.mouseClick(scale, LEFT, pos=QPoint(60, 10))
    QTest.keyClick(scale, Qt.Key.Key_Right)
    turn(scale, 120)
    assert values == []
    shown = scale.grab().toImage()
    assert shown != before
    strong = {load_theme("light").negative.rgb(), load_theme("light").accent.rgb()}
    assert strong & {before.pixel(*place) for place in pixels(before)}
    assert not strong & {shown.pixel(*place) for place in pixels(shown)}


# -- the limit -------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_limit_is_marked_and_what_is_beyond_is_tinted(make_scale, theme):
    scale = make_scale(theme=theme)
    scale.set_value(1e-6)
    without = scale.grab().toImage()
    mark = handle(make_scale(), LIMIT)
    scale.set_limit(LIMIT)
    changed = differing(without, scale.grab().toImage())
    assert mark.x() in changed
    assert mark.x() - 8 < min(changed) <= mark.x()
    assert max(changed) > scale.width() - 30
    assert len(changed) > 0.9 * (max(changed) - mark.x())
    shown = scale.grab().toImage()
    assert load_theme(theme).negative == QColor(shown.pixel(mark.x(), 2))
    tinted = {x for x, y in pixels(shown) if shown.pixel(x, y) == load_theme(theme).error.rgb()}
    assert len(tinted) > 0.8 * (max(changed) - mark.x())
    assert min(tinted) >= mark.x()
    scale.set_limit(None)
    assert scale.grab().toImage() == without


def test_the_handle_warns_beyond_the_limit_and_not_at_it(scale):
    theme = load_theme("light")
    for value, colour in ((0.001, theme.accent), (0.1, theme.accent), (0.5, theme.negative)):
        scale.set_limit(None)
        at = handle(scale, value)
        scale.set_limit(0.1)
        scale.set_value(value)
        assert QColor(scale.grab().toImage().pixel(at)) == colour


@pytest.mark.parametrize("limit", [None, math.inf, math.nan, 0.0, -1.0, 50.0])
@pytest.mark.parametrize("text", [1.0, 2.2])
def test_nothing_is_tinted_without_a_limit_on_the_scale_or_below(make_scale, limit, text):
    scale = make_scale(text=text)
    plain = scale.grab().toImage()
    scale.set_limit(limit)
    assert scale.grab().toImage() == plain


def test_a_limit_below_the_scale_tints_it_all_without_a_mark(scale):
    plain = scale.grab().toImage()
    scale.set_limit(1e-9)
    shown = scale.grab().toImage()
    assert len(differing(plain, shown)) > scale.width() - 80
    assert {shown.pixel(x, 1) for x in range(shown.width())} == {plain.pixel(0, 0)}


# -- what it says ----------------------------------------------------------------------------


def test_the_tool_tip_over_the_mark_says_what_it_is(scale):
    scale.set_limit(LIMIT)
    mark = handle(scale, 0.0071)
    for place in (mark, QPoint(mark.x() + 4, 2), QPoint(mark.x() - 4, scale.height() - 2)):
        assert tip_at(scale, place) == SENTENCE
    elsewhere = tip_at(scale, handle(scale, 1e-5))
    assert elsewhere.startswith("Drag, click")
    assert SENTENCE in elsewhere
    scale.set_limit(None)
    assert tip_at(scale, mark) == "Drag, click, or use arrow keys to choose a learning rate."


def test_a_limit_beyond_the_scale_is_in_the_tool_tip(scale):
    scale.set_limit(50.0)
    assert "here: 50, from" in tip_at(scale, handle(scale, 10.0))


def test_name_and_description_follow_value_and_limit(scale):
    assert scale.accessibleName() == "Learning rate, logarithmic scale: 0.001"
    assert scale.accessibleDescription() == "From 1e-6 to 10."
    scale.set_limit(LIMIT)
    within = f"From 1e-6 to 10. {SENTENCE} The learning rate is within it."
    assert scale.accessibleDescription() == within
    QTest.keyClick(scale, Qt.Key.Key_End)
    assert scale.accessibleName().endswith(": 10")
    assert scale.accessibleDescription() == within.replace("within", "beyond")


# -- sizes -----------------------------------------------------------------------------------


def test_its_size_follows_the_text(make_scale):
    small, large = make_scale(), make_scale(text=2.2)
    for scale in (small, large):
        lines = scale.sizeHint().height() / scale.fontMetrics().height()
        assert 2.2 <= lines <= 2.6
        assert scale.sizeHint().width() == 14 * scale.fontInfo().pixelSize()
    assert large.height() > 1.8 * small.height()


@pytest.mark.parametrize("text", [1.0, 1.6, 2.2])
@pytest.mark.parametrize("width", [170, 230, 400, 900])
def test_labels_neither_touch_nor_leave_the_scale(make_scale, width, text):
    scale = make_scale(width=width, text=text)
    found = labels(scale)
    assert len(found) >= (3 if width >= scale.sizeHint().width() else 1)
    assert found[0][0] > 0
    assert found[-1][1] < width - 1
    most = scale.fontMetrics().horizontalAdvance("0.001")
    assert all(right - left <= most for left, right in found)


@pytest.mark.parametrize("width", [1, 20, 40])
def test_a_scale_without_any_room_is_painted(make_scale, width):
    scale = make_scale(width=width)
    scale.set_limit(LIMIT)
    QTest.mouseClick(scale, LEFT, pos=QPoint(0, 10))
    assert not scale.grab().toImage().isNull()


def test_it_is_painted_once_it_has_a_theme_and_in_that_theme(qtbot):
    scale = LearningRateScale()
    qtbot.addWidget(scale)
    blank = scale.grab().toImage()
    assert len({blank.pixel(*place) for place in pixels(blank)}) == 1
    scale.set_theme(load_theme("light"))
    light = scale.grab().toImage()
    scale.set_theme(load_theme("dark"))
    assert light not in (blank, scale.grab().toImage())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_its_height_has_room_for_the_focus_ring_and_the_labels(make_scale, qapp, theme):
    apply_theme(qapp, load_theme(theme))
    scale = make_scale(theme=theme)
    scale.set_value(1e-6)
    scale.set_limit(LIMIT)
    scale.setFocus()
    picture = scale.grab().toImage()
    edges = [picture.pixel(x, picture.height() - 1) for x in range(picture.width())]
    edges += [
        picture.pixel(x, y) for x in (0, picture.width() - 1) for y in range(picture.height())
    ]
    assert set(edges) == {load_theme(theme).window.rgb()}
