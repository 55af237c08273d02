"""The unfolded trace of an epoch does, step by step, what the define-by-run engine does."""

import tracemalloc

import numpy as np
import pytest

from app.study.data import make_samples
from app.study.experiment import Data, Problem
from app.study.model import record_loss
from autograd import Scalar
from autograd.evaluation import Evaluation
from autograd.rules import SUM
from autograd.tape import Tape
from autograd.trace import Backward, Forward, Seed, UnfoldedTrace
from tests.autograd.folded import gradient_bounds, same
from tests.autograd.traced import (
    AT,
    INEXACT,
    LOSSES,
    XS,
    YS,
    Replay,
    both_traces,
    change_of,
    computed,
    every_loss,
    record,
    traced,
)
from tests.autograd.unrolled import Graph

SAMPLES = len(XS)

# The engine's order is the trace's, unless it finishes the samples of one sum before it comes
# to another sum, or meets an operation that samples share before the last of them.
IN_THE_ENGINES_ORDER = [
    "line", "sum_that_is_the_loss", "mean_in_every_term", "weight_decay", "decay_in_every_term",
    "shared_before", "shared_before_and_used_twice", "squared_sum", "sum_times_itself",
    "parameter_twice_in_a_sample", "intermediate_twice_in_a_sample",
    "parameter_as_the_term", "kinks", "functions", "no_sum",
]  # fmt: skip


def line_of(data):
    """Return the application's loss of some data."""
    return record_loss(Problem(data), make_samples(data).train).tape


def test_a_line_is_computed_as_a_loop_computes_it():
    _, trace, _ = traced("line")
    (m, c), loop, total = AT, [], 0.0
    for x, y in zip(XS, YS, strict=True):
        product = m * x
        prediction = product + c
        difference = y - prediction
        square = difference**2
        loop.append(("multiply", (m, x), product))
        loop.append(("add", (product, c), prediction))
        loop.append(("subtract", (y, prediction), difference))
        loop.append(("power", (difference, 2.0), square))
        loop.append(("sum", (total, square), total + square))
        total += square
    loop.append(("divide", (total, 4.0), total / 4))
    rules = [trace.tape.instructions[entry.place].rule.name for entry in trace[: len(loop)]]
    entries = trace[: trace.forward.stop]
    shown = [(rule, e.inputs, e.value) for rule, e in zip(rules, entries, strict=True)]
    assert shown == loop
    assert [entry.sample for entry in entries] == [*np.repeat(range(4), 5), None]


def test_a_lines_gradients_flow_as_the_engine_goes():
    _, trace, _ = traced("line")
    rules = [
        (trace.tape.instructions[entry.place].rule.name, entry.sample, entry.index)
        for entry in trace[trace.backward.start + 1 : trace.backward.stop]
    ]
    chain = [("sum", 3, 0), ("sum", 3, 1), ("sum", 2, 0), ("sum", 2, 1), ("sum", 1, 0),
             ("sum", 1, 1), ("sum", 0, 1)]  # fmt: skip
    samples = [
        (rule, sample, index)
        for sample in range(4)
        for rule, index in (("power", 0), ("subtract", 1), ("add", 0), ("add", 1), ("multiply", 0))
    ]
    assert rules == [("divide", None, 0), *chain, *samples]
    assert trace[trace.backward.start] == Seed(len(trace.tape.instructions) - 1, None, 1.0)


@every_loss
def test_every_operation_of_the_graph_is_computed_once_from_what_is_known(name):
    _, trace, graph = traced(name)
    known = {key for node, key in graph.keys.items() if not node.operands}
    for entry in trace[: trace.forward.stop]:
        assert type(entry) is Forward
        key = entry.place, entry.sample
        node = graph.by_key[key]
        assert key not in known
        operands = [graph.keys[each] for each in node.operands if each in graph.keys]
        assert set(operands) <= known
        known.add(key)
        assert entry.value == computed(name, node.data)
        for actual, expected in zip(entry.inputs, node.inputs, strict=True):
            assert actual == computed(name, expected)
        assert {type(number) for number in (*entry.inputs, entry.value)} == {float}
    assert known == set(graph.by_key)


@every_loss
def test_the_samples_are_computed_one_after_another(name):
    _, trace, _ = traced(name)
    samples = [entry.sample for entry in trace[: trace.forward.stop]]
    own = [sample for sample in samples if sample is not None]
    assert own == sorted(own)
    first = samples.index(0) if own else 0
    assert None not in samples[first : first + len(own)]


