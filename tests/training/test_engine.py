"""Native code trains where it can be had; where not, a sentence says why and training goes on."""

import sys

import numpy as np
import pytest

from app.study.data import make_samples
from app.study.experiment import Data, Experiment
from app.study.model import record_loss
from app.training.engine import ChosenEngine, choose_engine
from app.training.graph_engine import CancelledError, GraphEngine
from app.training.trainer import Trainer
from autograd.native import NativeTape, compiled_tape
from tests.training.bench import ENGINES, Bench, choose_graph, small

SLOWER = "Training goes on with the define-by-run engine, many times slower."
RECIPE = Data(samples=9, noise=0.5)


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
    chosen = choose_engine(RECIPE)
    assert isinstance(chosen.engine, NativeTape)
    assert (chosen.tape.samples, chosen.notice) == (9, "")


def test_a_run_that_starts_again_finds_its_engine():
    assert choose_engine(RECIPE) is choose_engine(Data(samples=9, noise=0.5))
    assert choose_engine(RECIPE) is not choose_engine(Data(samples=10, noise=0.5))


# -- without it ------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_llvmlite")
def test_without_llvmlite_training_goes_on_slower_and_says_why():
    chosen = choose_engine(RECIPE)
    assert isinstance(chosen.engine, GraphEngine)
    assert chosen.tape.samples == 9
    assert chosen.notice.startswith(
        "There is no native code, because llvmlite cannot be loaded (import of autograd.native "
    )
    assert chosen.notice.endswith(f"). {SLOWER}")


@pytest.mark.usefixtures("broken_llvmlite")
def test_a_library_that_cannot_be_opened_is_told_too():
    chosen = choose_engine(RECIPE)
    assert isinstance(chosen.engine, GraphEngine)
    assert "(libllvmlite.so: cannot open shared object file). " in chosen.notice
    assert chosen.notice.endswith(SLOWER)


@pytest.mark.usefixtures("too_large")
def test_a_loss_that_is_too_large_to_compile_is_told():
    chosen = choose_engine(RECIPE)
    assert isinstance(chosen.engine, GraphEngine)
    size = len(record_loss(make_samples(RECIPE)).tape.instructions)
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
        return Trainer(experiment, lambda recipe: chosen(recipe, "It is slow."))

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


def chosen(recipe, notice):
    graph = choose_graph(recipe)
    return ChosenEngine(graph.engine, graph.tape, notice)


# -- both ------------------------------------------------------------------------------------


@pytest.mark.parametrize("choose", ENGINES.values(), ids=list(ENGINES))
def test_an_engine_evaluates_the_loss_of_all_samples(choose):
    samples = make_samples(RECIPE)
    loss, gradient = choose(RECIPE).engine.evaluate(np.array([0.5, -2.0]))
    rest = samples.y - (0.5 * samples.x - 2.0)
    assert loss == pytest.approx((rest**2).mean(), rel=1e-13)
    expected = [-2 * (rest * samples.x).mean(), -2 * rest.mean()]
    assert gradient.tolist() == pytest.approx(expected, rel=1e-13)


def test_the_define_by_run_engine_gives_up_when_it_is_told_to():
    engine = choose_graph(RECIPE).engine
    with pytest.raises(CancelledError):
        engine.evaluate(np.array([0.5, -2.0]), lambda: True)
    assert engine.evaluate(np.array([0.5, -2.0]))[0] > 0
