"""From process start to the first painted window, beside a bare QMainWindow.

Usage: python -m tests.benchmarks.startup [--runs N]

Paints offscreen unless QT_QPA_PLATFORM says otherwise.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

BARE = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        print("painted", time.time_ns(), flush=True)
        QTimer.singleShot(0, self.close)

application = QApplication([])
window = Window()
window.resize(1280, 800)
window.show()
application.exec()
"""

CHAINRULE = """
import time
from PySide6.QtCore import QTimer
from app import launch
from app.study.presets import DEFAULT_PRESET, find_preset

def say(what):
    print(what, time.time_ns(), flush=True)

class Window(launch.MainWindow):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.painted.connect(lambda: say("painted"))
        self.loaded.connect(lambda: (say("complete"), QTimer.singleShot(0, self.close)))

launch.MainWindow = Window
launch.run_window(find_preset(DEFAULT_PRESET))
"""


def run(code: str) -> dict[str, float]:
    """Return when a process said what, in milliseconds after its start."""
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
    start = time.time_ns()
    output = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    lines = (line.split() for line in output.splitlines())
    return {what: (int(moment) - start) / 1e6 for what, moment in lines}


def main() -> None:
    """Measure in turn and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    runs = parser.parse_args().runs
    programs = {"a bare QMainWindow": BARE, "chainrule": CHAINRULE}
    times: dict[str, list[float]] = {}
    for round_number in range(runs + 1):
        for name, code in programs.items():
            for what, milliseconds in run(code).items():
                if round_number:  # the first only warms the disk's cache
                    times.setdefault(f"{name}, {what}", []).append(milliseconds)
    print("from process start, median of", runs)
    for name, each in times.items():
        print(f"  {name:<30} {statistics.median(each):7.0f} ms  ({min(each):.0f}–{max(each):.0f})")


if __name__ == "__main__":
    main()
