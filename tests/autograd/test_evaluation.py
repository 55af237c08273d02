"""An evaluation has all numbers of a tape: values, gradients, what flows, and "what if"."""

import math

import numpy as np
import pytest

from autograd import Scalar
from autograd.evaluation import Evaluation
from autograd.rules import SUM
from autograd.tape import Tape
from tests.autograd.folded import gradient_bounds, same
from tests.autograd.traced import AT, LOSSES, XS, YS, computed, every_loss, record, traced

SAMPLES = len(XS)
STEP = 1e-5


def index_of(tape, place, sample):
    """Return how to index what is at a place; a sum's last addition is the sum."""
    is_sum = tape.instructions[place].rule is SUM
    return () if sample is None or is_sum else sample


def complete(graph):
    """Return the nodes that a tape has numbers of, with their keys."""
    last = graph.tape.samples - 1
    rules = {place: each.rule for place, each in enumerate(graph.tape.instructions)}
    return {
        key: node
        for key, node in graph.by_key.items()
        if rules[key[0]] is not SUM or key[1] == last
    }


def central_difference(function):
    """Return the derivative at 0, by Richardson's extrapolation of central differences."""
    coarse, fine = ((function(step) - function(-step)) / (2 * step) for step in (2 * STEP, STEP))
    return (4 * fine - coarse) / 3


# Values and gradients.


@every_loss
def test_every_value_is_that_of_the_graphs_node(name):
    trace, _, graph = traced(name)
    evaluation = trace.evaluation
    for (place, sample), node in complete(graph).items():
        value = float(evaluation.values[place][index_of(evaluation.tape, place, sample)])
        assert value == computed(name, node.data)
    assert evaluation.loss == pytest.approx(graph.loss.data, rel=1e-13)
    assert type(evaluation.loss) is float


@every_loss
def test_every_gradient_is_that_of_the_graphs_node(name):
    trace, _, graph = traced(name)
    evaluation = trace.evaluation
    graph.loss.backward()
    bounds = gradient_bounds(graph.loss)
    for (place, sample), node in complete(graph).items():
        gradient = evaluation.gradients[place]
        assert (gradient is not None) == node.has_grad
        if gradient is not None:
            number = gradient[index_of(evaluation.tape, place, sample)]
            assert same(float(number), node.grad, bounds[node])
    leaves = [graph.by_key[place, None] for place in evaluation.tape.parameters]
    assert evaluation.gradient.tolist() == pytest.approx([leaf.grad for leaf in leaves], rel=1e-12)


@every_loss
def test_what_the_samples_contribute_adds_up_with_what_is_outside_them(name):
    trace, _, graph = traced(name)
    evaluation = trace.evaluation
    edges = graph.walk(graph.order())
    inside = (*evaluation.tape.phases.inside, *evaluation.tape.phases.sums)
    for place, contributions in evaluation.contributions.items():
        assert np.shape(contributions) == (SAMPLES,)
        for sample in range(SAMPLES):
            expected = math.fsum(
                edge.contribution
                for edge in edges
                if edge.operand == (place, None) and edge.operation[1] == sample
            )
            assert contributions[sample] == pytest.approx(expected, rel=1e-12, abs=1e-14)
        outside = math.fsum(
            edge.contribution
            for edge in edges
            if edge.operand == (place, None) and edge.operation[0] not in inside
        )
        total = math.fsum(contributions) + outside
        assert evaluation.gradients[place] == pytest.approx(total, rel=1e-12)


@every_loss
def test_the_running_sums_are_the_values_of_the_graphs_additions(name):
    trace, _, graph = traced(name)
    evaluation = trace.evaluation
    for place in evaluation.tape.phases.sums:
        sums = evaluation.running_sums(place)
        expected = [graph.by_key[place, sample].data for sample in range(SAMPLES)]
        assert sums.tolist() == computed(name, expected)
        assert sums[-1] == evaluation.values[place]
        assert evaluation.running_sums(place) is sums


