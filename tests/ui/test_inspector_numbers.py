"""What the inspector says is what the define-by-run engine's nodes hold."""

import math
import re
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

from app.study.data import make_samples
from app.study.experiment import Data
from app.study.hyperparameters import ClipBy, Training, UpdateRule
from app.theme import load_theme
from app.training.epoch_trace import NOTHING_REPLACED
from app.training.moment import Moment
from app.training.selection import SelectedEdge, SelectedNode, subject_of
from app.views.inspector.bars import ContributionBars
from app.views.inspector.clipping import Clip
from app.views.inspector.view import InspectorView
from app.views.inspector.wording import show
from autograd import Scalar
from autograd.evaluation import Evaluation
from autograd.naming import Names
from autograd.optimizers import Clipping, State
from autograd.optimizers import UpdateRule as EngineRule
from autograd.rules import SUM
from autograd.tape import Tape
from autograd.trace import Backward, Stage
from tests.ui.inspected import (
    RECIPE,
    Graph,
    Steps,
    explain,
    number,
    number_after,
    numbers_in,
    place_of,
    read,
    shown_gradient,
    shown_value,
    whole,
)

NOT_YET = "Not yet: the backward pass has not come here."

DIGITS = {"rel": 1e-4, "abs": 1e-12}
"""How well five digits tell a number."""

OF_SAMPLES = ["m · x", "ŷ", "residual", "squared"]
SHARED = ["m", "c", "sum", "L"]
EDGES = [
    ("L", "sum"), ("sum", "squared"), ("squared", "residual"), ("residual", "ŷ"),
    ("ŷ", "m · x"), ("ŷ", "c"), ("m · x", "m"),
]  # fmt: skip


@pytest.fixture
def view(qtbot) -> InspectorView:
    view = InspectorView()
    qtbot.addWidget(view)
    view.set_theme(load_theme("light"))
    view.resize(285, 600)
    view.show()
    return view


@pytest.fixture
def bars(view) -> ContributionBars:
    return view.findChild(ContributionBars)


def edge_between(moment, operation, operand):
    place = place_of(moment, operation)
    operands = moment.evaluation.tape.instructions[place].operands
    return SelectedEdge(place, operands.index(place_of(moment, operand)))


def contribution(graph, operation, operand, sample):
    """What an edge adds to its operand's gradient: by the chain rule, from the graph's values."""
    node, below = graph.node(operation, sample), graph.node(operand, sample)
    if operation == "sum":
        return graph.sum.grad
    index = next(i for i, each in enumerate(node.operands) if each is below)
    return node.grad * local(operation, index, graph, sample)


def local(operation, index, graph, sample):
    nodes = graph.nodes[sample]
    return {
        "L": (1 / len(graph.nodes),),
        "sum": (1.0,),
        "squared": (2 * nodes["residual"].data,),
        "residual": (1.0, -1.0),
        "ŷ": (1.0, 1.0),
        "m · x": (nodes["x"].data, graph.m.data),
    }[operation][index]


# -- nodes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("symbol", [*OF_SAMPLES, *SHARED])
@pytest.mark.parametrize("sample", [0, 7, 22])
def test_value_and_gradient_are_the_engines(view, symbol, sample):
    moment, graph = whole(sample), Graph()
    explain(view, moment, SelectedNode(place_of(moment, symbol)))
    node = graph.node(symbol, sample)
    assert shown_value(view) == pytest.approx(node.data, **DIGITS)
    assert shown_gradient(view) == pytest.approx(node.grad, **DIGITS)


@pytest.mark.parametrize("symbol", [*OF_SAMPLES, "sum", "L"])
def test_the_formula_with_numbers_ends_with_the_value(view, symbol):
    moment, graph = whole(7), Graph()
    explain(view, moment, SelectedNode(place_of(moment, symbol)))
    text = read(view, "inspected_formula")
    written = moment.probe.names.formula(place_of(moment, symbol))
    assert text.startswith(written if symbol == written else f"{symbol} = {written}")
    node = graph.node(symbol, 7)
    assert numbers_in(text)[-1] == pytest.approx(node.data, **DIGITS)


def test_the_formula_names_the_operands_values(view):
    moment, nodes = whole(7), Graph().nodes[7]
    explain(view, moment, SelectedNode(place_of(moment, "ŷ")))
    line = read(view, "inspected_formula").splitlines()[1]
    assert line == f"= {show(nodes['m · x'].data)} + {show(0.2950141610814745)} = " + show(
        nodes["ŷ"].data
    )


