"""The parameters of the true curve, a field for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from app.controls.number_edit import NumberEdit
from app.controls.setting_form import ValueOf, describe, problem_label
from app.study.recipe import Data
from app.study.setting import Named, Number, settings_of

SHORT = 6
"""Characters of a name up to which two parameters have room side by side."""


class TrueValues(QWidget):
    """Shows the true values, two in a row where their names are short.

    Attributes:
        fields: the fields, by their setting's name, such as "true.m".
    """

    typed = Signal(str, object)
    """A person typed another value: the setting's name, and the value."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, NumberEdit] = {}
        self._names: tuple[str, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(5)
        self.setObjectName("true_values")

    def show_names(self, names: Sequence[str], value_of: ValueOf) -> None:
        """Show these parameters; a field that was typed wrongly keeps its text."""
        if self._names != tuple(names):
            self._remake(names, value_of)
        for name, field in self.fields.items():
            value = value_of(name)
            if not field.problem or field.value() != value:
                field.set_value(value)

    def _remake(self, names: Sequence[str], value_of: ValueOf) -> None:
        self._names = tuple(names)
        self.fields = {}
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            widget.setParent(None)
            widget.deleteLater()
        if not names:
            return
        title = QLabel("True values")
        title.setToolTip(f"<p>{_named().help}</p>")
        self._grid.addWidget(title, 0, 0, 1, -1)
        abreast = 2 if max(map(len, names)) <= SHORT else 1
        for place, name in enumerate(names):
            row, column = divmod(place, abreast)
            self._add(name, value_of(f"true.{name}"), 1 + 3 * row, 2 * column)
        for column in range(4):
            self._grid.setColumnStretch(column, column % 2 if column < 2 * abreast else 0)

    def _add(self, name: str, value: float, row: int, column: int) -> None:
        """Add a field; what is wrong with it is said below its row."""
        setting = _setting(name)
        edit = NumberEdit(setting, value)
        describe(edit, f"true.{name}", setting)
        edit.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        edit.setMinimumWidth(edit.fontMetrics().horizontalAdvance("−0.00000"))
        label = QLabel(name, textFormat=Qt.TextFormat.PlainText)
        label.setBuddy(edit)
        label.setToolTip(edit.toolTip())
        problem = problem_label(f"true.{name}_problem")
        self._grid.addWidget(label, row, column)
        self._grid.addWidget(edit, row, column + 1)
        self._grid.addWidget(problem, row + 1 + column // 2, 0, 1, -1)
        problem.hide()
        edit.problem_changed.connect(problem.setText)
        edit.problem_changed.connect(lambda text: problem.setVisible(bool(text)))
        edit.value_changed.connect(lambda value: self.typed.emit(f"true.{name}", value))
        self.fields[f"true.{name}"] = edit


def _named() -> Named:
    named = settings_of(Data)["true"]
    assert isinstance(named, Named)  # noqa: S101  declared so
    return named


def _setting(name: str) -> Number:
    """Return the declaration of one parameter's true value."""
    each = _named().each
    assert isinstance(each, Number)  # noqa: S101  declared so
    return replace(each, label=f"{each.label} {name}")
