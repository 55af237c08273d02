"""Any model in the window: typed as a formula, drawn as a graph, each lighting the other."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication

from app.controls.typeset.picture import FormulaPicture
from app.training.loop import State
from tests.ui.on_canvas import canvas_of, hover, leave, node_called, place_called
from tests.ui.person import Person


def picture_of_model(person: Person) -> FormulaPicture:
    return next(
        each
        for each in person.window.panel.findChildren(FormulaPicture)
        if each.isVisible() and each.formula is not None and each.formula.uses("x")
    )


def part_called(picture: FormulaPicture, text: str):
    """Return the part of the formula that was read from this text."""
    formula = picture.formula
    return next(part for part in formula.root.walk() if formula.text[part.start : part.end] == text)


def point_at(person: Person, picture: FormulaPicture, text: str) -> None:
    area = next(iter(picture.areas(part_called(picture, text))))
    at = QPointF(area.left() + 2, area.center().y()).toPoint()
    person.qtbot.mouseMove(picture, at)


@pytest.fixture
def sine(person: Person) -> Person:
    person.window.graph_view.animation_action.setChecked(False)
    person.enter("formula", "a*sin(b*x + c)")
    person.wait(lambda: person.epoch == 0)
    person.settle()
    return person


def test_a_typed_formula_is_trained(sine):
    assert sine.window.session.experiment.parameters == ("a", "b", "c")
    assert sine.window.session.history.parameters(0).shape == (3,)
    assert node_called(canvas_of(sine), "a") is not None
    sine.train(2)
    assert "sin" in sine.read("fitted_formula")


def test_a_wrong_formula_is_told_and_the_last_good_one_stays(sine):
    before = sine.window.session.experiment
    sine.enter("formula", "a*sin(b*x + ")
    assert sine.sees("formula_problem")
    assert sine.read("formula_problem")
    assert sine.window.session.experiment == before
    assert sine.read("formula") == "a*sin(b*x +"
    sine.press(Qt.Key.Key_Escape)
    assert sine.read("formula") == "a*sin(b*x + c)"
    assert not sine.sees("formula_problem")


def test_pointing_at_a_part_lights_its_node(sine):
    canvas = canvas_of(sine)
    picture = picture_of_model(sine)
    area = picture.areas(part_called(picture, "b*x + c"))[0]
    sine.qtbot.mouseMove(picture, area.center().toPoint())
    part = picture.part_at(area.center())
    text = picture.formula.text[part.start : part.end]
    assert text in ("b*x + c", "b*x", "b", "x", "c")
    place = sine.window.walk.moment.probe.parts[part.start, part.end]
    sine.wait(lambda: canvas._lit.places == frozenset({place}))
    sine.qtbot.mouseMove(sine.window.menuBar(), sine.window.menuBar().rect().center())
    QApplication.sendPostedEvents()


def test_pointing_at_a_node_lights_its_part(sine):
    canvas = canvas_of(sine)
    picture = picture_of_model(sine)
    place = place_called(canvas, "sin(b · x + c)")
    hover(sine, canvas.node_rectangle(node_called(canvas, "sin(b · x + c)")).center())
    part = part_called(picture, "sin(b*x + c)")
    sine.wait(lambda: picture._lit == frozenset({(part.start, part.end)}))
    assert sine.window.walk.moment.probe.parts[part.start, part.end] == place
    leave(sine)
    sine.wait(lambda: not picture._lit)


def test_a_formula_that_is_nan_everywhere_says_where(sine):
    sine.enter("formula", "a*log(-1 - x**2)")
    sine.wait(lambda: sine.state is State.DIVERGED)
    told = sine.read("notice_text")
    assert "log(−1 − x²) cannot be computed for any of the 41 samples" in told
    assert "not defined" in told
    sine.enter("formula", "a*x")
    sine.wait(lambda: sine.state is State.PAUSED and sine.epoch == 0)


def test_a_network_is_trained_and_drawn(person):
    person.choose("kind", "a small network")
    person.wait(lambda: len(person.window.session.experiment.parameters) == 13)
    person.wait(lambda: person.epoch == 0)
    person.train(2)
    assert person.window.session.history.parameters(2).shape == (13,)


def test_a_model_too_large_to_compile_says_so_and_trains(person):
    experiment = person.window.session.experiment
    from app.study.architecture import ModelKind

    wanted = experiment.with_value("kind", ModelKind.NETWORK).with_value("layers", 4)
    wanted = wanted.with_value("units", 20).with_value("samples", 3)
    person.window.panel.experiment_edited.emit(wanted, "Units")
    person.wait(lambda: person.epoch == 0)
    assert "define-by-run" in person.read("notice_text")
    person.train(1)


def test_weight_decay_is_part_of_the_loss(person):
    before = person.window.session.history.loss(0)
    m, c = person.window.session.history.parameters(0)
    person.enter("weight_decay", "3")
    person.wait(lambda: person.epoch == 0)
    after = person.window.session.history.loss(0)
    assert after == pytest.approx(before + 1.5 * (m**2 + c**2))
