"""The colours of the light and the dark theme, read from data, and how Qt is given them."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from app import RESOURCES


@dataclass(frozen=True, slots=True)
class Theme:
    """One colour for each purpose.

    Gradients are drawn from ``negative`` over ``zero`` to ``positive``, a pair that people
    with any common colour blindness can tell apart; ``non_finite`` marks inf and nan.
    ``runs`` are the colours of the runs beside the present one, which they, too, can tell
    from each other and from ``loss`` and ``fit``, the present one's.
    """

    name: str
    window: QColor
    base: QColor
    raised: QColor
    border: QColor
    text: QColor
    muted: QColor
    accent: QColor
    accent_text: QColor
    notice: QColor
    warning: QColor
    error: QColor
    data: QColor
    truth: QColor
    fit: QColor
    residual: QColor
    loss: QColor
    crosshair: QColor
    negative: QColor
    zero: QColor
    positive: QColor
    none: QColor
    non_finite: QColor
    edge: QColor
    runs: tuple[QColor, ...]

    def run(self, colour: int) -> QColor:
        """Return the colour of a run; beyond the last they begin again."""
        return self.runs[colour % len(self.runs)]


THEME_NAMES = ("light", "dark")


@cache
def load_theme(name: str) -> Theme:
    """Return the theme "light" or "dark"."""
    colours = json.loads((RESOURCES / "themes" / f"{name}.json").read_text(encoding="utf-8"))
    runs = tuple(QColor(colour) for colour in colours.pop("runs"))
    single = (QColor(colours[field.name]) for field in fields(Theme)[1:-1])
    return Theme(name, *single, runs)


def system_theme_name() -> str:
    """Return the name of the theme that the desktop asks for; light if it does not say."""
    dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
    return "dark" if dark else "light"


def apply_theme(application: QApplication, theme: Theme) -> None:
    """Give all widgets of the application the theme's colours."""
    application.setStyle("Fusion")
    application.setPalette(_palette(theme))
    application.setStyleSheet("")  # the same sheet again would be taken for no change
    application.setStyleSheet(_style_sheet(theme))


def _palette(theme: Theme) -> QPalette:
    """Return Qt's palette for a theme."""
    role = QPalette.ColorRole
    palette = QPalette()
    for colour, roles in (
        (theme.window, (role.Window,)),
        (theme.base, (role.Base,)),
        (theme.raised, (role.Button, role.AlternateBase, role.ToolTipBase)),
        (theme.text, (role.WindowText, role.Text, role.ButtonText, role.ToolTipText)),
        (theme.muted, (role.PlaceholderText,)),
        (theme.accent, (role.Highlight, role.Link)),
        (theme.accent_text, (role.HighlightedText,)),
        (theme.border, (role.Mid,)),
        (theme.edge, (role.Dark,)),
    ):
        for each in roles:
            palette.setColor(each, colour)
    for each in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, each, theme.edge)
    return palette


def _style_sheet(theme: Theme) -> str:
    """Return what a palette cannot say: tool tips, group boxes, and marks of state."""
    return f"""
        QToolTip {{
            color: {theme.text.name()}; background: {theme.raised.name()};
            border: 1px solid {theme.border.name()}; padding: 4px;
        }}
        QGroupBox {{ font-weight: 600; border: none; margin-top: 1.6em; padding: 0; }}
        QGroupBox::title {{ subcontrol-origin: margin; left: 0; color: {theme.accent.name()}; }}
        QLabel[role="title"] {{ font-weight: 600; }}
        QLabel[role="muted"] {{ color: {theme.muted.name()}; }}
        QLabel[role="problem"] {{
            background: {theme.error.name()}; border-radius: 4px; padding: 4px 6px;
        }}
        QLineEdit {{
            border: 1px solid {theme.border.name()}; border-radius: 3px; padding: 2px 4px;
            background: {theme.base.name()};
        }}
        QLineEdit:focus {{ border: 2px solid {theme.accent.name()}; padding: 1px 3px; }}
        QLineEdit[invalid="true"] {{
            border: 2px solid {theme.negative.name()}; padding: 1px 3px;
            background: {theme.error.name()};
        }}
        QCheckBox::indicator, QTableView::indicator {{
            width: 1em; height: 1em; border: 1px solid {theme.edge.name()}; border-radius: 3px;
            background: {theme.base.name()};
        }}
        QCheckBox::indicator:checked, QTableView::indicator:checked {{
            background: {theme.accent.name()}; border-color: {theme.accent.name()};
            image: url("{(RESOURCES / "icons" / f"check-{theme.name}.svg").as_posix()}");
        }}
        QCheckBox {{ spacing: 6px; padding-right: 8px; }}
        QCheckBox:focus {{ text-decoration: underline; }}
        QTabWidget::pane {{ border: none; }}
        QFrame#notice {{ border-radius: 5px; background: {theme.notice.name()}; }}
        QFrame#find_bar {{
            border: 1px solid {theme.border.name()}; border-radius: 5px;
            background: {theme.raised.name()};
        }}
        QFrame#prediction_bar {{ border-radius: 5px; background: {theme.notice.name()}; }}
        QFrame#notice[kind="warning"] {{ background: {theme.warning.name()}; }}
        QFrame#notice[kind="error"] {{ background: {theme.error.name()}; }}
        QToolBar {{ border: none; padding: 4px 6px; spacing: 6px; }}
        QToolBar#runs_bar {{ padding: 1px 0; spacing: 4px; }}
        QToolBar#runs_bar QToolButton {{
            border: 1px solid {theme.border.name()}; border-radius: 3px; padding: 2px 8px;
            background: {theme.raised.name()};
        }}
        QToolBar#runs_bar QToolButton:hover, QToolBar#runs_bar QToolButton:focus {{
            border-color: {theme.accent.name()};
        }}
        QToolBar#runs_bar QToolButton#qt_toolbar_ext_button {{ min-width: 1.6em; padding: 2px; }}
        QToolBar#runs_bar QToolButton:disabled {{ color: {theme.edge.name()}; }}
        QToolBar#runs_bar QToolButton:pressed {{ background: {theme.border.name()}; }}
    """


def icon(name: str, colour: QColor, size: int = 48) -> QIcon:
    """Return the icon of that name in ``resources/icons``, drawn in a colour."""
    return QIcon(icon_pixmap(name, colour, size))


def icon_pixmap(name: str, colour: QColor, size: int) -> QPixmap:
    """Return an icon as a square picture with ``size`` pixels a side."""
    text = (RESOURCES / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(text.replace("currentColor", colour.name()).encode()))
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap
