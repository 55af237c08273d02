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


class Over(Envelope):
    """An envelope that knows where its entries are read."""

    def __init__(self, read, affordable=lambda _start, _stop: True):
        super().__init__()
        self._read, self._affordable = read, affordable

    def thinned(self, start, stop, columns):
        affordable = self._affordable(start, stop)
        return super().thinned(start, stop, columns, self._read, affordable)


def over(entries: np.ndarray, *affordable) -> Envelope:
    """Return an empty envelope of what is to be these entries."""
    return Over(lambda start, stop: entries[start:stop], *affordable)


def made(entries: np.ndarray) -> Envelope:
    envelope = over(entries)
    envelope.extend(entries)
    return envelope


def pieces(entries: np.ndarray, cuts: list[int]) -> list[np.ndarray]:
    return np.split(entries, sorted(min(cut, len(entries)) for cut in cuts))


def assert_thinned_alike(one: Envelope, other: Envelope, *view: int) -> None:
    for mine, its in zip(one.thinned(*view), other.thinned(*view), strict=True):
        assert np.array_equal(mine, its, equal_nan=True)


PARTS = [(0, 6000), (1500, 1900), (0, 17), (3, 5999), (255, 4097), (5990, 6000)]


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
    grown, fresh = over(entries), made(entries)
    for piece in pieces(entries, lengths):
        grown.extend(piece)
    for start, stop in ((0, len(entries)), (len(entries) // 3, len(entries) - 1), *PARTS):
        assert_thinned_alike(grown, fresh, start, stop, columns)


@settings(deadline=None)
@given(series(), st.lists(st.integers(0, 6000), max_size=6), st.integers(1, 200))
def test_while_it_grows_a_series_is_thinned_like_one_that_ends_there(entries, lengths, columns):
    grown, length = over(entries), 0
    for piece in pieces(entries, lengths):
        grown.extend(piece)
        length += len(piece)
        assert_thinned_alike(grown, made(entries[:length]), 0, length, columns)


def test_entry_by_entry_a_series_is_thinned_like_one_that_came_at_once():
    entries = np.random.default_rng(3).normal(size=6000)
    entries[[0, 15, 16, 255, 256, 4095, 4096, 5999]] = np.nan
    grown = over(entries)
    for entry in entries:
        grown.extend(np.array([entry]))
    for columns in (1, 3, 50, 700):
        for part in PARTS:
            assert_thinned_alike(grown, made(entries), *part, columns)


# -- what cannot be afforded -----------------------------------------------------------------


@settings(deadline=None)
@given(series(), st.integers(1, 300), st.data())
def test_without_reading_entries_a_picture_still_brackets_them(entries, columns, data):
    def refuse(start, stop):
        raise AssertionError(f"entries {start} to {stop} were read")

    envelope = Over(refuse, lambda *_: False)
    for piece in pieces(entries, data.draw(st.lists(st.integers(0, 6000), max_size=3))):
        envelope.extend(piece)
    start = data.draw(st.integers(0, len(entries) - 1))
    stop = data.draw(st.integers(start + 1, len(entries)))
    at, heights = envelope.thinned(start, stop, columns)
    assert 2 <= len(at) == len(heights) <= 2 * columns
    assert start - 16 * max(1, (stop - start) // columns) < at[0] <= start
    assert at[-1] < stop
    assert (np.diff(at[::2]) > 0).all()
    edges = [*at[0::2], len(entries)]
    for first, last, low, high in zip(edges, edges[1:], heights[0::2], heights[1::2], strict=False):
        true_low, true_high = extremes(entries[max(first, start) : min(last, stop)])
        assert np.isnan(true_low) or low <= true_low
        assert np.isnan(true_high) or high >= true_high


def test_what_cannot_be_afforded_is_shown_in_blocks_of_sixteen():
    entries = np.arange(1000.0)
    envelope = over(entries, lambda start, stop: stop - start <= 50)
    envelope.extend(entries)
    at, heights = envelope.thinned(100, 150, 400)
    assert (at.tolist(), heights.tolist()) == ([*range(100, 150)], [*range(100, 150)])
    at, heights = envelope.thinned(100, 200, 400)
    assert at.tolist() == [start for start in range(96, 200, 16) for _ in range(2)]
    assert heights.tolist() == [
        height for start in range(96, 200, 16) for height in (start, start + 15)
    ]


def test_a_few_entries_that_fill_no_block_are_shown_even_if_they_cannot_be_afforded():
    envelope = over(np.array([3.0, 1.0, 2.0]), lambda *_: False)
    envelope.extend(np.array([3.0, 1.0, 2.0]))
    at, heights = envelope.thinned(0, 3, 100)
    assert (at.tolist(), heights.tolist()) == ([0, 0], [1, 3])


def test_before_there_is_an_entry_there_is_nothing_to_show():
    for affordable in (True, False):
        envelope = over(np.empty(0), lambda *_, answer=affordable: answer)
        assert [len(each) for each in envelope.thinned(0, 10, 5)] == [0, 0]
        envelope.extend(np.empty(0))
        assert [len(each) for each in envelope.thinned(0, 10, 5)] == [0, 0]


# -- reading meanwhile -----------------------------------------------------------------------


@settings(deadline=None)
@given(series(), st.integers(0, 6000), st.integers(1, 100))
def test_who_looks_while_it_grows_sees_at_least_what_there_was(entries, length, columns):
    looks = []

    class Watched(Over):
        def _append(self, *arguments):
            super()._append(*arguments)
            looks.append(self.thinned(0, length, columns))

    length = min(length, len(entries))
    envelope = Watched(lambda start, stop: entries[start:stop])
    envelope.extend(entries[:length])
    expected = envelope.thinned(0, length, columns)
    looks.clear()
    envelope.extend(entries[length:])
    for at, heights in looks:
        assert np.array_equal(at, expected[0])
        if length > 2 * columns:
            assert not (heights[0::2] > expected[1][0::2]).any()
            assert not (heights[1::2] < expected[1][1::2]).any()


# -- the rest --------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("affordable", [True, False])
def test_a_series_of_nothing_finite_is_thinned_to_nan(entry, affordable):
    entries = np.full(5000, entry)
    envelope = over(entries, lambda *_: affordable)
    envelope.extend(entries)
    for columns in (10, 400, 2000):
        _, heights = envelope.thinned(0, 5000, columns)
        assert np.isnan(heights).all()


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
