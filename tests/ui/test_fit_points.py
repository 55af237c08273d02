"""Points edited in the fit plot: added, moved, removed, and what happens to the view."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from app.keyboard import keys_of
from app.study.experiment import Problem
from app.study.points import Points
from app.study.recipe import Data, DataSource
from app.views.fit_view import FitView
from tests.ui.fits import FitPerson, opened

Key = Qt.Key
X, Y = np.array([3.0, -2.0, 0.0, 5.0, 1.0]), np.array([2.0, -3.0, 1.0, 4.0, -1.0])


class Editor(FitPerson):
    """A person who edits points of their own; what is asked for is done, as a window does."""

    def __init__(self, view: FitView, qtbot, points: Points, test_share: float = 0.0) -> None:
        self.points = points
        data = Data(source=DataSource.POINTS, points=points, test_share=test_share)
        super().__init__(view, qtbot, Problem(data), (0.5, 0.0))
        self.edits: list[tuple] = []
        view.point_added.connect(lambda *at: self._edit("added", *at))
        view.point_moved.connect(lambda *at: self._edit("moved", *at))
        view.point_removed.connect(lambda *at: self._edit("removed", *at))

    def _edit(self, what: str, *at) -> None:
        self.edits.append((what, *at))
        self.points = getattr(self.points, what)(*at)
        self.asked.clear()
        data = replace(self.probe.problem.data, points=self.points)
        self.show_problem(replace(self.probe.problem, data=data))

    def of(self, point: int) -> QPoint:
        """Return a point's pixel."""
        return self.at(self.points.x[point], self.points.y[point])

    def click_at(self, pixel: QPoint, button=Qt.MouseButton.LeftButton) -> None:
        self.qtbot.mouseClick(self.plot.viewport(), button, pos=pixel)

    @property
    def drawn(self) -> set[tuple[float, float]]:
        """Where points are drawn."""
        items = (self.plot._points, self.plot._tested)
        return {place for item in items for place in zip(*item.getData(), strict=True)}

    @property
    def ringed(self) -> tuple[float, float]:
        x, y = self.plot._selected.getData()
        return float(x[0]), float(y[0])


@pytest.fixture
def view(qtbot) -> Iterator[FitView]:
    view = FitView()
    yield opened(view, qtbot)
    view.close()
    view.deleteLater()


@pytest.fixture
def editor(view, qtbot) -> Editor:
    """A person who has pressed “Edit points”."""
    editor = Editor(view, qtbot, Points(X, Y))
    editor.click("edit_points")
    return editor


# -- the mode ----------------------------------------------------------------------------------


def test_without_editing_a_click_adds_nothing_and_a_drag_moves_no_point(view, qtbot):
    person = Editor(view, qtbot, Points(X, Y))
    person.click_at(person.at(2.0, -2.0))
    person.drag([person.of(3), person.of(3) + QPoint(-40, 40)])
    assert person.edits == person.asked == []


@pytest.mark.parametrize("how", ["button", "Escape", "shortcut"])
def test_editing_ends(editor, how):
    assert editor.plot.editing
    if how == "button":
        editor.click("edit_points")
    else:
        editor.press(Key.Key_Escape if how == "Escape" else Key.Key_E)
    assert not editor.plot.editing
    assert not editor.view.edit_action.isChecked()
    assert keys_of(editor.plot) == frozenset()


def test_while_editing_its_keys_are_the_plots(editor):
    assert editor.plot.hasFocus()
    assert {Key.Key_Delete, Key.Key_Escape} <= keys_of(editor.plot)


def test_there_are_no_handles_while_points_are_edited(editor):
    x, y = editor.plot.handles
    editor.drag([editor.at(x[0], y[0]), editor.at(x[0], y[0]) + QPoint(0, 30)])
    assert not editor.plot._handles.isVisible()
    assert editor.asked == []


def test_in_the_table_there_is_nothing_to_edit(editor):
    editor.choose_tab("fit_tabs", "Table")
    assert not editor.view.edit_action.isEnabled()
    editor.choose_tab("fit_tabs", "Plot")
    assert editor.view.edit_action.isEnabled()


# -- adding ------------------------------------------------------------------------------------


def test_a_click_on_an_empty_place_adds_a_point_there(editor):
    editor.click_at(editor.at(2.0, -2.0))
    ((what, x, y),) = editor.edits
    assert what == "added"
    assert (x, y) == pytest.approx((2.0, -2.0), abs=2 * max(editor.pixel))
    assert (x, y) in editor.drawn
    assert editor.ringed == (x, y)


def test_places_have_no_more_digits_than_a_pixel(editor):
    editor.click_at(editor.at(2.0, -2.0))
    assert all(len(f"{abs(value)!r}") <= 5 for value in editor.edits[0][1:])


def test_a_click_beside_the_axes_adds_nothing(editor):
    editor.click_at(QPoint(3, editor.plot.height() // 2))
    assert editor.edits == []


def test_a_double_click_adds_one_point(editor):
    viewport, pixel = editor.plot.viewport(), editor.at(2.0, -2.0)
    editor.click_at(pixel)
    editor.qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=pixel)
    editor.qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=pixel)
    assert len(editor.edits) == 1


def test_a_drag_over_an_empty_place_pans_and_adds_nothing(editor, monkeypatch):
    monkeypatch.setitem(pg.CONFIG_OPTIONS, "mouseRateLimit", -1)  # no movement is left out
    before, start = editor.range, editor.at(2.0, -2.0)
    editor.drag([start, start + QPoint(20, 0), start + QPoint(40, 0)])
    assert editor.edits == []
    assert (editor.range[0] < before[0]).all()


# -- moving ------------------------------------------------------------------------------------


