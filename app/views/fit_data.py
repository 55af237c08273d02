"""What the fit plot draws: the data, and a fit at a moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.study.architecture import Model
from app.study.data import Split
from app.study.experiment import Problem
from app.study.formula.build import value
from app.study.recipe import true_curve, true_values
from autograd.tape import Column

POINTS = 401
"""Points of a curve."""


@dataclass(frozen=True, slots=True, eq=False)
class FitData:
    """All that is drawn whatever is fitted.

    Attributes:
        split: the data.
        x: where curves are drawn, from left to right, of shape (points,).
        truth: the true curve there; None where there is none.
        fitted_name, true_name: what the curves are called.
    """

    split: Split
    x: Column
    truth: Column | None
    fitted_name: str
    true_name: str

    @classmethod
    def of(cls, problem: Problem, split: Split) -> FitData:
        """Return what is drawn of a problem, whose data are these."""
        left, right = float(np.min(split.all.x)), float(np.max(split.all.x))
        if left == right:
            left, right = left - 0.5, right + 0.5
        x = np.linspace(left, right, POINTS)
        line, fitted = Model().expression, problem.model.expression
        formula = true_curve(problem.data, fitted)
        truth = None
        if formula is not None:
            truth = value(formula, {**dict(true_values(problem.data, formula)), "x": x})
        names = ("line" if each == line else "curve" for each in (fitted, formula))
        fitted_name, true_name = names
        return cls(split, x, truth, f"fitted {fitted_name}", f"true {true_name}")


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fit at a moment.

    Attributes:
        curve: ŷ where curves are drawn, of shape (points,).
        x, y: the samples that are trained on, as they are now, of shape (samples,).
        prediction: ŷ of each.
        test: ŷ of the samples that are not.
        sample: which of the samples that are trained on is selected.
    """

    curve: Column
    x: Column
    y: Column
    prediction: Column
    test: Column
    sample: int
