"""Rules read over LLVM values: reading a rule emits the instructions that compute it.

A :class:`Value` is a number that the compiled program will hold: a double, or a vector of
doubles with one lane per sample. Numbers known beforehand stay Python floats for as long as
possible, so that ``pow(a, 2)`` becomes a product and a ``select`` on a constant exponent
becomes the branch it takes. Nothing is reordered or contracted: the program rounds as the
rules say.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import dataclasses
import platform
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from llvmlite import binding, ir

from autograd.arithmetic import NUMPY, Arithmetic, silent

DOUBLE = ir.DoubleType()

_VECTOR_FUNCTIONS = {"sin": "v", "cos": "v", "tanh": "v", "exp": "v", "log": "v", "pow": "vv"}
"""The functions that glibc's libmvec has for vectors, with what each operand is."""


@dataclass(frozen=True, slots=True)
class Value:
    """A number of the program: a constant, or an LLVM value, scalar or vector."""

    code: LLVMArithmetic
    known: float | None
    ir: Any = None

    def __add__(self, other: Value | float) -> Value:
        return self.code.binary("fadd", self, other)

    def __sub__(self, other: Value | float) -> Value:
        return self.code.binary("fsub", self, other)

    def __mul__(self, other: Value | float) -> Value:
        return self.code.multiply(self, other)

    def __truediv__(self, other: Value | float) -> Value:
        return self.code.binary("fdiv", self, other)

    def __radd__(self, other: float) -> Value:
        return self.code.binary("fadd", other, self)

    def __rsub__(self, other: float) -> Value:
        return self.code.binary("fsub", other, self)

    def __rmul__(self, other: float) -> Value:
        return self.code.multiply(other, self)

    def __rtruediv__(self, other: float) -> Value:
        return self.code.binary("fdiv", other, self)

    def __neg__(self) -> Value:
        if self.known is not None:
            return self.code.constant(-self.known)
        return Value(self.code, None, self.code.builder.fneg(self.ir))

    def __abs__(self) -> Value:
        if self.known is not None:
            return self.code.constant(abs(self.known))
        return self.code.intrinsic("fabs", self)


_FOLD: dict[str, Callable[[Any, Any], Any]] = {
    "fadd": np.add,
    "fsub": np.subtract,
    "fmul": np.multiply,
    "fdiv": np.divide,
}


