"""The title of a dock, which grows with the text, with buttons to detach and to close it."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QToolButton, QWidget

from app.theme import Theme, icon


class DockTitle(QWidget):
    """Stands in for Qt's own title, whose font does not follow the application's."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        name = dock.objectName().removesuffix("_dock")
        title = QLabel(dock.windowTitle())
        title.setProperty("role", "title")
        self._buttons = {
            "float": self._make_button(f"{name}_float", "Detach, or put back"),
            "close": self._make_button(f"{name}_close", "Close; the View menu brings it back"),
        }
        self._buttons["float"].clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self._buttons["close"].clicked.connect(dock.close)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 3, 4, 1)
        layout.setSpacing(2)
        layout.addWidget(title, 1)
        for button in self._buttons.values():
            layout.addWidget(button)

    def set_theme(self, theme: Theme) -> None:
        """Draw the icons in the theme's colours."""
        for name, button in self._buttons.items():
            button.setIcon(icon(name, theme.muted))

    def _make_button(self, name: str, what: str) -> QToolButton:
        button = QToolButton(objectName=name, autoRaise=True)
        button.setIconSize(QSize(12, 12))
        button.setToolTip(what)
        button.setAccessibleName(what)
        return button
