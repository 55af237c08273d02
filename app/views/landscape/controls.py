"""What a person sets of a landscape, and what it reads out: the rows above the plot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from autograd.digits import all_digits, digits


class Controls(QWidget):
    """Scale, following, and which parameters to look at where there are more than two.

    Attributes:
        log, follow: the check boxes.
    """

    chosen = Signal(tuple)
    """Two parameters were chosen, by number: the one to the right, and the one upwards."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.log = QCheckBox("Log colours", objectName="landscape_log", checked=True)
        self.log.setToolTip("Let colours and contour lines stand for the loss's logarithm.")
        self.follow = QCheckBox("Follow", objectName="landscape_follow", checked=True)
        self.follow.setAccessibleName("Follow the run in the landscape")
        self.follow.setToolTip("Keep path and minimum in view; panning or zooming ends it.")
        self._choices = [
            QComboBox(
                objectName=f"landscape_{name}",
                accessibleName=f"Parameter {side}",
                minimumContentsLength=4,
                sizeAdjustPolicy=QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon,
            )
            for name, side in (("first", "to the right"), ("second", "upwards"))
        ]
        options, choices = QHBoxLayout(), QHBoxLayout()
        for row, widgets in ((options, (self.log, self.follow)), (choices, self._choices)):
            for widget in widgets:
                row.addWidget(widget)
            row.addStretch(1)
        layout = QVBoxLayout(self)  # in one row they would make the dock wider
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(options)
        layout.addLayout(choices)
        self._before: tuple[int, ...] = ()
        for choice in self._choices:
            choice.setVisible(False)
            choice.activated.connect(lambda _, choice=choice: self._choose(choice))

    def show_choice(self, names: Sequence[str], chosen: tuple[int, ...]) -> None:
        """Offer parameters to choose from, if there are more than are shown."""
        self._before = chosen
        for choice, index in zip(self._choices, chosen, strict=False):
            if [choice.itemText(each) for each in range(choice.count())] != list(names):
                choice.clear()
                choice.addItems(names)
            choice.setCurrentIndex(index)
        for choice in self._choices:
            choice.setVisible(len(names) > 2)

    def _choose(self, choice: QComboBox) -> None:
        """Take a choice; choosing one parameter twice exchanges both."""
        chosen = tuple(each.currentIndex() for each in self._choices)
        self.chosen.emit(self._before[::-1] if chosen[0] == chosen[1] else chosen)
        choice.setFocus()


class Readout(QWidget):
    """Says parameters and loss at a place, and offers to start a run there."""

    start_clicked = Signal()
    """A run shall start at the place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = QLabel("loss –", objectName="landscape_readout", wordWrap=True)
        self._text.setAccessibleName("Parameters and loss")
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._start = QPushButton("Start from here", objectName="start_here", enabled=False)
        self._start.setToolTip("Start a run at the place clicked on, or dragged to.")
        self._start.clicked.connect(self.start_clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._text, 1)
        row.addWidget(self._start)

    def show_nothing(self) -> None:
        """Say that there is no run yet."""
        self._start.setEnabled(False)
        self._text.setText("loss –")
        self._text.setToolTip("")

    def show_place(self, names: Sequence[str], values: np.ndarray, loss: float, own: bool) -> None:
        """Say parameters by name, and their loss; ``own``: a person's choice, not the run's."""
        self._start.setEnabled(own)
        both = list(zip((*names, "loss"), (*map(float, values), loss), strict=True))
        self._text.setText(
            ("here: " if own else "")
            + "&nbsp;· ".join(f"{name}&nbsp;<b>{digits(each, 5)}</b>" for name, each in both)
        )
        self._text.setToolTip("\n".join(f"{name} {all_digits(each)}" for name, each in both))
