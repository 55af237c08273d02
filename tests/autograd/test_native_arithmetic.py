"""Rules read over LLVM values emit what they say, and the machine's functions are accurate."""

import ctypes
import math
import re
from functools import cached_property

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llvmlite import ir

from autograd.arithmetic import NUMPY, evaluate_ieee, silent
from autograd.native import arithmetic
from autograd.native.arithmetic import (
    DOUBLE,
    LLVMArithmetic,
    Value,
    add_scalar_functions,
    vector_function_lanes,
    vector_symbol,
)
from autograd.native.control import INTEGER, branch, counted_loop
from autograd.native.machine import Code, new_module
from autograd.rules import MAXIMUM, POWER, RELU
from tests.autograd.compiled import (
    VECTOR_FUNCTIONS,
    assert_close,
    assert_same_bits,
    differences,
    use_vector_functions,
)

INF, NAN = math.inf, math.nan
SPECIAL = [0.0, -0.0, INF, -INF, NAN, 1.0, -1.0, 0.5, 5e-324, -5e-324, 1e308, -1e308]


class Program:
    """A function of some columns, emitted for so many lanes, 1 for plain doubles."""

    def __init__(self, function, operands=1, lanes=8):
        self.module = new_module()
        self.lanes, self.operands = lanes, operands
        pointer = DOUBLE.as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [INTEGER] + [pointer] * (operands + 1))
        emitted = ir.Function(self.module, kind, "f")
        builder = ir.IRBuilder(emitted.append_basic_block("entry"))
        n = LLVMArithmetic(builder)
        vector = ir.VectorType(DOUBLE, lanes) if lanes > 1 else DOUBLE
        count, *inputs, output = emitted.args

        def at(array, index):
            return builder.bitcast(builder.gep(array, [index]), vector.as_pointer())

        with counted_loop(builder, count, lanes) as index:
            numbers = [n.value(builder.load(at(array, index), align=8)) for array in inputs]
            result = n.lift(function(n, *numbers))
            builder.store(n.materialize(result, vector), at(output, index), align=8)
        builder.ret_void()

    @cached_property
    def _function(self):
        return Code(self.module).function("f", None, "i" + "p" * (self.operands + 1))

    def __call__(self, *columns):
        size = len(columns[0])
        padded = [np.append(np.array(column, dtype=float), np.zeros(16)) for column in columns]
        output = np.empty(size + 16)
        self._function(size, *(each.ctypes.data for each in padded), output.ctypes.data)
        return output[:size]

    @property
    def instructions(self):
        """What is emitted, by name, but for the loop and memory."""
        body = str(self.module).split("turn:")[1].split("done:")[0]
        return re.findall(
            r"= (f\w+|call|select|extractelement|insertelement|shufflevector)\b", body
        )


def reference(name, *columns):
    """Return what the mathematics library, or IEEE 754 where Python raises, says of each number."""

    def at(*numbers):
        try:
            return getattr(math, name)(*numbers)
        except (ArithmeticError, ValueError):
            return evaluate_ieee(lambda n, *operands: getattr(n, name)(*operands), *numbers)

    return np.array([at(*map(float, numbers)) for numbers in zip(*columns, strict=True)])


# -- functions of the mathematics library ------------------------------------------------------


def spread(low, high, count=4000):
    random = np.random.default_rng(11)
    return np.concatenate([SPECIAL, random.uniform(low, high, count)])


def of_every_size(count=4000):
    """Return numbers of either sign and of all magnitudes."""
    random = np.random.default_rng(12)
    sizes = 10.0 ** random.uniform(-308, 308, count)
    return np.concatenate([SPECIAL, sizes * random.choice([-1.0, 1.0], count)])


FUNCTIONS = ["sin", "cos", "tanh", "exp", "log", "sqrt"]


@pytest.mark.parametrize("widths", VECTOR_FUNCTIONS)
@pytest.mark.parametrize("lanes", [1, 2, 8, 16])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_accurate_everywhere(name, lanes, widths, monkeypatch):
    use_vector_functions(monkeypatch, widths)
    program = Program(lambda n, a: getattr(n, name)(a), lanes=lanes)
    near_one = 1.0 + np.geomspace(1e-15, 1e-3, 50)
    for numbers in (spread(-10, 10), spread(-800, 800), of_every_size(), near_one, 1 / near_one):
        expected = reference(name, numbers)
        found = program(numbers)
        assert_close(found, expected, tolerance=2e-15, what=name)
        if widths == () or name == "sqrt" or lanes == 1:
            finite = np.isfinite(expected)
            assert_same_bits(found[finite], expected[finite])  # the same function


