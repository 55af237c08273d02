"""Native training takes the steps that the same training takes over any other evaluation."""

import gc
import json
import math
import threading
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from autograd import Scalar, Tensor, training
from autograd.arithmetic import silent
from autograd.batches import Shuffle
from autograd.native import compile_tape, compiled_tape
from autograd.optimizers import (
    AdaGrad,
    Adam,
    Clipping,
    GradientDescent,
    Momentum,
    Nesterov,
    RMSProp,
    State,
    UpdateRule,
)
from autograd.schedules import Cosine, Step
from autograd.tape import Tape
from autograd.training import MiniBatches
from tests.autograd.compiled import (
    CLOSE,
    XS,
    YS,
    assert_close,
    assert_same_bits,
    line,
    network,
    polynomial,
    recorded,
    squared_error,
    start_of,
)
from tests.autograd.updates import OPTIMIZERS, every_clipping, every_optimizer

TRACE = json.loads(
    (Path(__file__).parents[1] / "data" / "notebook_trace.json").read_text(encoding="utf-8")
)
STABLE = 1e-9


def over_numpy(tape):
    """Return ``evaluate(parameters, samples)`` that reads the tape over NumPy."""

    def evaluate(parameters, chosen):
        if chosen is None:
            return tape.evaluate(parameters)
        part = Tape.__new__(Tape)
        part.__dict__.update(tape.__dict__)
        part.columns = {place: values[chosen] for place, values in tape.columns.items()}
        part.samples = len(chosen)
        scale = tape.samples / part.samples
        # Of all sums, those of values and those of contributions to gradients.
        with patch("autograd.tape.sum_in_order", lambda terms: np.cumsum(terms) * scale):
            return part.evaluate(parameters)

    return evaluate


def batches_of(size, samples=41, epochs=20, seed=5):
    return None if size is None else MiniBatches(size, Shuffle(seed, samples).orders(0, epochs))


def assert_same_runs(actual, expected, tolerance=STABLE):
    assert actual.losses.shape == expected.losses.shape
    assert actual.parameters.shape == expected.parameters.shape
    sizes = abs(expected.parameters).max(axis=0, initial=1e-3)
    assert_close(actual.losses, expected.losses, tolerance=tolerance, what="loss")
    assert_close(actual.parameters, expected.parameters, sizes, tolerance, "parameters")
    assert_close(actual.state.parameters, expected.state.parameters, sizes, tolerance, "state")
    largest = abs(expected.state.slots).max(initial=1e-3)
    assert actual.state.slots.shape == expected.state.slots.shape
    assert_close(actual.state.slots, expected.state.slots, largest, tolerance, "slots")
    assert_close(
        actual.gradient,
        expected.gradient,
        abs(expected.gradient).max(initial=0.1),
        tolerance,
        "gradient",
    )
    assert actual.state.count == expected.state.count


def assert_identical_runs(actual, expected):
    assert_same_bits(actual.losses, expected.losses)
    assert_same_bits(actual.parameters, expected.parameters)
    assert_same_bits(actual.state.parameters, expected.state.parameters)
    assert_same_bits(actual.state.slots, expected.state.slots)
    assert_same_bits(actual.gradient, expected.gradient)
    assert actual.state.count == expected.state.count


def both(tape, compiled, rule, rates, batches=None, start=None):
    """Train natively, and over NumPy; return both runs."""
    state = State.start(start_of(tape) if start is None else start, rule.optimizer)
    expected = training.train(
        over_numpy(tape), state, rates, rule, tape.uses, tape.samples, batches
    )
    return compiled.train(state, rates, rule, batches), expected


@pytest.fixture(scope="module")
def decayed():
    """Return the tape of a line's loss with weight decay, in which m has uses outside."""
    return recorded(
        squared_error, lambda total, m, c: total / 41 + 0.05 * m**2 + c * 0.1, [XS, YS], [0.2, 1.0]
    )


@pytest.fixture(scope="module")
def compiled(decayed):
    return compile_tape(decayed)


def calm(rule):
    """Return learning rates that change, and with which this rule stays far from diverging."""
    rate = {GradientDescent: 0.05, Momentum: 0.01, Nesterov: 0.01}.get(type(rule.optimizer), 0.02)
    if rule.once_per_use:
        rate /= 41
    return rate * Cosine(25).factors(0, 20)


# -- the same steps ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [None, 1, 10, 41, 100])
@pytest.mark.parametrize("once_per_use", [False, True], ids=["once", "once per use"])
@every_clipping
@every_optimizer
def test_every_kind_of_update(decayed, compiled, optimizer, clipping, once_per_use, size):
    rule = UpdateRule(optimizer, clipping, 0.3, once_per_use)
    epochs = 4 if size == 1 else 20  # the NumPy reference takes its time
    rates = calm(rule)[:epochs]
    actual, expected = both(decayed, compiled, rule, rates, batches_of(size))
    assert np.isfinite(expected.losses).all()
    assert len(expected.losses) == epochs
    assert_same_runs(actual, expected)
    assert actual.state.count == epochs * (1 if size is None else math.ceil(41 / size))


def test_the_notebooks_run():
    tape = recorded(
        squared_error, lambda total, _m, _c: total / 41,
        [np.arange(-20.0, 21.0), 2.0 * np.arange(-20, 21) - 9], [TRACE["m"][0], TRACE["c"][0]],
    )  # fmt: skip
    compiled = compile_tape(tape)
    rule = UpdateRule(GradientDescent(), Clipping.VALUE, 1.0, once_per_use=True)
    start = State.start(start_of(tape), rule.optimizer)
    run = compiled.train(start, np.full(2000, 0.001), rule)
    first = compiled.evaluate(start.parameters)[0]
    printed = np.array([first, *run.losses[:-1]]) - 0.001  # its last step moved the loss, too
    assert_close(printed + 0.001, np.array(TRACE["printed_loss"]) + 0.001, what="loss")
    assert_close(printed, TRACE["printed_loss"], scale=0.001, what="printed loss")
    parameters = np.array([start.parameters, *run.parameters])
    assert_close(parameters[-1], [1.9943405118131659, -8.999999999999597])
    assert_close(parameters, np.array([TRACE["m"], TRACE["c"]]).T, what="parameters")


@pytest.mark.parametrize("size", [None, 16])
@pytest.mark.parametrize("parameters", [1, 2, 3, 8, 9, 20])
def test_any_number_of_parameters(parameters, size):
    tape = polynomial(parameters)
    compiled = compile_tape(tape)
    for rule in (
        UpdateRule(Adam(), Clipping.NORM, 0.5),
        UpdateRule(Momentum(), Clipping.VALUE, 0.5, once_per_use=True),
    ):
        assert_same_runs(*both(tape, compiled, rule, calm(rule), batches_of(size)), tolerance=1e-8)


@pytest.mark.parametrize("size", [None, 7, 17])
@pytest.mark.parametrize("samples", [1, 2, 16, 33])
def test_any_number_of_samples(samples, size):
    tape = line(samples)
    rule = UpdateRule(RMSProp())
    runs = both(tape, compile_tape(tape), rule, calm(rule), batches_of(size, samples))
    assert_same_runs(*runs)


def test_a_loss_that_is_not_linear_in_its_sums():
    tape = recorded(
        [squared_error, lambda x, _y, m, _c: Tensor.abs(m * x)],
        lambda total, size, _m, _c: Tensor.sqrt(total / 41) + size / 410,
        [XS, YS],
        [0.5, 0.25],
    )
    compiled = compile_tape(tape)
    for size in (None, 10):
        rule = UpdateRule(Nesterov(), Clipping.NORM, 0.2)
        assert_same_runs(*both(tape, compiled, rule, calm(rule), batches_of(size)))


@pytest.mark.parametrize("size", [None, 10])
def test_a_network(size):
    tape = network()
    rule = UpdateRule(Adam(), Clipping.NORM, 1.0)
    runs = both(tape, compile_tape(tape), rule, np.full(20, 0.01), batches_of(size))
    assert_same_runs(*runs, tolerance=1e-8)
    assert runs[0].losses[-1] < runs[0].losses[0]


def test_a_tape_in_which_nothing_is_repeated():
    m, c = Scalar(0.7, True), Scalar(0.3, True)
    tape = Tape.fold((m - 1) ** 2 + Tensor.exp(c * m) * 0.5)
    compiled = compile_tape(tape)
    for rule in (UpdateRule(Adam()), UpdateRule(Momentum(), once_per_use=True)):
        assert_same_runs(*both(tape, compiled, rule, np.full(20, 0.01)))


def test_a_tape_without_parameters_trains_nothing():
    tape = Tape.fold(Scalar(2) * 3)
    run = compile_tape(tape).train(State.start([], Adam()), np.full(3, 0.1), UpdateRule(Adam()))
    assert run.losses.tolist() == [6.0] * 3
    assert run.parameters.shape == (3, 0)
    assert run.state.slots.shape == (2, 0)


def test_learning_rates_are_taken_epoch_by_epoch(compiled, decayed):
    rule = UpdateRule()
    rates = 0.1 * Step(2, -0.5).factors(0, 7)  # even a negative one
    run = compiled.train(State.start([0.2, 1.0], rule.optimizer), rates, rule)
    at = np.array([0.2, 1.0])
    for rate, parameters in zip(rates, run.parameters, strict=True):
        at = at - rate * decayed.evaluate(at)[1]
        assert_close(parameters, at)
    every_other = compiled.train(State.start([0.2, 1.0], rule.optimizer), rates[::2], rule)
    assert_close(every_other.parameters[0], run.parameters[0])
    assert len(every_other.losses) == 4


@pytest.mark.parametrize("size", [None, 10])
def test_numbers_of_the_update_rule_change_without_compiling(compiled, decayed, size):
    first = UpdateRule(Adam(), Clipping.VALUE, 0.3)
    both(decayed, compiled, first, calm(first), batches_of(size))
    with patch.object(compiled_tape, "Code", side_effect=AssertionError("compiled again")):
        for rule in (
            UpdateRule(Adam(0.5, 0.9, 1e-3), Clipping.VALUE, 0.3),
            UpdateRule(Adam(0.5, 0.9, 1), Clipping.VALUE, 2),
            UpdateRule(Adam(0.0, 0.0), Clipping.VALUE, math.inf),
            UpdateRule(Adam(), Clipping.VALUE, 1e-4),
        ):
            runs = both(decayed, compiled, rule, calm(rule), batches_of(size))
            assert_same_runs(*runs)


def test_hyperparameters_matter(compiled):
    def last(optimizer, **rule):
        state = State.start([0.2, 1.0], optimizer)
        return compiled.train(state, np.full(10, 0.01), UpdateRule(optimizer, **rule)).losses[-1]

    pairs = [
        (Momentum(0.9), Momentum(0.1)), (Nesterov(0.9), Nesterov(0.1)),
        (AdaGrad(1e-10), AdaGrad(0.5)), (RMSProp(0.99), RMSProp(0.5)),
        (RMSProp(), RMSProp(epsilon=0.5)), (Adam(), Adam(decay1=0.5)),
        (Adam(), Adam(decay2=0.5)), (Adam(), Adam(epsilon=0.5)),
    ]  # fmt: skip
    for one, other in pairs:
        assert last(one) != last(other)
    for clipping in (Clipping.VALUE, Clipping.NORM):
        losses = [last(GradientDescent(), clipping=clipping, bound=bound) for bound in (0.1, 0.2)]
        assert losses[0] > losses[1]


# -- what a run returns ------------------------------------------------------------------------


