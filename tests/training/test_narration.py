"""Every step is told in a sentence whose numbers are the step's own."""

import math
import re

import numpy as np
import pytest

from app.study.experiment import Data
from app.study.hyperparameters import ClipBy, Optimizer, Training, UpdateRule
from app.training.moment import Moment
from app.training.narration import headline, narrate, rounded
from autograd import Scalar, Tensor
from autograd.rules import NEGATE, SUM
from autograd.tape import Tape
from autograd.trace import Backward, Forward, Seed, Update
from tests.autograd.traced import LOSSES, record
from tests.training.moments import START, moments_of_line, moments_of_tape


def every_other_rule(m, c, total):
    return total(
        lambda x, y: (
            Tensor.minimum(Tensor.cos(m * x), Tensor.sigmoid(-c))
            + Tensor.log(y * y + m * m) * (2.0 + x * x) ** Tensor.sigmoid(c)
            + Tensor.maximum(x - y, x - y + 0.0 * m) / (m + 3.0)
            + Tensor.abs(m * x) * Tensor.relu(-m * y) * Tensor.tanh(c)
            + Tensor.exp(m * c) * Tensor.sin(c * y)
        )
    )


TAPES = {name: record(loss) for name, loss in (LOSSES | {"all": every_other_rule}).items()}

TRAININGS = {
    "clipped": Training(),
    "not clipped": Training(clipping=False),
    "clipped by norm": Training(clip_by=ClipBy.NORM),
    "once per parameter": Training(update_rule=UpdateRule.ONCE_PER_PARAMETER),
    "mini-batches": Training(batches=True, batch_size=2),
    **{optimizer.label: Training(optimizer=optimizer) for optimizer in Optimizer},
}

folded_or_not = pytest.mark.parametrize("folded", [True, False], ids=["folded", "unfolded"])

NUMBER = re.compile(r"−?\d+(?:\.\d+)?(?:e−?\d+)?")
REASONS = ("1 − tanh²", "(1 − σ)")


def numbers_in(moment: Moment, sentence: str) -> list[float]:
    """Return the numbers of a sentence but for those in formulas and rules of calculus."""
    names = moment.probe.names
    texts = [*REASONS]
    for place, instruction in enumerate(moment.evaluation.tape.instructions):
        texts += [names.symbol(place), names.formula(place), names.gradient(place)]
        texts += [names.local(place, index) for index in range(len(instruction.operands))]
    for text in sorted(texts, key=len, reverse=True):
        if not NUMBER.fullmatch(text):
            sentence = sentence.replace(text, "…") if len(text) > 1 else sentence
    return [float(each.replace("−", "-")) for each in NUMBER.findall(sentence)]


def near(number: float, numbers) -> bool:
    return any(math.isclose(number, each, rel_tol=6e-4, abs_tol=1e-300) for each in numbers)


def of_sample(numbers, sample):
    return [float(np.ravel(each)[sample if np.size(each) > 1 else 0]) for each in numbers]


def main_numbers(moment: Moment) -> list[float]:
    """Return the numbers that a sentence on the moment's step must contain."""
    entry = moment.entry
    sample = moment.sample if entry.sample is None else entry.sample
    match entry:
        case Forward():
            summed = moment.evaluation.tape.instructions[entry.place].rule is SUM
            inputs = () if summed and entry.sample is None else entry.inputs
            if moment.evaluation.tape.instructions[entry.place].rule is NEGATE:
                inputs = ()  # it is −0.76 of 0.76: told once
            return of_sample([*inputs, entry.value], sample)
        case Seed():
            return [1.0]
        case Backward():
            before = [] if entry.before is None else [entry.before]
            numbers = [entry.upstream, entry.local, entry.contribution, *before, entry.after]
            return of_sample(numbers, sample)
        case Update():
            return [entry.gradient, entry.learning_rate, entry.after]


def other_numbers(moment: Moment) -> list[float]:
    """Return what a sentence may contain besides: counts, and what follows from the entry."""
    entry, count = moment.entry, moment.evaluation.tape.samples
    sample = moment.sample if entry.sample is None else entry.sample
    chosen = moment.probe.chosen
    numbers = [count, sample if chosen is None else chosen[sample]]
    if isinstance(entry, Backward):
        numbers += [1.0, math.fsum(np.ravel(entry.contribution))]
        if entry.operand_sample is not None:
            own = entry.operand_sample
            numbers.append(own if chosen is None else chosen[own])
    if isinstance(entry, Update):
        numbers += [entry.before, entry.clipped, entry.direction, entry.times]
        numbers.append(abs(entry.learning_rate * entry.direction * entry.times))
    return numbers


def check_numbers(moment: Moment, training: Training | None = None) -> None:
    sentence = narrate(moment, training)
    said = numbers_in(moment, sentence)
    main = main_numbers(moment)
    known = [*main, *other_numbers(moment)]
    strange = [number for number in said if not near(number, known)]
    assert strange == [], sentence
    tape, names = moment.evaluation.tape, moment.probe.names
    places = filter(names.is_constant, range(len(tape.instructions)))
    in_formulas = [float(moment.evaluation.values[place]) for place in places]
    told = [*said, *in_formulas]
    missing = [number for number in main if not near(number, told)]
    assert missing == [], sentence
    assert sentence.endswith((".", ")"))
    assert sentence.count("  ") == 0


