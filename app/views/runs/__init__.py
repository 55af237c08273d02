"""The runs that are kept side by side, as a table."""
