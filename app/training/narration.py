"""Every step of a trace in a plain sentence: what happens, with which numbers, and why."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from app.study.hyperparameters import Optimizer, Training
from app.training.epoch_trace import NOTHING_REPLACED
from app.training.moment import Moment
from autograd import rules
from autograd.arithmetic import silent
from autograd.digits import digits
from autograd.evaluation import of_sample as of_sample
from autograd.formula import enclose, value_text
from autograd.naming import Names
from autograd.rules import Rule
from autograd.tape import sum_in_order
from autograd.trace import Backward, Entry, Forward, Seed, Update

_INFIX = {rules.ADD: "+", rules.SUBTRACT: "−", rules.MULTIPLY: "×", rules.DIVIDE: "÷"}

_REASONS = {
    (rules.ADD, 0): "a sum passes its upstream on unchanged",
    (rules.ADD, 1): "a sum passes its upstream on unchanged",
    (rules.SUBTRACT, 0): "a difference passes its upstream on unchanged to what is subtracted from",
    (
        rules.SUBTRACT,
        1,
    ): "a difference passes its upstream on to what is subtracted with its sign turned",
    (rules.MULTIPLY, 0): "a product passes its upstream on times the other factor",
    (rules.MULTIPLY, 1): "a product passes its upstream on times the other factor",
    (rules.DIVIDE, 0): "a quotient passes its upstream on divided by the divisor",
    (
        rules.DIVIDE,
        1,
    ): "a larger divisor makes a quotient smaller, by the quotient over the divisor",
    (rules.POWER, 0): "a power passes its upstream on times the exponent, with one power less",
    (rules.POWER, 1): "a power grows with its exponent by itself times the logarithm of its base",
    (rules.NEGATE, 0): "a negation passes its upstream on with its sign turned",
    (rules.SINE, 0): "the slope of the sine is the cosine",
    (rules.COSINE, 0): "the slope of the cosine is the negative sine",
    (rules.TANH, 0): "tanh flattens away from its middle: its slope is 1 − tanh²",
    (rules.EXPONENT, 0): "exp is its own slope",
    (rules.LOGARITHM, 0): "a logarithm passes its upstream on divided by its input",
    (rules.SQUARE_ROOT, 0): "a square root passes its upstream on divided by twice the root",
    (rules.SIGMOID, 0): "σ flattens away from its middle: its slope is σ · (1 − σ)",
    (rules.SUM, 0): "a sum passes its upstream on unchanged to every term",
}

_KINKS: dict[Rule, dict[float, str]] = {
    rules.MAXIMUM: {
        1.0: "a maximum passes everything on to its larger operand",
        0.0: "a maximum passes nothing on to its smaller operand",
        0.5: "a maximum passes half on to each of two equal operands",
    },
    rules.MINIMUM: {
        1.0: "a minimum passes everything on to its smaller operand",
        0.0: "a minimum passes nothing on to its larger operand",
        0.5: "a minimum passes half on to each of two equal operands",
    },
    rules.ABSOLUTE: {
        1.0: "an absolute value passes its upstream on unchanged above zero",
        -1.0: "an absolute value passes its upstream on with its sign turned below zero",
        0.0: "an absolute value passes nothing on at its kink",
    },
    rules.RELU: {
        1.0: "relu passes its upstream on unchanged where its input is positive",
        0.0: "relu passes nothing on where its input is not positive",
    },
}
"""Reasons by the local derivative, for operations with a kink."""

_DIRECTIONS = {
    Optimizer.GRADIENT_DESCENT: "gradient descent",
    Optimizer.MOMENTUM: "momentum, which keeps part of the earlier steps,",
    Optimizer.NESTEROV: "Nesterov’s momentum, which looks one step ahead,",
    Optimizer.ADAGRAD: "AdaGrad, which divides by the size of all gradients so far,",
    Optimizer.RMSPROP: "RMSProp, which divides by the size of recent gradients,",
    Optimizer.ADAM: "Adam, which divides the recent mean gradient by the recent size,",
}


def rounded(number: float) -> str:
    """Return a number in a sentence: four significant digits, five from 1000 on; −, inf, nan."""
    return digits(number, 5 if 1e3 <= abs(number) < 1e5 else 4)


def computation(rule: Rule, numbers: Sequence[str]) -> str:
    """Return an operation on numbers as it is done, such as "−49 − (−14.05)"."""
    if rule in _INFIX:
        return f"{numbers[0]} {_INFIX[rule]} {enclose(numbers[1])}"
    if rule is rules.NEGATE:
        return f"−{enclose(numbers[0])}"
    whole = (f"({number})" if "e" in number else number for number in numbers)
    return value_text(rule, list(whole if rule is rules.POWER else numbers))


def sample_number(moment: Moment, sample: int) -> int:
    """Return the number in all data of a sample of the moment's mini-batch."""
    chosen = moment.probe.chosen
    return sample if chosen is None else int(chosen[sample])


