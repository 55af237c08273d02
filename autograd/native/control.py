"""Loops and branches in LLVM's intermediate representation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from llvmlite import ir

INTEGER = ir.IntType(64)


class Carried(Protocol):
    """What a loop carries from turn to turn, and has to be told as the loop is emitted."""

    def enter(self, before: ir.Block) -> None:
        """Begin: the loop is entered from ``before``."""

    def repeat(self, last: ir.Block) -> None:
        """Go on: the loop goes back to its beginning from ``last``."""

    def keep(self) -> None:
        """Remember: what follows may be skipped."""

    def leave(self, before: ir.Block, last: ir.Block) -> None:
        """End: the loop, or what may be skipped, is behind; one comes from either block."""


class CarriedValue:
    """One value that a loop, or what may be skipped, replaces.

    Attributes:
        value: the present one.
    """

    def __init__(self, builder: ir.IRBuilder, start: ir.Value) -> None:
        self.value = start
        self._builder = builder
        self._otherwise = start  # the value if the loop is not entered, or the rest skipped
        self._phi = start  # the value at the beginning of a turn

    def enter(self, before: ir.Block) -> None:
        """Make the phi node at the loop's beginning."""
        self._otherwise = self.value
        self._phi = self._builder.phi(self.value.type)
        self._phi.add_incoming(self.value, before)
        self.value = self._phi

    def repeat(self, last: ir.Block) -> None:
        """Close the phi node."""
        self._phi.add_incoming(self.value, last)

    def keep(self) -> None:
        """Remember the value."""
        self._otherwise = self.value

    def leave(self, before: ir.Block, last: ir.Block) -> None:
        """Join the values of both ways."""
        joined = self._builder.phi(self.value.type)
        joined.add_incoming(self._otherwise, before)
        joined.add_incoming(self.value, last)
        self.value = joined


@contextmanager
def counted_loop(
    builder: ir.IRBuilder, end: ir.Value, step: int = 1, carried: Carried | None = None
) -> Iterator[ir.Value]:
    """Emit a loop over 0, step, 2 step, … below ``end``; what is emitted within is its body.

    ``carried`` is told where the loop begins and ends.
    """
    before = builder.block
    body = builder.append_basic_block("turn")
    done = builder.append_basic_block("done")
    builder.cbranch(builder.icmp_signed(">", end, INTEGER(0)), body, done)
    builder.position_at_end(body)
    index = builder.phi(INTEGER, "index")
    index.add_incoming(INTEGER(0), before)
    if carried is not None:
        carried.enter(before)
    yield index
    following = builder.add(index, INTEGER(step))
    last = builder.block
    index.add_incoming(following, last)
    if carried is not None:
        carried.repeat(last)
    builder.cbranch(builder.icmp_signed("<", following, end), body, done)
    builder.position_at_end(done)
    if carried is not None:
        carried.leave(before, last)


@contextmanager
def branch(
    builder: ir.IRBuilder, condition: ir.Value, carried: Carried | None = None
) -> Iterator[None]:
    """Emit what is done only if a condition holds; ``carried`` may change in it."""
    before = builder.block
    body = builder.append_basic_block("when")
    done = builder.append_basic_block("after")
    builder.cbranch(condition, body, done)
    builder.position_at_end(body)
    if carried is not None:
        carried.keep()
    yield
    last = builder.block
    builder.branch(done)
    builder.position_at_end(done)
    if carried is not None:
        carried.leave(before, last)
