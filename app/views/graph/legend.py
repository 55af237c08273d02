"""The legend of the graph's colours."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import Theme
from app.views.graph.colours import DECADES, ColourMode, ColourScale


class ColourLegend(QWidget):
    """Shows which colour stands for which gradient, on the scale in use."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("graph_legend")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._scale = ColourScale()
        self._theme: Theme | None = None
        self.show_scale(self._scale)

    def show_scale(self, scale: ColourScale) -> None:
        """Show another scale."""
        self._scale = scale
        what = {
            ColourMode.GRADIENT: "its gradient ∂L/∂node",
            ColourMode.VALUE: "its value",
            ColourMode.MAGNITUDE: "the size of its gradient ∂L/∂node",
        }[scale.mode]
        ticks = self._ticks()
        text = (
            f"Colour of a node: {what}, from {ticks[0][1].strip('≤ ')} or less "
            f"to {ticks[-1][1].strip('≥ ')} or more, sizes on a logarithmic scale; "
            f"a node without one is not coloured."
        )
        self.setToolTip(text)
        self.setAccessibleName(f"Legend: {scale.mode.value}")
        self.setAccessibleDescription(text)
        self.updateGeometry()
        self.update()

    def _ticks(self) -> list[tuple[float, str]]:
        """Return what is written below the bar: where, from 0 to 1, and the text."""
        limit = self._scale.limit
        middle, least = limit / 10 ** (DECADES / 2), limit / 10**DECADES
        if self._scale.mode is ColourMode.MAGNITUDE:
            return [
                (0.0, f"≤ {self._number(least)}"),
                (0.5, self._number(middle)),
                (1.0, f"≥ {self._number(limit)}"),
            ]
        return [
            (0.0, f"≤ {self._number(-limit)}"),
            (0.25, self._number(-middle)),
            (0.5, "0"),
            (0.75, self._number(middle)),
            (1.0, f"≥ {self._number(limit)}"),
        ]

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:  # noqa: D102  Qt's
        metrics = self.fontMetrics()
        texts = sum(metrics.horizontalAdvance(text) for _, text in self._ticks())
        width = max(34 * metrics.averageCharWidth(), round(1.35 * texts) + 40)
        return QSize(width, self.bar_height + metrics.height() + 2)

    @property
    def bar_height(self) -> int:
        """How high the bar is, with its margins; the numbers are written below it."""
        return self.fontMetrics().height() // 2 + 4

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        return QSize(round(0.6 * self.sizeHint().width()), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, D102  Qt's
        if self._theme is None:
            return
        painter = QPainter(self)
        theme, metrics, ticks = self._theme, self.fontMetrics(), self._ticks()
        side = max(metrics.horizontalAdvance(ticks[end][1]) for end in (0, -1)) / 2 + 2
        bar = QRectF(side, 3, self.width() - 2 * side, self.bar_height - 5)
        signed = self._scale.mode is not ColourMode.MAGNITUDE
        colours = [theme.zero, theme.positive]
        blend = QLinearGradient(bar.topLeft(), bar.topRight())
        for number, colour in enumerate([theme.negative, *colours] if signed else colours):
            blend.setColorAt(number / (2 if signed else 1), colour)
        painter.fillRect(bar, blend)
        painter.setPen(QPen(theme.border, 1))
        painter.drawRect(bar)
        painter.setPen(theme.muted)
        ticks = self._apart(ticks, bar.width())
        for share, text in ticks:
            x = bar.left() + share * bar.width()
            width = metrics.horizontalAdvance(text) + 4
            box = QRectF(x - width / 2, self.bar_height, width, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, text)
        painter.end()

    def _apart(self, ticks: list[tuple[float, str]], width: float) -> list[tuple[float, str]]:
        """Return the ticks whose texts do not come too near to one another on a bar."""
        metrics, gap = self.fontMetrics(), 8
        sizes = [metrics.horizontalAdvance(text) for _, text in ticks]
        for step in (1, 2, len(ticks) - 1):
            kept = list(range(0, len(ticks), step))
            pairs = itertools.pairwise(kept)
            if all(
                (ticks[b][0] - ticks[a][0]) * width >= (sizes[a] + sizes[b]) / 2 + gap
                for a, b in pairs
            ):
                break
        return [ticks[each] for each in kept]

    @staticmethod
    def _number(number: float) -> str:
        """Return a power of ten, or 0."""
        plain = number == 0 or 1e-4 <= abs(number) < 1e4
        text = f"{number:g}" if plain else f"{number:.0e}".replace("e-0", "e-").replace("e+0", "e")
        return text.replace("-", "−")
