"""Who does the arithmetic: kernels compiled by numba, or NumPy and SciPy alone. Both offer the same three functions."""

from __future__ import annotations

import importlib
from typing import Protocol

from fits.sor.relax.matrix import Array
from fits.sor.relax.ordering import Greedy
from fits.sor.relax.pattern import Split


class Stepper(Protocol):
    """A solve in progress for A e = r, from e = 0, in the order of the sweep."""

    def run(self, most: int, stop: float, limit: float) -> tuple[int, float, int]:
        """Iterate until |r|^2 < stop, or not |r|^2 <= limit, at most `most` times: iterations made, |r|^2, code of the ending."""
        ...

    def correction(self) -> Array:
        """e after the last iteration."""
        ...


class Begin(Protocol):
    """Starts a solve of A e = r."""

    def __call__(self, split: Split, omega: float, r: Array) -> Stepper: ...


class Engine(Protocol):
    """What `compiled` and `fallback` both offer."""

    colour_greedily: Greedy

    def multiply(self, split: Split, x: Array) -> Array: ...
    def sor(self, split: Split, omega: float, r: Array) -> Stepper: ...
    def ssor_cg(self, split: Split, omega: float, r: Array) -> Stepper: ...


def choose(compiled: bool | None) -> Engine:
    """The compiled kernels (True), NumPy and SciPy (False), or whichever this machine can import (None)."""
    found: Engine
    if compiled is not False:
        try:
            found = importlib.import_module("fits.sor.relax.compiled")
        except ImportError:  # numba is not installed, or not for this NumPy
            if compiled:
                raise
        else:
            return found
    found = importlib.import_module("fits.sor.relax.fallback")
    return found
