"""The table of the runs: keys, widths of columns, and a selection that stays with its run."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.views.runs.model import NAME, SHOWN, SWATCH, RunsModel

NAME_WIDTHS, WIDTHS = (10, 36), (5, 26)
"""Characters that a column has room for, at least and at most: of names, of others."""

LIVE_WIDTH = 15
"""Characters that a column has room for whose numbers change while a run trains."""


class RunsTable(QTableView):
    """Shows the runs; one of them is selected, which need not be the one that is looked at."""

    chosen = Signal(int)
    """The run with this number shall be looked at."""
    deletion_asked = Signal()
    """The selected run shall be deleted."""
    copy_asked = Signal()
    """The table shall be copied."""
    own_keys = frozenset({Qt.Key.Key_F2, Qt.Key.Key_Delete, Qt.Key.Key_Return, Qt.Key.Key_Enter})

    def __init__(self, model: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._selected: int | None = None
        self._row = self._first_row = 0
        self.setObjectName("runs_table")
        self.setAccessibleName("Runs, and what differs between them")
        self.setToolTip(
            "Enter looks at the selected run, F2 renames it, Del deletes it; "
            "a click on a title sorts."
        )
        self.setTabKeyNavigation(False)  # Tab goes on to the next control, arrows to a cell
        self.setAlternatingRowColors(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.setModel(model)
        self.verticalHeader().setVisible(False)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        model.modelAboutToBeReset.connect(self._remember)
        model.modelReset.connect(self._restore)
        self.doubleClicked.connect(self._take_double_click)

    @property
    def selected(self) -> int | None:
        """The number of the selected run; None if none is."""
        index = self.currentIndex()
        return self._model.number_at(index.row()) if index.isValid() else None

    def rename(self) -> None:
        """Let the selected run's name be edited."""
        if self.currentIndex().isValid():
            self.edit(self._model.index(self.currentIndex().row(), NAME))

    def bring_into_view(self, number: int) -> None:
        """Scroll to the row of a run."""
        row = self._model.row_of(number)
        if row >= 0:
            self.scrollTo(self._model.index(row, SHOWN))

    def fit_columns(self) -> None:
        """Give every column room for its texts in the present font, within limits."""
        character = self.fontMetrics().averageCharWidth()
        row = self.fontMetrics().height() + 6
        self.verticalHeader().setDefaultSectionSize(row)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(2 * SWATCH)
        for column in range(self._model.columnCount()):
            wanted = self.sizeHintForColumn(column)
            if column != SHOWN:
                least, most = NAME_WIDTHS if column == NAME else WIDTHS
                least = LIVE_WIDTH if self._model.is_live(column) else least
                wanted = max(wanted, header.sectionSizeHint(column))
                wanted = min(max(wanted, least * character), most * character)
            header.resizeSection(column, wanted + character)

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        return QSize(60, 36)  # so that a small window is possible at all

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102  Qt's
        if self.state() is QAbstractItemView.State.EditingState:  # the key ends the editing
            super().keyPressEvent(event)
            return
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self.selected is not None:
                self.chosen.emit(self.selected)
            case Qt.Key.Key_Delete:
                self.deletion_asked.emit()
            case Qt.Key.Key_F2:
                self.rename()
            case _ if event.matches(QKeySequence.StandardKey.Copy):
                self.copy_asked.emit()
            case _:
                super().keyPressEvent(event)

    def _take_double_click(self, index: QModelIndex) -> None:
        if index.column() not in (SHOWN, NAME):
            self.chosen.emit(self._model.number_at(index.row()))

    def _remember(self) -> None:
        self._selected, self._first_row = self.selected, self.verticalScrollBar().value()
        self._row = self.currentIndex().row()

    def _restore(self) -> None:
        """Select the run that was selected, or the one that took its place."""
        header = self.horizontalHeader()
        header.blockSignals(True)
        header.setSortIndicator(*self._model.sorted_by)
        header.blockSignals(False)
        self.fit_columns()
        if self._selected is not None:
            row = self._model.row_of(self._selected)
            last = self._model.rowCount() - 1
            self.setCurrentIndex(self._model.index(row if row >= 0 else min(self._row, last), NAME))
            self.verticalScrollBar().setValue(self._first_row)
