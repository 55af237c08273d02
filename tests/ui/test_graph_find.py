"""Finding nodes: what a query means, and the bar in which one is typed."""

from __future__ import annotations

import math
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QApplication, QMenu, QToolButton

from app.study.experiment import Data, Experiment
from app.study.presets import Preset
from app.training.moment import Moment
from app.training.selection import SelectedNode
from app.training.snapshot import Probe
from app.views.graph.canvas import GraphCanvas
from app.views.graph.find import MOST_RANKED, SPECIAL, asks_for_numbers, find, why_nothing
from app.views.graph.find_bar import FindBar
from app.views.graph.folded import FoldedScene
from app.views.graph.scene import Numbers, Scene
from app.views.graph.unfolded import UnfoldedScene
from autograd.naming import Names
from tests.autograd.traced import AT, LOSSES, every_loss, record
from tests.training.moments import whole
from tests.ui.on_canvas import (
    canvas_of,
    node_called,
    place_called,
    press_on_canvas,
    unfold,
)
from tests.ui.person import Person

START = (0.764340511813275, 0.2950141610814745)
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


def line(*, folded: bool, samples: int = 41, constants: bool = True, at=START) -> tuple[Scene, Any]:
    """The graph of a line's loss and its numbers."""
    probe = Probe(Data(samples=samples))
    scene = (FoldedScene if folded else UnfoldedScene)(probe, constants=constants)
    return scene, scene.numbers(Moment(0, probe, probe.snapshot(0, at).evaluation))


def symbols(scene: Scene, found: np.ndarray) -> list[str]:
    return [scene.probe.names.symbol(int(scene.places[node])) for node in found.tolist()]


# -- what a query means -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("m", ["m"]),
        ("M", ["m"]),
        ("x", ["x"]),
        ("y", ["y"]),
        ("residual", ["residual"]),
        ("  Residual ", ["residual"]),
        ("resid", ["residual"]),
        ("power", ["squared"]),
        ("squared", ["squared"]),
        ("data", ["x", "y"]),
        ("parameter", ["m", "c"]),
        ("para", ["m", "c"]),
        ("multiply", ["m · x"]),
        ("m · x", ["m · x"]),
        ("m*x", ["m · x"]),
        ("m * x + c", ["ŷ"]),
        ("ŷ", ["ŷ"]),
        ("yhat", ["ŷ"]),
        ("y - yhat", ["residual"]),
        ("residual^2", ["squared"]),
        ("sum", ["sum"]),
        ("loss", ["L"]),
        ("L", ["L"]),
        ("41", ["41"]),
        ("constant", ["2", "41"]),
        ("×", ["m · x"]),
        ("nowhere", []),
        ("", []),
        ("   ", []),
    ],
)
def test_names_formulas_kinds_and_operations_find_their_nodes(query, expected):
    scene, numbers = line(folded=True)
    assert symbols(scene, find(scene, numbers, query)) == expected


def test_a_part_of_a_name_is_enough_where_nothing_is_or_begins_so():
    scene, numbers = line(folded=True)
    assert symbols(scene, find(scene, numbers, "esidu")) == ["residual", "squared"]  # residual²
    assert set(symbols(scene, find(scene, numbers, "met"))) == {"m", "c"}


@pytest.mark.parametrize("query", ["residual", "power", "x", "m · x"])
def test_in_the_unfolded_graph_a_name_finds_every_samples_node_one_after_another(query):
    scene, numbers = line(folded=False)
    found = find(scene, numbers, query)
    assert [scene.sample(node) for node in found.tolist()] == list(range(41))
    folded, shown = line(folded=True)
    (one,) = find(folded, shown, query).tolist()
    assert set(scene.places[found].tolist()) == {int(folded.places[one])}


def test_the_loss_is_found_last_as_it_is_read():
    scene, numbers = line(folded=False)
    found = symbols(scene, find(scene, numbers, "e"))  # in parameter, residual, …
    assert found[:2] == ["m", "c"]
    assert found[-1] == "L"


@pytest.mark.parametrize("constants", [True, False])
def test_what_is_not_drawn_is_not_found(constants):
    for folded in (True, False):
        scene, numbers = line(folded=folded, constants=constants)
        assert (len(find(scene, numbers, "constant")) > 0) is constants
        assert ("41" in symbols(scene, find(scene, numbers, "41"))) is constants


@every_loss
@pytest.mark.parametrize("folded", [True, False])
def test_every_node_is_found_by_its_symbol_and_by_its_operation(name, folded):
    tape = record(LOSSES[name])
    probe: Any = SimpleNamespace(tape=tape, names=Names(tape), chosen=None)
    scene = (FoldedScene if folded else UnfoldedScene)(probe)
    numbers = scene.numbers(whole(tape, AT))
    for node, place in enumerate(scene.places.tolist()):
        assert node in find(scene, numbers, probe.names.symbol(place))
        assert node in find(scene, numbers, probe.names.kind(place).upper())


def test_a_sample_is_found_whole():
    scene, numbers = line(folded=False)
    for sample in (0, 7, 40):
        found = find(scene, numbers, f"sample {sample}").tolist()
        assert found == [node for node in range(len(scene)) if scene.sample(node) == sample]
    assert len(find(scene, numbers, "sample 41")) == 0
    assert "no sample 41" in why_nothing(scene, "sample 41")


def test_a_sample_narrows_what_is_found():
    scene, numbers = line(folded=False)
    (node,) = find(scene, numbers, "residual sample 7").tolist()
    assert (scene.sample(node), symbols(scene, np.array([node]))) == (7, ["residual"])
    assert find(scene, numbers, "Sample 7  residual").tolist() == [node]
    assert len(find(scene, numbers, "m sample 7")) == 0
    ranked = find(scene, numbers, "largest gradient sample 7")
    assert {scene.sample(each) for each in ranked.tolist()} == {7}


