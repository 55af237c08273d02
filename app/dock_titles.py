"""The docks of the main window: their names, and their titles."""

TITLES = {
    "experiment": "Experiment",
    "fit": "Fit",
    "graph": "Computation graph",
    "loss_curve": "Loss curve",
    "inspector": "Inspector",
    "landscape": "Landscape",
    "steps": "Steps",
    "runs": "Runs",
    "sweep": "Sweep",
}
