"""The find bar: typing a query, going from one node to the next, leaving it again."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtWidgets import QApplication, QMenu, QToolButton

from app.study.experiment import Experiment
from app.study.presets import Preset
from app.training.selection import SelectedNode
from app.views.graph.canvas import GraphCanvas
from app.views.graph.find import SPECIAL
from app.views.graph.find_bar import FindBar
from tests.ui.on_canvas import (
    canvas_of,
    node_called,
    place_called,
    press_on_canvas,
    unfold,
)
from tests.ui.person import Person

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def canvas(person) -> GraphCanvas:
    return canvas_of(person)


def open_bar(person: Person) -> None:
    canvas_of(person).setFocus()
    person.press(Qt.Key.Key_F, CONTROL)
    person.wait(lambda: person.sees("find_bar"))


def type_query(person: Person, query: str) -> None:
    """Type into the bar; without Enter."""
    field = QApplication.focusWidget()
    assert field.objectName() == "find_query"
    person.press(Qt.Key.Key_A, CONTROL)
    person.qtbot.keyClicks(field, query)


def selected(person: Person) -> tuple[int, int]:
    selection = person.window.walk.selection
    assert isinstance(selection, SelectedNode)
    return selection.place, person.window.walk.sample


def test_ctrl_f_opens_the_bar_and_escape_closes_it_and_returns_to_the_graph(person, canvas):
    assert not person.sees("find_bar")
    open_bar(person)
    assert QApplication.focusWidget() is person.find("find_query")
    person.press(Qt.Key.Key_Escape)
    assert not person.sees("find_bar")
    assert canvas.hasFocus()
    open_bar(person)
    type_query(person, "m")
    person.press(Qt.Key.Key_Escape)  # also with something typed
    assert not person.sees("find_bar")
    open_bar(person)
    person.click("find_close")
    assert not person.sees("find_bar")
    assert canvas.hasFocus()


def test_opening_it_again_has_the_last_query_to_be_typed_over(person):
    open_bar(person)
    type_query(person, "residual")
    person.press(Qt.Key.Key_Escape)
    open_bar(person)
    assert person.find("find_query").selectedText() == "residual"
    assert person.read("find_result") == "1 found"


def test_what_is_typed_is_selected_and_shown_once_typing_pauses(person, canvas):
    open_bar(person)
    type_query(person, "residual")
    assert person.read("find_result") == "1 found"
    assert person.window.walk.selection is None
    person.wait(lambda: person.window.walk.selection is not None)
    assert selected(person)[0] == place_called(canvas, "residual")
    assert person.read("inspected") == "residual"
    assert person.read("find_result") == "1 of 1"
    assert QApplication.focusWidget() is person.find("find_query")


def test_enter_and_f3_go_on_and_with_shift_back_round_and_round(person, canvas):
    unfold(person)
    open_bar(person)
    type_query(person, "residual")
    place, seen = place_called(canvas, "residual"), []
    for key, modifier in (
        (Qt.Key.Key_Return, None), (Qt.Key.Key_Return, None), (Qt.Key.Key_F3, None),
        (Qt.Key.Key_Down, None), (Qt.Key.Key_Return, SHIFT), (Qt.Key.Key_F3, SHIFT),
        (Qt.Key.Key_Up, None), (Qt.Key.Key_Return, SHIFT), (Qt.Key.Key_Return, None),
    ):  # fmt: skip
        person.press(key, modifier)
        assert selected(person)[0] == place
        seen.append(selected(person)[1])
        assert person.read("find_result") == f"{seen[-1] + 1} of 41"
        node = node_called(canvas, "residual", seen[-1])
        assert QRectF(canvas.rect()).contains(canvas.node_rectangle(node))
    assert seen == [0, 1, 2, 3, 2, 1, 0, 40, 0]


@pytest.mark.parametrize("query", ["residual", "parameter", "data", "loss", "sum"])
def test_what_is_found_is_not_hidden_behind_the_bar(person, canvas, query):
    unfold(person)
    press_on_canvas(person, Qt.Key.Key_Home)
    open_bar(person)
    type_query(person, query)
    bar = person.find("find_bar")
    for _ in range(5):
        person.press(Qt.Key.Key_Return)
        place, sample = selected(person)
        box = canvas.node_rectangle(canvas.scene.find_node(place, sample))
        assert QRectF(canvas.rect()).contains(box)
        covered = QRectF(bar.rect().translated(bar.mapTo(person.window, QPoint())))
        at = QPointF(canvas.mapTo(person.window, QPoint()))
        assert not covered.intersects(box.translated(at))


def test_the_arrows_go_on_and_back(person, canvas):
    unfold(person)
    open_bar(person)
    type_query(person, "data")
    for button, which in (("find_next", 1), ("find_next", 2), ("find_previous", 1)):
        person.click(button)
        assert person.read("find_result") == f"{which} of 82"
    assert canvas.scene.probe.names.kind(selected(person)[0]) == "data"


def test_f3_goes_on_while_the_graph_has_the_focus(person, canvas):
    unfold(person)
    open_bar(person)
    type_query(person, "squared")
    person.press(Qt.Key.Key_Return)
    press_on_canvas(person, Qt.Key.Key_F3)
    assert person.read("find_result") == "2 of 41"
    assert canvas.hasFocus()


def test_nothing_found_is_told_and_leaves_everything_as_it_is(person, canvas):
    open_bar(person)
    before = canvas.camera
    type_query(person, "nowhere")
    person.press(Qt.Key.Key_Return)
    said = person.find("find_result")
    assert said.accessibleDescription() == "Nothing found: no node is called “nowhere”."
    assert said.toolTip() == said.accessibleDescription()
    assert person.window.walk.selection is None
    assert canvas.camera == before
    assert not person.find("find_next").isEnabled()
    type_query(person, "m")
    assert person.find("find_next").isEnabled()


def test_the_list_offers_what_can_be_asked_for_beside_names(person, canvas):
    open_bar(person)
    offers = person.find("find_offers", QToolButton).menu()
    assert isinstance(offers, QMenu)
    assert [action.text() for action in offers.actions()] == list(SPECIAL)
    next(each for each in offers.actions() if each.text() == "largest gradient").trigger()
    assert person.read("find_query") == "largest gradient"
    assert selected(person)[0] == place_called(canvas, "m")
    assert QApplication.focusWidget() is person.find("find_query")


def test_typing_into_it_makes_no_step_and_folds_nothing(person, canvas):
    open_bar(person)
    type_query(person, "funpr ,.")
    person.press(Qt.Key.Key_Left)
    person.press(Qt.Key.Key_Home)
    person.press(Qt.Key.Key_Space)
    assert canvas.scene.detailed
    assert (person.epoch, person.window.walk.step) == (0, None)
    assert not person.window.session.running


def test_opening_and_closing_it_moves_no_other_part_of_the_window(person):
    window = person.window
    parts = ("transport", "notice", "fit_view", "loss_view", "inspector_view", "graph_view")
    shown = [window.findChild(object, name) for name in parts]
    shown = [part for part in shown if part is not None]
    assert len(shown) >= 4

    def boxes() -> list[object]:
        QApplication.processEvents()
        return [(part.mapTo(window, part.rect().topLeft()), part.size()) for part in shown]

    before = boxes()
    open_bar(person)
    assert boxes() == before
    person.press(Qt.Key.Key_Escape)
    assert boxes() == before


def test_it_goes_nowhere_by_itself_while_training_changes_the_numbers(person, canvas):
    unfold(person)
    open_bar(person)
    type_query(person, "smallest gradient")
    person.press(Qt.Key.Key_Return)
    before, camera = selected(person), canvas.camera
    person.train(3)
    assert selected(person) == before
    assert canvas.camera == camera
    assert person.read("find_result").endswith((" of 20", "20 found"))


def test_it_finds_in_the_graph_that_is_shown(person):
    open_bar(person)
    type_query(person, "residual")
    assert person.read("find_result") == "1 found"
    unfold(person)
    assert person.read("find_result") == "41 found"
    open_bar(person)
    type_query(person, "sample 7")
    person.press(Qt.Key.Key_Return)
    assert person.read("find_result") == "1 of 7"
    assert selected(person)[1] == 7
    person.window.graph_view.constants_action.trigger()
    assert person.read("find_result").endswith("8 found")
    press_on_canvas(person, Qt.Key.Key_U)
    assert "unfolded" in person.find("find_result").accessibleDescription()


def test_what_is_not_finite_is_found_in_a_run_that_diverged(make_window, qtbot):
    wild = Experiment().with_value("learning_rate", 1e200).with_value("clipping", False)
    person = Person(make_window(Preset("wild", "Wild", "", wild)), qtbot)
    person.run_to_end()
    open_bar(person)
    type_query(person, "not finite")
    person.press(Qt.Key.Key_Return)
    canvas = canvas_of(person)
    assert person.read("find_result").startswith("1 of ")
    told = canvas.describe(
        node_called(canvas, canvas.scene.probe.names.symbol(selected(person)[0]))
    )
    assert "nan" in told or "inf" in told


def test_the_bar_alone_finds_nothing_before_there_is_a_graph(qtbot):
    bar = FindBar()
    qtbot.addWidget(bar)
    bar.open()
    with qtbot.assertNotEmitted(bar.node_found):
        qtbot.keyClicks(bar.findChild(object, "find_query"), "m")
        qtbot.keyClick(bar, Qt.Key.Key_F3)
        bar.go(1)
    with qtbot.waitSignal(bar.closed):
        qtbot.keyClick(bar, Qt.Key.Key_Escape)
    assert not bar.isVisible()
