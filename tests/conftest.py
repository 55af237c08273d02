"""What all tests share: Qt without a screen, windows that are closed again, no leftovers."""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

SCREEN = Path(tempfile.mkdtemp(prefix="chainrule-tests-")) / "screen.json"
SCREEN.write_text(
    json.dumps(
        {
            "screens": [
                {
                    "name": "tests",
                    "x": 0,
                    "y": 0,
                    "width": 1920,
                    "height": 1200,
                    "logicalDpi": 96,
                    "logicalBaseDpi": 96,
                    "dpr": 1,
                }
            ]
        }
    )
)
# Before Qt is imported. The platform's own screen has only 800 by 800 pixels.
os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={SCREEN}"

import pytest  # noqa: E402
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, QThread, QTimer  # noqa: E402
from PySide6.QtGui import QPalette  # noqa: E402
from PySide6.QtWidgets import QApplication, QToolTip  # noqa: E402
from shiboken6 import isValid  # noqa: E402

from app.appearance import Appearance  # noqa: E402
from app.launch import SWITCH_INTERVAL, make_application, spare_the_collector  # noqa: E402
from app.main_window import HEAVY_MODULES, MainWindow  # noqa: E402
from app.study.presets import Preset, find_preset  # noqa: E402

TIMEOUT = 20_000
"""Milliseconds after which a condition that is waited for counts as never met."""

_application: QApplication | None = None


def pytest_unconfigure() -> None:
    SCREEN.unlink(missing_ok=True)
    SCREEN.parent.rmdir()


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """The application as the command line makes it, with Python's own thread switching.

    What has been imported by then is taken out of the collector's rounds, which come with
    every test.
    """
    global _application  # noqa: PLW0603  it must outlive every fixture
    interval = sys.getswitchinterval()
    _application = _application or make_application()
    sys.setswitchinterval(interval)
    for name in HEAVY_MODULES:
        importlib.import_module(name)
    spare_the_collector()
    return _application


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves threads, timers or windows; undo what it did to all windows."""
    interval, threads = sys.getswitchinterval(), set(threading.enumerate())
    look, windows = None, []
    if "qapp" in request.fixturenames:
        application = request.getfixturevalue("qapp")
        look = (application.font(), application.styleSheet())
        # The collector may run inside QObject.disconnect, where Qt holds a lock that the
        # destruction of the window before would wait for, forever: collect only here.
        gc.collect()
        gc.disable()
        windows = QApplication.topLevelWidgets()  # left by a test that has failed for it
    yield
    gc.enable()
    sys.setswitchinterval(interval)
    left = [
        thread
        for thread in threading.enumerate()
        if thread not in threads and "Dummy" not in type(thread).__name__
    ]
    if look is not None:
        left += [each for each in _left_in_qt() if each not in windows]
        _restore_look(application, *look)
    assert not left, f"left behind: {left}"


def _left_in_qt() -> list[object]:
    """Return running threads, active timers, and windows."""
    QToolTip.hideText()
    flush_deletions()
    watched = [each for each in gc.get_objects() if issubclass(type(each), QThread | QTimer)]
    left: list[object] = [
        each
        for each in watched
        if isValid(each) and (each.isRunning() if isinstance(each, QThread) else each.isActive())
    ]
    left += [
        widget
        for widget in QApplication.topLevelWidgets()
        if not widget.inherits("QTipLabel")
        and (widget.isVisible() or type(widget).__module__.startswith("app."))
    ]
    return left


def _restore_look(application: QApplication, font: object, sheet: str) -> None:
    """Give the application its own look back, and let it forget the font it once had."""
    application.setStyleSheet(sheet)
    application.setPalette(QPalette())
    application.setFont(font)
    application.setProperty("desktop_font", None)
    application.clipboard().clear()


def flush_deletions() -> None:
    """Delete what shall be deleted later."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


MakeWindow = Callable[..., MainWindow]


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    """Settings of this test alone."""
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def make_window(
    qtbot, settings: QSettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeWindow]:
    """A function that opens a window, waits for its epoch 0, and closes it after the test.

    ``preset`` is a key or a Preset; ``theme`` None leaves it to the settings; ``make_trainer``
    stands in for Trainer; ``load=False`` returns the window before its views are there;
    ``active=False`` loads it before it is the active window.
    """
    windows: list[MainWindow] = []
    sys.setswitchinterval(SWITCH_INTERVAL)

    def make(
        preset: str | Preset = "notebook",
        size: tuple[int, int] | None = (1280, 800),
        theme: str | None = "light",
        *,
        load: bool = True,
        active: bool = True,
        make_trainer: Callable[..., object] | None = None,
    ) -> MainWindow:
        if make_trainer is not None:
            from app.training.session import Session

            monkeypatch.setattr(
                "app.training.session.Session", partial(Session, make_trainer=make_trainer)
            )
        if theme is not None:
            settings.setValue("appearance/theme", theme)
        appearance = Appearance(settings)
        preset = find_preset(preset) if isinstance(preset, str) else preset
        window = MainWindow(preset, settings, appearance)
        windows.append(window)
        if size is not None:
            window.resize(*size)
        window.show()
        if active:
            window.activateWindow()
            qtbot.waitUntil(window.isActiveWindow, timeout=TIMEOUT)
        if load:
            window.load()
            wait_for_start(window, qtbot)
        return window

    yield make
    for window in reversed(windows):
        close(window)


def wait_for_start(window: MainWindow, qtbot) -> None:
    """Wait until epoch 0 is shown, or training could not begin."""
    from app.training.loop import State

    session = window.session
    assert session is not None
    qtbot.waitUntil(
        lambda: session.epoch >= 0 or session.state is not State.PAUSED, timeout=TIMEOUT
    )


def close(window: MainWindow) -> None:
    """Close a window for good; its threads must have ended then."""
    if not isValid(window):
        return
    window.close()
    running = [thread for thread in window.findChildren(QThread) if not thread.isFinished()]
    window.deleteLater()
    flush_deletions()
    assert not running


@pytest.fixture
def window(make_window: MakeWindow) -> MainWindow:
    """The notebook's experiment, at epoch 0."""
    return make_window()
