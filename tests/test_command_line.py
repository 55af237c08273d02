"""The command line, as a person runs it: another process, its exit status, what it prints."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from app import __version__
from app.__main__ import main
from app.display import DEBIAN_PACKAGES, explain_missing_library
from app.study.experiment import Experiment
from app.study.presets import Preset, presets, write_experiment
from app.theme import load_theme

ROOT = Path(__file__).parent.parent
SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line without a screen, unless the environment names one."""
    inherited = {name: value for name, value in os.environ.items() if name not in SCREENS}
    return subprocess.run(  # noqa: S603  it is our own program
        [sys.executable, "-m", "app", *map(str, arguments)],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def is_one_sentence(text: str) -> bool:
    """Whether a text is a single line with a single full stop, at its end."""
    line = text.strip()
    return "\n" not in line and line.endswith(".") and ". " not in line


def test_version_is_printed():
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"chainrule {__version__}\n")


@pytest.mark.parametrize("command", [(), ("render",)])
def test_help_says_what_can_be_given(command):
    done = run(*command, "--help")
    assert done.returncode == 0
    wanted = ("--epochs", "--size", "--theme", "--preset") if command else ("notebook", "render")
    assert all(word in done.stdout for word in wanted)


# -- render ----------------------------------------------------------------------------------


def test_render_writes_a_picture_of_the_size_and_theme_asked_for(tmp_path):
    pictures = {}
    for theme in ("light", "dark"):
        path = tmp_path / f"{theme}.png"
        done = run("render", path, "--epochs", 30, "--size", "1000x640", "--theme", theme)
        assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
        pictures[theme] = QImage(str(path))
        assert pictures[theme].size().toTuple() == (1000, 640)
        colours = [pictures[theme].pixelColor(x, 630) for x in range(0, 1000, 5)]
        assert load_theme(theme).base in colours or load_theme(theme).window in colours
    assert pictures["light"] != pictures["dark"]


def test_render_trains_as_many_epochs_as_asked_always_alike_and_goes_to_a_step(tmp_path):
    pictures = []
    for name, options in (
        ("none", ("--epochs", 0)),
        ("some", ("--epochs", 5)),
        ("again", ("--epochs", 5)),
        ("step", ("--epochs", 5, "--step", 14)),
    ):
        path = tmp_path / f"{name}.png"
        done = run("render", path, "--size", "900x600", *options)
        assert (done.returncode, done.stderr) == (0, "")
        pictures.append(QImage(str(path)))
    none, some, again, step = pictures
    assert none != some
    assert some == again
    assert step not in (none, some)


@pytest.mark.parametrize(
    ("step", "said"), [("17", "The epoch has 16 steps: there is no step 17."), ("0", "“0” is no")]
)
def test_render_says_that_there_is_no_such_step(tmp_path, step, said):
    picture = tmp_path / "no.png"
    done = run("render", picture, "--epochs", 1, "--step", step)
    assert done.returncode != 0
    assert said in done.stderr
    assert not picture.exists()


def test_render_races_and_shows_the_runs_with_their_colours(tmp_path):
    picture = tmp_path / "race.png"
    options = ("--race", "--show", "runs", "--epochs", 20, "--size", "1280x800")
    done = run("render", picture, *options)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
    drawn = QImage(str(picture))
    colours = {
        drawn.pixel(x, y) for x in range(270, 330) for y in range(180, 420)
    }  # where the table has a swatch for every run
    theme = load_theme("light")
    wanted = [theme.loss, *theme.runs[2:6]]
    assert all(colour.rgb() in colours for colour in wanted)


def test_a_dock_that_is_not_there_cannot_be_shown(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["render", "never.png", "--show", "nothing"])
    assert ended.value.code == 2
    assert "landscape" in capsys.readouterr().err


