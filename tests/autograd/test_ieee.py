"""No number raises, forward or backward: IEEE 754 has a value for everything."""

import math
import operator
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Scalar, Tensor
from autograd.graph import first_non_finite
from tests.autograd.programs import EXAMPLES

INF, NAN = math.inf, math.nan


def same(a, b):
    """Whether two floats are the same, bit for bit but for the kind of nan."""
    return (a == b and math.copysign(1, a) == math.copysign(1, b)) or (a != a and b != b)


@pytest.mark.parametrize(
    ("compute", "expected"),
    [
        (lambda: Tensor.exp(1000), INF),
        (lambda: Tensor.exp(-1000), 0.0),
        (lambda: Scalar(1) / 0, INF),
        (lambda: Scalar(-1) / 0, -INF),
        (lambda: Scalar(1) / -0.0, -INF),
        (lambda: Scalar(0) / 0, NAN),
        (lambda: Tensor.log(0), -INF),
        (lambda: Tensor.log(-1), NAN),
        (lambda: Scalar(-8) ** (1 / 3), NAN),
        (lambda: Scalar(0) ** -1, INF),
        (lambda: Scalar(-0.0) ** -1, -INF),
        (lambda: Scalar(10) ** 400, INF),
        (lambda: Scalar(-10) ** 401, -INF),
        (lambda: Tensor.sin(INF), NAN),
        (lambda: Tensor.cos(-INF), NAN),
        (lambda: Tensor.tanh(-INF), -1.0),
        (lambda: Tensor.sqrt(-1), NAN),
        (lambda: Tensor.sqrt(INF), INF),
        (lambda: Tensor.sigmoid(-1000), 0.0),
        (lambda: Tensor.sigmoid(1000), 1.0),
        (lambda: Scalar(INF) - INF, NAN),
        (lambda: Scalar(1e308) * 10, INF),
        (lambda: Tensor.maximum(NAN, 1), NAN),
        (lambda: Tensor.maximum(1, NAN), NAN),
        (lambda: Tensor.minimum(NAN, 1), NAN),
        (lambda: Tensor.minimum(1, NAN), NAN),
        (lambda: Tensor.relu(NAN), NAN),
        (lambda: Tensor.relu(-INF), 0.0),
        (lambda: Tensor.abs(-INF), INF),
    ],
)
def test_where_python_would_raise_the_value_is_ieees(compute, expected):
    assert same(compute().data, expected)


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (Tensor.exp, [1000], [INF]),
        (Tensor.div, [1, 0], [INF, -INF]),
        (Tensor.div, [0, 0], [INF, NAN]),
        (Tensor.log, [0], [INF]),
        (Tensor.log, [-1], [NAN]),
        (Tensor.pow, [-8, 1 / 3], [NAN, NAN]),
        (Tensor.pow, [0, -1], [-INF, -INF]),
        (Tensor.sin, [INF], [NAN]),
        (Tensor.sqrt, [-1], [NAN]),
        (Tensor.sqrt, [0], [INF]),
        (Tensor.sigmoid, [-1000], [0.0]),
        (Tensor.relu, [NAN], [NAN]),
        (Tensor.abs, [NAN], [NAN]),
        (Tensor.mul, [INF, 0], [0.0, INF]),
    ],
)
def test_where_python_would_raise_the_gradient_is_ieees(function, at, expected):
    leaves = [Scalar(number, require_grad=True) for number in at]
    function(*leaves).backward()
    assert all(map(same, [leaf.grad for leaf in leaves], expected))


def test_a_gradient_that_overflows_is_infinite():
    x = Scalar(1e200, require_grad=True)
    (x**3).backward()
    assert x.grad == INF


def test_an_infinite_local_derivative_times_nothing_from_above_is_nan():
    x = Scalar(0, require_grad=True)
    Tensor.sqrt(x).backward(0)
    assert math.isnan(x.grad)


# Every operation against NumPy's own function: exactly, or within what a library may differ by.

EXACT_UNARY = {"neg": np.negative, "sqrt": np.sqrt, "abs": np.abs}
EXACT_BINARY = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide}
EQUAL_UNARY = {"relu": lambda x: np.maximum(x, 0.0)}
EQUAL_BINARY = {"maximum": np.maximum, "minimum": np.minimum}
CLOSE_UNARY = {
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "exp": np.exp,
    "log": np.log,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
}
# For a single exponent of 0.5 NumPy takes the square root, which is not the power of -inf.
CLOSE_BINARY = {"pow": lambda a, b: np.power([a, 2], [b, 3])[0]}


def few_ulp(a, b):
    return same(a, b) or abs(a - b) <= 4 * max(math.ulp(a), math.ulp(b))


def equal(a, b):
    """Whether two floats are equal; which zero NumPy's maximum returns is its own choice."""
    return a == b or (a != a and b != b)


