"""Stepping through one epoch and back: what the window shows after every step."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QDockWidget

from app.study.experiment import Experiment
from app.study.presets import Preset
from autograd import Tensor
from tests.ui.inspected import number
from tests.ui.on_canvas import Line, canvas_of
from tests.ui.person import Person, drawn
from tests.ui.test_training import history_of

Key = Qt.Key
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
THREE = Experiment().with_value("samples", 3)
"""Three samples, so that the whole unfolded graph can be read at once."""
OWN = ("m · x", "ŷ", "residual", "squared")
"""What is computed for each sample, in order."""
SHOWN_DIGITS = 1e-4
"""How much of itself a number that is shown with five digits may be off."""
VIEWS = {
    "graph": "graph_canvas",
    "inspector": "inspector",
    "fit": "fit_view",
    "loss_curve": "loss_view",
}
"""What the docks hold, by name."""


def open_small(make_window, qtbot, *, folded: bool = True) -> Person:
    """Show three samples; all of the graph is in view, so that the camera need not follow."""
    preset = Preset("three", "Three samples", "", THREE)
    person = Person(make_window(preset, size=(1500, 1000)), qtbot)
    person.window.graph_view.animation_action.setChecked(False)
    if not folded:
        person.press(Key.Key_U)
    person.press(Key.Key_F)
    person.settle()
    return person


@pytest.fixture(params=[True, False], ids=["folded", "unfolded"])
def small(make_window, qtbot, request) -> Person:
    """Three samples in a large window, folded or unfolded."""
    return open_small(make_window, qtbot, folded=request.param)


@pytest.fixture
def folded(make_window, qtbot) -> Person:
    return open_small(make_window, qtbot)


def picture_of(person: Person, name: str) -> QImage:
    """A picture of a part of the window."""
    person.settle()
    return person.find(name).grab().toImage()


class Shown:
    """What the window shows after a step: its picture, and what is said."""

    def __init__(self, person: Person) -> None:
        self.picture: QImage = person.look()
        self.said = [person.read(f"narration_{part}") for part in ("headline", "sentence")]
        self.logged = person.find("step_log_lines").toPlainText().split("\n")[-1]


def graph_of(person: Person) -> Line:
    """The same loss at the same parameters, define by run."""
    samples = canvas_of(person).scene.probe.samples
    at = person.window.session.history.parameters(person.window.walk.epoch)
    return Line(samples.x, samples.y, *map(float, at))


def described(person: Person) -> dict[tuple[str, int | None], tuple[float | None, float | None]]:
    """Value and gradient of every node, with all digits, by its name and its sample."""
    canvas, found = canvas_of(person), {}
    for node, place in enumerate(canvas.scene.places.tolist()):
        name = canvas.scene.probe.names.symbol(place)
        texts = [line.split()[1] for line in canvas.describe(node).splitlines()[-2:]]
        found[name, canvas.scene.sample(node)] = tuple(map(number, texts))
    return found


Node = tuple[str, int | None]
"""What a node is called, and whose it is; None for what all share, or all have where folded."""


class Expected:
    """Which numbers are known after a step; they are the define-by-run engine's.

    ``own`` is the sample that the folded graph shows; None for the unfolded graph.
    """

    def __init__(self, person: Person) -> None:
        walk = person.window.walk
        self.own = walk.sample if walk.folded else None
        self.line = graph_of(person)
        self.values: set[Node] = {(name, None) for name in ("m", "c")}
        samples = [None] if walk.folded else range(3)
        self.values |= {(name, sample) for name in ("x", "y") for sample in samples}
        self.gradients: dict[Node, float] = {}

    def engine(self, node: Node) -> Tensor:
        """Return the engine's node; of the folded sum, the last addition."""
        name, sample = node
        if self.own is not None:
            sample = 2 if name == "sum" else self.own
        return self.line.node(name, 0 if sample is None else sample)

    def flow(self, source: str, target: str, sample: int | None) -> tuple[Node, list[float]]:
        """Let the gradient flow over an edge; return to where, and what each sample contributes."""
        if target in ("m", "c"):
            gains = [
                self.line.node(source, each).grad
                * (self.line.node("x", each).data if target == "m" else 1.0)
                for each in (range(3) if self.own is not None else [sample])
            ]
            node: Node = (target, None)
            self.gradients[node] = self.gradients.get(node, 0.0) + sum(gains)
            return node, gains
        if target == "sum" and self.own is None:
            sample = 2 if source == "L" else sample - 1
        node = (target, sample)
        self.gradients[node] = self.engine(node).grad
        return node, [self.gradients[node]]


