"""The first rows of a table that is to be imported, and its points as a small picture."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from app.study.points import Points
from app.study.table.cells import visible
from app.study.table.table import ROW_NUMBER, Table

_TINT = 0.22
"""How much of the accent colour is behind the chosen columns."""

_COLUMNS = 40
"""Columns that are shown at most, besides the chosen ones."""

_ALIGNMENT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

_DRAWN = 3_000
"""Points that are drawn at most, evenly taken from all."""


class ImportPreview(QTableView):
    """Shows the first rows as they are written; nothing can be changed there.

    The cells are Qt's own: painting them must not wait for the thread that reads, which holds
    Python's lock, as often as Qt asks for something about one of them.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("import_preview")
        self.setAccessibleName("Preview: the first rows of the table")
        self.setToolTip("The first rows, with their line numbers. Crossed out: left out.")
        self._model = QStandardItemModel(self)
        self.setModel(self._model)
        self._show: Callable[[], None] = lambda: None
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setWordWrap(False)

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        line = self.fontMetrics().height()
        return QSize(12 * line, 6 * line)

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._show()

    def show_table(
        self, table: Table, chosen: tuple[int, int], wrong: frozenset[int] = frozenset()
    ) -> None:
        """Show a table's beginning: the first columns, and those chosen as x and y.

        ``wrong`` are the lines of rows that are left out.
        """
        self._show = partial(self._fill, table, chosen, wrong)
        self._show()

    def _fill(self, table: Table, chosen: tuple[int, int], wrong: frozenset[int]) -> None:
        first = range(min(len(table.columns), _COLUMNS))
        columns = sorted({*first, *chosen} - {ROW_NUMBER})
        tint, crossed = _tint(self.palette()), QFont(self.font())
        crossed.setStrikeOut(True)
        self._model.clear()
        for row in table.preview:
            items = []
            for column in columns:
                filled = column < len(row.cells)
                item = QStandardItem(visible(row.cells[column]) if filled else "")
                item.setTextAlignment(_ALIGNMENT)
                if column in chosen:
                    item.setBackground(tint)
                if row.line in wrong:
                    item.setFont(crossed)
                items.append(item)
            self._model.appendRow(items)
        self._model.setVerticalHeaderLabels([f"{row.line:,}" for row in table.preview])
        self._model.setHorizontalHeaderLabels([_title(table, each, chosen) for each in columns])
        self.resizeColumnsToContents()
        self.verticalHeader().setDefaultSectionSize(int(1.4 * self.fontMetrics().height()))


def _title(table: Table, column: int, chosen: tuple[int, int]) -> str:
    """Return a column's name, and what it was chosen as."""
    uses = [use for use, each in zip("xy", chosen, strict=True) if each == column]
    return " → ".join([table.columns[column], *([", ".join(uses)] if uses else [])])


def _tint(palette: QPalette) -> QColor:
    """Return the colour behind the chosen columns."""
    base, accent = palette.base().color(), palette.highlight().color()
    mixed = [
        (1 - _TINT) * one + _TINT * other
        for one, other in zip(base.getRgbF()[:3], accent.getRgbF()[:3], strict=True)
    ]
    return QColor.fromRgbF(*mixed)


class ImportPicture(QWidget):
    """Draws the points, as large as there is room, without axes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("import_picture")
        self.setAccessibleName("Picture of the points")
        self.setToolTip("The points: x to the right, y upwards.")
        self._places = np.empty((0, 2))

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        line = self.fontMetrics().height()
        return QSize(10 * line, 6 * line)

    def show_points(self, points: Points | None) -> None:
        """Draw these points, or none."""
        if points is None:
            self._places = np.empty((0, 2))
        else:
            step = -(-len(points) // _DRAWN)
            columns = [_within_one(each)[::step] for each in (points.x, points.y)]
            self._places = np.column_stack(columns)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, D102  Qt's
        painter = QPainter(self)
        palette = self.palette()
        painter.setPen(palette.color(QPalette.ColorRole.Mid))
        painter.setBrush(palette.base())
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size = 4.0 if len(self._places) < 300 else 2.5
        pen = QPen(palette.highlight().color(), size)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        left, bottom = 10.0, self.height() - 10.0
        width, height = self.width() - 20.0, self.height() - 20.0
        painter.drawPoints(
            QPolygonF(
                [QPointF(left + x * width, bottom - y * height) for x, y in self._places.tolist()]
            )
        )
        painter.end()


def _within_one(column: np.ndarray) -> np.ndarray:
    """Return numbers moved and scaled to 0…1; all the same are in the middle."""
    low, high = column.min() / 2, column.max() / 2  # halves: the difference is finite
    if low == high:
        return np.full(len(column), 0.5)
    return (column / 2 - low) / (high - low)
