"""Predict mode: a step is asked before it is shown, and the answer is judged."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np

from app.training.moment import Moment
from app.training.narration import local_derivative, of_sample, rounded, sample_number
from autograd import rules
from autograd.formula import enclose
from autograd.naming import Names
from autograd.trace import Backward, Entry

TOLERANCE = 0.02
"""By how much of itself an answer may be off, where its digits do not allow more."""

NEGLIGIBLE = 1e-3
"""What counts as 0: so much of what samples typically contribute."""

_SIGNS = {"+": 1, "-": -1, "positive": 1, "negative": -1, "zero": 0}
_WORDS = {1: "positive", -1: "negative", 0: "zero"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of an answer.

    Attributes:
        right: whether it is right; None if it could not be read.
        sentence: what is right, and why.
    """

    right: bool | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a gradient gains over one edge, for one sample.

    Attributes:
        text: the question.
        upstream, local: the two factors.
        contribution: the right answer.
        after: the operand's gradient after the step.
        typical: the largest contribution of any sample, against which 0 is measured.
        only_sign: whether only the sign is asked for.
    """

    text: str
    upstream: float
    local: float
    contribution: float
    after: float
    typical: float
    only_sign: bool = False

    def judge(self, answer: str) -> Verdict:
        """Return whether an answer is right, and why; one that cannot be read is not wrong."""
        return self._judge_sign(answer) if self.only_sign else self._judge_number(answer)

    def _judge_number(self, answer: str) -> Verdict:
        readings = list(_readings(answer))
        if not readings:
            shown = answer.strip()
            return Verdict(None, f"“{shown}” is no number. Write it like −19.4, 0.001 or 1e-3.")
        if any(self._fits(each, self.contribution) for each in readings):
            return Verdict(True, self.answer)
        mistake = next((said for each in readings if (said := self._mistake(each))), "")
        return Verdict(False, f"{mistake}{self.answer[:-1]}, not {answer.strip()}.")

    def _judge_sign(self, answer: str) -> Verdict:
        sign = _read_sign(answer)
        if sign is None:
            shown = answer.strip()
            return Verdict(None, f"“{shown}” is no sign. Write +, − or 0.")
        right = _sign(self.contribution)
        return Verdict(sign == right, self.answer)

    @property
    def answer(self) -> str:
        """What is right, and why, in a sentence."""
        upstream, local = rounded(self.upstream), enclose(rounded(self.local))
        product = f"{upstream} × {local} = {rounded(self.contribution)}"
        sign = _sign(self.contribution)
        if not self.only_sign:
            return f"Upstream × local derivative is {product}."
        if sign == 0:
            return f"A factor of 0 leaves nothing: {product}."
        alike = "like" if sign > 0 else "unlike"
        return f"Two factors of {alike} signs have a {_WORDS[sign]} product: {product}."

    def _fits(self, answer: Decimal, number: float) -> bool:
        """Return whether an answer is a number, as exactly as its digits say or nearly enough."""
        given = float(answer)
        if not math.isfinite(number):
            return False
        if given == 0 or number == 0:  # of no sign: however coarse the digits, no other number
            return abs(given - number) <= NEGLIGIBLE * self.typical
        exponent = answer.as_tuple().exponent
        assert isinstance(exponent, int)  # noqa: S101  it is finite
        half_unit = 0.5 * float(Decimal((0, (1,), exponent)))
        return abs(given - number) <= max(half_unit, TOLERANCE * abs(number))

    def _mistake(self, answer: Decimal) -> str:
        """Return a sentence on how an answer may have come about, or ""."""
        mistakes = [
            (-self.contribution, "The size is right, but not the sign."),
            (self.local, "That is the local derivative; it is yet to be multiplied."),
            (self.upstream, "That is the upstream; it is yet to be multiplied."),
            (self.upstream + self.local, "That is the sum; the chain rule multiplies."),
            (self.after, "That is the gradient after the step, not what it gains."),
        ]
        return next((f"{said} " for number, said in mistakes if self._fits(answer, number)), "")


def question(moment: Moment, entry: Entry, names: Names, only_sign: bool) -> Question | None:
    """Return what to ask before a step is shown; None where there is nothing to predict.

    Asked is what a gradient gains over an edge; in a step about all samples, from the selected
    one. What is not finite is not asked for.

    Args:
        moment: the moment before the step.
        entry: the step.
        names: what the places are called.
        only_sign: whether to ask for the sign alone.
    """
    if not isinstance(entry, Backward):
        return None
    sample = moment.sample if entry.sample is None else entry.sample
    numbers = entry.upstream, entry.local, entry.contribution, entry.after
    upstream, local, contribution, after = (of_sample(number, sample) for number in numbers)
    if not np.isfinite([upstream, local, contribution]).all():
        return None
    asked = _asked(moment, names, entry, sample_number(moment, sample), only_sign)
    index = 0 if moment.evaluation.tape.instructions[entry.place].rule is rules.SUM else entry.index
    text = (
        f"{asked} The upstream is {rounded(upstream)}, "
        f"the local derivative is {local_derivative(names, entry.place, index, local)}."
    )
    all_samples = np.abs(moment.evaluation.flow(entry.place, index).contribution)
    typical = float(np.max(all_samples, initial=0.0, where=np.isfinite(all_samples)))
    typical = typical or max(abs(upstream), abs(local)) or 1.0
    return Question(text, upstream, local, contribution, after, typical, only_sign)


def _asked(moment: Moment, names: Names, entry: Backward, sample: int, only_sign: bool) -> str:
    gains = names.gradient(entry.operand)
    giver = ""
    if entry.operand_sample is not None and entry.operand == entry.place:
        gains += f" up to sample {sample_number(moment, entry.operand_sample)}"
    elif entry.sample is not None or np.ndim(entry.contribution) > 0:
        if moment.evaluation.tape.instructions[entry.operand].per_sample:
            gains += f" of sample {sample}"
        else:
            giver = f" from sample {sample}"
    if only_sign:
        return f"Is what {gains} gains{giver} positive, negative, or zero?"
    return f"What does {gains} gain{giver}?"


# -- reading answers -------------------------------------------------------------------------

_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d*(e[+-]?\d+)?", re.IGNORECASE)


def _cleaned(answer: str) -> str:
    """Return an answer without spaces, with one kind of minus sign."""
    return re.sub(r"\s", "", answer).translate(str.maketrans("−–‒", "---"))


def _readings(answer: str) -> Iterator[Decimal]:
    """Yield the numbers that an answer may mean: "1,234" is read in both ways."""
    text = _cleaned(answer)
    texts = [text]
    if "," in text:
        texts = [text.replace(",", ".")] if _DECIMAL_COMMA.fullmatch(text) else []
        texts += [text.replace(",", "")] if _THOUSANDS.fullmatch(text) else []
    for each in texts:
        try:
            number = Decimal(each)
        except InvalidOperation:
            continue
        if number.is_finite() and math.isfinite(float(number)):
            yield number


def _read_sign(answer: str) -> int | None:
    """Return the sign that an answer names, or that of the number it is; None for neither."""
    named = _SIGNS.get(_cleaned(answer).casefold())
    numbers = (float(each) for each in _readings(answer))
    return next(map(_sign, numbers), None) if named is None else named


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)


# -- the score -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Score:
    """How many answers were right.

    Attributes:
        right: how many were.
        asked: how many could be read.
        streak: how many were right in a row, up to the newest.
    """

    right: int = 0
    asked: int = 0
    streak: int = 0

    def after(self, verdict: Verdict) -> Score:
        """Return the score with another verdict; an answer that was not read does not count."""
        if verdict.right is None:
            return self
        streak = self.streak + 1 if verdict.right else 0
        return Score(self.right + verdict.right, self.asked + 1, streak)

    @property
    def sentence(self) -> str:
        """The score in words."""
        if not self.asked:
            return "No prediction yet."
        row = f", the last {self.streak:,} in a row" if self.streak > 1 else ""
        return f"{self.right:,} of {self.asked:,} predictions right{row}."
