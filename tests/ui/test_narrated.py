"""What is told of the steps: every sentence's numbers, the log, and steps played by themselves."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QComboBox, QSlider, QTabBar

from app.study.experiment import Experiment
from app.study.presets import Preset
from autograd.trace import Backward, Entry, Forward, Seed, Update
from tests.ui.inspected import number
from tests.ui.on_canvas import canvas_of
from tests.ui.person import Person

Key = Qt.Key
NUMBER = r"\(?(−?\d+(?:\.\d+)?(?:e−?\d+)?)\)?"
FLOW = re.compile(
    rf"upstream {NUMBER} × local \(?(?:[^=;]+ = )?{NUMBER}\)? (?:=|gives) {NUMBER}.*?, "
    rf"because [^;]+; .*?(?:had none yet|was {NUMBER} and is now {NUMBER})\."
)
TOGETHER = re.compile(
    rf"Each of the (\d+) samples contributes .* \(sample (\d+): {NUMBER} × {NUMBER} = {NUMBER}\), "
    rf"because [^;]+; together \S+ gains {NUMBER}: had none yet, {NUMBER} now\."
)
UPDATED = re.compile(
    rf"(\w) steps against its gradient: gradient {NUMBER}(?:, clipped to {NUMBER})?, "
    rf"times learning rate {NUMBER}(?:, once for each of its (\d+) uses)?: "
    rf"\w = {NUMBER} ([+−]) {NUMBER} = {NUMBER}\."
)
SUMMED = re.compile(rf"Forward: Σ adds squared up over the (\d+) samples: sum = {NUMBER}\.")
TAKEN_IN = re.compile(rf"The running sum takes sample (\d+) in: {NUMBER} \+ {NUMBER} = {NUMBER}\.")
INPUTS = {"m · x": 2, "ŷ": 2, "residual": 2, "squared": 1}
"""How many numbers an operation is told to be computed from."""


def told(person: Person) -> str:
    """The whole sentence; what has no room is in the tool tip."""
    label = person.find("narration_sentence")
    return label.toolTip() or label.text()


def numbers(match: re.Match[str] | None) -> list[float]:
    """What a sentence's pattern found, as numbers."""
    assert match is not None
    return [number(each) for each in match.groups() if each is not None]


def of(sample: int, *numbers_: object) -> list[float]:
    """One sample's numbers."""
    return [float(each[sample]) if np.ndim(each) else float(each) for each in numbers_]


def near(*expected: float) -> object:
    """Four digits are told."""
    return pytest.approx(list(expected), rel=6e-4, abs=1e-12)


def assert_told(person: Person, entry: Entry, sample: int) -> None:
    """Check that the sentence has the numbers of the step, and no others."""
    sentence = told(person)
    match entry:
        case Seed():
            assert "∂L/∂L = 1" in sentence
        case Forward():
            assert_forward(person, entry, sample)
        case Update():
            name, *found = UPDATED.fullmatch(sentence).groups()
            assert name == "mc"[entry.parameter]
            sign = {"+": 1, "−": -1}[found[5]]
            gradient, clipped, rate, uses, before, _, size, after = (
                each if each in ("+", "−", None) else number(each) for each in found
            )
            assert [gradient, rate, before, after] == near(
                entry.gradient, entry.learning_rate, entry.before, entry.after
            )
            assert (clipped or gradient) == pytest.approx(entry.clipped, rel=6e-4)
            assert (uses or 1) == entry.times
            assert sign * size == pytest.approx(entry.after - entry.before, rel=6e-4)
        case Backward() if sentence.startswith("Each"):
            count, whose, local, upstream, contribution, gain, after = numbers(
                TOGETHER.fullmatch(sentence)
            )
            assert (count, whose) == (len(entry.contribution), sample)
            assert [local, upstream, contribution] == near(
                *of(sample, entry.local, entry.upstream, entry.contribution)
            )
            assert [gain, after] == near(float(np.sum(entry.contribution)), entry.after)
        case Backward():
            upstream, local, contribution, *accumulated = numbers(FLOW.search(sentence))
            assert [upstream, local, contribution] == near(
                *of(sample, entry.upstream, entry.local, entry.contribution)
            )
            before_and_after = [] if entry.before is None else [entry.before, entry.after]
            assert accumulated == near(*of(sample, *before_and_after))


