"""The inspector's dock: what is said, and shown, about the selected node or edge."""

from __future__ import annotations

from html import escape

import numpy as np
from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.theme import Theme
from app.training.moment import Moment
from app.training.selection import SelectedEdge, SelectedNode, Selection
from app.views.inspector import edge_text, node_text, sample_text, update_text
from app.views.inspector.bars import ContributionBars, head_line
from app.views.inspector.check_row import CheckRow
from app.views.inspector.clip_picture import ClipPicture
from app.views.inspector.clipping import Clip
from app.views.inspector.figures import Figures
from app.views.inspector.page import Page, PageScroll
from app.views.inspector.reading import Contributions, Reading
from app.views.inspector.section import Section, SteadyText
from app.views.inspector.wording import large
from app.views.throttle import Throttle

INTERVAL = 100
"""Milliseconds between two moments shown: words must be readable while training runs."""

BESIDE_THE_STEP = "Selected; Esc goes back to following the steps."


class InspectorView(QWidget):
    """Explains why the gradient of the selected node or edge is what it is."""

    selection_asked = Signal(object)
    """A link to another node or edge was followed: a Selection."""
    sample_asked = Signal(int)
    """A sample was chosen, by its number in all data."""
    what_if_asked = Signal(object)
    """A leaf was given another value: a WhatIf."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector")
        self._moment: Moment | None = None
        self._subject: Selection | None = None
        self._shown: tuple[Moment | None, Selection | None] | None = None
        self._needed: set[QWidget] = set()
        self._throttle = Throttle(INTERVAL, self._show, self)
        self._beside = QLabel(BESIDE_THE_STEP, objectName="beside_the_step", wordWrap=True)
        self._beside.setProperty("role", "muted")
        self._title = SteadyText("inspected")
        self._kind = SteadyText("inspected_kind")
        self._formula = SteadyText("inspected_formula")
        self._figures = Figures()
        self._figures.edited.connect(self._ask_what_if)
        self._check = CheckRow()
        self._local = Section("local_derivatives", "Local derivatives")
        self._chain = Section("chain_rule", "The chain rule over this edge")
        self._origin = Section("gradient_origin", "How its gradient came about")
        self._update = Section("update_step", "The update")
        self._shares = Section("sample_shares", "")
        self._picture = ClipPicture()
        self._bars = ContributionBars()
        self._bars.chosen.connect(self.sample_asked)
        self._head = QLabel(objectName="contributions_head", wordWrap=True)
        self._sections = (self._shares, self._local, self._chain, self._origin, self._update)
        self._texts = (
            self._title,
            self._kind,
            self._formula,
            *(each.text for each in self._sections),
        )
        for text in self._texts:
            text.followed.connect(self.selection_asked)
        self._build()

    def show_moment(self, moment: Moment | None, subject: Selection | None) -> None:
        """Explain a node or an edge at a moment, or say how to select one."""
        other = subject != self._subject or (moment is None) != (self._moment is None)
        self._moment, self._subject = moment, subject
        if not self.isVisible():
            self._throttle.drop()
        elif other:
            self._throttle.do_now()
        else:
            self._throttle.ask()

    def catch_up(self) -> None:
        """Show the newest moment at once."""
        self._throttle.catch_up()

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        for part in (*self._texts, self._bars, self._picture, self._page):
            part.set_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: D102  Qt's
        super().showEvent(event)
        self._throttle.do_now()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: D102  Qt's
        super().hideEvent(event)
        self._throttle.drop()

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and hasattr(self, "_texts"):
            self._set_text_size()

    # -- showing ----------------------------------------------------------------------------

    def _show(self) -> None:
        """Show the newest moment, if it is not shown already."""
        moment, subject = self._moment, self._subject
        before, self._shown = self._shown, (moment, subject)
        if before is not None and before[0] is moment and before[1] == subject:
            return
        if before is None or before[1] != subject:
            self._figures.start()
            self._bars.start()
            for text in self._texts:
                text.forget()
        self._needed = set()
        if moment is None:
            self._say(self._formula, escape(sample_text.INVITATION))
        else:
            self._show_subject(Reading(moment, subject), subject)
        self._show_needed()

    def _show_subject(self, reading: Reading, subject: Selection | None) -> None:
        if reading.is_beside_the_step and subject is not None:
            self._needed.add(self._beside)
        match subject:
            case SelectedNode(place):
                self._show_node(reading, place)
            case SelectedEdge():
                self._show_edge(reading, subject)
            case None:
                self._show_sample(reading)

    def _show_needed(self) -> None:
        """Show the parts that something was said in, and hide all others."""
        focused = self.focusWidget()
        for part in self._parts:
            if part not in self._needed:
                if focused is not None and part.isAncestorOf(focused):
                    self._scroll.setFocus()  # rather than whatever comes next
                part.hide()
        for part in self._needed:
            part.show()

    def _show_node(self, reading: Reading, place: int) -> None:
        self._say(self._title, large(node_text.title(reading, place)))
        self._say(self._kind, escape(node_text.kind(reading, place)))
        self._say(self._formula, node_text.formula(reading, place))
        self._figures.show_value(
            reading.value(place),
            node_text.full_name(reading, place),
            editable=reading.is_editable(place),
            replaced=reading.is_replaced(place),
        )
        name = reading.called(place).gradient
        self._needed.add(self._figures)
        required = reading.requires_gradient(place)
        self._figures.show_gradient(reading.gradient(place), name, required=required)
        if required:
            self._check.show_place(reading, place)
            self._needed.add(self._check)
        self._show_update(reading, place)
        if reading.operands(place):
            self._say_section(self._local, node_text.local_derivatives(reading, place))
        self._say_section(self._origin, node_text.origin(reading, place))
        self._show_contributions(reading, reading.contributions(place), place)

    def _show_edge(self, reading: Reading, edge: SelectedEdge) -> None:
        flow = reading.flow(edge)
        self._say(self._title, large(edge_text.title(flow)))
        self._say(self._kind, edge_text.ends(reading, flow))
        if not reading.begins_with(edge):
            self._say(self._formula, node_text.local_derivative(reading, flow))
        self._say_section(self._chain, edge_text.chain_rule(reading, flow))
        self._show_contributions(reading, flow.contributions, flow.operand)

    def _show_sample(self, reading: Reading) -> None:
        self._say(self._formula, escape(sample_text.INVITATION))
        self._shares.set_caption(f"Sample {reading.sample_number}")
        self._say_section(self._shares, sample_text.sample(reading) + sample_text.shares(reading))

    def _show_update(self, reading: Reading, place: int) -> None:
        """Show a parameter's update, once its gradient is complete."""
        entry = reading.update(place)
        if entry is None:
            return
        self._say_section(self._update, update_text.update(reading, entry))
        clip = Clip.of(reading.moment.change)
        if clip is not None:
            names = [reading.names.gradient(each) for each in reading.tape.parameters]
            self._picture.show_clip(clip, names)
            self._needed.add(self._picture)

    def _show_contributions(
        self, reading: Reading, contributions: Contributions | None, place: int
    ) -> None:
        """Show what each sample adds to a place's gradient, once any of it has flowed."""
        if contributions is None or not np.any(contributions.known):
            return
        name = reading.called(place).gradient
        self._head.setText(head_line(contributions, reading, place))
        self._bars.setAccessibleName(f"Each sample's contribution to {name}, the largest first")
        self._bars.show_contributions(contributions, reading)
        self._needed |= {self._head, self._bars}

    def _say(self, text: SteadyText, said: str) -> None:
        text.say(said)
        if said:
            self._needed.add(text)

    def _say_section(self, section: Section, said: str) -> None:
        section.text.say(said)
        if said:
            self._needed.add(section)

    def _ask_what_if(self, value: float) -> None:
        """Ask for another value of the leaf that is shown."""
        shown, subject = self._shown or (None, None)
        moment = self._moment
        if moment is None or shown is None or not isinstance(subject, SelectedNode):
            return
        parameters = moment.evaluation.tape.parameters
        if subject.place in parameters:
            asked = moment.what_if.with_parameter(parameters.index(subject.place), value)
        else:
            sample = Reading(shown, subject).sample_number
            asked = moment.what_if.with_data(subject.place, sample, value)
        self.what_if_asked.emit(asked)

    # -- making the parts -------------------------------------------------------------------

    def _build(self) -> None:
        self._parts: tuple[QWidget, ...] = (
            self._beside,
            self._title,
            self._kind,
            self._formula,
            self._figures,
            self._check,
            self._update,
            self._picture,
            self._local,
            self._chain,
            self._origin,
            self._shares,
            self._head,
            self._bars,
        )
        self._page = page = Page()
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 4, 8, 6)
        column.setSpacing(6)
        for part in self._parts:
            column.addWidget(part, 1 if part is self._bars else 0)
        column.addStretch(0)
        self._scroll = PageScroll(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._scroll)
        self._set_text_size()

    def _set_text_size(self) -> None:
        self._figures.set_text_size()
        for text in self._texts:
            text.forget()
