"""The graph under a person's hands: selecting, hovering, editing in place, reading."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QSpinBox

from app.study.data import make_samples
from app.study.recipe import Data
from app.training.selection import SelectedEdge, SelectedNode
from app.views.graph.canvas import GraphCanvas
from app.views.graph.edge_lines import edge_lines
from app.views.value_edit import ValueEdit
from autograd import Tensor
from tests.ui.on_canvas import (
    Line,
    assert_shows,
    canvas_of,
    click_at,
    click_node,
    click_value,
    hover,
    leave,
    node_called,
    picture_of,
    place_called,
    press_on_canvas,
    ribbons_of,
    unfold,
)
from tests.ui.person import Person

START = (0.764340511813275, 0.2950141610814745)
SYMBOLS = ("m", "c", "x", "m · x", "ŷ", "y", "residual", "squared", "sum", "L")


@pytest.fixture
def canvas(person) -> GraphCanvas:
    return canvas_of(person)


def notebook_line(m: float = START[0], c: float = START[1], **changed: dict[int, float]) -> Line:
    """The notebook's loss at other parameters, with other numbers in x or y."""
    samples = make_samples(Data()).train
    columns = {"x": samples.x.copy(), "y": samples.y.copy()}
    for name, numbers in changed.items():
        for sample, number in numbers.items():
            columns[name][sample] = number
    return Line(columns["x"].tolist(), columns["y"].tolist(), m, c)


# -- selecting --------------------------------------------------------------------------------


def test_a_click_on_a_node_selects_it_and_the_inspector_follows(person, canvas):
    for symbol in SYMBOLS:
        node = node_called(canvas, symbol)
        click_node(person, node)
        assert person.window.walk.selection == SelectedNode(place_called(canvas, symbol))
        names, place = canvas.scene.probe.names, place_called(canvas, symbol)
        called = (names.symbol(place), names.title(place), canvas.scene.title(node))
        assert person.read("inspected") in called
        assert person.window.walk.sample == 10  # what was selected before


def test_a_click_in_the_unfolded_graph_selects_the_nodes_sample_too(person, canvas):
    unfold(person)
    for sample, symbol in itertools.product((0, 1), ("x", "m · x", "squared")):
        press_on_canvas(person, Qt.Key.Key_Home)
        click_node(person, node_called(canvas, symbol, sample))
        assert person.window.walk.selection == SelectedNode(place_called(canvas, symbol))
        assert person.window.walk.sample == sample
        assert person.find("graph_sample", QSpinBox).value() == sample
        assert f"sample {sample}" in person.read("inspected_kind")


def distance(points: np.ndarray, at: np.ndarray) -> float:
    """How far a pixel is from a line through points, walked in small steps."""
    shares = np.linspace(0, 1, 40)[:, None]
    walked = np.concatenate(
        [start + shares * (end - start) for start, end in itertools.pairwise(points)]
    )
    return float(np.min(np.hypot(*(walked - at).T)))


def beside(canvas: GraphCanvas, edge: int, pixels: float) -> QPointF | None:
    """A pixel so far beside an edge, nearer to it than to any other and on no node."""
    ribbons = {ribbon.edge: ribbon for ribbon in ribbons_of(canvas)}
    points = ribbons[edge].points
    for number in (8, 7, 9, 6, 10, 4, 12, 14, 2):
        along = points[number + 1] - points[number - 1]
        side = np.array([-along[1], along[0]]) / np.hypot(*along)
        for sign in (1, -1):
            at = np.round(points[number] + sign * pixels * side)
            others = [distance(each.points, at) for n, each in ribbons.items() if n != edge]
            near = distance(points, at)
            if canvas.node_at(QPointF(*at)) is None and min(others) > max(near, 1) + 3:
                return QPointF(*at)
    return None


