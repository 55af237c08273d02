"""The first inf or nan is found where a walk over single nodes finds it, and explained."""

import math
import time
from itertools import pairwise

import numpy as np
import pytest

from app.study.data import make_samples
from app.study.experiment import Data, Experiment, Problem
from app.study.hyperparameters import Training
from app.study.presets import find_preset
from app.training.epoch_trace import NOTHING_REPLACED
from app.training.moment import Moment
from app.training.non_finite import Kind, explain, first_non_finite, path
from app.training.selection import SelectedEdge, SelectedNode
from app.training.snapshot import Probe
from app.training.trainer import Trainer
from autograd import Scalar, Tensor, graph
from autograd.optimizers import Nesterov, UpdateRule
from autograd.tape import Tape
from autograd.trace import Backward, Forward, UnfoldedTrace, Update
from tests.autograd.traced import LOSSES, record
from tests.training.moments import START, line_term, moments_of_line, moments_of_tape, whole

RECIPE = Data(samples=7, noise=1.0)
PLACES = [
    (2.0, -9.0), (1e160, 0.0), (1e200, -1e200), (1e308, 1e308), (0.0, 1e200), (5e153, 0.0),
    (math.nan, 0.0), (0.0, math.inf), (1e153, 1.3e154), (-1.2e153, 1.2e154), (1e152, 6e153),
]  # fmt: skip


def told(*arguments):
    """Return the sentences of an explanation."""
    return [cause.sentence for cause in explain(*arguments)]


# -- finding ---------------------------------------------------------------------------------


def first_in_trace(moment: Moment):
    """Return the first entry whose result is not finite, one entry after another."""
    for entry in UnfoldedTrace(moment.evaluation, moment.change):
        result = {
            Forward: lambda each: each.value,
            Backward: lambda each: each.after,
            Update: lambda each: each.after,
        }.get(type(entry), lambda each: each.gradient)(entry)
        if not math.isfinite(result):
            return entry
    return None


def same(first, second):
    """Whether entries are the same, nan and all."""
    return repr(first) == repr(second)


@pytest.mark.parametrize("at", PLACES, ids=str)
def test_the_first_value_is_that_of_the_first_node_of_the_define_by_run_graph(at):
    probe = Probe(Problem(RECIPE))
    moment = Moment(0, probe, probe.snapshot(0, at).evaluation)
    found = first_non_finite(moment)
    parameters = [Scalar(number, True) for number in at]
    total: Tensor = Scalar(0.0)
    samples = make_samples(RECIPE).train
    for sample, (x, y) in enumerate(zip(samples.x.tolist(), samples.y.tolist(), strict=True)):
        term = line_term(parameters, x, y)
        total = total + term
        operations = [each for each in total.nodes() if each.operands]
        spoilt = next((each for each in operations if not math.isfinite(each.data)), None)
        if spoilt is None:
            assert graph.first_non_finite(total) is None
            continue
        assert found is not None
        assert (found.kind, found.sample) == (Kind.VALUE, sample)
        assert same(found.entry.value, spoilt.data)
        assert same(found.entry.inputs, spoilt.inputs)
        return
    assert found is None


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_of_any_tape_the_first_entry_of_the_unfolded_trace_is_found(loss):
    tape = record(loss)
    kinds = set()
    numbers = [0.0, 1.0, -1.0, 1e100, 1e154, -1e200, 1e305, math.inf, math.nan, 1e-200]
    for at in [(m, c) for m in numbers for c in numbers]:
        moment = moments_of_tape(tape, at)[0]
        found, first = first_non_finite(moment), first_in_trace(moment)
        assert same(found and found.entry, first), at
        if found is not None:
            kinds.add(found.kind)
            folded = moment.trace[moment.trace.find(found.entry, found.sample or 0)]
            assert folded.place == found.entry.place
            assert told(moment, found)
    assert Kind.VALUE in kinds


SLOPES = {
    "in a factor": lambda m, x: (m * 1e-5) * (x * 1e-2),
    "in the sum over samples": lambda m, x: m * x * 1e-2,
    "of what is used twice": lambda m, x: m * 4.0 + m * x * 1e-2,
    "of what samples share": lambda m, x: (m * 100.0) * x - m,
    "of what goes by two ways": lambda m, x: Tensor.tanh(m * x) + (m * x) * 300.0,
    "of a term that samples share": lambda m, x: m * 50.0 + x * 0.0,
}


