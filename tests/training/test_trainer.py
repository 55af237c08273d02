"""The trainer trains as the notebook, and as mathematics, has it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.study.data import make_samples
from app.study.experiment import Data, Experiment, Initial, InitialParameters
from app.study.hyperparameters import Training, UpdateRule
from app.study.model import predict, sample_loss
from app.study.presets import find_preset
from app.training import trainer as trainer_module
from app.training.trainer import BLOCK, Trainer
from autograd import Scalar, Tensor
from tests.study.strategies import EXAMPLES, experiments

TRACE = json.loads(
    (Path(__file__).parents[1] / "data" / "notebook_trace.json").read_text(encoding="utf-8")
)
PER_PARAMETER = Training(
    learning_rate=0.005, clipping=False, update_rule=UpdateRule.ONCE_PER_PARAMETER
)


def trained(experiment, epochs=None):
    trainer = Trainer(experiment)
    assert trainer.start()
    for _ in range(experiment.training.epochs if epochs is None else epochs):
        if trainer.divergence:
            break
        assert trainer.advance()
    return trainer


def rows(trainer):
    history = trainer.history
    return [(*history.parameters(e).tolist(), history.loss(e)) for e in range(len(history))]


def least_squares_gradient(experiment, m, c):
    samples = make_samples(experiment.data)
    rest = samples.y - (m * samples.x + c)
    return np.array([-2 * np.mean(rest * samples.x), -2 * np.mean(rest)])


# -- the notebook's run ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def notebook():
    return trained(Experiment())


def test_the_notebooks_parameters_come_out_to_the_last_digit_at_every_epoch(notebook):
    parameters = [notebook.history.parameters(epoch).tolist() for epoch in range(2001)]
    assert [m for m, _ in parameters] == TRACE["m"]
    assert [c for _, c in parameters] == TRACE["c"]


def test_the_notebooks_losses_come_out_to_the_last_digit_at_every_epoch(notebook):
    # Its last step moved the printed loss, too: down by learning rate × clipped gradient 1.
    printed = [loss - 0.001 for loss in notebook.history.losses.tolist()[:2000]]
    assert printed == TRACE["printed_loss"]


def test_the_run_ends_after_the_notebooks_two_thousand_epochs(notebook):
    assert notebook.finished
    assert notebook.history.last_epoch == 2000
    assert notebook.divergence is None


def test_before_the_start_nothing_is_recorded():
    trainer = Trainer(Experiment())
    assert len(trainer.history) == 0
    assert not trainer.finished


def test_epoch_0_is_the_start_before_any_update():
    trainer = trained(Experiment(initial=Initial(m=2.0, c=-9.0)), epochs=0)
    assert rows(trainer) == [(2.0, -9.0, 0.0)]


def test_random_initial_parameters_are_where_training_starts():
    trainer = trained(Experiment(initial=Initial(InitialParameters.RANDOM, seed=3)), epochs=0)
    assert all(0 <= value < 1 for value in trainer.history.parameters(0))
    assert trainer.history.parameters(0).tolist() != TRACE["m"][:1] + TRACE["c"][:1]


# -- gradient descent ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def noisy():
    return trained(find_preset("noisy-line").experiment)


def test_once_per_parameter_ends_at_the_least_squares_line(noisy):
    samples = make_samples(find_preset("noisy-line").experiment.data)
    slope, intercept = np.polyfit(samples.x, samples.y, 1)
    m, c = noisy.history.parameters(2000)
    assert m == pytest.approx(slope, rel=1e-9)
    assert c == pytest.approx(intercept, rel=1e-6)


def test_the_noisy_line_ends_at_the_loss_that_its_sentence_names(noisy):
    about = find_preset("noisy-line").about
    assert f"{noisy.history.loss(2000):.2f} for these 41 draws" in about


def test_once_per_parameter_the_loss_falls_by_a_constant_factor():
    losses = trained(find_preset("once-per-parameter").experiment, 800).history.losses
    np.testing.assert_allclose(losses[101:] / losses[100:-1], 0.99**2, rtol=1e-6)


@pytest.mark.parametrize("m", [-3.0, 0.5])
@pytest.mark.parametrize("c", [7.0, -20.0])
def test_one_step_goes_down_the_gradient_on_paper(m, c):
    experiment = Experiment(Data(slope=1.3, noise=0.7), Initial(m=m, c=c), PER_PARAMETER)
    history = trained(experiment, epochs=1).history
    expected = np.array([m, c]) - 0.005 * least_squares_gradient(experiment, m, c)
    np.testing.assert_allclose(history.parameters(1), expected, rtol=1e-12)


def test_once_per_use_steps_as_often_as_there_are_samples():
    training = replace(PER_PARAMETER, learning_rate=1e-5, update_rule=UpdateRule.ONCE_PER_USE)
    experiment = Experiment(Data(samples=17), Initial(m=1.0, c=2.0), training)
    expected = np.array([1.0, 2.0]) - 17e-5 * least_squares_gradient(experiment, 1.0, 2.0)
    np.testing.assert_allclose(trained(experiment, 1).history.parameters(1), expected, rtol=1e-12)


@pytest.mark.parametrize("bound", [1.0, 25.0, 1e9])
def test_clipping_limits_each_gradient_in_size_and_keeps_its_sign(bound):
    training = replace(PER_PARAMETER, clipping=True, clip_bound=bound)
    experiment = Experiment(initial=Initial(m=0.5, c=7.0), training=training)
    gradient = np.clip(least_squares_gradient(experiment, 0.5, 7.0), -bound, bound)
    assert gradient[0] < 0 < gradient[1]
    expected = np.array([0.5, 7.0]) - 0.005 * gradient
    np.testing.assert_allclose(trained(experiment, 1).history.parameters(1), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "change",
    [
        {"learning_rate": 1e-4},
        {"clipping": False, "learning_rate": 1e-5},
        {"clip_bound": 0.5},
        {"update_rule": UpdateRule.ONCE_PER_PARAMETER},
    ],
    ids=str,
)
def test_settings_changed_in_mid_run_apply_from_the_next_epoch(change):
    changed = replace(Training(), **change)
    trainer = trained(Experiment(), epochs=3)
    trainer.change(changed)
    m, c = trainer.history.parameters(3).tolist()
    trainer.advance()
    assert rows(trainer)[:4] == rows(trained(Experiment(), epochs=3))
    anew = trained(Experiment(initial=Initial(m=m, c=c), training=changed), epochs=1)
    assert rows(trainer)[3:] == rows(anew)
    assert rows(trainer)[4] != rows(trained(Experiment(), epochs=4))[4]


def test_the_number_of_epochs_can_be_moved_to_either_side():
    trainer = trained(Experiment(training=Training(epochs=3)))
    assert trainer.finished
    trainer.change(Training(epochs=4))
    assert not trainer.finished
    trainer.change(Training(epochs=2))
    assert trainer.finished


# -- blocks of samples -----------------------------------------------------------------------


def whole_graph(experiment):
    """Return the loss and gradients of one graph over all samples, made with the engine."""
    samples, initial = make_samples(experiment.data), experiment.initial
    parameters = [Scalar(initial.m, require_grad=True), Scalar(initial.c, require_grad=True)]
    loss: Tensor = Scalar(0.0)
    for x, y in zip(samples.x.tolist(), samples.y.tolist(), strict=True):
        loss += sample_loss(predict(parameters, Scalar(x)), Scalar(y))
    loss /= len(samples)
    loss.backward()
    return loss.data, [parameter.grad for parameter in parameters]


def assert_is_the_whole_graph(count):
    initial = Initial(m=0.1, c=0.7)
    training = replace(PER_PARAMETER, learning_rate=1.0)
    experiment = Experiment(Data(samples=count, noise=1.3, noise_seed=count), initial, training)
    loss, gradients = whole_graph(experiment)
    trainer = trained(experiment, epochs=1)
    assert trainer.history.loss(0) == loss
    after = [0.1 - gradients[0], 0.7 - gradients[1]]
    assert trainer.history.parameters(1).tolist() == after


@pytest.mark.parametrize("count", [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 345])
def test_large_data_give_the_whole_graphs_loss_and_gradients_to_the_last_digit(count):
    assert_is_the_whole_graph(count)


@pytest.mark.parametrize("block", [1, 2, 3, 7, 41, 100])
def test_blocks_of_any_length_give_the_same_digits(monkeypatch, block):
    monkeypatch.setattr(trainer_module, "BLOCK", block)
    assert_is_the_whole_graph(41)


# -- giving an epoch up ----------------------------------------------------------------------


def at_question(number):
    """Return a ``cancelled`` that says no so many times, then yes."""
    answers = iter([False] * number + [True])
    return lambda: next(answers)


@pytest.mark.parametrize("question", range(5))
def test_an_epoch_cancelled_in_its_midst_leaves_no_trace(monkeypatch, question):
    monkeypatch.setattr(trainer_module, "BLOCK", 10)
    trainer = Trainer(Experiment())
    assert not trainer.start(at_question(question))
    assert len(trainer.history) == 0
    assert trainer.start()
    for _ in range(3):
        before = rows(trainer)
        assert not trainer.advance(at_question(question))
        assert rows(trainer) == before
        assert trainer.advance()
    assert rows(trainer) == rows(trained(Experiment(), epochs=3))


# -- divergence ------------------------------------------------------------------------------


def test_the_diverging_preset_diverges_and_keeps_every_epoch():
    trainer = trained(find_preset("diverging").experiment)
    divergence = trainer.divergence
    assert 0 < divergence.epoch == trainer.history.last_epoch < 2000
    assert np.isfinite(trainer.history.losses[:-1]).all()
    assert trainer.history.losses[-1] == np.inf
    assert not trainer.finished
    assert divergence.sentence == (
        f"The loss became infinite at epoch {divergence.epoch}: its numbers grew beyond what a "
        f"floating-point number can hold. All epochs up to here are kept. Reset and try a "
        f"learning rate below 0.01, or clip the gradients."
    )


@pytest.mark.parametrize("rule", UpdateRule)
@pytest.mark.parametrize("clipping", [True, False])
def test_the_advice_is_only_what_was_not_done_already(rule, clipping):
    training = Training(1e6, 2000, clipping, clip_bound=1e300, update_rule=rule)
    sentence = trained(Experiment(training=training)).divergence.sentence
    assert "Reset and try a learning rate below 1e+06" in sentence
    assert ("the update “once per parameter”" in sentence) == (rule is UpdateRule.ONCE_PER_USE)
    assert ("clip the gradients" in sentence) == (not clipping)


@pytest.mark.parametrize(("m", "became"), [(1e200, "infinite"), (np.nan, "not a number (nan)")])
def test_a_start_that_overflows_is_told_at_epoch_0(m, became):
    trainer = trained(Experiment(initial=Initial(m=m)))
    assert trainer.divergence.epoch == 0
    assert f"The loss became {became} at epoch 0" in trainer.divergence.sentence
    assert trainer.divergence.sentence.endswith(
        "Choose initial parameters and data that are closer together."
    )


@given(experiments(samples=st.integers(1, 8)))
@EXAMPLES
def test_no_valid_experiment_makes_the_trainer_raise(experiment):
    trainer = trained(experiment, epochs=6)
    losses = trainer.history.losses
    assert np.isfinite(losses[:-1]).all()
    assert (trainer.divergence is None) == bool(np.isfinite(losses[-1]))
    again = trained(experiment, epochs=6)
    assert str(rows(again)) == str(rows(trainer))
