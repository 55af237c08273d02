"""One group of an experiment's settings as a form, made from their declarations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.controls.formula_edit import FormulaEdit
from app.controls.number_edit import NumberEdit
from app.controls.typeset import FormulaPicture
from app.study.setting import Choice, Flag, Number, Setting, Text
from app.theme import Theme

Field = NumberEdit | FormulaEdit
"""What is typed in."""

ValueOf = Callable[[str], Any]
"""Tells a setting's value by its name."""

GAP = 6
"""Pixels between a label and its control."""

LEFT_SIDES = {"formula": "yhat", "truth_formula": "y"}
"""What the formulas are equal to that have a name."""


class SettingForm(QGroupBox):
    """Shows a group's settings, each in a control that is named after it.

    Settings that no single control can edit are left out. Below a formula is its picture.

    Attributes:
        fields: the controls in which one types, by their setting's name.
        pictures: the formulas as a textbook prints them, by their setting's name.
    """

    edited = Signal(str, object)
    """A person chose another value: the setting's name, and the value."""
    typed = Signal(str, object)
    """A person typed another value: the setting's name, and the value."""

    def __init__(
        self, title: str, settings: Mapping[str, Setting], value_of: ValueOf, prefix: str = ""
    ) -> None:
        """Make the controls; ``prefix`` is what their object names begin with."""
        super().__init__(title)
        self.fields: dict[str, Field] = {}
        self.pictures: dict[str, FormulaPicture] = {}
        self._prefix = prefix
        self._editors: dict[str, QWidget] = {}
        self._rows: dict[str, QWidget] = {}  # the control, or what holds it and its label
        self._labels: list[QLabel] = []
        self._problems: dict[str, QLabel] = {}
        self._form = form = QFormLayout(self)
        form.setContentsMargins(0, 2, 0, 2)
        form.setVerticalSpacing(5)
        form.setHorizontalSpacing(0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for name, setting in settings.items():
            editor = self._make_editor(name, setting, value_of(name))
            if editor is not None:
                self._add(name, setting, editor)

    def editor(self, name: str) -> QWidget:
        """Return the control of a setting."""
        return self._editors[name]

    def label_of(self, name: str) -> str:
        """Return what a setting is called in a sentence."""
        control = self.fields.get(name, self._editors.get(name))
        return "" if control is None else control.accessibleName().removesuffix(" =")

    def add_above(self, name: str, above: QWidget | QLayout) -> None:
        """Add something above a setting's control."""
        self._form.insertRow(self._row_of(self._rows[name]), above)

    def add_below(self, name: str, below: QWidget | QLayout) -> None:
        """Add something below a setting's control, and what is said of it."""
        self._form.insertRow(self._row_of(self._problems.get(name, self._rows[name])) + 1, below)

    def add_row(self, row: QWidget | QLayout) -> None:
        """Add something below all settings."""
        self._form.addRow(row)

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        for each in (*self.fields.values(), *self.pictures.values()):
            if not isinstance(each, NumberEdit):
                each.set_theme(theme)

    # -- what is shown ----------------------------------------------------------------------

    def show_values(self, value_of: ValueOf) -> None:
        """Show the values; a field that was typed wrongly keeps its text."""
        for name in self._editors:
            value = value_of(name)
            field = self.fields.get(name)
            if field is not None and field.problem and field.value() == value:
                continue
            if field is None and name in self._problems:
                self.refuse(name, value, "")
            else:
                self._show(name, value)

    def _show(self, name: str, value: Any) -> None:
        """Show a value; that is no edit."""
        editor = self._editors[name]
        editor.blockSignals(name not in self.fields)
        _show_value(editor, value)
        editor.blockSignals(False)

    def show_what_applies(self, effective: Mapping[str, bool]) -> None:
        """Show only those controls that have an effect with the other settings."""
        for name in self._editors:
            if name not in effective:
                continue
            field = self.fields.get(name)
            if field is not None and not effective[name] and field.problem:
                field.set_value(field.value())  # nobody can see or mend it any more
            self._form.setRowVisible(self._rows[name], effective[name])
            if name in self.pictures:
                self._form.setRowVisible(self.pictures[name], effective[name])
        self._align_labels()

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._align_labels()

    def _align_labels(self) -> None:
        """Make all labels as wide as the widest, and the gap beside it.

        By the width of its own label alone Qt decides whether a row has room for its control
        beside it, but the control has only what the widest label and the gap leave.
        """
        shown = [label for label in self._labels if not label.isHidden()]
        widest = max((label.sizeHint().width() for label in shown), default=0)
        for label in self._labels:
            label.setMinimumWidth(widest + GAP)

    # -- what was typed ---------------------------------------------------------------------

    def commit(self) -> bool:
        """Take what was typed and not entered yet; return whether all of it is valid."""
        taken = [field.commit() for field in self._visible_fields()]
        return all(taken)

    def retry(self) -> None:
        """Try again what was refused: what it contradicted may be right now."""
        for field in self._visible_fields():
            if field.problem:
                field.commit()

    def discard_typing(self) -> None:
        """Bring back the values in force in all fields."""
        for field in self.fields.values():
            field.set_value(field.value())

    def refuse(self, name: str, value: Any, problem: str) -> None:
        """Go back to a value, and say why; what was typed stays."""
        if name in self.fields:
            self.fields[name].refuse(value, problem)
            return
        if name not in self._problems:
            self._problems[name] = label = self._problem_label(name)
            self._form.insertRow(self._row_of(self._rows[name]) + 1, label)
        self._show(name, value)
        self._problems[name].setText(problem)
        self._form.setRowVisible(self._problems[name], bool(problem))

    def _visible_fields(self) -> Iterator[Field]:
        """Yield the fields that can be seen; what is typed in one may bring and remove others."""
        for name in list(self.fields):
            field = self.fields.get(name)
            if field is not None and field.isVisibleTo(self):
                yield field

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
        describe(editor, self._prefix + name, setting)
        self._editors[name] = self._rows[name] = editor
        label = QLabel(setting.label)
        label.setBuddy(editor)
        label.setToolTip(editor.toolTip())
        if isinstance(setting, Flag):
            self._form.addRow(editor)
        elif isinstance(editor, FormulaEdit):
            self._rows[name] = row = _side_by_side(label, editor)
            self._form.addRow(row)
        else:
            self._labels.append(label)
            self._form.addRow(label, editor)
        if name in self.fields:
            self._add_problem_row(name, self.fields[name])
        if isinstance(editor, FormulaEdit):
            self._add_picture(name, editor)

    def _add_problem_row(self, name: str, field: Field) -> None:
        """Add a row in which a field's problem is said, visible only while there is one."""
        self._problems[name] = label = self._problem_label(name)
        self._form.addRow(label)
        self._form.setRowVisible(label, False)

        def show(problem: str) -> None:
            label.setText(problem)
            self._form.setRowVisible(label, bool(problem))

        field.problem_changed.connect(show)

    def _problem_label(self, name: str) -> QLabel:
        return problem_label(f"{self._prefix}{name}_problem")

    def _add_picture(self, name: str, edit: FormulaEdit) -> None:
        """Add the formula below its field, as a textbook prints it."""
        self.pictures[name] = picture = FormulaPicture(LEFT_SIDES.get(name, ""))
        picture.setObjectName(f"{self._prefix}{name}_picture")
        picture.show_formula(edit.formula)
        edit.typed.connect(picture.show_formula)
        self._form.addRow(picture)

    def _row_of(self, widget: QWidget) -> int:
        row, _ = self._form.getWidgetPosition(widget)
        return row


def describe(editor: QWidget, name: str, setting: Setting) -> None:
    """Let a control say which setting it edits."""
    editor.setObjectName(name)
    editor.setAccessibleName(setting.label)
    editor.setAccessibleDescription(setting.help)
    editor.setToolTip(_tool_tip(setting))


def problem_label(name: str) -> QLabel:
    """Return an empty label for what is wrong with something."""
    label = QLabel(wordWrap=True, objectName=name)
    label.setProperty("role", "problem")
    return label


def _side_by_side(label: QLabel, edit: FormulaEdit) -> QWidget:
    """Return a row in which a formula has all the room that its label leaves."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(GAP)
    layout.addWidget(label)
    layout.addWidget(edit, 1)
    return row


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
