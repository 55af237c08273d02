"""A branch shares the epochs up to its point and goes on as if nothing else had been trained."""

from __future__ import annotations

import math
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.study.hyperparameters import Optimizer, Schedule, Training
from app.training.branch import branch
from app.training.envelope import Envelope
from app.training.history import History, Stretch
from app.training.trainer import Trainer
from autograd.optimizers import State
from tests.training.bench import DIVERGING, ENGINES, PATIENCE, small

ROW = 3 * 8
"""Bytes of an epoch: two parameters and the loss."""

KEYFRAME = 500 + 2 * 8 * 3
"""Bytes of a keyframe with two slots."""

PLENTY, LITTLE = (10_000, 10_000), (20, 8)
"""How many epochs and keyframes a history keeps."""

SLOWLY = Training(learning_rate=0.0003)


class Clocked(History):
    """A history in which an epoch takes a second, so that keyframes are far apart."""

    def extend(self, parameters, losses, state=None, seconds=0.0):
        super().extend(parameters, losses, state, float(len(losses)) if state else seconds)


def begun(training, memory=PLENTY, engine="native code"):
    """Return a trainer at epoch 0 whose history has so much memory."""
    trainer = Trainer(replace(small(), training=training), ENGINES[engine])
    kept, keyframes = memory
    trainer.history = Clocked(
        2, trainer.course.compute_again, kept=kept * ROW, keyframes=keyframes * KEYFRAME
    )
    trainer.start()
    return trainer


def train_to(trainer, epoch, pieces=(7, 1, 13)):
    """Train up to an epoch, in pieces."""
    turn = 0
    while trainer.history.last_epoch < epoch and not trainer.divergence:
        wanted = epoch - trainer.history.last_epoch
        trainer.advance(min(pieces[turn % len(pieces)], wanted))
        turn += 1
    return trainer


def branched(parent, epoch, training, engine="native code"):
    """Return a trainer that goes on from an epoch of another's run with these settings."""
    trainer = Trainer(replace(small(), training=training), ENGINES[engine])
    trainer.go_on_from(branch(parent.history, parent.course, epoch, training))
    return trainer


def bits(numbers):
    """Return numbers so that only the same are equal, nan among them."""
    return np.ascontiguousarray(numbers, dtype=float).view(np.int64).tolist()


def recorded(history):
    """Return all that a history knows, to the bit."""
    epochs = range(len(history))
    states = [history.state(epoch) for epoch in epochs]
    return {
        "parameters": [bits(history.parameters(epoch)) for epoch in epochs],
        "losses": bits(history.losses_between(0, len(history))),
        "slots": [(bits(state.slots), state.count) for state in states],
        "thinned": [
            [bits(part) for part in history.thinned(start, stop, columns)]
            for start, stop in ((0, len(history)), (3, 50), (30, 57))
            for columns in (2, 5)
        ],
    }


# -- what follows is what would have followed ------------------------------------------------


@pytest.mark.parametrize("batches", [False, True], ids=["all samples", "mini-batches"])
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("optimizer", Optimizer, ids=lambda each: each.value)
@pytest.mark.parametrize("memory", [PLENTY, LITTLE], ids=["kept", "keyframes only"])
def test_a_branch_is_the_run_whose_settings_were_changed_there(optimizer, engine, batches, memory):
    first = replace(
        SLOWLY, optimizer=optimizer, batches=batches, batch_size=2, schedule=Schedule.COSINE
    )
    changed = replace(first, learning_rate=0.003, schedule=Schedule.CONSTANT)
    whole = train_to(begun(first, memory, engine), 35)
    whole.change(changed)
    train_to(whole, 60)
    parent = train_to(begun(first, memory, engine), 50)
    train_to(branch_of := branched(parent, 35, changed, engine), 60)
    assert recorded(branch_of.history) == recorded(whole.history)
    assert branch_of.course.changes == whole.course.changes