def assert_forward(person: Person, entry: Forward, sample: int) -> None:
    sentence = told(person)
    name = person.window.walk.moment.probe.names.symbol(entry.place)
    if name == "sum":
        match = SUMMED.fullmatch(sentence) or TAKEN_IN.fullmatch(sentence)
        *_, value = numbers(match)
        assert value == pytest.approx(float(entry.value), rel=6e-4)
        if entry.sample is not None:
            assert numbers(match)[1:3] == near(*map(float, entry.inputs))
        return
    *_, computed, value = sentence.removesuffix(".").split(" = ")
    count = INPUTS.get(name, 2)
    found = [number(each) for each in re.findall(NUMBER, computed.replace("²", ""))]
    assert found == near(*of(sample, *entry.inputs[:count]))
    assert number(value.split(" ")[0]) == pytest.approx(of(sample, entry.value)[0], rel=6e-4)
    if name != "L":
        assert f"for sample {sample}" in value


@pytest.mark.parametrize("preset", ["notebook", "noisy-line"])
def test_every_sentence_of_an_epoch_has_its_steps_numbers(make_window, qtbot, preset):
    person = Person(make_window(preset), qtbot)
    person.train(1)
    for done in range(1, 17):
        person.press(Key.Key_Right)
        assert person.step[1] == done
        walk = person.window.walk
        assert person.read("narration_headline").startswith(f"Epoch 1 · {person.step[0]} ")
        assert_told(person, walk.moment.entry, walk.sample)
        assert_graph_agrees(person, walk.moment.entry)


def assert_graph_agrees(person: Person, entry: Entry) -> None:
    """Check that the number told last is the one that is written on the node in the graph."""
    canvas = canvas_of(person)
    place = entry.operand if isinstance(entry, Backward) else entry.place
    node = canvas.scene.find_node(place, person.window.walk.sample)
    _, value, gradient = canvas.texts(node)
    shown = number(gradient.split()[1] if isinstance(entry, Backward) else value)
    *_, last = re.findall(rf"(?:=|now|gives) {NUMBER}", told(person))
    if not isinstance(entry, Seed) and not told(person).startswith("Each"):
        assert shown == pytest.approx(number(last), rel=6e-3)


def test_every_sentence_of_an_unfolded_epoch_has_its_steps_numbers(make_window, qtbot):
    three = Preset("three", "Three samples", "", Experiment().with_value("samples", 3))
    person = Person(make_window(three), qtbot)
    person.press(Key.Key_U)
    for done in range(1, 41):
        person.press(Key.Key_Right)
        assert person.step == (person.step[0], done, 40)
        entry = person.window.walk.moment.entry
        assert_told(person, entry, 0 if entry.sample is None else entry.sample)
        assert (f"sample {entry.sample}" in person.read("narration_headline")) is (
            entry.sample is not None
        )


def test_of_an_epoch_as_a_whole_the_loss_is_told(person):
    person.train(2)
    loss = person.window.session.history.loss(2)
    assert told(person).startswith(f"Epoch 2 as a whole: the loss is {loss:.4g}.")


def test_another_sample_is_told_at_the_same_step(person):
    person.press_often(Key.Key_Right, 10)
    person.enter("graph_sample", "33")
    assert "for sample 33 (" in told(person)
    assert_told(person, person.window.walk.moment.entry, 33)
    assert person.step == ("backward", 10, 16)


# -- the log ---------------------------------------------------------------------------------


def logged(person: Person) -> list[str]:
    text = person.find("step_log_lines").toPlainText()
    return text.split("\n") if text else []


def test_the_log_keeps_what_was_told(person):
    sentences = []
    for _ in range(9):
        person.press(Key.Key_Right)
        sentences.append((person.read("narration_headline"), told(person)))
    assert logged(person) == [f"{head}  {said}" for head, said in sentences]
    person.press(Key.Key_Left)
    assert logged(person)[-1].startswith("back to: Epoch 0 · backward 2 of 8")
    person.press(Key.Key_Right)
    assert logged(person)[-1].startswith("Epoch 0 · backward 3 of 8")
    assert len(logged(person)) == 11