# What flows.


@every_loss
def test_what_flows_over_an_edge_is_what_the_walk_over_the_graph_finds(name):
    trace, _, graph = traced(name)
    evaluation = trace.evaluation
    tape = evaluation.tape
    met = set()
    for edge in graph.walk(graph.order()):
        place, sample = edge.operation
        is_sum = tape.instructions[place].rule is SUM
        if is_sum and edge.index == 0:
            continue  # from one addition to the one before
        index = 0 if is_sum else edge.index
        flow = evaluation.flow(place, index)
        met.add((place, index))
        for number, expected in (
            (flow.local, edge.local),
            (flow.upstream, edge.upstream),
            (flow.contribution, edge.contribution),
        ):
            of_sample = number[sample] if np.ndim(number) else number
            assert float(of_sample) == pytest.approx(expected, rel=1e-12, abs=1e-14)
        np.testing.assert_array_equal(flow.contribution, flow.upstream * flow.local)
        assert evaluation.flow(place, index) is flow
    assert met == {edge for place in range(len(tape.instructions)) for edge in tape.edges(place)}


def test_a_tapes_edges_are_those_to_operands_that_require_a_gradient():
    tape = record(LOSSES["line"])
    lines = {each.rule.name: place for place, each in enumerate(tape.instructions) if each.rule}
    edges = {name: [index for _, index in tape.edges(place)] for name, place in lines.items()}
    assert edges == {
        "multiply": [0], "add": [0, 1], "subtract": [1], "power": [0], "sum": [0], "divide": [0],
    }  # fmt: skip
    assert tape.edges(tape.parameters[0]) == []


def test_the_local_derivative_of_a_sum_is_one_for_every_sample_and_a_leaf_has_none():
    tape = record(LOSSES["line"])
    values = tape.forward(AT)
    (place,) = tape.phases.sums
    assert tape.local_derivative(place, 0, values).tolist() == [1.0] * SAMPLES
    leaf = tape.parameters[0]
    with pytest.raises(ValueError, match=f"place {leaf} is a leaf: it has no operands"):
        tape.local_derivative(leaf, 0, values)


# What if.


@every_loss
def test_a_gradient_is_how_the_loss_answers_to_another_value_there(name):
    tape = record(LOSSES[name])
    evaluation = Evaluation(tape, AT)
    for place, instruction in enumerate(tape.instructions):
        if not instruction.require_grad:
            continue
        gradients = np.broadcast_to(evaluation.gradients[place], np.shape(evaluation.values[place]))
        for index in np.ndindex(np.shape(evaluation.values[place])):

            def loss(step, place=place, index=index):
                other = np.array(evaluation.values[place])
                other[index] += step
                return Evaluation(tape, AT, {place: other}).loss

            assert central_difference(loss) == pytest.approx(gradients[index], rel=1e-6, abs=1e-6)


@every_loss
def test_a_local_derivative_is_how_an_operation_answers_to_another_operand(name):
    tape = record(LOSSES[name])
    evaluation = Evaluation(tape, AT)
    for place, instruction in enumerate(tape.instructions):
        operands = instruction.operands
        for each, index in tape.edges(place):
            if instruction.rule is SUM or operands.count(operands[index]) > 1:
                continue  # each sample's own, or both operands at once

            def value(step, place=place, operand=operands[index]):
                given = {p: evaluation.values[p] for p in tape.instructions[place].operands}
                given[operand] = evaluation.values[operand] + step
                return np.array(tape.forward(AT, given)[place])

            local = np.broadcast_to(evaluation.flow(each, index).local, np.shape(value(0.0)))
            np.testing.assert_allclose(central_difference(value), local, rtol=1e-6, atol=1e-6)


@every_loss
def test_a_value_put_where_it_is_anyway_changes_nothing(name):
    tape = record(LOSSES[name])
    evaluation = Evaluation(tape, AT)
    for place, value in enumerate(evaluation.values):
        again = Evaluation(tape, AT, {place: value})
        assert again.loss == evaluation.loss
        assert again.gradient.tolist() == evaluation.gradient.tolist()


