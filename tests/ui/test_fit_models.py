"""The fit of any model and any data: its curve, its words, test data, other runs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QTableView

from app.study.architecture import Model, ModelKind
from app.study.experiment import Problem
from app.study.formula import Purpose, parse
from app.study.points import Points
from app.study.recipe import Data, DataSource, NoiseKind, Truth
from app.theme import load_theme
from app.views.fit_view import FitView
from app.views.fit_words import in_numbers, true_formula
from tests.ui.fits import FitPerson, opened
from tests.ui.person import drawn

SINE = Problem(
    Data(true=(("a", 2.0), ("b", 1.0), ("c", 0.5)), x_from=-5.0, x_to=5.0, noise=0.3),
    Model(formula="a*sin(b*x + c)"),
)
TESTED = replace(SINE, data=replace(SINE.data, test_share=0.3))
NETWORK = Problem(Data(truth=Truth.OTHER), Model(kind=ModelKind.NETWORK))
POINTS = Problem(Data(source=DataSource.POINTS, points=Points([3.0, 1.0, 2.0], [1.0, 2.0, 0.0])))
AT = (1.5, 1.1, 0.2)


@pytest.fixture
def view(qtbot) -> Iterator[FitView]:
    view = FitView()
    yield opened(view, qtbot)
    view.close()
    view.deleteLater()


def legend(person: FitPerson) -> list[str]:
    return [label.text for _, label in person.plot.getPlotItem().legend.items]


# -- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("m*x + c", "−2·x − 3"),
        ("c + m*x", "−3 − 2·x"),
        ("c - m*x", "−3 + 2·x"),
        ("c - (m*x + 1)", "−3 − (−2·x + 1)"),
        ("x*m", "x·(−2)"),
        ("x/(m*c)", "x/(−2·(−3))"),
        ("-m*x", "2·x"),
        ("-(m*x + c)", "−(−2·x − 3)"),
        ("-x**2 + p", "−x^2 + 0.5"),
        ("(m + x)**p", "(−2 + x)^0.5"),
        ("m**2 * x", "(−2)^2·x"),
        ("p*exp(-x**2) + pi", "0.5·exp(−x^2) + π"),
        ("max(m*x, c, p)", "max(−2·x, −3, 0.5)"),
        ("p/(x/c)", "0.5/(x/(−3))"),
        ("(x - p) - m", "x − 0.5 + 2"),
    ],
)
def test_a_formula_is_written_with_numbers(text, numbers):
    values = {"m": -2.0, "c": -3.0, "p": 0.5}
    assert in_numbers(parse(text, Purpose.MODEL), values) == numbers


@pytest.mark.parametrize(
    "text",
    ["m*x + c", "c - (m*x + 1)", "x/(m*c)", "-(m*x + c)**2", "p/(x/c) - m**2*x", "-m*x - -c"],
)
def test_what_is_written_has_the_value_of_the_formula(text):
    values = {"m": -2.0, "c": -3.0, "p": 0.5}
    written = in_numbers(parse(text, Purpose.MODEL), values)
    python = written.replace("−", "-").replace("·", "*").replace("^", "**")
    expected = eval(text, {}, {**values, "x": 0.7})  # noqa: S307  the test's own text
    assert eval(python, {}, {"x": 0.7}) == pytest.approx(expected)  # noqa: S307


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (SINE, "y = 2·sin(1·x + 0.5) + noise, σ = 0.3"),
        (NETWORK, "y = sin(x)"),
        (POINTS, ""),
        (
            Problem(Data(noise_kind=NoiseKind.OUTLIERS, noise=0.5)),
            "y = 2·x − 9 + noise, σ = 0.5, with outliers",
        ),
    ],
)
def test_the_true_curve_is_named_with_its_noise(problem, text):
    assert true_formula(problem) == text


def test_a_frozen_parameter_stands_in_the_fitted_formula_too(view, qtbot):
    person = FitPerson(view, qtbot, replace(SINE, frozen=(("b", 3.0),)), (1.5, 0.2))
    assert "ŷ = 1.5·sin(3·x + 0.2)" in person.read("fitted_formula")


def test_a_network_is_named_by_its_size(view, qtbot):
    person = FitPerson(view, qtbot, NETWORK, np.zeros(13))
    assert "network 1-4-1, 13 parameters" in person.read("fitted_formula")


def test_points_have_no_true_formula(view, qtbot):
    person = FitPerson(view, qtbot, POINTS, (1.0, 0.0))
    assert person.read("true_formula") == ""
    assert not any("true" in entry for entry in legend(person))


# -- curves ------------------------------------------------------------------------------------


def test_the_curves_are_the_models_and_the_true_one(view, qtbot):
    person = FitPerson(view, qtbot, SINE, AT)
    x, y = drawn(person.plot, "fitted curve")
    assert (x[0], x[-1]) == (-5.0, 5.0)
    assert y == pytest.approx(1.5 * np.sin(1.1 * x + 0.2))
    x, y = drawn(person.plot, "true curve")
    assert y == pytest.approx(2.0 * np.sin(x + 0.5))


def test_the_curve_of_a_network_goes_through_its_predictions(view, qtbot):
    parameters = np.random.default_rng(0).normal(size=13)
    person = FitPerson(view, qtbot, NETWORK, parameters)
    x, y = drawn(person.plot, "fitted curve")
    values = person.probe.tape.forward(parameters)
    samples = person.probe.samples
    assert np.interp(samples.x, x, y) == pytest.approx(values[person.probe.prediction], abs=0.02)


def test_points_need_not_be_sorted(view, qtbot):
    person = FitPerson(view, qtbot, POINTS, (1.0, 0.0))
    x, y = drawn(person.plot, "fitted line")
    assert (x[0], x[-1]) == (1.0, 3.0)
    assert (np.diff(x) > 0).all()
    assert y == pytest.approx(x)


@pytest.mark.parametrize("formula", ["a*log(x) + b", "a*exp(b*x**2)", "a/x + b"])
def test_curves_that_are_not_finite_everywhere_are_drawn_as_far_as_they_are(view, qtbot, formula):
    problem = Problem(Data(x_from=-3.0, x_to=3.0), Model(formula=formula))
    person = FitPerson(view, qtbot, problem, (1.0, 500.0))
    assert np.isfinite(person.range).all()
    assert not view.grab().isNull()


def test_a_single_point_has_a_curve_around_it(view, qtbot):
    points = Points([2.0], [1.0])
    problem = Problem(Data(source=DataSource.POINTS, points=points))
    person = FitPerson(view, qtbot, problem, (1.0, 0.0))
    x, y = drawn(person.plot, "fitted line")
    assert (x[0], x[-1]) == (1.5, 2.5)
    assert y == pytest.approx(x)


# -- test data ---------------------------------------------------------------------------------


def test_test_data_are_drawn_hollow_and_named(view, qtbot):
    person = FitPerson(view, qtbot, TESTED, AT)
    x, y = drawn(person.plot, "test data")
    assert np.array_equal(x, person.probe.test.x)
    assert np.array_equal(y, person.probe.test.y)
    theme = load_theme("light")
    assert person.plot._tested.opts["brush"].color() == theme.base
    assert person.plot._tested.opts["pen"].color() == theme.data
    x, _ = drawn(person.plot, "data")
    assert np.array_equal(x, person.probe.samples.x)


def test_without_test_data_nothing_is_said_of_them(view, qtbot):
    person = FitPerson(view, qtbot, SINE, AT)
    assert "test data" not in legend(person)
    assert "test" not in person.read("fit_quality")


def test_quality_is_said_of_training_and_of_test_data(view, qtbot):
    person = FitPerson(view, qtbot, TESTED, AT)
    figures = []
    for samples in (person.probe.samples, person.probe.test):
        residual = samples.y - 1.5 * np.sin(1.1 * samples.x + 0.2)
        share = 1 - np.sum(residual**2) / np.sum((samples.y - samples.y.mean()) ** 2)
        figures.append((share, math.sqrt(np.mean(residual**2))))
    (share, rmse), (test_share, test_rmse) = figures
    assert person.read("fit_quality") == (
        f"R² {share:.4g} (test {test_share:.4g}) · RMSE {rmse:.4g} (test {test_rmse:.4g})"
    )


def test_a_share_that_cannot_be_computed_is_left_out(view, qtbot):
    points = Points([1.0, 2.0], [3.0, 3.0])
    problem = Problem(Data(source=DataSource.POINTS, points=points))
    person = FitPerson(view, qtbot, problem, (0.0, 3.0))
    assert person.read("fit_quality") == "R² – · RMSE 0"


def test_the_table_says_what_a_sample_is_used_for(view, qtbot):
    person = FitPerson(view, qtbot, TESTED, AT)
    person.choose_tab("fit_tabs", "Table")
    person.click("copy_table")
    titles, *rows = (line.split("\t") for line in QGuiApplication.clipboard().text().splitlines())
    assert titles[-1] == "used for"
    assert [row[-1] for row in rows] == ["training"] * 29 + ["test"] * 12
    assert [float(row[1]) for row in rows[29:]] == list(person.probe.test.x)
    expected = 1.5 * np.sin(1.1 * person.probe.test.x + 0.2)
    assert [float(row[2]) for row in rows[29:]] == pytest.approx(list(expected))


def test_without_test_data_the_table_has_no_such_column(view, qtbot):
    person = FitPerson(view, qtbot, SINE, AT)
    person.choose_tab("fit_tabs", "Table")
    table = person.find("fit_table", QTableView)
    title = Qt.Orientation.Horizontal
    hidden = [
        table.model().headerData(column, title)
        for column in range(table.model().columnCount())
        if table.isColumnHidden(column)
    ]
    assert hidden == ["used for"]


# -- other runs --------------------------------------------------------------------------------


def test_other_runs_have_curves_of_their_own_in_their_colours(view, qtbot):
    person = FitPerson(view, qtbot, SINE, AT)
    red, green = QColor("red"), QColor("green")
    view.show_other_runs(
        [
            ("Adam", red, np.array([1.0, 2.0, 3.0])),
            ("not begun", green, None),
            ("a line", green, np.array([1.0, 2.0])),
        ]
    )
    (curve,) = person.plot._others
    x, y = curve.getData()
    assert y == pytest.approx(np.sin(2.0 * x + 3.0))
    assert curve.opts["pen"].color() == red


def test_a_run_that_is_no_longer_shown_has_no_curve(view, qtbot):
    person = FitPerson(view, qtbot, SINE, AT)
    view.show_other_runs([("Adam", QColor("red"), np.array([1.0, 2.0, 3.0]))])
    view.show_other_runs([])
    assert len(person.plot._others[0].getData()[0]) == 0


def test_the_curve_of_a_run_that_stands_still_is_computed_once(view, qtbot, monkeypatch):
    FitPerson(view, qtbot, SINE, AT)
    computed = []
    at = view._curve.at
    monkeypatch.setattr(view._curve, "at", lambda each: computed.append(each) or at(each))
    for last in (3.0, 3.0, 4.0):
        view.show_other_runs([("Adam", QColor("red"), np.array([1.0, 2.0, last]))])
    assert len(computed) == 2
