"""The largest stable learning rate is the one on paper, and that of the trainer."""

import numpy as np
import pytest

from app.study.data import make_samples
from app.study.experiment import Data, Experiment, Problem
from app.study.hyperparameters import ClipBy, Optimizer, Schedule, Training, UpdateRule
from app.study.model import record_loss
from app.training.stability import UNKNOWN, stability
from app.training.trainer import Trainer
from autograd import Scalar
from autograd.hessian import hessian
from autograd.tape import Tape
from tests.autograd.curved import network_tape, root_and_decay, somewhere

RECIPES = [
    Data(),
    Data(samples=1),
    Data(samples=17, x_from=-3, x_to=11, noise=2.0),
    Data(samples=200, x_from=0.5, x_to=1.5),
]
HERE = (0.7, -3.0)


def tape_of(recipe):
    return record_loss(Problem(recipe), make_samples(recipe).train).tape


def closed_form(recipe):
    """Return 2 / λmax of a line's Hessian, (2 / N) [[Σx², Σx], [Σx, N]]."""
    x = make_samples(recipe).train.x
    count, total, squares = len(x), x.sum(), (x * x).sum()
    half_trace = (squares + count) / count
    half_gap = np.hypot(squares - count, 2 * total) / count
    return 2 / (half_trace + half_gap)


def once(**training):
    return Training(update_rule=UpdateRule.ONCE_PER_PARAMETER, clipping=False, **training)


# -- how large -------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_the_limit_is_the_one_on_paper_wherever_the_parameters_are(recipe):
    for parameters in [HERE, (0.0, 0.0), (1e6, -1e6)]:
        limit = stability(tape_of(recipe), parameters, 0, once()).limit
        assert limit == pytest.approx(closed_form(recipe), rel=1e-12)


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_once_per_use_it_is_as_many_times_smaller_as_there_are_samples(recipe):
    limit = stability(tape_of(recipe), HERE, 0, Training(clipping=False)).limit
    assert limit == pytest.approx(closed_form(recipe) / recipe.samples, rel=1e-12)


@pytest.mark.parametrize("rule", UpdateRule, ids=lambda rule: rule.value)
def test_of_a_network_it_is_that_of_its_whole_hessian(rule):
    tape = network_tape(32, 150, root_and_decay)
    at = somewhere(97)
    uses = np.ones(97) if rule is UpdateRule.ONCE_PER_PARAMETER else tape.total_uses()
    scaled = hessian(tape, at) * np.sqrt(np.outer(uses, uses))
    limit = stability(tape, at, 0, Training(clipping=False, update_rule=rule)).limit
    assert limit == pytest.approx(2 / np.linalg.eigvalsh(scaled)[-1], rel=1e-3)


def test_the_notebooks_limit():
    limit = stability(tape_of(Data()), HERE, 0, Training()).limit
    assert limit == pytest.approx(2 / (280 * 41), rel=1e-12)


@pytest.mark.parametrize(("size", "uses"), [(1, 1), (10, 10), (41, 41), (1000, 41)])
def test_once_per_use_a_mini_batch_steps_as_often_as_it_has_samples(size, uses):
    training = Training(clipping=False, batches=True, batch_size=size)
    limit = stability(tape_of(Data()), HERE, 0, training).limit
    assert limit == pytest.approx(closed_form(Data()) / uses, rel=1e-12)


@pytest.mark.parametrize(
    ("epoch", "factor"), [(0, 1), (9, 1), (10, 0.25), (19, 0.25), (20, 0.0625)]
)
def test_a_step_schedule_raises_what_may_be_set(epoch, factor):
    training = once(schedule=Schedule.STEP, step_every=10, step_factor=0.25)
    limit = stability(tape_of(Data()), HERE, epoch, training).limit
    assert limit == pytest.approx(closed_form(Data()) / factor, rel=1e-12)


@pytest.mark.parametrize(("epoch", "factor"), [(0, 1), (50, 0.5), (75, (1 - 0.5**0.5) / 2)])
def test_a_cosine_schedule_raises_what_may_be_set(epoch, factor):
    training = once(schedule=Schedule.COSINE, epochs=100)
    limit = stability(tape_of(Data()), HERE, epoch, training).limit
    assert limit == pytest.approx(closed_form(Data()) / factor, rel=1e-12)


@pytest.mark.parametrize(
    ("training", "epoch"),
    [
        (once(schedule=Schedule.COSINE, epochs=100), 100),
        (once(schedule=Schedule.COSINE, epochs=100), 250),
        (once(schedule=Schedule.STEP, step_every=1, step_factor=0.001), 5000),
    ],
    ids=["at the last epoch", "beyond it", "a factor of 0"],
)
def test_where_the_schedule_is_at_0_there_is_no_limit(training, epoch):
    assert stability(tape_of(Data()), HERE, epoch, training).limit is None


