"""The history of a run: its parameters and its loss at every epoch, within bounded memory."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import compress

import numpy as np
import numpy.typing as npt

from app.training.envelope import Envelope, Positions, shared
from autograd.optimizers import State

Array = npt.NDArray[np.float64]

MEMORY = 46 * 2**20
"""Bytes for the epochs that are kept one by one and for keyframes.

The loss curve's minima and maxima come on top: 13 MB for ten million epochs.
"""

KEPT = 20 * 2**20
"""Bytes of that for epochs kept one by one, with few parameters; with many, keyframes get it."""

SPACING = 0.003
"""Seconds of training from one keyframe to the next, as long as there is room for them."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive epochs of a run.

    Attributes:
        first: the first of them.
        parameters: of shape (epochs, parameters).
        losses: of shape (epochs,).
        state: what training goes on from after the last of them.
    """

    first: int
    parameters: Array
    losses: Array
    state: State

    @property
    def last(self) -> int:
        """The last of them."""
        return self.first + len(self.losses) - 1

    def __contains__(self, epoch: int) -> bool:
        return self.first <= epoch <= self.last


@dataclass(frozen=True, slots=True)
class Keyframe:
    """All that training went on from at an epoch.

    Attributes:
        epoch: the epoch.
        state: its parameters, and what the optimizer remembers.
        loss: its loss.
        seconds: how long training took up to it.
    """

    epoch: int
    state: State
    loss: float
    seconds: float

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return 500 + self.state.parameters.nbytes + self.state.slots.nbytes

    @property
    def stretch(self) -> Stretch:
        """The keyframe's epoch alone."""
        return Stretch(self.epoch, self.state.parameters[None], np.array([self.loss]), self.state)


Recompute = Callable[[int, State, int], Stretch]
"""stretch = recompute(epoch, state, epochs): the epochs after one with that state, to the bit."""


def _cannot_recompute(epoch: int, state: State, epochs: int) -> Stretch:  # noqa: ARG001
    raise LookupError("the history keeps no longer run than fits into its memory")