@pytest.mark.parametrize(
    ("symbol", "line"),
    [
        ("m · x", "= −2 × (−20) = 40"),
        ("residual", "= −43 − 41.5 = −84.5"),
        ("squared", "= (−84.5)² = 7140.2"),
    ],
)
def test_the_computation_is_written_as_it_is_done(view, symbol, line):
    moment = whole(0, data=Data(slope=2.0, intercept=-3.0, samples=2), at=(-2.0, 1.5))
    explain(view, moment, SelectedNode(place_of(moment, symbol)))
    assert read(view, "inspected_formula").splitlines()[1] == line


def test_a_negative_number_is_subtracted_in_parentheses(view):
    moment = whole(0, data=Data(slope=2.0, intercept=5.0, samples=2), at=(0.5, 0.0))
    explain(view, moment, SelectedNode(place_of(moment, "residual")))
    assert read(view, "inspected_formula").endswith("= −35 − (−10) = −25")


@pytest.mark.parametrize(("operation", "operand"), EDGES)
def test_local_derivatives_are_named_and_right(view, operation, operand):
    moment, graph = whole(7), Graph()
    edge = edge_between(moment, operation, operand)
    explain(view, moment, SelectedNode(edge.place))
    lines = read(view, "local_derivatives").splitlines()
    names = moment.probe.names
    quotient = f"{names.gradient(edge.place)}".replace("∂L/", "") + "/"
    (line,) = [
        each
        for each, before in zip(lines[1:], lines, strict=False)
        if each.startswith(quotient) and before.startswith(f"{operand} = ")
    ]
    assert names.local(edge.place, edge.index) in line
    expected = local(operation, edge.index, graph, 7)
    assert numbers_in(line)[-1] == pytest.approx(expected, **DIGITS)


@pytest.mark.parametrize(("operation", "operand"), EDGES)
def test_the_origin_of_a_gradient_is_upstream_times_local(view, operation, operand):
    moment, graph = whole(7), Graph()
    explain(view, moment, SelectedNode(place_of(moment, operand)))
    text = read(view, "gradient_origin")
    assert number_after(text, f"from {operation}") == pytest.approx(
        contribution(graph, operation, operand, 7), **DIGITS
    )
    upstream = re.search(r"upstream (\S+) × local ", text)
    node = graph.node(operation, 7)
    assert upstream
    assert numbers_in(upstream[1])[0] == pytest.approx(node.grad, **DIGITS)


@pytest.mark.parametrize("symbol", ["m", "c"])
def test_a_parameters_gradient_is_the_sum_over_the_samples(view, symbol):
    moment, graph = whole(7), Graph()
    explain(view, moment, SelectedNode(place_of(moment, symbol)))
    total = number_after(read(view, "gradient_origin"), "Σ over 23 samples")
    assert total == pytest.approx(graph.node(symbol, 7).grad, **DIGITS)


def test_data_have_a_value_and_no_gradient(view):
    moment, samples = whole(7), make_samples(RECIPE)
    explain(view, moment, SelectedNode(moment.probe.x))
    assert shown_value(view) == pytest.approx(samples.x[7], **DIGITS)
    why = "x is data: no parameter goes into it, so it gets no gradient."
    assert read(view, "gradient_origin") == why
    assert not view.findChild(type(view._check)).isVisible()
    assert_no_gradient_is_named(view)


def test_a_constant_has_a_value_and_no_gradient(view):
    moment = whole()
    place = place_of(moment, "23")
    explain(view, moment, SelectedNode(place))
    assert shown_value(view) == 23
    why = "23 is a constant: no parameter goes into it, so it gets no gradient."
    assert read(view, "gradient_origin") == why
    assert_no_gradient_is_named(view)
    explain(view, moment, edge_between(moment, "L", "23"))
    assert read(view, "chain_rule") == why


def assert_no_gradient_is_named(view):
    assert not read(view, "inspected_gradient")
    assert not any("∂L/∂" in each for each in captions(view))


def test_the_loss_is_where_the_backward_pass_begins(view):
    moment = whole()
    explain(view, moment, SelectedNode(place_of(moment, "L")))
    assert "begins here: ∂L/∂L = 1" in read(view, "gradient_origin")


