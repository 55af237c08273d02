"""How a number became inf or nan: sentences from there down to a parameter, the data, a setting."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.study.hyperparameters import Training, UpdateRule
from app.training.moment import Moment
from app.training.narration import (
    computation,
    local_derivative,
    local_factor,
    of_sample,
    rounded,
    sample_number,
)
from app.training.stability import stability
from app.training.update import learning_rates
from autograd import rules
from autograd.evaluation import Evaluation
from autograd.rules import Rule
from autograd.tape import Column
from autograd.trace import Backward, Forward, Update

LARGEST = "1.8e308, the largest floating-point number"

_UNDEFINED = {
    rules.LOGARITHM: "is not defined: no power of e is negative",
    rules.SQUARE_ROOT: "is not defined: no square is negative",
    rules.DIVIDE: "is not defined: any number times 0 is 0",
    rules.POWER: "is not defined: a negative number has no such power",
}
"""Why an operation on finite numbers has no result."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A link of the chain that leads from a number back to its cause.

    Attributes:
        sentence: what is to be said.
        place: what it is about, by its place on the tape.
        sample: whose, as a number within the probe; None if the samples share it.
    """

    sentence: str
    place: int
    sample: int | None


class Explanation:
    """Follows the numbers of a moment back to where they come from."""

    def __init__(self, moment: Moment, training: Training | None, before: Column | None) -> None:
        self._moment = moment
        self._training = training
        self._before = before
        self._evaluation = moment.evaluation
        self._tape = moment.evaluation.tape
        self._names = moment.probe.names
        self._at: tuple[int, int | None] = (0, None)  # what the next sentence is about

    def causes(self, entry: Forward | Backward | Update) -> Iterator[Cause]:
        """Yield what makes a step's result inf or nan, from there down to the cause."""
        match entry:
            case Forward():
                told = self._value(entry)
            case Backward():
                told = self._gradient(entry)
            case Update():
                told = self._update(entry)
        for sentence in told:
            yield Cause(sentence, *self._at)

    # -- values -----------------------------------------------------------------------------

    def _value(self, entry: Forward) -> Iterator[str]:
        self._at = (entry.place, entry.sample)
        rule = self._rule(entry.place)
        symbol, numbers = self._names.symbol(entry.place), list(map(rounded, entry.inputs))
        if rule is rules.SUM:
            how = f"the running sum {computation(rules.ADD, numbers)}"
        else:
            how = self._written_out(entry.place, numbers)
        yield (
            f"{symbol} became {rounded(entry.value)}{self._whose(entry.sample)}: {how} "
            f"{_cause(rules.ADD if rule is rules.SUM else rule, entry.inputs, entry.value)}."
        )
        operands = self._tape.instructions[entry.place].operands
        if rule is rules.SUM:
            if not math.isnan(entry.value) and np.isfinite(entry.inputs[1]):
                yield from self._why_large(entry.place, entry.sample)
            return
        pairs = zip(operands, entry.inputs, strict=True)
        bad = [operand for operand, number in pairs if not np.isfinite(number)]
        if bad:
            yield from self._origin(bad[0], entry.sample)
        elif math.isnan(entry.value) or _divides_by_zero(rule, entry.inputs):
            yield from self._computed(operands[rule is rules.DIVIDE], entry.sample)
        else:
            yield from self._why_large(entry.place, entry.sample)

    def _why_large(self, place: int, sample: int | None) -> Iterator[str]:
        """Follow a large value down its largest operands to a leaf."""
        while operands := self._tape.instructions[place].operands:
            rule = self._rule(place)
            if rule is rules.SUM:
                terms = np.broadcast_to(self._evaluation.values[operands[0]], self._tape.samples)
                sample = int(np.nanargmax(np.abs(terms)))
            numbers = [self._number(operand, sample) for operand in operands]
            which = _decisive(rule, numbers)
            self._at = (place, sample)
            symbol = self._names.symbol(place)
            if rule is rules.DIVIDE and which == 1:
                shown = self._shown(operands[which], sample)
                yield f"{symbol} is so large because it is divided by {shown}."
                yield from self._computed(operands[which], sample)
                return
            yield f"{symbol} is so large {self._because(operands[which], sample)}."
            place = operands[which]
        yield from self._origin(place, sample)

    def _computed(self, place: int, sample: int | None) -> Iterator[str]:
        """Say how a value was computed, one operation down."""
        self._at = (place, sample)
        rule, operands = (
            self._tape.instructions[place].rule,
            self._tape.instructions[place].operands,
        )
        if rule is None:
            yield from self._origin(place, sample)
        elif rule is rules.SUM:
            yield f"{self._shown(place, sample)} is the sum over the samples."
        else:
            numbers = [rounded(self._number(operand, sample)) for operand in operands]
            yield f"{self._shown(place, sample)} because it is {self._written_out(place, numbers)}."

    def _origin(self, place: int, sample: int | None) -> Iterator[str]:
        """Say where a leaf has its number from; of a constant there is nothing to say."""
        self._at = (place, sample)
        shown, what_if = self._shown(place, sample), self._moment.what_if
        if place in self._tape.parameters:
            yield from self._origin_of_parameter(self._tape.parameters.index(place), shown)
        elif sample is not None and place in self._tape.columns:
            yours = (place, sample_number(self._moment, sample)) in what_if.data
            whose = "the number that you put in place of the data’s own" if yours else "in the data"
            yield f"{shown} is {whose}."

    def _origin_of_parameter(self, parameter: int, shown: str) -> Iterator[str]:
        moment, before = self._moment, self._before
        name = self._names.symbol(self._tape.parameters[parameter])
        if parameter in moment.what_if.parameters:
            yield f"{shown} is the number that you put in place of the run’s own."
        elif moment.epoch == 0:
            yield f"{shown} is what training starts from: choose another initial {name}."
        elif before is None:
            yield f"{shown} is what the updates before this epoch led to."
        else:
            was, now = before[parameter], self._evaluation.parameters[parameter]
            factor = abs(now / was)
            change = f"{name} went from {rounded(was)} to {rounded(now)} in one epoch"
            if np.isfinite(factor) and factor > 1:
                change = f"{name} grew by a factor {rounded(factor)} from epoch to epoch"
            settings = self._settings(parameter, moment.epoch - 1, before)
            yield f"{change}{f': {settings}' if settings else '.'}"

    def _settings(self, parameter: int, epoch: int, parameters: Column) -> str:
        """Return a sentence on the learning rate of the update at an epoch, or ""."""
        training = self._training
        if training is None:
            return ""
        found = stability(self._tape, parameters, epoch, training)
        if found.limit is not None and training.learning_rate <= found.limit:
            return ""
        rate = rounded(float(learning_rates(training, epoch, 1)[0]))
        outside, inside = self._tape.uses[parameter]
        uses = outside + inside * self._tape.samples
        per_use = training.update_rule is UpdateRule.ONCE_PER_USE and uses > 1
        steps = f", once for each of its {uses:,} uses" if per_use else ""
        limit = f" {found.sentence}" if found.limit is not None else ""
        return f"the learning rate is {rate}{steps}.{limit}"

    # -- gradients and parameters -----------------------------------------------------------

    def _gradient(self, entry: Backward) -> Iterator[str]:
        self._at = (entry.operand, entry.operand_sample)
        rule = self._rule(entry.place)
        index = 0 if rule is rules.SUM else entry.index
        lead = (
            f"{self._names.gradient(entry.operand)} became {rounded(entry.after)}"
            f"{self._whose(entry.sample)}"
        )
        derivative = local_derivative(self._names, entry.place, index, entry.local)
        if not math.isfinite(entry.local):
            operands = self._tape.instructions[entry.place].operands
            zero = rule is not rules.MULTIPLY and 0.0 in (
                self._number(entry.place, entry.sample),
                self._number(operands[rule is rules.DIVIDE], entry.sample),
            )
            why = "is not defined there" if math.isnan(entry.local) else _overflow(entry.local)
            if zero:
                logarithm = rule is rules.POWER and index == 1
                why = "takes the logarithm of 0" if logarithm else "divides by 0"
            yield f"{lead}: the local derivative {derivative} {why}."
            yield from self._computed(operands[rule is rules.DIVIDE], entry.sample)
            return
        edge, sample = (entry.place, index), entry.sample
        if math.isfinite(entry.contribution):
            strongest = self._strongest_into(entry.operand, entry.operand_sample)
            edge, sample = strongest or (edge, sample)
            terms = (entry.before, entry.contribution)
            sum_ = computation(rules.ADD, list(map(rounded, terms)))
            yield f"{lead}: {sum_} {_cause(rules.ADD, terms, entry.after)}."
        else:
            factors = (entry.upstream, entry.local)
            cause = _cause(rules.MULTIPLY, factors, entry.contribution)
            upstream = rounded(entry.upstream)
            yield f"{lead}: upstream {upstream} times local derivative {derivative} {cause}."
        yield from self._why_product_large(edge, sample)

    def _why_product_large(self, edge: tuple[int, int], sample: int | None) -> Iterator[str]:
        """Follow the larger factor of what flows over an edge."""
        while True:
            place, index = edge
            flow = self._evaluation.flow(place, index)
            upstream, local = of_sample(flow.upstream, sample), of_sample(flow.local, sample)
            if abs(local) >= abs(upstream):
                yield from self._why_local_large(place, index, sample)
                return
            strongest = self._strongest_into(place, sample)
            if strongest is None:
                return
            edge, sample = strongest
            self._at = (place, sample)
            flow, factor = self._evaluation.flow(*edge), local_factor(self._names, *edge, place)
            numbers = [rounded(of_sample(each, sample)) for each in (flow.upstream, flow.local)]
            yield (
                f"{self._names.gradient(place)} is so large because "
                f"{self._names.gradient(edge[0])} × {factor} = "
                f"{computation(rules.MULTIPLY, numbers)}{self._whose(sample)}."
            )

    def _why_local_large(self, place: int, index: int, sample: int | None) -> Iterator[str]:
        rule, operands = self._rule(place), self._tape.instructions[place].operands
        which = {rules.MULTIPLY: 1 - index, rules.DIVIDE: 1}.get(rule, 0)
        operand = operands[which]
        self._at = (operand, sample)
        if self._names.local(place, index) != self._names.symbol(operand):
            factor = local_factor(self._names, place, index, operands[index])
            yield f"The local derivative {factor} is so large {self._because(operand, sample)}."
        if abs(self._number(operand, sample)) > 1:
            yield from self._why_large(operand, sample)
        else:
            yield from self._computed(operand, sample)

    def _strongest_into(
        self, place: int, sample: int | None
    ) -> tuple[tuple[int, int], int | None] | None:
        """Return over which edge, for which sample, a place's gradient gained most, but for inf."""
        found: list[tuple[float, tuple[int, int], int | None]] = []
        for edge in uses_of(self._evaluation, place):
            contribution = self._evaluation.flow(*edge).contribution
            gained = np.where(np.isfinite(contribution), np.abs(contribution), 0.0)
            own = sample
            if not self._tape.instructions[place].per_sample:
                own = int(np.argmax(gained)) if np.ndim(gained) else None
            found.append((of_sample(gained, own), edge, own))
        strongest = max(found, key=lambda each: each[0], default=None)
        return None if strongest is None else strongest[1:]

    def _update(self, entry: Update) -> Iterator[str]:
        self._at = (entry.place, None)
        name, rate = self._names.symbol(entry.place), rounded(entry.learning_rate)
        step = float(np.float64(entry.learning_rate) * entry.direction * entry.times)
        lead = f"{name} became {rounded(entry.after)} in the update"
        if not math.isfinite(entry.direction):
            direction, gradient = rounded(entry.direction), rounded(entry.gradient)
            yield f"{lead}: the optimizer makes {direction} of the gradient {gradient}."
        elif math.isfinite(step):
            numbers = [rounded(entry.before), rounded(step)]
            cause = _cause(rules.SUBTRACT, (entry.before, step), entry.after)
            yield f"{lead}: {computation(rules.SUBTRACT, numbers)} {cause}."
        else:
            uses = f", once for each of its {entry.times:,} uses," if entry.times != 1 else ""
            yield (
                f"{lead}: learning rate {rate} times direction {rounded(entry.direction)}{uses} "
                f"{_cause(rules.MULTIPLY, (entry.learning_rate, entry.direction), step)}."
            )
        settings = self._settings(entry.parameter, self._moment.epoch, self._evaluation.parameters)
        if settings:
            yield f"{settings[0].upper()}{settings[1:]}"
        strongest = self._strongest_into(entry.place, None)
        if strongest is None:
            return
        edge, sample = strongest
        if sample is not None:
            most = rounded(of_sample(self._evaluation.flow(*edge).contribution, sample))
            yield (
                f"{self._names.gradient(entry.place)} = {rounded(entry.gradient)} adds up what the "
                f"samples contribute: {most}{self._whose(sample)} is the largest."
            )
        yield from self._why_product_large(edge, sample)

    # -- words ------------------------------------------------------------------------------

    def _rule(self, place: int) -> Rule:
        rule = self._tape.instructions[place].rule
        assert rule is not None  # noqa: S101  it is an operation
        return rule

    def _number(self, place: int, sample: int | None) -> float:
        return of_sample(self._evaluation.values[place], sample)

    def _written_out(self, place: int, numbers: Sequence[str]) -> str:
        """Return how a value is computed, as formula, where it has another name, and numbers."""
        formula, numeric = self._names.formula(place), computation(self._rule(place), numbers)
        return numeric if formula == self._names.symbol(place) else f"{formula} = {numeric}"

    def _shown(self, place: int, sample: int | None) -> str:
        """Return a value with its name, such as "ŷ = 1.3e160 for sample 3"."""
        if self._names.is_constant(place):
            return self._names.symbol(place)
        own = sample if self._tape.instructions[place].per_sample else None
        number = rounded(self._number(place, sample))
        return f"{self._names.symbol(place)} = {number}{self._whose(own)}"

    def _because(self, operand: int, sample: int | None) -> str:
        shown = self._shown(operand, sample)
        constant = self._names.is_constant(operand)
        return f"because of the constant {shown}" if constant else f"because {shown}"

    def _whose(self, sample: int | None) -> str:
        return "" if sample is None else f" for sample {sample_number(self._moment, sample)}"


