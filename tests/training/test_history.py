"""A history grows in one thread while others read it."""

import sys
import threading

import numpy as np
import pytest

from app.training.history import History, Stretch
from autograd.optimizers import State


def extend(history, *rows):
    """Record epochs given as (m, c, loss)."""
    numbers = np.array(rows, dtype=float).reshape(len(rows), 3)
    history.extend(numbers[:, :2], numbers[:, 2])


def filled(epochs, piece=1):
    history = History(2)
    for first in range(0, epochs, piece):
        extend(history, *((e, -e, e / 2) for e in range(first, min(first + piece, epochs))))
    return history


def test_a_new_history_has_no_epoch():
    history = History(2)
    assert len(history) == 0
    assert history.last_epoch == -1
    assert history.losses.shape == (0,)


@pytest.mark.parametrize("piece", [1, 7, 5000])
@pytest.mark.parametrize("epochs", [1, 3, 1023, 1024, 1025, 2049, 5000])
def test_every_epoch_is_kept_however_often_the_arrays_grow(epochs, piece):
    history = filled(epochs, piece)
    assert len(history) == history.last_epoch + 1 == epochs
    assert history.losses.tolist() == [epoch / 2 for epoch in range(epochs)]
    assert [history.loss(epoch) for epoch in range(epochs)] == history.losses.tolist()
    assert [history.parameters(e).tolist() for e in range(epochs)] == [
        [e, -e] for e in range(epochs)
    ]


def test_a_loss_is_a_plain_float_also_where_it_is_not_finite():
    history = History(2)
    extend(history, (0, 0, np.inf))
    extend(history, (0, 0, np.nan))
    assert history.loss(0) == float("inf")
    assert np.isnan(history.loss(1))
    assert type(history.loss(0)) is float


@pytest.mark.parametrize("epoch", [-1, 3, 4, 1000])
def test_an_epoch_that_is_not_recorded_is_an_index_error(epoch):
    history = filled(3)
    for read in (history.loss, history.parameters):
        with pytest.raises(IndexError, match=f"epoch {epoch} is not among the 3 recorded"):
            read(epoch)


# -- what training goes on from --------------------------------------------------------------


def state_at(epoch):
    """Return a state as an optimizer with one slot leaves it."""
    return State(np.array([epoch, -epoch], dtype=float), np.full((1, 2), epoch / 4), epoch)


def kept_with_states(pieces):
    """Return a history of pieces of so many epochs, and what it asked to be computed again."""
    asked = []

    def recompute(epoch, state, epochs):
        asked.append((epoch, epochs))
        assert state.count == epoch
        made = [state_at(each) for each in range(epoch + 1, epoch + 1 + epochs)]
        rows = np.array([each.parameters for each in made])
        return Stretch(epoch + 1, rows, np.zeros(epochs), made[-1])

    history, first = History(2, recompute), 0
    for piece in pieces:
        states = [state_at(each) for each in range(first, first + piece)]
        rows = np.array([each.parameters for each in states])
        history.extend(rows, np.zeros(piece), states[-1], seconds=1.0)
        first += piece
    return history, asked


def test_the_state_at_every_epoch_is_found_from_the_keyframe_before():
    history, asked = kept_with_states([1, 4, 7])  # keyframes at epochs 0, 4 and 11
    for epoch in range(12):
        state = history.state(epoch)
        assert state.parameters.tolist() == [epoch, -epoch] == history.parameters(epoch).tolist()
        assert state.slots.tolist() == [[epoch / 4] * 2]
        assert state.count == epoch
    assert asked == [(0, 1), (0, 2), (0, 3)] + [(4, epochs) for epochs in range(1, 7)]


def test_the_state_of_a_keyframe_is_its_own_and_nothing_is_computed():
    history, asked = kept_with_states([1, 4, 7])
    assert [history.state(epoch).count for epoch in (0, 4, 11)] == [0, 4, 11]
    assert asked == []


@pytest.mark.parametrize("epoch", [-1, 12, 100])
def test_the_state_at_an_epoch_that_is_not_recorded_is_an_index_error(epoch):
    history, asked = kept_with_states([1, 4, 7])
    with pytest.raises(IndexError, match=f"epoch {epoch} is not among the 12 recorded"):
        history.state(epoch)
    assert asked == []


# -- one thread extends while others read ----------------------------------------------------


def test_what_was_read_stays_while_the_history_grows():
    history = filled(3)
    losses, parameters = history.losses, history.parameters(2)
    for _ in range(100):
        extend(history, *[(9, 9, 9)] * 100)
    assert losses.tolist() == [0, 0.5, 1]
    assert parameters.tolist() == [2, -2]


def test_an_epoch_counts_only_once_it_is_written():
    history, lengths = filled(1023), []

    class Watching:
        def __float__(self):
            lengths.append(len(history))
            return 7.0

    for _ in range(3):  # the second makes the arrays grow
        watching = np.array([[Watching(), Watching()]], dtype=object)
        history.extend(watching, np.array([7.0]))
    assert lengths == [1023, 1023, 1024, 1024, 1025, 1025]
    assert history.losses[1022:].tolist() == [511, 7, 7, 7]


@pytest.fixture
def often_switching():
    """Lets threads take turns as often as Python can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("often_switching")
def test_what_another_thread_reads_is_complete_and_never_changes():
    epochs, rounds = 1500, 8  # the arrays grow in each
    histories = [History(2) for _ in range(rounds)]
    seen, problems, reading = [], [], threading.Event()

    def read():
        for history in histories:
            last = -1
            while last < epochs - 1:
                last, losses = history.last_epoch, history.losses
                reading.set()
                seen.append((losses, len(losses)))
                if len(losses) <= last or (
                    last >= 0
                    and (history.loss(last), *history.parameters(last)) != (last, last, -last)
                ):
                    problems.append(last)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    assert reading.wait(20)
    for history in histories:
        for epoch in range(0, epochs, 3):
            extend(history, *((e, -e, e) for e in range(epoch, epoch + 3)))
    reader.join(20)
    assert not reader.is_alive()
    assert problems == []
    assert all(losses.tolist() == list(range(length)) for losses, length in seen)