# -- numbers ---------------------------------------------------------------------------------


@folded_or_not
@pytest.mark.parametrize("training", TRAININGS.values(), ids=TRAININGS)
def test_every_number_told_of_the_line_is_the_steps_own(training, folded):
    count = 0
    for moment in moments_of_line(training, folded=folded, sample=3):
        check_numbers(moment, training)
        count += 1
    assert count >= 16


@folded_or_not
@pytest.mark.parametrize("tape", TAPES.values(), ids=TAPES)
def test_every_number_told_of_any_tape_is_the_steps_own(tape, folded):
    for moment in moments_of_tape(tape, START, folded=folded, sample=2):
        check_numbers(moment)


def test_the_tapes_have_every_rule():
    from autograd import rules

    used = {each.rule for tape in TAPES.values() for each in tape.instructions}
    assert used == {None, *(each for each in vars(rules).values() if isinstance(each, rules.Rule))}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (-14.0506, "−14.05"),
        (0.29501, "0.295"),
        (1611.54, "1611.5"),
        (123456.0, "1.235e5"),
        (6.5e158, "6.5e158"),
        (-1.234e-7, "−1.234e−7"),
        (-0.0, "0"),
        (41, "41"),
        (-math.inf, "−inf"),
        (math.nan, "nan"),
        (np.float64(2.5), "2.5"),
    ],
)
def test_numbers_are_rounded_as_people_write_them(number, text):
    assert rounded(number) == text


# -- sentences -------------------------------------------------------------------------------


def told(training=None, **options):
    """Return what is told of the line with three samples."""
    return [
        narrate(moment, training)
        for moment in moments_of_line(training, Data(samples=3), **options)
    ]


def test_the_line_is_told_step_by_step():
    forward_1, forward_2, _, square, total, mean, seed, backward, *_ = told()
    assert forward_1 == (
        "Forward: m · x = 0.7643 × (−20) = −15.29 for sample 0 (and likewise for all 3)."
    )
    assert forward_2 == (
        "Forward: ŷ = m · x + c = −15.29 + 0.295 = −14.99 for sample 0 (and likewise for all 3)."
    )
    assert square.startswith("Forward: squared = residual² = (−34.01)² = 1156.6 for sample 0")
    assert total == "Forward: Σ adds squared up over the 3 samples: sum = 1480.7."
    assert mean == "Forward: L = sum / 3 = 1480.7 ÷ 3 = 493.6."
    assert seed == (
        "Backward begins at the loss: ∂L/∂L = 1, because L changes exactly as much as itself."
    )
    assert backward == (
        "∂L/∂sum gains upstream 1 × local (1 / 3 = 0.3333) = 0.3333, because the mean gives "
        "every sample 1/3 of it; it had none yet."
    )


def test_what_samples_contribute_together_is_told_in_one_sentence():
    assert told()[-3] == (
        "Each of the 3 samples contributes x · upstream (sample 0: −20 × 22.67 = −453.4), because "
        "a product passes its upstream on times the other factor; together ∂L/∂m gains −659: "
        "had none yet, −659 now."
    )


def test_the_unfolded_sum_and_its_accumulation_are_told_sample_by_sample():
    sentences = told(folded=False)
    assert "The running sum takes sample 2 in: 1243 + 237.7 = 1480.7." in sentences
    assert sentences[-3] == (
        "∂L/∂m gains upstream −10.28 × local (x = 20) = −205.6 for sample 2, because a product "
        "passes its upstream on times the other factor; it was −453.4 and is now −659."
    )
    chain = next(each for each in sentences if "goes on to the running sum" in each)
    assert "the running sum up to sample 1 had none yet" in chain


def test_an_update_tells_clipping_and_uses_and_the_step():
    assert told()[-2] == (
        "m steps against its gradient: gradient −659, clipped to −1, times learning rate 0.001, "
        "once for each of its 3 uses: m = 0.7643 + 0.003 = 0.7673."
    )


@pytest.mark.parametrize(
    "training", [Training(clipping=False), Training(clip_bound=1e6)], ids=["off", "far away"]
)
def test_clipping_is_told_only_where_it_changed_something(training):
    assert not any("clipped" in sentence for sentence in told(training))


def test_an_update_once_per_parameter_tells_no_uses():
    training = Training(update_rule=UpdateRule.ONCE_PER_PARAMETER)
    assert not any("uses" in sentence for sentence in told(training))


@pytest.mark.parametrize(
    ("optimizer", "said"),
    [
        (Optimizer.GRADIENT_DESCENT, None),
        (Optimizer.MOMENTUM, "of which momentum, "),
        (Optimizer.NESTEROV, "of which Nesterov’s momentum, "),
        (Optimizer.ADAGRAD, "of which AdaGrad, "),
        (Optimizer.RMSPROP, "of which RMSProp, "),
        (Optimizer.ADAM, "of which Adam, "),
    ],
)
def test_a_direction_other_than_the_gradient_is_told_with_the_optimizer(optimizer, said):
    update = told(Training(optimizer=optimizer))[-2]
    assert "makes the direction" in update if said else "direction" not in update
    assert said is None or said in update


