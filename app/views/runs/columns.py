"""What the table of the runs shows: its columns, and every run's cell in each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.study.difference import NO_EFFECT, differences
from app.training.loop import State
from app.training.run import Run
from autograd.digits import digits

DIGITS = 6
"""Significant digits of a loss."""


RUNNING = "▶ "
"""What stands before the epoch of a run that trains."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A run's entry in a column.

    Attributes:
        text: what is shown.
        rank: in whose order the column is sorted.
        full: what is copied.
    """

    text: str
    rank: float
    full: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table.

    Attributes:
        title: what it is headed with.
        help: what it means.
        cells: one for each run.
        number: whether it holds numbers, which stand at the right.
    """

    title: str
    help: str
    cells: tuple[Cell, ...]
    number: bool = True


def live_columns(runs: Sequence[Run], test_losses: Mapping[int, float]) -> list[Column]:
    """Return how far the runs are, and how well they do."""
    columns = [
        Column("Epoch", f"The newest epoch; {RUNNING}while it trains.", tuple(map(_epoch, runs))),
        Column(
            "Loss",
            "The loss at the newest epoch; “diverged” where it is not finite any more.",
            tuple(map(_loss, runs)),
        ),
    ]
    if test_losses:
        cells = tuple(_number(test_losses.get(run.number)) for run in runs)
        columns.append(Column("Test loss", "The loss of the samples kept from training.", cells))
    return columns


def fixed_columns(runs: Sequence[Run]) -> list[Column]:
    """Return where the runs branched off, if any did, and the settings that differ."""
    columns = []
    if any(run.branched_at is not None for run in runs):
        names = {run.number: run.name for run in runs}
        columns.append(
            Column(
                "Branched",
                "The epoch up to which it is the same run as the one that it branched off from.",
                tuple(_branching(run, names) for run in runs),
                number=False,
            )
        )
    for each in differences([run.experiment for run in runs]):
        full = [value.replace("−", "-").replace(",", "") for value in each.values]
        number = all(_is_number(value) for value in full)
        copied = full if number else each.values
        cells = tuple(map(Cell, each.values, each.ranks, copied))
        columns.append(Column(each.label, each.help, cells, number=number))
    return columns


def loss_of(run: Run) -> float | None:
    """Return a run's newest loss; None while there is none."""
    return None if run.history is None or run.epoch < 0 else run.history.loss(run.epoch)


def _epoch(run: Run) -> Cell:
    if run.epoch < 0:
        return Cell(NO_EFFECT, -1, "")
    return Cell(f"{RUNNING if run.running else ''}{run.epoch:,}", run.epoch, str(run.epoch))


def _loss(run: Run) -> Cell:
    loss = loss_of(run)
    if run.state is State.FAILED:
        return Cell("failed", math.inf, "failed")
    if run.state is State.DIVERGED or (loss is not None and not math.isfinite(loss)):
        return Cell("diverged", math.inf, "diverged" if loss is None else repr(loss))
    return _number(loss)


def _number(number: float | None) -> Cell:
    if number is None or math.isnan(number):
        return Cell(NO_EFFECT, math.inf, "")
    return Cell(digits(number, DIGITS), number, repr(float(number)))


def _branching(run: Run, names: Mapping[int, str]) -> Cell:
    if run.branched_at is None:
        return Cell(NO_EFFECT, -1, "")
    text = f"at epoch {run.branched_at:,}"
    if run.parent in names:
        text += f" of “{names[run.parent]}”"
    return Cell(text, run.branched_at, text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text == NO_EFFECT
    return True
