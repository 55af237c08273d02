"""The heat map of a sweep: what its colours say, and looking at and choosing a run."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from app.study.experiment import Experiment
from app.study.hyperparameters import Optimizer
from app.theme import load_theme
from app.training.sweep import Outcome, SweepPlan
from app.views.sweep.grid import roundness, thinned
from app.views.sweep.heat_map import HeatMap
from app.views.sweep.marks import diverged_colour

RATES = (1e-4, 1e-3, 1e-2, 1e-1)
NUMBERS = SweepPlan(Experiment(), RATES, "clip_bound", (0.1, 1.0, 10.0))
OPTIONS = SweepPlan(Experiment(), RATES, "optimizer", tuple(Optimizer))
START = 100.0


def finite(row: int, column: int, loss: float) -> Outcome:
    return Outcome((row, column), loss, loss, None)


OUTCOMES = [
    finite(0, 0, 50.0),
    finite(0, 1, 1.0),
    finite(0, 2, 1e-3),
    finite(1, 0, 1e9),
    Outcome((1, 3), math.nan, 2.0, 17),
]


@pytest.fixture
def heat_map(qtbot) -> HeatMap:
    """A map of numbers, some of whose runs are trained."""
    heat_map = HeatMap()
    qtbot.addWidget(heat_map)
    heat_map.set_theme(load_theme("light"))
    heat_map.resize(420, 260)
    heat_map.show_plan(NUMBERS)
    heat_map.show_outcomes(OUTCOMES, START)
    heat_map.show()
    return heat_map


def place(heat_map: HeatMap, row: int, column: int) -> QPoint:
    return heat_map.grid().rect((row, column)).center().toPoint()


def corner(heat_map: HeatMap, row: int, column: int) -> QColor:
    """Return the colour in a cell's corner, which no mark but a frame touches."""
    at = heat_map.grid().rect((row, column)).topLeft().toPoint() + QPoint(6, 6)
    return heat_map.grab().toImage().pixelColor(at)


# -- what the colours say ----------------------------------------------------------------------


def test_the_lower_the_loss_the_darker_the_cell(heat_map):
    lightness = [corner(heat_map, *cell).lightnessF() for cell in ((0, 2), (0, 1), (0, 0), (1, 0))]
    assert lightness == sorted(lightness)
    assert lightness[0] < lightness[1] < lightness[2]


def test_all_losses_above_the_start_have_the_last_colour(heat_map):
    assert heat_map.capped
    assert heat_map.scale.loss(heat_map.scale.high) == pytest.approx(START)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_diverged_runs_and_those_not_trained_look_like_no_loss(heat_map, name):
    theme = load_theme(name)
    heat_map.set_theme(theme)
    assert corner(heat_map, 1, 3) == diverged_colour(theme)
    assert corner(heat_map, 2, 2) == theme.base


def test_the_lowest_and_the_present_run_are_marked(heat_map):
    assert heat_map.best == OUTCOMES[2]
    before = heat_map.grab().toImage()
    heat_map.show_present((0, 0))
    after = heat_map.grab().toImage()
    at = place(heat_map, 0, 0)
    assert after.pixelColor(at) == QColor("white") != before.pixelColor(at)


def test_another_sweep_begins_with_an_empty_map(heat_map):
    heat_map.look_at((0, 0))
    heat_map.show_plan(OPTIONS)
    assert (heat_map.best, heat_map.looked_at, heat_map.outcome((0, 0))) == (None, None, None)
    assert corner(heat_map, 0, 0) == load_theme("light").base


def test_a_map_without_room_says_so_and_cannot_be_clicked(heat_map, qtbot):
    heat_map.resize(30, 20)
    assert heat_map.grid() is None
    heat_map.grab()
    with qtbot.assertNotEmitted(heat_map.cell_chosen):
        qtbot.mouseClick(heat_map, Qt.MouseButton.LeftButton)
        qtbot.keyClick(heat_map, Qt.Key.Key_Return)


def test_the_largest_sweep_can_be_drawn(heat_map):
    rates = tuple((number + 1) / 100 for number in range(50))
    plan = SweepPlan(Experiment(), rates, "batch_seed", tuple(range(50)))
    heat_map.show_plan(plan)
    heat_map.show_outcomes(
        [Outcome(cell, 1.0, 1.0, 3 if sum(cell) % 2 else None) for cell in plan.cells()], START
    )
    assert not heat_map.grab().isNull()


# -- looking and choosing ----------------------------------------------------------------------


