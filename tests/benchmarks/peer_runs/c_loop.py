"""C, fused by hand: all epochs in one call of fused.c, compiled for this machine."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

import numpy as np

from tests.benchmarks.peer_runs.problem import Candidate, Line, MissingError, Problem, Trained

SOURCE = Path(__file__).with_name("fused.c")
FLAGS = ("-O3", "-march=native", "-ffast-math", "-shared", "-fPIC")
COMPILERS = ("cc", "gcc", "clang")


def prepare(problem: Problem) -> Candidate:
    """Return one call for all epochs; it is given the arrays for every loss and parameter."""
    library, note = _compiled()
    function = library.train_line if isinstance(problem, Line) else library.train_network

    def train(epochs: int) -> Trained:
        parameters, losses = problem.start.copy(), np.empty(epochs)
        history = np.empty((epochs, len(parameters)))
        function(
            ctypes.c_long(epochs),
            ctypes.c_long(len(problem.x)),
            ctypes.c_void_p(problem.x.ctypes.data),
            ctypes.c_void_p(problem.y.ctypes.data),
            ctypes.c_double(problem.learning_rate),
            *(ctypes.c_void_p(each.ctypes.data) for each in (parameters, losses, history)),
        )
        return Trained(losses, parameters, history)

    return Candidate(train, note)


@cache
def _compiled() -> tuple[ctypes.CDLL, str]:
    """Return the functions of fused.c, and what compiled them."""
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        raise MissingError(f"there is no C compiler: {', '.join(COMPILERS)}")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "fused.so")
        start = time.perf_counter()
        command = [compiler, *FLAGS, "-o", str(library), str(SOURCE), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise MissingError(f"{compiler} fails: {done.stderr.strip().splitlines()[-1]}")
        seconds = time.perf_counter() - start
        loaded = ctypes.CDLL(str(library))
    named = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True)
    first = named.stdout.splitlines()[0]
    return loaded, f"{first}, {' '.join(FLAGS[:3])}, compiled in {seconds * 1e3:.0f} ms"
