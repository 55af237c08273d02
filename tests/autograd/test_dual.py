"""Dual numbers take value and tangent from the rules, and agree with the engine's own."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import BinaryOperator, Scalar, UnaryOperator, grad, rules
from autograd.arithmetic import silent
from autograd.dual import DUAL, Dual, apply
from autograd.rules import Rule
from tests.autograd import dual as second_opinion
from tests.autograd.programs import EXAMPLES, programs

RULES = [rule for rule in vars(rules).values() if isinstance(rule, Rule) and rule is not rules.SUM]
OPERATORS = {
    each.rule.name: each
    for base in (BinaryOperator, UnaryOperator)
    for each in base.__subclasses__()
    if each.__module__ == "autograd.tensor"  # other tests make operators of their own
}
INF, NAN = math.inf, math.nan


class Functions:
    """The names that Tensor has as classmethods, over dual numbers."""

    neg, abs = Dual.__neg__, Dual.__abs__
    sin, cos, tanh, exp, log, sqrt = (
        staticmethod(getattr(DUAL, name)) for name in ("sin", "cos", "tanh", "exp", "log", "sqrt")
    )
    add = staticmethod(lambda a, b: a + b)
    sub = staticmethod(lambda a, b: a - b)
    mul = staticmethod(lambda a, b: a * b)
    div = staticmethod(lambda a, b: a / b)
    pow = staticmethod(DUAL.pow)
    relu = staticmethod(lambda a: apply(rules.RELU, a))
    sigmoid = staticmethod(lambda a: apply(rules.SIGMOID, a))
    maximum = staticmethod(lambda a, b: apply(rules.MAXIMUM, a, b))
    minimum = staticmethod(lambda a, b: apply(rules.MINIMUM, a, b))


def variables(*numbers):
    """Return dual numbers, each moving in a direction of its own."""
    rows = np.eye(len(numbers))
    return [Dual(np.float64(number), rows[:, [index]]) for index, number in enumerate(numbers)]


def slopes(dual):
    return [] if dual.tangent is None else dual.tangent[:, 0].tolist()


def same(actual, expected):
    return actual == expected or (math.isnan(actual) and math.isnan(expected))


def test_every_operation_is_here():
    assert len(RULES) == 17


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("at", [(0.7, 1.3), (2.0, 2.0), (1.5, -0.4)])
def test_a_rule_gives_value_and_tangent(rule, at):
    at = at[: len(rule.derivatives)]
    leaves = [Scalar(number) for number in at]
    output = OPERATORS[rule.name](*leaves)
    dual = apply(rule, *variables(*at))
    assert dual.value == pytest.approx(output.data, rel=1e-15)
    assert slopes(dual) == pytest.approx([each.data for each in grad(output, leaves)], rel=1e-15)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_read_over_dual_numbers_a_rules_value_is_the_same_as_applied(rule):
    at = variables(0.7, 1.3)[: len(rule.derivatives)]
    read, applied = rule.value(DUAL, *at), apply(rule, *at)
    assert read.value == pytest.approx(applied.value, rel=1e-15)
    assert slopes(read) == pytest.approx(slopes(applied), rel=1e-15)


@given(programs())
@EXAMPLES
def test_random_programs_agree_with_a_second_opinion(program):
    with silent():
        dual = program(Functions, *variables(*program.at))
    expected = second_opinion.slopes(program, program.at)
    for slope, other in zip(slopes(dual), expected, strict=True):
        assert abs(slope - other.slope) <= 1e-13 * other.bound + 1e-300


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=4), programs(max_steps=5))
@EXAMPLES
def test_a_column_has_every_samples_own_value_and_tangent(column, program):
    count = len(program.at)
    rows = np.eye(count)
    with silent():
        first = Dual(np.array(column), rows[:, [0]])
        others = [
            Dual(np.float64(number), rows[:, [index]])
            for index, number in enumerate(program.at[1:], start=1)
        ]
        dual = program(Functions, first, *others)
        value = np.broadcast_to(dual.value, len(column))
        tangent = np.broadcast_to(dual.tangent, (count, len(column)))
        for sample, number in enumerate(column):
            alone = program(Functions, *variables(number, *program.at[1:]))
            assert value[sample] == pytest.approx(alone.value, rel=1e-12, abs=1e-12)
            assert tangent[:, sample] == pytest.approx(alone.tangent[:, 0], rel=1e-9, abs=1e-9)


def test_numbers_are_constants_on_either_side():
    (x,) = variables(4.0)
    results = [x + 1, 1 + x, x - 1, 1 - x, x * 3, 3 * x, x / 2, 2 / x, np.float64(3) * x, -x]
    assert [each.value for each in results] == [5, 5, 3, -3, 12, 12, 2, 0.5, 12, -4]
    assert [slopes(each) for each in results] == [
        [1], [1], [1], [-1], [3], [3], [0.5], [-0.125], [3], [-1],
    ]  # fmt: skip
    assert slopes(abs(-x)) == [1]


def test_what_constants_make_is_constant():
    a, b = Dual(np.float64(2.0)), Dual(np.array([1.0, 3.0]))
    for result in (a * b, a + 1, DUAL.sin(b), DUAL.select(b.value > 2, a, b), abs(a)):
        assert result.tangent is None


def test_a_condition_picks_value_and_tangent_by_sample():
    x = Dual(np.array([-1.0, 0.0, 2.0]), np.ones((1, 1)))
    y = Dual(np.array([5.0, 6.0, 7.0]), np.array([[10.0, 20.0, 30.0]]))
    picked = DUAL.select(DUAL.less(x, 0.0), y, x * 2)
    assert picked.value.tolist() == [5, 0, 4]
    assert picked.tangent.tolist() == [[10, 2, 2]]
    by_constant = DUAL.select(DUAL.equal(x, 0), 1.0, y)
    assert by_constant.value.tolist() == [5, 1, 7]
    assert by_constant.tangent.tolist() == [[10, 0, 30]]


def test_a_tangent_is_as_small_as_it_can_be():
    x, m = Dual(np.arange(1000.0)), variables(2.0, 3.0)[0]
    assert (x + m).value.shape == (1000,)
    assert (x + m).tangent.shape == (2, 1)
    assert (x * m).tangent.shape == (2, 1000)


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (DUAL.sqrt, 0.0, INF),
        (DUAL.log, 0.0, INF),
        (DUAL.log, -1.0, NAN),
        (lambda x: 1 / x, 0.0, -INF),
        (lambda x: DUAL.pow(x, 0.5), 0.0, INF),
        (lambda x: DUAL.pow(x, 2.0), -3.0, -6.0),  # log −3 is not asked for
        (lambda x: DUAL.pow(x, 0.0), 0.0, 0.0),
        (lambda x: apply(rules.SIGMOID, x), -1000.0, 0.0),  # where exp 1000 is inf
        (lambda x: apply(rules.RELU, x), NAN, NAN),
    ],
)
def test_where_a_derivative_is_not_finite_only_what_moves_shares_it(function, at, expected):
    x = Dual(np.float64(at), np.array([[1.0], [0.0]]))
    with silent():
        moving, still = slopes(function(x))
        constant = function(Dual(np.float64(at)))
    assert same(moving, expected)
    assert still == 0
    assert constant.tangent is None


def test_an_infinite_derivative_is_told_apart_by_sample():
    x = Dual(np.array([0.0, 4.0, 0.0]), np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 2.0]]))
    with silent():
        root = DUAL.sqrt(x)
    assert root.tangent.tolist() == [[INF, 0.25, 0.0], [0.0, 0.0, INF]]
