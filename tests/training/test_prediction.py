"""Predict mode asks what a gradient gains, and judges answers as a patient teacher would."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.study.experiment import Data
from app.study.hyperparameters import Training
from app.training.prediction import Question, Score, Verdict, question
from autograd.trace import Backward
from tests.training.moments import moments_of_line

QUESTION = Question(
    "?", upstream=0.81, local=-24.0, contribution=-19.44, after=-38.6, typical=19.44
)
SIGN = Question(
    "?", upstream=0.81, local=-24.0, contribution=-19.44, after=-38.6, typical=20.0, only_sign=True
)
NOTHING = Question("?", upstream=0.81, local=0.0, contribution=0.0, after=5.0, typical=20.0)


def questions(only_sign=False, **options):
    """Return the questions of the line's epoch, None where none is asked, with their entries."""
    moments = list(moments_of_line(data=Data(samples=3), **options))
    return [
        (question(before, now.entry, now.probe.names, only_sign), now.entry)
        for before, now in pairwise(moments)
    ]


# -- questions -------------------------------------------------------------------------------


@pytest.mark.parametrize("folded", [True, False], ids=["folded", "unfolded"])
def test_what_flows_over_an_edge_is_asked_and_nothing_else(folded):
    asked = questions(folded=folded)
    assert all((each is not None) == isinstance(entry, Backward) for each, entry in asked)
    assert sum(each is not None for each, _ in asked) == (7 if folded else 21)


def texts(**options):
    return [each.text for each, _ in questions(**options) if each is not None]


def test_a_step_about_all_samples_asks_about_the_selected_one():
    asked = texts(sample=2)
    assert asked[-1] == (
        "What does ∂L/∂m gain from sample 2? "
        "The upstream is −10.28, the local derivative is x = 20."
    )
    assert asked[1] == (
        "What does ∂L/∂squared of sample 2 gain? The upstream is 0.3333, the local derivative is 1."
    )
    assert asked[0].startswith("What does ∂L/∂sum gain? ")


def test_a_step_about_one_sample_asks_about_it():
    asked = texts(folded=False)
    assert asked[-1].startswith("What does ∂L/∂m gain from sample 2? ")
    assert asked[1].startswith("What does ∂L/∂sum up to sample 1 gain? ")
    assert asked[2].startswith("What does ∂L/∂squared of sample 2 gain? ")


def test_the_sign_alone_can_be_asked_for():
    assert texts(only_sign=True)[-1] == (
        "Is what ∂L/∂m gains from sample 0 positive, negative, or zero? "
        "The upstream is 22.67, the local derivative is x = −20."
    )


def test_a_mini_batchs_sample_is_asked_by_its_number_in_all_data():
    training = Training(batches=True, batch_size=1)
    moments = list(moments_of_line(training, Data(samples=3)))
    for before, now in pairwise(moments):
        asked = question(before, now.entry, now.probe.names, False)
        if asked is not None and "sample" in asked.text:
            assert f"sample {int(now.probe.chosen[0])}" in asked.text


@pytest.mark.parametrize("folded", [True, False], ids=["folded", "unfolded"])
def test_the_right_answer_to_every_question_is_the_product_of_its_factors(folded):
    for asked, _ in questions(folded=folded):
        if asked is not None:
            exact = asked.upstream * asked.local
            assert asked.judge(repr(exact)).right
            assert asked.judge(f"{exact:.3g}").right
            assert asked.judge(repr(-exact)).right is (exact == 0)
            off = math.copysign(max(0.03 * abs(exact), asked.typical / 100), exact)
            assert not asked.judge(repr(exact + off)).right


@pytest.mark.parametrize("start", [1e308, math.nan])
@pytest.mark.parametrize("folded", [True, False], ids=["folded", "unfolded"])
def test_what_is_not_finite_is_not_asked(start, folded):
    pairs = questions(at=(start, 0.0), folded=folded)
    asked = [each for each, _ in pairs if each is not None]
    assert 0 < len(asked) < sum(isinstance(entry, Backward) for _, entry in pairs)
    numbers = [(each.upstream, each.local, each.contribution) for each in asked]
    assert all(map(math.isfinite, sum(numbers, ())))


# -- answers ---------------------------------------------------------------------------------

RIGHT = [
    "-19.44", "−19.44", "–19.44", " - 19.44 ", "−19,44", "-19.4", "-19", "-19.8", "-19.1", "-2e1",
    "-1.94e1", "-1944e-2", "-019.44", "−19,44e0",
]  # fmt: skip


