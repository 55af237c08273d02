"""What the colours of the graph stand for: to choose, and as a legend."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from app.theme import Theme
from app.views.graph.colours import ColourMode, ColourScale
from app.views.graph.legend import ColourLegend

GAP = 4


class ColourChoice(QWidget):
    """Takes the room there is: without enough the legend goes, then the list of modes.

    Attributes:
        legend: of the colours.
        actions_of_modes: the modes for a menu, where they can always be reached.
    """

    mode_changed = Signal(object)
    """The colours stand for something else: the ColourMode."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.legend = ColourLegend()
        self._mode = QComboBox(objectName="graph_colour")
        self._mode.setAccessibleName("Colour by")
        self._mode.setToolTip("What the colour of a node stands for.")
        self._mode.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # else letters would go on choosing
        self._caption = QLabel("Colo&ur")
        self._caption.setBuddy(self._mode)
        group = QActionGroup(self)
        self.actions_of_modes: list[QAction] = []
        for index, mode in enumerate(ColourMode):
            self._mode.addItem(mode.value, mode)
            action = QAction(f"Colour by {mode.value}", group, checkable=True, checked=index == 0)
            action.triggered.connect(lambda _on, index=index: self._mode.setCurrentIndex(index))
            self.actions_of_modes.append(action)
        self._mode.currentIndexChanged.connect(self._choose)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GAP)
        for widget in (self._caption, self._mode, self.legend):
            self._row.addWidget(widget)
        self._row.addStretch(1)
        self._row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    @property
    def mode(self) -> ColourMode:
        """What the colours stand for."""
        mode: ColourMode = self._mode.currentData()
        return mode

    def show_scale(self, scale: ColourScale) -> None:
        """Show another scale in the legend."""
        self.legend.show_scale(scale)

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self.legend.set_theme(theme)

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        return QSize(0, self._row.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        choice = self._caption.sizeHint().width() + GAP + self._mode.sizeHint().width()
        for widget in (self._caption, self._mode):
            widget.setVisible(self.width() >= choice)
        needed = choice + GAP + self.legend.minimumSizeHint().width()
        self.legend.setVisible(self.width() >= needed)

    def _choose(self, index: int) -> None:
        self.actions_of_modes[index].setChecked(True)
        self.mode_changed.emit(self.mode)
