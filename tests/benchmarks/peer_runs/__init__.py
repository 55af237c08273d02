"""The same training with this engine and with others, one file for each.

Each file has a ``prepare`` that takes a problem and returns a :class:`~.problem.Candidate`. All
do plain gradient descent over all samples in double precision: each epoch computes the mean
squared error and its gradient at the parameters, steps every parameter once, and keeps the
loss and the parameters.
"""
