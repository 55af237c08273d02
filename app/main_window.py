"""The main window: puts the parts together and passes on what each has to know."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, QSize, Signal
from PySide6.QtGui import QCloseEvent, QFontMetrics, QGuiApplication, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QApplication,
)

from app.appearance import Appearance
from app.bars import Bars
from app.controls.experiment_panel import ExperimentPanel
from app.controls.help_dialogs import about_dialog, shortcuts_dialog
from app.deferred import ModuleLoader
from app.docks import Docks
from app.file_dialogs import ask_for_experiment, ask_where_to_picture, ask_where_to_save
from app.menus import Menus
from app.restored_window import RestoredWindow
from app.study.experiment import Experiment
from app.study.presets import (
    ExperimentFileError,
    Preset,
    presets,
    read_preset,
    write_experiment,
)

if TYPE_CHECKING:
    from app.run_views import RunViews
    from app.training.session import Session

HEAVY_MODULES = ("app.training.session", "app.run_views")
"""Loaded after the first paint: NumPy and pyqtgraph come with them."""


class MainWindow(RestoredWindow):
    """The only part that knows every other.

    The window appears with its controls at once; ``load`` adds the views, whose libraries
    take longer to import.

    Attributes:
        transport, notice, panel: the controls.
        session: the running experiment; None before ``load``.
        fit_view, graph_view, loss_view: the views; they exist after ``load``.
    """

    painted = Signal()
    """The window was painted for the first time."""
    loaded = Signal()
    """The views are there and the experiment can be trained."""

    def __init__(self, preset: Preset, settings: QSettings, appearance: Appearance) -> None:
        super().__init__(settings)
        self.setObjectName("main_window")
        self._appearance = appearance
        self._opened = self._opening = preset
        self._wanted = preset.experiment
        self._pending: Experiment | None = None  # would end the run: a person was asked
        self._question = ""
        self._loader: ModuleLoader | None = None
        self._was_painted = False
        self.session: Session | None = None
        self._views: RunViews | None = None
        self._bars = bars = Bars(self)
        self.transport, self.trace_bar, self.notice = bars.transport, bars.trace_bar, bars.notice
        self.panel = ExperimentPanel(presets())
        self._add_docks()
        self._add_menus()
        self._connect_controls()
        self.panel.show_experiment(preset.experiment)
        self.transport.show_progress(-1, preset.experiment.training.epochs)
        self._show_theme()
        self.restore_window()
        self._show_title()
        self.notice.say("Loading…")

    # -- putting it together ----------------------------------------------------------------

    def _add_docks(self) -> None:
        self._docks = Docks(self)
        self._docks.fill("experiment", self.panel)
        self.resize(QSize(1280, 800))
        self._show_text_size()
        self._docks.arrange()

    def _add_menus(self) -> None:
        menus = Menus(self)
        menus.fill_file(self.ask_open, self.ask_save, self.ask_save_picture)
        menus.fill_run(self.transport, self.trace_bar, self._bars.timeline)
        menus.fill_view(self._docks, self._appearance, self._docks.arrange)
        menus.fill_help(lambda: shortcuts_dialog(self).open(), lambda: about_dialog(self).open())
        self._menus = menus

    def _connect_controls(self) -> None:
        self._bars.set_enabled(False)
        self.transport.play_action.triggered.connect(self.play_or_pause)
        self.transport.step_action.triggered.connect(self.step)
        self.transport.reset_action.triggered.connect(self.reset)
        self.panel.experiment_edited.connect(self._take_edit)
        self.panel.preset_chosen.connect(self.open_preset)
        self._appearance.theme_changed.connect(self._show_theme)
        self._appearance.text_scaled.connect(self._show_text_size)

    # -- loading ----------------------------------------------------------------------------

    def load_in_background(self) -> None:
        """Import the views' libraries in a thread, then call ``load``."""
        self._loader = ModuleLoader(HEAVY_MODULES, self)
        self._loader.finished.connect(self.load)
        self._loader.start()

    def load(self) -> None:
        """Add the views and begin the run; does nothing the second time."""
        if self.session is not None:
            return
        from app.run_views import RunViews
        from app.training.session import Session

        self.settle_restored_size(self._docks.share_out)
        self.session = session = Session(self)
        self._views = views = RunViews(
            self._docks, session, self._bars, self._appearance, self.panel.show_stability
        )
        self.fit_view, self.graph_view, self.loss_view = views.fit, views.graph, views.loss
        self.walk = views.walk
        self._menus.view.addActions(self.graph_view.menu_actions)
        self.keep_checked(self.graph_view.animation_action, "graph/animated")
        self.keep_checked(self.graph_view.constants_action, "graph/constants")
        self._docks.shown.connect(views.show)
        views.walk.moved.connect(self._show_place)
        views.walk.said.connect(self._say_of_walk)
        views.graph.left.connect(self.transport.focus_play)
        views.start_asked.connect(self.start_from)
        session.run_reset.connect(self._show_run)
        session.state_changed.connect(self._show_state)
        session.diverged.connect(self._warn_of_divergence)
        session.failed.connect(self._show_failure)
        self.transport.speed_changed.connect(session.set_speed)
        session.set_speed(self.transport.speed())
        self._bars.set_enabled(True)
        self.transport.focus_play()
        session.start(self._wanted)
        self.loaded.emit()

    # -- what a person asks for -------------------------------------------------------------

    def play_or_pause(self) -> None:
        """Pause if training runs, else play."""
        if self.session is None:
            return
        if self.session.running:
            self.session.pause()
        elif self._take_fields():
            self.session.play()

    def step(self) -> None:
        """Pause, and train one epoch."""
        if self.session is not None and self._take_fields():
            self.session.step()

    def reset(self) -> None:
        """Begin the run again, with what is shown in the fields."""
        if self.session is None:
            return
        self.panel.commit()
        if self._pending is not None:
            self._start(self._pending)
        else:
            self.session.reset()

    def open_preset(self, preset: Preset) -> None:
        """Start another experiment; asks first if a run would be lost."""
        self._opening = preset
        self._pending = None
        self.panel.discard_typing()
        self._take_edit(preset.experiment, f"“{preset.title}”")

    def start_from(self, parameters: Sequence[float]) -> None:
        """Begin a run with these initial parameters; asks first if a run would be lost."""
        experiment = self.panel.experiment
        within = (min(max(float(f"{value:.6g}"), -1e9), 1e9) for value in parameters)
        wanted = experiment.starting_from(dict(zip(experiment.parameters, within, strict=True)))
        self._take_edit(wanted, "Start from here")

    def ask_open(self) -> None:
        """Let a person choose a file, and open it."""
        path = ask_for_experiment(self)
        if path is not None:
            self.open_file(path)

    def open_file(self, path: Path) -> None:
        """Open the experiment in a file, or say why that cannot be done."""
        try:
            self.open_preset(read_preset(path))
        except ExperimentFileError as error:
            self.notice.say(str(error), "error")

    def ask_save(self) -> None:
        """Let a person choose where to save the experiment, and save it."""
        path = ask_where_to_save(self) if self._commit_fields() else None
        if path is not None:
            self.save_file(path)

    def save_file(self, path: Path) -> None:
        """Write the experiment to a file, or say why that cannot be done."""
        try:
            write_experiment(path, self.panel.experiment, path.stem)
        except ExperimentFileError as error:
            self.notice.say(str(error), "error")
        else:
            self._opened = Preset(path.stem, path.stem, "", self.panel.experiment)
            self._show_title()
            self.notice.say(f"Saved as {path}.")

    def ask_save_picture(self) -> None:
        """Let a person choose where to save a picture of the window, and save it."""
        path = ask_where_to_picture(self)
        if path is not None and not self.picture().save(str(path)):
            self.notice.say(f"The picture could not be written to {path}.", "error")

    def picture(self) -> QPixmap:
        """Return a picture of the window, with all that it has to show."""
        if self._views is not None:
            self._views.inspector.catch_up()
        return self.grab()

    # -- changes of the experiment ----------------------------------------------------------

    def _take_fields(self) -> bool:
        """Take what is typed in the fields; return whether training may go on from it."""
        if not self._commit_fields():
            return False
        if self._pending is not None:
            self._ask()
            return False
        return True

    def _commit_fields(self) -> bool:
        """Take what is typed in the fields; say so if it cannot be used."""
        taken = self.panel.commit()
        if not taken:
            self.notice.say(
                "A field holds something that cannot be used; it is marked, with the reason "
                "below it. Correct it, or press Esc in it.",
                "warning",
            )
        return taken

    def _take_edit(self, wanted: Experiment, what: str) -> None:
        """Apply an edit: to the running training, or, after asking, as a new run."""
        session = self.session
        self.panel.show_experiment(wanted)
        if session is None:
            self._wanted = wanted
        elif not wanted.starts_anew(session.experiment):
            self._pending = None
            session.change(wanted)
            self._show_title()
            self._show_progress()
            self._show_state()
        elif session.recorded == 0:
            self._start(wanted)
        else:
            if self._pending is None:
                self._question = f"{what}: this starts training anew, and the run so far is lost."
            self._pending = wanted
            self._ask()

    def _ask(self) -> None:
        """Ask whether to start anew or to keep the run."""
        answers = (("Start &anew", self._start_anew), ("&Keep this run", self._keep))
        self.notice.say(self._question, "warning", answers)

    def _start_anew(self) -> None:
        if self._pending is not None:
            self._start(self._pending)

    def _start(self, experiment: Experiment) -> None:
        """Begin a new run."""
        self._pending = None
        self.panel.show_experiment(experiment)
        if self._opening.experiment == experiment:
            self._opened = self._opening
        if self.session is not None:
            self.session.start(experiment)
        self._show_title()

    def _keep(self) -> None:
        """Take back an edit that would have ended the run."""
        self._pending = None
        self.panel.discard_typing()
        if self.session is not None:
            self.panel.show_experiment(self.session.experiment)
            self._show_state()

    # -- what the session reports -----------------------------------------------------------

    def _show_run(self) -> None:
        """Show a new run's data and an empty history."""
        if self.session is not None and self._views is not None:
            self._views.show_run(self.session.experiment)
            self._show_progress()
            self.transport.show_loss(None)

    def _show_place(self) -> None:
        """Show the epoch looked at in the transport."""
        session = self.session
        if session is not None and session.history is not None and self.walk.epoch >= 0:
            self._show_progress()
            self.transport.show_loss(session.history.loss(self.walk.epoch))

    def _say_of_walk(self, sentence: str) -> None:
        """Say what keeps the cursor, or is special there; else what training is doing."""
        if sentence != self.walk.sentence and self._pending is None:
            self.notice.say(sentence)
        elif self.session is not None and not self.session.running:
            self._show_state()

    def _explain_non_finite(self) -> None:
        """Go on along the chain of causes of the first number that is not finite, and tell it."""
        sentence, more = self._views.stepping.why() if self._views else ("", False)
        further = (("And &why?", self._explain_non_finite),) if more else ()
        self.notice.say(sentence, "warning", (*further, ("&Reset now", self.reset)))

    def _show_title(self) -> None:
        """Name what is open in the window's title, marked if it was changed since."""
        experiment = self._opened.experiment if self.session is None else self.session.experiment
        self.setWindowTitle(f"{self._opened.title}[*] – Chainrule")
        self.setWindowModified(experiment != self._opened.experiment)

    def _show_progress(self) -> None:
        if self.session is not None:
            epochs = self.session.experiment.training.epochs
            self.transport.show_progress(self.walk.epoch, epochs)
            self.loss_view.show_epochs(epochs)

    def _show_state(self) -> None:
        """Show what training is doing, unless something has to be answered first."""
        from app.training.session import describe

        session = self.session
        if session is None:
            return
        self.transport.show_running(session.running)
        if self._pending is not None:
            return
        place = "" if session.running or self._views is None else self.walk.sentence
        sentence = place or describe(session.state, session.epoch, session.notice)
        if sentence:
            self.notice.say(sentence)

    def _warn_of_divergence(self, sentence: str) -> None:
        answers = (("&Why?", self._explain_non_finite), ("&Reset now", self.reset))
        self.notice.say(sentence, "warning", answers)

    def _show_failure(self, sentence: str, details: str) -> None:
        self.notice.say(
            sentence,
            "error",
            (("&Copy details", lambda: QGuiApplication.clipboard().setText(details)),),
        )

    # -- appearance and settings ------------------------------------------------------------

    def _show_theme(self) -> None:
        theme = self._appearance.theme
        for part in (self._bars, self._docks, self.panel):
            part.set_theme(theme)

    def _show_text_size(self) -> None:
        """Give the parts the room that their text needs."""
        if self.isVisible():
            self.keep_size()
        font = QApplication.font()
        for widget in (self, self.menuBar()):
            widget.setFont(font)
        metrics = QFontMetrics(font)
        self.panel.resize_to_text()
        self._docks.resize_to_text(metrics)
        self._bars.resize_to_text()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102  Qt's
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            self.painted.emit()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: D102  Qt's
        self.shut_down()
        super().closeEvent(event)

    def shut_down(self) -> None:
        """End the threads."""
        if self._loader is not None:
            self._loader.wait()
        if self.session is not None:
            self.session.close()
