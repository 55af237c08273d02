"""The table of the parameters: initial values, random starts, frozen ones, present values."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QGroupBox, QLabel, QTableView

from app.controls.parameter_table import ROWS
from app.study.architecture import ModelKind
from app.study.experiment import Experiment
from app.study.start import Source, Start
from tests.ui.panels import PanelPerson

Key, CONTROL, SHIFT = Qt.Key, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LINE = Experiment()
NETWORK = LINE.with_value("kind", ModelKind.NETWORK).with_value("layers", 2).with_value("units", 8)


@pytest.fixture
def person(qtbot) -> PanelPerson:
    """A person before the notebook's experiment."""
    return PanelPerson(qtbot, LINE)


@pytest.fixture
def networker(qtbot) -> PanelPerson:
    """A person before a network of 97 parameters."""
    return PanelPerson(qtbot, NETWORK)


def problem(person: PanelPerson) -> str:
    """Return the sentence below the table, "" if there is none."""
    return person.read("parameters_problem") if person.sees("parameters_problem") else ""


def title(person: PanelPerson) -> str:
    return person.find("start_form", QGroupBox).title()


# -- what is shown ---------------------------------------------------------------------------


def test_there_is_a_row_for_each_parameter(person):
    assert [person.cell(row, "name") for row in range(2)] == ["m", "c"]
    assert person.of("m", "initial") == "0.76434"
    assert person.of("m", "now") == "–"
    assert not person.is_ticked("m")
    person.enter("formula", "a*sin(b*x + d)")
    assert [person.cell(row, "name") for row in range(3)] == ["a", "b", "d"]
    assert person.of("a", "initial") == "0 … 1"


def test_a_short_table_shows_all_rows_and_a_long_one_six(person, networker):
    for each, rows in ((person, 2), (networker, ROWS)):
        table = each.table
        seen = table.viewport().height() / table.rowHeight(0)
        assert rows <= seen < rows + 0.5
        assert table.verticalScrollBar().isVisible() is (rows == ROWS)
        assert not table.horizontalScrollBar().isVisible()


def test_thousands_of_parameters_are_shown(qtbot):
    many = LINE.with_value("kind", ModelKind.NETWORK).with_value("layers", 4)
    person = PanelPerson(qtbot, many.with_value("units", 31))
    assert person.table.model().rowCount() == 3070
    person.type_in_cell("b5", "0.5")
    assert person.experiment.start("b5") == Start(
        Source.VALUE, 0.5, *_range(person.experiment, "b5")
    )


def _range(experiment: Experiment, name: str) -> tuple[float, float]:
    usual = experiment.model.usual_start(name)
    return usual.low, usual.high


def test_every_cell_says_what_it_is_to_those_who_cannot_see_it(person):
    model = person.table.model()
    told = [model.index(0, each).data(Qt.ItemDataRole.AccessibleTextRole) for each in range(4)]
    assert told == ["m", "Initial m: 0.764340511813275", "m is trained", "m now: –"]
    assert person.table.accessibleName()
    assert all(model.headerData(each, Qt.Orientation.Horizontal, 3) for each in range(4))


def test_every_text_has_room(qtbot):
    for experiment in (LINE, NETWORK):
        person = PanelPerson(qtbot, experiment, width=280)
        person.panel.show_present(dict.fromkeys(experiment.parameters, -0.0123456))
        table = person.table
        for column in range(4):
            needed = table.sizeHintForColumn(column)
            assert table.columnWidth(column) >= needed, column


# -- initial values --------------------------------------------------------------------------


def test_a_click_and_a_number_give_an_initial_value(person):
    person.type_in_cell("c", "-4.5")
    assert person.experiment == LINE.with_value("start.c", -4.5)
    assert person.asked == ["Initial c"]
    assert person.of("c", "initial") == "−4.5"
    assert not person.sees("initial_value")
    assert person.table.hasFocus()


