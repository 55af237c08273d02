"""The timeline: epochs and pixels, choosing an epoch, events, ranges, playing the history."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QElapsedTimer, QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import (
    QAccessible,
    QFont,
    QHelpEvent,
    QImage,
    QRegion,
    QTextDocumentFragment,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolButton, QToolTip, QVBoxLayout, QWidget

from app.controls.timeline import SPEEDS, Timeline
from app.controls.timeline_scale import EpochScale
from app.controls.timeline_strip import TimelineStrip
from app.keyboard import keys_of
from app.theme import THEME_NAMES, load_theme
from app.training.events import Event, Kind
from tests.conftest import TIMEOUT

Key = Qt.Key
LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
LONGEST = 10_000_000
EVENTS = [
    Event(250, "learning rate 0.001 → 0.01", Kind.SETTINGS),
    Event(700, "optimizer gradient descent → Adam", Kind.SETTINGS),
    Event(900, "“Run 2” branches off", Kind.BRANCH),
    Event(1200, "the loss became infinite", Kind.NON_FINITE),
]

Timelines = Callable[..., Timeline]


class Looking:
    """Stands in for the window: looks at each epoch that is asked for, and remembers them."""

    def __init__(self, timeline: Timeline, newest: int, epochs: int) -> None:
        self.timeline, self.newest, self.epochs = timeline, newest, epochs
        self.asked: list[int] = []
        timeline.epoch_asked.connect(self.look)

    def look(self, epoch: int) -> None:
        self.asked.append(epoch)
        self.show(epoch)

    def show(self, epoch: int) -> None:
        self.timeline.show_history(self.newest, self.epochs, epoch)


@pytest.fixture
def make_timeline(qtbot) -> Timelines:
    """A function that shows a timeline below a field, in an active window."""

    def make(
        newest: int = 1200,
        epochs: int = 2000,
        looked_at: int | None = None,
        width: int = 1000,
        theme: str = "light",
        text: float = 1.0,
    ) -> Timeline:
        window = QWidget()
        qtbot.addWidget(window)
        font = QFont(window.font())
        font.setPointSizeF(font.pointSizeF() * text)
        window.setFont(font)
        layout = QVBoxLayout(window)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(QLineEdit())
        timeline = Timeline()
        timeline.set_theme(load_theme(theme))
        layout.addWidget(timeline)
        window.resize(width, 100)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=TIMEOUT)
        timeline.looking = Looking(timeline, newest, epochs)
        timeline.looking.show(newest if looked_at is None else looked_at)
        timeline.window_of_test = window
        return timeline

    return make


@pytest.fixture
def timeline(make_timeline) -> Timeline:
    """A timeline of 2,000 epochs of which 1,200 are trained; the newest is looked at."""
    return make_timeline()


def asked(timeline: Timeline) -> list[int]:
    """Return the epochs asked for so far, once the turn of the event loop is over."""
    QApplication.processEvents()
    return timeline.looking.asked


def at(strip: EpochScale, epoch: int) -> QPoint:
    """Return where an epoch is on the track."""
    return QPoint(round(strip.x_of(epoch)), 6)


def drag(
    strip: EpochScale, *points: QPoint, modifier: Qt.KeyboardModifier = NONE, turns: bool = True
) -> None:
    """Drag from the first of the points over the others; with turns of the event loop between."""
    QTest.mousePress(strip, LEFT, modifier, points[0])
    for point in points[1:]:
        if turns:
            QApplication.processEvents()
        QTest.mouseMove(strip, point)
    QTest.mouseRelease(strip, LEFT, modifier, points[-1])


def told() -> str:
    """Return the text of the tool tip."""
    return QTextDocumentFragment.fromHtml(QToolTip.text()).toPlainText()


# -- epochs and pixels -----------------------------------------------------------------------


@given(
    last=st.integers(1, LONGEST),
    share=st.floats(0, 1),
    width=st.sampled_from([300, 700, 1920]),
)
@pytest.mark.usefixtures("qapp")
def test_epochs_and_pixels_are_each_others_inverse(last, share, width):
    scale = EpochScale()
    scale.resize(width, 34)
    scale.show_history(last, last, 0)
    epoch = round(share * last)
    assert scale.epoch_at(scale.x_of(epoch)) == epoch
    x = scale.x_of(0) + share * (scale.x_of(last) - scale.x_of(0))
    one = scale.x_of(1) - scale.x_of(0)
    assert abs(scale.x_of(scale.epoch_at(x)) - x) <= one / 2 + 1e-6
    assert 0 <= scale.x_of(0) < scale.x_of(last) <= width
    scale.deleteLater()


def test_what_is_beyond_the_ends_of_the_scale_is_its_end(timeline):
    strip = timeline.strip
    assert (strip.epoch_at(-50), strip.epoch_at(strip.width() + 50)) == (0, 2000)


@pytest.mark.parametrize(("newest", "epochs"), [(1200, 2000), (3000, 2000), (5, 1), (0, LONGEST)])
def test_the_scale_goes_to_the_chosen_number_of_epochs_or_to_the_newest(
    make_timeline, newest, epochs
):
    strip = make_timeline(newest, epochs).strip
    assert strip.epoch_at(strip.width()) == max(newest, epochs)


def numbers(strip: EpochScale) -> list[int]:
    return [int(text.replace(",", "")) for _, text, _ in strip._labels]


@pytest.mark.parametrize("text", [1.0, 1.4])
@pytest.mark.parametrize("width", [500, 700, 1920])
@pytest.mark.parametrize("epochs", [1, 7, 50, 1234, 2000, 99_999, LONGEST])
def test_the_numbers_along_the_scale_are_round_and_stand_apart(make_timeline, epochs, width, text):
    strip = make_timeline(0, epochs, width=width, text=text).strip
    steps = {b - a for a, b in pairwise(numbers(strip))}
    assert len(steps) <= 1
    assert all(str(step).rstrip("0") in ("1", "2", "5") for step in steps)
    boxes = [box for box, _, _ in strip._labels]
    assert all(a.right() + 3 < b.left() for a, b in pairwise(boxes))
    assert all(box.left() >= 0 and box.right() <= strip.width() for box in boxes)
    assert 2 <= len(boxes) <= 60


# -- choosing an epoch -----------------------------------------------------------------------


def test_a_click_asks_for_the_epoch_that_is_there(timeline):
    QTest.mouseClick(timeline.strip, LEFT, NONE, at(timeline.strip, 400))
    (epoch,) = asked(timeline)
    assert abs(epoch - 400) <= 2


def test_a_click_beyond_what_is_trained_asks_for_the_newest(make_timeline):
    timeline = make_timeline(looked_at=3)
    QTest.mouseClick(timeline.strip, LEFT, NONE, at(timeline.strip, 1900))
    assert asked(timeline) == [1200]


def test_the_epoch_looked_at_is_not_asked_for_again(timeline):
    for _ in range(2):
        QTest.mouseClick(timeline.strip, LEFT, NONE, at(timeline.strip, 400))
        QApplication.processEvents()
    assert len(asked(timeline)) == 1


def test_dragging_asks_for_the_epochs_that_the_mouse_comes_to(timeline):
    strip = timeline.strip
    places = [at(strip, epoch) for epoch in (100, 500, 300)]
    drag(strip, *places)
    assert asked(timeline) == [strip.epoch_at(place.x()) for place in places]


def test_in_a_turn_of_the_event_loop_only_the_newest_epoch_is_asked_for(timeline):
    strip = timeline.strip
    places = [at(strip, epoch) for epoch in range(100, 1000, 20)]
    drag(strip, *places, turns=False)
    assert timeline.looking.asked == []
    assert strip.value() == strip.epoch_at(places[-1].x())
    assert asked(timeline) == [strip.value()]


def test_what_is_shown_meanwhile_does_not_take_the_cursor_back(timeline):
    strip = timeline.strip
    QTest.mousePress(strip, LEFT, NONE, at(strip, 400))
    wanted = strip.value()
    timeline.show_history(1200, 2000, 1200)
    assert strip.value() == wanted
    assert asked(timeline) == [wanted]
    QTest.mouseRelease(strip, LEFT, NONE, at(strip, 400))


def test_the_handle_is_taken_without_a_jump(make_timeline):
    timeline = make_timeline(looked_at=600)
    strip = timeline.strip
    number = strip._box(600, 10)
    start = QPoint(number.right() - 2, number.center().y())
    drag(strip, start, start)
    assert asked(timeline) == []
    drag(strip, start, start + QPoint(100, 0))
    moved = strip.x_of(asked(timeline)[-1]) - strip.x_of(600)
    assert moved == pytest.approx(100, abs=1)


def test_other_buttons_and_the_wheel_choose_nothing(timeline):
    QTest.mouseClick(timeline.strip, Qt.MouseButton.RightButton, NONE, at(timeline.strip, 400))
    QTest.wheelEvent(timeline.window_of_test.windowHandle(), QPointF(500, 60), QPoint(0, 120))
    assert asked(timeline) == []


@pytest.mark.parametrize(
    ("key", "epoch"),
    [
        (Key.Key_Left, 599),
        (Key.Key_Down, 599),
        (Key.Key_Right, 601),
        (Key.Key_Up, 601),
        (Key.Key_PageUp, 480),
        (Key.Key_PageDown, 720),
        (Key.Key_Home, 0),
        (Key.Key_End, 1200),
    ],
)
def test_keys_choose_an_epoch(make_timeline, key, epoch):
    timeline = make_timeline(looked_at=600)
    timeline.strip.setFocus()
    QTest.keyClick(timeline.strip, key)
    assert asked(timeline) == [epoch]
    assert key in keys_of(timeline.strip)


@pytest.mark.parametrize(
    ("looked_at", "keys"),
    [
        (0, (Key.Key_Left, Key.Key_PageUp, Key.Key_Home)),
        (1200, (Key.Key_Right, Key.Key_PageDown, Key.Key_End)),
    ],
)
def test_keys_stop_at_the_ends(make_timeline, looked_at, keys):
    timeline = make_timeline(looked_at=looked_at)
    for key in keys:
        QTest.keyClick(timeline.strip, key)
    assert asked(timeline) == []


def test_keys_pressed_in_one_turn_add_up(make_timeline):
    timeline = make_timeline(looked_at=600)
    for _ in range(5):
        QTest.keyClick(timeline.strip, Key.Key_Right)
    assert asked(timeline) == [605]


def test_keys_held_with_others_are_left_to_the_window(make_timeline):
    timeline = make_timeline(looked_at=600)
    QTest.keyClick(timeline.strip, Key.Key_Left, SHIFT)
    assert asked(timeline) == []


def test_before_the_first_epoch_there_is_nothing_to_ask_for(make_timeline):
    timeline = make_timeline(-1, 2000, -1)
    QTest.mouseClick(timeline.strip, LEFT, NONE, at(timeline.strip, 400))
    for key in (Key.Key_Right, Key.Key_End, Key.Key_Home):
        QTest.keyClick(timeline.strip, key)
    timeline.play()
    assert asked(timeline) == []
    assert not timeline.playing
    assert not timeline.play_action.isEnabled()


def test_another_run_forgets_what_was_to_be_asked_for_and_the_range(timeline):
    timeline.strip.mark((100, 900))
    QTest.mouseClick(timeline.strip, LEFT, NONE, at(timeline.strip, 400))
    timeline.show_history(-1, 2000, -1)
    assert asked(timeline) == []
    assert timeline.strip.marked is None


def test_ten_million_epochs_are_reached_one_by_one(make_timeline):
    timeline = make_timeline(LONGEST, LONGEST, width=700)
    QTest.mouseClick(timeline.strip, LEFT, NONE, at(timeline.strip, 6_543_210))
    (epoch,) = asked(timeline)
    assert abs(epoch - 6_543_210) < LONGEST / 400
    for key in (Key.Key_Left, Key.Key_PageDown, Key.Key_End, Key.Key_Left, Key.Key_Home):
        QTest.keyClick(timeline.strip, key)
        QApplication.processEvents()
    expected = [epoch, epoch - 1, epoch - 1 + LONGEST // 10, LONGEST, LONGEST - 1, 0]
    assert asked(timeline) == expected


# -- following the training ------------------------------------------------------------------


class Painted(EpochScale):
    """Remembers what was painted."""

    def __init__(self) -> None:
        super().__init__()
        self.regions: list[QRegion] = []

    def paintEvent(self, event) -> None:
        self.regions.append(QRegion(event.region()))
        super().paintEvent(event)


@pytest.fixture
def painted(qtbot) -> Painted:
    """A scale at epoch 1,000 of 2,000, all of which has been painted."""
    scale = Painted()
    qtbot.addWidget(scale)
    scale.set_theme(load_theme("light"))
    scale.resize(1000, 34)
    scale.show_history(1000, 2000, 1000)
    scale.show()
    qtbot.waitUntil(lambda: bool(scale.regions), timeout=TIMEOUT)
    QApplication.processEvents()
    scale.regions.clear()
    return scale


@pytest.mark.parametrize("looked_at", [1003, 300])
def test_only_what_changed_is_painted(painted, looked_at):
    painted.show_history(1003, 2000, looked_at)
    QApplication.processEvents()
    area = sum(each.width() * each.height() for region in painted.regions for each in region)
    assert 0 < area < 0.25 * painted.width() * painted.height()


def test_what_is_the_same_is_not_painted_again(painted):
    painted.show_events([])
    painted.show_history(1000, 2000, 1000)
    QApplication.processEvents()
    assert painted.regions == []


@pytest.mark.parametrize(
    "moments",
    [
        [(1003, 2000, 1003), (1250, 2000, 1250), (1250, 2000, 17), (1250, 2000, 1250)],
        [(1000, 2000, 990), (1000, 2000, 505), (1000, 2000, 0)],
        [(1000, 500, 1000), (0, 500, 0), (-1, 500, -1)],
        [(LONGEST, LONGEST, LONGEST), (LONGEST, LONGEST, 9_876_543)],
    ],
)
def test_painting_in_parts_comes_to_the_same_picture(painted, moments):
    for moment in moments:
        painted.show_history(*moment)
        QApplication.processEvents()
    parts = painted.screen().grabWindow(painted.winId()).toImage()
    assert parts.size() == painted.size()
    painted.update()
    QApplication.processEvents()
    assert painted.screen().grabWindow(painted.winId()).toImage() == parts


# -- events ----------------------------------------------------------------------------------


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_is_marked_and_told_under_the_mouse(timeline, event):
    plain = timeline.strip.grab().toImage()
    timeline.show_events(EVENTS)
    marked = timeline.strip.grab().toImage()
    x = at(timeline.strip, event.epoch).x()
    assert marked.copy(x - 8, 0, 16, 17) != plain.copy(x - 8, 0, 16, 17)
    QTest.mouseMove(timeline.strip, at(timeline.strip, event.epoch) + QPoint(3, 0))
    assert told() == f"Epoch {event.epoch:,}\n{event.sentence}"


@pytest.mark.parametrize("name", THEME_NAMES)
def test_every_kind_of_event_has_a_shape_of_its_own(timeline, name):
    strip = timeline.strip
    strip.set_theme(load_theme(name))
    x = at(strip, 700).x()
    looks = []
    for events in ([], *([Event(700, "so it was", kind)] for kind in Kind)):
        timeline.show_events(events)
        picture = strip.grab(QRect(x - 8, 0, 16, 17)).toImage()
        picture = picture.convertToFormat(QImage.Format.Format_Grayscale8)
        looks.append(bytes(picture.constBits()))
    assert len(set(looks)) == 1 + len(Kind)


def test_a_branch_and_the_settings_that_it_begins_with_are_marked_once(timeline):
    branched = Event(700, "branched off from “Run 1”", Kind.BRANCH)
    changed = Event(700, "learning rate 0.001 → 0.01", Kind.SETTINGS)
    pictures = []
    for events in ([branched], [changed, branched]):
        timeline.show_events(events)
        pictures.append(timeline.strip.grab().toImage())
    assert pictures[0] == pictures[1]
    QTest.mouseMove(timeline.strip, at(timeline.strip, 700))
    assert told().splitlines()[1:] == [changed.sentence, branched.sentence]


def test_a_click_close_to_an_event_asks_for_its_epoch(make_timeline):
    timeline = make_timeline(LONGEST, LONGEST)
    timeline.show_events([Event(1_234_567, "learning rate 0.001 → 0.01", Kind.SETTINGS)])
    QTest.mouseClick(timeline.strip, LEFT, NONE, at(timeline.strip, 1_234_567) + QPoint(3, 0))
    assert asked(timeline) == [1_234_567]


def test_the_mouse_is_told_which_epoch_is_there_and_whether_it_is_trained(timeline):
    strip = timeline.strip
    for epoch, more in ((400, ""), (1900, ", not trained yet")):
        QTest.mouseMove(strip, at(strip, epoch))
        assert told() == f"Epoch {strip.epoch_at(at(strip, epoch).x()):,}{more}"


def test_many_events_at_one_place_are_counted(timeline):
    events = [Event(600 + number, f"change {number}", Kind.SETTINGS) for number in range(9)]
    timeline.show_events(events)
    place = at(timeline.strip, 604)
    number = timeline.strip.epoch_at(place.x()) - 600
    QTest.mouseMove(timeline.strip, place)
    lines = told().splitlines()
    assert lines[:2] == [f"Epoch {600 + number}", f"change {number}"]
    assert lines[-1] == "and 3 more"
    others = [f"epoch {event.epoch}: {event.sentence}" for event in events]
    assert lines[2:-1] == [each for each in others if each in lines]
    assert len(lines) == 8


def test_a_resting_mouse_is_told_what_can_be_done(timeline):
    strip = timeline.strip
    place = at(strip, 400)
    QApplication.sendEvent(strip, QHelpEvent(QEvent.Type.ToolTip, place, strip.mapToGlobal(place)))
    assert told().startswith("Epoch ")
    assert "drag with Shift to mark a range" in told()


def test_two_hundred_events_close_together_are_painted(make_timeline):
    timeline = make_timeline(LONGEST, LONGEST, width=700)
    timeline.show_events([Event(each, "a change", Kind.SETTINGS) for each in range(200)])
    assert not timeline.strip.grab().isNull()


# -- a range ---------------------------------------------------------------------------------


def test_dragging_with_shift_marks_a_range_and_asks_for_nothing(timeline):
    strip = timeline.strip
    for first, last in ((300, 900), (900, 300)):
        drag(strip, at(strip, first), at(strip, 500), at(strip, last), modifier=SHIFT)
        ends = [strip.epoch_at(at(strip, each).x()) for each in (300, 900)]
        assert strip.marked == tuple(ends)
    assert asked(timeline) == []


def test_a_range_ends_at_the_newest_epoch(timeline):
    strip = timeline.strip
    drag(strip, at(strip, 300), at(strip, 1900), modifier=SHIFT)
    assert strip.marked[1] == 1200


def test_the_ends_of_a_range_can_be_dragged(timeline):
    strip = timeline.strip
    strip.mark((300, 900))
    drag(strip, at(strip, 300), at(strip, 500))
    assert strip.marked == (strip.epoch_at(at(strip, 500).x()), 900)
    drag(strip, at(strip, 900), at(strip, 200))
    assert strip.marked[1] - strip.marked[0] == pytest.approx(300, abs=3)
    assert asked(timeline) == []


def test_over_an_end_of_a_range_the_mouse_shows_that_it_can_be_dragged(timeline):
    strip = timeline.strip
    strip.mark((300, 900))
    shapes = []
    for epoch in (300, 600, 900):
        QTest.mouseMove(strip, at(strip, epoch))
        shapes.append(strip.cursor().shape())
    across, arrow = Qt.CursorShape.SizeHorCursor, Qt.CursorShape.ArrowCursor
    assert shapes == [across, arrow, across]


def test_a_click_with_shift_and_escape_take_the_range_back(timeline):
    strip = timeline.strip
    strip.mark((300, 900))
    QTest.mouseClick(strip, LEFT, SHIFT, at(strip, 600))
    assert strip.marked is None
    assert Key.Key_Escape not in keys_of(strip)
    strip.mark((300, 900))
    assert Key.Key_Escape in keys_of(strip)
    QTest.keyClick(strip, Key.Key_Escape)
    assert strip.marked is None


def test_keys_mark_where_a_range_begins_and_ends(make_timeline):
    timeline = make_timeline(looked_at=300)
    QTest.keyClicks(timeline.strip, "[")
    assert timeline.strip.marked == (300, 1200)
    timeline.looking.show(900)
    QTest.keyClicks(timeline.strip, "]")
    assert timeline.strip.marked == (300, 900)
    timeline.looking.show(100)
    QTest.keyClicks(timeline.strip, "]")
    assert timeline.strip.marked == (0, 100)


def test_a_range_of_one_epoch_is_none(timeline):
    timeline.strip.mark((300, 300))
    assert timeline.strip.marked is None


# -- playing ---------------------------------------------------------------------------------


def play(timeline: Timeline) -> None:
    QTest.mouseClick(timeline.findChild(QToolButton, "play_history"), LEFT)


def test_the_history_is_played_from_the_epoch_looked_at_to_the_newest(make_timeline, qtbot):
    timeline = make_timeline(300, 2000, 200)
    timeline.set_speed(1000.0)
    with qtbot.waitSignals([timeline.played, timeline.played], timeout=TIMEOUT):
        play(timeline)
    epochs = asked(timeline)
    assert epochs == sorted(set(epochs))
    assert (epochs[0] > 200, epochs[-1]) == (True, 300)
    assert not timeline.playing


def test_from_the_newest_epoch_playing_begins_anew(make_timeline, qtbot):
    timeline = make_timeline(300, 2000)
    play(timeline)
    assert asked(timeline)[0] == 0
    qtbot.waitUntil(lambda: len(timeline.looking.asked) > 3, timeout=TIMEOUT)
    assert timeline.looking.asked[1] < 300
    play(timeline)
    assert not timeline.playing


def test_an_epoch_shown_before_the_first_is_asked_for_does_not_end_playing(timeline):
    play(timeline)
    timeline.show_history(1201, 2000, 1201)
    assert timeline.playing
    assert asked(timeline)[0] == 0
    timeline.stop()


def test_slowly_no_epoch_is_left_out(make_timeline, qtbot):
    timeline = make_timeline(1200, 2000, 500)
    timeline.set_speed(10.0)
    play(timeline)
    qtbot.waitUntil(lambda: len(timeline.looking.asked) >= 3, timeout=TIMEOUT)
    timeline.stop()
    assert asked(timeline)[:3] == [501, 502, 503]


@pytest.mark.parametrize(("speed", "longest"), [(100.0, 1200), (1000.0, 1200), (None, LONGEST)])
def test_playing_keeps_its_speed(make_timeline, qtbot, speed, longest):
    timeline = make_timeline(longest, longest, 0)
    timeline.set_speed(speed)
    clock = QElapsedTimer()
    clock.start()
    play(timeline)
    qtbot.waitUntil(lambda: len(timeline.looking.asked) >= 20, timeout=TIMEOUT)
    shown, seconds = timeline.strip.value(), clock.elapsed() / 1000
    timeline.stop()
    assert shown == pytest.approx((speed or longest / 10) * seconds, rel=0.3)


def test_a_marked_range_is_played_again_and_again(timeline, qtbot):
    timeline.strip.mark((300, 340))
    timeline.set_speed(1000.0)
    play(timeline)

    def came_round_twice() -> bool:
        return sum(b < a for a, b in pairwise(timeline.looking.asked)) >= 2

    qtbot.waitUntil(came_round_twice, timeout=TIMEOUT)
    timeline.stop()
    epochs = asked(timeline)
    assert epochs[0] == 300
    assert all(300 <= epoch <= 340 for epoch in epochs)


def test_a_short_range_shows_each_of_its_epochs(timeline, qtbot):
    timeline.strip.mark((300, 302))
    timeline.set_speed(10.0)
    play(timeline)
    qtbot.waitUntil(lambda: len(timeline.looking.asked) >= 5, timeout=TIMEOUT)
    timeline.stop()
    assert asked(timeline)[:5] == [300, 301, 302, 300, 301]


@pytest.mark.parametrize(
    "other",
    [
        lambda timeline: QTest.mouseClick(timeline.strip, LEFT, NONE, at(timeline.strip, 1000)),
        lambda timeline: QTest.keyClick(timeline.strip, Key.Key_Home),
        lambda timeline: timeline.looking.show(1000),
        lambda timeline: timeline.show_history(-1, 2000, -1),
        lambda timeline: timeline.hide(),
        lambda timeline: timeline.stop(),
    ],
    ids=["click", "key", "another epoch is looked at", "another run", "hidden", "stop"],
)
def test_playing_ends_when_something_else_is_done(make_timeline, qtbot, other):
    timeline = make_timeline(1200, 2000, 100)
    timeline.set_speed(10.0)
    play(timeline)
    qtbot.waitUntil(lambda: len(timeline.looking.asked) > 1, timeout=TIMEOUT)
    said: list[bool] = []
    timeline.played.connect(said.append)
    other(timeline)
    assert said == [False]
    assert not timeline.playing


def test_another_speed_is_in_force_at_once(make_timeline, qtbot):
    timeline = make_timeline(1200, 2000, 100)
    timeline.set_speed(1.0)
    play(timeline)
    qtbot.waitUntil(lambda: timeline._clock.elapsed() > 300, timeout=TIMEOUT)
    timeline.set_speed(1000.0)
    assert timeline._timer.remainingTime() < 100
    qtbot.waitUntil(lambda: bool(timeline.looking.asked), timeout=TIMEOUT)
    timeline.stop()
    assert 100 < timeline.looking.asked[0] < 300


def test_the_button_says_what_it_does_next(timeline):
    button = timeline.findChild(QToolButton, "play_history")
    icons = []
    for text in ("Play the history", "Pause the history"):
        assert timeline.play_action.text().replace("&", "") == text
        icons.append(button.icon().pixmap(20, 20).toImage())
        play(timeline)
    assert icons[0] != icons[1]
    assert not timeline.playing


# -- for everyone ----------------------------------------------------------------------------


def test_the_strip_says_its_name_and_value_to_those_who_cannot_see_it(make_timeline):
    timeline = make_timeline(looked_at=600)
    said = QAccessible.queryAccessibleInterface(timeline.strip)
    assert said.text(QAccessible.Text.Name) == "Timeline"
    value = said.valueInterface()
    assert (value.currentValue(), value.minimumValue(), value.maximumValue()) == (600, 0, 1200)
    value.setCurrentValue(700)
    assert asked(timeline) == [700]


def test_every_part_has_a_name_and_a_tool_tip_and_is_reached_by_tab(timeline):
    names = ["play_history", "history_speed", "timeline_strip"]
    timeline.window_of_test.findChild(QLineEdit).setFocus()
    reached = []
    for _ in names:
        QTest.keyClick(QApplication.focusWidget(), Key.Key_Tab)
        reached.append(QApplication.focusWidget().objectName())
        assert QApplication.focusWidget().accessibleName()
        assert QApplication.focusWidget().toolTip()
    assert reached == names
    assert len(SPEEDS) == timeline._speeds.count()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_focus_and_the_theme_can_be_seen(make_timeline, theme):
    timeline = make_timeline(theme=theme)
    timeline.window_of_test.findChild(QLineEdit).setFocus()
    without = timeline.strip.grab().toImage()
    timeline.strip.setFocus()
    assert timeline.strip.grab().toImage() != without
    colours = {without.pixelColor(x, y).name() for x in range(200) for y in range(20)}
    assert load_theme(theme).zero.name() in colours or load_theme(theme).edge.name() in colours


@pytest.mark.parametrize("text", [1.0, 1.4])
@pytest.mark.parametrize("width", [700, 1920])
def test_it_is_as_low_as_two_rows_of_text_and_fits_into_any_window(make_timeline, width, text):
    timeline = make_timeline(LONGEST, LONGEST, width=width, text=text)
    assert timeline.window_of_test.width() == width
    assert timeline.minimumSizeHint().height() <= max(36, 2.6 * timeline.fontMetrics().height())
    assert isinstance(timeline.strip, TimelineStrip)
    assert timeline.strip.width() > width / 2
