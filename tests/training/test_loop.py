"""The states of training: what each command does in each, and what is said about it."""

import math
from dataclasses import replace

import numpy as np
import pytest

from app.study.experiment import Experiment
from app.study.hyperparameters import Optimizer, Schedule, Training, UpdateRule
from app.training import course as course_module
from app.training.engine import choose_engine
from app.training.loop import Diverged, Finished, Paused, Started, State
from app.training.trainer import Trainer
from tests.training.bench import DIVERGING, FOREVER, Bench, Script, choose_graph, small


@pytest.fixture
def bench():
    """A loop with real trainers; whatever it says beyond what a test waits for is a failure."""
    bench = Bench()
    yield bench
    assert bench.close() == []


@pytest.fixture
def script():
    return Script()


@pytest.fixture
def scripted(script):
    """A loop whose trainers follow the script, so that a test can act amid an epoch."""
    bench = Bench(script)
    yield bench
    assert bench.close() == []


def finished(bench, epochs=3):
    run = bench.play(small(epochs))
    assert bench.next() == Finished(run, epochs)
    return run


def diverged(bench):
    run = bench.play(DIVERGING)
    message = bench.next()
    assert isinstance(message, Diverged)
    assert message.run == run
    return message


def alone(experiment, *changes, choose=choose_engine):
    """Return the losses of the experiment trained without a loop, settings changed at epochs."""
    trainer = Trainer(experiment, choose)
    trainer.start()
    for epoch, training in changes:
        trainer.advance(epoch - trainer.history.last_epoch)
        trainer.change(training)
    trainer.advance(10_000_000)
    assert trainer.finished
    return trainer.history.losses.tolist()


# -- before there is a run, and reset --------------------------------------------------------


def test_without_an_experiment_no_command_has_an_effect(bench):
    bench.loop.play()
    bench.loop.step()
    bench.loop.pause()
    bench.loop.change(Training())
    bench.loop.set_speed(5)
    assert bench.begin(small()) == 1
    assert bench.loop.state is State.PAUSED


def test_every_reset_is_a_run_of_its_own(bench):
    assert [bench.begin(small()) for _ in range(3)] == [1, 2, 3]


def test_reset_while_running_begins_a_new_run_and_says_no_more_of_the_old_one(scripted, script):
    frames = []

    def act():
        frames.append(scripted.mailbox.take())
        scripted.loop.reset(small())

    script.amid(5, act)
    old = scripted.play(FOREVER)
    assert scripted.next() == Paused(old + 1, 0)
    new = scripted.mailbox.take()
    assert (new.run, new.epoch) == (old + 1, 0)
    assert (frames[0].run, frames[0].history.last_epoch) == (old, 4)  # what was seen stays
    scripted.loop.step()
    assert scripted.next() == Paused(old + 1, 1)


def test_reset_amid_a_step_of_many_epochs_forgets_the_rest_of_them(scripted, script):
    script.amid(3, lambda: scripted.loop.reset(small()))
    run = scripted.begin(FOREVER)
    scripted.loop.step(1_000_000)
    assert scripted.next() == Paused(run + 1, 0)
    scripted.loop.step()
    assert scripted.next() == Paused(run + 1, 1)


@pytest.mark.parametrize("end", [finished, diverged])
def test_reset_after_the_end_begins_a_new_run(bench, end):
    end(bench)
    assert bench.begin(small()) == 2
    bench.loop.step()
    assert bench.next() == Paused(2, 1)


def test_a_start_that_diverges_is_said_in_place_of_paused(bench):
    bench.loop.reset(small().with_value("start.m", 1e300))
    message = bench.next()
    assert isinstance(message, Diverged)
    assert message.epoch == 0
    assert bench.mailbox.take().history.losses.tolist() == [np.inf]


# -- paused ----------------------------------------------------------------------------------


def test_play_trains_to_the_chosen_number_of_epochs(bench):
    run = finished(bench, epochs=25)
    assert bench.loop.state is State.FINISHED
    frame = bench.mailbox.take()
    assert (frame.run, frame.epoch, len(frame.history)) == (run, 25, 26)


def test_play_before_epoch_0_is_known_begins_with_it(scripted, script):
    script.amid(0, scripted.loop.play)
    run = scripted.loop.reset(small(epochs=2))
    assert [scripted.next(), scripted.next()] == [Started(run), Finished(run, 2)]


def test_pause_before_epoch_0_is_known_is_said_once_it_is(scripted, script):
    script.amid(0, lambda: (scripted.loop.play(), scripted.loop.pause()))
    run = scripted.loop.reset(small(epochs=2))
    assert [scripted.next(), scripted.next()] == [Started(run), Paused(run, 0)]


