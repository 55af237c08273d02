"""The widget that shows a formula as a textbook prints it, and which of its parts is pointed at."""

from __future__ import annotations

from collections.abc import Collection
from math import ceil

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.controls.typeset.page import Page, lay_out, smallest_height
from app.study.formula.tree import Formula, Part
from app.theme import Theme

WIDTH = 240
"""The width that it asks for, in pixels; it takes what it gets."""

FADE = 24.0
"""Over how many pixels a formula fades that goes on beyond the edge."""

Key = Qt.Key
KEYS = frozenset({Key.Key_Left, Key.Key_Right, Key.Key_Home, Key.Key_End})


class FormulaPicture(QWidget):
    """Shows a formula. The part under the mouse is lit, and so is what ``light`` asks for.

    With the focus, the arrow keys go from part to part. A formula that is too wide is written
    smaller, then in several lines, and at last dragged, or scrolled sideways with the wheel.

    Attributes:
        formula: what is shown; None for nothing.
    """

    part_hovered = Signal(object)
    """Another part is pointed at, with the mouse or the keys: the Part, or None for none."""

    def __init__(self, left: str = "", parent: QWidget | None = None) -> None:
        """Make an empty picture; ``left`` is the name of what the formula is equal to."""
        super().__init__(parent)
        self.formula: Formula | None = None
        self._left = left
        self._theme: Theme | None = None
        self._pages: dict[float, Page] = {}
        self._lit: frozenset[tuple[int, int]] = frozenset()
        self._pointed: Part | None = None
        self._walks = False  # whether the keys have led to what is pointed at
        self._scrolled = 0.0
        self._dragged_from: float | None = None
        self.setAccessibleName("Formula")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def own_keys(self) -> frozenset[Qt.Key]:
        """The keys that the window's shortcuts shall leave to the formula."""
        return KEYS | {Key.Key_Escape} if self._walks else KEYS

    # -- what is shown ----------------------------------------------------------------------

    def show_formula(self, formula: Formula | None) -> None:
        """Show another formula, or none; nothing of it is lit."""
        if formula == self.formula and formula is not None:
            return
        self.formula = formula
        self._lit, self._scrolled = frozenset(), 0.0
        self._point_at(None)
        self._describe()
        self._lay_out_again()

    def light(self, parts: Collection[tuple[int, int]]) -> None:
        """Light the parts that are these characters, from start to end."""
        lit = frozenset(parts)
        if lit != self._lit:
            self._lit = lit
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._theme = theme
        self.update()

    def part_at(self, at: QPointF) -> Part | None:
        """Return the innermost part at a place of the widget."""
        return self._page().part_at(at + QPointF(self._scrolled, 0))

    def areas(self, part: Part) -> list[QRectF]:
        """Return where a part is shown: a rectangle in each of its lines."""
        return [each.translated(-self._scrolled, 0) for each in self._page().areas.get(part, [])]

    # -- size -------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:  # noqa: D102  Qt's
        return QSize(WIDTH, self.heightForWidth(WIDTH))

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        return QSize(80, ceil(smallest_height(self.font())))

    def hasHeightForWidth(self) -> bool:  # noqa: D102, N802  Qt's
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: D102, N802  Qt's
        return ceil(self._page_for(float(width)).height)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        self.setMinimumHeight(self.heightForWidth(self.width()))
        self._scroll_to(self._scrolled)

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._lay_out_again()

    def _lay_out_again(self) -> None:
        self._pages = {}
        self.setMinimumHeight(self.heightForWidth(self.width()))
        self.updateGeometry()
        self.update()

    def _page(self) -> Page:
        return self._page_for(float(self.width()))

    def _page_for(self, width: float) -> Page:
        if width not in self._pages:
            if len(self._pages) > 8:  # a width that is dragged
                self._pages = {}
            self._pages[width] = (
                Page(height=smallest_height(self.font()))
                if self.formula is None
                else lay_out(self.formula, self._left, self.font(), width)
            )
        return self._pages[width]

    # -- painting ---------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, D102  Qt's
        if self._theme is None:
            return
        page = self._page()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.translate(-self._scrolled, 0)
        self._draw_lit(painter, page, self._theme)
        painter.setPen(self._theme.text if self.isEnabled() else self._theme.edge)
        page.draw(painter)
        painter.translate(self._scrolled, 0)
        self._draw_fades(painter, page)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.accent, 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 3, 3)
        painter.end()

    def _draw_lit(self, painter: QPainter, page: Page, theme: Theme) -> None:
        """Draw a frame behind what is lit."""
        fill = QColor(theme.accent)
        fill.setAlphaF(0.2)
        painter.setPen(QPen(theme.accent, 1.3))
        painter.setBrush(fill)
        for part, areas in page.areas.items():
            if part is self._pointed or (part.start, part.end) in self._lit:
                for area in areas:
                    painter.drawRoundedRect(area.adjusted(-2, -2, 2, 2), 3, 3)

    def _draw_fades(self, painter: QPainter, page: Page) -> None:
        """Let the formula fade at an edge beyond which it goes on."""
        full = self.palette().window().color()
        none = QColor(full)
        none.setAlpha(0)
        width, height = float(self.width()), float(self.height())
        beyond = page.width - width - self._scrolled
        for hidden, edge, inner in ((self._scrolled, 0.0, FADE), (beyond, width, width - FADE)):
            if hidden > 1:
                fade = QLinearGradient(edge, 0, inner, 0)
                fade.setColorAt(0, full)
                fade.setColorAt(1, none)
                painter.fillRect(QRectF(min(edge, inner), 0, FADE, height), fade)

    # -- pointing ---------------------------------------------------------------------------

    def _point_at(self, part: Part | None, *, walks: bool = False) -> None:
        self._walks = walks and part is not None
        if part is not self._pointed:
            self._pointed = part
            self.part_hovered.emit(part)
            self.update()

    def _describe(self) -> None:
        """Tell a screen reader the formula, or the part that the keys are at."""
        if self.formula is None:
            told = ""
        elif self._walks and self._pointed is not None:
            told = self.formula.text[self._pointed.start : self._pointed.end]
        else:
            left = f"{self._left} = ".replace("yhat", "ŷ") if self._left else ""
            told = left + self.formula.text
        self.setAccessibleDescription(told)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        if self._dragged_from is not None:
            self._scroll_to(self._dragged_from - event.position().x())
        self._point_at(self.part_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        if event.button() is Qt.MouseButton.LeftButton and self._page().width > self.width():
            self._dragged_from = event.position().x() + self._scrolled

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002, D102  Qt's
        self._dragged_from = None

    def leaveEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().leaveEvent(event)
        if not self._walks:
            self._point_at(None)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: D102  Qt's
        by, before = event.angleDelta(), self._scrolled
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        self._scroll_to(self._scrolled - (by.y() if shift else by.x()) / 3)
        event.setAccepted(self._scrolled != before)

    def _scroll_to(self, scrolled: float) -> None:
        self._scrolled = min(max(scrolled, 0.0), max(self._page().width - self.width(), 0.0))
        self.update()

    # -- keys -------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102  Qt's
        key, parts = Key(event.key()), self._in_order()
        if key in KEYS and parts:
            at = parts.index(self._pointed) if self._pointed in parts else -1
            match key:
                case Key.Key_Left:
                    at = max(at - 1, 0)
                case Key.Key_Right:
                    at = min(at + 1, len(parts) - 1)
                case _:
                    at = 0 if key is Key.Key_Home else len(parts) - 1
            self._walk_to(parts[at])
        elif key is Key.Key_Escape and self._walks:
            self._walk_to(None)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: D102  Qt's
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: D102  Qt's
        super().focusOutEvent(event)
        if self._walks:
            self._walk_to(None)
        self.update()

    def _in_order(self) -> list[Part]:
        """Return the parts in the order of reading, the whole before what it is made of."""
        parts = [] if self.formula is None else list(self.formula.root.walk())
        return sorted(parts, key=lambda part: (part.start, -part.end))

    def _walk_to(self, part: Part | None) -> None:
        """Point at a part with the keys, bring it into view, and tell a screen reader."""
        self._point_at(part, walks=True)
        if part is not None:
            area = self._page().areas[part][0]
            room = self.width() - 2 * FADE
            left = min(max(self._scrolled, area.right() - room - FADE), area.left() - FADE)
            self._scroll_to(left)
        self._describe()
