"""Beyond what memory keeps, a history computes epochs again, to the last bit."""

from __future__ import annotations

import gc
import itertools
import math
import sys
import threading
import tracemalloc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.study.experiment import Data, Experiment
from app.study.hyperparameters import ClipBy, Optimizer, Schedule, Training, UpdateRule
from app.training import course as course_module
from app.training.history import KEPT, SPACING, History
from app.training.loop import CHUNK
from app.training.trainer import Trainer
from tests.training.bench import ENGINES, PATIENCE, starting_at

DATA = Data(true=(("m", 0.7), ("c", -0.3)), x_from=-2, x_to=2, samples=7, noise=0.2)
ROW = 3 * 8
"""Bytes of an epoch: two parameters and the loss."""


class Clocked(History):
    """A history in which training takes as long as a test says."""

    pace = SPACING / 10
    """Seconds that an epoch takes."""

    def extend(self, parameters, losses, state=None, seconds=0.0):
        super().extend(parameters, losses, state, self.pace * len(losses) if state else seconds)


def keyframe_epochs(history):
    return [keyframe.epoch for keyframe in history._keyframes]


def bits(numbers):
    """Return numbers so that only the same are equal, nan among them."""
    return np.ascontiguousarray(numbers, dtype=float).view(np.int64).tolist()


def made(experiment, kept, keyframes, choose=None, history=Clocked):
    """Return a trainer at epoch 0 whose history keeps so many epochs, and so many keyframes."""
    trainer = Trainer(experiment, choose or ENGINES["native code"])
    size = 500 + 2 * 8 * 3  # of a keyframe with two slots
    trainer.history = history(
        2, trainer.course.compute_again, kept=kept * ROW, keyframes=keyframes * size
    )
    trainer.start()
    return trainer


def follow(trainer, changes, epochs, pieces=(13, 1, 30, 4)):
    """Train so many epochs, in pieces, changing the settings at some epochs."""
    turn = 0
    for epoch, training in [*changes, (epochs, None)]:
        while trainer.history.last_epoch < epoch and not trainer.divergence:
            trainer.advance(min(pieces[turn % len(pieces)], epoch - trainer.history.last_epoch))
            turn += 1
        if training is not None:
            trainer.change(training)
    return trainer.history


def assert_same_history(short, whole, seed=0):
    """Read every epoch of both, many in a random order, and the losses of random parts."""
    assert len(short) == len(whole) == whole.kept
    assert short.kept < len(short)
    generator = np.random.default_rng(seed)
    for epoch in [*generator.permutation(len(whole))[:30].tolist(), *reversed(range(len(whole)))]:
        assert bits(short.parameters(epoch)) == bits(whole.parameters(epoch)), epoch
        assert bits([short.loss(epoch)]) == bits([whole.loss(epoch)]), epoch
    for _ in range(10):
        start, stop = sorted(generator.integers(0, len(whole) + 5, 2).tolist())
        expected = whole.losses[start:stop]
        assert bits(short.losses_between(start, stop)) == bits(expected), (start, stop)


def compare(experiment, changes=(), epochs=300, kept=50, keyframes=6, choose=None, **options):
    """Train an experiment with little memory and with much; return both histories."""
    short, whole = (
        follow(made(experiment, *memory, choose), changes, epochs, **options)
        for memory in ((kept, keyframes), (10_000, 10_000))
    )
    assert_same_history(short, whole)
    return short, whole


# -- every kind of training ------------------------------------------------------------------


@pytest.mark.parametrize("batches", [False, True], ids=["all samples", "mini-batches"])
@pytest.mark.parametrize("schedule", Schedule, ids=lambda each: each.value)
@pytest.mark.parametrize("optimizer", Optimizer, ids=lambda each: each.value)
def test_every_epoch_comes_out_as_it_was(optimizer, schedule, batches):
    training = Training(
        optimizer=optimizer,
        learning_rate=0.003,
        schedule=schedule,
        step_every=37,
        epochs=300,
        batches=batches,
        batch_size=3,
    )
    compare(Experiment(DATA, training=training))


@pytest.mark.parametrize("rule", UpdateRule, ids=lambda each: each.value)
@pytest.mark.parametrize("clip_by", [None, *ClipBy], ids=str)
def test_every_epoch_comes_out_as_it_was_with_any_clipping(clip_by, rule):
    training = Training(
        clipping=clip_by is not None,
        clip_by=clip_by or ClipBy.VALUE,
        clip_bound=0.1,
        update_rule=rule,
        learning_rate=0.003,
    )
    compare(Experiment(DATA, training=training))


@pytest.mark.parametrize(
    "training",
    [
        Training(learning_rate=0.003),
        Training(
            optimizer=Optimizer.ADAM,
            schedule=Schedule.COSINE,
            epochs=300,
            batches=True,
            batch_size=3,
        ),
    ],
    ids=["the notebook's", "Adam with mini-batches"],
)
def test_every_epoch_comes_out_as_it_was_on_the_define_by_run_engine(training):
    changes = [(35, replace(training, learning_rate=0.01)), (75, Training(clip_bound=0.2))]
    options = {"kept": 20, "choose": ENGINES["define by run"]}
    compare(Experiment(DATA, training=training), changes, 110, **options)


def test_a_few_shuffled_samples_at_a_time_make_no_difference(monkeypatch):
    training = Training(batches=True, batch_size=3, epochs=300)
    whole = follow(made(Experiment(DATA, training=training), 10_000, 10_000), [], 300)
    monkeypatch.setattr(course_module, "MOST_SHUFFLED", 40)
    short = follow(made(Experiment(DATA, training=training), 50, 6), [], 300)
    assert_same_history(short, whole)


# -- settings that were changed --------------------------------------------------------------

PLAIN = Training(learning_rate=0.003)
ADAM = replace(PLAIN, optimizer=Optimizer.ADAM)
MOMENTUM = replace(PLAIN, optimizer=Optimizer.MOMENTUM)
CHANGES = {
    "the learning rate": [(60, replace(PLAIN, learning_rate=0.01)), (133, PLAIN)],
    "the optimizer": [(60, ADAM), (134, MOMENTUM)],
    "the optimizer, and back": [(60, ADAM), (134, PLAIN), (200, ADAM)],
    "twice at the same epoch": [(60, ADAM), (60, MOMENTUM), (134, PLAIN), (134, MOMENTUM)],
    "before the first update": [(0, ADAM), (0, MOMENTUM), (100, replace(MOMENTUM, momentum=0.5))],
    "decays": [(60, ADAM), (100, replace(ADAM, decay1=0.5)), (150, replace(ADAM, decay2=0.9))],
    "mini-batches": [
        (60, replace(PLAIN, batches=True)),
        (110, replace(PLAIN, batches=True, batch_size=2)),
        (150, replace(PLAIN, batches=True, batch_size=2, batch_seed=9)),
        (210, PLAIN),
    ],
    "clipping": [
        (60, replace(PLAIN, clipping=False, learning_rate=1e-4)),
        (133, replace(PLAIN, clip_by=ClipBy.NORM)),
        (200, replace(PLAIN, clip_bound=0.01)),
    ],
    "the schedule": [
        (60, replace(PLAIN, schedule=Schedule.COSINE, epochs=290)),
        (133, replace(PLAIN, schedule=Schedule.COSINE, epochs=500)),
        (200, replace(PLAIN, schedule=Schedule.STEP, step_every=20)),
    ],
    "the update rule": [(60, replace(PLAIN, update_rule=UpdateRule.ONCE_PER_PARAMETER))],
    "many times": [
        (epoch, replace(PLAIN, learning_rate=0.0001 * epoch)) for epoch in range(3, 300, 4)
    ],
    "at the very end": [(300, ADAM)],
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=list(CHANGES))
def test_settings_changed_amid_the_run_are_those_of_then(changes):
    compare(Experiment(DATA, training=PLAIN), changes)


trainings = st.builds(
    Training,
    optimizer=st.sampled_from(Optimizer),
    learning_rate=st.sampled_from([0.0005, 0.002, 0.003]),
    schedule=st.sampled_from(Schedule),
    step_every=st.integers(5, 100),
    epochs=st.integers(400, 1000),
    clipping=st.booleans(),
    clip_by=st.sampled_from(ClipBy),
    clip_bound=st.sampled_from([0.05, 1.0]),
    batches=st.booleans(),
    batch_size=st.integers(1, 9),
)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(
    trainings,
    st.lists(st.tuples(st.integers(0, 400), trainings), max_size=5),
    st.lists(st.integers(1, 90), min_size=1, max_size=4),
    st.integers(1, 120),
    st.integers(2, 12),
)
def test_whatever_is_changed_whenever_every_epoch_comes_out_as_it_was(
    training, changes, pieces, kept, keyframes
):
    changes.sort(key=lambda change: change[0])
    experiment = Experiment(DATA, training=training)
    compare(experiment, changes, 400, kept, keyframes, pieces=pieces)


# -- reading meanwhile -----------------------------------------------------------------------


def test_reading_between_epochs_of_training_changes_nothing():
    changes = CHANGES["the optimizer, and back"]
    whole = follow(made(Experiment(DATA, training=PLAIN), 10_000, 10_000), changes, 300)
    trainer, generator = made(Experiment(DATA, training=PLAIN), 20, 5), np.random.default_rng(0)
    for epoch in range(1, 301):
        follow(trainer, [change for change in changes if change[0] == epoch - 1], epoch)
        for read in generator.integers(0, epoch + 1, 3).tolist():
            assert bits(trainer.history.parameters(read)) == bits(whole.parameters(read))
            assert bits([trainer.history.loss(read)]) == bits([whole.loss(read)])
        assert bits(trainer.history.parameters(epoch)) == bits(whole.parameters(epoch))
    assert_same_history(trainer.history, whole)


@pytest.fixture
def often_switching():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("often_switching")
@pytest.mark.parametrize("engine", ENGINES)
def test_one_thread_reads_what_it_has_not_kept_while_another_trains(engine):
    changes = CHANGES["the optimizer, and back"]
    epochs = 5000 if engine == "native code" else 500
    experiment = Experiment(DATA, training=replace(PLAIN, epochs=epochs))
    changes = [(epoch, replace(training, epochs=epochs)) for epoch, training in changes]
    whole = follow(made(experiment, 10_000, 10_000, ENGINES[engine]), changes, epochs)
    trainer = made(experiment, 20, 8, ENGINES[engine])
    history, problems, ended = trainer.history, [], threading.Event()

    def read():
        generator = np.random.default_rng(1)
        try:
            while not ended.is_set():
                last = history.last_epoch
                for epoch in (last, *generator.integers(0, last + 1, 2).tolist()):
                    mine = [*history.parameters(epoch), history.loss(epoch)]
                    if bits(mine) != bits([*whole.parameters(epoch), whole.loss(epoch)]):
                        problems.append(epoch)
                start = int(generator.integers(0, last + 1))
                losses = history.losses_between(start, min(start + 30, last + 1))
                if bits(losses) != bits(whole.losses[start : start + 30][: len(losses)]):
                    problems.append((start, len(losses)))
                at, heights = history.thinned(0, last + 1, 10)
                if len(at) != len(heights) or at[-1] > last or not heights[0] > 0:
                    problems.append(("thinned", last))
        except Exception as error:
            problems.append(error)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    follow(trainer, changes, epochs, pieces=(7, 1, 3))
    ended.set()
    reader.join(PATIENCE)
    assert not reader.is_alive()
    assert problems == []
    assert len(history) == epochs + 1


# -- the border, and what is no epoch --------------------------------------------------------


@pytest.fixture(scope="module")
def both():
    """Return the histories of a run with little memory and with much."""
    experiment = Experiment(DATA, training=replace(ADAM, epochs=3000))
    return (
        follow(made(experiment, 100, 8), [], 3000),
        follow(made(experiment, 10_000, 10_000), [], 3000),
    )


def test_the_epochs_that_are_kept_are_those_from_the_first_on(both):
    short, whole = both
    assert (short.kept, whole.kept) == (100, 3001)
    assert bits(short.losses) == bits(whole.losses[:100])
    assert len(short) == short.last_epoch + 1 == 3001


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, 100), (0, 101), (99, 101), (100, 101), (90, 2000), (100, 100), (0, 0), (2990, 9999)],
)
def test_losses_across_the_border_are_one_series(both, start, stop):
    short, whole = both
    assert bits(short.losses_between(start, stop)) == bits(whole.losses[start:stop])


@pytest.mark.parametrize("columns", [1, 7, 60, 900, 2000])
@pytest.mark.parametrize(("start", "stop"), [(0, 3001), (80, 140), (99, 1300), (2900, 3001)])
def test_the_curve_across_the_border_is_drawn_the_same(both, monkeypatch, start, stop, columns):
    short, whole = both
    monkeypatch.setattr(short, "_seconds", 1e-6)  # a computer that can afford everything
    for mine, its in zip(
        short.thinned(start, stop, columns), whole.thinned(start, stop, columns), strict=True
    ):
        assert bits(mine) == bits(its)


@pytest.mark.parametrize("columns", [1, 7, 60, 900, 2000])
@pytest.mark.parametrize(("start", "stop"), [(0, 3001), (80, 140), (99, 1300), (2900, 3001)])
def test_a_curve_that_takes_too_long_to_compute_again_brackets_it(both, start, stop, columns):
    short, whole = both
    at, heights = short.thinned(start, stop, columns)
    losses = whole.losses[start:stop]
    assert len(at) <= 2 * columns or stop - start <= 2 * columns
    assert start - 4096 < at[0] <= start
    assert heights.min() <= losses.min()
    assert heights.max() >= losses.max()


def noting(history, monkeypatch):
    """Return the list of what a history asks to be computed again."""
    calls, recompute = [], history._recompute

    def note(epoch, state, epochs):
        calls.append(epochs)
        return recompute(epoch, state, epochs)

    monkeypatch.setattr(history, "_recompute", note)
    return calls


def test_what_takes_too_long_is_not_computed_again_for_a_picture(both, monkeypatch):
    short, _ = both  # an epoch takes SPACING / 10
    calls = noting(short, monkeypatch)
    at, _ = short.thinned(1000, 2000, 2000)
    assert calls == []
    assert len(at) == 2 * 63
    at, _ = short.thinned(1000, 1019, 2000)
    assert at.tolist() == [*range(1000, 1019)]


def test_epochs_count_only_once_the_curve_has_them(monkeypatch):
    history, lengths = History(2), []
    extend = history._envelope.extend

    def watch(losses):
        lengths.append(len(history))
        extend(losses)
        lengths.append(len(history))
        for columns in (2, 100):
            at, heights = history.thinned(0, 10**6, columns)  # more than there is
            assert len(at) == len(heights)
            assert len(history) == 0 or at[-1] <= history.last_epoch

    monkeypatch.setattr(history._envelope, "extend", watch)
    for _ in range(3):
        history.extend(np.zeros((8, 2)), np.zeros(8))
    assert lengths == [0, 0, 8, 8, 16, 16]


@pytest.mark.parametrize("epoch", [-1, 3001, 10**9])
def test_an_epoch_that_is_not_recorded_is_an_index_error(both, epoch):
    for read in (both[0].loss, both[0].parameters):
        with pytest.raises(IndexError, match=f"epoch {epoch} is not among the 3001 recorded"):
            read(epoch)


def test_without_a_way_to_compute_it_again_an_epoch_that_is_not_kept_is_told():
    history = History(2, kept=10 * ROW)
    history.extend(np.zeros((25, 2)), np.zeros(25))
    assert history.loss(9) == 0
    with pytest.raises(LookupError, match="epoch 15 is neither kept nor after a keyframe"):
        history.loss(15)


def test_what_was_read_is_not_computed_again(both, monkeypatch):
    short, _ = both
    calls = noting(short, monkeypatch)
    keyframes = keyframe_epochs(short)
    first, last = next(pair for pair in itertools.pairwise(keyframes) if pair[0] > 100)
    for epoch in range(first, last + 1):  # as someone who goes through the epochs does
        short.parameters(epoch)
        short.loss(epoch)
    assert sum(calls) <= last - first + 10  # an epoch takes SPACING / 10
    assert len(calls) <= 1 + (last - first) // 10


# -- divergence ------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_the_epoch_that_diverged_is_the_last_and_comes_out_as_it_was(engine):
    training = Training(learning_rate=0.8, clipping=False, epochs=5000)
    experiment = Experiment(DATA, training=training)
    trainer = made(experiment, 30, 6, ENGINES[engine])
    short = follow(trainer, [], 5000)
    whole = follow(made(experiment, 10_000, 10_000, ENGINES[engine]), [], 5000)
    assert 60 < trainer.divergence.epoch == short.last_epoch < 5000
    assert not math.isfinite(short.loss(short.last_epoch))
    assert_same_history(short, whole)
    _, heights = short.thinned(0, len(short), 10)
    assert np.isfinite(heights).all()


def test_a_run_that_diverges_at_epoch_0_has_this_epoch():
    trainer = made(Experiment(DATA, initial=starting_at(1e300, 0.25)), 1, 2)
    assert trainer.divergence.epoch == 0
    assert trainer.history.loss(0) == math.inf
    assert bits(trainer.history.parameters(0)) == bits([1e300, 0.25])


# -- keyframes -------------------------------------------------------------------------------


def test_keyframes_are_some_time_of_training_apart_and_the_newest_is_the_last_epoch():
    history = follow(made(Experiment(DATA, training=PLAIN), 10, 1000), [], 300, pieces=(1,))
    epochs = keyframe_epochs(history)
    assert (epochs[0], epochs[-1]) == (0, 300)
    assert set(np.diff(epochs[:-1]).tolist()) <= {10, 11}  # ten take SPACING


