"""How an experiment runs: trainer, history, snapshot, and the worker thread."""
