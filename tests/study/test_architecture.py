"""What the parameters of formulas and networks are called, how many there are, where they start."""

import numpy as np
import pytest

from app.study.architecture import Activation, Model, ModelKind
from app.study.experiment import Experiment, Initial
from app.study.start import Start


def network(layers, units, **others):
    return Model(ModelKind.NETWORK, layers=layers, units=units, **others)


def test_a_formulas_parameters_are_its_names_in_the_order_in_which_they_appear():
    assert Model(formula="w*sin(pi*b*x) + a - b*e").parameters == ("w", "b", "a")
    assert Model().parameters == ("m", "c")


def test_the_smallest_networks_parameters_are_named_by_layer():
    assert network(1, 1).parameters == ("w1", "b1", "w2", "b2")


def test_a_networks_parameters_are_named_by_layer_unit_and_source():
    assert network(2, 2).parameters == (
        "w1_1", "b1_1", "w1_2", "b1_2",
        "w2_1_1", "w2_1_2", "b2_1", "w2_2_1", "w2_2_2", "b2_2",
        "w3_1", "w3_2", "b3",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("layers", "units", "count"), [(1, 4, 13), (2, 8, 97), (2, 16, 321), (1, 32, 97), (4, 32, 3265)]
)
def test_a_network_has_so_many_parameters_of_different_names(layers, units, count):
    names = network(layers, units).parameters
    assert len(names) == len(set(names)) == count
    assert count == 2 * units + (layers - 1) * (units + 1) * units + units + 1


def test_a_models_title_is_its_formula_or_its_sizes():
    assert Model().title == "ŷ = m*x + c"
    assert network(2, 8, activation=Activation.RELU).title == "relu network 1-8-8-1, 97 parameters"


@pytest.mark.parametrize(
    ("change", "alike"),
    [
        ({}, True),
        ({"weight_decay": 1.0}, True),
        ({"formula": "x"}, True),
        ({"units": 3}, False),
        ({"layers": 1}, False),
        ({"activation": Activation.RELU}, False),
        ({"kind": ModelKind.FORMULA}, False),
    ],
    ids=str,
)
def test_networks_of_the_same_sizes_and_activation_predict_alike(change, alike):
    other = Model(**({"kind": ModelKind.NETWORK, "layers": 2, "units": 4} | change))
    assert network(2, 4).predicts_like(other) is alike


def test_of_formulas_only_the_text_counts_for_the_prediction():
    assert Model().predicts_like(Model(layers=3, weight_decay=1.0))
    assert not Model().predicts_like(Model(formula="m*x"))


# -- usual starts ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["m", "w1", "b2_1"])
def test_in_a_formula_every_parameter_starts_between_0_and_1(name):
    assert Model(formula=f"{name}*x").usual_start(name) == Start()


@pytest.mark.parametrize(
    ("name", "bound"),
    [("w1_3", 1.0), ("b1_3", 1.0), ("w2_1_4", 0.25), ("b2_16", 0.25), ("w3_9", 0.25), ("b3", 0.25)],
)
def test_in_a_network_it_starts_within_one_over_the_root_of_the_inputs(name, bound):
    assert network(2, 16).usual_start(name) == Start(low=-bound, high=bound)


@pytest.mark.parametrize("name", ["m", "w4_1", "b0", "w", "x1_1", "weight1"])
def test_a_name_that_the_network_has_not_starts_as_in_a_formula(name):
    assert network(2, 16).usual_start(name) == Start()


def test_what_is_drawn_fills_these_ranges():
    experiment = Experiment(initial=Initial(()), model=network(2, 32))
    values = experiment.initial_values()
    for layer, bound in ((1, 1.0), (2, 1 / 32**0.5), (3, 1 / 32**0.5)):
        drawn = np.array([v for name, v in values.items() if name[1:].split("_")[0] == str(layer)])
        assert 0.85 * bound < np.abs(drawn).max() <= bound
        assert abs(drawn.mean()) < 0.3 * bound
