"""The form for the data: their recipe with its true values, or points of a person's own."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.controls.new_data import can_draw, is_line
from app.controls.setting_form import SettingForm
from app.controls.true_values import TrueValues
from app.study.experiment import Experiment, applies
from app.study.points import Points
from app.study.recipe import DataSource
from app.study.setting import settings_of, show

LINE_HELP = (
    "Draw another true line, as the notebook does: a whole slope from −10 to 10, "
    "a whole intercept from −20 to 20."
)
CURVE_HELP = "Draw other true values, from −3 to 3, and other noise where there is any."


class DataForm(SettingForm):
    """Shows the recipe of the data, with a field for each true value."""

    new_data_asked = Signal()
    """Other data shall be drawn."""
    import_asked = Signal()
    """A table shall be imported."""

    def __init__(self, experiment: Experiment) -> None:
        super().__init__("Data", settings_of(experiment.data), experiment.value)
        self.setObjectName("data_group")
        self._points = QLabel(wordWrap=True, objectName="own_points")
        self._true = TrueValues()
        self._true.typed.connect(self.typed)
        self.add_below("source", self._points)
        self.add_above("x_from", self._true)
        self._new = QPushButton("&New data", objectName="new_data")
        self._new.clicked.connect(self.new_data_asked)
        self._import = QPushButton("&Import table…", objectName="import_table")
        self._import.setToolTip("<p>Take the points from a table: a file, or what was copied.</p>")
        self._import.clicked.connect(self.import_asked)
        self._add_buttons()

    def _add_buttons(self) -> None:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        for button in (self._new, self._import):
            layout.addWidget(button)
        self.add_row(row)

    def show_experiment(self, experiment: Experiment) -> None:
        """Show the experiment's data."""
        self.show_values(experiment.value)
        self._show_true_values(experiment)
        own = experiment.data.source is DataSource.POINTS
        points = experiment.data.points if own else None
        self._points.setText("" if points is None else _about(points))
        self._form.setRowVisible(self._points, points is not None)
        self._new.setVisible(can_draw(experiment))
        self._new.setToolTip(f"<p>{LINE_HELP if is_line(experiment) else CURVE_HELP}</p>")
        self.show_what_applies(applies(experiment))

    def _show_true_values(self, experiment: Experiment) -> None:
        names = experiment.true_names
        for name in self._true.fields:
            self.fields.pop(name, None)
        self._true.show_names(names, experiment.value)
        self.fields |= self._true.fields
        self._form.setRowVisible(self._true, bool(names))


def _about(points: Points) -> str:
    """Return in words how many points there are, and where."""
    low, high = (show(float(f"{each:.6g}")) for each in (points.x.min(), points.x.max()))
    if len(points) == 1:
        return f"1 own point, at x = {low}"
    return f"{len(points):,} own points, x from {low} to {high}"
