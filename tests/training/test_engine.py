"""Native code trains where it can be had; where not, a sentence says why and training goes on."""

import sys

import numpy as np
import pytest

from app.study.architecture import Loss, Model, ModelKind, Reduction
from app.study.data import make_samples
from app.study.experiment import Data, Experiment, Problem
from app.study.hyperparameters import Training, UpdateRule
from app.study.model import record_loss
from app.study.start import Initial, given
from app.training.engine import ChosenEngine, choose_engine
from app.training.graph_engine import BLOCK, CancelledError, GraphEngine
from app.training.trainer import Trainer
from autograd.native import NativeTape, compiled_tape
from autograd.optimizers import GradientDescent, State
from autograd.optimizers import UpdateRule as EngineRule
from autograd.training import MiniBatches
from tests.training.bench import ENGINES, Bench, choose_graph, small

SLOWER = "Training goes on with the define-by-run engine, many times slower."
PROBLEM = Problem(Data(samples=9, noise=0.5))


@pytest.fixture
def fresh():
    """Have engines chosen anew, and forget those of the test."""
    choose_engine.cache_clear()
    yield
    choose_engine.cache_clear()


@pytest.fixture
def no_llvmlite(fresh, monkeypatch):  # noqa: ARG001  engines that were chosen before are native
    monkeypatch.setitem(sys.modules, "autograd.native", None)


@pytest.fixture
def broken_llvmlite(fresh, monkeypatch):  # noqa: ARG001
    """Have llvmlite's library fail to load, as an OSError."""
    monkeypatch.delitem(sys.modules, "autograd.native")

    class Broken:
        def find_spec(self, name, *_):
            if name == "autograd.native":
                raise OSError("libllvmlite.so: cannot open shared object file")

    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])


@pytest.fixture
def too_large(fresh, monkeypatch):  # noqa: ARG001
    monkeypatch.setattr(compiled_tape, "LARGEST", 5)


# -- native code -----------------------------------------------------------------------------


def test_native_code_is_chosen_where_it_can_be_had():
    chosen = choose_engine(PROBLEM)
    assert isinstance(chosen.engine, NativeTape)
    assert (chosen.tape.samples, chosen.notice) == (9, "")


def test_a_run_that_starts_again_finds_its_engine():
    assert choose_engine(PROBLEM) is choose_engine(Problem(Data(samples=9, noise=0.5)))
    assert choose_engine(PROBLEM) is not choose_engine(Problem(Data(samples=10, noise=0.5)))


# -- without it ------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_llvmlite")
def test_without_llvmlite_training_goes_on_slower_and_says_why():
    chosen = choose_engine(PROBLEM)
    assert isinstance(chosen.engine, GraphEngine)
    assert chosen.tape.samples == 9
    assert chosen.notice.startswith(
        "There is no native code, because llvmlite cannot be loaded (import of autograd.native "
    )
    assert chosen.notice.endswith(f"). {SLOWER}")


@pytest.mark.usefixtures("broken_llvmlite")
def test_a_library_that_cannot_be_opened_is_told_too():
    chosen = choose_engine(PROBLEM)
    assert isinstance(chosen.engine, GraphEngine)
    assert "(libllvmlite.so: cannot open shared object file). " in chosen.notice
    assert chosen.notice.endswith(SLOWER)


@pytest.mark.usefixtures("too_large")
def test_a_loss_that_is_too_large_to_compile_is_told():
    chosen = choose_engine(PROBLEM)
    assert isinstance(chosen.engine, GraphEngine)
    size = len(record_loss(PROBLEM, make_samples(PROBLEM.data).train).tape.instructions)
    assert chosen.notice == (
        f"The loss has {size} different operations; more than 5 are not compiled. {SLOWER}"
    )


@pytest.mark.usefixtures("no_llvmlite")
def test_the_trainer_passes_the_notice_on_and_trains_as_the_notebook():
    trainer = Trainer(Experiment())
    assert trainer.notice.endswith(SLOWER)
    trainer.start()
    assert trainer.advance(3) == 3
    expected = Trainer(Experiment(), choose_graph)
    expected.start()
    expected.advance(3)
    assert trainer.history.losses.tolist() == expected.history.losses.tolist()


def test_a_trainer_with_native_code_has_nothing_to_say():
    assert Trainer(small()).notice == ""


def test_every_frame_carries_the_notice():
    def make_trainer(experiment):
        return Trainer(experiment, lambda problem: chosen(problem, "It is slow."))

    bench = Bench(make_trainer)
    bench.begin(small())
    assert bench.mailbox.take().notice == "It is slow."
    bench.loop.step()
    bench.next()
    assert bench.mailbox.take().notice == "It is slow."
    assert bench.close() == []


def test_with_native_code_a_frame_has_no_notice():
    bench = Bench()
    bench.begin(small())
    assert bench.mailbox.take().notice == ""
    assert bench.close() == []