def test_a_mini_batchs_samples_have_their_numbers_in_all_data():
    chosen = np.array([5, 12, 3, 33])
    probe = Probe(Data()).batch(chosen)
    scene = UnfoldedScene(probe)
    numbers = scene.numbers(Moment(0, probe, probe.snapshot(0, START).evaluation))
    for number, sample in enumerate(chosen.tolist()):
        found = find(scene, numbers, f"sample {sample}").tolist()
        assert {scene.sample(node) for node in found} == {number}
    assert len(find(scene, numbers, "sample 0")) == 0


def test_the_folded_graph_says_where_samples_have_nodes_of_their_own():
    scene, numbers = line(folded=True)
    assert len(find(scene, numbers, "sample 7")) == 0
    assert "unfolded" in why_nothing(scene, "sample 7")


NUMBERS = [1.0, -3.0, math.nan, 0.0, math.inf, -0.0, 2.0, -math.inf, 1e-9, math.nan]


def odd_numbers(scene: Scene) -> Numbers:
    """Numbers of every kind, of which every third is not known."""
    count = len(scene)
    values = np.resize(np.array(NUMBERS), count)
    gradients = np.resize(np.array(NUMBERS[3:] + NUMBERS[:3]), count)
    known = np.arange(count) % 3 > 0
    return Numbers(values, known, gradients, known[::-1].copy())


@pytest.mark.parametrize("folded", [True, False])
@pytest.mark.parametrize(
    ("query", "is_so"),
    [
        ("not finite", lambda number: not math.isfinite(number)),
        ("NaN", math.isnan),
        ("inf", math.isinf),
    ],
)
def test_values_and_gradients_that_are_not_finite_are_found_where_known(folded, query, is_so):
    scene, _ = line(folded=folded)
    numbers = odd_numbers(scene)
    expected = {
        node
        for node in range(len(scene))
        if (numbers.valued[node] and is_so(numbers.values[node]))
        or (numbers.graded[node] and is_so(numbers.gradients[node]))
    }
    found = find(scene, numbers, query).tolist()
    assert set(found) == expected
    assert len(found) == len(expected)
    assert expected


@pytest.mark.parametrize("folded", [True, False])
def test_zero_gradients_are_found(folded):
    scene, _ = line(folded=folded)
    numbers = odd_numbers(scene)
    expected = {n for n in range(len(scene)) if numbers.graded[n] and numbers.gradients[n] == 0}
    assert set(find(scene, numbers, "zero gradient").tolist()) == expected
    assert expected


@pytest.mark.parametrize("folded", [True, False])
@pytest.mark.parametrize("of", ["gradient", "value"])
@pytest.mark.parametrize("end", ["largest", "smallest"])
def test_the_largest_and_smallest_are_found_in_the_order_of_their_size(folded, of, end):
    scene, _ = line(folded=folded)
    numbers = odd_numbers(scene)
    shown, known = (
        (numbers.gradients, numbers.graded)
        if of == "gradient"
        else (numbers.values, numbers.valued)
    )
    sizes = [
        abs(float(shown[node]))
        for node in range(len(scene))
        if known[node] and not math.isnan(shown[node])
    ]
    expected = sorted(sizes, reverse=end == "largest")[:MOST_RANKED]
    found = find(scene, numbers, f"{end} {of}")
    assert np.abs(shown[found]).tolist() == expected
    assert known[found].all()
    assert len(set(found.tolist())) == len(found)


def test_the_largest_gradient_of_the_notebook_is_that_of_m():
    for folded in (True, False):
        scene, numbers = line(folded=folded)
        assert symbols(scene, find(scene, numbers, "largest gradient"))[:2] == ["m", "c"]


@pytest.mark.parametrize("query", SPECIAL)
def test_what_the_numbers_decide_is_looked_for_again_when_they_change(query):
    assert asks_for_numbers(query)
    assert asks_for_numbers(f"{query.upper()}  sample 3")


@pytest.mark.parametrize("query", ["m", "residual", "sample 7", "infinite", ""])
def test_names_do_not_change_with_the_numbers(query):
    assert not asks_for_numbers(query)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("foo bar", "no node is called “foo bar”"),
        ("nan", "no value and no gradient is nan"),
        ("inf", "no value and no gradient is inf"),
        ("not finite", "every value and every gradient is finite"),
        ("zero gradient", "no gradient is zero"),
        ("larg", "“largest gradient”"),
    ],
)
def test_it_says_in_a_sentence_why_nothing_was_found(query, words):
    scene, numbers = line(folded=False)
    assert len(find(scene, numbers, query)) == 0
    sentence = why_nothing(scene, query)
    assert sentence.startswith("Nothing found")
    assert sentence[-1] in ".?"
    assert words in sentence


def test_no_gradient_is_the_largest_before_there_is_one():
    scene, numbers = line(folded=False)
    none = np.zeros(len(scene), dtype=bool)
    early = Numbers(numbers.values, numbers.valued, numbers.gradients, none)
    assert len(find(scene, early, "largest gradient")) == 0
    assert "there is no gradient yet" in why_nothing(scene, "largest gradient")


def test_eight_hundred_thousand_nodes_are_searched_in_no_time():
    scene, numbers = line(folded=False, samples=100_000)
    assert len(scene) > 800_000
    for query in ("residual", "e", "sample 77777", "nowhere", *SPECIAL):
        best = math.inf
        for _ in range(5):
            start = time.perf_counter()
            find(scene, numbers, query)
            best = min(best, time.perf_counter() - start)
        assert best < 0.05, query


# -- the bar ------------------------------------------------------------------------------------


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
