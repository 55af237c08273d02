"""The panel's fields for any model and any data: formulas, true values, own points, new data."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QComboBox, QFormLayout, QLabel, QLineEdit, QWidget

from app.controls.formula_edit import FormulaEdit
from app.controls.typeset import FormulaPicture
from app.study.architecture import Activation, Loss, ModelKind
from app.study.data import make_samples
from app.study.experiment import Experiment, applies
from app.study.points import Points
from app.study.recipe import DataSource, NoiseKind, Spacing, Truth
from app.study.setting import settings_of
from app.theme import apply_theme, load_theme
from tests.ui.panels import PanelPerson

LINE = Experiment()
SINE = LINE.with_value("formula", "a*sin(b*x + d)")
NETWORK = LINE.with_value("kind", ModelKind.NETWORK)


@pytest.fixture
def person(qtbot) -> PanelPerson:
    """A person before the notebook's experiment."""
    return PanelPerson(qtbot, LINE)


def picture(person: PanelPerson, name: str = "formula") -> FormulaPicture:
    return person.find(f"{name}_picture", FormulaPicture)


def typeset(person: PanelPerson, name: str = "formula") -> str:
    """Return the text of the formula that is shown as in a textbook."""
    return picture(person, name).formula.text


def top_of(widget: QWidget) -> int:
    return widget.mapToGlobal(widget.rect().topLeft()).y()


def bottom_of(widget: QWidget) -> int:
    return top_of(widget) + widget.height()


# -- which controls there are ----------------------------------------------------------------


@pytest.mark.parametrize("experiment", [LINE, SINE, NETWORK], ids=["line", "sine", "network"])
def test_what_applies_is_shown_and_nothing_else(qtbot, experiment):
    person = PanelPerson(qtbot, experiment)
    for name, effective in applies(experiment).items():
        if name != "true":
            assert person.sees(name) is effective, name
    for name in ("formula", "truth_formula", "loss_formula"):
        assert person.sees(f"{name}_picture") is person.sees(name)


def test_the_groups_stand_in_their_order(person):
    names = ("preset", "model_group", "initial_group", "data_group", "training_group")
    tops = [top_of(person.find(name)) for name in names]
    assert tops == sorted(tops)


def test_every_declared_setting_that_one_control_can_edit_has_one(person):
    for _, group in LINE.groups():
        for name, setting in settings_of(group).items():
            if name in ("starts", "true", "points"):  # tables of their own
                continue
            control = person.find("sample_loss" if name == "loss" else name)
            assert control.accessibleName() == setting.label
            assert setting.help in control.toolTip()


def test_a_small_network_is_set_up(person):
    person.choose("kind", ModelKind.NETWORK.label)
    assert not person.sees("formula")
    assert not person.sees("formula_picture")
    person.enter("layers", "2")
    person.enter("units", "8")
    person.choose("activation", Activation.RELU.value)
    model = person.experiment.model
    assert (model.layers, model.units, model.activation) == (2, 8, Activation.RELU)
    assert len(person.experiment.parameters) == 97
    person.enter("units", "33")
    assert person.read("units_problem").startswith("Units must be a whole number from 1 to 32")
    assert person.experiment.model.units == 8


def test_the_loss_is_chosen_or_written(person):
    person.choose("sample_loss", Loss.HUBER.label)
    person.enter("huber_delta", "0.5")
    assert person.experiment.model.huber_delta == 0.5
    person.find("sample_loss", QComboBox).setFocus()
    person.choose("sample_loss", Loss.FORMULA.label)
    person.enter("loss_formula", "abs(y - yhat)**1.5")
    assert person.experiment.model.loss_formula == "abs(y - yhat)**1.5"
    assert typeset(person, "loss_formula") == "abs(y - yhat)**1.5"
    person.enter("loss_formula", "abs(y - z)")
    assert person.read("loss_formula_problem").endswith(".")
    assert person.experiment.model.loss_formula == "abs(y - yhat)**1.5"
    assert typeset(person, "loss_formula") == "abs(y - yhat)**1.5"


# -- the formula -----------------------------------------------------------------------------


