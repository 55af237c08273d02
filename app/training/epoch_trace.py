"""The trace of one epoch of a run: of all samples, or of one mini-batch after another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.study.hyperparameters import Training
from app.training.snapshot import Chosen, Probe
from app.training.update import learning_rates, mini_batches, update_rule
from autograd.evaluation import Evaluation
from autograd.optimizers import Change, State, Vector
from autograd.trace import FoldedTrace, Stage, Trace, UnfoldedTrace


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Numbers that a person gives to leaves in place of the run's own.

    Attributes:
        parameters: by number of the parameter.
        data: by place of the data column and number of the sample.
    """

    parameters: Mapping[int, float]
    data: Mapping[tuple[int, int], float]

    def with_parameter(self, parameter: int, value: float) -> WhatIf:
        """Return this with another value of a parameter."""
        return WhatIf({**self.parameters, parameter: value}, self.data)

    def with_data(self, place: int, sample: int, value: float) -> WhatIf:
        """Return this with another number in a data column."""
        return WhatIf(self.parameters, {**self.data, (place, sample): value})

    def vector(self, parameters: Vector) -> Vector:
        """Return all parameters with the given ones replaced, of shape (parameters,)."""
        replaced = parameters.copy()
        for parameter, value in self.parameters.items():
            replaced[parameter] = value
        return replaced

    def state(self, state: State) -> State:
        """Return a state with the parameters replaced."""
        return State(self.vector(state.parameters), state.slots, state.count)

    def columns(self, probe: Probe) -> dict[int, Any]:
        """Return the data columns of a probe in which numbers are replaced, by place."""
        replaced: dict[int, Any] = {}
        for (place, sample), value in self.data.items():
            column = replaced.setdefault(place, probe.tape.columns[place].copy())
            column[sample if probe.chosen is None else probe.chosen == sample] = value
        return replaced


NOTHING_REPLACED = WhatIf({}, {})


@dataclass(frozen=True, slots=True)
class Pass:
    """One forward pass, backward pass and update.

    Attributes:
        probe: the samples that it is about.
        evaluation: their values and gradients.
        change: the update.
        number, count: which mini-batch of the epoch it is, from 0, and how many there are.
    """

    probe: Probe
    evaluation: Evaluation
    change: Change
    number: int
    count: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step is: in which pass, and which step of its trace."""

    number: int
    index: int


class EpochTrace:
    """The steps of one epoch, one after another, computed as far as they are looked at.

    Attributes:
        epoch: which epoch.
        folded: whether a step is about all samples at once.
    """

    def __init__(
        self,
        probe: Probe,
        epoch: int,
        state: State,
        training: Training,
        *,
        folded: bool = True,
        what_if: WhatIf = NOTHING_REPLACED,
    ) -> None:
        """Prepare the trace of the epoch that begins with a state."""
        self.epoch = epoch
        self.folded = folded
        self._probe = probe
        self._states = [what_if.state(state)]
        self._what_if = what_if
        self._rule = update_rule(training)
        self._rate = float(learning_rates(training, epoch, 1)[0])
        samples = probe.tape.samples
        batches = mini_batches(training, samples, epoch, 1)
        self._order = None if batches is None else batches.orders[0]
        self._size = samples if batches is None else batches.size
        self.passes = -(-samples // self._size)
        self._newest: tuple[Pass, Trace] | None = None
        self._length = self._kind.length(probe.tape, self._size)  # of every pass but the last

    def __len__(self) -> int:
        samples = self._probe.tape.samples - (self.passes - 1) * self._size
        return self._start(self.passes - 1) + self._kind.length(self._probe.tape, samples)

    def _start(self, number: int) -> int:
        """Return the index of a pass's first step."""
        return number * self._length

    def locate(self, index: int) -> Place:
        """Return the pass that a step is in, and which of the pass's steps it is."""
        number = min(index // self._length, self.passes - 1)
        return Place(number, index - self._start(number))

    def index(self, place: Place) -> int:
        """Return the index of a pass's step among all."""
        return self._start(place.number) + place.index

    def first_of(self, number: int, stage: Stage) -> int:
        """Return the index of the first step of a pass's stage among all."""
        return self._start(number) + self.trace(number).indices(stage).start

    def trace(self, number: int) -> Trace:
        """Return the trace of a pass."""
        return self._both(number)[1]

    def pass_of(self, number: int) -> Pass:
        """Return a pass."""
        return self._both(number)[0]

    def _both(self, number: int) -> tuple[Pass, Trace]:
        if self._newest is None or self._newest[0].number != number:
            made = self._make(number)
            self._newest = (made, self._kind(made.evaluation, made.change))
        return self._newest

    @property
    def _kind(self) -> type[Trace]:
        return FoldedTrace if self.folded else UnfoldedTrace

    def _make(self, number: int) -> Pass:
        """Return a pass; those before it are computed for the parameters they lead to."""
        while len(self._states) <= number:
            self._compute(len(self._states) - 1)
        return self._compute(number)

    def _compute(self, number: int) -> Pass:
        """Return a pass of which the state before is known."""
        probe, state = self._probe_of(number), self._states[number]
        evaluation = Evaluation(probe.tape, state.parameters, self._what_if.columns(probe))
        uses = probe.tape.total_uses()
        change = self._rule.change(state, evaluation.gradient, self._rate, uses)
        if len(self._states) == number + 1:
            self._states.append(change.after)
        return Pass(probe, evaluation, change, number, self.passes)

    def _chosen(self, number: int) -> Chosen:
        """Return the samples of a mini-batch, by number."""
        assert self._order is not None  # noqa: S101  there are mini-batches
        chosen: Chosen = self._order[number * self._size : (number + 1) * self._size]
        return chosen

    def _probe_of(self, number: int) -> Probe:
        return self._probe if self._order is None else self._probe.batch(self._chosen(number))
