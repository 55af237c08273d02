"""What the README says is what is run and what comes out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograd import Tensor, grad

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def test_ci_runs_the_readmes_test_command() -> None:
    (command,) = re.findall(r"## Test it\n\n```sh\n(.*)\n```", README)
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_the_example_gives_the_numbers_that_the_readme_names() -> None:
    example = EXAMPLES[0]
    names = {"Tensor": Tensor, "grad": grad}
    exec(example, names)  # noqa: S102  it is our own README
    first, second = re.findall(r"= (\d+\.\d+)$", example, flags=re.MULTILINE)
    assert names["x"].grad == pytest.approx(float(first), rel=1e-15)
    assert names["second"].data == pytest.approx(float(second), rel=1e-15)


def test_the_example_of_native_code_gives_the_numbers_that_the_readme_names() -> None:
    names = {"Tensor": Tensor}
    exec(EXAMPLES[1], names)  # noqa: S102  it is our own README
    assert repr(names["tape"]).startswith("Tape(6 shared + 6 × 41 samples, ")
    assert names["native"].evaluate([0.0, 0.0])[0] == pytest.approx(1521.0, rel=1e-12)
    assert names["run"].parameters[-1].tolist() == pytest.approx([2.0, -9.0], rel=1e-6)


def test_every_picture_that_the_readme_shows_is_there() -> None:
    pictures = re.findall(r"\]\((resources/[^)]*\.png)\)", README)
    assert len(pictures) == 3
    assert all((ROOT / picture).is_file() for picture in pictures)
