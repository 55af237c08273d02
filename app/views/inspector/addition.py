"""One addition of an unfolded sum, which takes a sample's term into the running sum."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from app.training.moment import Moment
from app.training.selection import Selection
from autograd.rules import SUM
from autograd.trace import UnfoldedTrace

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Addition:
    """The running sum up to a sample, as far as it is known.

    Attributes:
        moment: within an unfolded trace.
        place: the sum's place.
        sample: the sample, as a number within the moment's probe; −1 for the 0 that the sum
            begins with.
    """

    moment: Moment
    place: int
    sample: int

    @classmethod
    def of(cls, moment: Moment, subject: Selection | None, sample: int) -> Addition | None:
        """Return the addition that a node or an edge is of; None if it is of none."""
        if subject is None or not isinstance(moment.trace, UnfoldedTrace):
            return None
        is_sum = moment.evaluation.tape.instructions[subject.place].rule is SUM
        return cls(moment, subject.place, sample) if is_sum else None

    @property
    def is_start(self) -> bool:
        """Whether it is the 0 that the sum begins with."""
        return self.sample < 0

    @property
    def before(self) -> Addition:
        """What the sample's term is added to."""
        return replace(self, sample=self.sample - 1)

    @property
    def after(self) -> Addition | None:
        """The addition after, which the gradient comes from; None if it is the last one."""
        last = self.moment.evaluation.tape.samples - 1
        return replace(self, sample=self.sample + 1) if self.sample < last else None

    @property
    def title(self) -> str:
        """What it is called, such as “sum up to sample 7”."""
        return "0" if self.is_start else f"{self._sum} up to sample {self._number}"

    @property
    def symbol(self) -> str:
        """What it is called within a fraction, such as “sum₇”."""
        if self.is_start:
            return self.title
        return f"{self._sum}{str(self._number).translate(_SUBSCRIPTS)}"

    @property
    def value(self) -> float | None:
        """The running sum; None if it is not known yet."""
        progress = self.moment.progress
        return 0.0 if self.is_start else self._known(progress.values, progress.valued)

    @property
    def gradient(self) -> float | None:
        """Its gradient; None if there is none yet."""
        progress = self.moment.progress
        return None if self.is_start else self._known(progress.gradients, progress.graded)

    @property
    def _sum(self) -> str:
        return self.moment.probe.names.symbol(self.place)

    @property
    def _number(self) -> int:
        chosen = self.moment.probe.chosen
        return self.sample if chosen is None else int(chosen[self.sample])

    def _known(self, numbers: list[Any], known: list[Any]) -> float | None:
        return float(numbers[self.place][self.sample]) if known[self.place][self.sample] else None
