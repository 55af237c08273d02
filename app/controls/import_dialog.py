"""The dialog in which a table becomes points: how it is written, and which columns to take."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.controls.import_preview import ImportPicture, ImportPreview
from app.controls.import_reader import ImportReader, Request
from app.study.points import Points
from app.study.table.chosen import Chosen
from app.study.table.decoding import Source
from app.study.table.layout import DecimalSign, Delimiter, Layout
from app.study.table.table import ROW_NUMBER, Table
from app.style_property import set_style_property

PATIENCE = 200
"""Milliseconds of reading before a progress bar is shown."""

WRONG_LINES = 5
"""Lines of the list of rows left out that are seen at once."""


class ImportDialog(QDialog):
    """Shows how a table was understood, lets a person correct it, and yields its points.

    All reading is done in a thread of the dialog's own, which ends when it is closed.
    """

    imported = Signal(object)
    """Import was chosen; carries the Points."""

    def __init__(self, source: Path | str, parent: QWidget | None = None) -> None:
        """Begin to read a file, or a text."""
        super().__init__(parent)
        self.setObjectName("import_dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        name = source.name if isinstance(source, Path) else "pasted text"
        self.setWindowTitle(f"Import {name}")
        self._source: Path | Source = source if isinstance(source, Path) else Source(source)
        self._table: Table | None = None
        self._chosen: Chosen | None = None
        self._asked: Request | None = None
        self._reader = ImportReader(self)
        self._reader.opened.connect(self._open)
        self._reader.progressed.connect(self._progress)
        self._reader.read.connect(self._take)
        self._reader.failed.connect(self._fail)
        self.destroyed.connect(self._reader.close)
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._make_parts()
        self._patience.timeout.connect(self._bar.show)
        self._lay_out()
        self._preview.setFocus()  # else Cancel, while nothing else can be used, and with Enter
        self._ask()

    def points(self) -> Points | None:
        """Return the points of the chosen columns; None while they are read or if none."""
        return self._chosen.points if self._chosen else None

    def accept(self) -> None:
        """Import the points, if there are any."""
        points = self.points()
        if points is not None:
            super().accept()
            self.imported.emit(points)

    def done(self, result: int) -> None:
        """Stop reading, and close."""
        self._asked = None
        self._patience.stop()
        self._reader.close()
        super().done(result)

    # -- reading ----------------------------------------------------------------------------

    def _ask(self, layout: Layout | None = None, columns: tuple[int, int] | None = None) -> None:
        """Read all of the table in a layout; nothing can be imported meanwhile."""
        self._chosen = None
        self._asked = Request(self._source, layout, columns)
        self._say("Reading …")
        self._bar.setValue(0)
        self._patience.start()
        self._show_chosen()
        self._reader.ask(self._asked)

    def _open(
        self, request: Request, source: Source, table: Table, columns: tuple[int, int]
    ) -> None:
        """Show how the table was understood, before all of it has been read."""
        if request is not self._asked:
            return
        self._source, self._table = source, table
        self._note.setText(source.note)
        self._note.setVisible(bool(source.note))
        self._show_layout(table.layout)
        self._show_columns(table, columns)
        self._controls.setEnabled(True)
        self._preview.show_table(table, columns)
        self._reader.go_on(request)

    def _progress(self, request: Request, share: float) -> None:
        if request is self._asked:
            self._bar.setValue(round(share * self._bar.maximum()))

    def _take(self, request: Request, chosen: Chosen) -> None:
        if request is self._asked:
            self._chosen = chosen
            self._end_reading()
            self._say(chosen.summary, problem=chosen.points is None)
            self._show_chosen()

    def _fail(self, request: Request, sentence: str) -> None:
        if request is self._asked:
            self._end_reading()
            self._say(sentence, problem=True)

    def _end_reading(self) -> None:
        self._patience.stop()
        self._bar.hide()

    # -- what a person changes --------------------------------------------------------------

    def _change_layout(self) -> None:
        """Read the table in another layout; the columns are kept if there are as many."""
        layout = Layout(
            self._delimiter.currentData(), self._decimal.currentData(), self._header.isChecked()
        )
        same = self._table is not None and layout.delimiter is self._table.layout.delimiter
        self._ask(layout, self._columns() if same else None)

    def _change_columns(self) -> None:
        """Take other columns."""
        if self._table is not None:
            self._ask(self._table.layout, self._columns())

    def _columns(self) -> tuple[int, int]:
        """Return the columns of x and y; those that cannot be chosen are the row's number."""
        x, y = self._x.currentData(), self._y.currentData()
        return (ROW_NUMBER if x is None else x, ROW_NUMBER if y is None else y)

    # -- showing ----------------------------------------------------------------------------

    def _say(self, sentence: str, *, problem: bool = False) -> None:
        """Show a sentence, and whether something can be imported."""
        self._summary.setText(sentence)
        set_style_property(self._summary, "role", "problem" if problem else "title")
        self._import.setEnabled(self.points() is not None)
        self._import.setToolTip("" if self._import.isEnabled() else sentence)

    def _show_layout(self, layout: Layout) -> None:
        for combo, value in ((self._delimiter, layout.delimiter), (self._decimal, layout.decimal)):
            combo.setCurrentIndex(combo.findData(value))
        self._header.setChecked(layout.header)

    def _show_columns(self, table: Table, columns: tuple[int, int]) -> None:
        for combo, column in zip((self._x, self._y), columns, strict=True):
            combo.clear()
            if combo is self._x:
                combo.addItem("row number", ROW_NUMBER)
            for index, name in enumerate(table.columns):
                combo.addItem(name, index)
            combo.setCurrentIndex(combo.findData(column))

    def _show_chosen(self) -> None:
        """Show what came of the chosen columns, or that it is not known yet."""
        chosen = self._chosen
        wrong = chosen.skipped.first if chosen else []
        self._picture.show_points(self.points())
        self._wrong.setPlainText("\n".join(chosen.skipped.sentences()) if chosen else "")
        self._wrong.setVisible(bool(wrong))
        margins = 2 * self._wrong.document().documentMargin() + 2 * self._wrong.frameWidth()
        lines = min(len(wrong), WRONG_LINES) + 0.5
        self._wrong.setFixedHeight(int(lines * self._wrong.fontMetrics().lineSpacing() + margins))
        if chosen and self._table is not None:
            left_out = frozenset(row.line for row in wrong)
            self._preview.show_table(self._table, self._columns(), left_out)

    # -- making the parts -------------------------------------------------------------------

    def _make_parts(self) -> None:
        self._delimiter = _combo("import_delimiter", "Delimiter", "What stands between cells.")
        self._decimal = _combo("import_decimal", "Decimal sign", "What stands before decimals.")
        for combo, options in ((self._delimiter, Delimiter), (self._decimal, DecimalSign)):
            for option in options:
                combo.addItem(option.label, option)
        self._header = QCheckBox("A row &names the columns", objectName="import_header")
        self._header.setToolTip("Whether the row above the numbers has names, not numbers.")
        self._x = _combo("import_x", "Column of x", "Which column holds the inputs.")
        self._y = _combo("import_y", "Column of y", "Which column holds the targets.")
        for combo, change in (
            (self._delimiter, self._change_layout),
            (self._decimal, self._change_layout),
            (self._x, self._change_columns),
            (self._y, self._change_columns),
        ):
            combo.activated.connect(change)
        self._header.clicked.connect(self._change_layout)
        self._note = QLabel(wordWrap=True, objectName="import_note", visible=False)
        self._note.setProperty("role", "muted")
        self._preview = ImportPreview()
        self._picture = ImportPicture()
        self._summary = QLabel(wordWrap=True, objectName="import_summary")
        self._bar = QProgressBar(maximum=1000, textVisible=False, objectName="import_progress")
        self._bar.setAccessibleName("Progress of reading")
        self._bar.setMaximumHeight(12)
        self._bar.hide()
        self._wrong = QPlainTextEdit(
            readOnly=True, tabChangesFocus=True, objectName="import_wrong", visible=False
        )
        self._wrong.setAccessibleName("Rows that are left out")
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._import = self._buttons.addButton("&Import", QDialogButtonBox.ButtonRole.AcceptRole)
        self._import.setObjectName("import_points")
        self._import.setDefault(True)
        self._buttons.button(QDialogButtonBox.StandardButton.Cancel).setAutoDefault(False)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)

    def _lay_out(self) -> None:
        self._controls = QWidget(enabled=False)
        rows = QVBoxLayout(self._controls)
        rows.setContentsMargins(0, 0, 0, 0)
        for parts in (
            (("&Delimiter", self._delimiter), ("D&ecimal sign", self._decimal)),
            (("&x", self._x), ("&y", self._y)),
        ):
            row = QHBoxLayout()
            for text, combo in parts:
                label = QLabel(text)
                label.setBuddy(combo)
                row.addWidget(label)
                row.addWidget(combo, 1)
                row.addSpacing(8)
            rows.addLayout(row)
        rows.itemAt(0).layout().addWidget(self._header)
        panes = QSplitter(childrenCollapsible=False)
        panes.addWidget(self._preview)
        panes.addWidget(self._picture)
        panes.setSizes([600, 400])
        layout = QVBoxLayout(self)
        for part in (self._controls, self._note):
            layout.addWidget(part)
        layout.addWidget(panes, 1)
        for part in (self._bar, self._summary, self._wrong, self._buttons):
            layout.addWidget(part)
        line = self.fontMetrics().lineSpacing()
        available = self.screen().availableSize()
        self.resize(min(60 * line, available.width() - 40), min(40 * line, available.height() - 80))


def _combo(name: str, label: str, what: str) -> QComboBox:
    """Return a list to choose from, no wider than there is room."""
    combo = QComboBox(objectName=name)
    combo.setAccessibleName(label)
    combo.setToolTip(what)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(12)
    combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return combo
