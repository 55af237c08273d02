"""Stands in until app/views/fit_data.py imports from app.study.formula.build; to be removed."""

from app.study.formula.build import value as value