@pytest.mark.parametrize("pixels", [0, 5])
@pytest.mark.parametrize("constants", [False, True])
def test_a_click_on_or_beside_an_edge_selects_it(person, canvas, constants, pixels):
    person.window.graph_view.constants_action.setChecked(constants)
    scene = canvas.scene
    tried = 0
    for edge in range(len(scene.sources)):
        at = beside(canvas, edge, pixels)
        if at is None:
            continue
        click_at(person, QPointF(3, 3))
        click_at(person, at)
        selected = person.window.walk.selection
        assert isinstance(selected, SelectedEdge)
        source, target = int(scene.sources[edge]), int(scene.targets[edge])
        assert selected.place == scene.places[target]
        operands = scene.probe.tape.instructions[selected.place].operands
        assert operands[selected.index] == scene.places[source]
        assert "→" in person.read("inspected")
        tried += 1
    assert tried >= len(scene.sources) - 1


def test_a_click_far_from_everything_clears_the_selection(person, canvas):
    click_node(person, node_called(canvas, "ŷ"))
    assert person.window.walk.selection is not None
    click_at(person, QPointF(3, 3))
    assert person.window.walk.selection is None


def test_a_selected_node_has_a_frame_and_a_selected_edge_tells_the_chain_rule(person, canvas):
    click_at(person, QPointF(3, 3))
    plain = picture_of(canvas)
    click_node(person, node_called(canvas, "residual"))
    framed = picture_of(canvas)
    assert framed != plain
    person.window.walk.select(SelectedEdge(place_called(canvas, "m · x"), 0))
    assert picture_of(canvas) not in (framed, plain)
    click_at(person, QPointF(3, 3))
    assert person.window.walk.selection is None
    leave(person)
    assert picture_of(canvas) == plain


def test_the_callout_of_an_edge_has_the_engines_numbers(person, canvas):
    line, scene = notebook_line(), canvas.scene
    sample = person.window.walk.sample
    for edge in range(len(scene.sources)):
        names = scene.probe.names
        source = names.symbol(int(scene.places[scene.sources[edge]]))
        lines = " ".join(edge_lines(canvas.scene, canvas._moment, edge))
        engine = line.node(source, sample)
        if not engine.require_grad:
            assert "no gradient" in lines
        elif source in ("m", "c"):
            assert read_after(lines, "samples: ") == pytest.approx(engine.grad, rel=1e-3)
        else:
            assert read_after(lines, " = ", last=True) == pytest.approx(engine.grad, rel=1e-3)


def read_after(text: str, before: str, *, last: bool = False) -> float:
    """The number after some words, where they first or last appear."""
    rest = text.rpartition(before)[2] if last else text.partition(before)[2]
    return float(rest.split()[0].replace("−", "-"))


# -- hovering ---------------------------------------------------------------------------------


def inside(canvas: GraphCanvas, picture: QImage, node: int) -> QImage:
    """A node as it is drawn, without its border."""
    box = canvas.node_rectangle(node).toAlignedRect().adjusted(7, 7, -7, -7)
    return picture.copy(box & canvas.rect())


@pytest.mark.parametrize("folded", [True, False])
def test_hovering_dims_all_that_a_node_has_nothing_to_do_with(person, canvas, folded):
    if not folded:
        unfold(person)
        press_on_canvas(person, Qt.Key.Key_Home)
    line, scene = notebook_line(), canvas.scene

    def engine(node: int) -> Tensor:
        name, sample = scene.probe.names.symbol(int(scene.places[node])), scene.sample(node)
        whole_sum = name == "sum" and folded
        return line.node(name, len(line.own) - 1 if whole_sum else sample or 0)

    seen = []
    for symbol in SYMBOLS:
        hovered = node_called(canvas, symbol, 0)
        canvas.show_node(hovered)
        before = picture_of(canvas)
        hover(person, canvas.node_rectangle(hovered).center())
        after = picture_of(canvas)
        below = engine(hovered).nodes()
        for node in range(len(scene)):
            if node != hovered and is_in_view(canvas, node):
                related = engine(node) in below or engine(hovered) in engine(node).nodes()
                assert (inside(canvas, before, node) == inside(canvas, after, node)) is related
                seen.append(related)
        leave(person)
        assert picture_of(canvas) == before
    assert seen.count(True) > 20
    assert seen.count(False) > 10


