"""Losses of several shapes, and what is known after some steps of their traces."""

# ruff: noqa: ARG001, ARG005  a loss, and a term, is given whatever any of them needs

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Scalar, Tensor
from autograd.evaluation import Evaluation
from autograd.optimizers import Change, State, UpdateRule
from autograd.rules import SUM
from autograd.tape import Tape
from autograd.trace import Backward, FoldedTrace, Forward, Progress, Seed, UnfoldedTrace, Update
from tests.autograd.unrolled import Graph

XS = [-1.5, 0.3, 2.1, 0.7]
YS = [1.1, -2.3, 0.9, 4.7]
AT = (0.764340511813275, 0.2950141610814745)

# Losses, each written once: ``total`` sums a term over the samples.


def line(m, c, total):
    return total(lambda x, y: (y - ((m * x) + c)) ** 2) / len(XS)


def sum_that_is_the_loss(m, c, total):
    return total(lambda x, y: (y - (m * x + c)) ** 2)


def mean_in_every_term(m, c, total):
    return total(lambda x, y: (y - (m * x + c)) ** 2 * 0.25) * 3.0


def weight_decay(m, c, total):
    return line(m, c, total) + 0.1 * (m * m + c * c)


def decay_in_every_term(m, c, total):
    decay = 0.1 * (m * m)
    return total(lambda x, y: (y - (m * x + c)) ** 2 + decay) / 4


def shared_before(m, c, total):
    scale = Tensor.exp(m)
    return total(lambda x, y: (y - (scale * x + c)) ** 2) / 4


def shared_before_and_used_twice(m, c, total):
    scale = m * c
    return total(lambda x, y: (scale * x - scale * y) ** 2) / 4 + scale


def squared_sum(m, c, total):
    return total(lambda x, y: m * x + c - y) ** 2


def sum_times_itself(m, c, total):
    together = total(lambda x, y: (m * x) - (c * y))
    return together * together + together / 3


def two_sums(m, c, total):
    product = m * c
    return total(lambda x, y: (y - m * x) ** 2) / 4 + total(lambda x, y: product * x / y) * 0.5


def ratio_of_sums(m, c, total):
    return total(lambda x, y: (m * x) * y) / total(lambda x, y: (c - x) ** 2)


def parameter_twice_in_a_sample(m, c, total):
    return total(lambda x, y: m * x * m - c * y) / 4


def term_that_all_share(m, c, total):
    decay = m * c
    return total(lambda x, y: decay) + total(lambda x, y: (y - m * x) ** 2)


def intermediate_twice_in_a_sample(m, c, total):
    def term(x, y):
        difference = y - (m * x + c)
        return difference * difference - difference

    return total(term) / 4


def parameter_as_the_term(m, c, total):
    return total(lambda x, y: m) * total(lambda x, y: c * x * y)


def sum_without_gradient(m, c, total):
    return m * c * total(lambda x, y: x * x) + total(lambda x, y: (m * x) * (y - 2.0 * x))


def kinks(m, c, total):
    return total(lambda x, y: Tensor.maximum(Tensor.relu(m * x + c), Tensor.abs(y - c))) / 4


def functions(m, c, total):
    return Tensor.sqrt(total(lambda x, y: (Tensor.sin(m * x) - Tensor.tanh(c + y)) ** 2) / 4)


def network(m, c, total):
    first, second = Tensor.tanh(m * c), m - c
    return total(lambda x, y: (y - (m * Tensor.tanh(first * x + c) + second * x)) ** 2) / 4


def no_sum(m, c, total):
    return (m * c - 3.0) ** 2 + m * m


LOSSES = {
    each.__name__: each
    for each in (
        line, sum_that_is_the_loss, mean_in_every_term, weight_decay, decay_in_every_term,
        shared_before, shared_before_and_used_twice, squared_sum, sum_times_itself, two_sums,
        ratio_of_sums, parameter_twice_in_a_sample,
        intermediate_twice_in_a_sample, term_that_all_share, parameter_as_the_term,
        sum_without_gradient, kinks, functions, network, no_sum,
    )
}  # fmt: skip

every_loss = pytest.mark.parametrize("name", LOSSES)

# NumPy's exp, sin, tanh may differ from math's in the last digit; + − × ÷ and √ do not.
INEXACT = {"shared_before", "functions", "network"}


def computed(name: str, expected: Any) -> Any:
    """Return what to compare numbers that NumPy computed with those that math computed with."""
    inexact = name in INEXACT and expected is not None
    return pytest.approx(expected, rel=1e-13) if inexact else expected


def record(loss: Callable, xs=XS, ys=YS) -> Tape:
    """Return the tape of a loss; of one without a sum what ``Tape.fold`` makes of it."""
    m, c, x, y = (Scalar(0.0, name in "mc", name) for name in "mcxy")
    sums: dict[Tensor, Tensor] = {}

    def total(term):
        together = Scalar(0.0)
        sums[together] = term(x, y)
        return together

    recorded = loss(m, c, total)
    if not sums:
        return Tape.fold(recorded, [m, c])
    return Tape.record(recorded, [m, c], {x: np.array(xs), y: np.array(ys)}, sums)


