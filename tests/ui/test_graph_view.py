"""Looking at the graph, folded and unfolded: zooming, hovering, colours, graphs of any size."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QComboBox, QToolTip

from app.study.experiment import Experiment
from app.study.presets import Preset
from app.theme import Theme, load_theme
from app.views.graph.canvas import GraphCanvas
from tests.ui.person import Person, number


def show(person: Person, *, folded: bool) -> GraphCanvas:
    """Fold or unfold the graph, at once, go to its start, and return its canvas."""
    view = person.window.graph_view
    view.animation_action.setChecked(False)
    if not folded:
        person.press(Qt.Key.Key_U)
    view.canvas.show_start()
    assert view.canvas.scene.detailed is folded
    return view.canvas


@pytest.fixture(params=["folded", "unfolded"])
def canvas(person, request) -> GraphCanvas:
    return show(person, folded=request.param == "folded")


@pytest.fixture
def unfolded(person) -> GraphCanvas:
    return show(person, folded=False)


def everything(canvas: GraphCanvas, nodes: Iterable[int] | None = None) -> QRectF:
    """Return the rectangle in which all nodes are drawn, or these."""
    whole = QRectF()
    for node in range(len(canvas.scene)) if nodes is None else nodes:
        whole = whole.united(canvas.node_rectangle(node))
    return whole


def node_of(canvas: GraphCanvas, place: int, sample: int = 0) -> int:
    """Return the node of a place; in the unfolded graph of that sample's."""
    node = canvas.scene.find_node(place, sample)
    assert node is not None
    return node


def slope_of(canvas: GraphCanvas) -> int:
    """Return the node of the parameter m."""
    return node_of(canvas, canvas.scene.probe.tape.parameters[0])


def gradient_of(canvas: GraphCanvas, node: int) -> float | None:
    text = re.search(r"gradient (\S+)", canvas.describe(node))[1]
    return None if text == "–" else number(text)


def nodes_in_view(canvas: GraphCanvas) -> list[int]:
    view = QRectF(canvas.rect()).adjusted(2, 2, -2, -2)
    nodes = range(len(canvas.scene))
    return [node for node in nodes if view.contains(canvas.node_rectangle(node))]


def fill_of(canvas: GraphCanvas, picture: QImage, node: int) -> QColor:
    """Return the colour of a node, near its left end, where nothing is written."""
    box = canvas.node_rectangle(node)
    return QColor(picture.pixel(round(box.left()) + 3, round(box.center().y())))


# -- the camera ------------------------------------------------------------------------------


def test_the_wheel_zooms_and_what_is_below_the_mouse_stays(person, canvas):
    for notches in (1, 3, -2):
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


def test_keys_zoom_about_the_centre(person, canvas):
    person.find("graph_canvas").setFocus()
    centre = QPointF(canvas.rect().center())
    start = canvas.camera
    person.press(Qt.Key.Key_Plus)
    assert canvas.camera.scale > start.scale
    assert canvas.camera.to_layout(centre) == pytest.approx(start.to_layout(centre))
    person.press(Qt.Key.Key_Minus)
    assert canvas.camera.scale == pytest.approx(start.scale)


def test_the_unfolded_view_starts_with_parameters_and_first_sample(unfolded):
    scene, view = unfolded.scene, QRectF(unfolded.rect())
    loss = node_of(unfolded, len(scene.probe.tape.instructions) - 1)
    first = {node for node in range(len(scene)) if scene.sample(node) in (None, 0)} - {loss}
    assert len(first) == 2 + 7
    assert view.contains(everything(unfolded, first))


def test_the_loss_of_the_unfolded_graph_is_right_of_the_last_addition(unfolded):
    scene = unfolded.scene
    loss = node_of(unfolded, len(scene.probe.tape.instructions) - 1)
    (total,) = scene.probe.tape.phases.sums
    last = node_of(unfolded, total, 40)
    assert scene.operands(loss).tolist() == [last]
    assert scene.y[loss] == scene.y[last]
    assert scene.x[loss] > scene.x[last]