def test_a_place_used_several_times_gets_a_line_for_each_use_the_last_first(view, bars):
    xs, ys, rate = np.array([-1.5, 0.3, 2.1]), np.array([1.1, -2.3, 0.9]), 0.1
    m, x, y, total = Scalar(0.0, require_grad=True, name="m"), *(Scalar(0.0) for _ in range(3))
    loss = total / 3 + rate * (m * m)
    tape = Tape.record(loss, [m], {x: xs, y: ys}, {total: m * x * m - y})
    probe = SimpleNamespace(tape=tape, names=Names(tape), chosen=None)
    moment = Moment(0, probe, Evaluation(tape, [0.7]), 1)
    view.show_moment(moment, SelectedNode(tape.parameters[0]))
    own = 0.7 * xs[1] / 3  # over each of the two uses in a sample
    text = read(view, "gradient_origin")
    lines = text.splitlines()
    uses = [line for line in lines if line.startswith("from ")]
    assert uses == [f"from {each}" for each in ("m · data₁ · m", "m · data₁", "m · m", "m · m")]
    found = [number(after) for line, after in pairwise(lines) if line in uses]
    assert found == pytest.approx([own, own, rate * 0.7, rate * 0.7], **DIGITS)
    expected = 2 * rate * 0.7 + 2 * 0.7 * xs.sum() / 3
    total = number_after(text, "Σ over all uses and 3 samples")
    assert total == pytest.approx(expected, **DIGITS)
    assert shown_gradient(view) == pytest.approx(expected, **DIGITS)
    shown = {bars.sample_at(row): bars.number_at(row) for row in range(3)}
    assert shown == pytest.approx(dict(enumerate(2 * 0.7 * xs / 3)))


# -- contributions ---------------------------------------------------------------------------


@pytest.mark.parametrize(("operation", "symbol"), [("m · x", "m"), ("ŷ", "c")])
def test_the_bars_are_every_samples_contribution_the_largest_first(view, bars, operation, symbol):
    moment, graph = whole(7), Graph()
    explain(view, moment, SelectedNode(place_of(moment, symbol)))
    expected = [contribution(graph, operation, symbol, each) for each in range(23)]
    shown = {bars.sample_at(row): bars.number_at(row) for row in range(bars.rows)}
    assert shown == pytest.approx(dict(enumerate(expected)), rel=1e-12)
    sizes = [abs(bars.number_at(row)) for row in range(bars.rows)]
    assert sizes == sorted(sizes, reverse=True)
    largest = max(range(23), key=lambda each: abs(expected[each]))
    positive, negative = sum(each > 0 for each in expected), sum(each < 0 for each in expected)
    zero = f", {23 - positive - negative} zero" if symbol == "m" else ""  # x is 0 of a sample
    assert (zero != "") == (positive + negative < 23)
    assert read(view, "contributions_head") == (
        f"23 samples: {positive} positive, {negative} negative{zero}; the largest: sample "
        f"{largest}. A positive one pushes {symbol} down, a negative one up."
    )


@pytest.mark.parametrize("symbol", ["m", "c"])
def test_a_parameter_goes_where_the_bars_are_said_to_push_it(view, symbol):
    steps = Steps(Training(clipping=False, learning_rate=1e-4))
    index = steps.first(Stage.UPDATE) + ["m", "c"].index(symbol)
    entry = steps.at(index).entry
    explain(view, steps.at(index), SelectedNode(entry.place))
    assert f"A positive one pushes {symbol} down" in read(view, "contributions_head")
    assert (entry.after < entry.before) == (shown_gradient(view) > 0)


def test_of_what_is_no_parameter_the_sign_says_how_the_loss_changes_with_it(view):
    m, x, total = Scalar(0.0, require_grad=True, name="m"), Scalar(0.0), Scalar(0.0)
    tape = Tape.record(total / 3, [m], {x: np.array([1.0, -2.0, 0.0])}, {total: Scalar.sin(m) * x})
    probe = SimpleNamespace(tape=tape, names=Names(tape), chosen=None)
    moment = Moment(0, probe, Evaluation(tape, [math.nan]))
    place = next(i for i, each in enumerate(tape.instructions) if each.operands == tape.parameters)
    explain(view, moment, SelectedNode(place))
    assert read(view, "contributions_head") == (
        "3 samples: 1 positive, 1 negative, 1 zero; the largest: sample 1. "
        "Where it is positive, the loss grows with sin(m)."
    )
    explain(view, whole(at=(math.nan, 0.0)), SelectedNode(place_of(whole(), "m")))
    assert "0 positive, 0 negative, 23 nan" in read(view, "contributions_head")


