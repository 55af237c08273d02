"""The experiment panel: its controls, what they take, what they refuse."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit

from app.controls.formula_edit import FormulaEdit
from app.controls.number_edit import NumberEdit
from app.study.experiment import Experiment
from app.study.hyperparameters import Optimizer, UpdateRule
from app.study.presets import presets
from app.study.setting import Choice, Flag, Number, Text, settings_of
from app.study.start import Source
from tests.ui.panels import PanelPerson
from tests.ui.person import Person, drawn

KINDS = {Number: NumberEdit, Choice: QComboBox, Flag: QCheckBox, Text: FormulaEdit}
SETTINGS = {
    name: setting
    for _, group in Experiment().groups()
    for name, setting in settings_of(group).items()
    if type(setting) in KINDS
}
CALLED = {"loss": "sample_loss"}
NUMBERS = [name for name, setting in SETTINGS.items() if isinstance(setting, Number)]


def shown(person: Person) -> Experiment:
    """Return the experiment that the panel shows."""
    panel = person.panel if isinstance(person, PanelPerson) else person.window.panel
    return panel.experiment


@pytest.fixture
def reader(qtbot) -> PanelPerson:
    """A person before a panel by itself."""
    return PanelPerson(qtbot, Experiment())


def test_every_setting_has_a_control_that_says_what_it_is(reader):
    for name, setting in SETTINGS.items():
        control = reader.find(CALLED.get(name, name), KINDS[type(setting)])
        assert control.accessibleName() == setting.label
        assert setting.help in control.accessibleDescription()
        assert setting.help in control.toolTip()
        if isinstance(setting, Number):
            assert setting.allowed[1:] in control.toolTip()


def test_every_control_has_a_label_that_leads_to_it(reader):
    labels = reader.panel.findChildren(QLabel)
    for name, setting in SETTINGS.items():
        control = reader.find(CALLED.get(name, name))
        own = [label.text() for label in labels if label.buddy() is control]
        assert own == ([] if isinstance(control, QCheckBox) else [setting.label])
        if isinstance(control, QCheckBox):
            assert control.text() == setting.label


def test_every_number_is_shown_so_that_it_reads_back_exactly(reader):
    for name in NUMBERS:
        text = reader.find(name, QLineEdit).text()
        assert SETTINGS[name].parse(text) == Experiment().value(name)


# -- what was typed wrong --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("learning_rate", "much"),
        ("learning_rate", ""),
        ("learning_rate", "0"),
        ("learning_rate", "-0.1"),
        ("learning_rate", "nan"),
        ("learning_rate", "inf"),
        ("samples", "2.5"),
        ("samples", "0"),
        ("samples", "100001"),
        ("epochs", "1e9"),
        ("noise", "-1"),
    ],
)
def test_what_cannot_be_is_marked_with_a_sentence_and_esc_restores(reader, name, text):
    before = reader.read(name)
    reader.enter(name, text)
    problem = reader.read(f"{name}_problem")
    assert reader.sees(f"{name}_problem")
    assert problem.startswith(SETTINGS[name].label)
    assert problem.endswith(".")
    assert reader.find(name).property("invalid") is True
    assert reader.read(name) == text
    assert shown(reader) == Experiment()
    reader.press(Qt.Key.Key_Escape)
    assert reader.read(name) == before
    assert not reader.sees(f"{name}_problem")
    assert reader.find(name).property("invalid") is False


def test_the_sentence_stands_below_its_field(reader):
    reader.enter("learning_rate", "much")
    reader.wait(lambda: reader.find("learning_rate_problem").height() > 5)
    field, problem = (
        reader.find(name).mapToGlobal(reader.find(name).rect().topLeft())
        for name in ("learning_rate", "learning_rate_problem")
    )
    below = problem.y() - (field.y() + reader.find("learning_rate").height())
    assert 0 <= below < 15


def test_the_mark_goes_as_soon_as_the_text_is_right(reader):
    reader.enter("learning_rate", "0")
    assert reader.sees("learning_rate_problem")
    reader.qtbot.keyClicks(reader.find("learning_rate"), ".02")
    assert not reader.sees("learning_rate_problem")
    assert shown(reader).training.learning_rate == 0.001
    reader.press(Qt.Key.Key_Return)
    assert shown(reader).training.learning_rate == 0.02


def test_nothing_is_said_while_a_number_is_not_typed_to_its_end(reader):
    reader.type("learning_rate", "1e-")
    assert not reader.sees("learning_rate_problem")
    assert reader.find("learning_rate", NumberEdit).problem == ""


@pytest.mark.parametrize("way", ["tab", "click elsewhere"])
def test_leaving_a_field_takes_what_was_typed(reader, way):
    reader.type("epochs", "1,500")
    if way == "tab":
        reader.press(Qt.Key.Key_Tab)
    else:
        reader.click("samples")
    assert shown(reader).training.epochs == 1500
    assert reader.read("epochs") == "1500"


@pytest.mark.parametrize(("name", "text"), [("x_from", "30"), ("x_to", "-25"), ("x_to", "-20")])
def test_an_empty_range_of_x_is_refused_with_a_reason(person, name, text):
    before = person.read(name)
    person.enter(name, text)
    assert "x from" in person.read(f"{name}_problem")
    assert shown(person) == Experiment()
    person.click("play")
    assert person.window.session.running is False
    person.find(name).setFocus()
    person.press(Qt.Key.Key_Escape)
    assert person.read(name) == before
    assert not person.sees(f"{name}_problem")


# -- keys ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "key", "after"),
    [
        ("learning_rate", Qt.Key.Key_Up, "0.002"),
        ("epochs", Qt.Key.Key_Down, "1999"),
        ("epochs", Qt.Key.Key_Up, "2001"),
        ("true.m", Qt.Key.Key_Up, "3"),
        ("noise", Qt.Key.Key_Down, "0"),  # is the least already
        ("clip_bound", Qt.Key.Key_Down, "1"),  # 0 is excluded
    ],
)
def test_arrow_keys_step_the_last_digit_within_what_is_allowed(reader, name, key, after):
    reader.click(name)
    reader.press(key)
    assert reader.read(name) == after
    assert float(shown(reader).value(name)) == float(after)
    assert not reader.sees(f"{name}_problem")


# -- what applies ----------------------------------------------------------------------------


def test_only_what_applies_is_shown(reader):
    assert not reader.sees("noise_seed")
    assert not reader.sees("seed")
    assert not reader.sees("start_low")
    assert reader.sees("clip_bound")
    reader.enter("noise", "0.5")
    assert reader.sees("noise_seed")
    reader.choose("start_source", Source.UNIFORM.label)
    assert reader.sees("seed")
    assert reader.sees("start_low")
    assert not reader.sees("start_mean")
    reader.click("clipping")
    assert not reader.sees("clip_bound")


def test_a_choice_is_taken(person):
    person.choose("update_rule", UpdateRule.ONCE_PER_PARAMETER.label)
    assert shown(person).training.update_rule is UpdateRule.ONCE_PER_PARAMETER
    assert person.window.session.experiment == shown(person)


def test_a_letter_in_a_focused_list_chooses_and_is_no_command(person):
    person.click("step")
    person.wait(lambda: person.epoch == 1)
    person.find("optimizer").setFocus()
    person.press(Qt.Key.Key_R)
    assert person.find("optimizer", QComboBox).currentData() is Optimizer.RMSPROP
    assert person.epoch == 1


# -- presets and new data --------------------------------------------------------------------


def test_a_preset_shows_its_settings_and_what_to_look_for(reader):
    chosen = []
    reader.panel.preset_chosen.connect(chosen.append)
    reader.panel.preset_chosen.connect(
        lambda preset: reader.panel.show_experiment(preset.experiment)
    )
    for preset in presets():
        reader.choose("preset", preset.title)
        assert chosen[-1] is preset
        assert reader.read("about") == preset.about
        assert reader.find("preset", QComboBox).currentText() == preset.title
        for name in NUMBERS:
            assert float(reader.read(name)) == preset.experiment.value(name)


def test_a_preset_is_opened(person):
    person.choose("preset", "Noisy line")
    person.wait(lambda: person.epoch == 0)
    wanted = next(each.experiment for each in presets() if each.title == "Noisy line")
    assert shown(person) == person.window.session.experiment == wanted


def test_the_title_names_what_is_open(person):
    assert "notebook" in person.window.windowTitle()
    person.choose("preset", "Noisy line")
    assert "Noisy line" in person.window.windowTitle()


def test_own_settings_are_no_preset_and_the_old_ones_are_again(person):
    person.enter("learning_rate", "0.002")
    assert person.find("preset", QComboBox).currentIndex() == -1
    assert "own settings" in person.read("about")
    person.enter("learning_rate", "0.001")
    assert person.find("preset", QComboBox).currentText() == "The notebook"


def test_new_data_draws_whole_numbers_and_shows_them(person):
    lines = set()
    for _ in range(12):
        person.click("new_data")
        slope, intercept = (shown(person).value(f"true.{name}") for name in "mc")
        assert slope in range(-10, 11)
        assert intercept in range(-20, 21)
        lines.add((slope, intercept))
    assert len(lines) > 3
    person.wait(lambda: person.epoch == 0)
    x, y = drawn(person.window.fit_view.plot, "data")
    assert list(y) == list(slope * x + intercept)
    assert person.read("true.m") == f"{slope:g}"


# -- changes after training ------------------------------------------------------------------


@pytest.fixture
def trained(person) -> Person:
    person.train(3)
    return person


def change_slope(person: Person) -> None:
    person.enter("true.m", "5")


def test_changing_data_after_training_asks_first(trained):
    change_slope(trained)
    assert "True m" in trained.read("notice_text")
    assert trained.epoch == 3
    assert trained.window.session.experiment == Experiment()


def test_start_anew_begins_a_run_with_the_new_data(trained):
    change_slope(trained)
    trained.click("answer_start_anew")
    trained.wait(lambda: trained.epoch == 0)
    assert trained.window.session.experiment.value("true.m") == 5
    assert not trained.window.notice.asks
    _, y = drawn(trained.window.fit_view.plot, "data")
    assert y[-1] == 5 * 20 - 9
    trained.train(2)


def test_keep_this_run_takes_the_change_back(trained):
    change_slope(trained)
    trained.click("answer_keep_this_run")
    assert trained.read("true.m") == "2"
    assert trained.epoch == 3
    assert not trained.window.notice.asks
    trained.train(1)
    assert trained.epoch == 4


def test_play_does_nothing_before_the_question_is_answered(trained):
    change_slope(trained)
    trained.click("play")
    trained.click("step")
    assert trained.sees("answer_start_anew")
    assert trained.window.session.running is False
    trained.click("answer_keep_this_run")
    trained.click("step")
    trained.wait(lambda: trained.epoch == 4)


def test_reset_answers_that_a_new_run_shall_start(trained):
    change_slope(trained)
    trained.click("reset")
    trained.wait(lambda: trained.epoch == 0)
    assert trained.window.session.experiment.value("true.m") == 5


@pytest.mark.parametrize("meanwhile", ["save", "wrong field", "missing file"])
def test_the_question_comes_back_when_something_else_was_said_meanwhile(
    trained, tmp_path, meanwhile
):
    change_slope(trained)
    if meanwhile == "save":
        trained.window.files.save_file(tmp_path / "saved.chainrule", shown(trained))
    elif meanwhile == "missing file":
        trained.window.files.open_file(tmp_path / "missing.chainrule")
    else:
        trained.enter("learning_rate", "much")
        trained.click("play")
        trained.find("learning_rate").setFocus()
        trained.press(Qt.Key.Key_Escape)
    trained.click("play")
    assert trained.sees("answer_start_anew")


@pytest.mark.parametrize("what", ["preset", "new data", "random start"])
def test_other_ways_to_lose_a_run_ask_as_well(trained, what):
    if what == "preset":
        trained.choose("preset", "Noisy line")
    elif what == "new data":
        trained.click("new_data")
        if not trained.window.notice.asks:  # the same line was drawn, one time in 861
            trained.click("new_data")
    else:
        trained.choose("start_source", Source.NORMAL.label)
    assert trained.sees("answer_start_anew")
    trained.click("answer_keep_this_run")
    assert shown(trained) == Experiment()
    assert trained.find("preset", QComboBox).currentText() == "The notebook"


@pytest.mark.parametrize(("name", "text"), [("learning_rate", "0.01"), ("epochs", "9")])
def test_training_settings_apply_without_a_question(trained, name, text):
    trained.enter(name, text)
    assert not trained.window.notice.asks
    assert trained.epoch == 3
    assert trained.window.session.experiment.value(name) == float(text)


def test_nothing_jumps_sideways_when_a_problem_is_said(reader):
    panel = reader.panel
    before = panel.width()
    reader.enter("learning_rate", "much")
    reader.wait(lambda: reader.find("learning_rate_problem").height() > 5)
    assert panel.width() == before
