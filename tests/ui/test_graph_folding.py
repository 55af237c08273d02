"""Folding and unfolding the graph: what stays where it is, what moves, what is shown."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QToolButton

from app.study.experiment import Experiment
from app.study.presets import Preset
from app.training.selection import SelectedNode
from tests.ui.on_canvas import (
    canvas_of,
    click_node,
    node_called,
    picture_of,
    place_called,
    press_on_canvas,
    ribbons_of,
    same,
    transition_of,
    unfold,
)
from tests.ui.person import Person


def centre(person, place: int) -> QPointF:
    """Where the selected sample's node is drawn."""
    canvas = canvas_of(person)
    return canvas.node_rectangle(canvas.scene.find_node(place, person.window.walk.sample)).center()


def at_once(person) -> None:
    person.window.graph_view.animation_action.setChecked(False)


@pytest.mark.parametrize(
    ("symbol", "sample"), [(None, 0), (None, 40), ("m · x", 10), ("y", 17), ("m", 3), ("sum", 8)]
)
def test_unfolding_keeps_the_node_that_is_looked_at_at_its_pixel(person, symbol, sample):
    for animated in (False, True):
        assert_kept(person, symbol, sample, animated=animated)
        press_on_canvas(person, Qt.Key.Key_U)
        person.wait(lambda: not transition_of(canvas_of(person)).running)


def assert_kept(person: Person, symbol: str | None, sample: int, *, animated: bool) -> None:
    canvas = canvas_of(person)
    person.window.graph_view.animation_action.setChecked(animated)
    person.window.walk.select_sample(sample)
    place = canvas.scene.probe.prediction if symbol is None else place_called(canvas, symbol)
    if symbol is not None:
        person.window.walk.select(SelectedNode(place))
    before, pixels = centre(person, place), []
    transition_of(canvas).moved.connect(lambda _: pixels.append(centre(person, place)))
    press_on_canvas(person, Qt.Key.Key_U)
    assert not canvas.scene.detailed
    pixels.append(centre(person, place))
    person.wait(lambda: not transition_of(canvas).running)
    pixels.append(centre(person, place))
    assert (len(pixels) > 3) is animated
    for pixel in pixels:
        assert (pixel - before).manhattanLength() <= 1


def test_after_the_movement_the_picture_is_the_same_as_without(person):
    canvas, graph = canvas_of(person), person.window.graph_view
    pictures: list[list[QImage]] = [[], []]
    for animated in (False, True):
        graph.animation_action.setChecked(animated)
        press_on_canvas(person, Qt.Key.Key_U)
        person.wait(lambda: not transition_of(canvas).running)
        pictures[animated].append(picture_of(canvas))
        press_on_canvas(person, Qt.Key.Key_U)
        person.wait(lambda: not transition_of(canvas).running)
        pictures[animated].append(picture_of(canvas))
    assert all(same(*each) for each in zip(*pictures, strict=True))


def test_during_the_movement_edges_end_at_their_nodes(person):
    canvas = canvas_of(person)
    checked = []

    def check(_: object) -> None:
        scene = canvas.scene
        for ribbon in ribbons_of(canvas):
            for node, end in ((scene.sources[ribbon.edge], 0), (scene.targets[ribbon.edge], -1)):
                box = canvas.node_rectangle(int(node)).adjusted(-2, -2, 2, 2)
                assert box.contains(QPointF(*ribbon.points[end]))
                checked.append(ribbon.edge)

    transition_of(canvas).moved.connect(check)
    press_on_canvas(person, Qt.Key.Key_U)
    person.wait(lambda: not transition_of(canvas).running)
    assert len(checked) > 100


def test_u_folds_and_unfolds_and_the_button_says_which(person):
    at_once(person)
    canvas, button = canvas_of(person), person.find("graph_fold", QToolButton)
    folded = canvas.camera
    for _ in range(2):
        assert canvas.scene.detailed
        assert button.text() == "Unfold"
        press_on_canvas(person, Qt.Key.Key_U)
        assert not canvas.scene.detailed
        assert button.text() == "Fold"
        press_on_canvas(person, Qt.Key.Key_U)
        assert canvas.camera == folded
    person.click("graph_fold")
    assert not canvas.scene.detailed


