"""A person at the window: finds things by name, clicks, types, reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QCursor, QImage, QTextDocumentFragment, QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QTabWidget,
    QWidget,
)

from app.main_window import MainWindow
from app.training.loop import State
from tests.conftest import TIMEOUT, flush_deletions

Found = TypeVar("Found", bound=QObject)


class Person:
    """Uses a window as a person does, and waits for what it shows."""

    def __init__(self, window: MainWindow, qtbot) -> None:
        self.window = window
        self.qtbot = qtbot

    # -- seeing -----------------------------------------------------------------------------

    def find(self, name: str, kind: type[Found] = QWidget) -> Found:
        """Return the one thing of that name."""
        found = self.window.findChildren(kind, name)
        assert len(found) == 1, f"{len(found)} things are called {name}"
        return found[0]

    def sees(self, name: str) -> bool:
        """Whether something of that name is visible, once what is due has been done."""
        QApplication.processEvents()
        flush_deletions()
        return any(each.isVisible() for each in self.window.findChildren(QWidget, name))

    def read(self, name: str) -> str:
        """Return the plain text of a label or a field."""
        widget = self.find(name)
        return widget.text() if isinstance(widget, QLineEdit) else plain(widget)

    @property
    def epoch(self) -> int:
        """The epoch that the transport shows; −1 for none."""
        shown = re.match(r"epoch (\d+|–+) / ", self.read("epoch"))
        assert shown
        return int(shown[1]) if shown[1].isdigit() else -1

    @property
    def state(self) -> State:
        return self.window.session.state

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so."""
        self.qtbot.waitUntil(condition, timeout=TIMEOUT)

    def wait_for(self, state: State) -> None:
        """Wait until training is in a state."""
        self.wait(lambda: self.state is state)

    def settle(self) -> None:
        """Wait until all that is due has been shown, and the layout has come to rest.

        What is put off for a moment is done without one.
        """
        timers = [each for each in self.window.findChildren(QTimer) if each.isSingleShot()]
        intervals = {each: each.interval() for each in timers if each.isActive()}
        for each in intervals:
            each.start(0)
        self.wait(lambda: not any(each.isActive() for each in timers))
        for each, interval in intervals.items():
            each.setInterval(interval)
        for _ in range(3):
            QApplication.sendPostedEvents()
            QApplication.processEvents()

    def look(self) -> QImage:
        """Return a picture of the whole window, once it has settled."""
        self.settle()
        return self.window.grab().toImage()

    @property
    def step(self) -> tuple[str, int, int] | None:
        """The stage, the step done last and their number, as shown; None outside the steps."""
        shown = re.fullmatch(r"(\w+) · step ([\d,]+) of ([\d,]+)", self.read("place"))
        if shown is None:
            return None
        done, count = (int(each.replace(",", "")) for each in shown.groups()[1:])
        return shown[1], done, count

    # -- doing ------------------------------------------------------------------------------

    def click(self, name: str, at: QPoint | None = None) -> None:
        """Click on something with the left mouse button; a check box, on its box."""
        assert self.sees(name), f"{name} cannot be seen"
        widget = self.find(name)
        if at is None and isinstance(widget, QCheckBox):
            at = QPoint(8, widget.height() // 2)
        self.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at or QPoint())

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
        """Press a key, wherever the focus is."""
        target = QApplication.focusWidget() or self.window
        self.qtbot.keyClick(target, key, modifier or Qt.KeyboardModifier.NoModifier)

    def press_often(self, key: Qt.Key, times: int) -> None:
        """Press a key so many times."""
        for _ in range(times):
            self.press(key)

    def type(self, name: str, text: str) -> None:
        """Replace the text of a field, without Enter."""
        self.click(name)
        self.press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        self.press(Qt.Key.Key_Delete)
        self.qtbot.keyClicks(self.find(name), text)

    def enter(self, name: str, text: str) -> None:
        """Replace the text of a field and press Enter."""
        self.type(name, text)
        self.press(Qt.Key.Key_Return)

    def choose(self, name: str, option: str) -> None:
        """Choose an option of a list by typing how it begins."""
        self.click(name)
        view = self.find(name, QComboBox).view()
        self.wait(view.isVisible)
        view.keyboardSearch("")  # what was typed into it a moment before is no beginning
        beginning = re.match(r"[ -~]+", option)  # what a keyboard has
        assert beginning
        self.qtbot.keyClicks(view, beginning[0])
        self.qtbot.keyClick(view, Qt.Key.Key_Return)
        self._come_back()

    def choose_tab(self, name: str, title: str) -> None:
        """Click on a tab."""
        tabs = self.find(name, QTabWidget)
        index = next(i for i in range(tabs.count()) if tabs.tabText(i).replace("&", "") == title)
        bar = tabs.tabBar()
        self.qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(index).center())

    def choose_in_menu(self, *titles: str) -> None:
        """Click on a menu of the menu bar, then on its entries."""
        # A menu takes no click where the pointer already was when it opened.
        QCursor.setPos(self.window.mapToGlobal(self.window.rect().bottomRight()))
        QApplication.processEvents()  # else the movement comes later, and closes what opens
        chosen: list[bool] = []
        place: QWidget = self.window.menuBar()
        for title in titles:
            action = next(a for a in place.actions() if a.text().replace("&", "") == title)
            menu = action.menu()
            if menu is None:
                action.triggered.connect(lambda: chosen.append(True))
            where = place.actionGeometry(action).center()
            self.qtbot.mouseClick(place, Qt.MouseButton.LeftButton, pos=where)
            if isinstance(menu, QMenu):
                self.wait(menu.isVisible)
                place = menu
        assert chosen, f"nothing came of choosing {titles}"
        self._come_back()

    def _come_back(self) -> None:
        """Return to the window from a list or menu; without a screen, Qt leaves it out."""
        if QApplication.activeModalWidget() is None and self.window.isVisible():
            self.window.activateWindow()
            self.wait(self.window.isActiveWindow)

    def wheel(self, widget: QWidget, at: QPointF, notches: int = 1) -> None:
        """Turn the wheel over a place of a widget; forward is positive."""
        event = QWheelEvent(
            at,
            widget.mapToGlobal(at),
            QPoint(),
            QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)

    def train(self, epochs: int) -> None:
        """Train so many single epochs, and wait for the last to be shown."""
        target = self.epoch + epochs
        for _ in range(epochs):
            self.click("step")
        self.wait(lambda: self.epoch == target)

    def run_to_end(self) -> None:
        """Choose the highest speed, press Play and wait until training ends by itself."""
        self.window.transport.set_speed(float("inf"))
        self.click("play")
        ends = (State.FINISHED, State.DIVERGED, State.FAILED)
        self.wait(lambda: self.state in ends)


def plain(label: QLabel) -> str:
    """Return a label's text without its markup."""
    return QTextDocumentFragment.fromHtml(label.text()).toPlainText()


def number(text: str) -> float:
    """Return a number as it is shown, with a minus sign."""
    assert "-" not in text.split("e")[0], "a hyphen"
    return float(text.replace("−", "-"))


def curves(plot: pg.PlotWidget) -> list[pg.PlotCurveItem]:
    """Return the curves of a plot."""
    return [item for item in plot.getPlotItem().items if isinstance(item, pg.PlotCurveItem)]


def drawn(plot: pg.PlotWidget, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of what the legend calls so."""
    item = legend_item(plot, name)
    x, y = item.getData()
    return np.asarray(x), np.asarray(y)


def legend_item(plot: pg.PlotWidget, name: str):
    """Return what the legend calls so."""
    entries = plot.getPlotItem().legend.items
    return next(sample.item for sample, label in entries if label.text.startswith(name))
