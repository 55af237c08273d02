"""The learning rate's scale in the panel: it sets what trains, and says what is stable."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QGroupBox, QLabel, QScrollArea, QWidget

from app.controls.learning_rate_scale import LearningRateScale
from app.study.experiment import Experiment
from app.study.hyperparameters import Optimizer, UpdateRule
from app.study.presets import Preset
from app.theme import load_theme
from app.training.loop import State
from tests.ui.person import Person

NOTEBOOK_LIMIT = "0.000174"  # each parameter is stepped 41 times
TEXTBOOK_LIMIT = "0.00714"


def scale_of(person: Person) -> LearningRateScale:
    return person.find("learning_rate_scale", LearningRateScale)


def rate(person: Person) -> float:
    """Return the learning rate that trains, which field, scale and panel show too."""
    learning_rate = person.window.session.experiment.training.learning_rate
    assert float(person.read("learning_rate")) == learning_rate
    assert scale_of(person).value() == learning_rate
    assert person.window.panel.experiment.training.learning_rate == learning_rate
    return learning_rate


def handle_at(person: Person) -> QPoint:
    """Return where the handle is: the middle of its colour, where the track's middle is."""
    picture = scale_of(person).grab().toImage()
    theme = load_theme("light")
    colours = (theme.accent.rgb(), theme.negative.rgb())
    y = round(0.8 * scale_of(person).fontMetrics().height())
    spans: dict[int, list[int]] = {}
    for colour in colours:
        columns = [x for x in range(picture.width()) if picture.pixel(x, y) == colour]
        while columns:
            run = [columns.pop(0)]
            while columns and columns[0] == run[-1] + 1:
                run.append(columns.pop(0))
            spans[len(run)] = run
    widest = spans[max(spans)]
    return QPoint(sum(widest) // len(widest), y)


def drag(person: Person, *far: int) -> None:
    """Drag the handle by so many pixels, one move after the other."""
    scale, start = scale_of(person), handle_at(person)
    person.qtbot.mousePress(scale, Qt.MouseButton.LeftButton, pos=start)
    for each in far:
        person.qtbot.mouseMove(scale, start + QPoint(each, 0))
    person.qtbot.mouseRelease(scale, Qt.MouseButton.LeftButton, pos=start + QPoint(far[-1], 0))


def sentence(person: Person) -> str:
    return person.read("stability")


def warns(person: Person) -> bool:
    return person.find("stability").property("role") == "problem"


@pytest.fixture
def textbook(make_window, qtbot) -> Person:
    """A person before the notebook's data, with textbook gradient descent."""
    once = Experiment().with_value("update_rule", UpdateRule.ONCE_PER_PARAMETER)
    return Person(make_window(Preset("once", "Once", "", once)), qtbot)


# -- it sets the learning rate ---------------------------------------------------------------


def test_dragging_sets_the_field_and_what_trains(person):
    start = handle_at(person)
    drag(person, 4, 9, 15, 20)
    higher = rate(person)
    assert higher > 0.001
    assert handle_at(person).x() == pytest.approx(start.x() + 20, abs=2)
    drag(person, -10, -40)
    assert rate(person) < 0.001
    person.train(1)
    history = person.window.session.history
    step = history.parameters(1) - history.parameters(0)
    assert abs(step[1]) == pytest.approx(41 * rate(person))


@pytest.mark.parametrize("how", ["drag", "key", "click"])
def test_it_sets_a_run_that_goes_on(person, how):
    person.click("play")
    person.wait(lambda: person.epoch >= 3)
    if how == "drag":
        drag(person, -5, -15)
    elif how == "key":
        scale_of(person).setFocus()
        person.press(Qt.Key.Key_Left)
    else:
        person.click("learning_rate_scale", handle_at(person) - QPoint(30, 0))
    lower = rate(person)
    assert lower < 0.001
    history = person.window.session.history
    changed_at = history.last_epoch
    assert not person.window.notice.asks
    assert person.state is State.RUNNING
    person.wait(lambda: person.epoch > changed_at + 3)
    person.click("play")
    person.wait_for(State.PAUSED)
    assert person.window.session.history is history
    last = history.last_epoch
    step = history.parameters(last) - history.parameters(last - 1)
    assert abs(step[1]) == pytest.approx(41 * lower)
    first = history.parameters(1) - history.parameters(0)
    assert abs(first[1]) == pytest.approx(41 * 0.001)


def test_dragging_to_and_fro_through_a_fast_run_ends_where_it_was_let_go(person):
    person.enter("epochs", "10000000")
    person.window.transport.set_speed(float("inf"))
    person.click("play")
    person.wait(lambda: person.epoch > 1000)
    start = handle_at(person)
    drag(person, *range(0, -60, -4), *range(-60, 30, 6), -25)
    assert handle_at(person).x() == pytest.approx(start.x() - 25, abs=2)
    assert rate(person) < 0.001
    shown = person.epoch
    person.wait(lambda: person.epoch > shown or person.state is State.FINISHED)
    assert not person.window.notice.asks


def test_keys_set_the_learning_rate(person):
    scale_of(person).setFocus()
    for key, expected in (
        (Qt.Key.Key_Right, 0.0011),
        (Qt.Key.Key_Left, 0.001),
        (Qt.Key.Key_End, 10.0),
        (Qt.Key.Key_Home, 1e-6),
    ):
        person.press(key)
        assert rate(person) == expected


def test_typing_moves_the_handle(textbook):
    places = []
    for text in ("1e-5", "0.0001", "0.001", "0.1", "5"):
        textbook.enter("learning_rate", text)
        assert rate(textbook) == float(text)
        places.append(handle_at(textbook).x())
    assert places == sorted(set(places))
    decade = places[1] - places[0]
    assert places[2] - places[1] == pytest.approx(decade, abs=2)
    assert places[3] - places[2] == pytest.approx(2 * decade, abs=3)


def test_a_rate_beyond_the_scale_can_be_typed(person):
    person.enter("learning_rate", "1000")
    assert rate(person) == 1000
    person.enter("learning_rate", "1e-9")
    assert rate(person) == 1e-9


def test_the_scale_takes_the_place_of_what_was_typed_wrong(person):
    person.enter("learning_rate", "fast")
    assert person.sees("learning_rate_problem")
    scale_of(person).setFocus()
    person.press(Qt.Key.Key_Right)
    assert rate(person) == 0.0011
    assert not person.sees("learning_rate_problem")


def test_the_scale_makes_the_settings_ones_own(person):
    drag(person, 15)
    assert "own settings" in person.read("about")
    assert person.window.isWindowModified()
    person.enter("learning_rate", "0.001")
    assert not person.window.isWindowModified()


def test_the_scale_works_before_the_views_are_there(make_window, qtbot):
    person = Person(make_window(load=False), qtbot)
    assert sentence(person) == ""
    scale_of(person).setFocus()
    person.press(Qt.Key.Key_Right)
    person.window.load()
    person.wait(lambda: person.epoch == 0)
    assert rate(person) == 0.0011
    assert NOTEBOOK_LIMIT in sentence(person)


# -- what is stable --------------------------------------------------------------------------


def limit(person: Person) -> float:
    match = re.search(r"2/(?:λ|\(\d+ λ\)) = (\S+?)[,.: ]*(?: |$)", sentence(person))
    assert match, sentence(person)
    return float(match[1].rstrip(".,:"))


def test_the_notebook_is_above_its_limit_and_clipping_holds_it(person):
    assert f"Above 2/(41 λ) = {NOTEBOOK_LIMIT}" in sentence(person)
    assert "clipping" in sentence(person)
    assert warns(person)
    described = scale_of(person).accessibleDescription()
    assert NOTEBOOK_LIMIT in described
    assert "beyond" in described


def test_without_clipping_it_says_that_steps_grow(person):
    person.click("clipping")
    assert f"Above 2/(41 λ) = {NOTEBOOK_LIMIT}" in sentence(person)
    assert "overshoots" in sentence(person)
    assert "clipping" not in sentence(person)
    assert warns(person)


def test_another_optimizer_is_no_reason_to_warn(person):
    for optimizer in Optimizer:
        person.choose("optimizer", optimizer.label)
        assert f"2/(41 λ) = {NOTEBOOK_LIMIT}" in sentence(person)
        plain = optimizer is Optimizer.GRADIENT_DESCENT
        assert ("plain gradient descent" in sentence(person)) is not plain
        assert warns(person) is plain


def test_once_per_parameter_the_same_rate_is_stable(person):
    person.choose("update_rule", UpdateRule.ONCE_PER_PARAMETER.label)
    assert sentence(person).startswith("Stable")
    assert TEXTBOOK_LIMIT in sentence(person)
    assert not warns(person)
    assert TEXTBOOK_LIMIT in scale_of(person).accessibleDescription()
    person.enter("learning_rate", "0.01")
    assert sentence(person).startswith("Above")
    assert warns(person)


def test_the_handle_dragged_over_the_mark_turns_the_sentence(textbook):
    textbook.enter("learning_rate", "0.007")
    assert not warns(textbook)
    scale_of(textbook).setFocus()
    textbook.press(Qt.Key.Key_Right)
    assert rate(textbook) > 0.00714
    assert warns(textbook)
    textbook.press(Qt.Key.Key_Left)
    assert not warns(textbook)


@pytest.mark.parametrize(
    ("learning_rate", "ends"), [("0.0071", State.FINISHED), ("0.0072", State.DIVERGED)]
)
def test_the_limit_is_the_limit(textbook, learning_rate, ends):
    textbook.click("clipping")
    textbook.enter("learning_rate", learning_rate)
    textbook.enter("epochs", "200000")
    assert warns(textbook) is (ends is State.DIVERGED)
    textbook.run_to_end()
    assert textbook.state is ends
    if ends is State.FINISHED:
        assert textbook.window.session.history.loss(200_000) < 1e-20
    assert limit(textbook) == float(TEXTBOOK_LIMIT)


def test_other_data_have_another_limit(person):
    limits = {limit(person)}
    for name, text in (("samples", "5"), ("x_to", "40")):
        person.enter(name, text)
        person.wait(lambda: person.epoch == 0)
        limits.add(limit(person))
    assert len(limits) == 3


def test_a_lower_rate_by_schedule_raises_the_limit(person):
    person.choose("schedule", "step")
    person.enter("step_every", "4")
    person.enter("step_factor", "0.5")
    before = limit(person)
    person.train(4)
    assert limit(person) == pytest.approx(2 * before, rel=5e-3)
    person.train(4)
    assert limit(person) == pytest.approx(4 * before, rel=5e-3)


def test_at_the_end_of_a_cosine_nothing_wrong_is_said(person):
    person.choose("schedule", "cosine")
    person.enter("epochs", "20")
    person.run_to_end()
    assert "curves nowhere upwards" not in sentence(person)
    assert not warns(person)


def test_with_mini_batches_a_parameter_is_stepped_once_per_use_in_a_batch(person):
    person.click("batches")
    for size, expected in (("10", 0.000714), ("41", 0.000174), ("100", 0.000174)):
        person.enter("batch_size", size)
        assert limit(person) == pytest.approx(expected, rel=5e-3)


def test_while_training_runs_it_is_looked_at_now_and_then(person):
    person.choose("schedule", "step")
    person.enter("step_every", "1")
    person.enter("step_factor", "0.99")
    before = limit(person)
    person.click("play")
    person.wait(lambda: limit(person) > 1.1 * before)
    assert person.state is State.RUNNING


def test_after_a_divergence_the_panel_still_says_why(make_window, qtbot):
    person = Person(make_window("diverging"), qtbot)
    assert warns(person)
    person.run_to_end()
    assert person.state is State.DIVERGED
    assert limit(person) == float(TEXTBOOK_LIMIT)
    assert warns(person)


def test_where_the_loss_is_flat_no_limit_is_known(person):
    person.enter("x_from", "-1e-300")
    person.enter("x_to", "1e-300")
    person.wait(lambda: person.epoch == 0)
    assert sentence(person)
    person.train(1)


# -- how it looks ----------------------------------------------------------------------------


def colours_of(widget: QWidget) -> set[int]:
    picture = widget.grab().toImage()
    return {picture.pixel(x, y) for x in range(picture.width()) for y in range(picture.height())}


@pytest.mark.parametrize(("theme", "other"), [("light", "dark"), ("dark", "light")])
def test_scale_and_sentence_follow_the_theme(make_window, qtbot, theme, other):
    person = Person(make_window(theme=theme), qtbot)
    for name in (theme, other):
        person.choose_in_menu("View", "Theme", name.capitalize())
        colours = load_theme(name)
        assert colours.negative.rgb() in colours_of(scale_of(person))
        assert colours.window.rgb() in colours_of(scale_of(person))
        label = person.find("stability")
        person.enter("learning_rate", "0.001")
        problem = colours_of(label)
        person.enter("learning_rate", "0.0001")
        assert not warns(person)
        assert colours.accent.rgb() in colours_of(scale_of(person))
        assert problem != colours_of(label)


def visible_parts(person: Person) -> list[QWidget]:
    """Return what the panel shows, without the boxes around it."""
    content = person.find("experiment_panel", QScrollArea).widget()
    boxes = content.findChildren(QGroupBox)
    return [
        each
        for each in content.findChildren(QWidget)
        if each.isVisible() and each not in boxes and each.parent() in (content, *boxes)
    ]


def place(person: Person, widget: QWidget) -> QRect:
    content = person.find("experiment_panel", QScrollArea).widget()
    return QRect(widget.mapTo(content, QPoint()), widget.size())


def complaints(person: Person) -> list[str]:
    """Return what of the panel is clipped, overlaps or sticks out."""
    panel = person.find("experiment_panel", QScrollArea)
    found = []
    parts = visible_parts(person)
    for each in parts:
        name = each.objectName() or getattr(each, "text", str)()
        wraps = isinstance(each, QLabel) and each.wordWrap()
        needed = each.sizeHint()
        height = each.heightForWidth(each.width()) if wraps else needed.height()
        if each.height() < height:
            found.append(f"{name}: {each.height()} of {height} pixels high")
        if isinstance(each, QLabel) and not wraps and each.width() < needed.width():
            found.append(f"{name}: {each.width()} of {needed.width()} pixels wide")
        box = each.parentWidget()
        if not box.rect().contains(each.geometry()):
            found.append(f"{name} sticks out of {box.objectName()}")
        if place(person, each).right() >= panel.viewport().width():
            found.append(f"{name} ends beyond the panel")
    found += [
        f"{one.objectName() or one} and {other.objectName() or other} overlap"
        for one, other in combinations(parts, 2)
        if place(person, one).intersects(place(person, other))
    ]
    boxes = [each for each in panel.findChildren(QGroupBox) if each.isVisible()]
    found += [
        f"{one.objectName()} and {other.objectName()} overlap"
        for one, other in combinations(boxes, 2)
        if one.parent() is other.parent() and one.geometry().intersects(other.geometry())
    ]
    return found


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
@pytest.mark.parametrize("text", [1.0, 1.4, 1.8, 2.2])
def test_nothing_is_clipped_nor_overlaps_also_when_the_sentence_grows(
    make_window, qtbot, settings, qapp, text, size
):
    if text > 1.8:  # the desktop's own text is larger
        font = qapp.font()
        font.setPointSizeF(font.pointSizeF() * text / 1.8)
        qapp.setFont(font)
    settings.setValue("appearance/text_scale", min(text, 1.8))
    person = Person(make_window("diverging", size=size), qtbot)
    scale = scale_of(person)

    def settles() -> None:
        for _ in range(5):  # layouts answer one another
            QApplication.processEvents()
        assert complaints(person) == []
        assert scale.height() >= scale.sizeHint().height()
        assert scale.width() >= 150
        picture = scale.grab().toImage()
        below = {picture.pixel(x, picture.height() - 1) for x in range(picture.width())}
        assert below == {load_theme("light").window.rgb()}  # no label is cut off

    settles()
    for learning_rate in ("0.001", "0.02", "0.0001"):
        person.enter("learning_rate", learning_rate)
        settles()
    person.choose("optimizer", "Adam")
    person.enter("learning_rate", "0.5")
    person.enter("decay1", "2")
    settles()
    person.enter("learning_rate", "fast")
    settles()


def test_the_sentence_grows_and_shrinks_with_what_it_says(textbook):
    label = textbook.find("stability", QLabel)
    textbook.wait(lambda: label.height() >= label.heightForWidth(label.width()))
    short = label.height()
    textbook.enter("learning_rate", "0.02")
    textbook.wait(lambda: label.height() > short)
    assert label.height() >= label.heightForWidth(label.width())
    textbook.enter("learning_rate", "0.001")
    textbook.wait(lambda: label.height() == short)