# -- what training does with it --------------------------------------------------------------


def distances(learning_rate, training, epochs):
    """Return the distance from the minimum at every epoch."""
    trainer = Trainer(Experiment(training=training).with_value("learning_rate", learning_rate))
    trainer.start()
    trainer.advance(epochs)
    history = trainer.history
    return np.array(
        [np.hypot(*(history.parameters(epoch) - [2, -9])) for epoch in range(len(history))]
    )


@pytest.mark.parametrize("rule", UpdateRule, ids=lambda rule: rule.value)
def test_a_little_below_the_limit_a_run_converges_and_a_little_above_it_diverges(rule):
    training = Training(clipping=False, update_rule=rule, epochs=5000)
    limit = stability(tape_of(Data()), HERE, 0, training).limit
    below = distances(0.995 * limit, training, 5000)
    above = distances(1.005 * limit, training, 5000)
    assert below[-1] < 1e-6 * below[0]
    assert above[-1] > 1e6 * above[0]


def test_clipping_keeps_a_run_above_the_limit_in_bounds():
    limit = stability(tape_of(Data()), HERE, 0, Training()).limit
    apart = distances(1.5 * limit, Training(), 2000)
    assert apart[-1] < apart[0]
    assert np.isfinite(apart).all()


def test_above_the_limit_for_full_batches_mini_batches_may_still_converge():
    training = Training(
        clipping=False, batches=True, batch_size=1, learning_rate=0.001, epochs=1000
    )
    said = stability(tape_of(Data()), HERE, 0, training)
    assert distances(0.001, training, 1000)[-1] < 1e-6
    assert not said.exceeded


# -- sentences -------------------------------------------------------------------------------

LIMIT = 2 / 280
ABOVE = "Above 2/λ = 0.00714, the largest stable rate here"


@pytest.mark.parametrize(
    ("training", "exceeded", "sentence"),
    [
        (once(learning_rate=0.001), False, "Stable up to 2/λ = 0.00714 here."),
        (
            once(learning_rate=0.01),
            True,
            f"{ABOVE}: every step overshoots, and further each time.",
        ),
        (
            Training(update_rule=UpdateRule.ONCE_PER_PARAMETER, learning_rate=0.01),
            True,
            f"{ABOVE}: only clipping keeps the steps from growing.",
        ),
        (
            Training(
                update_rule=UpdateRule.ONCE_PER_PARAMETER, learning_rate=0.01, clip_by=ClipBy.NORM
            ),
            True,
            f"{ABOVE}: only clipping keeps the steps from growing.",
        ),
        (
            once(learning_rate=0.001, optimizer=Optimizer.ADAM),
            False,
            "Stable for plain gradient descent up to 2/λ = 0.00714 here.",
        ),
        (
            once(learning_rate=0.01, optimizer=Optimizer.MOMENTUM),
            False,
            f"{ABOVE} for plain gradient descent.",
        ),
        (
            once(learning_rate=0.001, batches=True),
            False,
            "Stable for full batches up to 2/λ = 0.00714 here.",
        ),
        (once(learning_rate=0.01, batches=True), False, f"{ABOVE} for full batches."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_sentence_says_where_the_learning_rate_lies(training, exceeded, sentence):
    said = stability(tape_of(Data()), HERE, 0, training)
    assert (said.exceeded, said.sentence) == (exceeded, sentence)
    assert said.limit == pytest.approx(LIMIT, rel=1e-12)


def test_at_the_end_of_a_schedule_it_is_said_that_the_rate_is_0():
    training = once(schedule=Schedule.COSINE, epochs=100, learning_rate=1e6)
    said = stability(tape_of(Data()), HERE, 100, training)
    assert said.sentence == "Here the schedule has brought the learning rate to 0."
    assert not said.exceeded


@pytest.mark.parametrize("sign", [0.0, -1.0])
def test_a_loss_that_curves_nowhere_upwards_has_no_limit(sign):
    p, x, total = Scalar(0.0, require_grad=True), Scalar(0.0), Scalar(0.0)
    tape = Tape.record(total / 3, [p], {x: np.ones(3)}, {total: sign * p**2 * x + p})
    said = stability(tape, [0.5], 0, once(learning_rate=1e6))
    assert said.limit is None
    assert said.sentence == "Here the loss curves nowhere upwards: no limit is known."
    assert not said.exceeded


def test_what_is_not_known_is_said_with_nothing():
    assert (UNKNOWN.limit, UNKNOWN.exceeded, UNKNOWN.sentence) == (None, False, "")
