"""The form for the model and its loss, with the formula as a textbook prints it."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Signal

from app.controls.setting_form import SettingForm
from app.study.experiment import Experiment, applies
from app.study.formula import Part
from app.study.setting import settings_of

Span = tuple[int, int]


class ModelForm(SettingForm):
    """Shows the model; the parts of its formula can be pointed at, and lit."""

    part_hovered = Signal(object)
    """Another part of the formula in force is pointed at: its (start, end), or None for none."""

    def __init__(self, experiment: Experiment) -> None:
        super().__init__("Model", settings_of(experiment.model), experiment.value)
        self.setObjectName("model_group")
        self.editor("loss").setObjectName("sample_loss")  # "loss" is the one that is measured
        self._lit: frozenset[Span] = frozenset()
        self._pointed: Span | None = None
        self.pictures["formula"].part_hovered.connect(self._tell_part)
        self.fields["formula"].typed.connect(self._show_lit)

    def show_experiment(self, experiment: Experiment) -> None:
        """Show the experiment's model."""
        self.show_values(experiment.value)
        self.show_what_applies(applies(experiment))
        self._show_lit()
        if self.pictures["formula"].isHidden():
            self._tell_part(None)

    def light(self, spans: Collection[Span]) -> None:
        """Light the parts of the formula in force that are these characters."""
        self._lit = frozenset(spans)
        self._show_lit()

    def _show_lit(self) -> None:
        self.pictures["formula"].light(self._lit if self._shows_what_is_in_force() else ())

    def _shows_what_is_in_force(self) -> bool:
        """Whether the picture is not that of a formula that is still being typed."""
        formula = self.pictures["formula"].formula
        return formula is not None and formula.text == self.fields["formula"].value()

    def _tell_part(self, part: Part | None) -> None:
        in_force = part is not None and self._shows_what_is_in_force()
        pointed = (part.start, part.end) if part is not None and in_force else None
        if pointed != self._pointed:
            self._pointed = pointed
            self.part_hovered.emit(pointed)