# -- edges -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("operation", "operand"), EDGES)
@pytest.mark.parametrize("sample", [0, 9])
def test_an_edge_is_explained_by_the_chain_rule(view, operation, operand, sample):
    moment, graph = whole(sample), Graph()
    edge = edge_between(moment, operation, operand)
    explain(view, moment, edge)
    assert read(view, "inspected").endswith(f" → {operand}")
    lines = read(view, "chain_rule").splitlines()
    upstream, rate, product = (float(lines[i].replace("−", "-")) for i in (2, 4, 6))
    assert upstream == pytest.approx(graph.node(operation, sample).grad, **DIGITS)
    assert rate == pytest.approx(local(operation, edge.index, graph, sample), **DIGITS)
    expected = contribution(graph, operation, operand, sample)
    assert product == pytest.approx(expected, **DIGITS)
    assert lines[5] == "= contribution"


def test_an_edge_into_a_parameter_is_summed_over_the_samples(view, bars):
    moment = whole(3)
    explain(view, moment, edge_between(moment, "m · x", "m"))
    total = number_after(read(view, "chain_rule"), "Σ over 23 samples")
    assert total == pytest.approx(Graph().m.grad, **DIGITS)
    assert bars.isVisible()


def test_no_gradient_flows_to_data(view):
    moment = whole()
    explain(view, moment, edge_between(moment, "residual", "y"))
    assert read(view, "chain_rule").startswith("y is data: no parameter goes into it")


# -- within a trace --------------------------------------------------------------------------


def test_what_is_not_computed_yet_is_not_told(view):
    moment = Steps().at(0)
    assert moment.probe.names.symbol(moment.entry.place) == "m · x"
    explain(view, moment, SelectedNode(place_of(moment, "ŷ")))
    assert (shown_value(view), shown_gradient(view)) == (None, None)
    assert read(view, "inspected_formula") == "ŷ = m · x + c\nnot computed yet"
    assert read(view, "gradient_origin") == NOT_YET


@pytest.mark.parametrize("folded", [True, False])
def test_in_the_forward_pass_no_gradient_is_told(view, bars, folded):
    steps = Steps(folded=folded, data=Data(samples=4, noise=1.0))
    for index in range(steps.first(Stage.BACKWARD)):
        moment = steps.at(index, 2)
        tape = moment.evaluation.tape
        for place, instruction in enumerate(tape.instructions):
            explain(view, moment, SelectedNode(place))
            required = instruction.require_grad
            assert (read(view, "gradient_origin") == NOT_YET) == required
            assert "–" not in read(view, "local_derivatives") + read(view, "inspected_formula")
            assert not bars.isVisible()
            for operand, below in enumerate(instruction.operands):
                explain(view, moment, SelectedEdge(place, operand))
                told = read(view, "chain_rule")
                assert told == NOT_YET or not tape.instructions[below].require_grad
                assert "–" not in told
    explain(view, steps.at(steps.first(Stage.BACKWARD)), SelectedNode(len(tape.instructions) - 1))
    assert "begins here: ∂L/∂L = 1" in read(view, "gradient_origin")


def test_of_a_shared_gradient_it_is_said_what_has_not_flowed_yet(view):
    steps = Steps(folded=False, data=Data(samples=4, noise=1.0))
    m = place_of(steps.at(0), "m")
    first = next(
        index
        for index in range(steps.first(Stage.BACKWARD), len(steps))
        if getattr(steps.at(index).entry, "operand", None) == m
    )
    explain(view, steps.at(first, 3), SelectedNode(m))
    assert "not yet for sample 3" in read(view, "gradient_origin")
    explain(view, steps.at(first, 0), SelectedNode(m))
    assert "upstream" in read(view, "gradient_origin")


