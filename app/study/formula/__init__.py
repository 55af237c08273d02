"""Formulas that a person types: read without ever running them, and built as a graph.

``parse`` turns a text into a :class:`Formula`, a tree whose parts know their places in the
text, or raises a :class:`FormulaError` that says what is wrong where. What makes a graph or
numbers of it is in :mod:`app.study.formula.build`: a window that only reads formulas opens
without NumPy.
"""

from app.study.formula.reading import Purpose, parse
from app.study.formula.tree import (
    Call,
    Formula,
    FormulaError,
    Name,
    Negative,
    Number,
    Operation,
    Part,
)

__all__ = [
    "Call",
    "Formula",
    "FormulaError",
    "Name",
    "Negative",
    "Number",
    "Operation",
    "Part",
    "Purpose",
    "parse",
]