@pytest.mark.parametrize("tape", [line(), polynomial(20)], ids=["line", "polynomial"])
def test_each_row_of_a_run_has_the_parameters_and_their_loss(tape):
    compiled = compile_tape(tape)
    for batches in (None, batches_of(10)):
        rule = UpdateRule(Momentum())
        run = compiled.train(State.start(start_of(tape), rule.optimizer), calm(rule), rule, batches)
        found = [compiled.evaluate(row) for row in run.parameters]
        if batches is None or len(tape.parameters) > 12:  # the same code
            assert_same_bits([loss for loss, _ in found], run.losses)
            assert_same_bits(found[-1][1], run.gradient)
        assert_close([loss for loss, _ in found], run.losses)
        assert_same_bits(run.parameters[-1], run.state.parameters)
        assert_close(run.gradient, found[-1][1])


@pytest.mark.parametrize("size", [None, 10])
def test_no_epochs_change_nothing(compiled, decayed, size):
    rule = UpdateRule(Adam())
    warm = compiled.train(State.start([0.2, 1.0], rule.optimizer), calm(rule), rule)
    for gradient in (None, warm.gradient):
        batches = batches_of(size, epochs=0)
        run = compiled.train(warm.state, np.empty(0), rule, batches, gradient)
        assert run.losses.shape == (0,)
        assert run.parameters.shape == (0, 2)
        assert_same_bits(run.state.parameters, warm.state.parameters)
        assert_same_bits(run.state.slots, warm.state.slots)
        assert run.state.count == 20
        assert_same_bits(run.gradient, warm.gradient)
    expected = training.train(
        over_numpy(decayed), warm.state, np.empty(0), rule, decayed.uses, 41, batches
    )
    assert_same_runs(run, expected)


def test_what_is_given_is_left_alone_and_what_is_returned_is_ones_own(compiled):
    rule = UpdateRule(Adam())
    start = compiled.train(State.start([0.2, 1.0], rule.optimizer), calm(rule), rule)
    given = (start.state.parameters, start.state.slots, start.gradient, rates := calm(rule))
    before = [array.copy() for array in given]
    batches = batches_of(10)
    orders = batches.orders.copy()
    first = compiled.train(start.state, rates, rule, batches, start.gradient)
    kept = [array.copy() for array in (first.losses, first.parameters, first.state.slots)]
    compiled.train(first.state, rates, rule, batches, first.gradient)
    for array, copy in zip(given, before, strict=True):
        assert_same_bits(array, copy)
    for array, copy in zip((first.losses, first.parameters, first.state.slots), kept, strict=True):
        assert_same_bits(array, copy)
    assert (batches.orders == orders).all()
    assert type(first.state.count) is int


@pytest.mark.parametrize("with_gradient", [False, True])
@pytest.mark.parametrize("size", [None, 1, 10, 41])
@pytest.mark.parametrize(
    "rule",
    [
        UpdateRule(Adam()),
        UpdateRule(Momentum(), Clipping.NORM, 0.3),
        UpdateRule(GradientDescent(), Clipping.VALUE, 0.3, once_per_use=True),
    ],
    ids=["Adam", "momentum", "the notebook's"],
)
def test_training_in_parts_gives_the_same_bits(compiled, rule, size, with_gradient):
    start = State.start([0.2, 1.0], rule.optimizer)
    rates = 0.01 * Cosine(60).factors(0, 50)
    shuffle = Shuffle(3, 41)

    def train(state, first, last, gradient=None):
        batches = None if size is None else MiniBatches(size, shuffle.orders(first, last - first))
        return compiled.train(state, rates[first:last], rule, batches, gradient)

    whole = train(start, 0, 50)
    one = train(start, 0, 20)
    two = train(one.state, 20, 50, one.gradient if with_gradient else None)
    assert_same_bits(np.concatenate([one.losses, two.losses]), whole.losses)
    assert_same_bits(np.concatenate([one.parameters, two.parameters]), whole.parameters)
    assert_same_bits(two.state.parameters, whole.state.parameters)
    assert_same_bits(two.state.slots, whole.state.slots)
    assert two.state.count == whole.state.count
    assert_same_bits(two.gradient, whole.gradient)


