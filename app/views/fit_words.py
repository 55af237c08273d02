"""The fit in words: formulas with numbers for their parameters, R² and RMSE."""

from __future__ import annotations

import math
from collections.abc import Mapping

from app.study.data import Samples
from app.study.experiment import Problem
from app.study.formula.tree import Call, Formula, Name, Negative, Number, Operation, Part
from app.study.recipe import NoiseKind, true_curve, true_values
from app.training.fit_quality import fit_quality
from app.views.fit_data import Fit
from autograd.digits import digits
from autograd.tape import Column

DIGITS = 5
"""Significant digits of a number in a formula."""

QUALITY_DIGITS = 4
"""Significant digits of R² and RMSE."""

MINUS = "−"

_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)
_BINDS = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "**": _POWER}
_SIGNS = {"*": "·", "/": "/", "**": "^"}
_NAMES = {"pi": "π", "yhat": "ŷ"}


def fitted_formula(problem: Problem, parameters: Column) -> str:
    """Return the fitted formula, such as "ŷ = 1.994·x − 9"; of a network what it is."""
    formula = problem.model.expression
    if formula is None:
        return problem.model.title
    values = dict(zip(problem.parameters, map(float, parameters), strict=True))
    return f"ŷ = {in_numbers(formula, dict(problem.frozen) | values)}"


def true_formula(problem: Problem) -> str:
    """Return the true formula and the noise, such as "y = 2·x − 9 + noise, σ = 0.5", or ""."""
    data = problem.data
    formula = true_curve(data, problem.model.expression)
    if formula is None:
        return ""
    text = f"y = {in_numbers(formula, dict(true_values(data, formula)))}"
    if data.noise:
        text += f" + noise, σ = {digits(data.noise, DIGITS)}"
    return f"{text}, with outliers" if data.noise_kind is NoiseKind.OUTLIERS else text


def quality(fit: Fit, test: Samples) -> str:
    """Return R² and RMSE of a fit, and of the test data in parentheses, if there are any."""
    trained, tested = _quality(fit.y, fit.prediction), _quality(test.y, fit.test)
    both = (f"{own} (test {other})" for own, other in zip(trained, tested, strict=True))
    r_squared, rmse = both if len(test) else trained
    return f"R² {r_squared} · RMSE {rmse}"


def _quality(y: Column, prediction: Column) -> tuple[str, str]:
    r_squared, rmse = fit_quality(y, prediction)
    share = "–" if math.isnan(r_squared) else digits(r_squared, QUALITY_DIGITS)
    return share, digits(rmse, QUALITY_DIGITS)


def in_numbers(formula: Formula, values: Mapping[str, float]) -> str:
    """Return a formula's text with these numbers for its parameters."""
    return _text(formula.root, values)[0]


def _text(part: Part, values: Mapping[str, float]) -> tuple[str, int]:
    """Return a part's text, and how tightly it holds together."""
    if isinstance(part, Number):
        return _number(part.value)
    if isinstance(part, Name):
        if part.name in values:
            return _number(values[part.name])
        return _NAMES.get(part.name, part.name), _ATOM
    if isinstance(part, Negative):
        return _negative(_inside(part.operand, _SIGN, values)), _SIGN
    if isinstance(part, Call):
        arguments = ", ".join(_text(each, values)[0] for each in part.arguments)
        return f"{part.function}({arguments})", _ATOM
    assert isinstance(part, Operation)  # noqa: S101  there is nothing else
    return _operation(part, values), _BINDS[part.operator]


def _operation(part: Operation, values: Mapping[str, float]) -> str:
    binds = _BINDS[part.operator]
    if binds == _SUM:
        left = _inside(part.left, _SUM, values)
        right = _inside(part.right, _SUM if part.operator == "+" else _PRODUCT, values)
        minus = (part.operator == "-") != right.startswith(MINUS)
        return f"{left} {MINUS if minus else '+'} {right.removeprefix(MINUS)}"
    if binds == _POWER:
        return f"{_inside(part.left, _ATOM, values)}^{_inside(part.right, _ATOM, values)}"
    right = _inside(part.right, _POWER, values)
    return f"{_inside(part.left, _PRODUCT, values)}{_SIGNS[part.operator]}{right}"


def _inside(part: Part, least: int, values: Mapping[str, float]) -> str:
    """Return a part's text, in parentheses if it does not hold together tightly enough."""
    text, binds = _text(part, values)
    return text if binds >= least else f"({text})"


def _negative(text: str) -> str:
    return text.removeprefix(MINUS) if text.startswith(MINUS) else MINUS + text


def _number(value: float) -> tuple[str, int]:
    text = digits(value, DIGITS)
    return text, _SIGN if text.startswith(MINUS) else _ATOM
