"""The loss of every model, built on the engine, is the one on paper."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.study.architecture import Activation, Loss, Model, ModelKind, Reduction
from app.study.data import make_samples
from app.study.experiment import Data, Problem
from app.study.model import Curve, predict, record_loss, sample_loss, whole_loss
from autograd import Scalar
from autograd.check import derivative
from tests.study.strategies import EXAMPLES

numbers = st.floats(-1e3, 1e3)

LINE = Model()
X = np.linspace(0.4, 2.6, 11)
Y = np.cos(3 * X)
SAMPLES = make_samples(Data(x_from=0.4, x_to=2.6, samples=11)).all
SAMPLES = replace(SAMPLES, y=Y)


def leaves(**values):
    return {name: Scalar(value, require_grad=True) for name, value in values.items()}


# -- one sample of the line ------------------------------------------------------------------


@given(numbers, numbers, numbers)
@EXAMPLES
def test_the_prediction_is_m_times_x_plus_c(m, c, x):
    assert predict(LINE, leaves(m=m, c=c), Scalar(x)).node.data == m * x + c


@given(numbers, numbers)
@EXAMPLES
def test_a_samples_loss_is_the_square_of_what_is_left(prediction, y):
    assert sample_loss(LINE, Scalar(prediction), Scalar(y))[0].data == (y - prediction) ** 2


@given(numbers, numbers, numbers, numbers)
@EXAMPLES
def test_the_gradients_are_those_on_paper(m, c, x, y):
    parameters = leaves(m=m, c=c)
    sample_loss(LINE, predict(LINE, parameters, Scalar(x)).node, Scalar(y))[0].backward()
    rest = y - (m * x + c)
    gradient = [parameter.grad for parameter in parameters.values()]
    assert gradient == pytest.approx([-2 * x * rest, -2 * rest])


def test_the_parameters_are_named_in_their_order():
    assert LINE.parameters == Problem().parameters == ("m", "c")
    assert predict(LINE, leaves(c=5, m=3), Scalar(10)).node.data == 35


def test_the_graph_is_the_notebooks():
    parameters, x, y = leaves(m=3, c=5), Scalar(10), Scalar(20)
    prediction = predict(LINE, parameters, x).node
    rest, two = sample_loss(LINE, prediction, y)[0].operands
    product, c = prediction.operands
    assert rest.operands == (y, prediction)
    assert product.operands == (parameters["m"], x)
    assert (c, two.data) == (parameters["c"], 2)


def test_a_sample_adds_eight_nodes_to_the_graph():
    parameters, total = leaves(m=1, c=2), Scalar(0)
    sizes = []
    for number in range(3):
        prediction = predict(LINE, parameters, Scalar(number)).node
        total = total + sample_loss(LINE, prediction, Scalar(number))[0]
        sizes.append(len(total.nodes()))
    assert [after - before for before, after in pairwise(sizes)] == [8, 8]


# -- the recorded loss of the line -----------------------------------------------------------


def recorded_line(**data):
    problem = Problem(Data(**data))
    samples = make_samples(problem.data).train
    return record_loss(problem, samples), samples


def test_the_recorded_loss_is_the_mean_of_the_samples_losses():
    recorded, samples = recorded_line(samples=13, noise=0.4)
    assert recorded.tape.samples == 13
    assert recorded.tape.evaluate((2.0, 3.0))[0] == pytest.approx(
        ((samples.y - (2 * samples.x + 3)) ** 2).mean(), rel=1e-14
    )


def test_the_recorded_loss_says_where_data_and_prediction_are():
    recorded, samples = recorded_line(samples=5)
    values = recorded.tape.forward((2.0, 3.0))
    assert {recorded.x, recorded.y} == set(recorded.tape.columns)
    assert values[recorded.x].tolist() == samples.x.tolist()
    assert values[recorded.y].tolist() == samples.y.tolist()
    assert values[recorded.prediction].tolist() == (2 * samples.x + 3).tolist()


def test_the_recorded_loss_calls_its_parts_by_their_names():
    recorded, samples = recorded_line(samples=5)
    values = recorded.tape.forward((2.0, 3.0))
    called = {name: np.asarray(values[place]).tolist() for place, name in recorded.names.items()}
    rest = samples.y - (2 * samples.x + 3)
    assert called == {
        "ŷ": (2 * samples.x + 3).tolist(),
        "residual": rest.tolist(),
        "squared": (rest**2).tolist(),
    }


def test_the_tape_is_as_short_for_many_samples_as_for_one():
    tapes = [recorded_line(samples=count)[0].tape for count in (1, 7, 1000)]
    for tape in tapes:
        inside = tape.phases.inside
        assert len(inside) == 6  # x, m·x, ŷ, y, y − ŷ, its square; the 2 is one for all
        assert len(tape.instructions) == 12  # with m, c, 2, Σ, the number of samples, L


def test_every_sample_uses_both_parameters_once():
    assert recorded_line(samples=7)[0].tape.uses == ((0, 1), (0, 1))


# -- any formula, any loss: beside NumPy and numeric derivatives -------------------------------


def assert_loss_is(problem, at, expected):
    """Compare loss and gradient with those of a function that knows only NumPy."""
    loss, gradient = record_loss(problem, SAMPLES).tape.evaluate(at)
    assert loss == pytest.approx(expected(np.array(at)), rel=1e-12)
    for index in range(len(at)):

        def along(number, index=index):
            moved = np.array(at)
            moved[index] = number
            return float(expected(moved))

        numeric = derivative(along, at[index], step=0.01)
        assert gradient[index] == pytest.approx(numeric.value, rel=1e-7, abs=1e-8), index


FORMULAS = {
    "a*sin(b*x + c)": lambda a, b, c: a * np.sin(b * X + c),
    "a*x**p": lambda a, p: a * X**p,
    "k*exp(-(x - u)**2/s)": lambda k, u, s: k * np.exp(-((X - u) ** 2) / s),
    "w*relu(x - d) + max(w, x)*min(d, 2)": lambda w, d: (
        w * np.maximum(X - d, 0) + np.maximum(w, X) * min(d, 2)
    ),
    "log(a)*sqrt(x)/abs(b) - tanh(x/b)": lambda a, b: (
        np.log(a) * np.sqrt(X) / abs(b) - np.tanh(X / b)
    ),
    "sigmoid(g*x)*pi + e*h": lambda g, h: np.pi / (1 + np.exp(-g * X)) + np.e * h,
    "a - a": lambda a: a - a + 0 * X,
    "exp(c)": lambda c: np.exp(c) + 0 * X,
}


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formulas_loss_and_gradient_are_those_of_numpy_and_of_differences(formula):
    model = Model(formula=formula)
    at = [0.71, 1.37, 0.53][: len(model.parameters)]
    function = FORMULAS[formula]
    assert_loss_is(Problem(model=model), at, lambda p: np.mean((Y - function(*p)) ** 2))


def huber(rest, delta):
    small = np.abs(rest) <= delta
    return np.where(small, rest**2 / 2, delta * (np.abs(rest) - delta / 2))


LOSSES = {
    "squared": (Model(), lambda rest: rest**2),
    "absolute": (Model(loss=Loss.ABSOLUTE), np.abs),
    "huber": (Model(loss=Loss.HUBER, huber_delta=0.9), lambda rest: huber(rest, 0.9)),
    "a formula": (
        Model(loss=Loss.FORMULA, loss_formula="log(1 + exp(yhat - y))"),
        lambda rest: np.log(1 + np.exp(-rest)),
    ),
    "a formula without y": (
        Model(loss=Loss.FORMULA, loss_formula="(yhat + 1)**2"),
        lambda rest: (Y - rest + 1) ** 2,
    ),
}


@pytest.mark.parametrize("reduction", Reduction)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_of_a_line_is_the_one_on_paper(loss, reduction):
    model, part = LOSSES[loss]
    total = np.mean if reduction is Reduction.MEAN else np.sum
    model = replace(model, reduction=reduction)
    assert_loss_is(Problem(model=model), [1.1, -2.3], lambda p: total(part(Y - p[0] * X - p[1])))


def test_hubers_loss_bends_where_delta_says():
    model = Model(loss=Loss.HUBER, huber_delta=2.0)
    losses = [sample_loss(model, Scalar(0.0), Scalar(y))[0].data for y in (0, 1, -2, 3, -10)]
    assert losses == [0, 0.5, 2, 4, 18]


def test_the_parts_of_each_loss_have_names():
    called = {
        loss: {*sample_loss(Model(loss=loss), Scalar(1.0), Scalar(2.0))[1].values()}
        for loss in Loss
    }
    assert called == {
        Loss.SQUARED: {"residual", "squared"},
        Loss.ABSOLUTE: {"residual", "absolute"},
        Loss.HUBER: {"residual", "within δ", "beyond δ", "Huber"},
        Loss.FORMULA: set(),
    }


# -- networks --------------------------------------------------------------------------------

ACTIVATIONS = {
    Activation.TANH: np.tanh,
    Activation.RELU: lambda x: np.maximum(x, 0),
    Activation.SIGMOID: lambda x: 1 / (1 + np.exp(-x)),
}


def forward(model, parameters, x):
    """Return a network's ŷ by matrices, from parameters of each unit's weights, then its bias."""
    sizes = [1, *[model.units] * model.layers, 1]
    values, rest = x[None, :], parameters
    for number, (inputs, units) in enumerate(pairwise(sizes)):
        layer, rest = np.split(rest, [units * (inputs + 1)])
        table = layer.reshape(units, inputs + 1)
        values = table[:, :-1] @ values + table[:, -1:]
        if number < model.layers:
            values = ACTIVATIONS[model.activation](values)
    return values[0]


def weights(model, seed=0):
    return np.random.default_rng(seed).normal(size=len(model.parameters)).tolist()


@pytest.mark.parametrize("activation", Activation)
@pytest.mark.parametrize(("layers", "units"), [(1, 1), (1, 4), (2, 3)])
def test_a_networks_loss_and_gradient_are_those_of_matrices(layers, units, activation):
    model = Model(ModelKind.NETWORK, layers=layers, units=units, activation=activation)
    at = weights(model)
    assert_loss_is(Problem(model=model), at, lambda p: np.mean((Y - forward(model, p, X)) ** 2))


def test_the_largest_networks_prediction_is_that_of_matrices():
    model = Model(ModelKind.NETWORK, layers=4, units=32)
    at = weights(model)
    curve = Curve(Problem(model=model), X).at(at)
    assert curve == pytest.approx(forward(model, np.array(at), X), rel=1e-11)


def test_a_networks_hidden_units_are_named_by_layer_and_unit():
    model = Model(ModelKind.NETWORK, layers=2, units=2)
    recorded = record_loss(Problem(model=model), SAMPLES)
    assert {*recorded.names.values()} == {
        "h1_1",
        "h1_2",
        "h2_1",
        "h2_2",
        "ŷ",
        "residual",
        "squared",
    }
    values = recorded.tape.forward(weights(model))
    place = next(place for place, name in recorded.names.items() if name == "h1_2")
    w, b = weights(model)[2:4]
    assert values[place] == pytest.approx(np.tanh(w * X + b), rel=1e-14)


# -- frozen parameters, weight decay, parts ----------------------------------------------------


def test_a_frozen_parameter_is_a_constant_of_the_loss():
    problem = Problem(model=Model(formula="a*sin(b*x + c)"), frozen=(("b", 3.0),))
    recorded = record_loss(problem, SAMPLES)
    assert problem.parameters == ("a", "c")
    assert len(recorded.tape.parameters) == 2
    (place,) = recorded.frozen
    assert recorded.tape.forward([0.5, 0.2])[place] == 3.0
    assert not recorded.tape.instructions[place].require_grad
    assert_loss_is(problem, [0.5, 0.2], lambda p: np.mean((Y - p[0] * np.sin(3 * X + p[1])) ** 2))


@pytest.mark.parametrize("reduction", Reduction)
def test_weight_decay_adds_half_lambda_times_the_squares_of_all_parameters(reduction):
    model = Model(weight_decay=0.3, reduction=reduction)
    total = np.mean if reduction is Reduction.MEAN else np.sum
    at = [1.1, -2.3]
    assert_loss_is(
        Problem(model=model),
        at,
        lambda p: total((Y - p[0] * X - p[1]) ** 2) + 0.15 * (p[0] ** 2 + p[1] ** 2),
    )
    plain = record_loss(Problem(model=replace(model, weight_decay=0.0)), SAMPLES).tape
    decayed = record_loss(Problem(model=model), SAMPLES).tape
    assert decayed.evaluate(at)[1] - plain.evaluate(at)[1] == pytest.approx(0.3 * np.array(at))


def test_weight_decay_leaves_frozen_parameters_alone():
    problem = Problem(model=Model(weight_decay=2.0), frozen=(("m", 3.0),))
    assert_loss_is(problem, [0.5], lambda p: np.mean((Y - 3 * X - p[0]) ** 2) + p[0] ** 2)


def test_weight_decay_draws_on_a_networks_weights_and_biases_alike():
    model = Model(ModelKind.NETWORK, units=3, weight_decay=0.02)
    assert_loss_is(
        Problem(model=model),
        weights(model),
        lambda p: np.mean((Y - forward(model, p, X)) ** 2) + 0.01 * np.sum(p**2),
    )


def test_without_weight_decay_the_loss_has_no_node_for_it():
    total = Scalar(6.0)
    assert whole_loss(Model(), total, 3, [Scalar(1.0)]).operands[0] is total
    assert whole_loss(Model(reduction=Reduction.SUM), total, 3, [Scalar(1.0)]) is total


def test_each_part_of_a_formula_has_its_place_by_where_it_stands_in_the_text():
    text = "a*sin(b*x) + 2"
    recorded = record_loss(Problem(model=Model(formula=text)), SAMPLES)
    values = recorded.tape.forward([0.7, 1.3])
    parts = {text[start:end]: values[place] for (start, end), place in recorded.parts.items()}
    assert parts["sin(b*x)"] == pytest.approx(np.sin(1.3 * X))
    assert parts["a*sin(b*x)"] == pytest.approx(0.7 * np.sin(1.3 * X))
    assert (parts["a"], parts["2"]) == (0.7, 2.0)
    assert parts[text] is values[recorded.prediction]


@pytest.mark.parametrize(
    "model",
    [Model(formula="a*sin(b*x)"), Model(formula="a + b"), Model(ModelKind.NETWORK)],
    ids=["formula", "constant", "network"],
)
def test_a_curve_is_what_the_model_predicts_for_the_samples(model):
    problem = Problem(model=model)
    recorded, at = record_loss(problem, SAMPLES), weights(model)
    expected = recorded.tape.forward(at)[recorded.prediction]
    assert Curve(problem, X).at(at).tolist() == expected.tolist()