@pytest.mark.parametrize("folded", [True, False])
def test_after_the_backward_pass_all_is_as_at_the_epoch_as_a_whole(view, folded):
    steps = Steps(folded=folded)
    last = steps.at(steps.first(Stage.UPDATE) - 1, 5)
    moment = whole(5)
    for symbol in [*OF_SAMPLES, "m", "c", "L", *["sum"] * folded]:
        texts = []
        for each in (last, moment):
            explain(view, each, SelectedNode(place_of(each, symbol)))
            names = ("inspected_formula", "inspected_gradient", "gradient_origin")
            texts.append([shown_value(view), *(read(view, name) for name in names)])
        assert texts[0] == texts[1]


@pytest.mark.parametrize("done", [1, 4, 22])
def test_a_gradient_that_accumulates_is_the_sum_of_what_has_flowed(view, bars, done):
    steps, graph = Steps(folded=False), Graph()
    m = place_of(steps.at(0), "m")
    start = steps.first(Stage.BACKWARD)
    into_m = [
        index
        for index in range(start, steps.first(Stage.UPDATE))
        if isinstance(entry := steps.at(index).entry, Backward) and entry.operand == m
    ]
    moment = steps.at(into_m[done - 1], sample=0)
    explain(view, moment, SelectedNode(m))
    flowed = [contribution(graph, "m · x", "m", each) for each in range(done)]
    assert shown_gradient(view) == pytest.approx(sum(flowed), **DIGITS)
    total = number_after(read(view, "gradient_origin"), "Σ over 23 samples")
    assert total == pytest.approx(sum(flowed), **DIGITS)
    assert read(view, "contributions_head").startswith(f"{done} of 23 samples so far: ")
    known = [bars.number_at(row) for row in range(23)]
    assert sorted(known[:done]) == pytest.approx(sorted(flowed))
    assert known[done:] == [None] * (23 - done)


@pytest.mark.parametrize("folded", [True, False])
def test_every_step_is_explained_with_its_own_numbers(view, folded):
    steps = Steps(folded=folded, data=Data(samples=4, noise=1.0))
    for index in range(steps.first(Stage.BACKWARD) + 1, steps.first(Stage.UPDATE)):
        moment = steps.at(index, sample=2)
        entry = moment.entry
        explain(view, moment, subject_of(entry))
        text = read(view, "chain_rule")
        own = 2 if entry.sample is None else entry.sample
        lines = text.splitlines()
        expected = [entry.upstream, entry.local, entry.contribution]
        for line, each in zip(lines[2:8:2], expected, strict=True):
            assert line == show(at(each, own))
        handed_on = entry.operand == entry.place
        names = moment.probe.names
        name = (
            f"∂L/∂sum{'₀₁₂₃'[entry.operand_sample]}" if handed_on else names.gradient(entry.operand)
        )
        before, after = at(entry.before, own), at(entry.after, own)
        assert text.endswith(
            f"{name} before this step\n{show(before)}\n{name} after it\n{show(after)}"
        )


def at(number, sample):
    return number[sample] if np.ndim(number) else number


def test_an_addition_of_the_unfolded_chain_hands_its_gradient_on(view):
    steps = Steps(folded=False)
    index = steps.first(Stage.BACKWARD) + 2
    entry = steps.at(index).entry
    assert steps.at(index).evaluation.tape.instructions[entry.place].rule is SUM
    assert (entry.index, entry.operand) == (0, entry.place)
    explain(view, steps.at(index), subject_of(entry))
    assert entry.sample == 22
    assert read(view, "inspected") == "sum up to sample 22 → sum up to sample 21"
    assert "to the one before it" in read(view, "inspected_kind")
    assert read(view, "inspected_formula") == "∂sum₂₂/∂sum₂₁ = 1"
    text = read(view, "chain_rule")
    assert number_after(text, "upstream ∂L/∂sum₂₂") == pytest.approx(1 / 23, **DIGITS)
    assert number_after(text, "= contribution") == pytest.approx(1 / 23, **DIGITS)
    assert number_after(text, "∂L/∂sum₂₁ after it") == pytest.approx(1 / 23, **DIGITS)


def test_the_0_that_the_unfolded_sum_begins_with_gets_no_gradient(view):
    steps = Steps(folded=False)
    moment = steps.at(steps.first(Stage.UPDATE), sample=0)
    explain(view, moment, SelectedEdge(place_of(moment, "sum"), 0))
    assert read(view, "inspected") == "sum up to sample 0 → 0"
    assert "0 is a constant" in read(view, "chain_rule")
    assert not read(view, "inspected_formula")


