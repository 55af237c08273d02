"""What the notice says of the run: what training does, what is looked at, what went wrong."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from app.controls.notice_bar import NoticeBar
from app.run_actions import RunActions
from app.stepping import Stepping
from app.training.session import Session, State, describe
from app.training.walk import Walk


class RunNotices(QObject):
    """Says how things stand, unless a person has to answer something first."""

    def __init__(
        self,
        session: Session,
        walk: Walk,
        notice: NoticeBar,
        actions: RunActions,
        stepping: Stepping,
        reset: Callable[[], None],
    ) -> None:
        """Take what explains why a number is not finite, and what begins the run again."""
        super().__init__(session)
        self._session, self._walk, self._notice = session, walk, notice
        self._actions, self._stepping = actions, stepping
        self._reset = reset
        walk.said.connect(self._say_of_walk)
        actions.said.connect(self._say_or_show_state)
        session.state_changed.connect(self.show_state)
        session.diverged.connect(self._warn_of_divergence)
        session.failed.connect(self._show_failure)

    def show_state(self) -> None:
        """Say what training is doing, or ask again what has to be answered first."""
        session = self._session
        if self._notice.waits:
            self._notice.ask_again()
            return
        run, place = session.current, "" if session.running else self._walk.sentence
        if session.state is State.DIVERGED and not place:
            self._warn_of_divergence(run.sentence)
        elif session.state is State.FAILED and not place:
            self._show_failure(run.sentence, run.details)
        else:
            said = describe(session.state, session.epoch, session.notice)
            self._notice.say(place or self._actions.sentence or said)

    def _say_of_walk(self, sentence: str) -> None:
        """Say what keeps the cursor, or is special there; else what training is doing."""
        if sentence != self._walk.sentence:
            self._notice.say(sentence)
        elif not self._session.running:
            self.show_state()

    def _say_or_show_state(self, sentence: str) -> None:
        """Say a sentence; an empty one leaves what training is doing."""
        if sentence:
            self._notice.say(sentence)
        else:
            self.show_state()

    def _explain_non_finite(self) -> None:
        """Go on along the chain of causes of the first number that is not finite, and tell it."""
        sentence, more = self._stepping.why()
        further = (("And &why?", self._explain_non_finite),) if more else ()
        self._notice.say(sentence, "warning", (*further, ("&Reset now", self._reset)))

    def _warn_of_divergence(self, sentence: str) -> None:
        if self._notice.waits:
            return  # it is said once the question is answered
        answers = (("&Why?", self._explain_non_finite), ("&Reset now", self._reset))
        self._notice.say(sentence, "warning", answers)

    def _show_failure(self, sentence: str, details: str) -> None:
        if self._notice.waits:
            return
        self._notice.say(
            sentence,
            "error",
            (("&Copy details", lambda: QGuiApplication.clipboard().setText(details)),),
        )