def test_a_step_before_epoch_0_is_known_comes_after_it(scripted, script):
    script.amid(0, scripted.loop.step)
    run = scripted.loop.reset(small())
    assert [scripted.next(), scripted.next()] == [Paused(run, 0), Paused(run, 1)]


def test_step_trains_one_epoch_and_pauses(bench):
    run = bench.begin(small())
    for epoch in (1, 2, 3):
        bench.loop.step()
        assert bench.next() == Paused(run, epoch)
        assert bench.mailbox.take().epoch == epoch


def test_several_epochs_are_one_step(bench):
    run = bench.begin(small())
    bench.loop.step(7)
    assert bench.next() == Paused(run, 7)


def test_a_step_ends_where_the_run_ends(bench):
    run = bench.begin(small(epochs=3))
    bench.loop.step(7)
    assert bench.next() == Finished(run, 3)
    bench.loop.change(Training(epochs=5))
    assert bench.next() == Paused(run, 3)  # the other four are forgotten


def test_pause_does_nothing_while_paused(bench):
    run = bench.begin(small())
    bench.loop.pause()
    bench.loop.step()
    assert bench.next() == Paused(run, 1)


def test_fewer_epochs_than_there_are_end_the_run_at_the_next_play(bench):
    run = bench.begin(small())
    bench.loop.step(6)
    assert bench.next() == Paused(run, 6)
    bench.loop.change(Training(epochs=4))
    bench.loop.play()
    assert bench.next() == Finished(run, 6)


# -- running ---------------------------------------------------------------------------------


def test_pause_gives_up_the_epoch_that_is_not_done(scripted, script):
    script.amid(4, scripted.loop.pause)
    run = scripted.play(small())
    assert scripted.next() == Paused(run, 3)
    assert scripted.loop.state is State.PAUSED
    assert scripted.mailbox.take().epoch == 3


def test_a_pause_leaves_no_trace_in_the_history(scripted, script):
    script.amid(4, scripted.loop.pause)
    run = scripted.play(small())
    assert scripted.next() == Paused(run, 3)
    scripted.loop.play()
    assert [scripted.next(), scripted.next()] == [Started(run), Finished(run, 10)]
    assert scripted.mailbox.take().history.losses.tolist() == alone(small(), choose=choose_graph)


def test_play_does_nothing_while_running(scripted, script):
    script.amid(3, scripted.loop.play)
    script.amid(4, scripted.loop.play)
    run = scripted.play(small())
    assert scripted.next() == Finished(run, 10)


def test_two_plays_at_once_start_once(bench):
    run = bench.begin(small(epochs=5))
    bench.loop.play()
    bench.loop.play()
    said = [bench.next(), bench.next()]
    assert said == [Started(run), Finished(run, 5)]


def test_step_while_running_trains_one_epoch_more_and_pauses(scripted, script):
    script.amid(4, scripted.loop.step)
    run = scripted.play(FOREVER)
    assert scripted.next() == Paused(run, 4)
    assert scripted.loop.state is State.PAUSED


def test_play_amid_a_step_goes_on_after_it(scripted, script):
    script.amid(2, scripted.loop.play)
    run = scripted.begin(small())
    scripted.loop.step(4)
    assert [scripted.next(), scripted.next()] == [Started(run), Finished(run, 10)]


def test_a_change_while_running_applies_from_the_next_epoch(scripted, script):
    faster = Training(learning_rate=0.01, epochs=5)
    script.amid(4, lambda: scripted.loop.change(faster))
    run = scripted.play(small())
    assert scripted.next() == Finished(run, 5)
    losses = scripted.mailbox.take().history.losses.tolist()
    assert losses == alone(small(), (3, faster), choose=choose_graph)
    assert losses != alone(small(5), choose=choose_graph)


def test_more_epochs_while_running_prolong_the_run(scripted, script):
    script.amid(4, lambda: scripted.loop.change(Training(epochs=12)))
    run = scripted.play(small())
    assert scripted.next() == Finished(run, 12)


def test_fewer_epochs_than_there_are_end_the_run_where_it_is(scripted, script):
    script.amid(7, lambda: scripted.loop.change(Training(epochs=4)))
    run = scripted.play(small())
    assert scripted.next() == Finished(run, 6)
    assert scripted.loop.state is State.FINISHED


# -- finished and diverged -------------------------------------------------------------------