@pytest.mark.parametrize("sample", [0, 1, 22])
def test_a_step_of_the_unfolded_sum_is_told_with_its_running_sum(view, sample):
    steps, graph = Steps(folded=False), Graph()
    index = 5 * (sample + 1) - 1
    moment = steps.at(index, sample)
    subject = subject_of(moment.entry)
    assert (moment.entry.sample, subject.place) == (sample, place_of(moment, "sum"))
    explain(view, moment, subject)
    terms = [each["squared"].data for each in graph.nodes[: sample + 1]]
    before, value = sum(terms[:-1]), sum(terms)
    assert read(view, "inspected") == f"sum up to sample {sample}"
    assert read(view, "inspected_kind") == f"running sum · sample {sample}"
    assert shown_value(view) == pytest.approx(value, **DIGITS)
    formula = read(view, "inspected_formula")
    assert formula == (
        f"sum up to sample {sample}\n= {show(before)} + {show(terms[-1])} = {show(value)}"
    )
    lines = read(view, "local_derivatives").splitlines()
    number_ = str(sample).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
    assert lines[-2:] == [f"squared = {show(terms[-1])}", f"∂sum{number_}/∂squared = 1"]
    assert (f"sum up to sample {sample - 1} = {show(before)}" in lines) == (sample > 0)


@pytest.mark.parametrize("sample", [0, 5, 22])
def test_an_additions_gradient_comes_from_the_addition_after_it(view, sample):
    steps, graph = Steps(folded=False), Graph()
    backward = steps.first(Stage.BACKWARD)
    arrives = backward + max(1, 2 * (22 - sample))
    total = SelectedNode(place_of(steps.at(0), "sum"))
    explain(view, steps.at(arrives - 1, sample), total)
    assert (shown_gradient(view), read(view, "gradient_origin")) == (None, NOT_YET)
    entry = steps.at(arrives).entry
    assert isinstance(entry, Backward)
    explain(view, steps.at(arrives, sample), total)
    assert shown_gradient(view) == pytest.approx(graph.sum.grad, **DIGITS)
    origin = read(view, "gradient_origin")
    source = f"sum up to sample {sample + 1}" if sample < 22 else "L"
    assert number_after(origin, f"from {source}") == pytest.approx(graph.sum.grad, **DIGITS)
    assert f"sum up to sample {sample}" == read(view, "inspected")


def test_the_loss_is_the_whole_sum_whichever_sample_is_selected(view):
    steps, graph = Steps(folded=False), Graph()
    moment = steps.at(steps.first(Stage.UPDATE), sample=3)
    explain(view, moment, SelectedNode(place_of(moment, "L")))
    expected = f"= {show(graph.sum.data)} ÷ 23 = {show(graph.loss.data)}"
    assert read(view, "inspected_formula").endswith(expected)


@pytest.mark.parametrize("folded", [True, False])
def test_a_selection_beside_the_step_says_how_to_follow_the_steps_again(view, folded):
    steps = Steps(folded=folded, data=Data(samples=4, noise=1.0))
    sentence = "Selected; Esc goes back to following the steps."
    for index in (0, steps.first(Stage.BACKWARD) + 2, steps.first(Stage.UPDATE)):
        moment = steps.at(index)
        own = subject_of(moment.entry)
        for subject in (own, SelectedNode(moment.probe.x), SelectedEdge(own.place, 7), None):
            if subject != SelectedEdge(own.place, 7):
                explain(view, moment, subject)
                beside = isinstance(subject, SelectedNode) and subject.place == moment.probe.x
                assert read(view, "beside_the_step") == (sentence if beside else "")
    explain(view, whole(), SelectedNode(0))
    assert not read(view, "beside_the_step")


def test_samples_of_a_mini_batch_have_their_numbers_within_all_data(view, bars):
    steps = Steps(Training(batches=True, batch_size=5))
    moment = steps.at(steps.first(Stage.UPDATE, 1) - 1, sample=3)
    explain(view, moment, SelectedNode(place_of(moment, "m")))
    chosen = moment.probe.chosen
    assert {bars.sample_at(row) for row in range(5)} == set(chosen.tolist())
    explain(view, moment, SelectedNode(moment.probe.x))
    assert read(view, "inspected_kind") == f"data · sample {chosen[3]}"
    assert shown_value(view) == pytest.approx(make_samples(RECIPE).x[chosen[3]], **DIGITS)


