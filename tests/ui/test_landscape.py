"""The view of the loss landscape: what is drawn where, how it follows, what a click says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QPushButton, QWidget

from app.study.experiment import Data, Experiment
from app.study.hyperparameters import Training, UpdateRule
from app.theme import load_theme
from app.training.history import History
from app.training.landscape import steps_of
from app.training.moment import Moment
from app.training.snapshot import Probe
from app.training.trainer import Trainer
from app.views.landscape import losses as module
from app.views.landscape.arrow import times_as_long
from app.views.landscape.colours import Scale, picture
from app.views.landscape.contours import contours
from app.views.landscape.path import Path
from app.views.landscape.view import LandscapeView
from autograd import Logarithm, Scalar
from autograd.evaluation import Evaluation
from autograd.naming import Names
from autograd.tape import Tape
from tests.conftest import TIMEOUT
from tests.training.bench import choose_graph
from tests.ui.person import Person, number, plain

TRAINING = Training(learning_rate=1e-3, clipping=False, update_rule=UpdateRule.ONCE_PER_PARAMETER)


class Landscape(Person):
    """A person before a landscape alone, of a run that a test trains."""

    def __init__(self, view: LandscapeView, qtbot, training=TRAINING, **data) -> None:
        super().__init__(view, qtbot)
        self.view, self.plot = view, view.plot
        recipe = Data(**{"samples": 21, "noise": 2.0, **data})
        self.training = training
        self.trainer = Trainer(Experiment(recipe, training=training))
        self.trainer.start()
        self.history = self.trainer.history
        self.probe = Probe(recipe)
        self.calls = 0
        view.show_run(self.probe, self.engine)

    def engine(self) -> object:
        """Return the run's engine, and count how often it is asked for."""
        self.calls += 1
        return choose_graph(self.probe.recipe).engine

    def show(self, epochs: int = 0, at: int | None = None) -> Moment:
        """Train so many epochs more, and show the newest, or another."""
        if epochs:
            self.trainer.advance(epochs)
        newest = self.history.last_epoch
        epoch = newest if at is None else at
        parameters = self.history.parameters(epoch)
        moment = Moment(epoch, self.probe, self.probe.snapshot(epoch, parameters).evaluation)
        self.view.show_moment(moment, self.history, self.training, newest)
        return moment

    def refined(self) -> None:
        """Wait until nothing is left to be computed."""
        self.wait(lambda: not self.view.losses.busy)

    def at(self, place: np.ndarray) -> QPoint:
        """Return the pixel of a place."""
        scene = self.plot.getViewBox().mapViewToScene(QPointF(*map(float, place)))
        return self.plot.mapFromScene(scene)

    def click_at(self, place: np.ndarray) -> None:
        self.qtbot.mouseClick(self.plot.viewport(), Qt.MouseButton.LeftButton, pos=self.at(place))

    def double_click_at(self, place: np.ndarray) -> None:
        viewport, pos = self.plot.viewport(), self.at(place)
        self.qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=pos)
        self.qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=pos)
        self.qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=pos)

    @property
    def numbers(self) -> list[float]:
        """The parameters and the loss that are read out."""
        text = self.read("landscape_readout").removeprefix("here: ")
        return [number(each.split()[1]) for each in text.split(" · ")]

    @property
    def range(self) -> np.ndarray:
        return np.array(self.plot.getViewBox().viewRange())

    @property
    def marks(self) -> list[np.ndarray]:
        """The present place, the minimum, and the place that was clicked on."""
        items = (self.plot._present, self.plot._minimum, self.plot._asked)
        return [np.column_stack(item.getData()) for item in items]

    @property
    def legend(self) -> str:
        return plain(self.find("landscape_legend")).replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def view(qtbot) -> Iterator[LandscapeView]:
    view = LandscapeView()
    yield opened(view, qtbot)
    view.close()
    view.deleteLater()


def opened(view: LandscapeView, qtbot, size=(600, 450)) -> LandscapeView:
    view.resize(*size)
    view.set_theme(load_theme("light"))
    view.show()
    qtbot.waitExposed(view)
    return view


@pytest.fixture
def landscape(view, qtbot) -> Landscape:
    landscape = Landscape(view, qtbot)
    landscape.show(40)
    return landscape


def model(count: int, part=lambda residual: residual**2) -> SimpleNamespace:
    """Return a probe of a polynomial with so many parameters."""
    parameters = [Scalar(0.0, require_grad=True, name=name) for name in "abcd"[:count]]
    x, y, total = Scalar(0.0, name="x"), Scalar(0.0, name="y"), Scalar(0.0)
    prediction = sum((each * x**power for power, each in enumerate(parameters)), Scalar(0.0))
    data = np.linspace(-1.0, 2.0, 21)
    columns, sums = {x: data, y: 1.0 - 2.0 * data}, {total: part(y - prediction)}
    tape = Tape.record(total / 21, parameters, columns, sums)
    return SimpleNamespace(tape=tape, names=Names(tape), chosen=None)