@pytest.mark.parametrize("tape", [polynomial(20), network((1, 4, 4, 1))], ids=["sums", "long"])
def test_epoch_by_epoch_gives_the_same_bits(tape):
    compiled = compile_tape(tape)
    rule = UpdateRule(Adam(), Clipping.NORM, 0.5)
    state = State.start(start_of(tape), rule.optimizer)
    whole = compiled.train(state, np.full(10, 0.01), rule, batches_of(10, epochs=10))
    orders = batches_of(10, epochs=10).orders
    for epoch in range(10):
        batches = MiniBatches(10, orders[epoch : epoch + 1])
        run = compiled.train(state, np.full(1, 0.01), rule, batches)
        state = run.state
        assert_same_bits(run.losses[0], whole.losses[epoch])
        assert_same_bits(run.parameters[0], whole.parameters[epoch])
    assert_same_bits(state.slots, whole.state.slots)


def test_training_is_the_same_each_time_and_however_often_it_is_compiled(compiled, decayed):
    rule = UpdateRule(Adam(), Clipping.NORM, 0.3)
    state = State.start([0.2, 1.0], rule.optimizer)
    first = compiled.train(state, calm(rule), rule, batches_of(10))
    for other in (compiled, compile_tape(decayed)):
        assert_identical_runs(other.train(state, calm(rule), rule, batches_of(10)), first)


def test_what_does_not_fit_is_refused(compiled):
    rule = UpdateRule()
    state = State.start([0.2, 1.0], rule.optimizer)
    orders = Shuffle(3, 41).orders(0, 5)
    for other in (UpdateRule(Momentum()), UpdateRule(Adam())):
        with pytest.raises(ValueError, match="optimizer"):
            compiled.train(state, np.zeros(5), other)
    with pytest.raises(ValueError, match="2 parameters"):
        compiled.train(State.start([0.2], rule.optimizer), np.zeros(5), rule)
    for wrong in (orders[:4], orders[:, :40], orders[0]):
        with pytest.raises(ValueError, match="order"):
            compiled.train(state, np.zeros(5), rule, MiniBatches(10, wrong))
    for number in (-1, 41):
        wrong = orders.copy()
        wrong[3, 7] = number
        with pytest.raises(ValueError, match="order"):
            compiled.train(state, np.zeros(5), rule, MiniBatches(10, wrong))


@pytest.mark.parametrize("batches", [None, 7])
def test_more_orders_than_epochs_may_be_given(compiled, batches):
    rule = UpdateRule()
    state = State.start([0.2, 1.0], rule.optimizer)
    runs = [
        compiled.train(state, np.full(3, 0.01), rule, batches_of(batches, epochs=epochs))
        for epochs in (3, 20)
    ]
    assert_identical_runs(*runs)


# -- where numbers end -------------------------------------------------------------------------


@pytest.mark.parametrize("size", [None, 10])
@pytest.mark.parametrize("optimizer", OPTIMIZERS[:3], ids=lambda each: type(each).__name__)
def test_training_ends_with_the_first_loss_that_is_not_finite(compiled, decayed, optimizer, size):
    rule = UpdateRule(optimizer)
    batches = batches_of(size, epochs=3000)
    actual, expected = both(decayed, compiled, rule, np.full(3000, 5.0), batches)
    assert 1 < len(actual.losses) < 3000
    assert len(actual.losses) == len(expected.losses) == len(actual.parameters)
    assert np.isfinite(actual.losses[:-1]).all()
    assert not math.isfinite(actual.losses[-1])
    assert_same_bits(actual.parameters[-1], actual.state.parameters)
    count = 1 if size is None else 5
    assert actual.state.count == count * len(actual.losses) == expected.state.count


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_a_learning_rate_or_start_that_is_not_finite_ends_at_once(compiled, bad):
    rule = UpdateRule()
    run = compiled.train(State.start([0.2, 1.0], rule.optimizer), np.array([0.1, bad, 0.1]), rule)
    assert len(run.losses) == 2
    assert math.isfinite(run.losses[0])
    run = compiled.train(State.start([0.2, bad], rule.optimizer), np.full(3, 0.1), rule)
    assert len(run.losses) == 1
    assert not math.isfinite(run.losses[0])


