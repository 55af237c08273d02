"""Traces of random losses, compared with the graphs that do the same node by node."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Scalar
from autograd.rules import SUM
from autograd.tape import Tape
from autograd.trace import Backward, Forward
from tests.autograd.folded import gradient_bounds, same
from tests.autograd.programs import EXAMPLES, STEPS, Program, programs
from tests.autograd.traced import Replay, both_traces
from tests.autograd.unrolled import Graph

# Of these NumPy and math compute the same, to the last bit.
ARITHMETIC = {
    name: STEPS[name]
    for name in ("add", "subtract", "divide", "negate", "absolute", "relu", "maximum", "minimum")
}
NUMBERS = st.floats(-3, 3).map(lambda number: round(number, 3))
# What becomes of the sum of the terms, and of the sum of their squares.
ENDINGS = {
    "sum": lambda total, *_: total,
    "mean": lambda total, *_: total / 3,
    "decay": lambda total, _, m: total / 3 + 0.1 * (m * m),
    "square": lambda total, _, m: (total - m) * total,
    "both": lambda total, squares, m: (total - m) * total + squares / 3,
}


@dataclass(frozen=True)
class Study:
    """A random program in each sample's term, with x and y, and what becomes of the sum."""

    program: Program
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    ending: str

    def tape(self) -> Tape:
        m = Scalar(0, True)
        x, y, total, squares = (Scalar(0) for _ in range(4))
        leaves = (m, x, y)[: len(self.program.at)]
        term = (self.program.over_tensors(*leaves) - m * x) * y
        columns = {x: np.array(self.xs), y: np.array(self.ys)}
        loss = ENDINGS[self.ending](total, squares, m)
        return Tape.record(loss, [m], columns, {total: term, squares: term * term})

    @property
    def at(self) -> tuple[float, ...]:
        return self.program.at[:1]

    def traces_and_graph(self, at=None):
        tape, at = self.tape(), at or self.at
        return *both_traces(tape, at), Graph.unrolled(tape, at)


@st.composite
def studies(draw, steps=STEPS) -> Study:
    samples = draw(st.integers(1, 4))
    columns = [tuple(draw(st.lists(NUMBERS, min_size=samples, max_size=samples))) for _ in "xy"]
    return Study(draw(programs(steps, 6)), *columns, draw(st.sampled_from(sorted(ENDINGS))))


def edge_of(entry):
    return (entry.place, entry.sample), entry.index


def flows(trace):
    return trace[trace.backward.start + 1 : trace.backward.stop]


@EXAMPLES
@given(studies(ARITHMETIC))
def test_the_unfolded_trace_goes_over_the_graphs_edges_bit_for_bit(study):
    _, trace, graph = study.traces_and_graph()
    for entry in trace[: trace.forward.stop]:
        node = graph.by_key[entry.place, entry.sample]
        assert (entry.inputs, entry.value) == (node.inputs, node.data)
    for entry, edge in zip(flows(trace), graph.walk(graph.order()), strict=True):
        assert edge_of(entry) == (edge.operation, edge.index)
        numbers = (entry.local, entry.upstream, entry.contribution, entry.before, entry.after)
        expected = (edge.local, edge.upstream, edge.contribution, edge.before, edge.after)
        if entry.place in trace.tape.phases.before:  # its gradient is added up in another order
            expected = tuple(
                number if number is None else pytest.approx(number, rel=1e-9, abs=1e-9)
                for number in expected
            )
        assert numbers == expected


@EXAMPLES
@given(studies())
def test_both_traces_end_with_the_engines_gradients(study):
    folded, unfolded, graph = study.traces_and_graph()
    graph.loss.backward()
    bounds = gradient_bounds(graph.loss)
    assert {edge_of(entry) for entry in flows(unfolded)} == {
        (edge.operation, edge.index) for edge in graph.walk(graph.operations)
    }
    latest = {trace: {e.operand: e.after for e in flows(trace)} for trace in (folded, unfolded)}
    for place in folded.tape.parameters:
        node = graph.by_key[place, None]
        for trace in (folded, unfolded):
            assert same(float(latest[trace][place]), node.grad, bounds[node], 1e-10)
            update = trace[-1]
            assert same(update.gradient, node.grad, bounds[node], 1e-10)
    for place, gradient in latest[folded].items():
        if folded.tape.instructions[place].per_sample:
            for sample, number in enumerate(gradient):
                node = graph.by_key[place, sample]
                assert same(float(number), node.grad, bounds[node], 1e-10)


@EXAMPLES
@given(studies())
def test_after_any_step_known_is_what_the_steps_up_to_it_left(study):
    for trace in study.traces_and_graph()[:2]:
        replay = Replay(trace)
        for index, entry in enumerate(trace):
            if isinstance(entry, Backward):
                assert np.array_equal(entry.before, replay.gradient_into(entry))
            replay.take(entry)
            replay.check(trace.progress(index))
            replay.check_flowed(lambda *edge, trace=trace, index=index: trace.flowed(*edge, index))


@EXAMPLES
@given(studies(), st.data())
def test_a_step_is_found_by_its_entry_and_by_the_other_traces(study, data):
    folded, unfolded, _ = study.traces_and_graph()
    for trace in (folded, unfolded):
        index = data.draw(st.integers(0, len(trace) - 1))
        assert trace.find(trace[index]) == index
    entry = folded[data.draw(st.integers(0, len(folded) - 1))]
    step = unfolded[unfolded.find(entry, data.draw(st.integers(0, len(study.xs) - 1)))]
    assert repr(folded[folded.find(step)]) == repr(entry)
    if isinstance(entry, Forward) and folded.tape.instructions[entry.place].rule is not SUM:
        value = entry.value if step.sample is None else entry.value[step.sample]
        assert float(value) == step.value


@EXAMPLES
@given(studies(), st.sampled_from([0.0, -0.0, 1e308, -1e200, np.inf, -np.inf, np.nan]))
def test_numbers_that_overflow_neither_raise_nor_warn(study, number):
    folded, unfolded, graph = study.traces_and_graph((number,))
    for trace in (folded, unfolded):
        for index in range(len(trace)):
            trace.progress(index)
    for entry in unfolded[: unfolded.forward.stop]:
        node = graph.by_key[entry.place, entry.sample]
        np.testing.assert_allclose(entry.value, node.data, rtol=1e-9, atol=1e-9, equal_nan=True)
