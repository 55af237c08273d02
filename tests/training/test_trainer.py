"""The trainer trains as the notebook, and as mathematics, has it."""

import itertools
import json
import math
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.study.data import make_samples
from app.study.experiment import Data, Experiment
from app.study.hyperparameters import ClipBy, Optimizer, Schedule, Training, UpdateRule
from app.study.presets import find_preset
from app.study.start import Initial
from app.training import course as course_module
from app.training import graph_engine
from app.training import trainer as trainer_module
from app.training.engine import choose_engine
from app.training.graph_engine import BLOCK
from app.training.trainer import Trainer
from autograd import Scalar, Tensor
from autograd.optimizers import State
from tests.study.strategies import EXAMPLES, experiments
from tests.training.bench import ENGINES, choose_graph, starting_at
from tests.training.moments import line_term

TRACE = json.loads(
    (Path(__file__).parents[1] / "data" / "notebook_trace.json").read_text(encoding="utf-8")
)
PER_PARAMETER = Training(
    learning_rate=0.005, clipping=False, update_rule=UpdateRule.ONCE_PER_PARAMETER
)


@pytest.fixture(params=ENGINES.values(), ids=list(ENGINES))
def choose(request):
    """Return how each engine is chosen."""
    return request.param


def trained(experiment, epochs=None, choose=choose_engine):
    trainer = Trainer(experiment, choose)
    assert trainer.start()
    epochs = experiment.training.epochs if epochs is None else epochs
    assert trainer.advance(epochs) == epochs or trainer.divergence
    return trainer


def rows(trainer):
    history = trainer.history
    return [(*history.parameters(e).tolist(), history.loss(e)) for e in range(len(history))]


def least_squares_gradient(experiment, m, c):
    samples = make_samples(experiment.data).train
    rest = samples.y - (m * samples.x + c)
    return np.array([-2 * np.mean(rest * samples.x), -2 * np.mean(rest)])


# -- the notebook's run ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def notebook():
    """Return the notebook's run on the define-by-run engine."""
    return trained(Experiment(), choose=choose_graph)


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


def test_natively_the_notebooks_run_differs_by_rounding_only(notebook):
    native = trained(Experiment()).history
    assert len(native) == 2001
    np.testing.assert_allclose(native.losses, notebook.history.losses, rtol=1e-12, atol=0)
    printed = np.array(TRACE["printed_loss"])
    np.testing.assert_allclose(native.losses[:2000], printed + 0.001, rtol=1e-12, atol=0)
    parameters = np.array([native.parameters(epoch) for epoch in range(2001)])
    np.testing.assert_allclose(parameters[:, 0], TRACE["m"], rtol=1e-12, atol=0)
    np.testing.assert_allclose(parameters[:, 1], TRACE["c"], rtol=1e-12, atol=0)
    np.testing.assert_allclose(
        native.parameters(2000), [TRACE["m"][-1], TRACE["c"][-1]], rtol=1e-12
    )


def test_before_the_start_nothing_is_recorded(choose):
    trainer = Trainer(Experiment(), choose)
    assert len(trainer.history) == 0
    assert not trainer.finished


def test_epoch_0_is_the_start_before_any_update(choose):
    trainer = trained(Experiment(initial=starting_at(2.0, -9.0)), 0, choose)
    assert rows(trainer) == [(2.0, -9.0, 0.0)]


def test_random_initial_parameters_are_where_training_starts():
    trainer = trained(Experiment(initial=Initial((), seed=3)), epochs=0)
    assert all(0 <= value < 1 for value in trainer.history.parameters(0))
    assert trainer.history.parameters(0).tolist() != TRACE["m"][:1] + TRACE["c"][:1]


# -- gradient descent ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def noisy():
    return trained(find_preset("noisy-line").experiment)


def test_once_per_parameter_ends_at_the_least_squares_line(noisy):
    samples = make_samples(find_preset("noisy-line").experiment.data).train
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
def test_one_step_goes_down_the_gradient_on_paper(m, c, choose):
    experiment = Experiment(
        Data(true=(("m", 1.3), ("c", -9.0)), noise=0.7), starting_at(m, c), PER_PARAMETER
    )
    history = trained(experiment, 1, choose).history
    expected = np.array([m, c]) - 0.005 * least_squares_gradient(experiment, m, c)
    np.testing.assert_allclose(history.parameters(1), expected, rtol=1e-12)


