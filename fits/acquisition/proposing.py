"""Several points to be evaluated together: each is chosen as if those before it were pending."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from fits.acquisition.beliefs import Beliefs
from fits.acquisition.search import Exhausted, best_of, best_point
from fits.acquisition.worth import worth
from fits.space import Encoding

Array = NDArray[np.float64]


class Candidate(NamedTuple):
    """A point in the encoding of the space, and the logarithm of what it is worth."""

    x: Array
    value: float


def propose(
    beliefs: Beliefs,
    encoding: Encoding,
    count: int,
    *,
    best: Array,
    avoid: Array,
    pending: Array,
    pool: Array | None = None,
    seed: int = 0,
) -> list[Candidate]:
    """`count` different points, fewer where no more are left.

    Parameters
    ----------
    beliefs : models of the outcomes.
    encoding : the space.
    best : ``k x d``, good rows to search around.
    avoid : ``n x d``, all points that were evaluated or are pending.
    pending : ``p x d``, those of them whose outcome is awaited.
    pool : ``m x d``, the only points that can be evaluated; None: any of the space.

    Raises
    ------
    Exhausted
        Not even one point is left.
    """
    found: list[Candidate] = []
    for i in range(count):
        waiting = torch.from_numpy(pending.copy()) if len(pending) else None
        value = worth(beliefs, waiting, seed)
        try:
            if pool is None:
                x, reached = best_point(value, encoding, best, avoid, seed + i)
            else:
                x, reached = best_of(value, encoding, pool[encoding.feasible(pool)], avoid)
        except Exhausted:
            if not found:
                raise
            break
        found.append(Candidate(x, reached))
        avoid, pending = np.vstack([avoid, x]), np.vstack([pending, x])
    return found
