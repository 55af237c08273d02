"""The docks of the main window: what is set at the left, the model in the middle, results right."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from app.controls.dock_title import DockTitle
from app.dock_titles import TITLES
from app.theme import Theme

SEPARATOR = 8
"""Pixels between two docks, about."""


class Docks(QObject):
    """Makes the docks, empty at first, and places them."""

    shown = Signal()
    """A dock that could not be seen can be seen now."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.setDockNestingEnabled(True)
        self._docks: dict[str, QDockWidget] = {}
        self._seen: set[QDockWidget] = set()
        self._titles: list[DockTitle] = []
        for name, title in TITLES.items():
            dock = QDockWidget(title, window, objectName=f"{name}_dock")
            self._titles.append(DockTitle(dock))
            dock.setTitleBarWidget(self._titles[-1])
            dock.setWidget(QWidget())
            dock.visibilityChanged.connect(lambda on, dock=dock: self._take_visibility(dock, on))
            self._docks[name] = dock

    def _take_visibility(self, dock: QDockWidget, visible: bool) -> None:
        """Keep the keyboard's focus out of what is behind another tab, and tell what is shown."""
        for part in (dock.widget(), dock.titleBarWidget()):
            part.setEnabled(visible)
        self._seen.discard(dock)
        if visible:
            self._seen.add(dock)
            self.shown.emit()

    def __iter__(self) -> Iterator[QDockWidget]:
        return iter(self._docks.values())

    def bring_to_front(self, name: str) -> None:
        """Show a dock, before those that are tabs beside it."""
        self._docks[name].show()
        self._docks[name].raise_()

    def fill(self, name: str, content: QWidget) -> None:
        """Put a widget into a dock."""
        self._docks[name].setWidget(content)

    def is_visible(self, name: str) -> bool:
        """Return whether a dock can be seen: it is shown, and not behind another one."""
        dock = self._docks[name]
        return dock.isVisible() and dock in self._seen

    def arrange(self) -> None:
        """Show all docks where they belong: the graph in the middle, what explains it right."""
        experiment, fit, graph, loss, inspector, landscape, steps, runs, sweep = (
            self._docks.values()
        )
        for dock in self:
            dock.setFloating(False)
            self._window.removeDockWidget(dock)  # else bars of tabs that were are left over
        horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        window = self._window
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, experiment)
        window.splitDockWidget(experiment, graph, horizontal)
        window.splitDockWidget(graph, inspector, horizontal)
        window.splitDockWidget(graph, fit, vertical)
        window.splitDockWidget(fit, loss, horizontal)
        for behind in (landscape, steps):
            window.tabifyDockWidget(inspector, behind)
        window.tabifyDockWidget(fit, runs)
        window.tabifyDockWidget(runs, sweep)
        for dock in self:
            dock.show()
        inspector.raise_()
        fit.raise_()
        self.share_out()

    def share_out(self) -> None:
        """Give every dock the part of the window that it is meant to have."""
        experiment, fit, graph, loss, inspector, *_ = self._docks.values()
        horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        window = self._window
        left = max(1, experiment.widget().minimumWidth())
        rest = max(window.width(), 900) - left - 2 * SEPARATOR
        right = min(round(rest * 0.25), 420)
        window.resizeDocks([experiment, graph, inspector], [left, rest - right, right], horizontal)
        middle = rest - right
        window.resizeDocks([fit, loss], [round(0.6 * middle), round(0.4 * middle)], horizontal)
        window.resizeDocks([graph, fit], [66, 34], vertical)

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours for the titles."""
        for title in self._titles:
            title.set_theme(theme)

    def resize_to_text(self, metrics: QFontMetrics) -> None:
        """Reserve the width that the loss curve's axis needs in a font."""
        self._docks["loss_curve"].setMinimumWidth(25 * metrics.averageCharWidth())