def test_once_per_use_steps_as_often_as_there_are_samples(choose):
    training = replace(PER_PARAMETER, learning_rate=1e-5, update_rule=UpdateRule.ONCE_PER_USE)
    experiment = Experiment(Data(samples=17), starting_at(1.0, 2.0), training)
    expected = np.array([1.0, 2.0]) - 17e-5 * least_squares_gradient(experiment, 1.0, 2.0)
    parameters = trained(experiment, 1, choose).history.parameters(1)
    np.testing.assert_allclose(parameters, expected, rtol=1e-12)


@pytest.mark.parametrize("bound", [1.0, 25.0, 1e9])
def test_clipping_limits_each_gradient_in_size_and_keeps_its_sign(bound, choose):
    training = replace(PER_PARAMETER, clipping=True, clip_bound=bound)
    experiment = Experiment(initial=starting_at(0.5, 7.0), training=training)
    gradient = np.clip(least_squares_gradient(experiment, 0.5, 7.0), -bound, bound)
    assert gradient[0] < 0 < gradient[1]
    expected = np.array([0.5, 7.0]) - 0.005 * gradient
    parameters = trained(experiment, 1, choose).history.parameters(1)
    np.testing.assert_allclose(parameters, expected, rtol=1e-12)


@pytest.mark.parametrize("bound", [1.0, 25.0, 1e9])
def test_clipping_by_norm_keeps_the_direction(bound, choose):
    training = replace(PER_PARAMETER, clipping=True, clip_by=ClipBy.NORM, clip_bound=bound)
    experiment = Experiment(initial=starting_at(0.5, 7.0), training=training)
    gradient = least_squares_gradient(experiment, 0.5, 7.0)
    gradient *= min(1.0, bound / math.hypot(*gradient))
    expected = np.array([0.5, 7.0]) - 0.005 * gradient
    parameters = trained(experiment, 1, choose).history.parameters(1)
    np.testing.assert_allclose(parameters, expected, rtol=1e-12)


@pytest.mark.parametrize(
    "change",
    [
        {"learning_rate": 1e-4},
        {"clipping": False, "learning_rate": 1e-5},
        {"clip_bound": 0.5},
        {"update_rule": UpdateRule.ONCE_PER_PARAMETER},
        {"optimizer": Optimizer.ADAM},
        {"clip_by": ClipBy.NORM},
    ],
    ids=str,
)
def test_settings_changed_in_mid_run_apply_from_the_next_epoch(change, choose):
    changed = replace(Training(), **change)
    trainer = trained(Experiment(), 3, choose)
    trainer.change(changed)
    m, c = trainer.history.parameters(3).tolist()
    trainer.advance()
    assert rows(trainer)[:4] == rows(trained(Experiment(), 3, choose))
    anew = trained(Experiment(initial=starting_at(m, c), training=changed), 1, choose)
    assert rows(trainer)[3:] == rows(anew)
    assert rows(trainer)[4] != rows(trained(Experiment(), 4, choose))[4]


@pytest.mark.parametrize("schedule", [Schedule.STEP, Schedule.COSINE])
def test_a_schedule_counts_the_epochs_of_the_run_not_those_since_a_change(schedule, choose):
    plain = replace(PER_PARAMETER, epochs=20)
    scheduled = replace(plain, schedule=schedule, step_every=4)
    trainer = trained(Experiment(training=plain), 6, choose)
    trainer.change(scheduled)
    before = trainer.history.parameters(6)
    trainer.advance()
    factor = 0.5 if schedule is Schedule.STEP else (1 + math.cos(math.pi * 6 / 20)) / 2
    gradient = least_squares_gradient(Experiment(), *before)
    expected = before - 0.005 * factor * gradient
    np.testing.assert_allclose(trainer.history.parameters(7), expected, rtol=1e-12)


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
    samples = make_samples(experiment.data).train
    parameters = [Scalar(each, require_grad=True) for each in experiment.initial_parameters()]
    loss: Tensor = Scalar(0.0)
    for x, y in zip(samples.x.tolist(), samples.y.tolist(), strict=True):
        loss += line_term(parameters, x, y)
    loss /= len(samples)
    loss.backward()
    return loss.data, [parameter.grad for parameter in parameters]


def assert_is_the_whole_graph(count):
    initial = starting_at(0.1, 0.7)
    training = replace(PER_PARAMETER, learning_rate=1.0)
    experiment = Experiment(Data(samples=count, noise=1.3, noise_seed=count), initial, training)
    loss, gradients = whole_graph(experiment)
    trainer = trained(experiment, 1, choose_graph)
    assert trainer.history.loss(0) == loss
    after = [0.1 - gradients[0], 0.7 - gradients[1]]
    assert trainer.history.parameters(1).tolist() == after


