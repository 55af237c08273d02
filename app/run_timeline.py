"""The timeline of the run: shows how far it has come and what happened, and moves the cursor."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.controls.timeline import Timeline
from app.training.events import events_of
from app.training.loop import State
from app.training.session import Session
from app.training.walk import Walk


class RunTimeline(QObject):
    """Lets the timeline move the cursor, and lets it be when something else does."""

    def __init__(self, session: Session, walk: Walk, timeline: Timeline) -> None:
        super().__init__(session)
        self._session, self._walk, self._timeline = session, walk, timeline
        self._told: object = None  # what the events that are marked were found in
        timeline.epoch_asked.connect(walk.go_to)
        timeline.played.connect(lambda playing: walk.pause() if playing else None)
        walk.stepped.connect(lambda _moment: timeline.stop())
        walk.played.connect(lambda playing: timeline.stop() if playing else None)
        session.training_changed.connect(self.show)
        session.runs_changed.connect(self._show_events)
        session.state_changed.connect(self._take_state)

    def show(self) -> None:
        """Show how far the run has come, where one looks, and what happened when."""
        session = self._session
        epochs = session.experiment.training.epochs
        self._timeline.show_history(session.epoch, epochs, self._walk.epoch)
        self._show_events()

    def _take_state(self, state: State) -> None:
        if state is State.RUNNING:
            self._timeline.stop()
        self.show()

    def _show_events(self) -> None:
        """Mark what happened in the run, if it is something else than before."""
        session = self._session
        run, course = session.current, session.course
        ended = -1 if session.running else session.epoch  # where the loss may not be finite
        branches = [(each.parent, each.branched_at, each.name) for each in session.runs]
        told = (run.begun, None if course is None else course.changes, ended, branches)
        if told != self._told:
            self._told = told
            self._timeline.show_events(events_of(run, session.runs))
