"""Every node of the graph shows what the define-by-run engine computes for it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.study.architecture import Model
from app.study.data import make_samples
from app.study.experiment import Experiment, Problem
from app.study.model import predict, sample_loss
from app.study.presets import Preset, find_preset
from app.study.recipe import Data
from app.training.snapshot import Probe
from app.views.graph.canvas import GraphCanvas
from app.views.graph.folded import FoldedScene
from app.views.graph.scene import Scene
from app.views.graph.unfolded import UnfoldedScene
from autograd import Scalar, Tensor
from tests.ui.person import Person, number

NODES = 332
"""Of 41 samples: m, c, 41 and L, and eight of each sample. The notebook's 0 is not drawn."""


def notebook_loss(data: Data, parameters: Sequence[float]) -> Tensor:
    """Return the loss as the notebook builds it, after its backward pass."""
    m, c = (
        Scalar(float(value), require_grad=True, name=name)
        for name, value in zip("mc", parameters, strict=True)
    )
    samples, model = make_samples(data).train, Model()
    total: Tensor = Scalar(0.0)
    for x, y in zip(samples.x.tolist(), samples.y.tolist(), strict=True):
        prediction = predict(model, {"m": m, "c": c}, Scalar(x, name="x")).node
        total = total + sample_loss(model, prediction, Scalar(y, name="y"))[0]
    loss = total / len(samples)
    loss.backward()
    return loss


def pair(scene: Scene, loss: Tensor) -> dict[int, Tensor]:
    """Return the engine's node for every node of an unfolded graph, found edge by edge."""
    start = scene.find_node(len(scene.probe.tape.instructions) - 1, 0)
    assert start is not None
    pairs, waiting = {start: loss}, [start]
    while waiting:
        drawn = waiting.pop()
        operands = [each for each in pairs[drawn].operands if not is_start_of_chain(each)]
        for source, operand in zip(scene.operands(drawn).tolist(), operands, strict=True):
            assert pairs.setdefault(source, operand) is operand
            waiting.append(source)
    assert len(pairs) == len(scene)
    return pairs


def is_start_of_chain(operand: Tensor) -> bool:
    """Whether a node is the 0 that the notebook's loop begins with; no other number is 0."""
    return not operand.operands and operand.name is None and operand.data == 0.0


def engine_of(person: Person, preset: str) -> tuple[Scene, dict[int, Tensor]]:
    """Return all nodes of the unfolded graph and the engine's, at the person's epoch."""
    data = find_preset(preset).experiment.data
    parameters = person.window.session.history.parameters(person.epoch)
    scene = UnfoldedScene(Probe(Problem(data)), constants=True)
    return scene, pair(scene, notebook_loss(data, parameters))


def canvas_of(person: Person) -> GraphCanvas:
    return person.window.graph_view.canvas


def drawn(person: Person, *, folded: bool) -> Scene:
    """Return the scene that the person sees."""
    scene = canvas_of(person).scene
    assert isinstance(scene, FoldedScene if folded else UnfoldedScene)
    return scene


def person_at(make_window, qtbot, preset: str, epochs: int, *, unfolded: bool = True) -> Person:
    """Train some epochs; return the person before the graph with its constants."""
    person = Person(make_window(preset), qtbot)
    if epochs:
        person.train(epochs)
    person.choose_in_menu("View", "Show constants")
    if unfolded:
        person.press(Qt.Key.Key_U)
    return person


CASES = pytest.mark.parametrize(("preset", "epochs"), [("notebook", 0), ("noisy-line", 7)])


def told(person: Person, node: int) -> tuple[str, str]:
    """Return value and gradient as the canvas tells them of a node, with all digits."""
    text = canvas_of(person).describe(node)
    found = re.fullmatch(r".+\n.+\nvalue (\S+)\ngradient (\S+)", text)
    assert found, text
    return found[1], found[2]


def assert_same(text: str, exact: float) -> None:
    """Check that a number is the engine's, but for the last digit of NumPy's pow, and in full."""
    assert number(text) == pytest.approx(exact, rel=1e-13, abs=1e-300)
    assert text == repr(number(text)).replace("-", "−")


def assert_told(person: Person, node: int, engine: Tensor) -> None:
    value, gradient = told(person, node)
    assert_same(value, engine.data)
    if engine.require_grad:
        assert_same(gradient, engine.grad)
    else:
        assert gradient == "–"


def assert_written(person: Person, node: int, engine: Tensor) -> None:
    """Check the rounded numbers on a node."""
    _, value, gradient = canvas_of(person).texts(node)
    assert gradient.startswith("∂ ")
    for text, exact in ((value, engine.data), (gradient[2:], engine.grad)):
        if text != "–":
            assert number(text) == pytest.approx(exact, rel=0.05)
    assert (gradient == "∂ –") is not engine.require_grad


@CASES
def test_every_node_of_the_unfolded_graph_is_the_engines(make_window, qtbot, preset, epochs):
    person = person_at(make_window, qtbot, preset, epochs)
    _, pairs = engine_of(person, preset)
    assert len(pairs) == len(drawn(person, folded=False)) == NODES
    for node, engine in pairs.items():
        assert_told(person, node, engine)
        assert_written(person, node, engine)


@CASES
def test_every_node_of_the_folded_graph_is_the_engines_whichever_sample_is_selected(
    make_window, qtbot, preset, epochs
):
    person = person_at(make_window, qtbot, preset, epochs, unfolded=False)
    unfolded, pairs = engine_of(person, preset)
    scene = drawn(person, folded=True)
    last = unfolded.probe.tape.samples - 1
    seen = set()
    assert len(scene) == 12
    for sample in range(last + 1):
        person.window.walk.select_sample(sample)
        for node, place in enumerate(scene.places.tolist()):
            is_sum = place in scene.probe.tape.phases.sums  # shows the sum over all samples
            same = unfolded.find_node(place, last if is_sum else sample)
            assert_told(person, node, pairs[same])
            assert_written(person, node, pairs[same])
            seen.add(same)
    assert len(seen) == NODES - last  # every node but the additions before the last


