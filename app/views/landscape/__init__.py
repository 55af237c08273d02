"""The loss landscape: colours, contour lines, the path of the run, the steps."""