@pytest.mark.parametrize("large", [1e304, 1e305, 1e306, 1e307])
@pytest.mark.parametrize("term", SLOPES.values(), ids=SLOPES)
def test_gradients_that_overflow_are_found_in_the_order_in_which_they_flow(term, large):
    m, x, together = Scalar(0.0, True, "m"), Scalar(0.0, name="x"), Scalar(0.0)
    column = {x: np.array([1.0, -3.0, 1e3, 40.0])}
    tape = Tape.record(together * large * 10.0, [m], column, {together: term(m, x)})
    moment = moments_of_tape(tape, (0.0,))[0]
    found = first_non_finite(moment)
    assert same(found and found.entry, first_in_trace(moment))
    if found is not None:
        assert found.kind is Kind.GRADIENT
        assert told(moment, found)


def two_uses_of_a_sum(m, x, sum_of):
    together = sum_of(m * x)
    return together * 1e308 - 0.5 + together * 1e308


def two_sums_of_a_term(m, x, sum_of):
    term = m * x
    return sum_of(term) * 1e308 + sum_of(term) * 1e308


def sum_of_what_samples_share(m, x, sum_of):
    return sum_of(m * 50.0) * 6e307 + sum_of(m * x)


def shared_before_the_samples(m, x, sum_of):
    return sum_of((m * 1e10) * x) * 1e297


def used_outside_and_by_samples(m, x, sum_of):
    return m * 1.7e308 + sum_of(m * x) * 1e307


@pytest.mark.parametrize(
    "loss",
    [
        two_uses_of_a_sum,
        two_sums_of_a_term,
        sum_of_what_samples_share,
        shared_before_the_samples,
        used_outside_and_by_samples,
    ],
)
def test_gradients_that_overflow_by_adding_up_are_found_too(loss):
    m, x = Scalar(0.0, True, "m"), Scalar(0.0, name="x")
    sums = {}

    def sum_of(term):
        together = Scalar(0.0)
        sums[together] = term
        return together

    tape = Tape.record(loss(m, x, sum_of), [m], {x: np.array([1.0, 3.0, 10.0, 40.0])}, sums)
    moment = moments_of_tape(tape, (0.0,))[0]
    found = first_non_finite(moment)
    assert found.kind is Kind.GRADIENT
    assert same(found.entry, first_in_trace(moment))
    assert "is more than 1.8e308" in told(moment, found)[0]
    check_way(moment, path(moment, found))


def test_a_gradient_that_all_samples_share_may_overflow_at_one_of_them():
    m, x, together = Scalar(0.0, True, "m"), Scalar(0.0, name="x"), Scalar(0.0)
    column = {x: np.array([1.0, -3.0, 1e3, 40.0])}
    tape = Tape.record(together * 1e306, [m], column, {together: m * x})
    found = first_non_finite(moments_of_tape(tape, (0.0,))[0])
    assert (found.kind, found.sample) == (Kind.GRADIENT, None)
    assert found.entry.sample == 2


def test_a_gradient_may_overflow_where_every_value_is_finite():
    moment = steep()
    assert np.isfinite(moment.evaluation.loss)
    found = first_non_finite(moment)
    assert found.kind is Kind.GRADIENT
    assert found.place == moment.evaluation.tape.parameters[1]
    assert (found.entry.upstream, found.entry.local) == (1e5 * 1e300, 1e10)


def steep() -> Moment:
    a, b = Scalar(0.0, True, "a"), Scalar(0.0, True, "b")
    return whole(Tape.fold(a * 1e300 * Tensor.tanh(b * 1e10), [a, b]), (1e5, 1e-20))


def test_a_parameter_may_overflow_where_every_gradient_is_finite():
    moment = overstepping()
    found = first_non_finite(moment)
    assert (found.kind, found.place) == (Kind.PARAMETER, moment.evaluation.tape.parameters[0])
    assert same(found.entry, first_in_trace(moment))
    assert found.entry.after == -math.inf


