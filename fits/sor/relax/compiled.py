"""Solves in progress on the compiled kernels."""

from __future__ import annotations

import numpy as np

from fits.sor.relax import kernels
from fits.sor.relax.engine import Stepper
from fits.sor.relax.kernels_cg import conjugate_gradients
from fits.sor.relax.matrix import Array
from fits.sor.relax.pattern import Split

colour_greedily = kernels.colour_greedily


def multiply(split: Split, x: Array) -> Array:
    """A x, in the order of the sweep."""
    lower, upper = split.pattern.lower, split.pattern.upper
    y = np.empty_like(x)
    kernels.multiply(split.diagonal, lower.indptr, lower.indices, split.lower, upper.indptr, upper.indices, split.upper, x, y)
    return y


def sor(split: Split, omega: float, r: Array) -> Stepper:
    """SOR for A e = r from e = 0."""
    return Sweeps(split, omega, r) if split.pattern.pairs is None else PairedSweeps(split, omega, r)


class Sweeps:
    """SOR in any order."""

    def __init__(self, split: Split, omega: float, r: Array) -> None:
        lower, upper = split.pattern.lower, split.pattern.upper
        # A = A': the same arrays twice, so that the second reading of a row finds it in the cache
        above = lower if split.upper is split.lower else upper
        self._matrix = (
            1.0 / split.diagonal,
            *(lower.indptr, lower.indices, split.lower),
            *(above.indptr, above.indices, split.upper),
        )
        self._omega = omega
        self._x, self._r, self._step = np.zeros_like(r), r.copy(), np.empty_like(r)

    def run(self, most: int, stop: float, limit: float) -> tuple[int, float, int]:
        """See `Stepper`."""
        return kernels.sweep(*self._matrix, self._omega, self._x, self._r, self._step, most, stop, limit)

    def correction(self) -> Array:
        """See `Stepper`."""
        return self._x


class PairedSweeps:
    """SOR on two colours of rows of nearly one width."""

    def __init__(self, split: Split, omega: float, r: Array) -> None:
        pairs = split.pattern.pairs
        assert pairs is not None
        self._matrix = ((0,) * pairs.width, split.diagonal, pairs.indices, split.paired)
        self._omega = omega
        self._b = r / split.diagonal
        self._red, self._black = np.zeros(pairs.reds), np.zeros(len(r) - pairs.reds)
        self._ahead = omega * self._b[: pairs.reds]

    def run(self, most: int, stop: float, limit: float) -> tuple[int, float, int]:
        """See `Stepper`."""
        made, square, code = kernels.sweep_pairs(
            *self._matrix, self._omega, self._b, self._red, self._ahead, self._black, most, stop, limit
        )
        if made % 2:
            self._red, self._ahead = self._ahead, self._red
        return made, square, code

    def correction(self) -> Array:
        """See `Stepper`."""
        return np.concatenate([self._red, self._black])


class ConjugateGradients:
    """SSOR-preconditioned CG."""

    def __init__(self, split: Split, omega: float, r: Array) -> None:
        lower = split.pattern.lower
        self._matrix = (split.diagonal, 1.0 / split.diagonal, lower.indptr, lower.indices, split.lower)
        self._omega = omega
        self._x, self._r, self._p, self._q = np.zeros_like(r), r.copy(), np.zeros_like(r), np.zeros_like(r)
        self._scratch = (np.empty_like(r), np.empty_like(r), np.empty_like(r))
        self._rho = np.zeros(1)

    def run(self, most: int, stop: float, limit: float) -> tuple[int, float, int]:
        """See `Stepper`."""
        going_on = (self._x, self._r, self._p, self._q)
        return conjugate_gradients(*self._matrix, self._omega, *going_on, *self._scratch, self._rho, most, stop, limit)

    def correction(self) -> Array:
        """See `Stepper`."""
        return self._x


def ssor_cg(split: Split, omega: float, r: Array) -> Stepper:
    """SSOR-CG for A e = r from e = 0."""
    return ConjugateGradients(split, omega, r)
