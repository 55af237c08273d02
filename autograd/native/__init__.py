"""Native code for a tape: the loss, its gradients, and training, at the speed of the machine.

LLVM compiles the same rules that all else reads. What is emitted stands in ``body`` (a tape's
passes), ``functions`` and ``training_code``; ``arithmetic`` reads the rules.
"""

from autograd.native.compiled_tape import NativeCodeError, NativeTape, compile_tape

__all__ = ["NativeCodeError", "NativeTape", "compile_tape"]
