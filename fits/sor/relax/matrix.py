"""What the solvers take as a matrix: real, square, finite, a positive diagonal, brought into one form of compressed rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import sparray, spmatrix

    Matrix = sparray | spmatrix | tuple[NDArray[Any], NDArray[Any], NDArray[Any]]

Array = NDArray[np.float64]
Index = NDArray[np.intp]


class BadMatrix(ValueError):
    """The matrix cannot be relaxed: `problem` says why; `row` (and `column`) where, counted from 0 as it was given."""

    def __init__(self, problem: str, *, row: int | None = None, column: int | None = None) -> None:
        place = "" if row is None else f"row {row}: " if column is None else f"rows {row} and {column}: "
        super().__init__(place + problem)
        self.problem, self.row, self.column = problem, row, column


class Rows(NamedTuple):
    """Compressed rows with sorted columns and no duplicates; entries that are stored zeros stay."""

    data: Array
    indices: Index
    indptr: Index

    @property
    def size(self) -> int:
        """Number of unknowns."""
        return len(self.indptr) - 1


def compressed(matrix: Matrix) -> Rows:
    """A SciPy matrix of any format, or (data, indices, indptr) of compressed rows, as `Rows`; duplicates are added.

    Raises
    ------
    BadMatrix
        Not square, empty, complex, not finite, or the triple is no valid matrix.
    """
    from scipy.sparse import csr_array, issparse

    if isinstance(matrix, tuple):
        data, indices, indptr = (np.asarray(part) for part in matrix)
        _check_triple(data, indices, indptr)
        size = len(indptr) - 1
        square = csr_array((data, indices, indptr), shape=(size, size))
    elif issparse(matrix):
        given = cast("csr_array", matrix)  # the stubs give the base class of all formats neither shape nor dtype
        if given.ndim != 2 or given.shape[0] != given.shape[1]:
            raise BadMatrix(f"not square: shape {given.shape}")
        _check_real(given.dtype)
        square = csr_array(given)
    else:
        raise BadMatrix(f"expected a SciPy sparse matrix or (data, indices, indptr), got {type(matrix).__name__}")
    if square.shape[0] == 0:
        raise BadMatrix("it has no rows")
    if not square.has_canonical_format:
        square = square.copy()
        square.sum_duplicates()
    # copies: what the caller does to the matrix later must not reach the solver
    return Rows(
        np.array(square.data, dtype=np.float64),
        np.array(square.indices, dtype=np.intp),
        np.array(square.indptr, dtype=np.intp),
    )


def _check_real(kind: np.dtype[Any]) -> None:
    if kind.kind not in "fiub":
        raise BadMatrix(f"the values are {kind}, not real numbers")


def _check_triple(data: NDArray[Any], indices: NDArray[Any], indptr: NDArray[Any]) -> None:
    if not all(part.ndim == 1 for part in (data, indices, indptr)) or len(indptr) == 0:
        raise BadMatrix("data, indices and indptr must be one-dimensional, indptr with one entry more than there are rows")
    _check_real(data.dtype)
    if not all(part.dtype.kind in "iu" for part in (indices, indptr)):
        raise BadMatrix("indices and indptr must be whole numbers")
    if len(data) != len(indices) or indptr[0] != 0 or indptr[-1] != len(data) or np.any(indptr[1:] < indptr[:-1]):
        raise BadMatrix(f"indptr must rise from 0 to {len(data)}, the number of values, and indices must be as many")
    size = len(indptr) - 1
    outside = np.flatnonzero((indices < 0) | (indices >= size))
    if len(outside):
        row = int(np.searchsorted(indptr, outside[0], side="right")) - 1
        raise BadMatrix(f"column {indices[outside[0]]} lies outside {size} columns", row=row)


def check_values(data: Array, diagonal: Array, indptr: Index, order: Index | None) -> None:
    """Raise `BadMatrix` unless all values are finite and the diagonal, in the order of the sweep, is positive."""
    if not np.isfinite(data).all():
        at = int(np.flatnonzero(~np.isfinite(data))[0])
        raise BadMatrix(f"holds {data[at]}", row=int(np.searchsorted(indptr, at, side="right")) - 1)
    if diagonal.min() <= 0.0:
        bad = np.flatnonzero(diagonal <= 0.0)
        value = diagonal[bad[0]]
        row = int(bad[0] if order is None else order[bad[0]])
        raise BadMatrix(f"the diagonal entry is {value:g}; relaxation needs a positive diagonal", row=row)