GRADIENTS = [
    [0.0, 0.0], [-0.0, 3.0], [1e200, 1e200], [1e-200, -1e-200], [5e-324, 0.0], [1e308, -1e308],
    [math.inf, 1.0], [-math.inf, math.inf], [math.nan, math.inf], [-math.inf, math.nan],
    [math.nan, 1.0], [1.0, math.nan], [math.nan, 0.0],
    [0.3, 0.0], [0.3, -0.4], [-30.0, 40.0],
]  # fmt: skip


@pytest.mark.parametrize("once_per_use", [False, True], ids=["once", "once per use"])
@every_clipping
@every_optimizer
def test_one_step_from_any_gradient(decayed, compiled, optimizer, clipping, once_per_use):
    rule = UpdateRule(optimizer, clipping, 0.5, once_per_use)
    for gradient in map(np.array, GRADIENTS):
        state = State(np.array([0.2, 1.0]), np.full((optimizer.slots, 2), 0.1), 3)
        run = compiled.train(state, np.array([0.01]), rule, gradient=gradient)
        with silent():
            expected = rule.step(state, gradient, 0.01, decayed.total_uses())
        assert_close(run.state.parameters, expected.parameters, what=f"{gradient}")
        assert_close(run.state.slots, expected.slots, what=f"slots, {gradient}")
        assert run.state.count == 4


# -- threads -----------------------------------------------------------------------------------


def test_python_goes_on_while_training_runs():
    # 20,000 samples an epoch: left alone, training takes seconds.
    tape = recorded(
        squared_error, lambda total, _m, _c: total / 20_000, [range(20_000)] * 2, [0, 0]
    )
    compiled = compile_tape(tape)
    rule = UpdateRule()
    state = State.start([0.5, 0.25], rule.optimizer)
    gradient = compiled.train(state, np.empty(0), rule).gradient
    epochs = 500_000
    runs = []
    for work in (10**exponent for exponent in range(3, 8)):
        rates = np.zeros(epochs)
        started = threading.Event()

        def train(rates=rates, started=started):
            started.set()
            runs.append(compiled.train(state, rates, rule, gradient=gradient))

        thread = threading.Thread(target=train)
        thread.start()
        assert started.wait(60)
        sum(range(work))
        rates[:] = math.nan  # read by the running code, which then ends
        thread.join(120)
        assert not thread.is_alive()
        if len(runs[-1].losses) > 1:  # otherwise training had not begun yet
            break
    assert 1 < len(runs[-1].losses) < epochs
    assert math.isnan(runs[-1].losses[-1])


@pytest.mark.parametrize("size", [None, 10])
def test_two_threads_may_train_one_tape_at_once(decayed, size):
    rule = UpdateRule(Adam())
    rates = np.full(3000, 1e-3)
    batches = batches_of(size, epochs=3000)
    starts = [State.start([at, 1.0 - at], rule.optimizer) for at in (0.1, 0.4, 0.8)]
    alone = compile_tape(decayed)
    expected = [alone.train(start, rates, rule, batches) for start in starts]
    compiled = compile_tape(decayed)
    together = threading.Barrier(len(starts))
    found = {}

    def train(number):
        together.wait(60)
        found[number] = compiled.train(starts[number], rates, rule, batches)

    threads = [threading.Thread(target=train, args=[number]) for number in range(len(starts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    for number, run in enumerate(expected):
        assert_identical_runs(found[number], run)


def test_training_goes_on_after_everything_else_is_gone():
    rule = UpdateRule(Adam())
    state = State.start([0.5, 0.25], rule.optimizer)
    expected = compile_tape(line()).train(state, np.full(10, 0.01), rule)
    gc.collect()
    train = compile_tape(line()).train
    gc.collect()
    assert_identical_runs(train(state, np.full(10, 0.01), rule), expected)
    assert CLOSE < STABLE
