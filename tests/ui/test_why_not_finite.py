"""Why a number is no longer finite: the notice's button leads from there down to a setting."""

from __future__ import annotations

import math
import re

import pytest
from PySide6.QtCore import Qt

from app.study.experiment import Experiment
from app.study.presets import Preset, find_preset
from app.theme import load_theme
from app.training.selection import SelectedNode
from tests.ui.inspected import number, numbers_in
from tests.ui.on_canvas import Line, canvas_of, node_called
from tests.ui.person import Person

Key = Qt.Key
DIVERGING = find_preset("diverging").experiment


def diverge(make_window, qtbot, experiment: Experiment) -> Person:
    person = Person(make_window(Preset("why", "Why?", "", experiment)), qtbot)
    person.run_to_end()
    return person


@pytest.fixture
def diverged(make_window, qtbot) -> Person:
    """A run with far too large a learning rate: one square is too large."""
    return diverge(make_window, qtbot, DIVERGING.with_value("learning_rate", 10.0))


def ask(person: Person) -> list[tuple[str, str]]:
    """Ask until there is no more to say; return each sentence with what is selected then."""
    told = []
    while name := next(
        (each for each in ("answer_why?", "answer_and_why?") if person.sees(each)), None
    ):
        person.click(name)
        symbol = person.window.walk.moment.probe.names.symbol(person.window.walk.selection.place)
        told.append((person.read("notice_text"), symbol))
        assert len(told) < 20
    return told


def line_of(person: Person) -> Line:
    """The same loss at the last epoch, define by run."""
    samples = canvas_of(person).scene.probe.samples
    at = person.window.session.history.parameters(person.epoch)
    return Line(samples.x, samples.y, *map(float, at))


def first_infinite(line: Line) -> int:
    """The first sample whose square is infinite."""
    return next(i for i, own in enumerate(line.own) if not math.isfinite(own["squared"].data))


def test_the_causes_lead_from_the_first_infinite_square_to_the_learning_rate(diverged):
    told = ask(diverged)
    assert [symbol for _, symbol in told] == [
        "squared", "squared", "residual", "ŷ", "m · x", "m"
    ]  # fmt: skip
    line = line_of(diverged)
    sample = first_infinite(line)
    first, because, *_, last = (sentence for sentence, _ in told)
    assert first.startswith(f"squared became inf for sample {sample}: residual² = ")
    assert "the largest floating-point number" in first
    for (sentence, _), name in zip(told[1:-1], ("residual", "ŷ", "m · x", "m"), strict=True):
        own = line.shared.get(name) or line.own[sample][name]
        shown = re.search(rf"because {name} = (\S+?e\d+)", sentence)[1]
        assert number(shown) == pytest.approx(own.data, rel=6e-4)
    assert because.endswith(f"for sample {sample}.")
    assert "the learning rate is 10." in last
    parameters = diverged.window.session.history.parameters
    before, after = (parameters(diverged.epoch - back)[0] for back in (1, 0))
    assert numbers_in(last)[0] == pytest.approx(abs(after / before), rel=6e-4)


def test_every_cause_is_selected_explained_and_logged(diverged):
    diverged.click("answer_why?")
    while diverged.sees("answer_and_why?"):
        diverged.settle()
        walk = diverged.window.walk
        assert diverged.read("inspected") == walk.moment.probe.names.title(walk.selection.place)
        logged = diverged.find("step_log_lines").toPlainText().split("\n")[-1]
        assert logged == f"Why?  {diverged.read('notice_text')}"
        diverged.click("answer_and_why?")
    assert diverged.sees("answer_reset_now")


def test_the_first_node_that_is_not_finite_is_marked_and_selected(diverged):
    diverged.click("answer_why?")
    line = line_of(diverged)
    sample = first_infinite(line)
    assert diverged.window.walk.sample == sample
    canvas = canvas_of(diverged)
    node = node_called(canvas, "squared", sample)
    assert diverged.window.walk.selection == SelectedNode(int(canvas.scene.places[node]))
    assert "value inf" in canvas.describe(node)
    diverged.settle()
    box, picture = canvas.node_rectangle(node), canvas.grab().toImage()
    wanted = load_theme("light").non_finite
    row = round(box.bottom()) + 4  # of the dotted frame
    around = {
        picture.pixelColor(x, y).name()
        for x in range(round(box.left()), round(box.right()))
        for y in range(row - 2, row + 3)
        if picture.rect().contains(x, y)
    }
    assert wanted.name() in around
    assert line.own[sample]["residual"].data == pytest.approx(
        number(re.search(r"value (\S+)", canvas.describe(node_called(canvas, "residual")))[1])
    )


def test_where_no_square_is_infinite_the_running_sum_is_the_first(make_window, qtbot):
    person = diverge(make_window, qtbot, DIVERGING)
    (first, symbol), *_ = told = ask(person)
    assert symbol == "sum"
    shown = re.search(r"for sample (\d+): the running sum (\S+) \+ (\S+) is more than", first)
    line = line_of(person)
    sums = [own["sum"].data for own in line.own]
    sample = int(shown[1])
    assert math.isfinite(sums[sample - 1])
    assert not math.isfinite(sums[sample])
    assert float(shown[2]) == pytest.approx(sums[sample - 1], rel=6e-4)
    assert float(shown[3]) == pytest.approx(line.own[sample]["squared"].data, rel=6e-4)
    assert "the learning rate is 0.01." in told[-1][0]


def test_the_causes_can_be_asked_for_again_from_the_beginning(diverged):
    first = ask(diverged)
    diverged.window.notice.say("")
    diverged.click("play")
    diverged.wait(lambda: diverged.sees("answer_why?"))
    assert ask(diverged) == first


def test_a_step_in_between_begins_the_causes_again(diverged):
    diverged.click("answer_why?")
    first = diverged.read("notice_text")
    diverged.click("answer_and_why?")
    diverged.find("play").setFocus()
    diverged.press(Key.Key_Escape)
    diverged.press(Key.Key_Right)
    diverged.press(Key.Key_Escape)
    diverged.click("play")
    diverged.wait(lambda: diverged.sees("answer_why?"))
    diverged.click("answer_why?")
    assert diverged.read("notice_text") == first


def test_in_the_unfolded_graph_the_samples_own_node_is_shown(diverged):
    diverged.window.graph_view.animation_action.setChecked(False)
    diverged.find("play").setFocus()
    diverged.press(Key.Key_U)
    diverged.click("answer_why?")
    sample = first_infinite(line_of(diverged))
    canvas = canvas_of(diverged)
    assert not canvas.scene.detailed
    node = node_called(canvas, "squared", sample)
    assert canvas.scene.sample(node) == sample
    assert canvas.rect().contains(canvas.node_rectangle(node).center().toPoint())


def test_reset_ends_the_question(diverged):
    diverged.click("answer_why?")
    diverged.click("answer_reset_now")
    diverged.wait(lambda: diverged.epoch == 0)
    assert not diverged.sees("answer_and_why?")
    diverged.find("play").setFocus()
    diverged.press(Key.Key_Right)
    assert diverged.step == ("forward", 1, 16)
