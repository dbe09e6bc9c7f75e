"""A matrix in the order of the sweep, split into D + L + U; where its values lie is found once for all matrices of a pattern."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fits.sor.relax.matrix import Array, BadMatrix, Index, Rows, check_values
from fits.sor.relax.ordering import Order

# Indices without a sign let LLVM drop numba's test for negative ones: 3.2 instead of 6.8 ns a row in A @ x.
Unsigned = NDArray[np.uint32] | NDArray[np.uint64]
PADDING = 1.25  # rows padded to one width (see `Pairs`) may hold at most so many times the entries
ASYMMETRY = 1e-10  # of the largest coefficient: an assembled matrix is symmetric up to rounding


class Triangle(NamedTuple):
    """Below the diagonal: compressed rows. Above it: compressed COLUMNS, so that both are read in the order of the sweep.

    `at` says where each value stands in the data of `Rows`.
    """

    indptr: Unsigned
    indices: Unsigned
    at: Index


class Pairs(NamedTuple):
    """Two colours, every row padded to `width` entries: `indices` count within the other colour, zeros are taken from the end."""

    reds: int
    width: int
    indices: Unsigned
    at: Index


class Pattern:
    """Which entries there are, in the order of the sweep."""

    def __init__(self, rows: Rows, order: Order) -> None:
        self.indices, self.indptr = rows.indices, rows.indptr
        self.size, self.order, self.starts = rows.size, order.order, order.starts
        place = np.arange(self.size)
        if order.order is not None:
            place[order.order] = np.arange(self.size)
        self._row = np.repeat(place, np.diff(rows.indptr))
        self._column = place[rows.indices]
        self.diagonal_at = self._find_diagonal()
        self.lower = self._triangle(self._row, self._column)
        self.upper = self._triangle(self._column, self._row)
        self.symmetric = np.array_equal(self.lower.indptr, self.upper.indptr) and np.array_equal(
            self.lower.indices, self.upper.indices
        )

    def matches(self, rows: Rows) -> bool:
        """Whether `rows` has the same entries."""
        return np.array_equal(rows.indptr, self.indptr) and np.array_equal(rows.indices, self.indices)

    def _find_diagonal(self) -> Index:
        at = np.full(self.size, -1)
        on = np.flatnonzero(self._row == self._column)
        at[self._row[on]] = on
        missing = np.flatnonzero(at < 0)
        if len(missing):
            rows = missing if self.order is None else self.order[missing]
            raise BadMatrix("has no diagonal entry", row=int(rows.min()))
        return at

    def _triangle(self, major: Index, minor: Index) -> Triangle:
        inside = np.flatnonzero(major > minor)
        at = inside[np.lexsort((minor[inside], major[inside]))]
        indptr = np.concatenate([[0], np.cumsum(np.bincount(major[at], minlength=self.size))])
        return Triangle(self._unsigned(indptr), self._unsigned(minor[at]), at)

    @cached_property
    def pairs(self) -> Pairs | None:
        """Two colours with rows of one width, unless there are more colours or the padding would cost too much."""
        if len(self.starts) != 3:
            return None
        reds = int(self.starts[1])
        off = np.flatnonzero(self._row != self._column)
        degree = np.bincount(self._row[off], minlength=self.size)
        width = int(degree.max())
        if width * self.size > PADDING * len(off) + 64:
            return None
        off = off[np.lexsort((self._column[off], self._row[off]))]
        row = self._row[off]
        slot = row * width + np.arange(len(off)) - (np.cumsum(degree) - degree)[row]
        indices = np.zeros(self.size * width, dtype=np.intp)
        indices[slot] = np.where(self._column[off] < reds, self._column[off], self._column[off] - reds)
        at = np.full(self.size * width, len(self.indices))
        at[slot] = off
        return Pairs(reds, width, self._unsigned(indices), at)

    def _unsigned(self, index: Index) -> Unsigned:
        if max(len(self.indices), self.size) < 2**32 - 1:
            return index.astype(np.uint32)
        return index.astype(np.uint64)


class Split:
    """The values of one matrix of a `Pattern`: A = D + L + U in the order of the sweep. `upper is lower` when A = A'."""

    def __init__(self, pattern: Pattern, data: Array) -> None:
        self.pattern, self.data = pattern, data
        self.diagonal = data[pattern.diagonal_at]
        check_values(data, self.diagonal, pattern.indptr, pattern.order)
        self.lower = data[pattern.lower.at]
        upper = data[pattern.upper.at]
        self.upper = self.lower if pattern.symmetric and np.array_equal(self.lower, upper) else upper

    @cached_property
    def paired(self) -> Array:
        """The values of `Pattern.pairs`, each row divided by its diagonal."""
        pairs = self.pattern.pairs
        assert pairs is not None
        return np.append(self.data, 0.0)[pairs.at] / np.repeat(self.diagonal, pairs.width)

    def require_symmetry(self, purpose: str) -> None:
        """Raise `BadMatrix` unless A = A' up to rounding."""
        if self.upper is self.lower:
            return
        if not self.pattern.symmetric:
            raise BadMatrix(f"the pattern is not symmetric, which {purpose} needs")
        apart = np.abs(self.lower - self.upper)
        if apart.max(initial=0.0) > ASYMMETRY * max(self.diagonal.max(), np.abs(self.lower).max(initial=0.0)):
            worst = int(np.argmax(apart))
            row = int(np.searchsorted(self.pattern.indptr, self.pattern.lower.at[worst], side="right")) - 1
            column = int(self.pattern.indices[self.pattern.lower.at[worst]])
            values = f"{self.lower[worst]:g} and {self.upper[worst]:g}"
            raise BadMatrix(
                f"the coefficients of each other are {values}; {purpose} needs a symmetric matrix", row=row, column=column
            )
