"""The inspector gives leaves other values: what if."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel

from app.study.hyperparameters import Training
from app.training.epoch_trace import NOTHING_REPLACED, WhatIf
from app.training.selection import SelectedEdge, SelectedNode
from app.views.inspector.view import InspectorView
from app.views.value_edit import ValueEdit
from autograd.trace import Stage
from tests.conftest import TIMEOUT
from tests.ui.inspected import (
    AT,
    SAMPLES,
    Graph,
    Steps,
    explain,
    focused,
    place_of,
    read,
    shown_gradient,
    shown_value,
    whole,
)


@pytest.fixture
def view(qtbot) -> InspectorView:
    return focused(qtbot)


@pytest.fixture
def field(view) -> ValueEdit:
    return view.findChild(ValueEdit)


class Owner:
    """Does what the window does with an inspector: answers what it asks for."""

    def __init__(self, view: InspectorView, symbol: str, sample: int = 7) -> None:
        self.view, self.sample = view, sample
        self.asked: list[WhatIf] = []
        self.subject = SelectedNode(place_of(whole(), symbol))
        view.what_if_asked.connect(self.ask)
        self.ask(NOTHING_REPLACED)

    def ask(self, what_if: WhatIf) -> None:
        self.asked.append(what_if)
        parameters = [what_if.parameters.get(index, AT[index]) for index in range(2)]
        moment = whole(self.sample, at=parameters, what_if=what_if)
        self.view.show_moment(moment, self.subject)


def enter(qtbot, field, text):
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def test_a_parameter_can_be_given_another_value(view, field, qtbot):
    owner = Owner(view, "m")
    enter(qtbot, field, "1.25")
    assert owner.asked[-1] == NOTHING_REPLACED.with_parameter(0, 1.25)
    expected = Graph(at=(1.25, AT[1])).m.grad
    qtbot.waitUntil(
        lambda: shown_gradient(view) == pytest.approx(expected, rel=1e-4), timeout=TIMEOUT
    )
    owner.ask(NOTHING_REPLACED)
    expected = Graph().m.grad
    qtbot.waitUntil(
        lambda: shown_gradient(view) == pytest.approx(expected, rel=1e-4), timeout=TIMEOUT
    )
    assert field.value == AT[0]


def test_escape_brings_the_value_back_that_was_there_before(view, field, qtbot):
    owner = Owner(view, "c")
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Up)
    qtbot.keyClick(field, Qt.Key.Key_Up)
    assert owner.asked[-1].parameters[1] != AT[1]
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert owner.asked[-1].parameters == {1: AT[1]}
    expected = Graph().c.grad
    qtbot.waitUntil(
        lambda: shown_gradient(view) == pytest.approx(expected, rel=1e-4), timeout=TIMEOUT
    )


def test_what_else_was_replaced_stays_so(view, field, qtbot):
    owner = Owner(view, "m")
    owner.ask(NOTHING_REPLACED.with_parameter(1, -3.0))
    enter(qtbot, field, "2")
    assert owner.asked[-1].parameters == {1: -3.0, 0: 2.0}


def test_the_selected_samples_data_can_be_given_another_value(view, field, qtbot):
    owner = Owner(view, "x", sample=5)
    assert field.value == SAMPLES.x[5]
    enter(qtbot, field, "-4.5")
    place = owner.subject.place
    assert owner.asked[-1] == NOTHING_REPLACED.with_data(place, 5, -4.5)
    view._throttle.do_now()
    assert shown_value(view) == -4.5


def test_data_of_a_mini_batch_are_replaced_by_their_number_within_all_data(view, field, qtbot):
    steps = Steps(Training(batches=True, batch_size=5))
    moment = steps.at(steps.first(Stage.FORWARD, 1), sample=2)
    view.show_moment(moment, SelectedNode(moment.probe.x))
    with qtbot.waitSignal(view.what_if_asked, timeout=TIMEOUT) as asked:
        enter(qtbot, field, "1")
    number = int(moment.probe.chosen[2])
    assert asked.args == [NOTHING_REPLACED.with_data(moment.probe.x, number, 1.0)]


def test_a_parameter_can_be_edited_only_before_the_epochs_first_update(view, field):
    steps = Steps(Training(batches=True, batch_size=5))
    moments = [steps.at(0), steps.at(steps.first(Stage.UPDATE)), steps.at(len(steps) - 3)]
    for moment, expected in zip(moments, (True, False, False), strict=True):
        explain(view, moment, SelectedNode(place_of(moment, "m")))
        assert field.isVisible() == expected
        assert shown_value(view) is not None


def test_an_operation_has_no_field(view, field):
    moment = whole()
    view.show_moment(moment, SelectedNode(place_of(moment, "ŷ")))
    assert not field.isVisible()


def test_bad_text_is_marked_with_a_sentence(view, field, qtbot):
    owner = Owner(view, "m")
    enter(qtbot, field, "fast")
    assert "“fast” is no number" in read(view, "value_problem")
    assert len(owner.asked) == 1
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not read(view, "value_problem")
    assert field.value == AT[0]


def test_what_was_typed_of_one_leaf_is_not_given_to_another(view, field, qtbot):
    asked = []
    view.what_if_asked.connect(asked.append)
    moment = whole(7)
    x = moment.probe.x
    subjects = [
        (moment, moment.probe.x),
        (whole(8), moment.probe.x),
        (moment, place_of(moment, "c")),
    ]
    expected = [SAMPLES.x[7], SAMPLES.x[8], AT[1]]
    for (other, place), value in zip(subjects, expected, strict=True):
        view.show_moment(moment, SelectedNode(place_of(moment, "m")))
        field.setFocus()
        qtbot.keyClicks(field, "fast")
        explain(view, other, SelectedNode(place))
        assert field.value == value
        assert field.text() != "fast"
        assert not read(view, "value_problem")
    explain(view, moment, SelectedNode(x))
    qtbot.keyClicks(field, "fast")
    view.show_moment(whole(8), SelectedNode(x))
    view._throttle.do_now()
    assert field.value == SAMPLES.x[8]
    for subject in (SelectedNode(place_of(moment, "ŷ")), SelectedEdge(6, 0), None):
        view.show_moment(moment, SelectedNode(place_of(moment, "m")))
        field.setFocus()
        qtbot.keyClicks(field, "5")
        view.show_moment(moment, subject)
        assert not field.isVisible()
    assert not asked


def test_what_is_no_number_is_gone_when_one_comes_back_to_the_leaf(view, field, qtbot):
    moment = whole()
    m = SelectedNode(place_of(moment, "m"))
    view.show_moment(moment, m)
    enter(qtbot, field, "fast")
    view.show_moment(moment, SelectedEdge(6, 0))
    view.show_moment(moment, m)
    assert (field.text(), read(view, "value_problem")) == ("0.764341", "")


def test_the_value_is_dragged_by_its_caption(view, qtbot):
    owner = Owner(view, "m")
    caption = next(
        each for each in view.findChildren(QLabel) if each.isVisible() and each.text() == "value"
    )
    qtbot.mousePress(caption, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    qtbot.mouseMove(caption, QPoint(42, 2))
    qtbot.mouseRelease(caption, Qt.MouseButton.LeftButton, pos=QPoint(42, 2))
    assert owner.asked[-1].parameters[0] == pytest.approx(AT[0] + 0.4)
