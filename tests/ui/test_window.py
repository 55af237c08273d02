"""The window as a whole: docks, menus, dialogs, starting and closing."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QThread
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QDockWidget, QLabel, QTabBar

from app.training.loop import State
from tests.conftest import close, wait_for_start
from tests.ui.person import Person

DOCKS = {
    "experiment": "Experiment",
    "fit": "Fit",
    "graph": "Computation graph",
    "loss_curve": "Loss curve",
    "inspector": "Inspector",
    "landscape": "Landscape",
    "steps": "Steps",
    "runs": "Runs",
    "sweep": "Sweep",
}
TABS = (("inspector", "landscape", "steps"), ("graph", "runs", "sweep"))
"""Docks that share a place; at first one sees the first of each."""


# -- docks -----------------------------------------------------------------------------------


def test_a_dock_closes_and_comes_back_by_the_view_menu(person):
    for name, title in DOCKS.items():
        bring_to_front(person, title)
        assert person.sees(f"{name}_dock")
        person.find(f"{name}_dock").raise_()  # one is behind another
        person.click(f"{name}_close")
        assert not person.sees(f"{name}_dock")
        person.choose_in_menu("View", title)
        assert person.sees(f"{name}_dock")


def bring_to_front(person: Person, title: str) -> None:
    """Click on a dock's tab, if it is one of several in one place."""
    for bar in person.window.findChildren(QTabBar):
        titles = [bar.tabText(index) for index in range(bar.count())]
        if title in titles:
            at = bar.tabRect(titles.index(title)).center()
            person.qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=at)


def test_the_inspector_and_the_steps_share_a_place_and_the_graph_and_the_runs(person):
    for tabs in TABS:
        for front in reversed(tabs):
            bring_to_front(person, DOCKS[front])
            QApplication.processEvents()
            seen = {
                name for name in tabs if not person.find(f"{name}_dock").visibleRegion().isEmpty()
            }
            assert seen == {front}


def test_closed_docks_do_not_stop_training(person):
    for name, title in DOCKS.items():
        bring_to_front(person, title)
        person.find(f"{name}_dock").raise_()
        person.click(f"{name}_close")
    person.train(3)
    for title in DOCKS.values():
        person.choose_in_menu("View", title)
    assert person.sees("fit_dock")
    (slope, _) = person.window.session.history.parameters(3)
    bring_to_front(person, "Fit")
    assert f"{slope:.5g}·x" in person.read("fitted_formula")
    assert person.read("loss_readout").startswith("epoch 3 ")


def test_a_dock_can_be_detached_and_put_back(person):
    dock = person.find("graph_dock", QDockWidget)
    person.click("graph_float")
    assert dock.isFloating()
    person.train(1)
    person.click("graph_float")
    assert not dock.isFloating()


def test_the_layout_can_be_restored(person):
    before = {name: person.find(f"{name}_dock").geometry() for name in DOCKS}
    person.click("fit_close")
    person.click("graph_float")
    person.choose_in_menu("View", "Restore layout")
    assert all(person.sees(f"{name}_dock") for name in DOCKS)
    assert not person.find("graph_dock", QDockWidget).isFloating()
    for first, *behind in TABS:
        assert not person.find(f"{first}_dock").visibleRegion().isEmpty()
        for name in behind:
            del before[name]
            assert person.find(f"{name}_dock").visibleRegion().isEmpty()
    for name, geometry in before.items():
        now = person.find(f"{name}_dock").geometry()
        assert (now.topLeft() - geometry.topLeft()).manhattanLength() < 60


# -- menus and dialogs -----------------------------------------------------------------------


def test_the_run_menu_does_what_the_buttons_do(person):
    person.choose_in_menu("Run", "Play")
    person.wait(lambda: person.epoch > 2)
    person.choose_in_menu("Run", "Pause")
    person.wait_for(State.PAUSED)
    epoch = person.epoch
    person.choose_in_menu("Run", "One epoch")
    person.wait(lambda: person.epoch == epoch + 1)
    person.choose_in_menu("Run", "Reset")
    person.wait(lambda: person.epoch == 0)


def opened_dialog() -> QDialog:
    (dialog,) = (
        each
        for each in QApplication.topLevelWidgets()
        if isinstance(each, QDialog) and each.isVisible()
    )
    return dialog


def test_f1_opens_the_shortcuts_and_esc_closes_them(person):
    person.press(Qt.Key.Key_F1)
    dialog = opened_dialog()
    assert any("Space" in label.text() for label in dialog.findChildren(QLabel))
    with person.qtbot.waitSignal(dialog.finished):
        person.qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_about_says_what_this_is_and_closes_by_its_button(person):
    from app import __version__

    person.choose_in_menu("Help", "About Chainrule")
    dialog = opened_dialog()
    labels = dialog.findChildren(QLabel)
    assert any(__version__ in label.text() for label in labels)
    button = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Close)
    with person.qtbot.waitSignal(dialog.finished):
        person.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_every_menu_entry_says_something_and_has_its_own_key(person):
    keys: list[str] = []
    for menu in person.window.menuBar().actions():
        for action in menu.menu().actions():
            assert action.isSeparator() or action.text()
            keys += [key.toString() for key in action.shortcuts()]
    assert len(keys) == len(set(keys))
    assert {"Space", "N", "R", "F", "F1", "Ctrl+O", "Ctrl+S", "Ctrl+Q"} <= set(keys)