def change_of(evaluation: Evaluation, rule: UpdateRule | None = None) -> Change:
    """Return what an update rule makes of a loss's gradient, by default gradient descent."""
    rule = rule or UpdateRule()
    start = State.start(evaluation.parameters, rule.optimizer)
    return rule.change(start, evaluation.gradient, 0.1, evaluation.tape.total_uses())


def both_traces(tape: Tape, at=AT) -> tuple[FoldedTrace, UnfoldedTrace]:
    """Return the folded and the unfolded trace of one epoch."""
    evaluation = Evaluation(tape, at)
    change = change_of(evaluation)
    return FoldedTrace(evaluation, change), UnfoldedTrace(evaluation, change)


def traced(name: str, at=AT) -> tuple[FoldedTrace, UnfoldedTrace, Graph]:
    """Return both traces of a loss, and the graph that it leaves where its sums are loops."""
    tape = record(LOSSES[name])
    return *both_traces(tape, at), Graph.run(LOSSES[name], tape, at, XS, YS)


class Replay:
    """What is known after some of a trace's entries, noted one by one."""

    def __init__(self, trace: FoldedTrace | UnfoldedTrace) -> None:
        self.tape = trace.tape
        self.unfolded = isinstance(trace, UnfoldedTrace)
        self.valued: set[tuple[int, int | None]] = set()
        self.gradients: dict[tuple[int, int | None], Any] = {}
        self.flowed: set[tuple[int, int, int | None]] = set()
        self.parameters = trace.evaluation.parameters.tolist()

    def take(self, entry) -> None:
        match entry:
            case Forward():
                self.valued.add((entry.place, entry.sample))
            case Seed():
                self.gradients[self._key(entry.place, None)] = entry.gradient
            case Backward():
                self.gradients[self._key(entry.operand, entry.operand_sample)] = entry.after
                self.flowed.add((entry.place, entry.index, entry.sample))
            case Update():
                self.parameters[entry.parameter] = entry.after

    def gradient_into(self, entry: Backward) -> Any:
        """Return the gradient so far of an edge's operand; None if there is none."""
        return self.gradients.get(self._key(entry.operand, entry.operand_sample))

    def has_own(self, place: int) -> bool:
        """Whether each sample has its own number at a place."""
        instruction = self.tape.instructions[place]
        return instruction.per_sample or (self.unfolded and instruction.rule is SUM)

    def check(self, progress: Progress) -> None:
        """Compare with what a trace says is known after the same steps."""
        for place in range(len(self.tape.instructions)):
            known = self.value_known(place)
            assert np.array_equal(np.broadcast_to(progress.valued[place], np.shape(known)), known)
            gradient, graded = self.gradient(place)
            assert np.shape(progress.gradients[place]) == np.shape(gradient)
            assert np.array_equal(progress.gradients[place], gradient), place
            assert np.array_equal(progress.graded[place], graded), place
        assert progress.parameters.tolist() == self.parameters

    def check_flowed(self, flowed: Callable[[int, int], Any]) -> None:
        """Compare with what a trace says of every edge after the same steps."""
        for place, instruction in enumerate(self.tape.instructions):
            chained = self.unfolded and instruction.rule is SUM
            for operand in range(2 if chained else len(instruction.operands)):
                expected = self.has_flowed(place, operand)
                asked = np.broadcast_to(flowed(place, operand), np.shape(expected))
                assert np.array_equal(asked, expected), (place, operand)

    def value_known(self, place: int) -> Any:
        if self.tape.instructions[place].rule is None:
            return self._of_samples(place, lambda _: True)
        return self._of_samples(place, lambda key: key in self.valued)

    def gradient(self, place: int) -> tuple[Any, Any]:
        """Return the gradient so far, and whether there is one."""
        known = self._of_samples(place, lambda key: key in self.gradients)
        if not self.unfolded and self.has_own(place):
            gradient = self.gradients.get((place, None), 0.0)
            return np.broadcast_to(gradient, self.tape.samples), known
        return self._of_samples(place, lambda key: self.gradients.get(key, 0.0)), known

    def has_flowed(self, place: int, index: int) -> Any:
        return self._of_samples(place, lambda key: (place, index, key[1]) in self.flowed)

    def _of_samples(self, place: int, of: Callable) -> Any:
        if self.has_own(place) and self.unfolded:
            return np.array([of((place, sample)) for sample in range(self.tape.samples)])
        return of((place, None))

    def _key(self, place: int, sample: int | None) -> tuple[int, int | None]:
        """Return where a gradient goes: that of a sum is its last addition's."""
        if sample is None and self.unfolded and self.tape.instructions[place].rule is SUM:
            return place, self.tape.samples - 1
        return place, sample
