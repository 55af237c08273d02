"""The dialog in which a race is chosen: several optimizers, or several learning rates."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.study.difference import in_words
from app.study.experiment import Experiment
from app.study.hyperparameters import Optimizer
from app.study.setting import SettingError, show
from app.style_property import set_style_property
from app.training.sweep_axis import RATE_SETTING, Range, suggested_rates
from app.views.runs.entrants import Entrant, check, of_optimizers, of_rates, read_rates, suited_rate
from app.views.sweep.axis_fields import RangeFields

WIDTH = 60
"""Characters in whose width the dialog can be read."""

SUGGESTED = 5
"""Learning rates that are suggested."""


class RaceDialog(QDialog):
    """Lets a person choose the runs of a race of one experiment with several settings."""

    race_asked = Signal(object)
    """Race was chosen: carries a list of each run's name and its Training."""

    def __init__(self, experiment: Experiment, room: int, parent: QWidget | None = None) -> None:
        """Race an experiment; the list of runs has room for so many more."""
        super().__init__(parent)
        self.setObjectName("race_dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Race")
        self._training = experiment.training
        self._room = room
        self._kind = QComboBox(objectName="race_kind")
        self._parts = QStackedWidget()
        self._says = QLabel(objectName="race_says", wordWrap=True)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._race = self._buttons.addButton("&Race", QDialogButtonBox.ButtonRole.AcceptRole)
        self._race.setObjectName("race_start")
        self._race.setDefault(True)
        for button in self._buttons.buttons():
            button.setAutoDefault(button is self._race)  # Enter must not cancel
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._lay_out()
        self._kind.setFocus()
        self._choose_kind()

    def entrants(self) -> list[Entrant]:
        """Return the runs that are chosen: their names, and the settings of each.

        Raises:
            SettingError: there are too few or too many, or what was typed is no number.
        """
        chosen = self._chosen()
        check(len(chosen), self._room)
        return chosen

    def accept(self) -> None:
        """Ask for the race, if there can be one."""
        try:
            entrants = self.entrants()
        except SettingError:
            return
        super().accept()
        self.race_asked.emit(entrants)

    # -- the parts --------------------------------------------------------------------------

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        intro = QLabel(
            "Train the present experiment several times at once, each time from its start and "
            "with another setting. All runs are drawn together.",
            wordWrap=True,
        )
        metrics = self.fontMetrics()
        intro.setMinimumWidth(WIDTH * metrics.averageCharWidth())
        self._kind.setAccessibleName("What differs from run to run")
        self._kind.addItems(("Several optimizers", "Several learning rates"))
        for part in (self._make_optimizers(), self._make_rates()):
            self._parts.addWidget(part)
        self._kind.activated.connect(self._choose_kind)
        self._says.setMinimumHeight(2 * metrics.height() + 10)  # a sentence must not move things
        self._says.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        for widget in (intro, self._kind, self._parts):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(self._says)
        layout.addWidget(self._buttons)

    def _make_optimizers(self) -> QWidget:
        part = QWidget()
        grid = QGridLayout(part)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        self._boxes: dict[Optimizer, QCheckBox] = {}
        self._rates: dict[Optimizer, QLabel] = {}
        for row, optimizer in enumerate(Optimizer):
            box = QCheckBox(in_words(optimizer), objectName=f"race_{optimizer.name.lower()}")
            box.setChecked(row < self._room)
            box.toggled.connect(self._show_entrants)
            rate = QLabel()
            rate.setProperty("role", "muted")
            grid.addWidget(box, row, 0)
            grid.addWidget(rate, row, 1)
            self._boxes[optimizer], self._rates[optimizer] = box, rate
        self._suited = QCheckBox(
            "Give each a learning rate that &suits it", objectName="race_suited"
        )
        self._suited.setToolTip(
            "<p>With momentum many small steps add up, so these optimizers take smaller ones; "
            "the steps of adaptive optimizers do not grow with the gradients, and 0.01 is usual "
            "for them. If not ticked, all have the present learning rate.</p>"
        )
        self._suited.toggled.connect(self._show_entrants)
        grid.setRowMinimumHeight(len(self._boxes), 6)
        grid.addWidget(self._suited, len(self._boxes) + 1, 0, 1, 2)
        return part

    def _make_rates(self) -> QWidget:
        part = QWidget()
        layout = QVBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 0)
        self._range = RangeFields(RATE_SETTING, "race_rate", spacing=True)
        around = suggested_rates(self._training)
        count = max(2, min(SUGGESTED, self._room))
        self._range.show_range(Range(around.low, around.high, count, log=True))
        self._range.edited.connect(self._show_entrants)
        self._listed = QLineEdit(objectName="race_listed")
        self._listed.setPlaceholderText("for example 0.0003 0.001 0.003")
        self._listed.textEdited.connect(self._show_entrants)
        label = QLabel("or, in place of these, the &listed ones")
        label.setBuddy(self._listed)
        for widget in (self._range, label, self._listed):
            layout.addWidget(widget)
        layout.addStretch(1)
        return part

    # -- what is chosen ---------------------------------------------------------------------

    def _chosen(self) -> list[Entrant]:
        training = self._training
        if self._kind.currentIndex() == 0:
            ticked = [optimizer for optimizer, box in self._boxes.items() if box.isChecked()]
            return of_optimizers(training, ticked, suited=self._suited.isChecked())
        listed = self._listed.text().strip()
        return of_rates(training, read_rates(listed) if listed else self._range.values())

    def _choose_kind(self) -> None:
        """Let be edited what belongs to the kind of race that is chosen."""
        self._parts.setCurrentIndex(self._kind.currentIndex())
        self._show_entrants()

    def _show_entrants(self) -> None:
        """Say what would be raced, or why nothing can be."""
        self._show_rates()
        self._range.setEnabled(not self._listed.text().strip())
        try:
            runs = len(self.entrants())
        except SettingError as error:
            self._say(str(error), "problem")
            self._race.setText("&Race")
            self._race.setEnabled(False)
            return
        left = self._room - runs
        room = f"the list then has room for {left} more" if left else "the list is full then"
        self._say(f"{runs} runs of {self._training.epochs:,} epochs each; {room}.", "muted")
        self._race.setText(f"&Race {runs} runs")
        self._race.setEnabled(True)

    def _show_rates(self) -> None:
        """Say beside each optimizer which learning rate it would have."""
        for optimizer, label in self._rates.items():
            rate = self._training.learning_rate
            if self._suited.isChecked():
                rate = suited_rate(optimizer, self._training)
            label.setText(f"learning rate {show(rate)}")

    def _say(self, sentence: str, role: str) -> None:
        set_style_property(self._says, "role", role)
        self._says.setText(sentence)
