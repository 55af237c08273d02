"""Building the notebook's loss and its backward pass: this engine beside others.

Usage: python -m tests.benchmarks.engine [--notebook FILE]

With the text of the notebook (cells that begin with "In [n]:"), its own cells 1 to 7 are
measured too.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograd import Tensor
from tests.benchmarks.timing import medians, print_table

X = list(range(-20, 21))
Y = [2 * x - 9 for x in X]


def tensor_loss(tensor: Any) -> Callable[[], object]:
    """Return a function that builds the loss with a Tensor class and runs its backward pass."""
    m = tensor.scalar(0.764340511813275, require_grad=True)
    c = tensor.scalar(0.2950141610814745, require_grad=True)

    def build_and_differentiate() -> None:
        loss = 0
        for x, y in zip(X, Y, strict=True):
            loss += (tensor.scalar(y) - ((m * tensor.scalar(x)) + c)) ** 2
        loss /= len(X)
        loss.zero_grad()
        loss.grad = 1
        loss.backward()

    return build_and_differentiate


def micrograd_loss() -> Callable[[], object]:
    """Return the same with micrograd."""
    from micrograd.engine import Value

    m, c = Value(0.764340511813275), Value(0.2950141610814745)

    def build_and_differentiate() -> None:
        loss = Value(0)
        for x, y in zip(X, Y, strict=True):
            loss += (Value(y) - ((m * Value(x)) + c)) ** 2
        loss = loss / len(X)
        m.grad = c.grad = 0
        loss.backward()

    return build_and_differentiate


def notebook_tensor(text: str) -> Any:
    """Return the class Tensor that a notebook's first seven cells define."""
    cells = re.split(r"^In \[\d+\]:\n", text, flags=re.MULTILINE)
    names: dict[str, Any] = {}
    for cell in cells[1:8]:
        exec(cell, names)  # noqa: S102  the notebook that was named on the command line
    return names["Tensor"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notebook", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    functions = {"chainrule": tensor_loss(Tensor), "micrograd 0.1.0": micrograd_loss()}
    if options.notebook:
        text = options.notebook.read_text(encoding="utf-8")
        functions["the notebook"] = tensor_loss(notebook_tensor(text))
    print_table(
        "building the notebook's loss (41 samples, 333 nodes) + backward",
        medians(functions, options.rounds, calls=500),
        1e-6,
        "µs",
    )


if __name__ == "__main__":
    main()
