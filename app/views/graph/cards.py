"""Drawing what is written on the large nodes of the folded graph, and their distributions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from app.views.graph.painting import Brushes, VisibleNodes

BARS = 24
"""Bars of a distribution."""

MOST_COUNTED = 2_000
"""Samples that a distribution is drawn from; of more, evenly chosen ones."""

ROWS = (0.03, 0.24, 0.41, 0.60)
"""Where title, formula, value and gradient begin, as shares of a node's height."""

STRIP = (0.81, 0.15)
"""Where the distribution begins, and its height."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """How a node's values are spread over the samples.

    Attributes:
        heights: of shape (BARS,), at most 1.
        mark: where the selected sample's value lies, from 0 to 1; None if not on the scale.
    """

    heights: np.ndarray
    mark: float | None


def distribution(values: np.ndarray, sample: int) -> Distribution | None:
    """Return how values are spread; None if they are all the same or none is finite."""
    counted = values[:: max(1, -(-len(values) // MOST_COUNTED))]
    finite = counted[np.isfinite(counted)]
    if not len(finite):
        return None
    low, high = float(finite.min()), float(finite.max())
    spread = high - low
    if not 0 < spread < np.inf:
        return None
    counts = np.bincount(((finite - low) / spread * (BARS - 1e-9)).astype(int), minlength=BARS)
    place = (float(values[sample]) - low) / spread
    return Distribution(counts[:BARS] / counts.max(), place if 0 <= place <= 1 else None)


@dataclass(frozen=True, slots=True)
class Card:
    """What is written on a node."""

    title: str
    formula: str
    value: str
    gradient: str
    spread: Distribution | None


def draw_cards(
    painter: QPainter, visible: VisibleNodes, cards: list[Card], brushes: Brushes, font: QFont
) -> None:
    """Write on nodes that are drawn already."""
    scale = visible.scale
    fonts = [QFont(font) for _ in range(3)]
    for each, size in zip(fonts, (13.5, 10.5, 13.0), strict=True):
        each.setPixelSize(max(4, round(size * scale)))
    fonts[0].setBold(True)
    metrics = [QFontMetricsF(each) for each in fonts]
    begin = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    end = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    boxes = [QRectF(*box) for box in visible.boxes.tolist()]
    colours = [brushes.texts[each] for each in visible.bins.tolist()]
    weak = [brushes.muted_texts[each] for each in visible.bins.tolist()]
    for row, (which, align) in enumerate(((0, begin), (1, begin), (2, end), (2, end))):
        painter.setFont(fonts[which])
        for card, box, colour, muted in zip(cards, boxes, colours, weak, strict=True):
            text = (card.title, card.formula, card.value, card.gradient)[row]
            margin = 5 * scale
            line = QRectF(
                box.left() + margin,
                box.top() + ROWS[row] * box.height(),
                box.width() - 2 * margin,
                metrics[which].height(),
            )
            painter.setPen(muted if row == 1 else colour)
            if row < 2:
                text = metrics[which].elidedText(text, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, align, text)
    for card, box, colour in zip(cards, boxes, colours, strict=True):
        if card.spread is not None:
            _draw_strip(painter, card.spread, box, colour, scale)


def _draw_strip(
    painter: QPainter, spread: Distribution, box: QRectF, colour: QColor, scale: float
) -> None:
    """Draw the distribution at the foot of a node, and where the selected sample is in it."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    top, height = box.top() + STRIP[0] * box.height(), STRIP[1] * box.height()
    left, width = box.left() + 5 * scale, box.width() - 10 * scale
    bars = QColor(colour)
    bars.setAlphaF(0.45)
    step = width / BARS
    rectangles = [
        QRectF(
            left + number * step, top + height * (1 - share), max(1.0, step - 0.6), height * share
        )
        for number, share in enumerate(spread.heights.tolist())
        if share
    ]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(bars)
    painter.drawRects(rectangles)
    if spread.mark is not None:
        x = left + spread.mark * width
        painter.setPen(QPen(colour, max(1.5, 2 * scale)))
        painter.drawLine(QLineF(x, top - 1, x, top + height))