class History:
    """Parameters and loss at every epoch of one run, from epoch 0, before the first update.

    Every epoch is kept while memory lasts. After that only keyframes are, a few milliseconds
    of training apart, and an epoch between two of them is trained once more when it is asked
    for: training is exact, so it comes out as it was. Where keyframes, too, become too many,
    those are dropped that are missed least. Of the losses a minimum and a maximum over every
    few epochs are kept for the curve.

    One thread extends while others read: what a reader has seen never changes, because rows
    are written before the length that covers them, and arrays are replaced, not resized.
    """

    def __init__(
        self,
        parameters: int,
        recompute: Recompute = _cannot_recompute,
        kept: int | None = None,
        keyframes: int | None = None,
    ) -> None:
        """Keep up to so many bytes of epochs one by one, and of keyframes."""
        if kept is None:
            kept = KEPT // (1 + parameters // 16)
        if keyframes is None:
            keyframes = MEMORY - kept
        self._most = max(1, kept // (8 * (parameters + 1)))
        room = min(1024, self._most)
        self._parameters = np.empty((room, parameters))
        self._losses = np.empty(room)
        self._length = 0
        self._recompute = recompute
        nothing = State(np.empty(0), np.empty((0, 0)))
        self._recomputed = Stretch(0, np.empty((0, parameters)), np.empty(0), nothing)
        self._keyframes: list[Keyframe] = []
        self._keyframe_bytes = keyframes
        self._seconds = 0.0
        self._envelope = Envelope()

    def __len__(self) -> int:
        return self._length

    @property
    def last_epoch(self) -> int:
        """The newest epoch recorded; −1 while there is none."""
        return self._length - 1

    @property
    def kept(self) -> int:
        """How many epochs, from the first on, are kept one by one."""
        return min(self._length, self._most)

    @property
    def losses(self) -> Array:
        """The losses of the epochs that are kept one by one, of shape (kept,)."""
        count = self.kept  # before the array: a longer array has room for it too
        return self._losses[:count]

    def parameters(self, epoch: int) -> Array:
        """Return the parameters at an epoch, of shape (parameters,).

        Raises:
            IndexError: the epoch is not recorded.
        """
        self._check(epoch)
        if epoch < self._most:
            row: Array = self._parameters[epoch]
            return row
        stretch = self._stretch_at(epoch)
        again: Array = stretch.parameters[epoch - stretch.first]
        return again

    def state(self, epoch: int) -> State:
        """Return all that training went on from at an epoch.

        Raises:
            IndexError: the epoch is not recorded.
        """
        self._check(epoch)
        keyframe = self._keyframe_at(epoch)
        if keyframe.epoch == epoch:
            return keyframe.state
        return self._recompute(keyframe.epoch, keyframe.state, epoch - keyframe.epoch).state

    def loss(self, epoch: int) -> float:
        """Return the loss at an epoch.

        Raises:
            IndexError: the epoch is not recorded.
        """
        self._check(epoch)
        if epoch < self._most:
            return float(self._losses[epoch])
        stretch = self._stretch_at(epoch)
        return float(stretch.losses[epoch - stretch.first])

    def losses_between(self, start: int, stop: int) -> Array:
        """Return the losses from an epoch up to, and without, another, of shape (epochs,)."""
        start, stop = max(0, start), min(stop, self._length)
        parts = [self._losses[start : min(stop, self._most)]]
        epoch = max(start, self._most)
        while epoch < stop:
            stretch = self._stretch_at(epoch)
            part = stretch.losses[epoch - stretch.first : stop - stretch.first]
            parts.append(part)
            epoch += len(part)
        return np.concatenate(parts)

    def thinned(self, start: int, stop: int, columns: int) -> tuple[Positions, Array]:
        """Return epochs and losses that draw a part of the loss curve in so many columns."""
        stop = min(stop, self._length)
        affordable = self._affordable(start, stop)
        return self._envelope.thinned(start, stop, columns, self.losses_between, affordable)

    def branch(self, epoch: int, recompute: Recompute) -> History:
        """Return a history of the epochs 0…epoch of this one, to be extended on its own.

        What is recorded is shared, and copied once the branch grows. ``recompute`` is for the
        branch, which may follow other settings after that epoch.

        Raises:
            IndexError: the epoch is not recorded.
        """
        state, seconds = self.state(epoch), self._seconds_at(epoch)
        branch = History(0, recompute, keyframes=self._keyframe_bytes)
        length, rows = epoch + 1, min(epoch + 1, self._most)
        branch._most = self._most
        branch._parameters = shared(self._parameters, rows)
        branch._losses = shared(self._losses, rows)
        branch._length, branch._seconds = length, seconds
        branch._keyframes = self._keyframes_before(epoch)
        branch._keyframes.append(Keyframe(epoch, state, self.loss(epoch), seconds))
        branch._envelope = self._envelope.branch(length, self.losses_between)
        return branch

    # -- recording --------------------------------------------------------------------------

    def extend(
        self, parameters: Array, losses: Array, state: State | None = None, seconds: float = 0.0
    ) -> None:
        """Record the next epochs.

        Args:
            parameters: of shape (epochs, parameters).
            losses: of shape (epochs,).
            state: what training goes on from after the last of them.
            seconds: how long they took.
        """
        count = min(len(losses), self._most - self.kept)
        if count:
            self._reserve(self._length + count)
            self._parameters[self._length : self._length + count] = parameters[:count]
            self._losses[self._length : self._length + count] = losses[:count]
        self._seconds += seconds
        if state is not None:
            epoch = self.last_epoch + len(losses)
            self._keep(Keyframe(epoch, state, float(losses[-1]), self._seconds))
        self._envelope.extend(losses)
        self._length += len(losses)

    def _reserve(self, rows: int) -> None:
        """Make room for so many rows."""
        if rows > len(self._losses):
            room = min(self._most, max(rows, 2 * len(self._losses)))
            self._parameters = _enlarged(self._parameters, room)
            self._losses = _enlarged(self._losses, room)

    def _keep(self, keyframe: Keyframe) -> None:
        """Keep a keyframe, in place of the last one if that is close to the one before."""
        frames = self._keyframes
        if len(frames) > 1 and frames[-1].seconds - frames[-2].seconds < SPACING:
            frames[-1] = keyframe
            return
        frames.append(keyframe)
        if len(frames) > 2 and len(frames) * keyframe.size > self._keyframe_bytes:
            self._keyframes = _thinned(frames)

    # -- computing again --------------------------------------------------------------------

    def _stretch_at(self, epoch: int) -> Stretch:
        """Return a stretch with an epoch that is not kept: the last computed, or a keyframe's."""
        stretch = self._recomputed
        if epoch in stretch:
            return stretch
        keyframe = self._keyframe_at(epoch)
        return keyframe.stretch if keyframe.epoch == epoch else self._compute_again(epoch)

    def _keyframe_at(self, epoch: int) -> Keyframe:
        """Return the last keyframe that is not after an epoch."""
        frames = self._keyframes
        while index := bisect_right(frames, epoch, key=lambda each: each.epoch):
            keyframe = frames[index - 1]
            if keyframe.epoch <= epoch:  # else it was replaced meanwhile, by a later one
                return keyframe
        raise LookupError(f"epoch {epoch} is neither kept nor after a keyframe")

    def _keyframes_before(self, epoch: int) -> list[Keyframe]:
        """Return the keyframes before an epoch."""
        frames = self._keyframes
        before = frames[: bisect_left(frames, epoch, key=lambda each: each.epoch)]
        while before and before[-1].epoch >= epoch:  # replaced meanwhile, by a later one
            before.pop()
        return before

    def _seconds_at(self, epoch: int) -> float:
        """Return about how long training took up to an epoch."""
        before, last, seconds = self._keyframe_at(epoch), self.last_epoch, self._seconds
        if before.epoch == epoch:
            return before.seconds
        share = (epoch - before.epoch) / (last - before.epoch)
        return before.seconds + share * max(0.0, seconds - before.seconds)

    def _compute_again(self, epoch: int) -> Stretch:
        """Compute an epoch and those that follow it within a few milliseconds; remember them.

        It starts from the last keyframe, or from what was computed last, if that is nearer.
        """
        before = self._keyframe_at(epoch - 1)
        start, state = before.epoch, before.state
        computed = self._recomputed  # one look: another reader may replace it
        if start < computed.last < epoch:
            start, state = computed.last, computed.state
        ahead = int(SPACING * self._length / self._seconds) if self._seconds else 0
        last = max(epoch, min(self.last_epoch, epoch + ahead))
        self._recomputed = stretch = self._recompute(start, state, last - start)
        return stretch

    def _affordable(self, start: int, stop: int) -> bool:
        """Whether so many losses can be had within a frame."""
        again = stop - max(start, self._most)
        return again <= 0 or again * self._seconds / self._length < 2 * SPACING

    def _check(self, epoch: int) -> None:
        if not 0 <= epoch < self._length:
            raise IndexError(f"epoch {epoch} is not among the {self._length} recorded")


def _thinned(frames: list[Keyframe]) -> list[Keyframe]:
    """Return the keyframes without a tenth of them, those that are missed least.

    The first and the last stay, and no two neighbours go.
    """
    seconds = np.array([frame.seconds for frame in frames])
    gaps = seconds[2:] - seconds[:-2]  # that dropping one would leave
    spare = max(1, len(frames) // 10)
    stays = np.ones(len(frames), dtype=bool)
    for index in (1 + np.argsort(gaps, kind="stable")).tolist():
        if spare and stays[index - 1] and stays[index + 1]:
            stays[index] = False
            spare -= 1
    return list(compress(frames, stays.tolist()))


def _enlarged(array: Array, rows: int) -> Array:
    """Return a copy with room for so many rows."""
    larger = np.empty((rows, *array.shape[1:]))
    larger[: len(array)] = array
    return larger