@pytest.mark.parametrize("after", Optimizer, ids=lambda each: each.value)
@pytest.mark.parametrize(
    "before", [Optimizer.MOMENTUM, Optimizer.ADAM], ids=lambda each: each.value
)
def test_an_optimizer_goes_on_with_what_it_remembers_and_another_begins_anew(before, after):
    first, changed = (replace(SLOWLY, optimizer=each) for each in (before, after))
    whole = train_to(begun(first), 30)
    whole.change(changed)
    branch_of = branched(train_to(begun(first), 40), 30, changed)
    assert recorded(train_to(branch_of, 60).history) == recorded(train_to(whole, 60).history)


@pytest.mark.parametrize("epoch", [0, 1, 15, 16, 19, 20, 21, 59, 60])
@pytest.mark.parametrize("memory", [PLENTY, LITTLE], ids=["kept", "keyframes only"])
def test_one_can_branch_off_at_every_epoch_trained(epoch, memory):
    changed = replace(SLOWLY, optimizer=Optimizer.ADAM)
    parent = train_to(begun(SLOWLY, memory), 60)
    branch_of = branched(parent, epoch, changed)
    assert branch_of.history.last_epoch == epoch
    whole = train_to(begun(SLOWLY, memory), epoch)
    assert recorded(branch_of.history) == recorded(whole.history)
    whole.change(changed)
    assert recorded(train_to(branch_of, 80).history) == recorded(train_to(whole, 80).history)


def test_a_branch_of_a_branch_keeps_all_settings_of_the_way():
    trainings = [replace(SLOWLY, learning_rate=rate) for rate in (0.0003, 0.001, 0.002)]
    first = train_to(begun(trainings[0]), 40)
    second = train_to(branched(first, 20, trainings[1]), 60)
    third = train_to(branched(second, 50, trainings[2]), 70)
    assert third.course.changes == ((0, trainings[0]), (20, trainings[1]), (50, trainings[2]))
    early = train_to(branched(second, 10, trainings[2]), 70)
    assert early.course.changes == ((0, trainings[0]), (10, trainings[2]))
    assert second.course.changes == ((0, trainings[0]), (20, trainings[1]))


@pytest.mark.parametrize("epoch", [-1, 41, 1000])
def test_an_epoch_that_is_not_trained_is_an_index_error(epoch):
    parent = train_to(begun(SLOWLY), 40)
    with pytest.raises(IndexError, match=f"epoch {epoch} is not among the 41 recorded"):
        branch(parent.history, parent.course, epoch, SLOWLY)


def test_a_branch_after_the_last_finite_loss_has_diverged_as_its_parent_has():
    parent = Trainer(DIVERGING)
    parent.start()
    parent.advance(1000)
    last = parent.history.last_epoch
    training = DIVERGING.training
    ended, before = branched(parent, last, training), branched(parent, last - 1, training)
    assert ended.divergence == parent.divergence
    assert before.divergence is None
    before.advance()
    assert before.divergence == parent.divergence


# -- parent and branch are independent -------------------------------------------------------


@pytest.mark.parametrize("memory", [PLENTY, LITTLE], ids=["kept", "keyframes only"])
def test_neither_parent_nor_branch_changes_what_the_other_has(memory):
    parent = train_to(begun(SLOWLY, memory), 60)
    before = recorded(parent.history)
    branch_of = branched(parent, 37, replace(SLOWLY, learning_rate=0.01))
    shared = recorded(branch_of.history)
    train_to(branch_of, 300)
    assert recorded(parent.history) == before
    again = branched(parent, 37, SLOWLY)
    train_to(parent, 300)
    assert recorded(again.history) == shared


def test_a_branch_keeps_as_much_as_its_parent():
    parent = train_to(begun(SLOWLY, LITTLE), 500)
    branch_of = train_to(branched(parent, 400, SLOWLY), 1000)
    assert branch_of.history.kept == parent.history.kept == LITTLE[0]
    assert len(branch_of.history._keyframes) <= LITTLE[1] + 1


def test_nothing_recorded_is_copied_for_a_branch():
    parent = train_to(begun(SLOWLY), 500)
    history = branched(parent, 400, SLOWLY).history
    assert np.shares_memory(history.losses, parent.history.losses)
    assert np.shares_memory(history.parameters(3), parent.history.parameters(3))
    assert history._keyframes[0] is parent.history._keyframes[0]


