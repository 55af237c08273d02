"""The heat map of a sweep: a cell for each run, whose colour is the final loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from app.study.setting import Number
from app.theme import Theme
from app.training.sweep import Cell, Outcome, SweepPlan
from app.training.sweep_axis import SETTINGS
from app.views.landscape.colours import Scale, picture
from app.views.sweep.axes import draw_axes, room_for_cells
from app.views.sweep.grid import GAP, Grid
from app.views.sweep.marks import (
    SMALLEST_CROSS,
    draw_best,
    draw_diverged,
    draw_looked_at,
    draw_present,
)
from app.views.sweep.wording import told

KEYS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
"""Steps to the right and up."""

OPENING = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)

HINT = (
    "A sweep trains a run for each learning rate and each value of another setting. "
    "Here each becomes a cell with the colour of its final loss; a click opens the run."
)


class HeatMap(QWidget):
    """Draws how the runs of a sweep came out; a cell can be looked at and chosen.

    Attributes:
        plan: whose runs they are; None before the first sweep.
        best: the run with the lowest final loss so far.
        scale: which losses the colours stand for.
        looked_at: the cell that mouse or keyboard went to last.
    """

    cell_chosen = Signal(tuple)
    """A trained cell was clicked on, or Enter was pressed on it."""
    cell_looked_at = Signal()
    """``looked_at`` is another cell."""

    own_keys = frozenset({*KEYS, *OPENING, Qt.Key.Key_Home, Qt.Key.Key_End})
    """Keys that the window's shortcuts must leave to it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("heat_map")
        self.setAccessibleName("Heat map of the sweep")
        self.setAccessibleDescription(HINT)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plan: SweepPlan | None = None
        self.best: Outcome | None = None
        self.scale = Scale(True, 0.0, 1.0)
        self.looked_at: Cell | None = None
        self._outcomes: dict[Cell, Outcome] = {}
        self._ceiling = np.inf  # losses above it have one colour
        self._present: Cell | None = None
        self._theme: Theme | None = None
        self._cells: QPixmap | None = None  # as they were drawn last; None if they are others now

    # -- what is shown ----------------------------------------------------------------------

    def show_plan(self, plan: SweepPlan) -> None:
        """Show the runs of another sweep, none of them trained."""
        self.plan, self.best, self.looked_at = plan, None, None
        self._outcomes, self._present = {}, None
        self._describe()
        self._redraw()

    def show_outcomes(self, outcomes: Sequence[Outcome], initial_loss: float) -> None:
        """Show how the runs so far came out; ``outcomes`` begins with those shown before."""
        if len(outcomes) == len(self._outcomes):
            return
        self._outcomes |= {each.cell: each for each in outcomes[len(self._outcomes) :]}
        finite = [each for each in self._outcomes.values() if each.diverged is None]
        self.best = min(finite, key=lambda each: each.loss, default=None)
        self._ceiling = initial_loss if np.isfinite(initial_loss) else np.inf
        losses = np.array([min(each.loss, self._ceiling) for each in finite])
        self.scale = Scale.of(losses, log=True)
        self._describe()
        self._redraw()

    def show_present(self, cell: Cell | None) -> None:
        """Mark the cell of the present experiment, if it is one of the runs."""
        if cell != self._present:
            self._present = cell
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        self._redraw()

    def _redraw(self) -> None:
        self._cells = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        self._redraw()

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._redraw()

    @property
    def present(self) -> Cell | None:
        """The cell of the present experiment."""
        return self._present

    @property
    def diverged(self) -> int:
        """How many runs have diverged so far."""
        return sum(each.diverged is not None for each in self._outcomes.values())

    @property
    def capped(self) -> bool:
        """Whether runs ended above the loss at the start, the highest that has a colour."""
        outcomes = self._outcomes.values()
        return any(each.diverged is None and each.loss > self._ceiling for each in outcomes)

    def outcome(self, cell: Cell) -> Outcome | None:
        """Return how a run came out; None if it is not trained."""
        return self._outcomes.get(cell)

    # -- mouse and keyboard -----------------------------------------------------------------

    def look_at(self, cell: Cell | None) -> None:
        """Look at a cell."""
        if cell != self.looked_at:
            self.looked_at = cell
            self._describe()
            self.update()
            self.cell_looked_at.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        grid = self.grid()
        cell = None if grid is None else grid.at(event.position())
        if cell is not None:
            self.look_at(cell)
        trained = cell is not None and cell in self._outcomes
        shape = Qt.CursorShape.PointingHandCursor if trained else Qt.CursorShape.ArrowCursor
        if self.cursor().shape() != shape:
            self.setCursor(shape)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        grid = self.grid()
        if event.button() is not Qt.MouseButton.LeftButton or grid is None:
            super().mousePressEvent(event)
            return
        cell = grid.at(event.position())
        if cell is not None:
            self.look_at(cell)
            self._choose(cell)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().leaveEvent(event)
        if not self.hasFocus():
            self.look_at(None)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: D102  Qt's
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.ActiveWindowFocusReason:
            self.look_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102  Qt's
        grid, key = self.grid(), Qt.Key(event.key())
        if grid is None or key not in self.own_keys:
            super().keyPressEvent(event)
            return
        cell = self.looked_at
        if cell is None:  # the first key goes to where one would look first
            self.look_at(self._present or (self.best.cell if self.best else (0, 0)))
        elif key in OPENING:
            self._choose(cell)
        elif key in KEYS:
            self.look_at(grid.moved(cell, *KEYS[key]))
        else:
            self.look_at((cell[0], 0 if key == Qt.Key.Key_Home else grid.columns - 1))

    def _choose(self, cell: Cell) -> None:
        if cell in self._outcomes:
            self.cell_chosen.emit(cell)

    def _describe(self) -> None:
        """Say in words what is drawn, for those who do not see it."""
        plan = self.plan
        if plan is None:
            return
        text = (
            f"{len(plan.rates)} learning rates by {len(plan.values)} values of "
            f"“{SETTINGS[plan.setting].label}”; {len(self._outcomes)} of {plan.runs} runs are "
            f"trained, {self.diverged} have diverged. Arrow keys go from run to run, Enter "
            f"opens one."
        )
        if self.looked_at is not None:
            text = told(plan, self.looked_at, self.outcome(self.looked_at))
        self.setAccessibleDescription(text)

    # -- where things are -------------------------------------------------------------------

    def grid(self) -> Grid | None:
        """Return where the cells are; None while there are none, or no room for them."""
        plan = self.plan
        if plan is None:
            return None
        area = room_for_cells(self.size(), plan, self.fontMetrics())
        if area.width() < len(plan.rates) or area.height() < len(plan.values):
            return None
        rising = isinstance(SETTINGS[plan.setting], Number)
        return Grid.of(area, len(plan.values), len(plan.rates), rising=rising)

    def sizeHint(self) -> QSize:  # noqa: D102  Qt's
        metrics = self.fontMetrics()
        return QSize(45 * metrics.averageCharWidth(), 10 * metrics.height())

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        metrics = self.fontMetrics()
        return QSize(12 * metrics.averageCharWidth(), 5 * metrics.height())

    # -- drawing ----------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102  Qt's
        grid, theme = self.grid(), self._theme
        painter = QPainter(self)
        try:
            if theme is None:
                return
            if grid is None or self.plan is None:
                self._draw_hint(painter, theme)
                return
            if self._cells is None:
                self._cells = self._drawn(grid, self.plan, theme)
            painter.drawPixmap(0, 0, self._cells)
            self._draw_marks(painter, grid, theme)
        finally:
            painter.end()

    def _drawn(self, grid: Grid, plan: SweepPlan, theme: Theme) -> QPixmap:
        """Return a picture of all but the marks, which follow the mouse."""
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        try:
            painter.setFont(self.font())
            draw_axes(painter, grid, plan, theme)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._draw_cells(painter, grid, theme)
        finally:
            painter.end()
        return pixmap

    def _draw_hint(self, painter: QPainter, theme: Theme) -> None:
        """Say what will be here."""
        painter.setPen(theme.muted)
        middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        text = HINT if self.plan is None else "There is no room for so many cells."
        painter.drawText(QRectF(self.rect()).adjusted(GAP, 0, -GAP, 0), middle, text)

    def _draw_cells(self, painter: QPainter, grid: Grid, theme: Theme) -> None:
        """Draw all runs; those that are not trained yet only as empty places."""
        losses = np.full((grid.rows, grid.columns), np.nan)
        for cell, outcome in self._outcomes.items():
            losses[cell] = min(outcome.loss, self._ceiling)  # nan stays
        colours = picture(losses, self.scale, theme)[..., :3].tolist()
        gap = 1 if grid.smallest >= 5 else 0
        painter.fillRect(grid.area, theme.base)
        for row in range(grid.rows):
            for column in range(grid.columns):
                place = grid.rect((row, column)).adjusted(0, 0, -gap, -gap)
                outcome = self._outcomes.get((row, column))
                if outcome is None:
                    self._draw_empty(painter, place, theme, framed=bool(gap))
                elif outcome.diverged is None:
                    painter.fillRect(place, QColor(*colours[row][column]))
                else:
                    draw_diverged(painter, place, theme, small=grid.smallest < SMALLEST_CROSS)

    def _draw_empty(self, painter: QPainter, place: QRectF, theme: Theme, *, framed: bool) -> None:
        """Draw the place of a run that is not trained yet."""
        if framed:
            painter.setPen(theme.border)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(place.adjusted(0.5, 0.5, -0.5, -0.5))

    def _draw_marks(self, painter: QPainter, grid: Grid, theme: Theme) -> None:
        """Mark the best run, the present one, and the one that is looked at."""
        if self.best is not None:
            draw_best(painter, grid.rect(self.best.cell))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._present is not None:
            draw_present(painter, grid.rect(self._present))
        if self.looked_at is not None:
            draw_looked_at(painter, grid.rect(self.looked_at), theme.accent, theme.base)
