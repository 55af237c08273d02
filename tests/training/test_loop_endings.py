"""How training ends otherwise: by an error, or because it is closed."""

import pytest

from app.study.experiment import Data, Experiment
from app.study.hyperparameters import Training
from app.training.loop import Diverged, Failed, Finished, Paused, Started, State
from tests.training.bench import DIVERGING, FOREVER, PATIENCE, Bench, Faulty, Held, small

HUGE = Experiment(Data(samples=100_000))


def failing(faulty):
    """Run into the error; return the bench, the run and the message."""
    bench = Bench(faulty)
    at_once = faulty.making or faulty.starting
    run = bench.loop.reset(small()) if at_once else bench.play(small())
    message = bench.next()
    assert isinstance(message, Failed)
    assert message.run == run
    return bench, run, message


# -- errors ----------------------------------------------------------------------------------


def test_an_error_is_said_in_a_sentence_with_its_traceback_for_a_report():
    bench, _, message = failing(Faulty(epoch=3))
    assert message.sentence == (
        "Training stopped because of an error in the program (ZeroDivisionError: no epoch "
        "today). Press Play to start the run again."
    )
    assert message.details.startswith("Traceback (most recent call last):")
    assert "in advance" in message.details
    assert message.details.endswith("ZeroDivisionError: no epoch today\n")
    assert bench.loop.state is State.FAILED
    assert bench.close() == []


@pytest.mark.parametrize(
    ("faulty", "reason"),
    [(Faulty(making=True), "no trainer today"), (Faulty(starting=True), "no start today")],
    ids=["making the trainer", "epoch 0"],
)
def test_an_error_at_the_beginning_is_said_too(faulty, reason):
    bench, _, message = failing(faulty)
    assert f"(RuntimeError: {reason})" in message.sentence
    assert bench.mailbox.take() is None
    assert bench.close() == []


@pytest.mark.parametrize(
    "faulty",
    [Faulty(epoch=3), Faulty(making=True), Faulty(starting=True)],
    ids=["an epoch", "making the trainer", "epoch 0"],
)
def test_play_after_an_error_starts_the_run_anew(faulty):
    bench, run, _ = failing(faulty)
    faulty.repaired = True
    bench.loop.play()
    assert [bench.next(), bench.next()] == [Started(run), Finished(run, 10)]
    frame = bench.mailbox.take()
    assert (frame.run, len(frame.history)) == (run, 11)
    assert bench.close() == []


def test_step_after_an_error_starts_the_run_anew():
    faulty = Faulty(epoch=3)
    bench, run, _ = failing(faulty)
    bench.loop.step(4)
    assert bench.next() == Paused(run, 0)
    again = bench.next()
    assert isinstance(again, Failed)
    faulty.repaired = True
    bench.loop.step(4)
    assert [bench.next(), bench.next()] == [Paused(run, 0), Paused(run, 4)]
    assert bench.close() == []


def test_pause_and_a_change_after_an_error_say_nothing_and_play_uses_the_change():
    faulty = Faulty(epoch=3)
    bench, run, _ = failing(faulty)
    bench.loop.pause()
    bench.loop.change(Training(epochs=2))
    bench.loop.play()
    assert [bench.next(), bench.next()] == [Started(run), Finished(run, 2)]
    assert bench.close() == []


def test_an_error_that_stays_is_said_at_every_play():
    bench, run, first = failing(Faulty(making=True))
    bench.loop.play()
    second = bench.next()
    assert (second.run, second.sentence) == (run, first.sentence)
    assert bench.loop.state is State.FAILED
    assert bench.close() == []


def test_reset_after_an_error_is_a_new_run():
    faulty = Faulty(making=True)
    bench, run, _ = failing(faulty)
    faulty.repaired = True
    assert bench.loop.reset(small()) == run + 1
    assert bench.next() == Paused(run + 1, 0)
    assert bench.close() == []


def test_after_an_error_in_making_the_trainer_the_old_run_is_over():
    faulty = Faulty(making=True)
    faulty.repaired = True
    bench = Bench(faulty)
    bench.loop.reset(small())
    assert bench.next() == Paused(1, 0)
    faulty.repaired = False
    bench.loop.reset(small())
    assert isinstance(bench.next(), Failed)
    bench.loop.pause()
    bench.loop.step()
    assert bench.next().run == 2
    assert bench.close() == []


# -- close -----------------------------------------------------------------------------------


def paused(bench):
    bench.begin(small())


def running(bench):
    bench.play(FOREVER)


def waiting(bench):
    bench.loop.set_speed(0.001)
    bench.play(FOREVER)


def stepping(bench):
    bench.begin(FOREVER)
    bench.loop.step(1_000_000)


def finished(bench):
    run = bench.play(small(epochs=3))
    assert bench.next() == Finished(run, 3)


def diverged(bench):
    bench.loop.reset(DIVERGING.with_value("start.m", 1e300))
    assert isinstance(bench.next(), Diverged)


@pytest.mark.parametrize("arrive", [paused, running, waiting, stepping, finished, diverged])
def test_close_ends_the_thread_in_every_state_and_says_nothing(arrive):
    bench = Bench()
    arrive(bench)
    assert bench.close() == []
    assert bench.loop.state is State.CLOSED


def test_close_ends_the_thread_before_there_was_a_run():
    assert Bench().close() == []


def test_close_ends_the_thread_after_an_error():
    bench, _, _ = failing(Faulty(epoch=1))
    assert bench.close() == []
    assert bench.loop.state is State.CLOSED


def test_after_close_no_command_has_an_effect():
    bench = Bench()
    bench.close()
    bench.loop.reset(small())
    bench.loop.play()
    bench.loop.step()
    assert bench.close() == []
    assert bench.mailbox.take() is None
    assert bench.loop.state is State.CLOSED


def test_commands_behind_close_are_not_carried_out():
    bench = Bench()
    bench.loop.reset(small())
    bench.next()
    bench.loop.close()
    bench.loop.play()
    assert bench.close() == []


def test_close_amid_a_huge_epoch_does_not_wait_for_its_end():
    held = Held()
    bench = Bench(held)
    bench.loop.reset(HUGE)
    assert held.amid.wait(PATIENCE)
    assert bench.close() == []
    assert len(held.made[0].history) == 0  # the epoch was given up


def test_reset_amid_a_huge_epoch_does_not_wait_for_its_end():
    held = Held()
    bench = Bench(held)
    bench.loop.reset(HUGE)
    assert held.amid.wait(PATIENCE)
    bench.loop.reset(small())
    assert bench.next() == Paused(2, 0)
    assert len(held.made[0].history) == 0
    assert bench.close() == []


def test_a_command_amid_a_huge_first_epoch_only_delays_it():
    held = Held()
    bench = Bench(held)
    run = bench.loop.reset(Experiment(Data(samples=5000)))
    assert held.amid.wait(PATIENCE)
    bench.loop.set_speed(7)
    assert bench.next() == Paused(run, 0)
    assert bench.close() == []
