"""The command line: ``chainrule``, ``chainrule PRESET-or-FILE``, ``chainrule render OUT.png``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from app import __version__
from app.dock_titles import TITLES
from app.study.presets import DEFAULT_PRESET, ExperimentFileError, Preset, find_preset, presets

CANNOT_START = 2
"""The exit status when there is no screen, no such experiment, or a library is missing."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments[:1] == ["render"]:
        options = _render_parser().parse_args(arguments[1:])
        return _with_preset(options.preset, lambda preset: _render(preset, options))
    options = _parser().parse_args(arguments)
    return _with_preset(options.experiment, _open_window)


def _parser() -> argparse.ArgumentParser:
    names = ", ".join(preset.key for preset in presets())
    parser = argparse.ArgumentParser(
        prog="chainrule",
        description="Shows reverse-mode automatic differentiation at work.",
        epilog="“chainrule render OUT.png” writes a picture of the window; "
        "see “chainrule render --help”.",
    )
    parser.add_argument("--version", action="version", version=f"chainrule {__version__}")
    parser.add_argument(
        "experiment",
        nargs="?",
        default=DEFAULT_PRESET,
        metavar="PRESET-or-FILE",
        help=f"what to open: a file that was saved, or one of {names}",
    )
    return parser


def _render_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chainrule render",
        description="Train, and write a picture of the window; needs no screen.",
    )
    parser.add_argument("picture", type=Path, metavar="OUT.png", help="the file to write")
    parser.add_argument(
        "--preset", default=DEFAULT_PRESET, metavar="NAME", help="a preset or a file"
    )
    parser.add_argument(
        "--epochs", type=_epochs, default=None, metavar="N", help="train so many epochs first"
    )
    parser.add_argument(
        "--step", type=_step, default=None, metavar="N", help="go to a step of the epoch, from 1 on"
    )
    parser.add_argument(
        "--size", type=_size, default=(1440, 900), metavar="WIDTHxHEIGHT", help="in pixels"
    )
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument(
        "--show",
        action="append",
        default=[],
        choices=sorted(TITLES),
        metavar="DOCK",
        help=f"bring a dock to the front, repeatable: {', '.join(sorted(TITLES))}",
    )
    parser.add_argument(
        "--race", action="store_true", help="race all optimizers from the same start"
    )
    return parser


def _epochs(text: str) -> int:
    """Return a number of epochs from 0 on."""
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"“{text}” is no number of epochs, such as 200")
    return int(text)


def _step(text: str) -> int:
    """Return the number of a step from 1 on."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"“{text}” is no number of a step, such as 14")
    return int(text)


def _size(text: str) -> tuple[int, int]:
    """Return width and height of at least 640 by 400 and at most 8000 by 8000 pixels."""
    parts = text.lower().split("x")
    if len(parts) == 2 and all(part.isdigit() for part in parts):
        width, height = int(parts[0]), int(parts[1])
        if 640 <= width <= 8000 and 400 <= height <= 8000:
            return width, height
    raise argparse.ArgumentTypeError(
        f"“{text}” is no size from 640x400 to 8000x8000, such as 1440x900"
    )


def _with_preset(name: str, action) -> int:  # type: ignore[no-untyped-def]
    """Run an action on a preset; say what is wrong if there is none of that name."""
    try:
        preset = find_preset(name)
    except ExperimentFileError as error:
        print(error, file=sys.stderr)
        return CANNOT_START
    return int(action(preset))


def _open_window(preset: Preset) -> int:
    """Open the window on an experiment, until it is closed."""
    from app.display import missing_for_window

    problem = missing_for_window()
    if problem:
        print(problem, file=sys.stderr)
        return CANNOT_START
    from app.launch import run_window

    return run_window(preset)


def _render(preset: Preset, options: argparse.Namespace) -> int:
    """Write a picture of the window."""
    from app.display import missing_for_picture

    problem = missing_for_picture()
    if problem:
        print(problem, file=sys.stderr)
        return CANNOT_START
    from app.launch import PictureOrder, render

    order = PictureOrder(
        path=options.picture,
        epochs=options.epochs,
        size=options.size,
        theme=options.theme,
        step=options.step,
        docks=tuple(options.show),
        race=options.race,
    )
    problem = render(preset, order)
    if problem:
        print(problem, file=sys.stderr)
        return CANNOT_START
    return 0


if __name__ == "__main__":
    sys.exit(main())
