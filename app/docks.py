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

SAME = 0.02
"""How little a part of the height is another one, when a window has another size."""

GRAPH_SHARE = 2 / 3
"""The part of the middle's height that the graph has at least; the fit has the rest."""

READABLE = 182
"""Pixels beyond the least height of the graph's dock in which a line's graph can be read."""

MIDDLE = ("graph", "fit")
"""The graph, and below it the fit."""

BEHIND = ("runs", "sweep")
"""Docks that are tabs behind the graph, and no higher than it needs to be."""


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
        self._share = 0.0  # the part of the middle's height that the graph was given
        for name, title in TITLES.items():
            dock = QDockWidget(title, window, objectName=f"{name}_dock")
            self._titles.append(DockTitle(dock))
            dock.setTitleBarWidget(self._titles[-1])
            dock.setWidget(QWidget())
            dock.visibilityChanged.connect(lambda on, dock=dock: self._take_visibility(dock, on))
            dock.toggleViewAction().triggered.connect(
                lambda on, name=name: self.bring_to_front(name) if on else None
            )
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
        """Put a widget into a dock.

        What is a tab behind another one has the height that the one in front needs.
        """
        if name in BEHIND:
            content.setMinimumHeight(1)
        dock = self._docks[name]
        dock.setWidget(content)
        content.setEnabled(dock in self._seen)

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
        window.tabifyDockWidget(graph, runs)  # where there is room for a table and a map
        window.tabifyDockWidget(runs, sweep)
        for dock in self:
            dock.show()
        inspector.raise_()
        graph.raise_()
        self.share_out()

    def share_out(self) -> None:
        """Give every dock the part of the window that it is meant to have."""
        experiment, fit, graph, loss, inspector, *_ = self._docks.values()
        horizontal, window = Qt.Orientation.Horizontal, self._window
        left = max(1, experiment.widget().minimumWidth())
        rest = max(window.width(), 900) - left - 2 * SEPARATOR
        right = min(round(rest * 0.25), 420)
        window.resizeDocks([experiment, graph, inspector], [left, rest - right, right], horizontal)
        middle = rest - right
        window.resizeDocks([fit, loss], [round(0.6 * middle), round(0.4 * middle)], horizontal)
        self.share_height()

    def share_height(self) -> None:
        """Give the graph the height in which it can be read, and the fit below it the rest."""
        graph, fit = (self._docks[name] for name in MIDDLE)
        both = graph.height() + fit.height()
        wanted = max(graph.minimumSizeHint().height() + READABLE, round(GRAPH_SHARE * both))
        upper = min(wanted, both - fit.minimumSizeHint().height())
        self._window.resizeDocks([graph, fit], [upper, both - upper], Qt.Orientation.Vertical)
        self._share = upper / both

    def is_as_shared(self) -> bool:
        """Return whether graph and fit have the parts of the height that they were given."""
        graph, fit = docks = [self._docks[name] for name in MIDDLE]
        if any(dock.isFloating() or not dock.isVisible() for dock in docks):
            return False
        return abs(graph.height() / (graph.height() + fit.height()) - self._share) < SAME

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours for the titles."""
        for title in self._titles:
            title.set_theme(theme)

    def resize_to_text(self, metrics: QFontMetrics) -> None:
        """Reserve the width that the loss curve's axis needs in a font."""
        self._docks["loss_curve"].setMinimumWidth(25 * metrics.averageCharWidth())
