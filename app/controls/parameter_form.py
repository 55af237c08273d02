"""The form for the parameters: their table, and how the selected ones are drawn at random."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Signal

from app.controls.parameter_table import ParameterTable
from app.controls.setting_form import SettingForm, problem_label
from app.study.experiment import Experiment, applies
from app.study.setting import settings_of
from app.study.start import Source, Start
from app.theme import Theme

IN_FORM = ("source", "low", "high", "mean", "deviation")
"""The settings of a start that the table does not show."""

Refuse = Callable[[str], None]


class ParameterForm(SettingForm):
    """Shows where the parameters start; edits those that are selected, all alike.

    Attributes:
        table: the parameters.
    """

    starts_edited = Signal(object, str, object)
    """A person changed starts: the new ones by name, what changed in words, and a function
    that takes a sentence if that cannot be."""

    def __init__(self, experiment: Experiment) -> None:
        super().__init__("Parameters", settings_of(experiment.initial), experiment.value)
        self.setObjectName("initial_group")
        self._experiment = experiment
        self.table = ParameterTable()
        self._problem = problem_label("parameters_problem")
        settings = {name: each for name, each in settings_of(Start).items() if name in IN_FORM}
        self._start = SettingForm("Start", settings, partial(getattr, Start()), "start_")
        self._start.setObjectName("start_form")
        self.fields |= {f"start_{name}": field for name, field in self._start.fields.items()}
        for part in (self.table, self._problem, self._start):
            self.add_above("seed", part)
        self._say("")
        self.table.value_typed.connect(self._take_value)
        self.table.freezing_asked.connect(self._take_freezing)
        self.table.selected.connect(self._show_selected)
        self.table.problem_changed.connect(self._say)
        self._start.edited.connect(self._take_source)
        self._start.typed.connect(self._take_number)

    # -- what the panel calls ---------------------------------------------------------------

    def show_experiment(self, experiment: Experiment) -> None:
        """Show the experiment's parameters."""
        changed = experiment.initial != self._experiment.initial
        self._experiment = experiment
        self.show_values(experiment.value)
        if changed and self._problem_is_of_no_cell():
            self._say("")
        self.table.show_experiment(experiment)
        self._show_start()
        self.show_what_applies(applies(experiment))

    def show_present(self, values: Mapping[str, float] | None) -> None:
        """Show the parameters' present values; None: they are not known."""
        self.table.show_present(values)

    def commit(self) -> bool:
        """Take what was typed and not entered yet; return whether all of it is valid."""
        if self._problem_is_of_no_cell():
            self._say("")  # what was refused is not in force, and nobody goes on trying it
        taken = [super().commit(), self.table.commit()]
        return all(taken)

    def discard_typing(self) -> None:
        """Bring back the values in force."""
        super().discard_typing()
        self.table.discard_typing()
        self._say("")

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        super().set_theme(theme)
        self.table.set_theme(theme)

    # -- what a person does -----------------------------------------------------------------

    def _take_value(self, name: str, value: float) -> None:
        start = self._experiment.start(name)
        wanted = replace(start, source=Source.VALUE, value=value)
        before = self._experiment.initial_values()[name]
        self._ask({name: wanted}, "Initial", partial(self.table.refuse, before))

    def _take_freezing(self, names: list[str], frozen: bool) -> None:
        starts = self._experiment.starts(names)
        changed = {name: replace(each, frozen=frozen) for name, each in starts.items()}
        self._ask(changed, "Frozen", self._say)

    def _take_source(self, _: str, source: Source) -> None:
        starts = self._experiment.starts(self.table.selected_names())
        drawn = self._experiment.initial_values() if source is Source.VALUE else {}
        changed = {
            name: replace(start, source=source, value=drawn.get(name, start.value))
            for name, start in starts.items()
        }
        self._ask(changed, "Initial", self._refuse_source)

    def _take_number(self, setting: str, value: float) -> None:
        names = self.table.selected_names()
        starts = self._experiment.starts(names)
        source = starts[names[0]].source
        changes: dict[str, Any] = {"source": source, setting: value}
        changed = {name: replace(each, **changes) for name, each in starts.items()}
        before = getattr(starts[names[0]], setting)
        self._ask(changed, "Initial", partial(self._start.refuse, setting, before))

    def _ask(self, starts: dict[str, Start], what: str, refuse: Refuse) -> None:
        names = list(starts)
        of = names[0] if len(names) == 1 else f"of {len(names):,} parameters"
        self.starts_edited.emit(starts, f"{what} {of}", refuse)

    def _refuse_source(self, problem: str) -> None:
        self._show_start()
        self._say(problem)

    # -- showing ----------------------------------------------------------------------------

    def _show_selected(self) -> None:
        """Show how the selected parameters start; what was typed wrongly was of others."""
        self._start.discard_typing()
        if self._problem_is_of_no_cell():
            self._say("")
        self._show_start()

    def _show_start(self) -> None:
        names = self.table.selected_names()
        self._start.setVisible(bool(names))
        if not names:
            return
        more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        self._start.setTitle(f"Start of {names[0]}{more}")
        start = self._experiment.start(names[0])
        self._start.show_values(partial(getattr, start))
        uniform, normal = start.source is Source.UNIFORM, start.source is Source.NORMAL
        self._start.show_what_applies(
            {"low": uniform, "high": uniform, "mean": normal, "deviation": normal}
        )

    def _problem_is_of_no_cell(self) -> bool:
        return not self.table.is_wrong

    def _say(self, problem: str) -> None:
        self._problem.setText(problem)
        self._form.setRowVisible(self._problem, bool(problem))