def show_model(view: LandscapeView, probe: SimpleNamespace, rows: list[list[float]]) -> Moment:
    """Show a run of a model through some parameters."""
    history = History(len(rows[0]))
    for row in rows:
        loss, _ = probe.tape.evaluate(row)
        history.extend(np.array([row]), np.array([loss]))
    last = len(rows) - 1
    moment = Moment(last - 1, probe, Evaluation(probe.tape, rows[-2]))
    view.show_run(probe)
    view.show_moment(moment, history, TRAINING, last)
    return moment


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
    test_path_and_minimum_are_in_view(landscape)
    start, minimum = landscape.history.parameters(0), landscape.marks[1][0]
    gap = landscape.at(start) - landscape.at(minimum)
    assert gap.manhattanLength() > 50
    landscape.refined()
    shades = landscape.plot._picture.image[..., 0]
    assert len(np.unique(shades)) > 30


# -- asking ----------------------------------------------------------------------------------


def test_the_readout_says_the_present_parameters_and_their_loss(landscape):
    m, c = landscape.history.parameters(40)
    expected = [m, c, landscape.history.loss(40)]
    assert landscape.numbers == pytest.approx(expected, rel=1e-4)


def test_a_click_reads_out_the_loss_there(landscape):
    place = landscape.range.mean(axis=1)
    landscape.click_at(place)
    landscape.wait(lambda: landscape.read("landscape_readout").startswith("here: "))
    (asked,) = landscape.marks[2]
    assert (landscape.at(asked) - landscape.at(place)).manhattanLength() <= 2
    loss, _ = landscape.probe.tape.evaluate(asked)
    assert landscape.numbers == pytest.approx([*asked, loss], rel=1e-4)


def test_the_button_asks_to_start_from_the_place_clicked_on(landscape, qtbot):
    assert not landscape.find("start_here", QPushButton).isEnabled()
    landscape.click_at(landscape.range.mean(axis=1))
    landscape.wait(landscape.find("start_here", QPushButton).isEnabled)
    with qtbot.waitSignal(landscape.view.start_asked, timeout=TIMEOUT) as asked:
        landscape.click("start_here")
    assert np.array_equal(asked.args[0], landscape.marks[2][0])


def test_a_double_click_asks_to_start_there(landscape, qtbot):
    with qtbot.waitSignal(landscape.view.start_asked, timeout=TIMEOUT) as asked:
        landscape.double_click_at(landscape.range.mean(axis=1))
    assert np.array_equal(asked.args[0], landscape.marks[2][0])


# -- other numbers of parameters -------------------------------------------------------------


def test_with_two_parameters_there_is_nothing_to_choose(landscape):
    assert not landscape.sees("landscape_first")


def test_of_more_parameters_two_are_chosen_and_the_others_stay(view, qtbot):
    rows = [[3.0, 3.0, 3.0], [2.0, 1.0, 0.5], [1.5, 0.5, 0.2]]
    probe = model(3)
    show_model(view, probe, rows)
    person = Person(view, qtbot)
    assert [
        person.find(f"landscape_{name}", QComboBox).currentText() for name in ("first", "second")
    ] == ["a", "b"]
    person.choose("landscape_second", "c")
    assert view.plot.getAxis("left").labelText == "c"
    assert np.array_equal(np.column_stack(view.plot._path.getData()), np.array(rows)[:2, [0, 2]])
    survey = view.losses.shown
    a, c = survey.box.ticks(survey.resolution)
    expected, _ = probe.tape.evaluate([a[3], 1.0, c[5]])
    assert survey.losses[5, 3] == pytest.approx(expected)


def test_of_more_parameters_the_minimum_is_that_with_the_others_as_they_are(view, qtbot):
    probe = model(3)
    rows = [[3.0, 3.0, 3.0], [2.0, 1.0, 0.5], [1.5, 0.5, 0.2]]
    show_model(view, probe, rows)
    person = Person(view, qtbot)
    history = History(3)
    history.extend(np.array(rows), np.ones(3))
    view.show_moment(Moment(0, probe, Evaluation(probe.tape, rows[0])), history, TRAINING, 2)
    person.wait(lambda: not view.losses.busy)
    x, y = probe.tape.columns.values()
    expected = np.polyfit(x, y - 3.0 * x**2, 1)[::-1]
    assert np.column_stack(view.plot._minimum.getData())[0] == pytest.approx(expected)


def test_choosing_one_parameter_twice_exchanges_both(view, qtbot):
    show_model(view, model(3), [[3.0, 3.0, 3.0], [2.0, 1.0, 0.5], [1.5, 0.5, 0.2]])
    Person(view, qtbot).choose("landscape_first", "b")
    assert view.plot.getAxis("bottom").labelText == "b"
    assert view.plot.getAxis("left").labelText == "a"


@pytest.mark.parametrize("log", [True, False])
def test_over_one_parameter_the_loss_is_a_curve(view, qtbot, log):
    probe = model(1)
    person = Person(view, qtbot)
    view.show_run(probe)
    if not log:
        person.click("landscape_log")
    show_model(view, probe, [[3.0], [2.0], [1.0], [0.5]])
    person.wait(lambda: not view.losses.busy)
    x, heights = view.plot._curve.getData()
    losses = np.array([probe.tape.evaluate([each])[0] for each in x])
    expected = np.maximum(np.log10(losses), view._scale.low) if log else losses
    assert heights == pytest.approx(expected)
    assert not view.plot._picture.isVisible()
    assert view.plot.getAxis("left").labelText == "loss"
    (present,) = np.column_stack(view.plot._present.getData())
    assert present[0] == 1.0
    loss, _ = probe.tape.evaluate([1.0])
    assert present[1] == pytest.approx(np.log10(loss) if log else loss)


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
