"""Stepping through an epoch: connects the cursor with what moves it and what tells of it."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.controls.prediction_bar import PredictionBar
from app.controls.trace_bar import TraceBar
from app.training.causes import Cause
from app.training.epoch_trace import NOTHING_REPLACED
from app.training.narration import headline, narrate
from app.training.non_finite import explain, first_non_finite
from app.training.prediction import Question, Score, question
from app.training.selection import SelectedNode
from app.training.session import Session
from app.training.walk import Walk
from app.views.narration_line import NarrationLine
from app.views.step_log import StepLog
from autograd.tape import Column
from autograd.trace import Entry


class Stepping(QWidget):
    """Lets the trace bar walk, narrates every step, and asks before it is shown.

    The line that narrates and the question take turns in one place, so that nothing jumps.

    Attributes:
        line: tells the step that was done last.
        log: keeps all that was told.
        predictions: asks for the next number.
    """

    def __init__(self, session: Session, walk: Walk, bar: TraceBar) -> None:
        super().__init__()
        self._session, self._walk, self._bar = session, walk, bar
        self.line, self.log = NarrationLine(), StepLog()
        self.predictions = PredictionBar()
        self.predictions.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.line)
        layout.addWidget(self.predictions)
        self.setMinimumHeight(self.line.sizeHint().height())
        self._question: Question | None = None
        self._asked: Entry | None = None
        self._predicting = self._sign_only = False
        self._score = Score()
        self._causes: list[Cause] = []
        self._led_to: SelectedNode | None = None  # by "Why?"
        self._last = (-1, -1)
        self._connect_bar()
        self._connect_predictions()
        walk.guard = self._let_pass
        walk.moved.connect(self._show)
        walk.stepped.connect(self._log_step)
        walk.played.connect(bar.show_playing)
        session.state_changed.connect(self._show)
        self._show()

    def event(self, event: QEvent) -> bool:  # noqa: D102  Qt's
        if event.type() is QEvent.Type.LayoutRequest:
            self.setMinimumHeight(self.line.sizeHint().height())  # its text has another size
        return super().event(event)

    def _connect_bar(self) -> None:
        bar, walk = self._bar, self._walk
        for action, what in (
            (bar.epoch_back_action, walk.previous_epoch),
            (bar.stage_back_action, walk.previous_stage),
            (bar.step_back_action, walk.back),
            (bar.play_action, self._play_or_pause),
            (bar.step_forward_action, walk.forward),
            (bar.stage_forward_action, walk.next_stage),
            (bar.epoch_forward_action, walk.next_epoch),
            (bar.leave_action, walk.leave),
        ):
            action.triggered.connect(lambda _checked, what=what: what())
        bar.pace_changed.connect(walk.set_pace)
        bar.loop_changed.connect(walk.loop)
        bar.predict_toggled.connect(self._predict)
        walk.set_pace(bar.pace())

    def _play_or_pause(self) -> None:
        if self._walk.playing:
            self._walk.pause()
        else:
            self._walk.play()

    # -- telling ----------------------------------------------------------------------------

    def _show(self) -> None:
        """Show where the cursor is, and tell the step."""
        walk, moment = self._walk, self._walk.moment
        self._forget_question()
        if moment is None:
            self._bar.show_place(None, -1, -1)
            self.line.say("", "")
            return
        leavable = walk.what_if != NOTHING_REPLACED or walk.selection is not None
        if moment.stage is None:
            self._bar.show_place(None, walk.epoch, self._session.epoch, leavable=leavable)
        else:
            self._bar.show_place(moment.stage, *walk.place_in_trace, leavable=leavable)
        if self._session.running and walk.step is None:
            self.line.say("Training", "Pause (Space) and press →: each step is told here.")
        else:
            self.line.say(headline(moment), narrate(moment, walk.training))

    def _log_step(self, moment: object) -> None:
        walk = self._walk
        if moment is None or walk.moment is None:
            return
        self._causes = []
        if walk.selection is not None and walk.selection == self._led_to:
            walk.select(None)  # "Why?" had selected it, not a person
        place = (walk.epoch, -1 if walk.step is None else walk.step)
        told = narrate(walk.moment, walk.training)
        self.log.add(headline(walk.moment), told, back=place < self._last)
        self._last = place

    def why(self) -> tuple[str, bool]:
        """Go one link further along the chain that leads to the first number not finite.

        Returns a sentence, "" if all is finite, and whether there is more to say.
        """
        walk, moment = self._walk, self._walk.moment
        if not self._causes and moment is not None:
            found = first_non_finite(moment)
            if found is not None:
                self._causes = explain(moment, found, walk.training, self._parameters_before())
        if not self._causes or moment is None:
            return "", False
        causes, cause = self._causes[1:], self._causes[0]
        if cause.sample is not None:
            chosen = moment.probe.chosen
            walk.select_sample(cause.sample if chosen is None else int(chosen[cause.sample]))
        self._led_to = SelectedNode(cause.place)
        walk.select(self._led_to)
        self.log.add("Why?", cause.sentence)
        self._causes = causes
        return cause.sentence, bool(causes)

    def _parameters_before(self) -> Column | None:
        history, epoch = self._session.history, self._walk.epoch
        return history.parameters(epoch - 1) if history is not None and epoch > 0 else None

    # -- predicting -------------------------------------------------------------------------

    def _connect_predictions(self) -> None:
        bar = self.predictions
        bar.answered.connect(self._judge)
        bar.revealed.connect(self._reveal)
        bar.continued.connect(self._go_on)
        bar.sign_only_toggled.connect(self._choose_sign_only)
        bar.show_score(self._score.sentence)

    def _predict(self, on: bool) -> None:
        self._predicting = on
        if not on:
            self._forget_question()

    def _let_pass(self, entry: Entry) -> bool:
        """Ask before a step, in predict mode; return whether it may be shown."""
        moment = self._walk.moment
        if not self._predicting or self.predictions.judged or moment is None:
            return True
        asked = question(moment, entry, moment.probe.names, self._sign_only)
        if asked is None:
            return True
        self._walk.pause()
        self._question, self._asked = asked, entry
        self.line.hide()
        self.predictions.show()
        self.predictions.ask(asked.text, self._sign_only)
        return False

    def _judge(self, answer: str) -> None:
        if self._question is None:
            return
        verdict = self._question.judge(answer)
        if verdict.right is None:
            self.predictions.refuse(verdict.sentence)
            return
        self._score = self._score.after(verdict)
        self.predictions.show_score(self._score.sentence)
        self.predictions.show_verdict(verdict.right, verdict.sentence)

    def _reveal(self) -> None:
        if self._question is not None:
            self.predictions.show_verdict(None, self._question.answer)

    def _go_on(self) -> None:
        self._walk.forward(unasked=True)

    def _choose_sign_only(self, on: bool) -> None:
        self._sign_only = on
        if self._asked is not None:
            self._let_pass(self._asked)

    def _forget_question(self) -> None:
        """Ask nothing any more: the cursor is elsewhere."""
        if self._question is not None:
            self._question = self._asked = None
            self.predictions.rest()
            self.predictions.hide()
            self.line.show()
