"""The model and its loss, as a person chooses them: a formula or a small network."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import pairwise

from app.study.formula import Formula, Purpose, parse
from app.study.setting import Choice, Number, Text, declare
from app.study.start import Start

_LAYER = re.compile(r"[wb]([1-9]\d*)(_|$)")
"""The number of the layer in a parameter's name."""


@lru_cache(maxsize=256)
def read_model(text: str) -> Formula:
    """Return the formula of a model; what was read is remembered.

    Raises:
        FormulaError: the text is none.
    """
    return parse(text, Purpose.MODEL)


@lru_cache(maxsize=256)
def read_loss(text: str) -> Formula:
    """Return the formula of a sample's loss; what was read is remembered.

    Raises:
        FormulaError: the text is none.
    """
    return parse(text, Purpose.LOSS)


class ModelKind(Enum):
    """What computes the prediction."""

    FORMULA = "formula"
    NETWORK = "network"

    @property
    def label(self) -> str:
        """The choice as a control names it."""
        return {ModelKind.FORMULA: "a formula", ModelKind.NETWORK: "a small network"}[self]


class Activation(Enum):
    """What a hidden unit of a network computes from its weighted inputs."""

    TANH = "tanh"
    RELU = "relu"
    SIGMOID = "sigmoid"


class Loss(Enum):
    """What a sample's prediction costs."""

    SQUARED = "squared"
    ABSOLUTE = "absolute"
    HUBER = "huber"
    FORMULA = "formula"

    @property
    def label(self) -> str:
        """The loss as a control names it."""
        return {
            Loss.SQUARED: "squared, (y − ŷ)²",
            Loss.ABSOLUTE: "absolute, |y − ŷ|",
            Loss.HUBER: "Huber",
            Loss.FORMULA: "a formula",
        }[self]


class Reduction(Enum):
    """What the loss is of the samples' losses."""

    MEAN = "mean"
    SUM = "sum"

    @property
    def label(self) -> str:
        """The choice as a control names it."""
        return {Reduction.MEAN: "mean over samples", Reduction.SUM: "sum over samples"}[self]


@dataclass(frozen=True, slots=True)
class Model:
    """What predicts y from x, and what a wrong prediction costs."""

    kind: ModelKind = declare(
        ModelKind.FORMULA,
        Choice(
            label="Model",
            help="A formula of your own, or a fully connected network from one x to one ŷ.",
            options=ModelKind,
        ),
    )
    formula: str = declare(
        "m*x + c",
        Text(
            label="ŷ =",
            help=(
                "The prediction, as in a*sin(b*x + c). Every name but x, pi and e is a "
                "parameter. There are + − * / **, and sin cos tanh exp log sqrt abs relu "
                "sigmoid max min."
            ),
            read=read_model,
        ),
    )
    layers: int = declare(
        1,
        Number(
            label="Hidden layers",
            help="How many layers of units lie between x and ŷ.",
            minimum=1,
            maximum=4,
            whole=True,
        ),
    )
    units: int = declare(
        4,
        Number(
            label="Units",
            help="How many units every hidden layer has.",
            minimum=1,
            maximum=32,
            whole=True,
        ),
    )
    activation: Activation = declare(
        Activation.TANH,
        Choice(
            label="Activation",
            help="What a hidden unit makes of the sum of its weighted inputs and its bias.",
            options=Activation,
        ),
    )
    loss: Loss = declare(
        Loss.SQUARED,
        Choice(
            label="Loss",
            help="What one sample's prediction ŷ costs when the target is y.",
            options=Loss,
        ),
    )
    huber_delta: float = declare(
        1.0,
        Number(
            label="Huber δ",
            help="Up to this residual the loss is half its square, beyond it a straight line.",
            minimum=0,
            maximum=1e9,
            above=True,
        ),
    )
    loss_formula: str = declare(
        "(y - yhat)**2",
        Text(
            label="Loss of a sample",
            help="What one sample costs, from the target y and the prediction yhat.",
            read=read_loss,
        ),
    )
    reduction: Reduction = declare(
        Reduction.MEAN,
        Choice(
            label="Total loss",
            help="Whether the samples' losses are averaged or added up.",
            options=Reduction,
        ),
    )
    weight_decay: float = declare(
        0.0,
        Number(
            label="Weight decay λ",
            help=(
                "Adds λ/2 times the sum of all trained parameters' squares to the loss, which "
                "draws them towards 0; 0 for none."
            ),
            minimum=0,
            maximum=1e6,
        ),
    )

    @property
    def expression(self) -> Formula | None:
        """The formula that was read; None for a network."""
        return read_model(self.formula) if self.kind is ModelKind.FORMULA else None

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of all parameters, in the order in which they are stored."""
        if self.kind is ModelKind.FORMULA:
            return read_model(self.formula).names
        return tuple(name for layer in self.network for name in layer.names())

    @property
    def network(self) -> tuple[Layer, ...]:
        """The layers of the network, the last one making ŷ."""
        sizes = [1, *[self.units] * self.layers, 1]
        return tuple(
            Layer(number, inputs, units)
            for number, (inputs, units) in enumerate(pairwise(sizes), 1)
        )

    def predicts_like(self, other: Model) -> bool:
        """Whether the same parameters give the same predictions, whatever these cost."""
        if self.kind is not other.kind:
            return False
        if self.kind is ModelKind.FORMULA:
            return self.formula == other.formula
        return self.network == other.network and self.activation is other.activation

    def usual_start(self, name: str) -> Start:
        """Return where a parameter starts that nobody has set.

        In a formula it is uniform in [0, 1), as the notebook draws it; in a network uniform
        in ±1/√inputs, for weights and biases alike, as PyTorch's ``Linear`` has it.
        """
        place = _LAYER.match(name)
        if self.kind is ModelKind.FORMULA or place is None or int(place[1]) > self.layers + 1:
            return Start()
        bound = 1 / math.sqrt(self.network[int(place[1]) - 1].inputs)
        return Start(low=-bound, high=bound)

    @property
    def title(self) -> str:
        """What the model is called: its formula, or "network 1-4-1"."""
        if self.kind is ModelKind.FORMULA:
            return f"ŷ = {self.formula}"
        sizes = "-".join(map(str, [1, *[self.units] * self.layers, 1]))
        return f"{self.activation.value} network {sizes}, {len(self.parameters)} parameters"


@dataclass(frozen=True, slots=True)
class Layer:
    """One fully connected layer of a network.

    Attributes:
        number: which layer, from 1.
        inputs: how many numbers go into each unit.
        units: how many units there are.
    """

    number: int
    inputs: int
    units: int

    def bias(self, unit: int) -> str:
        """Return the name of a unit's bias, such as "b1_3"."""
        return f"b{self.number}" + (f"_{unit + 1}" if self.units > 1 else "")

    def weight(self, unit: int, source: int) -> str:
        """Return the name of a unit's weight for one of its inputs, such as "w2_3_1"."""
        places = [unit + 1] * (self.units > 1) + [source + 1] * (self.inputs > 1)
        return "_".join([f"w{self.number}", *map(str, places)])

    def names(self) -> Iterator[str]:
        """Yield the names of all parameters: of each unit the weights, then the bias."""
        for unit in range(self.units):
            for source in range(self.inputs):
                yield self.weight(unit, source)
            yield self.bias(unit)
