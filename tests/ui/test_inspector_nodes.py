"""What the inspector says of nodes and edges is what the define-by-run engine's nodes hold."""

import math
import re
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from app.study.hyperparameters import Training
from app.training.moment import Moment
from app.training.selection import SelectedNode
from app.views.inspector.bars import ContributionBars
from app.views.inspector.view import InspectorView
from app.views.inspector.wording import show
from autograd import Scalar
from autograd.evaluation import Evaluation
from autograd.naming import Names
from autograd.tape import Tape
from autograd.trace import Stage
from tests.ui.inspected import (
    DIGITS,
    OF_SAMPLES,
    SAMPLES,
    SHARED,
    Graph,
    Steps,
    captions,
    contribution,
    edge_between,
    explain,
    line_data,
    local,
    number,
    number_after,
    numbers_in,
    opened,
    place_of,
    read,
    shown_gradient,
    shown_value,
    whole,
)

EDGES = [
    ("L", "sum"), ("sum", "squared"), ("squared", "residual"), ("residual", "ŷ"),
    ("ŷ", "m · x"), ("ŷ", "c"), ("m · x", "m"),
]  # fmt: skip


@pytest.fixture
def view(qtbot) -> InspectorView:
    return opened(qtbot)


@pytest.fixture
def bars(view) -> ContributionBars:
    return view.findChild(ContributionBars)


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
    moment = whole(0, data=line_data(2.0, -3.0, samples=2), at=(-2.0, 1.5))
    explain(view, moment, SelectedNode(place_of(moment, symbol)))
    assert read(view, "inspected_formula").splitlines()[1] == line


def test_a_negative_number_is_subtracted_in_parentheses(view):
    moment = whole(0, data=line_data(2.0, 5.0, samples=2), at=(0.5, 0.0))
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
    moment = whole(7)
    explain(view, moment, SelectedNode(moment.probe.x))
    assert shown_value(view) == pytest.approx(SAMPLES.x[7], **DIGITS)
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
