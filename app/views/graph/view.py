"""The graph dock: the canvas, what it shows and how, the legend, buttons for the camera."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.theme import Theme, icon
from app.training.moment import Moment
from app.training.selection import SelectedNode, Selection
from app.training.snapshot import Probe
from app.views.graph.canvas import ZOOM_STEP, GraphCanvas
from app.views.graph.colour_choice import ColourChoice
from app.views.graph.colours import ColourMode, ColourScale
from app.views.graph.find_bar import FindBar
from app.views.graph.folded import FoldedScene
from app.views.graph.scene import Numbers, Scene
from app.views.graph.unfolded import UnfoldedScene
from app.views.value_edit import ValueEdit


class GraphView(QWidget):
    """Shows the loss's computation graph, folded or unfolded, at a moment.

    Attributes:
        canvas: on which it is drawn.
        colours: what the colours stand for.
        find_bar: looks for nodes.
        fold_action, fit_action, find_action, constants_action, animation_action: what can be
            done.
        menu_actions: all of them, for a menu.
    """

    selection_asked = Signal(object)
    """A node or edge was chosen: its Selection; None for none."""
    sample_asked = Signal(int)
    """A sample was chosen, by its number in all data."""
    folding_asked = Signal(bool)
    """The graph shall be folded, or unfolded."""
    what_if_asked = Signal(object)
    """A leaf was given another value: the WhatIf with it."""
    cancelled = Signal()
    """An edit of a value was taken back."""
    said = Signal(str)
    """A sentence about what was typed; "" when all is well."""
    place_hovered = Signal(object)
    """The mouse or the keys are at another node: its place on the tape; None for none."""
    left = Signal()
    """The keys go elsewhere again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("graph_view")
        self.canvas = GraphCanvas()
        self.colours = ColourChoice()
        self.find_bar = FindBar()
        self._probe: Probe | None = None
        self._scenes: dict[tuple[bool, bool], Scene] = {}
        self._moment: Moment | None = None
        self._folded = True
        self._scales: dict[ColourMode, ColourScale] = {}
        self._limit = 1.0
        self._editor: ValueEdit | None = None
        self._make_actions()
        self._make_choices()
        self._lay_out()
        self.canvas.selection_asked.connect(self._select)
        self.canvas.fold_asked.connect(self.fold_action.trigger)
        self.canvas.edit_asked.connect(self._edit)
        self.canvas.left.connect(self.left)
        self.canvas.node_hovered.connect(self._tell_place)
        self.find_bar.node_found.connect(self._show_found)
        self.find_bar.closed.connect(self.canvas.setFocus)

    # -- putting it together ----------------------------------------------------------------

    def _make_actions(self) -> None:
        canvas = self.canvas
        self._camera_actions = {
            "zoom-out": self._action("Zoom out", "-", lambda: canvas.zoom(1 / ZOOM_STEP)),
            "zoom-in": self._action("Zoom in", "+", lambda: canvas.zoom(ZOOM_STEP)),
            "top-left": self._action("To where reading begins", "Home", canvas.show_start),
            "fit": self._action("Fit the whole graph", "F", canvas.fit),
        }
        self.fit_action = self._camera_actions["fit"]
        self.fit_action.setShortcut(QKeySequence("F"))
        self.fold_action = self._action("Unfold", "U", self._toggle_folding)
        self.fold_action.setShortcut(QKeySequence("U"))
        self.find_action = self._action("Find…", "Ctrl+F", self.find_bar.open)
        self.find_action.setShortcut(QKeySequence("Ctrl+F"))
        self.constants_action = self._option("Show &constants", self._rebuild)
        self.animation_action = self._option("&Animate folding", lambda: None)
        self.animation_action.setChecked(True)
        self.menu_actions = [
            self.fold_action, self.fit_action, self.find_action, self.constants_action,
            self.animation_action,
        ]  # fmt: skip

    def _action(self, text: str, key: str, what: object) -> QAction:
        action = QAction(text, self)
        action.setToolTip(f"{text} ({key})")
        action.triggered.connect(what)
        return action

    def _option(self, text: str, what: object) -> QAction:
        option = QAction(text, self, checkable=True)
        option.toggled.connect(what)
        return option

    def _make_choices(self) -> None:
        self._sample = QSpinBox(objectName="graph_sample")
        self._sample.setAccessibleName("Selected sample")
        self._sample.setToolTip("Whose value and gradient the nodes on the plate show.")
        self._sample.setKeyboardTracking(False)
        self._sample.valueChanged.connect(self.sample_asked)
        self.colours.mode_changed.connect(self._show_numbers)

    def _lay_out(self) -> None:
        fold = _button("fold", self.fold_action)
        fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        caption = QLabel("&Sample")
        caption.setBuddy(self._sample)
        options = QToolButton(objectName="graph_options", autoRaise=True)
        options.setText("⋯")
        options.setAccessibleName("Options of the graph")
        options.setToolTip("Find, constants, animation, colours")
        options.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(options)
        menu.addActions([self.find_action, self.constants_action, self.animation_action])
        menu.addSeparator()
        menu.addActions(self.colours.actions_of_modes)
        options.setMenu(menu)
        row = QHBoxLayout()
        row.setSpacing(4)
        for widget in (fold, caption, self._sample):
            row.addWidget(widget)
        row.addSpacing(8)
        row.addWidget(self.colours, 1)
        for name, action in self._camera_actions.items():
            row.addWidget(_button(name, action))
        row.addWidget(options)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 2, 6, 6)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.canvas, 1)
        over = QVBoxLayout(self.canvas)  # nothing moves when it opens
        over.setContentsMargins(4, 4, 4, 4)
        over.addWidget(self.find_bar)
        over.addStretch(1)
        self._show_folding()

    # -- what is shown ----------------------------------------------------------------------

    def show_graph(self, probe: Probe) -> None:
        """Show another loss's graph; its first moment sets the scale of the colours."""
        self._probe = None
        self.light(())
        self.canvas.forget_sample()
        self._take_probe(probe)
        self.show_run()

    def show_run(self) -> None:
        """Prepare for another run; its first moment sets the scale of the colours."""
        self._scales = {}
        self._moment = None

    def show_moment(
        self, moment: Moment, selection: Selection | None, step: Selection | None, *, folded: bool
    ) -> None:
        """Show the graph's numbers at a moment, and mark what is selected and what was done."""
        if moment.probe is not self._probe:
            self._take_probe(moment.probe, folded)
        elif folded != self._folded:
            self._folded = folded
            self._show_folding()
            anchor = selection if isinstance(selection, SelectedNode) else None
            anchor = anchor or SelectedNode(moment.probe.prediction)
            self._show_scene(anchor)
        self._moment = moment
        looked_at = step or selection
        if looked_at is not None and self.canvas.scene is not None:
            self.canvas.scene.show_copy(looked_at.place)
        self._show_sample(moment)
        self.canvas.show_looked_at(selection, step)
        self._show_numbers()

    def light(self, places: Collection[int]) -> None:
        """Light the nodes of these places on the tape, until others are lit or none."""
        self.canvas.light(places)

    def _tell_place(self, node: int | None) -> None:
        scene = self.canvas.scene
        place = None if node is None or scene is None else int(scene.places[node])
        self.place_hovered.emit(place)

    def _take_probe(self, probe: Probe, folded: bool | None = None) -> None:
        """Show the graph of another loss, or of another mini-batch of the same."""
        self._probe, self._scenes = probe, {}
        self._folded = self._folded if folded is None else folded
        self._show_folding()
        self._show_scene(None)

    def _show_scene(self, anchor: SelectedNode | None) -> None:
        self.canvas.show_scene(self._scene(), anchor, animated=self.animation_action.isChecked())

    def _scene(self) -> Scene:
        probe = self._probe
        assert probe is not None  # noqa: S101  there is one when something is shown
        constants = self.constants_action.isChecked()
        key = (self._folded, constants)
        if key not in self._scenes:
            kind = FoldedScene if self._folded else UnfoldedScene
            self._scenes[key] = kind(probe, constants=constants)
        return self._scenes[key]

    def _show_numbers(self) -> None:
        moment, scene = self._moment, self.canvas.scene
        if moment is None or scene is None:
            return
        numbers = scene.numbers(moment)
        mode = self.colours.mode
        if mode not in self._scales:
            self._scales[mode] = ColourScale.for_numbers(mode, self._all_numbers(moment))
            self._limit = self._largest_gradient(moment)
        self.colours.show_scale(self._scales[mode])
        self.find_bar.show_numbers(scene, numbers)
        self.canvas.show_numbers(moment, numbers, self._scales[mode], self._limit)

    def _all_numbers(self, moment: Moment) -> Numbers:
        """Return all numbers of a moment, but for the parameters' and the sums' own.

        They are sums over all samples, and would make all else look small.
        """
        tape, evaluation = moment.probe.tape, moment.evaluation
        found = [
            (np.asarray(evaluation.values[place]).ravel(), evaluation.gradients[place])
            for place in tape.phases.inside
            if tape.instructions[place].require_grad
        ]
        values = np.concatenate([each for each, _ in found] or [np.ones(1)])
        gradients = np.concatenate(
            [np.broadcast_to(each, tape.samples) for _, each in found] or [np.ones(1)]
        )
        everything = np.ones(len(values), dtype=bool)
        return Numbers(values, everything, gradients, np.ones(len(gradients), dtype=bool))

    def _largest_gradient(self, moment: Moment) -> float:
        """Return the size of the largest gradient of a parameter, for the widest edges."""
        sizes = np.abs(moment.evaluation.gradient)
        largest = float(np.max(sizes[np.isfinite(sizes)], initial=0.0))
        return largest if largest > 0 and math.isfinite(largest) else 1.0

    def _show_sample(self, moment: Moment) -> None:
        probe = moment.probe
        sample = moment.sample if probe.chosen is None else int(probe.chosen[moment.sample])
        self._sample.blockSignals(True)
        self._sample.setMaximum(len(probe.samples) - 1)
        self._sample.setValue(sample)
        self._sample.blockSignals(False)

    def _rebuild(self) -> None:
        if self._probe is not None:
            self._show_scene(None)
            self._show_numbers()

    # -- folding and choosing ---------------------------------------------------------------

    def _toggle_folding(self) -> None:
        self.folding_asked.emit(not self._folded)

    def _show_folding(self) -> None:
        text, tip = (
            ("Unfold", "Every sample's own nodes, and the chain of additions (U)")
            if self._folded
            else ("Fold", "One sample's nodes on a plate, which stands for all (U)")
        )
        self.fold_action.setText(text)
        self.fold_action.setToolTip(tip)

    def _select(self, selection: Selection | None, sample: int | None) -> None:
        if sample is not None and self._probe is not None:
            chosen = self._probe.chosen
            self.sample_asked.emit(sample if chosen is None else int(chosen[sample]))
        self.selection_asked.emit(selection)

    def _show_found(self, node: int) -> None:
        """Select a node that was found, and bring it into view."""
        scene = self.canvas.scene
        if scene is not None:
            self._select(SelectedNode(int(scene.places[node])), scene.sample(node))
            self.canvas.show_node(node)
            hidden = self.find_bar.geometry().bottom() + 6 - self.canvas.node_rectangle(node).top()
            self.canvas.pan(0, max(0.0, hidden))  # from behind the bar

    # -- editing in place -------------------------------------------------------------------

    def _edit(self, place: int, sample: int | None) -> None:
        """Put a field over a leaf's value."""
        moment, scene = self._moment, self.canvas.scene
        if moment is None or scene is None:
            return
        sample = moment.sample if sample is None else sample
        node, value = scene.find_node(place, sample), moment.value(place, sample)
        if node is None or value is None:
            return
        self._end_edit()
        self.canvas.forget_mouse()
        editor = ValueEdit(scene.title(node), self.canvas, pops_up=True)
        editor.take(value)
        box = self.canvas.value_rectangle(node).toAlignedRect()
        height = max(box.height(), editor.sizeHint().height())
        width = max(box.width(), 12 * self.fontMetrics().averageCharWidth())
        editor.setGeometry(box.left(), box.center().y() - height // 2, width, height)
        editor.edited.connect(lambda number: self._ask_what_if(place, sample, number))
        editor.problem_changed.connect(self.said)
        editor.finished.connect(self._end_edit)
        editor.cancelled.connect(self._cancel_edit)
        self._editor = editor
        editor.show()
        editor.setFocus()

    def _ask_what_if(self, place: int, sample: int, number: float) -> None:
        moment = self._moment
        if moment is None:
            return
        parameters = moment.probe.tape.parameters
        if place in parameters:
            asked = moment.what_if.with_parameter(parameters.index(place), number)
        else:
            chosen = moment.probe.chosen
            own = sample if chosen is None else int(chosen[sample])
            asked = moment.what_if.with_data(place, own, number)
        self.what_if_asked.emit(asked)

    def _cancel_edit(self) -> None:
        self._end_edit()
        self.cancelled.emit()

    def _end_edit(self) -> None:
        if self._editor is not None:
            editor, self._editor = self._editor, None
            editor.hide()
            editor.deleteLater()
            self.canvas.setFocus(Qt.FocusReason.MouseFocusReason)

    # -- appearance -------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self.canvas.set_theme(theme)
        self.colours.set_theme(theme)
        for name, action in self._camera_actions.items():
            action.setIcon(icon(name, theme.text))


def _button(name: str, action: QAction) -> QToolButton:
    """Return a small button for an action."""
    button = QToolButton(objectName=f"graph_{name.replace('-', '_')}")
    button.setDefaultAction(action)
    button.setIconSize(QSize(18, 18))
    button.setAutoRaise(True)
    button.setAccessibleName(action.text())
    return button
