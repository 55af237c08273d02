"""The numeric check of a gradient, on demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.views.inspector.reading import Reading
from app.views.inspector.wording import rough, show, spell
from autograd.check import GradientCheck, derivative
from autograd.evaluation import Evaluation

TOLERANCE = 1e-6
"""How far a gradient may be off, relative to the numeric derivative."""


@dataclass(frozen=True)
class Checked:
    """What was checked: a result says nothing about anything else."""

    evaluation: Evaluation
    place: int
    sample: int | None

    def check(self) -> GradientCheck:
        """Compare the complete gradient with a numeric derivative of the loss.

        Only the tape's forward pass is used: values, none of the local derivatives.
        """
        evaluation, place = self.evaluation, self.place
        tape = evaluation.tape
        columns = {each: evaluation.values[each] for each in tape.columns}

        def loss(number: float) -> float:
            parameters, replaced = evaluation.parameters.copy(), dict(columns)
            if place in tape.parameters:
                parameters[tape.parameters.index(place)] = number
            elif self.sample is None:
                replaced[place] = np.float64(number)
            else:
                replaced[place] = np.array(evaluation.values[place], dtype=float)
                replaced[place][self.sample] = number
            return float(tape.forward(parameters, replaced)[-1])

        value, gradient = self._number(evaluation.values), self._number(evaluation.gradients)
        return GradientCheck(place, gradient, derivative(loss, value))

    def _number(self, numbers: list[Any]) -> float:
        number = numbers[self.place]
        return float(number if self.sample is None or not np.ndim(number) else number[self.sample])


class CheckRow(QWidget):
    """A button, and beside it what the check has found."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("gradient_check")
        self._reading: Reading | None = None
        self._now: Checked | None = None
        self._done: Checked | None = None
        self._button = QPushButton("Check this", objectName="check_gradient")
        self._button.setToolTip(
            "Compare the gradient with a numeric derivative: the loss is computed with this "
            "number a little larger and a little smaller."
        )
        self._button.clicked.connect(self.check)
        self._result = QLabel(objectName="check_result", wordWrap=True)
        self._result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._result.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._button, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._result, 1)

    def show_place(self, reading: Reading, place: int) -> None:
        """Offer to check another gradient; a result about another is taken away."""
        per_sample = reading.tape.instructions[place].per_sample
        self._reading = reading
        self._now = Checked(
            reading.moment.evaluation, place, reading.sample if per_sample else None
        )
        if self._done != self._now:
            self._done = None
            self._result.clear()
            self._result.setToolTip("")

    def check(self) -> None:
        """Check the gradient shown."""
        if self._now is None or self._reading is None:
            return
        self._done = self._now
        found = self._now.check()
        verdict = "agrees" if found.agrees(TOLERANCE, least=0.0) else "DOES NOT AGREE"
        lines = [
            f"numeric {show(found.numeric.value)} ± {rough(found.numeric.error)}",
            f"difference {rough(found.difference)}: {verdict}",
        ]
        if not self._reading.is_complete(self._now.place):
            lines.append(f"checked: the complete gradient, {show(found.gradient)}")
        self._result.setText("\n".join(lines))
        self._result.setToolTip(
            f"gradient {spell(found.gradient)}\nnumeric {spell(found.numeric.value)}"
        )
