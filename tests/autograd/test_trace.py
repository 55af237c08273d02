"""What both kinds of trace of an epoch have in common: stages, updates, the sequence."""

import math

import numpy as np
import pytest

from autograd import Scalar
from autograd.evaluation import Evaluation
from autograd.optimizers import Adam, Clipping, GradientDescent, Momentum, State, UpdateRule
from autograd.tape import Tape
from autograd.trace import (
    Backward,
    FoldedTrace,
    Forward,
    Seed,
    Stage,
    UnfoldedTrace,
    Update,
    stage_of,
)
from tests.autograd.test_folding_networks import DATA, Network
from tests.autograd.traced import (
    AT,
    LOSSES,
    XS,
    YS,
    Replay,
    both_traces,
    change_of,
    every_loss,
    record,
    traced,
)
from tests.autograd.unrolled import Graph

SAMPLES = len(XS)

either_trace = pytest.mark.parametrize("kind", [FoldedTrace, UnfoldedTrace])


def line_trace(kind, rule=None):
    evaluation = Evaluation(record(LOSSES["line"]), AT)
    return kind(evaluation, change_of(evaluation, rule))


# The update.

RULES = {
    "gradient descent": UpdateRule(),
    "once per use": UpdateRule(once_per_use=True),
    "momentum, clipped": UpdateRule(Momentum(0.5), Clipping.NORM, 0.3),
    "Adam, each limited": UpdateRule(Adam(), Clipping.VALUE, 0.2),
}


@either_trace
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_an_update_shows_what_the_rule_makes_of_the_gradient(kind, rule):
    trace = line_trace(kind, rule)
    gradient = trace.evaluation.gradient
    uses = np.array([SAMPLES, SAMPLES]) if rule.once_per_use else np.ones(2)
    after = rule.step(State.start(AT, rule.optimizer), gradient, 0.1, uses)
    entries = trace[trace.update.start :]
    assert [entry.parameter for entry in entries] == [0, 1]
    assert [entry.place for entry in entries] == list(trace.tape.parameters)
    assert [entry.gradient for entry in entries] == gradient.tolist()
    assert [entry.before for entry in entries] == list(AT)
    assert [entry.after for entry in entries] == after.parameters.tolist()
    assert [entry.times for entry in entries] == uses.tolist()
    for entry in entries:
        assert type(entry) is Update
        assert entry.sample is None
        assert entry.learning_rate == 0.1
        expected = entry.before
        for _ in range(entry.times):
            expected -= entry.learning_rate * entry.direction
        assert entry.after == expected
        bound = rule.bound if rule.clipping is not Clipping.NONE else math.inf
        assert abs(entry.clipped) <= bound
        assert entry.clipped * entry.gradient >= 0
        if isinstance(rule.optimizer, GradientDescent):
            assert entry.direction == entry.clipped == entry.gradient


@either_trace
def test_the_last_steps_parameters_are_those_the_next_epoch_begins_with(kind):
    at = np.array(AT)
    for _ in range(3):
        evaluation = Evaluation(record(LOSSES["line"]), at)
        change = change_of(evaluation)
        trace = kind(evaluation, change)
        before_update = trace.progress(trace.update.start - 1).parameters
        assert before_update.tolist() == at.tolist()
        half_way = trace.progress(trace.update.start).parameters
        assert half_way.tolist() == [change.after.parameters[0], at[1]]
        after = trace.progress(len(trace) - 1).parameters
        assert Evaluation(trace.tape, after).loss < evaluation.loss
        assert not np.array_equal(after, at)
        at = after
    assert at.tolist() == change.after.parameters.tolist()


@either_trace
def test_without_a_change_there_are_no_updates(kind):
    whole = line_trace(kind)
    trace = kind(whole.evaluation)
    assert len(trace) == len(whole) - 2
    assert len(trace.update) == 0
    assert trace.indices(Stage.UPDATE) == range(len(trace), len(trace))
    assert trace.progress(len(trace) - 1).parameters.tolist() == list(AT)
    assert isinstance(trace[-1], Backward)


@either_trace
def test_progress_hands_out_parameters_of_its_own(kind):
    trace = line_trace(kind)
    trace.progress(0).parameters[:] = 0.0
    assert trace.progress(0).parameters.tolist() == list(AT)
    assert trace.evaluation.parameters.tolist() == list(AT)


# A sequence.


@either_trace
@every_loss
def test_the_stages_follow_each_other_and_hold_what_is_theirs(kind, name):
    evaluation = Evaluation(record(LOSSES[name]), AT)
    trace = kind(evaluation, change_of(evaluation))
    stages = [trace.stage(index) for index in range(len(trace))]
    assert stages == [stage_of(entry) for entry in trace]
    assert stages == sorted(stages, key=list(Stage).index)
    for stage in Stage:
        indices = trace.indices(stage)
        assert [index for index, each in enumerate(stages) if each is stage] == list(indices)
    kinds = {Stage.FORWARD: Forward, Stage.UPDATE: Update}
    for index, stage in enumerate(stages):
        seeded = Seed if index == trace.backward.start else Backward
        assert type(trace[index]) is kinds.get(stage, seeded)
    assert len(trace) == len(list(trace))


@either_trace
def test_a_line_of_four_samples_has_as_many_steps_as_its_graph(kind):
    trace = line_trace(kind)
    lengths = tuple(map(len, (trace.forward, trace.backward, trace.update)))
    assert lengths == ((6, 1 + 7, 2) if kind is FoldedTrace else (21, 1 + 1 + 7 + 20, 2))