@pytest.mark.parametrize("count", [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 345])
def test_large_data_give_the_whole_graphs_loss_and_gradients_to_the_last_digit(count):
    assert_is_the_whole_graph(count)


@pytest.mark.parametrize("block", [1, 2, 3, 7, 41, 100])
def test_blocks_of_any_length_give_the_same_digits(monkeypatch, block):
    monkeypatch.setattr(graph_engine, "BLOCK", block)
    assert_is_the_whole_graph(41)


# -- giving an epoch up ----------------------------------------------------------------------


def at_question(number):
    """Return a ``cancelled`` that says no so many times, then yes."""
    answers = iter([False] * number + [True])
    return lambda: next(answers)


@pytest.mark.parametrize("question", range(5))
def test_an_epoch_cancelled_in_its_midst_leaves_no_trace(monkeypatch, question):
    monkeypatch.setattr(graph_engine, "BLOCK", 10)
    trainer = Trainer(Experiment(), choose_graph)
    assert not trainer.start(at_question(question))
    assert len(trainer.history) == 0
    assert trainer.start()
    for _ in range(3):
        before = rows(trainer)
        assert trainer.advance(1, at_question(question)) == 0
        assert rows(trainer) == before
        assert trainer.advance() == 1
    assert rows(trainer) == rows(trained(Experiment(), 3, choose_graph))


@pytest.mark.parametrize("change", [{}, {"optimizer": Optimizer.ADAM}, {"batches": True}], ids=str)
def test_many_epochs_that_were_given_up_leave_no_trace(change):
    experiment = Experiment(training=replace(Training(), **change))
    trainer = Trainer(experiment, choose_graph)
    trainer.start()
    for question in (0, 3, 9):
        done = trainer.advance(10, at_question(question))
        assert done == trainer.history.last_epoch < 10
    trainer.advance(20 - trainer.history.last_epoch)
    assert rows(trainer) == rows(trained(experiment, 20, choose_graph))


def test_who_looks_into_the_past_is_not_cancelled_with_who_trains():
    trainer = trained(Experiment(), 5, choose_graph)
    start = State(trainer.history.parameters(0), np.empty((0, 2)))
    looked = []

    def cancelled():
        if looked:
            return True
        thread = threading.Thread(target=lambda: looked.append(recompute(0, start, 5)))
        thread.start()
        thread.join(20)
        return False

    recompute = trainer.course.compute_again
    assert trainer.advance(2, cancelled) == 0
    (stretch,) = looked
    assert stretch.losses.tolist() == trainer.history.losses[1:].tolist()


# -- how many epochs at a time ---------------------------------------------------------------


def test_it_makes_as_many_updates_as_it_is_asked_for(choose):
    trainer = trained(Experiment(), 0, choose)
    assert [trainer.advance(many) for many in (1, 0, 7, 2)] == [1, 0, 7, 2]
    assert trainer.history.last_epoch == 10
    assert rows(trainer) == rows(trained(Experiment(), 10, choose))


def test_it_makes_no_update_beyond_the_chosen_number_of_epochs(choose):
    trainer = trained(Experiment(training=Training(epochs=12)), 0, choose)
    assert [trainer.advance(5), trainer.advance(100), trainer.advance(100)] == [5, 7, 0]
    assert trainer.finished
    trainer.change(Training(epochs=3))
    assert trainer.advance(10) == 0
    trainer.change(Training(epochs=15))
    assert trainer.advance(10) == 3


def test_it_makes_no_update_after_divergence(choose):
    trainer = trained(find_preset("diverging").experiment, 0, choose)
    epochs = trainer.advance(2000)
    assert 0 < epochs == trainer.divergence.epoch
    assert trainer.advance(10) == 0
    assert trainer.history.last_epoch == epochs


@pytest.mark.parametrize("optimizer", Optimizer)
@pytest.mark.parametrize("batches", [False, True], ids=["all samples", "mini-batches"])
def test_in_pieces_it_trains_to_the_same_bits(optimizer, batches, choose):
    training = Training(optimizer=optimizer, schedule=Schedule.COSINE, epochs=60, batches=batches)
    experiment = Experiment(Data(samples=9, noise=1.0), training=training)
    trainer = trained(experiment, 0, choose)
    for piece in itertools.cycle((1, 5, 2, 11)):
        if not trainer.advance(piece):
            break
    assert rows(trainer) == rows(trained(experiment, 60, choose))