# -- the update ------------------------------------------------------------------------------


def test_the_update_is_shown_from_the_gradient_to_the_step(view):
    training = Training(clip_by=ClipBy.NORM, clip_bound=2.0, learning_rate=0.01)
    steps, graph = Steps(training), Graph()
    moment = steps.at(steps.first(Stage.UPDATE))
    explain(view, moment, subject_of(moment.entry))
    length = math.hypot(graph.m.grad, graph.c.grad)
    clipped = 2.0 * graph.m.grad / length
    text = read(view, "update_step")
    expected = {
        "gradient": graph.m.grad,
        "clipped": clipped,
        "direction": clipped,
        "× learning rate": 0.01,
        "× uses, one step each": 23,
        "step of m": -0.01 * clipped * 23,
        "m before": 0.764340511813275,
        "m after": 0.764340511813275 - 0.01 * clipped * 23,
    }
    found = {label: number_after(text, label) for label in expected}
    assert found == pytest.approx(expected, **DIGITS)
    assert shown_value(view) == pytest.approx(expected["m after"], **DIGITS)


def test_a_step_that_was_not_clipped_has_no_picture_of_clipping(view):
    steps = Steps(Training(clipping=False, update_rule=UpdateRule.ONCE_PER_PARAMETER))
    moment = steps.at(steps.first(Stage.UPDATE))
    explain(view, moment, subject_of(moment.entry))
    assert read(view, "update_step")
    assert "uses" not in read(view, "update_step")
    assert not view.findChild(object, "clip_picture").isVisible()


def test_the_update_is_not_told_before_the_gradient_is_complete(view):
    steps = Steps()
    first = steps.first(Stage.UPDATE)
    for index, told in ((0, False), (first - 2, False), (first - 1, True), (first, True)):
        moment = steps.at(index)
        explain(view, moment, SelectedNode(place_of(moment, "m")))
        assert bool(read(view, "update_step")) == told


def change(gradient, clipping, bound):
    rule = EngineRule(clipping=clipping, bound=bound)
    state = State.start(np.zeros(len(gradient)), rule.optimizer)
    return rule.change(state, np.array(gradient), 0.1, np.ones(len(gradient)))


@pytest.mark.parametrize("clipping", [Clipping.VALUE, Clipping.NORM])
@pytest.mark.parametrize("gradient", [[3.0, -40.0], [5.0, 5.0], [-345.0, 18.0, 1e-3]])
def test_only_what_was_clipped_is_drawn_as_clipped(clipping, gradient):
    clip = Clip.of(change(gradient, clipping, 2.0))
    assert clip.kind is clipping
    assert clip.bound == 2.0
    assert Clip.of(change(gradient, clipping, 1e3)) is None


@pytest.mark.parametrize("gradient", [[3.0, -4.0], [-345.0, 18.0], [5e8, -1e-3]])
def test_clipped_arrows_have_their_true_angle_and_can_both_be_seen(gradient):
    clip = Clip.of(change(gradient, Clipping.NORM, 1.0))
    for vector in (clip.raw, clip.clipped):
        x, y = clip.point(*vector)
        assert math.atan2(y, x) == pytest.approx(math.atan2(vector[1], vector[0]))
    assert math.hypot(*clip.point(*clip.raw)) == pytest.approx(1.0)
    assert 0.15 < math.hypot(*clip.point(*clip.clipped)) < 1


def test_the_clip_box_is_where_clipped_gradients_end():
    clip = Clip.of(change([-345.0, 18.0], Clipping.VALUE, 1.0))
    corner = np.array(clip.point(*clip.clipped))
    distances = [math.dist(corner, each) for each in clip.boundary()]
    assert min(distances) < 0.01


# -- what if, nothing selected, numbers that are none ----------------------------------------


def test_what_is_replaced_is_said_to_be_ones_own(view):
    probe = whole().probe
    moment = whole(7, what_if=NOTHING_REPLACED.with_data(probe.x, 7, 3.5))
    explain(view, moment, SelectedNode(probe.x))
    assert shown_value(view) == 3.5
    assert any(label == "value (yours)" for label in captions(view))
    explain(view, whole(8, what_if=moment.what_if), SelectedNode(probe.x))
    assert "value (yours)" not in captions(view)


