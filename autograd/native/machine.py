"""The machine at hand: what LLVM compiles for, and what it compiles."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from llvmlite import binding, ir

from autograd.native.arithmetic import add_scalar_functions

LONG = 100_000
"""Characters of a program that LLVM compiles with less effort.

A line's loop runs up to a tenth faster for more effort, a network's not at all; and compiling
that would take twice as long.
"""


@cache
def _target() -> binding.TargetMachine:
    """Return LLVM's description of this machine, and make its mathematics known."""
    return _new_target()


def _new_target(effort: int = 1) -> binding.TargetMachine:
    """Return a target machine: a compiler takes ownership of the one it is given."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    add_scalar_functions()
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=effort,
        jit=True,
    )


def new_module() -> ir.Module:
    """Return an empty module for this machine."""
    module = ir.Module("chainrule")
    module.triple = binding.get_default_triple()
    module.data_layout = str(_target().target_data)
    return module


class Code:
    """A compiled module, which lives as long as this object."""

    def __init__(self, module: ir.Module, known: Mapping[str, int] = MappingProxyType({})) -> None:
        """Compile a module; ``known`` has the addresses of functions that it only declares."""
        text = str(module)
        parsed = binding.parse_assembly(text)
        target = _new_target(effort=3 if len(text) < LONG else 1)
        self._engine = binding.create_mcjit_compiler(parsed, target)
        for name, address in known.items():
            self._engine.add_global_mapping(parsed.get_function(name), address)
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        """Return where a function is."""
        return int(self._engine.get_function_address(name))

    def function(self, name: str, result: Any, arguments: str) -> Any:
        """Return a function; arguments are p(ointer), i(nteger) or d(ouble), a letter each."""
        kinds = {"p": ctypes.c_void_p, "i": ctypes.c_int64, "d": ctypes.c_double}
        prototype = ctypes.CFUNCTYPE(result, *(kinds[letter] for letter in arguments))
        function: Any = prototype(self.address(name))
        function.code = self  # the function is gone with the code
        return function
