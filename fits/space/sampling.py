"""Points that fill a search space: a scrambled Sobol sequence, thinned to what is valid; other ways where little is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fits.space.errors import NoFeasiblePoint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fits.space.encoding import Encoding

    Array = NDArray[np.float64]

LISTED = 1 << 12  # combinations of values up to which a finite space is listed at once
LISTED_LATE = 1 << 18  # the same, where thinning has left too little
MOST_DRAWS = 1 << 16  # points that are thinned


def sample(encoding: Encoding, n: int, seed: int) -> Array:
    """At most `n` different valid points ``k x d``; fewer only where few were found.

    Raises
    ------
    NoFeasiblePoint
        None was found. Where there is one this takes forbidden combinations, or constraints of many kinds, that hide it well.
    """
    import numpy as np

    if n <= 0:
        return np.empty((0, encoding.d))
    if encoding.combinations <= LISTED:
        return _some(encoding, LISTED, n, seed)
    equalities = any(item.sense == "==" for item in encoding.rules.linear)  # chance finds only points that they do not concern
    found = np.empty((0, encoding.d)) if equalities else _thinned(encoding, n, seed)
    if len(found) < n and encoding.combinations <= LISTED_LATE:
        return _some(encoding, LISTED_LATE, n, seed)
    if len(found) < n and encoding.rules.linear:
        found = _distinct(np.vstack([found, _constrained(encoding, n, seed)]))
    if len(found) < n and equalities:
        found = _distinct(np.vstack([found, _thinned(encoding, n, seed)]))
    if not len(found):
        raise NoFeasiblePoint("found no configuration that keeps every constraint of the space")
    return found[:n]


def _constrained(encoding: Encoding, n: int, seed: int) -> Array:
    """Valid points by other ways than chance, fewer than `n` where they are hard to find."""
    import numpy as np

    from fits.space.constrained import bred, repaired, walked

    points = walked(encoding, _sobol(encoding, n, seed), seed)
    found = valid(encoding, points)
    if len(found) < n:
        found = _distinct(np.vstack([found, valid(encoding, repaired(encoding, points))]))
        found = bred(encoding, found, n, seed)
    return found


def _some(encoding: Encoding, most: int, n: int, seed: int) -> Array:
    """Points of a space that is small enough to be listed."""
    import numpy as np

    listed = encoding.points(most)
    assert listed is not None
    if not len(listed):
        raise NoFeasiblePoint("no configuration keeps every constraint of the space")
    return listed[np.random.default_rng(seed).permutation(len(listed))[:n]]


def _thinned(encoding: Encoding, n: int, seed: int) -> Array:
    """The valid ones of as many Sobol points as it takes for `n`, unless that is hopeless."""
    import numpy as np

    found = np.empty((0, encoding.d))
    draws = n
    while len(found) < n and draws <= max(MOST_DRAWS, n):
        found = valid(encoding, _sobol(encoding, draws, seed))
        if draws >= 8 * n and len(found) < draws / 100:
            break
        draws *= 4
    return found


def _sobol(encoding: Encoding, n: int, seed: int) -> Array:
    import numpy as np
    import torch
    from torch.quasirandom import SobolEngine

    engine = SobolEngine(encoding.d, scramble=True, seed=seed)  # type: ignore[no-untyped-call]
    u = engine.draw(n, dtype=torch.float64).numpy()
    return np.column_stack([axis.spread(u[:, i]) for i, axis in enumerate(encoding.axes)])


def valid(encoding: Encoding, X: Array) -> Array:
    """The different points among the rounded `X` that are valid."""
    X = _distinct(encoding.round(X))
    return X[encoding.feasible(X)]


def _distinct(X: Array) -> Array:
    """The rows without repetitions, in their order."""
    import numpy as np

    _, first = np.unique(X, axis=0, return_index=True)
    return X[np.sort(first)]
