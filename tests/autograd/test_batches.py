"""The order of the samples: permutations, repeatable, drawn window by window, uniform."""

from __future__ import annotations

from functools import lru_cache
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.batches import Shuffle

SIZES = {1: 140_000, 2: 70_000, 41: 3_400, 1000: 200, 32_768: 7, 65_536: 5, 65_537: 5, 70_000: 5}
"""How many epochs the whole has for so many samples: more than two blocks."""

each_size = pytest.mark.parametrize("samples", SIZES)


@lru_cache
def whole(samples):
    """The first epochs, in one piece, that windows are compared with."""
    orders = Shuffle(3, samples).orders(0, SIZES[samples])
    orders.setflags(write=False)
    return orders


@each_size
def test_every_epoch_visits_every_sample_once(samples):
    orders = whole(samples)
    assert orders.shape == (SIZES[samples], samples)
    assert orders.dtype == np.int64
    assert (np.sort(orders, axis=1) == np.arange(samples)).all()


@each_size
def test_the_same_seed_draws_the_same_orders(samples):
    first, epochs = SIZES[samples] - 2, 2
    one, other = (Shuffle(3, samples).orders(first, epochs) for _ in range(2))
    assert np.array_equal(one, other)
    assert not np.shares_memory(one, other)


@pytest.mark.parametrize("samples", [41, 1000, 70_000])
def test_other_seeds_draw_other_orders(samples):
    orders = [Shuffle(seed, samples).orders(0, 1)[0] for seed in range(20)]
    assert len({each.tobytes() for each in orders}) == 20


@pytest.mark.parametrize("samples", [41, 1000, 32_768, 70_000])
def test_other_epochs_have_other_orders(samples):
    assert len({order.tobytes() for order in whole(samples)}) == SIZES[samples]


@st.composite
def windows(draw):
    """Samples, and a window of the whole; most lie across the border of two blocks or near it."""
    samples = draw(st.sampled_from(list(SIZES)))
    block, last = max(1, 65_536 // samples), SIZES[samples]
    near = st.builds(lambda k, by: k * block + by, st.integers(0, 2), st.integers(-3, 3))
    ends = st.one_of(near, st.integers(0, last)).filter(lambda end: 0 <= end <= last)
    first, end = sorted((draw(ends), draw(ends)))
    return samples, first, end - first


@given(windows())
def test_a_window_is_a_part_of_the_whole(window):
    samples, first, epochs = window
    orders = Shuffle(3, samples).orders(first, epochs)
    assert orders.shape == (epochs, samples)
    assert orders.dtype == np.int64
    assert np.array_equal(orders, whole(samples)[first : first + epochs])


@pytest.mark.parametrize("samples", [41, 1000, 70_000])
def test_a_late_epoch_is_drawn_without_those_before(samples):
    late = 10**12
    three = Shuffle(3, samples).orders(late - 1, 3)
    assert np.array_equal(Shuffle(3, samples).orders(late, 1)[0], three[1])
    assert (np.sort(three, axis=1) == np.arange(samples)).all()


@each_size
@pytest.mark.parametrize("first", [0, 5])
def test_no_epochs_are_no_orders(samples, first):
    orders = Shuffle(3, samples).orders(first, 0)
    assert orders.shape == (0, samples)
    assert orders.dtype == np.int64


# How uniform: a sum of (count − expected)² / expected has a mean of its degrees of freedom,
# d, and a standard deviation of √(2d). The limit is generous, and as the seeds are fixed, it is
# exceeded always or never.


def is_uniform(counts, freedom):
    counts = np.array(counts, dtype=float)
    expected = counts.mean()
    chi_square = np.sum((counts - expected) ** 2) / expected
    return chi_square < freedom + 8 * (2 * freedom) ** 0.5


@pytest.mark.parametrize("seed", [0, 1, 2**31])
def test_each_sample_is_in_each_place_equally_often(seed):
    orders = Shuffle(seed, 5).orders(0, 40_000)
    counts = [np.bincount(place, minlength=5) for place in orders.T]
    assert is_uniform(counts, 16)


@pytest.mark.parametrize("seed", [0, 1, 2**31])
def test_all_orders_are_equally_frequent(seed):
    orders = Shuffle(seed, 4).orders(0, 48_000)
    codes = orders @ [64, 16, 4, 1]
    every = [int(np.dot(order, [64, 16, 4, 1])) for order in permutations(range(4))]
    assert set(codes.tolist()) == set(every)
    assert is_uniform([np.sum(codes == code) for code in every], 23)


def test_an_epoch_knows_nothing_of_the_one_before():
    first = Shuffle(0, 5).orders(0, 40_001)[:, 0]
    pairs = np.bincount(5 * first[:-1] + first[1:], minlength=25)
    assert is_uniform(pairs, 24)


def test_blocks_and_seeds_are_as_random_as_epochs():
    block = 65_536 // 5
    first = np.array(
        [[Shuffle(s, 5).orders(b * block, 1)[0, 0] for b in range(20)] for s in range(20)]
    )
    assert is_uniform(np.bincount(first.ravel(), minlength=5), 4)
    for one, next_one in ((first[1:], first[:-1]), (first[:, 1:], first[:, :-1])):
        assert is_uniform(np.bincount((5 * one + next_one).ravel(), minlength=25), 24)


def test_large_samples_are_shuffled_throughout():
    """Neighbours are a third of the samples apart, on average, and few stay where they were."""
    order = whole(70_000)[0]
    assert np.abs(np.diff(order)).mean() == pytest.approx(70_000 / 3, rel=0.02)
    assert np.abs(order - np.arange(70_000)).mean() == pytest.approx(70_000 / 3, rel=0.02)
    assert np.sum(order == np.arange(70_000)) < 10