def overstepping() -> Moment:
    m, x, together = Scalar(0.0, True, "m"), Scalar(0.0, name="x"), Scalar(0.0)
    tape = Tape.record(together * 1e306, [m], {x: np.ones(100)}, {together: m * x})
    return moments_of_tape(tape, (1.0,), rule=UpdateRule(once_per_use=True))[-1]


def test_without_a_trace_values_and_gradients_are_looked_at():
    with_trace = next(moments_of_line(at=(1e200, 0.0)))
    as_a_whole = Moment(20, with_trace.probe, with_trace.evaluation)
    assert same(first_non_finite(as_a_whole), first_non_finite(with_trace))


def test_where_all_is_finite_nothing_is_found():
    assert first_non_finite(next(moments_of_line())) is None


def test_a_hundred_thousand_samples_are_searched_between_two_frames():
    probe = Probe(Problem(Data(samples=100_000)))
    a_value = probe.snapshot(0, (1e200, 0.0)).evaluation
    nothing = probe.snapshot(0, START).evaluation
    for evaluation in (a_value, nothing):
        seconds = []
        for _ in range(5):
            start = time.perf_counter()
            first_non_finite(Moment(0, probe, evaluation))
            seconds.append(time.perf_counter() - start)
        assert min(seconds) < 0.02


# -- explaining ------------------------------------------------------------------------------


def diverged(training: Training) -> tuple[Moment, Trainer]:
    """Return the last epoch of a run that diverges."""
    trainer = Trainer(Experiment(training=training))
    trainer.start()
    trainer.advance(training.epochs)
    assert trainer.divergence is not None
    epoch = trainer.divergence.epoch
    probe = Probe(Problem())
    return Moment(
        epoch, probe, probe.snapshot(epoch, trainer.history.parameters(epoch)).evaluation
    ), trainer


def test_the_diverging_preset_is_explained_down_to_its_learning_rate():
    training = find_preset("diverging").experiment.training
    moment, trainer = diverged(training)
    before = trainer.history.parameters(moment.epoch - 1)
    sentences = told(moment, first_non_finite(moment), training, before)
    factor = abs(moment.parameters[0] / before[0])
    assert sentences[0].startswith("sum became inf for sample 6: the running sum ")
    assert sentences[0].endswith("is more than 1.8e308, the largest floating-point number.")
    assert sentences[1:-2] == [
        "sum is so large because squared = 3.813e307 for sample 0.",
        "squared is so large because residual = 6.175e153 for sample 0.",
        "residual is so large because ŷ = −6.175e153 for sample 0.",
        "ŷ is so large because m · x = −6.175e153 for sample 0.",
    ]
    assert sentences[-2] == "m · x is so large because m = 3.087e152."
    assert sentences[-1] == (
        f"m grew by a factor {factor:.4g} from epoch to epoch: the learning rate is 0.01. "
        f"Above 2/λ = 0.00714, the largest stable rate here: every step overshoots, "
        f"and further each time."
    )


def test_stepping_once_per_use_is_named_beside_the_learning_rate():
    training = Training(clipping=False)
    moment, trainer = diverged(training)
    before = trainer.history.parameters(moment.epoch - 1)
    *_, last = told(moment, first_non_finite(moment), training, before)
    assert "grew by a factor 10.48 from" in last  # |1 − 0.001 · 41 · 280|
    assert "the learning rate is 0.001, once for each of its 41 uses." in last
    assert "Above 2/(41 λ) = 0.000174, the largest stable rate here" in last


def test_without_settings_the_growth_is_said_alone():
    moment, trainer = diverged(Training(clipping=False))
    before = trainer.history.parameters(moment.epoch - 1)
    *_, last = told(moment, first_non_finite(moment), None, before)
    assert last == "m grew by a factor 10.48 from epoch to epoch."
    *_, last = told(moment, first_non_finite(moment))
    assert last.endswith("is what the updates before this epoch led to.")


def explained(expression, at) -> list[str]:
    """Return the explanation of an expression of a and b."""
    leaves = [Scalar(number, True, name) for number, name in zip(at, "ab", strict=True)]
    moment = whole(Tape.fold(expression(*leaves), leaves), at)
    return told(moment, first_non_finite(moment))