def is_in_view(canvas: GraphCanvas, node: int) -> bool:
    """Whether a node is wholly in view and nothing is before it."""
    box = canvas.node_rectangle(node)
    hidden = canvas.minimap.isVisible() and canvas.minimap.geometry().intersects(
        box.toAlignedRect()
    )
    return QRectF(canvas.rect()).contains(box) and not hidden


def test_hovering_an_edge_shows_what_flows_over_it(person, canvas):
    before = picture_of(canvas)
    at = beside(canvas, 0, 0)
    hover(person, at)
    assert picture_of(canvas) != before
    leave(person)
    assert picture_of(canvas) == before


# -- editing in place -------------------------------------------------------------------------


def editor_of(canvas: GraphCanvas) -> ValueEdit:
    (editor,) = [each for each in canvas.findChildren(ValueEdit) if each.isVisible()]
    return editor


def type_value(person: Person, node: int, text: str) -> None:
    """Click on a leaf's value and type another, without Enter."""
    click_value(person, node)
    editor = editor_of(canvas_of(person))
    assert editor.hasFocus()
    assert editor.selectedText() == editor.text()
    person.qtbot.keyClicks(editor, text)


@pytest.mark.parametrize("folded", [True, False])
def test_another_value_of_a_parameter_changes_everything_downstream_at_once(person, canvas, folded):
    if not folded:
        unfold(person)
    for symbol, number in (("m", 2.5), ("c", -9.0)):
        press_on_canvas(person, Qt.Key.Key_Home)
        assert_shows(canvas, notebook_line(), person.window.walk.sample)
        canvas.show_node(node_called(canvas, symbol))
        type_value(person, node_called(canvas, symbol), repr(number))
        person.press(Qt.Key.Key_Return)
        changed = notebook_line(**{symbol: number})
        assert_shows(canvas, changed, person.window.walk.sample)
        assert "yours" in person.read("notice_text")
        assert not any(each.isVisible() for each in canvas.findChildren(ValueEdit))
        assert canvas.hasFocus()
        person.press(Qt.Key.Key_Escape)
        assert_shows(canvas, notebook_line(), person.window.walk.sample)
        assert "yours" not in person.read("notice_text")


@pytest.mark.parametrize("folded", [True, False])
def test_another_number_of_a_data_point_changes_its_sample_and_all_that_is_summed(
    person, canvas, folded
):
    sample = 10 if folded else 1
    if not folded:
        unfold(person)
    for symbol in "xy":
        press_on_canvas(person, Qt.Key.Key_Home)
        type_value(person, node_called(canvas, symbol, sample), "12.25")
        person.press(Qt.Key.Key_Return)
        assert person.window.walk.sample == sample
        assert_shows(canvas, notebook_line(**{symbol: {sample: 12.25}}), sample)
        person.press(Qt.Key.Key_Escape)
        assert_shows(canvas, notebook_line(), sample)


def test_several_numbers_are_replaced_together_and_taken_back_together(person, canvas):
    for symbol, text in (("m", "1"), ("c", "-2"), ("y", "3")):
        type_value(person, node_called(canvas, symbol), text)
        person.press(Qt.Key.Key_Return)
    assert_shows(canvas, notebook_line(1.0, -2.0, y={10: 3.0}), 10)
    press_on_canvas(person, Qt.Key.Key_Escape)
    assert_shows(canvas, notebook_line(), 10)


def test_the_arrow_keys_change_a_value_live(person, canvas):
    node = node_called(canvas, "m")
    click_value(person, node)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down):
        person.press(key)
        assert_shows(canvas, notebook_line(m=editor_of(canvas).value), 10)
    assert editor_of(canvas).value < START[0]


