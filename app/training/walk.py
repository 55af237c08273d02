"""The cursor: where one looks, and how it walks through the steps of an epoch and across epochs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.study.hyperparameters import Training
from app.training.epoch_trace import NOTHING_REPLACED, EpochTrace, WhatIf
from app.training.loop import State
from app.training.moment import Moment
from app.training.playback import Playback
from app.training.run_trace import evaluation_of, trace_of, training_at
from app.training.selection import SelectedEdge, Selection, subject_of
from app.training.session import Session
from app.training.snapshot import Probe
from autograd.trace import Entry, Stage, Trace

STAGES = tuple(Stage)


class Walk(Playback):
    """Where a person looks in the session's run; every view draws its ``moment``.

    Without a step the epoch is looked at as a whole, with all its numbers. While training
    runs, and after it, that is the newest epoch. A step forward from there begins at the
    epoch's first; past the last step comes the next epoch, trained if need be, and before the
    first the previous epoch's last.

    Attributes:
        epoch: the epoch looked at; −1 while there is none.
        step: the step of its trace that was done last; None for the epoch as a whole.
        sample: the selected sample, as a number within all data.
        selection: the node or edge of the graph that a person has selected, or None.
        folded: whether a step is about all samples at once.
        sentence: what is special about what is looked at; "" for nothing.
        what_if: numbers put in place of the run's own; Escape takes them back.
        guard: asked before a step forward is shown, with the entry; False holds it back.
    """

    moved = Signal()
    """The moment is another one."""
    stepped = Signal(object)
    """A step was shown, in whichever direction: its moment."""
    said = Signal(str)
    """A sentence on why it goes no further, or on what is looked at; "" for nothing special."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._probe: Probe | None = None
        self.epoch = -1
        self.step: int | None = None
        self.sample = 0
        self.folded = True
        self.selection: Selection | None = None
        self.what_if = NOTHING_REPLACED
        self.guard: Callable[[Entry], bool] = lambda _entry: True
        self._trace: EpochTrace | None = None
        self._moment: Moment | None = None
        self._wanted: tuple[int, int | None] | None = None  # an epoch to come, and a step of it
        self.sentence = ""
        self._newest = -1  # the newest epoch that was shown
        self._pausing = False  # whether training was asked to pause and has not said so yet
        session.frame_arrived.connect(self._take_frame)
        session.state_changed.connect(self._take_state)
        session.training_changed.connect(self._take_training)

    # -- what is looked at ------------------------------------------------------------------

    @property
    def moment(self) -> Moment | None:
        """All that can be seen; None while there is no epoch."""
        if self._session.history is None:
            return None  # another run has begun
        if self._moment is None and self._probe is not None and self.epoch >= 0:
            self._moment = self._make_moment(self._probe)
        return self._moment

    @property
    def place_in_trace(self) -> tuple[int, int]:
        """How many steps of the epoch are done, and how many there are; (0, 0) as a whole."""
        return (0, 0) if self.step is None else (self.step + 1, len(self._epoch_trace()))

    def show_run(self, probe: Probe, *, keep_epoch: bool = False) -> None:
        """Look at another run, whose epochs are to come.

        With ``keep_epoch`` that is at the same epoch, if one that is past was looked at, or a
        step, and the run has it already; else at the newest.
        """
        self.pause()
        same = self._probe is probe
        self._probe = probe
        past = self.epoch < min(self._newest, self._session.epoch)
        stepping = self.step is not None and self.epoch <= self._session.epoch
        self._wanted = (self.epoch, self.step) if keep_epoch and (past or stepping) else None
        self.epoch, self.step, self._pausing = -1, None, False
        self.what_if = NOTHING_REPLACED
        self._newest = -1
        if not same:
            self.selection = None
            self.sample = probe.tape.samples // 4  # in the unfolded graph others are around it
        self._forget_numbers()

    def _make_moment(self, probe: Probe) -> Moment:
        if self.step is None:
            evaluation = evaluation_of(self._session, probe, self.epoch, self.what_if)
            return Moment(self.epoch, probe, evaluation, self.sample, what_if=self.what_if)
        trace = self._epoch_trace()
        place = trace.locate(self.step)
        running = trace.pass_of(place.number)
        return Moment(
            epoch=self.epoch,
            probe=running.probe,
            evaluation=running.evaluation,
            sample=self._sample_in(running.probe),
            trace=trace.trace(place.number),
            index=place.index,
            running=running,
            what_if=self.what_if,
        )

    def _sample_in(self, probe: Probe) -> int:
        """Return the selected sample's number within a mini-batch; of one without it, the first."""
        if probe.chosen is None:
            return self.sample
        found = (probe.chosen == self.sample).nonzero()[0]
        return int(found[0]) if len(found) else 0

    def _epoch_trace(self) -> EpochTrace:
        if self._trace is None:
            self._trace = self._trace_of(self.epoch, self.what_if)
        return self._trace

    def _trace_of(self, epoch: int, what_if: WhatIf = NOTHING_REPLACED) -> EpochTrace:
        assert self._probe is not None  # noqa: S101  there is a run
        return trace_of(self._session, self._probe, epoch, folded=self.folded, what_if=what_if)

    @property
    def training(self) -> Training:
        """The settings of the update at the epoch looked at."""
        return training_at(self._session, self.epoch)

    # -- choosing what to look at -----------------------------------------------------------

    def select_sample(self, sample: int) -> None:
        """Select a sample by its number in all data."""
        if self._probe is not None and 0 <= sample < self._probe.tape.samples:
            self.sample = sample
            self._moment = None
            self.moved.emit()

    def select(self, selection: Selection | None) -> None:
        """Select a node or an edge of the graph, or nothing."""
        if selection != self.selection:
            self.selection = selection
            self.moved.emit()

    @property
    def subject(self) -> Selection | None:
        """What is to be explained: the selection, else what the step is about."""
        if self.selection is not None or self.moment is None or self.moment.entry is None:
            return self.selection
        return subject_of(self.moment.entry)

    def set_folded(self, folded: bool) -> None:
        """Let a step be about all samples at once, or about one; the step stays what it does."""
        if folded == self.folded:
            return
        moment, step = self.moment, self.step
        self.folded = folded
        self._trace = None
        if isinstance(self.selection, SelectedEdge) and moment is not None:
            self.selection = self.selection.renumbered(moment.probe.tape, folded=folded)
        if moment is not None and moment.entry is not None and step is not None:
            trace = self._epoch_trace()
            number = 0 if moment.running is None else moment.running.number
            found = trace.trace(number).find(moment.entry, moment.sample)
            self.step = trace.first_of(number, Stage.FORWARD) + found
        self._moment = None
        self.moved.emit()

    def ask_what_if(self, what_if: WhatIf) -> None:
        """Put other numbers in place of the run's own; everything downstream follows."""
        self.pause()
        self._stop_training()
        self.what_if = what_if
        self._forget_numbers()
        self.moved.emit()
        self._say_where()

    def take_back(self) -> None:
        """Take back what was put in place of the run's own numbers."""
        if self.what_if != NOTHING_REPLACED:
            self.ask_what_if(NOTHING_REPLACED)

    def leave(self) -> None:
        """Take back what was replaced, else the selection, else look at the newest epoch."""
        self.pause()
        if self.what_if != NOTHING_REPLACED:
            self.ask_what_if(NOTHING_REPLACED)
        elif self.selection is not None:
            self.select(None)
        elif self.epoch >= 0:
            self._go(self._session.epoch, None)

    # -- steps ------------------------------------------------------------------------------

    def forward(self, *, unasked: bool = False) -> None:
        """Do the next step, unless it is held back; ``unasked`` does it in any case."""
        if self._wanted is not None or not self._ready():
            return  # the next epoch is being trained
        target = 0 if self.step is None else self.step + 1
        trace = self._epoch_trace()
        if target >= len(trace):
            self.next_epoch(step=True)
        elif unasked or self.guard(self._entry(trace, target)):
            self._go(self.epoch, target)

    def back(self) -> None:
        """Undo a step; before the first comes the previous epoch's last."""
        if not self._ready():
            return
        trace = self._epoch_trace()
        if self.step is None:
            self._go(self.epoch, trace.first_of(trace.passes - 1, Stage.UPDATE) - 1)
        elif self.step > 0:
            self._go(self.epoch, self.step - 1)
        elif self.epoch > 0:
            self._go(self.epoch - 1, len(self._trace_of(self.epoch - 1)) - 1)
        else:
            self.said.emit("This is the very first step of the run.")

    def next_stage(self) -> None:
        """Go to where the next stage begins: forward, backward, update, the next epoch."""
        if not self._ready():
            return
        if self.step is None:
            self._go(self.epoch, 0)
            return
        trace = self._epoch_trace()
        place = trace.locate(self.step)
        which = STAGES.index(trace.trace(place.number).stage(place.index)) + 1
        if which < len(STAGES):
            self._go(self.epoch, trace.first_of(place.number, STAGES[which]))
        elif place.number + 1 < trace.passes:
            self._go(self.epoch, trace.first_of(place.number + 1, Stage.FORWARD))
        else:
            self.next_epoch(step=True)

    def previous_stage(self) -> None:
        """Go to where this stage begins, or from there to where the one before begins."""
        if not self._ready():
            return
        if self.step is None:
            trace = self._epoch_trace()
            self._go(self.epoch, trace.first_of(trace.passes - 1, Stage.BACKWARD))
            return
        trace = self._epoch_trace()
        place = trace.locate(self.step)
        stage = trace.trace(place.number).stage(place.index)
        first = trace.first_of(place.number, stage)
        if first < self.step:
            self._go(self.epoch, first)
        elif first == 0:
            self.back()
        else:
            before = trace.locate(self.step - 1)
            earlier = trace.trace(before.number).stage(before.index)
            self._go(self.epoch, trace.first_of(before.number, earlier))

    def next_epoch(self, *, step: bool | None = None) -> None:
        """Go to the next epoch, trained if need be: to its first step, or as a whole."""
        if self._wanted is not None or not self._ready():
            return
        step = self.step is not None if step is None else step
        if self.epoch < self._session.epoch:
            self._go(self.epoch + 1, 0 if step else None)
        else:
            self._wanted = (self.epoch + 1, 0 if step else None)
            self._session.step()

    def previous_epoch(self) -> None:
        """Go to the previous epoch: to its first step, or as a whole."""
        if not self._ready():
            return
        if self.epoch > 0:
            self._go(self.epoch - 1, None if self.step is None else 0)
        else:
            self.said.emit("This is epoch 0: no update was made before it.")

    def go_to(self, epoch: int, step: int | None = None) -> None:
        """Look at an epoch of the history as a whole, or at a step of its trace, the last at most.

        Steps are counted from 0.
        """
        if not self._ready():
            return
        epoch = min(max(epoch, 0), self._session.epoch)
        if step is not None:
            step = min(step, len(self._trace_of(epoch)) - 1)
        self._go(epoch, step)

    def _entry(self, trace: EpochTrace, step: int) -> Entry:
        place = trace.locate(step)
        entry: Entry = trace.trace(place.number)[place.index]
        return entry

    def _ready(self) -> bool:
        """Whether there is an epoch to step in; training by itself pauses, and what if ends."""
        self._wanted = None
        if self._probe is None or self.epoch < 0:
            return False
        self._stop_training()
        return True

    def _stop_training(self) -> None:
        if self._session.running:
            self._pausing = True
            self._session.pause()

    def _go(self, epoch: int, step: int | None) -> None:
        if epoch != self.epoch:
            self.what_if = NOTHING_REPLACED
            self._trace = None
        self.epoch, self.step, self._moment = epoch, step, None
        self._follow_sample()
        self.moved.emit()
        if step is not None:
            self.stepped.emit(self.moment)
        self._say_where()

    def _follow_sample(self) -> None:
        """Select the sample that a step is about, if it is about one."""
        moment = self.moment
        if moment is None or moment.entry is None or moment.entry.sample is None:
            return
        chosen, sample = moment.probe.chosen, moment.entry.sample
        self.sample = sample if chosen is None else int(chosen[sample])
        self._moment = None

    def _say_where(self) -> None:
        """Say what is special about what is looked at."""
        newest = self._session.epoch
        self.sentence = ""
        if self.what_if != NOTHING_REPLACED:
            self.sentence = "What if: numbers are yours, not the run's. Esc takes them back."
        elif self.step is not None:
            self.sentence = f"Stepping through epoch {self.epoch:,}. Esc leaves the steps."
        elif self.epoch < newest:
            self.sentence = (
                f"This is epoch {self.epoch:,} of {newest:,} trained. "
                f"Esc goes to the newest; Play goes on from there. "
                f"Another training setting branches off here."
            )
        self.said.emit(self.sentence)

    def _forget_numbers(self) -> None:
        self._trace = self._moment = None

    def _take_training(self) -> None:
        """Follow other settings: they may change the steps to come."""
        self._forget_numbers()
        if self.step is not None and self._probe is not None:
            self._go(self.epoch, min(self.step, len(self._epoch_trace()) - 1))

    def _take_frame(self) -> None:
        """Follow the training, or arrive where one was going."""
        newest, wanted = self._session.epoch, self._wanted
        arrived, self._newest = newest != self._newest, newest
        if wanted is not None and newest >= wanted[0]:
            self._wanted = None
            epoch, step = wanted
            if step:  # of another run's epoch, which may have fewer
                step = min(step, len(self._trace_of(epoch)) - 1)
            self._go(epoch, step)
        elif wanted is None and arrived and not self._pausing:
            self._go(newest, None)

    def _take_state(self, state: State) -> None:
        """Let training have its way; give up what cannot be reached, where it has ended."""
        if state is State.RUNNING:
            self._wanted = None
            self.pause()
            return
        self._pausing = False
        if state is not State.PAUSED and self._wanted is not None:
            self._wanted = None
            self.sentence = ""  # why training goes no further is what matters now
            self.pause()

    def _play_step(self) -> None:
        """Do the next step; at the end of a looped stage, its first."""
        if self._wanted is not None:
            return  # the next epoch is being trained
        looped = self.looped
        if looped is not None:
            trace = self._epoch_trace()
            place = trace.locate(self.step or 0)
            current: Trace = trace.trace(place.number)
            stage = current.indices(looped)
            outside = self.step is None or place.index not in stage
            if outside or place.index == stage.stop - 1:
                self._go(self.epoch, trace.first_of(place.number, looped))
                return
        self.forward()
