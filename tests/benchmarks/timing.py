"""Timing functions side by side, so that a machine that slows down slows all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def medians(
    functions: Mapping[str, Callable[[], object]], rounds: int, calls: int = 1
) -> dict[str, float]:
    """Return each function's median time in seconds, timed in turn, round by round.

    In a round each is called so many times in a row. Many calls show what garbage collection
    costs the function that makes the garbage; of single calls the median would leave it out.
    """
    times: dict[str, list[float]] = {name: [] for name in functions}
    for function in functions.values():
        function()
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            for _ in range(calls):
                function()
            times[name].append((time.perf_counter() - start) / calls)
    return {name: statistics.median(each) for name, each in times.items()}


def print_table(title: str, seconds: Mapping[str, float], unit: float, unit_name: str) -> None:
    """Print times and their ratio to the first."""
    reference = next(iter(seconds.values()))
    width = max(map(len, seconds))
    print(title)
    for name, each in seconds.items():
        print(f"  {name:<{width}}  {each / unit:10.3f} {unit_name}  {each / reference:7.2f} ×")
