"""Files and the clipboard: opening, saving, importing, dropping, pasting, and saying what fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QPixmap
from PySide6.QtWidgets import QWidget

from app.controls.notice_bar import NoticeBar
from app.file_dialogs import ask_for_experiment, ask_where_to_picture, ask_where_to_save
from app.study.experiment import Experiment
from app.study.presets import (
    FILE_SUFFIX,
    ExperimentFileError,
    Preset,
    read_preset,
    write_experiment,
)

if TYPE_CHECKING:
    from app.data_edits import DataEdits


class Files(QObject):
    """Reads and writes what a person chooses, drops or pastes.

    Attributes:
        data: takes tables; None until it can.
    """

    opened = Signal(object)
    """An experiment was read: the Preset."""
    saved = Signal(object)
    """The experiment was written: as the Preset that its file now holds."""

    def __init__(self, window: QWidget, notice: NoticeBar) -> None:
        super().__init__(window)
        self._window, self._notice = window, notice
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        self.data: DataEdits | None = None

    def ask_open(self) -> None:
        """Let a person choose a file, and open it."""
        path = ask_for_experiment(self._window)
        if path is not None:
            self.open_file(path)

    def open_file(self, path: Path) -> None:
        """Open the experiment in a file, or say why that cannot be done."""
        try:
            preset = read_preset(path)
        except ExperimentFileError as error:
            self._notice.say(str(error), "error")
        else:
            self.opened.emit(preset)

    def ask_save(self, experiment: Callable[[], Experiment | None]) -> None:
        """Let a person choose where to save the experiment, if it can be saved now."""
        wanted = experiment()
        path = None if wanted is None else ask_where_to_save(self._window)
        if path is not None and wanted is not None:
            self.save_file(path, wanted)

    def save_file(self, path: Path, experiment: Experiment) -> None:
        """Write the experiment to a file, or say why that cannot be done."""
        QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)  # a million points take long
        try:
            write_experiment(path, experiment, path.stem)
        except ExperimentFileError as error:
            self._notice.say(str(error), "error")
        else:
            self.saved.emit(Preset(path.stem, path.stem, "", experiment))
            self._notice.say(f"Saved as {path}.")
        finally:
            QGuiApplication.restoreOverrideCursor()

    def ask_save_picture(self, picture: Callable[[], QPixmap]) -> None:
        """Let a person choose where to save a picture, and save it."""
        path = ask_where_to_picture(self._window)
        if path is not None and not picture().save(str(path)):
            self._notice.say(f"The picture could not be written to {path}.", "error")

    # -- tables -----------------------------------------------------------------------------

    def ask_import(self) -> None:
        """Let a person choose a table to import."""
        if self.data is not None:
            self.data.ask_for_table()

    def paste(self) -> None:
        """Open what was copied elsewhere, or say that it is nothing that can be."""
        if not self._take(QGuiApplication.clipboard().mimeData()):
            self._notice.say(
                "There is nothing to paste: copy a table with numbers first, or its file.",
                "warning",
            )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: ARG002
        """Take what is dropped on the window."""
        if event.type() is QEvent.Type.DragEnter and isinstance(event, QDragEnterEvent):
            if event.mimeData().hasUrls() or event.mimeData().hasText():
                event.acceptProposedAction()
            return True
        if event.type() is QEvent.Type.Drop and isinstance(event, QDropEvent):
            self._drop(event)
            return True
        return False

    def _drop(self, event: QDropEvent) -> None:
        """Open what was dropped, or say why that cannot be done."""
        if self._take(event.mimeData()):
            event.acceptProposedAction()
            return
        self._notice.say(
            "That cannot be imported: drop a table (.csv, .tsv, .txt, .dat), a text with "
            f"numbers, or a saved experiment ({FILE_SUFFIX}).",
            "warning",
        )

    def _take(self, mime: QMimeData) -> bool:
        """Open a saved experiment, or show a table; return whether it is one of them."""
        paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        path = next((path for path in paths if path.suffix in (FILE_SUFFIX, ".json")), None)
        if path is not None:
            self.open_file(path)
            return True
        return self.data is not None and self.data.take_mime(mime)
