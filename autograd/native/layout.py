"""When the instructions of a tape are computed in native code, and what has to be known before.

The gradient of a sum over samples is mostly known before the sum is, as for a mean. Then one
loop takes every sample forward and backward; else a first loop has to compute the sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autograd.arithmetic import Arithmetic
from autograd.rules import SUM
from autograd.tape import Tape


class Layout:
    """A tape's places, by when they are computed.

    Attributes:
        before: shared places that no sum over samples goes into.
        inside: per-sample places that the loss depends on.
        after: shared places from the sums to the loss.
        sums: those of them that are sums.
        shared: places from ``before`` that samples use.
        accumulated: those of them that require a gradient.
        fused: whether the gradients of the sums are known before the sums are.
    """

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        needed = _needed(tape)
        phases = tape.phases
        self.before = [place for place in phases.before if place in needed]
        self.inside = [place for place in phases.inside if place in needed]
        self.sums = [place for place in phases.sums if place in needed]
        self.after = [place for place in phases.after if place in needed]
        uses = {operand for place in (*self.inside, *self.sums) for operand in self.operands(place)}
        self.shared = [each for each in self.before if each in uses]
        self.accumulated = [each for each in self.shared if tape.instructions[each].require_grad]
        self.fused = self._gradients_precede_sums()

    def operands(self, place: int) -> tuple[int, ...]:
        """Return the places of the operands."""
        return self.tape.instructions[place].operands

    def _gradients_precede_sums(self) -> bool:
        """Whether no derivative on the way from the loss to a sum depends on a sum.

        The rules are asked, read over values that only know whether they depend on one.
        """
        depends: dict[int, Any] = {place: _Depends(False) for place in self.before}
        depends |= {place: _Depends(True) for place in self.after}
        gradients: dict[int, bool] = {len(self.tape.instructions) - 1: False}
        for place in reversed(self.after):
            rule = self.tape.instructions[place].rule
            if rule is None or rule is SUM or place not in gradients:
                continue
            operands = self.operands(place)
            inputs = [depends[operand] for operand in operands]
            for operand, derivative in zip(operands, rule.derivatives, strict=True):
                local = derivative(_DEPENDENCE, depends[place], *inputs)
                known = gradients[place] or (isinstance(local, _Depends) and local.on_sum)
                gradients[operand] = gradients.get(operand, False) or known
        return not any(gradients.get(place, False) for place in self.sums)


def _needed(tape: Tape) -> set[int]:
    """Return the places that the loss depends on, and the parameters."""
    needed = {len(tape.instructions) - 1, *tape.parameters}
    for place in reversed(range(len(tape.instructions))):
        if place in needed:
            needed.update(tape.instructions[place].operands)
    return needed


@dataclass(frozen=True, slots=True)
class _Depends:
    """A value of which it matters only whether it depends on a sum over the samples."""

    on_sum: bool

    def _with(self, *others: Any) -> _Depends:
        return _Depends(
            self.on_sum or any(isinstance(each, _Depends) and each.on_sum for each in others)
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _with
    __truediv__ = __rtruediv__ = __neg__ = __abs__ = _with


def _any_depends(*operands: Any) -> _Depends:
    return _Depends(False)._with(*operands)


_DEPENDENCE = Arithmetic(
    **dict.fromkeys(
        ("sin", "cos", "tanh", "exp", "log", "sqrt", "pow", "less", "equal", "select"),
        _any_depends,
    )
)
