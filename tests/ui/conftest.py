"""What the tests of the window share."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from app.main_window import MainWindow
from tests.ui.person import Person


def pytest_itemcollected(item: pytest.Item) -> None:
    """A platform without a screen says what it cannot do when a menu or a list opens."""
    item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support", extend=True))


@pytest.fixture
def person(window: MainWindow, qtbot) -> Person:
    """A person before the notebook's experiment at epoch 0."""
    return Person(window, qtbot)


@pytest.fixture
def without_native_code(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let native code be missing, as where llvmlite cannot be loaded."""
    from app.training.engine import choose_engine

    choose_engine.cache_clear()
    monkeypatch.setitem(sys.modules, "autograd.native", None)
    yield
    choose_engine.cache_clear()
