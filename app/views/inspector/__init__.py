"""The inspector: why the gradient of a node or an edge is what it is."""
