"""The unfolded graph has the define-by-run engine's nodes, edges and contributions; folding it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QToolButton

from app.study.experiment import Experiment
from app.study.presets import Preset
from app.training.selection import SelectedEdge, SelectedNode
from app.views.graph.folded import FoldedScene
from app.views.graph.scene import Scene
from app.views.graph.unfolded import UnfoldedScene
from autograd.naming import Names
from autograd.rules import SUM
from autograd.tape import Tape
from tests.autograd.traced import AT, LOSSES, XS, every_loss, record
from tests.autograd.unrolled import Graph
from tests.training.moments import moments_of_tape, whole
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

constants_or_not = pytest.mark.parametrize("constants", [True, False])


def probe_of(tape: Tape) -> Any:
    return SimpleNamespace(tape=tape, names=Names(tape), chosen=None)


def unfolded(name: str, *, constants: bool = True) -> UnfoldedScene:
    return UnfoldedScene(probe_of(record(LOSSES[name])), constants=constants)


def own_sample(scene: Scene, number: int) -> int:
    sample = scene.sample(number)
    return 0 if sample is None else sample


class Engine:
    """The define-by-run graph of a tape, by place and sample."""

    def __init__(self, tape: Tape) -> None:
        self.graph = Graph.unrolled(tape, AT)
        self.graph.loss.backward()

    def node(self, place: int, sample: int | None) -> Any:
        """The engine's node; constants that a sample's expression uses it has for all at once."""
        keys = self.graph.by_key
        return keys[place, sample] if (place, sample) in keys else keys[place, None]

    def of(self, scene: Scene, number: int) -> Any:
        return self.node(int(scene.places[number]), scene.sample(number))


# -- numbering --------------------------------------------------------------------------------


@every_loss
@constants_or_not
def test_a_nodes_number_says_its_place_and_sample_and_these_its_number(name, constants):
    scene = unfolded(name, constants=constants)
    seen = set()
    for number in range(len(scene)):
        place, sample = int(scene.places[number]), scene.sample(number)
        assert scene.find_node(place, own_sample(scene, number)) == number
        seen.add((place, sample))
    assert len(seen) == len(scene)
    for place in set(range(len(scene.probe.tape.instructions))) - set(scene.places.tolist()):
        assert scene.find_node(place, 0) is None
        assert not constants or scene.probe.tape.instructions[place].rule is None


@every_loss
def test_every_node_of_the_engine_is_drawn_once_for_each_sample_that_has_it(name):
    scene = unfolded(name)
    tape = scene.probe.tape
    for place, instruction in enumerate(tape.instructions):
        count = int(np.sum(scene.places == place))
        if instruction.per_sample or instruction.rule is SUM:
            assert count == tape.samples
        else:
            assert count in (1, tape.samples if scene.probe.names.is_constant(place) else 1)


@every_loss
@constants_or_not
def test_edges_into_and_from_a_node_are_those_that_end_and_begin_there(name, constants):
    scene = unfolded(name, constants=constants)
    for number in range(len(scene)):
        into = [each for each, target in enumerate(scene.targets.tolist()) if target == number]
        out = [each for each, source in enumerate(scene.sources.tolist()) if source == number]
        assert sorted(scene.edges_into(number).tolist()) == into
        assert sorted(scene.edges_from(number).tolist()) == out
        assert scene.operands(number).tolist() == scene.sources[into].tolist()
        assert scene.users(number).tolist() == scene.targets[out].tolist()


@every_loss
@constants_or_not
def test_an_edge_is_found_again_by_what_selecting_it_means(name, constants):
    scene = unfolded(name, constants=constants)
    for edge in range(len(scene.sources)):
        selection, sample = scene.selected_edge(edge)
        assert scene.find_edge(selection, 0 if sample is None else sample) == edge
        assert scene.find(selection, 0 if sample is None else sample) == (None, edge)


@every_loss
@pytest.mark.parametrize("folded", [True, False])
def test_a_selected_edge_leads_from_the_operand_that_it_names(name, folded):
    tape = record(LOSSES[name])
    scene = FoldedScene(probe_of(tape)) if folded else UnfoldedScene(probe_of(tape))
    for edge in range(len(scene.sources)):
        selection, sample = scene.selected_edge(edge)
        instruction = tape.instructions[selection.place]
        source = int(scene.places[scene.sources[edge]])
        if instruction.rule is SUM and not folded:
            before = tape.instructions[selection.place].operands[0], selection.place
            assert source == before[1 - selection.index]
        else:
            operand = scene.find_node(instruction.operands[selection.index], sample or 0)
            assert int(scene.places[operand]) == source
        assert scene.find_node(selection.place, sample or 0) in (
            scene.targets[edge],
            scene.find_node(selection.place, 0),
        )


@pytest.mark.parametrize("scene", [FoldedScene, UnfoldedScene])
def test_what_is_not_in_the_graph_is_not_found(scene):
    tape = record(LOSSES["line"])
    drawn = scene(probe_of(tape), constants=False)
    names = drawn.probe.names
    for place, instruction in enumerate(tape.instructions):
        if names.is_constant(place):
            assert drawn.find(SelectedNode(place), 0) == (None, None)
        for index, operand in enumerate(instruction.operands):
            found = drawn.find_edge(SelectedEdge(place, index), 1)
            assert (found is None) is names.is_constant(operand)
    assert drawn.find(None, 0) == (None, None)


# -- edges and numbers of the engine ------------------------------------------------------------


@every_loss
def test_the_edges_are_the_engines(name):
    scene = unfolded(name)
    engine = Engine(scene.probe.tape)
    shown = sorted(
        (id(engine.of(scene, source)), id(engine.of(scene, target)))
        for source, target in zip(scene.sources.tolist(), scene.targets.tolist(), strict=True)
    )
    known = engine.graph.keys
    expected = sorted(
        (id(operand), id(node))
        for node in engine.graph.operations
        for operand in node.operands
        if operand in known  # all but the 0 that a sum begins with
    )
    assert shown == expected


@every_loss
def test_values_and_gradients_are_the_engines(name):
    scene = unfolded(name)
    engine = Engine(scene.probe.tape)
    numbers = scene.numbers(whole(scene.probe.tape, AT))
    for number in range(len(scene)):
        node = engine.of(scene, number)
        assert numbers.valued[number]
        assert numbers.values[number] == pytest.approx(node.data, rel=1e-13)
        assert numbers.graded[number] == node.require_grad
        if node.require_grad:
            assert numbers.gradients[number] == pytest.approx(node.grad, rel=1e-12, abs=1e-300)


@every_loss
def test_what_flows_over_every_edge_is_the_engines_contribution(name):
    scene = unfolded(name)
    tape = scene.probe.tape
    engine = Engine(tape)
    graph = engine.graph
    flowed = {(each.operation, each.index): each for each in graph.walk(graph.order())}
    flows = scene.flows(whole(tape, AT), np.arange(len(scene.sources)))
    for edge, (source, target) in enumerate(
        zip(scene.sources.tolist(), scene.targets.tolist(), strict=True)
    ):
        selection, _ = scene.selected_edge(edge)
        expected = flowed.get((graph.keys[engine.of(scene, target)], selection.index))
        assert flows.flowed[edge] == (expected is not None)
        assert flows.flowed[edge] == engine.of(scene, source).require_grad
        if expected is not None:
            found = (flows.local[edge], flows.upstream[edge], flows.contribution[edge])
            exact = (expected.local, expected.upstream, expected.contribution)
            assert found == pytest.approx(exact, rel=1e-12, abs=1e-300)


@every_loss
def test_contributions_into_a_node_add_up_to_its_gradient(name):
    scene = unfolded(name)
    moment = whole(scene.probe.tape, AT)
    numbers = scene.numbers(moment)
    for number in range(len(scene)):
        out = scene.edges_from(number)
        flows = scene.flows(moment, out)
        if len(out) and numbers.graded[number]:
            total = float(np.sum(flows.contribution))
            assert total == pytest.approx(numbers.gradients[number], rel=1e-9, abs=1e-12)


@every_loss
@pytest.mark.parametrize("sample", [0, len(XS) - 1])
def test_the_folded_graph_shows_the_sums_or_the_selected_samples_contributions(name, sample):
    tape = record(LOSSES[name])
    folded, full = FoldedScene(probe_of(tape)), UnfoldedScene(probe_of(tape))
    moment = moments_of_tape(tape, AT, sample=sample)[-1]
    every = full.flows(moment, np.arange(len(full.sources)))
    shown = folded.flows(moment, np.arange(len(folded.sources)))
    for edge, (source, target) in enumerate(
        zip(folded.places[folded.sources], folded.places[folded.targets], strict=True)
    ):
        if folded.diagram.nodes[folded.targets[edge]].absorbed:
            continue  # a chain of additions drawn as one: its edges are others
        selection, _ = folded.selected_edge(edge)
        is_sum = tape.instructions[selection.place].rule is SUM
        selection = SelectedEdge(selection.place, 1 if is_sum else selection.index)
        gathers = tape.instructions[target].per_sample and not tape.instructions[source].per_sample
        expected = 0.0
        for each in range(tape.samples) if gathers else [sample]:
            found = full.find_edge(selection, each)
            if found is not None and every.flowed[found]:
                expected += every.contribution[found]
        assert shown.contribution[edge] == pytest.approx(expected, rel=1e-9, abs=1e-300)


@every_loss
def test_what_has_not_been_stepped_over_has_not_flowed(name):
    tape = record(LOSSES[name])
    scene = UnfoldedScene(probe_of(tape))
    edges = np.arange(len(scene.sources))
    before: set[int] = set()
    for moment in moments_of_tape(tape, AT, folded=False):
        flowed = set(np.flatnonzero(scene.flows(moment, edges).flowed).tolist())
        assert before <= flowed
        assert len(flowed) <= len(before) + 1  # a step of the unfolded trace is about one edge
        before = flowed
    assert before == set(np.flatnonzero(scene.flows(whole(tape, AT), edges).flowed).tolist())


@every_loss
def test_what_a_node_depends_on_and_what_depends_on_it_is_what_the_engine_says(name):
    scene = unfolded(name, constants=False)
    engine = Engine(scene.probe.tape)
    below = {node: set(node.nodes()) for node in engine.graph.keys}
    for number in range(len(scene)):
        node = engine.of(scene, number)
        related = scene.related(number)
        for other in range(len(scene)):
            each = engine.of(scene, other)
            assert related[other] == (each in below[node] or node in below[each])


# -- folding and unfolding ----------------------------------------------------------------------


def centre(person, place: int) -> QPointF:
    """Where the selected sample's node is drawn."""
    canvas = canvas_of(person)
    return canvas.node_rectangle(canvas.scene.find_node(place, person.window.walk.sample)).center()


def at_once(person) -> None:
    person.window.graph_view.animation_action.setChecked(False)


@pytest.mark.parametrize("animated", [False, True])
@pytest.mark.parametrize(
    ("symbol", "sample"), [(None, 0), (None, 40), ("m · x", 10), ("y", 17), ("m", 3), ("sum", 8)]
)
def test_unfolding_keeps_the_node_that_is_looked_at_at_its_pixel(person, animated, symbol, sample):
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
