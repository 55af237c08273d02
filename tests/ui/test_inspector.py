"""The inspector in use: links, bars, edits, the check, and what it costs while training runs."""

import dataclasses
import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QFont, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QWidget

import app.views.inspector.view as inspector
from app.study.data import make_samples
from app.study.experiment import Data
from app.study.hyperparameters import ClipBy, Training
from app.theme import load_theme
from app.training.epoch_trace import NOTHING_REPLACED, WhatIf
from app.training.moment import Moment
from app.training.selection import SelectedEdge, SelectedNode, subject_of
from app.views.inspector.bars import ContributionBars
from app.views.inspector.clip_picture import ClipPicture
from app.views.inspector.clipping import Clip
from app.views.inspector.reading import Reading
from app.views.inspector.view import InspectorView
from app.views.value_edit import ValueEdit
from autograd.evaluation import Evaluation
from autograd.optimizers import Clipping, State, UpdateRule
from autograd.rules import POWER, Rule
from autograd.trace import Stage
from tests.conftest import TIMEOUT
from tests.ui.inspected import (
    AT,
    RECIPE,
    Graph,
    Steps,
    explain,
    numbers_in,
    place_of,
    read,
    shown_gradient,
    shown_value,
    whole,
)


@pytest.fixture
def view(qtbot) -> InspectorView:
    view = InspectorView()
    qtbot.addWidget(view)
    view.set_theme(load_theme("light"))
    view.resize(285, 600)
    view.show()
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow, timeout=TIMEOUT)
    return view


@pytest.fixture
def bars(view) -> ContributionBars:
    return view.findChild(ContributionBars)


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


# -- links -----------------------------------------------------------------------------------


def follow(qtbot, view, name, count=1):
    """Follow a link of a text with the keyboard."""
    text = view.findChild(QLabel, name)
    text.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(count):
        qtbot.keyClick(text, Qt.Key.Key_Tab)
    qtbot.keyClick(text, Qt.Key.Key_Return)


def test_links_lead_to_operands_uses_and_the_ends_of_an_edge(view, qtbot):
    asked = []
    view.selection_asked.connect(asked.append)
    moment = whole()
    prediction, residual = place_of(moment, "ŷ"), place_of(moment, "residual")
    view.show_moment(moment, SelectedNode(prediction))
    follow(qtbot, view, "local_derivatives", 2)
    assert asked == [SelectedNode(place_of(moment, "c"))]
    follow(qtbot, view, "gradient_origin")
    assert asked[1:] == [SelectedEdge(residual, 1)]
    view.show_moment(moment, asked[-1])
    follow(qtbot, view, "inspected_kind")
    follow(qtbot, view, "inspected_kind")
    assert asked[2:] == [SelectedNode(residual), SelectedNode(prediction)]


def test_the_focus_is_not_thrown_into_a_field_when_a_link_was_followed(view, qtbot):
    moment = whole()
    view.show_moment(moment, SelectedNode(place_of(moment, "ŷ")))
    view.selection_asked.connect(lambda selection: view.show_moment(moment, selection))
    follow(qtbot, view, "local_derivatives", 2)
    assert read(view, "inspected") == "c"
    assert QApplication.focusWidget() is view.findChild(QScrollArea, "inspector_scroll")


# -- bars ------------------------------------------------------------------------------------