def test_escape_in_the_field_brings_back_the_number_of_before(person, canvas):
    type_value(person, node_called(canvas, "m"), "7")
    person.press(Qt.Key.Key_Escape)
    assert_shows(canvas, notebook_line(), 10)
    assert not any(each.isVisible() for each in canvas.findChildren(ValueEdit))
    assert canvas.hasFocus()


def test_what_is_no_number_changes_nothing_and_stays_to_be_corrected(person, canvas):
    for text in ("seven", "1e400", "nan"):
        type_value(person, node_called(canvas, "m"), text)
        person.press(Qt.Key.Key_Return)
        assert_shows(canvas, notebook_line(), 10)
        assert editor_of(canvas).problem
        person.press(Qt.Key.Key_Escape)
        assert_shows(canvas, notebook_line(), 10)


def test_the_field_is_where_the_value_is_written(person, canvas):
    for symbol in ("m", "c", "x", "y"):
        node = node_called(canvas, symbol)
        click_value(person, node)
        box, editor = canvas.node_rectangle(node), editor_of(canvas)
        centre = canvas.value_rectangle(node).center()
        assert abs(editor.geometry().center().y() - centre.y()) <= 3
        assert abs(editor.geometry().left() - box.left()) <= 2
        assert canvas.rect().contains(editor.geometry())
        person.press(Qt.Key.Key_Escape)


def test_a_computed_value_cannot_be_edited(person, canvas):
    for symbol in ("m · x", "ŷ", "residual", "sum", "L"):
        click_value(person, node_called(canvas, symbol))
        assert not canvas.findChildren(ValueEdit)
        assert person.window.walk.selection == SelectedNode(place_called(canvas, symbol))


def test_a_constant_cannot_be_edited(person, canvas):
    person.window.graph_view.constants_action.trigger()
    names = canvas.scene.probe.names
    for node, place in enumerate(canvas.scene.places.tolist()):
        if names.is_constant(place):
            click_value(person, node)
            assert not canvas.findChildren(ValueEdit)


# -- reading ----------------------------------------------------------------------------------

SMALLEST_TEXT = 9
"""Pixels that text must have to be read."""

FORMULA_SIZE, VALUE_SIZE = 10.5, 13.0
"""Pixels of the smallest text on a node and of its numbers, at scale 1."""


def assert_readable(canvas: GraphCanvas) -> None:
    """Check that all nodes are in view, apart from each other, with text that can be read."""
    view = QRectF(canvas.rect())
    boxes = [canvas.node_rectangle(node) for node in range(len(canvas.scene))]
    assert round(FORMULA_SIZE * canvas.camera.scale) >= SMALLEST_TEXT
    for number, box in enumerate(boxes):
        assert view.contains(box)
        assert not any(box.intersects(other) for other in boxes[:number])
    assert all(view.contains(canvas.camera.rectangle(plate.box)) for plate in canvas.scene.plates)
    assert not canvas.minimap.isVisible()


@pytest.mark.parametrize("size", [(1280, 800), (1366, 768), (1920, 1080)])
def test_a_line_is_read_without_zooming(make_window, qtbot, size):
    person = Person(make_window(size=size), qtbot)
    for constants in (False, True):
        person.window.graph_view.constants_action.setChecked(constants)
        person.settle()
        assert_readable(canvas_of(person))


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_with_larger_text_a_line_is_read_all_the_same(make_window, qtbot, size):
    person = Person(make_window(size=size), qtbot)
    for _ in range(2):
        person.press(Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
        person.settle()
        assert_readable(canvas_of(person))


def test_values_are_short_enough_for_their_nodes_whatever_their_size(person, canvas):
    metrics = canvas.fontMetrics()
    for number in ("-1.234567e8", "-0.000001234567", "123456.789"):
        for symbol in ("m", "c"):
            type_value(person, node_called(canvas, symbol), number)
            person.press(Qt.Key.Key_Return)
        for node in range(len(canvas.scene)):
            for text in canvas.texts(node)[1:]:
                width = metrics.horizontalAdvance(text) * VALUE_SIZE / metrics.height()
                assert width < canvas.scene.node_width - 10
