"""What colours and marks on a heat map mean."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLabel, QWidget

from app.theme import Theme
from app.views.landscape.colours import OUTLINE, PATH, ColourBar, Scale
from app.views.sweep.heat_map import HeatMap
from app.views.sweep.marks import diverged_colour

BAR = 40
"""Characters in whose width the bar can be read."""


class LossBar(ColourBar):
    """The colours of final losses; all above the loss at the start have the last one."""

    def show_losses(self, scale: Scale, *, capped: bool) -> None:
        """Show a scale, and whether there are losses above it."""
        self.show_scale(scale)
        if capped:
            low, high = self._texts
            self._texts = low, f"≥ {high}"
            self.setToolTip(f"{self.toolTip()} {high} is the loss at the start.")
            self.setAccessibleDescription(self.toolTip())


class HeatLegend(QWidget):
    """A bar of the colours, and beside or below it the marks that are drawn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = LossBar()
        self._room = True, True  # for the bar, and for the marks below it
        self._scaled = False
        self._marks = QLabel(objectName="sweep_marks", wordWrap=True)
        self._marks.setTextFormat(Qt.TextFormat.RichText)
        self._marks.setAccessibleName("Marks on the heat map")
        self._layout = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(1)
        self._layout.addWidget(self.bar, 1)
        self._layout.addWidget(self._marks)

    def show_map(self, heat_map: HeatMap, theme: Theme) -> None:
        """Say what colours and marks of a heat map mean."""
        self._scaled = heat_map.best is not None
        self.bar.show_losses(heat_map.scale, capped=heat_map.capped)
        entries = []
        if heat_map.best is not None:
            entries.append(_entry("☐", OUTLINE, PATH, "lowest"))
        if heat_map.present is not None:
            entries.append(_entry("●", OUTLINE, PATH, "present"))
        if heat_map.diverged:
            entries.append(_entry("✕", diverged_colour(theme), theme.non_finite, "diverged"))
        text = " &nbsp; ".join(entries)
        if text != self._marks.text():
            self._marks.setText(text)
        self._arrange()

    def show_parts(self, *, bar: bool, marks: bool) -> None:
        """Show what there is room for below each other; marks beside the bar always have it."""
        if (bar, marks) != self._room:
            self._room = bar, marks
            self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Put bar and marks side by side if there is room for both."""
        metrics = self.fontMetrics()
        beside = self.width() > BAR * metrics.averageCharWidth() + self._marks.sizeHint().width()
        direction = QBoxLayout.Direction
        self._layout.setDirection(direction.LeftToRight if beside else direction.TopToBottom)
        self._layout.setSpacing(metrics.height() if beside else 1)
        self._marks.setWordWrap(not beside)
        bar, marks = self._room
        self.bar.setVisible(self._scaled and bar)
        self._marks.setVisible(bool(self._marks.text()) and bar and (marks or beside))


def _entry(sign: str, background: QColor, colour: QColor, name: str) -> str:
    return (
        f"<span style='background:{background.name()};color:{colour.name()}'>&nbsp;{sign}"
        f"&nbsp;</span>&nbsp;{name}"
    )