def shown(entries):
    return list(map(repr, entries))


@either_trace
def test_a_trace_is_indexed_and_sliced_like_a_list(kind):
    trace = line_trace(kind)
    entries = list(trace)
    assert shown(trace[index] for index in range(-len(trace), 0)) == shown(entries)
    for part in (slice(2, 5), slice(None, None, 3), slice(None, None, -1), slice(-3, None),
                 slice(5, 2), slice(0, 1000), slice(1000, 2000)):  # fmt: skip
        assert shown(trace[part]) == shown(entries[part])
    assert shown(reversed(trace)) == shown(entries[::-1])
    assert isinstance(trace[1:2], list)


@either_trace
@pytest.mark.parametrize("beyond", [0, 1, 1000])
def test_an_index_beyond_the_ends_is_named(kind, beyond):
    trace = line_trace(kind)
    for index in (len(trace) + beyond, -len(trace) - 1 - beyond):
        with pytest.raises(IndexError) as error:
            trace[index]
        assert str(error.value) == f"the trace has {len(trace)} entries, none of index {index}"


@either_trace
def test_an_entry_is_the_same_whenever_it_is_looked_at(kind):
    forwards, backwards = line_trace(kind), line_trace(kind)
    entries = shown(forwards)
    assert shown(backwards[index] for index in reversed(range(len(backwards)))) == entries[::-1]
    backwards.progress(len(backwards) - 1)
    assert shown(backwards) == shown(forwards) == entries


# What is known after some steps.


@either_trace
@every_loss
def test_progress_is_what_the_steps_up_to_it_left(kind, name):
    trace = next(trace for trace in both_traces(record(LOSSES[name])) if type(trace) is kind)
    replay = Replay(trace)
    for index, entry in enumerate(trace):
        replay.take(entry)
        replay.check(trace.progress(index))
        replay.check_flowed(lambda *edge, index=index: trace.flowed(*edge, index))


# Tapes that were found rather than recorded, and tapes of few samples.


@pytest.mark.parametrize("samples", [2, 4, 5])
def test_a_folded_networks_traces_end_with_its_gradients(samples):
    network = Network()
    loss = 0
    for x, y in DATA[:samples]:
        loss += (y - network(x)) ** 2
    tape = Tape.fold(loss)
    at = [tape.instructions[place].node.data for place in tape.parameters]
    graph = Graph(loss, tape)
    flowed = graph.walk(graph.order())
    loss.backward()
    for trace in both_traces(tape, at):
        assert trace.tape.samples == samples
        replay = Replay(trace)
        for entry in trace[: trace.backward.stop]:
            replay.take(entry)
        for place in tape.parameters:
            gradient = replay.gradients[place, None]
            assert gradient == pytest.approx(tape.instructions[place].node.grad, rel=1e-12)
        assert [trace.find(entry) for entry in trace] == list(range(len(trace)))
    edges = [
        ((entry.place, entry.sample), entry.index, pytest.approx(entry.after, rel=1e-12))
        for entry in trace[trace.backward.start + 1 : trace.backward.stop]
    ]
    assert [(edge.operation, edge.index, edge.after) for edge in flowed] == edges


def test_without_a_sum_both_traces_are_the_same():
    folded, unfolded, _ = traced("no_sum")
    assert folded.tape.samples == 1
    assert shown_as_floats(folded) == shown_as_floats(unfolded)


def shown_as_floats(trace):
    """Return the entries' numbers as Python's, so that they show the same."""
    return [
        tuple(
            tuple(map(float, number)) if isinstance(number, tuple)
            else float(number) if isinstance(number, float | np.ndarray)
            else number
            for number in (getattr(entry, name) for name in entry.__slots__)
        )
        for entry in trace
    ]  # fmt: skip


@either_trace
@every_loss
def test_how_long_a_trace_is_follows_from_the_tape_and_the_number_of_samples(kind, name):
    tape = record(LOSSES[name])
    for samples in [1, 2, 4] if tape.columns else [1]:
        part = record(LOSSES[name], XS[:samples], YS[:samples])
        evaluation = Evaluation(part, AT)
        assert kind.length(tape, samples) == len(kind(evaluation, change_of(evaluation)))
    assert kind.length(tape) == kind.length(tape, tape.samples)


@either_trace
def test_a_leaf_that_is_the_loss_has_a_seed_and_an_update(kind):
    evaluation = Evaluation(Tape.fold(Scalar(3.0, True)), [3.0])
    trace = kind(evaluation, change_of(evaluation))
    seed, update = trace
    assert seed == Seed(0)
    assert (update.gradient, update.before, update.after) == (1.0, 3.0, 3.0 - 0.1)
    assert trace.progress(0).gradients == [1.0]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_samples_are_summed_like_many(count):
    tape = record(LOSSES["line"], XS[:count], YS[:count])
    graph = Graph.run(LOSSES["line"], tape, AT, XS[:count], YS[:count])
    graph.loss.backward()
    folded, unfolded = both_traces(tape)
    assert len(folded) == 6 + 8 + 2
    assert len(unfolded) == (5 * count + 1) + (2 + 2 * count - 1 + 5 * count) + 2
    for trace in (folded, unfolded):
        gradients = trace.progress(len(trace) - 1).gradients
        for place in tape.parameters:
            assert gradients[place] == graph.by_key[place, None].grad
