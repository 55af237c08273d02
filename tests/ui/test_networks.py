"""Networks in the window: what is shown of a hundred parameters, and where reading begins."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF

from app.views.inspector.sample_text import MOST
from tests.ui.on_canvas import canvas_of
from tests.ui.person import Person


@pytest.fixture
def network(make_window, qtbot) -> Person:
    """A person before a network of 97 parameters, at epoch 0."""
    return Person(make_window("network"), qtbot)


def test_the_inspector_lists_the_first_parameters_and_counts_the_rest(network):
    network.wait(lambda: "more" in network.read("sample_shares"))
    text = network.read("sample_shares")
    assert text.count("∂L/") == MOST
    assert f"And {97 - MOST} more" in text


def test_reading_begins_where_the_row_of_the_loss_is_seen(network):
    canvas = canvas_of(network)
    canvas.show_start()
    network.settle()
    scene = canvas.scene
    prediction = scene.find_node(network.window.walk.moment.probe.prediction, 0)
    seen = canvas.camera.rectangle(scene.box(prediction))
    whole = QRectF(canvas.rect())
    assert whole.top() <= seen.top()
    assert seen.bottom() <= whole.bottom()


def test_the_landscape_is_of_any_two_parameters(network):
    dock = network.find("landscape_dock")
    dock.show()
    dock.raise_()
    network.settle()
    network.choose("landscape_second", "w2_3")
    view = network.window._views.landscape
    names = network.window.session.experiment.parameters
    assert [names[each] for each in view._chosen] == ["w1_1", "w2_3_1"]
    network.wait(lambda: view.losses.shown is not None)
    m = network.window.session.history.parameters(0)
    assert view.losses.slice.loss(m[list(view._chosen)]) == pytest.approx(
        network.window.session.history.loss(0)
    )