def test_another_parameter_is_as_if_it_had_that_value():
    tape = record(LOSSES["two_sums"])
    m, _ = tape.parameters
    replaced = Evaluation(tape, AT, {m: -2.0})
    there = Evaluation(tape, (-2.0, AT[1]))
    assert replaced.loss == there.loss
    assert replaced.gradient.tolist() == there.gradient.tolist()
    assert replaced.parameters.tolist() == list(AT)


def test_another_column_is_as_if_the_data_were_other():
    xs = [0.5, 1.5, -2.5, 3.5]
    tape, other = record(LOSSES["line"]), record(LOSSES["line"], xs)
    (place,) = (p for p, values in tape.columns.items() if values.tolist() == XS)
    replaced = Evaluation(tape, AT, {place: xs})
    assert replaced.loss == Evaluation(other, AT).loss
    assert replaced.gradient.tolist() == Evaluation(other, AT).gradient.tolist()
    assert tape.columns[place].tolist() == XS


def test_what_lies_before_another_value_stays_and_what_follows_goes_with_it():
    tape = record(LOSSES["line"])
    evaluation = Evaluation(tape, AT)
    (total,) = tape.phases.sums
    replaced = Evaluation(tape, AT, {total: 6.0})
    assert replaced.loss == 6.0 / 4
    for place in tape.phases.inside:
        assert np.array_equal(replaced.values[place], evaluation.values[place])


def test_one_number_stands_for_all_samples():
    tape = record(LOSSES["line"])
    add = next(
        p for p, each in enumerate(tape.instructions) if each.rule and each.rule.name == "add"
    )
    replaced = Evaluation(tape, AT, {add: 2})
    assert replaced.values[add].tolist() == [2.0] * SAMPLES
    assert replaced.loss == pytest.approx(sum((y - 2.0) ** 2 for y in YS) / 4)
    expected = [-2 * (y - 2.0) / 4 for y in YS]
    assert replaced.gradients[add].tolist() == pytest.approx(expected)
    in_c = dict(zip(tape.parameters, replaced.gradient, strict=True))[tape.parameters[1]]
    assert in_c == pytest.approx(sum(expected))


@pytest.mark.parametrize("number", [0, 0.0, -0.0, 1e308, math.inf, -math.inf, math.nan])
@every_loss
def test_any_number_anywhere_neither_raises_nor_warns(name, number):
    tape = record(LOSSES[name])
    for place, instruction in enumerate(tape.instructions):
        replaced = Evaluation(tape, AT, {place: number})
        shape = (SAMPLES,) if instruction.per_sample else ()
        assert np.shape(replaced.values[place]) == shape
        assert replaced.values[place].dtype == float
        assert np.array_equal(replaced.values[place], np.full(shape, float(number)), equal_nan=True)
        assert replaced.gradient.shape == (2,)


# Evaluations.


def test_an_evaluation_keeps_parameters_of_its_own():
    at = np.array(AT)
    evaluation = Evaluation(record(LOSSES["line"]), at)
    at[0] = 17.0
    assert evaluation.parameters.tolist() == list(AT)


def test_a_tape_is_evaluated_as_an_evaluation_says():
    tape = record(LOSSES["ratio_of_sums"])
    loss, gradient = tape.evaluate(AT)
    evaluation = Evaluation(tape, AT)
    assert loss == evaluation.loss
    assert gradient.tolist() == evaluation.gradient.tolist()


def test_without_parameters_there_is_a_loss_and_no_gradient():
    tape = Tape.fold(Scalar(2.0) * Scalar(3.0), [])
    evaluation = Evaluation(tape, [])
    assert evaluation.loss == 6.0
    assert evaluation.gradient.shape == (0,)
    assert tape.edges(len(tape.instructions) - 1) == []
