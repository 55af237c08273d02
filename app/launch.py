"""Starting Qt: the window for a person, or a picture of it."""

from __future__ import annotations

import gc
import math
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from app.training.session import Session

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


@dataclass(frozen=True, slots=True)
class PictureOrder:
    """What a picture of the window shall show.

    Attributes:
        path: the file to write.
        epochs: how many to train first; the experiment's own number if None.
        size: of the window, in pixels.
        theme: "light" or "dark".
        step: the step of the newest epoch to look at, from 1 on; None for all of the epoch.
        docks: those that are brought to the front, by name.
        race: whether all optimizers are raced, each with a learning rate that suits it.
    """

    path: Path
    epochs: int | None = None
    size: tuple[int, int] = (1440, 900)
    theme: str = "light"
    step: int | None = None
    docks: tuple[str, ...] = ()
    race: bool = False


def render(preset: Preset, order: PictureOrder) -> str:
    """Train and write a picture of the window; return a sentence if it could not be written."""
    import tempfile  # costs the window's start a few milliseconds

    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    qInstallMessageHandler(_report)
    application = make_application()
    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        appearance = Appearance(settings)
        appearance.choose_theme(order.theme)
        window = MainWindow(preset, settings, appearance)
        window.resize(*order.size)
        window.show()
        window.load()
        _train(window, preset, order)
        window.resize(*order.size)
        window.show_docks(order.docks)
        application.processEvents()
        problem = _go_to(window, order.step) if order.step else ""
        application.processEvents()
        problem = problem or _save_picture(window, order.path, order.size)
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


def _train(window: MainWindow, preset: Preset, order: PictureOrder) -> None:
    """Train as many epochs as are wanted, as fast as it goes; in a race, every run."""
    session = window.session
    if session is None:
        return
    wanted = preset.experiment.training.epochs if order.epochs is None else order.epochs
    rested = QEventLoop()
    session.state_changed.connect(lambda _: rested.quit())
    rested.exec()  # epoch 0 is there
    if order.race and wanted:
        _race(window, session, wanted)
    elif wanted:
        session.step(wanted)
        rested.exec()


def _race(window: MainWindow, session: Session, epochs: int) -> None:
    """Race all optimizers for so many epochs, and wait until the last has come to an end."""
    window.editing.take(session.experiment.with_value("epochs", epochs), "Epochs")
    session.set_speed(math.inf)
    window.race_optimizers()
    ended = QEventLoop()

    def look() -> None:
        if not any(run.running or run.state is State.PAUSED for run in session.runs):
            ended.quit()

    from app.training.loop import State

    session.runs_changed.connect(look)
    ended.exec()
