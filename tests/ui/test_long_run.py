"""Millions of epochs at full speed: the window stays fluid, and every loss can be read."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from app.study.experiment import Experiment
from app.study.hyperparameters import Optimizer, UpdateRule
from app.study.presets import Preset
from app.training.history import History
from app.training.loop import State
from app.training.trainer import Trainer
from tests.ui.person import Person, curves

EPOCHS = 3_000_000
LONG = (
    Experiment().with_value("optimizer", Optimizer.MOMENTUM).with_value("epochs", EPOCHS)
)  # whose loss never settles: each epoch has its own


@pytest.fixture
def person(make_window, qtbot) -> Person:
    """A person before a long run."""
    return Person(make_window(Preset("long", "Long", "", LONG)), qtbot)


@pytest.fixture(scope="module")
def expected() -> History:
    """The history of the long run, trained in pieces of another size."""
    trainer = Trainer(LONG)
    trainer.start()
    while not trainer.finished:
        trainer.advance(123_456)
    return trainer.history


def curve(person: Person) -> tuple[np.ndarray, np.ndarray]:
    (item,) = curves(person.window.loss_view.plot)
    return item.getData()


def readout(person: Person) -> tuple[int, float]:
    match = re.fullmatch(r"epoch ([\d,]+) · loss (\S+)", person.read("loss_readout"))
    assert match
    return int(match[1].replace(",", "")), float(match[2])


def epochs_in_view(person: Person) -> tuple[float, float]:
    (left, right), _ = person.window.loss_view.plot.getViewBox().viewRange()
    return left, right


def zoom_into(person: Person, epoch: int, most: int) -> None:
    """Turn the wheel over an epoch until so many epochs are in view at most."""
    plot = person.window.loss_view.plot
    box = plot.getViewBox()
    while np.diff(epochs_in_view(person))[0] > most:
        middle = sum(box.viewRange()[1]) / 2
        person.wheel(
            plot.viewport(), QPointF(plot.mapFromScene(box.mapViewToScene(QPointF(epoch, middle))))
        )


def test_it_finishes_and_the_window_draws_meanwhile(person, expected):
    drawn: list[tuple[int, int]] = []

    def look() -> None:
        epochs, heights = curve(person)
        assert len(epochs) == len(heights) > 0
        drawn.append((person.epoch, int(epochs[-1])))

    person.window.session.frame_arrived.connect(look)
    person.run_to_end()
    assert person.state is State.FINISHED
    assert person.epoch == EPOCHS
    assert "3,000,000" in person.read("notice_text")
    assert len({epoch for epoch, _ in drawn}) >= 5
    assert all(end <= epoch for epoch, end in drawn)
    epochs, heights = curve(person)
    width = person.window.loss_view.plot.width()
    assert len(epochs) <= 2 * max(50, width)
    assert epochs[0] == 0
    assert EPOCHS - EPOCHS / 100 < epochs[-1] <= EPOCHS
    assert np.all(np.isfinite(heights))
    left, right = epochs_in_view(person)
    assert left <= 0
    assert right >= EPOCHS
    assert person.read("loss") == f"loss {expected.loss(EPOCHS):.6g}"


def test_the_crosshair_reads_every_loss_also_where_none_is_kept(person, expected):
    person.run_to_end()
    history = person.window.session.history
    assert history.kept < EPOCHS
    person.window.loss_view.setFocus()
    for key, epoch in (
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_End, EPOCHS),
        (Qt.Key.Key_Right, EPOCHS),
        (Qt.Key.Key_Left, EPOCHS - 1),
        (Qt.Key.Key_Left, EPOCHS - 2),
        (Qt.Key.Key_Right, EPOCHS - 1),
    ):
        person.press(key)
        assert readout(person) == (epoch, pytest.approx(expected.loss(epoch), rel=1e-9))
        assert history.loss(epoch) == expected.loss(epoch)
    first = history.kept - 1  # where what is kept ends
    for epoch in (first, first + 1, 1_234_567, 2_000_000):
        assert history.loss(epoch) == expected.loss(epoch)
        assert np.array_equal(history.parameters(epoch), expected.parameters(epoch))


@pytest.mark.parametrize("epoch", [700_000, 2_900_000])
def test_zoomed_in_each_loss_is_drawn_exactly(person, expected, epoch):
    person.run_to_end()
    zoom_into(person, epoch, 300)
    left, right = (math.ceil(each) for each in epochs_in_view(person))
    assert abs(left - epoch) < 30_000  # a few pixels of the whole run
    epochs, heights = curve(person)
    shown = list(range(left, right))
    assert set(shown) <= set(epochs.tolist())
    at = np.searchsorted(epochs, shown)
    exact = [expected.loss(each) for each in shown]
    assert np.array_equal(heights[at], np.log10(exact))
    assert len(set(exact)) > 0.9 * len(exact)


def test_the_mouse_reads_out_what_was_zoomed_into(person, expected):
    person.run_to_end()
    zoom_into(person, 2_500_000, 100)
    viewport = person.window.loss_view.plot.viewport()
    seen: set[int] = set()

    def point_and_look() -> bool:  # of moves that follow one another closely, some are dropped
        at = QPointF(viewport.width() * (0.3 + 0.1 * (len(seen) % 5)), viewport.height() / 2)
        person.qtbot.mouseMove(viewport, at.toPoint())
        epoch, loss = readout(person)
        left, right = epochs_in_view(person)
        assert left - 1 <= epoch <= right + 1 or epoch == EPOCHS  # not pointed at anything yet
        assert loss == pytest.approx(expected.loss(epoch), rel=1e-9)
        seen.add(epoch)
        return len(seen) == 4

    person.wait(point_and_look)


def play_far(person: Person, epoch: int) -> None:
    """Play a run of ten million epochs, at full speed, beyond an epoch."""
    person.enter("epochs", "10000000")
    person.window.transport.set_speed(float("inf"))
    person.click("play")
    person.wait(lambda: person.epoch > epoch)
    assert person.state is State.RUNNING


def pause(person: Person) -> int:
    """Pause, and return at which epoch."""
    person.click("play")
    person.wait_for(State.PAUSED)
    assert person.epoch == person.window.session.history.last_epoch < 10_000_000
    return person.epoch


def test_reset_amid_a_long_run_begins_again_at_once(person):
    first = person.read("loss")
    play_far(person, 100_000)
    person.press(Qt.Key.Key_R)
    person.wait(lambda: person.epoch == 0)
    assert person.state is State.PAUSED
    assert person.read("loss") == first
    assert list(curve(person)[0]) == [0]


def test_a_pause_changes_nothing(person, expected):
    play_far(person, 50_000)
    paused = pause(person)
    play_far(person, paused + 50_000)
    pause(person)
    history = person.window.session.history
    for epoch in (100, paused - 1, paused, paused + 1, paused + 50_000):
        assert history.loss(min(epoch, EPOCHS)) == expected.loss(min(epoch, EPOCHS))


def test_what_was_shown_is_read_out_again_whatever_was_changed_later(person):
    """Beyond what is kept, epochs are trained again, with the settings of their time."""
    shown: dict[int, tuple[float, list[float]]] = {}
    history = person.window.session.history

    def pause_and_note() -> int:
        epoch = pause(person)
        shown[epoch] = (history.loss(epoch), history.parameters(epoch).tolist())
        return epoch

    play_far(person, 1_000_000)
    epoch = pause_and_note()
    assert history.kept < epoch
    for change in ("learning rate", "optimizer", "momentum"):
        if change == "learning rate":
            person.find("learning_rate_scale").setFocus()
            person.press(Qt.Key.Key_Left)
        elif change == "optimizer":
            person.choose("optimizer", "Nesterov")
        else:
            person.enter("momentum", "0.8")
        assert not person.window.notice.asks
        play_far(person, epoch + 30_000)
        epoch = pause_and_note()
    assert len(shown) == 4
    for epoch, (loss, numbers) in shown.items():
        assert history.loss(epoch) == loss
        assert history.parameters(epoch).tolist() == numbers


def test_epochs_lowered_below_what_is_done_end_the_run(person):
    play_far(person, 50_000)
    person.enter("epochs", "100")
    person.wait_for(State.FINISHED)
    assert person.epoch < 10_000_000


def test_a_run_that_diverges_late_says_at_which_epoch(make_window, qtbot):
    growing = (
        Experiment()
        .with_value("update_rule", UpdateRule.ONCE_PER_PARAMETER)
        .with_value("clipping", False)
        .with_value("learning_rate", 0.00716)  # a little more than 2/λ
        .with_value("epochs", 10_000_000)
    )
    person = Person(make_window(Preset("growing", "Growing", "", growing)), qtbot)
    person.run_to_end()
    assert person.state is State.DIVERGED
    trainer = Trainer(growing)
    trainer.start()
    trainer.advance(10_000_000)
    assert trainer.divergence.epoch > 10_000
    assert person.epoch == trainer.divergence.epoch
    assert f"epoch {person.epoch:,}" in person.read("notice_text")
    assert person.sees("answer_reset_now")
    assert np.nanmax(curve(person)[1]) > 300  # decades
    person.click("answer_reset_now")
    person.wait(lambda: person.epoch == 0)
