"""Thinning a series to what pixels can show keeps every column's minimum and maximum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.training.envelope import Envelope

numbers = st.floats(width=32) | st.sampled_from([np.nan, np.inf, -np.inf, 0.0])


@st.composite
def series(draw) -> np.ndarray:
    """A series of up to some thousand entries, made of few drawn ones."""
    few = np.array(draw(st.lists(numbers, min_size=1, max_size=30)))
    length = draw(st.integers(1, 6000))
    order = np.random.default_rng(draw(st.integers(0, 99))).integers(0, len(few), length)
    return few[order]


def made(entries: np.ndarray) -> Envelope:
    envelope = Envelope()
    envelope.update(entries)
    return envelope


def extremes(entries: np.ndarray) -> tuple[float, float]:
    """Return minimum and maximum of the finite entries; nan if there are none."""
    finite = entries[np.isfinite(entries)]
    return (finite.min(), finite.max()) if len(finite) else (np.nan, np.nan)


@settings(deadline=None)
@given(series(), st.integers(1, 300))
def test_every_column_shows_the_minimum_and_maximum_of_its_entries(entries, columns):
    at, heights = made(entries).thinned(0, len(entries), columns)
    if len(entries) <= 2 * columns:
        assert np.array_equal(at, np.arange(len(entries)))
        assert np.array_equal(heights, entries, equal_nan=True)
        return
    assert len(at) == 2 * columns
    edges = at[0::2]
    assert edges[0] == 0
    assert np.all(np.diff(edges) > 0)
    for start, stop, low, high in zip(
        edges, [*edges[1:], len(entries)], heights[0::2], heights[1::2], strict=True
    ):
        assert np.array_equal((low, high), extremes(entries[start:stop]), equal_nan=True)


@settings(deadline=None)
@given(series(), st.integers(1, 200), st.data())
def test_a_part_is_thinned_to_its_own_extremes_or_slightly_beyond(entries, columns, data):
    start = data.draw(st.integers(-5, len(entries)))
    stop = data.draw(st.integers(start, len(entries) + 5))
    at, heights = made(entries).thinned(start, stop, columns)
    assert len(at) == len(heights) <= 2 * columns
    part = entries[max(start, 0) : max(stop, 0)]
    low, high = extremes(part)
    if not np.isnan(low):
        finite = heights[np.isfinite(heights)]
        assert finite.min() <= low
        assert finite.max() >= high


@settings(deadline=None)
@given(series(), st.lists(st.integers(0, 6000), max_size=6), st.integers(1, 200))
def test_a_series_that_grew_is_thinned_like_a_fresh_one(entries, lengths, columns):
    grown = Envelope()
    for length in sorted(min(each, len(entries)) for each in lengths):
        grown.update(entries[:length])
    grown.update(entries)
    fresh = made(entries)
    for start, stop in ((0, len(entries)), (len(entries) // 3, len(entries) - 1)):
        for one, other in zip(
            grown.thinned(start, stop, columns), fresh.thinned(start, stop, columns), strict=True
        ):
            assert np.array_equal(one, other, equal_nan=True)


@pytest.mark.parametrize(("start", "stop"), [(-9, -3), (-1, -1), (5, 2), (2, 2), (40, 90)])
def test_outside_the_series_there_is_nothing(start, stop):
    at, heights = made(np.arange(40.0)).thinned(start, stop, 5)
    assert (len(at), len(heights)) == (0, 0)


def test_entries_that_are_not_finite_hide_no_others():
    entries = np.tile([1.0, np.nan, 3.0, np.inf, -np.inf], 2000)
    _, heights = made(entries).thinned(0, len(entries), 100)
    assert set(heights) == {1.0, 3.0}


@pytest.fixture(scope="module")
def long() -> np.ndarray:
    """Ten million entries, with two that stand out."""
    entries = np.sin(np.arange(10_000_000) * 1e-4)
    entries[3_141_592] = 7.0
    entries[9_999_999] = -7.0
    return entries


def test_ten_million_entries_become_a_few_points_with_their_extremes(long):
    at, heights = made(long).thinned(0, len(long), 800)
    assert len(at) == 1600
    assert heights.max() == 7.0
    assert heights.min() == -7.0
    assert abs(at[np.argmax(heights)] - 3_141_592) < 2 * len(long) / 800


def test_a_part_of_ten_million_entries_is_shown_in_full(long):
    at, heights = made(long).thinned(3_141_500, 3_141_700, 800)
    assert np.array_equal(at, np.arange(3_141_500, 3_141_700))
    assert np.array_equal(heights, long[3_141_500:3_141_700])
