"""The same solves with NumPy and SciPy alone, for machines without numba: a triangular solve a sweep by SuperLU.

SuperLU leaves a triangular matrix as it is (natural order, pivots on the diagonal), and is some 50 times faster than
`spsolve_triangular`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fits.sor.relax.engine import Stepper
from fits.sor.relax.matrix import Array
from fits.sor.relax.ordering import greedy_colours
from fits.sor.relax.pattern import Split
from fits.sor.relax.solve import CONVERGED, DIVERGED, INDEFINITE, RUNNING

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array
    from scipy.sparse.linalg import SuperLU

colour_greedily = greedy_colours


def multiply(split: Split, x: Array) -> Array:
    """A x, in the order of the sweep."""
    lower, upper = _triangles(split)
    return np.asarray(split.diagonal * x + lower @ x + upper @ x)


def sor(split: Split, omega: float, r: Array) -> Stepper:
    """SOR for A e = r from e = 0."""
    return Sweeps(split, omega, r)


def ssor_cg(split: Split, omega: float, r: Array) -> Stepper:
    """SSOR-CG for A e = r from e = 0."""
    return ConjugateGradients(split, omega, r)


class Sweeps:
    """d = M^-1 r; x <- x + d; r <- -(D (1 - 1/omega) + U) d."""

    def __init__(self, split: Split, omega: float, r: Array) -> None:
        lower, self._upper = _triangles(split)
        self._factor = _triangular(split.diagonal / omega, lower)
        self._rest = split.diagonal * (1.0 - 1.0 / omega)
        self._x, self._r = np.zeros_like(r), r.copy()

    def run(self, most: int, stop: float, limit: float) -> tuple[int, float, int]:
        """See `Stepper`."""
        square = 0.0
        for made in range(most):
            step = self._factor.solve(self._r)
            self._x += step
            self._r = -(self._rest * step + self._upper @ step)
            square = float(self._r @ self._r)
            if square < stop:
                return made + 1, square, CONVERGED
            if not square <= limit:
                return made + 1, square, DIVERGED
        return most, square, RUNNING

    def correction(self) -> Array:
        """See `Stepper`."""
        return self._x


class ConjugateGradients:
    """CG preconditioned by X' D^-1 X, X = D + omega L."""

    def __init__(self, split: Split, omega: float, r: Array) -> None:
        self._split = split
        lower = omega * _triangles(split)[0]
        self._forward, self._backward = _triangular(split.diagonal, lower), _triangular(split.diagonal, lower.T)
        self._x, self._r, self._p, self._q = np.zeros_like(r), r.copy(), np.zeros_like(r), np.zeros_like(r)
        self._rho = 0.0

    def run(self, most: int, stop: float, limit: float) -> tuple[int, float, int]:
        """See `Stepper`."""
        square = 0.0
        for made in range(most):
            z = self._forward.solve(self._split.diagonal * self._backward.solve(self._r))
            rho = float(self._r @ z)
            beta = rho / self._rho if self._rho > 0.0 else 0.0
            self._rho = rho
            self._p = z + beta * self._p
            self._q = multiply(self._split, z) + beta * self._q
            curvature = float(self._p @ self._q)
            if curvature <= 0.0:
                return made, float(self._r @ self._r), INDEFINITE
            alpha = rho / curvature
            self._x += alpha * self._p
            self._r -= alpha * self._q
            square = float(self._r @ self._r)
            if square < stop:
                return made + 1, square, CONVERGED
            if not square <= limit:
                return made + 1, square, DIVERGED
        return most, square, RUNNING

    def correction(self) -> Array:
        """See `Stepper`."""
        return self._x


def _triangles(split: Split) -> tuple[csr_array, csc_array]:
    """L and U."""
    from scipy.sparse import csc_array, csr_array

    shape = (split.pattern.size, split.pattern.size)
    below, above = (
        (values, part.indices.astype(np.int64), part.indptr.astype(np.int64))
        for values, part in ((split.lower, split.pattern.lower), (split.upper, split.pattern.upper))
    )
    return csr_array(below, shape=shape), csc_array(above, shape=shape)


def _triangular(diagonal: Array, triangle: csr_array | csc_array) -> SuperLU:
    """A solver for diagonal + triangle."""
    from scipy.sparse import csc_array, diags_array
    from scipy.sparse.linalg import splu

    matrix = csc_array(diags_array(diagonal) + triangle)
    return splu(matrix, permc_spec="NATURAL", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
