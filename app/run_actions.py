"""What a person does with the runs of the list: branch, race, open, rename, hide, delete."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.controls.notice_bar import NoticeBar
from app.study.difference import named_after
from app.study.experiment import Experiment
from app.study.hyperparameters import Optimizer, Training
from app.training.run import RunListError, first_name
from app.training.session import Session
from app.training.walk import Walk
from app.views.runs.entrants import of_optimizers
from app.views.runs.race_dialog import RaceDialog
from app.views.runs.view import RunsView


class RunActions(QObject):
    """Asks the session for what the list of runs, the sweep and the timeline ask for.

    What cannot be done is said in a sentence.

    Attributes:
        branch_action, race_action: for a menu.
    """

    said = Signal(str)
    """A sentence on what was done."""
    opened = Signal()
    """Runs have begun of which one is looked at now."""

    def __init__(
        self, session: Session, walk: Walk, runs: RunsView, notice: NoticeBar, window: QWidget
    ) -> None:
        super().__init__(session)
        self._names: dict[int, str] = {}  # that branches were given here, by their numbers
        self._session, self._walk, self._notice, self._window = session, walk, notice, window
        self.branch_action = self._action("&Branch here", "B", self.branch_here)
        self.branch_action.setToolTip(
            "Go on from the epoch that is looked at as a run of its own, beside this one (B)"
        )
        self.race_action = self._action("Ra&ce…", "Ctrl+R", self.ask_for_race)
        runs.select_asked.connect(session.select)
        runs.rename_asked.connect(session.rename)
        runs.visibility_asked.connect(session.show)
        runs.delete_asked.connect(self.ask_to_delete)
        runs.branch_asked.connect(self.branch_here)
        runs.race_asked.connect(self.ask_for_race)
        session.training_changed.connect(self._name_branch)

    def _action(self, text: str, key: str, what: Callable[[], None]) -> QAction:
        action = QAction(text, self)
        name = text.replace("&", "").removesuffix("…").lower().replace(" ", "_")
        action.setObjectName(f"{name}_action")
        action.setShortcut(QKeySequence(key))
        action.triggered.connect(what)
        return action

    # -- branches ---------------------------------------------------------------------------

    def branch_here(self) -> None:
        """Branch off at the epoch that is looked at, for now with the same settings.

        A branch that has no epochs of its own yet is such a one already.
        """
        run = self._session.current
        if not run.branched_at == run.epoch == self._walk.epoch:
            self.branch(self._session.experiment.training)

    def branch(self, training: Training) -> None:
        """Branch off at the epoch that is looked at, to go on from there with these settings."""
        try:
            self._session.branch(self._walk.epoch, training)
        except RunListError as error:
            self._refuse(error)
            return
        self._name_branch()
        self.said.emit("")

    @property
    def sentence(self) -> str:
        """What is special about the present run: that it branches off just here; else ""."""
        session = self._session
        run, names = session.current, {each.number: each.name for each in session.runs}
        if run.running or run.parent not in names or run.epoch != run.branched_at:
            return ""
        return (
            f"“{run.name}” branches off from “{names[run.parent]}” at epoch {run.epoch:,}. Change "
            "its training settings; Play goes on from here. Both are in the list of runs."
        )

    def _name_branch(self) -> None:
        """Name a branch by its own settings, until it has epochs or a person names it."""
        run = self._session.current
        parent = next((each for each in self._session.runs if each.number == run.parent), None)
        by_itself = run.name in (first_name(run.number), self._names.get(run.number))
        if parent is None or run.epoch != run.branched_at or not by_itself:
            return
        name = named_after(parent.experiment, run.experiment)
        self._names[run.number] = name
        self._session.rename(run.number, name)

    # -- races and sweeps -------------------------------------------------------------------

    def ask_for_race(self) -> None:
        """Let a person choose what is to be raced."""
        session = self._session
        dialog = RaceDialog(session.experiment, session.room, self._window)
        dialog.race_asked.connect(self.race)
        dialog.open()

    def race_optimizers(self) -> None:
        """Race all optimizers, each with a learning rate that suits it."""
        self.race(of_optimizers(self._session.experiment.training, Optimizer, suited=True))

    def race(self, trainings: Sequence[tuple[str, Training]]) -> None:
        """Train the present experiment with several settings at once.

        They take the place of the present run, if that has no epochs yet.
        """
        session, before = self._session, self._session.current
        try:
            session.race(trainings)
        except RunListError as error:
            self._refuse(error)
            return
        if not before.recorded:
            session.delete(before.number)
        self.opened.emit()

    def open_beside(self, experiment: Experiment, name: str) -> None:
        """Train an experiment to its end as a run of that name, beside those that are there.

        If it is there already, that is looked at.
        """
        session = self._session
        for run in session.runs:
            if run.experiment == experiment and run.course and len(run.course.changes) == 1:
                session.select(run.number)
                return
        if session.room:
            session.pause()
        try:
            session.start(experiment, keep=True)
        except RunListError as error:
            self._refuse(error)
            return
        self.opened.emit()
        session.rename(session.current.number, name)
        session.step(experiment.training.epochs)

    # -- the list ---------------------------------------------------------------------------

    def ask_to_delete(self, number: int) -> None:
        """Delete a run; asks first if epochs would be lost."""
        run = next((run for run in self._session.runs if run.number == number), None)
        if run is None:
            return
        if run.recorded <= (run.branched_at or 0):
            self._delete(number)
            return
        self._notice.ask(
            f"Delete “{run.name}”? Its {run.recorded:,} epochs are lost.",
            (
                ("&Delete it", lambda: self._delete(number)),
                ("&Keep it", lambda: self.said.emit("")),
            ),
        )

    def _delete(self, number: int) -> None:
        try:
            self._session.delete(number)
        except RunListError as error:
            self._refuse(error)
        except KeyError:
            self.said.emit("")  # it was deleted meanwhile
        else:
            self.said.emit("")

    def _refuse(self, error: Exception) -> None:
        self._notice.say(str(error), "warning")
