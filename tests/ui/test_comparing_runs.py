"""Runs side by side: in the loss curve, the fit, the landscape and the table of runs."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit, QTableView

from app.training.loop import State
from tests.ui.person import Person, curves

KEYS = Qt.Key


@pytest.fixture
def two(person: Person) -> Person:
    """A person before two runs: 20 epochs, and a branch at epoch 5 with another rate."""
    person.enter("epochs", "20")
    person.run_to_end()
    person.wait(lambda: person.epoch == 20)
    person.window.walk.go_to(5)
    person.enter("learning_rate", "0.0003")
    person.run_to_end()
    person.wait(lambda: person.epoch == 20)
    return person


def show(person: Person, dock: str) -> None:
    dock = person.find(f"{dock}_dock")
    dock.show()
    dock.raise_()
    person.settle()


def drawn_lines(plot) -> list[np.ndarray]:
    """Return the heights of all curves that are drawn."""
    return [y for _, y in (curve.getData() for curve in curves(plot)) if y is not None and len(y)]


def has_line(plot, wanted: np.ndarray) -> bool:
    return any(len(line) == len(wanted) and np.allclose(line, wanted) for line in drawn_lines(plot))


def test_both_loss_curves_are_drawn_and_named(two):
    first, second = two.window.session.runs
    plot = two.window.loss_view.plot
    for run in (first, second):
        assert has_line(plot, np.log10(run.history.losses))
    legend = two.window.loss_view._legend
    assert legend is not None


def test_both_fitted_lines_are_drawn(two):
    first, second = two.window.session.runs
    x = two.window.fit_view._curve.x
    for run in (first, second):
        m, c = run.history.parameters(20)
        assert has_line(two.window.fit_view.plot, m * x + c)


def test_at_a_past_epoch_both_lines_are_those_of_then(two):
    two.window.walk.go_to(8)
    x = two.window.fit_view._curve.x
    for run in two.window.session.runs:
        m, c = run.history.parameters(8)
        two.wait(lambda m=m, c=c: has_line(two.window.fit_view.plot, m * x + c))


def test_both_paths_are_drawn_in_the_landscape(two):
    show(two, "landscape")
    first, second = two.window.session.runs
    landscape = two.window._views.landscape
    for run in (first, second):
        c = np.array([run.history.parameters(epoch)[1] for epoch in range(21)])
        two.wait(
            lambda c=c: any(np.isin(c[6:], line).all() for line in drawn_lines(landscape.plot))
        )


def test_a_hidden_run_is_drawn_nowhere(two):
    first = two.window.session.runs[0]
    show(two, "runs")
    table = two.find("runs_table", QTableView)
    cell = table.visualRect(table.model().index(0, 0))
    at = QPoint(cell.left() + 10, cell.center().y())
    two.qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert not first.visible
    losses = np.log10(first.history.losses)
    two.wait(lambda: not has_line(two.window.loss_view.plot, losses))


def texts(person: Person) -> list[list[str]]:
    model = person.find("runs_table", QTableView).model()
    return [
        [model.index(row, column).data() or "" for column in range(1, model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_the_table_tells_settings_that_differ_and_losses(two):
    show(two, "runs")
    first, second = texts(two)
    assert first[0] == "Run 1"
    assert second[0] == "▸ learning rate 0.0003"
    assert "0.001" in first
    assert "0.0003" in second
    assert "at epoch 5 of “Run 1”" in second


def test_enter_looks_at_the_selected_run(two):
    show(two, "runs")
    table = two.find("runs_table", QTableView)
    table.setFocus()
    table.setCurrentIndex(table.model().index(0, 1))
    two.press(KEYS.Key_Return)
    assert two.window.session.current.number == 1
    assert two.read("learning_rate") == "0.001"


def test_a_run_is_renamed_with_enter_and_not_looked_at(two):
    show(two, "runs")
    table = two.find("runs_table", QTableView)
    table.setFocus()
    table.setCurrentIndex(table.model().index(0, 1))
    two.press(KEYS.Key_F2)
    editor = table.findChild(QLineEdit)
    editor.selectAll()
    two.qtbot.keyClicks(editor, "the first")
    two.qtbot.keyClick(editor, KEYS.Key_Return)
    two.wait(lambda: two.window.session.runs[0].name == "the first")
    two.settle()
    assert two.window.session.current.number == 2


def test_deleting_asks_if_epochs_are_lost(two):
    show(two, "runs")
    table = two.find("runs_table", QTableView)
    table.setFocus()
    table.setCurrentIndex(table.model().index(0, 1))
    two.press(KEYS.Key_Delete)
    assert "20 epochs are lost" in two.read("notice_text")
    two.click("answer_keep_it")
    assert len(two.window.session.runs) == 2
    two.press(KEYS.Key_Delete)
    two.click("runs_delete")
    two.click("answer_delete_it")
    two.wait(lambda: len(two.window.session.runs) == 1)
    assert two.window.session.current.name == "learning rate 0.0003"


def test_the_test_loss_is_drawn_and_told(person):
    person.window.panel.experiment_edited.emit(
        person.window.session.experiment.with_value("test_share", 0.25).with_value("noise", 2.0),
        "Test share",
    )
    person.wait(lambda: person.epoch == 0)
    person.enter("epochs", "30")
    person.run_to_end()
    person.wait(lambda: person.state is State.FINISHED)
    show(person, "runs")
    test = person.window.walk.moment.probe.test
    m, c = person.window.session.history.parameters(30)
    expected = np.mean((test.y - m * test.x - c) ** 2)
    curve = person.window.loss_view._test
    person.wait(lambda: len(curve.losses) == 31)
    assert curve.losses[-1] == pytest.approx(expected)
    told = texts(person)[0][3]
    assert float(told.replace("−", "-")) == pytest.approx(expected, rel=1e-5)
    assert "test" in person.read("fit_quality")