@pytest.mark.parametrize("widths", VECTOR_FUNCTIONS)
@pytest.mark.parametrize("lanes", [1, 2, 8, 16])
def test_powers_are_accurate_everywhere(lanes, widths, monkeypatch):
    use_vector_functions(monkeypatch, widths)
    program = Program(lambda n, a, b: n.pow(a, b), 2, lanes)
    random = np.random.default_rng(13)
    bases = [np.repeat(SPECIAL, len(SPECIAL)), spread(0, 5), spread(-5, 5), of_every_size()]
    exponents = [
        np.tile(SPECIAL, len(SPECIAL)), spread(-50, 50)[::-1],
        np.round(spread(-40, 40)[::-1]), 10.0 ** random.uniform(-5, 1, 4012),
    ]  # fmt: skip
    for base, exponent in zip(bases, exponents, strict=True):
        assert_close(program(base, exponent), reference("pow", base, exponent), tolerance=2e-15)


@pytest.mark.parametrize("lanes", [1, 4, 8])
def test_the_sign_of_a_zero_is_kept(lanes):
    for name in ("sin", "tanh", "sqrt"):
        found = Program(lambda n, a, name=name: getattr(n, name)(a), lanes=lanes)([0.0, -0.0])
        assert np.signbit(found).tolist() == [False, True], name
    for function in (lambda _n, a: -a, lambda _n, a: a * -1.0, lambda _n, a: -1.0 * a):
        found = Program(function, lanes=lanes)([0.0, -0.0])
        assert np.signbit(found).tolist() == [True, False]
    assert np.signbit(Program(lambda _n, a: 0.0 - a, lanes=lanes)([0.0])).tolist() == [False]


def test_without_vector_functions_each_lane_calls_the_plain_one(monkeypatch):
    use_vector_functions(monkeypatch, ())
    calls = str(Program(lambda n, a: n.tanh(a), lanes=4).module).count('call double @"tanh"')
    assert calls == 4


@pytest.mark.skipif(not vector_function_lanes(), reason="this machine has no vector functions")
def test_more_lanes_than_a_function_takes_are_several_calls():
    width = vector_function_lanes()[0]
    program = Program(lambda n, a: n.tanh(a), lanes=16)
    assert str(program.module).count(f"call <{width} x double>") == 16 // width


@pytest.mark.skipif(not vector_function_lanes(), reason="this machine has no vector functions")
def test_fewer_lanes_than_a_function_takes_are_plain_calls():
    text = str(Program(lambda n, a: n.exp(a), lanes=2).module)
    assert text.count('call double @"exp"') == 2


def test_the_names_are_those_of_the_vector_function_abi():
    assert vector_symbol("sin", 8) == "_ZGVeN8v_sin"
    assert vector_symbol("pow", 4) == "_ZGVdN4vv_pow"


def look_up():
    return vector_function_lanes.__wrapped__()


