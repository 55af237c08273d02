"""A person imports a table: sees how it was understood, corrects that, and gets the points."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QRect, Qt, QUrl
from PySide6.QtGui import QCursor, QFont
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QTableView,
    QWidget,
)
from shiboken6 import isValid

from app.controls.import_dialog import ImportDialog
from app.controls.import_reader import ImportReader
from app.controls.import_source import mime_table
from app.study.points import Points
from app.study.table.table import Table
from app.theme import THEME_NAMES, apply_theme, load_theme
from tests.conftest import TIMEOUT, flush_deletions

GERMAN = "t;Länge;Ort\n0,5;1,25;Bonn\n1;2;Ulm\n1,5;abc;Ulm\n"


class User:
    """Uses an import dialog as a person does."""

    def __init__(self, dialog: ImportDialog, qtbot) -> None:
        self.dialog, self.qtbot = dialog, qtbot
        self.imported: list[Points] = []
        dialog.imported.connect(self.imported.append)

    def find(self, name: str, kind: type = QWidget):
        found = self.dialog.findChild(kind, name)
        assert found is not None, name
        return found

    def wait(self) -> None:
        """Wait until the table has been read."""
        label = self.find("import_summary", QLabel)
        self.qtbot.waitUntil(lambda: label.text() != "Reading …", timeout=TIMEOUT)

    def read(self, name: str) -> str:
        widget = self.find(name)
        if isinstance(widget, QComboBox):
            return widget.currentText()
        return widget.toPlainText() if isinstance(widget, QPlainTextEdit) else widget.text()

    def choose(self, name: str, option: str) -> None:
        """Choose an option with the keyboard."""
        combo = self.find(name, QComboBox)
        steps = combo.findText(option) - combo.currentIndex()
        assert combo.findText(option) >= 0, option
        combo.setFocus()
        for _ in range(abs(steps)):
            self.qtbot.keyClick(combo, Qt.Key.Key_Down if steps > 0 else Qt.Key.Key_Up)
            self.wait()

    def click(self, name: str) -> None:
        widget = self.find(name)
        assert widget.isVisible()
        at = QRect(0, 0, 16, widget.height()).center()
        self.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at)

    def sees(self, name: str) -> bool:
        return self.find(name).isVisible()

    def cells(self) -> list[list[str]]:
        """Return the preview: the names, then the rows."""
        model = self.find("import_preview", QTableView).model()
        columns = range(model.columnCount())
        names = [model.headerData(column, Qt.Orientation.Horizontal) for column in columns]
        rows = [
            [model.index(row, column).data() for column in columns]
            for row in range(model.rowCount())
        ]
        return [names, *rows]

    @property
    def may_import(self) -> bool:
        return self.find("import_points", QPushButton).isEnabled()


@pytest.fixture
def use(qtbot) -> Callable[..., User]:
    """A function that opens the dialog and, if asked to, waits until the table has been read."""
    users: list[User] = []

    def make(source: Path | str, *, wait: bool = True) -> User:
        user = User(ImportDialog(source), qtbot)
        users.append(user)
        user.dialog.open()
        user.dialog.activateWindow()
        qtbot.waitUntil(user.dialog.isActiveWindow, timeout=TIMEOUT)
        if wait:
            user.wait()
        return user

    yield make
    for user in users:
        if isValid(user.dialog):
            user.dialog.reject()
    flush_deletions()


@pytest.fixture
def slow(monkeypatch) -> threading.Event:
    """Reading that stops halfway until this event is set."""
    go_on = threading.Event()
    choose = Table.choose

    def wait(table, x, y, keep_on):
        def slowly(share: float) -> bool:
            while keep_on(0.5):
                if go_on.wait(0.01):
                    return keep_on(share)
            return False

        return choose(table, x, y, slowly)

    monkeypatch.setattr(Table, "choose", wait)
    return go_on


def places(points: Points | None) -> list[tuple[float, float]]:
    assert points is not None
    return list(zip(points.x.tolist(), points.y.tolist(), strict=True))


# -- what is shown ---------------------------------------------------------------------------


def test_a_file_is_shown_as_it_was_understood(use, tmp_path):
    path = tmp_path / "messung.csv"
    path.write_bytes(GERMAN.encode("cp1252"))
    user = use(path)
    assert user.dialog.windowTitle() == "Import messung.csv"
    assert user.read("import_delimiter") == "semicolon  ;"
    assert user.read("import_decimal") == "comma  3,14"
    assert user.find("import_header").isChecked()
    assert (user.read("import_x"), user.read("import_y")) == ("t", "Länge")
    assert user.read("import_note") == (
        "The text is not UTF-8; it is read as Western European (Windows-1252)."
    )
    assert user.sees("import_note")
    assert user.cells() == [
        ["t → x", "Länge → y", "Ort"],
        ["0,5", "1,25", "Bonn"],
        ["1", "2", "Ulm"],
        ["1,5", "abc", "Ulm"],
    ]
    assert user.read("import_summary") == "2 points from 3 rows; 1 row is left out."
    assert user.read("import_wrong") == "Line 4: “abc” in column Länge is no number."
    assert user.sees("import_wrong")


def test_without_wrong_rows_and_guesses_there_is_no_list_and_no_note(use):
    user = use("1,2\n3,4")
    assert user.dialog.windowTitle() == "Import pasted text"
    assert user.read("import_summary") == "2 points from 2 rows."
    assert not user.sees("import_wrong")
    assert not user.sees("import_note")
    assert not user.sees("import_progress")


def test_rows_left_out_are_crossed_out_with_their_lines(use):
    model = use(GERMAN).find("import_preview", QTableView).model()
    fonts = [model.index(row, 0).data(Qt.ItemDataRole.FontRole) for row in range(3)]
    assert [font is not None and font.strikeOut() for font in fonts] == [False, False, True]
    lines = [model.headerData(row, Qt.Orientation.Vertical) for row in range(3)]
    assert lines == ["2", "3", "4"]


@pytest.mark.parametrize("theme", THEME_NAMES)
def test_the_chosen_columns_are_tinted_in_either_theme(use, qapp, theme):
    apply_theme(qapp, load_theme(theme))
    user = use(GERMAN)
    user.find("import_x").setFocus()  # else the table frames a cell
    QCursor.setPos(user.dialog.mapToGlobal(user.dialog.rect().bottomRight()))
    QApplication.processEvents()
    view = user.find("import_preview", QTableView)
    picture = view.viewport().grab().toImage()
    colours = []
    for column in range(3):
        cell = view.visualRect(view.model().index(1, column))
        colours.append(picture.pixelColor(cell.left() + 2, cell.top() + 2).name())
    assert colours[0] == colours[1] != colours[2] == load_theme(theme).base.name()


def test_the_points_are_drawn_with_y_upwards(use):
    user = use("0,0\n10,5\n")
    picture = user.find("import_picture").grab().toImage()
    background = picture.pixelColor(picture.width() // 2, picture.height() // 2)
    corners = {
        (side, end): picture.pixelColor(
            10 if side == "left" else picture.width() - 10,
            10 if end == "top" else picture.height() - 10,
        )
        != background
        for side in ("left", "right")
        for end in ("top", "bottom")
    }
    assert [place for place, drawn in corners.items() if drawn] == [
        ("left", "bottom"),
        ("right", "top"),
    ]


@pytest.mark.parametrize("scale", [1.0, 1.8])
def test_the_dialog_fits_a_small_screen_with_large_text(use, qapp, scale):
    font = QFont(qapp.font())
    font.setPointSizeF(font.pointSizeF() * scale)
    qapp.setFont(font)
    user = use(GERMAN)
    least = user.dialog.minimumSizeHint()
    assert (least.width(), least.height()) <= (1280, 760)
    user.dialog.resize(1240, 720)
    QApplication.processEvents()
    for name in ("import_preview", "import_summary", "import_wrong", "import_points"):
        widget = user.find(name)
        corner = widget.mapTo(user.dialog, widget.rect().bottomRight())
        assert user.dialog.rect().contains(corner), name


# -- what a person changes -------------------------------------------------------------------


def test_import_hands_over_the_points_and_closes(use):
    user = use(GERMAN)
    user.click("import_points")
    assert [places(points) for points in user.imported] == [[(0.5, 1.25), (1, 2)]]
    flush_deletions()
    assert not isValid(user.dialog)


def test_enter_imports_and_escape_does_not(use, qtbot):
    imported = []
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Escape):
        user = use("1,2")
        qtbot.keyClick(QApplication.focusWidget(), key)
        assert not user.dialog.isVisible()
        imported.append([places(points) for points in user.imported])
    assert imported == [[[(1, 2)]], []]


def test_other_columns_are_chosen(use):
    user = use("a,b,c\n1,2,3\n4,5,6\n")
    user.choose("import_x", "c")
    user.choose("import_y", "a")
    assert places(user.dialog.points()) == [(3, 1), (6, 4)]
    assert user.cells()[0] == ["a → y", "b", "c → x"]
    user.choose("import_x", "row number")
    assert places(user.dialog.points()) == [(1, 1), (2, 4)]
    assert user.cells()[0] == ["a → y", "b", "c"]


def test_how_the_table_is_written_is_corrected(use):
    user = use("3,14\n2,71\n")
    assert places(user.dialog.points()) == [(3, 14), (2, 71)]
    user.choose("import_delimiter", "none: one column")
    assert not user.may_import
    user.choose("import_decimal", "comma  3,14")
    assert places(user.dialog.points()) == [(1, 3.14), (2, 2.71)]
    user.click("import_header")
    user.wait()
    assert places(user.dialog.points()) == [(1, 2.71)]
    assert user.cells() == [["3,14 → y"], ["2,71"]]


def test_chosen_columns_are_kept_when_the_names_become_a_row(use):
    user = use("1,2,3\n4,5,6\n")
    user.choose("import_x", "column 3")
    user.click("import_header")
    user.wait()
    assert user.read("import_x") == "3"
    assert places(user.dialog.points()) == [(6, 5)]


@pytest.mark.parametrize("text", ["", "name,place\nAnna,Bonn", '"'])
def test_where_there_is_nothing_to_import_a_sentence_says_why(use, qtbot, text):
    user = use(text)
    assert not user.may_import
    assert user.find("import_summary").property("role") == "problem"
    assert user.read("import_summary").endswith(".")
    assert user.find("import_points").toolTip() == user.read("import_summary")
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert user.imported == []
    assert user.dialog.isVisible()
    for name in ("import_delimiter", "import_decimal"):  # changing all there is does no harm
        combo = user.find(name, QComboBox)
        for index in range(combo.count()):
            user.choose(name, combo.itemText(index))
    user.click("import_header")
    user.wait()


def test_a_file_that_cannot_be_read_is_explained(use, tmp_path):
    user = use(tmp_path / "none.csv")
    assert user.read("import_summary").endswith("could not be read: No such file or directory.")
    assert not user.may_import
    assert not user.find("import_delimiter").isEnabled()


def test_an_error_of_ours_is_shown_and_not_waited_for(use, monkeypatch):
    monkeypatch.setattr(Table, "choose", lambda *_: 1 / 0)
    assert use("1,2").read("import_summary").startswith("The table could not be read: ZeroDiv")


# -- large tables ----------------------------------------------------------------------------


def test_while_it_is_read_the_preview_and_how_far_it_is_are_shown(use, qtbot, slow):
    user = use(GERMAN, wait=False)
    bar = user.find("import_progress", QProgressBar)
    qtbot.waitUntil(lambda: bar.isVisible() and bar.value() == 500, timeout=TIMEOUT)
    assert user.cells()[1] == ["0,5", "1,25", "Bonn"]
    assert user.read("import_summary") == "Reading …"
    assert not user.may_import
    slow.set()
    user.wait()
    assert user.may_import
    assert not bar.isVisible()


def test_what_is_chosen_while_it_is_read_is_what_counts(use, qtbot, slow):
    user = use("a,b,c\n1,2,3\n4,5,6\n", wait=False)
    combo = user.find("import_y", QComboBox)
    qtbot.waitUntil(combo.isEnabled, timeout=TIMEOUT)
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    slow.set()
    user.wait()
    assert user.read("import_y") == "c"
    assert places(user.dialog.points()) == [(1, 3), (4, 6)]


def test_closing_ends_the_reading(use, qtbot, slow):  # noqa: ARG001  it never goes on
    user = use(GERMAN, wait=False)
    qtbot.waitUntil(lambda: user.find("import_x").isEnabled(), timeout=TIMEOUT)
    reader = user.find("import reader", ImportReader)
    assert reader.isRunning()
    user.dialog.close()
    assert reader.isFinished()
    flush_deletions()
    assert not isValid(user.dialog)


def test_a_dialog_that_is_deleted_with_its_window_ends_its_thread(qtbot, slow):  # noqa: ARG001
    window = QWidget()
    dialog = ImportDialog(GERMAN, window)
    reader = dialog.findChild(ImportReader, "import reader")
    qtbot.waitUntil(reader.isRunning, timeout=TIMEOUT)
    window.deleteLater()
    flush_deletions()
    assert not isValid(reader)


def test_a_large_table_is_read_to_its_last_row(use):
    rows = np.random.default_rng(0).normal(size=(100_000, 2)).tolist()
    user = use("\n".join(f"{x!r},{y!r}" for x, y in rows))
    assert user.read("import_summary") == "100,000 points from 100,000 rows."
    assert places(user.dialog.points()) == list(map(tuple, rows))


# -- drops and pastes ------------------------------------------------------------------------


def mime(text: str = "", *paths: str) -> QMimeData:
    data = QMimeData()
    if text:
        data.setText(text)
    if paths:
        data.setUrls([QUrl(path) for path in paths])
    return data


@pytest.mark.parametrize(
    ("data", "offered"),
    [
        (mime("", "file:///a/b.csv"), Path("/a/b.csv")),
        (mime("", "file:///a/b%20c.TSV"), Path("/a/b c.TSV")),
        (mime("", "file:///a/b.png", "file:///a/c.txt"), Path("/a/c.txt")),
        (mime("", "file:///a/b.png"), None),
        (mime("1 2", "file:///a/b.png"), None),
        (mime("", "https://example.org/1/2.csv"), None),
        (mime("1,2"), "1,2"),
        (mime("x;y\n3,14;−2"), "x;y\n3,14;−2"),
        (mime('"1"\t"2"'), '"1"\t"2"'),
        (mime("7"), None),
        (mime("just some words"), None),
        (mime(), None),
    ],
)
def test_a_drop_or_a_paste_offers_a_file_or_numbers(data, offered):
    assert mime_table(data) == offered
