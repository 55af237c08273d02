"""What the hyperparameters say of an update reaches the engine."""

import numpy as np
import pytest
from hypothesis import given

from app.study.hyperparameters import ClipBy, Optimizer, Schedule, Training, UpdateRule
from app.training.update import learning_rates, mini_batches, update_rule
from autograd import optimizers
from autograd.optimizers import Clipping
from tests.study.strategies import EXAMPLES, experiments


def test_the_notebooks_update():
    assert update_rule(Training()) == optimizers.UpdateRule(
        optimizers.GradientDescent(), Clipping.VALUE, 1.0, once_per_use=True
    )
    assert learning_rates(Training(), 0, 3).tolist() == [0.001] * 3
    assert mini_batches(Training(), 41, 0, 3) is None


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        (Optimizer.GRADIENT_DESCENT, optimizers.GradientDescent()),
        (Optimizer.MOMENTUM, optimizers.Momentum(0.5)),
        (Optimizer.NESTEROV, optimizers.Nesterov(0.5)),
        (Optimizer.ADAGRAD, optimizers.AdaGrad()),
        (Optimizer.RMSPROP, optimizers.RMSProp(0.6)),
        (Optimizer.ADAM, optimizers.Adam(0.7, 0.8)),
    ],
)
def test_an_optimizer_takes_the_settings_that_belong_to_it(optimizer, expected):
    training = Training(optimizer=optimizer, momentum=0.5, decay=0.6, decay1=0.7, decay2=0.8)
    assert update_rule(training).optimizer == expected


@pytest.mark.parametrize(
    ("clipping", "clip_by", "expected"),
    [
        (False, ClipBy.VALUE, Clipping.NONE),
        (False, ClipBy.NORM, Clipping.NONE),
        (True, ClipBy.VALUE, Clipping.VALUE),
        (True, ClipBy.NORM, Clipping.NORM),
    ],
)
def test_clipping(clipping, clip_by, expected):
    rule = update_rule(Training(clipping=clipping, clip_by=clip_by, clip_bound=2.5))
    assert (rule.clipping, rule.bound) == (expected, 2.5)


@pytest.mark.parametrize("rule", UpdateRule)
def test_how_often_a_parameter_is_stepped(rule):
    expected = rule is UpdateRule.ONCE_PER_USE
    assert update_rule(Training(update_rule=rule)).once_per_use is expected


@given(experiments())
@EXAMPLES
def test_all_valid_settings_make_a_rule_and_rates(experiment):
    training = experiment.training
    rule = update_rule(training)
    assert rule.optimizer.slots in (0, 1, 2)
    rates = learning_rates(training, 3, 4)
    assert rates.shape == (4,)
    assert ((rates >= 0) & (rates <= training.learning_rate)).all()


# -- learning rates --------------------------------------------------------------------------


def test_a_step_schedule_multiplies_by_the_factor_after_every_so_many_epochs():
    training = Training(
        learning_rate=0.8, schedule=Schedule.STEP, step_every=3, step_factor=0.5, epochs=2
    )
    rates = [0.8] * 3 + [0.4] * 3 + [0.2] * 3
    assert learning_rates(training, 0, 9).tolist() == rates
    assert learning_rates(training, 2, 3).tolist() == rates[2:5]


def test_a_cosine_ends_at_0_at_the_last_epoch():
    training = Training(learning_rate=0.8, schedule=Schedule.COSINE, epochs=4)
    expected = [0.8, 0.4 * (1 + 0.5**0.5), 0.4, 0.4 * (1 - 0.5**0.5), 0.0, 0.0]
    np.testing.assert_allclose(learning_rates(training, 0, 6), expected, atol=1e-16)
    assert learning_rates(training, 4, 2).tolist() == [0, 0]


@pytest.mark.parametrize("schedule", Schedule)
def test_the_rates_of_any_epochs_are_those_of_the_whole_run(schedule):
    training = Training(schedule=schedule, step_every=7, step_factor=0.9, epochs=100)
    whole = learning_rates(training, 0, 130)
    for first, epochs in [(0, 1), (6, 2), (50, 80), (99, 3), (129, 1), (40, 0)]:
        part = learning_rates(training, first, epochs)
        assert part.tolist() == whole[first : first + epochs].tolist()


# -- mini-batches ----------------------------------------------------------------------------


def test_mini_batches_visit_every_sample_once_an_epoch():
    batches = mini_batches(Training(batches=True, batch_size=4), 9, 5, 20)
    assert batches.size == 4
    assert np.sort(batches.orders, axis=1).tolist() == [list(range(9))] * 20
    assert len({tuple(order) for order in batches.orders.tolist()}) == 20


def test_a_batch_has_no_more_samples_than_there_are():
    assert mini_batches(Training(batches=True, batch_size=100_000), 9, 0, 1).size == 9


def test_the_order_of_an_epoch_is_the_same_wherever_one_begins():
    training = Training(batches=True, batch_seed=3)
    whole = mini_batches(training, 9, 0, 8000).orders
    for first, epochs in [(0, 1), (7, 5), (7279, 5), (7990, 10)]:
        part = mini_batches(training, 9, first, epochs).orders
        assert part.tolist() == whole[first : first + epochs].tolist()


def test_another_seed_shuffles_otherwise():
    one, other = (
        mini_batches(Training(batches=True, batch_seed=seed), 9, 0, 5).orders.tolist()
        for seed in (0, 1)
    )
    assert one != other
