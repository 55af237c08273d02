"""The axes of the plots."""

from __future__ import annotations

import math

import pytest

TICKS = [math.log10(number) for number in (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)]


@pytest.mark.parametrize(
    ("pixels_per_decade", "numbers"), [(2000, 10), (100, 4), (30, 2)], ids=["all", "1 2 5", "1"]
)
def test_a_logarithmic_axis_has_as_many_numbers_as_it_has_room_for(
    person, pixels_per_decade, numbers
):
    axis = person.window.loss_view.plot.getAxis("left")
    axis.setRange(0.0, axis.height() / pixels_per_decade)
    assert sum(map(bool, axis.logTickStrings(TICKS, 1.0, None))) == numbers