def test_the_sample_is_chosen_in_the_field_above_the_graph(person):
    canvas, scene = canvas_of(person), drawn(person, folded=True)
    node = scene.find_node(scene.probe.x, 0)
    samples = make_samples(Data()).train
    for sample in ("0", "40", "17"):
        person.enter("graph_sample", sample)
        assert number(told(person, node)[0]) == samples.x[int(sample)]
        assert f"sample {sample}" in canvas.describe(node)
    assert person.window.walk.sample == 17


@pytest.mark.parametrize("folded", [True, False])
def test_nodes_say_how_the_engine_computes_them(make_window, qtbot, folded):
    person = person_at(make_window, qtbot, "notebook", 0, unfolded=not folded)
    unfolded, pairs = engine_of(person, "notebook")
    scene = drawn(person, folded=folded)
    kinds = {"sum": "add"}  # an addition of the chain
    for node, place in enumerate(scene.places.tolist()):
        engine = pairs[unfolded.find_node(place, scene.sample(node) or 0)]
        kind = canvas_of(person).describe(node).splitlines()[1].split(",")[0]
        if engine.operands:
            assert kinds.get(kind, kind) == engine.rule.name
        else:
            expected = "parameter" if engine.require_grad else "data" if engine.name else "constant"
            assert kind == expected
        if engine.name is not None:
            assert canvas_of(person).texts(node)[0] == engine.name


def test_the_edges_of_the_unfolded_graph_are_the_engines(make_window, qtbot):
    person = person_at(make_window, qtbot, "notebook", 0)
    scene = drawn(person, folded=False)
    _, pairs = engine_of(person, "notebook")
    shown = [
        (id(pairs[source]), id(pairs[target]))
        for source, target in zip(scene.sources.tolist(), scene.targets.tolist(), strict=True)
    ]
    loss = pairs[scene.find_node(len(scene.probe.tape.instructions) - 1, 0)]
    engine = [
        (id(operand), id(node))
        for node in loss.nodes()
        for operand in node.operands
        if not is_start_of_chain(operand)
    ]
    assert sorted(shown) == sorted(engine)


def test_constants_are_hidden_at_first_and_all_else_is_shown(person):
    for folded in (True, False):
        person.window.walk.set_folded(folded)
        scene, probe = drawn(person, folded=folded), Probe(Problem())
        without, each = set(scene.places.tolist()), 1 if folded else 41
        constants = {
            place for place in range(len(probe.tape.instructions)) if probe.names.is_constant(place)
        }
        assert without == set(range(len(probe.tape.instructions))) - constants
        assert len(scene) == 3 + 7 * each
        person.choose_in_menu("View", "Show constants")
        assert set(drawn(person, folded=folded).places.tolist()) == without | constants
        person.choose_in_menu("View", "Show constants")
        assert len(drawn(person, folded=folded)) == 3 + 7 * each


@pytest.mark.parametrize("folded", [True, False])
def test_numbers_follow_training(person, folded):
    person.window.walk.set_folded(folded)
    scene = drawn(person, folded=folded)
    node = scene.find_node(scene.probe.tape.parameters[0], 0)
    before = told(person, node)
    person.train(1)
    m, _ = person.window.session.history.parameters(1)
    assert told(person, node) != before
    assert told(person, node)[0] == repr(float(m))


def test_another_number_of_samples_is_another_graph(person):
    person.press(Qt.Key.Key_U)
    person.enter("samples", "5")
    person.wait(lambda: person.epoch == 0)
    canvas, scene = canvas_of(person), drawn(person, folded=False)
    assert len(scene) == 3 + 5 * 7
    assert "sample 4" in canvas.describe(len(scene) - 1)
    loss = person.window.session.history.loss(0)
    sums = number(told(person, len(scene) - 1)[0])
    assert sums / 5 == pytest.approx(loss, rel=1e-14)  # native code adds in another order
    person.click("graph_fold")  # in the field a U would be typed
    assert [plate.label for plate in drawn(person, folded=True).plates] == ["× 5 samples"]


def test_nodes_overlap_nowhere(person):
    for _ in range(2):
        for folded in (True, False):
            person.window.walk.set_folded(folded)
            assert_apart(person, folded=folded)
        person.choose_in_menu("View", "Show constants")


def assert_apart(person: Person, *, folded: bool) -> None:
    scene = drawn(person, folded=folded)
    boxes = [canvas_of(person).node_rectangle(node) for node in range(len(scene))]
    left, top = np.array([(box.left(), box.top()) for box in boxes]).T
    width, height = boxes[0].width(), boxes[0].height()
    apart = (np.abs(left[:, None] - left) >= width) | (np.abs(top[:, None] - top) >= height)
    assert np.all(apart | np.eye(len(scene), dtype=bool))


@pytest.mark.parametrize("folded", [True, False])
def test_a_single_sample_has_a_graph(make_window, qtbot, folded):
    one = Experiment().with_value("samples", 1)
    person = Person(make_window(Preset("one", "One", "", one)), qtbot)
    person.window.walk.set_folded(folded)
    person.choose_in_menu("View", "Show constants")
    scene = drawn(person, folded=folded)
    assert len(scene) == 12
    pairs = pair(scene, notebook_loss(one.data, one.initial_parameters()))
    for node, engine in pairs.items():
        assert_told(person, node, engine)
