"""Widgets that change the experiment or the run."""