def test_a_formula_is_typeset_as_one_types_and_counts_with_enter(person):
    seen: list[str] = []
    person.find("formula", FormulaEdit).textEdited.connect(lambda _: seen.append(typeset(person)))
    person.type("formula", "a*x**2")
    assert seen == ["m*x + c", "a", "a", "a*x", "a*x", "a*x", "a*x**2"]
    assert person.experiment == LINE
    person.press(Qt.Key.Key_Return)
    assert person.experiment == LINE.with_value("formula", "a*x**2")
    assert person.asked == ["ŷ"]


def test_what_is_no_formula_stays_marked_and_the_last_good_one_in_force(person):
    person.enter("formula", "a*x + foo(c)")
    assert person.read("formula_problem").startswith("“foo” is no function")
    assert person.sees("formula_problem")
    assert person.read("formula") == "a*x + foo(c)"
    assert person.find("formula").property("invalid") is True
    assert person.experiment == LINE
    assert typeset(person) == "m*x + c"
    assert not person.panel.commit()
    person.enter("epochs", "50")
    assert person.read("formula") == "a*x + foo(c)"
    person.find("formula").setFocus()
    person.press(Qt.Key.Key_Escape)
    assert person.read("formula") == "m*x + c"
    assert not person.sees("formula_problem")
    assert person.panel.commit()


def test_discarding_brings_the_formula_back(person):
    person.enter("formula", "a*x + ")
    person.panel.discard_typing()
    assert person.read("formula") == "m*x + c"
    assert not person.sees("formula_problem")


def test_a_formula_without_parameters_is_refused_with_a_reason(person):
    person.enter("formula", "sin(x)")
    assert person.read("formula_problem").endswith(".")
    assert person.experiment == LINE


def test_the_picture_is_directly_below_the_field_and_the_sentence_between_them(person):
    field = person.find("formula")
    person.settle()
    assert 0 <= top_of(picture(person)) - bottom_of(field) < 15
    person.enter("formula", "a*x + foo(c)")
    problem = person.find("formula_problem", QLabel)
    person.wait(lambda: problem.height() >= problem.heightForWidth(problem.width()) > 5)
    person.settle()
    assert 0 <= top_of(problem) - bottom_of(field) < 15
    assert 0 <= top_of(picture(person)) - bottom_of(problem) < 15


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_theme_reaches_the_picture_and_the_mark(person, qapp, name):
    theme = load_theme(name)
    apply_theme(qapp, theme)
    person.panel.set_theme(theme)
    person.enter("formula", "foo(x)")
    person.settle()
    for widget, colour in (
        (picture(person), theme.text),
        (person.find("formula"), theme.negative),
    ):
        shown = widget.grab().toImage()
        places = ((x, y) for x in range(shown.width()) for y in range(shown.height()))
        assert any(shown.pixelColor(*place) == colour for place in places)


# -- parts of the formula --------------------------------------------------------------------


def hover(person: PanelPerson, text: str) -> None:
    """Point at a part of the model's formula."""
    shown = picture(person)
    start = shown.formula.text.index(text)
    part = next(
        each
        for each in shown.formula.root.walk()
        if (each.start, each.end) == (start, start + len(text))
    )
    QApplication.processEvents()
    person.qtbot.mouseMove(shown, shown.areas(part)[0].center().toPoint())


def leave(person: PanelPerson) -> None:
    """Point at nothing that is a part."""
    shown = picture(person)
    person.qtbot.mouseMove(shown, QPoint(shown.width() - 2, 2))


def test_a_part_that_is_pointed_at_is_told_by_its_place(qtbot):
    person = PanelPerson(qtbot, SINE)
    told = QSignalSpy(person.panel.part_hovered)
    hover(person, "d")
    assert told.at(told.count() - 1) == [(12, 13)]
    leave(person)
    assert told.at(told.count() - 1) == [None]


def test_parts_of_a_formula_that_is_half_typed_are_not_told(person):
    person.type("formula", "a*x")
    told = QSignalSpy(person.panel.part_hovered)
    hover(person, "a*x")
    leave(person)
    assert told.count() == 0
    person.find("formula").setFocus()
    person.press(Qt.Key.Key_Return)
    hover(person, "a*x")
    assert told.at(0) == [(0, 3)]


