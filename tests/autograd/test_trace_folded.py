"""The folded trace of an epoch does for all samples at once what the engine does for each."""

import math

import numpy as np
import pytest

from autograd.rules import SUM
from autograd.trace import (
    Backward,
    Forward,
    Seed,
)
from tests.autograd.folded import gradient_bounds, same
from tests.autograd.traced import XS, computed, every_loss, traced

SAMPLES = len(XS)


def column(tape, place, number):
    """Return a place's numbers of all samples, or its one."""
    return np.broadcast_to(number, tape.samples if tape.instructions[place].per_sample else 1)


def nodes_at(graph, place):
    """Return the nodes at a place, of a sum its last addition."""
    tape = graph.tape
    if tape.instructions[place].rule is SUM:
        return [graph.by_key[place, tape.samples - 1]]
    own = tape.instructions[place].per_sample
    return [graph.by_key[place, sample] for sample in (range(tape.samples) if own else [None])]


# Forward.


@every_loss
def test_an_instruction_is_computed_for_all_samples_at_once(name):
    trace, _, graph = traced(name)
    tape = trace.tape
    operations = [place for place, each in enumerate(tape.instructions) if each.rule is not None]
    entries = trace[: trace.forward.stop]
    assert [(entry.place, entry.sample) for entry in entries] == [
        (place, None) for place in operations
    ]
    for entry in entries:
        operands = tape.instructions[entry.place].operands
        for place, number in zip(
            (*operands, entry.place), (*entry.inputs, entry.value), strict=True
        ):
            assert np.shape(number) == ((SAMPLES,) if tape.instructions[place].per_sample else ())
            expected = [node.data for node in nodes_at(graph, place)]
            assert column(tape, place, number).tolist() == computed(name, expected)


# Backward.


@every_loss
def test_a_gradient_flows_over_every_edge_that_needs_it_after_all_that_flow_into_it(name):
    trace, _, _ = traced(name)
    tape = trace.tape
    entries = trace[trace.backward.start : trace.backward.stop]
    assert entries[0] == Seed(len(tape.instructions) - 1, None, 1.0)
    expected = [
        (place, index, operand)
        for place in reversed(range(len(tape.instructions)))
        for index, operand in enumerate(tape.instructions[place].operands)
        if tape.instructions[operand].require_grad
    ]
    assert [(entry.place, entry.index, entry.operand) for entry in entries[1:]] == expected
    assert {(entry.sample, entry.operand_sample) for entry in entries[1:]} == {(None, None)}


@every_loss
def test_its_numbers_are_those_of_every_samples_own_edge(name):
    trace, _, graph = traced(name)
    edges = {(*edge.operation, edge.index): edge for edge in graph.walk(graph.order())}
    for entry in trace[trace.backward.start + 1 : trace.backward.stop]:
        instruction = trace.tape.instructions[entry.place]
        is_sum = instruction.rule is SUM
        own = is_sum or instruction.per_sample
        for sample in range(SAMPLES) if own else [None]:
            edge = edges[entry.place, sample, 1 if is_sum else entry.index]
            for number, expected in (
                (entry.local, edge.local),
                (entry.upstream, edge.upstream),
                (entry.contribution, edge.contribution),
            ):
                mine = number[sample] if np.ndim(number) else number
                assert float(mine) == pytest.approx(expected, rel=1e-13, abs=1e-15)


@every_loss
def test_what_was_before_and_what_is_contributed_make_what_is_after(name):
    trace, _, _ = traced(name)
    tape, latest = trace.tape, {}
    for entry in trace[trace.backward.start + 1 : trace.backward.stop]:
        own = tape.instructions[entry.operand].per_sample
        before = latest.get(entry.operand)
        assert (entry.before is None) == (before is None)
        assert before is None or np.array_equal(entry.before, before)
        gain = entry.contribution
        if not own and np.ndim(gain):
            gain = math.fsum(gain)
        after = gain if before is None else before + gain
        assert np.shape(entry.after) == ((SAMPLES,) if own else ())
        if own:
            assert np.array_equal(entry.after, np.broadcast_to(after, SAMPLES))
        else:  # a loop's sum rounds, fsum's does not
            assert float(entry.after) == pytest.approx(float(after), rel=1e-12, abs=1e-14)
        np.testing.assert_array_equal(entry.contribution, entry.upstream * entry.local)
        latest[entry.operand] = entry.after


@every_loss
def test_the_last_gradients_are_the_engines(name):
    trace, _, graph = traced(name)
    graph.loss.backward()
    bounds = gradient_bounds(graph.loss)
    latest = {
        entry.operand: entry.after
        for entry in trace[trace.backward.start + 1 : trace.backward.stop]
    }
    for place, gradient in latest.items():
        numbers = column(trace.tape, place, gradient)
        for node, number in zip(nodes_at(graph, place), numbers, strict=True):
            assert node.has_grad
            assert same(float(number), node.grad, bounds[node])
    assert set(latest) == {
        place
        for place, instruction in enumerate(trace.tape.instructions[:-1])
        if instruction.require_grad
    }


# Finding steps, and what is known.


@every_loss
def test_the_values_in_progress_are_all_there(name):
    trace, _, _ = traced(name)
    for index in range(len(trace)):
        assert all(map(np.array_equal, trace.progress(index).values, trace.evaluation.values))


@every_loss
def test_an_entrys_step_is_where_it_was_found(name):
    folded, unfolded, _ = traced(name)
    assert [folded.find(entry) for entry in folded] == list(range(len(folded)))
    for entry in unfolded:
        step = folded[folded.find(entry)]
        assert type(step) is type(entry)
        assert step.place == entry.place
        if isinstance(entry, Backward):
            is_sum = folded.tape.instructions[entry.place].rule is SUM
            assert step.index == (0 if is_sum else entry.index)


# Numbers that are none.


@pytest.mark.parametrize("at", [(1e200, 0.3), (1e308, 1e308), (np.inf, 0.0), (np.nan, 1.0)])
@every_loss
def test_numbers_that_overflow_neither_raise_nor_warn(name, at):
    trace, _, graph = traced(name, at)
    graph.loss.backward()
    for index, entry in enumerate(trace):
        progress = trace.progress(index)
        assert len(progress.values) == len(trace.tape.instructions)
        if isinstance(entry, Forward):
            expected = [node.data for node in nodes_at(graph, entry.place)]
            value = column(trace.tape, entry.place, entry.value)
            np.testing.assert_allclose(value, expected, rtol=1e-12, equal_nan=True)
    replayed = [trace.progress(trace.backward.stop - 1).gradients[p] for p in trace.tape.parameters]
    for place, gradient in zip(trace.tape.parameters, replayed, strict=True):
        (node,) = nodes_at(graph, place)
        assert math.isfinite(gradient) == math.isfinite(node.grad)
