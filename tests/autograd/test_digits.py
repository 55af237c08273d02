"""Numbers as people read them."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.training.narration import rounded
from app.views.graph.digits import short
from app.views.inspector.wording import show
from autograd.digits import all_digits, digits
from autograd.formula import number_text

numbers = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("number", "significant", "text"),
    [
        (-14.0506, 4, "−14.05"), (0.29501, 4, "0.295"), (41, 2, "41"), (-0.0, 3, "0"),
        (3.21e-7, 2, "3.2e−7"), (1e-6, 5, "1e−6"), (3.0873e152, 5, "3.0873e152"),
        (-1.5e-300, 1, "−2e−300"), (math.inf, 4, "inf"), (-math.inf, 4, "−inf"),
        (math.nan, 4, "nan"), (np.float64(2.5), 4, "2.5"), (123456, 5, "1.2346e5"),
    ],
)  # fmt: skip
def test_a_number_has_few_digits_a_minus_sign_and_a_plain_exponent(number, significant, text):
    assert digits(number, significant) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(123.4, "1.23e2"), (-0.5, "−5e−1"), (0.0, "0e0"), (1e100, "1e100"), (math.inf, "inf")],
)
def test_an_exponent_can_be_asked_for(number, text):
    assert digits(number, 3, exponent=True) == text


@given(numbers)
@example(-1e-7)
@example(1e22)
def test_all_digits_tell_a_number_from_every_other(number):
    text = all_digits(number)
    assert "-" not in text
    assert "+" not in text
    assert float(text.replace("−", "-")) == number


@given(numbers, st.integers(1, 17))
def test_few_digits_are_the_number_rounded(number, significant):
    text = digits(number, significant)
    assert "-" not in text
    assert "+" not in text
    assert float(text.replace("−", "-")) == float(f"{number:.{significant}g}")


WRITERS = {"graph": short, "inspector": show, "narration": rounded, "formula": number_text}


@pytest.mark.parametrize("number", [0.0, -0.0, 2.0, -9.0, 41.0, 0.25, -1e-7, 2.5e200, -3e152])
def test_a_number_of_few_digits_looks_alike_everywhere(number):
    assert len({write(number) for write in WRITERS.values()}) == 1


@given(st.floats(-1e307, 1e307).filter(lambda each: each == 0 or abs(each) > 1e-300))
@example(-1.23456e-7)
@example(-1.5e-250)
def test_a_node_has_room_for_any_number(number):
    text = short(number)
    assert len(text) <= 7
    assert float(text.replace("−", "-")) == pytest.approx(number, rel=0.5)
