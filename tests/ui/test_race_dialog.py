"""A person chooses what is raced."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QPushButton, QWidget
from shiboken6 import isValid

from app.study.experiment import Data, Experiment
from app.study.hyperparameters import Optimizer, Training
from app.training.session import Session
from app.views.runs.entrants import suited_rate
from app.views.runs.race_dialog import RaceDialog
from tests.conftest import TIMEOUT, flush_deletions

EXPERIMENT = Experiment(Data(samples=5), training=Training(epochs=10))


class User:
    """Uses the dialog as a person does."""

    def __init__(self, dialog: RaceDialog, qtbot) -> None:
        self.dialog, self.qtbot = dialog, qtbot
        self.raced: list[list[tuple[str, Training]]] = []
        dialog.race_asked.connect(self.raced.append)

    def find(self, name: str, kind: type = QWidget):
        found = self.dialog.findChild(kind, name)
        assert found is not None, name
        return found

    def press(self, name: str) -> None:
        """Press a button or a box with the keyboard."""
        self.find(name).setFocus()
        self.qtbot.keyClick(self.find(name), Qt.Key.Key_Space)

    def type(self, name: str, text: str) -> None:
        field = self.find(name)
        field.setFocus()
        self.qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        self.qtbot.keyClick(field, Qt.Key.Key_Delete)
        self.qtbot.keyClicks(field, text)

    def choose_rates(self) -> None:
        box = self.find("race_kind", QComboBox)
        box.setFocus()
        self.qtbot.keyClick(box, Qt.Key.Key_Down)

    @property
    def says(self) -> str:
        return self.find("race_says").text()

    @property
    def button(self) -> QPushButton:
        return self.find("race_start", QPushButton)

    def race(self) -> dict[str, Training]:
        """Press Race; return the runs that were asked for, by name."""
        self.qtbot.mouseClick(self.button, Qt.MouseButton.LeftButton)
        return dict(self.raced[0])


@pytest.fixture
def open_dialog(qtbot):
    """A function that opens the dialog of an experiment."""
    dialogs = []

    def open_dialog(experiment: Experiment = EXPERIMENT, room: int = 23) -> User:
        dialog = RaceDialog(experiment, room)
        dialogs.append(dialog)
        user = User(dialog, qtbot)
        dialog.open()
        return user

    yield open_dialog
    for dialog in dialogs:
        if isValid(dialog):
            dialog.close()
    flush_deletions()


def test_all_optimizers_race_with_the_present_learning_rate(open_dialog):
    user = open_dialog()
    assert user.says == "6 runs of 10 epochs each; the list then has room for 17 more."
    raced = user.race()
    assert list(raced) == [optimizer.label for optimizer in Optimizer]
    assert raced["Adam"] == replace(EXPERIMENT.training, optimizer=Optimizer.ADAM)
    assert {each.learning_rate for each in raced.values()} == {0.001}


def test_each_optimizer_may_have_a_learning_rate_that_suits_it(open_dialog):
    user = open_dialog()
    user.press("race_suited")
    rates = {name: each.learning_rate for name, each in user.race().items()}
    assert rates == {
        "gradient descent": 0.001,
        "momentum": 0.0001,
        "Nesterov": 0.0001,
        "AdaGrad": 0.01,
        "RMSProp": 0.01,
        "Adam": 0.01,
    }


def test_the_present_optimizer_keeps_its_learning_rate():
    for optimizer in Optimizer:
        training = Training(optimizer=optimizer, learning_rate=0.07)
        assert suited_rate(optimizer, training) == 0.07
    adam = Training(optimizer=Optimizer.ADAM, learning_rate=0.07)
    assert suited_rate(Optimizer.ADAGRAD, adam) == 0.07
    assert suited_rate(Optimizer.GRADIENT_DESCENT, adam) == 0.01


def test_only_ticked_optimizers_race(open_dialog):
    user = open_dialog()
    for name in ("momentum", "nesterov", "adagrad", "rmsprop"):
        user.press(f"race_{name}")
    assert user.button.text() == "&Race 2 runs"
    assert list(user.race()) == ["gradient descent", "Adam"]


def test_learning_rates_race(open_dialog):
    user = open_dialog()
    user.choose_rates()
    user.type("race_rate_from", "0.001")
    user.type("race_rate_to", "0.1")
    user.type("race_rate_count", "3")
    raced = user.race()
    assert list(raced) == ["learning rate 0.001", "learning rate 0.01", "learning rate 0.1"]
    assert raced["learning rate 0.01"] == replace(EXPERIMENT.training, learning_rate=0.01)


def test_listed_learning_rates_race_in_place_of_the_others(open_dialog):
    user = open_dialog()
    user.choose_rates()
    user.type("race_listed", "0.3, 0.1 0.3")
    assert not user.find("race_rate_from").isEnabled()
    assert list(user.race()) == ["learning rate 0.3", "learning rate 0.1"]


def test_fewer_than_two_runs_are_refused(open_dialog):
    user = open_dialog()
    user.choose_rates()
    user.type("race_listed", "0.3")
    assert user.says == "A race needs 2 runs or more; this one would have 1."
    assert not user.button.isEnabled()
    user.qtbot.keyClick(user.find("race_listed"), Qt.Key.Key_Return)
    assert user.raced == []
    assert user.dialog.isVisible()


def test_more_runs_than_there_is_room_for_are_refused(open_dialog):
    user = open_dialog(room=4)
    assert user.button.text() == "&Race 4 runs"
    assert user.says.endswith("the list is full then.")
    user.press("race_adam")
    assert "5 runs, and the list has room for 4 more" in user.says
    assert not user.button.isEnabled()
    user.press("race_momentum")
    assert user.button.isEnabled()


@pytest.mark.parametrize("room", [0, 1])
def test_without_room_nothing_races(open_dialog, room):
    user = open_dialog(room=room)
    assert not user.button.isEnabled()
    assert user.says


def test_what_is_no_learning_rate_is_said(open_dialog):
    user = open_dialog()
    user.choose_rates()
    user.type("race_listed", "0.3 x")
    assert "“x” is no number" in user.says
    user.type("race_listed", "0.3 0.4")
    assert user.button.isEnabled()


def test_enter_races_and_the_dialog_is_gone(open_dialog, qtbot):
    user = open_dialog()
    qtbot.keyClick(user.dialog, Qt.Key.Key_Return)
    assert len(user.raced) == 1
    flush_deletions()
    assert not isValid(user.dialog)


def test_escape_races_nothing(open_dialog, qtbot):
    user = open_dialog()
    qtbot.keyClick(user.dialog, Qt.Key.Key_Escape)
    assert user.raced == []


def test_a_session_takes_what_was_chosen(open_dialog, qtbot):
    session = Session()
    session.start(EXPERIMENT)
    user = open_dialog(session.experiment, session.room)
    user.dialog.race_asked.connect(session.race)
    user.race()
    qtbot.waitUntil(lambda: all(run.epoch == 10 for run in session.runs[1:]), timeout=TIMEOUT)
    assert [run.name for run in session.runs[1:]] == [each.label for each in Optimizer]
    assert session.close()
