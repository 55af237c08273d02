"""What all fields for a number have in common."""

import pytest

from app.controls.number_edit import NumberEdit
from app.number_field import NumberField
from app.study.setting import Number
from app.views.value_edit import ValueEdit

RATE = Number(label="Rate", help="", minimum=0.0, maximum=9.0)
FIELDS = {
    "setting": lambda: NumberEdit(RATE, 1.0),
    "value": lambda: ValueEdit("Rate"),
    "bare": lambda: NumberField(RATE),
}


@pytest.fixture(params=FIELDS.values(), ids=FIELDS)
def field(request, qtbot):
    field = request.param()
    qtbot.addWidget(field)
    field.told = []
    field.problem_changed.connect(field.told.append)
    return field


def marked(field):
    return bool(field.property("invalid"))


def test_there_is_no_complaint_while_typing(field, qtbot):
    field.clear()
    qtbot.keyClicks(field, "fast")
    assert (field.problem, marked(field), field.told) == ("", False, [])


def test_what_is_no_number_is_marked_until_it_is_one_again(field, qtbot):
    field.setText("fas")
    assert field._parse() is None
    assert "“fas” is no number" in field.problem
    assert marked(field)
    qtbot.keyClicks(field, "t")
    assert "“fast” is no number" in field.problem
    field.clear()
    qtbot.keyClicks(field, "3")
    assert (field.problem, marked(field)) == ("", False)
    assert [each.partition(";")[0] for each in field.told][-1] == ""
    assert field._parse() == 3.0
