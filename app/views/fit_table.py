"""The notebook's inference as a table: every sample's x, ŷ, y, residual, and what it is for."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QSize, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from autograd.digits import digits

_TITLES = ("sample", "x", "ŷ", "y", "residual", "used for")
_HELP = (
    "The number of the sample, from 0; those for testing come after those for training.",
    "The input.",
    "The model's prediction.",
    "The target.",
    "How far the target lies above the prediction.",
    "Whether the model is trained on the sample, or only tested.",
)
_USE = _TITLES.index("used for")
_USES = ("training", "test")


class FitTableModel(QAbstractTableModel):
    """Holds the columns as arrays; sorting permutes the rows, not the data."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: list[np.ndarray] = [np.empty(0)] * len(_TITLES)
        self._order = np.empty(0, dtype=np.intp)
        self._sorted_by = (0, Qt.SortOrder.AscendingOrder)

    def show(self, x: np.ndarray, y: np.ndarray, prediction: np.ndarray, trained: int) -> None:
        """Show the prediction for every sample; the first so many are trained on."""
        count = len(x)
        index = np.arange(count)
        columns = [index, x, prediction, y, y - prediction, index >= trained]
        if count != self.rowCount():
            self.beginResetModel()
            self._columns = columns
            self._order = self._sorted()
            self.endResetModel()
        else:
            self._columns = columns
            self._order = self._sorted()
            self.dataChanged.emit(self.index(0, 0), self.index(count - 1, len(_TITLES) - 1))

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: ARG002, D102  Qt's
        return len(self._order)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: ARG002, D102  Qt's
        return len(_TITLES)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the text of a cell, its full number as a tool tip, its alignment."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        number = self._columns[index.column()][self._order[index.row()]]
        if index.column() == 0:
            return str(int(number))
        if index.column() == _USE:
            return _USES[int(number)]
        full = role == Qt.ItemDataRole.ToolTipRole  # which is what is copied, for other programs
        return repr(float(number)) if full else digits(float(number), 6)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's title or what it means."""
        if orientation is Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return _TITLES[section]
            if role == Qt.ItemDataRole.ToolTipRole:
                return _HELP[section]
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort the rows by a column."""
        self._sorted_by = (column, order)
        self.layoutAboutToBeChanged.emit()
        self._order = self._sorted()
        self.layoutChanged.emit()

    def _sorted(self) -> np.ndarray:
        column, order = self._sorted_by
        ascending = np.argsort(self._columns[column], kind="stable")
        return ascending if order is Qt.SortOrder.AscendingOrder else ascending[::-1]


class FitTable(QTableView):
    """Shows the table; copies what is selected, or all of it, as tab-separated text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("fit_table")
        self.setAccessibleName("Inference: sample, x, prediction, y and residual")
        self.setToolTip("Every sample's prediction and residual; Ctrl+C copies what is selected.")
        self.setTabKeyNavigation(False)  # Tab goes on to the next control, arrows to a cell
        self._model = FitTableModel(self)
        self.setModel(self._model)
        self.setSortingEnabled(True)
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.setAlternatingRowColors(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.verticalHeader().setVisible(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        return QSize(60, 36)  # so that a small window is possible at all

    def show_prediction(
        self, x: np.ndarray, y: np.ndarray, prediction: np.ndarray, trained: int
    ) -> None:
        """Show every sample's prediction, of shape (samples,); the first so many are trained on."""
        self.setColumnHidden(_USE, trained == len(x))
        self._model.show(x, y, prediction, trained)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102  Qt's
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def copy(self) -> None:
        """Copy the selected rows, or all rows if none is selected, with full digits."""
        rows = [index.row() for index in self.selectionModel().selectedRows()]
        role = Qt.ItemDataRole.ToolTipRole
        columns = [each for each in range(len(_TITLES)) if not self.isColumnHidden(each)]
        lines = ["\t".join(_TITLES[column] for column in columns)]
        lines += [
            "\t".join(self._model.data(self._model.index(row, column), role) for column in columns)
            for row in sorted(rows) or range(self._model.rowCount())
        ]
        QGuiApplication.clipboard().setText("\n".join(lines) + "\n")