@pytest.mark.parametrize(
    ("expression", "at", "said"),
    [
        (lambda a, b: Tensor.log(a * b) * a, (1.0, -2.0), "log(−2) is not defined"),
        (lambda a, b: Tensor.log(a) * b, (0.0, 1.0), "log(0) is below every number"),
        (lambda a, b: Tensor.sqrt(a - b) * a, (1.0, 3.0), "√(−2) is not defined"),
        (lambda a, b: a / b, (0.0, 0.0), "0 ÷ 0 is not defined"),
        (lambda a, b: a / b, (3.0, 0.0), "3 ÷ 0 divides by 0"),
        (lambda a, b: Tensor.relu(a) / (b - 1.0), (3.0, 1.0), "3 ÷ 0 divides by 0"),
        (lambda a, b: a**b, (-1.0, 0.5), "(−1)^0.5 is not defined"),
        (lambda a, b: a**b, (0.0, -1.0), "0⁻¹ divides by 0"),
        (lambda a, b: Tensor.exp(a * b), (100.0, 100.0), "exp(10000) is more than 1.8e308"),
        (lambda a, b: a - b, (-1e308, 1e308), "−1e308 − 1e308 is less than −1.8e308"),
        (lambda a, b: a - b, (math.inf, math.inf), "inf − inf is nan, as what it is computed from"),
        (lambda a, b: a / b / b, (1e200, 1e-200), "1e200 ÷ 1e−200 is more than 1.8e308"),
        (
            lambda a, b: Tensor.sqrt(a - b) + a,
            (1.0, 1.0),
            "the local derivative 0.5 / √(a − b) = inf divides by 0",
        ),
        (
            lambda a, b: a / (b * b),
            (1.0, 1e-130),
            "the local derivative −L / (b · b) = −inf is less than −1.8e308",
        ),
    ],
)
def test_the_cause_is_named(expression, at, said):
    first, *more = explained(expression, at)
    assert said in first
    assert more


def test_the_operand_at_fault_is_named_with_how_it_was_computed():
    assert explained(lambda a, b: Tensor.log(a * b) * a, (1.0, -2.0)) == [
        "log(a · b) became nan: log(−2) is not defined: no power of e is negative.",
        "a · b = −2 because it is 1 × (−2).",
    ]
    assert explained(lambda a, b: a / b / b, (1.0, 1e-309)) == [
        "a / b became inf: 1 ÷ 1e−309 is more than 1.8e308, the largest floating-point number.",
        "a / b is so large because it is divided by b = 1e−309.",
        "b = 1e−309 is what training starts from: choose another initial b.",
    ]


def test_a_gradient_is_followed_to_the_large_factor():
    moment = steep()
    assert told(moment, first_non_finite(moment)) == [
        "∂L/∂b became inf: upstream 1e305 times local derivative 1e10 is more than 1.8e308, "
        "the largest floating-point number.",
        "∂L/∂(b · 1e10) is so large because "
        "∂L/∂tanh(b · 1e10) × (1 − tanh(b · 1e10)²) = 1e305 × 1.",
        "∂L/∂tanh(b · 1e10) is so large because ∂L/∂L × (a · 1e300) = 1 × 1e305.",
        "a · 1e300 is so large because of the constant 1e300.",
    ]


@pytest.mark.parametrize(
    ("expression", "at", "rule", "said"),
    [
        (lambda m: m * 1.5e308, 1.0, UpdateRule(Nesterov()), "the optimizer makes inf of the"),
        (
            lambda m: Tensor.sin(m) * 1e308,
            1.79e308,
            UpdateRule(),
            "1.79e308 − (−8.638e306) is more than 1.8e308",
        ),
    ],
)
def test_what_an_update_does_wrong_is_said(expression, at, rule, said):
    m = Scalar(at, True, "m")
    moment = moments_of_tape(Tape.fold(expression(m), [m]), (at,), rule=rule)[-1]
    found = first_non_finite(moment)
    assert found.kind is Kind.PARAMETER
    assert said in told(moment, found)[0]


def test_a_small_operand_may_be_what_makes_a_local_derivative_large():
    assert explained(lambda a, b: Tensor.log(a) * 1e200 + b, (1e-200, 0.0))[-2:] == [
        "The local derivative ∂log(a)/∂a is so large because a = 1e−200.",
        "a = 1e−200 is what training starts from: choose another initial a.",
    ]


