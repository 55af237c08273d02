"""The small picture of the whole graph: where one is, and going elsewhere."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor

from app.theme import load_theme
from app.views.graph.canvas import GraphCanvas
from app.views.graph.minimap import SHARE
from tests.ui.on_canvas import canvas_of, picture_of, press_on_canvas, same, transition_of, unfold
from tests.ui.person import Person


@pytest.fixture
def canvas(person) -> GraphCanvas:
    return canvas_of(person)


def middle_of_view(canvas: GraphCanvas) -> tuple[float, float]:
    return canvas.camera.to_layout(QPointF(canvas.rect().center()))


def test_it_appears_when_not_all_is_in_view_and_goes_when_all_is(person, canvas):
    assert not person.sees("graph_minimap")
    middle = QPointF(canvas.rect().center())
    person.wheel(canvas, middle, 4)
    assert person.sees("graph_minimap")
    person.wheel(canvas, middle, -6)
    assert not person.sees("graph_minimap")
    unfold(person)
    assert person.sees("graph_minimap")
    press_on_canvas(person, Qt.Key.Key_F)
    assert not person.sees("graph_minimap")


def test_it_stays_in_its_corner_and_small_whatever_the_size_of_the_canvas(person, canvas):
    unfold(person)
    for width, height in ((1000, 640), (1600, 1000)):
        person.window.resize(width, height)
        person.wait(lambda width=width: person.window.width() >= width)
        picture_of(canvas)
        box = canvas.minimap.geometry()
        assert canvas.rect().contains(box)
        assert box.width() <= SHARE * canvas.width() + 1
        assert box.height() <= SHARE * canvas.height() + 1
        assert canvas.rect().bottomRight().x() - box.right() < 12
        assert canvas.rect().bottomRight().y() - box.bottom() < 12


def places(canvas: GraphCanvas) -> list[tuple[QPoint, tuple[float, float]]]:
    """Pixels of the small picture, and the places of the layout that they stand for."""
    left, top, width, height = canvas.scene.bounds
    size = canvas.minimap.size()
    scale = min((size.width() - 6) / width, (size.height() - 6) / height)
    found = []
    for right, down in ((0.5, 0.5), (0.2, 0.3), (0.8, 0.6), (0.5, 0.9)):
        x, y = left + right * width, top + down * height
        pixel = QPointF(
            size.width() / 2 + scale * (x - left - width / 2),
            size.height() / 2 + scale * (y - top - height / 2),
        ).toPoint()
        found.append((pixel, (x, y)))
    return found


@pytest.mark.parametrize("folded", [True, False])
def test_a_click_goes_there(person, canvas, folded):
    if not folded:
        unfold(person)
    else:
        person.wheel(canvas, QPointF(canvas.rect().center()), 5)
    scale = canvas.camera.scale
    pixels_per_unit = max(canvas.scene.bounds[2] / canvas.minimap.width(), 1.0)
    for pixel, place in places(canvas):
        person.qtbot.mouseClick(canvas.minimap, Qt.MouseButton.LeftButton, pos=pixel)
        assert middle_of_view(canvas) == pytest.approx(place, abs=3 * pixels_per_unit)
        assert canvas.camera.scale == scale


def test_a_drag_moves_the_view_along(person, canvas):
    unfold(person)
    pixels = places(canvas)
    person.qtbot.mousePress(canvas.minimap, Qt.MouseButton.LeftButton, pos=pixels[0][0])
    seen = []
    for pixel, place in pixels[1:]:
        person.qtbot.mouseMove(canvas.minimap, pixel)
        seen.append(middle_of_view(canvas))
        assert seen[-1] == pytest.approx(place, abs=80)
    person.qtbot.mouseRelease(canvas.minimap, Qt.MouseButton.LeftButton, pos=pixels[-1][0])
    assert len(set(seen)) == 3
    person.qtbot.mouseMove(canvas.minimap, pixels[0][0])
    assert middle_of_view(canvas) == seen[-1]  # the button is no longer down


def test_a_click_on_it_selects_nothing_in_the_graph_below(person, canvas):
    unfold(person)
    for pixel, _ in places(canvas):
        person.qtbot.mouseClick(canvas.minimap, Qt.MouseButton.LeftButton, pos=pixel)
    assert person.window.walk.selection is None


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_frame_shows_what_is_in_view(make_window, qtbot, theme):
    person = Person(make_window(theme=theme), qtbot)
    canvas = canvas_of(person)
    unfold(person)
    accent = load_theme(theme).accent

    def frame() -> QRectF:
        picture = canvas.minimap.grab().toImage()
        found = [
            QRectF(x, y, 1, 1)
            for x in range(picture.width())
            for y in range(picture.height())
            if QColor(picture.pixel(x, y)) == accent
        ]
        whole = QRectF()
        for each in found:
            whole |= each
        return whole

    for pixel, _ in places(canvas)[:3]:
        person.qtbot.mouseClick(canvas.minimap, Qt.MouseButton.LeftButton, pos=pixel)
        assert (frame().center() - QPointF(pixel)).manhattanLength() <= 4
    before = frame()
    canvas.zoom(1.6)
    after = frame()
    assert after.width() < before.width()
    assert after.height() < before.height()


def test_its_colours_follow_the_training_and_the_movement(person, canvas):
    person.train(1)
    graph = person.window.graph_view
    pictures = []
    for animated in (False, True):
        graph.animation_action.setChecked(animated)
        press_on_canvas(person, Qt.Key.Key_U)
        person.wait(lambda: not transition_of(canvas).running)
        pictures.append(canvas.minimap.grab().toImage())
        press_on_canvas(person, Qt.Key.Key_U)
        person.wait(lambda: not transition_of(canvas).running)
    assert same(*pictures)
    unfold(person)
    before = canvas.minimap.grab().toImage()
    person.choose("graph_colour", "value")
    assert canvas.minimap.grab().toImage() != before
