"""The runs that are kept side by side: what each is, and where it came from."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from app.study.experiment import Experiment
from app.training.course import Course
from app.training.history import History
from app.training.loop import Diverged, Failed, Finished, Frame, Message, Paused, Started, State

MOST_RUNS = 24
"""How many runs a list has at most: each may take 60 MB, and a thread that rests."""


class RunListError(Exception):
    """What was asked of the list of runs cannot be done; a sentence says why."""


@dataclass(eq=False, slots=True)
class Run:
    """One of the runs that are kept side by side. Only the session writes to it.

    Attributes:
        number: tells it from all other runs of the session; no number comes twice.
        name: what a person calls it.
        colour: the smallest number from 0 on that no other run of the list has.
        experiment: what is trained, with the settings that are in force now.
        history: its history; None until its epoch 0 is known.
        course: which settings are, and were, in force; None until then.
        epoch: the newest epoch shown; −1 until there is one.
        state: what training is doing, by the last message.
        notice: a sentence if training is slower than it could be, else "".
        sentence: what a run that diverged or failed has to say, else "".
        details: of an error, for a report, else "".
        visible: whether it is drawn beside the others.
        parent: the number of the run that it branched off from; None if it did not, or if
            that run is deleted or began anew.
        branched_at: the epoch up to which it is its parent's; None if it did not branch off.
        race: what all runs of a race have in common; None outside of races.
        begun: the number that the training loop's messages about it carry; 0 before any.
    """

    number: int
    name: str
    colour: int
    experiment: Experiment
    history: History | None = None
    course: Course | None = None
    epoch: int = -1
    state: State = State.PAUSED
    notice: str = ""
    sentence: str = ""
    details: str = ""
    visible: bool = True
    parent: int | None = None
    branched_at: int | None = None
    race: int | None = None
    begun: int = 0

    @property
    def running(self) -> bool:
        """Whether training goes on by itself."""
        return self.state is State.RUNNING

    @property
    def recorded(self) -> int:
        """How many updates would be lost by starting anew."""
        return 0 if self.history is None else max(0, self.history.last_epoch)

    def begin(self, number: int) -> None:
        """Be at the start, as what the loop's messages call by this number."""
        self.begun = number
        self.history = self.course = None
        self.epoch = -1
        self.notice = ""
        self.parent = self.branched_at = None
        self.state = State.PAUSED
        self.sentence = self.details = ""

    def hear(self, message: Message) -> None:
        """Enter the state that a message of the loop tells."""
        self.sentence = self.details = ""
        match message:
            case Started():
                self.state = State.RUNNING
            case Paused():
                self.state = State.PAUSED
            case Finished():
                self.state = State.FINISHED
            case Diverged(sentence=sentence):
                self.state, self.sentence = State.DIVERGED, sentence
            case Failed(sentence=sentence, details=details):
                self.state, self.sentence, self.details = State.FAILED, sentence, details

    def take(self, frame: Frame) -> None:
        """Be as far as a frame says."""
        self.history, self.course = frame.history, frame.course
        self.epoch, self.notice = frame.epoch, frame.notice


class RunList:
    """The runs, in the order in which they were made, and the current one of them.

    Attributes:
        runs: all of them; there is always one.
        current: the one that is looked at.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.runs: list[Run] = []
        self.current = self.add(Experiment())

    @property
    def room(self) -> int:
        """How many more runs there can be."""
        return MOST_RUNS - len(self.runs)

    def check_room(self, wanted: int = 1) -> None:
        """Raise RunListError if there is no room for so many more runs.

        Raises:
            RunListError: there is not.
        """
        if wanted > self.room:
            raise RunListError(
                f"There is room for {MOST_RUNS} runs, {wanted} more would be "
                f"{len(self.runs) + wanted}. Delete some that are not needed any more."
            )

    def add(self, experiment: Experiment, name: str = "") -> Run:
        """Add a run of an experiment, which has not begun."""
        number = next(self._numbers)
        taken = {run.colour for run in self.runs}
        colour = next(colour for colour in itertools.count() if colour not in taken)
        self.runs.append(Run(number, name or first_name(number), colour, experiment))
        return self.runs[-1]

    def remove(self, run: Run) -> None:
        """Take a run out; of the current one, the neighbour becomes the current one.

        Raises:
            RunListError: it is the only one.
        """
        if len(self.runs) == 1:
            raise RunListError("The last run cannot be deleted. Start another one in its place.")
        place = self.runs.index(run)
        del self.runs[place]
        self.forget_branches_of(run)
        if run is self.current:
            self.current = self.runs[min(place, len(self.runs) - 1)]

    def forget_branches_of(self, run: Run) -> None:
        """Let no run come from this one any more, whose epochs are gone."""
        for each in self.runs:
            if each.parent == run.number:
                each.parent = None

    def find(self, number: int) -> Run:
        """Return the run with a number.

        Raises:
            KeyError: there is none.
        """
        for run in self.runs:
            if run.number == number:
                return run
        raise KeyError(number)

    def together(self) -> list[Run]:
        """Return the runs that a command to the current one is for: all of its race, if any."""
        race = self.current.race
        if race is None:
            return [self.current]
        return [run for run in self.runs if run.race == race]


def first_name(number: int) -> str:
    """Return what a run is called as long as nobody calls it something else."""
    return f"Run {number}"