class LLVMArithmetic:
    """Emits what rules say at the place where ``builder`` stands.

    Attributes:
        builder: where instructions go.
        functions: the arithmetic to read rules in.
    """

    def __init__(self, builder: ir.IRBuilder) -> None:
        self.builder = builder
        names = [field.name for field in dataclasses.fields(Arithmetic)]
        self.functions = Arithmetic(**{name: getattr(self, name) for name in names})

    # -- values -----------------------------------------------------------------------------

    def constant(self, number: float) -> Value:
        """Return a number known beforehand."""
        return Value(self, float(number))

    def value(self, code: ir.Value) -> Value:
        """Return what an LLVM value holds."""
        return Value(self, None, code)

    def lift(self, number: Value | float) -> Value:
        """Return a number that a rule gave as a value."""
        return number if isinstance(number, Value) else self.constant(number)

    def materialize(self, number: Value | float, kind: ir.Type) -> ir.Value:
        """Return the number as an LLVM value of a type, repeated in every lane of a vector."""
        value = self.lift(number)
        if value.known is not None:
            lanes = value.known if kind == DOUBLE else [value.known] * kind.count
            return ir.Constant(kind, lanes)
        return value.ir if value.ir.type == kind else self.splat(value.ir, kind)

    def splat(self, scalar: ir.Value, kind: ir.VectorType) -> ir.Value:
        """Return a scalar in every lane of a vector."""
        index = ir.IntType(32)
        one = self.builder.insert_element(ir.Constant(kind, ir.Undefined), scalar, index(0))
        zeros = ir.Constant(ir.VectorType(index, kind.count), [0] * kind.count)
        return self.builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), zeros)

    # -- operators --------------------------------------------------------------------------

    def binary(self, operation: str, left: Value | float, right: Value | float) -> Value:
        """Return the outcome of an operation on two numbers."""
        a, b = self.lift(left), self.lift(right)
        if a.known is not None and b.known is not None:
            with silent():
                return self.constant(_FOLD[operation](np.float64(a.known), np.float64(b.known)))
        kind = _common_type(a, b)
        emit = getattr(self.builder, operation)
        return self.value(emit(self.materialize(a, kind), self.materialize(b, kind)))

    def multiply(self, left: Value | float, right: Value | float) -> Value:
        """Return the product; one with ±1 needs no instruction, or just the sign."""
        a, b = self.lift(left), self.lift(right)
        for one, other in ((a, b), (b, a)):
            if one.known == 1.0:
                return other
            if one.known == -1.0:
                return -other
            if one.known == 2.0 and other.known is None:
                return self.binary("fmul", self._hidden_two(), other)
        return self.binary("fmul", a, b)

    def _hidden_two(self) -> Value:
        """Return 2, but so that LLVM does not see it.

        It would turn 2 · a into a + a. Losses add more than they multiply, and a processor
        does both at once: the sums of a line's loss are done a tenth sooner with a product.
        """
        module = self.builder.module
        if "two" not in module.globals:
            two = ir.GlobalVariable(module, DOUBLE, "two")
            two.initializer = ir.Constant(DOUBLE, 2.0)
            two.linkage = "internal"
        load = self.builder.load(module.globals["two"])
        load.set_metadata("invariant.load", module.add_metadata([]))
        return self.value(load)

    def intrinsic(self, name: str, operand: Value) -> Value:
        """Return an LLVM intrinsic's value, which is exact: fabs, sqrt."""
        kind = operand.ir.type
        function = declare(self.builder.module, intrinsic_name(name, kind), kind, [kind])
        return self.value(self.builder.call(function, [operand.ir]))

    # -- the functions of an arithmetic -----------------------------------------------------

    def sin(self, a: Any) -> Value:
        """Return the sine."""
        return self._call("sin", a)

    def cos(self, a: Any) -> Value:
        """Return the cosine."""
        return self._call("cos", a)

    def tanh(self, a: Any) -> Value:
        """Return the hyperbolic tangent."""
        return self._call("tanh", a)

    def exp(self, a: Any) -> Value:
        """Return e to the power of a."""
        return self._call("exp", a)

    def log(self, a: Any) -> Value:
        """Return the natural logarithm."""
        return self._call("log", a)

    def sqrt(self, a: Any) -> Value:
        """Return the square root."""
        value = self.lift(a)
        return self._fold("sqrt", value) or self.intrinsic("sqrt", value)

    def pow(self, a: Any, b: Any) -> Value:
        """Return a to the power of b; small whole exponents are products."""
        base, exponent = self.lift(a), self.lift(b)
        if base.known is None and exponent.known in (0.0, 1.0, 2.0, 3.0, -1.0):
            return self._small_power(base, exponent.known)
        return self._call("pow", base, exponent)

    def _small_power(self, base: Value, exponent: float) -> Value:
        if exponent == 0.0:
            return self.constant(1.0)
        if exponent == -1.0:
            return 1.0 / base
        power = base
        for _ in range(int(exponent) - 1):
            power = power * base
        return power

    def less(self, a: Any, b: Any) -> Any:
        """Return whether a < b, false if either is nan."""
        return self._compare("<", a, b)

    def equal(self, a: Any, b: Any) -> Any:
        """Return whether a == b, false if either is nan."""
        return self._compare("==", a, b)

    def _compare(self, sign: str, a: Any, b: Any) -> Any:
        left, right = self.lift(a), self.lift(b)
        if left.known is not None and right.known is not None:
            return left.known < right.known if sign == "<" else left.known == right.known
        kind = _common_type(left, right)
        operands = self.materialize(left, kind), self.materialize(right, kind)
        return self.builder.fcmp_ordered(sign, *operands)

    def select(self, condition: Any, yes: Any, no: Any) -> Value:
        """Return one of two values."""
        if isinstance(condition, bool):
            return self.lift(yes if condition else no)
        if isinstance(condition.type, ir.VectorType):
            kind: ir.Type = ir.VectorType(DOUBLE, condition.type.count)
        else:
            kind = _common_type(self.lift(yes), self.lift(no))
        operands = self.materialize(yes, kind), self.materialize(no, kind)
        return self.value(self.builder.select(condition, *operands))

    def sum_of_lanes(self, vector: ir.Value) -> Value:
        """Return the sum of a vector's lanes, added in whatever order is fastest."""
        name = intrinsic_name("vector.reduce.fadd", vector.type)
        function = declare(self.builder.module, name, DOUBLE, [DOUBLE, vector.type])
        start = ir.Constant(DOUBLE, -0.0)
        return self.value(self.builder.call(function, [start, vector], fastmath=("reassoc",)))

    # -- functions of the mathematics library -----------------------------------------------

    def _fold(self, name: str, *operands: Value) -> Value | None:
        """Return the outcome where all operands are known."""
        known = [operand.known for operand in operands]
        if None in known:
            return None
        with silent():
            return self.constant(getattr(NUMPY, name)(*map(np.float64, known)))

    def _call(self, name: str, *numbers: Any) -> Value:
        operands = [self.lift(number) for number in numbers]
        folded = self._fold(name, *operands)
        if folded is not None:
            return folded
        kind = _common_type(*operands)
        arguments = [self.materialize(operand, kind) for operand in operands]
        if kind == DOUBLE:
            return self.value(
                self.builder.call(self._function(name, kind, len(arguments)), arguments)
            )
        width = next((each for each in vector_function_lanes() if each <= kind.count), 1)
        pieces = []
        for start in range(0, kind.count, width):
            parts = [self._lanes(argument, start, width) for argument in arguments]
            function = self._function(name, parts[0].type, len(parts))
            pieces.append(self.builder.call(function, parts))
        return self.value(self._join(pieces, kind))

    def _function(self, name: str, kind: ir.Type, operands: int) -> ir.Function:
        """Return the declaration of a function of the mathematics library."""
        symbol = name if kind == DOUBLE else vector_symbol(name, kind.count)
        function = declare(self.builder.module, symbol, kind, [kind] * operands)
        for attribute in ("nounwind", "readnone"):
            function.attributes.add(attribute)
        return function

    def _lanes(self, vector: ir.Value, start: int, width: int) -> ir.Value:
        """Return so many lanes of a vector: a vector, or a double if it is one lane."""
        index = ir.IntType(32)
        if width == 1:
            return self.builder.extract_element(vector, index(start))
        if width == vector.type.count:
            return vector
        chosen = ir.Constant(ir.VectorType(index, width), list(range(start, start + width)))
        return self.builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), chosen)

    def _join(self, pieces: list[ir.Value], kind: ir.VectorType) -> ir.Value:
        """Return the vector of the pieces' lanes."""
        index = ir.IntType(32)
        if pieces[0].type == DOUBLE:
            vector: ir.Value = ir.Constant(kind, ir.Undefined)
            for lane, piece in enumerate(pieces):
                vector = self.builder.insert_element(vector, piece, index(lane))
            return vector
        while len(pieces) > 1:
            count = 2 * pieces[0].type.count
            order = ir.Constant(ir.VectorType(index, count), list(range(count)))
            pieces = [
                self.builder.shuffle_vector(left, right, order)
                for left, right in zip(pieces[::2], pieces[1::2], strict=True)
            ]
        return pieces[0]


