"""Training an epoch: this engine beside other automatic differentiation, and beside C.

Usage: python -m tests.benchmarks.peers [--rounds N] [--only NAME …] [--markdown]

All candidates train the same models (:mod:`tests.benchmarks.peer_runs`), each in a process
of its own, one after another, round by round. A run has so many epochs that it takes long
enough to time; compiling is done before. What is not installed (pip install .[peers]) is
named as missing, and a candidate with other losses or parameters as wrong; neither is timed.
"""

from __future__ import annotations

import argparse
import datetime
import math
import os
import platform
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.benchmarks.peer_runs.problem import Line, Network, Problem
from tests.benchmarks.peer_runs.worker import UntimedError, Worker
from tests.benchmarks.timing import medians, print_table

PROBLEMS = (
    partial(Line, 41),
    partial(Line, 1_000),
    partial(Line, 10_000),
    partial(Network, 41),
)

CANDIDATES = {  # ratios are to the first of them that is there
    "Chainrule, native": ("native_code", "prepare"),
    "Chainrule, define-by-run": ("define_by_run", "prepare"),
    "C fused by hand": ("c_loop", "prepare"),
    "JAX, the run in lax.scan": ("jax_loops", "prepare_scan"),
    "JAX jit, loop in Python": ("jax_loops", "prepare_loop"),
    "CasADi, the run in C++": ("casadi_accumulation", "prepare"),
    "NumPy by hand": ("numpy_by_hand", "prepare"),
    "PyTorch eager, one thread": ("torch_eager", "prepare_single_thread"),
    "PyTorch eager, its threads": ("torch_eager", "prepare"),
    "XAD, loop in Python": ("xad_tape", "prepare"),
    "micrograd": ("micrograd_graph", "prepare"),
}


def measure(
    problem: Problem, names: Sequence[str], rounds: int
) -> tuple[dict[str, float], dict[str, str]]:
    """Return each candidate's seconds per epoch, and what is to be said of it."""
    workers: dict[str, Worker] = {}
    notes: dict[str, str] = {}
    for name in names:
        try:
            worker = workers[name] = Worker(*CANDIDATES[name], problem)
        except UntimedError as reason:
            notes[name] = str(reason)
        else:
            notes[name] = f"{worker.note}; {worker.epochs:,} epochs a run"
    seconds = medians({name: worker.run for name, worker in workers.items()}, rounds)
    for worker in workers.values():
        worker.close()
    return {name: each / workers[name].epochs for name, each in seconds.items()}, notes


def machine() -> str:
    """Return the date, the processor and what runs Python."""
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
    return (
        f"{datetime.datetime.now(tz=datetime.UTC):%Y-%m-%d}: {model}, {os.cpu_count()} cores, "
        f"{platform.system()}, Python {platform.python_version()}"
    )


def markdown(columns: dict[str, dict[str, float]], names: Sequence[str]) -> str:
    """Return a Markdown table, a row for each candidate, a column for each problem."""
    lines = [["µs an epoch (× the first)", *columns], ["---", *("---:" for _ in columns)]]
    for name in names:
        cells = [_cell(name, seconds) for seconds in columns.values()]
        lines.append([name, *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(name: str, seconds: dict[str, float]) -> str:
    if name not in seconds:
        return "—"
    reference = next(iter(seconds.values()))
    return f"{_short(seconds[name] * 1e6)} ({_short(seconds[name] / reference)} ×)"


def _short(number: float) -> str:
    """Return a number with three digits, or all of those before the point."""
    digits = max(0, 2 - math.floor(math.log10(number)))
    return f"{number:,.{digits}f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="candidates, by part of the name")
    parser.add_argument("--markdown", action="store_true", help="print a table for a README too")
    options = parser.parse_args()
    names = [
        name
        for name in CANDIDATES
        if not options.only or any(part.lower() in name.lower() for part in options.only)
    ]
    if not names:
        parser.error(f"--only fits none of: {'; '.join(CANDIDATES)}")
    print(machine())
    columns = {}
    for make in PROBLEMS:
        problem = make()
        seconds, notes = measure(problem, names, options.rounds)
        print()
        if seconds:
            print_table(f"{problem.name}, an epoch", seconds, 1e-6, "µs")
        for name, note in notes.items():
            print(f"  {name}: {note}")
        columns[problem.name] = seconds
    if options.markdown:
        print()
        print(markdown(columns, names))


if __name__ == "__main__":
    main()
