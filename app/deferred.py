"""Importing modules in a thread, so that the window can be painted before they are there."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from PySide6.QtCore import QObject, QThread


class ModuleLoader(QThread):
    """Imports modules, one after another; ``finished`` is emitted when all are there."""

    def __init__(self, names: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("module loader")
        self._names = names

    def run(self) -> None:
        """Import; an import that fails is left for the window's own import to report."""
        for name in self._names:
            try:
                importlib.import_module(name)
            except ImportError:
                return
