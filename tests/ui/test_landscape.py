"""The view of the loss landscape: what is drawn where, when, and how it follows."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QCheckBox, QWidget

from app.study.hyperparameters import Training, UpdateRule
from app.theme import load_theme
from app.training.history import History
from app.training.landscape import steps_of
from app.views.landscape import losses as module
from app.views.landscape.arrow import times_as_long
from app.views.landscape.colours import Scale, picture
from app.views.landscape.contours import contours
from app.views.landscape.path import Path
from app.views.landscape.view import LandscapeView
from autograd import Logarithm
from tests.ui.landscapes import TRAINING, Landscape, model, opened, show_model
from tests.ui.person import plain


@pytest.fixture
def view(qtbot) -> Iterator[LandscapeView]:
    view = LandscapeView()
    yield opened(view, qtbot)
    view.close()
    view.deleteLater()


@pytest.fixture
def landscape(view, qtbot) -> Landscape:
    landscape = Landscape(view, qtbot)
    landscape.show(40)
    return landscape


# -- what is drawn ---------------------------------------------------------------------------


def test_the_path_is_that_of_the_history(landscape):
    x, y = landscape.plot._path.getData()
    expected = np.array([landscape.history.parameters(epoch) for epoch in range(41)])
    assert np.array_equal(np.column_stack([x, y]), expected)


def test_of_an_earlier_epoch_what_came_later_is_the_fainter_part(landscape):
    landscape.show(at=10)
    assert len(landscape.plot._path.getData()[0]) == 11
    later = np.column_stack(landscape.plot._later.getData())
    assert np.array_equal(later[0], landscape.history.parameters(10))
    assert np.array_equal(later[-1], landscape.history.parameters(40))


def test_present_point_and_minimum_are_marked(landscape):
    landscape.refined()
    present, minimum, asked = landscape.marks
    samples = landscape.probe.samples
    assert np.array_equal(present, [landscape.history.parameters(40)])
    assert minimum[0] == pytest.approx(np.polyfit(samples.x, samples.y, 1), rel=1e-6)
    assert len(asked) == 0


def test_the_losses_in_view_are_those_of_the_define_by_run_engine(landscape):
    landscape.refined()
    survey = landscape.view.losses.shown
    assert np.allclose((survey.box.low, survey.box.high), landscape.range.T)
    m, c = survey.box.ticks(survey.resolution)
    oracle = landscape.engine()
    for row, column in np.random.default_rng(0).integers(0, survey.resolution, (8, 2)):
        loss, _ = oracle.evaluate(np.array([m[column], c[row]]))
        assert survey.losses[row, column] == pytest.approx(loss, rel=1e-10)


def test_the_picture_is_the_right_way_up(landscape):
    landscape.refined()
    image, rect = landscape.plot._picture.image, landscape.plot._picture.boundingRect()
    rows, columns = image.shape[:2]
    assert (rect.width(), rect.height()) == (columns, rows)
    brightness = image[..., :3].astype(float).sum(axis=2)
    (place,) = landscape.marks[1]
    (left, right), (bottom, top) = landscape.range
    column = int((place[0] - left) / (right - left) * columns)
    row = int((place[1] - bottom) / (top - bottom) * rows)
    assert brightness[row, column] == brightness.min()
    assert brightness[0, 0] > brightness.min() < brightness[-1, -1]
    mapped = landscape.plot._picture.mapRectToParent(rect)
    assert (mapped.left(), mapped.top()) == pytest.approx((left, bottom))
    assert (mapped.right(), mapped.bottom()) == pytest.approx((right, top))


def test_the_contour_lines_have_the_losses_of_their_levels(landscape):
    landscape.refined()
    x, y = landscape.plot._contours.getData()
    levels = landscape.view._scale.levels()
    assert len(x) > 100
    for index in np.random.default_rng(0).integers(0, len(x), 8):
        loss, _ = landscape.probe.tape.evaluate([x[index], y[index]])
        assert np.abs(np.log10(loss) - levels).min() < 0.02


def test_the_arrows_are_the_steps_a_number_of_times_as_long(landscape):
    moment = landscape.show(at=3)
    steps = steps_of(moment, landscape.history, TRAINING)
    found = re.search(r"steps drawn ([\d,]+) × as long", landscape.legend)
    times = int(found[1].replace(",", "")) if found else 1
    raw, taken = landscape.plot._raw, landscape.plot._taken
    assert raw.shown
    assert taken.shown
    assert raw.start == pytest.approx(steps.before)
    assert raw.end == pytest.approx(steps.before + times * steps.raw)
    assert taken.end == pytest.approx(steps.before + times * steps.taken)


def test_a_clipped_step_is_shorter_than_the_raw_one(view, qtbot):
    landscape = Landscape(view, qtbot, Training(learning_rate=0.01), samples=1, x_from=20.0)
    landscape.show(1, at=0)
    raw, taken = (each.end - each.start for each in (landscape.plot._raw, landscape.plot._taken))
    assert np.hypot(*taken) < np.hypot(*raw)


@pytest.mark.parametrize(
    ("raw", "taken", "times"),
    [
        (0.2, 0.15, 1),
        (0.01, 0.02, 10),
        (3.0, 0.01, 20),
        (0.02, np.nan, 10),
        (0.0, 0.0, 1),
        (1e-9, 1e-9, None),
        (3.0, 1e-9, 1),
    ],
)
def test_steps_are_drawn_so_many_times_as_long_that_they_are_seen(raw, taken, times):
    assert times_as_long(raw, taken) == times


@pytest.mark.parametrize("name", ["path", "raw step", "step taken", "minimum"])
def test_the_legend_names_what_is_drawn(landscape, name):
    assert name in landscape.legend


def test_the_axes_are_named_after_the_parameters(landscape):
    assert landscape.plot.getAxis("bottom").labelText == "m"
    assert landscape.plot.getAxis("left").labelText == "c"


def test_colours_stand_for_losses_or_their_logarithms(landscape):
    landscape.refined()
    assert landscape.view._scale.log
    assert "logarithmic" in landscape.find("loss_colours").toolTip()
    before = landscape.plot._picture.image.copy()
    landscape.click("landscape_log")
    losses = landscape.view.losses.shown.losses
    assert landscape.view._scale == Scale(False, losses.min(), losses.max())
    assert "linear" in landscape.find("loss_colours").toolTip()
    assert not np.array_equal(before, landscape.plot._picture.image)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_losses_that_are_not_finite_have_a_flat_colour_of_their_own(theme):
    losses = np.array([[1.0, np.nan], [np.inf, 100.0]])
    scale = Scale.of(losses, log=True)
    colours = picture(losses, scale, load_theme(theme))
    expected = load_theme(theme).non_finite.getRgb()
    assert tuple(colours[0, 1]) == tuple(colours[1, 0]) == expected
    assert tuple(colours[0, 0]) != expected != tuple(colours[1, 1])


def test_the_legend_says_so_when_losses_are_not_finite(view):
    show_model(view, model(2, Logarithm), [[0.1, 0.1], [0.2, 0.2]])
    assert "not finite" in plain(view.findChild(QWidget, "landscape_legend")).replace("\xa0", " ")


@pytest.mark.parametrize("losses", [[-1.0, -2.0], [0.0, 0.0], [np.nan, np.inf], [3.0, 3.0]])
def test_any_losses_have_a_scale(losses):
    scale = Scale.of(np.array(losses), log=True)
    assert scale.low < scale.high
    assert np.isfinite(scale.levels()).all()


def test_contour_lines_go_round_a_hill_and_leave_out_what_is_not_finite():
    x = np.linspace(-2.0, 2.0, 81)
    heights = -(x[None, :] ** 2 + x[:, None] ** 2)
    heights[:, x > 1.5] = np.nan
    found = np.hypot(*contours(heights, x, x, np.array([-1.0])))
    assert found == pytest.approx(1.0, abs=2e-3)
    assert len(found) % 2 == 0
    assert len(contours(np.full((4, 4), np.nan), x[:4], x[:4], np.array([0.0]))[0]) == 0


# -- when it is drawn ------------------------------------------------------------------------


def test_nothing_is_drawn_or_computed_while_it_is_hidden(view, qtbot):
    landscape = Landscape(view, qtbot)
    view.hide()
    landscape.show(10)
    assert landscape.calls == 0
    assert landscape.plot._path.getData()[0] is None or len(landscape.plot._path.getData()[0]) == 0
    view.show()
    assert len(landscape.plot._path.getData()[0]) == 11


def test_a_view_that_is_hidden_stops_computing_and_goes_on_later(view, qtbot, monkeypatch):
    monkeypatch.setattr(module, "FINE", 10 * module.COARSE)  # too fine to be had at once
    landscape = Landscape(view, qtbot)
    landscape.show(5)
    assert view.losses.busy
    view.hide()
    assert not view.losses.busy
    view.show()
    landscape.wait(lambda: view.losses.shown.resolution == module.FINE)
    landscape.wait(lambda: not view.losses.busy)


def test_a_grid_is_refined_after_a_pause(view, qtbot, monkeypatch):
    monkeypatch.setattr(module, "FINE", 10 * module.COARSE)  # too fine to be had at once
    landscape = Landscape(view, qtbot)
    landscape.show(5)
    assert view.losses.shown.resolution == module.COARSE
    landscape.wait(lambda: view.losses.shown.resolution == module.FINE)


def test_what_takes_long_is_computed_bit_by_bit_between_events(view, qtbot, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 1e-9)
    monkeypatch.setattr(module, "BIT", 1e-3)
    landscape = Landscape(view, qtbot, samples=2000)
    landscape.show(2)
    assert view.losses.shown is None  # the call has come back before the losses were there
    landscape.wait(
        lambda: view.losses.shown is not None and view.losses.shown.resolution == module.FINE
    )
    assert len(landscape.marks[1]) == 1


def test_the_same_range_is_computed_once(landscape):
    landscape.refined()
    shown = landscape.view.losses.shown
    landscape.show(at=20)
    assert landscape.view.losses.shown is shown
    assert not landscape.view.losses.busy


def test_another_run_begins_with_an_empty_landscape(landscape):
    landscape.view.show_run(landscape.probe, landscape.engine)
    assert landscape.marks[0].size == landscape.marks[1].size == 0
    assert landscape.read("landscape_readout") == "loss –"
    assert landscape.view.losses.shown is None


def test_a_run_that_diverges_is_drawn_as_far_as_numbers_go(view, qtbot):
    training = Training(learning_rate=0.1, clipping=False, update_rule=UpdateRule.ONCE_PER_USE)
    landscape = Landscape(view, qtbot, training)
    landscape.show(1000)
    assert not np.isfinite(landscape.history.losses[-1])
    landscape.refined()
    assert np.isfinite(landscape.range).all()
    assert not landscape.plot.grab().isNull()


# -- following -------------------------------------------------------------------------------


def test_path_and_minimum_are_in_view(landscape):
    low, high = landscape.range.T
    points = np.vstack([np.column_stack(landscape.plot._path.getData()), *landscape.marks])
    assert ((low < points) & (points < high)).all()


def test_the_range_rarely_changes(landscape):
    before = landscape.range
    landscape.show(5)
    assert np.array_equal(landscape.range, before)


def test_the_wheel_zooms_and_ends_following(landscape):
    before = landscape.range
    landscape.wheel(landscape.plot.viewport(), QPointF(landscape.at(landscape.marks[0][0])), 5)
    assert (np.ptp(landscape.range, axis=1) < np.ptp(before, axis=1)).all()
    assert not landscape.find("landscape_follow", QCheckBox).isChecked()
    zoomed = landscape.range
    landscape.show(20)
    assert np.array_equal(landscape.range, zoomed)
    landscape.refined()
    assert np.allclose(
        (landscape.view.losses.shown.box.low, landscape.view.losses.shown.box.high), zoomed.T
    )


def test_follow_brings_path_and_minimum_back(landscape):
    landscape.wheel(landscape.plot.viewport(), QPointF(landscape.at(landscape.marks[0][0])), 30)
    landscape.click("landscape_follow")
    test_path_and_minimum_are_in_view(landscape)


def test_an_ill_conditioned_line_shows_start_and_minimum_apart(view, qtbot):
    landscape = Landscape(view, qtbot, Training(), x_from=1000.0, x_to=1040.0)
    landscape.show(100)
    landscape.refined()
    test_path_and_minimum_are_in_view(landscape)
    start, minimum = landscape.history.parameters(0), landscape.marks[1][0]
    gap = landscape.at(start) - landscape.at(minimum)
    assert gap.manhattanLength() > 50
    shades = landscape.plot._picture.image[..., 0]
    assert len(np.unique(shades)) > 30


# -- looks -----------------------------------------------------------------------------------


def test_everything_has_a_name_for_those_who_cannot_see_it(landscape):
    names = (
        "landscape_plot",
        "landscape_readout",
        "landscape_legend",
        "loss_colours",
        "landscape_first",
        "landscape_second",
    )
    assert all(landscape.find(name).accessibleName() for name in names)


@pytest.mark.parametrize("size", [(290, 250), (600, 450)])
def test_it_is_drawn_in_both_themes(view, qtbot, size):
    view.resize(*size)
    landscape = Landscape(view, qtbot)
    landscape.show(20)
    landscape.refined()
    pictures = []
    for theme in ("light", "dark"):
        view.set_theme(load_theme(theme))
        pictures.append(view.grab().toImage())
    assert pictures[0] != pictures[1]
    assert landscape.plot.getViewBox().height() > 90


def test_the_bar_of_colours_gives_way_to_the_plot(landscape):
    assert landscape.sees("loss_colours")
    landscape.view.resize(290, 150)
    assert not landscape.sees("loss_colours")
    landscape.view.resize(290, 250)
    assert landscape.sees("loss_colours")


# -- the path of a long run ------------------------------------------------------------------


def test_of_epochs_that_are_not_kept_only_those_looked_at_are_in_the_path():
    history = History(1, kept=16 * 50)
    history.extend(np.arange(100.0)[:, None], np.zeros(100))
    path = Path()
    for epoch in (60, 99, 70):
        epochs, rows = path.points(history, 99, epoch, np.array([float(epoch)]))
    assert epochs.tolist() == [*range(50), 60, 70, 99]
    assert rows[:, 0].tolist() == epochs.tolist()


def test_a_very_long_path_stays_short():
    history = History(1, kept=16 * 50)
    history.extend(np.arange(5000.0)[:, None], np.zeros(5000))
    path = Path()
    for epoch in range(100, 5000):
        epochs, _ = path.points(history, epoch, epoch, np.array([float(epoch)]))
    assert len(epochs) <= 460
    assert epochs[-1] == 4999