def chosen(problem, notice):
    graph = choose_graph(problem)
    return ChosenEngine(graph.engine, graph.tape, notice)


# -- both ------------------------------------------------------------------------------------


@pytest.mark.parametrize("choose", ENGINES.values(), ids=list(ENGINES))
def test_an_engine_evaluates_the_loss_of_all_samples(choose):
    samples = make_samples(PROBLEM.data).train
    loss, gradient = choose(PROBLEM).engine.evaluate(np.array([0.5, -2.0]))
    rest = samples.y - (0.5 * samples.x - 2.0)
    assert loss == pytest.approx((rest**2).mean(), rel=1e-13)
    expected = [-2 * (rest * samples.x).mean(), -2 * rest.mean()]
    assert gradient.tolist() == pytest.approx(expected, rel=1e-13)


PROBLEMS = {
    "formula": Problem(model=Model(formula="a*sin(b*x) + max(a, x)*c")),
    "constant": Problem(model=Model(formula="exp(a)")),
    "frozen": Problem(model=Model(formula="a*x + b"), frozen=(("b", 3.0),)),
    "weight decay": Problem(Data(samples=2 * BLOCK + 345), Model(weight_decay=0.3)),
    "decay, frozen": Problem(model=Model(weight_decay=0.3), frozen=(("m", 0.5),)),
    "sum": Problem(model=Model(loss=Loss.HUBER, reduction=Reduction.SUM, weight_decay=0.1)),
    "own loss": Problem(model=Model(loss=Loss.FORMULA, loss_formula="log(1 + (y - yhat)**2)")),
    "network": Problem(model=Model(ModelKind.NETWORK, units=3, weight_decay=0.01)),
    "test share": Problem(Data(test_share=0.5, noise=1.0), Model(loss=Loss.ABSOLUTE)),
}


@pytest.mark.parametrize("choose", ENGINES.values(), ids=list(ENGINES))
@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_an_engine_evaluates_any_model_and_loss_as_its_tape_does(problem, choose):
    at = np.random.default_rng(0).normal(size=len(problem.parameters))
    samples = make_samples(problem.data, problem.model).train
    loss, gradient = record_loss(problem, samples).tape.evaluate(at)
    mine = choose(problem).engine.evaluate(at)
    assert mine[0] == pytest.approx(loss, rel=1e-12)
    assert mine[1] == pytest.approx(gradient, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_both_engines_train_any_model_and_loss_alike(problem):
    training = Training(
        learning_rate=1e-4,
        epochs=5,
        clipping=False,
        update_rule=UpdateRule.ONCE_PER_PARAMETER,
        batches=True,
        batch_size=max(7, problem.data.samples // 6),
    )
    starts = tuple((name, given(value, frozen=True)) for name, value in problem.frozen)
    experiment = Experiment(problem.data, Initial(starts, seed=4), training, problem.model)
    assert experiment.problem == problem
    native, graph = (Trainer(experiment, choose) for choose in ENGINES.values())
    for trainer in (native, graph):
        trainer.start()
        assert trainer.advance(5) == 5
    np.testing.assert_allclose(native.history.losses, graph.history.losses, rtol=1e-9)
    for epoch in range(6):
        expected = graph.history.parameters(epoch)
        np.testing.assert_allclose(native.history.parameters(epoch), expected, rtol=1e-8)


@pytest.mark.parametrize("choose", ENGINES.values(), ids=list(ENGINES))
@pytest.mark.parametrize("reduction", Reduction)
def test_a_mini_batchs_loss_is_the_mean_or_the_sum_of_its_samples(reduction, choose):
    problem = Problem(model=Model(reduction=reduction, weight_decay=0.3))
    samples = make_samples(problem.data).train
    order = np.random.default_rng(0).permutation(41)
    state = State.start((0.5, -2.0), GradientDescent())
    rates, batches = np.array([1e-6]), MiniBatches(20, order[None])
    run = choose(problem).engine.train(state, rates, EngineRule(), batches)
    total = np.mean if reduction is Reduction.MEAN else np.sum
    m, c = 0.5, -2.0
    for part in (order[:20], order[20:40], order[40:]):
        rest = samples.y[part] - (m * samples.x[part] + c)
        gradient = -2 * total(rest * samples.x[part]) + 0.3 * m, -2 * total(rest) + 0.3 * c
        m, c = m - 1e-6 * gradient[0], c - 1e-6 * gradient[1]
    assert run.parameters[-1] == pytest.approx([m, c], rel=1e-14)


def test_the_define_by_run_engine_gives_up_when_it_is_told_to():
    engine = choose_graph(PROBLEM).engine
    with pytest.raises(CancelledError):
        engine.evaluate(np.array([0.5, -2.0]), lambda: True)
    assert engine.evaluate(np.array([0.5, -2.0]))[0] > 0
