"""What the machine must have for a window: a screen, and the system libraries of Qt.

Qt itself ends the process, with many lines, when one of these is missing; asking first
lets the command line say in a sentence what to do.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import re
import sys
from pathlib import Path

DEBIAN_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libOpenGL.so.0": "libopengl0",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
"""The Debian package of every library that Qt's wheels expect the system to have."""

NO_SCREEN = (
    "There is no screen to open a window on (neither DISPLAY nor WAYLAND_DISPLAY names one "
    "that answers): run chainrule in a desktop session, or write a picture with "
    "“chainrule render OUT.png”."
)


def missing_for_window() -> str:
    """Return a sentence about what a window lacks here, or ""."""
    if not sys.platform.startswith("linux"):
        return ""
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0]
    if platform in ("offscreen", "minimal", "vnc"):
        return _missing_library("offscreen")
    wayland = bool(os.environ.get("WAYLAND_DISPLAY"))
    if not wayland and not os.environ.get("DISPLAY"):
        return NO_SCREEN
    missing = _missing_library("wayland" if wayland else "xcb")
    if missing:
        return missing
    return "" if wayland or _x11_answers() else NO_SCREEN


def missing_for_picture() -> str:
    """Return a sentence about what a picture without a screen lacks here, or ""."""
    return _missing_library("offscreen") if sys.platform.startswith("linux") else ""


def _missing_library(platform: str) -> str:
    """Return a sentence about a system library that Qt cannot do without, or ""."""
    try:
        from PySide6 import QtGui, QtSvg, QtWidgets  # noqa: F401

        plugin = _plugin(platform)
        if plugin is not None:
            ctypes.CDLL(str(plugin))
    except (ImportError, OSError) as error:
        return explain_missing_library(str(error))
    return ""


def explain_missing_library(error: str) -> str:
    """Return a sentence for a loader's error, with the package to install if it is known."""
    found = re.match(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object file", error)
    if not found:
        return f"Qt could not be loaded: {error}."
    library = found.group(1)
    package = DEBIAN_PACKAGES.get(library)
    advice = (
        f"on Debian or Ubuntu, install it with “apt-get install {package}”"
        if package
        else "install the package of your system that holds it"
    )
    return f"Qt needs the system library {library}, which is missing: {advice}."


def _plugin(platform: str) -> Path | None:
    """Return the file of one of Qt's platform plugins, or None if it is not where it should be."""
    package = importlib.util.find_spec("PySide6")
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).parent / "Qt" / "plugins" / "platforms" / f"libq{platform}.so"
    return path if path.exists() else None


def _x11_answers() -> bool:
    """Whether the X server that DISPLAY names can be reached."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # Qt will say more than we can
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    answers = xcb.xcb_connection_has_error(connection) == 0
    xcb.xcb_disconnect(connection)
    return bool(answers)
