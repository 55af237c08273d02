"""Edits of the experiment: applied to the run, begun as a new one, asked about, or undone."""

from __future__ import annotations

import time
from collections.abc import Callable
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

MOST_UNDONE = 200
"""Edits that can be undone."""


class Edit(QUndoCommand):
    """One edit: the experiment before and after it."""

    def __init__(
        self, put: Callable[[Experiment], None], before: Experiment, after: Experiment, what: str
    ) -> None:
        super().__init__(what)
        self.before, self.after = before, after
        self._put = put
        self._done = True  # by whoever makes the edit
        self._made = time.monotonic()

    def redo(self) -> None:
        """Put the experiment after the edit in force; at first it is already."""
        if not self._done:
            self._put(self.after)

    def undo(self) -> None:
        """Put the experiment before the edit in force."""
        self._done = False
        self._put(self.before)

    def id(self) -> int:
        """Return one number for all edits, so that Qt asks whether two are one."""
        return 1

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802  Qt's
        """Take in a following edit, if it changes the same setting of the training again."""
        same = isinstance(other, Edit) and other.text() == self.text()
        if not same or other.after.starts_anew(self.before):
            return False
        if other._made - self._made > TOGETHER:
            return False
        self.after, self._made = other.after, other._made
        return True


class Editing(QObject):
    """Takes what a person wants of the experiment, and keeps what it takes to undo it.

    Training settings apply to the run at once; of an epoch that is past they make a branch.
    Whatever else is changed begins a new run. If epochs would be lost by that, a person is
    asked first, and meanwhile the panel shows what is wanted.

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
        self._pending: Experiment | None = None  # would end the run: a person was asked
        self._what = ""
        self._stack = QUndoStack(self)
        self._stack.setUndoLimit(MOST_UNDONE)
        self.undo_action = self._action("&Undo", QKeySequence.StandardKey.Undo, self.undo)
        self.redo_action = self._action("Re&do", QKeySequence.StandardKey.Redo, self.redo)
        self._stack.indexChanged.connect(self._name_actions)
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

    # -- edits ------------------------------------------------------------------------------

    def take(self, wanted: Experiment, what: str, *, keep: bool = False) -> None:
        """Apply an edit that is called ``what``: to the run, or, after asking, as a new one.

        With ``keep`` nobody is asked: a run that has epochs stays in the list beside the new
        one, as long as there is room.
        """
        session = self._session
        self._panel.show_experiment(wanted)
        if session is None:
            return
        if not wanted.starts_anew(session.experiment):
            self._pending = None
            if wanted == session.experiment:
                self.applied.emit()
            elif self._looks_back():
                self.branch_asked.emit(wanted.training)
            else:
                self._apply(wanted, what)
        elif session.recorded == 0:
            self._apply(wanted, what)
        elif keep and session.room:
            self._apply(wanted, what, keep=True)
        else:
            self._what = self._what if self.waits else what
            self._pending = wanted
            self.ask()

    def ask(self) -> None:
        """Ask, or ask again, whether to start anew or to keep the run."""
        pending, session = self._pending, self._session
        if pending is None or session is None:
            return
        answers = [("Start &anew", lambda: self._apply(pending, self._what))]
        if session.room:
            answers.append(("Keep &both", lambda: self._apply(pending, self._what, keep=True)))
        answers.append(("&Keep this run", self.take_back))
        self._name_actions()
        self._notice.say(
            f"{self._what}: this starts training anew, and the run so far is lost, unless you "
            "keep both.",
            "warning",
            answers,
        )

    def start_pending(self) -> bool:
        """Start anew with what was asked about; return whether there was such a thing."""
        if self._pending is None:
            return False
        self._apply(self._pending, self._what)
        return True

    def take_back(self) -> None:
        """Take back an edit that would have ended the run."""
        self._pending = None
        self._panel.discard_typing()
        if self._session is not None:
            self._panel.show_experiment(self._session.experiment)
        self.applied.emit()

    def forget(self) -> None:
        """Forget the edits: another run is looked at, to which they were not made."""
        self._pending = None
        self._stack.clear()
        self._name_actions()

    def forget_question(self) -> None:
        """Wait for no answer any more."""
        self._pending = None
        self._name_actions()

    def _apply(self, wanted: Experiment, what: str, *, keep: bool = False) -> None:
        assert self._session is not None  # noqa: S101  edits are applied to it
        before = self._session.experiment
        self._put(wanted, keep=keep)
        self._stack.push(Edit(self._put, before, wanted, what))
        self._name_actions()

    def _put(self, experiment: Experiment, *, keep: bool = False) -> None:
        """Put an experiment in force, whatever becomes of the run."""
        session = self._session
        assert session is not None  # noqa: S101  edits are applied to it
        self._pending = None
        self._panel.show_experiment(experiment)
        if experiment.starts_anew(session.experiment):
            session.start(experiment, keep)
        else:
            session.change(experiment)
        self.applied.emit()

    # -- undoing ----------------------------------------------------------------------------

    def undo(self) -> None:
        """Undo the edit made last; asks first if a run would be lost."""
        if self.waits:
            self.take_back()
        elif self._stack.canUndo():
            edit = self._stack.command(self._stack.index() - 1)
            self._go_back(edit.before, f"Undo “{edit.text()}”", self._stack.undo)

    def redo(self) -> None:
        """Make the edit again that was undone last; asks first if a run would be lost."""
        if not self.waits and self._stack.canRedo():
            edit = self._stack.command(self._stack.index())
            self._go_back(edit.after, f"Redo “{edit.text()}”", self._stack.redo)

    def _go_back(self, wanted: Experiment, what: str, go: Callable[[], None]) -> None:
        session = self._session
        if session is None:
            return
        if not wanted.starts_anew(session.experiment) or session.recorded == 0:
            go()
            return
        self._notice.say(
            f"{what}: this starts training anew, and the run so far is lost.",
            "warning",
            (("&Go on", go), ("&Keep this run", self.applied.emit)),
        )

    def _name_actions(self) -> None:
        """Say in the menu what would be undone."""
        for action, text, of in (
            (self.undo_action, "&Undo", self._stack.undoText()),
            (self.redo_action, "Re&do", self._stack.redoText()),
        ):
            action.setEnabled(bool(of) or (self.waits and action is self.undo_action))
            action.setText(f"{text} “{of}”" if of else text)
