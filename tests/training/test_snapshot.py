"""A snapshot shows, for every node of the loss's graph, what the engine computes there."""

import numpy as np
import pytest

from app.study.data import make_samples
from app.study.experiment import Data
from app.study.model import Curve, predict, sample_loss
from app.training.snapshot import Probe
from autograd import Scalar, Tensor

RECIPE = Data(slope=1.7, samples=23, noise=0.3, noise_seed=4)
PLACES = [(0.764340511813275, 0.2950141610814745), (2.0, -9.0), (-1e3, 1e-7), (1e200, 1.0)]
OVERFLOWING = [(1e154, 0.0), (1e200, -1e200), (1e308, 1e308), (np.inf, 0.0), (0.0, np.nan)]

everywhere = pytest.mark.parametrize("parameters", PLACES + OVERFLOWING, ids=str)


class Graph:
    """The same loss, define by run: one node per sample and operation."""

    def __init__(self, parameters):
        samples = make_samples(RECIPE)
        self.parameters = [Scalar(value, require_grad=True) for value in parameters]
        self.terms, self.sums = [], []
        total: Tensor = Scalar(0.0)
        for x, y in zip(samples.x.tolist(), samples.y.tolist(), strict=True):
            self.terms.append(sample_loss(predict(self.parameters, Scalar(x)), Scalar(y)))
            total = total + self.terms[-1]
            self.sums.append(total)
        self.loss = total / len(samples)
        self.loss.backward()


def agrees(mine, engine):
    np.testing.assert_allclose(mine, engine, rtol=1e-12, atol=0, equal_nan=True)


@everywhere
def test_every_value_and_gradient_on_the_tape_is_that_of_the_engines_node(parameters):
    probe, graph = Probe(RECIPE), Graph(parameters)
    snapshot = probe.snapshot(0, parameters)
    for sample, term in enumerate(graph.terms):
        nodes = term.nodes()
        assert len(nodes) == len(probe.expression)
        for place, node in zip(probe.expression, nodes, strict=True):
            agrees(snapshot.values[place][sample], node.data)
            column = snapshot.gradients[place]
            assert (column is not None) == node.require_grad
            if column is not None and node not in graph.parameters:
                agrees(column[sample], node.grad)


@everywhere
def test_the_running_sums_the_loss_and_its_gradients_are_the_engines(parameters):
    graph, snapshot = Graph(parameters), Probe(RECIPE).snapshot(0, parameters)
    agrees(snapshot.sums, [node.data for node in graph.sums])
    agrees(snapshot.loss, graph.loss.data)
    agrees(snapshot.parameter_gradients, [leaf.grad for leaf in graph.parameters])
    agrees([snapshot.term_gradient] * 23, [node.grad for node in graph.sums])
    agrees([snapshot.term_gradient] * 23, [node.grad for node in graph.terms])


@everywhere
def test_a_samples_contribution_to_a_parameter_is_its_own_terms_gradient(parameters):
    probe = Probe(RECIPE)
    snapshot = probe.snapshot(0, parameters)
    for sample, (x, y) in enumerate(zip(probe.samples.x, probe.samples.y, strict=True)):
        leaves = [Scalar(value, require_grad=True) for value in parameters]
        sample_loss(predict(leaves, Scalar(x)), Scalar(y)).backward(1 / 23)
        for place, leaf in zip(probe.tape.parameters, leaves, strict=True):
            agrees(snapshot.gradients[place][sample], leaf.grad)


def test_some_of_the_places_overflow_and_some_do_not():
    losses = [Probe(RECIPE).snapshot(0, place).loss for place in PLACES[:3] + OVERFLOWING]
    assert np.isfinite(losses[:3]).all()
    assert not np.isfinite(losses[3:]).any()
    assert np.isinf(losses).any()
    assert np.isnan(losses).any()


def test_a_snapshot_says_where_it_was_taken_and_holds_plain_floats():
    snapshot = Probe(RECIPE).snapshot(17, np.array([2.0, 3.0]))
    assert snapshot.epoch == 17
    assert snapshot.parameters.tolist() == [2.0, 3.0]
    assert type(snapshot.loss) is float


def test_a_probe_is_used_again_at_other_parameters_and_keeps_no_trace():
    probe = Probe(RECIPE)
    before = probe.snapshot(0, (2.0, 3.0))
    probe.snapshot(1, (np.nan, np.inf))
    after = probe.snapshot(2, (2.0, 3.0))
    assert before.loss == after.loss
    assert list(before.values) == list(after.values) == list(probe.expression)
    for place in probe.expression:
        assert before.values[place].tolist() == after.values[place].tolist()
        if before.gradients[place] is not None:
            assert before.gradients[place].tolist() == after.gradients[place].tolist()


@everywhere
def test_what_belongs_to_samples_has_one_number_for_each(parameters):
    probe = Probe(RECIPE)
    snapshot = probe.snapshot(0, parameters)
    assert probe.expression[-1] == max(probe.expression)
    assert {*probe.tape.parameters, *probe.tape.columns, probe.prediction} <= {*probe.expression}
    for column in (*snapshot.values.values(), *snapshot.gradients.values(), snapshot.sums):
        assert column is None or column.shape == (23,)


def test_a_single_sample_is_enough():
    snapshot = Probe(Data(samples=1)).snapshot(0, (0.0, 0.0))
    assert snapshot.sums.tolist() == [snapshot.loss] == [49.0**2]
    assert snapshot.parameter_gradients.tolist() == [-2 * -20 * -49, -2 * -49]


def test_the_place_of_the_prediction_holds_the_models_line():
    probe = Probe(RECIPE)
    predictions = probe.snapshot(0, (2.5, -1.0)).values[probe.prediction]
    assert predictions.tolist() == Curve(probe.samples.x).at((2.5, -1.0)).tolist()


def test_a_curve_is_the_models_prediction_at_every_x():
    curve = Curve(x := np.linspace(-3, 3, 7))
    assert curve.x is x
    assert curve.at((2.5, -1.0)).tolist() == (2.5 * x - 1).tolist()
    assert curve.at(np.array([0.0, 4.0])).tolist() == [4.0] * 7


def test_a_curve_that_overflows_is_infinite_without_a_warning():
    curve = Curve(np.array([-1e3, 0.0, 1e3]))
    assert curve.at((1e308, 0.0)).tolist() == [-np.inf, 0.0, np.inf]
    assert np.isnan(curve.at((np.inf, 0.0))[1])
