"""The scalar autograd engine: operations on tensors record the graph that they compute.

Every operation makes a node that knows its value and its operands; ``backward()`` then
walks the nodes from the output to the leaves, once each, and gives every node the
derivative of the output with respect to it (reverse-mode automatic differentiation).
The name *tensor* is kept from the notebook this grew from; every tensor is one number.
"""

from __future__ import annotations

from autograd import rules
from autograd.arithmetic import evaluate_ieee
from autograd.node import Node, as_float
from autograd.source import compile_propagate, compile_value


class Tensor(Node):
    """A node of a computation graph, and the ways to make further nodes from it."""

    __slots__ = ()

    __array_ufunc__ = None  # lets np.float64(2) * tensor reach __rmul__

    def __init_subclass__(cls) -> None:
        """Give an operator, which is what has a rule, the functions that apply it to floats."""
        if hasattr(cls, "rule"):
            cls._value = staticmethod(compile_value(cls.rule))
            cls._propagate = compile_propagate(cls.rule)

    @classmethod
    def scalar(
        cls, data: float | Tensor, require_grad: bool = False, name: str | None = None
    ) -> Tensor:
        """Return a leaf that holds ``data``; a tensor is returned as it is."""
        return data if isinstance(data, Tensor) else Scalar(data, require_grad, name)

    @classmethod
    def sin(cls, op: float | Tensor, require_grad: bool = False) -> Sine:
        """Return the sine of op, in radians."""
        return Sine(op, require_grad)

    @classmethod
    def cos(cls, op: float | Tensor, require_grad: bool = False) -> Cosine:
        """Return the cosine of op, in radians."""
        return Cosine(op, require_grad)

    @classmethod
    def tanh(cls, op: float | Tensor, require_grad: bool = False) -> Tanh:
        """Return the hyperbolic tangent of op."""
        return Tanh(op, require_grad)

    @classmethod
    def exp(cls, op: float | Tensor, require_grad: bool = False) -> Exponent:
        """Return e to the power of op."""
        return Exponent(op, require_grad)

    @classmethod
    def log(cls, op: float | Tensor, require_grad: bool = False) -> Logarithm:
        """Return the natural logarithm of op: −inf at 0, nan below."""
        return Logarithm(op, require_grad)

    @classmethod
    def sqrt(cls, op: float | Tensor, require_grad: bool = False) -> SquareRoot:
        """Return the square root of op: nan below 0."""
        return SquareRoot(op, require_grad)

    @classmethod
    def abs(cls, op: float | Tensor, require_grad: bool = False) -> Absolute:
        """Return the absolute value of op."""
        return Absolute(op, require_grad)

    @classmethod
    def relu(cls, op: float | Tensor, require_grad: bool = False) -> Relu:
        """Return op where it is positive, else 0."""
        return Relu(op, require_grad)

    @classmethod
    def sigmoid(cls, op: float | Tensor, require_grad: bool = False) -> Sigmoid:
        """Return 1 / (1 + exp(−op))."""
        return Sigmoid(op, require_grad)

    @classmethod
    def neg(cls, op: float | Tensor, require_grad: bool = False) -> Negate:
        """Return −op."""
        return Negate(op, require_grad)

    @classmethod
    def add(cls, op1: float | Tensor, op2: float | Tensor, require_grad: bool = False) -> Add:
        """Return op1 + op2."""
        return Add(op1, op2, require_grad)

    @classmethod
    def sub(cls, op1: float | Tensor, op2: float | Tensor, require_grad: bool = False) -> Subtract:
        """Return op1 − op2."""
        return Subtract(op1, op2, require_grad)

    @classmethod
    def mul(cls, op1: float | Tensor, op2: float | Tensor, require_grad: bool = False) -> Multiply:
        """Return op1 × op2."""
        return Multiply(op1, op2, require_grad)

    @classmethod
    def div(cls, op1: float | Tensor, op2: float | Tensor, require_grad: bool = False) -> Divide:
        """Return op1 / op2: an infinity or nan where op2 is 0."""
        return Divide(op1, op2, require_grad)

    @classmethod
    def pow(cls, op1: float | Tensor, op2: float | Tensor, require_grad: bool = False) -> Power:
        """Return op1 to the power of op2: nan for a negative base and a fractional exponent."""
        return Power(op1, op2, require_grad)

    @classmethod
    def maximum(
        cls, op1: float | Tensor, op2: float | Tensor, require_grad: bool = False
    ) -> Maximum:
        """Return the larger of both; nan if either is nan."""
        return Maximum(op1, op2, require_grad)

    @classmethod
    def minimum(
        cls, op1: float | Tensor, op2: float | Tensor, require_grad: bool = False
    ) -> Minimum:
        """Return the smaller of both; nan if either is nan."""
        return Minimum(op1, op2, require_grad)

    def __add__(self, other: float | Tensor) -> Tensor:
        return Add(self, other)

    def __sub__(self, other: float | Tensor) -> Tensor:
        return Subtract(self, other)

    def __mul__(self, other: float | Tensor) -> Tensor:
        return Multiply(self, other)

    def __truediv__(self, other: float | Tensor) -> Tensor:
        return Divide(self, other)

    def __pow__(self, other: float | Tensor) -> Tensor:
        return Power(self, other)

    def __radd__(self, other: float) -> Tensor:
        return Add(other, self)

    def __rsub__(self, other: float) -> Tensor:
        return Subtract(other, self)

    def __rmul__(self, other: float) -> Tensor:
        return Multiply(other, self)

    def __rtruediv__(self, other: float) -> Tensor:
        return Divide(other, self)

    def __rpow__(self, other: float) -> Tensor:
        return Power(other, self)

    def __neg__(self) -> Tensor:
        return Negate(self)

    def __abs__(self) -> Tensor:
        return Absolute(self)