def click(qtbot, bars, row):
    at = bars.row_rect(row).center().toPoint()
    qtbot.mouseClick(bars.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_a_click_on_a_bar_asks_for_its_sample(view, bars, qtbot):
    moment = whole(7)
    view.show_moment(moment, SelectedNode(place_of(moment, "m")))
    for row in (0, 2):
        with qtbot.waitSignal(view.sample_asked, timeout=TIMEOUT) as asked:
            click(qtbot, bars, row)
        assert asked.args == [bars.sample_at(row)]


def test_the_keyboard_walks_over_the_bars(view, bars, qtbot):
    moment = whole(7)
    view.show_moment(moment, SelectedNode(place_of(moment, "m")))
    bars.setFocus()
    order = [bars.sample_at(row) for row in range(bars.rows)]
    keys, asked = Qt.Key, []
    view.sample_asked.connect(asked.append)
    walk = (keys.Key_Home, keys.Key_Down, keys.Key_Down, keys.Key_Up, keys.Key_End, keys.Key_Down)
    for key in walk:
        qtbot.keyClick(bars, key)
        qtbot.keyClick(bars, keys.Key_Return)
    assert asked == [order[row] for row in (0, 1, 2, 1, 22, 22)]
    assert bars.row_rect(22).bottom() <= bars.viewport().height()
    assert f"sample {order[22]}, number 23 of 23" in bars.accessibleDescription()
    qtbot.keyClick(bars, keys.Key_PageUp)
    qtbot.keyClick(bars, keys.Key_Return)
    assert order.index(asked[-1]) < 22


def test_the_keyboard_begins_at_the_selected_sample(view, bars, qtbot):
    moment = whole(7)
    view.show_moment(moment, SelectedNode(place_of(moment, "m")))
    bars.setFocus()
    with qtbot.waitSignal(view.sample_asked, timeout=TIMEOUT) as asked:
        qtbot.keyClick(bars, Qt.Key.Key_Return)
    assert asked.args == [7]


def test_a_sample_selected_elsewhere_is_brought_into_view(view, bars):
    view.resize(285, 420)
    subject = SelectedNode(place_of(whole(), "m"))
    explain(view, whole(0), subject)
    last = bars.sample_at(22)
    assert bars.row_rect(22).top() > bars.viewport().height()
    view.show_moment(whole(last), subject)
    view._throttle.do_now()
    assert 0 <= bars.row_rect(22).bottom() <= bars.viewport().height()


def test_bars_point_to_the_side_of_their_sign_in_its_colour(view, bars):
    theme = load_theme("light")
    moment = whole(7)
    view.show_moment(moment, SelectedNode(place_of(moment, "m")))
    QApplication.processEvents()
    picture = bars.viewport().grab().toImage()
    for row in range(3):
        y = int(bars.row_rect(row).center().y())
        colours = [picture.pixelColor(x, y).name() for x in range(picture.width())]
        sides = [x for x, each in enumerate(colours) if each == theme.border.name()]
        negative, positive = (
            colours.count(theme.negative.name()),
            colours.count(theme.positive.name()),
        )
        assert (negative > 0) == (bars.number_at(row) < 0)
        assert (positive > 0) == (bars.number_at(row) > 0)
        colour = theme.negative if negative else theme.positive
        first = colours.index(colour.name())
        assert not sides or (first < sides[0]) == bool(negative)


def test_of_a_hundred_thousand_samples_only_those_in_view_are_drawn(view, bars, qtbot, monkeypatch):
    moment = whole(50_000, data=Data(samples=100_000, noise=1.0))
    painted = []
    paint = ContributionBars._paint_row
    monkeypatch.setattr(
        ContributionBars,
        "_paint_row",
        lambda self, painter, row: (painted.append(row), paint(self, painter, row)),
    )
    view.show_moment(moment, SelectedNode(place_of(moment, "m")))
    assert bars.rows == 100_000
    assert read(view, "contributions_head").startswith("100,000 samples: ")
    for value in (0, 50_000, bars.verticalScrollBar().maximum()):
        bars.verticalScrollBar().setValue(value)
        painted.clear()
        bars.grab()
        assert painted[0] == value
        assert len(painted) <= bars.height() // (bars.fontMetrics().height() + 3) + 2
    assert painted[-1] == 99_999
    bars.setFocus()
    with qtbot.waitSignal(view.sample_asked, timeout=TIMEOUT) as asked:
        qtbot.keyClick(bars, Qt.Key.Key_End)
        qtbot.keyClick(bars, Qt.Key.Key_Return)
    assert asked.args == [bars.sample_at(99_999)]


# -- edits -----------------------------------------------------------------------------------


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
    assert field.value == make_samples(RECIPE).x[5]
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
    samples = make_samples(RECIPE)
    x = moment.probe.x
    subjects = [
        (moment, moment.probe.x),
        (whole(8), moment.probe.x),
        (moment, place_of(moment, "c")),
    ]
    expected = [samples.x[7], samples.x[8], AT[1]]
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
    assert field.value == samples.x[8]
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


# -- the check -------------------------------------------------------------------------------


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


# -- what it costs, and that it keeps still --------------------------------------------------


@pytest.fixture
def readings(monkeypatch) -> list[Moment]:
    """The moments that were read."""
    read_moments = []

    class Counted(Reading):
        def __init__(self, moment, subject=None):
            read_moments.append(moment)
            super().__init__(moment, subject)

    monkeypatch.setattr(inspector, "Reading", Counted)
    return read_moments


def test_of_many_moments_few_are_shown_and_always_the_last(view, qtbot, readings):
    subject = SelectedNode(place_of(whole(), "m"))
    moments = [whole(at=(0.1 * index, 0.0)) for index in range(60)]
    for moment in moments:
        view.show_moment(moment, subject)
    assert readings[0] is moments[0]
    qtbot.waitUntil(lambda: readings[-1] is moments[-1], timeout=TIMEOUT)
    assert len(readings) < 30
    assert shown_value(view) == pytest.approx(5.9)


def test_another_subject_is_shown_at_once(view, readings):
    moment = whole()
    for place in range(len(moment.evaluation.tape.instructions)):
        view.show_moment(moment, SelectedNode(place))
        assert len(readings) == place + 1


def test_nothing_is_computed_while_it_cannot_be_seen(view, qtbot, readings):
    view.hide()
    subject = SelectedNode(place_of(whole(), "m"))
    moments = [whole(at=(value, 0.0)) for value in (1.0, 2.0)]
    for moment in moments:
        view.show_moment(moment, subject)
    qtbot.waitUntil(lambda: not view.findChild(QTimer).isActive(), timeout=TIMEOUT)
    assert not readings
    view.show()
    assert readings == moments[-1:]
    assert shown_value(view) == 2


def test_the_same_moment_is_not_shown_twice(view, readings):
    moment, subject = whole(), SelectedNode(0)
    for _ in range(2):
        view.show_moment(moment, subject)
        view._throttle.do_now()
    assert len(readings) == 1


@pytest.mark.parametrize("symbol", ["m", "ŷ", "L"])
def test_nothing_moves_up_or_down_while_numbers_get_shorter(view, symbol):
    view.resize(210, 600)  # so narrow that long numbers need a line more
    subject = SelectedNode(place_of(whole(), symbol))
    places = []
    for at in [(-1.23456e-7, 123456.7), (1.0, 1.0), (0.7643405, 0.295), (2.0, -9.0)]:
        view.show_moment(whole(7, at=at), subject)
        view._throttle.do_now()
        QApplication.processEvents()
        page = view.findChild(QWidget, "inspector_page")
        parts = [each for each in page.findChildren(QWidget) if each.isVisible()]
        places.append({each.objectName(): each.y() for each in parts if each.objectName()})
    assert len(places[0]) > 6
    for each in places[1:]:
        assert each == places[0]


@pytest.mark.parametrize("scale", [1.0, 1.4])
@pytest.mark.parametrize("size", [(250, 650), (285, 300), (285, 650), (420, 650)])
def test_everything_fits_into_the_width(view, qapp, scale, size):
    font = QFont(qapp.font())
    font.setPointSizeF(font.pointSizeF() * scale)
    qapp.setFont(font)
    view.resize(*size)
    steps = Steps(Training(clip_by=ClipBy.NORM), at=(-1.23456e-7, 123456.7))
    for index in range(len(steps)):
        moment = steps.at(index, 7)
        explain(view, moment, subject_of(moment.entry))
        QApplication.processEvents()
        scroll = view.findChild(QScrollArea, "inspector_scroll")
        assert scroll.widget().width() <= scroll.viewport().width()
        for label in view.findChildren(QLabel):
            if label.isVisible() and not label.wordWrap():
                assert label.width() >= label.minimumSizeHint().width(), label.text()
            elif label.isVisible():
                assert width_of(label) <= label.width() + 1, label.text()


def width_of(label):
    """How much width the text of a label takes that breaks its lines where that is allowed."""
    document = QTextDocument(documentMargin=0)
    document.setDefaultFont(label.font())
    if label.textFormat() is Qt.TextFormat.PlainText:
        document.setPlainText(label.text())
    else:
        document.setHtml(label.text())
    document.setTextWidth(label.width())
    return document.size().width()


@pytest.mark.parametrize("width", [240, 255, 285, 500])
@pytest.mark.parametrize("symbol", ["m", "m · x", "residual"])
def test_the_gradient_is_seen_beside_its_caption_or_below_it(view, symbol, width):
    view.resize(width, 600)
    explain(view, whole(7), SelectedNode(place_of(whole(), symbol)))
    QApplication.processEvents()
    figure = view.findChild(QLabel, "inspected_gradient")
    row = figure.parentWidget()
    caption = next(each for each in row.findChildren(QLabel) if each is not figure)
    assert row.rect().contains(figure.geometry())
    assert row.rect().contains(caption.geometry())
    assert not figure.geometry().intersects(caption.geometry())
    assert figure.width() >= figure.sizeHint().width()
    assert width < 500 or figure.y() == 0
    assert (width, symbol) != (240, "residual") or figure.y() > 0


@pytest.mark.parametrize("width", [150, 285, 500])
def test_no_line_ends_within_the_name_of_a_gradient(view, width):
    view.resize(width, 900)
    steps = Steps()
    for index in range(len(steps)):
        moment = steps.at(index, 7)
        explain(view, moment, subject_of(moment.entry))
        QApplication.processEvents()
        for label in view.findChildren(QLabel):
            if label.isVisible():
                assert not any(line.endswith("/") for line in lines_of(label))


def lines_of(label):
    """The lines of a label's text, broken as they are."""
    document = QTextDocument(documentMargin=0)
    document.setDefaultFont(label.font())
    document.setHtml(label.text())
    document.setTextWidth(label.width())
    document.size()
    block, lines = document.begin(), []
    while block.isValid():
        layout = block.layout()
        for number in range(layout.lineCount()):
            line = layout.lineAt(number)
            lines.append(block.text()[line.textStart() :][: line.textLength()])
        block = block.next()
    return lines


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("clipping", [Clipping.VALUE, Clipping.NORM])
def test_clipping_is_drawn_as_two_arrows(view, theme, clipping):
    theme = load_theme(theme)
    view.set_theme(theme)
    by = ClipBy.VALUE if clipping is Clipping.VALUE else ClipBy.NORM
    steps = Steps(Training(clip_by=by))
    moment = steps.at(steps.first(Stage.UPDATE))
    view.show_moment(moment, subject_of(moment.entry))
    picture = view.findChild(QWidget, "clip_picture")
    assert picture.isVisible()
    QApplication.processEvents()
    image = picture.grab().toImage()
    legend = 4 * picture.fontMetrics().height()
    found = {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(legend + 4, image.height())
    }
    assert {theme.muted.name(), theme.accent.name()} <= found
    graph = Graph()
    assert f"∂L/∂m: {numbers_text(graph.m.grad)} → " in picture.accessibleDescription()


def numbers_text(number):
    return f"{number:.5g}".replace("-", "−")


def test_every_part_can_be_reached_and_has_a_name(view):
    moment = whole()
    view.show_moment(moment, SelectedNode(place_of(moment, "m")))
    names = set()
    for _ in range(12):
        widget = QApplication.focusWidget()
        if widget is not None:
            names.add(widget.objectName())
            assert widget.accessibleName() or isinstance(widget, QPushButton), widget
        QTest.keyClick(widget or view, Qt.Key.Key_Tab)
    expected = {"inspected_value_edit", "check_gradient", "gradient_origin", "contribution_bars"}
    assert expected <= names


def test_what_is_said_can_be_heard(view):
    moment = whole(7)
    view.show_moment(moment, SelectedNode(place_of(moment, "m")))
    heard = view.findChild(QLabel, "gradient_origin").accessibleDescription()
    assert heard.strip() == read(view, "gradient_origin")
    gradient = view.findChild(QLabel, "inspected_gradient")
    assert gradient.accessibleDescription() == read(view, "inspected_gradient")
    exact = repr(moment.gradient(place_of(moment, "m")))
    assert gradient.toolTip() == exact.replace("-", "−")


def test_the_value_is_dragged_by_its_caption(view, qtbot):
    owner = Owner(view, "m")
    caption = next(
        each for each in view.findChildren(QLabel) if each.isVisible() and each.text() == "value"
    )
    qtbot.mousePress(caption, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    qtbot.mouseMove(caption, QPoint(42, 2))
    qtbot.mouseRelease(caption, Qt.MouseButton.LeftButton, pos=QPoint(42, 2))
    assert owner.asked[-1].parameters[0] == pytest.approx(AT[0] + 0.4)


@pytest.mark.parametrize("gradient", [[-40.0], [3.0, -400.0, 1e-3], list(range(-5, 5))])
def test_of_one_or_many_parameters_the_largest_are_drawn_as_pairs_of_bars(qtbot, gradient):
    theme = load_theme("light")
    rule = UpdateRule(clipping=Clipping.VALUE, bound=1.0)
    count = len(gradient)
    state = State.start(np.zeros(count), rule.optimizer)
    change = rule.change(state, np.array(gradient, dtype=float), 0.1, np.ones(count))
    picture = ClipPicture()
    qtbot.addWidget(picture)
    picture.set_theme(theme)
    picture.show_clip(Clip.of(change), [f"∂L/∂p{index}" for index in range(count)])
    picture.resize(285, picture.sizeHint().height())
    picture.show()
    image = picture.grab().toImage()
    line = picture.fontMetrics().height()
    drawn = []
    for row in range(2 * min(count, 6)):
        y = 4 * line + row * (line + 2) + line // 2
        names = [image.pixelColor(x, y).name() for x in range(60, 190)]
        colour = (theme.accent if row % 2 else theme.muted).name()
        drawn.append(names.count(colour))
    largest = sorted(gradient, key=abs, reverse=True)[:6]
    for raw, before, after in zip(largest, drawn[::2], drawn[1::2], strict=True):
        assert (before > after) == (abs(raw) > 1)
