"""The main window: puts the parts together and passes on what each has to know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, QSize, Signal
from PySide6.QtGui import QCloseEvent, QFontMetrics, QPaintEvent, QPixmap
from PySide6.QtWidgets import QApplication

from app.appearance import Appearance
from app.bars import Bars
from app.controls.experiment_panel import ExperimentPanel
from app.controls.help_dialogs import about_dialog, shortcuts_dialog
from app.deferred import ModuleLoader
from app.docks import Docks
from app.editing import Editing
from app.files import Files
from app.menus import Menus
from app.restored_window import RestoredWindow
from app.study.presets import Preset, presets

if TYPE_CHECKING:
    from app.run_actions import RunActions
    from app.run_notices import RunNotices
    from app.run_views import RunViews
    from app.study.experiment import Experiment
    from app.training.session import Session

HEAVY_MODULES = ("app.training.session", "app.run_views", "app.run_notices", "app.data_edits")
"""Loaded after the first paint: NumPy and pyqtgraph come with them."""


class MainWindow(RestoredWindow):
    """The only part that knows every other.

    The window appears with its controls at once; ``load`` adds the views, whose libraries
    take longer to import.

    Attributes:
        transport, notice, panel: the controls.
        editing: what takes edits of the experiment, and undoes them.
        files: what opens, saves and imports.
        session: the runs; None before ``load``.
        fit_view, graph_view, loss_view: the views; they exist after ``load``.
        walk: the cursor; it exists after ``load``.
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
        self._loader: ModuleLoader | None = None
        self._was_painted = False
        self.session: Session | None = None
        self._views: RunViews | None = None
        self._runs: RunActions | None = None
        self._notices: RunNotices | None = None
        self._bars = bars = Bars(self)
        self.transport, self.trace_bar, self.notice = bars.transport, bars.trace_bar, bars.notice
        self.panel = ExperimentPanel(presets())
        self.editing = Editing(self.panel, self.notice, self)
        self.files = Files(self, self.notice)
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
        menus.fill_file(
            self.files.ask_open,
            lambda: self.files.ask_save(self._experiment_to_save),
            self.files.ask_import,
            lambda: self.files.ask_save_picture(self.picture),
        )
        menus.fill_edit((self.editing.undo_action, self.editing.redo_action), self.files.paste)
        menus.fill_run(self.transport, self.trace_bar, self._bars.timeline)
        menus.fill_view(self._docks, self._appearance, self._docks.arrange)
        menus.fill_help(lambda: shortcuts_dialog(self).open(), lambda: about_dialog(self).open())
        self._menus = menus

    def _connect_controls(self) -> None:
        self._bars.set_enabled(False)
        self.transport.play_action.triggered.connect(self.play_or_pause)
        self.transport.step_action.triggered.connect(self.step)
        self.transport.reset_action.triggered.connect(self.reset)
        self.panel.experiment_edited.connect(self.editing.take)
        self.panel.preset_chosen.connect(self.open_preset)
        self.panel.import_asked.connect(self.files.ask_import)
        self.files.opened.connect(self.open_preset)
        self.files.saved.connect(self._take_saved)
        self.editing.applied.connect(self._show_edit)
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
            self._docks, session, self._bars, self._appearance, self.panel
        )
        self.fit_view, self.graph_view, self.loss_view = views.fit, views.graph, views.loss
        self.walk = views.walk
        self._add_actions(session, views)
        self._docks.shown.connect(views.show)
        self._connect_session(session, views)
        self.transport.speed_changed.connect(session.set_speed)
        session.set_speed(self.transport.speed())
        self._bars.set_enabled(True)
        self.transport.focus_play()
        session.start(self.panel.experiment)
        self._show_title()
        self.loaded.emit()

    def _add_actions(self, session: Session, views: RunViews) -> None:
        """Add what can be done with runs and data, and the views' own actions."""
        from app.data_edits import DataEdits
        from app.run_actions import RunActions
        from app.run_notices import RunNotices

        self._runs = runs = RunActions(session, views.walk, views.runs, self.notice, self)
        self.files.data = data = DataEdits(
            self.editing, lambda: self.panel.experiment, views.fit, self
        )
        self.editing.take_session(session, lambda: 0 <= self.walk.epoch < session.epoch)
        self.editing.branch_asked.connect(runs.branch)
        views.sweep.open_asked.connect(runs.open_beside)
        runs.opened.connect(self.editing.forget_question)
        data.refused.connect(lambda sentence: self.notice.say(sentence, "warning"))
        self._notices = RunNotices(
            session, views.walk, self.notice, runs, views.stepping, self.reset
        )
        self._menus.add_to_run(runs.branch_action, runs.race_action)
        self._menus.edit.addAction(views.fit.edit_action)
        self._menus.view.addActions(self.graph_view.menu_actions)
        self.keep_checked(self.graph_view.animation_action, "graph/animated")
        self.keep_checked(self.graph_view.constants_action, "graph/constants")

    def _connect_session(self, session: Session, views: RunViews) -> None:
        views.walk.moved.connect(self._show_place)
        views.graph.left.connect(self.transport.focus_play)
        views.start_asked.connect(self.start_from)
        session.run_reset.connect(self._show_run)
        session.run_selected.connect(self._show_selected_run)
        session.state_changed.connect(lambda _: self.transport.show_running(session.running))

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
        if not self.editing.start_pending():
            self.session.reset()

    def open_preset(self, preset: Preset) -> None:
        """Start another experiment; asks first if a run would be lost."""
        self._opening = preset
        self.editing.forget_question()
        self.panel.discard_typing()
        self.editing.take(preset.experiment, preset.title, anew=True)
        self._show_title()

    def start_from(self, parameters: Sequence[float]) -> None:
        """Begin a run with these initial parameters; asks first if a run would be lost."""
        if self.session is None or self.editing.waits:
            self.editing.ask()
            return
        experiment = self.session.experiment
        within = (min(max(float(f"{value:.6g}"), -1e9), 1e9) for value in parameters)
        wanted = experiment.starting_from(dict(zip(experiment.parameters, within, strict=True)))
        self.editing.take(wanted, "Start from here")

    def picture(self) -> QPixmap:
        """Return a picture of the window, with all that it has to show."""
        if self._views is not None:
            self._views.inspector.catch_up()
        return self.grab()

    def race_optimizers(self) -> None:
        """Race all optimizers from the same start, each with a learning rate that suits it."""
        if self._runs is not None:
            self._runs.race_optimizers()

    def show_docks(self, names: Sequence[str]) -> None:
        """Bring docks to the front, by their names."""
        for name in names:
            self._docks.bring_to_front(name)

    # -- changes of the experiment ----------------------------------------------------------

    def _take_fields(self) -> bool:
        """Take what is typed in the fields; return whether training may go on from it."""
        if not self._commit_fields():
            return False
        if self.editing.waits:
            self.editing.ask()
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

    def _experiment_to_save(self) -> Experiment | None:
        """Return the experiment with what is typed; None, and say so, if that cannot be used."""
        return self.panel.experiment if self._commit_fields() else None

    def _take_saved(self, preset: Preset) -> None:
        self._opened = self._opening = preset
        self._show_title()

    def _show_edit(self) -> None:
        """Show that the experiment is another one."""
        if self.session is not None:
            self._show_progress()
            self.transport.show_running(self.session.running)
        if self._notices is not None:
            self._notices.show_state()
        self._show_title()

    # -- what the session reports -----------------------------------------------------------

    def _show_run(self, *, keep_epoch: bool = False) -> None:
        """Show a new run's data and an empty history."""
        if self.session is not None and self._views is not None:
            self.panel.show_experiment(self.session.experiment)
            self._views.show_run(self.session.experiment, keep_epoch=keep_epoch)
            self._show_progress()
            self.transport.show_loss(None)
            self._show_title()

    def _show_selected_run(self) -> None:
        """Show a run that was there before, at the epoch that is looked at."""
        self.editing.forget_question()
        self.panel.discard_typing()
        self._show_run(keep_epoch=True)

    def _show_place(self) -> None:
        """Show the epoch looked at in the transport."""
        session = self.session
        if session is not None and session.history is not None and self.walk.epoch >= 0:
            self._show_progress()
            self.transport.show_loss(session.history.loss(self.walk.epoch))

    def _show_title(self) -> None:
        """Name what is open in the window's title, marked if it was changed since."""
        experiment = self.panel.experiment if self.session is None else self.session.experiment
        known = (self._opening, self._opened, *presets())
        same = (preset for preset in known if preset.experiment == experiment)
        self._opened = next(same, self._opened)
        self.setWindowTitle(f"{self._opened.title}[*] – Chainrule")
        self.setWindowModified(experiment != self._opened.experiment)

    def _show_progress(self) -> None:
        if self.session is not None:
            epochs = self.session.experiment.training.epochs
            self.transport.show_progress(self.walk.epoch, epochs)
            self.loss_view.show_epochs(epochs)

    # -- appearance and settings ------------------------------------------------------------

    def _show_theme(self) -> None:
        theme = self._appearance.theme
        for part in (self._bars, self._docks, self.panel):
            part.set_theme(theme)

    def _show_text_size(self) -> None:
        """Give the parts the room that their text needs."""
        if self.isVisible():
            as_shared = self._docks.is_as_shared()
            self.keep_size(then=self._docks.share_height if as_shared else lambda: None)
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
        if self._views is not None:
            self._views.sweep.close_worker()
        if self.session is not None:
            self.session.close()
