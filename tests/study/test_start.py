"""Where parameters start: given values, or what the seed draws; frozen ones are not trained."""

import random

import numpy as np
import pytest

from app.study.architecture import Model, ModelKind
from app.study.experiment import Experiment, Initial, Source, Start
from app.study.setting import SettingError, settings_of
from app.study.start import given

STARTS = settings_of(Initial)["starts"]


def starting(*starts, seed=0, formula="a*x + b + d"):
    return Experiment(initial=Initial(starts, seed), model=Model(formula=formula))


# -- values ----------------------------------------------------------------------------------


def test_given_initial_values_are_taken_as_they_are():
    experiment = starting(("b", given(-2.0)), ("a", given(3.5)), ("d", given(0.0)), seed=1)
    assert experiment.initial_parameters() == (3.5, -2.0, 0.0)
    assert Experiment().initial_parameters() == (0.764340511813275, 0.2950141610814745)


@pytest.mark.parametrize("seed", [0, 1, 42, 2**32 - 1])
def test_random_initial_values_are_pythons_with_m_drawn_first(seed):
    generator = random.Random(seed)  # noqa: S311
    expected = (generator.random(), generator.random())
    assert Experiment(initial=Initial((), seed)).initial_parameters() == expected


def test_values_are_drawn_in_the_models_order_and_given_ones_draw_nothing():
    generator = random.Random(7)  # noqa: S311
    expected = (-5 + 15 * generator.random(), 2.0, generator.gauss(3.0, 0.5))
    starts = {
        "d": Start(Source.NORMAL, mean=3.0, deviation=0.5),
        "b": given(2.0),
        "a": Start(Source.UNIFORM, low=-5.0, high=10.0),
    }
    assert starting(*starts.items(), seed=7).initial_parameters() == expected


def test_drawn_values_have_the_chosen_distribution():
    uniform, normal = Start(low=-3.0, high=-1.0), Start(Source.NORMAL, mean=5.0, deviation=2.0)
    drawn = np.array(
        [
            starting(("a", uniform), ("b", normal), seed=seed).initial_parameters()
            for seed in range(4000)
        ]
    )
    assert ((drawn[:, 0] >= -3) & (drawn[:, 0] < -1)).all()
    assert drawn[:, 0].mean() == pytest.approx(-2, abs=0.05)
    assert drawn[:, 0].std() == pytest.approx(2 / 12**0.5, rel=0.05)
    assert drawn[:, 1].mean() == pytest.approx(5, abs=0.15)
    assert drawn[:, 1].std() == pytest.approx(2, rel=0.05)
    assert np.mean(np.abs(drawn[:, 1] - 5) < 2) == pytest.approx(0.683, abs=0.03)


def test_a_network_is_drawn_alike_by_the_same_seed_and_otherwise_by_another():
    model = Model(ModelKind.NETWORK)
    first, again, other = (Experiment(initial=Initial((), s), model=model) for s in (0, 0, 1))
    assert first.initial_parameters() == again.initial_parameters() != other.initial_parameters()


def test_starting_from_values_keeps_the_other_starts():
    experiment = starting(("a", Start(frozen=True)), ("b", given(2.0)), seed=3)
    moved = experiment.starting_from({"a": 7.0, "d": -1.0})
    assert moved.initial_values() == {"a": 7.0, "b": 2.0, "d": -1.0}
    assert moved.start("a") == given(7.0, frozen=True)


# -- frozen parameters -----------------------------------------------------------------------


def test_a_frozen_parameter_is_none_of_the_trained_ones():
    experiment = starting(("b", given(2.0, frozen=True)), ("a", given(1.0)), ("d", given(3.0)))
    assert experiment.parameters == experiment.problem.parameters == ("a", "d")
    assert experiment.initial_parameters() == (1.0, 3.0)
    assert experiment.problem.frozen == (("b", 2.0),)


def test_a_parameter_that_is_frozen_where_it_is_drawn_leaves_the_others_as_they_were():
    free, frozen = starting(), starting(("b", Start(frozen=True)))
    a, b, d = free.initial_parameters()
    assert frozen.initial_parameters() == (a, d)
    assert frozen.problem.frozen == (("b", b),)


def test_the_problem_is_the_same_wherever_the_trained_parameters_start():
    one, other = starting(("a", given(1.0)), seed=1), starting(("a", given(2.0)), seed=2)
    assert one.problem == other.problem


# -- plain data and words --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "plain"),
    [
        (given(2.0), 2.0),
        (given(2.0, frozen=True), {"source": "value", "value": 2.0, "frozen": True}),
        (Start(), {}),
        (Start(low=-1.0), {"low": -1.0}),
        (Start(Source.NORMAL, deviation=0.1), {"source": "normal", "deviation": 0.1}),
        (Start(Source.VALUE, 2.0, mean=1.0), {"source": "value", "value": 2.0, "mean": 1.0}),
    ],
    ids=str,
)
def test_in_a_file_a_start_is_a_number_or_what_differs(start, plain):
    assert STARTS.plain((("a", start),)) == {"a": plain}
    assert STARTS.check({"a": plain}) == (("a", start),)


@pytest.mark.parametrize(
    ("plain", "sentence"),
    [
        ({"high": 0.0}, "Initial a is drawn from an empty range: from 0 to 0. The first must be"),
        ({"low": 2, "high": -2}, "Initial a is drawn from an empty range: from 2 to −2. "),
        ({"colour": 1}, "Initial a has no setting “colour”; it has source, value, low, high, "),
        (
            {"source": "guess"},
            "Initial a: Start from must be “value” or “uniform” or “normal”; it is “guess”.",
        ),
        (
            {"deviation": -1},
            "Initial a: Deviation must be a number from 0 to 1,000,000,000; it is −1.",
        ),
        ("3", "Initial a must be a number from −1,000,000,000 to 1,000,000,000; “3” is no number."),
        (
            None,
            "Initial a must be a number from −1,000,000,000 to 1,000,000,000; “None” is no",
        ),
    ],
    ids=str,
)
def test_a_start_that_cannot_be_is_told(plain, sentence):
    with pytest.raises(SettingError) as caught:
        STARTS.check({"a": plain})
    assert str(caught.value).startswith(sentence)


def test_a_start_in_a_few_characters():
    starts = [given(-9.0), Start(), Start(low=-0.5, high=2.0), Start(Source.NORMAL, deviation=0.1)]
    assert [start.text for start in starts] == ["−9", "0 … 1", "−0.5 … 2", "0 ± 0.1"]


def test_sources_have_labels_for_the_controls():
    assert [source.label for source in Source] == [
        "given value",
        "random, uniform",
        "random, normal",
    ]
