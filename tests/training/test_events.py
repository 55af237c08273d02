"""What happened in a run: changes of settings and the first loss that is not finite, in words."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest

from app.study.experiment import Data, Experiment
from app.study.hyperparameters import ClipBy, Optimizer, Schedule, Training, UpdateRule
from app.training.course import Course
from app.training.events import MOST, Event, Kind, difference, events, events_of
from app.training.history import History
from app.training.run import Run
from app.training.trainer import Trainer

FIRST = Training()
OTHER = Training(
    optimizer=Optimizer.ADAM,
    momentum=0.5,
    decay=0.5,
    decay1=0.5,
    decay2=0.5,
    learning_rate=0.01,
    schedule=Schedule.COSINE,
    step_every=1000,
    step_factor=0.25,
    epochs=4000,
    clipping=False,
    clip_by=ClipBy.NORM,
    clip_bound=0.5,
    update_rule=UpdateRule.ONCE_PER_PARAMETER,
    batches=True,
    batch_size=20,
    batch_seed=1,
)
IN_WORDS = {
    "optimizer": "optimizer gradient descent → Adam",
    "decay1": "decay β₁ 0.9 → 0.5",
    "learning_rate": "learning rate 0.001 → 0.01",
    "schedule": "schedule constant → cosine",
    "epochs": "epochs 2,000 → 4,000",
    "clipping": "clip gradients on → off",
    "clip_by": "clip by each value → norm of all",
    "batches": "mini-batches off → on",
    "batch_size": "batch size 10 → 20",
}


def trainer_of(training: Training = FIRST, **settings: object) -> Trainer:
    trainer = Trainer(Experiment(Data(samples=5, **settings), training=training))
    trainer.start()
    return trainer


def happened(trainer: Trainer) -> list[Event]:
    return events(trainer.course, trainer.history)


def course_of(rates: list[float]) -> Course:
    """A course whose learning rate is changed at epochs 10, 20, …"""
    course = Course(None, 5, FIRST)  # type: ignore[arg-type]
    for number, rate in enumerate(rates, 1):
        course.change(10 * number, replace(FIRST, learning_rate=rate))
    return course


def history_of(losses: list[float]) -> History:
    history = History(1)
    history.extend(np.zeros((len(losses), 1)), np.array(losses))
    return history


@pytest.mark.parametrize("name", [field.name for field in fields(Training)])
def test_every_setting_that_differs_is_told_with_both_values(name):
    told = difference(FIRST, replace(FIRST, **{name: getattr(OTHER, name)}))
    assert told.count(" → ") == 1
    assert told == IN_WORDS.get(name, told)


def test_several_differences_are_told_one_after_the_other():
    told = difference(FIRST, OTHER).split("; ")
    assert len(told) == len(fields(Training))
    assert set(IN_WORDS.values()) <= set(told)


def test_what_is_the_same_does_not_differ():
    assert difference(OTHER, replace(OTHER)) == ""


def test_a_run_in_which_nothing_happened_has_no_events():
    trainer = trainer_of()
    trainer.advance(10)
    assert happened(trainer) == []


def test_before_its_first_epoch_a_run_has_no_events():
    trainer = Trainer(Experiment(Data(samples=5)))
    assert happened(trainer) == []


def test_changed_settings_are_an_event_at_the_epoch_from_which_they_are_in_force():
    trainer = trainer_of()
    trainer.advance(3)
    trainer.change(replace(FIRST, learning_rate=0.01))
    trainer.advance(4)
    trainer.change(replace(FIRST, learning_rate=0.01, optimizer=Optimizer.ADAM))
    assert happened(trainer) == [
        Event(3, "learning rate 0.001 → 0.01", Kind.SETTINGS),
        Event(7, "optimizer gradient descent → Adam", Kind.SETTINGS),
    ]


def test_settings_that_came_back_before_an_update_are_no_event():
    trainer = trainer_of()
    trainer.advance(3)
    for rate in (0.01, 0.001):
        trainer.change(replace(FIRST, learning_rate=rate))
    assert happened(trainer) == []


def test_settings_chosen_before_the_first_update_are_no_event():
    trainer = trainer_of()
    trainer.change(OTHER)
    assert happened(trainer) == []


@pytest.mark.parametrize(
    ("loss", "became"),
    [(np.inf, "the loss became infinite"), (np.nan, "the loss became not a number (nan)")],
)
def test_the_first_loss_that_is_not_finite_is_an_event(loss, became):
    found = events(course_of([]), history_of([3.0, 2.0, loss]))
    assert found == [Event(2, became, Kind.NON_FINITE)]


def test_a_run_that_diverges_ends_with_the_event_at_its_last_epoch():
    trainer = trainer_of(replace(FIRST, learning_rate=10.0, clipping=False))
    trainer.advance(2000)
    assert trainer.divergence is not None
    last = happened(trainer)[-1]
    assert (last.epoch, last.kind) == (trainer.divergence.epoch, Kind.NON_FINITE)
    losses = [trainer.history.loss(epoch) for epoch in range(trainer.history.last_epoch + 1)]
    assert [epoch for epoch, loss in enumerate(losses) if not np.isfinite(loss)] == [last.epoch]


def test_events_are_in_the_order_of_their_epochs():
    found = events(course_of([0.1, 0.2]), history_of([1.0] * 40 + [np.nan]))
    assert [event.epoch for event in found] == [10, 20, 40]


@pytest.mark.parametrize("changes", [1, MOST - 1, MOST, MOST + 1, 3 * MOST + 7, 5000])
def test_however_many_changes_there_were_the_events_are_few_and_tell_of_all(changes):
    rates = [0.01 + number / 1000 for number in range(changes)]
    found = events(course_of(rates), history_of([1.0]))
    assert len(found) <= MOST
    assert found[0].epoch == 10
    ends = [[float(end) for end in rates_told(event)] for event in found]
    assert ends[0][0] == FIRST.learning_rate
    assert all(before[1] == after[0] for before, after in pairwise(ends))
    assert ends[-1][1] == rates[-1]


def rates_told(event: Event) -> list[str]:
    return event.sentence.removeprefix("learning rate ").split(", after")[0].split(" → ")


def test_changes_told_together_say_how_many_and_up_to_where():
    found = events(course_of([0.5] * MOST + [0.25]), history_of([1.0]))
    assert found[0] == Event(
        10, "learning rate 0.001 → 0.5, after 2 changes up to epoch 20", Kind.SETTINGS
    )
    assert found[-1].sentence == "learning rate 0.5 → 0.25"


def test_changes_told_together_that_cancel_say_so():
    found = events(course_of([0.5, 0.001] * MOST), history_of([1.0]))
    assert {event.sentence.split(", ")[0] for event in found} == {"the settings as they were"}


# -- branches --------------------------------------------------------------------------------

FASTER, ADAM = replace(FIRST, learning_rate=0.01), replace(FIRST, optimizer=Optimizer.ADAM)


def run_of(number: int, training: Training = FIRST, **place: object) -> Run:
    """A run of 51 epochs, whose settings are others from where it branched off."""
    course = Course(None, 5, FIRST)  # type: ignore[arg-type]
    course.change(place.get("branched_at", 0), training)
    experiment = Experiment(training=training)
    run = Run(number, f"Run {number}", 0, experiment, history_of([1.0] * 51), course)
    for name, value in place.items():
        setattr(run, name, value)
    return run


def test_a_run_without_branches_has_the_events_of_its_own():
    run = run_of(1)
    run.course.change(7, FASTER)
    assert events_of(run, [run, run_of(2)]) == events(run.course, run.history)


def test_a_parent_tells_where_others_branch_off_and_what_differs():
    run = run_of(1)
    run.course.change(30, ADAM)
    others = [
        run_of(2, FASTER, parent=1, branched_at=40),
        run_of(3, FASTER, parent=1, branched_at=20),
        run_of(4, FIRST, parent=1, branched_at=10),
        run_of(5, FASTER, parent=3, branched_at=15),
    ]
    assert events_of(run, [run, *others]) == [
        Event(10, "“Run 4” branches off", Kind.BRANCH),
        Event(20, "“Run 3” branches off: learning rate 0.001 → 0.01", Kind.BRANCH),
        Event(30, "optimizer gradient descent → Adam", Kind.SETTINGS),
        Event(
            40,
            "“Run 2” branches off: optimizer Adam → gradient descent; learning rate 0.001 → 0.01",
            Kind.BRANCH,
        ),
    ]


@pytest.mark.parametrize(
    ("parent", "origin"), [(1, "“My best”"), (None, "a run that is gone")], ids=["there", "gone"]
)
def test_a_branch_tells_where_it_came_from(parent, origin):
    first, run = run_of(1), run_of(2, FASTER, parent=parent, branched_at=20)
    first.name = "My best"
    assert events_of(run, [first, run]) == [
        Event(20, "learning rate 0.001 → 0.01", Kind.SETTINGS),
        Event(20, f"branched off from {origin}", Kind.BRANCH),
    ]


def test_a_run_that_has_no_epoch_yet_has_no_events():
    run = Run(1, "Run 1", 0, Experiment())
    assert events_of(run, [run, run_of(2, parent=1, branched_at=3)]) == []
