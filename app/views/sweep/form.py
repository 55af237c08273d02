"""The form of a sweep: which learning rates, which other setting, which of its values."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.study.experiment import Experiment
from app.study.setting import Number
from app.training.sweep import SweepPlan
from app.training.sweep_axis import (
    RATE_SETTING,
    SETTINGS,
    presupposed,
    suggested,
    suggested_rates,
)
from app.views.sweep.axis_fields import OptionFields, RangeFields, make_fields


class SweepForm(QScrollArea):
    """Lets a person say what a sweep trains.

    The learning rates lie around the experiment's own until a person says others.
    """

    edited = Signal()
    """Another sweep may be wanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sweep_form")
        self._experiment = Experiment()
        self._follows = True
        self._rates = RangeFields(RATE_SETTING, "sweep_rate", spacing=False)
        self._rates.edited.connect(self.keep_rates)
        self._rates.edited.connect(self.edited)
        self._values: RangeFields | OptionFields = make_fields(SETTINGS["optimizer"], "sweep_value")
        self._setting = QComboBox(objectName="sweep_setting", accessibleName="Other setting")
        self._setting.setToolTip("The setting that is varied together with the learning rate.")
        self._setting.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for name, setting in SETTINGS.items():
            self._setting.addItem(setting.label, name)
        self._setting.activated.connect(self._choose)
        self._note = QLabel(objectName="sweep_note", wordWrap=True)
        self._note.setProperty("role", "muted")
        content = QWidget()
        self._layout = QVBoxLayout(content)
        self._layout.setContentsMargins(0, 0, 4, 0)
        self._layout.setSpacing(3)
        for widget in (QLabel("Learning rate"), self._rates, self._setting, self._values):
            self._layout.addWidget(widget)
        self._layout.addWidget(self._note)
        self._layout.addStretch(1)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setWidget(content)
        self._choose(0)
        self.show_experiment(self._experiment)

    def show_experiment(self, experiment: Experiment) -> None:
        """Take over what is to be trained."""
        self._experiment = experiment
        if self._follows:
            self._rates.show_range(suggested_rates(experiment.training))
        self._show_note()
        self.edited.emit()

    def plan(self) -> SweepPlan:
        """Return the sweep that is asked for.

        Raises:
            SettingError: there is none; the text says why.
        """
        return SweepPlan(
            self._experiment, self._rates.values(), self._name(), self._values.values()
        )

    def keep_rates(self) -> None:
        """Do not follow the experiment's learning rate any more."""
        self._follows = False

    def _name(self) -> str:
        return str(self._setting.currentData())

    def _choose(self, _index: int) -> None:
        """Offer values of the chosen setting."""
        setting = SETTINGS[self._name()]
        fields = make_fields(setting, "sweep_value")
        if isinstance(fields, RangeFields) and isinstance(setting, Number):
            fields.show_range(suggested(self._name(), self._experiment.training))
        fields.edited.connect(self.edited)
        self._layout.replaceWidget(self._values, fields)
        self._values.hide()
        self._values.deleteLater()
        self._values = fields
        self._show_note()
        self.edited.emit()

    def _show_note(self) -> None:
        note = presupposed(self._experiment.training, self._name())
        self._note.setText(note)
        self._note.setVisible(bool(note))

    # -- as wide as what is in it -----------------------------------------------------------

    def sizeHint(self) -> QSize:  # noqa: D102  Qt's
        content = self.widget()
        bar = self.verticalScrollBar().sizeHint().width()
        width = content.minimumSizeHint().width() + bar
        height = content.heightForWidth(max(content.width(), width - bar))
        return QSize(width, height if height > 0 else content.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        return QSize(self.sizeHint().width(), 2 * self.fontMetrics().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: D102  Qt's
        if watched is self.widget() and event.type() is QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)
