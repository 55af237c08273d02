"""The bars of the main window: transport, steps and notice above, the timeline below."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow, QToolBar, QVBoxLayout, QWidget

from app.controls.notice_bar import NoticeBar
from app.controls.timeline import Timeline
from app.controls.trace_bar import TraceBar
from app.controls.transport import Transport
from app.theme import Theme


class Bars:
    """Puts the bars around everything else, where they stay.

    Attributes:
        transport, trace_bar, notice, timeline: the bars.
    """

    def __init__(self, window: QMainWindow) -> None:
        self.transport, self.trace_bar = Transport(), TraceBar()
        self.notice, self.timeline = NoticeBar(), Timeline()
        above = (self.transport, self.trace_bar, self.notice)
        window.addToolBar(Qt.ToolBarArea.TopToolBarArea, _tool_bar("Transport", *above))
        window.addToolBar(Qt.ToolBarArea.BottomToolBarArea, _tool_bar("Timeline", self.timeline))

    def set_enabled(self, enabled: bool) -> None:
        """Let the bars be used, or not."""
        for bar in (self.transport, self.trace_bar):
            bar.set_enabled(enabled)
        self.timeline.setEnabled(enabled)

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        for bar in (self.transport, self.trace_bar, self.timeline):
            bar.set_theme(theme)

    def resize_to_text(self) -> None:
        """Give the bars the room that their text needs."""
        for bar in (self.transport, self.trace_bar, self.notice):
            bar.resize_to_text()


def _tool_bar(title: str, *widgets: QWidget) -> QToolBar:
    """Return a tool bar that stays where it is, with widgets one below the other."""
    content = QWidget()
    layout = QVBoxLayout(content)
    layout.setContentsMargins(4, 0, 4, 0)
    layout.setSpacing(5)
    for widget in widgets:
        layout.addWidget(widget)
    name = f"{title.lower()}_bar"
    bar = QToolBar(title, objectName=name, movable=False, floatable=False)
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    bar.toggleViewAction().setVisible(False)
    bar.addWidget(content)
    return bar
