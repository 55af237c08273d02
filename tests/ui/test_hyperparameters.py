"""The hyperparameters as a person uses them: what is shown, what it does to a run."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QStyle, QWidget
from PySide6.QtWidgets import QStyleOptionComboBox as ComboOption

from app.study.experiment import Experiment
from app.study.hyperparameters import ClipBy, Optimizer, Schedule, UpdateRule
from app.study.setting import Choice, settings_of
from app.training.history import History
from app.training.loop import State
from app.training.trainer import Trainer
from tests.ui.person import Person

OPTIMIZER_SETTINGS = {
    Optimizer.GRADIENT_DESCENT: set(),
    Optimizer.MOMENTUM: {"momentum"},
    Optimizer.NESTEROV: {"momentum"},
    Optimizer.ADAGRAD: set(),
    Optimizer.RMSPROP: {"decay"},
    Optimizer.ADAM: {"decay1", "decay2"},
}
SCHEDULE_SETTINGS = {
    Schedule.CONSTANT: set(),
    Schedule.STEP: {"step_every", "step_factor"},
    Schedule.COSINE: set(),
}
CHOICES = [
    "sample_loss" if name == "loss" else name
    for _, group in Experiment().groups()
    for name, setting in settings_of(group).items()
    if isinstance(setting, Choice)
]


def title(option) -> str:
    return getattr(option, "label", option.value)


def label_of(person: Person, name: str) -> QLabel:
    control = person.find(name)
    (label,) = (each for each in person.window.findChildren(QLabel) if each.buddy() is control)
    return label


def assert_only(person: Person, expected: set[str], among: set[str]) -> None:
    """Check which of some settings can be seen, each with its label."""
    assert {name for name in among if person.sees(name)} == expected
    assert {name for name in among if label_of(person, name).isVisible()} == expected


def trained(experiment: Experiment) -> History:
    """Return the history of the whole run, without a window."""
    trainer = Trainer(experiment)
    trainer.start()
    while not trainer.finished:
        trainer.advance(777)
    return trainer.history


def steps_of(person: Person, *epochs: int) -> list[np.ndarray]:
    """Return by how much the parameters changed in the updates that led to some epochs."""
    history = person.window.session.history
    return [history.parameters(epoch) - history.parameters(epoch - 1) for epoch in epochs]


# -- what is shown ---------------------------------------------------------------------------


def test_only_what_the_optimizer_uses_is_shown(person):
    among = set().union(*OPTIMIZER_SETTINGS.values())
    assert_only(person, set(), among)
    for optimizer in [*Optimizer, *reversed(Optimizer)]:
        person.choose("optimizer", optimizer.label)
        assert_only(person, OPTIMIZER_SETTINGS[optimizer], among)


def test_only_what_the_schedule_uses_is_shown(person):
    among = set().union(*SCHEDULE_SETTINGS.values())
    for schedule in [*Schedule, *reversed(Schedule)]:
        person.choose("schedule", title(schedule))
        assert_only(person, SCHEDULE_SETTINGS[schedule], among)


@pytest.mark.parametrize(
    ("flag", "uses"),
    [("clipping", {"clip_by", "clip_bound"}), ("batches", {"batch_size", "batch_seed"})],
)
def test_only_what_a_check_box_brings_is_shown(person, flag, uses):
    for _ in range(2):
        ticked = person.window.panel.experiment.value(flag)
        assert_only(person, uses if ticked else set(), uses)
        person.click(flag)


@pytest.mark.parametrize(("size", "enlarged"), [((1000, 640), 0), ((1280, 800), 6)])
def test_every_label_and_every_option_can_be_read(make_window, qtbot, size, enlarged):
    person = Person(make_window(size=size), qtbot)
    for _ in range(enlarged):
        person.press(Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    person.choose("schedule", "step")
    person.click("batches")
    for optimizer in (Optimizer.MOMENTUM, Optimizer.RMSPROP, Optimizer.ADAM):
        person.choose("optimizer", optimizer.label)
        QApplication.processEvents()
        panel = person.find("experiment_panel")
        for label in panel.findChildren(QLabel):
            if label.isVisible() and label.buddy() is not None:
                assert label.width() >= label.sizeHint().width(), label.text()
                assert label.height() >= label.sizeHint().height(), label.text()
        for field in panel.findChildren(QLineEdit):
            if field.isVisible() and len(field.text()) < 10:
                needed = field.fontMetrics().horizontalAdvance(field.text())
                assert field.width() > needed + 8, field.objectName()
    for name in CHOICES:
        box = person.find(name, QComboBox)
        widest = max(
            box.fontMetrics().horizontalAdvance(box.itemText(index)) for index in range(box.count())
        )
        assert room_in(box) >= widest, name


def room_in(box: QComboBox) -> int:
    """Return how wide a text a list can show when it is closed."""
    option = ComboOption()
    box.initStyleOption(option)
    part = QStyle.SubControl.SC_ComboBoxEditField
    complex_control = QStyle.ComplexControl.CC_ComboBox
    return box.style().subControlRect(complex_control, option, part, box).width()


# -- optimizers ------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", Optimizer)
def test_each_optimizer_trains_the_notebooks_data(person, optimizer):
    person.choose("optimizer", optimizer.label)
    person.run_to_end()
    assert person.state is State.FINISHED
    assert person.epoch == 2000
    history = person.window.session.history
    assert history.loss(2000) < history.loss(0) / 5
    expected = trained(Experiment().with_value("optimizer", optimizer))
    assert np.array_equal(history.losses, expected.losses)


def test_optimizers_differ():
    losses = {
        trained(Experiment().with_value("optimizer", optimizer).with_value("epochs", 20)).loss(20)
        for optimizer in Optimizer
    }
    assert len(losses) == len(Optimizer)


def test_adam_chosen_amid_a_run_goes_on_without_a_reset(person):
    person.click("play")
    person.wait(lambda: person.epoch > 10)
    history = person.window.session.history
    before = history.losses[:10].copy()
    person.choose("optimizer", "Adam")
    changed_at = history.last_epoch
    assert not person.window.notice.asks
    assert person.state is State.RUNNING
    assert person.window.session.experiment.training.optimizer is Optimizer.ADAM
    person.wait(lambda: person.epoch > changed_at + 5)
    assert person.window.session.history is history
    person.enter("decay1", "0.8")
    person.window.transport.set_speed(float("inf"))
    person.wait_for(State.FINISHED)
    assert np.array_equal(history.losses[:10], before)
    assert len(history) == 2001
    assert history.loss(2000) < history.loss(0) / 100


def test_going_through_all_optimizers_and_schedules_amid_a_run(person):
    person.enter("epochs", "10000000")
    person.click("play")
    person.wait(lambda: person.epoch > 3)
    history = person.window.session.history
    for optimizer in Optimizer:
        for schedule in (Schedule.STEP, Schedule.CONSTANT):
            person.choose("optimizer", optimizer.label)
            person.choose("schedule", title(schedule))
            shown = person.epoch
            person.wait(lambda shown=shown: person.epoch > shown + 2)
    assert person.state is State.RUNNING
    assert person.window.session.history is history
    assert np.all(np.isfinite(history.losses))


def test_what_an_optimizer_is_told_counts(person):
    person.choose("optimizer", "momentum")
    person.enter("momentum", "0")
    person.train(5)
    plain = trained(Experiment().with_value("epochs", 5))
    assert np.array_equal(person.window.session.history.losses, plain.losses)
    person.enter("momentum", "0.9")
    person.train(2)
    sixth, seventh = steps_of(person, 6, 7)
    assert abs(seventh[1]) == pytest.approx(1.9 * abs(sixth[1]), rel=0.3)


# -- clipping --------------------------------------------------------------------------------


def test_clipping_by_the_norm_keeps_the_direction(person):
    person.train(1)
    by_value = steps_of(person, 1)[0]
    person.choose("clip_by", ClipBy.NORM.label)
    person.click("reset")
    person.wait(lambda: person.epoch == 0)
    person.train(1)
    by_norm = steps_of(person, 1)[0]
    assert np.abs(by_value) == pytest.approx(41 * 0.001 * np.ones(2))
    assert np.hypot(*by_norm) == pytest.approx(41 * 0.001)
    assert abs(by_norm[0]) > 5 * abs(by_norm[1])  # the slope's gradient is the larger
    person.enter("clip_bound", "0.5")
    person.click("reset")
    person.wait(lambda: person.epoch == 0)
    person.train(1)
    assert steps_of(person, 1)[0] == pytest.approx(by_norm / 2)


# -- schedules -------------------------------------------------------------------------------


def test_a_step_schedule_lowers_the_learning_rate_by_steps(person):
    person.choose("schedule", "step")
    person.enter("step_every", "4")
    person.enter("step_factor", "0.25")
    person.train(12)
    rates = [abs(step[1]) / 41 for step in steps_of(person, 1, 4, 5, 8, 9, 12)]
    assert rates == pytest.approx([1e-3, 1e-3, 2.5e-4, 2.5e-4, 6.25e-5, 6.25e-5])


def test_a_cosine_schedule_ends_at_0(person):
    person.choose("schedule", "cosine")
    person.enter("epochs", "100")
    person.run_to_end()
    rates = [abs(step[1]) / 41 for step in steps_of(person, 1, 51, 100)]
    assert rates == pytest.approx([1e-3, 5e-4, 2.467e-7], rel=1e-3)
    person.enter("epochs", "150")  # goes on along the longer cosine
    person.click("play")
    person.wait(lambda: person.epoch == 150)
    person.wait_for(State.FINISHED)
    assert abs(steps_of(person, 101)[0][1]) / 41 == pytest.approx(2.5e-4)
    assert rates == pytest.approx([abs(s[1]) / 41 for s in steps_of(person, 1, 51, 100)])


# -- mini-batches ----------------------------------------------------------------------------


def run_with_batches(person: Person, size: str, seed: str) -> np.ndarray:
    person.enter("batch_size", size)
    person.enter("batch_seed", seed)
    person.click("reset")
    person.wait(lambda: person.epoch == 0)
    person.click("play")
    person.wait_for(State.FINISHED)
    return person.window.session.history.losses.copy()


def test_mini_batches_train_and_the_seed_decides(person):
    whole = trained(Experiment().with_value("epochs", 200)).losses
    person.enter("epochs", "200")
    person.window.transport.set_speed(float("inf"))
    person.click("batches")
    one = run_with_batches(person, "10", "0")
    other = run_with_batches(person, "10", "1")
    again = run_with_batches(person, "10", "0")
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert one[0] == other[0] == whole[0]
    assert one[200] < one[0] / 5
    assert other[200] < one[0] / 5
    wanted = person.window.session.experiment
    assert np.array_equal(one, trained(wanted).losses)
    assert wanted.training.batches
    assert wanted.training.batch_size == 10


def test_a_batch_of_all_samples_and_more_is_no_mini_batch_at_all(person):
    person.enter("epochs", "50")
    person.window.transport.set_speed(float("inf"))
    person.click("batches")
    whole = trained(Experiment().with_value("epochs", 50)).losses
    assert run_with_batches(person, "41", "3") == pytest.approx(whole, rel=1e-9)
    assert run_with_batches(person, "1000", "3") == pytest.approx(whole, rel=1e-9)


def test_batches_of_one_sample_step_41_times_an_epoch(person):
    person.choose("update_rule", UpdateRule.ONCE_PER_PARAMETER.label)
    person.click("batches")
    person.enter("batch_size", "1")
    person.train(1)
    step = steps_of(person, 1)[0]
    assert 0.01 < abs(step[1]) <= 41 * 0.001 * (1 + 1e-9)


# -- what was typed wrong --------------------------------------------------------------------

WRONG = {
    ("optimizer", "momentum"): {"momentum": ("1", "-0.1", "a lot", "")},
    ("optimizer", "RMSProp"): {"decay": ("1",)},
    ("optimizer", "Adam"): {"decay1": ("1",), "decay2": ("nan", "inf")},
    ("schedule", "step"): {"step_every": ("0", "2.5"), "step_factor": ("0", "1.01")},
    ("batches", None): {"batch_size": ("0", "100001"), "batch_seed": ("-1",)},
    (None, None): {"clip_bound": ("0",)},
}


def bring(person: Person, by: str | None, option: str | None) -> None:
    """Make the settings visible that a choice or a check box brings."""
    if option:
        person.choose(by, option)
    elif by:
        person.click(by)


@pytest.mark.parametrize(("by", "option"), WRONG)
def test_a_wrong_number_is_a_sentence_below_its_field(person, by, option):
    bring(person, by, option)
    before = person.window.panel.experiment
    for name, texts in WRONG[by, option].items():
        problem, field = person.find(f"{name}_problem", QLabel), person.find(name)
        valid = person.read(name)
        for text in texts:
            person.enter(name, text)
            assert person.sees(f"{name}_problem")
            assert problem.text().startswith(field.accessibleName())
            assert problem.text().endswith(".")
            person.wait(partial(all_of_it_is_shown, problem))
            assert 0 <= top_of(problem) - top_of(field) - field.height() < 15
        assert person.window.panel.experiment == before
        person.click("play")
        assert person.state is State.PAUSED
        assert "Esc" in person.read("notice_text")
        field.setFocus()
        person.press(Qt.Key.Key_Escape)
        assert person.read(name) == valid
        assert not person.sees(f"{name}_problem")


def all_of_it_is_shown(label: QLabel) -> bool:
    return label.height() >= label.heightForWidth(label.width()) > 0


def top_of(widget: QWidget) -> int:
    return widget.mapToGlobal(widget.rect().topLeft()).y()


@pytest.mark.parametrize(
    ("name", "by", "option", "away"),
    [
        ("momentum", "optimizer", "momentum", "Adam"),
        ("step_every", "schedule", "step", "constant"),
        ("batch_size", "batches", None, None),
        ("clip_bound", None, None, None),
    ],
)
def test_a_wrong_number_that_no_longer_applies_is_not_complained_of(person, name, by, option, away):
    bring(person, by, option)
    person.enter(name, "wrong")
    assert person.sees(f"{name}_problem")
    bring(person, by or "clipping", away)
    assert not person.sees(name)
    assert not person.sees(f"{name}_problem")
    person.click("step")
    person.wait(lambda: person.epoch == 1)


def test_a_wrong_number_can_be_seen_when_its_setting_applies_again(person):
    person.choose("optimizer", "momentum")
    person.enter("momentum", "2")
    person.choose("optimizer", "Adam")
    person.choose("optimizer", "momentum")
    assert person.sees("momentum")
    wrong = person.read("momentum") == "2"
    assert person.sees("momentum_problem") is wrong
    if not wrong:
        assert person.read("momentum") == "0.9"