def test_ctrl_q_closes_the_window(person):
    person.press(Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert not person.window.isVisible()


# -- files -----------------------------------------------------------------------------------


def answer_file_dialog(monkeypatch, which: str, path) -> None:
    """Let the next file dialog return a path, as if a person had chosen it."""
    monkeypatch.setattr(f"PySide6.QtWidgets.QFileDialog.{which}", lambda *_, **__: (str(path), ""))


def test_a_saved_experiment_opens_again(person, tmp_path, monkeypatch):
    path = tmp_path / "mine.chainrule"
    person.enter("true.m", "-3.25")
    person.wait(lambda: person.epoch == 0)
    person.type("learning_rate", "0.004")  # without Enter
    mine = person.window.panel.experiment.with_value("learning_rate", 0.004)
    answer_file_dialog(monkeypatch, "getSaveFileName", path)
    person.press(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert str(path) in person.read("notice_text")
    person.choose("preset", "Noisy line")
    person.wait(lambda: person.epoch == 0)
    answer_file_dialog(monkeypatch, "getOpenFileName", path)
    person.press(Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    person.wait(lambda: person.epoch == 0)
    assert person.window.session.experiment == person.window.panel.experiment == mine
    assert "mine" in person.window.windowTitle()


def test_a_dialog_that_is_cancelled_changes_nothing(person, monkeypatch):
    before = person.window.panel.experiment, person.read("notice_text")
    for which, menu in (
        ("getOpenFileName", "Open experiment…"),
        ("getSaveFileName", "Save experiment…"),
        ("getSaveFileName", "Save picture of the window…"),
    ):
        answer_file_dialog(monkeypatch, which, "")
        person.choose_in_menu("File", menu)
        assert (person.window.panel.experiment, person.read("notice_text")) == before


def test_a_file_that_cannot_be_opened_is_explained(person, tmp_path):
    for content, says in (
        (None, "could not be read"),
        ("{", "JSON"),
        ('{"data": {"slop": 1}}', "slop"),
        ('{"training": {"learning_rate": -1}}', "Learning rate"),
    ):
        path = tmp_path / "broken.chainrule"
        if content is not None:
            path.write_text(content, encoding="utf-8")
        before = person.window.panel.experiment
        person.window.files.open_file(path)
        assert says in person.read("notice_text")
        assert person.window.notice.property("kind") == "error"
        assert person.window.panel.experiment == before
        person.train(1)


def test_a_place_that_cannot_be_written_is_explained(person, tmp_path, monkeypatch):
    path = tmp_path / "missing" / "file"
    person.window.files.save_file(path, person.window.panel.experiment)
    assert "could not be written" in person.read("notice_text")
    answer_file_dialog(monkeypatch, "getSaveFileName", f"{path}.png")
    person.choose_in_menu("File", "Save picture of the window…")
    assert person.window.notice.property("kind") == "error"


def test_a_picture_of_the_window_is_saved(person, tmp_path, monkeypatch):
    path = tmp_path / "picture.png"
    answer_file_dialog(monkeypatch, "getSaveFileName", path)
    person.choose_in_menu("File", "Save picture of the window…")
    assert QImage(str(path)).size() == person.window.size()


# -- starting and closing --------------------------------------------------------------------


def test_play_before_the_views_are_loaded_is_harmless(make_window, qtbot):
    person = Person(make_window(load=False), qtbot)
    for key in (Qt.Key.Key_Space, Qt.Key.Key_N, Qt.Key.Key_R, Qt.Key.Key_F):
        person.qtbot.keyClick(person.window, key)
    person.click("play")
    person.window.play_or_pause()
    person.window.step()
    person.window.reset()
    assert person.epoch == -1
    person.window.load()
    wait_for_start(person.window, qtbot)
    person.train(2)


def test_what_is_changed_before_the_views_are_loaded_is_trained(make_window, qtbot):
    person = Person(make_window(load=False), qtbot)
    person.enter("true.m", "7")
    person.window.load()
    wait_for_start(person.window, qtbot)
    assert person.window.session.experiment.value("true.m") == 7
    assert "y = 7·x" in person.read("true_formula")


def test_the_views_load_in_the_background(make_window, qtbot):
    window = make_window(load=False)
    with qtbot.waitSignal(window.loaded, timeout=20_000):
        window.load_in_background()
    wait_for_start(window, qtbot)
    window.load()  # a second time: nothing
    Person(window, qtbot).train(1)


@pytest.mark.parametrize("when", ["loading", "epoch 0", "training", "a large epoch"])
def test_closing_ends_every_thread(make_window, qtbot, request, when):
    window = make_window(load=when not in ("loading", "a large epoch"))
    person = Person(window, qtbot)
    if when == "loading":
        window.load_in_background()
    elif when == "training":
        person.enter("epochs", "10000000")
        window.transport.set_speed(float("inf"))
        person.click("play")
        person.wait_for(State.RUNNING)
    elif when == "a large epoch":  # as the define-by-run engine has it
        request.getfixturevalue("without_native_code")
        person.enter("samples", "100000")
        window.load()
    threads = window.findChildren(QThread)
    assert len(threads) == 1
    window.close()
    assert all(thread.isFinished() for thread in threads)
    close(window)


def test_the_window_can_be_shut_down_twice(window):
    window.shut_down()
    window.close()
    window.shut_down()