def local_derivative(names: Names, place: int, index: int, local: float) -> str:
    """Return a local derivative as formula and number, such as "x = −20", or just "1"."""
    formula, number = names.local(place, index), rounded(local)
    return number if formula == number or _has_cases(formula) else f"{formula} = {number}"


def local_factor(names: Names, place: int, index: int, operand: int) -> str:
    """Return a local derivative as a factor: its formula, or "∂y/∂a" where that has cases."""
    formula = names.local(place, index)
    if not _has_cases(formula):
        return enclose(formula)
    return f"∂{enclose(names.symbol(place))}/∂{enclose(names.symbol(operand))}"


def _has_cases(formula: str) -> bool:
    return " where " in formula


def headline(moment: Moment) -> str:
    """Return where a moment is, such as "Epoch 20 · backward 3 of 8"."""
    parts = [f"Epoch {moment.epoch:,}"]
    entry, trace, stage = moment.entry, moment.trace, moment.stage
    if entry is not None and trace is not None and stage is not None:
        running = moment.running
        if running is not None and running.count > 1:
            parts.append(f"batch {running.number + 1} of {running.count:,}")
        steps = trace.indices(stage)
        parts.append(f"{stage.value} {moment.index - steps.start + 1:,} of {len(steps):,}")
        if entry.sample is not None:
            parts.append(f"sample {sample_number(moment, entry.sample)}")
    return " · ".join(parts)


def narrate(moment: Moment, training: Training | None = None) -> str:
    """Return what a moment's step does, in a sentence with its numbers.

    Of a step about all samples the numbers are the selected sample's. Without a step it is a
    sentence on the epoch as a whole. ``training`` names the optimizer of an update.
    """
    sentence = _tell(moment, moment.entry, training)
    if re.search(r"\binf\b", sentence):
        sentence += " (inf: too large for a floating-point number, or infinite.)"
    if re.search(r"\bnan\b", sentence):
        sentence += " (nan: not a number, because the result is not defined.)"
    return sentence


def _tell(moment: Moment, entry: Entry | None, training: Training | None) -> str:
    match entry:
        case None:
            loss = rounded(moment.evaluation.loss)
            if moment.what_if != NOTHING_REPLACED:
                return f"With your numbers the loss of epoch {moment.epoch:,} would be {loss}."
            return (
                f"Epoch {moment.epoch:,} as a whole: the loss is {loss}. "
                f"Press → to see, step by step, how its gradients come about."
            )
        case Forward():
            return _tell_forward(moment, entry)
        case Seed():
            loss = moment.probe.names.symbol(entry.place)
            return (
                f"Backward begins at the loss: {moment.probe.names.gradient(entry.place)} = "
                f"{rounded(entry.gradient)}, because {loss} changes exactly as much as itself."
            )
        case Backward():
            return _tell_backward(moment, entry)
        case Update():
            return _tell_update(moment, entry, training)


def _all_samples(moment: Moment) -> str:
    count = moment.evaluation.tape.samples
    return f"the {count:,} samples" if count > 1 else "the only sample"


def _whose(moment: Moment, entry: Forward | Backward, per_sample: bool) -> str:
    """Return "sample 0 (and likewise for all 41)", "sample 7", or "" for what all share."""
    if entry.sample is not None:
        return f"sample {sample_number(moment, entry.sample)}"
    if not per_sample:
        return ""
    count, sample = moment.evaluation.tape.samples, sample_number(moment, moment.sample)
    if count == 1:
        return f"sample {sample}"
    batch = "" if moment.probe.chosen is None else " of the mini-batch"
    return f"sample {sample} (and likewise for all {count:,}{batch})"