def test_the_state_at_the_branch_point_is_at_hand():
    parent = train_to(begun(SLOWLY, LITTLE), 500)
    state = parent.history.state(333)
    history = branched(parent, 333, SLOWLY).history
    assert history._keyframes[-1].epoch == 333
    assert history.state(333) is history._keyframes[-1].state
    assert bits(history.state(333).parameters) == bits(state.parameters)


# -- while another thread extends ------------------------------------------------------------


def row_of(epoch):
    return State(np.array([epoch, -epoch], dtype=float), np.zeros((0, 2)), epoch)


def counted_again(epoch, state, epochs):
    """Compute again what :func:`count_up` records: the epoch's own number."""
    assert (state.count, epochs > 0) == (epoch, True)
    numbers = np.arange(epoch + 1, epoch + 1 + epochs, dtype=float)
    return Stretch(
        epoch + 1, np.column_stack([numbers, -numbers]), numbers, row_of(int(numbers[-1]))
    )


def count_up(history, stop, seconds):
    """Record epochs up to one, whose numbers are the epoch's own; three at a time."""
    while len(history) < stop:
        first, epochs = len(history), min(3, 1 + 2 * len(history))  # epoch 0 comes alone
        numbers = np.arange(first, first + epochs, dtype=float)
        rows = np.column_stack([numbers, -numbers])
        history.extend(rows, numbers, row_of(first + epochs - 1), seconds)


@pytest.fixture
def often_switching():
    """Lets threads take turns as often as Python can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("often_switching")
@pytest.mark.parametrize("seconds", [0.0, 1.0], ids=["keyframes replaced", "keyframes dropped"])
def test_one_can_branch_off_while_another_thread_trains(seconds):
    history = History(2, counted_again, kept=50 * ROW, keyframes=20 * KEYFRAME)
    count_up(history, 3, seconds)
    writer = threading.Thread(target=count_up, args=(history, 6000, seconds), daemon=True)
    generator, made = np.random.default_rng(0), []
    writer.start()
    while writer.is_alive() or len(made) < 20:
        epoch = max(0, history.last_epoch - int(generator.integers(0, 4)))
        made.append((epoch, history.branch(epoch, counted_again)))
    writer.join(PATIENCE)
    assert not writer.is_alive()
    for epoch, each in made:
        assert len(each) == epoch + 1
        assert each.state(epoch).count == each.loss(epoch) == epoch
        frames = [keyframe.epoch for keyframe in each._keyframes]
        assert frames == sorted(set(frames))
        assert frames[-1] == epoch
        positions, values = each.thinned(0, epoch + 1, 4)
        assert (positions[0], values.min(), values.max()) == (0, 0, epoch)


def test_time_goes_on_from_the_branch_point():
    history = History(2, counted_again, kept=ROW, keyframes=50 * KEYFRAME)
    count_up(history, 300, 3.0)
    made = history.branch(100, counted_again)
    assert made._keyframes[-1].seconds == pytest.approx(100, abs=4)
    count_up(made, 300, 3.0)
    seconds = [keyframe.seconds for keyframe in made._keyframes]
    assert seconds == sorted(seconds)


# -- the envelope ----------------------------------------------------------------------------


@given(
    before=st.integers(1, 5000),
    share=st.floats(0, 1),
    after=st.integers(0, 700),
    columns=st.integers(1, 40),
)
def test_a_cut_envelope_is_that_of_a_series_that_was_never_longer(before, share, after, columns):
    generator = np.random.default_rng(before)
    series = generator.normal(size=before)
    series[generator.random(before) < 0.01] = math.inf
    length = max(1, round(share * before))
    parent, direct = Envelope(), Envelope()
    parent.extend(series)
    cut = parent.branch(length, lambda start, stop: series[start:stop])
    direct.extend(series[:length])
    more = generator.normal(size=after)
    longer = np.concatenate([series[:length], more])
    for stage in ("cut", "extended"):
        stop = length if stage == "cut" else len(longer)
        for start in (0, stop // 3):
            found, expected = (
                each.thinned(start, stop, columns, lambda a, b: longer[a:b])
                for each in (cut, direct)
            )
            assert [bits(part) for part in found] == [bits(part) for part in expected], stage
        parent.extend(more + 100)
        cut.extend(more)
        direct.extend(more)
