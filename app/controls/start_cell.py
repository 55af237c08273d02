"""The cell in which a parameter's initial value is typed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.controls.number_edit import NumberEdit
from app.controls.parameter_model import INITIAL, ParameterModel, initial_number
from app.controls.setting_form import describe

Key = Qt.Key


class StartCell(QStyledItemDelegate):
    """Shows an initial value in a frame, and edits it in place.

    A number that cannot be taken keeps the cell open, with what was typed.
    """

    typed = Signal(int, float)
    """Another initial value was typed for the parameter in a row."""
    problem_changed = Signal(str)
    """A sentence about what was typed, or "" when all is well."""

    def __init__(self, model: ParameterModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._open: NumberEdit | None = None

    @property
    def field(self) -> NumberEdit | None:
        """The field of the cell that is open; None if none is."""
        return self._open

    def finish(self) -> bool:
        """Take what was typed and close the cell; return whether it could be taken."""
        field = self._open
        if field is None:
            return True
        taken = field.commit()
        if taken and field is self._open:
            self.close()
        return taken

    def close(self) -> None:
        """Close the cell, and forget what was typed and not entered."""
        field = self._open
        if field is not None:
            field.set_value(field.value())
            self._open = None
            self.closeEditor.emit(field, QStyledItemDelegate.EndEditHint.NoHint)

    # -- what Qt asks -----------------------------------------------------------------------

    def paint(  # noqa: D102  Qt's
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        if index.column() != INITIAL:
            super().paint(painter, option, index)
            return
        palette, state = option.palette, QStyle.StateFlag
        painter.save()
        if option.state & state.State_Selected:
            painter.fillRect(option.rect, palette.highlight())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(palette.color(QPalette.ColorRole.Mid))
        painter.setBrush(palette.base())
        painter.drawRoundedRect(QRectF(option.rect).adjusted(1.5, 1.5, -1.5, -1.5), 3, 3)
        painter.restore()
        option.state &= ~state.State_Selected
        option.rect.adjust(2, 2, -2, -2)
        super().paint(painter, option, index)

    def createEditor(  # noqa: D102, N802  Qt's
        self,
        parent: QWidget,
        option: QStyleOptionViewItem,  # noqa: ARG002
        index: QModelIndex,
    ) -> QWidget:
        number = initial_number(self._model.name_at(index.row()))
        field = NumberEdit(number, self._model.initial_at(index.row()), parent)
        describe(field, "initial_value", number)
        row = index.row()
        field.value_changed.connect(lambda value: self.typed.emit(row, value))
        field.problem_changed.connect(self.problem_changed)
        self._open = field
        return field

    def destroyEditor(self, editor: QWidget, index: QModelIndex) -> None:  # noqa: D102, N802  Qt's
        if editor is self._open:  # the parameters are other ones
            self._open = None
        if self._open is None:
            self.problem_changed.emit("")
        super().destroyEditor(editor, index)

    def setEditorData(self, editor: QWidget, index: QModelIndex) -> None:  # noqa: D102, N802  Qt's
        value = self._model.initial_at(index.row())
        if isinstance(editor, NumberEdit) and editor.value() != value:
            editor.set_value(value)

    def setModelData(self, *_: object) -> None:  # noqa: N802  Qt's
        """Do nothing: the field itself tells what is typed."""

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:  # noqa: D102  Qt's
        if editor is not self._open:
            return False
        match event:
            case QKeyEvent() if event.type() is QEvent.Type.KeyPress:
                return self._take_key(event)
            case QKeyEvent() if event.type() is QEvent.Type.ShortcutOverride:
                if event.key() == Key.Key_Escape:  # closes the cell before anything else
                    event.accept()
            case QFocusEvent() if event.type() is QEvent.Type.FocusOut:
                if event.reason() is not Qt.FocusReason.PopupFocusReason:
                    self.finish()
        return False

    def _take_key(self, event: QKeyEvent) -> bool:
        match event.key():
            case Key.Key_Return | Key.Key_Enter | Key.Key_Tab | Key.Key_Backtab:
                self.finish()
            case Key.Key_Escape:
                self.close()
            case _:
                return False
        return True
