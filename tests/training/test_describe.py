"""What training is doing, in a sentence."""

import pytest

from app.training.loop import State
from app.training.session import describe


@pytest.mark.parametrize("epoch", [-1, 0])
def test_before_the_first_update_it_says_how_to_begin(epoch):
    assert describe(State.PAUSED, epoch).startswith("Ready. Press Play")


def test_in_a_pause_it_says_where_and_how_to_go_on():
    assert describe(State.PAUSED, 1234) == "Paused at epoch 1,234. Play goes on from here."


def test_while_running_it_says_what_can_be_changed():
    assert describe(State.RUNNING, 5).startswith(
        "Training. All of the training settings can be changed"
    )


def test_at_the_end_it_says_how_to_go_on():
    sentence = describe(State.FINISHED, 2000)
    assert sentence.startswith("Finished after 2,000 epochs. Raise “Epochs” to go on")


@pytest.mark.parametrize("state", [State.DIVERGED, State.FAILED, State.CLOSED])
def test_what_has_a_sentence_of_its_own_gets_no_other(state):
    assert describe(state, 5) == ""


@pytest.mark.parametrize("state", [State.PAUSED, State.RUNNING, State.FINISHED])
@pytest.mark.parametrize("epoch", [0, 5])
def test_a_notice_is_said_after_it(state, epoch):
    sentence = describe(state, epoch)
    assert describe(state, epoch, "It is slow.") == f"{sentence} It is slow."
    assert describe(state, epoch, "") == sentence


@pytest.mark.parametrize("state", [State.DIVERGED, State.FAILED, State.CLOSED])
def test_where_nothing_is_said_a_notice_is_not_said_either(state):
    assert describe(state, 5, "It is slow.") == ""
