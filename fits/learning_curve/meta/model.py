"""The model that ships: quantiles of a curve's future from trees, widened until they hold what they claim to hold.

Trees say where each quantile lies about the forecast of the mixture of families, in units of the error that the mixture expects of
itself. The outer quantiles are then moved outwards by an offset that depends on the horizon (conformalised quantile regression,
Romano, Patterson & Candès 2019, arXiv 1905.03222). Trained on LCDB 1.1 (Yan, Mohr, Viering 2025; CC BY 4.0), see `training`.

Trees make steps. They are asked at a few horizons, and what they add is interpolated between.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fits.learning_curve.families.family import Array
from fits.learning_curve.meta.features import Seen, seen
from fits.learning_curve.meta.trees import Trees
from fits.learning_curve.quantiles import LEVELS

MIDDLE = LEVELS.index(0.5)
LONGEST = 20.0  # x* / x_n: the farthest that was trained
NODES = np.log([1.09, 1.3, 1.6, 2.0, 2.8, 4.0, 6.0, 9.0, 13.0, LONGEST])  # ln(x* / x_n) where the trees are asked


@dataclass(frozen=True)
class Model:
    """Trees for each level, and by how much the outer quantiles move outwards.

    Attributes
    ----------
    trees : of each level: the distance of the quantile from the mixture's forecast, in units of `Seen.unit`.
    horizons, offsets : (k,) and (k, pairs) ln(x* / x_n), and the offsets there of the inner and of the outer pair of quantiles, in
        units of the pair's width.
    data_sets : how many it learned from.
    """

    trees: dict[float, Trees]
    horizons: Array
    offsets: Array
    data_sets: int

    def quantiles(self, x: Array, ys: Array, se: Array | None, at: Array) -> Array:
        """The quantiles at `at` (m,), beyond the last x: (S, m, levels), ascending, between 0 and 1. The rest as for `seen`."""
        horizon = np.log(at / x[-1])
        nodes = NODES[slice(*_around(horizon))]
        known = seen(x, ys, se, np.concatenate([at, x[-1] * np.exp(nodes)]))
        base, unit = known.base[:, : len(at)], known.unit[:, : len(at)]
        node = Seen(known.base[:, len(at) :], known.unit[:, len(at) :], known.features[:, len(at) :])
        weights = np.stack([np.interp(horizon, nodes, one) for one in np.eye(len(nodes))])
        answer = np.einsum("kh,skl->shl", weights, self.answer(node))
        return moved(quantiles_of(base, unit, answer), horizon, self.horizons, self.offsets)

    def answer(self, known: Seen) -> Array:
        """What the trees of each level say: (S, m, levels)."""
        rows = known.features.reshape(-1, known.features.shape[-1])
        return np.stack([self.trees[level].predict(rows).reshape(known.base.shape) for level in LEVELS], axis=-1)


def quantiles_of(base: Array, unit: Array, answer: Array) -> Array:
    """Quantiles (..., levels), ascending, from the mixture's forecast and the unit (...) and what the trees say (..., levels)."""
    return _ordered(base[..., None] + unit[..., None] * answer)


def moved(q: Array, horizon: Array, horizons: Array, offsets: Array) -> Array:
    """Quantiles (..., levels) moved outwards by the offsets at `horizon` (...): ascending, between 0 and 1."""
    q = q.copy()
    for pair in range(MIDDLE):
        low, high = q[..., MIDDLE - 1 - pair].copy(), q[..., MIDDLE + 1 + pair].copy()
        outwards = np.interp(horizon, horizons, offsets[:, pair]) * (high - low)
        q[..., MIDDLE - 1 - pair], q[..., MIDDLE + 1 + pair] = low - outwards, high + outwards
    return np.clip(_ordered(q), 0.0, 1.0)


def _around(horizon: Array) -> tuple[int, int]:
    """The nodes that matter at these horizons: first and one behind the last."""
    first, last = np.searchsorted(NODES, [horizon.min(), horizon.max()])
    return max(int(first) - 1, 0), min(int(last), len(NODES) - 1) + 1


def _ordered(q: Array) -> Array:
    """Quantiles that do not cross: each is at least as far out as those nearer to the middle. The middle stays."""
    above = np.maximum.accumulate(q[..., MIDDLE:], axis=-1)
    below = np.minimum.accumulate(q[..., MIDDLE::-1], axis=-1)[..., ::-1]
    return np.concatenate([below[..., :-1], above], axis=-1)
