"""The panel that edits the experiment: presets, data, initial parameters, training."""

from __future__ import annotations

import random
from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QFrame,
    QGroupBox,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.controls.learning_rate_scale import LearningRateScale
from app.controls.number_edit import NumberEdit
from app.study.experiment import Experiment, applies, check
from app.study.presets import Preset
from app.study.setting import Choice, Flag, Number, Setting, SettingError, settings_of
from app.style_property import set_style_property

if TYPE_CHECKING:
    from app.theme import Theme
    from app.training.stability import Stability

GROUP_TITLES = {"model": "Model", "data": "Data", "initial": "Initial parameters", "training": "Training"}


class ExperimentPanel(QScrollArea):
    """Shows an experiment and lets a person edit it.

    Every control is made from the declaration of its setting and is named after it. The
    panel asks for changes; the window decides, and shows the outcome with ``show_experiment``.

    Attributes:
        experiment: what the controls show.
        scale: the learning rate on a scale.
    """

    experiment_edited = Signal(object, str)
    """A person changed a setting: the experiment wanted, and the label of what changed."""
    preset_chosen = Signal(object)
    """A person chose a preset."""

    def __init__(self, presets: Sequence[Preset], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.experiment = Experiment()
        self._presets = list(presets)
        self._editors: dict[str, QWidget] = {}
        self._forms: dict[str, QFormLayout] = {}
        self.scale = LearningRateScale()
        self._stability = QLabel(wordWrap=True, objectName="stability")
        self.setObjectName("experiment_panel")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(self._make_content())
        self.show_experiment(self.experiment)

    # -- what the window calls --------------------------------------------------------------

    def show_experiment(self, experiment: Experiment) -> None:
        """Show an experiment in all controls; a field that was typed wrongly keeps its text."""
        self.experiment = experiment
        for name, editor in self._editors.items():
            value = experiment.value(name)
            if isinstance(editor, NumberEdit) and editor.problem and editor.value() == value:
                continue
            editor.blockSignals(not isinstance(editor, NumberEdit))
            _show_value(editor, value)
            editor.blockSignals(False)
        self.scale.set_value(experiment.training.learning_rate)
        self._show_preset()
        self._show_what_applies()

    def show_stability(self, stability: Stability) -> None:
        """Mark the largest stable learning rate, and say how the present one compares."""
        self.scale.set_limit(stability.limit)
        role = "problem" if stability.exceeded else "muted"
        set_style_property(self._stability, "role", role)
        self._stability.setText(stability.sentence)

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self.scale.set_theme(theme)

    def commit(self) -> bool:
        """Take what was typed and not entered yet; return whether all of it is valid."""
        taken = [field.commit() for field in self._fields() if field.isVisibleTo(self)]
        return all(taken)

    def discard_typing(self) -> None:
        """Bring back the values in force in all fields."""
        for field in self._fields():
            field.set_value(field.value())

    def _fields(self) -> list[NumberEdit]:
        return [editor for editor in self._editors.values() if isinstance(editor, NumberEdit)]

    def resize_to_text(self) -> None:
        """Reserve the width that the controls need in the present font."""
        self._about.setMinimumHeight(0)
        content = self.widget().minimumSizeHint().width()
        self.setMinimumWidth(content + self.verticalScrollBar().sizeHint().width())

    # -- making the controls ----------------------------------------------------------------

    def _make_content(self) -> QWidget:
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(10, 6, 12, 10)
        layout.setSpacing(4)
        layout.addWidget(self._make_preset_box())
        layout.addWidget(self._about)
        for group_name, group in self.experiment.groups():
            layout.addWidget(self._make_group(group_name, settings_of(group)))
        layout.addStretch(1)
        return content

    def _make_preset_box(self) -> QWidget:
        self._preset_box = _list_box()
        self._preset_box.setObjectName("preset")
        self._preset_box.setAccessibleName("Preset")
        self._preset_box.setToolTip("A ready experiment to start from.")
        for preset in self._presets:
            self._preset_box.addItem(preset.title)
            self._preset_box.setItemData(
                self._preset_box.count() - 1, preset.about, Qt.ItemDataRole.ToolTipRole
            )
        self._preset_box.setPlaceholderText("Custom")
        self._preset_box.activated.connect(
            lambda index: self.preset_chosen.emit(self._presets[index])
        )
        self._about = QLabel(wordWrap=True, objectName="about")
        self._about.setProperty("role", "muted")
        self._about.setAlignment(Qt.AlignmentFlag.AlignTop)
        return self._preset_box

    def _make_group(self, group_name: str, settings: dict[str, Setting]) -> QGroupBox:
        box = QGroupBox(GROUP_TITLES[group_name], objectName=f"{group_name}_group")
        form = QFormLayout(box)
        form.setContentsMargins(0, 2, 0, 2)
        form.setVerticalSpacing(5)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for name, setting in settings.items():
            editor = self._make_editor(name, setting)
            editor.setObjectName(name)
            editor.setAccessibleName(setting.label)
            editor.setAccessibleDescription(setting.help)
            editor.setToolTip(_tool_tip(setting))
            self._editors[name] = editor
            if isinstance(setting, Flag):
                form.addRow(editor)
            else:
                label = QLabel(setting.label)
                label.setBuddy(editor)
                label.setToolTip(_tool_tip(setting))
                form.addRow(label, editor)
            self._forms[name] = form
            if isinstance(editor, NumberEdit):
                _add_problem_row(form, editor, name)
            if name == "learning_rate":
                self._add_scale(form, editor)
        if group_name == "data":
            form.addRow(self._make_new_data_button())
        return box

    def _add_scale(self, form: QFormLayout, edit: NumberEdit) -> None:
        """Add the learning rate's scale below its field, and a line on what is stable."""
        rows = QVBoxLayout()  # by itself a form would squeeze the scale beside a wrapped label
        rows.setSpacing(form.verticalSpacing())
        rows.addWidget(self.scale)
        rows.addWidget(self._stability)
        form.addRow(rows)
        self.scale.value_changed.connect(
            lambda value: self._edit_number(edit, "learning_rate", value)
        )

    def _make_new_data_button(self) -> QPushButton:
        button = QPushButton("&New data", objectName="new_data")
        button.setToolTip(
            "Draw another true line, as the notebook does: a whole slope from −10 to 10, "
            "a whole intercept from −20 to 20."
        )
        button.clicked.connect(self._draw_new_data)
        return button

    def _make_editor(self, name: str, setting: Setting) -> QWidget:
        if isinstance(setting, Number):
            edit = NumberEdit(setting, self.experiment.value(name))
            edit.value_changed.connect(lambda value: self._edit_number(edit, name, value))
            return edit
        if isinstance(setting, Choice):
            box = _list_box()
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            for option in setting.options:
                box.addItem(getattr(option, "label", option.value), option)
            box.activated.connect(lambda: self._edit(name, box.currentData(), setting.label))
            return box
        check = QCheckBox(setting.label)
        check.toggled.connect(lambda on: self._edit(name, on, setting.label))
        return check

    # -- what a person does -----------------------------------------------------------------

    def _edit(self, name: str, value: Any, label: str) -> None:
        self._ask_for(self.experiment.with_value(name, value), label)

    def _edit_number(self, edit: NumberEdit, name: str, value: float) -> None:
        """Ask for a number, unless it contradicts the other settings."""
        before = self.experiment.value(name)
        wanted = self.experiment.with_value(name, value)
        try:
            check(wanted)
        except SettingError as error:
            edit.refuse(before, str(error))
        else:
            self._ask_for(wanted, edit.accessibleName())
            for other in self._fields():  # what it contradicted may be right now
                if other.problem:
                    other.commit()

    def _draw_new_data(self) -> None:
        # Imported here: NumPy comes with it, and the window is painted before that is loaded.
        from app.study.data import draw_line

        slope, intercept = draw_line(random.SystemRandom())
        drawn = self.experiment.with_value("true.m", float(slope))
        self._ask_for(drawn.with_value("true.c", float(intercept)), "New data")

    def _ask_for(self, experiment: Experiment, label: str) -> None:
        if experiment != self.experiment:
            self.experiment_edited.emit(experiment, label)

    # -- showing ----------------------------------------------------------------------------

    def _show_preset(self) -> None:
        """Name the preset that the experiment is, if it is one."""
        index = next(
            (i for i, each in enumerate(self._presets) if each.experiment == self.experiment), -1
        )
        self._preset_box.setCurrentIndex(index)
        # A first edit must not move the controls under the hand that makes it.
        self._about.setMinimumHeight(self._about.height() if index < 0 and self.isVisible() else 0)
        self._about.setText(
            self._presets[index].about
            if index >= 0
            else "Your own settings. File ▸ Save keeps them; a preset brings others back."
        )

    def _show_what_applies(self) -> None:
        """Show only those controls that have an effect with the other settings."""
        for name, effective in applies(self.experiment).items():
            editor = self._editors[name]
            if isinstance(editor, NumberEdit) and not effective and editor.problem:
                editor.set_value(editor.value())  # nobody can see or mend it any more
            self._forms[name].setRowVisible(editor, effective)


def _add_problem_row(form: QFormLayout, edit: NumberEdit, name: str) -> None:
    """Add a row below a field in which its problem is said, visible only while there is one."""
    label = QLabel(wordWrap=True, objectName=f"{name}_problem")
    label.setProperty("role", "problem")
    form.addRow(label)
    form.setRowVisible(label, False)

    def show(problem: str) -> None:
        label.setText(problem)
        form.setRowVisible(label, bool(problem))

    edit.problem_changed.connect(show)


def _show_value(editor: QWidget, value: Any) -> None:
    """Show a setting's value in its editor."""
    match editor:
        case NumberEdit():
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


def _list_box() -> QComboBox:
    """Return a list that keeps the focus only where the keyboard led to it.

    After a choice with the mouse letters would else go on choosing, in place of the window's
    shortcuts.
    """
    box = QComboBox()
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return box
