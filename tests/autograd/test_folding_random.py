"""Random losses fold, and agree with the engine."""

import math
from dataclasses import dataclass, replace
from functools import partial
from unittest.mock import patch

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd import Scalar, Tensor
from autograd.arithmetic import NUMPY, Arithmetic, evaluate_ieee
from autograd.tape import Tape
from tests.autograd.folded import assert_like_engine, gradient_bounds, rows, same, size_of_terms
from tests.autograd.programs import EXAMPLES, programs

# Random losses. The same functions as the engine's make numbers equal to the last digit, so
# that what is compared is the folding and not NumPy's exp.


def elementwise(name):
    numpys, maths = getattr(NUMPY, name), getattr(math, name)

    def evaluate(*operands):
        try:
            return maths(*operands)
        except (ArithmeticError, ValueError):
            return evaluate_ieee(lambda _, *numbers: numpys(*numbers), *operands)

    def function(*operands):
        arrays = np.broadcast_arrays(*operands)
        numbers = [evaluate(*map(float, at)) for at in zip(*map(np.ravel, arrays), strict=True)]
        return np.reshape(np.array(numbers), arrays[0].shape)[()]

    return function


EXACT: Arithmetic = replace(
    NUMPY, **{name: elementwise(name) for name in ("sin", "cos", "tanh", "exp", "log", "sqrt")}
)
EXACT = replace(EXACT, pow=elementwise("pow"))
like_the_engine = partial(patch, "autograd.tape.NUMPY", EXACT)

UNARY = ["neg", "sin", "cos", "tanh", "exp", "log", "sqrt", "abs", "relu", "sigmoid"]
BINARY = ["add", "sub", "mul", "div", "pow", "maximum", "minimum"]
ADDITIONS = ("add", "sub")
NUMBERS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, math.inf, -math.inf, math.nan]),
    st.floats(-3, 3).map(lambda number: round(number, 3)),
)
FINITE = st.floats(-3, 3).map(lambda number: round(number, 3))


@dataclass(frozen=True)
class Loss:
    """A random loss: the terms that each sample adds, and how they are added up.

    A term's operands are numbered: parameters, what all samples share, data, constants, and
    then its own steps. A second term may use the first one's steps.
    """

    parameters: tuple[float, ...]
    data: tuple[tuple[float, ...], ...]  # by sample
    constants: tuple[float, ...]
    common: tuple[tuple[str, int, int], ...]  # once for all samples, of the parameters
    steps: tuple[tuple[str, int, int], ...]
    ends: tuple[int, ...]  # the steps that are terms
    style: str
    after: str

    def build(self, parameters):
        shared = list(parameters)
        for name, first, second in self.common:
            shared.append(_apply(name, shared[first % len(shared)], shared[second % len(shared)]))
        loss = None if self.style == "first" else Scalar(0) if self.style == "minus" else 0
        for numbers in self.data:
            nodes = [*shared, *map(Scalar, numbers), *map(Scalar, self.constants)]
            before = len(nodes)
            for name, first, second in self.steps:
                nodes.append(_apply(name, nodes[first % len(nodes)], nodes[second % len(nodes)]))
            for end in self.ends:
                loss = self._add(loss, nodes[before + end])
        return self._finish(loss, shared)

    def _add(self, loss, term):
        if loss is None:
            return term
        if self.style == "left":
            return term + loss
        if self.style == "weight":
            return loss + term * 0.25
        return loss - term if self.style == "minus" else loss + term

    def _finish(self, loss, shared):
        if self.after == "mean":
            return loss / len(self.data)
        if self.after == "penalty":
            return loss + 0.5 * shared[-1] ** 2
        return loss / len(self.data) + 0.5 * shared[0] ** 2 if self.after == "both" else loss

    @property
    def folds(self):
        """Whether all samples must fold.

        Where a term is an addition the first may not; where a sample's two terms are of one
        shape there may be twice as many samples.
        """
        lasts = [self.steps[end][0] for end in self.ends]
        distinct = len(set(lasts)) == len(lasts) and set(lasts).isdisjoint(ADDITIONS)
        return len(self.data) > 1 and distinct


def _apply(name, first, second):
    return getattr(Tensor, name)(*([first] if name in UNARY else [first, second]))


@st.composite
def losses(draw, numbers=NUMBERS):
    parameters = draw(st.lists(FINITE, min_size=1, max_size=3))
    columns = draw(st.integers(1, 2))
    samples = draw(st.integers(1, 5))
    rows = st.lists(numbers, min_size=columns, max_size=columns).map(tuple)
    data = draw(st.lists(rows, min_size=samples, max_size=samples))
    constants = draw(st.lists(numbers, max_size=1))
    operator = st.sampled_from(UNARY + BINARY)
    step = st.tuples(operator, st.integers(0, 12), st.integers(0, 12))
    common = draw(st.lists(step, max_size=2))
    leaves = len(parameters) + len(common) + columns + len(constants)
    steps = []
    for index in range(draw(st.integers(1, 6))):
        name = draw(operator)
        operands = [leaves + index - 1, draw(st.integers(0, leaves + index - 1))]
        steps.append((name, *draw(st.permutations(operands))))
    ends = [len(steps) - 1]
    if len(steps) > 1 and draw(st.booleans()):
        ends.append(draw(st.integers(0, len(steps) - 2)))
    return Loss(
        tuple(parameters),
        tuple(data),
        tuple(constants),
        tuple(common),
        tuple(steps),
        tuple(ends),
        draw(st.sampled_from(["plus", "left", "weight", "minus", "first"])),
        draw(st.sampled_from(["nothing", "mean", "penalty", "both"])),
    )


