"""A snapshot shows, for every node of the loss's graph, what the engine computes there."""

import numpy as np
import pytest

from app.study.data import make_samples
from app.study.experiment import Data, Problem
from app.study.model import Curve
from app.training.snapshot import Probe
from autograd import Scalar, Tensor
from tests.training.moments import line_term

RECIPE = Data(true=(("m", 1.7), ("c", -9.0)), samples=23, noise=0.3, noise_seed=4)
PROBLEM = Problem(RECIPE)
PLACES = [(0.764340511813275, 0.2950141610814745), (2.0, -9.0), (-1e3, 1e-7), (1e200, 1.0)]
OVERFLOWING = [(1e154, 0.0), (1e200, -1e200), (1e308, 1e308), (np.inf, 0.0), (0.0, np.nan)]

everywhere = pytest.mark.parametrize("parameters", PLACES + OVERFLOWING, ids=str)


class Graph:
    """The same loss, define by run: one node per sample and operation."""

    def __init__(self, parameters):
        samples = make_samples(RECIPE).train
        self.parameters = [Scalar(value, require_grad=True) for value in parameters]
        self.terms, self.sums = [], []
        total: Tensor = Scalar(0.0)
        for x, y in zip(samples.x.tolist(), samples.y.tolist(), strict=True):
            self.terms.append(line_term(self.parameters, x, y))
            total = total + self.terms[-1]
            self.sums.append(total)
        self.loss = total / len(samples)
        self.loss.backward()


def agrees(mine, engine):
    np.testing.assert_allclose(mine, engine, rtol=1e-12, atol=0, equal_nan=True)


def inside(probe):
    """Return the places of a sample's expression, in the order in which it is computed.

    The constant 2 is one for all samples; the define-by-run graph makes it each time.
    """
    term = probe.tape.instructions[probe.tape.phases.sums[0]].operands[0]
    needed = {term}
    for place in reversed(range(term + 1)):
        if place in needed:
            needed.update(probe.tape.instructions[place].operands)
    return sorted(needed)


@everywhere
def test_every_value_and_gradient_on_the_tape_is_that_of_the_engines_node(parameters):
    probe, graph = Probe(PROBLEM), Graph(parameters)
    evaluation = probe.snapshot(0, parameters).evaluation
    places = inside(probe)
    for sample, term in enumerate(graph.terms):
        nodes = term.nodes()
        assert len(nodes) == len(places)
        for place, node in zip(places, nodes, strict=True):
            value, gradient = evaluation.values[place], evaluation.gradients[place]
            assert (gradient is not None) == node.require_grad
            assert np.ndim(value) == probe.tape.instructions[place].per_sample
            agrees(value[sample] if np.ndim(value) else value, node.data)
            if gradient is not None and node not in graph.parameters:
                agrees(gradient[sample], node.grad)


@everywhere
def test_the_running_sums_the_loss_and_its_gradients_are_the_engines(parameters):
    graph, probe = Graph(parameters), Probe(PROBLEM)
    evaluation = probe.snapshot(0, parameters).evaluation
    (total,) = probe.tape.phases.sums
    agrees(evaluation.running_sums(total), [node.data for node in graph.sums])
    agrees(evaluation.values[total], graph.sums[-1].data)
    agrees(evaluation.loss, graph.loss.data)
    agrees(evaluation.gradient, [leaf.grad for leaf in graph.parameters])
    agrees([evaluation.gradients[total]] * 23, [node.grad for node in graph.sums])
    (term,) = probe.tape.instructions[total].operands
    agrees(evaluation.gradients[term], [node.grad for node in graph.terms])


@everywhere
def test_a_samples_contribution_to_a_parameter_is_its_own_terms_gradient(parameters):
    probe = Probe(PROBLEM)
    evaluation = probe.snapshot(0, parameters).evaluation
    for sample, (x, y) in enumerate(zip(probe.samples.x, probe.samples.y, strict=True)):
        leaves = [Scalar(value, require_grad=True) for value in parameters]
        line_term(leaves, x, y).backward(1 / 23)
        for place, leaf in zip(probe.tape.parameters, leaves, strict=True):
            agrees(evaluation.contributions[place][sample], leaf.grad)


def test_some_of_the_places_overflow_and_some_do_not():
    losses = [Probe(PROBLEM).snapshot(0, place).evaluation.loss for place in PLACES[:3]]
    overflown = [Probe(PROBLEM).snapshot(0, place).evaluation.loss for place in OVERFLOWING]
    assert np.isfinite(losses).all()
    assert not np.isfinite(overflown).any()
    assert np.isinf(overflown).any()
    assert np.isnan(overflown).any()


def test_a_snapshot_says_where_it_was_taken_and_its_loss_is_a_plain_float():
    snapshot = Probe(PROBLEM).snapshot(17, np.array([2.0, 3.0]))
    assert snapshot.epoch == 17
    assert snapshot.parameters.tolist() == [2.0, 3.0]
    assert type(snapshot.evaluation.loss) is float


def test_a_snapshot_keeps_its_parameters_when_those_it_was_given_change():
    given = np.array([2.0, 3.0])
    snapshot = Probe(PROBLEM).snapshot(0, given)
    given[:] = 0.0
    assert snapshot.parameters.tolist() == [2.0, 3.0]