def test_a_click_on_a_trained_run_chooses_it(heat_map, qtbot):
    with qtbot.waitSignal(heat_map.cell_chosen) as chosen:
        qtbot.mouseClick(heat_map, Qt.MouseButton.LeftButton, pos=place(heat_map, 0, 2))
    assert chosen.args == [(0, 2)]


@pytest.mark.parametrize("button", [Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton])
def test_a_run_that_is_not_trained_cannot_be_chosen(heat_map, qtbot, button):
    with qtbot.assertNotEmitted(heat_map.cell_chosen):
        qtbot.mouseClick(heat_map, button, pos=place(heat_map, 2, 2))


def test_the_mouse_looks_at_the_run_below_it(heat_map, qtbot):
    with qtbot.waitSignal(heat_map.cell_looked_at):
        qtbot.mouseMove(heat_map, place(heat_map, 1, 3))
    assert heat_map.looked_at == (1, 3)
    assert "Diverged at epoch 17, lowest 2 before: " in heat_map.accessibleDescription()
    qtbot.mouseMove(heat_map, place(heat_map, 0, 0))
    assert heat_map.looked_at == (0, 0)


def test_keys_go_from_run_to_run_and_stop_at_the_edges(heat_map, qtbot):
    seen = []
    heat_map.cell_looked_at.connect(lambda: seen.append(heat_map.looked_at))
    keys = "Right", "Right", "Right", "Up", "Up", "Up", "Left", "Down", "Home", "End"
    for key in keys:
        qtbot.keyClick(heat_map, getattr(Qt.Key, f"Key_{key}"))
    assert seen == [(0, 2), (0, 3), (1, 3), (2, 3), (2, 2), (1, 2), (1, 0), (1, 3)]


def test_options_stand_one_below_the_other(heat_map, qtbot):
    heat_map.show_plan(OPTIONS)
    qtbot.keyClick(heat_map, Qt.Key.Key_Down)
    qtbot.keyClick(heat_map, Qt.Key.Key_Down)
    assert heat_map.looked_at == (1, 0)
    assert heat_map.grid().rect((1, 0)).top() > heat_map.grid().rect((0, 0)).top()


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_enter_chooses_the_run_that_is_looked_at(heat_map, qtbot, key):
    qtbot.keyClick(heat_map, Qt.Key.Key_Left)
    with qtbot.waitSignal(heat_map.cell_chosen) as chosen:
        qtbot.keyClick(heat_map, key)
    assert chosen.args == [(0, 2)]


def test_keys_begin_at_the_present_run(heat_map, qtbot):
    heat_map.show_present((1, 0))
    qtbot.keyClick(heat_map, Qt.Key.Key_Up)
    assert heat_map.looked_at == (1, 0)


def test_without_the_focus_nothing_is_looked_at(heat_map, qtbot):
    other = QWidget(heat_map)
    other.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    other.show()
    heat_map.activateWindow()
    heat_map.setFocus()
    qtbot.waitUntil(heat_map.hasFocus)
    qtbot.keyClick(heat_map, Qt.Key.Key_Up)
    other.setFocus()
    assert heat_map.looked_at is None


def test_it_says_in_words_what_it_shows(heat_map):
    assert heat_map.accessibleName()
    said = heat_map.accessibleDescription()
    assert "4 learning rates by 3 values of “Clip bound”" in said
    assert "5 of 12 runs are trained, 1 have diverged" in said


# -- labels ------------------------------------------------------------------------------------


def test_labels_that_all_have_room_are_all_shown():
    assert thinned([20, 30, 20], 40.0, [3, 3, 3]) == [0, 1, 2]


@pytest.mark.parametrize("pitch", [3.0, 10.0, 17.0, 30.0, 61.0])
def test_labels_never_touch(pitch):
    lengths = [28, 55, 52] * 5
    shown = thinned(lengths, pitch, [1, 3, 3] * 5)
    for one, other in pairwise(shown):
        assert (other - one) * pitch > (lengths[one] + lengths[other]) / 2


def test_of_many_labels_the_roundest_are_shown():
    texts = ["1e−5", "2.15e−5", "4.64e−5"] * 4 + ["0.1"]
    costs = [roundness(text) for text in texts]
    assert costs[:3] == [1, 3, 3]
    assert thinned([7 * len(text) for text in texts], 20.0, costs) == [0, 3, 6, 9, 12]
    assert [roundness(text) for text in ("0.001", "100", "0.464", "0", "−20")] == [1, 1, 3, 0, 1]


def test_no_label_reaches_beyond_the_widget():
    assert thinned([80, 80], 100.0, [1, 1], room=170.0) == [0]
    assert thinned([90], 10.0, [1], room=20.0) == []