def test_other_processors_have_no_vector_functions(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert look_up() == ()


def test_a_processor_has_those_of_its_features(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(arithmetic, "_add_vector_functions", lambda _lanes: True)
    for features, lanes in (
        ({}, ()),
        ({"avx2": True}, (4,)),
        ({"avx2": True, "avx512f": False}, (4,)),
        ({"avx2": True, "avx512f": True}, (8, 4)),
    ):
        monkeypatch.setattr("llvmlite.binding.get_host_cpu_features", lambda each=features: each)
        assert look_up() == lanes


def test_where_there_is_no_such_library_there_are_none(monkeypatch):
    def missing(name):
        raise OSError(name)

    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(ctypes, "CDLL", missing)
    assert look_up() == ()


def test_a_library_that_lacks_one_of_them_is_not_used(monkeypatch):
    whole = ctypes.CDLL(None)

    class Older:
        """A libmvec from before it had tanh."""

        def __getattr__(self, symbol):
            if symbol.endswith("tanh"):
                raise AttributeError(symbol)
            return whole.malloc

    added = []
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: Older())
    monkeypatch.setattr("llvmlite.binding.add_symbol", lambda *symbol: added.append(symbol))
    assert look_up() == ()


def test_the_plain_functions_are_there():
    add_scalar_functions()
    assert Program(lambda n, a: n.sin(a), lanes=1)([0.5]).tolist() == [math.sin(0.5)]


# -- operators ---------------------------------------------------------------------------------


OPERATORS = {
    "a + b": lambda _n, a, b: a + b,
    "a − b": lambda _n, a, b: a - b,
    "a · b": lambda _n, a, b: a * b,
    "2 · a": lambda _n, a, b: 2.0 * a - b * 2.0,
    "a / b": lambda _n, a, b: a / b,
    "numbers on either side": lambda _n, a, b: (1.5 - a) * (2.0 / b) + (a * 0.1 - 3.0) / 7.0 + 1.0,
    "−a": lambda _n, a, _b: -a,
    "|a|": lambda _n, a, b: abs(a) - abs(-b),
    "a < b": lambda n, a, b: n.select(n.less(a, b), a, b),
    "a = b": lambda n, a, b: n.select(n.equal(a, b), 1.0, b),
    "a < 0": lambda n, a, b: n.select(n.less(a, 0.0), -1.0, n.select(n.less(0.5, b), b, 2.0)),
    "√|a|": lambda n, a, b: n.sqrt(abs(a)) - n.sqrt(b),
    "max": MAXIMUM.value,
    "relu": lambda n, a, b: RELU.value(n, a) + RELU.derivatives[0](n, None, b),
}


@pytest.mark.parametrize("lanes", [1, 2, 8, 16])
@pytest.mark.parametrize("name", OPERATORS)
def test_operators_are_exact(name, lanes):
    function = OPERATORS[name]
    rng = np.random.default_rng(2)
    a = np.concatenate([np.repeat(SPECIAL, len(SPECIAL)), rng.normal(0, 1, 100)])
    b = np.concatenate([np.tile(SPECIAL, len(SPECIAL)), rng.normal(0, 1, 100)])
    with silent():
        expected = function(NUMPY, a, b)
    found = Program(function, 2, lanes)(a, b)
    differ = (found.view(np.int64) != expected.view(np.int64)) & ~(
        np.isnan(found) & np.isnan(expected)
    )
    assert not differ.any(), (a[differ], b[differ], found[differ], expected[differ])


@given(st.lists(st.tuples(*[st.floats()] * 3), min_size=1, max_size=20))
@settings(deadline=None)
def test_nothing_is_contracted_or_reordered(rows):
    a, b, c = np.array(rows).T
    with silent():
        expected = (a * b + c) - (a + b - a), a * b - c * b, (a + b + c) / b
    for program, numbers in zip(STRICT, expected, strict=True):
        found = program(a, b, c)
        alike = (found == numbers) | (np.isnan(found) & np.isnan(numbers))
        assert alike.all(), (found, numbers)


STRICT = [
    Program(lambda _n, a, b, c: (a * b + c) - (a + b - a), 3),
    Program(lambda _n, a, b, c: a * b - c * b, 3),
    Program(lambda _n, a, b, c: (a + b + c) / b, 3),
]


@pytest.mark.parametrize("exponent", [0.0, -0.0, 1.0, 2.0, 3.0, -1.0])
def test_small_whole_powers_are_products(exponent):
    program = Program(lambda n, a: n.pow(a, exponent))
    assert "call" not in program.instructions
    numbers = of_every_size()
    with silent():
        assert_close(program(numbers), np.power(numbers, exponent), tolerance=1e-15)


@pytest.mark.parametrize("exponent", [0.5, -2.0, 4.0, INF, NAN])
def test_other_powers_are_calls(exponent):
    program = Program(lambda n, a: n.pow(a, exponent))
    assert "call" in program.instructions
    numbers = of_every_size()
    assert_close(program(numbers), reference("pow", numbers, np.full(len(numbers), exponent)))


# -- numbers known beforehand ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda _n, a: a * 1.0, []),
        (lambda _n, a: 1.0 * a, []),
        (lambda _n, a: -1.0 * a, ["fneg"]),
        (lambda _n, a: a * 3.0, ["fmul"]),
        (lambda _n, a: a * 0.0, ["fmul"]),
        (lambda _n, a: a + 0.0, ["fadd"]),
        (lambda n, _a: n.constant(2.0) * 3.0 + 1.0, []),
        (lambda n, _a: n.sqrt(2.0) + n.exp(1.0), []),
        (lambda n, _a: n.pow(2.0, 0.5), []),
        (lambda n, a: n.select(n.less(1.0, 2.0), a, n.exp(2.0)), []),
        (lambda n, a: n.select(n.equal(1.0, NAN), a, 5.0), []),
        (lambda n, _a: -n.constant(1.0) - abs(n.constant(-3.0)), []),
        (lambda n, a: n.pow(a, 2.0), ["fmul"]),
    ],
)
def test_nothing_is_emitted_for_what_is_known(function, expected):
    assert Program(function).instructions == expected


@pytest.mark.parametrize("number", [0.1, -0.0, INF, -INF, NAN, 5e-324, 1.7976931348623157e308])
@pytest.mark.parametrize("lanes", [1, 4])
def test_a_constant_arrives_to_the_last_bit(number, lanes):
    found = Program(lambda n, _a: n.constant(number), lanes=lanes)([1.0, 2.0])
    if math.isnan(number):
        assert np.isnan(found).all()
    else:
        assert_same_bits(found, [number, number])