@pytest.mark.parametrize("animated", [True, False])
def test_what_the_eye_is_at_stays_there_when_the_graph_is_unfolded(person, animated):
    view, walk = person.window.graph_view, person.window.walk
    view.animation_action.setChecked(animated)
    canvas, probe = view.canvas, view.canvas.scene.probe
    before = canvas.node_rectangle(node_of(canvas, probe.prediction)).center()
    person.press(Qt.Key.Key_U)

    def at_rest() -> bool:
        now = canvas.node_rectangle(node_of(canvas, probe.prediction, walk.sample)).center()
        return (now - before).manhattanLength() < 1 and not overlapping(canvas)

    person.wait(at_rest)
    assert not canvas.scene.detailed


def overlapping(canvas: GraphCanvas) -> bool:
    """Whether some nodes are still on top of others."""
    places = {(round(x), round(y)) for x, y in zip(canvas.scene.x, canvas.scene.y, strict=True)}
    return len(places) < len(canvas.scene)


def test_the_folded_graph_is_in_view_as_a_whole(person):
    canvas = show(person, folded=True)
    assert QRectF(canvas.rect()).contains(everything(canvas))
    for plate in canvas.scene.plates:
        assert QRectF(canvas.rect()).contains(canvas.camera.rectangle(plate.box))
    assert not canvas.minimap.isVisible()


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
    for node in nodes_in_view(canvas)[:8:3]:
        at = canvas.node_rectangle(node).center().toPoint()
        with person.qtbot.waitSignal(canvas.node_hovered) as hovered:
            person.qtbot.mouseMove(canvas, at)
        assert hovered.args == [node]
        assert QToolTip.text() == canvas.describe(node)
    person.qtbot.mouseMove(canvas, QPoint(1, canvas.height() - 1))
    person.wait(lambda: not QToolTip.isVisible())


def test_the_hovered_numbers_follow_training(person, canvas):
    slope = slope_of(canvas)
    person.qtbot.mouseMove(canvas, canvas.node_rectangle(slope).center().toPoint())
    before = QToolTip.text()
    person.window.session.step()
    person.wait(lambda: person.epoch == 1)
    assert QToolTip.text() == canvas.describe(slope) != before


def test_the_hovered_node_is_outlined_and_what_it_has_nothing_to_do_with_is_dimmed(canvas, qtbot):
    scene, probe = canvas.scene, canvas.scene.probe
    hovered, used = node_of(canvas, probe.x), node_of(canvas, probe.prediction)
    aside = node_of(canvas, probe.y)
    related = scene.related(hovered)
    assert (related[used], related[aside]) == (True, False)
    before = canvas.grab().toImage()
    qtbot.mouseMove(canvas, canvas.node_rectangle(hovered).center().toPoint())
    after = canvas.grab().toImage()
    frame = canvas.node_rectangle(hovered).toAlignedRect().adjusted(-4, -4, 4, 4)
    assert after.copy(frame) != before.copy(frame)
    assert fill_of(canvas, after, aside) != fill_of(canvas, before, aside)
    assert fill_of(canvas, after, used) == fill_of(canvas, before, used)


# -- colours ---------------------------------------------------------------------------------


@pytest.mark.parametrize("folded", [True, False])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_colour_of_a_node_tells_the_sign_of_its_gradient(make_window, qtbot, theme, folded):
    person = Person(make_window("noisy-line", theme=theme), qtbot)
    person.train(2)
    canvas, colours = show(person, folded=folded), load_theme(theme)
    picture = canvas.grab().toImage()
    seen = set()
    for node in nodes_in_view(canvas):
        sign = sign_of(gradient_of(canvas, node))
        assert sign_of_colour(fill_of(canvas, picture, node), colours) == sign, node
        seen.add(sign)
    assert seen == {"+", "−", "none"}


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


def choose_colours(person: Person, mode: str) -> None:
    """Choose what colours stand for; all modes have their own first letter."""
    person.find("graph_colour").setFocus()
    person.find("graph_colour", QComboBox).view().keyboardSearch("")  # forget what was typed before
    person.qtbot.keyClicks(person.find("graph_colour"), mode[0])
    assert person.find("graph_colour", QComboBox).currentText() == mode


