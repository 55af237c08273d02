"""Points are frozen and finite; editing them makes others, and they go through JSON unchanged."""

import copy
import json
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.study.points import LARGEST, MOST_POINTS, Points
from app.study.setting import SettingError
from tests.study.strategies import EXAMPLES

FINITE = st.floats(-LARGEST, LARGEST)
PLACES = st.lists(st.tuples(FINITE, FINITE), min_size=1, max_size=60)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["x", "y", "z"]), inner),
)


def points(places) -> Points:
    xs, ys = zip(*places, strict=True)
    return Points(xs, ys)


def places(these: Points) -> list[tuple[float, float]]:
    return list(zip(these.x.tolist(), these.y.tolist(), strict=True))


def problem(function, *arguments) -> str:
    with pytest.raises(SettingError) as caught:
        function(*arguments)
    return str(caught.value)


def test_points_keep_their_own_read_only_copy():
    x = np.array([1.0, 2.0])
    these = Points(x, [3, 4])
    x[0] = 9
    assert places(these) == [(1, 3), (2, 4)]
    assert these.x.dtype == these.y.dtype == np.float64
    for column in (these.x, these.y):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 5
    with pytest.raises(AttributeError):
        these.x = x


@given(PLACES, PLACES)
@EXAMPLES
def test_points_are_equal_exactly_if_their_numbers_are(some, others):
    assert (points(some) == points(others)) is (some == others)
    assert points(some) == points(some)
    assert hash(points(some)) == hash(points(some))
    assert points(some) != some


def test_zeros_of_either_sign_are_equal_and_hash_alike():
    assert Points([0.0], [-0.0]) == Points([-0.0], [0.0])
    assert hash(Points([0.0], [-0.0])) == hash(Points([-0.0], [0.0]))


def test_points_differ_wherever_one_of_many_does():
    many = Points(np.arange(1000.0), np.zeros(1000))
    assert all(many != many.moved(index, index, 1) for index in range(0, 1000, 7))


@given(PLACES, st.data(), FINITE, FINITE)
@EXAMPLES
def test_editing_makes_other_points_as_it_does_of_a_list(some, data, x, y):
    before, index = points(some), data.draw(st.integers(0, len(some) - 1))
    assert places(before.added(x, y)) == [*some, (x, y)]
    assert places(before.moved(index, x, y)) == [*some[:index], (x, y), *some[index + 1 :]]
    if len(some) > 1:
        assert places(before.removed(index)) == some[:index] + some[index + 1 :]
    assert places(before) == some


def test_the_last_point_stays_and_no_point_is_moved_away_from_all_numbers():
    one = Points([1], [2])
    assert problem(one.removed, 0) == "There must be from 1 to 1,000,000 points; there are 0."
    wrong = "Points must be finite, and at most 1e+100; 1 of 1 is not, the first is point 1."
    assert problem(one.moved, 0, math.nan, 0) == wrong
    with pytest.raises(IndexError):
        one.moved(1, 0, 0)
    with pytest.raises(IndexError):
        one.removed(1)


@given(PLACES)
@EXAMPLES
def test_points_go_through_json_pickle_and_copies_unchanged(some):
    these = points(some)
    assert Points.from_plain(json.loads(json.dumps(these.to_plain()))) == these
    for other in (pickle.loads(pickle.dumps(these)), copy.deepcopy(these)):  # noqa: S301
        assert other == these
        assert not other.x.flags.writeable


@given(JSON)
@EXAMPLES
def test_any_json_value_is_points_or_a_sentence(plain):
    try:
        these = Points.from_plain(plain)
    except SettingError as error:
        sentence = str(error)
    else:
        assert these.to_plain() == plain
        return
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("plain", "sentence"),
    [
        ([1, 2], "Points must be an object with a list “x” and a list “y”."),
        ({"x": [1]}, "Points must be an object with a list “x” and a list “y”."),
        ({"x": [1], "y": "1"}, "Points must have a list of numbers as “y”."),
        (
            {"x": [1, 2], "y": [3, True]},
            "Points must have numbers only; entry 2 of “y” is no number.",
        ),
        ({"x": ["1"], "y": [3]}, "Points must have numbers only; entry 1 of “x” is no number."),
        (
            {"x": [1, 2], "y": [3]},
            "Points need as many numbers in y as in x; there are 2 in x and 1 in y.",
        ),
        ({"x": [], "y": []}, "There must be from 1 to 1,000,000 points; there are 0."),
        (
            {"x": [1, math.nan, 3], "y": [math.inf, 1, 2]},
            "Points must be finite, and at most 1e+100; 2 of 3 are not, the first is point 1.",
        ),
        ({"x": [10**400], "y": [1]}, "Points must be finite; x has a number that is too large."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(plain, sentence):
    assert problem(Points.from_plain, plain) == sentence


def test_a_million_points_are_taken_and_not_one_more():
    million = np.zeros(MOST_POINTS)
    these = Points(million, million)
    assert len(these) == 1_000_000
    too_many = "There must be from 1 to 1,000,000 points; there are 1,000,001."
    assert problem(these.added, 0, 0) == too_many
    plain = {"x": [0.0] * (MOST_POINTS + 1), "y": []}
    assert problem(Points.from_plain, plain) == too_many


@pytest.mark.parametrize("wrong", [["a"], [[1, 2]], 5, [None, {}], [[1], [1, 2]]])
def test_what_is_no_column_of_numbers_is_refused(wrong):
    assert problem(Points, wrong, [1]) == "Points need a list of numbers as x."
