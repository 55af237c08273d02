"""A branch: the first epochs of a run, to go on from with other settings."""

from __future__ import annotations

from dataclasses import dataclass

from app.study.hyperparameters import Training
from app.training.course import Course
from app.training.history import History


@dataclass(frozen=True, slots=True)
class Branch:
    """What a run that branched off goes on from.

    Attributes:
        history: its epochs up to the branch point, at least.
        course: the settings up to there and those from there on.
        epoch: the branch point: the last epoch that it has from another run.
    """

    history: History
    course: Course
    epoch: int

    def again(self, training: Training) -> Branch:
        """Return a branch at the same epoch that goes on with these settings."""
        return branch(self.history, self.course, self.epoch, training)


def branch(history: History, course: Course, epoch: int, training: Training) -> Branch:
    """Branch off at an epoch of a run, to go on from there with these settings.

    Raises:
        IndexError: the epoch is not recorded.
    """
    following = course.branch(epoch, training)
    return Branch(history.branch(epoch, following.compute_again), following, epoch)
