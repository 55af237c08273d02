"""What colours of nodes mean, in every mode, and what the legend says of it."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox

from app.study.experiment import Experiment
from app.study.presets import Preset
from app.theme import Theme, load_theme
from app.views.graph.canvas import GraphCanvas
from app.views.graph.colours import (
    DECADES,
    NON_FINITE,
    NONE,
    STEPS,
    ColourMode,
    ColourScale,
    bin_colours,
    contrast,
    text_colour,
)
from app.views.graph.legend import ColourLegend
from app.views.graph.painting import Brushes
from app.views.graph.scene import Numbers
from tests.ui.on_canvas import canvas_of, node_called, picture_of, told, unfold
from tests.ui.person import Person

AWKWARD = [
    0.0, -0.0, 1.0, -1.0, 10.0, 99.0, 1e-3, -1e-4, 3e-6, 1e-7, 1e-300, 5e-324, -2e5, 1e300,
    math.inf, -math.inf, math.nan,
]  # fmt: skip


def all_pairs() -> Numbers:
    """Every awkward value with every awkward gradient, known and not."""
    pairs = np.array(
        list(itertools.product(AWKWARD, AWKWARD, (True, False), (True, False))), dtype=float
    )
    return Numbers(pairs[:, 0], pairs[:, 2] > 0, pairs[:, 1], pairs[:, 3] > 0)


def expected_bin(mode: ColourMode, exponent: int, numbers: Numbers, node: int) -> int:
    """The bin by the definition: a logarithmic scale of six decades on each side of zero."""
    value, gradient = float(numbers.values[node]), float(numbers.gradients[node])
    valued, graded = bool(numbers.valued[node]), bool(numbers.graded[node])
    if (valued and not math.isfinite(value)) or (graded and not math.isfinite(gradient)):
        return NON_FINITE
    shown, known = (value, valued) if mode is ColourMode.VALUE else (gradient, graded)
    if not known:
        return NONE
    if shown == 0:
        return STEPS
    share = (math.log10(abs(shown)) - (exponent - DECADES)) / DECADES
    size = round(STEPS * min(max(share, 0.0), 1.0))
    return STEPS + (-size if shown < 0 and mode is not ColourMode.MAGNITUDE else size)


@pytest.mark.parametrize("mode", ColourMode)
@pytest.mark.parametrize("largest", [1.0, 96.0, 3e-5, 1e200])
def test_every_number_has_the_colour_of_its_sign_and_decade(mode, largest):
    numbers = all_pairs()
    scale = ColourScale(mode, largest)
    assert 10.0 ** (scale.exponent - 1) < largest <= 10.0**scale.exponent
    bins = scale.bins(numbers).tolist()
    for node, found in enumerate(bins):
        assert found == expected_bin(mode, scale.exponent, numbers, node)


@pytest.mark.parametrize("mode", ColourMode)
def test_the_scale_is_chosen_by_the_largest_finite_number_that_is_known(mode):
    shown = np.array([3.0, -420.0, math.inf, math.nan, 1e6])
    other = np.array([1e-3, 1e-2, 0.5, 0.5, 1e9])
    known, unknown = np.array([1, 1, 1, 1, 0], dtype=bool), np.zeros(5, dtype=bool)
    numbers = (
        Numbers(shown, known, other, unknown)
        if mode is ColourMode.VALUE
        else Numbers(other, unknown, shown, known)
    )
    assert ColourScale.for_numbers(mode, numbers).limit == 1000.0


@pytest.mark.parametrize("largest", [0.0, math.inf, math.nan])
def test_a_scale_of_nothing_usable_goes_to_one(largest):
    assert ColourScale(ColourMode.GRADIENT, largest).limit == 1.0


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_on_every_colour_can_be_read(name):
    brushes = Brushes(load_theme(name))
    for number, fill in enumerate(brushes.fills[: brushes.bins]):
        assert contrast(brushes.texts[number], fill) >= 4.5
        assert contrast(brushes.muted_texts[number], fill) >= 4.5


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("name", ["light", "dark"])
def test_colours_of_the_two_signs_grow_stronger_with_size_and_are_all_different(name):
    theme = load_theme(name)
    colours = bin_colours(theme)
    assert len({colour.name() for colour in colours}) == len(colours)
    assert (colours[0], colours[STEPS], colours[2 * STEPS]) == (
        theme.negative, theme.zero, theme.positive,
    )  # fmt: skip
    for side in (range(STEPS + 1), range(2 * STEPS, STEPS - 1, -1)):
        away = [contrast_steps(colours[number], theme.zero) for number in side]
        assert away == sorted(away, reverse=True)


def contrast_steps(one: QColor, other: QColor) -> int:
    """How far apart two colours are, by their channels."""
    return sum(abs(a - b) for a, b in zip(one.getRgb(), other.getRgb(), strict=True))


@pytest.mark.parametrize(("colour", "text"), [("black", "white"), ("white", "black")])
def test_text_is_black_on_light_and_white_on_dark(colour, text):
    assert text_colour(QColor(colour)) == QColor(text)


# -- in the window ------------------------------------------------------------------------------


def fill_of(canvas: GraphCanvas, node: int) -> QColor:
    """The colour of a node, at its left border, where nothing is written."""
    box = canvas.node_rectangle(node)
    return QColor(picture_of(canvas).pixel(round(box.left()) + 3, round(box.center().y())))


def nearest(colour: QColor, theme: Theme) -> str:
    """Which of the theme's colours a colour is mixed of with that for zero."""
    if contrast_steps(colour, theme.none) < 6:
        return "none"
    if contrast_steps(colour, theme.zero) < 6:
        return "zero"
    positive = colour.blue() - colour.red() > theme.zero.blue() - theme.zero.red()
    return "positive" if positive else "negative"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_mode_colours_by_what_it_is_called(make_window, qtbot, theme):
    person = Person(make_window(theme=theme), qtbot)
    canvas, colours = canvas_of(person), load_theme(theme)
    person.train(1)

    def seen(*symbols: str) -> list[str]:
        return [nearest(fill_of(canvas, node_called(canvas, each)), colours) for each in symbols]

    nodes = ("m", "c", "x", "y", "residual", "squared")
    assert seen(*nodes) == ["negative", "positive", "none", "none", "negative", "positive"]
    person.choose("graph_colour", "value")  # of sample 10: x = −10, y = −29
    assert seen(*nodes) == ["positive", "positive", "negative", "negative", "negative", "positive"]
    person.choose("graph_colour", "|gradient|")
    assert seen(*nodes) == ["positive", "positive", "none", "none", "positive", "positive"]
    person.choose("graph_colour", "gradient")
    assert seen("m") == ["negative"]


