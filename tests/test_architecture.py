"""The rules about the code itself: what may import what, what loads when, how long files are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted([*(ROOT / "app").rglob("*.py"), *(ROOT / "autograd").rglob("*.py")])
LONGEST = 420
"""Lines that a file may have."""


def python(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in another process, from the checkout."""
    return subprocess.run(  # noqa: S603  it is our own code
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_imports_go_the_ways_that_are_allowed():
    done = python(
        "import sys; from importlinter.cli import lint_imports\n"
        "sys.exit(lint_imports(no_cache=True))"
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("app.main_window", ("numpy", "pyqtgraph")),
        ("app.__main__", ("numpy", "pyqtgraph", "PySide6")),
        ("app.study.experiment", ("PySide6", "pyqtgraph")),
        ("autograd", ("PySide6", "pyqtgraph")),
    ],
)
def test_a_module_loads_no_library_that_it_could_do_without(module, unwanted):
    done = python(f"import sys, {module}; print(*(set(sys.modules) & set({unwanted!r})))")
    assert (done.returncode, done.stderr, done.stdout.strip()) == (0, "", "")


def test_what_is_loaded_in_the_background_exists():
    done = python(
        "import importlib; from app.main_window import HEAVY_MODULES\n"
        "for name in HEAVY_MODULES: importlib.import_module(name)"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_no_file_is_too_long():
    lengths = {str(path.relative_to(ROOT)): count_lines(path) for path in SOURCES}
    assert len(lengths) > 30
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def count_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_every_file_says_what_it_is_for():
    assert [str(path) for path in SOURCES if not path.read_text("utf-8").startswith('"""')] == []
