"""The graph dock: the canvas, the legend, and buttons for the camera."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.theme import Theme, icon
from app.training.snapshot import Probe, Snapshot
from app.views.graph.canvas import ZOOM_STEP, GraphCanvas
from app.views.graph.colours import GradientScale
from app.views.graph.layout import lay_out
from app.views.graph.legend import GradientLegend
from app.views.graph.structure import GraphStructure


class GraphView(QWidget):
    """Shows the loss's computation graph with every node's value and gradient."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("graph_view")
        self.canvas = GraphCanvas()
        self.legend = GradientLegend()
        self._structure: GraphStructure | None = None
        self._scale: GradientScale | None = None
        self._actions = {
            "zoom-out": self._action(
                "Zoom out", "-", lambda: self.canvas.zoom(1 / ZOOM_STEP), shortcut=False
            ),
            "zoom-in": self._action(
                "Zoom in", "+", lambda: self.canvas.zoom(ZOOM_STEP), shortcut=False
            ),
            "top-left": self._action(
                "To the first samples", "Home", self.canvas.show_start, shortcut=False
            ),
            "fit": self._action("Fit the whole graph", "F", self.canvas.fit),
        }
        self.fit_action = self._actions["fit"]
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.legend)
        row.addStretch(1)
        for name, action in self._actions.items():
            row.addWidget(_button(name, action))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 2, 6, 6)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.canvas, 1)

    def show_graph(self, probe: Probe) -> None:
        """Show another loss's graph."""
        self._structure = GraphStructure(probe)
        self.canvas.show_graph(self._structure, lay_out(self._structure))
        self.show_run()

    def show_run(self) -> None:
        """Prepare for another run; its first snapshot sets the scale of the colours."""
        self._scale = None

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the graph's numbers at an epoch."""
        if self._structure is None:
            return
        gradients = self._structure.gradients(snapshot)
        if self._scale is None:
            # A parameter sums what all samples contribute: it would make all else look small.
            others = gradients[self._structure.parameters :]
            finite = others[np.isfinite(others)]
            self._scale = GradientScale(float(np.max(np.abs(finite), initial=0.0)))
            self.legend.show_scale(self._scale)
        self.canvas.show_numbers(self._structure.values(snapshot), gradients, self._scale)

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self.canvas.set_theme(theme)
        self.legend.set_theme(theme)
        for name, action in self._actions.items():
            action.setIcon(icon(name, theme.text))

    def _action(self, text: str, key: str, what: object, shortcut: bool = True) -> QAction:
        action = QAction(text, self)
        action.setToolTip(f"{text} ({key})")
        if shortcut:
            action.setShortcut(QKeySequence(key))
        action.triggered.connect(what)
        return action


def _button(name: str, action: QAction) -> QToolButton:
    """Return a small button for an action."""
    button = QToolButton(objectName=f"graph_{name.replace('-', '_')}")
    button.setDefaultAction(action)
    button.setIconSize(QSize(18, 18))
    button.setAutoRaise(True)
    button.setAccessibleName(action.text())
    return button
