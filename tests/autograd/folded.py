"""Losses in many styles, and the oracle that a folded one is compared with."""

import math

import numpy as np
import pytest

from autograd import Add, Scalar, Subtract
from autograd.arithmetic import NUMPY, silent
from autograd.graph import count_uses, topological_order
from autograd.rules import ADD, NEGATE, SUBTRACT, SUM
from autograd.tape import Tape

XS = [-1.5, 0.25, 2.0, 3.0, -0.5]
YS = [1.0, -2.0, 0.5, 4.0, 3.0]
DATA = list(zip(XS, YS, strict=True))
CLOSE = 1e-12


def line():
    return Scalar(0.5, True, "m"), Scalar(0.25, True, "c")


def error(m, c, x, y):
    return (y - ((m * x) + c)) ** 2


def total(terms, start=0):
    for term in terms:
        start += term
    return start


def rows(tape):
    """Return the operations done once a sample."""
    return [each for each in tape.instructions if each.per_sample and each.rule is not None]


def sums(tape):
    return [each for each in tape.instructions if each.rule is SUM]


def names(tape):
    return [tape.instructions[place].node.name for place in tape.parameters]


def is_flat(tape):
    return tape.samples == 1 and not sums(tape) and not any(i.per_sample for i in tape.instructions)


# The oracle: the graph itself.


def gradient_bounds(loss):
    """Return per node the sum of the absolute values of what its gradient is the sum of.

    A gradient added up in another order differs by its share of this, not of itself.
    """
    bounds = {loss: 1.0}
    with silent():
        for node in reversed(topological_order(loss)):
            if not node.operands:
                continue
            inputs = [np.float64(number) for number in node.inputs]
            for operand, derivative in zip(node.operands, node.rule.derivatives, strict=True):
                local = abs(derivative(NUMPY, np.float64(node.data), *inputs))
                bounds[operand] = bounds.get(operand, 0.0) + bounds[node] * local
    return bounds


def same(actual, expected, scale=0.0, tolerance=CLOSE):
    """Whether two numbers are the same but for the rounding of numbers as large as ``scale``."""
    if not (math.isfinite(actual) and math.isfinite(expected)):
        return actual == expected or (math.isnan(actual) and math.isnan(expected))
    return abs(actual - expected) <= tolerance * max(abs(expected), scale) + 1e-300


def size_of_terms(node):
    """Return the sum of the absolute values of what a chain of additions adds up."""
    size, stack = 0.0, [node]
    while stack:
        node = stack.pop()
        if isinstance(node, Add | Subtract):
            stack += node.operands
        elif math.isfinite(node.data):
            size += abs(node.data)
    return size


def assert_like_engine(tape, loss, tolerance=CLOSE):
    """Compare every instruction's value and gradient with those of the nodes it stands for."""
    assert tape.instructions[-1].node is loss
    parameters = [tape.instructions[place].node for place in tape.parameters]
    loss.zero_grad()
    loss.backward()
    values = tape.forward([leaf.data for leaf in parameters])
    gradients = tape.backward(values)
    bounds = gradient_bounds(loss)
    scale = size_of_terms(loss)
    met = []
    for place, instruction in enumerate(tape.instructions):
        nodes = list(instruction.nodes)
        assert all(operand < place for operand in instruction.operands)
        if not nodes:  # an addition that the graph does in another order
            assert instruction.rule in (SUM, ADD, SUBTRACT, NEGATE)
            continue
        met += nodes
        if instruction.rule is SUM:  # its other nodes are sums of some of the terms
            assert all(isinstance(node, Add | Subtract) for node in nodes)
            if instruction.require_grad:
                assert all(same(node.grad, nodes[0].grad) for node in nodes)
            nodes = nodes[:1]
        elif instruction.per_sample:
            assert len(nodes) == tape.samples
        value = np.broadcast_to(values[place], len(nodes))
        for node, number in zip(nodes, value, strict=True):
            chained = isinstance(node, Add | Subtract) and instruction.rule in (
                ADD,
                SUBTRACT,
                NEGATE,
            )
            expected = node.rule if node.operands else None
            assert chained or instruction.rule in (SUM, expected)
            below = size_of_terms(node) if node.operands else 0.0
            assert same(number, node.data, max(below, scale * (node is loss)), tolerance)
        total = gradients.totals[place]
        if total is None:
            assert not (parameters and instruction.require_grad and nodes[0].has_grad)
            continue
        total = np.broadcast_to(total, len(nodes))
        for node, number in zip(nodes, total, strict=True):
            assert same(number, node.grad, bounds[node], tolerance)
    assert_stands_for_all(met, loss)
    assert_used_as_often(tape, parameters, loss)
    assert tape.evaluate([leaf.data for leaf in parameters])[0] == pytest.approx(
        float(values[-1]), rel=0, nan_ok=True
    )
    for place, contributions in gradients.contributions.items():
        assert not tape.instructions[place].per_sample
        assert np.shape(contributions) == (tape.samples,)


def assert_stands_for_all(met, loss):
    """No operation is computed twice; but for additions of chains, none is left out."""
    operations = [node for node in met if node.operands]
    assert len(operations) == len(set(operations))
    left_out = set(topological_order(loss)) - set(met)
    assert all(isinstance(n, Add | Subtract) or (not n.operands and n.data == 0) for n in left_out)


def assert_used_as_often(tape, parameters, loss):
    uses = count_uses(loss)
    assert tape.total_uses().tolist() == [uses[leaf] for leaf in parameters]


def assert_folds(loss, samples, per_sample, sums_=1, tolerance=CLOSE):
    """Compare with the engine, and count what is done once a sample."""
    tape = Tape.fold(loss)
    assert_like_engine(tape, loss, tolerance)
    assert tape.samples == samples, str(tape)
    assert len(rows(tape)) == per_sample, str(tape)
    assert len(sums(tape)) == sums_, str(tape)
    return tape


# The styles in which a loss is written.


def plus_equals(terms):
    loss = 0
    for term in terms:
        loss += term
    return loss


def from_a_scalar(terms):
    loss = Scalar(0)
    for term in terms:
        loss = loss + term
    return loss


def term_first(terms):
    loss = 0
    for term in terms:
        loss = term + loss
    return loss


def weighted(terms):
    loss = 0
    for term in terms:
        loss += term * 0.5
    return loss


def minus_equals(terms):
    loss = Scalar(0)
    for term in terms:
        loss -= term
    return loss


def from_the_first_term(terms):
    return total(terms[1:], terms[0])


def from_the_first_term_on_the_right(terms):
    loss = terms[0]
    for term in terms[1:]:
        loss = term + loss
    return loss


def builtin_sum(terms):
    return sum(terms)


STYLES = [
    plus_equals, from_a_scalar, term_first, weighted, minus_equals, from_the_first_term,
    from_the_first_term_on_the_right, builtin_sum,
]  # fmt: skip