@pytest.mark.parametrize("most", [1, 9, 10, 100])
def test_however_many_shuffled_samples_are_drawn_ahead_the_numbers_are_the_same(
    monkeypatch, most, choose
):
    training = Training(batches=True, batch_size=4, epochs=30)
    experiment = Experiment(Data(samples=9), training=training)
    expected = rows(trained(experiment, choose=choose))
    monkeypatch.setattr(course_module, "MOST_SHUFFLED", most)
    assert rows(trained(experiment, choose=choose)) == expected


def test_before_it_has_trained_it_promises_one_epoch(choose):
    trainer = Trainer(Experiment(), choose)
    assert trainer.epochs_within(1.0) == 1
    trainer.start()
    assert trainer.epochs_within(1000.0) == 1


@pytest.mark.parametrize(
    ("seconds", "epochs"), [(0.0, 1), (0.001, 1), (0.5, 2), (1.0, 4), (1.1, 4), (100.0, 400)]
)
def test_it_promises_as_many_epochs_as_the_last_ones_took(monkeypatch, seconds, epochs):
    clock = itertools.count(step=2.5)  # each look at it takes as long as ten epochs
    fake = SimpleNamespace(perf_counter=lambda: next(clock))
    trainer = trained(Experiment(), 3)
    monkeypatch.setattr(trainer_module, "time", fake)
    trainer.advance(10)
    assert trainer.epochs_within(seconds) == epochs


# -- changing the optimizer ------------------------------------------------------------------


@pytest.mark.parametrize("before", Optimizer)
@pytest.mark.parametrize("after", Optimizer)
def test_another_optimizer_begins_with_nothing_remembered(before, after, choose):
    training = Training(optimizer=before)
    changed = replace(training, optimizer=after)
    trainer = trained(Experiment(training=training), 5, choose)
    trainer.change(changed)
    trainer.advance(5)
    whole = trained(Experiment(training=training), 10, choose)
    m, c = trainer.history.parameters(5).tolist()
    anew = trained(Experiment(initial=starting_at(m, c), training=changed), 5, choose)
    assert rows(trainer)[:6] == rows(whole)[:6]
    assert rows(trainer)[5:] == (rows(whole) if after is before else [None] * 5 + rows(anew))[5:]


def test_an_optimizer_that_was_looked_at_only_forgets_nothing(choose):
    training = Training(optimizer=Optimizer.MOMENTUM)
    trainer = trained(Experiment(training=training), 5, choose)
    trainer.change(replace(training, optimizer=Optimizer.ADAM))
    trainer.change(training)
    trainer.advance(5)
    assert rows(trainer) == rows(trained(Experiment(training=training), 10, choose))


@pytest.mark.parametrize("started", [False, True], ids=["before epoch 0 is known", "at epoch 0"])
@pytest.mark.parametrize("optimizer", Optimizer)
@pytest.mark.parametrize("before", [Optimizer.GRADIENT_DESCENT, Optimizer.ADAM], ids=str)
def test_an_optimizer_chosen_before_the_first_update_is_the_runs_own(
    before, optimizer, started, choose
):
    training = Training(optimizer=optimizer)
    trainer = Trainer(Experiment(training=Training(optimizer=before)), choose)
    if started:
        trainer.start()
    trainer.change(training)
    if not started:
        trainer.start()
    trainer.advance(5)
    assert rows(trainer) == rows(trained(Experiment(training=training), 5, choose))


# -- the engines agree -----------------------------------------------------------------------

CALM = {
    Optimizer.GRADIENT_DESCENT: 0.02,
    Optimizer.MOMENTUM: 0.004,
    Optimizer.NESTEROV: 0.004,
    Optimizer.ADAGRAD: 0.05,
    Optimizer.RMSPROP: 0.01,
    Optimizer.ADAM: 0.01,
}
"""Learning rates once per parameter with which a run on these data stays calm."""


