"""The widget that typesets a formula: the mouse, the keys, what is lit, how high it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from app.controls.typeset import FormulaPicture
from app.study.formula import Part, parse
from app.theme import apply_theme, load_theme

LONG = " + ".join(f"a{n}*relu(x - b{n})" for n in range(8))


def part_of(picture: FormulaPicture, text: str) -> Part:
    """Return the part that was read from a text that is there once."""
    start = picture.formula.text.index(text)
    parts = picture.formula.root.walk()
    return next(each for each in parts if (each.start, each.end) == (start, start + len(text)))


@pytest.fixture
def picture(qtbot) -> Iterator[FormulaPicture]:
    """A picture of a*sin(b*x + c), 320 pixels wide."""
    window = QWidget()
    picture = FormulaPicture("yhat")
    layout = QVBoxLayout(window)
    layout.addWidget(picture)
    layout.addStretch(1)
    qtbot.addWidget(window)
    picture.set_theme(load_theme("light"))
    picture.show_formula(parse("a*sin(b*x + c)"))
    window.resize(320, 200)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.mouseMove(window, QPoint(5, 190))  # from where the test before has left it
    yield picture
    window.hide()


@pytest.fixture
def pointed(picture) -> list[str | None]:
    """The parts that were pointed at, as they were typed."""
    texts: list[str | None] = []

    def take(part: Part | None) -> None:
        text = picture.formula.text
        texts.append(None if part is None else text[part.start : part.end])

    picture.part_hovered.connect(take)
    return texts


def shown(picture: FormulaPicture) -> QImage:
    QApplication.processEvents()
    return picture.grab().toImage()


def hover(qtbot, picture: FormulaPicture, at: QPointF | QPoint) -> None:
    qtbot.mouseMove(picture, at if isinstance(at, QPoint) else at.toPoint())


def middle(picture: FormulaPicture, text: str) -> QPointF:
    return picture.areas(part_of(picture, text))[0].center()


def changed_columns(one: QImage, other: QImage) -> list[int]:
    return [
        x
        for x in range(one.width())
        if any(one.pixel(x, y) != other.pixel(x, y) for y in range(one.height()))
    ]


def test_the_innermost_part_under_the_mouse_is_told(qtbot, picture, pointed):
    for text in ("c", "x"):
        hover(qtbot, picture, middle(picture, text))
    plus = (
        picture.areas(part_of(picture, "x"))[0].right()
        + picture.areas(part_of(picture, "c"))[0].left()
    ) / 2
    hover(qtbot, picture, QPointF(plus, middle(picture, "c").y()))
    whole = picture.areas(part_of(picture, "sin(b*x + c)"))[0]
    hover(qtbot, picture, QPointF(whole.left() + 4, whole.center().y()))
    assert pointed == ["c", "x", "b*x + c", "sin(b*x + c)"]


def test_the_product_is_where_its_factors_touch(qtbot, picture, pointed):
    x = picture.areas(part_of(picture, "x"))[0].left()
    hover(qtbot, picture, QPointF(x, middle(picture, "x").y()))
    assert pointed == ["b*x"]


def test_leaving_the_picture_points_at_nothing(qtbot, picture, pointed):
    hover(qtbot, picture, middle(picture, "c"))
    QApplication.sendEvent(picture, QEvent(QEvent.Type.Leave))
    assert pointed == ["c", None]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_pointed_at_is_lit_and_nothing_else(qtbot, qapp, picture, theme):
    apply_theme(qapp, load_theme(theme))
    picture.set_theme(load_theme(theme))
    before = shown(picture)
    hover(qtbot, picture, middle(picture, "c"))
    (area,) = picture.areas(part_of(picture, "c"))
    columns = changed_columns(before, shown(picture))
    assert area.left() - 4 <= columns[0] <= area.left()
    assert area.right() - 1 <= columns[-1] <= area.right() + 4


def test_parts_asked_for_are_lit_until_others_are(picture):
    before = shown(picture)
    part = part_of(picture, "b*x")
    picture.light({(part.start, part.end)})
    (area,) = picture.areas(part)
    columns = changed_columns(before, shown(picture))
    assert area.left() - 4 <= columns[0]
    assert columns[-1] <= area.right() + 4
    picture.light(())
    assert shown(picture) == before


def test_a_formula_s_letters_stay_where_they_are_when_parts_are_lit(picture):
    before = picture.areas(part_of(picture, "c"))
    picture.light({(0, 1)})
    assert picture.areas(part_of(picture, "c")) == before


def test_another_formula_has_nothing_lit_or_pointed_at(qtbot, picture, pointed):
    hover(qtbot, picture, middle(picture, "c"))
    picture.light({(0, 1)})
    formula = parse("m*x + c")
    picture.show_formula(formula)
    after = shown(picture)
    assert pointed == ["c", None]
    picture.light({(0, 1)})
    assert shown(picture) != after
    picture.light(())
    assert shown(picture) == after


def test_the_arrow_keys_go_from_part_to_part(qtbot, picture, pointed):
    picture.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(9):
        qtbot.keyClick(picture, Qt.Key.Key_Right)
    parts = ["a*sin(b*x + c)", "a", "sin(b*x + c)", "b*x + c", "b*x", "b", "x", "c"]
    assert pointed == parts
    qtbot.keyClick(picture, Qt.Key.Key_Left)
    qtbot.keyClick(picture, Qt.Key.Key_Home)
    qtbot.keyClick(picture, Qt.Key.Key_End)
    assert pointed[len(parts) :] == ["x", "a*sin(b*x + c)", "c"]
    assert picture.accessibleDescription() == "c"
    qtbot.keyClick(picture, Qt.Key.Key_Escape)
    assert pointed[-1] is None
    assert picture.accessibleDescription() == "ŷ = a*sin(b*x + c)"


def test_the_keys_point_at_nothing_when_the_focus_goes_elsewhere(qtbot, picture, pointed):
    picture.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(picture, Qt.Key.Key_Right)
    picture.clearFocus()
    assert pointed[-1] is None


def test_the_keys_of_the_formula_are_kept_from_the_window_s_shortcuts(qtbot, picture):
    assert Qt.Key.Key_Right in picture.own_keys
    assert Qt.Key.Key_Escape not in picture.own_keys
    picture.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(picture, Qt.Key.Key_Right)
    assert Qt.Key.Key_Escape in picture.own_keys


def test_a_picture_is_as_high_as_its_formula_needs_and_no_lower_than_a_fraction(qtbot, picture):
    usual = picture.height()
    picture.show_formula(parse("a/x + c"))
    QApplication.processEvents()
    assert picture.height() == usual
    picture.show_formula(parse(LONG))
    qtbot.waitUntil(lambda: picture.height() > usual)
    bottom = max(
        area.bottom() for areas in map(picture.areas, picture.formula.root.walk()) for area in areas
    )
    assert bottom <= picture.height()


def test_a_picture_follows_the_size_of_the_text(picture):
    before = picture.areas(part_of(picture, "c"))[0].height()
    font = picture.font()
    font.setPointSizeF(2 * font.pointSizeF())
    picture.setFont(font)
    assert picture.areas(part_of(picture, "c"))[0].height() > 1.5 * before


def test_what_is_too_wide_is_scrolled_by_dragging_and_by_keys(qtbot, picture, pointed):
    picture.show_formula(parse(f"({LONG})/x"))
    last = part_of(picture, "b7")
    assert picture.areas(last)[0].right() > picture.width()
    at = QPoint(picture.width() - 5, 5)
    qtbot.mousePress(picture, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseMove(picture, QPoint(5, 5))
    qtbot.mouseRelease(picture, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    dragged = picture.areas(last)[0].right()
    picture.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(picture, Qt.Key.Key_End)
    qtbot.keyClick(picture, Qt.Key.Key_Left)
    assert pointed[-1] == "b7"
    assert QRectF(picture.rect()).contains(picture.areas(last)[0])
    assert dragged < picture.width() + 1000
    qtbot.keyClick(picture, Qt.Key.Key_Home)
    assert picture.areas(part_of(picture, "a0"))[0].left() > 0


def test_the_accessible_description_is_the_plain_formula(picture):
    assert picture.accessibleDescription() == "ŷ = a*sin(b*x + c)"
    picture.show_formula(None)
    assert picture.accessibleDescription() == ""


def test_an_empty_picture_keeps_its_room(picture):
    height = picture.height()
    picture.show_formula(None)
    QApplication.processEvents()
    assert picture.height() == height
    assert shown(picture).pixel(5, 5) == shown(picture).pixel(picture.width() // 2, height // 2)
