"""Experiments in files: those that come with the app, and one's own."""

import contextlib
import json

import pytest
from hypothesis import given

from app import RESOURCES
from app.study.experiment import HEADINGS, Experiment, check
from app.study.hyperparameters import Training, UpdateRule
from app.study.presets import (
    DEFAULT_PRESET,
    ExperimentFileError,
    Preset,
    find_preset,
    presets,
    read_preset,
    write_experiment,
)
from app.study.recipe import Data
from tests.study.strategies import EXAMPLES, experiments

KEYS = [
    "notebook", "once-per-parameter", "small-steps", "diverging", "clipping", "momentum",
    "ill-conditioned", "noisy-line", "mini-batches", "outliers", "kink", "power-law", "exploding",
    "local-minimum", "saturated", "tiny-network", "network", "overfitting", "weight-decay",
]  # fmt: skip


def problem(path, text=None):
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(ExperimentFileError) as caught:
        read_preset(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "mine.chainrule"


# -- the presets that come with the app ------------------------------------------------------


def test_the_presets_are_these_from_the_line_to_networks_and_the_notebook_comes_first():
    assert [preset.key for preset in presets()] == KEYS
    assert presets()[0].key == DEFAULT_PRESET
    assert [preset.order for preset in presets()] == list(range(1, len(KEYS) + 1))


def test_presets_without_a_place_come_last_by_their_names(tmp_path, monkeypatch):
    (tmp_path / "presets").mkdir()
    for name, order in {"d": 2, "c": 10, "b": "1", "a": None}.items():
        text = json.dumps({"order": order, "title": name})
        (tmp_path / "presets" / f"{name}.json").write_text(text)
    monkeypatch.setattr("app.study.presets.RESOURCES", tmp_path)
    assert [preset.key for preset in presets.__wrapped__()] == ["d", "c", "a", "b"]


@pytest.mark.parametrize("preset", presets(), ids=KEYS)
def test_every_preset_has_a_title_a_sentence_and_a_valid_experiment(preset):
    assert preset.title
    assert preset.title != preset.key
    assert 20 < len(preset.about) < 300
    assert preset.about.endswith(".")
    check(preset.experiment)


@pytest.mark.parametrize("preset", presets(), ids=KEYS)
def test_every_preset_is_read_back_unchanged_from_what_is_written(preset, file):
    write_experiment(file, preset.experiment, preset.title, preset.about)
    again = read_preset(file)
    assert (again.title, again.about) == (preset.title, preset.about)
    assert again.experiment == preset.experiment


@pytest.mark.parametrize("preset", presets(), ids=KEYS)
def test_a_presets_file_holds_nothing_but_what_differs_from_the_defaults(preset):
    text = (RESOURCES / "presets" / f"{preset.key}.json").read_text(encoding="utf-8")
    defaults = Experiment().to_dict()
    for group, settings in json.loads(text).items():
        if group not in HEADINGS:
            assert settings
            same = [name for name, value in settings.items() if value == defaults[group][name]]
            assert not same


def test_no_two_presets_have_the_same_title_or_experiment():
    assert len({preset.title for preset in presets()}) == len(KEYS)
    assert len({preset.experiment for preset in presets()}) == len(KEYS)


def test_the_notebook_preset_is_the_default_experiment():
    assert find_preset("notebook").experiment == Experiment()


def test_the_other_presets_are_what_their_names_say():
    rule = UpdateRule.ONCE_PER_PARAMETER
    textbook = Training(learning_rate=0.005, clipping=False, update_rule=rule)
    assert find_preset("once-per-parameter").experiment == Experiment(training=textbook)
    noisy = Data(true=(("m", 1.5), ("c", 4.0)), noise=8.0, noise_seed=1)
    assert find_preset("noisy-line").experiment == Experiment(noisy, training=textbook)
    too_large = Training(learning_rate=0.01, clipping=False, update_rule=rule)
    assert find_preset("diverging").experiment == Experiment(training=too_large)


# -- finding one -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["noisy-line", "Noisy line", "NOISY-LINE", "noisy LINE"])
def test_a_preset_is_found_by_key_or_title_in_any_case(name):
    assert find_preset(name).key == "noisy-line"


def test_a_file_is_found_by_its_name(file):
    experiment = Experiment(Data(true=(("m", 5.0),)))
    write_experiment(file, experiment, "Five")
    assert find_preset(str(file)) == Preset("mine", "Five", "", experiment)


def test_a_preset_comes_before_a_file_of_the_same_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebook").write_text("{}", encoding="utf-8")
    assert find_preset("notebook").title == "The notebook"


@pytest.mark.parametrize(
    "name",
    ["spiral", "no/such/file.chainrule", "a\0b", "x" * 5000],
    ids=["a word", "a path", "no name at all", "too long a name"],
)
def test_an_unknown_name_lists_the_presets(name):
    with pytest.raises(ExperimentFileError) as caught:
        find_preset(name)
    assert name in str(caught.value)
    assert all(key in str(caught.value) for key in KEYS)


# -- files -----------------------------------------------------------------------------------


def test_what_is_written_is_read_back(file):
    experiment = Experiment(Data(noise=0.1), training=Training(learning_rate=1e-7, clipping=False))
    write_experiment(file, experiment, "σ = 0.1", "Look at “c”.")
    assert read_preset(file) == Preset("mine", "σ = 0.1", "Look at “c”.", experiment)


@given(experiments())
@EXAMPLES
def test_every_experiment_is_read_back_from_its_file(tmp_path_factory, experiment):
    file = tmp_path_factory.getbasetemp() / "any.chainrule"
    write_experiment(file, experiment, "any")
    assert read_preset(file).experiment == experiment


def test_a_file_is_for_people_to_read_and_edit(file):
    write_experiment(file, Experiment(), "Größe")
    text = file.read_text(encoding="utf-8")
    assert "Größe" in text
    assert '\n    "learning_rate": 0.001,\n' in text
    assert text.endswith("}\n")
    assert json.loads(text)["training"]["update_rule"] == "once per use"


def test_a_file_needs_no_more_than_what_differs(file):
    file.write_text('{"data": {"true": {"m": 3}}}', encoding="utf-8")
    experiment = Experiment(Data(true=(("m", 3.0),)))
    assert read_preset(file) == Preset("mine", "mine", "", experiment)


def test_a_file_of_the_first_version_is_read_with_its_slope_and_start(file):
    text = '{"data": {"slope": 3, "intercept": 1}, "initial": {"source": "values", "m": 2, "c": 0}}'
    file.write_text(text, encoding="utf-8")
    experiment = read_preset(file).experiment
    assert experiment.data == Data(true=(("m", 3.0), ("c", 1.0)))
    assert experiment.initial_parameters() == (2.0, 0.0)


def test_a_missing_file_is_told(file):
    assert problem(file) == f"{file} could not be read: No such file or directory."


def test_a_folder_in_place_of_a_file_is_told(tmp_path):
    assert "could not be read: " in problem(tmp_path)


def test_a_file_that_may_not_be_read_is_told(file, monkeypatch):
    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(file), "read_text", refuse)
    assert problem(file) == f"{file} could not be read: Permission denied."


