"""Points that fill a region of any shape, from few points in it: hit and run with shrinking intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]

STEPS = 32  # of a walk, beyond one a dimension
SHRINKS = 40  # of an interval, about halved each time, until a step is given up


def wandered(keeps: Callable[[Array], Mask], X: Array, dims: Sequence[int], low: Array, high: Array, seed: int) -> Array:
    """Each of the points of a region moved in some dimensions, so that together they are about uniform in it.

    A step goes along one dimension or, so that it suits a region that is long and thin, along the difference of two of the points
    [hit and run: Smith 1984, Operations Research 32(6)]; where it ends outside, the interval is shrunk to that end and drawn from
    again, which keeps the distribution uniform [slice sampling: Neal 2003, Annals of Statistics 31(3)].

    Parameters
    ----------
    keeps : from ``k x d`` to ``k``, whether points lie in the region.
    X : ``n x d``, points of the region.
    dims : the dimensions to move in.
    low, high : ``d``, the box around the region.
    """
    import numpy as np

    random = np.random.default_rng(seed)
    X = X.copy()
    n, k = len(X), len(dims)
    low, high = low[dims], high[dims]
    for step in range(STEPS + k):
        here = X[:, dims]
        if step % 2:
            along = here[random.integers(n, size=n)] - here[random.integers(n, size=n)]
        else:
            along = np.eye(k)[random.integers(k, size=n)]
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = np.stack([(low - here) / along, (high - here) / along])
        ends[:, along == 0.0] = np.array([[-np.inf], [np.inf]])
        first, last = ends.min(axis=0).max(axis=1), ends.max(axis=0).min(axis=1)
        left = np.flatnonzero(np.isfinite(last - first))
        for _ in range(SHRINKS):
            if not len(left):
                break
            at = first[left] + random.random(len(left)) * (last[left] - first[left])
            tried = X[left]
            tried[:, dims] += at[:, None] * along[left]
            good = keeps(tried)
            X[left[good]] = tried[good]
            left, at = left[~good], at[~good]
            first[left] = np.where(at < 0.0, at, first[left])
            last[left] = np.where(at < 0.0, last[left], at)
    return X