@pytest.mark.parametrize("way", ["typing", "enter", "f2"])
def test_the_keyboard_opens_the_cell_of_the_selected_parameter(person, way):
    person.click_cell("m", "name")
    person.press(Key.Key_Down)
    if way == "typing":
        person.qtbot.keyClick(person.table, Key.Key_7)
    else:
        person.press(Key.Key_F2 if way == "f2" else Key.Key_Return)
    if way != "typing":
        assert person.field.selectedText() == person.field.text() != ""
        person.qtbot.keyClick(person.field, Key.Key_7)
    person.press(Key.Key_Return)
    assert person.experiment == LINE.with_value("start.c", 7.0)


def test_leaving_the_cell_takes_what_was_typed(person):
    person.type_in_cell("m", "3", key=None)
    person.click("epochs")
    assert person.experiment == LINE.with_value("start.m", 3.0)
    assert not person.sees("initial_value")


def test_another_cell_takes_what_was_typed_in_the_one_before(person):
    person.type_in_cell("m", "3", key=None)
    person.type_in_cell("c", "4")
    wanted = LINE.with_value("start.m", 3.0).with_value("start.c", 4.0)
    assert person.experiment == wanted


def test_escape_brings_the_value_back(person):
    person.type_in_cell("m", "3", Key.Key_Escape)
    assert person.experiment == LINE
    assert person.asked == []
    assert person.of("m", "initial") == "0.76434"
    assert not person.sees("initial_value")


@pytest.mark.parametrize("text", ["much", "", "1e10", "nan"])
@pytest.mark.parametrize("key", [Key.Key_Return, None])
def test_what_is_no_number_stays_marked_with_a_sentence_below(person, text, key):
    person.type_in_cell("m", text, key)
    if key is None:
        person.find("epochs").setFocus()
    assert problem(person).startswith("Initial m must be a number from")
    assert problem(person).endswith(".")
    assert person.field.text() == text
    assert person.field.property("invalid") is True
    assert person.experiment == LINE
    assert not person.panel.commit()
    person.field.setFocus()
    person.press(Key.Key_Escape)
    assert problem(person) == ""
    assert person.of("m", "initial") == "0.76434"
    assert person.panel.commit()


def test_a_wrong_cell_comes_first(person):
    person.type_in_cell("m", "much")
    person.click_cell("c", "initial")
    assert person.field.hasFocus()
    assert person.field.text() == "much"
    assert problem(person).startswith("Initial m")


def test_another_edit_leaves_a_wrong_cell_where_it_is(person):
    person.type_in_cell("m", "much")
    person.enter("epochs", "50")
    assert person.field.text() == "much"
    assert problem(person)
    person.panel.discard_typing()
    assert not person.sees("initial_value")
    assert problem(person) == ""


def test_other_parameters_close_a_wrong_cell(person):
    person.type_in_cell("m", "much")
    person.enter("formula", "a*x")
    assert not person.sees("initial_value")
    assert problem(person) == ""
    assert person.panel.commit()


def test_what_is_typed_is_not_lost_to_the_values_of_a_run(person):
    person.type_in_cell("m", "3.2", key=None)
    for epoch in range(5):
        person.panel.show_present({"m": epoch / 7, "c": 1.0})
        QApplication.processEvents()
    assert person.field.text() == "3.2"
    assert person.field.hasFocus()
    person.press(Key.Key_Return)
    assert person.experiment == LINE.with_value("start.m", 3.2)


# -- random starts ---------------------------------------------------------------------------


