"""Theme and size of text: chosen by a person or the system, remembered, applied to all."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QApplication

from app.theme import THEME_NAMES, Theme, apply_theme, load_theme, system_theme_name

SYSTEM = "system"
SMALLEST_TEXT, LARGEST_TEXT = 0.8, 1.8
TEXT_STEP = 1.1


class Appearance(QObject):
    """Keeps the theme and the size of text of the whole application.

    Attributes:
        choice: "system", "light" or "dark".
        theme: the theme in force.
        text_scale: the size of text, relative to the desktop's own.
    """

    theme_changed = Signal(object)
    """Another theme is in force."""
    text_scaled = Signal()
    """The application's font has another size."""

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        application = QApplication.instance()
        assert isinstance(application, QApplication)  # noqa: S101
        self._application = application
        self._font = _desktop_font(application)
        remembered = settings.value("appearance/theme", SYSTEM)
        self.choice = remembered if remembered in (SYSTEM, *THEME_NAMES) else SYSTEM
        self.theme: Theme = load_theme(self._name())
        self.text_scale = _scale(settings.value("appearance/text_scale", 1.0))
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._apply_font()
        apply_theme(application, self.theme)

    def choose_theme(self, choice: str) -> None:
        """Use "light", "dark", or what the system says ("system")."""
        self.choice = choice
        self._settings.setValue("appearance/theme", choice)
        self._apply_theme()

    def enlarge_text(self) -> None:
        """Make all text larger by a step."""
        self._scale_text(self.text_scale * TEXT_STEP)

    def reduce_text(self) -> None:
        """Make all text smaller by a step."""
        self._scale_text(self.text_scale / TEXT_STEP)

    def reset_text(self) -> None:
        """Give all text the desktop's own size."""
        self._scale_text(1.0)

    def _scale_text(self, scale: float) -> None:
        self.text_scale = _scale(scale)
        self._settings.setValue("appearance/text_scale", self.text_scale)
        self._apply_font()
        apply_theme(self._application, self.theme)  # widgets styled by a sheet keep their font
        self.text_scaled.emit()

    def _apply_font(self) -> None:
        font = QFont(self._font)
        font.setPointSizeF(self._font.pointSizeF() * self.text_scale)
        self._application.setFont(font)

    def _follow_system(self) -> None:
        if self.choice == SYSTEM:
            self._apply_theme()

    def _name(self) -> str:
        return system_theme_name() if self.choice == SYSTEM else self.choice

    def _apply_theme(self) -> None:
        self.theme = load_theme(self._name())
        apply_theme(self._application, self.theme)
        self.theme_changed.emit(self.theme)


def _desktop_font(application: QApplication) -> QFont:
    """Return the font before it was scaled; kept with the application, which outlives us."""
    font = application.property("desktop_font")
    if font is None:
        font = QFont(application.font())
        application.setProperty("desktop_font", font)
    return font


def _scale(value: object) -> float:
    """Return a usable scale, whatever a settings file holds."""
    try:
        scale = float(str(value))
    except ValueError:
        return 1.0
    return min(max(scale, SMALLEST_TEXT), LARGEST_TEXT) if scale == scale else 1.0
