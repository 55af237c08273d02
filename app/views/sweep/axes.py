"""The axes of a heat map: what the rows and columns are, in as many labels as can be read."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter

from app.theme import Theme
from app.training.sweep import SweepPlan
from app.training.sweep_axis import RATE_SETTING, SETTINGS, shown
from app.views.sweep.grid import GAP, Grid, roundness, thinned

EDGE = 3
"""Pixels around the cells, for the frame of one that is looked at."""


def room_for_cells(size: QSize, plan: SweepPlan, metrics: QFontMetrics) -> QRectF:
    """Return where the cells go in a map of some size; the labels get the rest."""
    longest = max(_widths([shown(value) for value in plan.values], metrics))
    left = min(longest, size.width() * 2 // 5) + GAP + 2
    height = size.height() - 2 * metrics.height() - GAP - EDGE
    return QRectF(left, EDGE, size.width() - left - EDGE, height)


def draw_axes(painter: QPainter, grid: Grid, plan: SweepPlan, theme: Theme) -> None:
    """Draw the labels left of and below the cells, and what they are of."""
    painter.setPen(theme.text)
    _draw_rows(painter, grid, plan)
    _draw_columns(painter, grid, plan)
    painter.setPen(theme.muted)
    _draw_titles(painter, grid, plan)


def _draw_rows(painter: QPainter, grid: Grid, plan: SweepPlan) -> None:
    metrics, texts = painter.fontMetrics(), [shown(value) for value in plan.values]
    heights = [metrics.height() - GAP] * grid.rows  # lines may stand close
    costs = [roundness(text) if grid.rising else 0 for text in texts]
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    for row in thinned(heights, grid.area.height() / grid.rows, costs):
        top = grid.rect((row, 0)).center().y() - metrics.height() / 2
        place = QRectF(0, top, grid.area.left() - GAP, metrics.height())
        text = metrics.elidedText(texts[row], Qt.TextElideMode.ElideRight, int(place.width()))
        painter.drawText(place, right, text)


def _draw_columns(painter: QPainter, grid: Grid, plan: SweepPlan) -> None:
    metrics, texts = painter.fontMetrics(), [shown(rate) for rate in plan.rates]
    widths, costs = _widths(texts, metrics), [roundness(text) for text in texts]
    pitch = grid.area.width() / grid.columns
    for column in thinned(widths, pitch, costs, grid.area.width() + EDGE):
        left = grid.rect((0, column)).center().x() - widths[column] / 2
        place = QRectF(left, grid.area.bottom() + EDGE, widths[column], metrics.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, texts[column])


def _draw_titles(painter: QPainter, grid: Grid, plan: SweepPlan) -> None:
    """Say below both axes what they are of."""
    metrics = painter.fontMetrics()
    upwards = "↑ " if grid.rising else ""
    texts = f"{upwards}{SETTINGS[plan.setting].label}", f"{RATE_SETTING.label} →"
    top = grid.area.bottom() + GAP + metrics.height()
    place = QRectF(0, top, grid.area.right(), metrics.height())
    painter.drawText(place, Qt.AlignmentFlag.AlignLeft, texts[0])
    if sum(_widths(texts, metrics)) + GAP < place.width():
        painter.drawText(place, Qt.AlignmentFlag.AlignRight, texts[1])


def _widths(texts: Sequence[str], metrics: QFontMetrics) -> list[int]:
    return [metrics.horizontalAdvance(text) for text in texts]
