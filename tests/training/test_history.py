"""A history grows in one thread while others read it."""

import sys
import threading

import numpy as np
import pytest

from app.training.history import History


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