# -- forward ---------------------------------------------------------------------------------


def _tell_forward(moment: Moment, entry: Forward) -> str:
    tape, names = moment.evaluation.tape, moment.probe.names
    instruction = tape.instructions[entry.place]
    rule = instruction.rule
    assert rule is not None  # noqa: S101  it is an operation
    if rule is rules.SUM:
        return _tell_sum(moment, entry)
    sample = moment.sample if entry.sample is None else entry.sample
    numbers = [rounded(of_sample(number, sample)) for number in entry.inputs]
    symbol, formula = names.symbol(entry.place), names.formula(entry.place)
    computed, value = computation(rule, numbers), rounded(of_sample(entry.value, sample))
    sides = dict.fromkeys([symbol, formula, computed, value])  # each once
    whose = _whose(moment, entry, instruction.per_sample)
    if entry.place == len(tape.instructions) - 1 and moment.probe.chosen is not None:
        whose = "this mini-batch alone"
    return f"Forward: {' = '.join(sides)}{f' for {whose}' if whose else ''}."


def _tell_sum(moment: Moment, entry: Forward) -> str:
    tape, names = moment.evaluation.tape, moment.probe.names
    (operand,) = tape.instructions[entry.place].operands
    if entry.sample is not None:
        before, term = map(rounded, entry.inputs)
        return (
            f"The running sum takes sample {sample_number(moment, entry.sample)} in: "
            f"{computation(rules.ADD, [before, term])} = {rounded(entry.value)}."
        )
    shared = "" if tape.instructions[operand].per_sample else ", which is the same for each of them"
    return (
        f"Forward: Σ adds {names.symbol(operand)} up over {_all_samples(moment)}{shared}: "
        f"{names.symbol(entry.place)} = {rounded(float(entry.value))}."
    )


# -- backward --------------------------------------------------------------------------------


def _operand_index(moment: Moment, entry: Backward) -> int:
    """Return which of the instruction's operands it is; an unfolded addition has two, a sum one."""
    return 0 if moment.evaluation.tape.instructions[entry.place].rule is rules.SUM else entry.index


def _tell_backward(moment: Moment, entry: Backward) -> str:
    tape = moment.evaluation.tape
    if entry.operand == entry.place:
        return _tell_chain(moment, entry)
    sample = moment.sample if entry.sample is None else entry.sample
    numbers = entry.upstream, entry.local, entry.contribution
    upstream, local, contribution = (of_sample(number, sample) for number in numbers)
    reason = _reason(moment, entry, local)
    if upstream == 0 or local == 0:
        reason = _reason_of_nothing(upstream, local, reason)
    folded = entry.sample is None and np.ndim(entry.contribution) > 0
    if folded and tape.samples > 1 and not tape.instructions[entry.operand].per_sample:
        return _tell_together(moment, entry, upstream, local, contribution, reason)
    names = moment.probe.names
    whose = _whose(moment, entry, folded)
    before = None if entry.before is None else of_sample(entry.before, sample)
    index = _operand_index(moment, entry)
    return (
        f"{names.gradient(entry.operand)} gains upstream {rounded(upstream)} × local "
        f"{_bracketed(names, entry.place, index, local)} = {rounded(contribution)}"
        f"{f' for {whose}' if whose else ''}, because {reason}; "
        f"it {_accumulated(before, of_sample(entry.after, sample))}."
    )


def _bracketed(names: Names, place: int, index: int, local: float) -> str:
    """Return a local derivative, in parentheses where it is a formula with its number."""
    text = local_derivative(names, place, index, local)
    return f"({text})" if " = " in text else text


def _accumulated(before: float | None, after: float) -> str:
    if before is None:
        return "had none yet"
    return f"was {rounded(before)} and is now {rounded(after)}"


