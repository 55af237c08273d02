"""What a drop or a paste offers to import."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QMimeData

from app.study.table.cells import is_number

FILE_SUFFIXES = (".csv", ".tsv", ".txt", ".dat")
"""How the names of files with tables end."""

_LOOKED_AT = 10_000
"""Characters of a text in which numbers are looked for."""

_BETWEEN = re.compile(r'[\s,;|"]+')


def mime_table(mime: QMimeData) -> Path | str | None:
    """Return the table that is dropped or pasted: a file, a text, or None if there is none.

    A file counts by its name, only the first of several; a text if it has two numbers.
    """
    if mime.hasUrls():
        paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        return next((path for path in paths if path.suffix.lower() in FILE_SUFFIXES), None)
    if not mime.hasText():
        return None
    text = mime.text()
    words = _BETWEEN.split(text[:_LOOKED_AT])
    return text if sum(is_number(word, ".") for word in words) >= 2 else None
