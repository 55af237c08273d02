"""The experiment panel by itself: every edit of it is granted at once."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from app.controls.experiment_panel import ExperimentPanel
from app.controls.number_edit import NumberEdit
from app.controls.parameter_model import FROZEN, INITIAL, NAME, PRESENT
from app.controls.parameter_table import ParameterTable
from app.study.experiment import Experiment
from app.study.presets import presets
from app.theme import load_theme
from tests.conftest import TIMEOUT
from tests.ui.person import Person

COLUMNS = {"name": NAME, "initial": INITIAL, "frozen": FROZEN, "now": PRESENT}


class PanelPerson(Person):
    """A person before a panel; ``asked`` are the labels of the edits."""

    def __init__(self, qtbot, experiment: Experiment, width: int = 300) -> None:
        self.panel = panel = ExperimentPanel(presets())
        super().__init__(panel, qtbot)
        self.asked: list[str] = []
        panel.experiment_edited.connect(self._grant)
        panel.set_theme(load_theme("light"))
        panel.show_experiment(experiment)
        qtbot.addWidget(panel)
        panel.resize(max(width, panel.minimumWidth()), 1400)
        panel.show()
        panel.activateWindow()
        qtbot.waitUntil(panel.isActiveWindow, timeout=TIMEOUT)

    def _grant(self, wanted: Experiment, label: str) -> None:
        self.asked.append(label)
        self.panel.show_experiment(wanted)

    @property
    def experiment(self) -> Experiment:
        """What the panel shows."""
        return self.panel.experiment

    # -- the table of the parameters --------------------------------------------------------

    @property
    def table(self) -> ParameterTable:
        return self.find("parameter_table", ParameterTable)

    def row(self, name: str) -> int:
        """Return the row of a parameter."""
        names = [self.cell(row, "name") for row in range(self.table.model().rowCount())]
        return names.index(name)

    def cell(self, row: int, column: str) -> str:
        """Return what a cell says."""
        return self.table.model().index(row, COLUMNS[column]).data()

    def of(self, name: str, column: str) -> str:
        """Return what a parameter's cell says."""
        return self.cell(self.row(name), column)

    def is_ticked(self, name: str) -> bool:
        index = self.table.model().index(self.row(name), FROZEN)
        return index.data(Qt.ItemDataRole.CheckStateRole) is Qt.CheckState.Checked

    def click_cell(self, name: str, column: str, modifier=Qt.KeyboardModifier.NoModifier) -> None:
        """Click on a cell; where it is to be ticked, on its box."""
        QApplication.processEvents()
        index = self.table.model().index(self.row(name), COLUMNS[column])
        self.table.scrollTo(index)
        area = self.table.visualRect(index)
        at = QPoint(area.left() + 10, area.center().y()) if column == "frozen" else area.center()
        self.qtbot.mouseClick(self.table.viewport(), Qt.MouseButton.LeftButton, modifier, at)

    def type_in_cell(self, name: str, text: str, key: Qt.Key | None = Qt.Key.Key_Return) -> None:
        """Click on an initial value and type another, and Enter or another key."""
        self.click_cell(name, "initial")
        field = self.field
        assert field.hasFocus()
        self.qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        self.qtbot.keyClick(field, Qt.Key.Key_Delete)
        self.qtbot.keyClicks(field, text)
        if key is not None:
            self.qtbot.keyClick(field, key)

    @property
    def field(self) -> NumberEdit:
        """The field of the cell that is open."""
        fields = self.panel.findChildren(NumberEdit, "initial_value")
        (field,) = (each for each in fields if each.isVisible())
        return field
