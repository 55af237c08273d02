"""The optimizers and the ways of clipping that there are."""

import pytest

from autograd.optimizers import (
    AdaGrad,
    Adam,
    Clipping,
    GradientDescent,
    Momentum,
    Nesterov,
    RMSProp,
)

OPTIMIZERS = (GradientDescent(), Momentum(), Nesterov(), AdaGrad(), RMSProp(), Adam())

every_optimizer = pytest.mark.parametrize(
    "optimizer", OPTIMIZERS, ids=lambda each: type(each).__name__
)
every_clipping = pytest.mark.parametrize("clipping", Clipping)
