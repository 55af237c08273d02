"""Lit places of the graph: a ring around their nodes, in whichever form the graph is shown."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor

from app.theme import load_theme
from app.views.graph.canvas import GraphCanvas
from app.views.graph.lit import HALO
from app.views.graph.painting import DOT_SCALE, TEXT_SCALE
from app.views.graph.view import GraphView
from tests.ui.on_canvas import (
    canvas_of,
    click_node,
    hover,
    leave,
    node_called,
    picture_of,
    place_called,
    press_on_canvas,
    same,
    unfold,
)
from tests.ui.person import Person


@pytest.fixture(params=["folded", "unfolded"])
def canvas(person, request) -> GraphCanvas:
    person.window.graph_view.animation_action.setChecked(False)
    if request.param == "unfolded":
        unfold(person)
    canvas_of(person).show_start()
    return canvas_of(person)


def ring_of(canvas: GraphCanvas, node: int) -> tuple[QPoint, QPoint]:
    """Return a pixel of the ring above a node and one beside it, if there is one.

    Either alone may be of a neighbour's ring, or of an edge.
    """
    box, halo = canvas.node_rectangle(node), HALO * canvas.camera.scale
    above = QPointF(box.left() + 0.3 * box.width(), box.top() - halo)
    beside = QPointF(box.left() - halo, box.top() + 0.15 * box.height())
    return above.toPoint(), beside.toPoint()


def _can_be_seen(canvas: GraphCanvas, node: int) -> bool:
    """Whether the ring of a node would be in view."""
    view, minimap = canvas.rect().adjusted(1, 1, -1, -1), canvas.minimap
    return all(
        view.contains(at) and not (minimap.isVisible() and minimap.geometry().contains(at))
        for at in ring_of(canvas, node)
    )


def ringed(canvas: GraphCanvas) -> set[int]:
    """Return the nodes in view that have a ring."""
    picture, accent = picture_of(canvas), theme_of(canvas).accent
    around = (QPoint(0, -1), QPoint(0, 1), QPoint(-1, 0), QPoint(1, 0), QPoint(0, 0))

    def has_ring(at: QPoint) -> bool:
        return any(_alike(QColor(picture.pixel(at + each)), accent) for each in around)

    return {
        node
        for node in range(len(canvas.scene))
        if _can_be_seen(canvas, node) and all(map(has_ring, ring_of(canvas, node)))
    }


def _alike(one: QColor, other: QColor) -> bool:
    pairs = zip(one.getRgb(), other.getRgb(), strict=True)
    return all(abs(mine - its) <= 12 for mine, its in pairs)


def theme_of(canvas: GraphCanvas):
    dark = canvas.palette().base().color().lightness() < 100
    return load_theme("dark" if dark else "light")


def in_view(canvas: GraphCanvas, places: set[int]) -> set[int]:
    """Return the nodes of some places whose ring would be in view."""
    return {
        node
        for node, place in enumerate(canvas.scene.places.tolist())
        if place in places and _can_be_seen(canvas, node)
    }


def test_the_nodes_of_lit_places_have_a_ring_and_no_others(person, canvas):
    assert ringed(canvas) == set()
    places = {place_called(canvas, "m · x"), place_called(canvas, "c")}
    person.window.graph_view.light(places)
    assert ringed(canvas) == in_view(canvas, places)
    assert len(ringed(canvas)) > 1


def test_every_sample_s_node_of_a_lit_place_has_a_ring(person):
    unfold(person)
    canvas, place = canvas_of(person), place_called(canvas_of(person), "residual")
    person.window.graph_view.light({place})
    samples = {canvas.scene.sample(node) for node in ringed(canvas)}
    assert len(samples) > 1
    assert {int(canvas.scene.places[node]) for node in ringed(canvas)} == {place}


def test_rings_are_seen_in_the_dark_theme(make_window, qtbot):
    person = Person(make_window(theme="dark"), qtbot)
    canvas = canvas_of(person)
    person.window.graph_view.light({place_called(canvas, "m")})
    assert ringed(canvas) == {node_called(canvas, "m")}


def test_what_is_lit_can_be_told_from_what_is_selected(person):
    canvas, view = canvas_of(person), person.window.graph_view
    node = node_called(canvas, "ŷ")
    click_node(person, node)
    leave(person)
    person.settle()
    selected = picture_of(canvas)
    assert ringed(canvas) == set()
    view.light({place_called(canvas, "ŷ")})
    assert ringed(canvas) == {node}
    frame = canvas.node_rectangle(node).topLeft() + QPointF(0.3 * canvas.scene.node_width, -1)
    lit = picture_of(canvas)
    assert lit.pixel(frame.toPoint()) == selected.pixel(frame.toPoint())  # its frame is still there


def test_other_places_take_the_light_and_none_puts_it_out(person, canvas):
    view, before = person.window.graph_view, picture_of(canvas)
    view.light({place_called(canvas, "m")})
    view.light({place_called(canvas, "c")})
    assert ringed(canvas) == {node_called(canvas, "c")}
    view.light(())
    assert same(picture_of(canvas), before)


def test_lighting_moves_nothing(person, canvas):
    scene, camera, x = canvas.scene, canvas.camera, canvas.scene.x
    person.window.graph_view.light({place_called(canvas, "m")})
    canvas.grab()
    assert (canvas.scene, canvas.camera) == (scene, camera)
    assert canvas.scene.x is x


def test_what_is_lit_stays_lit_when_the_graph_is_unfolded_and_folded_again(person):
    canvas = canvas_of(person)
    place = place_called(canvas, "m · x")
    person.window.graph_view.light({place})
    unfold(person)
    canvas.show_start()
    assert ringed(canvas) == in_view(canvas, {place})
    press_on_canvas(person, Qt.Key.Key_U)
    person.wait(lambda: canvas.scene.detailed)
    assert ringed(canvas) == {node_called(canvas, "m · x")}


def test_another_loss_s_graph_has_nothing_lit(person):
    canvas, view = canvas_of(person), person.window.graph_view
    view.light({place_called(canvas, "m")})
    view.show_graph(canvas.scene.probe)
    hover(person, canvas.node_rectangle(node_called(canvas, "c")).center())
    leave(person)
    assert ringed(canvas) == set()


@pytest.mark.parametrize("scale", [0.9 * TEXT_SCALE, 1.1 * DOT_SCALE, 0.5 * DOT_SCALE])
def test_what_is_lit_is_seen_from_afar(person, scale):
    unfold(person)
    canvas = canvas_of(person)
    canvas.fit()
    canvas.zoom(scale / canvas.camera.scale)
    before = picture_of(canvas)
    place = place_called(canvas, "squared")
    person.window.graph_view.light({place})
    after = picture_of(canvas)
    for node in in_view(canvas, {place}):
        box = canvas.node_rectangle(node).toAlignedRect().adjusted(-4, -4, 4, 4)
        assert before.copy(box) != after.copy(box)


def test_from_very_far_a_lit_node_is_a_dot_that_can_be_seen(person):
    unfold(person)
    canvas, place = canvas_of(person), place_called(canvas_of(person), "squared")
    canvas.zoom(0.2 * DOT_SCALE / canvas.camera.scale)
    person.window.graph_view.light({place})
    picture, text = picture_of(canvas), theme_of(canvas).text
    for node in in_view(canvas, {place}):
        box = canvas.node_rectangle(node)
        assert box.width() < 2
        middle = box.center().toPoint()
        dots = [middle + QPoint(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        assert sum(QColor(picture.pixel(each)) == text for each in dots) >= 4


# -- pointing at nodes -----------------------------------------------------------------------


@pytest.fixture
def told(person) -> list[int | None]:
    """What the graph says is pointed at."""
    places: list[int | None] = []
    view: GraphView = person.window.graph_view
    view.place_hovered.connect(places.append)
    return places


def test_the_graph_tells_the_place_of_the_node_under_the_mouse(person, canvas, told):
    for symbol in ("m", "ŷ"):
        node = node_called(canvas, symbol)
        hover(person, canvas.node_rectangle(node).center())
        assert told[-1] == place_called(canvas, symbol)
    leave(person)
    assert told[-1] is None


def test_the_graph_tells_the_place_that_the_keys_have_walked_to(person, told):
    canvas = canvas_of(person)
    canvas.setFocus(Qt.FocusReason.TabFocusReason)
    person.press(Qt.Key.Key_Right)
    person.press(Qt.Key.Key_Right)
    assert told[-1] in canvas.scene.places
    person.press(Qt.Key.Key_Escape)
    assert told[-1] is None


def test_nothing_is_pointed_at_when_the_node_goes_away_with_the_graph(person, told):
    canvas = canvas_of(person)
    hover(person, canvas.node_rectangle(node_called(canvas, "m · x")).center())
    unfold(person)
    assert told[-1] is None