def test_a_double_click_on_the_plate_unfolds_and_one_beside_the_nodes_folds(person):
    at_once(person)
    canvas = canvas_of(person)
    left, top, width, height = canvas.scene.plates[0].box
    corner = canvas.camera.to_pixel(left + width - 4, top + height - 4)
    assert canvas.node_at(corner) is None
    double_click(person, corner)
    assert not canvas.scene.detailed
    free = next(
        at
        for x in range(5, canvas.width(), 7)
        for y in range(5, canvas.height() // 2, 7)
        if canvas.node_at(at := QPointF(x, y)) is None
    )
    double_click(person, free)
    assert canvas.scene.detailed


def test_a_double_click_outside_the_plate_does_not_unfold(person):
    canvas = canvas_of(person)
    left, top, width, height = canvas.scene.plates[0].box
    right, bottom = canvas.camera.to_pixel(left + width, top + height).toTuple()
    assert right + 10 < canvas.width()
    double_click(person, QPointF(right + 5, bottom - 4))
    assert canvas.scene.detailed


def double_click(person, at: QPointF) -> None:
    person.qtbot.mouseDClick(canvas_of(person), Qt.MouseButton.LeftButton, pos=at.toPoint())


def test_another_size_of_the_window_leaves_the_unfolded_sample_in_view(person):
    person.window.walk.select_sample(30)
    unfold(person)
    canvas = canvas_of(person)
    node = node_called(canvas, "ŷ", 30)
    assert QRectF(canvas.rect()).contains(canvas.node_rectangle(node))
    width = canvas.width()
    person.window.resize(person.window.width() + 150, person.window.height() + 60)
    person.wait(lambda: canvas.width() > width)
    assert QRectF(canvas.rect()).contains(canvas.node_rectangle(node))


@pytest.mark.parametrize("folded", [True, False])
def test_constants_are_shown_and_hidden(person, folded):
    if not folded:
        unfold(person)
    canvas, action = canvas_of(person), person.window.graph_view.constants_action

    def constants() -> int:
        names = canvas.scene.probe.names
        return sum(names.is_constant(place) for place in canvas.scene.places.tolist())

    before = len(canvas.scene)
    assert constants() == 0
    action.trigger()
    assert constants() == (2 if folded else 42)  # 41, and the exponent 2, once in each sample
    assert len(canvas.scene) == before + constants()
    action.trigger()
    assert len(canvas.scene) == before
    assert (constants(), canvas.scene.detailed) == (0, folded)


def test_a_hundred_thousand_samples_unfold_and_are_looked_at(make_window, qtbot):
    many = Experiment().with_value("samples", 100_000)
    person = Person(make_window(Preset("many", "Many", "", many)), qtbot)
    person.window.walk.select_sample(77_777)
    press_on_canvas(person, Qt.Key.Key_U)  # animated, were it not so large
    canvas = canvas_of(person)
    assert len(canvas.scene) == 3 + 7 * 100_000
    assert not transition_of(canvas).running
    node = node_called(canvas, "ŷ", 77_777)
    assert QRectF(canvas.rect()).contains(canvas.node_rectangle(node))
    middle = QPointF(canvas.rect().center())
    for notches in (3, -10, -10, -30, 45):
        person.wheel(canvas, middle, notches)
        assert not canvas.grab().isNull()
    canvas.pan(-300, 150)
    press_on_canvas(person, Qt.Key.Key_F)
    assert not canvas.grab().isNull()
    assert QRectF(canvas.rect()).contains(canvas.camera.rectangle(canvas.scene.bounds))
    click_node(person, canvas.node_at(middle) or 0)
    person.train(1)
    press_on_canvas(person, Qt.Key.Key_U)
    assert canvas.scene.detailed


def test_unfolding_behind_another_tab_after_the_data_have_shrunk(person):
    person.find("runs_dock").raise_()
    person.settle()
    person.enter("samples", "2")
    person.wait(lambda: person.epoch == 0)
    person.window.walk.set_folded(False)
    person.find("graph_dock").raise_()
    person.settle()
    assert not canvas_of(person).scene.detailed