UNARY_CASES = [
    *((name, reference, same) for name, reference in EXACT_UNARY.items()),
    *((name, reference, equal) for name, reference in EQUAL_UNARY.items()),
    *((name, reference, few_ulp) for name, reference in CLOSE_UNARY.items()),
]
BINARY_CASES = [
    *((name, reference, same) for name, reference in EXACT_BINARY.items()),
    *((name, reference, equal) for name, reference in EQUAL_BINARY.items()),
    *((name, reference, few_ulp) for name, reference in CLOSE_BINARY.items()),
]
AWKWARD = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 3.0, -3.0, 1 / 3, 709.0, 710.0, -745.0, -746.0,
    5e-324, -5e-324, sys.float_info.min, sys.float_info.max, -sys.float_info.max, INF, -INF, NAN,
]  # fmt: skip
numbers = st.one_of(st.sampled_from(AWKWARD), st.floats(), st.floats(-10, 10))


def assert_like_numpy(name, reference, agree, *at):
    leaves = [Scalar(number, require_grad=True) for number in at]
    output = getattr(Tensor, name)(*leaves)
    with np.errstate(all="ignore"):
        expected = float(reference(*map(np.float64, at)))
    assert type(output.data) is float
    assert agree(output.data, expected), f"{name}{at}: {output.data!r}, NumPy: {expected!r}"
    output.backward()
    assert all(isinstance(leaf.grad, float) for leaf in leaves)


@pytest.mark.parametrize(("name", "reference", "agree"), UNARY_CASES)
def test_unary_operations_agree_with_numpy_at_awkward_numbers(name, reference, agree):
    for x in AWKWARD:
        assert_like_numpy(name, reference, agree, x)


@pytest.mark.parametrize(("name", "reference", "agree"), BINARY_CASES)
def test_binary_operations_agree_with_numpy_at_awkward_numbers(name, reference, agree):
    for a in AWKWARD:
        for b in AWKWARD:
            assert_like_numpy(name, reference, agree, a, b)


@given(st.sampled_from(UNARY_CASES), numbers)
@EXAMPLES
def test_unary_operations_agree_with_numpy_at_any_number(case, x):
    assert_like_numpy(*case, x)


@given(st.sampled_from(BINARY_CASES), numbers, numbers)
@EXAMPLES
def test_binary_operations_agree_with_numpy_at_any_numbers(case, a, b):
    assert_like_numpy(*case, a, b)


# What is a number, and what is not.

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (3, 3.0),
        (True, 1.0),
        (False, 0.0),
        (Fraction(1, 4), 0.25),
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.int64(-7), -7.0),
        (np.uint8(7), 7.0),
        (10**400, INF),
        (-(10**400), -INF),
        (Fraction(-(10**400), 3), -INF),
    ],
)
def test_every_real_number_becomes_a_plain_float(number, expected):
    for leaf in (Scalar(number), Tensor.scalar(number)):
        assert type(leaf.data) is float
        assert leaf.data == expected


@pytest.mark.parametrize("thing", ["a", 1j, None, [1], (1,), {}, object(), np.array([1.0, 2.0])])
def test_what_is_no_number_is_a_type_error_that_names_the_type(thing):
    names_it = type(thing).__name__
    with pytest.raises(TypeError, match=names_it):
        Tensor.scalar(thing)
    with pytest.raises(TypeError, match=names_it):
        Tensor.sin(thing)
    for operate in OPERATORS:
        with pytest.raises(TypeError, match=names_it):
            operate(Scalar(2), thing)
        with pytest.raises(TypeError, match=names_it):
            operate(thing, Scalar(2))


def test_a_gradient_that_is_no_number_is_a_type_error():
    output = Scalar(2, require_grad=True) * 3
    with pytest.raises(TypeError, match="str"):
        output.grad = "1"
    with pytest.raises(TypeError, match="str"):
        output.backward("1")


@pytest.mark.parametrize("operate", OPERATORS)
@pytest.mark.parametrize(
    "number",
    [np.float64(2), np.float32(2), np.float16(2), np.int64(2), np.int8(2), Fraction(2), True],
)
def test_numbers_of_every_kind_work_on_either_side(operate, number):
    t = Scalar(3, require_grad=True)
    left, right = operate(number, t), operate(t, number)
    assert isinstance(left, Tensor)
    assert isinstance(right, Tensor)
    assert left.data == operate(float(number), 3.0)
    assert right.data == operate(3.0, float(number))
    assert type(left.data) is type(right.data) is float


# Where the infinities and nans come from.


def test_the_first_node_that_is_not_finite_is_found():
    x = Scalar(-1, require_grad=True)
    root = Tensor.sqrt(x)
    output = Tensor.exp(root) * 2 + Scalar(INF)
    assert first_non_finite(root) is root
    found = first_non_finite(output)
    assert found is next(node for node in output.nodes() if not math.isfinite(node.data))
    assert all(math.isfinite(operand.data) for operand in found.operands)


def test_of_a_chain_the_first_node_that_is_not_finite_is_the_cause():
    x = Scalar(1000)
    cause = Tensor.exp(x)
    output = Tensor.sigmoid(-(cause - cause))
    assert math.isnan(output.data)
    assert first_non_finite(output) is cause


def test_where_all_is_finite_there_is_no_first_node_that_is_not():
    assert first_non_finite(Tensor.sin(Scalar(2)) * 3) is None