def assert_shown(person: Person, expected: Expected) -> None:
    """Check every number in the graph: whether it is known, and that it is the engine's."""
    for node, (value, gradient) in described(person).items():
        if node in expected.values:
            assert value == pytest.approx(expected.engine(node).data, rel=1e-12), node
        else:
            assert value is None, f"{node} is not computed yet"
        if node in expected.gradients:
            wanted = expected.gradients[node]
            assert gradient == pytest.approx(wanted, rel=1e-12, abs=1e-15), node
        else:
            assert gradient is None, f"{node} has no gradient yet"


# -- there and back --------------------------------------------------------------------------


def test_every_step_back_shows_what_was_shown_before(small):
    small.press(Key.Key_Right)
    _, _, count = small.step
    forth = [Shown(small)]
    for _ in range(count - 1):
        small.press(Key.Key_Right)
        forth.append(Shown(small))
    assert small.step[1] == count
    assert len({tuple(each.said) for each in forth}) == count
    for done, before in reversed(list(enumerate(forth[:-1], 1))):
        small.press(Key.Key_Left)
        assert small.step[1] == done
        now = Shown(small)
        assert now.picture == before.picture, before.said
        assert now.said == before.said
        assert now.logged.removeprefix("back to: ") == before.logged.removeprefix("back to: ")


def test_no_two_steps_look_alike(folded):
    pictures = []
    for _ in range(16):
        folded.press(Key.Key_Right)
        pictures.append(picture_of(folded, "graph_canvas"))
    assert all(before != after for before, after in pairwise(pictures))


def test_folding_and_unfolding_at_a_step_keeps_what_it_does(folded):
    folded.press_often(Key.Key_Right, 13)
    assert folded.read("inspected") == "ŷ → c"
    folded.press(Key.Key_U)
    folded.settle()
    assert folded.read("inspected") == "ŷ → c"
    assert folded.step[2] == 40
    folded.press(Key.Key_U)
    folded.settle()
    assert folded.step == ("backward", 13, 16)


# -- the numbers -----------------------------------------------------------------------------


def test_values_appear_one_by_one_and_are_the_engines(small):
    expected = Expected(small)
    names = OWN if expected.own is not None else [*OWN, "sum"]
    samples = [None] if expected.own is not None else range(3)
    order: list[Node] = [(name, sample) for sample in samples for name in names]
    order += [("sum", None)] * (expected.own is not None) + [("L", None)]
    for node in order:
        small.press(Key.Key_Right)
        expected.values.add(node)
        assert_shown(small, expected)
        small.settle()
        value = number(small.read("inspected_value"))
        assert value == pytest.approx(expected.engine(node).data, rel=SHOWN_DIGITS)
        assert small.read("inspected_gradient") == "–"


def test_gradients_accumulate_before_the_eyes_as_in_the_engine(small):
    expected = Expected(small)
    while small.step is None or small.step[0] == "forward":
        small.press(Key.Key_Right)
    expected.values |= set(described(small))
    expected.gradients["L", None] = 1.0
    assert_shown(small, expected)
    small.settle()
    assert number(small.read("inspected_gradient")) == 1
    small.press(Key.Key_Right)
    while small.step[0] == "backward":
        edge = re.sub(r" up to sample \d+", "", small.read("inspected"))  # of a running sum
        source, target = edge.split(" → ")
        whose = re.search(r"· sample (\d+)", small.read("narration_headline"))
        before = dict(expected.gradients)
        node, gains = expected.flow(source, target, None if whose is None else int(whose[1]))
        assert_shown(small, expected)
        small.settle()
        assert_chain(small, before.get(node), gains, expected.gradients[node])
        small.press(Key.Key_Right)
    for name in ("m", "c"):
        assert expected.gradients[name, None] == pytest.approx(expected.line.shared[name].grad)


def assert_chain(person: Person, before: float | None, gains: list[float], after: float) -> None:
    """Check the inspector's rows of an edge: the contribution, the gradient before and after."""
    lines = person.read("chain_rule").splitlines()

    def row(pattern: str) -> float | None:
        (at,) = [index for index, line in enumerate(lines) if re.match(pattern, line)]
        return number(lines[at + 1])

    upstream, local, contribution = row("upstream ∂"), row("× local"), row("= contribution")
    own = person.window.walk.sample if len(gains) > 1 else 0
    assert contribution == pytest.approx(gains[own], rel=SHOWN_DIGITS)
    assert upstream * local == pytest.approx(contribution, rel=3 * SHOWN_DIGITS)
    shown_before, shown_after = row(".* before this step"), row(".* after it")
    assert (shown_before is None) is (before is None)
    assert (shown_before or 0.0) == pytest.approx(before or 0.0, rel=SHOWN_DIGITS)
    assert shown_after == pytest.approx(after, rel=SHOWN_DIGITS)
    assert shown_after == pytest.approx((shown_before or 0.0) + sum(gains), rel=3 * SHOWN_DIGITS)


