"""Edits of the data: points drawn in the fit, and tables that are imported, dropped or pasted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtWidgets import QWidget

from app.controls.import_dialog import ImportDialog
from app.controls.import_source import mime_table
from app.editing import Editing
from app.file_dialogs import ask_for_table
from app.study.data import as_points
from app.study.experiment import Experiment
from app.study.points import Points
from app.study.recipe import DataSource
from app.study.setting import SettingError
from app.views.fit_view import FitView


class DataEdits(QObject):
    """Makes the data a person's own, by editing single points or by a table.

    The first edit of a recipe's data makes points of them; undoing it brings the recipe back.
    """

    refused = Signal(str)
    """A sentence on why an edit is not possible."""

    def __init__(
        self, editing: Editing, experiment: Callable[[], Experiment], fit: FitView, window: QWidget
    ) -> None:
        """``experiment`` returns the one that is edited."""
        super().__init__(window)
        self._editing, self._experiment, self._window = editing, experiment, window
        fit.point_added.connect(
            lambda x, y: self._edit(lambda points: points.added(x, y), "Added point")
        )
        fit.point_moved.connect(
            lambda point, x, y: self._edit(lambda points: points.moved(point, x, y), "Moved point")
        )
        fit.point_removed.connect(
            lambda point: self._edit(lambda points: points.removed(point), "Removed point")
        )

    # -- single points ----------------------------------------------------------------------

    def _edit(self, change: Callable[[Points], Points], what: str) -> None:
        """Change the points that are drawn, unless a person is asked what becomes of them."""
        if self._editing.waits:
            self._editing.ask()
            return
        experiment = self._experiment()
        data = experiment.data
        try:
            own = data.points if data.source is DataSource.POINTS else None
            points = change(own or as_points(data, experiment.model))
        except SettingError as error:
            self.refused.emit(str(error))
        else:
            self._take(points, what, keep=True)

    def _take(self, points: Points, what: str, *, keep: bool = False) -> None:
        experiment = self._experiment()
        data = replace(experiment.data, source=DataSource.POINTS, points=points)
        self._editing.take(replace(experiment, data=data), what, keep=keep)

    # -- tables -----------------------------------------------------------------------------

    def ask_for_table(self) -> None:
        """Let a person choose a table's file, and show what is in it."""
        path = ask_for_table(self._window)
        if path is not None:
            self.show_table(path)

    def take_mime(self, mime: QMimeData) -> bool:
        """Show the table that was dropped or pasted; return whether there is one."""
        table = mime_table(mime)
        if table is None:
            return False
        self.show_table(table)
        return True

    def show_table(self, table: Path | str) -> None:
        """Show a file or a text, from which points can be taken."""
        dialog = ImportDialog(table, self._window)
        dialog.imported.connect(lambda points: self._take(points, dialog.windowTitle()))
        dialog.open()
