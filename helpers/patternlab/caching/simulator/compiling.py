"""Loops as machine code if numba is installed, as plain Python if not.

Both run the same lines and give the same figures; compiled they are some hundred times faster.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

try:
    import numba
    from llvmlite import ir
    from numba.core import cgutils, types
    from numba.extending import intrinsic

    COMPILED = True
except ImportError:  # a browser tab, or a small installation
    COMPILED = False

F = TypeVar("F", bound=Callable[..., Any])


def jit(function: F) -> F:
    """Return `function` compiled at its first call and kept on disk, or itself without numba.

    It may not make arrays. numba keeps the machine code beside the source, or in the user's cache
    folder (or the one that NUMBA_CACHE_DIR names) if that cannot be written to. If neither can be,
    the code is compiled anew in each process.
    """
    if not COMPILED:
        return function
    try:
        return _compiled(function, cache=True)
    except RuntimeError:  # numba: "cannot cache function: no locator available"
        return _compiled(function)


def inline(function: F) -> F:
    """Return `function` as a part of its callers: a call passes each array as nine numbers."""
    return _compiled(function, forceinline=True) if COMPILED else function


def _compiled(function: F, **more: bool) -> F:
    # No errors and no new arrays: then there are no references to count in the loops.
    options: dict[str, Any] = {"error_model": "numpy", "_nrt": False, **more}
    compiled: F = numba.njit(**options)(function)
    return compiled


def prefetch(array: np.ndarray, index: int) -> None:
    """Ask the processor for the memory of ``array.ravel()[index]``, and go on without waiting.

    A load that nothing depends on still holds up all later ones until it has arrived. This does
    not, which makes passes over more memory than the processor's caches hold twice as fast.
    """


if COMPILED:

    @intrinsic
    def prefetch(typing: Any, array: Any, index: Any) -> Any:
        """Generate the processor's instruction for the function above."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
            byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
            instruction = cgutils.get_or_insert_function(
                builder.module,
                ir.FunctionType(ir.VoidType(), [byte, number, number, number]),
                "llvm.prefetch.p0i8",
            )
            address = builder.bitcast(builder.gep(data, [arguments[1]]), byte)
            read, keep, is_data = number(0), number(3), number(1)
            builder.call(instruction, [address, read, keep, is_data])
            return context.get_dummy_value()

        return types.void(array, types.intp), generate
