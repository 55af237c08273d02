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
from tests.ui.inspected import number, number_after
from tests.ui.on_canvas import Line, canvas_of
from tests.ui.person import Person, drawn
from tests.ui.test_training import history_of

Key = Qt.Key
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier
THREE = Experiment().with_value("samples", 3)
"""Three samples, so that the whole unfolded graph can be read at once."""
OWN = ("m · x", "ŷ", "residual", "squared")
"""What is computed for each sample, in order."""
SHOWN_DIGITS = 1e-4
"""How much of itself a number that is shown with five digits may be off."""


def open_small(make_window, qtbot, *, folded: bool = True) -> Person:
    """Show three samples, so large that no sentence needs more room than another."""
    preset = Preset("three", "Three samples", "", THREE)
    person = Person(make_window(preset, size=(1900, 1100)), qtbot)
    person.window.graph_view.animation_action.setChecked(False)
    if not folded:
        person.press(Key.Key_U)
    person.press(Key.Key_F)  # all of the graph stays in view: the camera need not follow
    person.settle()
    return person


@pytest.fixture(params=[True, False], ids=["folded", "unfolded"])
def small(make_window, qtbot, request) -> Person:
    """Three samples in a large window, folded or unfolded."""
    return open_small(make_window, qtbot, folded=request.param)


@pytest.fixture
def folded(make_window, qtbot) -> Person:
    return open_small(make_window, qtbot)


@pytest.fixture
def unfolded(make_window, qtbot) -> Person:
    return open_small(make_window, qtbot, folded=False)


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


class Expected:
    """Which numbers must be known, replayed from what the inspector and the headline say.

    The numbers are the define-by-run engine's. ``own`` is the sample that a folded graph shows.
    """

    def __init__(self, line: Line, own: int | None) -> None:
        self.line, self._own = line, own
        self.values: set[tuple[str, int | None]] = set()
        self.gradients: dict[tuple[str, int | None], float] = {}

    def node(self, name: str, sample: int | None):
        """The engine's node; of the folded sum, the last addition's."""
        if name == "sum" and self._own is not None:
            return self.line.node("sum", len(self.line.own) - 1)
        return self.line.node(name, 0 if sample is None and self._own is None else sample)

    def compute(self, name: str, sample: int | None) -> None:
        self.values.add((name, sample))

    def flow(self, source: str, target: str, sample: int | None) -> list[float]:
        """Let the gradient flow over an edge; return what it contributes, of all if folded."""
        own = range(len(self.line.own)) if self._own is not None else [sample]
        if target in ("m", "c"):
            inputs = [self.line.node("x", each).data if target == "m" else 1.0 for each in own]
            gains = [
                self.line.node(source, each).grad * x for each, x in zip(own, inputs, strict=True)
            ]
            before = self.gradients.get((target, None), 0.0)
            self.gradients[target, None] = before + sum(gains)
            return gains
        if target == "sum" and self._own is None:
            sample = len(self.line.own) - 1 if source == "L" else sample - 1
        key = (target, sample if self._own is None else None)
        self.gradients[key] = self.node(target, self._own if sample is None else sample).grad
        return [self.gradients[key]]


def assert_shown(person: Person, expected: Expected, own: int | None) -> None:
    """Check every number in the graph: known or not, and the engine's."""
    for (name, sample), (value, gradient) in described(person).items():
        if name.isdigit():
            continue  # a constant
        which = own if sample is None and own is not None else sample
        leaf = name in ("m", "c", "x", "y")
        if leaf or (name, sample) in expected.values:
            assert value == pytest.approx(expected.node(name, which).data, rel=1e-12), name
        else:
            assert value is None, f"{name} of {sample} is not computed yet"
        if (name, sample) in expected.gradients:
            wanted = expected.gradients[name, sample]
            assert gradient == pytest.approx(wanted, rel=1e-12, abs=1e-15), name
        else:
            assert gradient is None, f"{name} of {sample} has no gradient yet"


# -- there and back --------------------------------------------------------------------------


def test_every_step_back_shows_what_was_shown_before(small):
    small.press(Key.Key_Right)
    _, _, count = small.step
    small.press_often(Key.Key_Right, count - 1)  # now the longest sentence has its room
    small.press_often(Key.Key_Left, count - 1)
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
        folded.settle()
        pictures.append(folded.window.graph_view.canvas.grab().toImage())
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
    own = small.window.walk.sample if canvas_of(small).scene.detailed else None
    names = [*OWN, "sum"] if own is None else OWN
    expected = Expected(graph_of(small), own)
    samples = range(3) if own is None else [None]
    order = [(name, sample) for sample in samples for name in names]
    order += [("L", None)] if own is None else [("sum", None), ("L", None)]
    for name, sample in order:
        small.press(Key.Key_Right)
        expected.compute(name, sample)
        assert_shown(small, expected, own)
        small.settle()
        value = number(small.read("inspected_value"))
        node = expected.node(name, own if sample is None else sample)
        assert value == pytest.approx(node.data, rel=SHOWN_DIGITS)
        assert small.read("inspected_gradient") == "–"


