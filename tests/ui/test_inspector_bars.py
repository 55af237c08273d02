"""Where the inspector leads: by its links, and by the bars of the samples' contributions."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea

from app.study.recipe import Data
from app.theme import load_theme
from app.training.selection import SelectedEdge, SelectedNode
from app.views.inspector.bars import ContributionBars
from app.views.inspector.view import InspectorView
from tests.conftest import TIMEOUT
from tests.ui.inspected import (
    explain,
    focused,
    place_of,
    read,
    whole,
)


@pytest.fixture
def view(qtbot) -> InspectorView:
    return focused(qtbot)


@pytest.fixture
def bars(view) -> ContributionBars:
    return view.findChild(ContributionBars)


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
