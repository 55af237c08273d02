"""A label that ends with an ellipsis where there is no room for all of its text."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication

from app.views.elided_label import ElidedLabel

TEXT = "fitted ŷ = 0.39546·sin(0.74381·x − 0.26909)"


@pytest.fixture
def label(qapp, qtbot):  # noqa: ARG001  there has to be one
    label = ElidedLabel("label")
    label.setText(TEXT)
    label.set_help("What it is.")
    qtbot.addWidget(label)
    return label


def rest_on(label: ElidedLabel) -> str:
    """Rest with the mouse on the label; return what its tool tip says then."""
    at = QPoint(5, 5)
    event = QHelpEvent(QHelpEvent.Type.ToolTip, at, label.mapToGlobal(at))
    QApplication.sendEvent(label, event)
    return label.toolTip()


def test_a_text_with_room_is_shown_whole_and_the_tool_tip_says_what_it_is(label):
    label.resize(label.sizeHint())
    label.show()
    assert rest_on(label) == "<p>What it is.</p>"
    whole = label.grab().toImage()
    label.setText(TEXT[:-6] + "…")
    assert label.grab().toImage() != whole


def test_a_text_without_room_is_cut_short_and_told_whole(label):
    label.resize(label.sizeHint().width() // 2, label.sizeHint().height())
    label.show()
    assert rest_on(label) == f"<p>{TEXT}</p><p>What it is.</p>"
    drawn = label.grab().toImage()
    label.setText(label.fontMetrics().elidedText(TEXT, Qt.TextElideMode.ElideRight, label.width()))
    assert label.text().endswith("…")
    assert label.grab().toImage() == drawn
    assert label.minimumSizeHint().width() < label.sizeHint().width() / 4
