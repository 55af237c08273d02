"""The axes of the plots."""

from __future__ import annotations

import math

import numpy as np
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


@pytest.mark.parametrize(("low", "high"), [(1259.0, 1262.0), (0.03, 0.0301), (5.0, 12.0)])
def test_a_small_part_of_a_decade_has_even_steps_that_can_be_read(person, low, high):
    axis = person.window.loss_view.plot.getAxis("left")
    ((_, places),) = axis.tickValues(math.log10(low), math.log10(high), 200)
    axis.setRange(math.log10(low), math.log10(high))
    numbers = [float(text) for text in axis.logTickStrings(places, 1.0, None)]
    assert 2 <= len(numbers) <= 10
    assert all(low <= number <= high for number in numbers)
    steps = np.diff(numbers)
    assert np.allclose(steps, steps[0], rtol=1e-3)
    assert np.allclose(numbers, 10.0 ** np.array(places), rtol=1e-5)


def test_a_low_plot_leaves_out_what_would_stand_over_each_other(person):
    plot = person.window.loss_view.plot
    axis, line = plot.getAxis("left"), plot.fontMetrics().height()
    for lines, numbers in ((3, False), (12, True)):
        plot.setFixedHeight(lines * line)
        person.settle()
        assert axis.style["showValues"] is numbers
