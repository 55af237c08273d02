"""A setting takes what it can and says in a sentence why it cannot take the rest."""

import math
from enum import Enum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.study.setting import Choice, Flag, Number, SettingError, show
from tests.study.strategies import EXAMPLES, NUMBERS, values


class Fruit(Enum):
    APPLE = "apple"
    PEAR = "pear"


RATE = Number(label="Rate", help="", minimum=0, maximum=1e6, above=True)
OFFSET = Number(label="Offset", help="", minimum=-1e6, maximum=1e6)
COUNT = Number(label="Count", help="", minimum=1, maximum=100_000, whole=True)
SEED = Number(label="Seed", help="", minimum=0, maximum=2**32 - 1, whole=True)
FRUIT = Choice(label="Fruit", help="", options=Fruit)
FLAG = Flag(label="Ripe", help="")

RATE_ALLOWED = "Rate must be a number greater than 0 and not above 1,000,000; "
OFFSET_ALLOWED = "Offset must be a number from −1,000,000 to 1,000,000; "
COUNT_ALLOWED = "Count must be a whole number from 1 to 100,000; "


def problem(function, value):
    with pytest.raises(SettingError) as caught:
        function(value)
    return str(caught.value)


def value_or_problem(function, value):
    try:
        return function(value)
    except SettingError as error:
        return str(error)


# -- numbers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.001", 0.001),
        ("1e-3", 0.001),
        ("  2.5\t", 2.5),
        ("-9", -9),
        ("−9", -9),  # the minus sign that show() writes
        ("−1e−3", -0.001),
        ("+3", 3),
        ("1,000", 1000),
        ("-12,345.5", -12345.5),
        ("100\N{NARROW NO-BREAK SPACE}000", 100_000),
    ],
)
def test_numbers_are_read_as_people_write_them(text, number):
    assert OFFSET.parse(text) == number


@pytest.mark.parametrize("text", ["", " ", "x", "0,5", "1,00", "1,0000", ",100", "1 2", "--1", "½"])
def test_what_is_no_number_is_quoted_with_an_example_of_a_number(text):
    assert problem(OFFSET.parse, text) == (
        f"{OFFSET_ALLOWED}“{text.strip()}” is no number. Write it like 0.001 or 1e-3."
    )


@pytest.mark.parametrize("text", ["0,001", "-0,005", "12345,678", "00,100"])
def test_a_decimal_comma_before_three_digits_is_no_thousands_separator(text):
    assert "is no number" in problem(OFFSET.parse, text)


def test_a_comma_after_the_decimal_point_is_no_thousands_separator():
    assert "is no number" in problem(OFFSET.parse, "1,000.000,5")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("inf", "inf"),
        ("-Infinity", "−inf"),
        ("nan", "nan"),
        ("1e400", "inf"),
        ("1000001", "1,000,001"),
        ("−2e6", "−2,000,000"),
        ("1e300", "1e+300"),
    ],
)
def test_a_number_out_of_range_is_told_with_the_range(text, shown):
    assert problem(OFFSET.parse, text) == f"{OFFSET_ALLOWED}it is {shown}."


@pytest.mark.parametrize(
    ("text", "shown"), [("0", "0"), ("-0.5", "−0.5"), ("1000000.5", "1000000.5")]
)
def test_a_minimum_may_be_excluded_and_the_sentence_says_so(text, shown):
    assert problem(RATE.parse, text) == f"{RATE_ALLOWED}it is {shown}."


def test_the_ends_of_a_range_belong_to_it():
    assert OFFSET.parse("-1000000") == -1e6
    assert OFFSET.parse("1,000,000") == RATE.parse("1e6") == 1e6
    assert COUNT.parse("1") == 1
    assert RATE.parse("5e-324") == 5e-324


def test_a_whole_number_may_be_written_in_any_way_and_is_an_int():
    for written in (
        COUNT.parse("41"),
        COUNT.parse("41.0"),
        COUNT.parse("4.1e1"),
        COUNT.check(41.0),
    ):
        assert written == 41
        assert type(written) is int


def test_any_other_number_is_a_float():
    assert type(OFFSET.parse("41")) is float
    assert type(OFFSET.check(41)) is float


@pytest.mark.parametrize(("text", "shown"), [("2.5", "2.5"), ("0", "0"), ("100,001", "100,001")])
def test_what_is_no_count_is_told(text, shown):
    assert problem(COUNT.parse, text) == f"{COUNT_ALLOWED}it is {shown}."


@pytest.mark.parametrize("value", [True, False, "41", None, [41], {}, 41j, b"41"])
def test_what_a_file_gives_in_place_of_a_number_is_quoted(value):
    assert problem(COUNT.check, value) == f"{COUNT_ALLOWED}“{value}” is no number."


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float64("nan")])
def test_no_setting_takes_an_infinity_or_nan(value):
    for number in (RATE, OFFSET, COUNT):
        assert f"it is {show(value)}." in problem(number.check, value)


@pytest.mark.parametrize("value", [10**400, -(10**400)], ids=["positive", "negative"])
def test_an_integer_too_large_for_a_float_is_out_of_range(value):
    for number in (RATE, OFFSET, COUNT):
        assert number.label in problem(number.check, value)


@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)
def test_the_limits_that_a_sentence_names_are_the_real_ones(number):
    assert number.parse(show(number.maximum)) == number.maximum
    assert number.above or number.parse(show(number.minimum)) == number.minimum
    assert show(number.maximum) in number.allowed


@given(st.text() | st.from_regex(r"\A\s?[-+−]?[0-9,._ ]{1,12}(e[-−]?[0-9]{1,4})?\Z"))
@EXAMPLES
def test_whatever_is_typed_gives_a_number_in_range_or_a_sentence(text):
    for number in (RATE, OFFSET, COUNT, SEED):
        outcome = value_or_problem(number.parse, text)
        if isinstance(outcome, str):
            assert outcome.startswith(f"{number.label} must be {number.allowed}; ")
        else:
            assert number.check(outcome) == outcome


@given(st.data())
@EXAMPLES
def test_a_valid_number_is_read_back_from_its_text(data):
    number = data.draw(st.sampled_from(list(NUMBERS.values())))
    value = data.draw(values(number))
    assert number.parse(str(value)) == value
    assert number.parse(str(value).replace("-", "−")) == value
    assert number.parse(f"{value:,}") == value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (-9.0, "−9"),
        (0.001, "0.001"),
        (1e-7, "1e-07"),
        (100_000, "100,000"),
        (-1234567.0, "−1,234,567"),
        (1e9, "1,000,000,000"),
        (1e12, "1,000,000,000,000"),
        (2.5, "2.5"),
    ],
)
def test_numbers_are_shown_as_people_write_them(value, shown):
    assert show(value) == shown


# -- choices and flags -----------------------------------------------------------------------


def test_a_choice_takes_an_option_or_its_value():
    assert FRUIT.check("pear") is Fruit.PEAR
    assert FRUIT.check(Fruit.APPLE) is Fruit.APPLE


@pytest.mark.parametrize("value", ["plum", "PEAR", "", None, 0, True, ["pear"], {}, math.nan])
def test_what_is_no_option_is_quoted_with_the_options(value):
    assert problem(FRUIT.check, value) == f"Fruit must be “apple” or “pear”; it is “{value}”."


def test_a_flag_takes_true_and_false():
    assert FLAG.check(True) is True
    assert FLAG.check(False) is False


@pytest.mark.parametrize("value", [0, 1, "true", None, []])
def test_what_is_neither_true_nor_false_is_quoted(value):
    assert problem(FLAG.check, value) == f"Ripe must be true or false; it is “{value}”."