def test_at_the_update_formula_and_line_move_one_parameter_at_a_time(folded):
    at_start = folded.window.session.history.parameters(0).copy()
    updated = history_of(THREE, 1).history.parameters(1)
    folded.press_often(Key.Key_Right, 14)
    assert_line(folded, at_start)
    folded.press(Key.Key_Right)
    assert folded.read("inspected") == "m"
    assert_line(folded, (updated[0], at_start[1]))
    folded.press(Key.Key_Right)
    assert folded.read("inspected") == "c"
    assert_line(folded, updated)
    shown = described(folded)
    assert [shown[name, None][0] for name in ("m", "c")] == list(updated)
    folded.press_often(Key.Key_Left, 2)
    assert_line(folded, at_start)


def assert_line(person: Person, parameters) -> None:
    """Check the fitted formula and the fitted line."""
    slope, intercept = map(float, parameters)
    fitted = re.search(r"ŷ = (\S+)·x ([+−]) (\S+)", person.read("fitted_formula"))
    shown = [number(fitted[1]), number(fitted[3]) * (1 if fitted[2] == "+" else -1)]
    assert shown == pytest.approx([slope, intercept], rel=6e-4)
    x, y = drawn(person.window.fit_view.plot, "fitted line")
    assert np.allclose(y, slope * x + intercept)


# -- other ways to walk ----------------------------------------------------------------------


def test_stage_keys_go_to_where_stages_begin(folded):
    places = []
    for _ in range(3):
        folded.press(Key.Key_Right, SHIFT)
        places.append(folded.step)
    assert places == [("forward", 1, 16), ("backward", 7, 16), ("update", 15, 16)]
    folded.press(Key.Key_Right)
    back = []
    for _ in range(3):
        folded.press(Key.Key_Left, CONTROL)
        back.append(folded.step)
    assert back == list(reversed(places))


def test_from_the_epoch_as_a_whole_one_goes_back_to_the_last_step_before_the_update(folded):
    folded.press(Key.Key_Left)
    assert folded.step == ("backward", 14, 16)
    folded.press(Key.Key_Escape)
    folded.press(Key.Key_Left, SHIFT)
    assert folded.step == ("backward", 7, 16)


def test_before_the_very_first_step_there_is_nothing(folded):
    folded.press(Key.Key_Right)
    folded.press(Key.Key_Left)
    assert folded.step == ("forward", 1, 16)
    assert folded.read("notice_text") == "This is the very first step of the run."


@pytest.mark.parametrize(
    ("forward", "back"), [("step_forward", "step_back"), (Key.Key_Period, Key.Key_Comma)]
)
def test_buttons_and_other_keys_do_the_same(folded, forward, back):
    use = folded.click if isinstance(forward, str) else folded.press
    for _ in range(3):
        use(forward)
    assert folded.step == ("forward", 3, 16)
    use(back)
    assert folded.step == ("forward", 2, 16)


def test_escape_leaves_the_steps_and_all_numbers_are_back(folded):
    whole = picture_of(folded, "graph_canvas")
    folded.press_often(Key.Key_Right, 5)
    assert "Esc" in folded.read("notice_text")
    folded.press(Key.Key_Escape)
    assert folded.step is None
    line, own = graph_of(folded), folded.window.walk.sample
    shown = described(folded)
    assert shown["m", None][1] == pytest.approx(line.shared["m"].grad)
    assert shown["residual", None][0] == line.node("residual", own).data
    assert "Ready" in folded.read("notice_text")
    assert not folded.find("leave").isEnabled()
    assert picture_of(folded, "graph_canvas") == whole


# -- what cannot be seen ---------------------------------------------------------------------


def test_a_view_that_was_hidden_while_stepping_is_right_when_shown_again(folded):
    folded.press_often(Key.Key_Right, 8)
    expected = {name: picture_of(folded, view) for name, view in VIEWS.items()}
    for name, view in VIEWS.items():
        folded.press_often(Key.Key_Left, 6)
        dock = folded.find(f"{name}_dock", QDockWidget)
        dock.close()
        folded.press_often(Key.Key_Right, 6)
        folded.settle()
        dock.show()
        dock.raise_()
        assert picture_of(folded, view) == expected[name], name


def test_where_not_all_is_in_view_a_step_is_seen_at_the_same_place_both_ways(person):
    person.window.graph_view.animation_action.setChecked(False)
    person.press(Key.Key_U)
    canvas, forth = canvas_of(person), []
    for _ in range(40):  # eight samples: more than there is room for
        person.press(Key.Key_Right)
        forth.append((canvas.camera, person.look()))
    assert len({camera for camera, _ in forth}) > 1
    for camera, picture in reversed(forth):
        assert canvas.camera == camera
        assert person.look() == picture
        person.press(Key.Key_Left)
