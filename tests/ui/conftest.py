"""What the tests of the window share."""

from __future__ import annotations

import pytest

from app.main_window import MainWindow
from tests.ui.person import Person


@pytest.fixture
def person(window: MainWindow, qtbot) -> Person:
    """A person before the notebook's experiment at epoch 0."""
    return Person(window, qtbot)
