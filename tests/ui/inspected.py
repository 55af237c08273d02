"""Moments to be inspected, the same loss define by run, and how the inspector is read."""

from __future__ import annotations

import re
from functools import cached_property

from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from app.study.architecture import Model
from app.study.data import make_samples
from app.study.experiment import Problem
from app.study.hyperparameters import Training
from app.study.model import predict, sample_loss
from app.study.recipe import Data
from app.theme import load_theme
from app.training.epoch_trace import NOTHING_REPLACED, EpochTrace
from app.training.moment import Moment
from app.training.selection import SelectedEdge, Selection
from app.training.snapshot import Probe
from app.training.update import update_rule
from app.views.inspector.view import InspectorView
from app.views.inspector.wording import WORD_JOINER
from autograd import Scalar, Tensor
from autograd.evaluation import Evaluation
from autograd.optimizers import State
from autograd.trace import Stage
from tests.conftest import TIMEOUT
from tests.ui.person import plain

RECIPE = Data(true=(("m", 1.7), ("c", -9.0)), samples=23, noise=0.3, noise_seed=4)
SAMPLES = make_samples(RECIPE).train
AT = (0.764340511813275, 0.2950141610814745)


DIGITS = {"rel": 1e-4, "abs": 1e-12}
"""How well five digits tell a number."""

OF_SAMPLES = ["m · x", "ŷ", "residual", "squared"]
SHARED = ["m", "c", "sum", "L"]


def opened(qtbot) -> InspectorView:
    """Return an inspector that is seen."""
    view = InspectorView()
    qtbot.addWidget(view)
    view.set_theme(load_theme("light"))
    view.resize(285, 600)
    view.show()
    return view


def focused(qtbot) -> InspectorView:
    """Return an inspector in the active window."""
    view = opened(qtbot)
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow, timeout=TIMEOUT)
    return view


def line_data(m: float, c: float, **recipe) -> Data:
    """Return the data of a line."""
    return Data(true=(("m", m), ("c", c)), **recipe)


def whole(sample=0, data=RECIPE, at=AT, what_if=NOTHING_REPLACED) -> Moment:
    """An epoch as a whole."""
    probe = Probe(Problem(data))
    evaluation = Evaluation(probe.tape, at, what_if.columns(probe))
    return Moment(0, probe, evaluation, sample, what_if=what_if)


class Steps:
    """The moments of an epoch's trace."""

    def __init__(self, training=None, *, folded=True, data=RECIPE, at=AT) -> None:
        training = training or Training()
        state = State.start(at, update_rule(training).optimizer)
        self._trace = EpochTrace(Probe(Problem(data)), 0, state, training, folded=folded)
        self.passes = self._trace.passes

    def __len__(self) -> int:
        return len(self._trace)

    def at(self, index: int, sample: int = 0) -> Moment:
        """The moment after a step."""
        place = self._trace.locate(index)
        running, trace = self._trace.pass_of(place.number), self._trace.trace(place.number)
        return Moment(0, running.probe, running.evaluation, sample, trace, place.index, running)

    def first(self, stage: Stage, number: int = 0) -> int:
        """The first step of a stage."""
        return self._trace.first_of(number, stage)


class Graph:
    """The same loss, with a node per sample and operation, and all gradients."""

    def __init__(self, data=RECIPE, at=AT) -> None:
        samples, model = make_samples(data).train, Model()
        self.m, self.c = (Scalar(value, require_grad=True) for value in at)
        self.nodes: list[dict[str, Tensor]] = []
        total: Tensor = Scalar(0.0)
        for x, y in zip(samples.x.tolist(), samples.y.tolist(), strict=True):
            leaf, target = Scalar(x), Scalar(y)
            prediction = predict(model, {"m": self.m, "c": self.c}, leaf).node
            squared, _ = sample_loss(model, prediction, target)
            self.nodes.append(
                {
                    "x": leaf,
                    "y": target,
                    "m · x": prediction.operands[0],
                    "ŷ": prediction,
                    "residual": squared.operands[0],
                    "squared": squared,
                }
            )
            total = total + squared
        self.sum, self.loss = total, total / len(samples)
        self.loss.backward()

    @cached_property
    def shared(self) -> dict[str, Tensor]:
        return {"m": self.m, "c": self.c, "sum": self.sum, "L": self.loss}

    def node(self, symbol: str, sample: int) -> Tensor:
        """The node that is called so, of a sample if each has its own."""
        return self.shared.get(symbol) or self.nodes[sample][symbol]


def place_of(moment: Moment, symbol: str) -> int:
    """Return the place of what is called so."""
    names = moment.probe.names
    (place,) = [
        place
        for place in range(len(moment.evaluation.tape.instructions))
        if names.symbol(place) == symbol
    ]
    return place


def edge_between(moment: Moment, operation: str, operand: str) -> SelectedEdge:
    """Return the edge from an operation to an operand, which are called so."""
    place = place_of(moment, operation)
    operands = moment.evaluation.tape.instructions[place].operands
    return SelectedEdge(place, operands.index(place_of(moment, operand)))


def contribution(graph: Graph, operation: str, operand: str, sample: int) -> float:
    """Return what an edge adds to its operand's gradient, by the chain rule."""
    node, below = graph.node(operation, sample), graph.node(operand, sample)
    if operation == "sum":
        return graph.sum.grad
    index = next(i for i, each in enumerate(node.operands) if each is below)
    return node.grad * local(operation, index, graph, sample)


def local(operation: str, index: int, graph: Graph, sample: int) -> float:
    """Return a local derivative, from the graph's values."""
    nodes = graph.nodes[sample]
    return {
        "L": (1 / len(graph.nodes),),
        "sum": (1.0,),
        "squared": (2 * nodes["residual"].data,),
        "residual": (1.0, -1.0),
        "ŷ": (1.0, 1.0),
        "m · x": (nodes["x"].data, graph.m.data),
    }[operation][index]


def explain(view: InspectorView, moment: Moment, subject: Selection | None) -> None:
    """Show a moment at once, also where only a moment ago another was shown."""
    view.show_moment(None, subject)
    view.show_moment(moment, subject)


def read(view: QWidget, name: str) -> str:
    """Return the text of a part of the inspector, a line for each part of a row; "" if hidden."""
    label = view.findChild(QWidget, name)
    assert isinstance(label, QLabel | QLineEdit), name
    if not label.isVisible():
        return ""
    text = plain(label).strip() if "<" in label.text() else label.text()
    return text.replace(WORD_JOINER, "")


def number(text: str) -> float | None:
    """Return the number that a text is; "–" is None."""
    return None if text == "–" else float(text.replace("−", "-"))


def number_after(text: str, label: str) -> float | None:
    """Return the number at the right of what a row is called."""
    lines = text.splitlines()
    return number(lines[lines.index(label) + 1])


def numbers_in(text: str) -> list[float]:
    """Return all numbers in a text."""
    found = re.findall(r"(?<![\w.])−?\d+\.?\d*(?:e−?\d+)?(?![\w.])", text)
    return [float(each.replace("−", "-")) for each in found]


def shown_value(view: InspectorView) -> float | None:
    """Return the value shown, in a field or not."""
    text = read(view, "inspected_value") or read(view, "inspected_value_edit")
    return number(text)


def shown_gradient(view: InspectorView) -> float | None:
    return number(read(view, "inspected_gradient"))


def captions(view: InspectorView) -> list[str]:
    """Return all texts that are seen."""
    return [each.text() for each in view.findChildren(QLabel) if each.isVisible()]
