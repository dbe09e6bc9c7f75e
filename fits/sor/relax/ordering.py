"""In which order a sweep visits the unknowns. Unknowns of one colour do not depend on each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fits.sor.relax.matrix import BadMatrix, Index, Rows

Ordering = Literal["natural", "red-black", "multicolour"]
Greedy = Callable[[NDArray[np.uint32], NDArray[np.uint32]], NDArray[np.uint32]]


class Order(NamedTuple):
    """`order[k]` is the unknown visited as the k-th (None: as they come); `starts[c]` the place where colour c begins."""

    order: Index | None
    starts: Index


def natural(rows: Rows) -> Order:
    """The unknowns as they come."""
    return Order(None, np.array([0, rows.size]))


def red_black(rows: Rows) -> Order:
    """Two colours; the first unknown of each connected part is red, and red is visited first.

    Raises
    ------
    BadMatrix
        Two unknowns at an even distance depend on each other, so two colours are not enough.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    indices, indptr = _couplings(rows)
    size = rows.size
    graph = csr_array((np.ones(len(indices), dtype=np.int8), indices, indptr), shape=(size, size))
    parts, label = connected_components(graph, directed=False)
    first = np.full(parts, size)
    np.minimum.at(first, label, np.arange(size))
    # one search from an added vertex that leads to every part; an ancestor's parity comes by doubling the distance to it
    linked = csr_array(
        (np.ones(len(indices) + parts, dtype=np.int8), np.append(indices, first), np.append(indptr, len(indices) + parts)),
        shape=(size + 1, size + 1),
    )
    ancestor = breadth_first_order(linked, size, directed=True)[1].astype(np.intp)
    ancestor[size] = size
    odd = np.ones(size + 1, dtype=bool)
    odd[size] = False
    while np.any(ancestor != size):
        odd ^= odd[ancestor]
        ancestor = ancestor[ancestor]
    colour = (~odd[:size]).astype(np.intp)
    row = np.repeat(np.arange(size), np.diff(indptr))
    same = np.flatnonzero(colour[row] == colour[indices])
    if len(same):
        raise BadMatrix(
            "depend on each other but have the same colour: the matrix needs more than two, ordering 'multicolour' finds them",
            row=int(row[same[0]]),
            column=int(indices[same[0]]),
        )
    return by_colour(colour)


def multicolour(rows: Rows, greedy: Greedy) -> Order:
    """Each unknown, as they come, gets the lowest colour that no neighbour has; two colours on a 5-point grid."""
    indices, indptr = _couplings(rows)
    return by_colour(greedy(indptr.astype(np.uint32), indices.astype(np.uint32)).astype(np.intp))


def by_colour(colour: Index) -> Order:
    """Sort by colour; within a colour the unknowns stay as they come."""
    starts = np.concatenate([[0], np.cumsum(np.bincount(colour))])
    return Order(np.argsort(colour, kind="stable"), starts)


def greedy_colours(indptr: NDArray[np.uint32], indices: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """First-fit colouring of a symmetric pattern; numba compiles this very function where it is installed."""
    size = indptr.size - 1
    colour = np.zeros(size, dtype=np.uint32)
    seen_by = np.full(size + 1, size, dtype=np.uint32)  # seen_by[c] = i: a neighbour of i has colour c
    for i in range(size):
        for k in range(indptr[i], indptr[i + 1]):
            j = indices[k]
            if j < i:
                seen_by[colour[j]] = i
        c = 0
        while seen_by[c] == i:
            c += 1
        colour[i] = c
    return colour


def _couplings(rows: Rows) -> tuple[Index, Index]:
    """Indices and indptr of the pattern of A + A' without the diagonal."""
    from scipy.sparse import csr_array

    size = rows.size
    row = np.repeat(np.arange(size), np.diff(rows.indptr))
    off = row != rows.indices
    ends = (np.concatenate([row[off], rows.indices[off]]), np.concatenate([rows.indices[off], row[off]]))
    both = csr_array((np.ones(len(ends[0])), ends), shape=(size, size))
    return np.asarray(both.indices, dtype=np.intp), np.asarray(both.indptr, dtype=np.intp)