@pytest.mark.parametrize("answer", RIGHT)
def test_answers_that_are_near_enough_are_right(answer):
    verdict = QUESTION.judge(answer)
    assert verdict.right is True
    assert verdict.sentence == ("Upstream × local derivative is 0.81 × (−24) = −19.44.")


@pytest.mark.parametrize("answer", ["-20", "-18.9", "-18.95", "0", "0.00", "+194", "-1e-3", "-3e1"])
def test_other_numbers_are_wrong_and_the_right_one_is_said(answer):
    verdict = QUESTION.judge(answer)
    assert verdict.right is False
    right = "Upstream × local derivative is 0.81 × (−24) = −19.44"
    assert verdict.sentence == f"{right}, not {answer}."


@pytest.mark.parametrize(
    ("answer", "mistake"),
    [
        ("19.44", "The size is right, but not the sign."),
        ("+19,4", "The size is right, but not the sign."),
        ("-24", "That is the local derivative; it is yet to be multiplied."),
        ("0.81", "That is the upstream; it is yet to be multiplied."),
        ("-23.19", "That is the sum; the chain rule multiplies."),
        ("-38.6", "That is the gradient after the step, not what it gains."),
    ],
)
def test_typical_mistakes_are_named(answer, mistake):
    verdict = QUESTION.judge(answer)
    assert verdict.right is False
    assert verdict.sentence.startswith(f"{mistake} Upstream × local derivative is ")


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "  ",
        "abc",
        "1/41",
        "1,2,3",
        "inf",
        "nan",
        "-",
        "0.81*-24",
        "1e999",
        "1e99999999999999999999",
    ],
)
def test_what_is_no_number_is_not_counted_as_wrong(answer):
    verdict = QUESTION.judge(answer)
    assert verdict.right is None
    assert verdict.sentence.endswith("is no number. Write it like −19.4, 0.001 or 1e-3.")


@pytest.mark.parametrize(
    ("answer", "right"),
    [("0", True), ("-0.0", True), ("0.02", True), ("0.03", False), ("1", False), ("1e-9", True)],
)
def test_nothing_is_right_up_to_a_thousandth_of_what_is_typical(answer, right):
    assert NOTHING.judge(answer).right is right


def test_a_comma_may_part_thousands_or_decimals():
    large = Question("?", 2.0, -617.0, -1234.0, 0.0, 1234.0)
    small = Question("?", 2.0, -0.617, -1.234, 0.0, 1.234)
    assert large.judge("-1,234").right
    assert large.judge("-1,234.0").right
    assert small.judge("-1,234").right
    assert not small.judge("-1,234.0").right


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_rounded_to_any_number_of_digits_the_product_is_right(upstream, local):
    exact = upstream * local
    asked = Question("?", upstream, local, exact, 0.0, abs(exact) or 1.0)
    for digits in range(1, 17):
        assert asked.judge(f"{exact:.{digits}g}").right
    assert asked.judge(repr(exact).replace(".", ",")).right


# -- signs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["-", "−", "negative", " Negative ", "-19.44", "-1"])
def test_a_sign_is_taken_in_any_form(answer):
    assert SIGN.judge(answer) == Verdict(
        True, "Two factors of unlike signs have a negative product: 0.81 × (−24) = −19.44."
    )


@pytest.mark.parametrize("answer", ["+", "positive", "0", "zero", "19"])
def test_a_wrong_sign_is_told_why(answer):
    verdict = SIGN.judge(answer)
    assert verdict.right is False
    assert verdict.sentence.startswith("Two factors of unlike signs")


@pytest.mark.parametrize("answer", ["", "maybe", "+-"])
def test_what_is_no_sign_is_not_counted_as_wrong(answer):
    assert SIGN.judge(answer).right is None


def test_the_sign_of_nothing_is_zero():
    nothing = Question("?", 0.81, 0.0, 0.0, 5.0, 20.0, only_sign=True)
    assert nothing.judge("0").right
    assert "A factor of 0 leaves nothing" in nothing.judge("+").sentence


# -- the score -------------------------------------------------------------------------------


def test_the_score_counts_what_could_be_read():
    score = Score()
    assert score.sentence == "No prediction yet."
    for right in (True, False, None, True, True, None):
        score = score.after(Verdict(right, ""))
    assert score == Score(right=3, asked=4, streak=2)
    assert score.sentence == "3 of 4 predictions right, the last 2 in a row."
    assert score.after(Verdict(False, "")).sentence == "3 of 5 predictions right."
