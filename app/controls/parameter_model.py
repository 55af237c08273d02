"""The table of the parameters as Qt's views take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from PySide6.QtWidgets import QWidget

from app.study.experiment import Experiment
from app.study.setting import Number, settings_of, show
from app.study.start import Source, Start

NAME, INITIAL, FROZEN, PRESENT = range(4)
"""The columns."""

UNKNOWN = "–"
"""What is shown of a number that is not known."""

_TITLES = ("", "Initial", "Frozen", "Now")
_HELP = (
    "The parameter's name.",
    "The value that training starts from. Click or type to give one; a range is of random ones.",
    "Whether the parameter keeps its initial value: no gradient is taken. Space ticks all "
    "selected ones.",
    "The value at the epoch that is looked at.",
)
Role = Qt.ItemDataRole
Flag = Qt.ItemFlag


class ParameterModel(QAbstractTableModel):
    """Holds where each parameter starts, and what it is now."""

    freezing_asked = Signal(int, bool)
    """The parameter in a row shall be frozen, or not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._experiment = Experiment()
        self._starts: list[tuple[str, Start]] = []
        self._initial: dict[str, float] = {}
        self._present: Mapping[str, float] = {}

    # -- what is shown ----------------------------------------------------------------------

    def show(self, experiment: Experiment) -> None:
        """Show the experiment's parameters; a reset tells that they are other ones."""
        starts = list(experiment.starts().items())
        if starts == self._starts and experiment.initial == self._experiment.initial:
            return
        same = [name for name, _ in starts] == [name for name, _ in self._starts]
        if not same:
            self.beginResetModel()
        self._experiment, self._starts, self._initial = experiment, starts, {}
        if same:
            self._tell(INITIAL, PRESENT)
        else:
            self.endResetModel()

    def show_present(self, values: Mapping[str, float] | None) -> None:
        """Show the present values of the trained parameters; None: they are not known."""
        self._present = {} if values is None else values
        self._tell(PRESENT, PRESENT)

    def _tell(self, first: int, last: int) -> None:
        if self._starts:
            bottom = self.index(len(self._starts) - 1, last)
            self.dataChanged.emit(self.index(0, first), bottom)

    # -- what a row holds -------------------------------------------------------------------

    def name_at(self, row: int) -> str:
        """Return the name of the parameter in a row."""
        return self._starts[row][0]

    def start_at(self, row: int) -> Start:
        """Return where the parameter in a row starts."""
        return self._starts[row][1]

    def initial_at(self, row: int) -> float:
        """Return the value that the parameter in a row starts from, if need be as it is drawn."""
        name, start = self._starts[row]
        if start.source is Source.VALUE:
            return start.value
        if not self._initial:
            self._initial = self._experiment.initial_values()
        return self._initial[name]

    def row_of(self, name: str) -> int:
        """Return the row of a parameter; −1 if there is none of that name."""
        return next((row for row, (each, _) in enumerate(self._starts) if each == name), -1)

    # -- what Qt asks -----------------------------------------------------------------------

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: D102  Qt's
        return 0 if parent is not None and parent.isValid() else len(self._starts)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: D102  Qt's
        return 0 if parent is not None and parent.isValid() else len(_TITLES)

    def headerData(  # noqa: D102  Qt's
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        match role:
            case Role.DisplayRole:
                return _TITLES[section]
            case Role.ToolTipRole:
                return f"<p>{_HELP[section]}</p>"
            case Role.TextAlignmentRole:
                return _alignment(section)
        return None

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:  # noqa: D102  Qt's
        usual = Flag.ItemIsEnabled | Flag.ItemIsSelectable | Flag.ItemNeverHasChildren
        own = {INITIAL: Flag.ItemIsEditable, FROZEN: Flag.ItemIsUserCheckable}
        return usual | own.get(index.column(), Flag.NoItemFlags)

    def data(self, index: QModelIndex, role: int = Role.DisplayRole) -> Any:
        """Return what a cell shows in some role."""
        row, column = index.row(), index.column()
        match role:
            case Role.DisplayRole:
                return self._text(row, column)
            case Role.CheckStateRole if column == FROZEN:
                frozen = self.start_at(row).frozen
                return Qt.CheckState.Checked if frozen else Qt.CheckState.Unchecked
            case Role.ToolTipRole:
                return f"<p>{self._told(row, column)}</p>"
            case Role.AccessibleTextRole:
                return self._told(row, column)
            case Role.TextAlignmentRole:
                return _alignment(column)
        return None

    def setData(  # noqa: D102, N802  Qt's
        self, index: QModelIndex, value: Any, role: int = Role.EditRole
    ) -> bool:
        if role != Role.CheckStateRole or index.column() != FROZEN:
            return False
        ticked = Qt.CheckState(value) is Qt.CheckState.Checked
        self.freezing_asked.emit(index.row(), ticked)
        return True

    # -- in words ---------------------------------------------------------------------------

    def _text(self, row: int, column: int) -> str | None:
        match column:
            case 0:  # NAME
                return self.name_at(row)
            case 1:  # INITIAL
                return brief(self.start_at(row))
            case 3:  # PRESENT
                return self._present_text(row)
        return None

    def _present_text(self, row: int) -> str:
        value = self._present_value(row)
        if value is None:
            return UNKNOWN
        from autograd.digits import digits  # here: NumPy comes with it

        return digits(value, 5)

    def _present_value(self, row: int) -> float | None:
        name, start = self._starts[row]
        return self.initial_at(row) if start.frozen else self._present.get(name)

    def _told(self, row: int, column: int) -> str:
        """Return what a cell shows, in full."""
        name, start = self._starts[row]
        match column:
            case 1:  # INITIAL
                value = show(self.initial_at(row))
                drawn = start.source is not Source.VALUE
                return f"Initial {name}: " + (f"{start.text}, drawn: {value}" if drawn else value)
            case 2:  # FROZEN
                return f"{name} is {'frozen' if start.frozen else 'trained'}"
            case 3:  # PRESENT
                present = self._present_value(row)
                return f"{name} now: {UNKNOWN if present is None else show(present)}"
        return name


def initial_number(name: str) -> Number:
    """Return the declaration of a parameter's initial value."""
    number = settings_of(Start)["value"]
    assert isinstance(number, Number)  # noqa: S101  declared so
    return replace(number, label=f"{number.label} {name}")


def brief(start: Start) -> str:
    """Return a start in as few characters as tell it: 0.7643, 0 … 1, ±0.3536, 0 ± 1."""
    match start.source:
        case Source.VALUE:
            return _rounded(start.value, 5)
        case Source.UNIFORM if start.low == -start.high:
            return f"±{_rounded(start.high, 4)}"
        case Source.UNIFORM:
            return f"{_rounded(start.low, 3)} … {_rounded(start.high, 3)}"
        case Source.NORMAL:
            return f"{_rounded(start.mean, 3)} ± {_rounded(start.deviation, 3)}"


def _rounded(value: float, significant: int) -> str:
    return show(float(f"{value:.{significant}g}"))


def _alignment(column: int) -> Qt.AlignmentFlag:
    left = column in (NAME, FROZEN)
    side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
