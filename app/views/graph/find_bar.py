"""The find bar: looks for nodes of the graph and goes from one to the next."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from app.views.graph.find import SPECIAL, asks_for_numbers, find, why_nothing
from app.views.graph.scene import Numbers, Scene

PAUSE = 300
"""Milliseconds without a key after which what was typed is gone to."""

_EXAMPLES = "m, residual, power, not finite, sample 7 …"


class FindBar(QFrame):
    """Finds while one types; Enter and F3 go on, with Shift back; Escape closes.

    It is hidden until :meth:`open`. Once typing pauses it goes to the first node found. What
    was found follows another graph and other numbers, but only a person's doing goes to a node.
    """

    node_found = Signal(int)
    """A node was found, by number: show it."""
    closed = Signal()
    """A person is done: the focus goes back to the graph."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("find_bar")
        self._scene: Scene | None = None
        self._numbers: Numbers | None = None
        self._found = np.empty(0, dtype=np.intp)
        self._at = -1  # which of what was found is shown; −1 for none
        self._sentence = ""
        self._pause = QTimer(self, interval=PAUSE, singleShot=True)
        self._pause.timeout.connect(self._go_to_first)
        self._make_field()
        offers = self._make_offers()
        self._result = QLabel(objectName="find_result")
        self._result.setAccessibleName("What was found")
        self._result.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._previous = self._button("find_previous", "↑", "Previous (Shift+Enter, Shift+F3)")
        self._next = self._button("find_next", "↓", "Next (Enter, F3)")
        close = self._button("find_close", "×", "Close (Esc)")
        for button, key, by in ((self._previous, "Shift+F3", -1), (self._next, "F3", 1)):
            button.clicked.connect(lambda _checked, by=by: self.go(by))
            # Of the window, so that it goes on where the graph has the focus, too.
            QShortcut(QKeySequence(key), self).activated.connect(lambda by=by: self.go(by))
        close.clicked.connect(self.close_bar)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 2, 2, 2)
        layout.setSpacing(4)
        layout.addWidget(self._field, 3)
        layout.addWidget(offers)
        layout.addWidget(self._result, 4)
        for button in (self._previous, self._next, close):
            layout.addWidget(button)
        self._show_result()
        self.hide()

    # -- putting it together --------------------------------------------------------------------

    def _make_field(self) -> None:
        self._field = QLineEdit(objectName="find_query")
        self._field.setAccessibleName("Find in the graph")
        self._field.setPlaceholderText(_EXAMPLES)
        self._field.setToolTip(
            "A name, a formula, an operation, “sample 7” in the unfolded graph, "
            "or what the list beside offers."
        )
        self._field.setMinimumWidth(90)
        self._field.textChanged.connect(self._look)

    def _make_offers(self) -> QToolButton:
        offers = self._button("find_offers", "▾", "What else can be found")
        offers.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        offers.setStyleSheet("QToolButton::menu-indicator { image: none; }")  # “▾” says it
        menu = QMenu(offers)
        for query in SPECIAL:
            menu.addAction(query, lambda query=query: self._take_offer(query))
        offers.setMenu(menu)
        return offers

    def _button(self, name: str, text: str, tip: str) -> QToolButton:
        button = QToolButton(self, objectName=name, autoRaise=True, text=text, toolTip=tip)
        button.setAccessibleName(tip.partition(" (")[0])
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    # -- what it is told ------------------------------------------------------------------------

    def open(self) -> None:
        """Appear, with the last query ready to be typed over."""
        self.show()
        self._look_again()
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._field.selectAll()

    def close_bar(self) -> None:
        """Disappear, and give the focus back."""
        self._pause.stop()
        self.hide()
        self.closed.emit()

    def show_numbers(self, scene: Scene, numbers: Numbers) -> None:
        """Find in this graph, with these numbers, from now on."""
        same = scene is self._scene
        self._scene, self._numbers = scene, numbers
        if self.isVisible() and (not same or asks_for_numbers(self._field.text())):
            self._look_again()

    # -- finding --------------------------------------------------------------------------------

    def _take_offer(self, query: str) -> None:
        self._field.setText(query)
        self._field.setFocus()
        self._go_to_first()

    def _look(self) -> None:
        """Find what is typed."""
        self._find()
        self._at = -1
        self._show_result()
        self._pause.start()

    def _go_to_first(self) -> None:
        self._at = -1
        self.go(1)

    def _look_again(self) -> None:
        """Find the same in another graph or among other numbers, and go nowhere."""
        shown = self._found[self._at] if self._at >= 0 else -1
        self._find()
        again = np.flatnonzero(self._found == shown)
        self._at = int(again[0]) if len(again) else -1
        self._show_result()

    def _find(self) -> None:
        query = self._field.text()
        if self._scene is None or self._numbers is None or not query.strip():
            self._found, self._sentence = np.empty(0, dtype=np.intp), ""
            return
        self._found = find(self._scene, self._numbers, query)
        self._sentence = "" if len(self._found) else why_nothing(self._scene, query)

    def go(self, by: int) -> None:
        """Go to the next node that was found (1), or to the previous one (−1); round and round."""
        self._pause.stop()
        count = len(self._found)
        if count:
            start = -1 if self._at < 0 and by > 0 else max(self._at, 0)
            self._at = (start + by) % count
        self._show_result()
        if count:
            self.node_found.emit(int(self._found[self._at]))

    def _show_result(self) -> None:
        count = len(self._found)
        text = self._sentence
        if count:
            text = f"{self._at + 1:,} of {count:,}" if self._at >= 0 else f"{count:,} found"
        shown = self._result.fontMetrics().elidedText(
            text, Qt.TextElideMode.ElideRight, max(0, self._result.width() - 4)
        )
        self._result.setText(shown)
        self._result.setToolTip(text)
        self._result.setAccessibleDescription(text)
        for button in (self._previous, self._next):
            button.setEnabled(count > 0)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        self.layout().activate()
        self._show_result()

    # -- keys -----------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Keep Escape for the bar, from the window's shortcuts."""
        overrides = event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if overrides and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102  Qt's
        back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        match event.key():
            case Qt.Key.Key_Escape:
                self.close_bar()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self._field.hasFocus():
                self.go(-1 if back else 1)
            case Qt.Key.Key_Down | Qt.Key.Key_Up if self._field.hasFocus():
                self.go(1 if event.key() == Qt.Key.Key_Down else -1)
            case _:
                super().keyPressEvent(event)