def test_a_probe_is_used_again_at_other_parameters_and_keeps_no_trace():
    probe = Probe(PROBLEM)
    before = probe.snapshot(0, (2.0, 3.0)).evaluation
    probe.snapshot(1, (np.nan, np.inf), {probe.x: 7.0})
    after = probe.snapshot(2, (2.0, 3.0)).evaluation
    assert before.loss == after.loss
    for mine, again in (
        (before.values, after.values),
        (before.gradients, after.gradients),
    ):
        same = [np.array_equal(one, other) for one, other in zip(mine, again, strict=True)]
        assert all(same)


@everywhere
def test_what_belongs_to_samples_has_one_number_for_each(parameters):
    probe = Probe(PROBLEM)
    evaluation = probe.snapshot(0, parameters).evaluation
    assert {*probe.tape.columns} == {probe.x, probe.y}
    for place, instruction in enumerate(probe.tape.instructions):
        shape = (23,) if instruction.per_sample else ()
        for number in (evaluation.values[place], evaluation.gradients[place]):
            assert number is None or np.shape(number) == shape
    for contributions in evaluation.contributions.values():
        assert contributions.shape == (23,)
    assert {*evaluation.contributions} == {*probe.tape.parameters}


def test_a_single_sample_is_enough():
    evaluation = Probe(Problem(Data(samples=1))).snapshot(0, (0.0, 0.0)).evaluation
    assert evaluation.loss == 49.0**2
    assert evaluation.gradient.tolist() == [-2 * -20 * -49, -2 * -49]


def test_the_place_of_the_prediction_holds_the_models_line():
    probe = Probe(PROBLEM)
    predictions = probe.snapshot(0, (2.5, -1.0)).evaluation.values[probe.prediction]
    assert predictions.tolist() == Curve(PROBLEM, probe.samples.x).at((2.5, -1.0)).tolist()


def test_places_are_called_what_the_model_calls_them():
    probe = Probe(PROBLEM)
    m, c = probe.tape.parameters
    symbols = [probe.names.symbol(place) for place in (m, c, probe.x, probe.y, probe.prediction)]
    assert symbols == ["m", "c", "x", "y", "ŷ"]
    assert probe.names.symbol(len(probe.tape.instructions) - 1) == "L"


# -- what if ---------------------------------------------------------------------------------


def test_a_number_replaced_is_seen_by_everything_after_it_and_nothing_before():
    probe = Probe(PROBLEM)
    run = probe.snapshot(0, (2.0, 3.0)).evaluation
    asked = probe.snapshot(0, (2.0, 3.0), {probe.prediction: 0.0}).evaluation
    assert asked.values[probe.x].tolist() == run.values[probe.x].tolist()
    assert asked.values[probe.prediction].tolist() == [0.0] * 23
    assert asked.loss == pytest.approx(np.mean(probe.samples.y**2), rel=1e-12)


def test_a_column_replaced_gives_the_loss_of_other_data():
    probe = Probe(PROBLEM)
    asked = probe.snapshot(0, (2.0, 3.0), {probe.y: np.arange(23.0)}).evaluation
    rest = np.arange(23.0) - (2 * probe.samples.x + 3)
    assert asked.loss == pytest.approx(np.mean(rest**2), rel=1e-12)
    gradient = [np.mean(-2 * probe.samples.x * rest), np.mean(-2 * rest)]
    assert asked.gradient == pytest.approx(gradient, rel=1e-12)


# -- mini-batches ----------------------------------------------------------------------------


def test_the_probe_of_a_batch_is_about_its_samples_in_their_order():
    probe, chosen = Probe(PROBLEM), np.array([7, 0, 22, 7])
    batch = probe.batch(chosen)
    assert probe.chosen is None
    assert batch.chosen is chosen
    assert batch.problem == PROBLEM
    assert batch.tape.samples == 4
    for mine, of_all in (
        (batch.samples.x, probe.samples.x),
        (batch.samples.y, probe.samples.y),
        (batch.samples.truth, probe.samples.truth),
    ):
        assert mine.tolist() == of_all[chosen].tolist()
    rest = batch.samples.y - (2 * batch.samples.x + 3)
    loss = batch.snapshot(0, (2.0, 3.0)).evaluation.loss
    assert loss == pytest.approx(np.mean(rest**2), rel=1e-14)


def test_a_batchs_places_are_those_of_all_samples():
    probe = Probe(PROBLEM)
    batch = probe.batch(np.array([3, 1]))
    assert (batch.x, batch.y, batch.prediction) == (probe.x, probe.y, probe.prediction)
    assert batch.tape.parameters == probe.tape.parameters
    for place, instruction in enumerate(batch.tape.instructions):
        assert instruction.operands == probe.tape.instructions[place].operands
        if not batch.names.is_constant(place):  # the number of samples is another
            assert batch.names.symbol(place) == probe.names.symbol(place)


def test_a_curve_is_the_models_prediction_at_every_x():
    curve = Curve(PROBLEM, x := np.linspace(-3, 3, 7))
    assert curve.x is x
    assert curve.at((2.5, -1.0)).tolist() == (2.5 * x - 1).tolist()
    assert curve.at(np.array([0.0, 4.0])).tolist() == [4.0] * 7


def test_a_curve_that_overflows_is_infinite_without_a_warning():
    curve = Curve(PROBLEM, np.array([-1e3, 0.0, 1e3]))
    assert curve.at((1e308, 0.0)).tolist() == [-np.inf, 0.0, np.inf]
    assert np.isnan(curve.at((np.inf, 0.0))[1])
