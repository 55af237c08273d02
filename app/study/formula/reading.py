"""Reads a formula's text into its tree, with Python's own grammar and none of its powers.

The text is cut into numbers, names and signs (:mod:`app.study.formula.scan`), whose order is
checked (:mod:`app.study.formula.order`); Python's ``ast`` then says what belongs together.
Of what it may answer only numbers, names, arithmetic and calls of known functions are taken,
and nothing is ever run.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from enum import Enum

from app.study.formula.order import CALLABLE, check_order
from app.study.formula.scan import Kind, Token, scan
from app.study.formula.tree import (
    CONSTANTS,
    DEPTH,
    PARAMETERS,
    VARIABLES,
    Call,
    Formula,
    FormulaError,
    Name,
    Negative,
    Number,
    Operation,
    Operator,
    Part,
)


class Purpose(Enum):
    """What a formula is for, and thereby what it may use.

    A model is made of x and at least one parameter, the true curve of the data of x and any
    parameters, or none, and a loss of y and yhat alone, the latter at least.
    """

    MODEL = "model"
    TRUTH = "true curve"
    LOSS = "loss"

    @property
    def known(self) -> tuple[str, ...]:
        """The names that are given: not parameters."""
        return ("y", "yhat") if self is Purpose.LOSS else ("x",)


_OPERATORS: dict[type[ast.operator], Operator] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}

_MUST_NOT_USE = {
    (Purpose.MODEL, "y"): "The model must not use y: it is what the model predicts.",
    (Purpose.MODEL, "yhat"): "The model must not use ŷ: it is what the model computes.",
    (Purpose.TRUTH, "y"): "The true curve must not use y: it is what the curve gives.",
    (Purpose.TRUTH, "yhat"): "The true curve must not use ŷ: the data do not know the model.",
    (Purpose.LOSS, "x"): "The loss must not use x: it compares y with ŷ (yhat), and nothing else.",
}


def parse(text: str, purpose: Purpose = Purpose.MODEL) -> Formula:
    """Return the formula that a person typed.

    Args:
        text: as it was typed; π, ŷ, ·, ×, ÷, − and raised numbers as in x² are taken as well.
        purpose: what it is for.

    Raises:
        FormulaError: it is none, or not one for this purpose; it says what to do, and where.
    """
    tokens = scan(text)
    check_order(tokens)
    formula = _Reader(tokens).read(text, purpose.known)
    _check_purpose(formula, purpose)
    return formula


class _Reader:
    """The tree of one text, from Python's."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._starts: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self._first_spelling: dict[str, str] = {}

    def read(self, text: str, known: Sequence[str]) -> Formula:
        """Return the formula that the tokens make."""
        root = self._part(ast.parse(self._python(), mode="eval").body, DEPTH)
        names = [part.name for part in root.walk() if isinstance(part, Name)]
        given = {*known, *CONSTANTS}
        parameters = dict.fromkeys(name for name in names if name not in given)
        return Formula(text, root, tuple(parameters))

    def _python(self) -> str:
        """Return the formula in Python, and remember where each token of it was typed."""
        words, position = [], 0
        for token in self._tokens:
            words.append(token.python)
            self._starts[position] = token.start
            position += len(token.python.encode())
            self._ends[position] = token.end
            position += 1
            if token.kind is Kind.NAME and token.python not in (*CONSTANTS, *VARIABLES):
                self._first_spelling.setdefault(token.python, token.typed)
        return " ".join(words)

    def _part(self, node: ast.expr, depth: int) -> Part:
        """Return the part that a node of Python's tree stands for."""
        start, end = self._starts[node.col_offset], self._ends[node.end_col_offset or 0]
        if depth == 0:
            raise FormulaError(
                f"Here {DEPTH} operations are nested in each other, which is the most: "
                "shorten the formula, or group its terms with parentheses.",
                start,
                end,
            )
        match node:
            case ast.Constant(value=float(number)):
                return Number(start, end, number)
            case ast.Name(id=name):
                return Name(start, end, self._first_spelling.get(name, name))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._part(operand, depth - 1)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Negative(start, end, self._part(operand, depth - 1))
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
                operands = self._part(left, depth - 1), self._part(right, depth - 1)
                return Operation(start, end, _OPERATORS[type(sign)], *operands)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in CALLABLE:
                parts = tuple(self._part(argument, depth - 1) for argument in arguments)
                return Call(start, end, name, parts)
        raise FormulaError("This is no part of a formula: write it in another way.", start, end)


def _check_purpose(formula: Formula, purpose: Purpose) -> None:
    """Do nothing if a formula may be used for this.

    Raises:
        FormulaError: it uses what it must not, or lacks what it must use.
    """
    names = [part for part in formula.root.walk() if isinstance(part, Name)]
    for name in names:
        if (purpose, name.name) in _MUST_NOT_USE:
            raise FormulaError(_MUST_NOT_USE[purpose, name.name], name.start, name.end)
        if purpose is Purpose.LOSS and name.name in formula.names:
            raise FormulaError(
                f"“{name.name}” is not known here: a loss has no parameters of its own and is made "
                "of y and yhat, so write a number in its place.",
                name.start,
                name.end,
            )
        if name.name in formula.names[PARAMETERS:]:
            raise FormulaError(
                f"“{name.name}” is one parameter too many: a formula may have {PARAMETERS}.",
                name.start,
                name.end,
            )
    start = len(formula.text) - len(formula.text.lstrip())
    end = len(formula.text.rstrip())
    if purpose is Purpose.MODEL and not formula.names:
        raise FormulaError(
            "The model has no parameter, so there is nothing to train: write a name in place of "
            "a number, such as m in m*x.",
            start,
            end,
        )
    if purpose is Purpose.LOSS and not formula.uses("yhat"):
        raise FormulaError(
            "The loss must use yhat, the prediction: without it no parameter has a gradient.",
            start,
            end,
        )
