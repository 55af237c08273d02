"""The panel that edits the experiment: presets, model, parameters, data, training."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.controls.data_form import DataForm
from app.controls.learning_rate_scale import LearningRateScale
from app.controls.model_form import ModelForm
from app.controls.new_data import draw_anew
from app.controls.parameter_form import ParameterForm
from app.controls.setting_form import SettingForm, list_box, rows_of
from app.study.experiment import Experiment, applies, check
from app.study.presets import Preset
from app.study.recipe import DataSource
from app.study.setting import SettingError, settings_of
from app.study.start import Start
from app.style_property import set_style_property

if TYPE_CHECKING:
    from app.theme import Theme
    from app.training.stability import Stability


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
    import_asked = Signal()
    """A person wants to import a table."""
    part_hovered = Signal(object)
    """Another part of the model's formula is pointed at: its (start, end), or None for none."""

    def __init__(self, presets: Sequence[Preset], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.experiment = Experiment()
        self._presets = list(presets)
        self.scale = LearningRateScale()
        self._stability = QLabel(wordWrap=True, objectName="stability")
        self._model = ModelForm(self.experiment)
        self._parameters = ParameterForm(self.experiment)
        self._data = DataForm(self.experiment)
        self._training = self._make_training()
        self._forms = (self._model, self._parameters, self._data, self._training)
        self.setObjectName("experiment_panel")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(self._make_content())
        self._connect()
        self.show_experiment(self.experiment)

    # -- what the window calls --------------------------------------------------------------

    def show_experiment(self, experiment: Experiment) -> None:
        """Show an experiment in all controls; a field that was typed wrongly keeps its text."""
        self.experiment = experiment
        for form in (self._model, self._parameters, self._data):
            form.show_experiment(experiment)
        self._training.show_values(experiment.value)
        self._training.show_what_applies(applies(experiment))
        self.scale.set_value(experiment.training.learning_rate)
        self._show_preset()

    def show_present(self, values: Mapping[str, float] | None) -> None:
        """Show the present values of the trained parameters; None: they are not known."""
        self._parameters.show_present(values)

    def light_parts(self, spans: Collection[tuple[int, int]]) -> None:
        """Light the parts of the model's formula that are these characters."""
        self._model.light(spans)

    def show_stability(self, stability: Stability) -> None:
        """Mark the largest stable learning rate, and say how the present one compares."""
        self.scale.set_limit(stability.limit)
        role = "problem" if stability.exceeded else "muted"
        set_style_property(self._stability, "role", role)
        self._stability.setText(stability.sentence)

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        for each in (self.scale, *self._forms):
            each.set_theme(theme)

    def commit(self) -> bool:
        """Take what was typed and not entered yet; return whether all of it is valid."""
        taken = [form.commit() for form in self._forms]
        return all(taken)

    def discard_typing(self) -> None:
        """Bring back the values in force in all fields."""
        for form in self._forms:
            form.discard_typing()

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
        for form in self._forms:
            layout.addWidget(form)
        layout.addStretch(1)
        return content

    def _make_preset_box(self) -> QWidget:
        self._preset_box = list_box()
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
        self._about.setContentsMargins(0, 0, 0, 6)
        self._about.setAlignment(Qt.AlignmentFlag.AlignTop)
        return self._preset_box

    def _make_training(self) -> SettingForm:
        """Return the training's form, the learning rate's scale below its field."""
        settings = settings_of(self.experiment.training)
        form = SettingForm("Training", settings, self.experiment.value)
        form.setObjectName("training_group")
        form.add_below("learning_rate", rows_of(self.scale, self._stability))
        return form

    def _connect(self) -> None:
        self._model.part_hovered.connect(self.part_hovered)
        self._data.import_asked.connect(self.import_asked)
        self._data.new_data_asked.connect(self._draw_new_data)
        self._parameters.starts_edited.connect(self._take_starts)
        self.scale.value_changed.connect(
            lambda value: self._take(self._training, "learning_rate", value)
        )
        for form in self._forms:
            form.edited.connect(lambda name, value, form=form: self._take(form, name, value))
            form.typed.connect(lambda name, value, form=form: self._take(form, name, value))

    # -- what a person does -----------------------------------------------------------------

    def _take(self, form: SettingForm, name: str, value: Any) -> None:
        """Ask for another value of a setting, unless it contradicts the others."""
        before = self.experiment.value(name)
        try:
            wanted = self._with_value(name, value)
        except SettingError as error:
            form.refuse(name, before, str(error))
            return
        self._ask_for(wanted, form.label_of(name), lambda why: form.refuse(name, before, why))

    def _with_value(self, name: str, value: Any) -> Experiment:
        """Return the experiment with one setting changed; own points are the present ones."""
        wanted = self.experiment.with_value(name, value)
        if wanted.data.source is DataSource.POINTS and wanted.data.points is None:
            # Imported here: NumPy comes with it, and the window is painted before it is loaded.
            from app.study.data import as_points

            points = as_points(self.experiment.data, self.experiment.model)
            wanted = wanted.with_value("points", points)
        return wanted

    def _take_starts(
        self, starts: Mapping[str, Start], label: str, refuse: Callable[[str], None]
    ) -> None:
        """Ask for other starts of some parameters."""
        wanted = {**dict(self.experiment.initial.starts), **starts}
        self._ask_for(self.experiment.with_value("starts", tuple(wanted.items())), label, refuse)

    def _draw_new_data(self) -> None:
        drawn = draw_anew(self.experiment, random.SystemRandom())
        if drawn != self.experiment:
            self.experiment_edited.emit(drawn, "New data")

    def _ask_for(self, wanted: Experiment, label: str, refuse: Callable[[str], None]) -> None:
        """Ask for an experiment, or refuse it with the reason why it cannot be run."""
        try:
            check(wanted)
        except SettingError as error:
            refuse(str(error))
            return
        if wanted != self.experiment:
            self.experiment_edited.emit(wanted, label)
        for form in self._forms:
            form.retry()

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