def assert_engines_agree(optimizer, clip_by, rule, size):
    training = Training(
        optimizer=optimizer,
        learning_rate=CALM[optimizer] / (13 if rule is UpdateRule.ONCE_PER_USE else 1),
        schedule=Schedule.COSINE,
        epochs=24,
        clipping=clip_by is not None,
        clip_by=clip_by or ClipBy.VALUE,
        clip_bound=0.8,
        update_rule=rule,
        batches=size is not None,
        batch_size=size or 1,
    )
    data = Data(true=(("m", 0.7), ("c", -0.3)), x_from=-2, x_to=2, samples=13, noise=0.2)
    experiment = Experiment(data, training=training)
    native, graph = trained(experiment), trained(experiment, choose=choose_graph)
    assert len(graph.history) == 25
    assert graph.divergence is None
    assert graph.history.losses.max() < 10
    np.testing.assert_allclose(native.history.losses, graph.history.losses, rtol=1e-9)
    for epoch in range(25):
        expected = graph.history.parameters(epoch)
        np.testing.assert_allclose(native.history.parameters(epoch), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("size", [None, 4], ids=["all samples", "mini-batches"])
@pytest.mark.parametrize("rule", UpdateRule, ids=lambda rule: rule.value)
@pytest.mark.parametrize("clip_by", [None, *ClipBy], ids=str)
@pytest.mark.parametrize("optimizer", Optimizer, ids=lambda each: each.value)
def test_both_engines_train_alike(optimizer, clip_by, rule, size):
    assert_engines_agree(optimizer, clip_by, rule, size)


@pytest.mark.parametrize("size", [1, 2, 13, 14, 100_000])
@pytest.mark.parametrize("rule", UpdateRule, ids=lambda rule: rule.value)
def test_both_engines_train_alike_with_batches_of_any_size(rule, size):
    assert_engines_agree(Optimizer.MOMENTUM, ClipBy.NORM, rule, size)


# -- divergence ------------------------------------------------------------------------------


def test_the_diverging_preset_diverges_and_keeps_every_epoch(choose):
    trainer = trained(find_preset("diverging").experiment, choose=choose)
    divergence = trainer.divergence
    assert 0 < divergence.epoch == trainer.history.last_epoch < 2000
    assert np.isfinite(trainer.history.losses[:-1]).all()
    assert trainer.history.losses[-1] == np.inf
    assert not trainer.finished
    assert divergence.sentence == (
        f"The loss became infinite at epoch {divergence.epoch}: its numbers grew beyond what a "
        f"floating-point number can hold. All epochs up to here are kept. Reset and try a "
        f"learning rate below 0.0071, the largest stable one at the start, or clip the gradients."
    )


@pytest.mark.parametrize("rule", UpdateRule)
@pytest.mark.parametrize("clipping", [True, False])
def test_the_advice_is_only_what_was_not_done_already(rule, clipping, choose):
    training = Training(learning_rate=1e6, clipping=clipping, clip_bound=1e300, update_rule=rule)
    sentence = trained(Experiment(training=training), choose=choose).divergence.sentence
    stable = 0.00017 if rule is UpdateRule.ONCE_PER_USE else 0.0071  # 2/λmax, for 41 uses or 1
    assert f"try a learning rate below {stable}, the largest stable one" in sentence
    assert ("the update “once per parameter”" in sentence) == (rule is UpdateRule.ONCE_PER_USE)
    assert ("clip the gradients" in sentence) == (not clipping)


@pytest.mark.parametrize(
    ("m", "told"),
    [
        (
            1e200,
            "infinite from the start. squared cannot be computed for 40 of 41 samples, x from ",
        ),
        (np.nan, "not a number (nan) from the start. m · x cannot be computed for any of the 41 "),
    ],
)
def test_a_start_that_overflows_is_told_at_epoch_0(m, told, choose):
    trainer = trained(Experiment(initial=starting_at(m, 0.25)), choose=choose)
    assert trainer.divergence.epoch == 0
    assert trainer.divergence.sentence.startswith(f"The loss is {told}")
    assert trainer.divergence.sentence.endswith(
        ". Choose another formula, other initial values, or other data."
    )


@pytest.mark.parametrize("engine", ENGINES)
@given(
    experiment=experiments(
        samples=st.integers(1, 8), units=st.integers(1, 3), layers=st.integers(1, 2)
    )
)
@EXAMPLES
def test_no_valid_experiment_makes_the_trainer_raise(engine, experiment):
    choose = ENGINES[engine]
    experiment = replace(experiment, training=replace(experiment.training, epochs=6))
    trainer = trained(experiment, 6, choose)
    losses = trainer.history.losses
    assert np.isfinite(losses[:-1]).all()
    assert (trainer.divergence is None) == bool(np.isfinite(losses[-1]))
    again = trained(experiment, 6, choose)
    assert str(rows(again)) == str(rows(trainer))
