"""Importing a table of a million rows: finding its layout, and reading two of its columns.

Usage: python -m tests.benchmarks.table [--rows N] [--rounds N]
"""

from __future__ import annotations

import argparse
from functools import partial

import numpy as np

from app.study.table.decoding import decode
from app.study.table.table import Table
from tests.benchmarks.timing import medians, print_table


def texts(rows: int) -> dict[str, str]:
    """Return the same numbers, with all their digits, as tables of several layouts."""
    numbers = np.random.default_rng(1).normal(size=(rows, 2)).tolist()
    comma = "x,y\n" + "\n".join(f"{x!r},{y!r}" for x, y in numbers)
    quoted = "\n".join(f'"{x!r}","{y!r}"' for x, y in numbers)
    lines = comma.splitlines()
    lines[500::500] = ["0.5,abc"] * len(lines[500::500])
    return {
        "comma": comma,
        "semicolon, decimal comma": comma.replace(",", ";").replace(".", ","),
        "spaces": comma.replace(",", "  "),
        "every number quoted": quoted,
        "a wrong row in 500": "\n".join(lines),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    tables = {name: Table(text) for name, text in texts(options.rows).items()}
    content = tables["comma"].text.encode()
    print(f"{options.rows:,} rows, {len(content) / 1e6:.0f} MB")
    opening = {
        "decoding": partial(decode, content),
        "finding the layout": partial(Table, tables["comma"].text),
    }
    reading = {name: partial(table.choose, 0, 1) for name, table in tables.items()}
    print_table("before it is read", medians(opening, options.rounds), 1e-3, "ms")
    print_table("reading two columns", medians(reading, options.rounds), 1.0, "s")


if __name__ == "__main__":
    main()
