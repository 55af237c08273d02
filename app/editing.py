"""Edits of the experiment: applied to the run, begun as a new one, asked about, or undone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence, QUndoCommand, QUndoStack

from app.controls.experiment_panel import ExperimentPanel
from app.controls.notice_bar import NoticeBar
from app.study.experiment import Experiment

if TYPE_CHECKING:
    from app.training.session import Session

TOGETHER = 1.0
"""Seconds between two changes of one setting that are undone together: a slider is dragged."""

MOST_UNDONE = 50
"""Edits of a run that can be undone: each may hold a million points."""


class Edit(QUndoCommand):
    """One edit.

    Attributes:
        before, after: the experiment before and after it.
        anew: whether it began a new run even if the training alone differs.
        kept: the number of the run that stayed in the list beside the new one, or None.
    """

    def __init__(
        self,
        put: Callable[[Experiment, bool], None],
        before: Experiment,
        after: Experiment,
        what: str,
        anew: bool,
        kept: int | None,
    ) -> None:
        super().__init__(what)
        self.before, self.after, self.anew, self.kept = before, after, anew, kept
        self._put = put
        self._done = True  # by whoever makes the edit
        self._made = time.monotonic()

    def redo(self) -> None:
        """Put the experiment after the edit in force; at first it is already."""
        if not self._done:
            self._put(self.after, self.anew)

    def undo(self) -> None:
        """Put the experiment before the edit in force."""
        self._done = False
        self._put(self.before, self.anew)

    def id(self) -> int:
        """Return one number for all edits, so that Qt asks whether two are one."""
        return 1

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802  Qt's
        """Take in a following edit, if it changes the same setting of the training again."""
        same = isinstance(other, Edit) and other.text() == self.text()
        if not same or self.anew or other.anew or other.after.starts_anew(self.before):
            return False
        if other._made - self._made > TOGETHER:
            return False
        self.after, self._made = other.after, other._made
        return True


@dataclass(frozen=True, slots=True)
class Pending:
    """An edit that would end a run that has epochs: a person was asked.

    Attributes:
        wanted: the experiment after it.
        what: what it is called.
        anew: whether it begins a new run even where the training alone differs.
    """

    wanted: Experiment
    what: str
    anew: bool


class Editing(QObject):
    """Takes what a person wants of the experiment, and keeps what it takes to undo it.

    Training settings apply to the run at once; of an epoch that is past they make a branch.
    Whatever else is changed begins a new run. If epochs would be lost by that, a person is
    asked first, and meanwhile the panel shows what is wanted. Every run has edits of its own.

    Attributes:
        undo_action, redo_action: for a menu.
    """

    applied = Signal()
    """The session's experiment is another one, or the panel's is no longer waiting."""
    branch_asked = Signal(object)
    """A training setting was changed while a past epoch is looked at: the Training wanted."""

    def __init__(self, panel: ExperimentPanel, notice: NoticeBar, parent: QObject) -> None:
        super().__init__(parent)
        self._panel, self._notice = panel, notice
        self._session: Session | None = None
        self._looks_back: Callable[[], bool] = lambda: False
        self._pending: Pending | None = None
        self._stacks: dict[int, QUndoStack] = {}  # by the runs' numbers
        self.undo_action = self._action("&Undo", QKeySequence.StandardKey.Undo, self.undo)
        self.redo_action = self._action("Re&do", QKeySequence.StandardKey.Redo, self.redo)
        self._name_actions()

    def _action(
        self, text: str, key: QKeySequence.StandardKey, what: Callable[[], None]
    ) -> QAction:
        action = QAction(text, self)
        action.setObjectName(f"{text.replace('&', '').lower()}_action")
        action.setShortcuts(QKeySequence.keyBindings(key))
        action.triggered.connect(what)
        return action

    def take_session(self, session: Session, looks_back: Callable[[], bool]) -> None:
        """Apply edits to this session from now on; ``looks_back``: a past epoch is looked at."""
        self._session, self._looks_back = session, looks_back

    @property
    def waits(self) -> bool:
        """Whether a person is asked something."""
        return self._pending is not None

    @property
    def _stack(self) -> QUndoStack | None:
        """The edits of the run that is looked at."""
        session = self._session
        if session is None:
            return None
        for gone in self._stacks.keys() - {run.number for run in session.runs}:
            self._stacks.pop(gone).deleteLater()
        number = session.current.number
        if number not in self._stacks:
            self._stacks[number] = QUndoStack(self)
            self._stacks[number].setUndoLimit(MOST_UNDONE)
        return self._stacks[number]

    # -- edits ------------------------------------------------------------------------------

    def take(
        self, wanted: Experiment, what: str, *, keep: bool = False, anew: bool = False
    ) -> None:
        """Apply an edit that is called ``what``: to the run, or, after asking, as a new one.

        With ``keep`` nobody is asked: a run that has epochs stays in the list beside the new
        one, as long as there is room. With ``anew`` a new run begins even if the training alone
        differs.
        """
        session = self._session
        self._panel.show_experiment(wanted)
        if session is None:
            return
        if wanted == session.experiment and not (anew and session.recorded):
            self._withdraw()
            self.applied.emit()
        elif not anew and not wanted.starts_anew(session.experiment):
            self._withdraw()
            self._take_training(session, wanted, what)
        elif session.recorded == 0:
            self._apply(Pending(wanted, what, anew))
        elif keep and session.room:
            self._apply(Pending(wanted, what, anew), keep=True)
        else:
            self._pending = Pending(wanted, self._pending.what if self._pending else what, anew)
            self.ask()

    def _take_training(self, session: Session, wanted: Experiment, what: str) -> None:
        """Apply other training settings to the run, or to a branch of it."""
        only_longer = wanted == session.experiment.with_value("epochs", wanted.training.epochs)
        if not self._looks_back() or only_longer:
            self._apply(Pending(wanted, what, anew=False))
            return
        self.branch_asked.emit(wanted.training)
        if session.experiment != wanted:  # there was no room for it
            self._panel.show_experiment(session.experiment)

    def ask(self) -> None:
        """Ask, or ask again, whether to start anew or to keep the run."""
        pending, session = self._pending, self._session
        if pending is None or session is None:
            return
        answers = [("Start &anew", lambda: self._apply(pending))]
        if session.room:
            answers.append(("Keep &both", lambda: self._apply(pending, keep=True)))
        answers.append(("&Keep this run", self.take_back))
        self._name_actions()
        unless = ", unless you keep both" if session.room else ""
        self._notice.ask(
            f"{pending.what}: this starts training anew, and the run so far is lost{unless}.",
            answers,
        )

    def start_pending(self) -> bool:
        """Start anew with what was asked about; return whether there was such a thing."""
        if self._pending is None:
            return False
        self._apply(self._pending)
        return True

    def take_back(self) -> None:
        """Take back an edit that would have ended the run."""
        self._withdraw()
        self._panel.discard_typing()
        if self._session is not None:
            self._panel.show_experiment(self._session.experiment)
        self.applied.emit()
        self._name_actions()

    def forget_question(self) -> None:
        """Wait for no answer any more; another run may be looked at, with edits of its own."""
        self._withdraw()
        self._name_actions()

    def _withdraw(self) -> None:
        self._pending = None
        self._notice.withdraw()

    def _apply(self, edit: Pending, *, keep: bool = False) -> None:
        session = self._session
        assert session is not None  # noqa: S101  edits are applied to it
        before, run = session.experiment, session.current.number
        if keep:
            session.pause()  # else it would go on where nobody looks
        self._put(edit.wanted, edit.anew, keep=keep)
        kept = None if run == session.current.number else run
        stack = self._stack
        if stack is not None:
            stack.push(Edit(self._put, before, edit.wanted, edit.what, edit.anew, kept))
        self._name_actions()

    def _put(self, experiment: Experiment, anew: bool, *, keep: bool = False) -> None:
        """Put an experiment in force, whatever becomes of the run."""
        session = self._session
        assert session is not None  # noqa: S101  edits are applied to it
        self._withdraw()
        self._panel.show_experiment(experiment)
        if anew or experiment.starts_anew(session.experiment):
            session.start(experiment, keep)
        else:
            session.change(experiment)
        self.applied.emit()

    # -- undoing ----------------------------------------------------------------------------

    def undo(self) -> None:
        """Undo the edit made last; asks first if a run would be lost."""
        stack = self._stack
        if self.waits:
            self.take_back()
        elif stack is not None and stack.canUndo():
            edit = stack.command(stack.index() - 1)
            if not self._return_to(edit.kept):
                self._go_back(edit.before, edit.anew, f"Undo {edit.text()}", stack.undo)

    def _return_to(self, kept: int | None) -> bool:
        """Look again at the run beside which one began that has no epochs; return if there is."""
        session = self._session
        if session is None or session.recorded or kept not in {run.number for run in session.runs}:
            return False
        new = session.current.number
        session.select(kept)
        session.delete(new)
        return True

    def redo(self) -> None:
        """Make the edit again that was undone last; asks first if a run would be lost."""
        stack = self._stack
        if not self.waits and stack is not None and stack.canRedo():
            edit = stack.command(stack.index())
            self._go_back(edit.after, edit.anew, f"Redo {edit.text()}", stack.redo)

    def _go_back(self, wanted: Experiment, anew: bool, what: str, go: Callable[[], None]) -> None:
        session = self._session
        if session is None:
            return

        stack = self._stack
        place = None if stack is None else stack.index()

        def go_on() -> None:
            if stack is self._stack and stack is not None and stack.index() == place:
                go()  # else other edits have been made meanwhile
            self._name_actions()

        lost = anew or wanted.starts_anew(session.experiment)
        if not lost or session.recorded == 0:
            go_on()
            return
        answers = [("&Go on", go_on)]
        if session.room:
            both = Pending(wanted, what, anew)
            answers.append(("Keep &both", lambda: self._apply(both, keep=True)))
        answers.append(("&Keep this run", self.applied.emit))
        self._notice.ask(
            f"{what}: this starts training anew, and the run so far is lost, unless you keep both.",
            answers,
        )

    def _name_actions(self) -> None:
        """Say in the menu what would be undone."""
        stack = self._stack
        for action, text, of in (
            (self.undo_action, "&Undo", "" if stack is None else stack.undoText()),
            (self.redo_action, "Re&do", "" if stack is None else stack.redoText()),
        ):
            action.setEnabled(bool(of) or (self.waits and action is self.undo_action))
            action.setText(f"{text} “{of}”" if of else text)
