"""The value and the gradient of the selected node, large; a leaf's value can be changed."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.views.inspector.wording import joined, large, show, spell
from app.views.value_edit import ValueEdit

LARGE = 1.2
"""How much larger the numbers are than other text: as much as Qt makes <big> text."""

SPACE = 6
"""Pixels between a figure and its caption."""

LONGEST = "−0.0000e−000"
"""What takes as much room as any number."""


class Figures(QWidget):
    """A row for the value and one for the gradient."""

    edited = Signal(float)
    """The value was given another number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("figures")
        self._value_caption = QLabel("value")
        self._value = _figure("inspected_value", "Value")
        self._gradient = _figure("inspected_gradient", "Gradient")
        self.edit = ValueEdit(parent=self)
        self.edit.setObjectName("inspected_value_edit")
        self.edit.drag_by(self._value_caption)
        self.edit.edited.connect(self.edited)
        self._problem = QLabel(objectName="value_problem", wordWrap=True)
        self._problem.setProperty("role", "problem")
        self._problem.hide()
        self.edit.problem_changed.connect(self._show_problem)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(_row(self._value_caption, self._value, self.edit))
        layout.addWidget(self._problem)
        self._gradient_row = CaptionedFigure(self._gradient)
        layout.addWidget(self._gradient_row)
        self.set_text_size()

    def show_value(self, value: float | None, name: str, *, editable: bool, replaced: bool) -> None:
        """Show the value of what is called so, in a field if it can be changed.

        ``replaced`` says that it is a person's own.
        """
        self._value_caption.setText("value (yours)" if replaced else "value")
        self.edit.set_name(name)
        self.edit.setVisible(editable)
        self._value.setVisible(not editable)
        pointer = Qt.CursorShape.SizeHorCursor if editable else Qt.CursorShape.ArrowCursor
        self._value_caption.setCursor(pointer)
        if editable and value is not None:
            self.edit.take(value)
        _fill(self._value, value)

    def start(self) -> None:
        """Begin with another node: what was typed of this one is forgotten."""
        self.edit.abandon()

    def show_gradient(self, gradient: float | None, name: str, *, required: bool) -> None:
        """Show the gradient, called so; nothing where there can be none."""
        self._gradient_row.set_caption(f"gradient {joined(name)}")
        self._gradient_row.setVisible(required)
        _fill(self._gradient, gradient)

    def set_text_size(self) -> None:
        """Follow the application's size of text."""
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * LARGE)
        font.setBold(True)
        metrics = QFontMetrics(font)
        for figure in (self._value, self._gradient):
            figure.setMinimumWidth(metrics.horizontalAdvance(LONGEST))
        self._gradient_row.arrange()
        height = max(self.edit.sizeHint().height(), metrics.height())
        self._value.setMinimumHeight(height)
        self.edit.setMinimumHeight(height)

    def _show_problem(self, problem: str) -> None:
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))


class CaptionedFigure(QWidget):
    """A figure at the right, its caption beside it or, where that has no room, above."""

    def __init__(self, figure: QLabel) -> None:
        super().__init__(objectName="captioned_figure")
        self._caption = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self._caption.setParent(self)
        self._figure = figure
        figure.setParent(self)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_caption(self, text: str) -> None:
        """Say what the figure is."""
        if text != self._caption.text():
            self._caption.setText(text)
            self.arrange()

    def arrange(self) -> None:
        """Take the room that caption and figure need now."""
        self.updateGeometry()
        self._place()

    def sizeHint(self) -> QSize:  # noqa: D102  Qt's
        width = self._caption_width + SPACE + self._figure.minimumWidth()
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:  # noqa: D102  Qt's
        return QSize(self._figure.minimumWidth(), self._line)

    def heightForWidth(self, width: int) -> int:  # noqa: D102, N802  Qt's
        return self._above(width) + self._line

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        self._place()

    @property
    def _caption_width(self) -> int:
        return self._caption.fontMetrics().horizontalAdvance(self._caption.text()) + 1

    @property
    def _line(self) -> int:
        """How high the figure is."""
        return max(self._figure.sizeHint().height(), self._caption.fontMetrics().height())

    def _above(self, width: int) -> int:
        """Return how much room the caption takes above the figure: none if it is beside it."""
        beside = self._caption_width + SPACE + self._figure.minimumWidth() <= width
        return 0 if beside else self._caption.heightForWidth(width)

    def _place(self) -> None:
        above, width = self._above(self.width()), self.width()
        self._caption.setGeometry(
            0, 0, width if above else self._caption_width, above or self._line
        )
        figure = self._figure.minimumWidth()
        self._figure.setGeometry(width - figure, above, figure, self._line)


def _row(caption: QLabel, *figures: QWidget) -> QHBoxLayout:
    """Return a caption with a figure at the right; of several only one is visible."""
    row = QHBoxLayout()
    row.addWidget(caption, 1)
    for figure in figures:
        row.addWidget(figure, 2 if isinstance(figure, ValueEdit) else 0)
    return row


def _figure(name: str, what: str) -> QLabel:
    label = QLabel(objectName=name)
    label.setAccessibleName(what)
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _fill(label: QLabel, number: float | None) -> None:
    label.setText(large(show(number)))
    label.setAccessibleDescription(show(number))
    label.setToolTip(spell(number))
