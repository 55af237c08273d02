"""Asking a person for a file: an experiment to open, where to save one, or a picture."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from app.study.presets import FILE_SUFFIX


def ask_for_experiment(parent: QWidget) -> Path | None:
    """Return the experiment's file that a person chooses to open; None if they do not."""
    kinds = f"Experiments (*{FILE_SUFFIX} *.json);;All files (*)"
    name, _ = QFileDialog.getOpenFileName(parent, "Open experiment", "", kinds)
    return Path(name) if name else None


def ask_for_table(parent: QWidget) -> Path | None:
    """Return the file with a table that a person chooses to import; None if they do not."""
    kinds = "Tables (*.csv *.tsv *.txt *.dat);;All files (*)"
    name, _ = QFileDialog.getOpenFileName(parent, "Import table", "", kinds)
    return Path(name) if name else None


def ask_where_to_save(parent: QWidget) -> Path | None:
    """Return where a person wants to save the experiment; None if they do not."""
    name, _ = QFileDialog.getSaveFileName(
        parent, "Save experiment", f"experiment{FILE_SUFFIX}", f"Experiments (*{FILE_SUFFIX})"
    )
    return Path(name) if name else None


def ask_where_to_picture(parent: QWidget) -> Path | None:
    """Return where a person wants a picture of the window; None if they do not."""
    name, _ = QFileDialog.getSaveFileName(
        parent, "Save picture", "chainrule.png", "Pictures (*.png)"
    )
    return Path(name) if name else None