def test_a_mini_batchs_samples_have_their_numbers_in_all_data():
    moments = [*moments_of_line(Training(batches=True, batch_size=2), folded=False)]
    for moment in moments:
        if isinstance(moment.entry, Forward) and moment.entry.sample is not None:
            number = int(moment.probe.chosen[moment.entry.sample])
            assert f"sample {number}" in narrate(moment)
            assert headline(moment).endswith(f"sample {number}")
    numbers = {headline(moment).split(" · ")[1] for moment in moments}
    assert numbers == {"batch 1 of 3", "batch 2 of 3", "batch 3 of 3"}


def test_a_single_sample_is_no_crowd():
    for moment in moments_of_line(data=Data(samples=1)):
        sentence = narrate(moment)
        assert "likewise" not in sentence
        assert "Each" not in sentence
        assert "1 samples" not in sentence


def test_headlines_number_the_steps_of_each_stage():
    headlines = [headline(moment) for moment in moments_of_line(data=Data(samples=3))]
    assert headlines[0] == "Epoch 20 · forward 1 of 6"
    assert headlines[8] == "Epoch 20 · backward 3 of 8"
    assert headlines[-1] == "Epoch 20 · update 2 of 2"
    unfolded = [headline(each) for each in moments_of_line(data=Data(samples=3), folded=False)]
    assert unfolded[5] == "Epoch 20 · forward 6 of 16 · sample 1"


def test_an_epoch_as_a_whole_is_told_by_its_loss():
    moment = next(moments_of_line(data=Data(samples=3)))
    epoch = Moment(1234, moment.probe, moment.evaluation)
    assert headline(epoch) == "Epoch 1,234"
    assert narrate(epoch).startswith("Epoch 1,234 as a whole: the loss is 493.6. Press →")


# -- why -------------------------------------------------------------------------------------


def backward_of(expression, at) -> list[str]:
    """Return what is told of the backward steps of an expression of a and b."""
    leaves = [Scalar(number, True, name) for number, name in zip(at, "ab", strict=False)]
    moments = moments_of_tape(Tape.fold(expression(*leaves), leaves), at)
    return [narrate(each) for each in moments if isinstance(each.entry, Backward)]


@pytest.mark.parametrize(
    ("function", "at", "reason"),
    [
        (Tensor.relu, 2.0, "unchanged where its input is positive"),
        (Tensor.relu, -2.0, "passes nothing on where its input is not positive"),
        (Tensor.abs, -2.0, "with its sign turned below zero"),
        (Tensor.abs, 0.0, "passes nothing on at its kink"),
        (Tensor.tanh, 0.3, "tanh flattens"),
        (Tensor.exp, 0.3, "exp is its own slope"),
        (Tensor.sigmoid, 0.3, "σ flattens"),
        (lambda a: a**2.0, 0.3, "a square passes its upstream on times twice what was squared"),
        (lambda a: a**3.0, 0.3, "one power less"),
    ],
)
def test_the_reason_is_the_operations(function, at, reason):
    (sentence,) = backward_of(function, (at,))
    assert reason in sentence


@pytest.mark.parametrize(
    ("at", "first", "second"),
    [((1.0, 2.0), "nothing", "everything"), ((2.0, 2.0), "half", "half")],
)
def test_a_maximum_says_to_which_operand_it_passes_on(at, first, second):
    sentences = backward_of(Tensor.maximum, at)
    assert [f"passes {first} on" in sentences[0], f"passes {second} on" in sentences[1]] == [
        True,
        True,
    ]


def test_a_contribution_of_nothing_says_why():
    local, _ = backward_of(lambda a, b: a * b, (3.0, 0.0))
    assert "= 0, because the local derivative is 0: a product" in local
    # b gets nothing by way of the dead relu.
    upstream = backward_of(lambda a, b: Tensor.relu(a * b) + a, (-3.0, 2.0))[2:]
    assert all("= 0, because the upstream is 0;" in each for each in upstream[1:])
    both = backward_of(lambda a, b: (a * b) * 0.0 + a, (0.0, 0.0))
    assert any("because both are 0" in each for each in both)


@pytest.mark.parametrize(
    ("start", "number", "explained"),
    [
        (1e200, "= inf", "(inf: too large for a floating-point number, or infinite.)"),
        (math.nan, "= nan", "(nan: not a number, because the result is not defined.)"),
    ],
)
@folded_or_not
def test_what_is_not_finite_is_told_plainly(start, number, explained, folded):
    options = {"data": Data(samples=3), "folded": folded}
    sentences = [narrate(each) for each in moments_of_line(at=(start, 0.0), **options)]
    strange = [each for each in sentences if number in each]
    assert strange
    assert all(each.endswith(explained) for each in strange)
    assert not any("not a number" in narrate(each) for each in moments_of_line(**options))
