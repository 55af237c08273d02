"""The inspector with nothing selected, with replaced numbers, and with numbers that are none."""

import math

import numpy as np
import pytest

from app.study.hyperparameters import ClipBy, Training
from app.training.epoch_trace import NOTHING_REPLACED
from app.training.selection import SelectedEdge, SelectedNode, subject_of
from app.views.inspector.view import InspectorView
from app.views.inspector.wording import show
from tests.ui.inspected import (
    DIGITS,
    SAMPLES,
    SHARED,
    Graph,
    Steps,
    captions,
    contribution,
    explain,
    line_data,
    number_after,
    numbers_in,
    opened,
    place_of,
    read,
    shown_gradient,
    shown_value,
    whole,
)


@pytest.fixture
def view(qtbot) -> InspectorView:
    return opened(qtbot)


# -- what if, nothing selected ---------------------------------------------------------------


def test_what_is_replaced_is_said_to_be_ones_own(view):
    probe = whole().probe
    moment = whole(7, what_if=NOTHING_REPLACED.with_data(probe.x, 7, 3.5))
    explain(view, moment, SelectedNode(probe.x))
    assert shown_value(view) == 3.5
    assert any(label == "value (yours)" for label in captions(view))
    explain(view, whole(8, what_if=moment.what_if), SelectedNode(probe.x))
    assert "value (yours)" not in captions(view)


def test_with_nothing_selected_the_samples_share_is_told(view):
    graph = Graph()
    explain(view, whole(7), None)
    assert "Click a node or an edge of the graph" in read(view, "inspected_formula")
    text = read(view, "sample_shares")
    prediction = graph.nodes[7]["ŷ"].data
    assert number_after(text, "ŷ") == pytest.approx(prediction, **DIGITS)
    residual = number_after(text, "residual y − ŷ")
    assert residual == pytest.approx(SAMPLES.y[7] - prediction, **DIGITS)
    for operation, symbol in (("m · x", "m"), ("ŷ", "c")):
        own, total = contribution(graph, operation, symbol, 7), graph.node(symbol, 7).grad
        lines = text.splitlines()
        line = lines[lines.index(f"∂L/∂{symbol}") + 1]
        assert numbers_in(line) == pytest.approx([own, total], **DIGITS)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_sample_has_a_share_where_no_other_works_against_it(view, sign):
    data, at = line_data(2.0, 100.0 * sign, x_from=1.0, x_to=9.0, samples=5), (0.0, 0.0)
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


# -- numbers that are none -------------------------------------------------------------------


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
