"""Widgets that draw a snapshot or a history."""
