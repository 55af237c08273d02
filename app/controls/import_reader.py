"""The thread that reads a table while its dialog stays usable."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Condition

from PySide6.QtCore import QObject, QThread, Signal

from app.study.table.decoding import Source, TableError, read_source
from app.study.table.layout import Layout
from app.study.table.rows import Cancelled
from app.study.table.table import ROW_NUMBER, Table


@dataclass(frozen=True, eq=False, slots=True)
class Request:
    """What is to be read.

    Attributes:
        source: a file, or a text.
        layout: how it is written; None: find out.
        columns: the columns of x and y; None, or where there are none such: the likely ones.
    """

    source: Path | Source
    layout: Layout | None = None
    columns: tuple[int, int] | None = None


class ImportReader(QThread):
    """Reads what it was asked for last; a new request ends the reading of the one before."""

    opened = Signal(object, object, object, object)
    """Of a Request: its Source, the Table and the columns (x, y). ``go_on`` reads all of it."""
    progressed = Signal(object, float)
    """Of a Request: which share has been read."""
    read = Signal(object, object)
    """Of a Request: the Chosen points; all has been read."""
    failed = Signal(object, str)
    """Of a Request: a sentence that says why nothing could be read."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("import reader")
        self._asked: Request | None = None
        self._shown: Request | None = None
        self._closed = False
        self._changed = Condition()

    def ask(self, request: Request) -> None:
        """Read this, and nothing that was asked for before."""
        with self._changed:
            self._asked = request
            self._changed.notify()
        if not self.isRunning():
            self.start()

    def go_on(self, request: Request) -> None:
        """Read all of what was opened.

        Reading and showing at once would be slow: Python's lock would go to and fro.
        """
        with self._changed:
            self._shown = request
            self._changed.notify()

    def close(self) -> None:
        """Stop reading, end the thread and wait for that."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self.wait()

    def run(self) -> None:
        """Read until closed."""
        request = self._next(None)
        while request is not None:
            try:
                self._read(request)
            except Cancelled:
                pass
            except TableError as error:
                self.failed.emit(request, str(error))
            except Exception as error:  # else the dialog would wait for ever
                self.failed.emit(request, f"The table could not be read: {error!r}.")
            request = self._next(request)

    def _next(self, request: Request | None) -> Request | None:
        """Wait for another request than this; return it, or None once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._asked is not request)
            return None if self._closed else self._asked

    def _read(self, request: Request) -> None:
        source = request.source
        if isinstance(source, Path):
            source = read_source(source)
        table = Table(source.text, request.layout)
        columns = request.columns
        if columns is None or columns[1] == ROW_NUMBER or max(columns) >= len(table.columns):
            columns = table.suggest()
        self.opened.emit(request, source, table, columns)
        with self._changed:
            self._changed.wait_for(lambda: self._shown is request or not self._wanted(request))

        def keep_on(share: float) -> bool:
            self.progressed.emit(request, share)
            return self._wanted(request)

        self.read.emit(request, table.choose(*columns, keep_on))

    def _wanted(self, request: Request) -> bool:
        """Return whether a request is still the last one."""
        return not self._closed and self._asked is request
