"""Inner loops compiled by numba where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def jit(function: Callable[P, R]) -> Callable[P, R]:
    """Compile, and keep the result on disk where there is a place to write. Raises ImportError without numba."""
    import numba

    try:
        compiled: Callable[P, R] = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # neither the folder of this file nor the user's cache can be written
        compiled = numba.njit(nogil=True)(function)
    return compiled


def jit_if_possible(function: Callable[P, R]) -> Callable[P, R]:
    """Compile, or without numba run the same lines in Python: the same numbers, some hundred times slower."""
    try:
        return jit(function)
    except ImportError:
        return function
