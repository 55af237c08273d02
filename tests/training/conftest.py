"""Sessions with their listeners, for tests of the runs."""

from __future__ import annotations

import pytest

from tests.training.runner import Runner


@pytest.fixture
def make(qapp, qtbot):  # noqa: ARG001  there has to be one
    """Makes sessions with their listeners, and closes them."""
    made = []

    def make_runner(*make_trainer):
        made.append(Runner(qtbot, *make_trainer))
        return made[-1]

    yield make_runner
    assert all(each.session.close() for each in made)


@pytest.fixture
def runner(make):
    return make()


@pytest.fixture
def session(runner):
    return runner.session
