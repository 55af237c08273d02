"""The dock of the runs: which there are, what differs, and what can be done with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QLabel, QMenu, QToolBar, QToolButton, QVBoxLayout, QWidget

from app.theme import Theme
from app.training.run import Run
from app.views.runs.model import RunsModel
from app.views.runs.table import RunsTable
from app.views.throttle import Throttle

INTERVAL = 200
"""Milliseconds between two looks at the numbers while runs train: they must be readable."""

HINT = (
    "“Branch here” goes on from the epoch that is looked at as a run of its own, with other "
    "settings; “Race…” trains several runs at once. They are compared here."
)


class RunsView(QWidget):
    """Shows the runs that are kept side by side, and asks for what a person wants of them.

    It shows what it is given; whoever owns the runs decides, and shows the outcome with
    ``show_runs``.
    """

    select_asked = Signal(int)
    """The run with this number shall be looked at."""
    rename_asked = Signal(int, str)
    """The run with this number shall have this name."""
    visibility_asked = Signal(int, bool)
    """The run with this number shall be drawn in the pictures, or not."""
    delete_asked = Signal(int)
    """The run with this number shall be deleted."""
    race_asked = Signal()
    """Several runs shall be trained at once; which, is to be asked."""
    branch_asked = Signal()
    """A run shall go on from the epoch that is looked at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs_view")
        self._runs: Sequence[Run] = ()
        self._current = -1
        self._in_view = (-1, 0)  # which run was brought into view, among how many
        self._test_losses: Mapping[int, float] = {}
        self._shape: object = None
        self._model = RunsModel(self)
        self.table = RunsTable(self._model)
        self._throttle = Throttle(INTERVAL, self._show, self)
        self._hint = QLabel(HINT, objectName="runs_hint", wordWrap=True)
        self._hint.setProperty("role", "muted")
        self._make_actions()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 0, 6, 6)
        layout.setSpacing(2)
        layout.addWidget(self._make_bar())
        layout.addWidget(self.table, 1)
        layout.addWidget(self._hint)
        self._connect()
        self._enable()

    def show_runs(
        self,
        runs: Sequence[Run],
        current_number: int,
        test_losses: Mapping[int, float] | None = None,
    ) -> None:
        """Show the runs, of which one is looked at.

        What a person did is shown at once, numbers that change while runs train now and then.

        Args:
            runs: all runs, in the order in which they were made.
            current_number: which one is looked at.
            test_losses: the newest test losses by the runs' numbers, if there are any.
        """
        self._runs, self._current = runs, current_number
        self._test_losses = test_losses or {}
        shape = [
            (run.number, run.name, run.colour, run.visible, run.state, id(run.experiment))
            for run in runs
        ]
        if (shape, current_number) == self._shape:
            self._throttle.ask()
        else:
            self._shape = shape, current_number
            self._throttle.do_now()

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._model.set_theme(theme)

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and getattr(self, "table", None) is not None:
            self.table.fit_columns()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: D102  Qt's
        super().showEvent(event)
        self._throttle.catch_up()

    # -- the parts --------------------------------------------------------------------------

    def _make_actions(self) -> None:
        self._go = self._action("Go &to", "runs_go", "Look at the selected run (Enter)")
        self._branch = self._action(
            "&Branch here",
            "runs_branch",
            "Go on from the epoch that is looked at as a run of its own, with other settings",
        )
        self._race = self._action(
            "Ra&ce…", "runs_race", "Train several runs at once: other optimizers or learning rates"
        )
        self._delete = self._action("&Delete", "runs_delete", "Delete the selected run (Del)")
        self._copy = self._action(
            "Cop&y table", "runs_copy", "Copy the table, with full digits (Ctrl+C)"
        )
        self._rename = self._action("Re&name", "runs_rename", "Give it another name (F2)")
        self._drawn = self._action("Dra&w it", "runs_drawn", "Draw it in the pictures (Space)")
        self._drawn.setCheckable(True)

    def _action(self, text: str, name: str, what: str) -> QAction:
        return QAction(text, self, objectName=f"{name}_action", toolTip=what)

    def _make_bar(self) -> QToolBar:
        bar = QToolBar(objectName="runs_bar")
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        for action in (self._go, self._branch, self._race, self._delete, self._copy):
            bar.addAction(action)
            button = bar.widgetForAction(action)
            button.setObjectName(action.objectName().removesuffix("_action"))
            button.setAccessibleName(action.text().replace("&", ""))
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        more = bar.findChild(QToolButton, "qt_toolbar_ext_button")  # for what has no room
        if more is not None:
            more.setText("…")
            more.setToolTip("More")
            more.setAccessibleName("More")
            more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        return bar

    def _connect(self) -> None:
        self._go.triggered.connect(lambda: self._ask(self.select_asked))
        self._delete.triggered.connect(lambda: self._ask(self.delete_asked))
        self._branch.triggered.connect(self.branch_asked)
        self._race.triggered.connect(self.race_asked)
        self._copy.triggered.connect(self.copy)
        self._rename.triggered.connect(self.table.rename)
        self._drawn.triggered.connect(self._ask_visibility)
        self._model.renamed.connect(self.rename_asked)
        self._model.visibility_changed.connect(self.visibility_asked)
        self.table.chosen.connect(self.select_asked)
        self.table.deletion_asked.connect(self._delete.trigger)
        self.table.copy_asked.connect(self.copy)
        self.table.selectionModel().currentChanged.connect(self._enable)
        self._model.modelReset.connect(self._enable)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._show_menu)

    # -- what a person does -----------------------------------------------------------------

    def copy(self) -> None:
        """Copy the table as tab-separated text, with full digits."""
        QGuiApplication.clipboard().setText(self._model.copied())

    def _ask(self, signal: Signal) -> None:
        """Ask for something to be done with the selected run."""
        if self.table.selected is not None:
            signal.emit(self.table.selected)

    def _ask_visibility(self, visible: bool) -> None:
        if self.table.selected is not None:
            self.visibility_asked.emit(self.table.selected, visible)

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        if self.table.indexAt(place).isValid():
            self._drawn.setChecked(self._model.is_shown(self.table.indexAt(place).row()))
            menu.addActions([self._go, self._rename, self._drawn, self._delete])
            menu.addSeparator()
        menu.addActions([self._branch, self._race, self._copy])
        menu.popup(self.table.viewport().mapToGlobal(place))

    # -- showing ----------------------------------------------------------------------------

    def _show(self) -> None:
        self._model.show(self._runs, self._current, self._test_losses)
        if (self._current, len(self._runs)) != self._in_view:
            self._in_view = self._current, len(self._runs)
            self.table.bring_into_view(self._current)
        self._hint.setVisible(len(self._runs) < 2)
        self._enable()

    def _enable(self) -> None:
        """Let be done what can be done with the selected run."""
        selected = self.table.selected
        self._go.setEnabled(selected is not None and selected != self._current)
        self._delete.setEnabled(selected is not None and len(self._runs) > 1)
        self._rename.setEnabled(selected is not None)
        self._drawn.setEnabled(selected is not None)
