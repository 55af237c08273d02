"""One group of an experiment's settings as a form, made from their declarations."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGroupBox,
    QLabel,
    QLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.controls.formula_edit import FormulaEdit
from app.controls.number_edit import NumberEdit
from app.study.experiment import Experiment
from app.study.setting import Choice, Flag, Number, Setting, Text

Field = NumberEdit | FormulaEdit
"""What is typed in."""


class SettingForm(QGroupBox):
    """Shows a group's settings, each in a control that is named after it.

    Settings that no single control can edit are left out.

    Attributes:
        fields: the controls in which one types, by their setting's name.
    """

    edited = Signal(str, object)
    """A person chose another value: the setting's name, and the value."""
    typed = Signal(str, object)
    """A person typed another value: the setting's name, and the value."""

    def __init__(self, title: str, settings: Mapping[str, Setting], shown: Experiment) -> None:
        super().__init__(title)
        self.fields: dict[str, Field] = {}
        self._editors: dict[str, QWidget] = {}
        self._form = form = QFormLayout(self)
        form.setContentsMargins(0, 2, 0, 2)
        form.setVerticalSpacing(5)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for name, setting in settings.items():
            editor = self._make_editor(name, setting, shown.value(name))
            if editor is not None:
                self._add(name, setting, editor)

    def editor(self, name: str) -> QWidget:
        """Return the control of a setting."""
        return self._editors[name]

    def add_below(self, name: str, below: QWidget | QLayout) -> None:
        """Add something below a setting's control."""
        row, _ = self._form.getWidgetPosition(self._editors[name])
        self._form.insertRow(row + 1, below)

    def add_row(self, row: QWidget) -> None:
        """Add something below all settings."""
        self._form.addRow(row)

    def show_experiment(self, experiment: Experiment) -> None:
        """Show the experiment's values; a field that was typed wrongly keeps its text."""
        for name, editor in self._editors.items():
            value = experiment.value(name)
            field = self.fields.get(name)
            if field is not None and field.problem and field.value() == value:
                continue
            editor.blockSignals(field is None)
            _show_value(editor, value)
            editor.blockSignals(False)

    def show_what_applies(self, effective: Mapping[str, bool]) -> None:
        """Show only those controls that have an effect with the other settings."""
        for name, editor in self._editors.items():
            if name not in effective:
                continue
            field = self.fields.get(name)
            if field is not None and not effective[name] and field.problem:
                field.set_value(field.value())  # nobody can see or mend it any more
            self._form.setRowVisible(editor, effective[name])

    # -- making the controls ----------------------------------------------------------------

    def _make_editor(self, name: str, setting: Setting, value: Any) -> QWidget | None:
        match setting:
            case Number():
                edit = NumberEdit(setting, value)
                self._take_field(name, edit)
                return edit
            case Text():
                formula = FormulaEdit(setting.read, value)
                self._take_field(name, formula)
                return formula
            case Choice():
                box = list_box()
                box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
                for option in setting.options:
                    box.addItem(getattr(option, "label", option.value), option)
                box.activated.connect(lambda: self.edited.emit(name, box.currentData()))
                return box
            case Flag():
                check = QCheckBox(setting.label)
                check.toggled.connect(lambda on: self.edited.emit(name, on))
                return check
            case _:
                return None

    def _take_field(self, name: str, field: Field) -> None:
        self.fields[name] = field
        field.value_changed.connect(lambda value: self.typed.emit(name, value))

    def _add(self, name: str, setting: Setting, editor: QWidget) -> None:
        """Add a setting's row, and for a field below it a row for what is wrong with it."""
        editor.setObjectName(name)
        editor.setAccessibleName(setting.label)
        editor.setAccessibleDescription(setting.help)
        editor.setToolTip(_tool_tip(setting))
        self._editors[name] = editor
        if isinstance(setting, Flag):
            self._form.addRow(editor)
        else:
            label = QLabel(setting.label)
            label.setBuddy(editor)
            label.setToolTip(_tool_tip(setting))
            self._form.addRow(label, editor)
        if name in self.fields:
            add_problem_row(self._form, self.fields[name], name)


def add_problem_row(form: QFormLayout, field: Field, name: str) -> None:
    """Add a row in which a field's problem is said, visible only while there is one."""
    label = QLabel(wordWrap=True, objectName=f"{name}_problem")
    label.setProperty("role", "problem")
    form.addRow(label)
    form.setRowVisible(label, False)

    def show(problem: str) -> None:
        label.setText(problem)
        form.setRowVisible(label, bool(problem))

    field.problem_changed.connect(show)


def list_box() -> QComboBox:
    """Return a list that keeps the focus only where the keyboard led to it.

    After a choice with the mouse letters would else go on choosing, in place of the window's
    shortcuts.
    """
    box = QComboBox()
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return box


def rows_of(*widgets: QWidget, spacing: int = 5) -> QVBoxLayout:
    """Return widgets below each other: by itself a form would squeeze one beside a label."""
    rows = QVBoxLayout()
    rows.setSpacing(spacing)
    for widget in widgets:
        rows.addWidget(widget)
    return rows


def _show_value(editor: QWidget, value: Any) -> None:
    """Show a setting's value in its editor."""
    match editor:
        case NumberEdit() | FormulaEdit():
            editor.set_value(value)
        case QComboBox():
            options: list[Enum] = [editor.itemData(index) for index in range(editor.count())]
            editor.setCurrentIndex(options.index(value))
        case QCheckBox():
            editor.setChecked(value)


def _tool_tip(setting: Setting) -> str:
    """Return what a setting means and takes, wrapped by Qt because it is rich text."""
    allowed = f"<br>{setting.allowed.capitalize()}." if isinstance(setting, Number) else ""
    return f"<p>{setting.help}{allowed}</p>"
