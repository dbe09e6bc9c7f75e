"""SOR and SSOR-preconditioned conjugate gradients for one matrix, and for the matrices of a simulation that share its pattern."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fits.sor.relax.drive import solve
from fits.sor.relax.engine import Engine, choose
from fits.sor.relax.matrix import Array, BadMatrix, Rows, compressed
from fits.sor.relax.ordering import Order, Ordering, multicolour, natural, red_black
from fits.sor.relax.pattern import Pattern, Split
from fits.sor.relax.solve import GROWTH, Solve
from fits.sor.relax.young import lanczos_radius

if TYPE_CHECKING:
    from fits.sor.relax.matrix import Matrix


class Relaxation:
    """Solves A x = b by relaxation.

    Parameters
    ----------
    matrix : SciPy sparse matrix of any format, or (data, indices, indptr) of compressed rows; square, real, finite, with a positive
        diagonal. Duplicates are added, stored zeros belong to the pattern.
    ordering : "natural" (as the unknowns come), "red-black" (two colours, refused where two are not enough) or "multicolour"
        (as many colours as a greedy colouring needs). Coloured orderings sweep faster; the number of iterations may differ.
    compiled : use numba (True), NumPy and SciPy (False), or numba where it is installed (None).

    Raises
    ------
    BadMatrix
        The matrix cannot be relaxed.

    Example
    -------
    >>> solver = Relaxation(A, "red-black")
    >>> solve = solver.sor(b, young(solver.jacobi_radius()))
    >>> solver = solver.revalue(A_of_the_next_step)
    """

    def __init__(self, matrix: Matrix, ordering: Ordering = "natural", compiled: bool | None = None) -> None:
        rows = compressed(matrix)
        self._engine = choose(compiled)
        self._split = Split(Pattern(rows, _order(rows, ordering, self._engine)), rows.data)
        self.ordering = ordering

    def revalue(self, values: Matrix | NDArray[np.float64]) -> Relaxation:
        """The same for other values at the same places; the ordering is kept, which makes it cheap.

        Parameters
        ----------
        values : a matrix of the same pattern, or only its values row by row with rising columns, as `Relaxation.values` has them.
        """
        pattern = self._split.pattern
        if isinstance(values, np.ndarray):
            data = np.array(values, dtype=np.float64)
            if data.shape != pattern.indices.shape:
                raise BadMatrix(f"{pattern.indices.shape[0]} values expected, shape {data.shape} given")
        else:
            rows = compressed(values)
            if not pattern.matches(rows):
                raise BadMatrix("the pattern is not that of the first matrix")
            data = rows.data
        other = object.__new__(Relaxation)
        other._engine, other._split, other.ordering = self._engine, Split(pattern, data), self.ordering
        return other

    @property
    def size(self) -> int:
        """Number of unknowns."""
        return self._split.pattern.size

    @property
    def values(self) -> Array:
        """The stored values, row by row with rising columns."""
        return self._split.data

    @property
    def colours(self) -> int:
        """Number of colours of the ordering; 1 in the natural order."""
        return len(self._split.pattern.starts) - 1

    def sor(
        self,
        b: ArrayLike,
        omega: float,
        *,
        x0: ArrayLike | None = None,
        tolerance: float = 1e-8,
        cap: int = 10_000,
        reference: float | None = None,
        growth: float = GROWTH,
    ) -> Solve:
        """x <- x + M^-1 r with M = D/omega + L, until |r_k| / reference < tolerance.

        Parameters
        ----------
        b, x0 : (n,) right-hand side and start (0).
        omega : above 0 and below 2.
        cap : most iterations.
        reference : norm that the residual is compared with, |r_0| by default.
        growth : |r_k| / |r_0| beyond which the solve is given up as diverging.

        Raises
        ------
        ValueError
            An argument is out of range, not finite, or of the wrong length.
        """
        return solve(
            self._engine,
            self._engine.sor,
            self._split,
            b,
            omega,
            x0=x0,
            tolerance=tolerance,
            cap=cap,
            reference=reference,
            growth=growth,
        )

    def ssor_cg(
        self,
        b: ArrayLike,
        omega: float,
        *,
        x0: ArrayLike | None = None,
        tolerance: float = 1e-8,
        cap: int = 10_000,
        reference: float | None = None,
    ) -> Solve:
        """Conjugate gradients preconditioned by X' D^-1 X / (omega (2 - omega)), X = D + omega L. Arguments as for `sor`.

        Raises
        ------
        BadMatrix
            The matrix is not symmetric.
        """
        self._split.require_symmetry("SSOR-CG")
        return solve(
            self._engine,
            self._engine.ssor_cg,
            self._split,
            b,
            omega,
            x0=x0,
            tolerance=tolerance,
            cap=cap,
            reference=reference,
            growth=math.inf,
        )

    def jacobi_radius(self, *, steps: int = 1000, tolerance: float = 1e-3) -> float:
        """beta = rho(I - D^-1 A) of a symmetric matrix by at most `steps` Lanczos steps, from below.

        They end when half as many steps again change 1 - beta by less than `tolerance` of itself. On a 5-point grid some
        3 steps for each unknown of a line are enough.

        Raises
        ------
        BadMatrix
            The matrix is not symmetric.
        """
        self._split.require_symmetry("the radius of Jacobi's iteration")
        root = 1.0 / np.sqrt(self._split.diagonal)
        return lanczos_radius(lambda x: root * self._engine.multiply(self._split, root * x), self.size, steps, tolerance)


def _order(rows: Rows, ordering: Ordering, chosen: Engine) -> Order:
    if ordering == "natural":
        return natural(rows)
    if ordering == "red-black":
        return red_black(rows)
    if ordering == "multicolour":
        return multicolour(rows, chosen.colour_greedily)
    raise ValueError(f"ordering = {ordering!r}: expected 'natural', 'red-black' or 'multicolour'")