class Scalar(Tensor):
    """A leaf: a number that was given, not computed."""

    __slots__ = ("name",)

    def __init__(self, data: float, require_grad: bool = False, name: str | None = None) -> None:
        self.data = data if type(data) is float else as_float(data)
        self.require_grad = require_grad
        self.name = name
        self._grad = None


class UnaryOperator(Tensor):
    """An operation on one operand, ``op``; a subclass names the rule that it follows."""

    __slots__ = ("_below", "_input", "op")

    _arity = 1

    def __init__(self, op: float | Tensor, require_grad: bool = False) -> None:
        if not isinstance(op, Tensor):
            op = Scalar(op)
        self.op = op
        self._input = a = op.data
        self.require_grad = require_grad or op.require_grad
        self._grad = None
        try:
            self.data = self._value(a)
        except (ArithmeticError, ValueError):
            self.data = evaluate_ieee(self.rule.value, a)

    @property
    def operands(self) -> tuple[Tensor, ...]:  # noqa: D102
        return (self.op,)

    @property
    def inputs(self) -> tuple[float, ...]:  # noqa: D102
        return (self._input,)


class BinaryOperator(Tensor):
    """An operation on two operands; a subclass names the rule that it follows."""

    __slots__ = ("_below", "_input1", "_input2", "op1", "op2")

    _arity = 2

    def __init__(
        self, op1: float | Tensor, op2: float | Tensor, require_grad: bool = False
    ) -> None:
        if not isinstance(op1, Tensor):
            op1 = Scalar(op1)
        if not isinstance(op2, Tensor):
            op2 = Scalar(op2)
        self.op1 = op1
        self.op2 = op2
        self._input1 = a = op1.data
        self._input2 = b = op2.data
        self.require_grad = require_grad or op1.require_grad or op2.require_grad
        self._grad = None
        try:
            self.data = self._value(a, b)
        except (ArithmeticError, ValueError):
            self.data = evaluate_ieee(self.rule.value, a, b)

    @property
    def operands(self) -> tuple[Tensor, ...]:  # noqa: D102
        return (self.op1, self.op2)

    @property
    def inputs(self) -> tuple[float, ...]:  # noqa: D102
        return (self._input1, self._input2)


class Add(BinaryOperator):
    """op1 + op2."""

    __slots__ = ()
    rule = rules.ADD


class Subtract(BinaryOperator):
    """op1 − op2."""

    __slots__ = ()
    rule = rules.SUBTRACT


class Multiply(BinaryOperator):
    """op1 × op2."""

    __slots__ = ()
    rule = rules.MULTIPLY


class Divide(BinaryOperator):
    """op1 / op2."""

    __slots__ = ()
    rule = rules.DIVIDE


class Power(BinaryOperator):
    """op1 to the power of op2."""

    __slots__ = ()
    rule = rules.POWER


class Maximum(BinaryOperator):
    """The larger of op1 and op2."""

    __slots__ = ()
    rule = rules.MAXIMUM


class Minimum(BinaryOperator):
    """The smaller of op1 and op2."""

    __slots__ = ()
    rule = rules.MINIMUM


class Negate(UnaryOperator):
    """−op."""

    __slots__ = ()
    rule = rules.NEGATE


class Sine(UnaryOperator):
    """sin(op)."""

    __slots__ = ()
    rule = rules.SINE


class Cosine(UnaryOperator):
    """cos(op)."""

    __slots__ = ()
    rule = rules.COSINE


class Tanh(UnaryOperator):
    """tanh(op)."""

    __slots__ = ()
    rule = rules.TANH


class Exponent(UnaryOperator):
    """e to the power of op."""

    __slots__ = ()
    rule = rules.EXPONENT


class Logarithm(UnaryOperator):
    """The natural logarithm of op."""

    __slots__ = ()
    rule = rules.LOGARITHM


class SquareRoot(UnaryOperator):
    """The square root of op."""

    __slots__ = ()
    rule = rules.SQUARE_ROOT


class Absolute(UnaryOperator):
    """|op|."""

    __slots__ = ()
    rule = rules.ABSOLUTE


class Relu(UnaryOperator):
    """op where it is positive, else 0."""

    __slots__ = ()
    rule = rules.RELU


class Sigmoid(UnaryOperator):
    """1 / (1 + exp(−op))."""

    __slots__ = ()
    rule = rules.SIGMOID
