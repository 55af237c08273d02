"""The legend of the graph's colours."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import Theme
from app.views.graph.colours import DECADES, GradientScale

CAPTION = "∂L/∂node"


class GradientLegend(QWidget):
    """Shows which colour stands for which gradient, on the scale in use."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("gradient_legend")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._scale = GradientScale()
        self._theme: Theme | None = None
        self.show_scale(self._scale)

    def show_scale(self, scale: GradientScale) -> None:
        """Show another scale."""
        self._scale = scale
        text = (
            f"Colour of a node: its gradient ∂L/∂node, from {self._number(-scale.limit)} or less "
            f"to {self._number(scale.limit)} or more, sizes on a logarithmic scale; "
            f"a node without one is not coloured."
        )
        self.setToolTip(text)
        self.setAccessibleName("Legend: gradient")
        self.setAccessibleDescription(text)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:  # noqa: D102  Qt's
        metrics = self.fontMetrics()
        width = metrics.horizontalAdvance(CAPTION + "  ") + 42 * metrics.averageCharWidth()
        return QSize(width, 2 * metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, D102  Qt's
        if self._theme is None:
            return
        painter = QPainter(self)
        theme, metrics = self._theme, self.fontMetrics()
        left = metrics.horizontalAdvance(CAPTION + "  ")
        side = metrics.horizontalAdvance(f"≤ {self._number(-self._scale.limit)}") / 2 + 2
        bar = QRectF(left + side, 3, self.width() - left - 2 * side, metrics.height() - 5)
        painter.setPen(theme.muted)
        painter.drawText(QRectF(0, 0, left, metrics.height()), Qt.AlignmentFlag.AlignLeft, CAPTION)
        blend = QLinearGradient(bar.topLeft(), bar.topRight())
        for place, colour in ((0, theme.negative), (0.5, theme.zero), (1, theme.positive)):
            blend.setColorAt(place, colour)
        painter.fillRect(bar, blend)
        painter.setPen(QPen(theme.border, 1))
        painter.drawRect(bar)
        limit, middle = self._scale.limit, self._scale.limit / 10 ** (DECADES / 2)
        painter.setPen(theme.muted)
        for share, text in (
            (0, f"≤ {self._number(-limit)}"),
            (0.25, self._number(-middle)),
            (0.5, "0"),
            (0.75, self._number(middle)),
            (1, f"≥ {self._number(limit)}"),
        ):
            x = bar.left() + share * bar.width()
            width = metrics.horizontalAdvance(text) + 4
            box = QRectF(x - width / 2, metrics.height(), width, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, text)
        painter.end()

    @staticmethod
    def _number(number: float) -> str:
        return f"{number:g}".replace("-", "−")
