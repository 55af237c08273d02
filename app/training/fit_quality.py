"""How well predictions fit, in two numbers that people know: R² and RMSE."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from autograd.arithmetic import silent

Array = npt.NDArray[np.float64]


def fit_quality(y: Array, prediction: Array) -> tuple[float, float]:
    """Return R² and RMSE of predictions, both arrays of shape (samples,).

    R² = 1 − Σ(y − ŷ)² / Σ(y − mean of y)², the share of the targets' spread that is
    predicted: 1 at best, 0 for predicting the mean, less for worse; nan where the targets
    are all the same. RMSE = √(mean of (y − ŷ)²). Without samples both are nan; numbers too
    large to be squared make −inf and inf.
    """
    if not len(y):
        return math.nan, math.nan
    with silent():
        squared = (y - prediction) ** 2
        rmse = float(np.sqrt(np.mean(squared)))
        if np.all(y == y[0]):
            return math.nan, rmse
        spread = np.sum((y - np.mean(y)) ** 2)
        return float(1.0 - np.sum(squared) / spread), rmse