def _decisive(rule: Rule, numbers: Sequence[float]) -> int:
    """Return which operand it is that makes a result large."""
    if rule is rules.DIVIDE:
        return int(abs(numbers[0] * numbers[1]) < 1)  # so far below 1 as the other is above it
    return int(np.argmax(np.abs(numbers)))


def _divides_by_zero(rule: Rule, numbers: Sequence[float]) -> bool:
    if rule is rules.DIVIDE:
        return numbers[1] == 0
    return rule in (rules.POWER, rules.LOGARITHM) and numbers[0] == 0


def _cause(rule: Rule, numbers: Sequence[float], value: float) -> str:
    """Return what makes the result of an operation on these numbers inf or nan."""
    if not np.isfinite(numbers).all():
        return f"is {rounded(value)}, as what it is computed from is not finite"
    if math.isnan(value):
        return _UNDEFINED.get(rule, "is not defined")
    if _divides_by_zero(rule, numbers):
        return "is below every number" if rule is rules.LOGARITHM else "divides by 0"
    return _overflow(value)


def _overflow(value: float) -> str:
    return f"is more than {LARGEST}" if value > 0 else f"is less than −{LARGEST}"


def uses_of(evaluation: Evaluation, operand: int) -> list[tuple[int, int]]:
    """Return the operations that use a place, and as which of their operands."""
    return [
        (place, index)
        for place, instruction in enumerate(evaluation.tape.instructions)
        for index, each in enumerate(instruction.operands)
        if each == operand
    ]
