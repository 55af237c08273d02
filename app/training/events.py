"""What happened in a run: the epochs worth a mark on the timeline, and why, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from app.study.difference import in_words
from app.study.hyperparameters import Training
from app.study.setting import settings_of

if TYPE_CHECKING:  # NumPy comes with them
    from app.training.course import Course
    from app.training.history import History
    from app.training.run import Run

MOST = 200
"""Changes of settings that are told one by one; of more, neighbours are told together."""

_SETTINGS = settings_of(Training)


class Kind(Enum):
    """What kind of thing happened."""

    SETTINGS = "settings"
    BRANCH = "branch"
    NON_FINITE = "non-finite"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a run.

    Attributes:
        epoch: where; of changed settings, the first epoch whose update is made with them.
        sentence: what, in words, without a full stop: "learning rate 0.001 → 0.01".
        kind: what kind of thing it was.
    """

    epoch: int
    sentence: str
    kind: Kind


def events(course: Course, history: History) -> list[Event]:
    """Return what happened in a run so far, by epoch; at most ``MOST`` + 1 events."""
    return [*_changes_of_settings(course.changes), *_first_non_finite(history)]


def events_of(run: Run, runs: Sequence[Run]) -> list[Event]:
    """Return what happened in a run so far and where it and others branch off, by epoch."""
    if run.course is None or run.history is None:
        return []
    told = [*events(run.course, run.history), *_branch_points(run, runs)]
    return sorted(told, key=lambda event: event.epoch)


def difference(before: Training, after: Training) -> str:
    """Return in words what differs between settings: "learning rate 0.001 → 0.01"; "" if nothing.

    Several differences are separated by a semicolon.
    """
    parts = []
    for name, setting in _SETTINGS.items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            label = setting.label[0].lower() + setting.label[1:]
            parts.append(f"{label} {in_words(old)} → {in_words(new)}")
    return "; ".join(parts)


def _changes_of_settings(changes: tuple[tuple[int, Training], ...]) -> Iterator[Event]:
    """Yield the changes, of which the first is what the run began with."""
    together = max(1, math.ceil((len(changes) - 1) / MOST))
    for start in range(1, len(changes), together):
        last, after = changes[min(start + together, len(changes)) - 1]
        count = min(together, len(changes) - start)
        sentence = difference(changes[start - 1][1], after)
        if count > 1:
            sentence = sentence or "the settings as they were"
            sentence += f", after {count:,} changes up to epoch {last:,}"
        if sentence:
            yield Event(changes[start][0], sentence, Kind.SETTINGS)


def _first_non_finite(history: History) -> Iterator[Event]:
    """Yield the first epoch whose loss is not finite: a run ends with it."""
    last = history.last_epoch
    loss = history.loss(last) if last >= 0 else 0.0
    if not math.isfinite(loss):
        became = "infinite" if math.isinf(loss) else "not a number (nan)"
        yield Event(last, f"the loss became {became}", Kind.NON_FINITE)


def _branch_points(run: Run, runs: Sequence[Run]) -> Iterator[Event]:
    """Yield where a run comes from, and where others branch off from it."""
    names = {each.number: f"“{each.name}”" for each in runs}
    if run.branched_at is not None:
        origin = names.get(run.parent or 0, "a run that is gone")
        yield Event(run.branched_at, f"branched off from {origin}", Kind.BRANCH)
    for each in runs:
        if each.parent == run.number and each.branched_at is not None:
            sentence = f"{names[each.number]} branches off"
            if run.course is not None and each.course is not None:
                before, after = (of.settings(each.branched_at) for of in (run.course, each.course))
                sentence += f": {difference(before, after)}" if before != after else ""
            yield Event(each.branched_at, sentence, Kind.BRANCH)