def test_parts_are_lit_only_in_the_formula_in_force(person):
    person.settle()
    plain = picture(person).grab().toImage()
    person.panel.light_parts([(0, 3)])
    lit = picture(person).grab().toImage()
    assert lit != plain
    person.type("formula", "a*b")
    other = picture(person).grab().toImage()
    person.panel.light_parts([])
    assert picture(person).grab().toImage() == other
    person.panel.light_parts([(0, 3)])
    assert picture(person).grab().toImage() == other
    person.find("formula").setFocus()
    person.press(Qt.Key.Key_Escape)
    person.settle()
    assert picture(person).grab().toImage() == lit
    person.panel.light_parts([])
    assert picture(person).grab().toImage() == plain


# -- true values -----------------------------------------------------------------------------


def true_fields(person: PanelPerson) -> list[str]:
    """Return which true values can be seen."""
    QApplication.processEvents()
    fields = person.panel.findChildren(QLineEdit)
    return [
        each.objectName()
        for each in fields
        if each.objectName().startswith("true.") and each.isVisible()
    ]


def test_there_is_a_field_for_each_parameter_of_the_true_curve(person):
    assert true_fields(person) == ["true.m", "true.c"]
    person.enter("true.m", "-3.5")
    assert person.experiment == LINE.with_value("true.m", -3.5)
    assert person.asked == ["True m"]
    person.enter("formula", "a*sin(b*x + c)")
    assert true_fields(person) == ["true.a", "true.b", "true.c"]
    assert person.read("true.c") == "-9"
    assert person.read("true.a") == "1"
    person.choose("truth", Truth.OTHER.label)
    assert true_fields(person) == []
    person.enter("truth_formula", "k*exp(-x)")
    assert true_fields(person) == ["true.k"]


def test_a_wrong_true_value_is_refused_with_a_sentence(person):
    person.enter("true.c", "much")
    assert person.read("true.c_problem").startswith("True c must be a number from")
    assert person.sees("true.c_problem")
    assert not person.sees("true.m_problem")
    assert person.experiment == LINE
    assert not person.panel.commit()
    person.enter("epochs", "9")
    assert person.read("true.c") == "much"
    person.enter("true.m", "3")
    assert person.read("true.c") == "much"
    person.find("true.c").setFocus()
    person.press(Qt.Key.Key_Escape)
    assert person.read("true.c") == "-9"
    assert not person.sees("true.c_problem")


def test_a_wrong_true_value_of_a_curve_that_is_gone_is_not_complained_of(person):
    person.enter("true.c", "much")
    person.enter("formula", "a*x")
    assert person.panel.commit()


def test_forty_long_names_have_room(qtbot):
    names = [f"a_rather_long_name_{number:02}" for number in range(40)]
    person = PanelPerson(qtbot, LINE.with_value("formula", " + ".join(names) + " + x"))
    assert len(true_fields(person)) == 40
    field = person.find(f"true.{names[-1]}")
    assert field.width() > 60
    assert field.mapTo(person.panel.widget(), field.rect().topRight()).x() < 300


# -- own points ------------------------------------------------------------------------------


def test_own_points_begin_with_the_present_samples(person):
    person.enter("noise", "2")
    before = make_samples(person.experiment.data, person.experiment.model).all
    person.choose("source", DataSource.POINTS.label)
    data = person.experiment.data
    assert data.source is DataSource.POINTS
    assert np.array_equal(data.points.x, before.x)
    assert np.array_equal(data.points.y, before.y)
    assert person.read("own_points") == "41 own points, x from −20 to 20"
    assert person.asked[-1] == "Data from"
    assert true_fields(person) == []
    assert not person.sees("new_data")
    assert person.sees("import_table")
    person.choose("source", DataSource.RECIPE.label)
    assert not person.sees("own_points")
    assert person.sees("new_data")