def captions(view):
    return [each.text() for each in view.findChildren(QLabel) if each.isVisible()]


def test_with_nothing_selected_the_samples_share_is_told(view):
    graph, samples = Graph(), make_samples(RECIPE)
    explain(view, whole(7), None)
    assert "Click a node or an edge of the graph" in read(view, "inspected_formula")
    text = read(view, "sample_shares")
    prediction = graph.nodes[7]["ŷ"].data
    assert number_after(text, "ŷ") == pytest.approx(prediction, **DIGITS)
    residual = number_after(text, "residual y − ŷ")
    assert residual == pytest.approx(samples.y[7] - prediction, **DIGITS)
    for operation, symbol in (("m · x", "m"), ("ŷ", "c")):
        own, total = contribution(graph, operation, symbol, 7), graph.node(symbol, 7).grad
        lines = text.splitlines()
        line = lines[lines.index(f"∂L/∂{symbol}") + 1]
        assert numbers_in(line) == pytest.approx([own, total], **DIGITS)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_sample_has_a_share_where_no_other_works_against_it(view, sign):
    data, at = Data(intercept=100.0 * sign, x_from=1.0, x_to=9.0, samples=5), (0.0, 0.0)
    graph = Graph(data=data, at=at)
    explain(view, whole(3, data=data, at=at), None)
    lines = read(view, "sample_shares").splitlines()
    for operation, symbol in (("m · x", "m"), ("ŷ", "c")):
        own, total = contribution(graph, operation, symbol, 3), graph.node(symbol, 3).grad
        line = lines[lines.index(f"∂L/∂{symbol}") + 1]
        assert line.endswith(" %)")
        assert numbers_in(line) == pytest.approx([own, total, 100 * own / total], rel=0.02)


@pytest.mark.parametrize("at", [(2.0, -30.0), (1e308, 0.0), (math.nan, 0.0)])
def test_no_share_is_told_where_it_says_nothing(view, at):
    explain(view, whole(7, at=at), None)
    shares = read(view, "sample_shares")
    assert "∂L/∂m" in shares
    lines = shares.splitlines()
    line = lines[lines.index("∂L/∂m") + 1]
    assert " of " in line
    assert "%" not in line


def test_without_a_run_there_is_an_invitation(view):
    view.show_moment(None, None)
    assert "step through the trace (→)" in read(view, "inspected_formula")
    assert not read(view, "sample_shares")


BEYOND = [(1e154, 0.0), (1e200, -1e200), (np.inf, 0.0), (0.0, np.nan), (-np.inf, np.inf)]


@pytest.mark.parametrize("parameters", BEYOND, ids=str)
def test_numbers_that_are_not_finite_are_shown(view, parameters):
    moment, graph = whole(7, at=parameters), Graph(at=parameters)
    assert not math.isfinite(graph.loss.data)
    for place, instruction in enumerate(moment.evaluation.tape.instructions):
        explain(view, moment, SelectedNode(place))
        view.grab()
        for index in range(len(instruction.operands)):
            explain(view, moment, SelectedEdge(place, index))
            view.grab()
    explain(view, moment, None)
    for symbol in SHARED:
        explain(view, moment, SelectedNode(place_of(moment, symbol)))
        node = graph.node(symbol, 7)
        assert shown_value(view) == pytest.approx(node.data, rel=1e-4, nan_ok=True)
        assert shown_gradient(view) == pytest.approx(node.grad, rel=1e-4, nan_ok=True)


@pytest.mark.parametrize("clip_by", list(ClipBy))
@pytest.mark.parametrize("parameters", BEYOND, ids=str)
def test_an_update_that_is_not_finite_is_shown(view, parameters, clip_by):
    steps = Steps(Training(clip_by=clip_by), at=parameters)
    for index in range(len(steps)):
        moment = steps.at(index)
        explain(view, moment, subject_of(moment.entry))
        view.grab()
    assert read(view, "update_step")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, "–"), (0.0, "0"), (-14.3496, "−14.35"), (12345.0, "12345"), (123456.7, "1.2346e5"),
        (-3.21e-7, "−3.21e−7"), (math.inf, "inf"), (-math.inf, "−inf"), (math.nan, "nan"),
        (np.float64(0.1), "0.1"),
    ],
)  # fmt: skip
def test_numbers_are_short_with_a_true_minus_sign(number, text):
    assert show(number) == text