def _tell_chain(moment: Moment, entry: Backward) -> str:
    """Tell how the gradient goes on to the addition before, which is at the same place."""
    assert entry.sample is not None  # noqa: S101  the additions of a chain are of samples
    assert entry.operand_sample is not None  # noqa: S101
    gradient = moment.probe.names.gradient(entry.place)
    earlier = sample_number(moment, entry.operand_sample)
    return (
        f"For sample {sample_number(moment, entry.sample)}, {gradient} goes on to the running sum "
        f"before it: upstream {rounded(entry.upstream)} × local {rounded(entry.local)} gives "
        f"{rounded(entry.contribution)}, because {_REASONS[rules.SUM, 0]}; the running sum up to "
        f"sample {earlier} {_accumulated(entry.before, entry.after)}."
    )


def _tell_together(
    moment: Moment,
    entry: Backward,
    upstream: float,
    local: float,
    contribution: float,
    reason: str,
) -> str:
    """Tell what all samples together contribute to a gradient that they share."""
    names = moment.probe.names
    factor = local_factor(names, entry.place, _operand_index(moment, entry), entry.operand)
    product = "its upstream" if factor == "1" else f"{factor} · upstream"
    gain = float(sum_in_order(entry.contribution)[-1])
    target, after = names.gradient(entry.operand), rounded(float(entry.after))
    before = "had none yet" if entry.before is None else f"{rounded(float(entry.before))} before"
    return (
        f"Each of {_all_samples(moment)} contributes {product} "
        f"(sample {sample_number(moment, moment.sample)}: {rounded(local)} × "
        f"{enclose(rounded(upstream))} = {rounded(contribution)}), because {reason}; "
        f"together {target} gains {rounded(gain)}: {before}, {after} now."
    )


def _reason_of_nothing(upstream: float, local: float, reason: str) -> str:
    if local != 0:
        return "the upstream is 0"
    return "both are 0" if upstream == 0 else f"the local derivative is 0: {reason}"


def _reason(moment: Moment, entry: Backward, local: float) -> str:
    """Return why the local derivative is what it is."""
    tape, values = moment.evaluation.tape, moment.evaluation.values
    instruction = tape.instructions[entry.place]
    rule, operands = instruction.rule, instruction.operands
    assert rule is not None  # noqa: S101  it is an operation
    if rule in _KINKS:
        return _KINKS[rule].get(local, "there is no slope where a number is not finite")
    index = _operand_index(moment, entry)
    if index == 0 and len(operands) == 2 and moment.probe.names.is_constant(operands[1]):
        constant = float(values[operands[1]])
        if rule is rules.POWER and constant == 2:
            return "a square passes its upstream on times twice what was squared"
        summed = tape.instructions[operands[0]].rule is rules.SUM
        if rule is rules.DIVIDE and summed and constant == tape.samples > 1:
            return f"the mean gives every sample 1/{tape.samples} of it"
    return _REASONS[rule, index]


# -- update ----------------------------------------------------------------------------------


def _tell_update(moment: Moment, entry: Update, training: Training | None) -> str:
    name = moment.probe.names.symbol(entry.place)
    parts = [f"gradient {rounded(entry.gradient)}"]
    if _differ(entry.clipped, entry.gradient):
        parts.append(f"clipped to {rounded(entry.clipped)}")
    if _differ(entry.direction, entry.clipped):
        optimizer = "the optimizer" if training is None else _DIRECTIONS[training.optimizer]
        parts.append(f"of which {optimizer} makes the direction {rounded(entry.direction)}")
    parts.append(f"times learning rate {rounded(entry.learning_rate)}")
    if entry.times != 1:
        parts.append(f"once for each of its {entry.times} uses")
    with silent():
        step = float(np.float64(entry.learning_rate) * entry.direction * entry.times)
    return f"{name} steps against its gradient: {', '.join(parts)}: {_stepped(name, entry, step)}."


def _stepped(name: str, entry: Update, step: float) -> str:
    if step == 0:
        return f"{name} stays {rounded(entry.after)}"
    sign = "+" if step < 0 else "−"
    before, size, after = rounded(entry.before), rounded(abs(step)), rounded(entry.after)
    return f"{name} = {before} {sign} {size} = {after}"


def _differ(first: float, second: float) -> bool:
    """Return whether two numbers differ; nan is the same as nan."""
    return first != second and not (math.isnan(first) and math.isnan(second))
