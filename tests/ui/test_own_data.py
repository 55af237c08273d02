"""Data of one's own in the window: points edited in the fit, tables imported, dropped, pasted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton

from app.study.presets import write_experiment
from app.study.recipe import DataSource
from tests.ui.person import Person
from tests.ui.test_undo import undo

TABLE = "x;y\n0,5;1,25\n1;2\n1,5;abc\n2;4\n"


def pixel(person: Person, x: float, y: float) -> QPoint:
    plot = person.window.fit_view.plot
    return plot.mapFromScene(plot.getViewBox().mapViewToScene(QPointF(x, y)))


def click_in_plot(person: Person, x: float, y: float, button=Qt.MouseButton.LeftButton) -> None:
    viewport = person.window.fit_view.plot.viewport()
    person.qtbot.mouseClick(viewport, button, pos=pixel(person, x, y))


def data(person: Person):
    return person.window.session.experiment.data


# -- points ----------------------------------------------------------------------------------


def test_a_click_adds_a_point_and_undo_brings_the_recipe_back(person):
    person.click("edit_points")
    click_in_plot(person, -10.0, 20.0)
    person.wait(lambda: data(person).source is DataSource.POINTS)
    points = data(person).points
    assert len(points) == 42
    wide, high = person.window.fit_view.plot.getViewBox().viewPixelSize()
    assert points.x[-1] == pytest.approx(-10.0, abs=1.5 * wide)
    assert points.y[-1] == pytest.approx(20.0, abs=1.5 * high)
    person.wait(lambda: person.window.walk.moment is not None)
    assert person.window.walk.moment.probe.tape.samples == 42
    undo(person)
    assert data(person).source is DataSource.RECIPE
    person.wait(lambda: person.window.walk.moment is not None)
    assert person.window.walk.moment.probe.tape.samples == 41


def test_a_point_is_removed_by_a_right_click(person):
    person.click("edit_points")
    click_in_plot(person, 0.0, -9.0, Qt.MouseButton.RightButton)
    person.wait(lambda: data(person).points is not None)
    assert len(data(person).points) == 40
    assert 0.0 not in data(person).points.x


def test_an_edit_keeps_the_trained_run_in_the_list_and_asks_nothing(person):
    person.train(3)
    person.click("edit_points")
    click_in_plot(person, -10.0, 20.0)
    person.wait(lambda: person.epoch == 0)
    first, second = person.window.session.runs
    assert (first.epoch, len(second.experiment.data.points)) == (3, 42)
    assert not person.sees("answer_start_anew")
    click_in_plot(person, -10.0, 0.0)
    person.wait(lambda: len(data(person).points) == 43)
    assert len(person.window.session.runs) == 2
    undo(person)
    person.wait(lambda: len(data(person).points) == 42)
    undo(person)
    assert person.window.session.runs == (first,)
    assert person.window.session.current is first
    assert person.epoch == 3


def test_points_are_not_edited_while_others_are_asked_about(person):
    person.train(3)
    person.enter("samples", "5")
    person.click("edit_points")
    click_in_plot(person, -10.0, 20.0)
    assert person.sees("answer_keep_this_run")
    assert data(person).source is DataSource.RECIPE
    person.click("answer_keep_this_run")
    assert person.epoch == 3


def test_a_point_that_is_gone_is_dragged_no_more(person):
    person.enter("samples", "60")
    person.wait(lambda: person.epoch == 0)
    person.click("edit_points")
    plot, viewport = person.window.fit_view.plot, person.window.fit_view.plot.viewport()
    x, y = (float(each[55]) for each in (plot._x, plot._y))
    person.qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=pixel(person, x, y))
    person.qtbot.mouseMove(viewport, pixel(person, x, y) + QPoint(0, 9))
    undo(person)
    person.qtbot.mouseMove(viewport, pixel(person, x, y) + QPoint(0, 12))
    person.qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=pixel(person, x, y))
    assert data(person).samples == 41
    assert data(person).source is DataSource.RECIPE


def test_a_run_that_stays_in_the_list_does_not_train_on_unseen(person):
    person.enter("epochs", "10000000")
    person.window.transport.set_speed(100.0)
    person.click("play")
    person.wait(lambda: person.epoch > 3)
    person.click("edit_points")
    click_in_plot(person, -10.0, 20.0)
    person.wait(lambda: len(person.window.session.runs) == 2)
    person.wait(lambda: not any(run.running for run in person.window.session.runs))


def test_the_last_point_stays_and_a_sentence_says_why(person):
    person.enter("samples", "1")
    person.wait(lambda: person.epoch == 0)
    person.click("edit_points")
    x, y = person.window.session.experiment.data.x_from, -49.0
    click_in_plot(person, x, y, Qt.MouseButton.RightButton)
    assert "from 1 to" in person.read("notice_text")
    assert data(person).source is DataSource.RECIPE


# -- tables ----------------------------------------------------------------------------------


def dialog_of(person: Person) -> QDialog:
    """Return the import dialog, once it has read its table."""
    person.wait(lambda: QApplication.activeModalWidget() is not None)
    dialog = QApplication.activeModalWidget()
    label = dialog.findChild(QLabel, "import_summary")
    person.wait(lambda: label.text() != "Reading …")
    return dialog


def import_from(person: Person) -> str:
    """Press Import in the dialog; return what it said of the rows."""
    dialog = dialog_of(person)
    said = dialog.findChild(QLabel, "import_summary").text()
    button = dialog.findChild(QPushButton, "import_points")
    person.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    person._come_back()
    return said


def assert_imported(person: Person) -> None:
    person.wait(lambda: data(person).points is not None)
    assert np.array_equal(data(person).points.x, [0.5, 1.0, 2.0])
    assert np.array_equal(data(person).points.y, [1.25, 2.0, 4.0])
    person.wait(lambda: person.window.walk.moment is not None)
    assert person.window.walk.moment.probe.tape.samples == 3


def drop(person: Person, mime: QMimeData) -> bool:
    """Drop something on the window; return whether it was taken."""
    at, actions = QPoint(300, 300), Qt.DropAction.CopyAction
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(at, actions, mime, buttons, keys)
    QApplication.sendEvent(person.window, enter)
    assert enter.isAccepted()
    event = QDropEvent(QPointF(at), actions, mime, buttons, keys)
    event.setAccepted(False)
    QApplication.sendEvent(person.window, event)
    return event.isAccepted()


def file_mime(path: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    return mime


def test_a_table_is_chosen_in_the_menu(person, tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    monkeypatch.setattr("app.data_edits.ask_for_table", lambda _: path)
    person.click("import_table")
    assert import_from(person) == "3 points from 4 rows; 1 row is left out."
    assert_imported(person)


def test_a_table_is_dropped(person, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    assert drop(person, file_mime(path))
    import_from(person)
    assert_imported(person)


def test_a_table_is_pasted(person):
    QGuiApplication.clipboard().setText(TABLE)
    person.window.setFocus()
    person.press(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    import_from(person)
    assert_imported(person)


def test_what_is_pasted_into_a_field_is_no_table(person):
    QGuiApplication.clipboard().setText("0.25")
    person.click("learning_rate")
    person.press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    person.press(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.activeModalWidget() is None
    assert person.read("learning_rate") == "0.25"


def test_an_experiment_is_dropped(person, tmp_path):
    path = tmp_path / "mine.chainrule"
    write_experiment(path, person.window.session.experiment.with_value("samples", 7), "Mine")
    assert drop(person, file_mime(path))
    person.wait(lambda: data(person).samples == 7)


@pytest.mark.parametrize("text", ["no numbers", ""])
def test_what_cannot_be_imported_is_said(person, text):
    QGuiApplication.clipboard().setText(text)
    person.choose_in_menu("Edit", "Paste table")
    assert "nothing to paste" in person.read("notice_text")
    mime = QMimeData()
    mime.setText("no numbers")
    assert not drop(person, mime)
    assert "cannot be imported" in person.read("notice_text")


def test_numbers_too_large_to_draw_are_rows_left_out(person, tmp_path):
    path = tmp_path / "huge.csv"
    path.write_text("x,y\n1,1e308\n2,-1e308\n3,7\n4,8\n")
    drop(person, file_mime(path))
    assert import_from(person) == "2 points from 4 rows; 2 rows are left out."
    person.wait(lambda: data(person).points is not None)
    person.wait(lambda: person.window.walk.moment is not None)


def test_cancelling_changes_nothing(person, tmp_path):
    before = person.window.session.experiment
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    drop(person, file_mime(path))
    dialog = dialog_of(person)
    person.qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    person._come_back()
    assert person.window.session.experiment == before


def test_imported_points_are_saved_and_opened_again(person, tmp_path):
    table, saved = tmp_path / "table.csv", tmp_path / "mine.chainrule"
    table.write_text(TABLE)
    drop(person, file_mime(table))
    import_from(person)
    assert_imported(person)
    person.window.files.save_file(saved, person.window.panel.experiment)
    person.choose("preset", "Noisy")
    person.wait(lambda: data(person).points is None)
    drop(person, file_mime(saved))
    assert_imported(person)
