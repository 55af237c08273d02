"""Each sample's contribution to a gradient as a bar, the largest first."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from app.theme import Theme
from app.views.inspector.reading import Contributions, Reading
from app.views.inspector.wording import show, spell

SMALL, LARGE = 1e-4, 1e5
"""Below and from here on numbers are written with an exponent."""

_USUAL_FIGURE, _LONG_FIGURE = "−0.00000", "−0.0000e−000"
"""What takes as much room as any number, without and with an exponent."""

LEAST_ROWS, USUAL_ROWS = 5, 8
"""Rows that there is always room for, and that there is room for where it costs nothing."""


class ContributionBars(QAbstractScrollArea):
    """Bars to the left for negative numbers, to the right for positive ones.

    Only the rows in view are drawn, however many there are. The arrow keys move from row to
    row; Enter or a click chooses a row's sample.
    """

    chosen = Signal(int)
    """A sample was chosen, by its number in all data."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("contribution_bars")
        self.setAccessibleName("Each sample's contribution, the largest first")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self._theme: Theme | None = None
        self._numbers = np.empty(0)
        self._samples = np.empty(0, dtype=np.int64)  # in all data
        self._order = np.empty(0, dtype=np.intp)
        self._known = 0
        self._largest = 0.0
        self._figure = self._longest_label = ""
        self._selected = -1
        self._current = -1  # the sample that the keyboard is at, within the probe

    # -- what is shown ----------------------------------------------------------------------

    def start(self) -> None:
        """Begin at the top: what is shown next is about something else."""
        self._selected = -1
        self.verticalScrollBar().setValue(0)

    def show_contributions(self, contributions: Contributions, reading: Reading) -> None:
        """Show other numbers; the keyboard stays at its sample."""
        numbers, known = contributions.numbers, contributions.known
        chosen = reading.moment.probe.chosen
        sizes = np.where(np.isfinite(numbers), np.abs(numbers), np.inf)
        self._order = np.argsort(np.where(known, -sizes, 1.0), kind="stable")
        self._known = int(np.count_nonzero(known))
        self._numbers = numbers
        self._samples = np.arange(len(numbers)) if chosen is None else chosen
        self._longest_label = str(self._samples.max(initial=0))
        finite = sizes[known & np.isfinite(numbers)]
        self._largest = float(np.max(finite, initial=0.0))
        small = np.any((finite > 0) & (finite < SMALL))
        self._figure = _LONG_FIGURE if small or self._largest >= LARGE else _USUAL_FIGURE
        before, self._selected = self._selected, reading.sample
        if before != self._selected or self._current >= len(numbers):
            self._current = self._selected
        self._update_scroll_bar()
        if before not in (-1, self._selected):
            self._show_row(self._row_of(self._current))
        self._describe()
        self.viewport().update()

    @property
    def rows(self) -> int:
        """How many samples there are."""
        return len(self._order)

    def sample_at(self, row: int) -> int:
        """Return the sample of a row, by its number in all data."""
        return int(self._samples[self._order[row]])

    def number_at(self, row: int) -> float | None:
        """Return the contribution in a row; None if it has not flowed yet."""
        return float(self._numbers[self._order[row]]) if row < self._known else None

    def row_rect(self, row: int) -> QRectF:
        """Return where a row is in the viewport."""
        top = (row - self.verticalScrollBar().value()) * self._row_height()
        return QRectF(0, top, self.viewport().width(), self._row_height())

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        self.viewport().update()

    def sizeHint(self) -> QSize:  # noqa: D102  Qt's
        rows = min(max(self.rows, 1), USUAL_ROWS)
        return QSize(200, rows * self._row_height())

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        rows = min(max(self.rows, 1), LEAST_ROWS)
        return QSize(60, rows * self._row_height())

    def _row_height(self) -> int:
        return self.fontMetrics().height() + 3

    def _row_of(self, sample: int) -> int:
        found = np.flatnonzero(self._order == sample)
        return int(found[0]) if len(found) else 0

    def _row_at(self, at: QPointF) -> int | None:
        row = self.verticalScrollBar().value() + int(at.y() // self._row_height())
        return row if 0 <= row < self.rows else None

    # -- scrolling --------------------------------------------------------------------------

    @property
    def _page(self) -> int:
        """How many rows there is room for."""
        return max(1, self.viewport().height() // self._row_height())

    def _update_scroll_bar(self) -> None:
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self.rows - self._page))
        bar.setPageStep(self._page)

    def _show_row(self, row: int) -> None:
        bar = self.verticalScrollBar()
        bar.setValue(min(max(bar.value(), row + 1 - self._page), row))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        self._update_scroll_bar()

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and hasattr(self, "_order"):
            self._update_scroll_bar()
            self.updateGeometry()

    def _describe(self) -> None:
        """Say for those who cannot see it where the keyboard is."""
        row = self._row_of(self._current)
        number = show(self.number_at(row))
        self.setAccessibleDescription(
            f"sample {self.sample_at(row)}, number {row + 1:,} of {self.rows:,}: {number}"
        )

    # -- choosing ---------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102  Qt's
        page = max(1, self._page - 1)
        keys = Qt.Key
        steps = {
            keys.Key_Up: -1,
            keys.Key_Down: 1,
            keys.Key_PageUp: -page,
            keys.Key_PageDown: page,
            keys.Key_Home: -self.rows,
            keys.Key_End: self.rows,
        }
        key = keys(event.key())
        if self.rows and key in steps:
            row = min(max(self._row_of(self._current) + steps[key], 0), self.rows - 1)
            self._current = int(self._order[row])
            self._show_row(row)
            self._describe()
            self.viewport().update()
        elif self.rows and key in (keys.Key_Return, keys.Key_Enter):
            self.chosen.emit(int(self._samples[self._current]))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: D102  Qt's
        super().focusInEvent(event)
        if event.reason() is not Qt.FocusReason.MouseFocusReason:
            self._show_row(self._row_of(self._current))
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: D102  Qt's
        super().focusOutEvent(event)
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        row = self._row_at(event.position())
        if row is not None and event.button() is Qt.MouseButton.LeftButton:
            self._current = int(self._order[row])
            self.viewport().update()
            self.chosen.emit(self.sample_at(row))

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: D102  Qt's
        if event.type() is QEvent.Type.ToolTip:
            row = self._row_at(QPointF(event.pos()))
            if row is not None:
                number = spell(self.number_at(row))
                text = f"sample {self.sample_at(row)}: {number}"
                QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().viewportEvent(event)

    # -- painting ---------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, D102  Qt's
        if self._theme is None or not self.rows:
            return
        painter = QPainter(self.viewport())
        first = self.verticalScrollBar().value()
        for row in range(first, min(self.rows, first + self._page + 1)):
            self._paint_row(painter, row)
        painter.end()

    def _paint_row(self, painter: QPainter, row: int) -> None:
        theme = self._theme
        assert theme is not None  # noqa: S101
        sample, number, rect = int(self._order[row]), self.number_at(row), self.row_rect(row)
        metrics = self.fontMetrics()
        label = metrics.horizontalAdvance(self._longest_label) + 8
        figure = metrics.horizontalAdvance(self._figure) + 8
        selected = sample == self._selected
        if selected:
            painter.fillRect(rect, theme.notice)
        font = painter.font()
        font.setBold(selected)
        painter.setFont(font)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(theme.text if selected else theme.muted)
        painter.drawText(
            QRectF(0, rect.top(), label - 4, height := rect.height()),
            right,
            f"{self._samples[sample]}",
        )
        painter.setPen(theme.text)
        painter.drawText(rect.adjusted(0, 0, -4, 0), right, show(number))
        area = QRectF(label, rect.top() + 2, rect.width() - label - figure, height - 4)
        middle = area.center().x()
        painter.fillRect(QRectF(middle, rect.top(), 1, height), theme.border)
        painter.fillRect(*self._bar(number, area, theme))
        if sample == self._current and self.hasFocus():
            painter.setPen(theme.accent)
            painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))

    def _bar(self, number: float | None, area: QRectF, theme: Theme) -> tuple[QRectF, QColor]:
        """Return the bar of a number and its colour; of inf and nan all the room there is."""
        if number is None or number == 0:
            return QRectF(), theme.none
        if not np.isfinite(number):
            return area, theme.non_finite
        half = area.width() / 2
        length = max(1.0, half * abs(number) / self._largest)
        left = half if number > 0 else half - length
        return area.adjusted(left, 0, left + length - area.width(), 0), (
            theme.positive if number > 0 else theme.negative
        )