@every_loss
def test_gradients_flow_over_the_graphs_edges_with_its_numbers(name):
    _, trace, graph = traced(name)
    entries = trace[trace.backward.start + 1 : trace.backward.stop]
    shared = trace.tape.phases.before
    for entry, edge in zip(entries, graph.walk(graph.order()), strict=True):
        assert type(entry) is Backward
        assert ((entry.place, entry.sample), entry.index) == (edge.operation, edge.index)
        operand = graph.by_key[edge.operand]
        assert entry.operand == edge.operand[0]
        if trace.tape.instructions[entry.operand].rule is not SUM or entry.operand == entry.place:
            assert entry.operand_sample == edge.operand[1]
        else:
            assert (entry.operand_sample, edge.operand[1]) == (None, SAMPLES - 1)
        assert operand.require_grad
        assert entry.local == computed(name, edge.local)
        assert entry.before == computed(name, edge.before)
        if entry.place in shared:  # whose gradient is a sum, added up in another order
            assert entry.upstream == pytest.approx(edge.upstream, rel=1e-13)
            assert entry.contribution == pytest.approx(edge.contribution, rel=1e-13)
            assert entry.after == pytest.approx(edge.after, rel=1e-13)
        else:
            assert entry.upstream == computed(name, edge.upstream)
            assert entry.contribution == computed(name, edge.contribution)
            assert entry.after == computed(name, edge.after)


@pytest.mark.parametrize("name", IN_THE_ENGINES_ORDER)
def test_the_order_is_the_engines(name):
    _, trace, graph = traced(name)
    flowed = [
        ((entry.place, entry.sample), entry.index)
        for entry in trace[trace.backward.start + 1 : trace.backward.stop]
    ]
    edges = [(edge.operation, edge.index) for edge in graph.walk(graph.operations)]
    assert flowed == edges


@pytest.mark.parametrize("name", sorted(set(LOSSES) - set(IN_THE_ENGINES_ORDER)))
def test_of_other_losses_an_operation_is_complete_before_its_gradient_flows_on(name):
    _, trace, graph = traced(name)
    flowed = [
        ((entry.place, entry.sample), entry.index)
        for entry in trace[trace.backward.start + 1 : trace.backward.stop]
    ]
    edges = graph.walk(graph.operations)
    assert sorted(flowed, key=str) == sorted(
        ((edge.operation, edge.index) for edge in edges), key=str
    )
    assert flowed != [(edge.operation, edge.index) for edge in edges]
    when = {edge: step for step, edge in enumerate(flowed)}
    for into in edges:
        for out in edges:
            if out.operation == into.operand:
                assert when[into.operation, into.index] < when[out.operation, out.index]


@every_loss
def test_the_last_gradients_are_the_engines(name):
    _, trace, graph = traced(name)
    graph.loss.backward()
    bounds = gradient_bounds(graph.loss)
    replay = Replay(trace)
    for entry in trace[trace.backward.start : trace.backward.stop]:
        replay.take(entry)
    graded = {key for key, node in graph.by_key.items() if node.has_grad}
    assert set(replay.gradients) == graded
    for key, gradient in replay.gradients.items():
        node = graph.by_key[key]
        exact = name in IN_THE_ENGINES_ORDER and name not in INEXACT
        exact = exact and key[0] not in (*trace.tape.parameters, *trace.tape.phases.before)
        assert gradient == node.grad if exact else same(gradient, node.grad, bounds[node])


def test_the_walk_over_the_graph_is_the_engines_backward_pass():
    for name in set(LOSSES) - INEXACT:
        *_, graph = traced(name)
        gradients = {edge.operand: edge.after for edge in graph.walk(graph.operations)}
        graph.loss.backward()
        assert {key: graph.by_key[key].grad for key in gradients} == gradients


# Finding steps.


@every_loss
def test_an_entrys_step_is_where_it_was_found_whichever_sample_is_asked_for(name):
    _, trace, _ = traced(name)
    for sample in (0, 2):
        assert [trace.find(entry, sample) for entry in trace] == list(range(len(trace)))


@every_loss
@pytest.mark.parametrize("sample", range(SAMPLES))
def test_a_folded_entrys_step_is_that_of_the_sample(name, sample):
    folded, trace, _ = traced(name)
    for entry in folded:
        step = trace[trace.find(entry, sample)]
        assert type(step) is type(entry)
        assert step.place == entry.place
        rule = folded.tape.instructions[entry.place].rule
        own = folded.tape.instructions[entry.place].per_sample or rule is SUM
        of_a_sample = own and isinstance(entry, Forward | Backward)
        assert step.sample == (sample if of_a_sample else None)
        if isinstance(entry, Backward):
            assert step.operand == entry.operand
            assert step.index == (1 if rule is SUM else entry.index)
            contribution = np.broadcast_to(entry.contribution, SAMPLES)[sample]
            assert step.contribution == contribution
        elif isinstance(entry, Forward) and rule is not SUM:
            assert step.value == np.broadcast_to(entry.value, SAMPLES)[sample]


# What is known.


