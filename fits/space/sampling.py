"""Points that fill a search space: a scrambled Sobol sequence, thinned to what is valid; other ways where little is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fits.space.constrained import bred, repaired, walked
from fits.space.errors import NoFeasiblePoint, shown
from fits.space.wandering import wandered

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fits.space.encoding import Encoding

    Array = NDArray[np.float64]

LISTED = 1 << 12  # combinations of values up to which a finite space is listed at once
LISTED_LATE = 1 << 18  # the same, where thinning has left too little
MOST_DRAWS = 1 << 16  # points that are thinned
STARTS = 16  # points from which others are reached
REPAIRED = 48  # points on equalities of which others are bred


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
    if (impossible := encoding.rules.impossible()) is not None:
        raise NoFeasiblePoint(f"no configuration keeps {shown(impossible.text)}")
    if encoding.combinations <= LISTED:
        return _some(encoding, LISTED, n, seed)
    equalities = any(item.sense == "==" for item in encoding.rules.linear)  # chance finds only points that they do not concern
    found = _on_equalities(encoding, n, seed) if equalities else _thinned(encoding, n, seed)
    if len(found) < n and encoding.combinations <= LISTED_LATE:
        return _some(encoding, LISTED_LATE, n, seed)
    if equalities:
        found = distinct(np.vstack([found, _thinned(encoding, n, seed)])) if len(found) < n else found
    elif len(found) < n and encoding.rules.linear:
        found = _within_inequalities(encoding, found, n, seed)
    elif encoding.rules.conditional:
        found = _in_every_case(encoding, found, n, seed)
    if not len(found):
        raise NoFeasiblePoint("found no configuration that keeps every constraint of the space")
    return found[:n]


def _on_equalities(encoding: Encoding, n: int, seed: int) -> Array:
    """Valid points by other ways than chance, fewer than `n` where they are hard to find."""
    import numpy as np

    points = walked(encoding, _sobol(encoding, n, seed), seed)
    found = valid(encoding, points)
    if len(found) < n:
        found = distinct(np.vstack([found, valid(encoding, repaired(encoding, points, REPAIRED))]))
        found = bred(encoding, found, n, seed)
    return found


def _within_inequalities(encoding: Encoding, found: Array, n: int, seed: int) -> Array:
    """Valid points where chance has `found` fewer than `n`."""
    import numpy as np

    filling = _sobol(encoding, n, seed)
    points = walked(encoding, filling, seed)
    found = distinct(np.vstack([found, valid(encoding, points)]))
    if len(found) >= n:
        return found
    if len(found) < STARTS:
        found = distinct(np.vstack([found, valid(encoding, repaired(encoding, points, STARTS))]))
    return distinct(np.vstack([_spread(encoding, found, filling, seed), found]))


def _in_every_case(encoding: Encoding, found: Array, n: int, seed: int) -> Array:
    """Points beside those of `found`, where it has none for which the same constraints apply: few among the valid may be so."""
    import numpy as np

    def cases(X: Array) -> list[bytes]:
        return [row.tobytes() for row in encoding.rules.applies(X, encoding.active(X))]

    filling = encoding.round(_sobol(encoding, n, seed))
    known = set(cases(found))
    missed = filling[[case not in known for case in cases(filling)]]
    starts = valid(encoding, repaired(encoding, missed, STARTS))
    return distinct(np.vstack([_spread(encoding, starts, missed, seed), found]))


def _spread(encoding: Encoding, starts: Array, filling: Array, seed: int) -> Array:
    """As many valid points as `filling` has, from those of `starts`: like `filling` in what no constraint is about."""
    import numpy as np

    if not len(starts):
        return starts
    names = {name for item in encoding.rules.linear for name in item.coefficients}
    dims = [i for i, name in enumerate(encoding.names) if name in names]
    starts = starts[np.arange(len(filling)) % len(starts)]
    mixed = filling.copy()
    mixed[:, dims] = starts[:, dims]
    starts = np.where(encoding.feasible(mixed)[:, None], mixed, starts)
    low, high = encoding.bounds
    return valid(encoding, wandered(encoding.feasible, starts, dims, low, high, seed))


def _some(encoding: Encoding, most: int, n: int, seed: int) -> Array:
    """Points of a space that is small enough to be listed."""
    import numpy as np

    listed = encoding.points(most)
    assert listed is not None
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
    X = distinct(encoding.round(X))
    return X[encoding.feasible(X)]


def distinct(X: Array) -> Array:
    """The rows without repetitions, in their order."""
    import numpy as np

    _, first = np.unique(X, axis=0, return_index=True)
    return X[np.sort(first)]