def head_line(contributions: Contributions, reading: Reading, place: int) -> str:
    """Return how many contributions have which sign, and what the sign means for a place.

    At least one of them must be known.
    """
    known = contributions.numbers[contributions.known]
    count = len(contributions.numbers)
    samples = f"{count:,} sample{'s' * (count > 1)}"
    if len(known) < count:
        samples = f"{len(known):,} of {samples} so far"
    numbers = np.where(contributions.known, np.abs(contributions.numbers), -1.0)
    numbers = np.where(np.isnan(numbers), np.inf, numbers)
    largest = reading.number_in_all(int(np.argmax(numbers)))
    return f"{samples}: {_signs(known)}; the largest: sample {largest}. {_effect(reading, place)}"


def _signs(numbers: np.ndarray) -> str:
    """Return how many numbers are positive, negative, and neither if there are any."""
    counts = {
        "positive": np.sum(numbers > 0),
        "negative": np.sum(numbers < 0),
        "zero": np.sum(numbers == 0),
        "nan": np.sum(np.isnan(numbers)),
    }
    always = ("positive", "negative")
    said = [f"{count:,} {sign}" for sign, count in counts.items() if count or sign in always]
    return ", ".join(said)


def _effect(reading: Reading, place: int) -> str:
    """Return what the sign of a contribution to a place's gradient means."""
    name = reading.names.symbol(place)
    if place in reading.tape.parameters:
        return f"A positive one pushes {name} down, a negative one up."
    return f"Where it is positive, the loss grows with {name}."
