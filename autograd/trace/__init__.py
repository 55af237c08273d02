"""One epoch step by step: what is computed forward, what flows back, how parameters are updated.

The forward primal trace and the reverse adjoint trace of Baydin et al., *Automatic
differentiation in machine learning: a survey*, 2018, followed by the update.
"""

from autograd.trace.entries import Backward, Entry, Forward, Seed, Stage, Update, stage_of
from autograd.trace.folded import FoldedTrace
from autograd.trace.trace import Progress, Trace
from autograd.trace.unfolded import UnfoldedTrace

__all__ = [
    "Backward",
    "Entry",
    "FoldedTrace",
    "Forward",
    "Progress",
    "Seed",
    "Stage",
    "Trace",
    "UnfoldedTrace",
    "Update",
    "stage_of",
]
