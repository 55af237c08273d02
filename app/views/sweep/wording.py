"""The runs of a sweep in words."""

from __future__ import annotations

from dataclasses import replace

from app.study.difference import in_short, named_after
from app.study.experiment import Experiment
from app.training.sweep import Cell, Outcome, Sweep, SweepPlan
from app.training.sweep_axis import RATE_SETTING, SETTINGS
from autograd.digits import digits

DIGITS = 3
"""Significant digits of a loss that is read out."""


def name_of(plan: SweepPlan, cell: Cell) -> str:
    """Return a short name of a run: "learning rate 0.1, Adam"."""
    row, column = cell
    rate = in_short(RATE_SETTING, plan.rates[column])
    return f"{rate}, {in_short(SETTINGS[plan.setting], plan.values[row])}"


def told(plan: SweepPlan, cell: Cell, outcome: Outcome | None) -> str:
    """Return how a run came out, and with which settings."""
    name = name_of(plan, cell)
    if outcome is None:
        return f"Not trained: {name}."
    lowest = f"lowest {digits(outcome.lowest, DIGITS)}"
    if outcome.diverged is not None:
        return f"Diverged at epoch {outcome.diverged:,}, {lowest} before: {name}."
    its = "its lowest" if outcome.loss == outcome.lowest else lowest
    return f"Final loss {digits(outcome.loss, DIGITS)}, {its}: {name}."


def told_best(plan: SweepPlan, best: Outcome | None, trained: int) -> str:
    """Return which of the runs so far ended with the lowest loss."""
    if best is None:
        return "All runs so far have diverged." if trained else ""
    return f"Lowest: {digits(best.loss, DIGITS)} with {name_of(plan, best.cell)}."


def told_difference(plan: SweepPlan, present: Experiment) -> str:
    """Return what else than the swept settings differs from the present experiment's."""
    if plan.fits(present):
        return ""
    swept = replace(plan, experiment=present)
    differing = named_after(
        replace(present, training=swept.training((0, 0))),
        replace(plan.experiment, training=plan.training((0, 0))),
    )
    return f"Of other settings than the present ones: {differing}." if differing else ""


def told_end(sweep: Sweep) -> str:
    """Return what is to be said of a sweep that was cancelled; "" if it came to its end."""
    done, runs = len(sweep.outcomes), sweep.plan.runs
    return f"Cancelled after {done:,} of {runs:,} runs." if sweep.cancelled and done < runs else ""


def told_progress(sweep: Sweep) -> str:
    """Return how far a sweep is: "44 % · 57 of 130 runs"."""
    done, runs = len(sweep.outcomes), sweep.plan.runs
    return f"{int(100 * sweep.share)} % · {done:,} of {runs:,} runs"
