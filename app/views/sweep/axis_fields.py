"""Fields for the values on one axis of a sweep: two ends and a count, or options to tick."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.number_field import NumberField
from app.study.setting import Choice, Flag, Number, Setting, SettingError
from app.training.sweep_axis import Range, shown
from autograd.digits import all_digits

MOST_VALUES = 100
"""Values on an axis."""


class EndField(NumberField):
    """A field for an end of a range, or for how many values lie in it."""

    edited = Signal()
    """Something was typed, which need not be a number yet."""

    def __init__(self, number: Number, name: str, parent: QWidget | None = None) -> None:
        super().__init__(number, parent)
        self.setAccessibleName(name)
        self.setToolTip(f"<p>{name}: {number.allowed}.</p>")
        self.textEdited.connect(self.edited)
        self.editingFinished.connect(self.complain)

    def value(self) -> float:
        """Return the number in the field, or raise SettingError."""
        return self._number.parse(self.text())

    def complain(self) -> None:
        """Mark the field, and say why, if there is no number in it that can be taken."""
        if self._parse() is not None:
            self._show_problem("")

    def show_value(self, value: float) -> None:
        """Show a number, in place of whatever was typed."""
        self.setText(all_digits(value).removesuffix(".0"))
        self.setCursorPosition(0)
        self._show_problem("")


class RangeFields(QWidget):
    """Two ends, how many values, and for the spacing a box to tick."""

    edited = Signal()
    """A person changed something."""

    def __init__(self, number: Number, prefix: str, *, spacing: bool) -> None:
        """Make fields for a setting; their object names begin with ``prefix``."""
        super().__init__()
        self._number = number
        name = number.label
        whole = Number(
            label=f"The number of values of “{name}”",
            help="",
            minimum=1,
            maximum=MOST_VALUES,
            whole=True,
        )
        self.low = EndField(number, f"{name}, from")
        self.high = EndField(number, f"{name}, to")
        self.count = EndField(whole, f"{name}, how many values")
        self._log = QCheckBox("Logarithmic spacing", objectName=f"{prefix}_log")
        self._log.setToolTip("Each value is the same factor larger than the one before.")
        self._log.setVisible(spacing)
        self._log.toggled.connect(self.edited)
        row = QHBoxLayout()
        row.setSpacing(4)
        for field, end, label in (
            (self.low, "from", "to"),
            (self.high, "to", "×"),
            (self.count, "count", ""),
        ):
            field.setObjectName(f"{prefix}_{end}")
            field.edited.connect(self.edited)
            row.addWidget(field, 3 if field is self.count else 5)
            if label:
                row.addWidget(QLabel(label))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(row)
        layout.addWidget(self._log)
        self._make_room()

    def _make_room(self) -> None:
        """Let so much of each number be seen that it can be told."""
        digit = self.fontMetrics().horizontalAdvance("0") + 2
        for field in (self.low, self.high, self.count):
            field.setMinimumWidth((4 if field is self.count else 6) * digit)

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and self.layout() is not None:
            self._make_room()

    def show_range(self, range_: Range) -> None:
        """Show a range."""
        self.low.show_value(range_.low)
        self.high.show_value(range_.high)
        self.count.show_value(range_.count)
        self._log.blockSignals(True)
        self._log.setChecked(range_.log)
        self._log.blockSignals(False)

    def values(self) -> tuple[Any, ...]:
        """Return the values asked for.

        Raises:
            SettingError: what was typed is no range.
        """
        return Range(
            self.low.value(), self.high.value(), int(self.count.value()), self._log.isChecked()
        ).values(self._number)


class OptionFields(QWidget):
    """A box to tick for each option of a choice; a flag has both its values always."""

    edited = Signal()
    """A person changed something."""

    def __init__(self, setting: Choice | Flag, prefix: str) -> None:
        """Make the boxes; their object names begin with ``prefix``."""
        super().__init__()
        self._label = setting.label
        self._options: tuple[Any, ...] = (False, True)
        self._boxes: list[QCheckBox] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        if isinstance(setting, Flag):
            layout.addWidget(QLabel("off and on"))
            return
        self._options = tuple(setting.options)
        for option in self._options:
            box = QCheckBox(shown(option), objectName=f"{prefix}_{option.name.lower()}")
            box.setChecked(True)
            box.setToolTip(f"Whether runs with “{self._label}: {shown(option)}” are trained.")
            box.toggled.connect(self.edited)
            self._boxes.append(box)
            layout.addWidget(box)

    def values(self) -> tuple[Any, ...]:
        """Return the options that are ticked.

        Raises:
            SettingError: none is.
        """
        if not self._boxes:
            return self._options
        pairs = zip(self._options, self._boxes, strict=True)
        ticked = tuple(option for option, box in pairs if box.isChecked())
        if not ticked:
            raise SettingError(f"Tick at least one option of “{self._label}”.")
        return ticked


def make_fields(setting: Setting, prefix: str) -> RangeFields | OptionFields:
    """Return fields for the values of a setting."""
    if isinstance(setting, Number):
        return RangeFields(setting, prefix, spacing=True)
    return OptionFields(setting, prefix)