def test_the_modes_can_be_chosen_from_a_list(person):
    options = person.find("graph_colour", QComboBox)
    shown = [options.itemText(number) for number in range(options.count())]
    assert shown == ["gradient", "value", "|gradient|"]


def test_the_legend_says_what_the_colours_mean(person):
    for mode, words in (
        ("gradient", "its gradient"),
        ("value", "its value"),
        ("|gradient|", "the size of its grad"),
    ):
        person.choose("graph_colour", mode)
        legend = person.find("graph_legend", ColourLegend)
        text = legend.accessibleDescription()
        assert words in text
        assert legend.toolTip() == text
        assert legend.accessibleName() == f"Legend: {mode}"
        limit = float(text.partition(" to ")[2].split()[0])
        assert math.log10(limit) == round(math.log10(limit))
        least = float(text.partition("from ")[2].split()[0].replace("−", "-"))
        assert least == (pytest.approx(limit / 1e6) if mode == "|gradient|" else -limit)


def test_the_legends_limit_is_the_largest_number_of_any_sample_to_the_next_power_of_ten(person):
    canvas = canvas_of(person)
    unfold(person)
    for mode, which in (("gradient", 1), ("value", 0)):
        person.choose("graph_colour", mode)
        text = person.find("graph_legend", ColourLegend).accessibleDescription()
        limit = float(text.partition(" to ")[2].split()[0])
        sums = canvas.scene.probe.tape.phases.sums
        sizes = []
        for node, place in enumerate(canvas.scene.places.tolist()):
            numbers = told(canvas, node)
            own = canvas.scene.sample(node) is not None and place not in sums
            if own and numbers[1] != "–":
                sizes.append(abs(float(numbers[which])))
        assert limit / 10 < max(sizes) <= limit


@pytest.mark.parametrize("samples", [41, 3000])
def test_the_legends_numbers_stand_apart(make_window, qtbot, samples):
    many = Experiment().with_value("samples", samples)
    person = Person(make_window(Preset("many", "Many", "", many)), qtbot)
    for mode in ("gradient", "value", "|gradient|"):
        person.choose("graph_colour", mode)
        assert_numbers_stand_apart(person.find("graph_legend", ColourLegend))


def assert_numbers_stand_apart(legend: ColourLegend) -> None:
    picture = legend.grab().toImage()
    background = QColor(picture.pixel(0, picture.height() - 1))
    written = [
        any(
            contrast_steps(QColor(picture.pixel(x, y)), background) > 60
            for y in range(legend.bar_height + 1, picture.height())
        )
        for x in range(picture.width())
    ]
    gaps = [len(list(run)) for is_text, run in itertools.groupby(written) if not is_text]
    assert sum(gap >= 5 for gap in gaps[1:-1]) >= 4  # also after “≤” and “≥”
