"""Looking at the graph: zooming, panning, hovering, colours, graphs of any size."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QToolTip

from app.study.experiment import Experiment
from app.study.presets import Preset
from app.theme import Theme, load_theme
from app.views.graph.canvas import GraphCanvas
from tests.ui.person import Person

NODES = range(333)


@pytest.fixture
def canvas(person) -> GraphCanvas:
    return person.window.graph_view.canvas


def everything(canvas: GraphCanvas, nodes=NODES) -> QRectF:
    """Return the rectangle in which all nodes are drawn."""
    whole = QRectF()
    for node in nodes:
        whole = whole.united(canvas.node_rectangle(node))
    return whole


def gradient_of(canvas: GraphCanvas, node: int) -> float | None:
    text = re.search(r"gradient (\S+)", canvas.describe(node))[1]
    return None if text == "–" else float(text)


def nodes_in_view(canvas: GraphCanvas) -> list[int]:
    view = QRectF(canvas.rect()).adjusted(2, 2, -2, -2)
    return [node for node in NODES if view.contains(canvas.node_rectangle(node))]


def fill_of(canvas: GraphCanvas, picture: QImage, node: int) -> QColor:
    """Return the colour of a node, near its left end, where nothing is written."""
    box = canvas.node_rectangle(node)
    return QColor(picture.pixel(round(box.left()) + 3, round(box.center().y())))


# -- the camera ------------------------------------------------------------------------------


@pytest.mark.parametrize("notches", [1, 3, -2])
def test_the_wheel_zooms_and_what_is_below_the_mouse_stays(person, canvas, notches):
    at = QPointF(canvas.width() * 0.3, canvas.height() * 0.6)
    scale, place = canvas.camera.scale, canvas.camera.to_layout(at)
    person.wheel(canvas, at, notches)
    assert canvas.camera.to_layout(at) == pytest.approx(place)
    assert (canvas.camera.scale > scale) is (notches > 0)
    assert canvas.camera.scale != scale


def test_dragging_moves_the_graph_with_the_mouse(person, canvas):
    start, end = QPoint(200, 150), QPoint(120, 190)
    place, scale = canvas.camera.to_layout(QPointF(start)), canvas.camera.scale
    person.qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    person.qtbot.mouseMove(canvas, (start + end) / 2)
    person.qtbot.mouseMove(canvas, end)
    person.qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=end)
    assert canvas.camera.to_layout(QPointF(end)) == pytest.approx(place)
    assert canvas.camera.scale == scale


def test_f_fits_the_whole_graph_and_home_goes_back(person, canvas):
    start = canvas.camera
    person.click("graph_canvas")
    person.press(Qt.Key.Key_F)
    assert QRectF(canvas.rect()).contains(everything(canvas))
    whole = everything(canvas)
    assert whole.width() > 0.8 * canvas.width() or whole.height() > 0.8 * canvas.height()
    person.press(Qt.Key.Key_Home)
    assert canvas.camera == start


def test_the_buttons_do_the_same_as_the_keys(person, canvas):
    start = canvas.camera
    person.click("graph_fit")
    assert QRectF(canvas.rect()).contains(everything(canvas))
    person.click("graph_zoom_in")
    assert canvas.camera.scale > 0
    person.click("graph_top_left")
    assert canvas.camera == start
    person.click("graph_zoom_out")
    assert canvas.camera.scale < start.scale


def test_keys_zoom_about_the_centre_and_move(person, canvas):
    person.find("graph_canvas").setFocus()
    centre = QPointF(canvas.rect().center())
    start = canvas.camera
    person.press(Qt.Key.Key_Plus)
    assert canvas.camera.scale > start.scale
    assert canvas.camera.to_layout(centre) == pytest.approx(start.to_layout(centre))
    person.press(Qt.Key.Key_Minus)
    assert canvas.camera.scale == pytest.approx(start.scale)
    for key, dx, dy in (
        (Qt.Key.Key_Left, 1, 0),
        (Qt.Key.Key_Right, -1, 0),
        (Qt.Key.Key_Up, 0, 1),
        (Qt.Key.Key_Down, 0, -1),
    ):
        before = canvas.camera
        person.press(key)
        moved = (canvas.camera.dx - before.dx, canvas.camera.dy - before.dy)
        assert moved == (pytest.approx(dx * abs(moved[0])), pytest.approx(dy * abs(moved[1])))
        assert moved != (0, 0)


def test_the_view_opens_with_parameters_first_sample_and_loss(canvas):
    view = QRectF(canvas.rect())
    first = [*range(5), *range(5, 13)]
    assert view.contains(everything(canvas, first))


def test_training_and_reset_leave_the_camera_alone(person, canvas):
    person.wheel(canvas, QPointF(150, 100), 2)
    camera = canvas.camera
    person.train(3)
    assert canvas.camera == camera
    person.click("reset")
    person.wait(lambda: person.epoch == 0)
    assert canvas.camera == camera


def test_zooming_ends_before_the_graph_is_lost(person, canvas):
    for notches in (60, -120):
        person.wheel(canvas, QPointF(150, 100), notches)
        assert 0 < canvas.camera.scale < 100
        assert not canvas.grab().isNull()


# -- hovering --------------------------------------------------------------------------------


def test_hovering_shows_all_digits_and_leaving_hides_them(person, canvas):
    for node in (0, 6, 12):
        at = canvas.node_rectangle(node).center().toPoint()
        with person.qtbot.waitSignal(canvas.node_hovered) as hovered:
            person.qtbot.mouseMove(canvas, at)
        assert hovered.args == [node]
        assert QToolTip.text() == canvas.describe(node)
    person.qtbot.mouseMove(canvas, QPoint(1, canvas.height() - 1))
    person.wait(lambda: not QToolTip.isVisible())


def test_the_hovered_numbers_follow_training(person, canvas):
    person.qtbot.mouseMove(canvas, canvas.node_rectangle(0).center().toPoint())
    before = QToolTip.text()
    person.window.session.step()
    person.wait(lambda: person.epoch == 1)
    assert QToolTip.text() == canvas.describe(0) != before


def test_the_hovered_node_is_outlined(person, canvas):
    before = canvas.grab().toImage()
    person.qtbot.mouseMove(canvas, canvas.node_rectangle(6).center().toPoint())
    assert canvas.grab().toImage() != before


# -- colours ---------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_colour_of_a_node_tells_the_sign_of_its_gradient(make_window, qtbot, theme):
    person = Person(make_window("noisy-line", theme=theme), qtbot)
    person.train(2)
    canvas, colours = person.window.graph_view.canvas, load_theme(theme)
    picture = canvas.grab().toImage()
    seen = {sign_of(gradient_of(canvas, node)): 0 for node in nodes_in_view(canvas)}
    for node in nodes_in_view(canvas):
        sign = sign_of(gradient_of(canvas, node))
        assert sign_of_colour(fill_of(canvas, picture, node), colours) == sign, node
        seen[sign] += 1
    assert set(seen) == {"+", "−", "none"}


def sign_of(gradient: float | None) -> str:
    return "none" if gradient is None else "+" if gradient > 0 else "−"


def sign_of_colour(colour: QColor, theme: Theme) -> str:
    """Return which of the theme's two colours a colour leans to."""
    if colour == theme.none:
        return "none"

    def redness(one: QColor) -> int:
        return one.red() - one.blue()

    middle = redness(theme.zero)
    assert redness(theme.positive) < middle < redness(theme.negative)
    return "+" if redness(colour) < middle else "−"