@every_loss
def test_the_values_in_progress_are_the_nodes_and_the_running_sums(name):
    _, trace, graph = traced(name)
    for index in (0, len(trace) // 2, len(trace) - 1):
        values = trace.progress(index).values
        for (place, sample), node in graph.by_key.items():
            value = values[place] if sample is None else values[place][sample]
            assert float(value) == computed(name, node.data)


@every_loss
def test_in_the_end_everything_is_known(name):
    _, trace, graph = traced(name)
    progress = trace.progress(len(trace) - 1)
    for (place, _), node in graph.by_key.items():
        assert np.all(progress.valued[place])
        assert np.all(progress.graded[place]) == node.require_grad
    assert progress.parameters.tolist() == trace.change.after.parameters.tolist()


# One sample, many samples, and numbers that are none.


def test_a_single_sample_has_one_addition_and_no_chain():
    tape = record(LOSSES["line"], XS[:1], YS[:1])
    trace = both_traces(tape)[1]
    graph = Graph.run(LOSSES["line"], tape, AT, XS[:1], YS[:1])
    entries = trace[trace.backward.start + 1 : trace.backward.stop]
    edges = graph.walk(graph.operations)
    assert [(e.place, e.sample, e.index, e.after) for e in entries] == [
        (*edge.operation, edge.index, edge.after) for edge in edges
    ]
    assert len(trace) == 6 + 1 + 7 + 2
    assert [trace.find(entry) for entry in trace] == list(range(len(trace)))
    last = trace.progress(len(trace) - 1)
    assert [np.all(graded) for graded in last.graded].count(False) == len(tape.columns) + 2


def test_the_applications_loss_is_traced_as_its_graph():
    tape = line_of(Data(samples=7, noise=0.3, noise_seed=4))
    trace, graph = both_traces(tape)[1], Graph.unrolled(tape, AT)
    assert len(trace.forward) == 7 * 5 + 1 == len(graph.operations)
    edges = graph.walk(graph.operations)
    entries = trace[trace.backward.start + 1 : trace.backward.stop]
    assert [(e.place, e.sample, e.index, e.before, e.after) for e in entries] == [
        (*edge.operation, edge.index, edge.before, edge.after) for edge in edges
    ]


@pytest.mark.parametrize("at", [(1e200, 0.3), (1e308, 1e308), (np.inf, 0.0), (np.nan, 1.0)])
@every_loss
def test_numbers_that_overflow_neither_raise_nor_warn(name, at):
    _, trace, graph = traced(name, at)
    for entry in trace:
        if isinstance(entry, Forward):
            node = graph.by_key[entry.place, entry.sample]
            np.testing.assert_allclose(entry.value, node.data, rtol=1e-12, equal_nan=True)
    for index in range(0, len(trace), 7):
        trace.progress(index)
    for entry, edge in zip(
        trace[trace.backward.start + 1 : trace.backward.stop],
        graph.walk(graph.order()),
        strict=True,
    ):
        if name != "kinks":
            np.testing.assert_allclose(entry.local, edge.local, rtol=1e-12, equal_nan=True)
            np.testing.assert_allclose(entry.after, edge.after, rtol=1e-12, equal_nan=True)


def test_of_a_hundred_thousand_samples_only_the_steps_looked_at_are_made():
    count = 100_000
    tape = line_of(Data(samples=count))
    evaluation = Evaluation(tape, AT)
    change = change_of(evaluation)
    tracemalloc.start()
    trace = UnfoldedTrace(evaluation, change)
    assert len(trace) == 5 * count + 1 + 1 + (1 + 2 * count - 1 + 5 * count) + 2
    _, before = tracemalloc.get_traced_memory()
    sample = count // 2
    forward = trace[5 * sample + 1]
    backward = trace[trace.backward.start + 2 + (2 * count - 1) + 5 * sample + 4]
    progress = trace.progress(trace.find(backward))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    m_place = tape.parameters[0]
    assert (forward.sample, backward.sample, backward.operand) == (sample, sample, m_place)
    assert progress.gradients[m_place] == backward.after
    assert backward.after == pytest.approx(
        float(np.sum(evaluation.contributions[m_place][: sample + 1])), rel=1e-9
    )
    assert before < 100e3
    assert peak < 60e6  # a few columns of numbers; the 1.2 million entries would take 200e6


def test_every_step_of_many_samples_is_found_by_arithmetic():
    tape = line_of(Data(samples=100_000))
    trace = UnfoldedTrace(Evaluation(tape, AT))
    for index in (*range(0, len(trace), 53_987), len(trace) - 1):
        assert trace.find(trace[index]) == index


def test_a_leaf_that_is_the_loss_has_nothing_but_the_seed():
    trace = UnfoldedTrace(Evaluation(Tape.fold(Scalar(3.0, True)), [3.0]))
    assert list(trace) == [Seed(0)]
    assert trace.progress(0).gradients == [1.0]
