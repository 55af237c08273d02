"""The inspector checks gradients against the numeric derivative."""

import dataclasses
import math

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from app.training.epoch_trace import NOTHING_REPLACED
from app.training.selection import SelectedNode
from app.views.inspector.view import InspectorView
from autograd.evaluation import Evaluation
from autograd.rules import POWER, Rule
from autograd.trace import Stage
from tests.ui.inspected import (
    AT,
    RECIPE,
    Graph,
    Steps,
    explain,
    numbers_in,
    opened,
    place_of,
    read,
    whole,
)


@pytest.fixture
def view(qtbot) -> InspectorView:
    return opened(qtbot)


def check(qtbot, view):
    qtbot.mouseClick(view.findChild(QPushButton, "check_gradient"), Qt.MouseButton.LeftButton)
    return read(view, "check_result")


@pytest.mark.parametrize("symbol", ["m", "c", "m · x", "ŷ", "residual", "squared", "sum", "L"])
@pytest.mark.parametrize("sample", [0, 11])
def test_right_gradients_agree_with_the_numeric_derivative(view, qtbot, symbol, sample):
    moment = whole(sample)
    view.show_moment(moment, SelectedNode(place_of(moment, symbol)))
    text = check(qtbot, view)
    assert text.endswith(": agrees")
    numeric, *_, difference = numbers_in(text)
    node = Graph().node(symbol, sample)
    assert numeric == pytest.approx(node.grad, rel=1e-4)
    assert difference <= 1e-9 * max(1.0, abs(node.grad))


def test_a_replaced_number_is_checked_where_it_is(view, qtbot):
    probe = whole().probe
    moment = whole(3, what_if=NOTHING_REPLACED.with_data(probe.x, 3, 50.0))
    view.show_moment(moment, SelectedNode(place_of(moment, "m")))
    text = check(qtbot, view)
    assert text.endswith(": agrees")
    assert numbers_in(text)[0] == pytest.approx(moment.evaluation.gradient[0], rel=1e-4)


@pytest.mark.parametrize("samples", [23, 100_000])
@pytest.mark.parametrize("symbol", ["m", "residual"])
def test_a_wrong_derivative_in_a_rule_is_seen(view, qtbot, symbol, samples):
    moment = whole(7, data=dataclasses.replace(RECIPE, samples=samples))
    tape = moment.evaluation.tape
    wrong = Rule("power", "^", POWER.value, (lambda n, y, a, b: 2.002 * a, POWER.derivatives[1]))  # noqa: ARG005
    tape.instructions = tuple(
        dataclasses.replace(each, rule=wrong) if each.rule is POWER else each
        for each in tape.instructions
    )
    moment = dataclasses.replace(moment, evaluation=Evaluation(tape, AT))
    view.show_moment(moment, SelectedNode(place_of(moment, symbol)))
    assert check(qtbot, view).endswith(": DOES NOT AGREE")


def test_a_result_is_about_one_place_one_sample_and_one_epoch(view, qtbot):
    moment = whole(7)
    residual = SelectedNode(place_of(moment, "residual"))
    others = [
        (moment, SelectedNode(place_of(moment, "ŷ"))),
        (dataclasses.replace(moment, sample=8), residual),
        (whole(7), residual),
    ]
    for other, subject in others:
        explain(view, moment, residual)
        assert check(qtbot, view)
        explain(view, other, subject)
        assert not read(view, "check_result")


def test_a_check_within_a_trace_is_of_the_complete_gradient(view, qtbot):
    steps = Steps(folded=False)
    m = place_of(steps.at(0), "m")
    moment = steps.at(steps.first(Stage.UPDATE) - 40)
    assert abs(moment.gradient(m)) < abs(Graph().m.grad)
    explain(view, moment, SelectedNode(m))
    text = check(qtbot, view)
    assert "agrees\nchecked: the complete gradient, " in text
    assert numbers_in(text)[-1] == pytest.approx(Graph().m.grad, rel=1e-4)
    explain(view, steps.at(steps.first(Stage.UPDATE)), SelectedNode(m))
    assert "complete" not in check(qtbot, view)


def test_a_check_where_numbers_are_not_finite_says_so(view, qtbot):
    moment = whole(at=(math.inf, 0.0))
    view.show_moment(moment, SelectedNode(place_of(moment, "m")))
    assert "numeric nan ± inf" in check(qtbot, view)
