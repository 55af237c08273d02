"""The menu bar."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu

from app.appearance import SYSTEM, Appearance
from app.controls.timeline import Timeline
from app.controls.trace_bar import TraceBar
from app.controls.transport import Transport


class Menus:
    """Makes the menus of the main window.

    What a menu calls is given by the window; what a menu mirrors (the transport, the docks,
    the appearance) it shows by the same actions.
    """

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        bar = window.menuBar()
        self._file = bar.addMenu("&File")
        self.edit = bar.addMenu("&Edit")
        self._run = bar.addMenu("R&un")
        self.view = bar.addMenu("&View")
        self._help = bar.addMenu("&Help")

    def fill_file(
        self,
        open_file: Callable[[], None],
        save: Callable[[], None],
        import_table: Callable[[], None],
        picture: Callable[[], None],
    ) -> None:
        """Fill the File menu."""
        key = QKeySequence.StandardKey
        self._add(self._file, "&Open experiment…", open_file, key.Open)
        self._add(self._file, "&Save experiment…", save, key.Save)
        self._add(self._file, "&Import table…", import_table, "Ctrl+I")
        self._add(self._file, "Save &picture of the window…", picture, "Ctrl+Shift+P")
        self._file.addSeparator()
        self._add(self._file, "&Quit", self._window.close, "Ctrl+Q")

    def fill_edit(self, undo_actions: Iterable[QAction], paste: Callable[[], None]) -> None:
        """Fill the Edit menu."""
        self.edit.addActions(list(undo_actions))
        self.edit.addSeparator()
        self._add(self.edit, "&Paste table", paste, QKeySequence.StandardKey.Paste)

    def fill_run(self, transport: Transport, trace_bar: TraceBar, timeline: Timeline) -> None:
        """Fill the Run menu with the bars' own actions."""
        self._run.addActions([transport.play_action, transport.step_action, transport.reset_action])
        self._run.addSeparator()
        self._run.addActions([*trace_bar.walking_actions, trace_bar.leave_action])
        self._run.addSeparator()
        self._run.addAction(timeline.play_action)

    def add_to_run(self, *actions: QAction) -> None:
        """Add what else can be done with runs."""
        self._run.addSeparator()
        self._run.addActions(actions)

    def fill_view(
        self,
        docks: Iterable[QDockWidget],
        appearance: Appearance,
        restore_layout: Callable[[], None],
    ) -> None:
        """Fill the View menu: which parts are shown, theme, size of text."""
        for dock in docks:
            self.view.addAction(dock.toggleViewAction())
        self._add(self.view, "&Restore layout", restore_layout)
        self.view.addSeparator()
        self._fill_theme(self.view.addMenu("&Theme"), appearance)
        larger = self._add(self.view, "&Larger text", appearance.enlarge_text, "Ctrl++")
        larger.setShortcuts([QKeySequence("Ctrl++"), QKeySequence("Ctrl+=")])
        self._add(self.view, "&Smaller text", appearance.reduce_text, "Ctrl+-")
        self._add(self.view, "&Normal text", appearance.reset_text, "Ctrl+0")
        self.view.addSeparator()

    def fill_help(self, shortcuts: Callable[[], None], about: Callable[[], None]) -> None:
        """Fill the Help menu."""
        self._add(self._help, "&Keyboard shortcuts", shortcuts, "F1")
        self._add(self._help, "&About Chainrule", about)

    def _fill_theme(self, menu: QMenu, appearance: Appearance) -> None:
        group = QActionGroup(menu)
        for text, choice in (
            ("As the &system", SYSTEM),
            ("&Light", "light"),
            ("&Dark", "dark"),
        ):
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(appearance.choice == choice)
            action.setObjectName(f"theme_{choice}")
            action.triggered.connect(lambda _, choice=choice: appearance.choose_theme(choice))
            group.addAction(action)

    def _add(
        self,
        menu: QMenu,
        text: str,
        what: Callable[[], object],
        key: QKeySequence.StandardKey | str | None = None,
    ) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(what)
        if key is not None:
            action.setShortcut(QKeySequence(key))
        return action
