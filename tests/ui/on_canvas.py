"""A person at the graph's canvas: where things are drawn, clicks on them, the same loss by run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from app.study.architecture import Model
from app.study.model import predict, sample_loss
from app.views.graph.canvas import GraphCanvas
from app.views.graph.ribbons import Ribbon
from app.views.graph.transition import Transition
from autograd import Scalar, Tensor
from tests.ui.person import Person


def canvas_of(person: Person) -> GraphCanvas:
    return person.window.graph_view.canvas


def place_called(canvas: GraphCanvas, symbol: str) -> int:
    """The one place on the tape that is called so."""
    probe = canvas.scene.probe
    (place,) = [
        each for each in range(len(probe.tape.instructions)) if probe.names.symbol(each) == symbol
    ]
    return place


def node_called(canvas: GraphCanvas, symbol: str, sample: int = 0) -> int:
    """The number of the node that is called so, of a sample if it is a sample's."""
    node = canvas.scene.find_node(place_called(canvas, symbol), sample)
    assert node is not None, f"{symbol} is not drawn"
    return node


def unfold(person: Person) -> None:
    """Unfold the graph at once."""
    person.window.graph_view.animation_action.setChecked(False)
    press_on_canvas(person, Qt.Key.Key_U)
    person.wait(lambda: not canvas_of(person).scene.detailed)


def press_on_canvas(person: Person, *keys: Qt.Key) -> None:
    """Press keys while the canvas has the focus."""
    canvas_of(person).setFocus()
    for key in keys:
        person.press(key)


def transition_of(canvas: GraphCanvas) -> Transition:
    return canvas.findChild(Transition)


def click_at(person: Person, at: QPointF) -> None:
    person.qtbot.mouseClick(canvas_of(person), Qt.MouseButton.LeftButton, pos=at.toPoint())


def click_node(person: Person, node: int) -> None:
    """Click on a node's title."""
    box = canvas_of(person).node_rectangle(node)
    click_at(person, QPointF(box.center().x(), box.top() + 0.1 * box.height()))


def click_value(person: Person, node: int) -> None:
    """Click on a node's value."""
    click_at(person, canvas_of(person).value_rectangle(node).center())


def hover(person: Person, at: QPointF) -> None:
    person.qtbot.mouseMove(canvas_of(person), at.toPoint())


def leave(person: Person) -> None:
    """Move the mouse away from the canvas."""
    QApplication.sendEvent(canvas_of(person), QEvent(QEvent.Type.Leave))


def ribbons_of(canvas: GraphCanvas) -> list[Ribbon]:
    """The edges as they are drawn now, one by one."""
    canvas.grab()
    return canvas.picture.ribbons


def picture_of(canvas: GraphCanvas, within: QRect | None = None) -> QImage:
    return canvas.grab(canvas.rect() if within is None else within).toImage()


def same(one: QImage, other: QImage) -> bool:
    """Whether two pictures are the same, but for the rounding of a few pixels on smooth borders."""
    if one.size() != other.size():
        return False
    pictures = [each.convertToFormat(QImage.Format.Format_RGB32) for each in (one, other)]
    pixels = [np.frombuffer(each.constBits(), dtype=np.uint32) for each in pictures]
    return int(np.sum(pixels[0] != pixels[1])) <= 50


class Line:
    """The loss of points to a line, with a node per sample and operation, and its gradients."""

    def __init__(self, x: Sequence[float], y: Sequence[float], m: float, c: float) -> None:
        self.shared: dict[str, Tensor] = {
            "m": Scalar(m, require_grad=True),
            "c": Scalar(c, require_grad=True),
        }
        self.own: list[dict[str, Tensor]] = []
        model = Model()
        total: Tensor = Scalar(0.0)
        for each, wanted in zip(x, y, strict=True):
            leaf, target = Scalar(float(each)), Scalar(float(wanted))
            prediction = predict(model, self.shared, leaf).node
            squared, _ = sample_loss(model, prediction, target)
            total = total + squared
            self.own.append(
                {
                    "x": leaf,
                    "y": target,
                    "m · x": prediction.operands[0],
                    "ŷ": prediction,
                    "residual": squared.operands[0],
                    "squared": squared,
                    "sum": total,
                }
            )
        self.loss = total / len(x)
        self.loss.backward()

    def node(self, symbol: str, sample: int) -> Tensor:
        """The node that is called so, of a sample if it is a sample's."""
        found = self.shared.get(symbol)
        return self.own[sample].get(symbol, self.loss) if found is None else found


def told(canvas: GraphCanvas, node: int) -> tuple[str, str]:
    """A node's value and gradient as the canvas tells them with all digits, as Python writes them.

    “–” for none.
    """
    value, gradient = (line.split()[1] for line in canvas.describe(node).splitlines()[-2:])
    return value.replace("−", "-"), gradient.replace("−", "-")


def assert_shows(canvas: GraphCanvas, line: Line, sample: int) -> None:
    """Check all numbers that the canvas tells of a graph's nodes, of one sample where folded."""
    scene = canvas.scene
    for node, place in enumerate(scene.places.tolist()):
        names = scene.probe.names
        if names.is_constant(place):
            continue
        own = scene.sample(node)
        whole_sum = scene.detailed and place in scene.probe.tape.phases.sums
        shown = len(line.own) - 1 if whole_sum else sample if own is None else own
        engine = line.node(names.symbol(place), shown)
        value, gradient = told(canvas, node)
        assert np.isclose(float(value), engine.data, rtol=1e-12, atol=0)
        if engine.require_grad:
            assert np.isclose(float(gradient), engine.grad, rtol=1e-12, atol=1e-300)
        else:
            assert gradient == "–"