def test_gradients_accumulate_before_the_eyes_as_in_the_engine(small):
    own = small.window.walk.sample if canvas_of(small).scene.detailed else None
    expected = Expected(graph_of(small), own)
    while small.step is None or small.step[0] == "forward":
        small.press(Key.Key_Right)
    for name, sample in described(small):
        expected.compute(name, sample)
    expected.gradients["L", None] = 1.0
    assert_shown(small, expected, own)
    small.settle()
    assert number(small.read("inspected_gradient")) == 1
    while (small.press(Key.Key_Right), small.step)[1][0] == "backward":
        source, target = small.read("inspected").split(" → ")
        *_, last = small.read("narration_headline").split(" · ")
        sample = int(last.removeprefix("sample ")) if own is None and "sample" in last else None
        before = dict(expected.gradients)
        gains = expected.flow(source, target, sample)
        assert_shown(small, expected, own)
        assert_chain(small, expected, before, gains)
    for name in ("m", "c"):
        assert expected.gradients[name, None] == pytest.approx(expected.line.shared[name].grad)


def assert_chain(person: Person, expected: Expected, before: dict, gains: list[float]) -> None:
    """Check the inspector's rows of an edge: contribution, the gradient before and after it."""
    (changed,) = {key for key, value in expected.gradients.items() if before.get(key) != value} | (
        set(expected.gradients) - set(before)
    ) or {("m", None)}  # a contribution of 0 changes nothing
    text = person.read("chain_rule")
    labels = text.splitlines()
    (at_before,) = [each for each in labels if each.endswith("before this step")]
    (at_after,) = [each for each in labels if each.endswith("after it")]
    upstream, local = (
        next(number(labels[i + 1]) for i, each in enumerate(labels) if each.startswith(start))
        for start in ("upstream ∂", "× local")
    )
    contribution = number_after(text, "= contribution")
    own = person.window.walk.sample if len(gains) > 1 else 0
    assert contribution == pytest.approx(gains[own], rel=SHOWN_DIGITS)
    assert upstream * local == pytest.approx(contribution, rel=3 * SHOWN_DIGITS)
    assert number_after(text, at_before) == (
        None if changed not in before else pytest.approx(before[changed], rel=SHOWN_DIGITS)
    )
    after = number_after(text, at_after)
    assert after == pytest.approx(expected.gradients[changed], rel=SHOWN_DIGITS)
    assert after == pytest.approx(
        (number_after(text, at_before) or 0.0) + sum(gains), rel=3 * SHOWN_DIGITS
    )


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
    fitted = re.search(r"ŷ = (\S+)·x ([+−]) (\S+)", person.read("formula"))
    shown = [number(fitted[1]), number(fitted[3]) * (1 if fitted[2] == "+" else -1)]
    assert shown == pytest.approx([slope, intercept], rel=6e-4)
    x, y = drawn(person.window.fit_view.plot, "fitted line")
    assert np.allclose(y, slope * x + intercept)


# -- other ways to walk ----------------------------------------------------------------------


@pytest.mark.parametrize("modifier", [SHIFT, CONTROL])
def test_stage_keys_go_to_where_stages_begin(folded, modifier):
    places = []
    for _ in range(3):
        folded.press(Key.Key_Right, modifier)
        places.append(folded.step)
    assert places == [("forward", 1, 16), ("backward", 7, 16), ("update", 15, 16)]
    folded.press(Key.Key_Right)
    back = []
    for _ in range(3):
        folded.press(Key.Key_Left, modifier)
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
    folded.settle()
    whole = canvas_of(folded).grab().toImage()
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
    folded.settle()
    assert canvas_of(folded).grab().toImage() == whole


# -- what cannot be seen ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["graph", "inspector", "fit", "loss_curve"])
def test_a_view_that_was_hidden_while_stepping_is_right_when_shown_again(folded, name):
    folded.press_often(Key.Key_Right, 8)
    expected = folded.look()
    folded.press_often(Key.Key_Left, 6)
    folded.settle()
    dock = folded.find(f"{name}_dock", QDockWidget)
    dock.close()
    folded.press_often(Key.Key_Right, 6)
    folded.settle()
    dock.show()
    if name == "inspector":
        dock.raise_()
    folded.settle()
    view = {"graph": "graph_canvas", "inspector": "inspector"}.get(name, dock.widget().objectName())
    area = folded.find(view)
    corner = area.mapTo(folded.window, area.rect().topLeft())
    before = expected.copy(corner.x(), corner.y(), area.width(), area.height())
    assert (
        folded.window.grab().toImage().copy(corner.x(), corner.y(), area.width(), area.height())
        == before
    )