def test_a_learning_rate_that_is_stable_is_not_blamed():
    moment, trainer = diverged(Training(clipping=False))
    before = trainer.history.parameters(moment.epoch - 1)
    small = Training(clipping=False, learning_rate=1e-6)
    *_, last = told(moment, first_non_finite(moment), small, before)
    assert last == "m grew by a factor 10.48 from epoch to epoch."


def test_a_gradient_that_overflows_by_adding_up_is_followed_to_the_largest_part():
    a = Scalar(0.0, True, "a")
    moment = whole(Tape.fold(Tensor.sin(a) * 1.7e308 + a * 1e307, [a]), (0.0,))
    first, *more = told(moment, first_non_finite(moment))
    assert first.startswith("∂L/∂a became inf: ")
    assert more == [
        "∂L/∂sin(a) is so large because ∂L/∂(sin(a) · 1.7e308) × 1.7e308 = 1 × 1.7e308."
    ]


def test_a_parameter_that_steps_too_far_is_followed_to_its_gradient():
    moment = overstepping()
    training = Training(learning_rate=0.1, clipping=False)
    first, second, third, *more = told(moment, first_non_finite(moment), training)
    assert first == (
        "m became −inf in the update: learning rate 0.1 times direction 1e308, once for each of "
        "its 100 uses, is more than 1.8e308, the largest floating-point number."
    )
    assert second == "The learning rate is 0.1, once for each of its 100 uses."
    assert third == (
        "∂L/∂m = 1e308 adds up what the samples contribute: 1e306 for sample 0 is the largest."
    )
    assert more == [
        "∂L/∂(m · x) is so large because ∂L/∂sum × 1 = 1e306 × 1 for sample 0.",
        "∂L/∂sum is so large because ∂L/∂L × 1e306 = 1 × 1e306.",
    ]


def test_numbers_that_a_person_put_there_are_named_as_theirs():
    place = next(moments_of_line()).probe.x
    for what_if, said in [
        (NOTHING_REPLACED.with_parameter(0, 1e200), "m = 1e200 is the number that you put in"),
        (NOTHING_REPLACED.with_data(place, 2, 1e200), "x = 1e200 for sample 2 is the number that"),
        (NOTHING_REPLACED.with_data(place, 2, math.nan), "x = nan for sample 2 is the number"),
    ]:
        moment = next(moments_of_line(what_if=what_if))
        *_, last = told(moment, first_non_finite(moment))
        assert last.startswith(said)


def test_a_mini_batchs_samples_are_named_by_their_numbers_in_all_data():
    training = Training(batches=True, batch_size=2)
    moment = next(moments_of_line(training, at=(1e200, 0.0)))
    found = first_non_finite(moment)
    assert f"for sample {int(moment.probe.chosen[found.sample])}:" in told(moment, found)[0]


# -- walking there ---------------------------------------------------------------------------


@pytest.mark.parametrize("at", [(1e200, 0.0), (1e308, 1e308), (math.nan, 0.0), (5e153, 0.0)])
def test_the_path_leads_from_the_loss_to_what_is_not_finite(at):
    moment = next(moments_of_line(at=at))
    found = first_non_finite(moment)
    way = path(moment, found)
    assert way[0] == SelectedNode(len(moment.evaluation.tape.instructions) - 1)
    assert way[-1] == SelectedNode(found.place)
    check_way(moment, way)


def check_way(moment, way):
    """Check that nodes and edges alternate, and that each edge leads from node to node."""
    instructions = moment.evaluation.tape.instructions
    for before, edge in pairwise(way):
        if isinstance(edge, SelectedEdge):
            assert before == SelectedNode(edge.place)
        else:
            assert isinstance(before, SelectedEdge)
            assert edge == SelectedNode(instructions[before.place].operands[before.index])


@pytest.mark.parametrize("moment", [steep(), overstepping()], ids=["gradient", "parameter"])
def test_the_path_to_a_gradient_or_a_parameter_leads_over_edges_too(moment):
    found = first_non_finite(moment)
    way = path(moment, found)
    assert way[-1] == SelectedNode(found.place)
    check_way(moment, way)
    if found.kind is Kind.GRADIENT:
        assert way[-2] == SelectedEdge(found.entry.place, found.entry.index)
