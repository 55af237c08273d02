"""The table of the runs as Qt's views take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from app.theme import Theme
from app.training.run import Run
from app.views.runs.columns import Column, fixed_columns, live_columns

SHOWN, NAME = 0, 1
"""The columns that are always there; the others follow."""

SWATCH = 14
"""Pixels of a side of the square in a run's colour."""

_TITLES = ("", "Run")
_HELP = (
    "Whether the run is drawn in the pictures, and its colour; the present run's is blue.",
    "The run's name. F2 or a double click changes it; ▸ marks the run that is looked at.",
)
Role = Qt.ItemDataRole
Flag = Qt.ItemFlag


@dataclass(frozen=True, slots=True)
class Row:
    """What is shown of a run beside its cells."""

    number: int
    name: str
    colour: int
    visible: bool
    present: bool


class RunsModel(QAbstractTableModel):
    """Holds the runs in their own order; sorting permutes the rows.

    While any run trains, the rows stay where they are: one that overtakes another would else
    move away below the hand that points at it.
    """

    renamed = Signal(int, str)
    """A run, by its number, shall be called so."""
    visibility_changed = Signal(int, bool)
    """A run, by its number, shall be drawn, or not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []
        self._live: list[Column] = []
        self._fixed: list[Column] = []
        self._order: list[int] = []
        self._sorted_by: tuple[str, Qt.SortOrder] | None = None
        self._made_of: tuple[object, ...] = ()
        self._theme: Theme | None = None

    # -- what is shown ----------------------------------------------------------------------

    def show(self, runs: Sequence[Run], current: int, test_losses: Mapping[int, float]) -> None:
        """Show the runs; whether rows or columns are other ones is found out."""
        made_of = tuple((run.number, run.name, run.experiment, run.branched_at) for run in runs)
        fixed = self._fixed if _same(made_of, self._made_of) else fixed_columns(runs)
        self._made_of = made_of
        live = live_columns(runs, test_losses)
        rows = [
            Row(run.number, run.name, run.colour, run.visible, run.number == current)
            for run in runs
        ]
        numbers = [row.number for row in self._rows] == [row.number for row in rows]
        titles = [column.title for column in (*live, *fixed)]
        if not numbers or titles != [column.title for column in self._columns]:
            self.beginResetModel()
            self._rows, self._live, self._fixed = rows, live, fixed
            self._order = self._sorted()
            self.endResetModel()
            return
        before = self._rows, self._columns
        self._rows, self._live, self._fixed = rows, live, fixed
        self._tell_changes(*before)
        if self._sorted_by is not None and not any(run.running for run in runs):
            self._reorder()

    def _tell_changes(self, rows: list[Row], columns: list[Column]) -> None:
        """Tell which cells are other ones; what is being edited is left in peace."""
        for place, index in enumerate(self._order):
            if rows[index] != self._rows[index]:
                self.dataChanged.emit(self.index(place, SHOWN), self.index(place, NAME))
            for column, (old, new) in enumerate(zip(columns, self._columns, strict=True), NAME + 1):
                if old.cells[index] != new.cells[index] or rows[index] != self._rows[index]:
                    cell = self.index(place, column)
                    self.dataChanged.emit(cell, cell)

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        if self._rows:
            last = self.index(len(self._rows) - 1, SHOWN)
            self.dataChanged.emit(self.index(0, SHOWN), last, [Role.DecorationRole])

    @property
    def _columns(self) -> list[Column]:
        return [*self._live, *self._fixed]

    def number_at(self, row: int) -> int:
        """Return the number of the run in a row."""
        return self._rows[self._order[row]].number

    def row_of(self, number: int) -> int:
        """Return the row of a run; −1 if it is not there."""
        numbers = [self._rows[index].number for index in self._order]
        return numbers.index(number) if number in numbers else -1

    def is_shown(self, row: int) -> bool:
        """Return whether the run in a row is drawn."""
        return self._rows[self._order[row]].visible

    def is_live(self, column: int) -> bool:
        """Return whether a column's cells change while a run trains."""
        return NAME < column <= NAME + len(self._live)

    def copied(self) -> str:
        """Return the table as tab-separated text, with full digits."""
        lines = [[_TITLES[NAME], *(column.title for column in self._columns)]]
        for index in self._order:
            cells = [column.cells[index].full for column in self._columns]
            lines.append([self._rows[index].name, *cells])
        return "".join("\t".join(line) + "\n" for line in lines)

    # -- what Qt asks -----------------------------------------------------------------------

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: D102  Qt's
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: D102  Qt's
        return 0 if parent is not None and parent.isValid() else NAME + 1 + len(self._columns)

    def data(self, index: QModelIndex, role: int = Role.DisplayRole) -> Any:
        """Return what a cell shows in some role."""
        row = self._rows[self._order[index.row()]]
        match index.column(), role:
            case _, Role.FontRole if row.present:
                font = QFont()
                font.setBold(True)
                return font
            case column, Role.DisplayRole | Role.ToolTipRole if column > NAME:
                return self._cell(index).text
            case column, Role.TextAlignmentRole if column > NAME:
                number = self._columns[column - NAME - 1].number
                side = Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft
                return int(side | Qt.AlignmentFlag.AlignVCenter)
            case 1, Role.DisplayRole:
                return f"▸ {row.name}" if row.present else row.name
            case 1, Role.EditRole | Role.ToolTipRole:
                return row.name
            case 0, Role.CheckStateRole:
                return Qt.CheckState.Checked if row.visible else Qt.CheckState.Unchecked
            case 0, Role.DecorationRole if self._theme is not None:
                theme = self._theme
                colour = theme.loss if row.present else theme.run(row.colour)
                return _swatch(colour.name(), row.visible)
            case 0, Role.ToolTipRole | Role.AccessibleTextRole:
                shown = "drawn in the pictures" if row.visible else "not drawn"
                return f"{row.name}: {shown}"
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = Role.EditRole) -> bool:  # noqa: N802
        """Ask for another name, or for a run to be drawn or not; who owns the runs decides."""
        row = self._rows[self._order[index.row()]]
        match index.column(), role:
            case 1, Role.EditRole:
                if str(value).strip() != row.name:
                    self.renamed.emit(row.number, str(value).strip())
                return True
            case 0, Role.CheckStateRole:
                checked = Qt.CheckState(value) is Qt.CheckState.Checked
                self.visibility_changed.emit(row.number, checked)
                return True
        return False

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Return what can be done with a cell."""
        more = {SHOWN: Flag.ItemIsUserCheckable, NAME: Flag.ItemIsEditable}
        return (
            Flag.ItemIsEnabled | Flag.ItemIsSelectable | more.get(index.column(), Flag.NoItemFlags)
        )

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        """Return a column's title, or what it means."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < self.columnCount():
            return None
        fixed = section <= NAME
        column = None if fixed else self._columns[section - NAME - 1]
        if role == Role.DisplayRole:
            return _TITLES[section] if column is None else column.title
        if role == Role.ToolTipRole:
            return f"<p>{_HELP[section] if column is None else column.help}</p>"
        return None

    def _cell(self, index: QModelIndex) -> Any:
        return self._columns[index.column() - NAME - 1].cells[self._order[index.row()]]

    # -- sorting ----------------------------------------------------------------------------

    @property
    def sorted_by(self) -> tuple[int, Qt.SortOrder]:
        """By which column the rows are sorted, −1 for none, and in which order."""
        if self._sorted_by is None:
            return -1, Qt.SortOrder.AscendingOrder
        title, order = self._sorted_by
        titles = [*_TITLES, *(column.title for column in self._columns)]
        return titles.index(title) if title in titles else -1, order

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort the rows by a column; −1 brings back the order in which the runs were made."""
        title = self.headerData(column, Qt.Orientation.Horizontal)
        self._sorted_by = None if title is None else (title, order)
        self._reorder()

    def _reorder(self) -> None:
        wanted = self._sorted()
        if wanted == self._order:
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        runs = [self._order[index.row()] for index in before]
        self._order = wanted
        after = [
            self.index(wanted.index(run), index.column())
            for run, index in zip(runs, before, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _sorted(self) -> list[int]:
        places = list(range(len(self._rows)))
        if self._sorted_by is None:
            return places
        title, order = self._sorted_by
        ranks = self._ranks(title)
        descending = order is Qt.SortOrder.DescendingOrder
        return sorted(places, key=ranks.__getitem__, reverse=descending) if ranks else places

    def _ranks(self, title: str) -> list[Any]:
        """Return numbers, or texts, in whose order the rows are sorted by a column."""
        if title == _TITLES[SHOWN]:
            return [not row.visible for row in self._rows]
        if title == _TITLES[NAME]:
            return [row.name.casefold() for row in self._rows]
        found = (column for column in self._columns if column.title == title)
        return [cell.rank for column in found for cell in column.cells][: len(self._rows)]


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Return whether runs are made of the same; experiments are not compared, which takes long."""
    return len(one) == len(other) and all(
        a[2] is b[2] and (a[0], a[1], a[3]) == (b[0], b[1], b[3])
        for a, b in zip(one, other, strict=True)
    )


@lru_cache(maxsize=64)
def _swatch(colour: str, filled: bool) -> QIcon:
    """Return a square in a colour; only its edge for what is not drawn."""
    pixmap = QPixmap(QSize(SWATCH, SWATCH) * 2)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colour), 2))
    painter.setBrush(QColor(colour) if filled else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(2, 2, SWATCH - 4, SWATCH - 4), 2, 2)
    painter.end()
    return QIcon(pixmap)