def test_a_range_to_draw_from_is_chosen_for_the_selected_parameter(person):
    person.click_cell("c", "name")
    assert title(person) == "Start of c"
    assert not person.sees("start_low")
    assert not person.sees("seed")
    person.choose("start_source", Source.UNIFORM.label)
    person.enter("start_high", "5")
    person.enter("start_low", "-2")
    start = person.experiment.start("c")
    assert (start.source, start.low, start.high) == (Source.UNIFORM, -2.0, 5.0)
    assert person.of("c", "initial") == "−2 … 5"
    assert set(person.asked) == {"Initial c"}
    assert person.sees("seed")
    before = person.experiment.initial_values()["c"]
    person.enter("seed", "11")
    assert person.experiment.initial_values()["c"] != before
    assert person.experiment.start("m") == LINE.start("m")


def test_a_normal_start_has_a_mean_and_a_deviation(person):
    person.choose("start_source", Source.NORMAL.label)
    assert not person.sees("start_low")
    person.enter("start_mean", "2")
    person.enter("start_deviation", "0.5")
    assert person.of("m", "initial") == "2 ± 0.5"


def test_a_given_value_begins_with_what_was_drawn(qtbot):
    person = PanelPerson(qtbot, LINE.with_value("start.m", Start()))
    drawn = person.experiment.initial_values()["m"]
    person.choose("start_source", Source.VALUE.label)
    start = person.experiment.start("m")
    assert (start.source, start.value) == (Source.VALUE, drawn)


def test_a_number_typed_over_a_range_is_a_given_value(qtbot):
    person = PanelPerson(qtbot, LINE.with_value("start.m", Start()))
    person.type_in_cell("m", "2")
    assert person.of("m", "initial") == "2"
    assert not person.sees("start_low")


def test_an_empty_range_is_refused_and_can_be_passed_in_either_order(qtbot):
    person = PanelPerson(qtbot, LINE.with_value("start.m", Start()))
    before = person.experiment
    person.enter("start_low", "3")
    assert "empty range: from 3 to 1" in person.read("start_low_problem")
    assert person.sees("start_low_problem")
    assert person.read("start_low") == "3"
    assert person.experiment == before
    assert not person.panel.commit()
    person.enter("start_high", "4")
    assert not person.sees("start_low_problem")
    start = person.experiment.start("m")
    assert (start.low, start.high) == (3.0, 4.0)


def test_a_negative_deviation_is_refused(person):
    person.choose("start_source", Source.NORMAL.label)
    person.enter("start_deviation", "-1")
    assert person.read("start_deviation_problem").startswith("Deviation must be")
    assert person.of("m", "initial") == "0 ± 1"


def test_a_wrong_text_is_not_taken_for_another_parameters(qtbot):
    both = LINE.with_value("start.m", Start()).with_value("start.c", Start())
    person = PanelPerson(qtbot, both)
    person.enter("start_low", "wrong")
    person.click_cell("c", "name")
    assert person.read("start_low") == "0"
    assert not person.sees("start_low_problem")


def test_all_weights_are_drawn_from_another_range_at_once(networker):
    networker.click_cell("w1_1", "name")
    networker.press(Key.Key_A, CONTROL)
    assert title(networker) == "Start of w1_1 and 96 more"
    networker.choose("start_source", Source.NORMAL.label)
    networker.enter("start_deviation", "0.1")
    starts = networker.experiment.starts().values()
    assert {(each.source, each.deviation) for each in starts} == {(Source.NORMAL, 0.1)}
    assert networker.asked == ["Initial of 97 parameters"] * 2
    assert networker.table.selectionModel().selectedRows()[96:]  # still


# -- frozen parameters -----------------------------------------------------------------------


def test_a_tick_freezes_and_another_one_trains_again(person):
    person.click_cell("c", "frozen")
    assert person.is_ticked("c")
    assert person.experiment.parameters == ("m",)
    assert person.asked == ["Frozen c"]
    person.click_cell("c", "frozen")
    assert person.experiment == LINE


