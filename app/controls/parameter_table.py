"""The table of the parameters: where each starts, whether it is frozen, what it is now."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QItemSelection, QModelIndex, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QTableView,
    QWidget,
)

from app.controls.parameter_model import FROZEN, INITIAL, NAME, PRESENT, ParameterModel
from app.controls.start_cell import StartCell
from app.study.experiment import Experiment
from app.theme import Theme

ROWS = 6
"""Rows that are seen at once, at most."""

PAUSE = 100
"""Milliseconds between two present values, so that they can be read."""

NAME_WIDTHS, PRESENT_WIDTH = (3, 9), 9.5
"""Digits that the columns have room for: the names at least and at most."""

LEAST_WIDTH = 20
"""Digits that all columns but the check boxes have room for at least."""

_TYPED = frozenset("0123456789+-−.")
"""What a number begins with."""

Key = Qt.Key


class ParameterTable(QTableView):
    """Shows the parameters; several can be selected and frozen at once."""

    value_typed = Signal(str, float)
    """Another initial value was typed for the parameter of this name."""
    freezing_asked = Signal(object, bool)
    """The parameters with these names shall be frozen, or not."""
    selected = Signal()
    """Other parameters are selected."""
    problem_changed = Signal(str)
    """A sentence about what is typed in a cell, or "" when all is well."""
    own_keys = frozenset({Key.Key_F2, Key.Key_Return, Key.Key_Enter})

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = ParameterModel(self)
        self._cell = StartCell(self._model, self)
        self._present: Mapping[str, float] | None = None
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._show_newest)
        self._due = False
        self._name = ""
        self._set_up()
        self._cell.typed.connect(lambda row, value: self.value_typed.emit(self._at(row), value))
        self._cell.problem_changed.connect(self.problem_changed)
        self._model.freezing_asked.connect(self._ask_to_freeze)
        self.clicked.connect(self._take_click)

    def _set_up(self) -> None:
        self.setObjectName("parameter_table")
        self.setAccessibleName("Parameters: initial value, frozen, present value")
        self.setToolTip("Type a number to start from; Space freezes what is selected.")
        self.setTabKeyNavigation(False)  # Tab goes on to the next control, arrows to a cell
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)  # a click does
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setModel(self._model)
        self.setItemDelegate(self._cell)
        self.verticalHeader().setVisible(False)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(10)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(INITIAL, QHeaderView.ResizeMode.Stretch)

    # -- what the form calls ----------------------------------------------------------------

    def show_experiment(self, experiment: Experiment) -> None:
        """Show the experiment's parameters; the one that is selected stays so if it is there."""
        name = self._name
        self._model.show(experiment)
        if not self.currentIndex().isValid():
            row = max(self._model.row_of(name), 0)
            self.setCurrentIndex(self._model.index(row, INITIAL))
            self._fit()

    def show_present(self, values: Mapping[str, float] | None) -> None:
        """Show the present values, as often as one can read them; None: they are not known."""
        self._present, self._due = values, True
        if not self._pause.isActive():
            self._show_newest()

    @property
    def is_wrong(self) -> bool:
        """Whether a cell is open that holds what cannot be taken."""
        return self._cell.field is not None and bool(self._cell.field.problem)

    def selected_names(self) -> list[str]:
        """Return the names of the selected parameters, the current one first."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        current = self.currentIndex().row()
        return [self._at(row) for row in sorted(rows, key=lambda row: row != current)]

    def refuse(self, value: float, problem: str) -> None:
        """Go back to the initial value before; what was typed stays."""
        if self._cell.field is not None:
            self._cell.field.refuse(value, problem)

    def commit(self) -> bool:
        """Take what is typed in a cell; return whether it is valid."""
        return self._cell.finish()

    def discard_typing(self) -> None:
        """Forget what is typed in a cell."""
        self._cell.close()

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours; what is selected is tinted, as something always is."""
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.Highlight, theme.notice)
        palette.setColor(QPalette.ColorRole.HighlightedText, theme.text)
        palette.setColor(QPalette.ColorRole.Base, theme.base)
        palette.setColor(QPalette.ColorRole.Text, theme.text)
        self.setPalette(palette)

    # -- size -------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:  # noqa: D102  Qt's
        rows = min(max(self._model.rowCount(), 1), ROWS) * self._row_height()
        height = self.horizontalHeader().sizeHint().height() + rows + 2 * self.frameWidth()
        return QSize(round(LEAST_WIDTH * self._digit()) + self._beside_the_digits(), height)

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        return self.sizeHint()

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        self._fit_columns()

    def _digit(self) -> float:
        return self.fontMetrics().horizontalAdvance("0")

    def _row_height(self) -> int:
        return self.fontMetrics().height() + 9

    def _beside_the_digits(self) -> int:
        """Return the width of the check boxes, the scroll bar and the frame."""
        bar = self.verticalScrollBar().sizeHint().width()
        return self.horizontalHeader().sectionSizeHint(FROZEN) + bar + 2 * self.frameWidth()

    def _fit(self) -> None:
        """Give every row and column room for its texts in the present font."""
        self.verticalHeader().setMinimumSectionSize(1)
        self.verticalHeader().setDefaultSectionSize(self._row_height())
        self._fit_columns()
        self.updateGeometry()

    def _fit_columns(self) -> None:
        """Share the width; the initial values have what the others leave."""
        header, digit = self.horizontalHeader(), self._digit()
        room = self.width() - self._beside_the_digits()
        least, most = NAME_WIDTHS
        name = min(max(self.sizeHintForColumn(NAME), least * digit), most * digit, 0.28 * room)
        header.resizeSection(NAME, round(name))
        header.resizeSection(FROZEN, header.sectionSizeHint(FROZEN))
        header.resizeSection(PRESENT, round(min(PRESENT_WIDTH * digit, 0.43 * room)))

    # -- what a person does -----------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102  Qt's
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        match event.key():
            case Key.Key_Space if not held:
                self._freeze_selected()
            case Key.Key_F2 | Key.Key_Return | Key.Key_Enter:
                self._open_cell()
            case _ if not held and event.text() in _TYPED and event.text():
                self._open_cell(event.text())
            case _:
                super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        super().mouseReleaseEvent(event)
        if self.is_wrong:
            self._open_cell()

    def closeEditor(  # noqa: D102, N802  Qt's
        self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint
    ) -> None:
        if editor is self._cell.field:  # Qt has gone to another row
            self._cell.finish()
        else:
            super().closeEditor(editor, hint)

    def selectionChanged(  # noqa: D102, N802  Qt's
        self, selected: QItemSelection, deselected: QItemSelection
    ) -> None:
        super().selectionChanged(selected, deselected)
        if self.currentIndex().isValid():
            self._name = self._at(self.currentIndex().row())
        self.selected.emit()

    def _take_click(self, index: QModelIndex) -> None:
        if index.column() == INITIAL and len(self.selectionModel().selectedRows()) == 1:
            self._open_cell()

    def _open_cell(self, text: str = "") -> None:
        """Let the current initial value be typed; one that is still wrong comes first."""
        if not self._cell.finish() and self._cell.field is not None:
            self._cell.field.setFocus()
        elif self.currentIndex().isValid():
            self.edit(self._model.index(self.currentIndex().row(), INITIAL))
            if self._cell.field is not None:
                self._cell.field.selectAll()
                if text:
                    self._cell.field.insert(text)

    def _ask_to_freeze(self, row: int, frozen: bool) -> None:
        """Ask for a row, and all that are selected with it."""
        names = self.selected_names()
        name = self._at(row)
        self.freezing_asked.emit(names if name in names else [name], frozen)

    def _freeze_selected(self) -> None:
        """Ask to freeze what is selected, or to train it if the current one is frozen."""
        row = self.currentIndex().row()
        if row >= 0:
            self._ask_to_freeze(row, not self._model.start_at(row).frozen)

    def _at(self, row: int) -> str:
        return self._model.name_at(row)

    # -- present values ---------------------------------------------------------------------

    def _show_newest(self) -> None:
        """Show what came last, and wait before anything else is shown."""
        if self._due:
            self._due = False
            self._model.show_present(self._present)
            self._pause.start()