def declare(module: ir.Module, name: str, result: ir.Type, arguments: list[ir.Type]) -> ir.Function:
    """Return a function that is defined elsewhere, declared once in a module."""
    if name in module.globals:
        return module.globals[name]
    return ir.Function(module, ir.FunctionType(result, arguments), name)


def intrinsic_name(name: str, kind: ir.Type) -> str:
    """Return what LLVM calls an intrinsic for a double, or for a vector of them."""
    return f"llvm.{name}.f64" if kind == DOUBLE else f"llvm.{name}.v{kind.count}f64"


def _common_type(*values: Value) -> ir.Type:
    """Return the vector type among the values' types, if there is one, else double."""
    kinds = [value.ir.type for value in values if value.known is None]
    return next((kind for kind in kinds if isinstance(kind, ir.VectorType)), DOUBLE)


# -- the mathematics library --------------------------------------------------------------------


@cache
def vector_function_lanes() -> tuple[int, ...]:
    """Return how many doubles the library's vector functions take, the widest first.

    glibc's libmvec has them for x86-64: of eight lanes with AVX-512, of four with AVX2.
    """
    if platform.machine() not in ("x86_64", "AMD64"):
        return ()
    features = binding.get_host_cpu_features()
    widths = ((8, "avx512f"), (4, "avx2"))
    return tuple(
        lanes for lanes, feature in widths if features.get(feature) and _add_vector_functions(lanes)
    )


def vector_symbol(name: str, lanes: int) -> str:
    """Return what libmvec calls a function for so many lanes, by the vector function ABI."""
    return f"_ZGV{'e' if lanes == 8 else 'd'}N{lanes}{_VECTOR_FUNCTIONS[name]}_{name}"


def _add_vector_functions(lanes: int) -> bool:
    """Tell LLVM where the vector functions are; False if the library lacks one."""
    try:
        library = ctypes.CDLL("libmvec.so.1")
        for name in _VECTOR_FUNCTIONS:
            _add_symbol(library, vector_symbol(name, lanes))
    except (OSError, AttributeError):
        return False
    return True


@cache
def add_scalar_functions() -> None:
    """Tell LLVM where the functions for single doubles are."""
    name = "ucrtbase" if platform.system() == "Windows" else ctypes.util.find_library("m")
    library = ctypes.CDLL(name)
    for function in _VECTOR_FUNCTIONS:
        _add_symbol(library, function)


def _add_symbol(library: ctypes.CDLL, symbol: str) -> None:
    address = ctypes.cast(getattr(library, symbol), ctypes.c_void_p).value
    binding.add_symbol(symbol, address)