def test_a_dragged_point_is_tried_out_on_the_way_and_moved_once_it_is_dropped(editor):
    start = editor.of(3)
    target = editor.at(2.0, -2.0)
    editor.drag([start, (start + target) / 2, target])
    ((what, point, x, y),) = editor.edits
    assert (what, point) == ("moved", 3)
    assert (x, y) == pytest.approx((2.0, -2.0), abs=2 * max(editor.pixel))
    assert editor.points.x[3] == x
    assert (x, y) in editor.drawn
    assert (X[3], Y[3]) not in editor.drawn


def test_on_the_way_quality_and_residuals_follow(editor, qtbot):
    before = editor.read("fit_quality")
    viewport, start = editor.plot.viewport(), editor.of(3)
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(viewport, start + QPoint(-60, 80))
    what_if = editor.asked[-1]
    x, y = (what_if.data[place, 3] for place in (editor.probe.x, editor.probe.y))
    assert (x, y) in editor.drawn
    assert editor.ringed == (x, y)
    assert editor.read("fit_quality") != before
    ends_x, ends_y = editor.plot._residuals.getData()
    assert (ends_x[6], ends_y[6]) == (x, y)
    assert ends_y[7] == pytest.approx(0.5 * x)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=start + QPoint(-60, 80))


def test_the_view_stays_while_a_point_is_dragged_and_after(editor):
    before = editor.range
    start = editor.of(3)
    editor.drag([start, start + QPoint(-90, 90)])
    assert np.array_equal(editor.range, before)
    editor.drag([editor.of(3), QPoint(editor.plot.width() + 40, -30)])
    assert np.array_equal(editor.range, before)
    assert len(editor.edits) == 2


def test_a_point_dragged_out_of_the_view_stays_at_its_edge(editor):
    editor.drag([editor.of(3), QPoint(editor.plot.width() + 40, -30)])
    _, _, x, y = editor.edits[0]
    assert (x, y) == pytest.approx(tuple(editor.range[:, 1]), abs=2 * max(editor.pixel))


def test_a_press_without_a_move_selects_the_sample(editor):
    editor.click_at(editor.of(3) + QPoint(4, 4))
    assert editor.edits == []
    assert editor.sample == 3
    assert editor.ringed == (X[3], Y[3])


def test_the_hand_shows_which_points_can_be_grabbed(editor):
    viewport = editor.plot.viewport()
    for pixel, cursor in (
        (editor.at(2.0, -2.0), Qt.CursorShape.CrossCursor),
        (editor.of(3), Qt.CursorShape.OpenHandCursor),
    ):
        editor.qtbot.mouseMove(viewport, pixel)
        editor.wait(lambda cursor=cursor: viewport.cursor().shape() is cursor)


# -- removing ----------------------------------------------------------------------------------


def test_a_right_click_removes_a_point(editor):
    editor.click_at(editor.of(1), Qt.MouseButton.RightButton)
    assert editor.edits == [("removed", 1)]
    assert (X[1], Y[1]) not in editor.drawn


def test_a_right_click_on_an_empty_place_removes_nothing(editor):
    editor.click_at(editor.at(2.0, -2.0), Qt.MouseButton.RightButton)
    assert editor.edits == []


@pytest.mark.parametrize("key", [Key.Key_Delete, Key.Key_Backspace])
def test_a_key_removes_the_point_with_the_ring(editor, key):
    editor.click_at(editor.of(2))
    editor.press(key)
    assert editor.edits == [("removed", 2)]


def test_the_point_added_last_can_be_removed_at_once(editor):
    editor.click_at(editor.at(2.0, -2.0))
    editor.press(Key.Key_Delete)
    assert editor.edits[-1] == ("removed", 5)


# -- test data, and very many -----------------------------------------------------------------


@pytest.fixture
def tester(view, qtbot) -> Editor:
    """A person who edits points, some of which are kept for testing."""
    tester = Editor(view, qtbot, Points(X, Y), test_share=0.4)
    tester.click("edit_points")
    return tester


def test_points_have_their_numbers_within_all_data(tester):
    for point in range(5):
        tester.edits.clear()
        tester.drag([tester.of(point), tester.of(point) + QPoint(9, 9)])
        assert tester.edits[0][:2] == ("moved", point)


def test_a_point_that_is_only_tested_moves_without_changing_the_loss(tester):
    tested = tester.view._data.split.tested
    for point in range(5):
        tester.drag([tester.of(point), tester.of(point) + QPoint(9, 9)])
        sample = int(np.count_nonzero(~tested[:point]))
        selected = [] if tested[point] else [sample]
        assert [tester.sample] * (not tested[point]) == selected


def test_the_ring_is_around_a_test_point_that_was_pressed(tester):
    point = int(np.flatnonzero(tester.view._data.split.tested)[0])
    tester.click_at(tester.of(point))
    assert tester.ringed == (X[point], Y[point])
    tester.press(Key.Key_Delete)
    assert tester.edits == [("removed", point)]


def test_of_very_many_points_only_those_that_are_drawn_can_be_moved(view, qtbot):
    x = np.linspace(0.0, 1.0, 9000)
    person = Editor(view, qtbot, Points(x, np.zeros_like(x)))
    person.click("edit_points")
    person.drag([person.of(4501), person.of(4501) + QPoint(0, 30)])
    assert person.edits[0][1] % 3 == 0
    assert abs(person.points.x[person.edits[0][1]] - x[4501]) < 12 * person.pixel[0]


def test_data_of_another_place_come_into_view(editor):
    data = replace(editor.probe.problem.data, points=Points(X + 100.0, Y))
    editor.show_problem(replace(editor.probe.problem, data=data))
    QApplication.processEvents()
    assert editor.range[0, 0] > 50