def test_known_numbers_follow_ieee_754_without_a_warning():
    n = LLVMArithmetic(ir.IRBuilder())
    assert (n.constant(1.0) / 0.0).known == INF
    assert (-1.0 / n.constant(0.0)).known == -INF
    assert math.isnan((n.constant(0.0) / 0.0).known)
    assert (n.constant(1e308) * 10.0).known == INF
    assert math.isnan(n.log(-1.0).known)
    assert n.log(0.0).known == -INF
    assert n.exp(1000.0).known == INF
    assert math.isnan(n.sqrt(-1.0).known)
    assert n.pow(0.0, -1.0).known == INF
    assert math.isnan(n.pow(-8.0, 1 / 3).known)
    assert n.pow(-2.0, 3.0).known == -8.0
    assert isinstance(n.lift(2), Value)
    assert n.lift(2).known == 2.0


def test_a_number_and_a_vector_make_a_vector():
    function = lambda n, a: n.sqrt(n.value(ir.Constant(DOUBLE, 4.0))) * a + 1.0  # noqa: E731
    assert Program(function, lanes=4)([1.0, 2.0, 3.0]).tolist() == [3.0, 5.0, 7.0]


def test_a_condition_on_numbers_chooses_between_vectors():
    def function(n, a):
        one = n.value(ir.Constant(DOUBLE, 1.0))
        return n.select(n.less(one, 2.0), a, -a)

    assert Program(function, lanes=4)([1.0, -2.0, 3.0]).tolist() == [1.0, -2.0, 3.0]


@pytest.mark.parametrize("lanes", [2, 4, 8, 16])
def test_the_sum_of_lanes(lanes):
    def function(n, a):
        return n.sum_of_lanes(a.ir)

    numbers = np.arange(1.0, lanes + 1)
    assert Program(function, lanes=lanes)(numbers).tolist() == [numbers.sum()] * lanes
    assert np.signbit(Program(function, lanes=lanes)(np.full(lanes, -0.0))).all()
    for special in (INF, NAN):
        numbers[-1] = special
        assert_same_bits(Program(function, lanes=lanes)(numbers)[:1], [special])


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0, 3.0])
def test_the_derivative_of_a_small_whole_power_calls_nothing(exponent):
    program = Program(lambda n, a: POWER.derivatives[0](n, None, a, n.constant(exponent)))
    assert "pow" not in str(program.module)
    numbers = of_every_size()
    with silent():
        expected = exponent * np.power(numbers, exponent - 1) if exponent else numbers * 0.0
    finite = np.isfinite(numbers) & (numbers != 0)
    assert_close(program(numbers)[finite], expected[finite], tolerance=1e-15)


def test_a_function_is_declared_once():
    text = str(Program(lambda n, a: n.sin(n.sin(a)) + abs(abs(a) - 1.0)).module)
    declared = re.findall(r"^declare .*@\"?([\w.]+)\"?\(", text, re.MULTILINE)
    assert len(declared) == len(set(declared)) == 2


def test_vector_functions_differ_from_plain_ones_in_the_last_digits_only():
    for name, numbers in (("tanh", spread(-20, 20)), ("sin", of_every_size())):
        expected = reference(name, numbers)
        finite = np.isfinite(expected)
        found = Program(lambda n, a, name=name: getattr(n, name)(a))(numbers)
        assert differences(found, expected)[finite].max() < 4 * np.finfo(float).eps


# -- loops and branches ------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 2, 8])
@pytest.mark.parametrize("end", [-1, 0, 1, 2, 7, 8, 9])
def test_a_loop_counts_up_to_its_end(end, step):
    module = new_module()
    function = ir.Function(module, ir.FunctionType(INTEGER, [INTEGER]), "f")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    total = builder.alloca(INTEGER)
    builder.store(INTEGER(0), total)
    with counted_loop(builder, function.args[0], step) as index:
        added = builder.add(builder.load(total), builder.add(index, INTEGER(100)))
        with branch(builder, builder.icmp_signed("!=", index, INTEGER(0))):
            builder.store(builder.add(builder.load(total), INTEGER(1_000_000)), total)
        more = builder.add(builder.load(total), builder.sub(added, builder.load(total)))
        with branch(builder, builder.icmp_signed("==", index, INTEGER(0))):
            builder.store(more, total)
    builder.ret(builder.load(total))
    found = Code(module).function("f", ctypes.c_int64, "i")(end)
    indices = range(0, end, step)
    assert found == (100 if len(indices) else 0) + 1_000_000 * max(len(indices) - 1, 0)