def test_render_draws_a_saved_experiment(tmp_path):
    saved, picture = tmp_path / "mine.chainrule", tmp_path / "mine.png"
    write_experiment(saved, Experiment().with_value("samples", 3), "Mine")
    done = run("render", picture, "--preset", saved, "--epochs", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert QImage(str(picture)).size().toTuple() == (1440, 900)


def test_render_draws_a_run_that_diverges(tmp_path):
    picture = tmp_path / "diverged.png"
    done = run("render", picture, "--preset", "diverging", "--size", "900x600")
    assert (done.returncode, done.stderr) == (0, "")
    assert not QImage(str(picture)).isNull()


@pytest.mark.parametrize("size", [(640, 400), (850, 500)])
def test_a_picture_has_no_other_size_than_was_asked_for(tmp_path, size):
    picture = tmp_path / "small.png"
    done = run("render", picture, "--epochs", 0, "--size", "{}x{}".format(*size))
    assert done.returncode == 2 or QImage(str(picture)).size().toTuple() == size


def test_render_says_when_the_picture_cannot_be_written(tmp_path):
    path = tmp_path / "missing" / "picture.png"
    done = run("render", path, "--epochs", 0)
    assert done.returncode == 2
    assert is_one_sentence(done.stderr.replace(str(path), "PATH"))
    assert str(path) in done.stderr


@pytest.mark.parametrize(
    "option",
    [
        ("--size", "100x100"),
        ("--size", "wide"),
        ("--size", "900"),
        ("--size", "9000x900"),
        ("--epochs", "-1"),
        ("--epochs", "many"),
        ("--theme", "pink"),
    ],
)
def test_a_bad_option_of_render_is_refused(option, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["render", "never.png", *option])
    assert stopped.value.code == 2
    assert option[1] in capsys.readouterr().err
    assert not Path("never.png").exists()


def test_a_bad_size_ends_the_process_with_2(tmp_path):
    done = run("render", tmp_path / "never.png", "--size", "10x10")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


# -- what to open ----------------------------------------------------------------------------


@pytest.mark.parametrize("command", [(), ("render", "never.png", "--preset")])
def test_an_unknown_preset_is_refused_with_the_names_of_those_there_are(command, capsys):
    assert main([*command, "no-such-thing"]) == 2
    said = capsys.readouterr().err
    assert "no-such-thing" in said
    assert all(preset.key in said for preset in presets())
    assert "\n" not in said.strip()


def test_an_unknown_preset_ends_the_process_with_2():
    done = run("no-such-thing")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_file_that_holds_no_experiment_is_refused(tmp_path, capsys):
    path = tmp_path / "broken.chainrule"
    path.write_text("{", encoding="utf-8")
    assert main([str(path)]) == 2
    assert str(path) in capsys.readouterr().err


@pytest.fixture
def opened(monkeypatch) -> list[Preset]:
    """Collects what would be opened in a window."""
    seen: list[Preset] = []
    monkeypatch.setattr("app.display.missing_for_window", lambda: "")
    monkeypatch.setattr("app.launch.run_window", lambda preset: seen.append(preset) or 0)
    return seen


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (None, "notebook"),
        ("noisy-line", "noisy-line"),
        ("Once per parameter", "once-per-parameter"),
    ],
)
def test_a_preset_is_opened_by_key_or_title(opened, name, key):
    assert main([] if name is None else [name]) == 0
    assert [preset.key for preset in opened] == [key]


def test_a_saved_file_is_opened(opened, tmp_path):
    path, mine = tmp_path / "mine.chainrule", Experiment().with_value("true.m", 4.5)
    write_experiment(path, mine, "Mine")
    assert main([str(path)]) == 0
    assert [preset.experiment for preset in opened] == [mine]


RUN_AND_CLOSE = """
import sys
import app.launch
from app.main_window import MainWindow

class Closing(MainWindow):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.loaded.connect(self.look_and_close)

    def look_and_close(self):
        print(self.windowTitle())
        self.session.frame_arrived.connect(self.close)

app.launch.MainWindow = Closing
from app.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_window_opens_on_a_saved_file_and_ends_when_it_is_closed(tmp_path):
    path = tmp_path / "mine.chainrule"
    write_experiment(path, Experiment().with_value("samples", 7), "Mine of seven")
    done = subprocess.run(  # noqa: S603  it is our own program
        [sys.executable, "-c", RUN_AND_CLOSE, str(path)],
        cwd=ROOT,
        env=os.environ
        | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if "propagateSizeHints" not in line]
    assert (done.returncode, said) == (0, [])
    assert "Mine of seven" in done.stdout


# -- what the machine lacks ------------------------------------------------------------------

without_libraries = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux can lack a screen"
)


@without_libraries
@pytest.mark.parametrize("environment", [{}, {"DISPLAY": ":987"}], ids=["none", "no answer"])
def test_without_a_screen_one_sentence_says_so(environment):
    done = run(**environment)
    assert done.returncode == 2
    assert is_one_sentence(done.stderr)
    assert "screen" in done.stderr or "apt-get install" in done.stderr


def test_a_missing_library_is_explained_with_its_package():
    for library, package in DEBIAN_PACKAGES.items():
        said = explain_missing_library(
            f"{library}: cannot open shared object file: No such file or directory"
        )
        assert is_one_sentence(said)
        assert library in said
        assert f"apt-get install {package}”" in said


def test_a_missing_library_of_unknown_package_and_another_error_are_explained():
    said = explain_missing_library("libodd.so.3: cannot open shared object file: No such file")
    assert is_one_sentence(said)
    assert "libodd.so.3" in said
    assert "apt-get" not in said
    said = explain_missing_library("libQt6Gui.so.6: undefined symbol: foo")
    assert said.endswith("undefined symbol: foo.")
