"""A person sweeps the learning rate and another setting, and opens a run of the map."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QComboBox, QLabel, QProgressBar, QPushButton, QWidget

from app.study.experiment import Data, Experiment
from app.study.hyperparameters import Optimizer, Training
from app.study.setting import show
from app.theme import load_theme
from app.training.sweep import Sweep
from app.training.trainer import Trainer
from app.views.sweep.heat_map import HeatMap
from app.views.sweep.view import SweepView
from tests.conftest import TIMEOUT, flush_deletions

SMALL = Experiment(Data(samples=5), training=Training(epochs=20))
LONG = Experiment(Data(samples=300), training=Training(epochs=10_000_000))


class User:
    """Uses the view as a person does."""

    def __init__(self, view: SweepView, qtbot) -> None:
        self.view, self.qtbot = view, qtbot
        self.opened: list[tuple[Experiment, str]] = []
        view.open_asked.connect(lambda *asked: self.opened.append(asked))

    def find(self, name: str, kind: type = QWidget):
        found = self.view.findChildren(kind, name)
        assert len(found) == 1, f"{len(found)} things are called {name}"
        return found[0]

    def read(self, name: str) -> str:
        """Return what a label says; "" if it cannot be seen."""
        label = self.find(name, QLabel)
        return label.text() if label.isVisible() else ""

    def type(self, name: str, text: str) -> None:
        field = self.find(name)
        self.qtbot.mouseClick(field, Qt.MouseButton.LeftButton)
        self.qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        self.qtbot.keyClicks(field, text)

    def choose(self, label: str) -> None:
        """Choose the other setting with the keyboard."""
        box = self.find("sweep_setting", QComboBox)
        box.setFocus()
        for _ in range(box.findText(label) - box.currentIndex()):
            self.qtbot.keyClick(box, Qt.Key.Key_Down)
        assert box.currentText() == label
        flush_deletions()  # of the fields that were there before

    @property
    def button(self) -> QPushButton:
        return self.find("sweep_start", QPushButton)

    @property
    def map(self) -> HeatMap:
        return self.find("heat_map", HeatMap)

    def click(self) -> None:
        self.qtbot.mouseClick(self.button, Qt.MouseButton.LeftButton)

    def sweep(self) -> None:
        """Start a sweep and wait for its end."""
        self.click()
        self.wait_for_end()

    def wait_for_end(self) -> None:
        self.wait(lambda: self.button.text().startswith("&Train"))

    def wait(self, condition) -> None:
        self.qtbot.waitUntil(condition, timeout=TIMEOUT)

    @property
    def idle(self) -> bool:
        return not any(each.isActive() for each in self.view.findChildren(QTimer))


@pytest.fixture
def user(qtbot):
    """A person before the view of a small experiment."""
    view = SweepView()
    qtbot.addWidget(view)
    view.set_theme(load_theme("light"))
    view.show_experiment(SMALL)
    view.resize(700, 300)
    view.show()
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow, timeout=TIMEOUT)
    yield User(view, qtbot)
    assert view.close_worker()


# -- training ----------------------------------------------------------------------------------


def test_a_sweep_trains_all_runs_and_says_which_is_the_best(user):
    assert user.button.text() == "&Train 78 runs"
    assert user.idle
    user.sweep()
    best = user.map.best
    rate, optimizer = user.map.plan.rates[best.cell[1]], tuple(Optimizer)[best.cell[0]]
    training = replace(SMALL.training, learning_rate=rate, optimizer=optimizer)
    trainer = Trainer(replace(SMALL, training=training))
    trainer.start()
    trainer.advance(20)
    assert best.loss == trainer.history.loss(20)
    assert user.read("sweep_readout").startswith("Lowest: ")
    assert optimizer.label in user.read("sweep_readout")
    assert user.map.present == (0, 6)
    assert "not trained" not in user.map.accessibleDescription()
    assert user.idle


def test_progress_is_shown_while_a_sweep_goes_on_and_cancel_ends_it(user):
    user.view.show_experiment(LONG)
    bar = user.find("sweep_progress", QProgressBar)
    assert not bar.isVisible()
    user.click()
    assert user.button.text() == "&Cancel"
    user.wait(lambda: bar.value() > 0)
    assert bar.text().endswith(" % · 0 of 78 runs")
    user.click()
    user.wait_for_end()
    assert user.read("sweep_says") == "Cancelled after 0 of 78 runs."
    assert not bar.isVisible()
    assert user.idle


def test_a_sweep_can_be_started_again_after_it_was_cancelled(user):
    user.view.show_experiment(LONG)
    user.click()
    user.click()
    user.wait_for_end()
    user.view.show_experiment(SMALL)
    user.sweep()
    assert user.read("sweep_says") == ""
    assert user.map.best is not None


def test_closing_gives_up_the_sweep_that_goes_on(user):
    user.view.show_experiment(LONG)
    user.click()
    assert user.view.close_worker()
    assert user.idle


def test_an_error_of_the_sweep_is_said(user, monkeypatch):
    def fail(_sweep):
        raise ZeroDivisionError("broken")

    monkeypatch.setattr(Sweep, "run", fail)
    user.sweep()
    assert "ended with an error: ZeroDivisionError('broken')" in user.read("sweep_says")
    assert user.button.isEnabled()


@pytest.mark.usefixtures("without_native_code")
def test_a_slow_sweep_says_why(user):
    user.view.show_experiment(SMALL.with_value("epochs", 1))
    user.sweep()
    assert "define-by-run engine, many times slower" in user.read("sweep_says")


# -- the form ----------------------------------------------------------------------------------


def test_another_setting_can_be_swept(user):
    user.choose("Clip bound")
    user.type("sweep_value_from", "0.5")
    user.type("sweep_value_to", "2")
    user.type("sweep_value_count", "3")
    user.type("sweep_rate_count", "2")
    assert user.button.text() == "&Train 6 runs"
    user.sweep()
    assert user.map.plan.values == (0.5, 1.0, 2.0)
    assert user.map.plan.rates == (1e-5, 0.1)


def test_options_are_swept_that_are_ticked(user):
    for optimizer in Optimizer:
        if optimizer not in (Optimizer.ADAM, Optimizer.MOMENTUM):
            box = user.find(f"sweep_value_{optimizer.name.lower()}")
            box.setFocus()
            user.qtbot.keyClick(box, Qt.Key.Key_Space)
    assert user.button.text() == "&Train 26 runs"


def test_what_cannot_be_trained_is_said_until_it_is_mended(user):
    user.type("sweep_rate_from", "x")
    assert "“x” is no number" in user.read("sweep_problem")
    assert not user.button.isEnabled()
    user.type("sweep_rate_from", "7")
    assert "“from” must be smaller than “to”" in user.read("sweep_problem")
    user.type("sweep_rate_from", "0.001")
    assert user.read("sweep_problem") == ""
    assert user.button.isEnabled()


def test_what_a_setting_presupposes_is_said(user):
    user.choose("Momentum")
    assert "All runs have “Optimizer: momentum”" in user.read("sweep_note")


def test_the_learning_rates_follow_the_experiment_until_the_first_sweep(user):
    user.view.show_experiment(SMALL.with_value("learning_rate", 0.1))
    assert user.find("sweep_rate_to").text() == "10"
    user.type("sweep_rate_count", "2")
    user.sweep()
    user.view.show_experiment(SMALL.with_value("learning_rate", 0.5))
    assert user.find("sweep_rate_to").text() == "10"


# -- the map -----------------------------------------------------------------------------------


def test_a_click_on_a_cell_asks_for_its_run(user):
    user.type("sweep_rate_count", "3")
    user.sweep()
    at = user.map.grid().rect((5, 2)).center().toPoint()
    user.qtbot.mouseClick(user.map, Qt.MouseButton.LeftButton, pos=at)
    ((experiment, name),) = user.opened
    training = replace(SMALL.training, learning_rate=0.1, optimizer=Optimizer.ADAM)
    assert (experiment, name) == (replace(SMALL, training=training), "learning rate 0.1, Adam")
    user.view.show_experiment(experiment)
    assert user.map.present == (5, 2)
    assert user.read("sweep_says") == ""


def test_the_run_that_is_looked_at_is_read_out(user):
    user.type("sweep_rate_count", "3")
    user.sweep()
    user.map.setFocus()
    user.qtbot.keyClick(user.map, Qt.Key.Key_Up)
    user.qtbot.keyClick(user.map, Qt.Key.Key_Home)
    row, column = user.map.looked_at
    assert column == 0
    said = user.read("sweep_readout")
    assert said.startswith("Final loss ")
    assert "lowest" in said
    assert said.endswith(f": learning rate {show(1e-5)}, {tuple(Optimizer)[row].label}.")


def test_a_map_of_other_settings_says_so_and_can_still_be_opened(user):
    user.type("sweep_rate_count", "3")
    user.sweep()
    user.view.show_experiment(SMALL.with_value("noise", 2.0).with_value("epochs", 7))
    assert (
        user.read("sweep_says") == "Of other settings than the present ones: noise σ 0, epochs 20."
    )
    assert user.map.present is None
    at = user.map.grid().rect((0, 0)).center().toPoint()
    user.qtbot.mouseClick(user.map, Qt.MouseButton.LeftButton, pos=at)
    assert user.opened[0][0].data == SMALL.data
    user.view.show_experiment(SMALL)
    assert user.read("sweep_says") == ""


def test_the_form_stands_beside_the_map_or_above_it(user):
    form = user.find("sweep_form")
    assert user.map.x() > form.geometry().right()
    user.view.resize(380, 560)
    user.wait(lambda: user.map.y() > form.geometry().bottom())


def test_a_small_dock_and_large_text_leave_room_for_the_map(user):
    user.sweep()
    font = user.view.font()
    font.setPointSizeF(1.6 * font.pointSizeF())
    user.view.setFont(font)
    user.view.resize(460, 220)
    user.wait(lambda: user.map.grid() is not None and user.map.height() > 60)
    assert user.button.geometry().bottom() <= user.view.height()
