"""The model's loss, built on the engine, is the one on paper."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.study.data import make_samples
from app.study.experiment import Data
from app.study.model import PARAMETERS, predict, record_loss, sample_loss
from autograd import Scalar
from tests.study.strategies import EXAMPLES

numbers = st.floats(-1e3, 1e3)


def leaves(*values):
    return [Scalar(value, require_grad=True) for value in values]


@given(numbers, numbers, numbers)
@EXAMPLES
def test_the_prediction_is_m_times_x_plus_c(m, c, x):
    assert predict(leaves(m, c), Scalar(x)).data == m * x + c


@given(numbers, numbers)
@EXAMPLES
def test_a_samples_loss_is_the_square_of_what_is_left(prediction, y):
    assert sample_loss(Scalar(prediction), Scalar(y)).data == (y - prediction) ** 2


@given(numbers, numbers, numbers, numbers)
@EXAMPLES
def test_the_gradients_are_those_on_paper(m, c, x, y):
    parameters = leaves(m, c)
    sample_loss(predict(parameters, Scalar(x)), Scalar(y)).backward()
    rest = y - (m * x + c)
    assert [p.grad for p in parameters] == pytest.approx([-2 * x * rest, -2 * rest])


def test_the_parameters_are_named_in_their_order():
    slope, intercept = leaves(3, 5)
    assert PARAMETERS == ("m", "c")
    assert predict([slope, intercept], Scalar(10)).data == 35


def test_the_graph_is_the_notebooks():
    parameters, x, y = leaves(3, 5), Scalar(10), Scalar(20)
    prediction = predict(parameters, x)
    rest, two = sample_loss(prediction, y).operands
    product, c = prediction.operands
    assert rest.operands == (y, prediction)
    assert product.operands == (parameters[0], x)
    assert (c, two.data) == (parameters[1], 2)


def test_a_sample_adds_eight_nodes_to_the_graph():
    parameters, total = leaves(1, 2), Scalar(0)
    sizes = []
    for number in range(3):
        total = total + sample_loss(predict(parameters, Scalar(number)), Scalar(number))
        sizes.append(len(total.nodes()))
    assert [sizes[1] - sizes[0], sizes[2] - sizes[1]] == [8, 8]


# -- the recorded loss -----------------------------------------------------------------------


def test_the_recorded_loss_is_the_mean_of_the_samples_losses():
    samples = make_samples(Data(samples=13, noise=0.4))
    recorded = record_loss(samples)
    assert recorded.tape.samples == 13
    assert recorded.tape.evaluate((2.0, 3.0))[0] == pytest.approx(
        ((samples.y - (2 * samples.x + 3)) ** 2).mean(), rel=1e-14
    )


def test_the_recorded_loss_says_where_data_and_prediction_are():
    samples = make_samples(Data(samples=5))
    recorded = record_loss(samples)
    values = recorded.tape.forward((2.0, 3.0))
    assert {recorded.x, recorded.y} == set(recorded.tape.columns)
    assert values[recorded.x].tolist() == samples.x.tolist()
    assert values[recorded.y].tolist() == samples.y.tolist()
    assert values[recorded.prediction].tolist() == (2 * samples.x + 3).tolist()


def test_the_recorded_loss_calls_its_parts_by_their_names():
    samples = make_samples(Data(samples=5))
    recorded = record_loss(samples)
    values = recorded.tape.forward((2.0, 3.0))
    called = {name: np.asarray(values[place]).tolist() for place, name in recorded.names.items()}
    rest = samples.y - (2 * samples.x + 3)
    assert called == {
        "ŷ": (2 * samples.x + 3).tolist(),
        "residual": rest.tolist(),
        "squared": (rest**2).tolist(),
    }


def test_the_tape_is_as_short_for_many_samples_as_for_one():
    tapes = [record_loss(make_samples(Data(samples=count))).tape for count in (1, 7, 1000)]
    for tape in tapes:
        inside = tape.phases.inside
        assert len(inside) == 6  # x, m·x, ŷ, y, y − ŷ, its square; the 2 is one for all
        assert len(tape.instructions) == 12  # with m, c, 2, Σ, the number of samples, L


def test_every_sample_uses_both_parameters_once():
    assert record_loss(make_samples(Data(samples=7))).tape.uses == ((0, 1), (0, 1))