def test_space_freezes_all_that_are_selected(networker):
    networker.click_cell("b1_1", "name")
    networker.click_cell("w1_3", "name", SHIFT)
    networker.press(Key.Key_Space)
    frozen = [name for name, each in networker.experiment.starts().items() if each.frozen]
    assert frozen == ["b1_1", "w1_2", "b1_2", "w1_3"]
    assert networker.asked == ["Frozen of 4 parameters"]
    networker.press(Key.Key_Space)
    assert len(networker.experiment.parameters) == 97


def test_a_tick_among_selected_ones_ticks_all_of_them(networker):
    networker.click_cell("b1_1", "name")
    networker.click_cell("b1_2", "name", CONTROL)
    networker.click_cell("b1_2", "frozen")
    assert len(networker.experiment.parameters) == 95


def test_the_last_one_cannot_be_frozen(person):
    person.click_cell("m", "frozen")
    person.click_cell("c", "frozen")
    assert problem(person).startswith("All parameters are frozen")
    assert not person.is_ticked("c")
    assert person.experiment.parameters == ("c",)
    person.click_cell("m", "frozen")
    assert problem(person) == ""
    assert person.experiment == LINE


# -- present values --------------------------------------------------------------------------


def test_present_values_are_shown_and_a_frozen_one_keeps_its_initial_value(person):
    person.panel.show_present({"m": 1.99999999, "c": -0.25})
    person.wait(lambda: person.of("m", "now") == "2")
    assert person.of("c", "now") == "−0.25"
    person.click_cell("c", "frozen")
    assert person.of("c", "now") == "0.29501"
    person.panel.show_present(None)
    person.wait(lambda: person.of("m", "now") == "–")
    assert person.of("c", "now") == "0.29501"


def test_numbers_change_no_more_often_than_one_can_read_them(person):
    changed = QSignalSpy(person.table.model().dataChanged)
    for epoch in range(100):
        person.panel.show_present({"m": float(epoch), "c": 0.0})
    assert changed.count() == 1
    person.wait(lambda: person.of("m", "now") == "99")
    assert changed.count() == 2


def test_present_values_leave_the_selection_and_the_place_alone(networker):
    networker.click_cell("b3", "name")
    place = networker.table.verticalScrollBar().value()
    assert place > 0
    widths = [networker.table.columnWidth(each) for each in range(4)]
    for value in (1e-12, -123456.0):
        networker.panel.show_present(dict.fromkeys(NETWORK.parameters, value))
        networker.settle()
    assert networker.table.verticalScrollBar().value() == place
    assert title(networker) == "Start of b3"
    assert [networker.table.columnWidth(each) for each in range(4)] == widths


def test_what_is_selected_stays_when_the_model_changes_if_it_is_there(networker):
    networker.click_cell("b1_2", "name")
    networker.enter("units", "5")
    assert title(networker) == "Start of b1_2"
    networker.enter("units", "1")
    assert title(networker) == "Start of w1"


# -- layout ----------------------------------------------------------------------------------


def test_the_parts_of_the_form_do_not_overlap(networker):
    networker.settle()
    form = networker.find("initial_group")
    parts = [networker.find(name) for name in ("parameter_table", "start_form", "seed")]
    tops = [each.mapTo(form, each.rect().topLeft()).y() for each in parts]
    bottoms = [each.mapTo(form, each.rect().bottomLeft()).y() for each in parts]
    assert all(bottom < top for bottom, top in pairwise(_interleaved(tops, bottoms)))


def _interleaved(tops: list[int], bottoms: list[int]) -> list[int]:
    return [place for both in zip(tops, bottoms, strict=True) for place in both]


def test_the_sentence_can_be_read(person):
    person.type_in_cell("m", "much")
    label = person.find("parameters_problem", QLabel)
    person.wait(lambda: label.height() >= label.heightForWidth(label.width()) > 5)
    table = person.find("parameter_table", QTableView)
    gap = (
        label.mapToGlobal(label.rect().topLeft()).y()
        - table.mapToGlobal(table.rect().bottomLeft()).y()
    )
    assert 0 <= gap < 15
