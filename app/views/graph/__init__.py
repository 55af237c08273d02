"""The computation graph: what it consists of, where that is, and how it is drawn."""
