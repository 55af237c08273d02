"""Steps across epochs: before, while and after a run is trained, and whatever else one does."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.study.experiment import Experiment
from app.study.presets import Preset
from app.training.loop import State
from tests.ui.inspected import number, number_after
from tests.ui.on_canvas import canvas_of
from tests.ui.person import Person
from tests.ui.test_training import history_of

Key = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier
STEPS = 16
"""How many steps a folded epoch has: six operations, the seed, seven edges, two updates."""


def headline(person: Person) -> str:
    return person.read("narration_headline")


def assert_parameters(person: Person, epoch: int) -> None:
    """Check that the graph shows the parameters that the run has at an epoch."""
    history = person.window.session.history
    canvas = canvas_of(person)
    for place, value in zip(
        canvas.scene.probe.tape.parameters, history.parameters(epoch).tolist(), strict=True
    ):
        node = canvas.scene.find_node(place, 0)
        assert f"value {value!r}\n".replace("-", "−") in canvas.describe(node)


# -- before and after an epoch ---------------------------------------------------------------


def test_past_the_last_step_comes_the_next_epoch_which_is_trained_for_it(person):
    person.press_often(Key.Key_Right, STEPS)
    assert person.step == ("update", 16, 16)
    assert person.window.session.history.last_epoch == 0
    person.press(Key.Key_Right)
    person.wait(lambda: headline(person) == "Epoch 1 · forward 1 of 6")
    assert person.epoch == 1
    expected = history_of(Experiment(), 1).history
    assert np.array_equal(person.window.session.history.losses, expected.losses)
    assert_parameters(person, 1)
    person.press(Key.Key_Left)
    assert headline(person) == "Epoch 0 · update 2 of 2"
    assert_parameters(person, 1)
    assert person.epoch == 0


def test_a_key_that_is_held_down_trains_no_more_than_one_epoch(person):
    person.press_often(Key.Key_Right, STEPS + 6)
    person.wait(lambda: headline(person).startswith("Epoch 1"))
    with person.qtbot.waitSignal(person.window.session.frame_arrived):
        person.press(Key.Key_PageDown)  # the loop takes up one command after the other
        person.wait(lambda: person.epoch == 2)
    assert person.window.session.history.last_epoch == 2


def test_one_can_go_back_through_several_epochs_of_an_unfinished_run(person):
    person.train(4)
    for epoch in (3, 2, 1):
        person.press(Key.Key_PageUp)
        assert person.epoch == epoch
        assert person.step is None
        assert_parameters(person, epoch)
        assert f"epoch {epoch} of 4" in person.read("notice_text")
    person.press(Key.Key_Right)
    person.press(Key.Key_Left)
    assert headline(person) == "Epoch 0 · update 2 of 2"
    person.press_often(Key.Key_Left, STEPS)
    assert person.read("notice_text") == "This is the very first step of the run."
    person.press(Key.Key_Escape)
    assert person.epoch == 4
    assert person.window.session.history.last_epoch == 4


def test_backwards_over_the_epochs_every_step_is_seen_once(person):
    person.train(2)
    person.press(Key.Key_Right)
    heads = [headline(person)]
    for _ in range(2 * STEPS):
        person.press(Key.Key_Left)
        heads.append(headline(person))
    assert len(set(heads)) == 2 * STEPS + 1
    assert heads[0] == "Epoch 2 · forward 1 of 6"
    assert heads[-1] == "Epoch 0 · forward 1 of 6"
    for before in reversed(heads[:-1]):
        person.press(Key.Key_Right)
        assert headline(person) == before


def test_page_keys_stay_in_the_steps(person):
    person.train(2)
    person.press_often(Key.Key_Right, 3)
    person.press(Key.Key_PageUp)
    assert headline(person) == "Epoch 1 · forward 1 of 6"
    person.press(Key.Key_PageDown)
    assert headline(person) == "Epoch 2 · forward 1 of 6"
    person.press(Key.Key_PageDown)
    person.wait(lambda: headline(person) == "Epoch 3 · forward 1 of 6")
    assert person.window.session.history.last_epoch == 3
    person.press(Key.Key_PageUp)
    person.press(Key.Key_Escape)
    assert (person.epoch, person.step) == (3, None)


def test_page_keys_train_as_a_whole_outside_the_steps(person):
    person.press(Key.Key_PageUp)
    assert "epoch 0" in person.read("notice_text")
    person.press(Key.Key_PageDown)
    person.wait(lambda: person.epoch == 1)
    assert person.step is None


def test_the_next_stage_after_the_update_is_the_next_epochs_first(person):
    for _ in range(3):
        person.press(Key.Key_Right, SHIFT)
    person.press(Key.Key_Right, SHIFT)
    person.wait(lambda: headline(person) == "Epoch 1 · forward 1 of 6")
    person.press(Key.Key_Left, SHIFT)
    assert headline(person) == "Epoch 0 · update 2 of 2"


# -- in the middle of a trace ----------------------------------------------------------------


@pytest.fixture
def amid(person) -> Person:
    """A person in the backward pass of epoch 1 of 3."""
    person.train(3)
    person.find("play").setFocus()
    person.press_often(Key.Key_PageUp, 2)
    person.press_often(Key.Key_Right, 9)
    assert headline(person) == "Epoch 1 · backward 3 of 8"
    return person


def test_n_trains_one_epoch_more_and_shows_it(amid):
    amid.press(Key.Key_N)
    amid.wait(lambda: amid.epoch == 4)
    assert amid.step is None
    assert amid.window.session.history.last_epoch == 4


def test_space_trains_on_from_the_newest_epoch(amid):
    amid.press(Key.Key_Space)
    amid.wait(lambda: amid.epoch > 6)
    amid.press(Key.Key_Space)
    amid.wait_for(State.PAUSED)
    assert amid.step is None
    last = amid.window.session.history.last_epoch
    assert amid.epoch == last
    expected = history_of(Experiment(), last).history
    assert np.array_equal(amid.window.session.history.losses, expected.losses)


def test_a_step_while_training_runs_pauses_it(amid):
    amid.press(Key.Key_Space)
    amid.wait(lambda: amid.epoch > 6)
    amid.press(Key.Key_Right)
    amid.wait_for(State.PAUSED)
    assert amid.step is not None
    shown = amid.epoch
    amid.press(Key.Key_Escape)
    assert amid.epoch == amid.window.session.history.last_epoch >= shown


def test_reset_begins_at_epoch_0_as_a_whole(amid):
    amid.press(Key.Key_R)
    amid.wait(lambda: amid.epoch == 0)
    assert amid.step is None
    assert amid.window.session.history.last_epoch == 0
    amid.press(Key.Key_Right)
    assert headline(amid) == "Epoch 0 · forward 1 of 6"


def test_another_learning_rate_applies_to_the_newest_epochs_update_only(person):
    person.train(3)
    person.enter("learning_rate", "0.002")
    person.find("play").setFocus()
    person.press_often(Key.Key_PageUp, 2)
    person.press_often(Key.Key_Right, 15)
    assert headline(person) == "Epoch 1 · update 1 of 2"
    assert "times learning rate 0.001," in person.read("narration_sentence")
    assert_updates(person, 1, "0.001")
    person.press(Key.Key_Escape)
    person.press_often(Key.Key_Right, 15)
    assert "times learning rate 0.002," in person.read("narration_sentence")
    person.press_often(Key.Key_Right, 2)
    person.wait(lambda: headline(person) == "Epoch 4 · forward 1 of 6")
    person.press_often(Key.Key_Left, 2)
    assert_updates(person, 3, "0.002")


def test_amid_a_past_epoch_another_learning_rate_branches_off_and_the_step_stays(amid):
    session = amid.window.session
    first = session.current
    amid.enter("learning_rate", "0.002")
    amid.wait(lambda: session.current is not first)
    assert (session.current.parent, session.current.branched_at) == (first.number, 1)
    amid.wait(lambda: headline(amid) == "Epoch 1 · backward 3 of 8")
    amid.find("play").setFocus()
    amid.press_often(Key.Key_Right, 6)
    assert headline(amid) == "Epoch 1 · update 1 of 2"
    assert "times learning rate 0.002," in amid.read("narration_sentence")
    amid.press_often(Key.Key_Right, 2)
    amid.wait(lambda: headline(amid) == "Epoch 2 · forward 1 of 6")
    amid.press_often(Key.Key_Left, 2)
    assert_updates(amid, 1, "0.002")
    session.select(first.number)
    amid.wait(lambda: "times learning rate 0.001," in amid.read("narration_sentence"))
    assert headline(amid) == "Epoch 1 · update 1 of 2"
    assert_updates(amid, 1, "0.001")
    assert first.epoch == 3


def assert_updates(person: Person, epoch: int, rate: str) -> None:
    """Check the inspector's account of m's update against what training made of it."""
    person.settle()
    text = person.read("update_step")
    assert number_after(text, "× learning rate") == float(rate)
    history = person.window.session.history
    before, after = history.parameters(epoch)[0], history.parameters(epoch + 1)[0]
    assert number_after(text, "m before") == pytest.approx(before, rel=1e-4)
    assert number_after(text, "m after") == pytest.approx(after, rel=1e-4)


def test_a_learning_rate_edited_at_the_newest_epochs_steps_changes_its_update(person):
    person.train(1)
    person.press_often(Key.Key_Right, 15)
    assert "times learning rate 0.001," in person.read("narration_sentence")
    person.enter("learning_rate", "0.004")
    assert "times learning rate 0.004," in person.read("narration_sentence")
    assert person.step == ("update", 15, 16)


def test_a_preset_in_the_middle_asks_and_begins_at_its_epoch_0(amid):
    amid.choose("preset", "Noisy line")
    assert headline(amid) == "Epoch 1 · backward 3 of 8"
    assert amid.sees("answer_keep_this_run")
    amid.click("answer_start_anew")
    amid.wait(lambda: amid.epoch == 0)
    assert amid.step is None
    amid.press(Key.Key_Right)
    sample = amid.window.walk.sample
    x = canvas_of(amid).scene.probe.samples.x[sample]
    assert f"× {x:g}".replace("-", "−") in amid.read("narration_sentence").replace("(", "")


# -- at the end ------------------------------------------------------------------------------


def test_at_the_end_of_training_it_says_why_it_goes_no_further(person):
    person.enter("epochs", "3")
    person.run_to_end()
    assert person.epoch == 3
    person.press_often(Key.Key_Right, STEPS)
    assert headline(person) == "Epoch 3 · update 2 of 2"
    person.press(Key.Key_Right)
    person.wait(lambda: "Finished after 3 epochs" in person.read("notice_text"))
    assert headline(person) == "Epoch 3 · update 2 of 2"
    person.press(Key.Key_Left)
    assert headline(person) == "Epoch 3 · update 1 of 2"
    person.enter("epochs", "4")
    person.find("play").setFocus()
    person.press_often(Key.Key_Right, 2)
    person.wait(lambda: headline(person) == "Epoch 4 · forward 1 of 6")


def test_a_diverged_end_can_be_stepped_through_and_goes_no_further(make_window, qtbot):
    person = Person(make_window("diverging"), qtbot)
    person.run_to_end()
    last = person.epoch
    person.press_often(Key.Key_Right, 6)
    assert "= inf." in person.read("narration_sentence")
    assert "too large for a floating-point number" in person.read("narration_sentence")
    person.press_often(Key.Key_Right, STEPS - 6)
    assert headline(person) == f"Epoch {last} · update 2 of 2"
    person.press(Key.Key_Right)
    person.wait(lambda: "infinite" in person.read("notice_text"))
    assert person.sees("answer_why?")
    assert headline(person) == f"Epoch {last} · update 2 of 2"
    assert person.window.session.history.last_epoch == last
    person.press_often(Key.Key_Left, STEPS)
    assert headline(person) == f"Epoch {last - 1} · update 2 of 2"


# -- mini-batches ----------------------------------------------------------------------------


@pytest.fixture
def in_batches(make_window, qtbot) -> Person:
    """Five samples in mini-batches of two: two whole ones, and one of a single sample."""
    experiment = Experiment().with_value("samples", 5).with_value("batches", True)
    experiment = experiment.with_value("batch_size", 2)
    return Person(make_window(Preset("batches", "Batches", "", experiment)), qtbot)


def test_steps_go_batch_by_batch_and_the_headline_says_so(in_batches):
    heads = []
    for _ in range(3 * STEPS):
        in_batches.press(Key.Key_Right)
        heads.append(headline(in_batches))
    stages = [("forward", 6), ("backward", 8), ("update", 2)]
    assert heads == [
        f"Epoch 0 · batch {batch} of 3 · {stage} {done} of {count}"
        for batch in (1, 2, 3)
        for stage, count in stages
        for done in range(1, count + 1)
    ]
    in_batches.press(Key.Key_Right)
    in_batches.wait(lambda: headline(in_batches) == "Epoch 1 · batch 1 of 3 · forward 1 of 6")
    assert_parameters(in_batches, 1)
    for before in reversed(heads):
        in_batches.press(Key.Key_Left)
        assert headline(in_batches) == before


def test_every_sample_is_in_one_batch_and_its_own_numbers_are_shown(in_batches):
    seen = []
    for batch in range(3):
        in_batches.press(Key.Key_Right, SHIFT)
        scene = canvas_of(in_batches).scene
        seen += scene.probe.chosen.tolist()
        (plate,) = [each for each in scene.plates if each.is_samples]
        assert plate.label.startswith(f"× {1 if batch == 2 else 2} sample")
        in_batches.press_often(Key.Key_Right, 5)
        loss = np.mean(
            [(y - (m * x + c)) ** 2 for x, y, m, c in samples_of(in_batches, scene.probe.chosen)]
        )
        told = in_batches.read("narration_sentence")
        (mean,) = re.findall(r"= ([\d.]+) for this mini-batch alone\.", told)
        assert float(mean) == pytest.approx(loss, rel=6e-4)
        in_batches.press_often(Key.Key_Right, STEPS - 6)
        assert in_batches.step[0] == "update"
    assert sorted(seen) == [0, 1, 2, 3, 4]


def samples_of(person: Person, chosen: np.ndarray) -> list[tuple[float, float, float, float]]:
    """x and y of some samples, with the parameters that the graph shows."""
    canvas = canvas_of(person)
    m, c = (
        number(re.search(r"value (\S+)", canvas.describe(canvas.scene.find_node(place, 0)))[1])
        for place in canvas.scene.probe.tape.parameters
    )
    x = np.linspace(-20, 20, 5)[chosen]
    return [(float(each), 2 * float(each) - 9, m, c) for each in x]
