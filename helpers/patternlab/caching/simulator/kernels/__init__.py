"""The simulator's inner loops: compiled by numba where it is installed, plain Python where not.

Both run the same lines and give the same figures; compiled they are some hundred times faster.
"""

from __future__ import annotations

from collections.abc import Callable

try:
    import numba
except ImportError:  # a browser tab, or a small installation
    numba = None

#: Whether the loops run as machine code.
COMPILED = numba is not None


#: No errors, no new arrays: without them numba has no references to count in the loops.
PLAIN = {"error_model": "numpy", "_nrt": False}


def jit(function: Callable) -> Callable:
    """`function` compiled at its first call and kept on disk; itself where there is no numba.

    It may not make arrays. numba keeps the machine code beside the source, or in the user's cache
    folder (or the one that NUMBA_CACHE_DIR names) where that cannot be written to. Where neither
    can, it is made anew in each process.
    """
    if numba is None:
        return function
    try:
        return numba.njit(cache=True, **PLAIN)(function)
    except RuntimeError:  # numba: "cannot cache function: no locator available"
        return numba.njit(**PLAIN)(function)


def inline(function: Callable) -> Callable:
    """`function` as a part of those that call it: a call passes each array as nine numbers."""
    return function if numba is None else numba.njit(forceinline=True, **PLAIN)(function)