def test_the_log_is_copied_and_cleared(person):
    person.press_often(Key.Key_Right, 3)
    tabs = [bar for bar in person.window.findChildren(QTabBar) if bar.isVisible()]
    (bar,) = [bar for bar in tabs if "Steps" in {bar.tabText(i) for i in range(bar.count())}]
    index = next(i for i in range(bar.count()) if bar.tabText(i) == "Steps")
    person.qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(index).center())
    person.wait(lambda: person.sees("step_log_copy"))
    person.click("step_log_copy")
    copied = QApplication.clipboard().text()
    assert copied.split("\n") == logged(person)
    person.click("step_log_clear")
    assert logged(person) == []


# -- playing ---------------------------------------------------------------------------------


@pytest.fixture
def fast(person) -> Person:
    """A person who has chosen the highest pace."""
    person.find("pace", QSlider).setFocus()
    person.press(Key.Key_End)
    person.find("play").setFocus()
    return person


def test_steps_play_by_themselves_into_the_next_epoch(fast):
    fast.click("play_steps")
    fast.wait(lambda: fast.epoch == 1 and fast.step is not None and fast.step[1] >= 2)
    fast.press(Key.Key_P)
    assert not fast.window.walk.playing
    lines = logged(fast)
    heads = [re.match(r"Epoch (\d) · (\w+) (\d+) of", line).groups() for line in lines]
    stages = {"forward": 6, "backward": 8, "update": 2}
    expected = [
        (str(epoch), stage, str(number_ + 1))
        for epoch in (0, 1)
        for stage, count in stages.items()
        for number_ in range(count)
    ]
    assert heads == expected[: len(heads)]
    assert len(heads) >= 18


def test_a_paused_walk_stays_where_it_is(fast):
    fast.press(Key.Key_P)
    fast.wait(lambda: fast.step is not None and fast.step[1] >= 4)
    assert "Pause" in fast.window.trace_bar.play_action.text()
    fast.press(Key.Key_P)
    assert "Play" in fast.window.trace_bar.play_action.text()
    place = fast.step
    timers = fast.window.walk.findChildren(QTimer)
    assert timers
    assert not any(each.isActive() for each in timers)
    assert fast.step == place


def test_a_stage_is_played_again_and_again(fast):
    fast.choose("loop", "backward")
    fast.find("play").setFocus()
    with fast.qtbot.waitSignal(fast.window.walk.played):
        fast.press(Key.Key_P)
    places = []
    fast.window.walk.stepped.connect(lambda _: places.append(fast.window.walk.step + 1))
    once = list(range(7, 15))
    fast.wait(lambda: len(places) > 3 * len(once))
    fast.press(Key.Key_P)
    begin = places.index(once[0])
    assert places[begin : begin + 2 * len(once)] == once * 2
    assert set(places) == set(once)
    assert fast.epoch == 0


def test_a_loop_that_is_turned_off_lets_it_go_on(fast):
    fast.choose("loop", "update")
    fast.find("play").setFocus()
    fast.press(Key.Key_P)
    assert fast.step[0] == "update"
    fast.find("loop", QComboBox).setCurrentIndex(0)
    fast.wait(lambda: fast.epoch == 1)
    fast.press(Key.Key_P)


def test_the_pace_applies_while_steps_are_played(person):
    slider = person.find("pace", QSlider)
    slider.setFocus()
    person.press(Key.Key_Home)
    assert person.read("pace_value") == "0.25 steps/s"
    person.press(Key.Key_P)
    assert person.step[1] == 1
    person.press(Key.Key_End)
    assert person.read("pace_value") == "20 steps/s"
    person.wait(lambda: person.step[1] >= 6)  # a quarter of a minute at the pace before
    person.press(Key.Key_P)


def test_training_ends_the_playing_of_steps(fast):
    fast.press(Key.Key_P)
    fast.wait(lambda: fast.step[1] >= 2)
    fast.press(Key.Key_Space)
    fast.wait(lambda: fast.epoch > 3)
    fast.press(Key.Key_Space)
    assert not fast.window.walk.playing
    assert fast.step is None


def test_playing_stops_where_training_ends(fast):
    fast.enter("epochs", "1")
    fast.find("play").setFocus()
    fast.press(Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    fast.press(Key.Key_P)
    fast.wait(lambda: not fast.window.walk.playing)
    assert fast.epoch == 1
    assert fast.step == ("update", 16, 16)
    assert "Finished" in fast.read("notice_text")
