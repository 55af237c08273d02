"""The letters of a formula: their fonts and measures at the sizes that it is written in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QFontInfo, QFontMetricsF

FAMILIES = (
    "STIX Two Text",
    "Cambria",
    "Times New Roman",
    "Nimbus Roman",
    "Liberation Serif",
    "DejaVu Serif",
)
"""Typefaces whose italics look like mathematics, the best first."""


class Style(IntEnum):
    """How large a part is written, as TeX names it: in a line, as an exponent, as one of those."""

    DISPLAY = 0
    TEXT = 1
    SCRIPT = 2
    SMALL = 3

    @property
    def raised(self) -> Style:
        """The style of an exponent or a subscript."""
        return Style.SCRIPT if self < Style.SCRIPT else Style.SMALL

    @property
    def stacked(self) -> Style:
        """The style above and below the bar of a fraction."""
        return Style(min(self + 1, Style.SMALL))

    @property
    def in_line(self) -> bool:
        """Whether there is room for spaces around signs, and for fractions."""
        return self < Style.SCRIPT


_SIZES = {Style.DISPLAY: 1.0, Style.TEXT: 1.0, Style.SCRIPT: 0.74, Style.SMALL: 0.62}


@dataclass(frozen=True)
class Glyphs:
    """Some letters in a font."""

    text: str
    font: QFont


class Face:
    """The fonts of one style.

    Attributes:
        em: the size of the font in pixels.
        axis: how far above the baseline the middle of signs and fractions is, in pixels.
        x_height: the height of an x, in pixels.
        rule: how thick the bars of fractions and roots are, in pixels.
    """

    def __init__(self, font: QFont, scale: float, style: Style) -> None:
        """Make the fonts for a style of a formula that is ``scale`` times as large as ``font``."""
        points = font.pointSizeF() if font.pointSizeF() > 0 else QFontInfo(font).pointSizeF()
        upright = QFont()
        upright.setFamilies(FAMILIES)
        upright.setStyleHint(QFont.StyleHint.Serif)
        upright.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        upright.setPointSizeF(points * scale * _SIZES[style])
        italic = QFont(upright)
        italic.setItalic(True)
        self._fonts = {False: upright, True: italic}
        self._metrics = {slant: QFontMetricsF(each) for slant, each in self._fonts.items()}
        self.em = upright.pointSizeF() * self._metrics[False].fontDpi() / 72
        self.axis = -self.measure("−", italic=False)[1].center().y()
        self.x_height = -self.measure("x", italic=False)[1].top()
        self.rule = max(1.0, 0.05 * self.em)

    def glyphs(self, text: str, *, italic: bool) -> Glyphs:
        """Return letters in the font."""
        return Glyphs(text, self._fonts[italic])

    def measure(self, text: str, *, italic: bool) -> tuple[float, QRectF]:
        """Return how far letters advance, and what they cover from where they begin."""
        metrics = self._metrics[italic]
        return metrics.horizontalAdvance(text), metrics.tightBoundingRect(text)
