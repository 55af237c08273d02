"""The recipe of the data: a true curve with noise, or points of a person's own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from app.study.formula import Formula, Purpose, parse
from app.study.setting import SEED_LIMIT, Choice, Named, Number, Setting, Text, declare

if TYPE_CHECKING:
    from app.study.points import Points


@lru_cache(maxsize=256)
def read_truth(text: str) -> Formula:
    """Return the formula of a true curve; what was read is remembered.

    Raises:
        FormulaError: the text is none.
    """
    return parse(text, Purpose.TRUTH)


class DataSource(Enum):
    """Where the data come from."""

    RECIPE = "recipe"
    POINTS = "points"

    @property
    def label(self) -> str:
        """The choice as a control names it."""
        return {DataSource.RECIPE: "a true curve, with noise", DataSource.POINTS: "own points"}[
            self
        ]


class Truth(Enum):
    """Which formula the true curve has."""

    OWN = "own"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The choice as a control names it."""
        return {Truth.OWN: "the model's own", Truth.OTHER: "another formula"}[self]


class Spacing(Enum):
    """Where the samples lie along x."""

    EVEN = "even"
    RANDOM = "random"
    NORMAL = "normal"

    @property
    def label(self) -> str:
        """The choice as a control names it."""
        return {
            Spacing.EVEN: "even",
            Spacing.RANDOM: "random, uniform",
            Spacing.NORMAL: "random, normal",
        }[self]


class NoiseKind(Enum):
    """How y departs from the true curve."""

    NORMAL = "normal"
    UNIFORM = "uniform"
    OUTLIERS = "outliers"

    @property
    def label(self) -> str:
        """The choice as a control names it."""
        return {
            NoiseKind.NORMAL: "normal",
            NoiseKind.UNIFORM: "uniform",
            NoiseKind.OUTLIERS: "normal, with outliers",
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsSetting(Setting):
    """A setting that is a table of points, or None."""

    def check(self, value: Any) -> Points | None:
        """Return the points, or raise SettingError."""
        if value is None:
            return None
        from app.study.points import Points  # here: NumPy comes with it

        return value if isinstance(value, Points) else Points.from_plain(value)

    def plain(self, value: Points | None) -> Any:
        """Return the points as lists of numbers."""
        return None if value is None else value.to_plain()


@dataclass(frozen=True, slots=True)
class Data:
    """Where the data come from, and which part of them is kept for testing."""

    source: DataSource = declare(
        DataSource.RECIPE,
        Choice(
            label="Data from",
            help="A true curve with noise, or points: drawn, edited, or read from a table.",
            options=DataSource,
        ),
    )
    truth: Truth = declare(
        Truth.OWN,
        Choice(
            label="True curve",
            help="Whether the data come from the model's own formula or from another one.",
            options=Truth,
        ),
    )
    truth_formula: str = declare(
        "sin(x)",
        Text(
            label="True y =",
            help="The curve that the data come from; training does not see it.",
            read=read_truth,
        ),
    )
    true: tuple[tuple[str, float], ...] = declare(
        (("m", 2.0), ("c", -9.0)),
        Named(
            label="True values",
            help="The parameters of the true curve; one that is not named is 1.",
            each=Number(
                label="True", help="A parameter of the true curve.", minimum=-1e6, maximum=1e6
            ),
        ),
    )
    x_from: float = declare(
        -20.0,
        Number(label="x from", help="The first sample's x.", minimum=-1e6, maximum=1e6),
    )
    x_to: float = declare(
        20.0,
        Number(label="x to", help="The last sample's x.", minimum=-1e6, maximum=1e6),
    )
    samples: int = declare(
        41,
        Number(
            label="Samples",
            help="How many points. The unfolded graph has nodes of its own for every one.",
            minimum=1,
            maximum=100_000,
            whole=True,
        ),
    )
    spacing: Spacing = declare(
        Spacing.EVEN,
        Choice(
            label="Spacing",
            help=(
                "Where the points lie: evenly from end to end, at random within the range, or "
                "at random around its middle, most of them within the range."
            ),
            options=Spacing,
        ),
    )
    noise_kind: NoiseKind = declare(
        NoiseKind.NORMAL,
        Choice(
            label="Noise",
            help="How every y departs from the true curve.",
            options=NoiseKind,
        ),
    )
    noise: float = declare(
        0.0,
        Number(
            label="Noise σ",
            help="The standard deviation of the noise added to every y; 0 for none.",
            minimum=0,
            maximum=1e6,
        ),
    )
    outliers: float = declare(
        0.1,
        Number(
            label="Outliers",
            help="Which share of the samples are outliers, from 0 to 1.",
            minimum=0,
            maximum=1,
        ),
    )
    outlier_size: float = declare(
        30.0,
        Number(
            label="Outlier size",
            help="How far above the true curve the outliers lie; below it if negative.",
            minimum=-1e6,
            maximum=1e6,
        ),
    )
    noise_seed: int = declare(
        0,
        Number(
            label="Data seed",
            help="The same seed draws the same points, noise and test samples.",
            minimum=0,
            maximum=SEED_LIMIT,
            whole=True,
        ),
    )
    test_share: float = declare(
        0.0,
        Number(
            label="Test share",
            help=(
                "Which share of the samples is kept from training, to see how well the model "
                "does on data that it was not trained on; 0 for none."
            ),
            minimum=0,
            maximum=0.9,
        ),
    )
    points: Points | None = declare(
        None,
        PointsSetting(label="Points", help="The points that are not made from a true curve."),
    )


def true_curve(data: Data, model_formula: Formula | None) -> Formula | None:
    """Return the formula of the true curve; None for points, which have none."""
    if data.source is DataSource.POINTS:
        return None
    if data.truth is Truth.OWN and model_formula is not None:
        return model_formula
    return read_truth(data.truth_formula)


def true_values(data: Data, formula: Formula) -> tuple[tuple[str, float], ...]:
    """Return the parameters of the true curve, in the order in which they appear."""
    known = dict(data.true)
    return tuple((name, known.get(name, 1.0)) for name in formula.names)


def recipe_applies(data: Data, *, network: bool) -> dict[str, bool]:
    """Return, for each setting that may have no effect, whether it has one with the others."""
    recipe = data.source is DataSource.RECIPE
    outliers = data.noise_kind is NoiseKind.OUTLIERS
    drawn = data.noise > 0 or data.spacing is not Spacing.EVEN or outliers
    return {
        "truth": recipe and not network,
        "truth_formula": recipe and (network or data.truth is Truth.OTHER),
        "true": recipe,
        **dict.fromkeys(("x_from", "x_to", "samples", "spacing", "noise_kind", "noise"), recipe),
        "outliers": recipe and outliers,
        "outlier_size": recipe and outliers,
        "noise_seed": (recipe and drawn) or data.test_share > 0,
    }