def test_own_points_that_are_there_stay(qtbot):
    points = Points([1.23456789], [2.0])
    person = PanelPerson(qtbot, LINE.with_value("points", points))
    person.choose("source", DataSource.POINTS.label)
    assert person.experiment.data.points is points
    assert person.read("own_points") == "1 own point, at x = 1.23457"


def test_samples_that_are_no_numbers_cannot_become_points(qtbot):
    person = PanelPerson(qtbot, LINE.with_value("formula", "a*log(x)"))
    person.choose("source", DataSource.POINTS.label)
    assert person.read("source_problem").startswith("Points must be finite")
    assert person.sees("source_problem")
    assert person.find("source", QComboBox).currentData() is DataSource.RECIPE
    person.enter("x_from", "1")
    assert not person.sees("source_problem")
    person.choose("source", DataSource.POINTS.label)
    assert person.read("own_points") == "41 own points, x from 1 to 20"


def test_a_table_is_asked_for(person):
    asked = QSignalSpy(person.panel.import_asked)
    person.click("import_table")
    assert asked.count() == 1


# -- new data --------------------------------------------------------------------------------


def test_new_data_of_a_line_are_those_of_the_notebook(person):
    for _ in range(5):
        person.click("new_data")
        slope, intercept = (person.experiment.value(f"true.{name}") for name in "mc")
        assert slope in range(-10, 11)
        assert intercept in range(-20, 21)
    assert set(person.asked) == {"New data"}


def test_new_data_of_another_curve_have_other_true_values_and_other_noise(qtbot):
    person = PanelPerson(qtbot, SINE)
    person.click("new_data")
    assert person.experiment.data.noise_seed == 0
    person.choose("noise_kind", NoiseKind.UNIFORM.label)
    person.enter("noise", "0.5")
    drawn = set()
    for _ in range(8):
        person.click("new_data")
        values = [person.experiment.value(f"true.{name}") for name in "abd"]
        assert all(0 < abs(each) <= 3 and round(each, 2) == each for each in values)
        assert [float(person.read(f"true.{name}")) for name in "abd"] == values
        drawn.add((*values, person.experiment.data.noise_seed))
    assert len({each[:3] for each in drawn}) == 8
    assert len({each[3] for each in drawn}) > 4


def test_new_data_are_numbers(qtbot):
    positive = LINE.with_value("x_from", 1.0).with_value("formula", "a*log(b*x)")
    person = PanelPerson(qtbot, positive)
    for _ in range(6):
        person.click("new_data")
        assert person.experiment.value("true.b") > 0


def test_without_anything_to_draw_there_is_no_button_for_it(qtbot):
    person = PanelPerson(qtbot, NETWORK)
    assert not person.sees("new_data")
    person.choose("spacing", Spacing.RANDOM.label)
    person.click("new_data")
    assert person.asked[-1] == "New data"


# -- layout ----------------------------------------------------------------------------------


@pytest.mark.parametrize("experiment", [LINE, SINE, NETWORK], ids=["line", "sine", "network"])
def test_nothing_is_wider_than_the_panel_or_squeezed(qtbot, experiment):
    person = PanelPerson(qtbot, experiment)
    person.panel.resize_to_text()
    person.panel.resize(person.panel.minimumWidth(), 1400)
    person.settle()
    assert person.panel.width() < 300
    right = person.panel.viewport().width()
    for each in person.panel.findChildren(QWidget):
        if each.isVisible() and isinstance(each, QLineEdit | QComboBox | QLabel):
            end = each.mapTo(person.panel.viewport(), each.rect().topRight()).x()
            assert end < right, each.objectName()
        if each.isVisible() and isinstance(each, QComboBox):
            assert each.width() >= each.minimumSizeHint().width(), each.objectName()


def test_a_problem_moves_nothing_sideways(person):
    person.settle()
    form = person.find("model_group").layout()
    assert isinstance(form, QFormLayout)
    before = [person.find(name).geometry().left() for name in ("formula", "kind", "reduction")]
    person.enter("formula", "foo(x)")
    person.settle()
    after = [person.find(name).geometry().left() for name in ("formula", "kind", "reduction")]
    assert after == before
