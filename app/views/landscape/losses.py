"""The losses that are in view, and the minimum: computed as time allows, in the window's thread."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from app.training.landscape import Box, Slice, Survey
from app.training.minimum import Minimum, Search

COARSE, FINE = 32, 128
"""Cells along each parameter, at once and after a pause."""

AT_ONCE = 0.012
"""Seconds that a grid may take at once; what takes longer is computed bit by bit."""

BIT = 0.008
"""Seconds of computing without looking after the window."""

PAUSE = 150
"""Milliseconds without a change until a grid is refined."""


QUICK = 50_000
"""Samples up to which the minimum of a loss over all its parameters is found between two frames."""


class Losses(QObject):
    """Computes a grid of losses over a range, coarse at first, and looks for the minimum.

    Attributes:
        slice: the loss; None while there is none.
        shown: the last grid that is complete, perhaps of another slice or range.
    """

    surveyed = Signal()
    """``shown`` is another one."""
    searched = Signal()
    """The search for the minimum has come to its end."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.slice: Slice | None = None
        self.shown: Survey | None = None
        self._survey: Survey | None = None  # that is being computed
        self._search: Search | None = None
        self._search_due = False  # the slice is another one than the search's
        self._clock = QTimer(self, singleShot=True)
        self._clock.timeout.connect(self._work)

    @property
    def busy(self) -> bool:
        """Whether there is anything left to compute."""
        return self._clock.isActive()

    @property
    def minimum(self) -> Minimum | None:
        """The minimum of the present slice, as far as it is known."""
        return None if self._search is None or self._search_due else self._search.minimum

    @property
    def scales(self) -> np.ndarray:
        """How far each chosen parameter goes for the loss to change alike."""
        assert self._search is not None  # noqa: S101  it begins with the first slice
        return self._search.scales

    def forget(self) -> None:
        """Forget the slice and all that is known of it."""
        self.stop()
        self.slice = self.shown = self._search = None
        self._search_due = False

    def stop(self) -> None:
        """Do not go on computing."""
        self._clock.stop()
        self._survey = None

    def take(self, surface: Slice) -> None:
        """Compute the losses of another slice, when a range is looked at.

        Where other parameters move, and with them the slice at every epoch, or where the
        samples are very many, the minimum is looked for only once all has come to rest.
        """
        self.slice = surface
        self._survey = None
        self._search_due = True
        quick = len(surface.at) == len(surface.chosen) and surface.tape.samples <= QUICK
        if self._search is None or quick:
            self._begin_search(surface)

    def look_at(self, box: Box) -> None:
        """Begin to compute the losses of a range, unless they are known or being computed."""
        surface = self.slice
        if surface is None:
            return
        coarse, fine = _resolutions(surface)
        known, computed = (
            each is not None and each.surface is surface and each.box.equals(box)
            for each in (self.shown, self._survey)
        )
        if known or computed:
            if self.shown is not None and known and not computed:
                finest = self.shown.resolution == fine
                self._survey = None if finest else Survey(surface, box, fine)
            self._go_on(PAUSE)
            return
        self._survey = Survey(surface, box, coarse)
        if self._survey.advance(AT_ONCE):
            self._finish()
            self._survey = Survey(surface, box, fine)
            if surface.speed * AT_ONCE > self._survey.size and self._survey.advance(AT_ONCE):
                self._finish()
        self._go_on(0 if self.shown is None else PAUSE, again=True)

    def _begin_search(self, surface: Slice) -> None:
        """Look for the minimum; that of a quadratic is found at once."""
        self._search = Search(surface, surface.at[list(surface.chosen)])
        self._search_due = False
        self._search.advance(BIT)

    def _finish(self) -> None:
        """Show the losses that were just computed."""
        self.shown, self._survey = self._survey, None
        self.surveyed.emit()

    def _go_on(self, wait: int, *, again: bool = False) -> None:
        """Go on computing after so many milliseconds, if there is anything left."""
        searching = self._search_due or (self._search is not None and not self._search.done)
        if (self._survey is not None or searching) and (again or not self.busy):
            self._clock.start(wait)

    def _work(self) -> None:
        """Compute a bit: first what is in view, then the minimum, then a finer grid."""
        surface, survey, search = self.slice, self._survey, self._search
        if surface is None:
            return
        _, fine = _resolutions(surface)
        if survey is not None and survey.resolution < fine:
            if survey.advance(BIT):
                self._finish()
                self._survey = Survey(surface, survey.box, fine)
        elif self._search_due:
            self._begin_search(surface)
            self.searched.emit()
        elif search is not None and not search.done:
            if search.advance(BIT):
                self.searched.emit()
        elif survey is not None and survey.advance(BIT):
            self._finish()
        self._go_on(int(1000 * BIT), again=True)


def _resolutions(surface: Slice) -> tuple[int, int]:
    """Return how many cells a coarse and a fine grid have along a parameter: a curve more."""
    times = 1 if len(surface.chosen) == 2 else 4
    return times * COARSE, times * FINE
