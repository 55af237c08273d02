"""Every node of the graph shows what the define-by-run engine computes for it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from app.study.data import make_samples
from app.study.experiment import Data, Experiment
from app.study.model import predict, sample_loss
from app.study.presets import Preset, find_preset
from app.training.snapshot import Probe
from app.views.graph.canvas import GraphCanvas
from app.views.graph.structure import GraphStructure
from autograd import Scalar, Tensor
from autograd.graph import label
from tests.ui.person import Person


def notebook_loss(data: Data, parameters) -> Tensor:
    """Return the loss as the notebook builds it, after its backward pass."""
    m, c = (
        Scalar(float(value), require_grad=True, name=name)
        for name, value in zip("mc", parameters, strict=True)
    )
    samples = make_samples(data)
    total: Tensor = Scalar(0.0)
    for x, y in zip(samples.x.tolist(), samples.y.tolist(), strict=True):
        total = total + sample_loss(predict((m, c), Scalar(x, name="x")), Scalar(y, name="y"))
    loss = total / len(samples)
    loss.backward()
    return loss


def pair(structure: GraphStructure, loss: Tensor) -> dict[int, Tensor]:
    """Return the engine's node for every node of the picture, found edge by edge."""
    sources, targets = structure.edges
    operands: dict[int, list[int]] = {}
    for source, target in zip(sources.tolist(), targets.tolist(), strict=True):
        operands.setdefault(target, []).append(source)
    pairs = {structure.loss: loss}
    waiting = [structure.loss]
    while waiting:
        drawn = waiting.pop()
        node = pairs[drawn]
        below = operands.get(drawn, [])
        assert len(below) == len(node.operands)
        for number, operand in zip(in_order(structure, drawn, below), node.operands, strict=True):
            assert pairs.setdefault(number, operand) is operand
            waiting.append(number)
    return pairs


def in_order(structure: GraphStructure, target: int, below: list[int]) -> list[int]:
    """Return a node's operands in the order of the engine, where the picture has another."""
    if target != structure.loss and structure.kind(target).title == "Σ":
        term, so_far = below
        return [so_far, term]
    return below


def canvas_of(person: Person) -> GraphCanvas:
    return person.window.graph_view.canvas


def person_at(make_window, qtbot, preset: str, epochs: int) -> tuple[Person, dict[int, Tensor]]:
    """Train some epochs; return the person and the engine's graph at the same parameters."""
    person = Person(make_window(preset), qtbot)
    if epochs:
        person.train(epochs)
    data = find_preset(preset).experiment.data
    parameters = person.window.session.history.parameters(epochs)
    return person, pair(GraphStructure(Probe(data)), notebook_loss(data, parameters))


CASES = pytest.mark.parametrize(("preset", "epochs"), [("notebook", 0), ("noisy-line", 7)])


def assert_same(text: str, exact: float) -> None:
    """Check that a number is the engine's, but for the last digit of NumPy's pow, and in full."""
    assert float(text) == pytest.approx(exact, rel=1e-13, abs=1e-300)
    assert text == repr(float(text))


@CASES
def test_every_node_tells_the_engines_value_and_gradient_with_all_digits(
    make_window, qtbot, preset, epochs
):
    person, pairs = person_at(make_window, qtbot, preset, epochs)
    assert len(pairs) == 333
    for number, node in pairs.items():
        told = canvas_of(person).describe(number)
        value, gradient = re.fullmatch(r".*\nvalue (.*)\ngradient (.*)", told).groups()
        assert_same(value, node.data)
        if node.require_grad:
            assert_same(gradient, node.grad)
        else:
            assert gradient == "–"


@CASES
def test_every_node_shows_the_engines_numbers_rounded(make_window, qtbot, preset, epochs):
    person, pairs = person_at(make_window, qtbot, preset, epochs)
    for number, node in pairs.items():
        _, value, gradient = canvas_of(person).texts(number)
        assert gradient.startswith("∂ ")
        for text, exact in ((value, node.data), (gradient[2:], node.grad)):
            if text != "–":
                assert "-" not in text.split("e")[0]  # a minus sign, no hyphen
                assert float(text.replace("−", "-")) == pytest.approx(exact, rel=0.05)
        assert (gradient == "∂ –") is not node.require_grad


def test_nodes_are_titled_as_the_engine_labels_them(make_window, qtbot):
    person, pairs = person_at(make_window, qtbot, "notebook", 0)
    structure = GraphStructure(Probe(Data()))
    for number, node in pairs.items():
        title, value, _ = canvas_of(person).texts(number)
        if number == structure.loss or title == "Σ":  # titled by what they are in this graph
            assert label(node) in ("÷", "+")
        else:
            assert (title or value) == label(node)


def test_the_edges_are_the_engines(make_window, qtbot):
    _, pairs = person_at(make_window, qtbot, "notebook", 0)
    structure = GraphStructure(Probe(Data()))
    shown = {
        (id(pairs[source]), id(pairs[target]))
        for source, target in zip(*(ends.tolist() for ends in structure.edges), strict=True)
    }
    engine = {
        (id(operand), id(node))
        for node in pairs[structure.loss].nodes()
        for operand in node.operands
    }
    assert shown == engine


def test_numbers_follow_training(person):
    before = canvas_of(person).describe(0)
    person.train(1)
    m, _ = person.window.session.history.parameters(1)
    assert canvas_of(person).describe(0) != before
    assert repr(float(m)) in canvas_of(person).describe(0)


def test_another_number_of_samples_is_another_graph(person):
    person.enter("samples", "5")
    person.wait(lambda: person.epoch == 0)
    canvas = canvas_of(person)
    assert canvas.texts(3)[1] == "5"
    last = 5 + 5 * 8 - 1
    assert "sample 4" in canvas.describe(last)
    loss = person.window.session.history.loss(0)
    sums = float(re.search(r"value (\S+)", canvas.describe(last))[1])
    assert sums / 5 == pytest.approx(loss, rel=1e-14)  # native code adds in another order


def test_nodes_overlap_nowhere(person):
    boxes = [canvas_of(person).node_rectangle(node) for node in range(333)]
    left, top = np.array([(box.left(), box.top()) for box in boxes]).T
    width, height = boxes[0].width(), boxes[0].height()
    apart = (np.abs(left[:, None] - left) >= width) | (np.abs(top[:, None] - top) >= height)
    assert np.all(apart | np.eye(333, dtype=bool))


def test_a_single_sample_has_a_graph(make_window, qtbot):
    one = Experiment().with_value("samples", 1)
    person = Person(make_window(Preset("one", "One", "", one)), qtbot)
    loss = notebook_loss(one.data, (one.initial.m, one.initial.c))
    pairs = pair(GraphStructure(Probe(one.data)), loss)
    assert len(pairs) == 13
    for number, node in pairs.items():
        assert repr(node.data) in canvas_of(person).describe(number)
