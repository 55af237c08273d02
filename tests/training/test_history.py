"""A history grows in one thread while others read it."""

import threading

import numpy as np
import pytest

from app.training.history import History


def filled(epochs, capacity=4):
    history = History(2, capacity)
    for epoch in range(epochs):
        history.append([epoch, -epoch], epoch / 2)
    return history


def test_a_new_history_has_no_epoch():
    history = History(2)
    assert len(history) == 0
    assert history.last_epoch == -1
    assert history.losses.shape == (0,)


@pytest.mark.parametrize("epochs", [1, 3, 4, 5, 8, 9, 1000])
def test_every_epoch_is_kept_however_often_the_arrays_grow(epochs):
    history = filled(epochs)
    assert len(history) == history.last_epoch + 1 == epochs
    assert history.losses.tolist() == [epoch / 2 for epoch in range(epochs)]
    assert [history.loss(epoch) for epoch in range(epochs)] == history.losses.tolist()
    assert [history.parameters(e).tolist() for e in range(epochs)] == [
        [e, -e] for e in range(epochs)
    ]


def test_a_loss_is_a_plain_float_also_where_it_is_not_finite():
    history = History(1)
    history.append([0.0], float("inf"))
    history.append([0.0], float("nan"))
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
        history.append([9, 9], 9)
    assert losses.tolist() == [0, 0.5, 1]
    assert parameters.tolist() == [2, -2]


def test_what_another_thread_reads_is_complete_and_never_changes():
    history, epochs = History(2, capacity=1), 20_000
    seen, problems, reading = [], [], threading.Event()

    def read():
        while True:
            last, losses = history.last_epoch, history.losses
            reading.set()
            if last >= 0 and (
                len(losses) <= last
                or losses[-1] != len(losses) - 1
                or history.parameters(last).tolist() != [last, -last]
                or history.loss(last) != last
            ):
                problems.append(last)
            if not seen or len(losses) > 1.5 * len(seen[-1]):
                seen.append(losses)
            if last == epochs - 1:
                return

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    assert reading.wait(20)
    for epoch in range(epochs):
        history.append([epoch, -epoch], epoch)
    reader.join(20)
    assert not reader.is_alive()
    assert problems == []
    assert all(losses.tolist() == list(range(len(losses))) for losses in seen)
