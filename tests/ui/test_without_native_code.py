"""Where native code cannot be had, the window says so and trains all the same."""

from __future__ import annotations

import numpy as np
import pytest

from app.training.loop import State
from app.training.trainer import Trainer
from tests.ui.person import Person, curves

pytestmark = pytest.mark.usefixtures("without_native_code")


def says_why(person: Person) -> bool:
    notice = person.read("notice_text")
    return "llvmlite cannot be loaded" in notice and "many times slower" in notice


def test_the_notice_says_so_whatever_training_does(make_window, qtbot):
    person = Person(make_window(), qtbot)
    assert says_why(person)
    assert person.read("notice_text").startswith("Ready.")
    person.train(1)
    assert says_why(person)
    person.click("play")
    person.wait(lambda: person.epoch > 3)
    assert person.read("notice_text").startswith("Training.")
    assert says_why(person)
    person.click("play")
    person.wait_for(State.PAUSED)
    assert person.read("notice_text").startswith("Paused")
    assert says_why(person)
    person.enter("epochs", "30")
    person.run_to_end()
    assert person.read("notice_text").startswith("Finished")
    assert says_why(person)


@pytest.mark.parametrize("size", [(1280, 800), (900, 640)])
def test_all_of_the_notice_can_be_read(make_window, qtbot, size):
    person = Person(make_window(size=size), qtbot)
    notice = person.find("notice_text")
    assert says_why(person)
    person.wait(lambda: notice.heightForWidth(notice.width()) <= notice.height())


def test_nothing_is_said_of_it_where_there_is_native_code(make_window, qtbot, monkeypatch):
    from app.training.engine import choose_engine

    monkeypatch.undo()
    choose_engine.cache_clear()
    assert not says_why(Person(make_window(), qtbot))


@pytest.mark.parametrize(
    ("name", "option"), [("optimizer", "Adam"), ("clip_by", "norm of all"), ("batches", None)]
)
def test_it_trains_to_the_same_numbers(make_window, qtbot, monkeypatch, name, option):
    from app.training.engine import choose_engine

    person = Person(make_window(), qtbot)
    if option:
        person.choose(name, option)
    else:
        person.click(name)
    person.enter("epochs", "60")
    person.run_to_end()
    assert person.state is State.FINISHED
    monkeypatch.undo()
    choose_engine.cache_clear()
    native = Trainer(person.window.session.experiment)
    native.start()
    native.advance(60)
    assert not native.notice
    history = person.window.session.history
    assert np.allclose(history.losses, native.history.losses, rtol=1e-9, atol=0)
    (curve,) = curves(person.window.loss_view.plot)
    assert curve.getData()[0][-1] == 60