def test_a_larger_gradient_has_a_stronger_colour(canvas):
    picture, theme = canvas.grab().toImage(), load_theme("light")
    nodes = [node for node in nodes_in_view(canvas) if gradient_of(canvas, node)]
    weak = min(nodes, key=lambda node: abs(gradient_of(canvas, node)))
    strong = max(nodes, key=lambda node: abs(gradient_of(canvas, node)))
    distances = [
        abs(fill_of(canvas, picture, node).blue() - theme.zero.blue())
        + abs(fill_of(canvas, picture, node).red() - theme.zero.red())
        for node in (weak, strong)
    ]
    assert distances[0] < distances[1]


def test_the_legend_covers_all_but_the_parameters_and_shows_both_colours(person, canvas):
    legend = person.find("gradient_legend")
    limit = float(re.search(r"to ([\d.e+]+)", legend.toolTip())[1])
    parameters = 2  # the first nodes; their gradients are sums over all samples
    largest = max(abs(gradient_of(canvas, node) or 0.0) for node in NODES[parameters:])
    assert largest <= limit < 10 * largest
    picture, theme = legend.grab().toImage(), load_theme("light")
    shown = {picture.pixelColor(x, 6).rgb() for x in range(picture.width())}
    close = [
        any(
            abs(QColor(each).red() - end.red()) + abs(QColor(each).blue() - end.blue()) < 12
            for each in shown
        )
        for end in (theme.negative, theme.positive)
    ]
    assert close == [True, True]


def test_the_legend_keeps_its_scale_during_a_run(person):
    legend = person.find("gradient_legend")
    before = legend.toolTip()
    person.train(40)
    assert legend.toolTip() == before


# -- graphs of other sizes -------------------------------------------------------------------


@pytest.mark.parametrize("samples", [1, 2, 1_000, 100_000])
def test_a_graph_of_any_size_opens_fits_and_is_painted(make_window, qtbot, samples):
    experiment = Experiment().with_value("samples", samples)
    person = Person(make_window(Preset("many", "Many", "", experiment)), qtbot)
    canvas = person.window.graph_view.canvas
    last = 5 + 8 * samples - 1
    assert f"sample {samples - 1}" in canvas.describe(last)
    opened = canvas.grab().toImage()
    person.click("graph_fit")
    assert QRectF(canvas.rect()).contains(everything(canvas, [0, 1, 3, 4, 5, last // 2, last]))
    fitted = canvas.grab().toImage()
    assert opened != fitted
    for picture in (opened, fitted):
        assert len(colours_of(picture)) >= 3


def colours_of(picture: QImage) -> set[int]:
    """Return the colours of a picture, looked at in every third row and column."""
    return {
        picture.pixel(x, y)
        for x in range(0, picture.width(), 3)
        for y in range(0, picture.height(), 3)
    }


def test_a_graph_that_is_hidden_shows_the_newest_numbers_when_it_comes_back(person, canvas):
    person.click("graph_close")
    person.train(3)
    person.choose_in_menu("View", "Computation graph")
    QApplication.processEvents()
    m, _ = person.window.session.history.parameters(3)
    assert repr(float(m)) in canvas.describe(0)