def test_too_many_keyframes_are_thinned_as_often_as_need_be():
    trainer = made(Experiment(DATA, training=replace(PLAIN, epochs=4000)), 10, 8)
    widest = []
    for epoch in range(4000):
        follow(trainer, [], epoch + 1, pieces=(1,))
        epochs = keyframe_epochs(trainer.history)
        assert len(epochs) <= 8
        assert (epochs[0], epochs[-1]) == (0, epoch + 1)
        assert epochs == sorted(epochs)
        widest.append(int(np.diff(epochs).max()))
    assert widest[-1] >= 16 * widest[11]
    assert widest[-1] <= 4 * 4000 / 8


@pytest.mark.parametrize("keyframes", [0, 1, 2, 3])
def test_hardly_any_room_for_keyframes_is_enough(keyframes):
    short, _ = compare(Experiment(DATA, training=ADAM), [(100, PLAIN)], keyframes=keyframes)
    assert len(keyframe_epochs(short)) <= max(2, keyframes)


def test_no_room_for_epochs_is_enough():
    compare(Experiment(DATA, training=ADAM), kept=0)


# -- memory ----------------------------------------------------------------------------------


def test_a_long_run_takes_bounded_memory(monkeypatch):
    epochs, kept, keyframes = 300_000, 2000, 100
    trainer = made(Experiment(DATA, training=replace(ADAM, epochs=epochs)), kept, keyframes)
    trainer.advance(1000)  # compiled by now
    monkeypatch.setattr(Clocked, "pace", 1e-6)
    tracemalloc.start()
    try:
        follow(trainer, [], epochs, pieces=(2500,))
        for epoch in (5000, 123_456, 299_999):
            trainer.history.loss(epoch)
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    history = trainer.history
    stretch = ROW * max(np.diff(keyframe_epochs(history)).max(), 2500)
    envelope = 2 * epochs / 16 * 16 * 16 / 15  # two numbers for 16 epochs, twice at most
    assert len(history) == epochs + 1
    assert used < kept * ROW + keyframes * 550 + 2 * stretch + envelope + 200_000
    assert used < epochs * ROW / 4


def test_what_a_run_has_kept_is_freed_with_the_run():
    trainer = made(Experiment(DATA, training=ADAM), 100, 10)
    trainer.advance(500)
    trainer.history.thinned(0, 500, 10)
    kept = weakref.ref(trainer.history)
    gc.disable()  # the collector of cycles may not come for long
    try:
        del trainer
        assert kept() is None
    finally:
        gc.enable()


def test_a_keyframe_takes_about_the_memory_it_says():
    trainer = made(Experiment(DATA, training=replace(ADAM, epochs=3000)), 1, 100_000)
    trainer.advance(10)
    tracemalloc.start()
    try:
        follow(trainer, [], 2010, pieces=(1,))
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    history = trainer.history
    count = len(keyframe_epochs(history)) - 1
    assert count >= 180
    said = history._keyframes[-1].size
    assert used / count < 3 * said


# -- a real run ------------------------------------------------------------------------------


def test_a_million_epochs_with_the_apps_own_memory():
    epochs = 1_100_000
    experiment = Experiment(training=Training(epochs=epochs, optimizer=Optimizer.MOMENTUM))
    one = Trainer(experiment)
    one.start()
    while one.advance(one.epochs_within(CHUNK / 2)):  # as the loop does
        pass
    two = made(experiment, 2 * epochs, 10, history=History)
    two.advance(epochs)
    short, whole = one.history, two.history
    assert len(short) == len(whole) == epochs + 1
    assert short.kept == KEPT // ROW < epochs < whole.kept
    assert bits(short.losses) == bits(whole.losses[: short.kept])
    generator = np.random.default_rng(2)
    beyond = generator.integers(short.kept, epochs + 1, 60).tolist()
    for epoch in [short.kept - 1, short.kept, short.kept + 1, *beyond, epochs]:
        assert bits(short.parameters(epoch)) == bits(whole.parameters(epoch))
        assert bits([short.loss(epoch)]) == bits([whole.loss(epoch)])
    for start in (short.kept - 700, *beyond[:5]):
        expected = whole.losses[start : start + 1500]
        assert bits(short.losses_between(start, start + 1500)) == bits(expected)
    for mine, its in zip(
        short.thinned(0, epochs + 1, 800), whole.thinned(0, epochs + 1, 800), strict=True
    ):
        assert bits(mine) == bits(its)
