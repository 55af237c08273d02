"""The fit: the formula, the plot, the table, as drawn and as copied."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QTableView

from app.study.data import make_samples
from app.study.experiment import Experiment, Problem
from app.study.presets import Preset
from app.study.recipe import Data
from app.views.fit_words import fitted_formula
from tests.ui.person import Person, drawn, legend_item

NOTEBOOK = json.loads(
    (Path(__file__).parents[1] / "data" / "notebook_trace.json").read_text(encoding="utf-8")
)


def parameters(person: Person) -> tuple[float, float]:
    session = person.window.session
    slope, intercept = session.history.parameters(session.epoch)
    return float(slope), float(intercept)


def cells(person: Person, column: int) -> list[float]:
    """Return a column of the table as it is written, top to bottom."""
    model = person.find("fit_table", QTableView).model()
    texts = [model.index(row, column).data() for row in range(model.rowCount())]
    return [float(text.replace("−", "-")) for text in texts]


def click_title(person: Person, column: int) -> None:
    header = person.find("fit_table", QTableView).horizontalHeader()
    at = header.rect().center()
    at.setX(header.sectionViewportPosition(column) + header.sectionSize(column) // 2)
    person.qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)


def copied() -> list[list[str]]:
    return [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]


# -- formula and plot ------------------------------------------------------------------------


def test_the_formula_shows_the_fitted_and_the_true_numbers(person):
    shown = person.read("fitted_formula")
    assert shown == "fitted ŷ = 0.76434·x + 0.29501"
    assert person.read("true_formula") == "true y = 2·x − 9"
    person.train(60)
    slope, intercept = parameters(person)
    shown = person.read("fitted_formula")
    assert f"{slope:.5g}·x − {-intercept:.5g}" in shown
    heard = person.find("fitted_formula").accessibleDescription()
    assert heard == f"fitted ŷ = {slope:.5g}·x − {-intercept:.5g}"
    assert person.find("true_formula").accessibleDescription() == "true y = 2·x − 9"


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ((3.0873e152, 3.5047e134), "ŷ = 3.0873e152·x + 3.5047e134"),
        ((-1e-6, -0.0), "ŷ = −1e−6·x + 0"),
        ((math.inf, -math.inf), "ŷ = inf·x − inf"),
    ],
)
def test_very_large_and_small_numbers_are_written_as_on_the_nodes(parameters, text):
    assert fitted_formula(Problem(), np.array(parameters)) == text


def test_noise_is_named_in_the_formula(person):
    person.enter("noise", "2.5")
    person.wait(lambda: person.epoch == 0)
    assert "σ = 2.5" in person.read("true_formula")


def test_the_data_and_their_line_are_plotted(person):
    plot = person.window.fit_view.plot
    samples = make_samples(Data()).train
    x, y = drawn(plot, "data")
    assert np.array_equal(x, samples.x)
    assert np.array_equal(y, samples.y)
    x, y = drawn(plot, "true line")
    assert np.allclose(y, 2 * x - 9)
    assert (x.min(), x.max()) == (-20, 20)


def test_the_fitted_line_moves_with_training(person):
    plot = person.window.fit_view.plot
    for epochs in (0, 5):
        if epochs:
            person.train(epochs)
        slope, intercept = parameters(person)
        x, y = drawn(plot, "fitted line")
        assert np.allclose(y, slope * x + intercept)


def test_all_points_are_in_view(person):
    plot = person.window.fit_view.plot
    (left, right), (bottom, top) = plot.getViewBox().viewRange()
    x, y = drawn(plot, "data")
    assert left < x.min()
    assert x.max() < right
    assert bottom < y.min()
    assert y.max() < top


def test_residuals_go_from_each_point_to_the_line(person):
    x, y = drawn(person.window.fit_view.plot, "residuals")
    samples = make_samples(Data()).train
    slope, intercept = parameters(person)
    assert np.array_equal(x, np.repeat(samples.x, 2))
    assert np.array_equal(y[0::2], samples.y)
    assert np.allclose(y[1::2], slope * samples.x + intercept)


def test_residuals_can_be_hidden_and_are_right_when_shown_again(person):
    plot = person.window.fit_view.plot
    person.click("residuals")
    assert not legend_item(plot, "residuals").isVisible()
    person.train(4)
    person.click("residuals")
    assert legend_item(plot, "residuals").isVisible()
    slope, intercept = parameters(person)
    x, y = drawn(plot, "residuals")
    assert np.allclose(y[1::2], slope * x[1::2] + intercept)


@pytest.mark.parametrize("samples", ["1", "2"])
def test_very_few_samples_are_drawn(person, samples):
    person.enter("samples", samples)
    person.wait(lambda: person.epoch == 0)
    x, _ = drawn(person.window.fit_view.plot, "data")
    assert len(x) == int(samples)
    assert not person.window.grab().isNull()


def test_of_very_many_samples_some_are_drawn_and_it_says_so(make_window, qtbot):
    many = Experiment().with_value("samples", 10_000)
    person = Person(make_window(Preset("many", "Many", "", many)), qtbot)
    plot = person.window.fit_view.plot
    x, _ = drawn(plot, "data")
    assert 1000 < len(x) <= 5000
    labels = [label.text for _, label in plot.getPlotItem().legend.items]
    assert any(f"{len(x):,} of 10,000" in label for label in labels)


# -- the table -------------------------------------------------------------------------------


def test_the_table_shows_every_sample(person):
    person.train(3)
    person.choose_tab("fit_tabs", "Table")
    slope, intercept = parameters(person)
    samples = make_samples(Data()).train
    assert cells(person, 0) == list(range(41))
    assert cells(person, 1) == list(samples.x)
    assert cells(person, 2) == pytest.approx(list(slope * samples.x + intercept), rel=1e-5)
    assert cells(person, 3) == list(samples.y)
    assert cells(person, 4) == pytest.approx(
        list(samples.y - slope * samples.x - intercept), rel=1e-4
    )


def test_the_table_follows_training(person):
    person.choose_tab("fit_tabs", "Table")
    before = cells(person, 2)
    person.train(2)
    slope, intercept = parameters(person)
    assert cells(person, 2) != before
    assert cells(person, 2)[0] == pytest.approx(-20 * slope + intercept, rel=1e-5)


def test_a_click_on_a_title_sorts_and_another_turns_it_round(person):
    person.choose_tab("fit_tabs", "Table")
    click_title(person, 4)
    residuals = cells(person, 4)
    assert residuals == sorted(residuals)
    click_title(person, 4)
    assert cells(person, 4) == residuals[::-1]
    person.train(2)
    assert cells(person, 4) == sorted(cells(person, 4), reverse=True)


def test_copy_takes_every_row_with_full_digits(person):
    person.train(3)
    person.choose_tab("fit_tabs", "Table")
    person.click("copy_table")
    titles, *rows = copied()
    assert len(rows) == 41
    assert titles[:2] == ["sample", "x"]
    slope, intercept = parameters(person)
    for row, x in zip(rows, make_samples(Data()).train.x, strict=True):
        assert float(row[1]) == x
        assert float(row[2]) == slope * x + intercept
        assert float(row[4]) == float(row[3]) - float(row[2])


def test_ctrl_c_copies_the_selected_rows_as_they_are_sorted(person):
    person.choose_tab("fit_tabs", "Table")
    click_title(person, 1)
    click_title(person, 1)  # the largest x first
    table = person.find("fit_table", QTableView)
    at = table.visualRect(table.model().index(1, 1)).center()
    person.qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    person.press(Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    _, *rows = copied()
    assert [float(row[1]) for row in rows] == [19.0]


def test_after_the_notebooks_run_the_table_is_the_notebooks(person):
    person.run_to_end()
    person.choose_tab("fit_tabs", "Table")
    assert parameters(person) == (NOTEBOOK["m"][2000], NOTEBOOK["c"][2000])
    person.click("copy_table")
    _, *rows = copied()
    m, c = NOTEBOOK["m"][2000], NOTEBOOK["c"][2000]
    assert [float(row[2]) for row in rows] == [m * x + c for x in NOTEBOOK["X"]]
    printed = [re.findall(r"-?[\d.]+", line) for line in NOTEBOOK["printed_table"]]
    assert [[row[0], f"{float(row[2]):.2f}", f"{float(row[3]):.0f}"] for row in rows] == printed
