"""The arrow keys walk through the graph along its edges."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QApplication

from app.study.experiment import Problem
from app.study.recipe import Data
from app.training.selection import SelectedNode
from app.training.snapshot import Probe
from app.views.graph.canvas import GraphCanvas
from app.views.graph.folded import FoldedScene
from app.views.graph.unfolded import UnfoldedScene
from app.views.graph.walking import Way, neighbour
from tests.ui.on_canvas import (
    canvas_of,
    click_node,
    node_called,
    picture_of,
    place_called,
    press_on_canvas,
    unfold,
)
from tests.ui.person import Person

Key = Qt.Key


@pytest.fixture
def canvas(person) -> GraphCanvas:
    return canvas_of(person)


def walk_from(person: Person, node: int) -> None:
    """Click on a node and let the arrow keys walk from there."""
    click_node(person, node)
    canvas_of(person).clearFocus()
    canvas_of(person).setFocus(Qt.FocusReason.TabFocusReason)


def walked_to(canvas: GraphCanvas, sample: int = 10) -> str:
    """What a screen reader is told that the frame is on: the symbol and the number of a sample."""
    head, kind = canvas.accessibleDescription().splitlines()[:2]
    if "sample" in kind:
        assert kind.endswith(f"sample {sample}")
    return head.split(" = ")[0]


def test_right_leads_from_a_parameter_to_the_loss_and_left_back_to_a_leaf(person, canvas):
    walk_from(person, node_called(canvas, "m"))
    way = []
    for _ in range(8):
        press_on_canvas(person, Key.Key_Right)
        way.append(walked_to(canvas))
    assert way == ["m · x", "ŷ", "residual", "squared", "sum", "L", "L", "L"]
    back = []
    for _ in range(7):
        press_on_canvas(person, Key.Key_Left)
        back.append(walked_to(canvas))
    assert back[:5] == ["sum", "squared", "residual", "ŷ", "m · x"]
    assert back[5] == back[6] == "m"


def test_up_and_down_lead_to_what_stands_above_and_below(person, canvas):
    walk_from(person, node_called(canvas, "m"))
    press_on_canvas(person, Key.Key_Down)
    assert walked_to(canvas) == "c"
    press_on_canvas(person, Key.Key_Down)
    assert walked_to(canvas) == "c"  # nothing is below
    walk_from(person, node_called(canvas, "m · x"))
    press_on_canvas(person, Key.Key_Up)
    assert walked_to(canvas) == "x"


def test_walking_selects_nothing_until_enter(person, canvas):
    walk_from(person, node_called(canvas, "m"))
    press_on_canvas(person, Key.Key_Right, Key.Key_Right)
    assert person.window.walk.selection == SelectedNode(place_called(canvas, "m"))
    person.press(Key.Key_Return)
    assert person.window.walk.selection == SelectedNode(place_called(canvas, "ŷ"))
    assert person.read("inspected") == "ŷ"


def test_enter_in_the_unfolded_graph_selects_the_sample_walked_to(person, canvas):
    unfold(person)
    press_on_canvas(person, Key.Key_Home)
    walk_from(person, node_called(canvas, "squared", 0))
    press_on_canvas(person, Key.Key_Right)
    press_on_canvas(person, Key.Key_Right)
    assert walked_to(canvas, 1) == "sum"
    press_on_canvas(person, Key.Key_Left)
    assert walked_to(canvas, 1) == "squared"
    person.press(Key.Key_Return)
    assert person.window.walk.selection == SelectedNode(place_called(canvas, "squared"))
    assert person.window.walk.sample == 1


def test_escape_leaves_the_graph_and_takes_the_frame_away(person, canvas):
    canvas.setFocus()
    person.press(Key.Key_Right)
    walking = picture_of(canvas)
    person.press(Key.Key_Escape)
    assert QApplication.focusWidget() is not canvas
    canvas.setFocus()
    assert picture_of(canvas) != walking


def test_the_node_walked_to_has_a_frame(person, canvas):
    canvas.setFocus()
    before = picture_of(canvas)
    person.press(Key.Key_Right)
    assert picture_of(canvas) != before


def test_walking_keeps_the_node_in_view(person, canvas):
    unfold(person)
    press_on_canvas(person, Key.Key_Home)
    walk_from(person, node_called(canvas, "squared", 0))
    heads = []
    for _ in range(30):
        press_on_canvas(person, Key.Key_Down)
        heads.append(canvas.accessibleDescription())
        shown = [
            node
            for node in range(len(canvas.scene))
            if canvas.describe(node) == heads[-1]
            and QRectF(canvas.rect()).contains(canvas.node_rectangle(node))
        ]
        assert shown
    assert len(set(heads)) > 10


def test_who_comes_with_the_mouse_steps_with_the_arrows_until_enter(person, canvas):
    click_node(person, node_called(canvas, "m · x"))
    person.press(Key.Key_Right)
    assert person.window.walk.step == 0
    person.press(Key.Key_Return)
    assert walked_to(canvas) == "m · x"
    person.press(Key.Key_Right)
    assert walked_to(canvas) == "ŷ"
    assert person.window.walk.step == 0


@pytest.mark.parametrize("keys", [[Key.Key_Right], [Key.Key_Down], [Key.Key_Left, Key.Key_Up]])
def test_walking_makes_no_step_of_the_trace(person, keys):
    press_on_canvas(person, *keys)
    assert person.window.walk.step is None


# -- where a key leads, whichever the graph -----------------------------------------------------

SCENES = {
    "folded": lambda: FoldedScene(Probe(Problem()), constants=True),
    "unfolded": lambda: UnfoldedScene(Probe(Problem(Data(samples=7)))),
}
every_scene = pytest.mark.parametrize("scene", [make() for make in SCENES.values()], ids=SCENES)


@every_scene
def test_left_and_right_follow_an_edge_to_the_node_at_the_nearest_height(scene):
    for node in range(len(scene)):
        for way, ends, others in (
            (Way.OPERAND, scene.targets, scene.sources),
            (Way.USER, scene.sources, scene.targets),
        ):
            reached = neighbour(scene, node, way)
            joined = set(others[ends == node].tolist())
            if not joined:
                assert reached == node
                continue
            assert reached in joined
            nearest = min(abs(scene.y[each] - scene.y[node]) for each in joined)
            assert abs(scene.y[reached] - scene.y[node]) == nearest


@every_scene
def test_up_and_down_go_up_and_down_and_every_row_can_be_come_to(scene):
    for node in range(len(scene)):
        above, below = (neighbour(scene, node, way) for way in (Way.UP, Way.DOWN))
        assert above == node or scene.y[above] < scene.y[node]
        assert below == node or scene.y[below] > scene.y[node]
    rows = np.unique(scene.y)
    for lower, upper in pairwise(rows.tolist()):
        low, high = (np.flatnonzero(scene.y == each)[0] for each in (lower, upper))
        assert neighbour(scene, int(low), Way.DOWN) != low
        assert neighbour(scene, int(high), Way.UP) != high