def limit_of_legend(person: Person) -> float:
    legend = person.find("graph_legend")
    return number(re.search(r"to (\S+) or more", legend.toolTip())[1])


def value_of(canvas: GraphCanvas, node: int) -> float:
    return number(re.search(r"value (\S+)", canvas.describe(node))[1])


def test_the_legend_covers_all_but_parameters_and_sums(person, unfolded):
    for mode in ("gradient", "value", "|gradient|"):
        choose_colours(person, mode)
        probe = unfolded.scene.probe
        loss = len(probe.tape.instructions) - 1
        apart = {*probe.tape.parameters, *probe.tape.phases.sums, loss}  # of all samples
        nodes = [
            node
            for node, place in enumerate(unfolded.scene.places.tolist())
            if place not in apart and probe.tape.instructions[place].require_grad
        ]
        shown = value_of if mode == "value" else gradient_of
        largest = max(abs(shown(unfolded, node)) for node in nodes)
        assert largest <= limit_of_legend(person) < 10 * largest
        assert person.find("graph_legend").accessibleName() == f"Legend: {mode}"


def test_the_legend_shows_the_colours_of_both_ends(person):
    for mode in ("gradient", "|gradient|"):
        choose_colours(person, mode)
        legend, theme = person.find("graph_legend"), load_theme("light")
        picture = legend.grab().toImage()
        shown = {picture.pixelColor(x, 6).rgb() for x in range(picture.width())}
        close = [
            any(
                abs(QColor(each).red() - end.red()) + abs(QColor(each).blue() - end.blue()) < 12
                for each in shown
            )
            for end in (theme.negative, theme.positive)
        ]
        assert close == [mode == "gradient", True]


def test_colours_stand_for_values_if_a_person_chooses_so(person, canvas):
    choose_colours(person, "value")
    picture, theme = canvas.grab().toImage(), load_theme("light")
    for node in nodes_in_view(canvas):
        value = value_of(canvas, node)
        shown = sign_of_colour(fill_of(canvas, picture, node), theme)
        assert shown == sign_of(value) or abs(value) < 1e-5 * limit_of_legend(person)


def test_colours_tell_the_size_alone_if_a_person_chooses_so(person, canvas):
    choose_colours(person, "|gradient|")
    picture, theme = canvas.grab().toImage(), load_theme("light")
    for node in nodes_in_view(canvas):
        shown = sign_of_colour(fill_of(canvas, picture, node), theme)
        assert shown == ("none" if gradient_of(canvas, node) is None else "+")


def test_the_legend_keeps_its_scale_during_a_run(person):
    for mode in ("gradient", "value"):
        choose_colours(person, mode)
        legend = person.find("graph_legend")
        before = legend.toolTip()
        person.train(40)
        assert legend.toolTip() == before


# -- graphs of other sizes -------------------------------------------------------------------


@pytest.mark.parametrize("samples", [1, 2, 1_000, 100_000])
def test_a_graph_of_any_size_opens_fits_and_is_painted(make_window, qtbot, samples):
    experiment = Experiment().with_value("samples", samples)
    person = Person(make_window(Preset("many", "Many", "", experiment)), qtbot)
    for folded in (True, False):
        assert_opens_and_fits(person, samples, folded=folded)


def assert_opens_and_fits(person: Person, samples: int, *, folded: bool) -> None:
    canvas = show(person, folded=folded)
    person.window.walk.select_sample(0)
    last = 9 if folded else 3 + 7 * samples - 1
    assert len(canvas.scene) == last + 1
    person.window.walk.select_sample(samples - 1)
    assert f"sample {samples - 1}" in canvas.describe(
        node_of(canvas, canvas.scene.probe.x, samples - 1)
    )
    person.wheel(canvas, QPointF(150, 100), 2)
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
    assert repr(float(m)) in canvas.describe(slope_of(canvas))
