"""A moment knows what the steps up to it have told, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.study.experiment import Data, Problem
from app.study.hyperparameters import Training, UpdateRule
from app.training.epoch_trace import NOTHING_REPLACED
from app.training.moment import Moment
from app.training.snapshot import Probe
from autograd.rules import SUM
from autograd.trace import Backward, Entry, Forward, Seed, Stage, Update
from tests.training.moments import START, moments_of_line

DATA = Data(true=(("m", 0.7), ("c", -0.3)), x_from=-2, x_to=2, samples=5, noise=0.2)
BATCHED = Training(batches=True, batch_size=2, clipping=False, learning_rate=0.05)

TRACES = pytest.mark.parametrize(
    ("training", "folded"),
    [
        (Training(), True),
        (Training(), False),
        (BATCHED, True),
        (BATCHED, False),
        (replace(BATCHED, update_rule=UpdateRule.ONCE_PER_USE), False),
    ],
    ids=["folded", "unfolded", "folded batches", "unfolded batches", "once per use"],
)


class Told:
    """What the entries of a pass have told so far, by place and sample."""

    def __init__(self, moment: Moment) -> None:
        self.tape = moment.probe.tape
        self.values: dict[tuple[int, int], float] = {}
        self.gradients: dict[tuple[int, int], float] = {}
        self.flowed: set[tuple[int, int, int]] = set()
        start = moment.evaluation.parameters.tolist()
        for place, instruction in enumerate(self.tape.instructions):
            if place in self.tape.parameters:
                number: object = start[self.tape.parameters.index(place)]
            elif instruction.rule is None:
                number = moment.evaluation.values[place]
            else:
                continue
            self._keep(self.values, place, None, number)

    def _samples(self, sample: int | None) -> range:
        return range(self.tape.samples) if sample is None else range(sample, sample + 1)

    def _keep(self, told: dict, place: int, sample: int | None, number: object) -> None:
        for each in self._samples(sample):
            told[place, each] = float(number[each] if np.ndim(number) else number)

    def tell(self, entry: Entry) -> None:
        """Take in what an entry says."""
        match entry:
            case Forward():
                self._keep(self.values, entry.place, entry.sample, entry.value)
            case Seed():
                self._keep(self.gradients, entry.place, None, entry.gradient)
            case Backward():
                self._keep(self.gradients, entry.operand, entry.operand_sample, entry.after)
                for sample in self._samples(entry.sample):
                    self.flowed.add((entry.place, entry.index, sample))
            case Update():
                self._keep(self.values, entry.place, None, entry.after)


def by_pass(moments: list[Moment]) -> list[list[Moment]]:
    """Return the moments of each pass."""
    found: dict[int, list[Moment]] = {}
    for moment in moments:
        assert moment.running is not None
        found.setdefault(moment.running.number, []).append(moment)
    return list(found.values())


@TRACES
def test_it_knows_what_the_steps_up_to_it_have_told_and_nothing_else(training, folded):
    for moments in by_pass(list(moments_of_line(training, DATA, folded=folded))):
        told = Told(moments[0])
        for moment in moments:
            told.tell(moment.entry)
            for place, instruction in enumerate(told.tape.instructions):
                for sample in range(told.tape.samples):
                    # Of an unfolded sum the whole one is meant: the last addition.
                    at = told.tape.samples - 1 if instruction.rule is SUM else sample
                    assert moment.value(place, sample) == told.values.get((place, at))
                    assert moment.gradient(place, sample) == told.gradients.get((place, at))


@TRACES
def test_it_knows_over_which_edges_the_gradient_has_come(training, folded):
    for moments in by_pass(list(moments_of_line(training, DATA, folded=folded))):
        told = Told(moments[0])
        for moment in moments:
            told.tell(moment.entry)
            for place, instruction in enumerate(told.tape.instructions):
                is_chain = instruction.rule is SUM and not folded
                for index in range(2 if is_chain else len(instruction.operands)):
                    known = np.broadcast_to(moment.flowed(place, index), told.tape.samples)
                    for sample in range(told.tape.samples):
                        assert known[sample] == ((place, index, sample) in told.flowed)


@TRACES
def test_the_selected_sample_is_shown_where_none_is_asked_for(training, folded):
    for sample in (0, 3):
        for moment in moments_of_line(training, DATA, folded=folded, sample=sample):
            for place in range(len(moment.probe.tape.instructions)):
                assert moment.value(place) == moment.value(place, moment.sample)
                assert moment.gradient(place) == moment.gradient(place, moment.sample)


@TRACES
def test_what_a_trace_tells_is_passed_on(training, folded):
    for moment in moments_of_line(training, DATA, folded=folded):
        assert moment.trace is not None
        assert moment.running is not None
        assert moment.stage is moment.trace.stage(moment.index)
        assert moment.change is moment.running.change
        expected = moment.trace.progress(moment.index)
        for mine, other in (
            (moment.progress.valued, expected.valued),
            (moment.progress.graded, expected.graded),
            (moment.progress.values, expected.values),
            (moment.progress.gradients, expected.gradients),
        ):
            assert all(map(np.array_equal, mine, other))
        assert moment.parameters.tolist() == expected.parameters.tolist()


def test_nothing_but_leaves_has_a_value_after_the_first_step_but_its_own():
    first = next(moments_of_line(data=DATA))
    assert isinstance(first.entry, Forward)
    for place, instruction in enumerate(first.probe.tape.instructions):
        is_known = instruction.rule is None or place == first.entry.place
        assert (first.value(place) is not None) is is_known
        assert first.gradient(place) is None


@TRACES
def test_parameters_are_new_one_after_another(training, folded):
    for moments in by_pass(list(moments_of_line(training, DATA, folded=folded))):
        change = moments[0].change
        assert change is not None
        m, c = moments[0].probe.tape.parameters
        old, new = change.before.tolist(), change.after.parameters.tolist()
        assert old != new
        expected = {Stage.FORWARD: [old], Stage.BACKWARD: [old]}
        expected[Stage.UPDATE] = [[new[0], old[1]], new]
        seen: dict[Stage | None, list[list[float]]] = {}
        for moment in moments:
            pair = [moment.value(m), moment.value(c)]
            assert moment.parameters.tolist() == pair
            if pair not in seen.setdefault(moment.stage, []):
                seen[moment.stage].append(pair)
        assert seen == expected


def test_numbers_are_plain_floats():
    for folded in (True, False):
        for moment in moments_of_line(data=DATA, folded=folded):
            for place in range(len(moment.probe.tape.instructions)):
                for number in (moment.value(place), moment.gradient(place)):
                    assert number is None or type(number) is float


# -- an epoch as a whole ---------------------------------------------------------------------


def whole(sample: int = 0) -> Moment:
    probe = Probe(Problem(DATA))
    return Moment(3, probe, probe.snapshot(3, START).evaluation, sample)


def test_a_whole_epoch_has_no_step():
    moment = whole()
    assert (moment.entry, moment.stage, moment.change, moment.trace) == (None,) * 4
    assert moment.what_if == NOTHING_REPLACED
    assert moment.parameters.tolist() == list(START)


def test_of_a_whole_epoch_everything_is_known():
    evaluation = whole().evaluation
    for sample in range(5):
        moment = whole(sample)
        for place, instruction in enumerate(evaluation.tape.instructions):
            assert moment.value(place) == np.broadcast_to(evaluation.values[place], 5)[sample]
            assert (moment.gradient(place) is not None) is instruction.require_grad
            if instruction.require_grad:
                gradient = np.broadcast_to(evaluation.gradients[place], 5)[sample]
                assert moment.gradient(place) == gradient


def test_of_a_whole_epoch_gradients_have_flowed_to_whatever_has_one():
    moment = whole()
    for place, instruction in enumerate(moment.probe.tape.instructions):
        for index, operand in enumerate(instruction.operands):
            has_one = moment.gradient(operand) is not None
            assert moment.flowed(place, index) is has_one


def test_the_chain_of_a_whole_epochs_sum_has_both_its_edges():
    moment = whole()
    (total,) = moment.probe.tape.phases.sums
    assert (moment.flowed(total, 0), moment.flowed(total, 1)) == (True, True)


def test_an_epoch_whose_last_backward_step_is_done_knows_what_the_whole_one_does():
    moments = [each for each in moments_of_line(data=DATA) if each.stage is Stage.BACKWARD]
    last, complete = moments[-1], whole()
    for place in range(len(last.probe.tape.instructions)):
        for sample in range(5):
            assert last.value(place, sample) == complete.value(place, sample)
            assert last.gradient(place, sample) == complete.gradient(place, sample)