def test_play_and_step_after_the_end_say_finished_again(bench):
    run = finished(bench)
    bench.loop.play()
    assert bench.next() == Finished(run, 3)
    bench.loop.step(5)
    assert bench.next() == Finished(run, 3)
    bench.loop.pause()
    bench.loop.play()
    assert bench.next() == Finished(run, 3)


def test_more_epochs_after_the_end_let_the_run_go_on(bench):
    run = finished(bench)
    bench.loop.change(Training(epochs=5))
    assert bench.next() == Paused(run, 3)
    bench.loop.play()
    assert bench.next() == Started(run)
    assert bench.next() == Finished(run, 5)


def test_a_change_to_no_more_epochs_leaves_the_run_finished(bench):
    run = finished(bench)
    bench.loop.change(Training(epochs=2, update_rule=UpdateRule.ONCE_PER_PARAMETER))
    bench.loop.step()
    said = bench.next(), bench.next()
    assert set(said) == {Finished(run, 3)}
    assert bench.loop.state is State.FINISHED


def test_divergence_is_told_with_its_epoch_and_the_trainers_sentence(bench):
    message = diverged(bench)
    history = bench.mailbox.take().history
    assert history.last_epoch == message.epoch
    assert not np.isfinite(history.losses[-1])
    assert f"at epoch {message.epoch}" in message.sentence
    assert bench.loop.state is State.DIVERGED


def test_play_and_step_after_divergence_say_it_again(bench):
    message = diverged(bench)
    bench.loop.play()
    assert bench.next() == message
    bench.loop.step()
    assert bench.next() == message
    bench.loop.pause()
    bench.loop.change(Training(epochs=100_000))
    bench.loop.play()
    assert bench.next() == message


def test_a_step_can_diverge(bench):
    run = bench.begin(DIVERGING)
    bench.loop.step(1000)
    message = bench.next()
    assert isinstance(message, Diverged)
    assert (message.run, bench.loop.state) == (run, State.DIVERGED)


def test_a_long_run_is_the_one_trained_without_a_loop(bench):
    experiment = Experiment(training=Training(epochs=150))
    run = bench.play(experiment)
    assert bench.next() == Finished(run, 150)
    assert bench.mailbox.take().history.losses.tolist() == alone(experiment)


# -- chunks of native code -------------------------------------------------------------------


@pytest.mark.parametrize("epochs", [1, 2, 1234, 50_000])
def test_no_chunk_trains_beyond_the_chosen_number_of_epochs(bench, epochs):
    finished(bench, epochs)
    assert len(bench.mailbox.take().history) == epochs + 1


@pytest.mark.parametrize("many", [1, 2, 999, 30_000])
def test_a_step_of_many_epochs_is_exactly_so_many(bench, many):
    run = bench.begin(FOREVER)
    bench.loop.step(many)
    assert bench.next() == Paused(run, many)
    assert len(bench.mailbox.take().history) == many + 1


@pytest.mark.parametrize("speed", [1e5, math.inf])
def test_the_speed_changes_nothing_in_the_numbers(bench, speed):
    experiment = small(3000, optimizer=Optimizer.ADAM, schedule=Schedule.COSINE)
    bench.loop.set_speed(speed)
    run = bench.play(experiment)
    assert bench.next() == Finished(run, 3000)
    assert bench.mailbox.take().history.losses.tolist() == alone(experiment)


def test_a_step_goes_on_where_shuffled_samples_are_drawn_in_several_parts(bench, monkeypatch):
    monkeypatch.setattr(course_module, "MOST_SHUFFLED", 40)  # 8 epochs of 5 samples
    experiment = small(1000, batches=True, batch_size=2)
    run = bench.begin(experiment)
    bench.loop.step(100)
    assert bench.next() == Paused(run, 100)
    history = bench.mailbox.take().history
    monkeypatch.undo()
    assert history.losses.tolist() == alone(experiment.with_value("epochs", 100))


def test_changes_between_chunks_are_those_of_a_run_trained_without_a_loop():
    changes, trainers = [], []

    class Noting(Trainer):
        def change(self, training):
            changes.append((self.history.last_epoch, training))
            super().change(training)

    def make_trainer(experiment):
        trainers.append(Noting(experiment))
        return trainers[-1]

    bench = Bench(make_trainer)
    experiment = small(20_000, learning_rate=1e-6)
    run = bench.begin(experiment)
    for rate in (2e-6, 5e-7, 1e-5):
        bench.loop.step(500)
        bench.loop.change(replace(experiment.training, learning_rate=rate))
    bench.loop.play()
    while bench.next() != Finished(run, 20_000):
        pass
    assert len(changes) == 3
    assert bench.mailbox.take().history.losses.tolist() == alone(experiment, *changes)
    assert bench.close() == []
