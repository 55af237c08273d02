"""Chainrule: a desktop app that shows reverse-mode automatic differentiation at work."""

from pathlib import Path

__version__ = "0.1.0"

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
"""Icons, presets and themes: data, not code; beside this package, installed or not."""