def assume_no_overflow_on_the_way(loss):
    """Leave out what another order of adding makes infinite, or the difference of such."""
    loss.zero_grad()
    loss.backward()
    bounds = gradient_bounds(loss)
    for node in loss.nodes():
        assume(not 1e100 < abs(node.data) < math.inf)
        assume(not 1e100 < abs(bounds.get(node, 0.0)) < math.inf)


@given(losses())
@EXAMPLES
def test_random_losses_fold_and_agree_with_the_engine(case):
    leaves = [Scalar(number, True) for number in case.parameters]
    loss = case.build(leaves)
    assume_no_overflow_on_the_way(loss)
    with like_the_engine():
        tape = Tape.fold(loss)
        assert_like_engine(tape, loss)
    used = {tape.instructions[place].node for place in tape.parameters}
    assert used == {node for node in loss.nodes() if node in leaves}
    if case.folds:
        assert tape.samples == len(case.data)
        assert len(rows(tape)) <= len(case.steps) + 2


@given(losses(), st.data())
@EXAMPLES
def test_a_folded_loss_is_right_at_other_parameters_too(case, data):
    leaves = [Scalar(number, True) for number in case.parameters]
    tape = Tape.fold(case.build(leaves))
    other = [Scalar(data.draw(FINITE), True) for _ in leaves]
    loss = case.build(other)
    assume_no_overflow_on_the_way(loss)
    loss.zero_grad()
    loss.backward()
    moved = dict(zip(leaves, other, strict=True))
    parameters = [moved[tape.instructions[place].node] for place in tape.parameters]
    with like_the_engine():
        value, gradient = tape.evaluate([leaf.data for leaf in parameters])
    bounds = gradient_bounds(loss)
    assert same(value, loss.data, size_of_terms(loss))
    for leaf, number in zip(parameters, gradient, strict=True):
        assert same(number, leaf.grad, bounds[leaf])


@given(losses(FINITE))
@EXAMPLES
def test_with_numpys_own_functions_random_losses_differ_in_the_last_digits_only(case):
    smooth = tuple(
        (name if name in SMOOTH else "tanh", *operands) for name, *operands in case.steps
    )
    case = replace(case, steps=smooth, common=())
    loss = case.build([Scalar(number, True) for number in case.parameters])
    tape = Tape.fold(loss)
    assert_like_engine(tape, loss, tolerance=1e-10)


SMOOTH = {"neg", "sin", "cos", "tanh", "sigmoid", "abs", "relu", *ADDITIONS}


@given(programs(max_steps=25), st.integers(0, 7))
@EXAMPLES
def test_random_graphs_that_are_no_loops_agree_with_the_engine(program, trained):
    leaves = [Scalar(at, bool(trained >> i & 1)) for i, at in enumerate(program.at)]
    loss = program.over_tensors(*leaves)
    with like_the_engine():
        assert_like_engine(Tape.fold(loss), loss)


TANGLE = {
    "add": lambda f, a, b: f.add(a, b),
    "subtract": lambda f, a, b: f.sub(a, b),
    "add a number": lambda f, a, _b: f.add(a, 0.5),
    "add to zero": lambda f, a, _b: f.add(0, a),
    "add a product": lambda f, a, b: f.add(a, f.mul(b, 0.25)),
    "subtract a product": lambda f, a, b: f.sub(a, f.mul(b, 0.75)),
    "add a sine": lambda f, a, b: f.add(f.sin(b), a),
    "sine": lambda f, a, _b: f.sin(a),
    "average": lambda f, a, b: f.div(f.add(f.add(0, f.mul(a, 0.5)), f.mul(b, 1.5)), 2),
    "three": lambda f, a, b: f.add(f.add(f.tanh(a), f.tanh(b)), f.tanh(1.5)),
}


@given(programs(steps=TANGLE, max_steps=12), st.integers(0, 7))
@EXAMPLES
def test_tangles_of_additions_agree_with_the_engine(program, trained):
    with patch.dict("tests.autograd.programs.STEPS", TANGLE):
        leaves = [Scalar(at, bool(trained >> i & 1)) for i, at in enumerate(program.at)]
        loss = program.over_tensors(*leaves)
    with like_the_engine():
        assert_like_engine(Tape.fold(loss), loss)