@pytest.mark.parametrize(
    "text",
    ["", "slope = 3", '{"data": {', "\ufeff{}", "[" * 100_000, "1" * 5000],
    ids=["empty", "another language", "cut off", "byte order mark", "too deep", "too many digits"],
)
def test_a_file_that_is_not_json_is_told(file, text):
    sentence = problem(file, text)
    assert "holds no experiment: it is not JSON" in sentence
    assert sentence.endswith("Choose a file that Chainrule saved.")


def test_bytes_that_are_no_text_are_told(file):
    file.write_bytes(b"\x89PNG\r\n\xff\xfe")
    assert "holds no experiment: it is not JSON" in problem(file)


@pytest.mark.parametrize("text", ["[]", "null", "3", '"notebook"', "true", "NaN"])
def test_json_that_is_no_object_is_told(file, text):
    assert "it must be an object with “data”, “initial” and “training”." in problem(file, text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"data": {"slope": "2"}}', "True m must be"),
        ('{"data": {"slope": NaN}}', "True m must be"),
        ('{"data": {"slope": Infinity}}', "True m must be"),
        ('{"data": {"slope": 1e999}}', "True m must be"),
        ('{"data": {"slope": 1' + "0" * 400 + "}}", "True m must be"),
        ('{"data": {"slope": ' + "[" * 400 + "]" * 400 + "}}", "True m must be"),
        ('{"data": {"true": {"m": "2"}}}', "True m must be"),
        ('{"data": {"true": {"c": NaN}}}', "True c must be"),
        ('{"data": {"points": {"x": [1], "y": [NaN]}}}', "Points must be finite"),
        ('{"initial": {"starts": {"m": {"low": Infinity}}}}', "Initial m: From must be"),
        (
            '{"model": {"formula": "m*x +"}}',
            "ŷ “m*x +”: After “+” a number, a name or “(” is missing.",
        ),
        ('{"data": []}', "“data” must be a table of settings."),
        ('{"data": {"colour": "red"}}', "“data” has no setting “colour”"),
        ('{"data": {"x_from": 20, "x_to": -20}}', "The range of x is empty"),
        ('{"training": {"update_rule": {}}}', "Update must be"),
    ],
)
def test_settings_that_are_wrong_are_told(file, text, sentence):
    assert f"{file} holds no valid experiment: {sentence}" in problem(file, text)


@pytest.mark.parametrize(
    "setting", ['{"title": %s}', '{"data": {"slope": %s}}', '{"data": {"true": {"m": %s}}}']
)
def test_nesting_of_any_depth_is_read_or_refused(file, setting):
    for depth in range(1, 1200, 7):
        file.write_text(setting % ("[" * depth + "]" * depth), encoding="utf-8")
        with contextlib.suppress(ExperimentFileError):
            read_preset(file)


@pytest.mark.parametrize("name", ["missing/mine.chainrule", "."])
def test_a_file_that_cannot_be_written_is_told(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(ExperimentFileError) as caught:
        write_experiment(path, Experiment(), "mine")
    assert str(caught.value).startswith(f"{path} could not be written: ")
    assert str(caught.value).endswith("Choose another place.")


def test_a_title_that_cannot_be_written_is_told_and_leaves_the_file_as_it_was(file):
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(ExperimentFileError, match="could not be written"):
        write_experiment(file, Experiment(), "half a character: \ud83d")
    assert file.read_text(encoding="utf-8") == "{}"
