"""Starting Qt: the window for a person, or a picture of it."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from PySide6.QtCore import (
    QEventLoop,
    QMessageLogContext,
    QSettings,
    Qt,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication

from app import __version__
from app.appearance import Appearance
from app.keyboard import ControlKeys
from app.main_window import MainWindow
from app.study.presets import Preset
from app.theme import icon

SWITCH_INTERVAL = 0.001
"""Seconds after which the worker lets the window's thread run: a fifth of Python's default,
because every call of Qt takes the lock again and would wait its turn for it."""


def make_application() -> QApplication:
    """Return the application object, set up."""
    application = QApplication(["chainrule"])
    application.setApplicationName("Chainrule")
    application.setApplicationVersion(__version__)
    application.setOrganizationName("Chainrule")
    application.setDesktopFileName("chainrule")
    ControlKeys(application)
    sys.setswitchinterval(SWITCH_INTERVAL)
    return application


def run_window(preset: Preset) -> int:
    """Open the window and return the exit status when it is closed."""
    application = make_application()
    settings = QSettings()
    window = MainWindow(preset, settings, Appearance(settings))
    application.setWindowIcon(icon("chainrule", window.palette().text().color(), 128))
    application.aboutToQuit.connect(window.shut_down)
    window.loaded.connect(spare_the_collector)
    window.painted.connect(
        window.load_in_background, Qt.ConnectionType.QueuedConnection
    )  # when all of it is on the screen
    window.show()
    return application.exec()


def spare_the_collector() -> None:
    """Take what is there for good out of the garbage collector's rounds.

    Training makes many objects, and each full round would look at all of Qt's and NumPy's
    classes again, while the window waits.
    """
    gc.collect()
    gc.freeze()


def render(
    preset: Preset,
    picture: Path,
    epochs: int | None,
    size: tuple[int, int],
    theme: str,
    step: int | None = None,
) -> str:
    """Train and write a picture of the window; return a sentence if it could not be written.

    ``step`` is the step of the newest epoch to look at, from 1 on; None for all of the epoch.
    """
    import tempfile  # costs the window's start a few milliseconds

    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    qInstallMessageHandler(_report)
    application = make_application()
    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        appearance = Appearance(settings)
        appearance.choose_theme(theme)
        window = MainWindow(preset, settings, appearance)
        window.resize(*size)
        window.show()
        window.load()
        _train(window, preset, epochs)
        window.resize(*size)
        application.processEvents()
        problem = _go_to(window, step) if step else ""
        application.processEvents()
        problem = problem or _save_picture(window, picture, size)
        window.close()
    return problem


def _go_to(window: MainWindow, step: int) -> str:
    """Go to a step of the newest epoch; return a sentence if it has no such step."""
    walk = window.walk
    walk.go_to(walk.epoch, step - 1)
    _, steps = walk.place_in_trace
    return "" if step <= steps else f"The epoch has {steps:,} steps: there is no step {step:,}."


def _save_picture(window: MainWindow, picture: Path, size: tuple[int, int]) -> str:
    """Write the picture; return a sentence if that could not be done."""
    if window.size().toTuple() != size:
        least = window.minimumSizeHint()
        return f"The window needs at least {least.width()}x{least.height()} pixels."
    written = window.picture().save(str(picture), "PNG")
    return "" if written else f"The picture could not be written to {picture}."


def _report(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:  # noqa: ARG001
    """Pass on Qt's messages, but for the one that every window without a screen gives."""
    if "propagateSizeHints" not in message:
        print(message, file=sys.stderr)  # noqa: T201


def _train(window: MainWindow, preset: Preset, epochs: int | None) -> None:
    """Train so many epochs (the experiment's own number if None), as fast as it goes."""
    session = window.session
    if session is None:
        return
    wanted = preset.experiment.training.epochs if epochs is None else epochs
    rested = QEventLoop()
    session.state_changed.connect(lambda _: rested.quit())
    rested.exec()  # epoch 0 is there
    if wanted:
        session.step(wanted)
        rested.exec()
