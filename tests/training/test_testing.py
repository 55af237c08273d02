"""The test loss along a run: at which epochs, with which numbers, at what cost."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.training import testing
from app.training.history import History, Stretch
from autograd import Scalar
from autograd.native import compile_tape
from autograd.optimizers import State
from autograd.tape import Tape

X = np.linspace(-2.0, 3.0, 7)
Y = 1.5 * X - 0.5 + np.sin(17 * X)

LONG = 1e9
"""Seconds that are never over."""


def tape() -> Tape:
    m, c, x, y = (Scalar(0.0, require_grad=each in "mc", name=each) for each in "mcxy")
    total = Scalar(0.0)
    term = (y - (m * x + c)) ** 2
    return Tape.record(total / len(X), [m, c], {x: X, y: Y}, {total: term})


def loss(row: np.ndarray) -> float:
    return float(np.mean((Y - row[0] * X - row[1]) ** 2))


def rows(count: int) -> np.ndarray:
    return np.column_stack([np.linspace(0.0, 1.5, count), np.linspace(2.0, -0.5, count)])


def history_of(count: int) -> History:
    history = History(2)
    history.extend(rows(count), np.zeros(count))
    return history


class Counting:
    """An engine that says at how many places it computed the loss."""

    def __init__(self, seconds: float = 0.0, clock: list[float] | None = None) -> None:
        self.count = 0
        self._seconds, self._clock = seconds, clock

    def loss_grid(self, points: np.ndarray) -> np.ndarray:
        self.count += len(points)
        if self._clock is not None:
            self._clock[0] += self._seconds * len(points)
        return np.array([loss(row) for row in points])


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """A clock that goes on only when it is told to."""
    now = [0.0]
    monkeypatch.setattr(testing.time, "perf_counter", lambda: now[0])
    return now


# -- which epochs ----------------------------------------------------------------------------


@given(st.integers(0, 10**7), st.integers(2, 500))
def test_the_epochs_are_about_as_many_as_wanted_and_each_comes_once(epoch, points):
    stride = testing.stride_of(epoch, points)
    epochs = testing.coarse_to_fine(epoch, stride)
    assert sorted(epochs) == list(range(0, epoch + 1, stride))
    assert len(epochs) <= points + 1
    assert stride == 1 or len(epochs) > points / 2


def test_coarse_epochs_come_first():
    assert testing.coarse_to_fine(9, 1) == [0, 8, 4, 2, 6, 1, 3, 5, 7, 9]


# -- which losses ----------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["native", "numpy"])
@pytest.mark.parametrize("count", [1, 2, 150, 1001])
def test_the_curve_is_the_loss_of_the_test_samples_at_the_epochs_parameters(engine, count):
    found = testing.TestLoss(tape(), compile_tape(tape()) if engine == "native" else None)
    epochs, losses = found.curve(history_of(count), count - 1, points=200, seconds=LONG)
    assert found.done
    assert (epochs[0], epochs[-1]) == (0, count - 1)
    assert np.all(np.diff(epochs) > 0)
    assert len(epochs) <= 202
    assert losses == pytest.approx([loss(rows(count)[epoch]) for epoch in epochs], rel=1e-12)


def test_of_single_parameters_it_is_their_loss():
    at = np.array([0.3, -0.7])
    assert testing.TestLoss(tape()).at(at) == pytest.approx(loss(at))


def test_a_loss_that_overflows_is_infinite_without_a_warning():
    assert testing.TestLoss(tape()).at(np.array([1e300, 0.0])) == np.inf


# -- at what cost ----------------------------------------------------------------------------


def test_while_a_run_goes_on_only_new_epochs_are_computed():
    engine = Counting()
    found = testing.TestLoss(tape(), engine)
    history = history_of(3001)
    for epoch in range(100, 3001, 100):
        epochs, losses = found.curve(history, epoch, points=50, seconds=LONG)
        assert losses == pytest.approx([loss(rows(3001)[each]) for each in epochs])
    # 50 at most for each of seven strides, and the newest of each call
    assert engine.count < 400
    before = engine.count
    found.curve(history, 3000, points=50, seconds=LONG)
    assert engine.count - before <= 1


def test_another_run_is_computed_anew():
    found = testing.TestLoss(tape())
    found.curve(history_of(50), 49, seconds=LONG)
    other = History(2)
    other.extend(np.zeros((50, 2)), np.zeros(50))
    _, losses = found.curve(other, 49, seconds=LONG)
    assert losses == pytest.approx(np.full(50, loss(np.zeros(2))))


def test_a_look_takes_no_longer_than_it_may_and_the_rest_comes_with_the_next(clock):
    engine = Counting(seconds=0.001, clock=clock)
    found = testing.TestLoss(tape(), engine)
    history = history_of(101)
    shown = []
    for _ in range(100):
        start = clock[0]
        epochs, _ = found.curve(history, 100, seconds=0.008)
        assert clock[0] - start <= 0.010
        shown.append(len(epochs))
        if found.done:
            break
    assert len(shown) > 5
    assert all(now > before for before, now in itertools.pairwise(shown))
    assert shown[-1] == 101
    assert engine.count < 101 + len(shown)


def test_what_is_there_first_reaches_from_the_first_to_the_newest_epoch(clock):
    found = testing.TestLoss(tape(), Counting(seconds=0.001, clock=clock))
    epochs, _ = found.curve(history_of(101), 100, seconds=0.004)
    assert not found.done
    assert len(epochs) < 10
    assert (epochs[0], epochs[-1]) == (0, 100)


def test_parameters_that_must_be_trained_once_more_count_as_time(clock):
    def state(epoch: int) -> State:
        return State(rows(1001)[epoch], np.empty((0, 2)))

    def again(epoch: int, _state: State, epochs: int) -> Stretch:
        clock[0] += 0.003
        last = epoch + epochs
        return Stretch(epoch + 1, rows(1001)[epoch + 1 : last + 1], np.zeros(epochs), state(last))

    history = History(2, again, kept=10 * 3 * 8)
    history.extend(rows(1001)[:1], np.zeros(1), state(0))
    history.extend(rows(1001)[1:], np.zeros(1000), state(1000), 1.0)
    found = testing.TestLoss(tape())
    for _ in range(1000):
        before = clock[0]
        epochs, losses = found.curve(history, 1000, points=100, seconds=0.008)
        assert clock[0] - before <= 0.012
        assert losses == pytest.approx([loss(rows(1001)[each]) for each in epochs])
        if found.done:
            break
    assert list(epochs) == [*range(0, 1001, 16), 1000]
