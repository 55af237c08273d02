"""Every control can be reached by keyboard and says what it is."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QScrollBar,
    QSlider,
    QWidget,
)

from app.controls.learning_rate_scale import LearningRateScale
from tests.ui.person import Person

INTERACTIVE = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QSlider,
    LearningRateScale,
)


def controls(person: Person) -> list[QWidget]:
    """Return what a person can use and see, without the parts that Qt makes for itself."""
    QApplication.processEvents()
    return [
        each
        for each in person.window.findChildren(QWidget)
        if isinstance(each, INTERACTIVE)
        and each.isVisible()
        and not isinstance(each, QScrollBar)
        and not each.objectName().startswith("qt_")
        and type(each).__module__.startswith(("app.", "PySide6."))
        and type(each).__name__ not in ("QTableCornerButton", "QHeaderView")
        and not each.inherits("QTableCornerButton")
        and not each.inherits("QHeaderView")
    ]


def name_of(control: QWidget) -> str:
    return control.objectName() or type(control).__name__


@pytest.fixture(params=["plot", "table"])
def shown(request, person) -> Person:
    """A person who sees every control that there is at first, with either tab of the fit."""
    if request.param == "table":
        person.choose_tab("fit_tabs", "Table")
    return person


def test_every_control_has_a_name_and_a_tool_tip(shown):
    found = controls(shown)
    assert len(found) > 30
    nameless = [
        name_of(each)
        for each in found
        if not (each.accessibleName() or (isinstance(each, QAbstractButton) and each.text()))
    ]
    silent = [name_of(each) for each in found if not each.toolTip()]
    assert nameless == []
    assert silent == []


def test_every_control_has_an_object_name_of_its_own(shown):
    names = [each.objectName() for each in controls(shown)]
    assert "" not in names
    assert len(names) == len(set(names))


def test_every_control_is_reached_by_tab(shown):
    wanted = {each.objectName() for each in controls(shown) if each.isEnabled()}
    reached: set[str] = set()
    for _ in range(2 * len(wanted) + 10):
        shown.press(Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget().objectName())
    assert wanted - reached == set()
    assert {"graph_canvas", "loss_view"} <= reached


def test_tab_goes_back_with_shift(person):
    person.find("epochs").setFocus()
    person.press(Qt.Key.Key_Tab)
    person.press(Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert QApplication.focusWidget() is person.find("epochs")


def test_the_focus_can_be_seen_wherever_tab_leads(person):
    unseen, before, focused = [], None, None
    for _ in range(len(controls(person)) + 10):
        person.press(Qt.Key.Key_Tab)
        QApplication.processEvents()
        if focused is not None and focused.grab().toImage() == before:
            unseen.append(focused.objectName())
        focused = QApplication.focusWidget()
        before = focused.grab().toImage()
    assert unseen == []


def test_what_is_shown_has_a_name_for_those_who_cannot_see_it(person):
    for name in (
        "epoch",
        "loss",
        "progress",
        "notice_text",
        "formula",
        "loss_readout",
        "graph_canvas",
        "fit_plot",
        "loss_plot",
        "graph_legend",
        "graph_sample",
        "graph_colour",
        "pace",
        "place",
    ):
        assert person.find(name).accessibleName(), name
