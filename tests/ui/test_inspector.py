"""The inspector as a panel: what it costs while training runs, and how it fits and keeps still."""

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFont, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QWidget

import app.views.inspector.view as inspector
from app.study.hyperparameters import ClipBy, Training
from app.theme import load_theme
from app.training.moment import Moment
from app.training.selection import SelectedNode, subject_of
from app.views.inspector.clip_picture import ClipPicture
from app.views.inspector.clipping import Clip
from app.views.inspector.reading import Reading
from app.views.inspector.view import InspectorView
from autograd.optimizers import Clipping, State, UpdateRule
from autograd.trace import Stage
from tests.conftest import TIMEOUT
from tests.ui.inspected import (
    Graph,
    Steps,
    explain,
    focused,
    place_of,
    read,
    shown_value,
    whole,
)


@pytest.fixture
def view(qtbot) -> InspectorView:
    return focused(qtbot)


# -- what it costs ---------------------------------------------------------------------------


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


# -- that it fits, and keeps still -----------------------------------------------------------


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


# -- how it is seen, reached and heard -------------------------------------------------------


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
