"""What the signs on a landscape mean, in a line or two of text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QWidget

from app.views.landscape.colours import OUTLINE, PATH, RAW, TAKEN, outline_of

SIGNS = {
    "path": ("━", PATH),
    "raw step": ("╍▸", RAW),
    "step taken": ("━▸", TAKEN),
    "minimum": ("✕", PATH),
    "lowest found": ("✕", PATH),
}
"""Each entry's sign and colour; they stand on the outline's colour, as on the map."""

NAMED = 4
"""Other runs that are named at most."""


class Legend(QLabel):
    """Names the signs that are drawn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, objectName="landscape_legend", wordWrap=True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setAccessibleName("Legend of the landscape")

    def show_entries(
        self,
        names: Sequence[str],
        non_finite: QColor | None,
        note: str,
        runs: Sequence[tuple[str, QColor]] = (),
    ) -> None:
        """Show some of the entries, the colour of losses that are not finite, and a note.

        ``runs`` are other runs' names and colours; of many only how many there are is said.
        """
        parts = [_entry(*SIGNS[name], name) for name in names]
        path = SIGNS["path"][0]
        parts += [
            _entry(path, colour, escape(name), outline_of(colour)) for name, colour in runs[:NAMED]
        ]
        if len(runs) > NAMED:
            parts.append(f"and {len(runs) - NAMED} more")
        if non_finite is not None:
            parts.append(_entry("&nbsp;&nbsp;", OUTLINE, "not finite", non_finite))
        if note:
            parts.append(note)
        text = " &nbsp;".join(parts)
        if text != self.text():
            self.setText(text)


def _entry(sign: str, colour: QColor, name: str, background: QColor = OUTLINE) -> str:
    return (
        f"<span style='background:{background.name()};color:{colour.name()}'>&nbsp;{sign}"
        f"&nbsp;</span>&nbsp;{name.replace(' ', '&nbsp;')}"
    )
